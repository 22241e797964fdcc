//! Conjur: accounts as variables below a path of policies.
//!
//! Its entry in the configuration, with the defaults of what may be left out:
//!
//! ```yaml
//! vaults:
//!   apps:
//!     kind: conjur
//!     address: "https://conjur.example"  # plain http to loopback only, or with allow-insecure: true
//!     account: default                   # the organisation account
//!     prefix: doorward                   # none: the policy that the safes are below
//!     ca-file: ca.pem                    # the system's authorities
//!     auth:                              # one of the two
//!       api-key: { login: host/doorward, file: api-key }    # or `env: CONJUR_AUTHN_API_KEY`
//!       jwt: { service: kubernetes, file: token, login: host/doorward } # login: none, the token says
//!     keys: { username: username, password: password, address: address,
//!             logon-account: logon_account, reconcile-account: reconcile_account }
//!     properties: [port, pin]            # further variables that are read
//!     public-properties: [region]        # beside port, url, domain, database and host
//!     timeout: 5s                        # one call
//!     deadline: 15s                      # all calls for one account
//!     trusted-hosts: ["node-2.example"]  # where a redirect may lead to
//! ```
//!
//! The account `apps:web/shop` is the variables `doorward/web/shop/username`, `…/password` and so on. All are
//! asked for at once. Conjur refuses that as a whole when one is not there; then it is asked which are, and
//! those are read. Tokens live 8 minutes and are renewed after 4.

mod auth;
mod list;
mod settings;
mod variables;

use std::fmt;
use std::path::Path;

use futures_util::future::BoxFuture;

use self::auth::SignedIn;
use self::settings::Settings;
use super::{Account, Code, Error, Summary, Vault};
use crate::access::Grant;
use crate::name::VaultName;

/// A Conjur server, and one organisation account on it.
pub struct Conjur {
    name: VaultName,
    settings: Settings,
    vault: SignedIn,
}

impl Conjur {
    /// The vault `name` by its entry in the configuration, `kind` taken out; relative paths in it start
    /// from `base`. Nothing is asked, and no secret is read, before the first question.
    ///
    /// # Errors
    /// [`Error::Settings`] names the key that is wrong; [`Error::Unreadable`] is about `ca-file`.
    pub fn open(
        name: VaultName,
        settings: serde_json::Map<String, serde_json::Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let settings = Settings::read(&name, settings, base)?;
        let vault = SignedIn::new(&name, &settings)?;
        Ok(Self { name, settings, vault })
    }
}

impl fmt::Debug for Conjur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conjur").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Vault for Conjur {
    fn name(&self) -> &VaultName {
        &self.name
    }

    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>> {
        Box::pin(async move {
            let mut visit = self.vault.client.visit();
            self.read(grant.account(), &mut visit).await
        })
    }

    fn code<'a>(&'a self, _: &'a Grant) -> BoxFuture<'a, Result<Code, Error>> {
        Box::pin(async move { Err(Error::NoCodes { vault: self.name.clone() }) })
    }

    fn list<'a>(&'a self, safe: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>> {
        Box::pin(async move {
            let mut visit = self.vault.client.visit();
            self.all(safe, &mut visit).await
        })
    }

    fn clock_skew(&self) -> Option<jiff::SignedDuration> {
        self.vault.client.skew()
    }

    fn health(&self) -> BoxFuture<'_, Result<String, Error>> {
        Box::pin(async move {
            let mut visit = self.vault.client.visit();
            self.vault.who(&mut visit).await
        })
    }
}
