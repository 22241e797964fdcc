//! The seed of an account in a KDBX vault: kept in an entry of its own, put aside for a while when it is removed, and gone
//! after that.
//!
//! What is aside stands in protected fields of the same entry, under names that no account shows; the entry's history never
//! learns of it, and what its history has of the same seed goes with it.

use keepass::Database;
use keepass::db::{Entry, EntryId, EntryMut, History, Times, fields};

use super::change::{self, Change};
use super::{entry, otp};
use crate::clock::Timestamp;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;
use crate::vault::{Error, SEATS};

/// The field of a seed that was the entry's password.
const PASSWORD: &str = "doorward removed password";
/// The field of a seed that was the entry's `otp`.
const OTP: &str = "doorward removed otp";
/// The field that says until when it can be brought back.
const UNTIL: &str = "doorward removed until";
/// KeePassXC's field of a seed.
const OTP_FIELD: &str = "otp";

/// Whether a field is of a seed that was put aside.
pub(super) fn is_aside(name: &str) -> bool {
    [PASSWORD, OTP, UNTIL].contains(&name)
}

/// The account that is made for the seed of `account`: below the safe `totp`, and below the name of its vault where
/// that is another one.
pub(super) fn seat(vault: &VaultName, account: &AccountRef) -> Option<AccountRef> {
    let other = account.vault().filter(|of| *of != vault).map(VaultName::as_str);
    let safe: Vec<&str> = [Some(SEATS), other, account.safe()].into_iter().flatten().collect();
    AccountRef::new(Some(vault.clone()), Some(&safe.join("/")), account.name()).ok()
}

/// Keeps `seed` as the password of `account`, which is made where it is not there.
pub(super) fn keep(
    database: &mut Database,
    vault: &VaultName,
    account: &AccountRef,
    seed: &Secret,
    user: Option<&str>,
) -> Result<(), Error> {
    let id = match entry::find(database, vault, account) {
        Ok(id) => id,
        Err(Error::NotFound { .. }) => {
            let username = Some(user.unwrap_or_default().to_owned());
            change::add(database, vault, account, Change { username, ..Change::default() })?;
            entry::find(database, vault, account)?
        }
        Err(error) => return Err(error),
    };
    if database.entry(id).is_some_and(|entry| filled(&entry, fields::PASSWORD).is_some()) {
        return Err(Error::Seeded { account: account.within(vault) });
    }
    changed(database, id, |entry| entry.set_protected(fields::PASSWORD, seed.expose()));
    Ok(())
}

/// Puts the seed of `account` aside: its `otp`, or else its password.
pub(super) fn put_aside(
    database: &mut Database,
    vault: &VaultName,
    account: &AccountRef,
    until: Timestamp,
) -> Result<(), Error> {
    let id = entry::find(database, vault, account)?;
    let none = || Error::Unseeded { account: account.within(vault), what: "seed to remove" };
    let Some(found) = database.entry(id) else { return Err(none()) };
    let read = entry::account(vault, account, &found)?;
    let (field, seed) = match (read.properties.get(OTP_FIELD), read.password.secret()) {
        (Some(otp), _) => (OTP, &otp.value),
        (None, Some(password)) => (PASSWORD, password),
        (None, None) => return Err(none()),
    };
    changed(database, id, |entry| {
        clear(entry);
        match field {
            OTP => {
                let parts: Vec<_> =
                    entry.fields.keys().filter(|name| is_part(name)).cloned().collect();
                parts.iter().for_each(|name| drop(entry.fields.remove(name)));
            }
            _ => entry.set_protected(fields::PASSWORD, ""),
        }
        entry.set_protected(field, seed.expose());
        entry.set_unprotected(UNTIL, format!("{until:.0}"));
    });
    Ok(())
}

