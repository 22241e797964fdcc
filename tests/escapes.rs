//! Escapes: a signed-in page that tries to leave the session in every way that there is, in a browser whose
//! pages are confined; each attempt fails, and is on record.

use serde_json::{Value, json};

use crate::lab::desk::Desk;
use crate::lab::hand::Hand;
use crate::lab::running::Running;
use crate::site::Site;

/// What is on record of a try.
struct Try {
    /// The button of `/escapes`.
    name: &'static str,
    /// The action on record.
    action: &'static str,
    /// The URL on record: `away` is the foreign page of the try, `here` is the page itself, anything else is
    /// as it stands.
    url: &'static str,
    /// Whether the page stays what it is.
    stays: bool,
}

const fn stays(name: &'static str, action: &'static str, url: &'static str) -> Try {
    Try { name, action, url, stays: true }
}

const fn leaves(name: &'static str, action: &'static str, url: &'static str) -> Try {
    Try { name, action, url, stays: false }
}

/// A session on `/escapes`, signed in and confined, and a hand on its browser.
struct Session {
    site: Site,
    desk: Desk,
    running: Running,
    hand: Hand,
    /// Rows of the record that were read before.
    read: usize,
}

impl Session {
    /// On the page itself; it may go to its own site, and to one page of another.
    fn start() -> Self {
        Self::from("/escapes", "#welcome > (Validation) (SearchBy=css)\n", "")
    }

    fn from(page: &str, rows: &str, permissions: &str) -> Self {
        let site = Site::start();
        let desk = Desk::at(&site.address());
        let settings = format!(
            "AllowedURLs: ['http://<address>/*', '{}/escapes?auto=*']{permissions}",
            site.foreign()
        );
        desk.connector("escapes", &format!("http://<address>{page}"), &settings, rows);
        let mut running = Running::start(desk.typed(&[
            "escapes",
            "--account",
            "web/site",
            "--headless",
            "--hold",
            "10m",
        ]));
        running.until("the session is yours");
        let hand = Hand::on(&desk.lab.path().join("t"));
        let read = desk.record(&[]).len();
        Self { site, desk, running, hand, read }
    }

    /// Loads the page anew and presses the button `name`.
    fn press(&mut self, name: &str) {
        let url = self.site.url(&format!("/escapes?{name}"));
        self.hand.call("Page.navigate", json!({"url": url}));
        self.hand.until(&format!(
            "location.search === '?{name}' && document.readyState === 'complete' && document.getElementById('{name}')"
        ));
        self.hand.evaluate(&format!("document.getElementById('{name}').click()"));
    }

    /// Waits for the next row of the record that `is` says is meant.
    fn row(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let mut found = None;
        let (desk, read) = (&self.desk, self.read);
        let cell = std::cell::RefCell::new(&mut found);
        crate::lab::wait(|| {
            let rows = desk.record(&[]);
            let row = rows.into_iter().skip(read).find(|row| is(row));
            let there = row.is_some();
            **cell.borrow_mut() = row;
            there
        });
        let rows = self.desk.record(&[]);
        let seen =
            rows[self.read..].iter().map(|row| format!("{} {}", row["Action"], row["Details"]));
        let seen: Vec<String> = seen.collect();
        found.unwrap_or_else(|| panic!("{what}: never on record, only {seen:#?}"))
    }

