//! The Secret Service: the keyring of the desktop (GNOME Keyring, KWallet, KeePassXC), over D-Bus.
//!
//! Its entry in the configuration, with the defaults of what may be left out:
//!
//! ```yaml
//! vaults:
//!   desk:
//!     kind: secret-service
//!     attributes: { application: doorward }  # what every item has
//!     name-attribute: account                # the attribute that holds `[safe/]name`
//!     timeout: 60s                           # a person may have to unlock the keyring
//! ```
//!
//! An account is the item whose attributes are those, its secret the password:
//!
//! ```sh
//! secret-tool store --label "Shop" application doorward account web/shop username anna address shop.example
//! secret-tool store --label "Shop, codes" application doorward account web/shop kind totp   # an otpauth:// URL
//! ```
//!
//! Its other attributes are its parts (`username`, `address`, `url`, `logon_account`, `reconcile_account`)
//! and its properties. They are public: keyrings do not encrypt attributes. The keyring computes no codes,
//! so an item with `kind=totp` is a seed, from which they are computed here. The label is for people.
//!
//! A keyring that is locked asks for its password on the desktop.

mod bus;
mod item;
mod settings;

use std::fmt;

use futures_util::future::BoxFuture;

use self::settings::Settings;
use super::{Account, Code, Error, Summary, Vault};
use crate::access::Grant;
use crate::name::VaultName;

/// The keyring of the session that doorward runs in.
pub struct SecretService {
    name: VaultName,
    settings: Settings,
}

impl SecretService {
    /// The vault `name` by its entry in the configuration, `kind` taken out. Nothing is asked before the
    /// first question.
    ///
    /// # Errors
    /// [`Error::Settings`] names the key that is wrong.
    pub fn open(
        name: VaultName,
        settings: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, Error> {
        let settings = Settings::read(&name, settings)?;
        Ok(Self { name, settings })
    }
}

impl fmt::Debug for SecretService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretService").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Vault for SecretService {
    fn name(&self) -> &VaultName {
        &self.name
    }

    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>> {
        Box::pin(self.in_time("the account", self.read(grant.account())))
    }

    fn code<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Code, Error>> {
        Box::pin(self.in_time("the code", self.made(grant.account())))
    }

    fn list<'a>(&'a self, safe: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>> {
        Box::pin(self.in_time("the list", self.all(safe)))
    }

    fn health(&self) -> BoxFuture<'_, Result<String, Error>> {
        Box::pin(self.in_time("how it is", self.condition()))
    }
}
