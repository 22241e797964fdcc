//! The broker: starts live sessions, holds them, and ends them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::approval::{self, Approval};
use super::card::{Card, Stage};
use super::company::Seat;
use super::course::Course;
use super::files::{self, Saved};
use super::intake::{Intake, NotTaken};
use super::recorder::Recordings;
use super::shared::Shared;
use super::viewer::Viewer;
use crate::access::Grant;
use crate::activity::{self, Store};
use crate::browser;
use crate::clock::Clock;
use crate::connector::Connector;
use crate::diagnostic::Diagnostic;
use crate::meter::Meter;
use crate::name::{SessionId, UserName};
use crate::plan::{self, Request};
use crate::session::{self, Vaults};
use crate::stream::{Hold, Note};
use crate::trace::Tracer;

/// How long an ended session is still told of, so that its last word can be read.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);

/// How long viewers have to hear of the end when everything stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// What live sessions stand on.
pub struct Ground {
    /// The record and the leases.
    pub store: Arc<Store>,
    /// Where the accounts of one session are: what a vault lends it is given back when it ends.
    pub vaults: Box<dyn Fn() -> Arc<dyn Vaults + Send> + Send + Sync>,
    /// The folder that sessions have their files in.
    pub files: PathBuf,
    /// How sessions are recorded; `None` when they are not.
    pub recordings: Option<Recordings>,
    /// The browser of a session.
    pub browser: Box<dyn Fn(SessionId) -> browser::Settings + Send + Sync>,
    /// The time.
    pub clock: Clock,
    /// What is counted and timed.
    pub meter: Arc<Meter>,
    /// Where launches are told of, phase by phase.
    pub tracer: Tracer,
}

/// How many sessions there may be, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of one person.
    pub per_user: usize,
    /// On this host.
    pub per_host: usize,
    /// A session that nobody touches ends after this time, where its connector does not say.
    pub idle: Duration,
    /// A session ends after this time, where its connector does not say.
    pub duration: Duration,
    /// A session that somebody else has to approve of waits so long for that.
    pub approval: Duration,
}

/// A session that is asked for.
pub struct Order {
    /// Through which connector.
    pub connector: Arc<Connector>,
    /// What for.
    pub request: Request,
    /// That it may be.
    pub grant: Grant,
    /// From where: the address of the person.
    pub client_address: String,
}

/// Why a session was not started.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Connector and request do not fit; on record as `ConnectRefused`.
    #[error("the connector and the request do not fit")]
    Unfit(Vec<Diagnostic>),
    /// The person has too many sessions; on record.
    #[error("you have as many sessions as one person may have at once ({0})")]
    TooManyOfUser(usize),
    /// The host has too many sessions; on record.
    #[error("this host runs as many sessions as it may at once ({0})")]
    TooManyOnHost(usize),
    /// The broker is being stopped.
    #[error("doorward is being stopped")]
    Stopping,
    /// No record, no session.
    #[error(transparent)]
    Unrecorded(#[from] activity::Error),
}

impl Refusal {
    /// The word in the record.
    pub(super) fn word(&self) -> &str {
        match self {
            Self::Unfit(problems) => {
                let first = problems.iter().find(|problem| problem.is_error());
                first.map_or("connector", |problem| problem.code.name())
            }
            Self::TooManyOfUser(_) => "too-many-of-user",
            Self::TooManyOnHost(_) => "too-many-on-host",
            Self::Stopping => "stopping",
            Self::Unrecorded(_) => "record",
        }
    }
}

/// The live sessions of this process. Cheap to clone.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

struct Inner {
    ground: Arc<Ground>,
    limits: Limits,
    sessions: Mutex<Sessions>,
    /// Held by the trial that is under way.
    turn: tokio::sync::Mutex<()>,
    stopped: watch::Sender<bool>,
}

#[derive(Default)]
struct Sessions {
    stopping: bool,
    all: BTreeMap<SessionId, Arc<Shared>>,
}

