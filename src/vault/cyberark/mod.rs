//! CyberArk's PVWA and Privilege Cloud: accounts in safes, over the REST API of the web portal.
//!
//! Its entry in the configuration, with the defaults of what may be left out:
//!
//! ```yaml
//! vaults:
//!   corp:
//!     kind: cyberark
//!     address: "https://pvwa.example/PasswordVault"  # `/PasswordVault` is added where there is no path
//!     ca-file: ca.pem                         # the system's authorities
//!     auth:                                   # one of the six
//!       cyberark: { username: broker, password-file: password }  # without a file, it is asked for
//!       ldap: { username: anna, password-file: password }
//!       windows: { username: anna, password-file: password }     # user name and password, no Negotiate
//!       radius: { username: anna, password-file: password,       # a challenge is asked at the terminal,
//!                 totp-account: "codes:vpn/anna" }               # or answered with a code of this account
//!       bearer: { token-file: token }         # or token-env: a token of the identity tenant
//!       oauth: { url: "https://abc123.id.cyberark.cloud", client-id: broker@acme.example,
//!                client-secret-file: client-secret }
//!     links:                                  # which linked account is which
//!       logon: { name: LogonAccount }         # or { index: 1 }
//!       reconcile: { name: ReconcileAccount }
//!       platforms:                            # where a platform has it otherwise
//!         WinDomain: { logon: { index: 2 } }
//!       accounts:                             # instead of asking, where that is forbidden
//!         "WEB/shop": { logon-account: "codes:web/shop", reconcile-account: "WEB/shop-admin" }
//!     check-in: when-exclusive                # or always, or never
//!     exclusive-platforms: []                 # of which that is known, without asking for the platform
//!     timeout: 5s                             # one call
//!     deadline: 15s                           # all calls for one account; what a person types is not counted
//!     trusted-hosts: []                       # where the server may redirect to
//! ```
//!
//! An account is `safe/name`, the name as PVWA shows it, or an id such as `safe/12_3` or `12_3`: a name
//! that looks like an id is one. Names that hold a `/` or `:` are reached by id.
//!
//! One logon serves every account; it is ended when the vault is closed. A seed of one-time codes is kept as
//! the password of the logon account; PVWA computes no codes.

mod auth;
mod check_in;
mod details;
mod find;
mod health;
mod links;
mod retrieve;
mod settings;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;

use self::auth::SignedIn;
use self::details::Details;
use self::settings::Settings;
use super::{Account, Code, Error, Responder, Summary, Vault};
use crate::access::Grant;
use crate::name::{AccountRef, VaultName};

/// A PVWA, or a tenant of Privilege Cloud.
pub struct Cyberark {
    name: VaultName,
    settings: Settings,
    vault: SignedIn,
    responder: Arc<dyn Responder>,
    /// The details that were read so far, by id: nothing is asked twice in one process.
    known: Mutex<BTreeMap<String, Details>>,
    /// The accounts whose passwords were retrieved, by id: an exclusive one is checked out by that.
    held: Mutex<BTreeMap<String, AccountRef>>,
}

impl Cyberark {
    /// The vault `name` by its entry in the configuration, `kind` taken out; relative paths in it start
    /// from `base`; what the server asks back, `responder` answers. Nothing is asked of the server, and
    /// no secret is read, before the first question.
    ///
    /// # Errors
    /// [`Error::Settings`] names the key that is wrong; [`Error::Unreadable`] is about `ca-file`.
    pub fn open(
        name: VaultName,
        settings: serde_json::Map<String, serde_json::Value>,
        base: &Path,
        responder: Arc<dyn Responder>,
    ) -> Result<Self, Error> {
        let settings = Settings::read(&name, settings, base)?;
        let vault = SignedIn::new(&name, &settings, Arc::clone(&responder))?;
        let (known, held) = (Mutex::default(), Mutex::default());
        Ok(Self { name, settings, vault, responder, known, held })
    }

    /// The details of the account `id`, if they were read before.
    fn recall(&self, id: &str) -> Option<Details> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn remember(&self, details: &Details) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(details.id.clone(), details.clone());
    }
}

impl fmt::Debug for Cyberark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cyberark").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Vault for Cyberark {
    fn name(&self) -> &VaultName {
        &self.name
    }

    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>> {
        Box::pin(async move {
            let mut visit = self.vault.client.visit();
            let account = grant.account();
            let details = self.find(account, &mut visit).await?;
            details.check(account, &self.name)?;
            let mut beside = visit.beside();
            let (password, links) = tokio::join!(
                self.retrieve(&details, grant, &mut visit),
                self.links(&details, account, &mut beside),
            );
            let (password, links) = (password?, links?);
            Ok(details.into_account(account.within(&self.name), password, links))
        })
    }

    fn code<'a>(&'a self, _: &'a Grant) -> BoxFuture<'a, Result<Code, Error>> {
        Box::pin(std::future::ready(Err(Error::Unsupported {
            vault: self.name.clone(),
            what: "keeps secrets and computes no one-time codes".into(),
            instead: "keep the TOTP secret as the password of the logon account",
        })))
    }

    fn list<'a>(&'a self, safe: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>> {
        Box::pin(async move {
            let mut visit = self.vault.client.visit();
            self.walk(safe, &mut visit).await
        })
    }

    fn clock_skew(&self) -> Option<jiff::SignedDuration> {
        self.vault.client.skew()
    }

    fn health(&self) -> BoxFuture<'_, Result<String, Error>> {
        Box::pin(self.condition())
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let checked_in = self.check_in_all().await;
            // Whatever became of that, the logon does not outlive the command.
            let logged_off = self.vault.log_off().await;
            checked_in.and(logged_off)
        })
    }
}
