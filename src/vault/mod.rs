//! Vaults: where accounts and their secrets are. One trait, one file per product.

mod account;
mod credential;
mod error;
pub mod hashicorp;
mod http;
pub mod kdbx;
mod open;
mod specimen;
mod table;
pub mod totp;

pub use account::{Account, Code, Password, Property, Summary};
use error::spelt;
pub use error::{Cause, Error, Unready};
pub use open::{KINDS, open};
pub use specimen::Specimen;

use futures_util::future::BoxFuture;

use crate::access::Grant;
use crate::name::VaultName;

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
