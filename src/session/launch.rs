//! A launch: the story of a session from its first row on record to its outcome.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::armed::Armed;
use super::record::Record;
use super::run::Run;
use super::seat::Seat;
use super::trial::{SavedPage, Trial, Tried};
use super::value::Values;
use super::{Error, Outcome, Progress};
use crate::access::{Grant, Refusal};
use crate::activity::{Action, Live, Store};
use crate::browser::{self, Browser, Wanted};
use crate::clock::Clock;
use crate::connector::Object;
use crate::diagnostic::chain;
use crate::name::{AccountRef, SessionId};
use crate::plan::Plan;
use crate::vault::{Account, Vault};

/// What a session is launched with.
pub struct Launch<'a> {
    /// The session.
    pub session: SessionId,
    /// What will be done.
    pub plan: Plan,
    /// That it may be done.
    pub grant: Grant,
    /// How far it goes.
    pub course: Course,
    /// From where it was asked for, as the record has it: [`super::LOCAL`] for the command line.
    pub client_address: String,
    /// The record and the leases.
    pub store: &'a Store,
    /// Where accounts are.
    pub vaults: &'a dyn Vaults,
    /// The browser.
    pub browser: browser::Settings,
    /// What [`Browser::check`] found.
    pub binaries: Option<browser::Binaries>,
    /// The time.
    pub clock: Clock,
    /// Who is told what happens.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// How far a launch goes.
#[derive(Debug, Clone)]
pub enum Course {
    /// To an outcome.
    SignIn,
    /// To an outcome, on saved pages instead of the network.
    Rehearsal(Vec<SavedPage>),
    /// As far as a trial goes, with a look at every row.
    Trial(Trial),
}

/// The vaults of a configuration.
pub trait Vaults: Sync {
    /// The vault that an account is in; `None` when the configuration has no such vault.
    ///
    /// # Errors
    /// When the vault's settings do not hold.
    fn find(&self, account: &AccountRef) -> Result<Option<Arc<dyn Vault>>, crate::vault::Error>;

    /// Gives back what was lent and signs off what was signed on; what failed of that is told. Nothing, where
    /// somebody else does it.
    fn close<'a>(&'a self) -> Pin<Box<dyn Future<Output = Vec<crate::vault::Error>> + Send + 'a>> {
        Box::pin(async { Vec::new() })
    }
}

/// How long each part of a launch took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// From the first row on record to the last account.
    pub vault: Duration,
    /// Until the browser was there; it starts while the vaults answer.
    pub browser: Duration,
    /// From the first navigation to the outcome.
    pub sign_in: Duration,
}

/// A session that came to an outcome. It is on record until [`Signed::disconnect`].
pub struct Signed<'a> {
    /// How the sign-in ended.
    pub outcome: Outcome,
    /// The browser, with the page as the rows left it.
    pub browser: Browser,
    /// Origin and path of the page; no query, no fragment.
    pub url: String,
    /// Where the session may go now; empty means everywhere.
    pub allowed_urls: Vec<String>,
    /// How long it took.
    pub timings: Timings,
    /// What a trial saw.
    pub tried: Tried,
    record: Record<'a>,
    began: Instant,
    live: Live,
}

/// A session that is over.
pub struct Ended {
    /// How the sign-in ended.
    pub outcome: Outcome,
    /// Origin and path of the page after the sign-in.
    pub url: String,
    /// Since the first row on record.
    pub lasted: Duration,
    /// Whether its end is on record; the browser has ended all the same.
    pub recorded: Result<(), crate::activity::Error>,
}

/// Runs a plan: first row on record, accounts and browser at the same time, the rows, the outcome.
/// `cancelled` resolves, with who did it, when it is to end before its outcome.
///
/// # Errors
/// [`Error`]; what was begun is on record as failed, and no browser is left.
pub async fn launch<'a>(
    launch: Launch<'a>,
    cancelled: impl Future<Output = &'static str>,
) -> Result<Signed<'a>, Error> {
    let began = Instant::now();
    let request = launch.plan.request.clone();
    let granted = (launch.grant.user(), launch.grant.account());
    if granted != (&request.user, &request.account) {
        let (granted, account) = (launch.grant.account().clone(), request.account);
        return Err(Refusal::Misused { granted, account }.into());
    }
    let live = launch.store.begin(launch.session).await?;
    let mut record = Record::new(
        launch.store,
        launch.clock,
        launch.session,
        &launch.plan.connector,
        &request,
        &launch.client_address,
    );
    record.connect(&launch.grant).await?;
    (launch.progress)(Progress::Recorded);
    let mut seat = Seat::start(launch.browser.clone(), launch.binaries.clone());
    let ended = tokio::select! {
        ended = signed(launch, &mut record, &mut seat, began) => ended,
        by = cancelled => Err(Error::Ended { by }),
    };
    match ended {
        Ok(Ran { outcome, url, allowed_urls, timings, tried }) => {
            let browser = seat.give()?;
            Ok(Signed { outcome, browser, url, allowed_urls, timings, tried, record, began, live })
        }
        Err(error) => {
            seat.end().await;
            let details = [("error".to_owned(), chain(&error, ": "))];
            let lasted = began.elapsed();
            let ended = record.end(Action::ConnectFailed, error.word(), lasted, &details).await;
            drop(live);
            Err(match ended {
                Ok(()) => error,
                Err(source) => Error::Unrecorded { ended: Box::new(error), source },
            })
        }
    }
}

