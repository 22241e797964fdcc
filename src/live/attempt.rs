//! An attempt: a connector tried in a browser of the broker's own, for the one who wrote it. Nobody sees that browser.

use std::sync::Arc;
use std::time::Duration;

use super::broker::{Broker, Order, Refusal};
use crate::activity;
use crate::browser::{self, Browser};
use crate::diagnostic::Source;
use crate::name::SessionId;
use crate::plan;
use crate::session::{self, Course, Ended, Launch, Outcome, Trial, Tried};

/// A trial that takes longer is ended.
const LONGEST: Duration = Duration::from_secs(3 * 60);

/// What came of an attempt.
pub struct Attempt {
    /// Its session: with an account a trial is one, and on record.
    pub session: SessionId,
    /// The connector's file.
    pub source: Arc<Source>,
    /// How it ended.
    pub outcome: Outcome,
    /// Origin and path of the page that was there at the end.
    pub url: String,
    /// What was seen of each row.
    pub tried: Tried,
}

/// Why there is no attempt.
#[derive(Debug, thiserror::Error)]
pub enum NotTried {
    /// The broker does not begin it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// One is under way; there is one at a time, because nobody counts them among the sessions.
    #[error("another trial is under way")]
    Busy,
    /// The launch failed.
    #[error(transparent)]
    Failed(#[from] session::Error),
    /// Its end is not on record.
    #[error("the end of the trial is not on record")]
    Unrecorded(#[source] activity::Error),
}

impl NotTried {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Refused(_) => None,
            Self::Busy => {
                Some("try again when it has ended, in three minutes at the latest".into())
            }
            Self::Failed(error) => error.help(),
            Self::Unrecorded(error) => error.help(),
        }
    }
}

impl Broker {
    /// Tries a connector as far as `until`, the number of a row; without it no secret is typed and nothing submitted.
    ///
    /// # Errors
    /// [`NotTried`]; what was begun is on record.
    pub async fn attempt(&self, order: Order, until: Option<usize>) -> Result<Attempt, NotTried> {
        let _turn = self.turn().ok_or(NotTried::Busy)?;
        let ground = self.ground();
        let session = SessionId::fresh();
        let Order { connector, request, grant, client_address } = order;
        let plan = match plan::build(Arc::clone(&connector), request.clone()) {
            Ok(plan) if !self.is_stopping() => plan,
            built => {
                let refusal = built.err().map_or(Refusal::Stopping, Refusal::Unfit);
                let why = [("cause".to_owned(), refusal.word().to_owned())];
                let (store, id, from) = (&ground.store, connector.id.as_str(), &client_address);
                session::refused(store, ground.clock, session, &request, id, from, &why)
                    .await
                    .map_err(Refusal::from)?;
                return Err(refusal.into());
            }
        };
        let settings = browser::Settings {
            headless: true,
            insecure_certificates: !connector.settings.enforce_certificate_validation,
            ..(ground.browser)(session)
        };
        let vaults = (ground.vaults)();
        let trace = ground.tracer.begin(session, &plan);
        let tried = async {
            let binaries = Browser::check(&settings).await.map_err(session::Error::from)?;
            let launch = Launch {
                session,
                plan,
                grant,
                course: Course::Trial(Trial { until, ..Trial::default() }),
                client_address,
                store: &ground.store,
                vaults: &*vaults,
                browser: settings,
                binaries,
                clock: ground.clock,
                progress: &|step| trace.step(&step),
            };
            let cancelled = async {
                tokio::select! {
                    () = tokio::time::sleep(LONGEST) => "the time limit of trials",
                    () = self.stopped() => "the stop of doorward",
                }
            };
            let launched = session::launch(launch, cancelled).await;
            trace.end(launched.as_ref().map(|signed| (&signed.outcome, &signed.timings)));
            let mut signed = launched?;
            let tried = std::mem::take(&mut signed.tried);
            let Ended { outcome, url, recorded, .. } =
                signed.disconnect("the end of a trial").await;
            recorded.map_err(NotTried::Unrecorded)?;
            let source = Arc::clone(&connector.source);
            Ok(Attempt { session, source, outcome, url, tried })
        };
        let tried = tried.await;
        for error in vaults.close().await {
            tracing::warn!("{}", crate::diagnostic::chain(&error, ": "));
        }
        tried
    }
}
