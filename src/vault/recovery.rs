//! Recovery codes of an application: texts of which each signs in once, where no one-time code can be had.

use crate::clock::Timestamp;
use crate::secret::Secret;

/// That a recovery code was shown: it counts as used from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Showing {
    /// When; `None` where somebody else has marked it, in words of their own.
    pub at: Option<Timestamp>,
    /// To whom.
    pub by: String,
}

/// A recovery code on its way to be shown. It is marked as used already.
#[derive(Debug)]
pub struct RecoveryCode {
    /// Which of the account's codes it is, from 1.
    pub number: usize,
    /// The code.
    pub code: Secret,
    /// How many are left that nobody was shown.
    pub left: usize,
}
