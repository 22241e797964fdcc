//! A card: what is told of a live session without showing it.

use crate::clock::Timestamp;
use crate::name::{AccountRef, ConnectorId, Purpose, SessionId, UserName};
use crate::stream::Hold;

/// A live session, as lists show it.
#[derive(Debug, Clone)]
pub struct Card {
    /// The session.
    pub session: SessionId,
    /// Whose it is.
    pub user: UserName,
    /// The account that it is signed in with.
    pub account: AccountRef,
    /// The connector.
    pub connector_id: ConnectorId,
    /// Its display name, or its id where it has none.
    pub connector: String,
    /// Why it was asked for.
    pub purpose: Purpose,
    /// From where it was asked for.
    pub client_address: String,
    /// When it was asked for.
    pub began: Timestamp,
    /// When it ends at the latest; `None` without a limit.
    pub until: Option<Timestamp>,
    /// How many watch or use it now.
    pub viewers: usize,
    /// Those who watch it.
    pub watchers: Vec<UserName>,
    /// Who uses its page.
    pub hold: Hold,
    /// Who has stopped it or taken it over.
    pub held_by: Option<UserName>,
    /// How far it has come.
    pub stage: Stage,
}

/// How far a live session has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Somebody else has to approve of it.
    Waiting,
    /// Behind the curtain: row `row` of `of`, or what comes before the rows (0).
    SigningIn {
        /// From 1; 0 while vaults and browser are asked.
        row: usize,
        /// How many there are.
        of: usize,
        /// What is being done, as templates.
        text: String,
    },
    /// Signed in.
    Live {
        /// Origin and path of the page that shows.
        url: String,
    },
    /// Over.
    Ended {
        /// The word of the outcome: `signed-in`, `refused`, `stuck`, ….
        outcome: String,
        /// What a person is told: why, where, and what to do next.
        text: String,
    },
}
