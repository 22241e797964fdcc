//! Vaults: where accounts and their secrets are. One trait, one file per product.

mod account;
mod address;
pub mod bitwarden;
pub mod ccp;
pub mod conjur;
mod credential;
pub mod cyberark;
mod error;
pub mod hashicorp;
mod http;
pub mod kdbx;
mod memory;
mod metered;
mod names;
mod nearest;
mod open;
pub mod pass;
pub mod secret_service;
mod specimen;
mod table;
pub mod totp;

pub use account::{Account, Code, Password, Property, Summary};
use account::{NO_LINK, link};
use error::spelt;
pub use error::{Cause, Error, Unready};
pub use memory::Memory;
pub use metered::Metered;
pub use open::{KINDS, open};
pub use specimen::Specimen;

use futures_util::future::BoxFuture;

use crate::access::Grant;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;

/// Answers what a vault asks back while doorward signs in to it, or asks it for an account.
pub trait Responder: Send + Sync {
    /// What the person who runs doorward types after `question`, unseen where it is `hidden`; `None` where
    /// there is no terminal to ask on.
    fn ask<'a>(&'a self, question: &'a str, hidden: bool) -> BoxFuture<'a, Option<Secret>>;

    /// A one-time code of `account`, which has its vault named. It is given out once among all processes,
    /// and never in its last seconds; the caller may wait for it for a period or longer.
    ///
    /// # Errors
    /// Whatever kept it from being had, fit to be shown.
    fn code<'a>(&'a self, _account: &'a AccountRef) -> BoxFuture<'a, Result<Secret, Cause>> {
        Box::pin(std::future::ready(Err("nobody here has one-time codes".into())))
    }
}

/// A vault. It answers only with a [`Grant`] in hand.
pub trait Vault: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &VaultName;

    /// The account of `grant`, with its secrets.
    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>>;

    /// A one-time code of the account of `grant`, where the vault computes it itself
    /// ([`Password::is_computed`]); its seed never comes here.
    fn code<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Code, Error>>;

    /// The accounts below `safe`, or all of them, without secrets and in the order of their names.
    fn list<'a>(&'a self, safe: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>>;

    /// Asks the vault how it is, for `doctor`: one line of good news, or the error.
    fn health(&self) -> BoxFuture<'_, Result<String, Error>>;

    /// Ends what was begun: checks in what was checked out, signs off. The end of every command, however
    /// it went; a vault that holds nothing open has nothing to do.
    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
