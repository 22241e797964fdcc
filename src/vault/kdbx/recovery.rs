//! The recovery codes of an account in a KDBX vault: protected fields of its entry, each with a mark once it was shown.
//!
//! No account shows these fields as properties, and the entry's history learns of them only where somebody edits the entry;
//! what it has of them goes when they go. A code that was shown stays: whoever closed the page too soon finds it in KeePass.

use std::collections::BTreeMap;

use keepass::Database;
use keepass::db::{Entry, EntryMut, History};

use super::entry;
use super::seed::changed;
use crate::clock::Timestamp;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;
use crate::vault::{Error, RecoveryCode, Showing};

/// What the names of the codes' fields begin with; their number follows.
const CODE: &str = "doorward recovery code ";
/// What the names of their marks begin with: when each was shown, and to whom.
const SHOWN: &str = "doorward recovery shown ";

/// Whether a field is of a recovery code.
pub(super) fn is_part(name: &str) -> bool {
    name.starts_with(CODE) || name.starts_with(SHOWN)
}

/// For each code of `entry`, in their order, whether it was shown.
pub(super) fn showings(entry: &Entry) -> Vec<Option<Showing>> {
    numbers(entry).into_values().map(|number| showing(entry, number)).collect()
}

/// Keeps `codes` with `account`, in the place of those that were all shown.
pub(super) fn keep(
    database: &mut Database,
    vault: &VaultName,
    account: &AccountRef,
    codes: &[Secret],
) -> Result<(), Error> {
    let id = entry::find(database, vault, account)?;
    let known = database.entry(id).map(|entry| showings(&entry)).unwrap_or_default();
    let left = known.iter().filter(|shown| shown.is_none()).count();
    if left > 0 {
        return Err(Error::RecoveryLeft { account: account.within(vault), left });
    }
    changed(database, id, |entry| {
        clear(entry);
        for (at, code) in codes.iter().enumerate() {
            // Two digits, so that programs that sort names show them in their order.
            entry.set_protected(format!("{CODE}{:02}", at + 1), code.expose());
        }
    });
    Ok(())
}

/// The first code of `account` that nobody was shown, marked as shown to `by` at `now`.
pub(super) fn take(
    database: &mut Database,
    vault: &VaultName,
    account: &AccountRef,
    now: Timestamp,
    by: String,
) -> Result<Option<RecoveryCode>, Error> {
    let id = entry::find(database, vault, account)?;
    let Some(found) = database.entry(id) else { return Ok(None) };
    let mut free = numbers(&found)
        .into_iter()
        .enumerate()
        .filter(|(_, (_, number))| showing(&found, number).is_none());
    let Some((at, (_, number))) = free.next() else { return Ok(None) };
    let left = free.count();
    let code = Secret::new(found.get(&format!("{CODE}{number}")).unwrap_or_default().to_owned());
    let mark = (format!("{SHOWN}{number}"), format!("{now:.0} {by}"));
    changed(database, id, |entry| entry.set_unprotected(mark.0, mark.1));
    Ok(Some(RecoveryCode { number: at + 1, code, left }))
}

/// Removes all codes of `account`, from its history as well.
pub(super) fn remove(
    database: &mut Database,
    vault: &VaultName,
    account: &AccountRef,
) -> Result<(), Error> {
    let id = entry::find(database, vault, account)?;
    changed(database, id, clear);
    Ok(())
}

/// The numbers of the codes as their fields spell them, in their order.
fn numbers(entry: &Entry) -> BTreeMap<usize, &str> {
    let codes = entry.fields.iter().filter(|(_, value)| !value.is_empty());
    let numbers = codes.filter_map(|(name, _)| name.strip_prefix(CODE));
    numbers.filter_map(|number| Some((number.parse().ok()?, number))).collect()
}

/// Whether a code was shown. A mark that nobody can read is one all the same.
fn showing(entry: &Entry, number: &str) -> Option<Showing> {
    let mark = entry.get(&format!("{SHOWN}{number}")).filter(|mark| !mark.is_empty())?;
    let read = mark.split_once(' ').and_then(|(at, by)| Some((at.parse().ok()?, by)));
    Some(match read {
        Some((at, by)) => Showing { at: Some(at), by: by.to_owned() },
        None => Showing { at: None, by: "somebody else".to_owned() },
    })
}

