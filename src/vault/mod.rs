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
mod recovery;
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
pub use recovery::{RecoveryCode, Showing};
pub use specimen::Specimen;

use futures_util::future::BoxFuture;
use jiff::SignedDuration;

use crate::access::Grant;
use crate::clock::Timestamp;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;

/// The safe of accounts that are made for seeds of one-time codes. Below it they stand as the accounts that they are for.
pub const SEATS: &str = "totp";

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

    /// Where a new seed of one-time codes for `account`, which may be of another vault, is kept in this one: an account
    /// that is made for it. `None` where this vault keeps no seeds that doorward brings.
    fn seat_of_seed(&self, _account: &AccountRef) -> Option<AccountRef> {
        None
    }

    /// Keeps `seed`, an `otpauth://` URI, as the secret of the account of `grant`, which is made where it is not there;
    /// `user` is whose codes they are. Nothing is overwritten.
    fn keep_seed<'a>(
        &'a self,
        _grant: &'a Grant,
        _seed: &'a Secret,
        _user: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(std::future::ready(Err(self.seedless())))
    }

    /// Takes the seed of the account of `grant` out of use. It can be brought back until the moment that comes back,
    /// which is `until` where the vault can do that, and then is gone; `None` where it is gone at once.
    fn remove_seed<'a>(
        &'a self,
        _grant: &'a Grant,
        _until: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, Error>> {
        Box::pin(std::future::ready(Err(self.seedless())))
    }

    /// Brings back the seed that was taken out of use.
    fn restore_seed<'a>(&'a self, _grant: &'a Grant) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(std::future::ready(Err(self.seedless())))
    }

    /// Whether a seed that was taken out of use can be brought back for a while.
    fn restores_seeds(&self) -> bool {
        false
    }

    /// Until when the seed that was taken out of use can be brought back; `None` where there is none.
    fn removed_seed<'a>(
        &'a self,
        _grant: &'a Grant,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, Error>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Whether the vault keeps recovery codes of applications with its accounts.
    fn keeps_recovery_codes(&self) -> bool {
        false
    }

    /// Keeps `codes` with the account of `grant`, in the place of those that were all shown; never of others.
    fn keep_recovery_codes<'a>(
        &'a self,
        _grant: &'a Grant,
        _codes: &'a [Secret],
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(std::future::ready(Err(self.without_recovery_codes())))
    }

    /// For each recovery code of the account of `grant`, in their order, whether it was shown; empty where there are none.
    fn recovery_codes<'a>(
        &'a self,
        _grant: &'a Grant,
    ) -> BoxFuture<'a, Result<Vec<Option<Showing>>, Error>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// The first recovery code of the account of `grant` that nobody was shown, `None` where there is none. That it was
    /// shown at `now` to the person of `grant` is durable when this returns, and of several who ask each gets another one.
    fn take_recovery_code<'a>(
        &'a self,
        _grant: &'a Grant,
        _now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<RecoveryCode>, Error>> {
        Box::pin(std::future::ready(Err(self.without_recovery_codes())))
    }

    /// Removes all recovery codes of the account of `grant`, for good.
    fn remove_recovery_codes<'a>(&'a self, _grant: &'a Grant) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(std::future::ready(Err(self.without_recovery_codes())))
    }

    /// That this vault keeps no recovery codes of applications.
    fn without_recovery_codes(&self) -> Error {
        Error::Unsupported {
            vault: self.name().clone(),
            what: "keeps no recovery codes for doorward".into(),
            instead: "keep them with an account of a vault of kind kdbx: `doorward totp recovery add VAULT:NAME`; it needs no seed",
        }
    }

    /// Whether [`Vault::link_logon`] can be done.
    fn keeps_links(&self) -> bool {
        false
    }

    /// Links the account of `grant` to its logon account.
    fn link_logon<'a>(
        &'a self,
        _grant: &'a Grant,
        _logon: &'a AccountRef,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(std::future::ready(Err(self.seedless())))
    }

    /// That this vault keeps no seeds that doorward brings.
    fn seedless(&self) -> Error {
        Error::Unsupported {
            vault: self.name().clone(),
            what: "keeps no seeds of one-time codes for doorward".into(),
            instead: "name a vault that does as `seeds:` in the configuration (kind kdbx, or hashicorp with `engine: totp`); or keep the seed with the vault's own tools",
        }
    }

    /// How far the vault's clock is ahead of this machine's, as its last answer told; `None` where it tells no time.
    fn clock_skew(&self) -> Option<SignedDuration> {
        None
    }

    /// Ends what was begun: checks in what was checked out, signs off. The end of every command, however
    /// it went; a vault that holds nothing open has nothing to do.
    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
