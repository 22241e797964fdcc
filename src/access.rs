//! Access: whether this person may use this account; a vault asks for the proof before it answers.

use crate::name::{AccountRef, Purpose, UserName};

/// Proof that access was decided. It has no public constructor but [`decide`], so a vault that asks
/// for one cannot be read by code that forgot to ask.
#[derive(Debug)]
pub struct Grant {
    account: AccountRef,
    purpose: Purpose,
}

impl Grant {
    /// The account that was granted.
    pub fn account(&self) -> &AccountRef {
        &self.account
    }

    /// Why it was asked for.
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// The grant for an account that is linked to the granted one: who may use the target account
    /// uses its logon account through it, and both are on record.
    #[must_use]
    pub fn linked(&self, account: AccountRef) -> Self {
        Self { account, purpose: self.purpose.clone() }
    }
}

/// Why access was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The person who asks has no name on this machine, so nothing could be put on record for them.
    #[error("nobody asks: the machine has no name for the user who runs doorward")]
    Nameless,
}

/// Decides whether `user` may use `account` for `purpose`.
///
/// On the command line the person runs doorward with their own rights: the vault's key file, token
/// file and policies say what they may read, and the vault refuses the rest. So a person with a name
/// is granted here.
///
/// # Errors
/// [`Refusal::Nameless`] when there is nobody to put on record.
pub fn decide(
    user: Option<&UserName>,
    account: &AccountRef,
    purpose: &Purpose,
) -> Result<Grant, Refusal> {
    match user {
        Some(_) => Ok(Grant { account: account.clone(), purpose: purpose.clone() }),
        None => Err(Refusal::Nameless),
    }
}
