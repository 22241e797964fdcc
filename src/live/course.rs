//! The course of a live session: the sign-in behind the curtain, the stay, the end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::broker::Ground;
use super::files::Files;
use super::shared::{Shared, Wish};
use super::{curtain, stay};
use crate::access::Grant;
use crate::browser::{self, Browser};
use crate::connector::Connector;
use crate::diagnostic::{chain, render};
use crate::plan::Plan;
use crate::session::{self, Error, Launch, Outcome, Signed, Vaults};

/// What a live session is made of.
pub(super) struct Course {
    pub(super) ground: Arc<Ground>,
    pub(super) shared: Arc<Shared>,
    /// What is wished of it once it is live.
    pub(super) wishes: mpsc::Receiver<Wish>,
    pub(super) plan: Plan,
    pub(super) grant: Grant,
    /// How long it may stay untouched.
    pub(super) idle: Duration,
    /// How long it may last.
    pub(super) lasts: Duration,
    /// From where it was asked for.
    pub(super) client_address: String,
}

impl Course {
    /// Runs it to its end; what viewers are told then is the last thing of it.
    pub(super) async fn run(self) {
        let shared = Arc::clone(&self.shared);
        let vaults = (self.ground.vaults)();
        let (outcome, text) = self.ended(&*vaults).await;
        for error in vaults.close().await {
            // The session has ended all the same; who runs the broker reads this.
            tracing::warn!("{}", told(&error, error.help()));
        }
        shared.remove_files();
        shared.end(&outcome, text);
    }

    async fn ended(self, vaults: &dyn Vaults) -> (String, String) {
        let Self { ground, shared, mut wishes, plan, grant, idle, lasts, client_address } = self;
        let session = shared.card().session;
        let connector = Arc::clone(&plan.connector);
        let permissions = &connector.settings.permissions;
        // What fails before there is a launch is on record all the same.
        let unready = async |cause: &str, text: String| {
            let why = [("cause".to_owned(), cause.to_owned())];
            let (store, clock, from) = (&ground.store, ground.clock, &client_address);
            let id = connector.id.as_str();
            match session::refused(store, clock, session, &plan.request, id, from, &why).await {
                Ok(()) => ("failed".to_owned(), text),
                Err(error) => {
                    ("failed".to_owned(), format!("{text}\n{}", told(&error, error.help())))
                }
            }
        };
        let files = match Files::new(&ground.files) {
            Ok(files) => Arc::new(files),
            Err(error) => {
                let folder = ground.files.display();
                let text = format!(
                    "the files of a session cannot be kept in {folder}: {error}\n\
                     help: make the folder writable for doorward, and room on its disk"
                );
                return unready("files", text).await;
            }
        };
        shared.keep(Arc::clone(&files));
        let settings = browser::Settings {
            headless: true,
            rules: Some(browser::Rules {
                downloads: permissions.downloads.then(|| files.saves()),
                uploads: permissions.uploads,
                print: permissions.print,
                service_workers: permissions.service_workers,
                webrtc: permissions.webrtc,
            }),
            insecure_certificates: !connector.settings.enforce_certificate_validation,
            ..(ground.browser)(session)
        };
        let binaries = match Browser::check(&settings).await {
            Ok(binaries) => binaries,
            Err(error) => return unready("browser", told(&error, error.help())).await,
        };
        let told_of = |progress| shared.progress(progress);
        let launch = Launch {
            session,
            plan,
            grant,
            course: session::Course::SignIn,
            store: &ground.store,
            vaults,
            browser: settings,
            binaries,
            clock: ground.clock,
            client_address,
            progress: &told_of,
        };
        let cancelled = async {
            while shared.end_asked().is_none() {
                shared.wake.notified().await;
            }
            "a person at the portal"
        };
        let mut signed = match session::launch(launch, cancelled).await {
            Ok(signed) => signed,
            Err(error) => {
                let text = match &error {
                    Error::Unfit { stop, source_file } => {
                        render(&stop.diagnostic(source_file), false)
                    }
                    error => told(error, error.help()),
                };
                return (error.word().to_owned(), text);
            }
        };
        // `RunValidations: No` is the author's word that the outcome stays open.
        let open = !connector.settings.run_validations;
        let word = signed.outcome.word().to_owned();
        let handed = matches!(signed.outcome, Outcome::SignedIn)
            || (open && matches!(signed.outcome, Outcome::Unclear(_)));
        let (how, text) = match handed {
            true => {
                stayed(&mut signed, &shared, &mut wishes, &files, &connector, idle, lasts).await
            }
            false => {
                let stop = signed.outcome.stop();
                let text = stop.map(|stop| render(&stop.diagnostic(&connector.source), false));
                (String::new(), text.unwrap_or_default())
            }
        };
        let ended = signed.disconnect(&how).await;
        match ended.recorded {
            Ok(()) => (word, text),
            Err(error) => (word, format!("{text}\n{}", told(&error, error.help()))),
        }
    }
}

/// The stay of a session that is signed in: who ended it, and what people are told of that.
async fn stayed(
    signed: &mut Signed<'_>,
    shared: &Shared,
    wishes: &mut mpsc::Receiver<Wish>,
    files: &Files,
    connector: &Connector,
    idle: Duration,
    lasts: Duration,
) -> (String, String) {
    match curtain::may_rise(&mut signed.browser).await {
        Ok(true) => {}
        Ok(false) => {
            let text = "a field of the page still holds a password or a code, so it was not shown\n\
                        help: let the connector's `(Validation)` name something that shows only after the form is gone";
            return ("a field that holds a secret".to_owned(), text.to_owned());
        }
        Err(error) => return ("a failure of the browser".to_owned(), told(&error, error.help())),
    }
    let permissions = &connector.settings.permissions;
    let how = match stay::stay(signed, shared, wishes, files, permissions, idle, lasts).await {
        Ok(how) => how,
        Err(error) => return ("a failure of the browser".to_owned(), told(&error, error.help())),
    };
    let text = format!("the session was ended by {how}");
    (how, text)
}

/// An error as people read it: what, why, and what to do next.
fn told(error: &dyn std::error::Error, help: Option<String>) -> String {
    let mut text = chain(error, "\ncaused by: ");
    if let Some(help) = help {
        text.push_str("\nhelp: ");
        text.push_str(&help);
    }
    text
}
