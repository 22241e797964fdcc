//! What needs the inside of the store: faults of the database, and crashes while it is made.

use std::path::Path;
use std::time::Duration;

use sqlx::{Connection, Executor};

use super::chain::{Columns, GENESIS};
use super::{Action, Break, Error, Event, Filter, Record, Store, duration, key};
use crate::clock::Timestamp;
use crate::name::SessionId;

fn event(reason: &str) -> Event {
    Event {
        time: "2026-03-01T08:00:00.123456Z".parse().unwrap(),
        session: Some("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()),
        user: "jane".parse().unwrap(),
        action: Action::Connect,
        account: Some("local:web/shop".parse().unwrap()),
        connector: "shop".into(),
        address: "shop.example".into(),
        reason: reason.into(),
        client_address: "local".into(),
        outcome: String::new(),
        details: vec![("logon".into(), "anna".into()), ("first".into(), "\"quoted\"\n".into())],
    }
}

async fn count(store: &Store) -> usize {
    store.rows(&Filter::default()).await.unwrap().len()
}

/// A failure as a newcomer would read it.
fn printed(error: &Error, folder: &Path) -> String {
    let mut text = format!("error: {error}\n");
    if let Some(cause) = std::error::Error::source(error) {
        text += &format!("caused by: {cause}\n");
    }
    text += &format!("help: {}\n", error.help().unwrap());
    text.replace(folder.to_str().unwrap(), "STATE")
}

#[tokio::test]
async fn a_locked_record_says_so_and_takes_rows_again_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_within(folder.path(), Duration::from_millis(20)).await.unwrap();
    let other = Store::open(folder.path()).await.unwrap();
    let mut held = other.record.connection.lock().await;
    let transaction = held.begin_with("BEGIN IMMEDIATE").await.unwrap();

    let error = store.append(&[event("")]).await.unwrap_err();
    assert!(matches!(error, Error::Locked { .. }));
    assert_eq!(
        printed(&error, folder.path()),
        "error: the record STATE/activity.db is locked by another process, and did not become free\n\
         caused by: database is locked (SQLite code 5)\n\
         help: end the program that holds it (`fuser STATE/activity.db` names it), then try again\n"
    );
    let now = Timestamp::UNIX_EPOCH;
    assert!(matches!(store.lease(&[0; 32], 1, now, now).await, Err(Error::Locked { .. })));

    transaction.rollback().await.unwrap();
    store.append(&[event("")]).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn a_full_disk_loses_no_row_and_leaves_no_half_of_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    store.append(&[event("first")]).await.unwrap();
    // SQLite's own limit gives the same answer as a disk without room.
    store.record.connection.lock().await.execute("PRAGMA max_page_count = 1").await.unwrap();

    let large = event(&"x".repeat(100_000));
    let error = store.append(&[event("second"), large]).await.unwrap_err();
    assert!(matches!(error, Error::Full { .. }));
    assert_eq!(
        printed(&error, folder.path()),
        "error: the record STATE/activity.db cannot be written: the disk is full\n\
         caused by: database or disk is full (SQLite code 13)\n\
         help: without a record there is no session: make room on the disk; another folder can be \
         named with `state:` in the configuration\n"
    );
    assert_eq!(count(&store).await, 1);

    store.record.connection.lock().await.execute("PRAGMA max_page_count = 100000").await.unwrap();
    store.append(&[event("second")]).await.unwrap();
    assert_eq!(count(&store).await, 2);
    assert_eq!(store.verify().await.unwrap().breaks, []);
}

#[tokio::test]
async fn a_connection_that_became_read_only_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    store.record.connection.lock().await.execute("PRAGMA query_only = 1").await.unwrap();
    let error = store.append(&[event("")]).await.unwrap_err();
    assert!(printed(&error, folder.path()).starts_with(
        "error: the record STATE/activity.db cannot be written: it is read-only\n\
         caused by: attempt to write a readonly database (SQLite code 8)\n"
    ));
}

/// A maker that dies leaves one of these; each is completed by the next start.
#[tokio::test]
async fn a_crash_while_the_record_is_made_is_made_good() {
    // Before the first write.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("activity.db"), b"").unwrap();
    std::fs::write(folder.path().join("activity.key.new"), b"12").unwrap();
    assert!(Record::open(folder.path()).await.unwrap().is_none());
    let store = Store::open(folder.path()).await.unwrap();
    store.append(&[event("")]).await.unwrap();
    let lease_key = *store.lease_key();
    drop(store);

    // Between the commit and the rename.
    let pending = folder.path().join("activity.key.new");
    std::fs::rename(key::path(folder.path()), &pending).unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    assert_eq!(*store.lease_key(), lease_key);
    assert!(!pending.exists());
    store.append(&[event("")]).await.unwrap();
    let verdict = store.verify().await.unwrap();
    assert_eq!((verdict.rows, verdict.breaks), (2, vec![]));
}