/// What came of the rows.
struct Ran {
    outcome: Outcome,
    url: String,
    allowed_urls: Vec<String>,
    timings: Timings,
    tried: Tried,
}

async fn signed<'a>(
    launch: Launch<'a>,
    record: &mut Record<'a>,
    seat: &mut Seat,
    began: Instant,
) -> Result<Ran, Error> {
    let mut timings = Timings::default();
    let values = prepared(&launch, record, seat, began, &mut timings).await?;
    let browser = seat.browser()?;
    (launch.progress)(Progress::Browser(browser.name().to_owned()));
    let source = Arc::clone(&launch.plan.connector.source);
    let armed = Armed::new(launch.plan, values)
        .map_err(|stop| Error::Unfit { stop, source_file: source })?;
    let allowed_urls = armed.allowed_urls.clone();
    let sign_in = Instant::now();
    let run = Run::new(
        armed,
        browser.page(),
        record,
        launch.store,
        launch.vaults,
        launch.clock,
        launch.progress,
        &launch.grant,
    );
    let (outcome, url, tried) = match launch.course {
        Course::SignIn => {
            let (outcome, url) = run.finish().await?;
            (outcome, url, Tried::default())
        }
        Course::Rehearsal(pages) => {
            let (outcome, url) = run.rehearse(pages).await?;
            (outcome, url, Tried::default())
        }
        Course::Trial(trial) => run.try_rows(trial).await?,
    };
    timings.sign_in = sign_in.elapsed();
    Ok(Ran { outcome, url, allowed_urls, timings, tried })
}

/// The accounts, and the browser on its seat, both under way at the same time.
async fn prepared(
    launch: &Launch<'_>,
    record: &mut Record<'_>,
    seat: &mut Seat,
    began: Instant,
    timings: &mut Timings,
) -> Result<Values, Error> {
    let fetched = async {
        let values = fetch(launch, record).await;
        (values, began.elapsed())
    };
    tokio::pin!(fetched);
    tokio::select! {
        (values, took) = &mut fetched => {
            timings.vault = took;
            let values = values?;
            let (started, there) = seat.wait().await;
            timings.browser = there.duration_since(began);
            started?;
            Ok(values)
        }
        (started, there) = seat.wait() => {
            timings.browser = there.duration_since(began);
            let (values, took) = fetched.await;
            timings.vault = took;
            // An account that cannot be had is the better news to tell than a browser that did not start.
            let values = values?;
            started?;
            Ok(values)
        }
    }
}

/// Takes the target account, and the linked accounts that the plan needs, from their vaults. An account
/// that is linked here is known at once and asked for beside the target; the others when the target's vault
/// has named them.
async fn fetch(launch: &Launch<'_>, record: &mut Record<'_>) -> Result<Values, Error> {
    let (plan, grant) = (&launch.plan, &launch.grant);
    let request = &plan.request;
    let used = plan.objects();
    let (mut known, mut named) = (Vec::new(), Vec::new());
    for object in [Object::LogonAccount, Object::ReconcileAccount] {
        match plan.link(object) {
            _ if !used.contains(&object) => {}
            Some(link) => {
                record.link(object, link).await?;
                known.push((object, link.clone()));
            }
            None => named.push(object),
        }
    }
    let target = account(launch, grant, grant, Object::Target);
    let (target, mut linked) = tokio::try_join!(target, linked(launch, grant, known))?;
    record.address(target.address.as_deref().unwrap_or_default());
    let mut later = Vec::new();
    for object in named {
        let link = match object {
            Object::LogonAccount => &target.logon_account,
            _ => &target.reconcile_account,
        };
        let Some(link) = link else {
            let row = plan.slots.iter().find(|slot| slot.placeholder.object == object);
            return Err(Error::Unlinked {
                account: request.account.clone(),
                role: object.role(),
                row: row.and_then(|slot| slot.row).unwrap_or(0),
            });
        };
        // A link without a vault means the vault of the target account.
        let link = match request.account.vault() {
            Some(vault) => link.within(vault),
            None => link.clone(),
        };
        record.link(object, &link).await?;
        later.push((object, link));
    }
    linked.extend(self::linked(launch, grant, later).await?);
    let (mut logon, mut reconcile) = (None, None);
    for (object, account) in linked {
        record.linked_user(object, account.username.clone());
        match object {
            Object::LogonAccount => logon = Some(account),
            _ => reconcile = Some(account),
        }
    }
    Ok(Values {
        target,
        logon,
        reconcile,
        user: request.user.clone(),
        params: request.params.clone(),
    })
}

