//! Tampering: whatever is done to the file, `verify` names the row.

use doorward::activity::Store;
use sqlx::{Connection, Row as _};

use super::{all, event, raw, record, tamper};

/// What is done to a record of six rows, written at 08:00:01 to 08:00:06, and what is found.
const CASES: &[(&str, &[&str])] = &[
    ("", &[]),
    // Removed.
    (
        "DELETE FROM activity WHERE number = 1",
        &["row 1 was removed, before 2026-03-01T08:00:02Z"],
    ),
    (
        "DELETE FROM activity WHERE number = 3",
        &["row 3 was removed, between 2026-03-01T08:00:02Z and 2026-03-01T08:00:04Z"],
    ),
    (
        "DELETE FROM activity WHERE number IN (2, 3, 5)",
        &[
            "rows 2 to 3 were removed, between 2026-03-01T08:00:01Z and 2026-03-01T08:00:04Z",
            "row 5 was removed, between 2026-03-01T08:00:04Z and 2026-03-01T08:00:06Z",
        ],
    ),
    (
        "DELETE FROM activity WHERE number = 6",
        &["row 6 was cut off at the end, after 2026-03-01T08:00:05Z"],
    ),
    (
        "DELETE FROM activity WHERE number > 3",
        &["rows 4 to 6 were cut off at the end, after 2026-03-01T08:00:03Z"],
    ),
    ("DELETE FROM activity", &["rows 1 to 6 were cut off at the end, and no row is left"]),
    // Removed, and the others numbered anew so that no gap shows.
    (
        "DELETE FROM activity WHERE number = 4;
         UPDATE activity SET number = 4 WHERE number = 5; UPDATE activity SET number = 5 WHERE number = 6",
        &[
            "row 4 was removed, between 2026-03-01T08:00:03Z and 2026-03-01T08:00:05Z",
            "row 4 (2026-03-01T08:00:05Z) was moved: it was written as row 5",
            "row 5 (2026-03-01T08:00:06Z) was moved: it was written as row 6",
        ],
    ),
    // Inserted.
    (
        "INSERT INTO activity SELECT 7, format, time + 1000000, session, user, action, vault, safe,
           account, connector, address, reason, client_address, outcome, details, hash, hash, seal
         FROM activity WHERE number = 6",
        &["row 7 (2026-03-01T08:00:07Z) was inserted: doorward did not write it there"],
    ),
    (
        "INSERT INTO activity SELECT 0, format, time, session, user, action, vault, safe, account,
           connector, address, reason, client_address, outcome, details, previous, hash, seal
         FROM activity WHERE number = 1",
        &["row 0 (2026-03-01T08:00:01Z) was inserted: doorward did not write it there"],
    ),
    (
        "UPDATE activity SET number = -number WHERE number > 4;
         UPDATE activity SET number = 1 - number WHERE number < 0;
         INSERT INTO activity SELECT 5, format, time, session, 'eve', action, vault, safe, account,
           connector, address, reason, client_address, outcome, details, previous, hash, seal
         FROM activity WHERE number = 4",
        &[
            "row 5 (2026-03-01T08:00:04Z) was inserted: doorward did not write it there",
            "row 6 (2026-03-01T08:00:05Z) was moved: it was written as row 5",
            "row 7 (2026-03-01T08:00:06Z) was moved: it was written as row 6",
        ],
    ),
    // Reordered.
    (
        "UPDATE activity SET number = -1 WHERE number = 3; UPDATE activity SET number = 3 WHERE number = 5;
         UPDATE activity SET number = 5 WHERE number = -1",
        &[
            "row 3 (2026-03-01T08:00:05Z) was moved: it was written as row 5",
            "row 5 (2026-03-01T08:00:03Z) was moved: it was written as row 3",
        ],
    ),
    (
        "UPDATE activity SET number = 70 WHERE number = 6",
        &["row 70 (2026-03-01T08:00:06Z) was moved: it was written as row 6"],
    ),
    // Changed: one row, several rows, a row and what is behind it.
    (
        "UPDATE activity SET user = 'eve' WHERE number IN (2, 6)",
        &[
            "row 2 (2026-03-01T08:00:02Z) was changed",
            "row 6 (2026-03-01T08:00:06Z) was changed",
        ],
    ),
    (
        "UPDATE activity SET user = 'eve' WHERE number = 4; DELETE FROM activity WHERE number > 4",
        &[
            "row 4 (2026-03-01T08:00:04Z) was changed",
            "rows 5 to 6 were cut off at the end, after 2026-03-01T08:00:04Z",
        ],
    ),
    // The head.
    (
        "DELETE FROM head",
        &["the head is missing: rows may have been cut off at the end, and nothing can show it"],
    ),
    (
        "DROP TABLE head",
        &["the head is missing: rows may have been cut off at the end, and nothing can show it"],
    ),
    (
        "UPDATE head SET hash = x'00'",
        &["the head is missing: rows may have been cut off at the end, and nothing can show it"],
    ),
    (
        "DELETE FROM activity WHERE number = 6; UPDATE head SET count = 5,
           hash = (SELECT hash FROM activity WHERE number = 5), seal = (SELECT seal FROM activity WHERE number = 5)",
        &["the head was altered: rows may have been cut off at the end, and nothing can show it"],
    ),
    // The table made anew without its rules.
    (
        "CREATE TABLE loose AS SELECT * FROM activity; DROP TABLE activity;
         ALTER TABLE loose RENAME TO activity; UPDATE activity SET user = 5 WHERE number = 3",
        &["row 3 (2026-03-01T08:00:03Z) was changed"],
    ),
    (
        "CREATE TABLE loose AS SELECT * FROM activity; DROP TABLE activity;
         ALTER TABLE loose RENAME TO activity; INSERT INTO activity SELECT * FROM activity WHERE number = 2",
        &["row 2 (2026-03-01T08:00:02Z) was inserted: doorward did not write it there"],
    ),
];

