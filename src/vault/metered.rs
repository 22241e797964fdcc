//! A metered vault: another one, whose answers are counted.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Account, Code, Error, Summary, Vault};
use crate::access::Grant;
use crate::meter::Meter;
use crate::name::VaultName;

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

    fn health(&self) -> BoxFuture<'_, Result<String, Error>> {
        self.vault.health()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move { self.count("close", self.vault.close().await) })
    }
}
