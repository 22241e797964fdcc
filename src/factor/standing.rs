//! A standing: what somebody has as a second factor, without anything that could be used.

use crate::clock::Timestamp;

/// What somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Since when their authenticator counts.
    pub since: Timestamp,
    /// How many of the ten recovery codes were not used.
    pub recovery_codes: u32,
    /// How many passkeys stand beside it.
    pub passkeys: u32,
}