impl Broker {
    /// A broker without sessions. What sessions left behind whose process was killed is removed.
    pub fn new(ground: Ground, limits: Limits) -> Self {
        if let Err(error) = files::sweep(&ground.files) {
            let folder = ground.files.display();
            tracing::warn!("files of sessions that are over stay in {folder}: {error}");
        }
        let ground = Arc::new(ground);
        let (sessions, turn) = (Mutex::default(), tokio::sync::Mutex::default());
        let stopped = watch::Sender::new(false);
        Self(Arc::new(Inner { ground, limits, sessions, turn, stopped }))
    }

    /// Starts a session and returns at once; [`Broker::card`] tells how it goes.
    ///
    /// # Errors
    /// [`Refusal`], which is on record.
    pub async fn start(&self, order: Order) -> Result<SessionId, Refusal> {
        let session = SessionId::fresh();
        let Order { connector, request, grant, client_address } = order;
        match self.begin(session, &connector, &request, grant, &client_address) {
            Ok(course) => {
                let shared = Arc::clone(&course.shared);
                if course.approval.is_some() {
                    let asked = approval::requested(&course).await;
                    if let Err(error) = &asked {
                        shared.end("failed", error.to_string());
                    }
                    asked?;
                    shared.waits();
                }
                let run = tokio::spawn(course.run());
                tokio::spawn(async move {
                    // Whoever waits for the end of a course must not wait for one that a bug of ours has ended.
                    if run.await.is_err() {
                        shared.remove_files();
                        let text =
                            "an internal error\nhelp: this is a bug of doorward: please report it";
                        shared.end("failed", text.to_owned());
                    }
                });
                Ok(session)
            }
            Err(refusal) => {
                let Ground { store, clock, .. } = &*self.0.ground;
                let why = [("cause".to_owned(), refusal.word().to_owned())];
                let (connector, from) = (connector.id.as_str(), &client_address);
                session::refused(store, *clock, session, &request, connector, from, &why).await?;
                Err(refusal)
            }
        }
    }

    /// Takes a session in, when there is room for it.
    fn begin(
        &self,
        session: SessionId,
        connector: &Arc<Connector>,
        request: &Request,
        grant: Grant,
        client_address: &str,
    ) -> Result<Course, Refusal> {
        let Inner { ground, limits, .. } = &*self.0;
        let asked = Instant::now();
        let plan = plan::build(Arc::clone(connector), request.clone()).map_err(Refusal::Unfit)?;
        ground.meter.phases.took("plan", asked.elapsed());
        let mut sessions = self.sessions();
        if sessions.stopping {
            return Err(Refusal::Stopping);
        }
        let live = || sessions.all.values().filter(|shared| !shared.is_over());
        let own = live().filter(|shared| shared.user() == &request.user).count();
        if own >= limits.per_user {
            return Err(Refusal::TooManyOfUser(own));
        }
        let all = live().count();
        if all >= limits.per_host {
            return Err(Refusal::TooManyOnHost(all));
        }
        let permissions = &connector.settings.permissions;
        let lasts = permissions.max_session_duration.unwrap_or(limits.duration);
        let began = ground.clock.now();
        let card = Card {
            session,
            user: request.user.clone(),
            account: request.account.clone(),
            connector_id: connector.id.clone(),
            connector: connector.display_name.clone(),
            purpose: request.purpose.clone(),
            client_address: client_address.to_owned(),
            began,
            until: began.checked_add(lasts).ok(),
            viewers: 0,
            watchers: Vec::new(),
            hold: Hold::Free,
            held_by: None,
            stage: Stage::SigningIn { row: 0, of: 0, text: String::new() },
        };
        let (shared, wishes) = Shared::new(card, permissions.requires_watcher);
        let shared = Arc::new(shared);
        sessions.all.retain(|_, shared| !shared.is_over_since(REMEMBERED));
        sessions.all.insert(session, Arc::clone(&shared));
        Ok(Course {
            ground: Arc::clone(ground),
            shared,
            wishes,
            plan,
            grant,
            idle: permissions.max_idle_time.unwrap_or(limits.idle),
            lasts,
            approval: permissions.requires_approver.then_some(limits.approval),
            client_address: client_address.to_owned(),
        })
    }

