//! Custody: the seeds of accounts, added, read as codes, removed and brought back, and the recovery codes beside them; each
//! of it on record first.
//!
//! The seed of an account stands apart from its password: in an account of its own, in the vault that `seeds:` of the
//! configuration names or else in the account's, linked as logon account. So connectors find it where they look for it.

mod clock;
mod error;
mod home;
mod recovery;

pub use clock::{Apart, Whose};
pub use error::Error;
pub use recovery::{Recovery, RecoveryReading};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use home::Held;
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::access::Grant;
use crate::activity::{Action, Event, Store};
use crate::clock::{Clock, Timestamp};
use crate::diagnostic::chain;
use crate::name::{AccountRef, Links, TokenName, VaultName};
use crate::offer::Offer;
use crate::otp::Algorithm;
use crate::session::{self, Origin, Vaults};
use crate::vault::Vault;
use crate::vault::totp::{Label, Seed};

/// How long a seed that was removed can be brought back.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is done with seeds, and for whom it goes on record.
pub struct Custody<'a> {
    /// Where accounts are.
    pub vaults: &'a dyn Vaults,
    /// The record and the leases.
    pub store: &'a Store,
    /// The time.
    pub clock: Clock,
    /// `links` of the configuration.
    pub links: &'a BTreeMap<AccountRef, Links>,
    /// `seeds` of the configuration: the vault of new seeds.
    pub seeds: Option<&'a VaultName>,
    /// From where it is asked: [`session::LOCAL`] for the command line.
    pub client: &'a str,
    /// The API token by which it is asked.
    pub token: Option<&'a TokenName>,
}

/// What may be shown of the codes of an account.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The account that holds the seed; `None` where there is none.
    pub at: Option<AccountRef>,
    /// The account that the connectors look at: the logon account, where one is linked.
    pub logon: Option<AccountRef>,
    /// What is known of the codes.
    pub codes: Codes,
    /// Until when a seed that was removed can be brought back.
    pub removed_until: Option<Timestamp>,
    /// Whether one that is removed can be brought back for a while.
    pub restorable: bool,
    /// What is known of the application's recovery codes.
    pub recovery: Recovery,
    /// Clocks that the codes hang on and that are apart from this machine's.
    pub clocks: Vec<Apart>,
}

/// What is known of the codes of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Codes {
    /// There are none.
    None,
    /// The vault computes them, and tells no more.
    Computed,
    /// Computed here, from a seed.
    Of(Shape),
}

/// The parameters of a seed: all of it that is ever shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Whose it is, as the application said.
    pub label: Label,
    /// The hash of its codes.
    pub algorithm: Algorithm,
    /// How many digits they have.
    pub digits: u8,
    /// How long each lives.
    pub period: Duration,
}

/// A code that a person reads. It is not `Debug`.
pub struct Reading {
    /// The code.
    pub digits: Zeroizing<String>,
    /// The one after it, where it can be known.
    pub next: Option<Zeroizing<String>>,
    /// How long it lives.
    pub left: Duration,
    /// How long each lives.
    pub period: Duration,
    /// Whether nobody else has it: a session has typed it otherwise, or somebody has read it.
    pub free: bool,
}

/// How a row is told: what was done, to which account, where the seed is, with what outcome and further facts.
struct Row<'r> {
    action: Action,
    grant: &'r Grant,
    at: &'r AccountRef,
    outcome: &'r str,
    details: Vec<(String, String)>,
}

impl Shape {
    /// The parameters of a seed.
    pub fn of(seed: &Seed, label: &Label) -> Self {
        let (algorithm, digits) = (seed.algorithm(), seed.digits());
        Self { label: label.clone(), algorithm, digits, period: seed.period() }
    }

    fn on_record(&self) -> Vec<(String, String)> {
        let fact = |name: &str, value: String| (name.to_owned(), value);
        let mut facts = Vec::new();
        facts.extend(self.label.issuer.clone().map(|issuer| fact("issuer", issuer)));
        facts.extend(self.label.account.clone().map(|account| fact("issued_to", account)));
        facts.push(fact("algorithm", self.algorithm.word().to_owned()));
        facts.push(fact("digits", self.digits.to_string()));
        facts.push(fact("period", format!("{}s", self.period.as_secs())));
        facts
    }
}

impl From<&Offer> for Shape {
    fn from(offer: &Offer) -> Self {
        Self::of(&offer.seed, &offer.label)
    }
}

