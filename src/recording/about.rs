//! About: what a recording says of itself in its first piece, so that it can be told what it is without the record.

use serde::{Deserialize, Serialize};

/// What a recording is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The session.
    pub session: String,
    /// When it was asked for, as RFC 3339 has it; the times of entries count from here.
    pub began: String,
    /// Whose it was.
    pub user: String,
    /// The account that it was signed in with.
    pub account: String,
    /// Through which connector.
    pub connector: String,
}
