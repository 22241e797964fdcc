//! Vaults: where accounts and their secrets are. One trait, one file per product.

mod account;
pub mod kdbx;
mod open;
pub mod totp;

pub use account::{Account, Code, Password, Property, Summary};
pub use open::{KINDS, open};

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
    /// Several accounts have the same path, so the name does not say which is meant.
    #[error("vault `{vault}` holds {count} accounts named `{account}`")]
    Ambiguous {
        /// The vault.
        vault: VaultName,
        /// What was asked for.
        account: AccountRef,
        /// How many there are.
        count: usize,
    },
    /// There is such an account already.
    #[error("vault `{vault}` holds an account `{account}` already")]
    Exists {
        /// The vault.
        vault: VaultName,
        /// What was to be added.
        account: AccountRef,
    },
    /// The account names its logon or reconcile account in a way that is no REF.
    #[error("`{field}` of `{account}` is no account reference")]
    BadLink {
        /// The account that holds the link.
        account: AccountRef,
        /// The field of the vault that holds it.
        field: String,
        /// What is wrong with it.
        source: Box<crate::name::Invalid>,
    },
    /// A code was asked of a vault that gives out seeds and computes none.
    #[error("vault `{vault}` computes no one-time codes itself")]
    NoCodes {
        /// The vault.
        vault: VaultName,
    },
    /// The configuration gives a vault a kind that there is not.
    #[error("vault `{vault}` is of kind `{kind}`, which there is not")]
    UnknownKind {
        /// The vault.
        vault: VaultName,
        /// What the configuration says.
        kind: String,
        /// The kind that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The configuration says something about a vault that its kind cannot use.
    #[error("vault `{vault}`: {message}")]
    Settings {
        /// The vault.
        vault: VaultName,
        /// The key, as the configuration spells it.
        key: String,
        /// What is wrong with it.
        message: String,
    },
    /// A KDBX vault failed.
    #[error("vault `{vault}` cannot be used")]
    Kdbx {
        /// The vault.
        vault: VaultName,
        /// What failed.
        source: kdbx::Error,
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
            Self::Ambiguous { .. } => Some(
                "rename all but one of them, or move them to groups of their own, in the vault's own program"
                    .into(),
            ),
            Self::Exists { account, .. } => {
                Some(format!("`doorward account edit {account}` changes it"))
            }
            Self::BadLink { account, .. } => Some(format!(
                "a reference is `[vault:][safe/]name`; `doorward account link {account} --logon-account REF` sets it"
            )),
            Self::NoCodes { .. } => Some("this is a bug of ours: please report it".into()),
            Self::UnknownKind { nearest: Some(nearest), .. } => {
                Some(format!("did you mean `kind: {nearest}`?"))
            }
            Self::UnknownKind { nearest: None, .. } => {
                Some(format!("the kinds are: {}", KINDS.join(", ")))
            }
            Self::Settings { vault, key, .. } => {
                Some(format!("look at `{key}` below `vaults: {vault}:` in the configuration"))
            }
            Self::Kdbx { source, .. } => source.help(),
        }
    }
}