/// Takes all fields of recovery codes away, and those in the history.
fn clear(entry: &mut EntryMut<'_>) {
    entry.fields.retain(|name, _| !is_part(name));
    let Some(past) = entry.history.take() else { return };
    let mut history = History::default();
    // `add_entry` puts each before the others.
    for version in past.get_entries().iter().rev() {
        let mut version = version.clone();
        version.fields.retain(|name, _| !is_part(name));
        history.add_entry(version);
    }
    entry.history = Some(history);
}

#[cfg(test)]
mod tests {
    use keepass::Database;

    use super::{is_part, keep, remove, showings, take};
    use crate::clock::Timestamp;
    use crate::name::{AccountRef, VaultName};
    use crate::secret::Secret;
    use crate::vault::Error;
    use crate::vault::kdbx::change::{Change, add, edit};
    use crate::vault::kdbx::entry::{account as read, find};
    use crate::vault::kdbx::seed::changed;

    fn secrets(codes: &[&str]) -> Vec<Secret> {
        codes.iter().map(|code| Secret::new((*code).to_owned())).collect()
    }

    #[test]
    fn codes_are_kept_taken_one_by_one_marked_and_gone_when_removed() {
        let vault: VaultName = "local".parse().unwrap();
        let account: AccountRef = "web/shop".parse().unwrap();
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let mut database = Database::new();
        let missing = keep(&mut database, &vault, &account, &secrets(&["x"]));
        assert!(matches!(missing, Err(Error::NotFound { .. })));
        add(&mut database, &vault, &account, Change::default()).unwrap();
        let next = |database: &mut Database| {
            let taken = take(database, &vault, &account, now, "ann".into()).unwrap();
            taken.map(|taken| (taken.number, taken.code.expose().to_owned(), taken.left))
        };
        assert_eq!(next(&mut database), None);
        // More than nine, so that the order of names would be another one.
        let twelve: Vec<String> = (1..=12).map(|at| format!("c0de-{at}")).collect();
        let twelve: Vec<&str> = twelve.iter().map(String::as_str).collect();
        keep(&mut database, &vault, &account, &secrets(&twelve)).unwrap();
        let again = keep(&mut database, &vault, &account, &secrets(&["y"]));
        assert!(matches!(again, Err(Error::RecoveryLeft { left: 12, .. })), "{again:?}");
        assert_eq!(next(&mut database), Some((1, "c0de-1".into(), 11)));

        // A mark in other words is one, and an edit puts what is there into the history.
        let id = find(&database, &vault, &account).unwrap();
        changed(&mut database, id, |entry| {
            entry.set_unprotected("doorward recovery shown 02", "used by hand");
        });
        let change = Change { url: Some("https://x".into()), ..Change::default() };
        edit(&mut database, &vault, &account, change).unwrap();
        assert_eq!(next(&mut database), Some((3, "c0de-3".into(), 9)));
        let shown = showings(&database.entry(id).unwrap());
        let told: Vec<_> =
            shown.iter().flatten().map(|shown| (shown.at, shown.by.as_str())).collect();
        assert_eq!(told, [(Some(now), "ann"), (None, "somebody else"), (Some(now), "ann")]);
        let seen = read(&vault, &account, &database.entry(id).unwrap()).unwrap();
        assert!(seen.properties.keys().all(|name| !is_part(name)), "{:?}", seen.properties);

        while next(&mut database).is_some() {}
        keep(&mut database, &vault, &account, &secrets(&["n3w"])).unwrap();
        let entry = database.entry(id).unwrap();
        assert_eq!(showings(&entry), [None]);
        let past = entry.history.as_ref().expect("the rest of the history stays").get_entries();
        assert!(past.iter().all(|past| past.fields.keys().all(|name| !is_part(name))), "{past:?}");
        assert_eq!(entry.get("doorward recovery code 01"), Some("n3w"));
        remove(&mut database, &vault, &account).unwrap();
        assert!(database.entry(id).unwrap().fields.keys().all(|name| !is_part(name)));
        assert_eq!(next(&mut database), None);
    }
}