#[tokio::test]
async fn what_was_removed_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    store.append(&[event("")]).await.unwrap();
    store.close().await.unwrap();
    let (path, key) = (folder.path().join("activity.db"), key::path(folder.path()));
    let kept = std::fs::read(&path).unwrap();
    let gone = "error: the record STATE/activity.db was removed: its key STATE/activity.key is still \
                there\nhelp: restore the record from a backup and report that it was gone; only to \
                begin a new one, move STATE/activity.key away too\n";

    std::fs::remove_file(&path).unwrap();
    let error = Store::open(folder.path()).await.unwrap_err();
    assert_eq!(printed(&error, folder.path()), gone);
    let error = Record::open(folder.path()).await.unwrap_err();
    assert_eq!(printed(&error, folder.path()), gone);
    assert!(!path.exists(), "a removed record was made anew");

    std::fs::write(&path, b"").unwrap();
    assert_eq!(printed(&Store::open(folder.path()).await.unwrap_err(), folder.path()), gone);
    assert_eq!(printed(&Record::open(folder.path()).await.unwrap_err(), folder.path()), gone);

    std::fs::write(&path, kept).unwrap();
    std::fs::remove_file(&key).unwrap();
    assert_eq!(
        printed(&Store::open(folder.path()).await.unwrap_err(), folder.path()),
        "error: the record's key STATE/activity.key is missing\nhelp: restore STATE/activity.key from \
         a backup; only to begin a new record, move the old one out of the folder\n"
    );
    let record = Record::open(folder.path()).await.unwrap().unwrap();
    assert_eq!(record.rows(&Filter::default()).await.unwrap().len(), 1);
    assert_eq!(record.verify().await.unwrap().breaks, [Break::KeyMissing]);
}

/// Records outlive versions of doorward: the hash of a row must not change with the code.
#[test]
fn the_encoding_of_a_row_is_fixed() {
    let columns = Columns { previous: GENESIS.to_vec(), ..Columns::of(&event("audit")) };
    assert_eq!(columns.details, r#"{"logon":"anna","first":"\"quoted\"\n"}"#);
    let hash = "859070036d685edf06f18ef6d80a97ff0afbc93efdb6c4f16009d714e4010e5b";
    assert_eq!(data_encoding::HEXLOWER.encode(&columns.digest(1)), hash);
}

/// Every column counts, and no text can move from one column into the next.
#[test]
fn no_two_rows_hash_alike() {
    let base = Columns { previous: GENESIS.to_vec(), ..Columns::of(&event("audit")) };
    let mut hashes = vec![base.digest(1), base.digest(2)];
    let changes: [fn(&mut Columns); 17] = [
        |c| c.format = 2,
        |c| c.time += 1,
        |c| c.session.push('0'),
        |c| c.user.push('0'),
        |c| c.action.push('0'),
        |c| c.vault.push('0'),
        |c| c.safe.push('0'),
        |c| c.account.push('0'),
        |c| c.connector.push('0'),
        |c| c.address.push('0'),
        |c| c.reason.push('0'),
        |c| c.client_address.push('0'),
        |c| c.outcome.push('0'),
        |c| c.details.push('0'),
        |c| c.previous[31] = 1,
        |c| c.connector = format!("{}{}", c.connector, std::mem::take(&mut c.address)),
        |c| c.account = format!("{}{}", c.account, std::mem::take(&mut c.connector)),
    ];
    for change in changes {
        let mut columns = base.clone();
        change(&mut columns);
        hashes.push(columns.digest(1));
    }
    let all = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), all);
}

#[test]
fn durations_have_milliseconds() {
    for (milliseconds, text) in [
        (0, "0.000s"),
        (7_125, "7.125s"),
        (999, "0.999s"),
        (360_000_001, "360000.001s"),
        (-5, "0.000s"),
    ] {
        let start = Timestamp::from_second(1_000_000).unwrap();
        let end = Timestamp::from_millisecond(1_000_000_000 + milliseconds).unwrap();
        assert_eq!(duration(start, end), text);
    }
}

#[tokio::test]
async fn refusals_count_from_the_last_code_that_was_not_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let at = |second| Timestamp::from_second(second).unwrap();
    let id = [1; 32];
    // Each step leases the code of a counter at a moment; then refused or not; then the count.
    for (counter, second, refused, expected) in [
        (10, 300, true, 1),
        (11, 330, true, 2),
        (12, 360, false, 0),
        (13, 390, true, 1),
        (15, 450, true, 2),
    ] {
        store.lease(&id, counter, at(second), at(second + 30)).await.unwrap();
        if refused {
            store.refused(&id, counter).await.unwrap();
        }
        assert_eq!(store.refusals(&id, at(0)).await.unwrap(), expected, "after {counter}");
    }
    assert_eq!(store.refusals(&id, at(400)).await.unwrap(), 1, "the older one is not asked for");
    assert_eq!(store.refusals(&[2; 32], at(0)).await.unwrap(), 0, "another secret");

    let day = 24 * 60 * 60;
    store.lease(&[2; 32], 1, at(480 + day + 1), at(520 + day)).await.unwrap();
    assert_eq!(store.refusals(&id, at(0)).await.unwrap(), 0, "what expired a day ago is pruned");
}

#[tokio::test]
async fn marks_that_nobody_holds_are_removed_and_those_of_the_living_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (mine, dead) = (SessionId::fresh(), SessionId::fresh());
    let live = store.begin(mine).await.unwrap();
    let marks = folder.path().join("live");
    std::fs::write(marks.join(dead.to_string()), b"").unwrap();
    std::fs::write(marks.join(format!("{dead}.new")), b"").unwrap();
    store.close_interrupted(Timestamp::UNIX_EPOCH).await.unwrap();
    let left = || {
        let names = std::fs::read_dir(&marks).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(left(), [mine.to_string()]);
    drop(live);
    assert_eq!(left(), [""; 0]);
}
