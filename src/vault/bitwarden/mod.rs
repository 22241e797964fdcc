//! Bitwarden and Vaultwarden: items of the vault that `bw serve` has open on this machine.
//!
//! Its entry in the configuration, with the defaults of what may be left out:
//!
//! ```yaml
//! vaults:
//!   team:
//!     kind: bitwarden
//!     address: "http://127.0.0.1:8087"  # loopback only: `bw serve` asks nobody who they are
//!     password-file: master-password    # none; doorward unlocks with it, and locks again at the end
//!     max-age: 1h                       # how old the copy may be when it cannot be synchronised
//!     public-properties: [region]       # hidden fields that are no secret
//!     timeout: 5s                       # one call
//!     deadline: 15s                     # all calls for one account
//! ```
//!
//! An account is an item by its id, `team:6d1c0f5e-…`, or by its exact name, `team:[folder/]name`. What
//! `bw serve` offers by name is a search, so the name is compared here, and two items of one name are an
//! error. Its custom fields are properties: text fields public, hidden ones protected; `logon_account`
//! and `reconcile_account` are links. The seed of an item stays there: codes are asked for one by one, and
//! the seed that the item's JSON holds is skipped unread. `bw serve` hands out items that ask for the
//! master password again (`reprompt`) like any other; a warning says so.
//!
//! Before the first question the copy is synchronised. Where that fails, a copy younger than `max-age` is
//! used, with a warning.

mod item;
mod search;
mod serve;
mod settings;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use self::serve::Serve;
use self::settings::Settings;
use super::{Account, Code, Error, Summary, Vault};
use crate::access::Grant;
use crate::name::VaultName;

/// A vault that `bw serve` has open.
pub struct Bitwarden {
    name: VaultName,
    settings: Settings,
    serve: Serve,
    /// The ids of the items that were found, by the path that they were asked for by.
    ids: Mutex<BTreeMap<String, String>>,
}

impl Bitwarden {
    /// The vault `name` by its entry in the configuration, `kind` taken out; relative paths in it start
    /// from `base`. Nothing is asked before the first question.
    ///
    /// # Errors
    /// [`Error::Settings`] names the key that is wrong.
    pub fn open(
        name: VaultName,
        settings: serde_json::Map<String, serde_json::Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let settings = Settings::read(&name, settings, base)?;
        let serve = Serve::new(&name, &settings)?;
        Ok(Self { name, settings, serve, ids: Mutex::default() })
    }
}

impl fmt::Debug for Bitwarden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bitwarden").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Vault for Bitwarden {
    fn name(&self) -> &VaultName {
        &self.name
    }

    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>> {
        Box::pin(async move {
            let visit = self.serve.visit();
            let account = grant.account();
            let item = self.find(account, &visit).await?;
            item.into_account(account.within(&self.name), &self.settings)
        })
    }

    fn code<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Code, Error>> {
        Box::pin(async move {
            let visit = self.serve.visit();
            self.made(grant.account(), &visit).await
        })
    }

    fn list<'a>(&'a self, safe: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>> {
        Box::pin(async move {
            let visit = self.serve.visit();
            self.all(safe, &visit).await
        })
    }

    fn health(&self) -> BoxFuture<'_, Result<String, Error>> {
        Box::pin(async move {
            let visit = self.serve.visit();
            self.serve.condition(&visit).await
        })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.serve.close())
    }
}
