//! HashiCorp Vault and OpenBao: accounts in the KV engine, codes of the TOTP engine.
//!
//! Its entry in the configuration, with the defaults of what may be left out:
//!
//! ```yaml
//! vaults:
//!   corp:
//!     kind: hashicorp
//!     address: "https://vault.example:8200"   # plain http to loopback only, or with allow-insecure: true
//!     mount: secret                           # totp with `engine: totp`
//!     engine: kv                              # or totp: codes that the vault computes
//!     namespace: team-a                       # none
//!     ca-file: ca.pem                         # the system's authorities
//!     auth:                                   # one of the three
//!       approle: { role-id: web-broker, secret-id-file: secret-id, mount: approle }
//!       token-file: token
//!       token-env: VAULT_TOKEN
//!     keys: { username: username, password: password, address: address,
//!             logon-account: logon_account, reconcile-account: reconcile_account }
//!     public-properties: [region]             # beside port, url, domain, database and host
//!     timeout: 5s                             # one call
//!     deadline: 15s                           # all calls for one account
//!     trusted-hosts: ["node-2.example:8200"]  # where a standby node may redirect to
//! ```

mod auth;
mod client;
mod fields;
mod health;
mod kv;
mod list;
mod settings;
mod totp;

use std::fmt;
use std::path::Path;

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use self::auth::SignedIn;
use self::client::Client;
use self::kv::Version;
use self::settings::{Engine, Settings};
use super::{Account, Code, Error, Summary, Vault};
use crate::access::Grant;
use crate::clock::Timestamp;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;

/// A vault that speaks HashiCorp's HTTP API, version 1. An account's safe and name are the path of
/// its secret below the mount; with `engine: totp` its name is that of the key.
pub struct Hashicorp {
    name: VaultName,
    settings: Settings,
    vault: SignedIn,
    version: Mutex<Option<Version>>,
}

impl Hashicorp {
    /// The vault `name` by its entry in the configuration, `kind` taken out; relative paths in it
    /// start from `base`. Nothing is asked of the vault, and no secret is read, before the first
    /// question.
    ///
    /// # Errors
    /// [`Error::Settings`] names the key that is wrong; [`Error::Unreadable`] is about `ca-file`.
    pub fn open(
        name: VaultName,
        settings: serde_json::Map<String, serde_json::Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let settings = Settings::read(&name, settings, base)?;
        let client = Client::new(&name, &settings)?;
        let vault = SignedIn::new(client, settings.auth.clone());
        Ok(Self { name, settings, vault, version: Mutex::new(None) })
    }
}

impl fmt::Debug for Hashicorp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashicorp").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Vault for Hashicorp {
    fn name(&self) -> &VaultName {
        &self.name
    }

    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>> {
        Box::pin(async move {
            let mut visit = self.vault.client.visit();
            let account = grant.account();
            match self.settings.engine {
                Engine::Kv => {
                    let fields = self.read(account, &mut visit).await?;
                    fields.into_account(account.within(&self.name), &self.settings)
                }
                Engine::Totp => self.key(account, &mut visit).await,
            }
        })
    }

    fn code<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Code, Error>> {
        Box::pin(async move {
            let mut visit = self.vault.client.visit();
            self.made(grant.account(), &mut visit).await
        })
    }

    fn list<'a>(&'a self, safe: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>> {
        Box::pin(async move {
            let mut visit = self.vault.client.visit();
            self.walk(safe, &mut visit).await
        })
    }

    fn seat_of_seed(&self, account: &AccountRef) -> Option<AccountRef> {
        self.seat(account)
    }

    fn keep_seed<'a>(
        &'a self,
        grant: &'a Grant,
        seed: &'a Secret,
        _user: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let mut visit = self.vault.client.visit();
            self.keep(grant.account(), seed, &mut visit).await
        })
    }

    fn remove_seed<'a>(
        &'a self,
        grant: &'a Grant,
        _until: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, Error>> {
        Box::pin(async move {
            let mut visit = self.vault.client.visit();
            self.forget(grant.account(), &mut visit).await
        })
    }

    fn clock_skew(&self) -> Option<jiff::SignedDuration> {
        self.vault.client.skew()
    }

    fn health(&self) -> BoxFuture<'_, Result<String, Error>> {
        Box::pin(self.condition())
    }
}
