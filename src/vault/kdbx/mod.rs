//! A KDBX vault: a KeePass database in a file, the embedded default.
//!
//! Groups are safes, an entry's title is the account's name. KeePass, KeePassXC and pykeepass read
//! and write the same file. The `keepass` crate reads and writes the format; its reading of one-time
//! codes is not used (it takes 8 digits where 6 are meant), see [`crate::vault::totp`].

mod change;
mod entry;
mod error;
mod file;
mod header;
mod key;
mod make;
mod order;
mod otp;
mod recovery;
mod reference;
mod seed;
mod settings;
#[cfg(test)]
mod tests;

pub use change::{Change, Link};
pub use error::Error;
pub use key::Error as KeyError;
pub use make::Made;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use file::Content;
use futures_util::future::BoxFuture;
use keepass::{Database, DatabaseKey};

use super::{Account, Code, RecoveryCode, Showing, Summary, Vault};
use crate::access::Grant;
use crate::clock::{Clock, Timestamp};
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;
use settings::Settings;

/// A vault in a KDBX file. It opens when it is first asked, and again when its file has changed.
#[derive(Debug)]
pub struct Kdbx {
    inner: Arc<Inner>,
}

struct Inner {
    name: VaultName,
    settings: Settings,
    opened: Mutex<Opened>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kdbx({})", self.name)
    }
}

/// What was read so far. The key is kept so that a password is asked for once.
#[derive(Default)]
struct Opened {
    key: Option<DatabaseKey>,
    content: Option<(file::Stamp, Arc<file::Content>)>,
}

impl Kdbx {
    /// The vault of an entry of the configuration: the settings `path`, `key-file`, `password-file` and
    /// `password: prompt`. Where none of the last three is given, the password is asked for.
    ///
    /// # Errors
    /// [`super::Error::Settings`].
    pub fn new(
        name: &VaultName,
        settings: serde_json::Map<String, serde_json::Value>,
        base: &Path,
    ) -> Result<Self, super::Error> {
        let settings = Settings::read(name, settings, base)?;
        let opened = Mutex::default();
        Ok(Self { inner: Arc::new(Inner { name: name.clone(), settings, opened }) })
    }

    /// Makes the file, and its key file where one is configured. Nothing is overwritten.
    ///
    /// # Errors
    /// [`super::Error::Kdbx`].
    pub fn make(&self) -> Result<Made, super::Error> {
        let inner = &self.inner;
        make::make(&inner.name, &inner.settings).map_err(|source| inner.failed(source))
    }

    /// Adds an account, and the groups of its safe that are missing.
    ///
    /// # Errors
    /// [`super::Error::Exists`], and what opening and writing can meet.
    pub fn add(&self, account: &AccountRef, change: Change) -> Result<(), super::Error> {
        self.inner.change(|database, vault| change::add(database, vault, account, change))
    }

    /// Changes an account; what it was stays in the entry's history.
    ///
    /// # Errors
    /// [`super::Error::NotFound`], [`super::Error::Ambiguous`], and what opening and writing can meet.
    pub fn edit(&self, account: &AccountRef, change: Change) -> Result<(), super::Error> {
        self.inner.change(|database, vault| change::edit(database, vault, account, change))
    }

    /// Removes an account for good.
    ///
    /// # Errors
    /// [`super::Error::NotFound`], [`super::Error::Ambiguous`], and what opening and writing can meet.
    pub fn remove(&self, account: &AccountRef) -> Result<(), super::Error> {
        self.inner.change(|database, vault| change::remove(database, vault, account))
    }
}

impl Inner {
    fn failed(&self, source: Error) -> super::Error {
        super::Error::Kdbx { vault: self.name.clone(), source }
    }

    /// The key, asked for or read when it is first needed.
    fn key(&self, opened: &mut Opened) -> Result<DatabaseKey, Error> {
        match &opened.key {
            Some(key) => Ok(key.clone()),
            None => {
                let key = key::collect(&self.settings)?;
                opened.key = Some(key.clone());
                Ok(key)
            }
        }
    }

