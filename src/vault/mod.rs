//! Vaults: where accounts and their secrets are. One trait, one file per product.

mod account;
pub mod totp;

pub use account::{Account, Code, Password, Property, Summary};

use futures_util::future::BoxFuture;

use crate::access::Grant;
use crate::name::{AccountRef, VaultName};

/// A vault. It answers only with a [`Grant`] in hand.
pub trait Vault: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &VaultName;

    /// The account of `grant`, with its secrets.
    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>>;

    /// A one-time code of the account of `grant`, where the vault computes it itself
    /// ([`Password::Computed`]); its seed never comes here.
    fn code<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Code, Error>>;

    /// The accounts below `safe`, or all of them, without secrets and in the order of their names.
    fn list<'a>(&'a self, safe: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>>;

    /// Asks the vault how it is, for `doctor`: one line of good news, or the error.
    fn health(&self) -> BoxFuture<'_, Result<String, Error>>;
}

/// Why a vault did not answer as asked. Each says what was asked of which vault; `help` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The vault holds no such account.
    #[error("vault `{vault}` holds no account `{account}`")]
    NotFound {
        /// The vault.
        vault: VaultName,
        /// What was asked for.
        account: AccountRef,
        /// The nearest names, best first.
        nearest: Vec<String>,
    },
    /// The vault says that the one who asks may not.
    #[error("vault `{vault}` does not allow `{account}` to be used")]
    Denied {
        /// The vault.
        vault: VaultName,
        /// What was asked for.
        account: AccountRef,
        /// What the vault said.
        detail: String,
    },
}

impl Error {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotFound { nearest, .. } if !nearest.is_empty() => {
                Some(format!("the nearest names are {}", nearest.join(", ")))
            }
            Self::NotFound { vault, .. } => {
                Some(format!("`doorward account list {vault}:` shows what it holds"))
            }
            Self::Denied { .. } => {
                Some("ask the vault's owner for the permission to read it".into())
            }
        }
    }
}