/// Brings the seed of `account` back that was put aside, unless its time is over or another has taken its place.
pub(super) fn bring_back(
    database: &mut Database,
    vault: &VaultName,
    account: &AccountRef,
) -> Result<(), Error> {
    let id = entry::find(database, vault, account)?;
    let found = database.entry(id);
    let aside = found.as_ref().and_then(|found| {
        let (from, to) = [(OTP, OTP_FIELD), (PASSWORD, fields::PASSWORD)]
            .into_iter()
            .find(|(from, _)| filled(found, from).is_some())?;
        Some((to, Secret::new(filled(found, from)?.to_owned()), filled(found, to).is_some()))
    });
    let reference = account.within(vault);
    match aside {
        None => Err(Error::Unseeded { account: reference, what: "seed to restore" }),
        Some((.., true)) => Err(Error::Seeded { account: reference }),
        Some((to, seed, false)) => {
            changed(database, id, |entry| {
                clear(entry);
                entry.set_protected(to, seed.expose());
            });
            Ok(())
        }
    }
}

/// Until when the seed of `entry` that was put aside can be brought back; `None` where there is none, or no more.
pub(super) fn aside(entry: &Entry, now: Timestamp) -> Option<Timestamp> {
    let held = [OTP, PASSWORD].iter().any(|field| filled(entry, field).is_some());
    until(entry).filter(|until| held && *until > now)
}

/// Whether a seed is aside whose time is over.
pub(super) fn is_stale(database: &Database, now: Timestamp) -> bool {
    database.iter_all_entries().any(|entry| is_over(&entry, now))
}

/// Takes away the seeds whose time is over, and what the history of their entries has of them.
pub(super) fn prune(database: &mut Database, now: Timestamp) {
    let over: Vec<EntryId> = database
        .iter_all_entries()
        .filter(|entry| is_over(entry, now))
        .map(|entry| entry.id())
        .collect();
    for id in over {
        changed(database, id, |entry| {
            forget(entry);
            clear(entry);
        });
    }
}

fn is_over(entry: &Entry, now: Timestamp) -> bool {
    let held = entry.fields.keys().any(|name| is_aside(name));
    held && until(entry).is_none_or(|until| until <= now)
}

fn until(entry: &Entry) -> Option<Timestamp> {
    filled(entry, UNTIL)?.parse().ok()
}

fn filled<'a>(entry: &'a Entry, field: &str) -> Option<&'a str> {
    entry.get(field).filter(|value| !value.is_empty())
}

fn is_part(name: &str) -> bool {
    otp::is_part(&name.to_lowercase())
}

/// Takes the fields of what is aside away.
fn clear(entry: &mut EntryMut<'_>) {
    for field in [PASSWORD, OTP, UNTIL] {
        entry.fields.remove(field);
    }
}

/// Takes the seed that is aside out of the history.
fn forget(entry: &mut EntryMut<'_>) {
    let Some(past) = entry.history.take() else { return };
    let password = filled(entry, PASSWORD).map(|seed| Secret::new(seed.to_owned()));
    let otp = filled(entry, OTP).is_some();
    let mut history = History::default();
    // `add_entry` puts each before the others.
    for version in past.get_entries().iter().rev() {
        let mut version = version.clone();
        version.fields.retain(|name, _| !is_aside(name));
        if otp {
            version.fields.retain(|name, _| !is_part(name));
        }
        if let Some(seed) = &password
            && version.get(fields::PASSWORD) == Some(seed.expose())
        {
            version.set_protected(fields::PASSWORD, "");
        }
        history.add_entry(version);
    }
    entry.history = Some(history);
}

