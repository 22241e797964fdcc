//! What can keep a seed from being read, added, removed or brought back.

use super::home::Held;
use crate::access::Grant;
use crate::name::AccountRef;
use crate::{activity, session, vault};

/// Why something could not be done with the seed of an account.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A code could not be had.
    #[error(transparent)]
    Code(#[from] session::Error),
    /// The vault of the account keeps no links, and the configuration has none.
    #[error("the vault of `{account}` cannot note that its codes are of `{seat}`")]
    Linkless {
        /// The account.
        account: AccountRef,
        /// Where the seed would be.
        seat: AccountRef,
    },
    /// The logon account holds something else.
    #[error("`{account}` has the logon account `{logon}`, which holds a secret that is no seed")]
    LogonTaken {
        /// The account.
        account: AccountRef,
        /// Its logon account.
        logon: AccountRef,
    },
    /// There is nothing that makes codes.
    #[error("`{account}` has no seed of one-time codes{detail}")]
    NoSeed {
        /// The account.
        account: AccountRef,
        /// Where it was looked for; reads on.
        detail: String,
    },
    /// There are no recovery codes.
    #[error("`{account}` has no recovery codes of its application")]
    NoRecovery {
        /// The account.
        account: AccountRef,
    },
    /// Each recovery code was shown.
    #[error("all {count} recovery codes of `{account}` have been shown")]
    RecoverySpent {
        /// The account.
        account: AccountRef,
        /// How many there are.
        count: usize,
    },
    /// There is nothing to bring back.
    #[error("`{account}` has no seed that was removed and can be restored")]
    NotRemoved {
        /// The account.
        account: AccountRef,
    },
    /// The record failed: no record, no code.
    #[error(transparent)]
    Record(#[from] activity::Error),
    /// There is a seed.
    #[error("`{account}` has a seed of one-time codes already{}", elsewhere(account, at))]
    Seeded {
        /// The account.
        account: AccountRef,
        /// The account that holds the seed.
        at: AccountRef,
    },
    /// The configuration has no such vault.
    #[error("the configuration has no vault for `{account}`")]
    UnknownVault {
        /// The account.
        account: AccountRef,
    },
    /// A vault failed.
    #[error(transparent)]
    Vault(#[from] vault::Error),
}

fn elsewhere(account: &AccountRef, at: &AccountRef) -> String {
    if account == at { String::new() } else { format!(", in `{at}`") }
}

impl Error {
    /// That there is none where `at` says it should be.
    pub(super) fn no_seed(grant: &Grant, at: &Grant, held: &Held) -> Self {
        let account = grant.account().clone();
        let detail = match (held, at.account() == &account) {
            (_, true) => String::new(),
            (Held::Other, false) => {
                format!(": its logon account `{}` holds a secret that is none", at.account())
            }
            (_, false) => format!(": its logon account `{}` holds no secret", at.account()),
        };
        Self::NoSeed { account, detail }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Code(error) => error.help(),
            Self::Linkless { account, seat } => Some(format!(
                "put `links: {{ \"{account}\": {{ logon-account: \"{seat}\" }} }}` into the configuration, and add it then"
            )),
            Self::LogonTaken { logon, .. } => Some(format!(
                "is it the password of another sign-in? then the seed needs an account of its own: `doorward totp add {logon}` and a connector that names it"
            )),
            Self::NoSeed { account, .. } => {
                Some(format!("`doorward totp add {account} --qr FILE` adds one"))
            }
            Self::NoRecovery { account } => Some(format!(
                "`doorward totp recovery add {account}` adds those that the application gives out"
            )),
            Self::RecoverySpent { account, .. } => Some(format!(
                "`doorward totp recovery list {account}` tells to whom; let the application make new ones, and add those"
            )),
            Self::NotRemoved { .. } => Some(
                "one that was removed is kept for a week; after that only the application can set up a new one"
                    .into(),
            ),
            Self::Record(error) => error.help(),
            Self::Seeded { account, .. } => Some(format!(
                "nothing was changed; `doorward totp remove {account}` takes it out of use first"
            )),
            Self::UnknownVault { .. } => {
                Some("add the vault to the configuration, or name another one".into())
            }
            Self::Vault(error) => error.help(),
        }
    }
}
