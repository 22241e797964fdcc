//! An entry of a KeePass database, read as an account.
//!
//! Title, `UserName`, `Password` and `URL` are KeePass' own; `Address`, `LogonAccount` and
//! `ReconcileAccount` are custom fields with a meaning (in any case); every other custom field is a
//! property. Notes are left out: they are for people.

use std::borrow::Cow;
use std::collections::BTreeMap;

use keepass::Database;
use keepass::db::{Entry, EntryId, EntryRef, GroupRef, fields};

use super::{otp, recovery, seed};
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;
use crate::vault::address::host_of;
use crate::vault::nearest::nearest;
use crate::vault::{Account, Error, Password, Property, Summary};

/// The custom field of the address.
pub(super) const ADDRESS: &str = "Address";
/// The custom field of the link to the logon account.
pub(super) const LOGON_ACCOUNT: &str = "LogonAccount";
/// The custom field of the link to the reconcile account.
pub(super) const RECONCILE_ACCOUNT: &str = "ReconcileAccount";

/// Every entry outside the recycle bin with the reference it goes by, in the order of the
/// references, and how many have none because a name in their path is empty or holds what a REF cannot.
pub(super) fn accounts<'a>(
    database: &'a Database,
    vault: &VaultName,
) -> (Vec<(AccountRef, EntryId)>, usize) {
    let mut found = Vec::new();
    let mut nameless = 0;
    let mut groups = vec![(database.root(), Some(Vec::<String>::new()))];
    let bin = database.meta.recyclebin_uuid;
    while let Some((group, safe)) = groups.pop() {
        for entry in group.entries() {
            let title = entry.get(fields::TITLE).unwrap_or_default();
            let joined = safe.as_ref().map(|safe| safe.join("/"));
            let reference = joined.and_then(|joined| {
                let safe = (!joined.is_empty()).then_some(joined.as_str());
                AccountRef::new(Some(vault.clone()), safe, title).ok()
            });
            match reference {
                Some(reference) => found.push((reference, entry.id())),
                None => nameless += 1,
            }
        }
        let children: Vec<GroupRef<'a>> =
            group.group_ids().filter_map(|id| database.group(id)).collect();
        for child in children.into_iter().filter(|child| Some(child.id().uuid()) != bin) {
            let safe = safe.clone().filter(|_| is_segment(&child.name)).map(|mut safe| {
                safe.push(child.name.clone());
                safe
            });
            groups.push((child, safe));
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    (found, nameless)
}

/// Whether a REF can name it.
fn is_segment(name: &str) -> bool {
    AccountRef::new(None, None, name).is_ok()
}

/// The one entry of that path.
pub(super) fn find(
    database: &Database,
    vault: &VaultName,
    account: &AccountRef,
) -> Result<EntryId, Error> {
    let wanted = account.path();
    let (accounts, _) = accounts(database, vault);
    let mut matching = accounts.iter().filter(|(reference, _)| reference.path() == wanted);
    match (matching.next(), matching.count()) {
        (Some((_, id)), 0) => Ok(*id),
        (Some(_), more) => Err(Error::Ambiguous {
            vault: vault.clone(),
            account: account.within(vault),
            count: more + 1,
        }),
        (None, _) => Err(Error::NotFound {
            vault: vault.clone(),
            account: account.within(vault),
            nearest: nearest(account, accounts.iter().map(|(known, _)| known)),
        }),
    }
}

/// An entry as doorward understands it; nothing is copied until it is asked for.
struct Reading<'a> {
    username: Option<&'a str>,
    address: Option<String>,
    password: Option<Cow<'a, str>>,
    properties: BTreeMap<String, (Cow<'a, str>, bool)>,
    /// The fields of the two links, each with its name as the entry spells it.
    logon_account: Option<(&'a str, &'a str)>,
    reconcile_account: Option<(&'a str, &'a str)>,
}

impl<'a> Reading<'a> {
    fn of(database: &'a Database, entry: &'a Entry) -> Self {
        let value = |name: &str| entry.get(name).filter(|value| !value.is_empty());
        let mut reading = Self {
            username: value(fields::USERNAME),
            address: None,
            password: value(fields::PASSWORD).map(|text| super::reference::follow(database, text)),
            properties: BTreeMap::new(),
            logon_account: None,
            reconcile_account: None,
        };
        // In the order of their names, so that of two that differ in case only the same one counts.
        let mut custom: Vec<_> = entry
            .fields
            .iter()
            .filter(|(name, value)| {
                !fields::KNOWN_FIELDS.contains(&name.as_str())
                    && !value.is_empty()
                    && !seed::is_aside(name)
                    && !recovery::is_part(name)
            })
            .collect();
        custom.sort_by_key(|(name, _)| name.as_str());
        for (name, value) in custom {
            let text = value.as_str();
            let lower = name.to_lowercase();
            match lower.as_str() {
                "address" => {
                    reading.address.get_or_insert_with(|| text.to_owned());
                }
                "logonaccount" => {
                    reading.logon_account.get_or_insert((name, text));
                }
                "reconcileaccount" => {
                    reading.reconcile_account.get_or_insert((name, text));
                }
                _ => {
                    let protected = value.is_protected() || otp::is_secret(&lower);
                    reading.properties.entry(lower).or_insert((Cow::Borrowed(text), protected));
                }
            }
        }
        if let Some(uri) = otp::uri(&reading.properties) {
            reading.properties.insert("otp".into(), (Cow::Owned(uri), true));
        }
        if let Some(url) = value(fields::URL) {
            reading.address = reading.address.or_else(|| host_of(url));
            let protected = entry.fields.get(fields::URL).is_some_and(|url| url.is_protected());
            reading.properties.insert("url".into(), (Cow::Borrowed(url), protected));
        }
        reading
    }
}

/// A link, its vault named: one that names none means the vault that holds it.
fn link(
    vault: &VaultName,
    account: &AccountRef,
    field: Option<(&str, &str)>,
) -> Result<Option<AccountRef>, Error> {
    field
        .map(|(name, text)| {
            text.trim().parse::<AccountRef>().map(|linked| linked.within(vault)).map_err(|source| {
                Error::BadLink {
                    account: account.clone(),
                    field: name.to_owned(),
                    source: Box::new(source),
                }
            })
        })
        .transpose()
}

/// The account with its secrets.
pub(super) fn account(
    vault: &VaultName,
    account: &AccountRef,
    entry: &EntryRef<'_>,
) -> Result<Account, Error> {
    let reference = account.within(vault);
    let reading = Reading::of(entry.database(), entry);
    Ok(Account {
        username: reading.username.map(str::to_owned),
        address: reading.address,
        password: match reading.password {
            Some(password) => Password::Value(Secret::new(password.into_owned())),
            None => Password::Absent,
        },
        properties: reading
            .properties
            .into_iter()
            .map(|(name, (value, protected))| {
                (name, Property { value: Secret::new(value.into_owned()), protected })
            })
            .collect(),
        logon_account: link(vault, &reference, reading.logon_account)?,
        reconcile_account: link(vault, &reference, reading.reconcile_account)?,
        reference,
    })
}

/// What may be shown of it. A link that is no REF does not hide the account.
pub(super) fn summary(vault: &VaultName, reference: AccountRef, entry: &EntryRef<'_>) -> Summary {
    let reading = Reading::of(entry.database(), entry);
    let logon_account = link(vault, &reference, reading.logon_account).unwrap_or_else(|error| {
        tracing::warn!("{error}");
        None
    });
    Summary {
        username: reading.username.map(str::to_owned),
        address: reading.address,
        logon_account,
        properties: reading.properties.into_keys().collect(),
        reference,
    }
}
