//! A home: where the seed of an account is, or would be.

use std::sync::Arc;

use super::{Custody, Error};
use crate::access::Grant;
use crate::clock::Timestamp;
use crate::name::{AccountRef, VaultName};
use crate::otp::Parameters;
use crate::secret::Secret;
use crate::vault::totp::{Label, Seed};
use crate::vault::{self, Account, Vault};

/// Where it is, and what was found there.
pub(super) struct Home {
    /// The account that holds it, or would.
    pub(super) at: Grant,
    /// The vault of that account.
    pub(super) vault: Arc<dyn Vault>,
    /// The logon account, where one is linked.
    pub(super) logon: Option<AccountRef>,
    /// Whether the account that was asked for is itself one that was made for a seed.
    pub(super) is_seat: bool,
    /// What is there.
    pub(super) held: Held,
}

/// What an account holds of codes.
pub(super) enum Held {
    /// A seed, and whose it says that it is.
    Seed(Box<Seed>, Label),
    /// Codes that the vault computes.
    Computed,
    /// No secret.
    Nothing,
    /// A secret that is no seed.
    Other,
}

/// A secret that is not said to be a seed is taken for one from here on, in bytes.
const BELIEVED: usize = 10;

impl Custody<'_> {
    /// Looks where connectors look: at the logon account first, then at the account itself, its `otp` before its password.
    pub(super) async fn home(&self, grant: &Grant) -> Result<Home, Error> {
        let account = grant.account();
        let vault = self.vault(account)?;
        let own = vault.account(grant).await?;
        let linked = self.links.get(account).and_then(|links| links.logon_account.as_ref());
        let logon = linked.or(own.logon_account.as_ref()).map(|logon| match account.vault() {
            Some(vault) => logon.within(vault),
            None => logon.clone(),
        });
        let apart = match &logon {
            None => None,
            Some(logon) => {
                let (at, vault) = (grant.linked(logon.clone()), self.vault(logon)?);
                let held = match vault.account(&at).await {
                    Ok(account) => held(&account),
                    // It may be named before it is made.
                    Err(vault::Error::NotFound { .. }) => Held::Nothing,
                    Err(error) => return Err(error.into()),
                };
                Some((at, vault, held))
            }
        };
        let here = held(&own);
        let is_seat = logon.is_none() && is_seat(account);
        let at_itself = |held| Home {
            at: grant.linked(account.clone()),
            vault,
            logon: logon.clone(),
            is_seat,
            held,
        };
        Ok(match (apart, here) {
            (Some((at, vault, held @ (Held::Seed(..) | Held::Computed))), _) => {
                Home { at, vault, logon, is_seat, held }
            }
            (_, here @ (Held::Seed(..) | Held::Computed)) => at_itself(here),
            (Some((at, vault, held)), _) => Home { at, vault, logon, is_seat, held },
            // The password of an account of its own is nobody's seed.
            (None, Held::Other) if is_seat => at_itself(Held::Other),
            (None, Held::Nothing | Held::Other) => at_itself(Held::Nothing),
        })
    }

    /// The seed that was removed, and until when it can be brought back.
    pub(super) async fn removed(
        &self,
        grant: &Grant,
        home: &Home,
    ) -> Result<Option<(Grant, Timestamp)>, Error> {
        let own = grant.linked(grant.account().clone());
        let logon = home.logon.as_ref().map(|logon| grant.linked(logon.clone()));
        for at in logon.into_iter().chain([own]) {
            match self.vault(at.account())?.removed_seed(&at).await {
                Ok(Some(until)) => return Ok(Some((at, until))),
                Ok(None) | Err(vault::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// The vault of an account.
    pub(super) fn vault(&self, account: &AccountRef) -> Result<Arc<dyn Vault>, Error> {
        let unknown = || Error::UnknownVault { account: account.clone() };
        self.vaults.find(account)?.ok_or_else(unknown)
    }

    /// The vault of that name, for the seed of `account`.
    pub(super) fn named(
        &self,
        name: &VaultName,
        account: &AccountRef,
    ) -> Result<Arc<dyn Vault>, Error> {
        let at = AccountRef::new(Some(name.clone()), account.safe(), account.name());
        self.vault(&at.unwrap_or_else(|_| account.clone()))
    }
}

/// What of `account` makes codes.
fn held(account: &Account) -> Held {
    let secret = |secret: &Secret| Secret::new(secret.expose().to_owned());
    if let Some(otp) = account.properties.get("otp")
        && let Some(seed) = believed(&otp.value)
    {
        return Held::Seed(Box::new(seed), Seed::label(&secret(&otp.value)));
    }
    if account.password.is_computed() {
        return Held::Computed;
    }
    match account.password.secret().filter(|secret| !secret.is_empty()) {
        None => Held::Nothing,
        Some(password) => match believed(password) {
            Some(seed) => Held::Seed(Box::new(seed), Seed::label(password)),
            None => Held::Other,
        },
    }
}

/// The seed that a secret is: one that says so, or is as long as seeds are.
fn believed(secret: &Secret) -> Option<Seed> {
    let seed = Seed::read(secret, Parameters::default()).ok()?;
    let says = secret
        .expose()
        .trim_start()
        .get(..10)
        .is_some_and(|begin| begin.eq_ignore_ascii_case("otpauth://"));
    (says || seed.length() >= BELIEVED).then_some(seed)
}

/// Whether an account was made for a seed.
fn is_seat(account: &AccountRef) -> bool {
    let below = |safe: &str| {
        safe.strip_prefix(vault::SEATS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    account.safe().is_some_and(below)
}