    /// The database as its file is now. Two who ask at once wait for one opening.
    fn content(&self) -> Result<Arc<Content>, super::Error> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let path = &self.settings.path;
        let stamp = file::Stamp::of(path).map_err(|source| self.failed(source))?;
        if let Some((known, content)) = &opened.content
            && *known == stamp
        {
            return Ok(Arc::clone(content));
        }
        let key = self.key(&mut opened).map_err(|source| self.failed(source))?;
        let (content, stamp) = file::open(path, &key, &key::name(&self.settings))
            .map_err(|source| self.failed(source))?;
        if seed::is_stale(&content.database, Clock::System.now()) {
            return self.pruned(&mut opened, &key, content);
        }
        let content = Arc::new(content);
        opened.content = Some((stamp, Arc::clone(&content)));
        Ok(content)
    }

    /// The content without the removed seeds whose time is over: gone from the file, where it can be written. Where it
    /// cannot, nobody is kept from the accounts because of them.
    fn pruned(
        &self,
        opened: &mut Opened,
        key: &DatabaseKey,
        content: Content,
    ) -> Result<Arc<Content>, super::Error> {
        let (path, name) = (&self.settings.path, key::name(&self.settings));
        let gone = file::change(path, key, &name, |database| {
            seed::prune(database, Clock::System.now());
            Ok::<_, Error>(())
        });
        let (content, stamp) = match gone {
            Ok(()) => file::open(path, key, &name).map_err(|source| self.failed(source))?,
            Err(error) => {
                tracing::warn!(
                    "vault `{}`: removed seeds whose time is over stay in the file: {error}",
                    self.name
                );
                let stamp = file::Stamp::of(path).map_err(|source| self.failed(source))?;
                (content, stamp)
            }
        };
        let content = Arc::new(content);
        opened.content = Some((stamp, Arc::clone(&content)));
        Ok(content)
    }

    fn removed_seed(&self, account: &AccountRef) -> Result<Option<Timestamp>, super::Error> {
        let Content { database, .. } = &*self.content()?;
        let id = entry::find(database, &self.name, account)?;
        Ok(database.entry(id).and_then(|entry| seed::aside(&entry, Clock::System.now())))
    }

    fn recovery_codes(&self, account: &AccountRef) -> Result<Vec<Option<Showing>>, super::Error> {
        let Content { database, .. } = &*self.content()?;
        let id = entry::find(database, &self.name, account)?;
        Ok(database.entry(id).map(|entry| recovery::showings(&entry)).unwrap_or_default())
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Database, &VaultName) -> Result<T, super::Error>,
    ) -> Result<T, super::Error> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let path = &self.settings.path;
        // A missing file is said before a password is asked for.
        file::Stamp::of(path).map_err(|source| self.failed(source))?;
        let key = self.key(&mut opened).map_err(|source| self.failed(source))?;
        let changed = file::change(path, &key, &key::name(&self.settings), |database| {
            seed::prune(database, Clock::System.now());
            change(database, &self.name).map_err(|error| Stopped::Change(Box::new(error)))
        });
        opened.content = None;
        changed.map_err(|stopped| match stopped {
            Stopped::Change(error) => *error,
            Stopped::File(source) => self.failed(source),
        })
    }

    fn account(&self, account: &AccountRef) -> Result<Account, super::Error> {
        let Content { database, scrambled } = &*self.content()?;
        let id = entry::find(database, &self.name, account)?;
        if scrambled.contains(&id.uuid()) {
            return Err(self.failed(Error::Scrambled { path: self.settings.path.clone() }));
        }
        match database.entry(id) {
            Some(entry) => entry::account(&self.name, account, &entry),
            None => Err(self.failed(Error::Broken { path: self.settings.path.clone() })),
        }
    }

    fn list(&self, safe: Option<&str>) -> Result<Vec<Summary>, super::Error> {
        let Content { database, .. } = &*self.content()?;
        let (accounts, nameless) = entry::accounts(database, &self.name);
        if nameless > 0 {
            tracing::warn!(
                "vault `{}`: {nameless} entries are left out: a title or group name in their path is empty, or holds `/`, `:` or a control character",
                self.name
            );
        }
        Ok(accounts
            .into_iter()
            .filter(|(reference, _)| reference.is_below(safe))
            .filter_map(|(reference, id)| {
                let entry = database.entry(id)?;
                Some(entry::summary(&self.name, reference, &entry))
            })
            .collect())
    }

    fn health(&self) -> Result<String, super::Error> {
        let Content { database, scrambled } = &*self.content()?;
        let (accounts, nameless) = entry::accounts(database, &self.name);
        let mut line = format!(
            "{} opens with {}: {}, {} accounts",
            self.settings.path.display(),
            key::name(&self.settings),
            database.config.version,
            accounts.len()
        );
        if nameless > 0 {
            line.push_str(&format!(", {nameless} entries left out for their names"));
        }
        if !scrambled.is_empty() {
            line.push_str(&format!(
                ", {} not usable for the order of their fields",
                scrambled.len()
            ));
        }
        if !matches!(database.config.version, keepass::config::DatabaseVersion::KDB4(_)) {
            line.push_str(", can be read and not written");
        }
        Ok(line)
    }
}

/// Why a change did not come about.
enum Stopped {
    Change(Box<super::Error>),
    File(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::File(error)
    }
}