    /// Ends the session by a signal, and looks that nothing is left.
    fn end(mut self) {
        assert!(self.running.is_running());
        let pid =
            rustix::process::Pid::from_raw(i32::try_from(self.running.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let ended = self.running.end();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let away: Vec<_> = self
            .site
            .visits()
            .into_iter()
            .filter(|visit| visit.path.starts_with("/away"))
            .collect();
        assert!(away.is_empty(), "it got away {} times", away.len());
        self.desk.assert_clean();
    }
}

/// What has to come of each try: the whole table in one browser, so one try does not spoil the next.
fn every(tries: &[Try]) {
    let mut session = Session::start();
    let here = session.site.url("/escapes");
    for Try { name, action, url, stays } in tries {
        session.press(name);
        let expected = match *url {
            "away" => format!("{}/away-{name}", session.site.foreign()),
            "here" => here.clone(),
            url => url
                .replace("here", &session.site.origin())
                .replace("foreign", &session.site.foreign()),
        };
        let row = session.row(&format!("{name}: {action} {expected}"), |row| {
            row["Action"] == *action && row["Details"]["url"] == expected.as_str()
        });
        assert_eq!(row["Outcome"], "denied", "{name}");
        session.read = session.desk.record(&[]).len();
        // A window that leads nowhere is closed.
        if !name.starts_with("open-inside") && !name.starts_with("open-prints") {
            session.hand.until_pages(1);
        }
        if *stays {
            session.hand.until(&format!("location.href === '{here}?{name}'"));
        }
    }
    session.end();
}

#[test]
fn no_page_leads_elsewhere() {
    every(&[
        stays("location", "NavigationDenied", "away"),
        stays("location-query", "NavigationDenied", "away"),
        stays("replace", "NavigationDenied", "away"),
        stays("anchor", "NavigationDenied", "away"),
        stays("meta-refresh", "NavigationDenied", "away"),
        stays("form-get", "NavigationDenied", "away"),
        stays("form-post", "NavigationDenied", "away"),
        stays("redirect", "NavigationDenied", "away"),
        stays("document-open", "NavigationDenied", "away"),
        leaves("blob-leaves", "NavigationDenied", "away"),
        stays("javascript-leaves", "NavigationDenied", "away"),
        stays("top-of-frame", "NavigationDenied", "away"),
        stays("target-top", "NavigationDenied", "away"),
        stays("frame", "NavigationDenied", "away"),
        stays("frame-redirect", "NavigationDenied", "away"),
        stays("frame-data", "NavigationDenied", "away"),
        stays("frame-blob", "NavigationDenied", "away"),
        stays("frame-sandbox", "NavigationDenied", "away"),
        stays("object", "NavigationDenied", "away"),
    ]);
}

/// A frame of another site has a process of its own, and a window may be there, too.
#[test]
fn frames_and_windows_of_other_processes_are_confined() {
    every(&[
        stays("frame-inside", "NavigationDenied", "foreign/away-location"),
        stays("frame-prints", "PrintDenied", "foreign/escapes"),
        stays("frame-calls", "WebRtcDenied", "foreign/escapes"),
        stays("open-prints", "PrintDenied", "foreign/escapes"),
        stays("open-inside", "NavigationDenied", "foreign/leave"),
    ]);
}

#[test]
fn what_leads_nowhere_else_stays_possible() {
    let mut session = Session::start();
    session.press("push-state");
    session.hand.until("location.search === '?pushed'");
    session.press("javascript");
    session.hand.until("document.title === 'by javascript'");
    session.press("same-site");
    session.hand.until("location.pathname === '/welcome'");
    session.press("open-allowed");
    session.hand.until_pages(2);
    assert_eq!(session.desk.record(&[]).len(), session.read, "nothing of it is an attempt");
    session.end();
}

/// A page that opens windows in a loop gets some, and the record a few rows.
#[test]
fn windows_in_a_loop_are_bounded() {
    let mut session = Session::start();
    session.press("open-loop");
    let denied = session.row("too many windows", |row| row["Action"] == "PopupDenied");
    assert_eq!(denied["Details"]["url"], session.site.url("/escapes").as_str());
    session.hand.until_pages(20);
    let rows = session.desk.record(&[]);
    let denied = rows.iter().filter(|row| row["Action"] == "PopupDenied").count();
    assert!((1..10).contains(&denied), "{denied}");
    session.end();
}

/// Where a script that was not robbed of it registers a service worker, it never runs.
#[test]
fn a_service_worker_never_runs() {
    let mut session = Session::start();
    session.hand.evaluate_apart("void navigator.serviceWorker.register('/worker.js')");
    let worker = session.site.url("/worker.js");
    session.row("the worker", |row| {
        row["Action"] == "ServiceWorkerDenied" && row["Details"]["url"] == worker.as_str()
    });
    session.hand.call("Page.reload", json!({}));
    session.hand.until("document.readyState === 'complete' && document.getElementById('print')");
    assert_eq!(session.hand.evaluate("navigator.serviceWorker.controller === null"), true);
    assert!(session.site.notes("worker").is_empty(), "it ran");
    session.end();
}

/// Behind the signed-in page is the one that held the password, with an eye to show it.
#[test]
fn no_way_leads_back_to_the_password() {
    let rows = "username > <username> (SearchBy=id)\npassword > <password> (SearchBy=id)\n\
                eye > (Button) (SearchBy=id)\ngo > (Button) (SearchBy=id)\n\
                #welcome > (Validation) (SearchBy=css)\n";
    let mut session = Session::from("/eye", rows, "");
    assert_eq!(session.site.submissions("eye").len(), 1);
    let asked = session.site.count("/eye");
    let history = session.hand.call("Page.getNavigationHistory", json!({}));
    assert_eq!(history["entries"].as_array().unwrap().len(), 1, "{history}");
    session.hand.evaluate("void history.back()");
    session.hand.evaluate("void history.go(-2)");
    // What is asked of the page afterwards is answered by the same page.
    session.press("push-state");
    session.hand.until("location.search === '?pushed'");
    session.hand.evaluate("void history.back()");
    session.hand.until("location.search === '?push-state'");
    session.hand.evaluate("void history.go(-2)");
    session.press("push-state");
    session.hand.until("location.search === '?pushed'");
    assert_eq!(session.site.count("/eye"), asked, "the page of the sign-in was asked for again");
    session.end();
}

#[test]
fn no_page_has_another_scheme_and_no_program_is_started() {
    every(&[
        stays("file", "NavigationDenied", "file:///etc/passwd"),
        stays("filesystem", "NavigationDenied", "filesystem:"),
        stays("data", "NavigationDenied", "data:"),
        leaves("mailto", "NavigationDenied", "mailto:"),
        stays("mailto-link", "NavigationDenied", "here"),
        leaves("program", "NavigationDenied", "acme-app:"),
        stays("chrome", "DeveloperToolsDenied", "chrome://settings/"),
        stays("devtools", "DeveloperToolsDenied", "devtools://devtools/bundled/inspector.html"),
        stays("view-source", "DeveloperToolsDenied", "view-source:"),
        leaves(
            "extension",
            "DeveloperToolsDenied",
            "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/index.html",
        ),
    ]);
}

#[test]
fn no_window_leads_elsewhere() {
    every(&[
        stays("open", "PopupDenied", "away"),
        stays("open-noopener", "PopupDenied", "away"),
        stays("open-later", "PopupDenied", "away"),
        stays("open-redirect", "PopupDenied", "away"),
        stays("open-data", "PopupDenied", "data:"),
        stays("open-file", "NavigationDenied", "file:///etc/passwd"),
        stays("open-mailto", "PopupDenied", "mailto:"),
        stays("target-blank", "PopupDenied", "away"),
        stays("form-blank", "PopupDenied", "away"),
    ]);
}

#[test]
fn nothing_is_saved_uploaded_printed_or_permitted() {
    every(&[
        stays("download", "DownloadDenied", "here/attachment"),
        stays("download-blob", "DownloadDenied", "blob:here"),
        stays("upload", "UploadDenied", "here"),
        stays("save-picker", "UploadDenied", "here"),
        stays("open-picker", "UploadDenied", "here"),
        stays("folder-picker", "UploadDenied", "here"),
        stays("print", "PrintDenied", "here"),
        stays("print-frame", "PrintDenied", "here"),
        stays("notifications", "PermissionDenied", "here"),
        stays("geolocation", "PermissionDenied", "here"),
        stays("camera", "PermissionDenied", "here"),
        stays("microphone", "PermissionDenied", "here"),
        stays("screen", "PermissionDenied", "here"),
        stays("clipboard", "PermissionDenied", "here"),
        stays("midi", "PermissionDenied", "here"),
        stays("usb", "PermissionDenied", "here"),
        stays("serial", "PermissionDenied", "here"),
        stays("fonts", "PermissionDenied", "here"),
        stays("service-worker", "ServiceWorkerDenied", "here"),
        stays("webrtc", "WebRtcDenied", "here"),
        stays("webrtc-frame", "WebRtcDenied", "here"),
    ]);
}

#[test]
fn what_the_connector_allows_works() {
    let settings = "\nAllowServiceWorkers: Yes\nAllowWebRTC: Yes";
    let rows = "#welcome > (Validation) (SearchBy=css)\n";
    let mut session = Session::from("/escapes", rows, settings);
    let worker = "navigator.serviceWorker.register('/worker.js').then((one) => one.scope, String)";
    assert_eq!(session.hand.evaluate(worker), session.site.url("/").as_str());
    // Two ends in the page, as a site with calls has them: what is said at one arrives at the other.
    let call = "(async () => {
        const [one, two] = [new RTCPeerConnection(), new RTCPeerConnection()];
        one.onicecandidate = (event) => event.candidate && two.addIceCandidate(event.candidate);
        two.onicecandidate = (event) => event.candidate && one.addIceCandidate(event.candidate);
        const channel = one.createDataChannel('call');
        channel.onopen = () => channel.send('heard');
        const heard = new Promise((go) => { two.ondatachannel = (event) => {
            event.channel.onmessage = (message) => go(message.data); }; });
        await one.setLocalDescription();
        await two.setRemoteDescription(one.localDescription);
        await two.setLocalDescription();
        await one.setRemoteDescription(two.localDescription);
        return heard;
    })()";
    assert_eq!(session.hand.evaluate(call), "heard");
    let rows = session.desk.record(&[]);
    assert!(rows.iter().all(|row| row["Outcome"] != "denied"), "{rows:?}");
    session.end();
}
