//! Live sessions, whole: the real portal, real Chromium, and viewers that see and work.

mod course;
mod curtain;
mod deeds;
mod files;
mod page;
mod supervision;
mod viewers;

use serde_json::json;

use crate::lab::Lab;
use crate::lab::desk::{Desk, ROWS};
use crate::lab::hand::Hand;
use crate::lab::portal::{Portal, Visitor};
use crate::lab::viewer::Viewer;
use crate::site::Site;

const PASSWORD: &str = "marked-pass-of-a-person-7Q";

/// A portal for the site, with `ann` who may use its account, and `bob`.
pub(crate) struct Stage {
    pub(crate) site: Site,
    pub(crate) desk: Desk,
    pub(crate) portal: Portal,
    pub(crate) ann: Visitor,
}

impl Stage {
    /// With a connector `site` that opens `page`, where nothing has to be filled in, and has `settings`.
    fn at(page: &str, settings: &str) -> Self {
        Self::with(page, settings, "#welcome > (Validation) (SearchBy=css)\n")
    }

    /// The same with a sign-in.
    fn signing_in(page: &str, settings: &str) -> Self {
        Self::with(page, settings, ROWS)
    }

    fn with(page: &str, settings: &str, rows: &str) -> Self {
        Self::prepared(page, settings, rows, |_| {}, Portal::start)
    }

    /// The same, with a desk that was changed first, and a portal that is started otherwise.
    pub(crate) fn prepared(
        page: &str,
        settings: &str,
        rows: &str,
        change: impl FnOnce(&Desk),
        start: impl FnOnce(&Lab) -> Portal,
    ) -> Self {
        let site = Site::start();
        let desk = Desk::at(&site.address());
        change(&desk);
        desk.connector("site", &format!("http://<address>{page}"), settings, rows);
        for name in ["ann", "bob"] {
            let line = ["user", "add", name, "--accounts", "*", "--password-stdin"];
            let added = desk.lab.run_with_input(&line, &format!("{PASSWORD}\n"));
            assert_eq!(added.code, 0, "{}", added.stderr);
        }
        let portal = start(&desk.lab);
        let ann = portal.sign_in("ann", PASSWORD);
        Self { site, desk, portal, ann }
    }

    /// Starts a session of ann's.
    pub(crate) fn start(&self) -> String {
        start(&self.portal, &self.ann)
    }

    /// Starts a session of ann's, and joins it once it is live.
    pub(crate) fn live(&self) -> (String, Viewer) {
        let session = self.start();
        let mut viewer = Viewer::join(&self.portal, &self.ann, &session).unwrap();
        viewer.note("live");
        viewer.until("a picture", |viewer| !viewer.updates.is_empty());
        (session, viewer)
    }

    /// A hand on the session's browser.
    fn hand(&self) -> Hand {
        Hand::on(&self.desk.lab.path().join("t"))
    }

    /// What the workshop has told the site.
    fn told(&self) -> Vec<String> {
        told(&self.site)
    }

    /// Waits until the workshop has told this.
    pub(crate) fn until_told(&self, what: &str) {
        self.site.wait_until(what, |site| told(site).iter().any(|told| told == what));
    }
}

fn start(portal: &Portal, visitor: &Visitor) -> String {
    let order = json!({"account": "local:web/site", "connector": "site", "reason": "a test"});
    let answer = portal.act(visitor, "POST", "/api/v1/sessions", &order.to_string());
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["session"].as_str().unwrap().to_owned()
}

fn told(site: &Site) -> Vec<String> {
    let notes = site.notes("workshop");
    notes.iter().filter_map(|fields| fields.value("what").map(str::to_owned)).collect()
}