#[tokio::test]
async fn verify_names_what_was_done() {
    for (sql, expected) in CASES {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path(), 6).await;
        tamper(folder.path(), sql).await;
        let store = Store::open(folder.path()).await.unwrap();
        let verdict = store.verify().await.unwrap();
        let found: Vec<String> = verdict.breaks.iter().map(ToString::to_string).collect();
        assert_eq!(found, *expected, "after {sql}");
    }
}

#[tokio::test]
async fn verify_misses_no_column() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), 3).await;
    let kept = std::fs::read(folder.path().join("activity.db")).unwrap();
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info('activity')")
        .fetch_all(&mut raw(folder.path()).await)
        .await
        .unwrap();
    assert_eq!(columns.len(), 18, "a new column: does the hash cover it?");
    for column in columns.iter().filter(|column| *column != "number") {
        std::fs::write(folder.path().join("activity.db"), &kept).unwrap();
        let value = match column.as_str() {
            "format" | "time" => format!("{column} + 60000000"),
            "previous" | "hash" | "seal" => "randomblob(32)".to_owned(),
            _ => format!("{column} || ' '"),
        };
        tamper(folder.path(), &format!("UPDATE activity SET {column} = {value} WHERE number = 2"))
            .await;
        let verdict = Store::open(folder.path()).await.unwrap().verify().await.unwrap();
        let found: Vec<String> = verdict.breaks.iter().map(ToString::to_string).collect();
        let time = if column == "time" { "08:01:02" } else { "08:00:02" };
        assert_eq!(found, [format!("row 2 (2026-03-01T{time}Z) was changed")], "{column}");
    }
}

