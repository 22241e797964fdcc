//! A site to sign in to, inside the test's own process: the demo's pages and the hostile ones of
//! `pages/`, on two origins, with a log of all that reached it.
//!
//! The table in `tests/README.md` says what each page does and what must come of it.

#![allow(
    dead_code,
    reason = "each test uses some of it; what a page needs stands here before its test"
)]

mod answer;
mod carried;
pub(crate) mod codes;
mod example;
mod log;
mod pages;
mod proof;
mod quickstart;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use doorward::secret::Secret;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use answer::Rules;
use doorward::demo::{self, People, Person};
use log::Log;
pub(crate) use log::{Fields, Visit};

/// Who may sign in to the demo's pages; on the hostile pages any password but `wrong` is right.
pub(crate) const USERNAME: &str = "operator";
/// Their password.
pub(crate) const PASSWORD: &str = "correct-horse_9 battery&staple";
/// The base32 seed of their codes, 80 bits; the hostile pages check codes against it, too.
pub(crate) const SEED: &str = "JBSWY3DPEHPK3PXP";

/// The running site; its connections end when it is dropped.
pub(crate) struct Site {
    here: SocketAddr,
    there: SocketAddr,
    log: Arc<Log>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Starts it for [`USERNAME`].
    pub(crate) fn start() -> Self {
        Self::start_for(&[(USERNAME, PASSWORD, Some(SEED))])
    }

    /// Starts it for people of the test's own: name, password, and seed where a code is asked for.
    /// Codes on the hostile pages are checked against the seed of the first.
    pub(crate) fn start_for(people: &[(&str, &str, Option<&str>)]) -> Self {
        let seed = people.first().and_then(|(_, _, seed)| *seed).unwrap_or(SEED);
        let rules = Rules::new(Secret::new(seed.to_owned()));
        let people = people.iter().map(|(username, password, seed)| Person {
            username: (*username).to_owned(),
            password: Secret::new((*password).to_owned()),
            seed: seed.map(|seed| Secret::new(seed.to_owned())),
        });
        let people = People::new(people.collect()).unwrap();
        let log = Arc::new(Log::default());
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = std::sync::mpsc::channel();
        let kept = log.clone();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(people, rules, kept, ready, stopped));
        });
        let (here, there) = started.recv().unwrap();
        Self { here, there, log, stop: Some(stop), thread: Some(thread) }
    }

    /// `127.0.0.1:PORT`: what an account's `address` holds.
    pub(crate) fn address(&self) -> String {
        self.here.to_string()
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.here)
    }

    /// `http://localhost:OTHER`: the same pages as another site, not only another origin.
    pub(crate) fn foreign(&self) -> String {
        format!("http://localhost:{}", self.there.port())
    }

    /// The URL of a page, which begins with `/`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// A URL of this origin that redirects to `url`, wherever that is.
    pub(crate) fn redirect_to(&self, url: &str) -> String {
        let query: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
        format!("{}/leave?to={query}", self.origin())
    }

    /// The forms of `page` that arrived, oldest first: exactly the fields that were sent. The demo's forms
    /// are `login` and `otp`.
    pub(crate) fn submissions(&self, page: &str) -> Vec<Fields> {
        self.log.submissions(page)
    }

    /// What scripts of `page` have sent home.
    pub(crate) fn notes(&self, page: &str) -> Vec<Fields> {
        self.log.notes(page)
    }

    /// Every request: on which origin, and for what.
    pub(crate) fn visits(&self) -> Vec<Visit> {
        self.log.visits()
    }

    /// How often `path` was asked for on either origin.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.visits().iter().filter(|visit| visit.path == path).count()
    }

    /// Every value that has reached the foreign origin by a form or a script: what a thief would have.
    pub(crate) fn leaked(&self) -> Vec<String> {
        self.log.values_of(&format!("localhost:{}", self.there.port()))
    }

    /// Waits until `condition` holds of the site; fails the test when it has not after a minute.
    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let holds = self.log.wait(Duration::from_secs(60), || condition(self));
        assert!(holds, "waited a minute, and the site has not seen: {what}");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Serves until told to stop. Then the runtime goes, and with it every connection, also the hanging ones.
async fn serve(
    people: People,
    rules: Rules,
    log: Arc<Log>,
    ready: std::sync::mpsc::Sender<(SocketAddr, SocketAddr)>,
    stopped: oneshot::Receiver<()>,
) {
    let here = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let there = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addresses = (here.local_addr().unwrap(), there.local_addr().unwrap());
    let origins = pages::Origins {
        here: format!("http://{}", addresses.0),
        foreign: format!("http://localhost:{}", addresses.1.port()),
    };
    let router: Router = pages::router(origins)
        .merge(answer::router(rules))
        .merge(carried::router())
        .merge(demo::router(people))
        .layer(axum::middleware::from_fn_with_state(log, log::record));
    ready.send(addresses).unwrap();
    let same = router.clone();
    tokio::select! {
        _ = async { axum::serve(here, router).await } => {}
        _ = async { axum::serve(there, same).await } => {}
        _ = stopped => {}
    }
}
