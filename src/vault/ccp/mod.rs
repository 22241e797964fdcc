//! CyberArk's Central Credential Provider: accounts by a web service for applications.
//!
//! Its entry in the configuration, with the defaults of what may be left out:
//!
//! ```yaml
//! vaults:
//!   apps:
//!     kind: ccp
//!     address: "https://ccp.example/AIMWebService"  # `/AIMWebService` is added where there is no path
//!     ca-file: ca.pem                         # the system's authorities
//!     client-certificate: broker.pem          # none: the server knows the application by its address
//!     client-key: broker.key                  # inside the certificate's file
//!     app-id: Doorward
//!     folder: Root                            # which the server takes itself where nothing is said
//!     query: "Safe={safe};Object={name}"      # none; with it the server ignores every other criterion
//!     keys: { logon-account: LogonAccountRef, reconcile-account: ReconcileAccountRef }
//!     links:                                  # where the account has no such property
//!       "WEB/shop": { logon-account: "WEB/shop-seed" }
//!     timeout: 5s                             # one call
//!     deadline: 15s                           # all calls for one account; how long a change is waited for
//! ```
//!
//! An account is `safe/object`, or `safe/folder/object`, or `object` alone, which the server has to find in
//! one safe. It gives one object per call and has no links: the logon account is a second object by its
//! own reference, from a property of the first or from the configuration.
//!
//! A password that is being changed is asked for again until the change is over, as long as there is time.

mod account;
mod read;
mod settings;

use std::fmt;
use std::path::Path;

use futures_util::future::BoxFuture;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use self::settings::Settings;
use super::http::{Carrier, Client};
use super::{Account, Code, Error, Summary, Vault};
use crate::access::Grant;
use crate::name::VaultName;

/// A Central Credential Provider.
pub struct Ccp {
    name: VaultName,
    settings: Settings,
    client: Client,
}

impl Ccp {
    /// The vault `name` by its entry in the configuration, `kind` taken out; relative paths in it start
    /// from `base`. Nothing is asked of the server before the first question.
    ///
    /// # Errors
    /// [`Error::Settings`] names the key that is wrong; [`Error::Unreadable`] is about `ca-file` and the
    /// client certificate.
    pub fn open(
        name: VaultName,
        settings: serde_json::Map<String, serde_json::Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let settings = Settings::read(&name, settings, base)?;
        // No call carries a token: the certificate of the connection says who asks.
        let carrier = Carrier { header: AUTHORIZATION, before: "", after: "" };
        let client = Client::new(&name, &settings.endpoint, carrier, HeaderMap::new())?;
        Ok(Self { name, settings, client })
    }
}

impl fmt::Debug for Ccp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ccp").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Vault for Ccp {
    fn name(&self) -> &VaultName {
        &self.name
    }

    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>> {
        Box::pin(self.read(grant))
    }

    fn code<'a>(&'a self, _: &'a Grant) -> BoxFuture<'a, Result<Code, Error>> {
        Box::pin(std::future::ready(Err(Error::Unsupported {
            vault: self.name.clone(),
            what: "keeps secrets and computes no one-time codes".into(),
            instead: "keep the TOTP secret as the password of the logon account",
        })))
    }

    fn list<'a>(&'a self, _: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>> {
        Box::pin(std::future::ready(Err(Error::Unsupported {
            vault: self.name.clone(),
            what: "cannot be listed: a Central Credential Provider gives out single objects only"
                .into(),
            instead: "name an account; PVWA shows which objects a safe has",
        })))
    }

    fn clock_skew(&self) -> Option<jiff::SignedDuration> {
        self.client.skew()
    }

    fn health(&self) -> BoxFuture<'_, Result<String, Error>> {
        Box::pin(self.condition())
    }
}