/// The code of an offer at a moment, before it is kept: for the application that wants to see it first.
pub fn preview(offer: &Offer, clock: Clock) -> Reading {
    let now = clock.unix_millis();
    let left = offer.seed.left(now);
    let digits = |at: u64| Zeroizing::new(offer.seed.code_at(at).digits.expose().to_owned());
    let next = now + u64::try_from(left.as_millis()).unwrap_or(0);
    Reading {
        digits: digits(now),
        next: Some(digits(next)),
        left,
        period: offer.seed.period(),
        free: true,
    }
}

impl Custody<'_> {
    /// What may be shown of the codes of the account of `grant`.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn show(&self, grant: &Grant) -> Result<Kept, Error> {
        let home = self.home(grant).await?;
        let removed_until = self.removed(grant, &home).await?.map(|(_, until)| until);
        let recovery = self.recovery(grant, &home).await?.map(|(_, recovery)| recovery);
        let (at, codes) = match &home.held {
            Held::Seed(seed, label) => (Some(&home.at), Codes::Of(Shape::of(seed, label))),
            Held::Computed => (Some(&home.at), Codes::Computed),
            Held::Nothing | Held::Other => (None, Codes::None),
        };
        let at = at.map(|at| at.account().clone());
        let restorable = home.vault.restores_seeds();
        let recovery = recovery.unwrap_or_default();
        let clocks = self.apart(grant.account(), home.at.account()).await?;
        Ok(Kept { at, logon: home.logon, codes, removed_until, restorable, recovery, clocks })
    }

    /// The code of now; that it is read is on record when this returns.
    ///
    /// # Errors
    /// [`Error::NoSeed`], and what vaults and the store can meet.
    pub async fn code(&self, grant: &Grant) -> Result<Reading, Error> {
        let account = grant.account();
        let row = |outcome, details| Row {
            action: Action::ReadCode,
            grant,
            at: account,
            outcome,
            details,
        };
        self.keep(row("", Vec::new())).await?;
        let shown = match self.shown(grant).await {
            Ok(shown) => shown,
            Err(error) => {
                let details = vec![("error".to_owned(), chain(&error, ": "))];
                self.keep(row("failed", details)).await?;
                return Err(error);
            }
        };
        let copied = |code: &crate::vault::Code| Zeroizing::new(code.digits.expose().to_owned());
        Ok(Reading {
            digits: copied(&shown.code),
            next: shown.next.as_ref().map(copied),
            left: shown.left,
            period: shown.period,
            free: shown.free,
        })
    }

    async fn shown(&self, grant: &Grant) -> Result<session::Shown, Error> {
        let home = self.home(grant).await?;
        let (at, vault) = (home.at, home.vault);
        let origin = match home.held {
            Held::Seed(seed, _) => Origin::Seed(*seed),
            Held::Computed => Origin::Vault(vault, at.linked(at.account().clone())),
            held @ (Held::Nothing | Held::Other) => {
                return Err(Error::no_seed(grant, &at, &held));
            }
        };
        if at.account() != grant.account() {
            let target = ("target".to_owned(), grant.account().to_string());
            let event = self.event(Action::ReadCode, grant, at.account(), "", vec![target]);
            self.store.append(&[event]).await?;
        }
        Ok(session::shown_code(&origin, self.store, self.clock).await?)
    }

    /// Whether a seed could be added to the account of `grant`, and where it would be kept.
    ///
    /// # Errors
    /// As for [`Custody::add`].
    pub async fn seat(&self, grant: &Grant) -> Result<AccountRef, Error> {
        Ok(self.place(grant).await?.0.account().clone())
    }

    /// Adds a seed to the account of `grant`; the account that keeps it.
    ///
    /// # Errors
    /// [`Error::Seeded`], [`Error::LogonTaken`], [`Error::Linkless`], and what vaults and the store can meet.
    pub async fn add(&self, grant: &Grant, offer: &Offer) -> Result<AccountRef, Error> {
        let (seat, vault, links) = self.place(grant).await?;
        let details = Shape::from(offer).on_record();
        let row = |outcome, details| Row {
            action: Action::AddSeed,
            grant,
            at: seat.account(),
            outcome,
            details,
        };
        self.keep(row("", details)).await?;
        let kept = async {
            let user = offer.label.account.as_deref();
            vault.keep_seed(&seat, &offer.seed.uri(&offer.label), user).await?;
            let Some(links) = links else { return Ok(()) };
            let linked = links.link_logon(grant, seat.account()).await;
            if linked.is_err() {
                // A seed that nothing leads to would be in the way of the next try.
                let _ = vault.remove_seed(&seat, self.clock.now()).await;
            }
            linked
        };
        match kept.await {
            Ok(()) => Ok(seat.account().clone()),
            Err(error) => {
                let details = vec![("error".to_owned(), chain(&error, ": "))];
                self.keep(row("failed", details)).await?;
                Err(error.into())
            }
        }
    }

    /// Takes the seed of the account of `grant` out of use; until when it can be brought back, or `None` where it is gone.
    ///
    /// # Errors
    /// [`Error::NoSeed`], and what vaults and the store can meet.
    pub async fn remove(&self, grant: &Grant) -> Result<Option<Timestamp>, Error> {
        let home = self.home(grant).await?;
        if matches!(home.held, Held::Nothing | Held::Other) {
            return Err(Error::no_seed(grant, &home.at, &home.held));
        }
        let until = self.clock.now().checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let row = |outcome, details| Row {
            action: Action::RemoveSeed,
            grant,
            at: home.at.account(),
            outcome,
            details,
        };
        self.keep(row("", Vec::new())).await?;
        match home.vault.remove_seed(&home.at, until).await {
            Ok(until) => Ok(until),
            Err(error) => {
                let details = vec![("error".to_owned(), chain(&error, ": "))];
                self.keep(row("failed", details)).await?;
                Err(error.into())
            }
        }
    }

    /// Brings the seed of the account of `grant` back that was removed.
    ///
    /// # Errors
    /// [`Error::NotRemoved`], and what vaults and the store can meet.
    pub async fn restore(&self, grant: &Grant) -> Result<(), Error> {
        let home = self.home(grant).await?;
        let Some((at, _)) = self.removed(grant, &home).await? else {
            return Err(Error::NotRemoved { account: grant.account().clone() });
        };
        let vault = self.vault(at.account())?;
        let row = |outcome, details| Row {
            action: Action::RestoreSeed,
            grant,
            at: at.account(),
            outcome,
            details,
        };
        self.keep(row("", Vec::new())).await?;
        if let Err(error) = vault.restore_seed(&at).await {
            let details = vec![("error".to_owned(), chain(&error, ": "))];
            self.keep(row("failed", details)).await?;
            return Err(error.into());
        }
        Ok(())
    }

    /// Where a new seed of the account of `grant` is kept, in which vault, and the vault that has to link it.
    async fn place(
        &self,
        grant: &Grant,
    ) -> Result<(Grant, Arc<dyn Vault>, Option<Arc<dyn Vault>>), Error> {
        let home = self.home(grant).await?;
        let account = grant.account();
        match home.held {
            Held::Seed(..) | Held::Computed => {
                return Err(Error::Seeded {
                    account: account.clone(),
                    at: home.at.account().clone(),
                });
            }
            Held::Other => {
                let logon = home.at.account().clone();
                return Err(Error::LogonTaken { account: account.clone(), logon });
            }
            Held::Nothing => {}
        }
        if home.logon.is_some() || home.is_seat {
            // What no vault can do is told before anything is on record.
            home.vault.seat_of_seed(account).ok_or_else(|| home.vault.seedless())?;
            return Ok((home.at, home.vault, None));
        }
        let own = home.vault;
        let vault = match self.seeds {
            Some(name) => self.named(name, account)?,
            None => Arc::clone(&own),
        };
        let seat = vault.seat_of_seed(account).ok_or_else(|| vault.seedless())?;
        match own.keeps_links() {
            true => Ok((grant.linked(seat), vault, Some(own))),
            false => Err(Error::Linkless { account: account.clone(), seat }),
        }
    }

    /// Puts a row on record, on the account and on the one that holds its seed; durable when this returns.
    async fn keep(&self, row: Row<'_>) -> Result<(), Error> {
        let Row { action, grant, at, outcome, details } = row;
        let account = grant.account();
        let with = |name: &str, other: &AccountRef| {
            let first = (name.to_owned(), other.to_string());
            std::iter::once(first).chain(details.iter().cloned()).collect()
        };
        let events = match at == account {
            true => vec![self.event(action, grant, account, outcome, details)],
            false => vec![
                self.event(action, grant, account, outcome, with("seed", at)),
                self.event(action, grant, at, outcome, with("target", account)),
            ],
        };
        self.store.append(&events).await.map_err(Error::Record)
    }

    fn event(
        &self,
        action: Action,
        grant: &Grant,
        of: &AccountRef,
        outcome: &str,
        mut details: Vec<(String, String)>,
    ) -> Event {
        if !grant.policies().is_empty() {
            details.push(("policies".to_owned(), grant.policies().join(" ")));
        }
        details.extend(self.token.map(|token| ("token".to_owned(), token.to_string())));
        Event {
            time: self.clock.now(),
            session: None,
            user: grant.user().clone(),
            action,
            account: Some(of.clone()),
            connector: String::new(),
            address: String::new(),
            reason: grant.purpose().reason.clone().unwrap_or_default(),
            client_address: self.client.to_owned(),
            outcome: outcome.to_owned(),
            details,
        }
    }
}
