//! A change of a KDBX vault: an account added, edited, removed or linked.

use keepass::Database;
use keepass::db::{EntryId, EntryMut, GroupId, History, Times, Value, fields};

use super::entry::{self, ADDRESS, LOGON_ACCOUNT, RECONCILE_ACCOUNT};
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;
use crate::vault::{Error, Property};

/// What is to be set of an account; what is `None` stays as it is.
#[derive(Debug, Default)]
pub struct Change {
    /// `username`; empty takes it away.
    pub username: Option<String>,
    /// `address`; empty takes it away.
    pub address: Option<String>,
    /// `url`; empty takes it away.
    pub url: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// Other properties by their names; an empty value takes one away.
    pub properties: Vec<(String, Property)>,
    /// The link to the logon account.
    pub logon_account: Link,
    /// The link to the reconcile account.
    pub reconcile_account: Link,
}

/// What is to become of a link.
#[derive(Debug, Default)]
pub enum Link {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is taken away.
    Clear,
    /// It names this account from now on.
    Set(AccountRef),
}

/// Adds an account, and the groups of its safe that are missing.
pub(super) fn add(
    database: &mut Database,
    vault: &VaultName,
    account: &AccountRef,
    change: Change,
) -> Result<(), Error> {
    match entry::find(database, vault, account) {
        Err(Error::NotFound { .. }) => {}
        Err(error) => return Err(error),
        Ok(_) => {
            return Err(Error::Exists { vault: vault.clone(), account: account.within(vault) });
        }
    }
    let group = safe(database, account);
    // `safe` has just found or made the group.
    let Some(mut group) = database.group_mut(group) else { return Ok(()) };
    let mut entry = group.add_entry();
    // KeePass has these five in every entry.
    for field in fields::KNOWN_FIELDS {
        match field {
            fields::PASSWORD => entry.set_protected(field, ""),
            _ => entry.set_unprotected(field, ""),
        }
    }
    entry.set_unprotected(fields::TITLE, account.name());
    apply(&mut entry, vault, change);
    Ok(())
}

/// Edits an account. What it was stays in the entry's history, as in KeePass.
pub(super) fn edit(
    database: &mut Database,
    vault: &VaultName,
    account: &AccountRef,
    change: Change,
) -> Result<(), Error> {
    let id = entry::find(database, vault, account)?;
    // The crate forgets on reading which entries use an attachment; this finds out again.
    database.remove_unused_attachments();
    let most = database.meta.history_max_items.unwrap_or(10);
    if let Some(mut entry) = database.entry_mut(id) {
        remember(&mut entry, most);
        apply(&mut entry, vault, change);
        entry.times.last_modification = Some(Times::now());
    }
    database.remove_unused_attachments();
    Ok(())
}

/// Removes an account for good, past the recycle bin, and says so to programs that merge the file.
pub(super) fn remove(
    database: &mut Database,
    vault: &VaultName,
    account: &AccountRef,
) -> Result<(), Error> {
    let id = entry::find(database, vault, account)?;
    // The crate forgets on reading which entries use an attachment, and would take one that another
    // entry uses too along with this one; this finds out again.
    database.remove_unused_attachments();
    if let Some(entry) = database.entry_mut(id) {
        entry.remove();
    }
    database.deleted_objects.insert(EntryId::uuid(&id), Some(Times::now()));
    Ok(())
}

/// The group of a safe, made where it is missing.
fn safe(database: &mut Database, account: &AccountRef) -> GroupId {
    let bin = database.meta.recyclebin_uuid;
    let mut at = database.root().id();
    for name in account.safe().iter().flat_map(|safe| safe.split('/')) {
        let known = database.group(at).and_then(|group| {
            group
                .groups()
                .find(|child| child.name == name && Some(child.id().uuid()) != bin)
                .map(|child| child.id())
        });
        at = match (known, database.group_mut(at)) {
            (Some(known), _) => known,
            (None, Some(mut group)) => {
                let mut child = group.add_group();
                child.name = name.to_owned();
                child.id()
            }
            (None, None) => at,
        };
    }
    at
}

/// Puts the entry as it is into its history: the newest last, at most `most` (negative: all).
fn remember(entry: &mut EntryMut<'_>, most: isize) {
    let now = (**entry).clone();
    let past = entry.history.take().unwrap_or_default();
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut history = History::default();
    // `add_entry` puts each before the others.
    for version in std::iter::once(&now).chain(past.get_entries().iter().rev()).take(most) {
        history.add_entry(version.clone());
    }
    entry.history = Some(history);
}

fn apply(entry: &mut EntryMut<'_>, vault: &VaultName, change: Change) {
    if let Some(username) = change.username {
        entry.set_unprotected(fields::USERNAME, username);
    }
    if let Some(url) = change.url {
        entry.set_unprotected(fields::URL, url);
    }
    if let Some(password) = change.password {
        entry.set_protected(fields::PASSWORD, password.expose());
    }
    if let Some(address) = change.address {
        set_custom(entry, ADDRESS, &address, false);
    }
    for (field, link) in
        [(LOGON_ACCOUNT, change.logon_account), (RECONCILE_ACCOUNT, change.reconcile_account)]
    {
        match link {
            Link::Keep => {}
            Link::Clear => set_custom(entry, field, "", false),
            // Within one vault the path alone is written, so that the file can be used under another
            // name in another configuration.
            Link::Set(account) if account.vault().is_none_or(|named| named == vault) => {
                set_custom(entry, field, &account.path(), false);
            }
            Link::Set(account) => set_custom(entry, field, &account.to_string(), false),
        }
    }
    for (name, property) in change.properties {
        set_custom(entry, &name, property.value.expose(), property.protected);
    }
}

/// Sets a custom field under the name that the entry spells it with; empty removes it. What is
/// protected stays protected.
fn set_custom(entry: &mut EntryMut<'_>, name: &str, value: &str, protected: bool) {
    let known =
        entry.fields.keys().find(|known| known.to_lowercase() == name.to_lowercase()).cloned();
    let name = known.unwrap_or_else(|| name.to_owned());
    if value.is_empty() {
        entry.fields.remove(&name);
        return;
    }
    let protected = protected || entry.fields.get(&name).is_some_and(Value::is_protected);
    match protected {
        true => entry.set_protected(name, value),
        false => entry.set_unprotected(name, value),
    }
}