/// Opening takes milliseconds to seconds of computing, and may ask on the terminal: it has a thread of
/// its own.
async fn blocking<T: Send + 'static>(
    inner: &Arc<Inner>,
    ask: impl FnOnce(&Inner) -> Result<T, super::Error> + Send + 'static,
) -> Result<T, super::Error> {
    let asked = Arc::clone(inner);
    match tokio::task::spawn_blocking(move || ask(&asked)).await {
        Ok(answer) => answer,
        Err(_) => Err(inner.failed(Error::Broken { path: inner.settings.path.clone() })),
    }
}

impl Vault for Kdbx {
    fn name(&self) -> &VaultName {
        &self.inner.name
    }

    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, super::Error>> {
        let account = grant.account().clone();
        Box::pin(blocking(&self.inner, move |inner| inner.account(&account)))
    }

    fn code<'a>(&'a self, _grant: &'a Grant) -> BoxFuture<'a, Result<Code, super::Error>> {
        let vault = self.inner.name.clone();
        Box::pin(async move { Err(super::Error::NoCodes { vault }) })
    }

    fn list<'a>(
        &'a self,
        safe: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<Summary>, super::Error>> {
        let safe = safe.map(str::to_owned);
        Box::pin(blocking(&self.inner, move |inner| inner.list(safe.as_deref())))
    }

    fn seat_of_seed(&self, account: &AccountRef) -> Option<AccountRef> {
        seed::seat(&self.inner.name, account)
    }

    fn keep_seed<'a>(
        &'a self,
        grant: &'a Grant,
        seed: &'a Secret,
        user: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), super::Error>> {
        let (account, user) = (grant.account().clone(), user.map(str::to_owned));
        let seed = Secret::new(seed.expose().to_owned());
        Box::pin(blocking(&self.inner, move |inner| {
            inner.change(|database, vault| {
                seed::keep(database, vault, &account, &seed, user.as_deref())
            })
        }))
    }

    fn remove_seed<'a>(
        &'a self,
        grant: &'a Grant,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, super::Error>> {
        let account = grant.account().clone();
        Box::pin(blocking(&self.inner, move |inner| {
            inner.change(|database, vault| seed::put_aside(database, vault, &account, until))?;
            Ok(Some(until))
        }))
    }

    fn restore_seed<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<(), super::Error>> {
        let account = grant.account().clone();
        Box::pin(blocking(&self.inner, move |inner| {
            inner.change(|database, vault| seed::bring_back(database, vault, &account))
        }))
    }

    fn restores_seeds(&self) -> bool {
        true
    }

    fn removed_seed<'a>(
        &'a self,
        grant: &'a Grant,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, super::Error>> {
        let account = grant.account().clone();
        Box::pin(blocking(&self.inner, move |inner| inner.removed_seed(&account)))
    }

    fn keeps_recovery_codes(&self) -> bool {
        true
    }

    fn keep_recovery_codes<'a>(
        &'a self,
        grant: &'a Grant,
        codes: &'a [Secret],
    ) -> BoxFuture<'a, Result<(), super::Error>> {
        let account = grant.account().clone();
        let codes: Vec<Secret> =
            codes.iter().map(|code| Secret::new(code.expose().to_owned())).collect();
        Box::pin(blocking(&self.inner, move |inner| {
            inner.change(|database, vault| recovery::keep(database, vault, &account, &codes))
        }))
    }

    fn recovery_codes<'a>(
        &'a self,
        grant: &'a Grant,
    ) -> BoxFuture<'a, Result<Vec<Option<Showing>>, super::Error>> {
        let account = grant.account().clone();
        Box::pin(blocking(&self.inner, move |inner| inner.recovery_codes(&account)))
    }

    fn take_recovery_code<'a>(
        &'a self,
        grant: &'a Grant,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<RecoveryCode>, super::Error>> {
        let (account, by) = (grant.account().clone(), grant.user().to_string());
        Box::pin(blocking(&self.inner, move |inner| {
            inner.change(|database, vault| recovery::take(database, vault, &account, now, by))
        }))
    }

    fn remove_recovery_codes<'a>(
        &'a self,
        grant: &'a Grant,
    ) -> BoxFuture<'a, Result<(), super::Error>> {
        let account = grant.account().clone();
        Box::pin(blocking(&self.inner, move |inner| {
            inner.change(|database, vault| recovery::remove(database, vault, &account))
        }))
    }

    fn keeps_links(&self) -> bool {
        true
    }

    fn link_logon<'a>(
        &'a self,
        grant: &'a Grant,
        logon: &'a AccountRef,
    ) -> BoxFuture<'a, Result<(), super::Error>> {
        let account = grant.account().clone();
        let change = Change { logon_account: Link::Set(logon.clone()), ..Change::default() };
        Box::pin(blocking(&self.inner, move |inner| {
            inner.change(|database, vault| change::edit(database, vault, &account, change))
        }))
    }

    fn health(&self) -> BoxFuture<'_, Result<String, super::Error>> {
        Box::pin(blocking(&self.inner, Inner::health))
    }
}
