//! Why a session could not be brought to an outcome.

use std::sync::Arc;

use super::Stop;
use crate::diagnostic::Source;
use crate::name::AccountRef;
use crate::{access, activity, browser, vault};

/// What failed of a launch.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Access was refused.
    #[error(transparent)]
    Access(#[from] access::Refusal),
    /// A vault failed.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// A vault failed to give a linked account.
    #[error("the {role} of `{account}` cannot be used")]
    Linked {
        /// `logon account` or `reconcile account`.
        role: &'static str,
        /// The target account.
        account: AccountRef,
        /// What its vault says.
        source: Box<vault::Error>,
    },
    /// The session ended, and the record did not take its end.
    #[error("the session has ended, and its end is not on record")]
    Unrecorded {
        /// What ended it.
        ended: Box<Error>,
        /// Why the record did not take it.
        source: activity::Error,
    },
    /// A linked account is in a vault that the configuration does not have.
    #[error("account `{account}` is linked to `{linked}`, and the configuration has no such vault")]
    UnknownVault {
        /// The target account.
        account: AccountRef,
        /// What it is linked to.
        linked: AccountRef,
    },
    /// The plan needs a linked account, and none is linked.
    #[error("account `{account}` has no {role} linked, and row {row} of the connector needs it")]
    Unlinked {
        /// The target account.
        account: AccountRef,
        /// `logon account` or `reconcile account`.
        role: &'static str,
        /// The first row that needs it.
        row: usize,
    },
    /// The connector and the account do not fit: a property is missing, a secret is empty or no secret
    /// for codes, an origin is not safe.
    #[error("{}", .stop.message)]
    Unfit {
        /// The place, and the way out.
        stop: Box<Stop>,
        /// The connector's file.
        source_file: Arc<Source>,
    },
    /// The site refused the last codes of this secret; a further wrong one may lock the account.
    #[error(
        "the last {refused} one-time codes of `{account}` were refused by the site within {minutes} minutes"
    )]
    CodesRefused {
        /// The account that the codes are of.
        account: AccountRef,
        /// How many.
        refused: u32,
        /// Since when.
        minutes: i64,
    },
    /// Somebody ended it before it came to an outcome.
    #[error("the sign-in was ended by {by}")]
    Ended {
        /// A signal, or who did it.
        by: &'static str,
    },
    /// The browser failed.
    #[error(transparent)]
    Browser(#[from] browser::Error),
    /// The record failed: no record, no session.
    #[error(transparent)]
    Record(#[from] activity::Error),
}

impl Error {
    /// The word in the record.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Access(_) => "access-refused",
            Self::Browser(_) => "browser-failed",
            Self::CodesRefused { .. } => "codes-refused",
            Self::Ended { .. } => "ended",
            Self::Record(_) => "record-failed",
            Self::Unfit { stop, .. } => stop.code.name(),
            Self::UnknownVault { .. } => "unknown-vault",
            Self::Unlinked { .. } => "no-account-linked",
            Self::Unrecorded { .. } => "record-failed",
            Self::Linked { source, .. } => vault_word(source),
            Self::Vault(error) => vault_word(error),
        }
    }

    /// The same, where it is the vault's word on a linked account: a person who asked for `account` is
    /// told how another one comes into it.
    pub(super) fn of_linked(self, role: &'static str, account: &AccountRef) -> Self {
        match self {
            Self::Vault(error) => {
                Self::Linked { role, account: account.clone(), source: Box::new(error) }
            }
            error => error,
        }
    }

    /// The row that it concerns.
    pub fn row(&self) -> Option<usize> {
        match self {
            Self::Unfit { stop, .. } => stop.row,
            Self::Unlinked { row, .. } => Some(*row),
            _ => None,
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Access(_) | Self::Ended { .. } => None,
            Self::Browser(error) => error.help(),
            Self::CodesRefused { .. } => Some(
                "check the secret and this machine's clock (`doorward doctor`), and wait: sites lock accounts after a few wrong codes"
                    .into(),
            ),
            Self::Record(error) | Self::Unrecorded { source: error, .. } => error.help(),
            Self::Unfit { stop, .. } => stop.help.clone(),
            Self::UnknownVault { linked, .. } => {
                Some(format!("add the vault to the configuration, or link another account than `{linked}`"))
            }
            Self::Unlinked { account, role, .. } => {
                let option = role.replace(' ', "-");
                Some(format!(
                    "link one in its vault (`doorward account link {account} --{option} REF` for KDBX, the key \
                     `{}` of a secret elsewhere), below `links:` in the configuration, or for this time with \
                     `--{option} REF`",
                    role.replace(' ', "_")
                ))
            }
            Self::Linked { source, .. } => source.help(),
            Self::Vault(error) => error.help(),
        }
    }
}

/// The word in the record for what a vault says.
fn vault_word(error: &vault::Error) -> &'static str {
    match error {
        vault::Error::Denied { .. } => "access-denied",
        vault::Error::Gone { .. } | vault::Error::NotFound { .. } => "account-not-found",
        _ => "vault-failed",
    }
}