/// A forger who knows how hashes are made, and has not the key: every row from there on is found.
#[tokio::test]
async fn a_chain_that_was_hashed_anew_is_found() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), 4).await;
    let rows = sqlx::query("SELECT * FROM activity")
        .fetch_all(&mut raw(folder.path()).await)
        .await
        .unwrap();
    let mut sql = String::from("UPDATE activity SET user = 'eve' WHERE number = 3;");
    let mut previous: Vec<u8> = rows[1].get("hash");
    for row in &rows[2..] {
        let number: i64 = row.get("number");
        let mut fields = vec![b"doorward activity row".to_vec()];
        for column in ["format", "number", "time"] {
            fields.push(row.get::<i64, _>(column).to_be_bytes().to_vec());
        }
        for column in [
            "session",
            "user",
            "action",
            "vault",
            "safe",
            "account",
            "connector",
            "address",
            "reason",
            "client_address",
            "outcome",
            "details",
        ] {
            let text = if column == "user" && number == 3 { "eve" } else { row.get(column) };
            fields.push(text.as_bytes().to_vec());
        }
        fields.push(previous.clone());
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        for field in fields {
            context.update(&(field.len() as u64).to_be_bytes());
            context.update(&field);
        }
        let hash = context.finish().as_ref().to_vec();
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        sql += &format!(
            "UPDATE activity SET previous = x'{}', hash = x'{}' WHERE number = {number};",
            hex(&previous),
            hex(&hash)
        );
        previous = hash;
    }
    tamper(folder.path(), &sql).await;
    let verdict = Store::open(folder.path()).await.unwrap().verify().await.unwrap();
    let found: Vec<String> = verdict.breaks.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["row 3 (2026-03-01T08:00:03Z) was changed", "row 4 (2026-03-01T08:00:04Z) was changed"]
    );
}

/// What comes after must not make good what was done before.
#[tokio::test]
async fn rows_that_are_appended_later_heal_nothing() {
    for (sql, expected) in [
        (
            "DELETE FROM activity WHERE number > 3",
            "rows 4 to 5 were removed, between 2026-03-01T08:00:03Z and 2026-03-01T08:00:09Z",
        ),
        ("UPDATE activity SET user = 'eve' WHERE number = 5", "row 5 (2026-03-01T08:00:05Z) was changed"),
        (
            "INSERT INTO activity SELECT 6, format, time, session, user, action, vault, safe, account,
               connector, address, reason, client_address, outcome, details, hash, hash, seal
             FROM activity WHERE number = 5",
            "row 6 (2026-03-01T08:00:05Z) was inserted: doorward did not write it there",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path(), 5).await;
        tamper(folder.path(), sql).await;
        let store = Store::open(folder.path()).await.unwrap();
        store.append(&[event(9)]).await.unwrap();
        store.append(&[event(10)]).await.unwrap();
        let found: Vec<String> =
            store.verify().await.unwrap().breaks.iter().map(ToString::to_string).collect();
        assert_eq!(found, [expected], "after {sql}");
    }
    for sql in ["DELETE FROM head", "UPDATE head SET count = 4", "DROP TABLE head"] {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path(), 5).await;
        tamper(folder.path(), sql).await;
        let store = Store::open(folder.path()).await.unwrap();
        assert!(store.append(&[event(9)]).await.is_err(), "a new head hides what {sql} did");
        assert_eq!(all(&store).await.len(), 5);
    }
}

/// An earlier head, put back, does not cover the rows behind it.
#[tokio::test]
async fn an_old_head_is_found() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), 2).await;
    tamper(folder.path(), "CREATE TABLE kept AS SELECT * FROM head").await;
    record(folder.path(), 2).await;
    tamper(folder.path(), "DELETE FROM head; INSERT INTO head SELECT * FROM kept").await;
    let verdict = Store::open(folder.path()).await.unwrap().verify().await.unwrap();
    let found: Vec<String> = verdict.breaks.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["the head is an old one: it knows of 2 rows, and there are genuine ones behind"]
    );
}

/// The database itself refuses what is no append; `verify` is for those who drop its triggers.
#[tokio::test]
async fn triggers_refuse_changes() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), 3).await;
    let mut connection = raw(folder.path()).await;
    for sql in [
        "UPDATE activity SET user = 'eve'",
        "UPDATE activity SET number = 9 WHERE number = 3",
        "DELETE FROM activity WHERE number = 2",
        "INSERT OR REPLACE INTO activity SELECT * FROM activity WHERE number = 2",
        "INSERT INTO activity SELECT 0, format, time, session, user, action, vault, safe, account,
           connector, address, reason, client_address, outcome, details, previous, hash, seal
         FROM activity WHERE number = 2",
        "DELETE FROM head",
        "UPDATE head SET count = 2",
    ] {
        let error = sqlx::raw_sql(sql).execute(&mut connection).await.unwrap_err().to_string();
        assert!(error.contains("the record is append-only"), "{sql}: {error}");
    }
    connection.close().await.unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    assert_eq!(store.verify().await.unwrap().breaks, []);
}
