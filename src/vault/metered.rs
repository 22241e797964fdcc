//! A metered vault: another one, whose answers are counted.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Account, Code, Error, RecoveryCode, Showing, Summary, Vault};
use crate::access::Grant;
use crate::clock::Timestamp;
use crate::meter::Meter;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;

/// A vault whose answers are counted, by request and result.
pub struct Metered {
    vault: Arc<dyn Vault>,
    meter: Arc<Meter>,
}

impl Metered {
    /// Counts the answers of `vault`.
    pub fn new(vault: Arc<dyn Vault>, meter: &Arc<Meter>) -> Self {
        Self { vault, meter: Arc::clone(meter) }
    }

    fn count<T>(&self, request: &str, answer: Result<T, Error>) -> Result<T, Error> {
        let result = answer.as_ref().err().map_or("ok", word);
        self.meter.vaults.add(&[self.vault.name().as_str(), request, result], 1);
        answer
    }
}

/// What kind of error it is: few enough to be alerted on.
fn word(error: &Error) -> &'static str {
    match error {
        Error::NotFound { .. } | Error::Gone { .. } => "not-found",
        Error::Denied { .. } => "denied",
        Error::Unauthenticated { .. } => "not-signed-on",
        Error::Unreachable { .. } | Error::Untrusted { .. } => "unreachable",
        Error::Slow { .. } => "slow",
        Error::Unready { .. } | Error::Busy { .. } => "not-ready",
        _ => "failed",
    }
}

impl Vault for Metered {
    fn name(&self) -> &VaultName {
        self.vault.name()
    }

    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>> {
        Box::pin(async move { self.count("account", self.vault.account(grant).await) })
    }

    fn code<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Code, Error>> {
        Box::pin(async move { self.count("code", self.vault.code(grant).await) })
    }

    fn list<'a>(&'a self, safe: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>> {
        Box::pin(async move { self.count("list", self.vault.list(safe).await) })
    }

    fn seat_of_seed(&self, account: &AccountRef) -> Option<AccountRef> {
        self.vault.seat_of_seed(account)
    }

    fn keep_seed<'a>(
        &'a self,
        grant: &'a Grant,
        seed: &'a Secret,
        user: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(
            async move { self.count("keep-seed", self.vault.keep_seed(grant, seed, user).await) },
        )
    }

    fn remove_seed<'a>(
        &'a self,
        grant: &'a Grant,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, Error>> {
        Box::pin(
            async move { self.count("remove-seed", self.vault.remove_seed(grant, until).await) },
        )
    }

    fn restore_seed<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move { self.count("restore-seed", self.vault.restore_seed(grant).await) })
    }

    fn restores_seeds(&self) -> bool {
        self.vault.restores_seeds()
    }

    fn removed_seed<'a>(
        &'a self,
        grant: &'a Grant,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, Error>> {
        self.vault.removed_seed(grant)
    }

    fn keeps_recovery_codes(&self) -> bool {
        self.vault.keeps_recovery_codes()
    }

    fn keep_recovery_codes<'a>(
        &'a self,
        grant: &'a Grant,
        codes: &'a [Secret],
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            self.count("keep-recovery", self.vault.keep_recovery_codes(grant, codes).await)
        })
    }

    fn recovery_codes<'a>(
        &'a self,
        grant: &'a Grant,
    ) -> BoxFuture<'a, Result<Vec<Option<Showing>>, Error>> {
        self.vault.recovery_codes(grant)
    }

    fn take_recovery_code<'a>(
        &'a self,
        grant: &'a Grant,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<RecoveryCode>, Error>> {
        Box::pin(async move {
            self.count("take-recovery", self.vault.take_recovery_code(grant, now).await)
        })
    }

    fn remove_recovery_codes<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            self.count("remove-recovery", self.vault.remove_recovery_codes(grant).await)
        })
    }

    fn keeps_links(&self) -> bool {
        self.vault.keeps_links()
    }

    fn link_logon<'a>(
        &'a self,
        grant: &'a Grant,
        logon: &'a AccountRef,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move { self.count("link", self.vault.link_logon(grant, logon).await) })
    }

    fn clock_skew(&self) -> Option<jiff::SignedDuration> {
        self.vault.clock_skew()
    }

    fn health(&self) -> BoxFuture<'_, Result<String, Error>> {
        self.vault.health()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move { self.count("close", self.vault.close().await) })
    }
}