/// Changes an entry whose history is not to learn of it.
pub(super) fn changed(
    database: &mut Database,
    id: EntryId,
    change: impl FnOnce(&mut EntryMut<'_>),
) {
    // The crate forgets on reading which entries use an attachment; this finds out again.
    database.remove_unused_attachments();
    if let Some(mut entry) = database.entry_mut(id) {
        change(&mut entry);
        entry.times.last_modification = Some(Times::now());
    }
    database.remove_unused_attachments();
}

#[cfg(test)]
mod tests {
    use keepass::Database;
    use keepass::db::fields;

    use super::{aside, bring_back, is_stale, keep, prune, put_aside, seat};
    use crate::clock::Timestamp;
    use crate::name::{AccountRef, VaultName};
    use crate::secret::Secret;
    use crate::vault::Error;
    use crate::vault::kdbx::change::{Change, add, edit};
    use crate::vault::kdbx::entry::find;

    const SEED: &str = "otpauth://totp/Acme:alice?secret=JBSWY3DPEHPK3PXP";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn names() -> (VaultName, AccountRef) {
        ("local".parse().unwrap(), "web/shop".parse().unwrap())
    }

    fn password(database: &Database, vault: &VaultName, account: &AccountRef) -> String {
        let id = find(database, vault, account).unwrap();
        database.entry(id).unwrap().get(fields::PASSWORD).unwrap_or_default().to_owned()
    }

    #[test]
    fn a_seat_is_named_after_its_account() {
        let (vault, _) = names();
        for (account, expected) in [
            ("web/shop", "local:totp/web/shop"),
            ("local:web/eu/shop", "local:totp/web/eu/shop"),
            ("shop", "local:totp/shop"),
            ("corp:web/shop", "local:totp/corp/web/shop"),
        ] {
            let seat = seat(&vault, &account.parse().unwrap()).unwrap();
            assert_eq!(seat.to_string(), expected);
        }
    }

    #[test]
    fn a_seed_goes_aside_comes_back_and_is_gone_when_its_time_is_over() {
        let (vault, account) = names();
        let mut database = Database::new();
        let (before, until, after) =
            (at("2026-11-22T12:00:00Z"), at("2026-11-29T12:00:00Z"), at("2026-11-29T12:00:00Z"));
        let seed = Secret::new(SEED.to_owned());
        keep(&mut database, &vault, &account, &seed, Some("alice")).unwrap();
        let again = keep(&mut database, &vault, &account, &seed, None);
        assert!(matches!(again, Err(Error::Seeded { .. })), "nothing is overwritten");
        // What the history has of it has to go, too.
        let change = Change { url: Some("https://x".into()), ..Change::default() };
        edit(&mut database, &vault, &account, change).unwrap();

        put_aside(&mut database, &vault, &account, until).unwrap();
        assert_eq!(password(&database, &vault, &account), "");
        let id = find(&database, &vault, &account).unwrap();
        assert_eq!(aside(&database.entry(id).unwrap(), before), Some(until));
        let twice = put_aside(&mut database, &vault, &account, until);
        assert!(matches!(twice, Err(Error::Unseeded { .. })));
        bring_back(&mut database, &vault, &account).unwrap();
        assert_eq!(password(&database, &vault, &account), SEED);
        let twice = bring_back(&mut database, &vault, &account);
        assert!(matches!(twice, Err(Error::Unseeded { .. })));

        put_aside(&mut database, &vault, &account, until).unwrap();
        // A change meanwhile puts what is aside into the history.
        let change = Change { url: Some("https://y".into()), ..Change::default() };
        edit(&mut database, &vault, &account, change).unwrap();
        assert!(!is_stale(&database, before));
        prune(&mut database, before);
        assert!(is_stale(&database, after));
        prune(&mut database, after);
        assert!(!is_stale(&database, after));
        let entry = database.entry(id).unwrap();
        assert_eq!(aside(&entry, before), None);
        let everything = format!("{:?} {:?}", entry.fields, entry.history);
        assert!(!everything.contains("JBSWY3DP"), "{everything}");
        assert!(entry.history.is_some(), "the rest of the history stays");
    }

    #[test]
    fn a_seed_that_keepassxc_wrote_goes_aside_and_leaves_the_password() {
        let (vault, account) = names();
        let mut database = Database::new();
        let password_of = Some(Secret::new("p4ss".into()));
        add(&mut database, &vault, &account, Change { password: password_of, ..Change::default() })
            .unwrap();
        let id = find(&database, &vault, &account).unwrap();
        let mut entry = database.entry_mut(id).unwrap();
        entry.set_protected("TimeOtp-Secret-Base32", "JBSWY3DPEHPK3PXP");
        entry.set_unprotected("TimeOtp-Length", "8");
        put_aside(&mut database, &vault, &account, at("2026-11-29T12:00:00Z")).unwrap();
        assert_eq!(password(&database, &vault, &account), "p4ss");
        assert!(database.entry(id).unwrap().get("TimeOtp-Length").is_none());
        bring_back(&mut database, &vault, &account).unwrap();
        let uri = "otpauth://totp/?secret=JBSWY3DPEHPK3PXP&digits=8";
        assert_eq!(database.entry(id).unwrap().get("otp"), Some(uri));
    }
}
