//! The course of a live session: the sign-in behind the curtain, the stay, the end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::broker::Ground;
use super::files::Files;
use super::recorder::Recorder;
use super::shared::{Shared, Wish};
use super::{approval, curtain, stay};
use crate::access::Grant;
use crate::activity::Action;
use crate::browser::{self, Browser};
use crate::connector::Connector;
use crate::diagnostic::{chain, render};
use crate::plan::Plan;
use crate::recording::{self, About};
use crate::session::{self, Error, Launch, Outcome, Signed, Timings, Vaults};

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
    /// How long it waits for somebody else to approve of it, where one has to.
    pub(super) approval: Option<Duration>,
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
        let Self { ground, shared, mut wishes, plan, grant, idle, lasts, approval, client_address } =
            self;
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
        if let Some(limit) = approval
            && let Err(why) = approval::awaited(&shared, limit).await
        {
            let (_, text) = unready(why.word(), why.text()).await;
            return ("refused".to_owned(), text);
        }
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
        let recorder = match &ground.recordings {
            None => None,
            Some(recordings) => {
                let card = shared.card();
                let about = About {
                    session: session.to_string(),
                    began: format!("{:.0}", ground.clock.now()),
                    user: card.user.to_string(),
                    account: card.account.to_string(),
                    connector: connector.id.to_string(),
                };
                let record = ground.store.record().path().to_owned();
                let meter = &ground.meter;
                match Recorder::start(recordings, session, about, &shared, record, meter).await {
                    Ok(recorder) => Some(recorder),
                    Err(error) => {
                        meter.unrecorded.add(&[], 1);
                        return unready("recording", told(&error, error.help())).await;
                    }
                }
            }
        };
        let trace = ground.tracer.begin(session, &plan);
        let told_of = |progress| {
            trace.step(&progress);
            shared.progress(progress);
        };
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
        let launched = session::launch(launch, cancelled).await;
        trace.end(launched.as_ref().map(|signed| (&signed.outcome, &signed.timings)));
        let mut signed = match launched {
            Ok(signed) => signed,
            Err(error) => {
                if let Some(recorder) = recorder {
                    recorder.discard();
                }
                let text = match &error {
                    Error::Unfit { stop, source_file } => {
                        render(&stop.diagnostic(source_file), false)
                    }
                    error => told(error, error.help()),
                };
                return (error.word().to_owned(), text);
            }
        };
        let Timings { vault, browser, sign_in } = signed.timings;
        for (phase, time) in [("vault", vault), ("browser", browser), ("sign-in", sign_in)] {
            ground.meter.phases.took(phase, time);
        }
        // `RunValidations: No` is the author's word that the outcome stays open.
        let open = !connector.settings.run_validations;
        let word = signed.outcome.word().to_owned();
        let handed = matches!(signed.outcome, Outcome::SignedIn)
            || (open && matches!(signed.outcome, Outcome::Unclear(_)));
        let (how, text) = match handed {
            true => {
                let visit = Visit { shared: &shared, files: &files, connector: &connector };
                visit.stayed(&mut signed, &mut wishes, recorder, idle, lasts).await
            }
            false => {
                if let Some(recorder) = recorder {
                    recorder.discard();
                }
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

/// A session that is signed in.
struct Visit<'a> {
    shared: &'a Arc<Shared>,
    files: &'a Files,
    connector: &'a Connector,
}

impl Visit<'_> {
    /// The stay, recorded where it is to be: who ended it, and what people are told of that.
    async fn stayed(
        &self,
        signed: &mut Signed<'_>,
        wishes: &mut mpsc::Receiver<Wish>,
        mut recorder: Option<Recorder>,
        idle: Duration,
        lasts: Duration,
    ) -> (String, String) {
        if let Some((how, text)) = self.unfit(signed, recorder.as_mut()).await {
            if let Some(recorder) = recorder {
                recorder.discard();
            }
            return (how, text);
        }
        let Self { shared, files, connector } = self;
        let permissions = &connector.settings.permissions;
        let limits = (idle, lasts);
        let stayed =
            stay::stay(signed, shared, wishes, files, permissions, recorder.as_ref(), limits).await;
        let (how, mut text) = match stayed {
            Ok(how) => {
                let text = format!("the session was ended by {how}");
                (how, text)
            }
            Err(error) => ("a failure of the browser".to_owned(), told(&error, error.help())),
        };
        if let Some(recorder) = recorder
            && let Err(why) = self.sealed(signed, recorder, &how).await
        {
            text.push('\n');
            text.push_str(&why);
        }
        (how, text)
    }

    /// Why the curtain stays down, if it does; otherwise the recording has begun.
    async fn unfit(
        &self,
        signed: &mut Signed<'_>,
        recorder: Option<&mut Recorder>,
    ) -> Option<(String, String)> {
        match curtain::may_rise(&mut signed.browser).await {
            Ok(true) => {}
            Ok(false) => {
                let text = "a field of the page still holds a password or a code, so it was not shown\n\
                            help: let the connector's `(Validation)` name something that shows only after the form is gone";
                return Some(("a field that holds a secret".to_owned(), text.to_owned()));
            }
            Err(error) => {
                return Some(("a failure of the browser".to_owned(), told(&error, error.help())));
            }
        }
        let recorder = recorder?;
        // No record, no picture.
        if let Err(error) = signed.note(Action::RecordingBegun, "", &recorder.begun()).await {
            let how = "the record, which cannot be written".to_owned();
            return Some((how, told(&error, error.help())));
        }
        recorder.watch(self.shared);
        None
    }

    /// Ends the recording, and puts on record how far it came.
    async fn sealed(
        &self,
        signed: &Signed<'_>,
        recorder: Recorder,
        how: &str,
    ) -> Result<(), String> {
        let (seal, failed) = recorder.finish(self.shared, how).await;
        let outcome = if failed.is_some() { "failed" } else { "whole" };
        let details = recording::sealed(&seal);
        let noted = signed.note(Action::RecordingSealed, outcome, &details).await;
        noted.map_err(|error| told(&error, error.help()))?;
        match failed {
            Some(error) => Err(told(&error, error.help())),
            None => Ok(()),
        }
    }
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