    /// The sessions that live, and those that ended a short while ago, the newest first.
    pub fn cards(&self) -> Vec<Card> {
        let mut cards: Vec<_> = self.sessions().all.values().map(|shared| shared.card()).collect();
        cards.sort_by_key(|card| std::cmp::Reverse(card.session));
        cards
    }

    /// One of them.
    pub fn card(&self, session: SessionId) -> Option<Card> {
        self.find(session).map(|shared| shared.card())
    }

    /// Joins one's own session as a viewer; `None` when there is no such session.
    pub fn view(&self, session: SessionId) -> Option<Viewer> {
        self.find(session).map(|shared| Viewer::new(shared, Seat::Own))
    }

    /// Joins the session of somebody else as `who`, to watch it; `None` when there is no such session.
    pub fn watch(&self, session: SessionId, who: &UserName) -> Option<Viewer> {
        self.find(session).map(|shared| Viewer::new(shared, Seat::Watch(who.clone())))
    }

    /// Lets a session go on ([`Hold::Free`]), stops it ([`Hold::Paused`]), or gives it to `by` ([`Hold::Taken`]). `false`
    /// when there is no such session, or they take one that they do not watch.
    pub fn hold(&self, session: SessionId, hold: Hold, by: &UserName) -> bool {
        self.find(session).is_some_and(|shared| shared.hold(hold, by))
    }

    /// Says something to the person whose session it is; `false` when there is no such session.
    pub fn message(&self, session: SessionId, from: &UserName, text: &str) -> bool {
        let Some(shared) = self.find(session).filter(|shared| !shared.is_over()) else {
            return false;
        };
        shared.tell(Note::Message { from: from.to_string(), text: text.to_owned() });
        true
    }

    /// Whether a session waits for somebody to approve of it.
    pub fn is_waiting(&self, session: SessionId) -> bool {
        self.find(session).is_some_and(|shared| shared.is_waiting())
    }

    /// Says that a session may begin, or may not; `false` when it does not wait for that.
    pub fn approve(&self, session: SessionId, approval: Approval) -> bool {
        self.find(session).is_some_and(|shared| shared.say(approval))
    }

    /// A file that can be had of a session, under the id that [`crate::stream::Note::Download`] told.
    pub fn file(&self, session: SessionId, id: &str) -> Option<Saved> {
        self.find(session)?.files()?.saved(id)
    }

    /// Begins to take in files for the page of a session, which has asked for them.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub fn intake(&self, session: SessionId) -> Result<Intake, NotTaken> {
        Intake::new(self.find(session).ok_or(NotTaken::Over)?)
    }

    /// Ends a session, and returns when its browser is gone and its last row is on record. `by` says who, as
    /// the record is to have it. `false` when there is no such session.
    pub async fn end(&self, session: SessionId, by: &UserName) -> bool {
        let Some(shared) = self.find(session) else { return false };
        shared.ask_end(by.as_str());
        shared.over().await;
        true
    }

    /// Takes no more orders, tells everybody, ends all sessions, and returns when they are on record.
    pub async fn stop(&self) {
        let all: Vec<_> = {
            let mut sessions = self.sessions();
            sessions.stopping = true;
            sessions.all.values().cloned().collect()
        };
        self.0.stopped.send_replace(true);
        for shared in &all {
            shared.ask_end("the stop of doorward");
        }
        for shared in &all {
            shared.over().await;
        }
        // A trial that is under way comes to its end, too.
        drop(self.0.turn.lock().await);
        let told = async {
            for shared in &all {
                shared.left().await;
            }
        };
        let _ = tokio::time::timeout(FAREWELL, told).await;
    }

    /// Whether it takes no more orders.
    pub fn is_stopping(&self) -> bool {
        self.sessions().stopping
    }

    /// What its sessions stand on.
    pub(super) fn ground(&self) -> &Ground {
        &self.0.ground
    }

    /// The turn to try a connector; `None` while somebody else has it.
    pub(super) fn turn(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        self.0.turn.try_lock().ok()
    }

    /// Returns when the broker is being stopped.
    pub(super) async fn stopped(&self) {
        let _ = self.0.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    fn find(&self, session: SessionId) -> Option<Arc<Shared>> {
        self.sessions().all.get(&session).cloned()
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