/// The linked accounts, all asked for at the same time.
async fn linked(
    launch: &Launch<'_>,
    target: &Grant,
    links: Vec<(Object, AccountRef)>,
) -> Result<Vec<(Object, Account)>, Error> {
    let asked = links.into_iter().map(|(object, link)| async move {
        let account = account(launch, target, &target.linked(link), object).await;
        let account = account.map_err(|error| error.of_linked(object.role(), target.account()))?;
        Ok((object, account))
    });
    futures_util::future::try_join_all(asked).await
}

/// The account of `grant`, which the session uses as `object`.
async fn account(
    launch: &Launch<'_>,
    target: &Grant,
    grant: &Grant,
    object: Object,
) -> Result<Account, Error> {
    let Some(vault) = launch.vaults.find(grant.account())? else {
        return Err(Error::UnknownVault {
            account: target.account().clone(),
            linked: grant.account().clone(),
        });
    };
    let account = vault.account(grant).await?;
    (launch.progress)(told(object.role(), &account));
    Ok(account)
}

fn told(role: &'static str, account: &Account) -> Progress {
    let user =
        account.username.as_deref().map_or_else(String::new, |user| format!(" (user {user})"));
    Progress::Account { role, account: format!("{}{user}", account.reference) }
}

impl Signed<'_> {
    /// Writes down what happened in the session, on every account of it; durable when this returns.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn note(
        &self,
        action: Action,
        outcome: &str,
        details: &[(String, String)],
    ) -> Result<(), crate::activity::Error> {
        self.record.note(action, outcome, details).await
    }

    /// Writes down what a page of a live session tried and did not get; of what is allowed nothing is written.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn note_attempt(
        &self,
        attempt: &browser::Attempt,
    ) -> Result<(), crate::activity::Error> {
        if attempt.allowed {
            return Ok(());
        }
        let mut details = Vec::new();
        let action = match attempt.wanted {
            Wanted::Navigation => Action::NavigationDenied,
            Wanted::Popup => Action::PopupDenied,
            Wanted::Download => Action::DownloadDenied,
            Wanted::Upload => Action::UploadDenied,
            Wanted::Print => Action::PrintDenied,
            Wanted::ServiceWorker => Action::ServiceWorkerDenied,
            Wanted::WebRtc => Action::WebRtcDenied,
            Wanted::DeveloperTools => Action::DeveloperToolsDenied,
            Wanted::Permission(name) => {
                details.push(("permission".to_owned(), name.to_owned()));
                Action::PermissionDenied
            }
        };
        if !attempt.url.is_empty() {
            details.push(("url".to_owned(), attempt.url.clone()));
        }
        if attempt.times > 1 {
            details.push(("times".to_owned(), attempt.times.to_string()));
        }
        self.record.note(action, "denied", &details).await
    }

    /// Ends the session: the browser, and the record of it.
    pub async fn disconnect(self, how: &str) -> Ended {
        let lasted = self.began.elapsed();
        let action = match &self.outcome {
            Outcome::SignedIn | Outcome::Tried => Action::Disconnect,
            Outcome::Unclear(_) if !how.is_empty() => Action::Disconnect,
            _ => Action::ConnectFailed,
        };
        let mut details = Vec::new();
        if let Some(cause) = self.outcome.cause() {
            details.push(("cause".to_owned(), cause.to_owned()));
        }
        if let Some(stop) = self.outcome.stop() {
            details.extend(stop.row.map(|row| ("row".to_owned(), row.to_string())));
        }
        if !how.is_empty() {
            details.push(("ended_by".to_owned(), how.to_owned()));
        }
        // The browser takes its time to be gone, the record takes its own.
        let written = self.record.end(action, self.outcome.word(), lasted, &details);
        let ((), recorded) = tokio::join!(self.browser.end(), written);
        drop(self.live);
        Ended { outcome: self.outcome, url: self.url, lasted, recorded }
    }
}
