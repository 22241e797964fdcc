//! pass, the standard Unix password manager: entries that GnuPG encrypts, read by the `pass` command.
//!
//! Its entry in the configuration, with the defaults of what may be left out:
//!
//! ```yaml
//! vaults:
//!   own:
//!     kind: pass
//!     command: pass                   # or its path, or a program that is used like it
//!     store: ~/.password-store
//!     gnupg-home: ~/.gnupg            # GnuPG's own
//!     public-properties: [region]     # beside port, url, domain, database and host
//!     timeout: 60s                    # one call: a person may have to type a passphrase
//! ```
//!
//! An account is an entry: `own:web/shop` is `web/shop.gpg` in the store. Its first line is the password;
//! of the lines after it, `key: value` are its parts (`username`, `user` or `login`, `address`, `url`,
//! `logon_account`, `reconcile_account`) and its properties, and a line that begins with `otpauth://` is
//! the seed of its codes. Codes are asked of `pass otp`; where that extension is not installed they are
//! computed here, as the entry is decrypted as a whole anyway. The seed is not kept in either case.
//!
//! `pass` is run with few variables of the environment (those that GnuPG and its prompts need), without
//! input, and never with a secret in its arguments. When it takes too long, it is ended with all that it
//! started.

mod command;
mod entry;
mod otp;
mod settings;
mod store;

use std::fmt;
use std::path::Path;

use futures_util::future::BoxFuture;

use self::settings::Settings;
use super::{Account, Code, Error, Summary, Vault};
use crate::access::Grant;
use crate::name::VaultName;

/// A store of `pass`.
pub struct Pass {
    name: VaultName,
    settings: Settings,
}

impl Pass {
    /// The vault `name` by its entry in the configuration, `kind` taken out; relative paths in it start
    /// from `base`, and `~/` from the home folder. Nothing is run before the first question.
    ///
    /// # Errors
    /// [`Error::Settings`] names the key that is wrong.
    pub fn open(
        name: VaultName,
        settings: serde_json::Map<String, serde_json::Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let settings = Settings::read(&name, settings, base)?;
        Ok(Self { name, settings })
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Vault for Pass {
    fn name(&self) -> &VaultName {
        &self.name
    }

    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>> {
        Box::pin(async move {
            let account = grant.account();
            let entry = self.decrypted(account).await?;
            entry.into_account(account.within(&self.name), &self.settings)
        })
    }

    fn code<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Code, Error>> {
        Box::pin(self.made(grant.account()))
    }

    fn list<'a>(&'a self, safe: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>> {
        Box::pin(async move { self.all(safe) })
    }

    fn health(&self) -> BoxFuture<'_, Result<String, Error>> {
        Box::pin(self.condition())
    }
}
