//! The schema of the record, its versions, and how a record of an older one is brought up.

use std::path::Path;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor};

use super::Error;
use super::chain::{Hash, Head};
use super::error::primary_code;
use super::key::{self, Key};

/// The steps from an empty file to the schema of today; the number of those done is the file's
/// `user_version`.
const STEPS: [&str; 2] = [include_str!("schema.sql"), include_str!("search.sql")];

/// `application_id` of a record: `door` in ASCII.
const APPLICATION: i64 = 0x646f_6f72;

/// The schema of today.
pub(super) const LATEST: i64 = STEPS.len() as i64;

/// How far the schema of the file at `path` is: 0 for an empty file.
pub(super) async fn version(connection: &mut SqliteConnection, path: &Path) -> Result<i64, Error> {
    let (version, application, objects): (i64, i64, i64) = sqlx::query_as(
        "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)
         FROM pragma_user_version, pragma_application_id",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| Error::of(path, error))?;
    match (version, application, objects) {
        (0, 0, 0) => Ok(0),
        (found, APPLICATION, _) if found > LATEST => {
            Err(Error::Newer { path: path.to_owned(), found, known: LATEST })
        }
        (version, APPLICATION, _) if version > 0 => Ok(version),
        _ => Err(Error::Foreign { path: path.to_owned() }),
    }
}

/// Brings the file at `path` to the schema of today, and makes the key of a record that is new.
/// Several processes may do so at once; one does it, the others find it done.
pub(super) async fn migrate(
    connection: &mut SqliteConnection,
    state: &Path,
    path: &Path,
) -> Result<(), Error> {
    let failed = |error| Error::of(path, error);
    write_ahead(connection).await.map_err(failed)?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let found = version(&mut transaction, path).await?;
    let key = match found {
        0 if key::path(state).exists() => {
            return Err(Error::Removed { path: path.to_owned(), key: key::path(state) });
        }
        0 => Some(Key::create(state)?),
        _ => None,
    };
    for (step, next) in STEPS.iter().zip(1_i64..).filter(|(_, next)| *next > found) {
        transaction.execute(*step).await.map_err(failed)?;
        let done = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {next}"));
        transaction.execute(done).await.map_err(failed)?;
    }
    if let Some(key) = key {
        let head = Head::EMPTY;
        sqlx::query("INSERT INTO head (id, count, hash, seal) VALUES (1, ?, ?, ?)")
            .bind(head.count)
            .bind(head.hash.as_slice())
            .bind(key.seal_head(&head).as_slice())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)?;
    if found == 0 { Key::settle(state) } else { Ok(()) }
}

/// Turns write-ahead logging on, so that readers and a writer do not wait for each other. SQLite
/// does not wait for other processes here, so where one is at work its transaction is waited for.
async fn write_ahead(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    loop {
        match connection.execute("PRAGMA journal_mode = WAL").await {
            Err(error) if primary_code(&error) == Some(5) => {
                connection.begin_with("BEGIN IMMEDIATE").await?.rollback().await?;
            }
            Err(error) => return Err(error),
            Ok(_) => return Ok(()),
        }
    }
}

/// The key of a record whose maker died between making it and renaming the key.
pub(super) async fn adopt_key(
    connection: &mut SqliteConnection,
    state: &Path,
    path: &Path,
) -> Result<Key, Error> {
    let failed = |error| Error::of(path, error);
    let transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    // Only one process at a time is here, so either another has moved the key, or we do.
    let key = match Key::load_pending(state)? {
        Some(_) => {
            Key::settle(state)?;
            Key::load(state)?
        }
        None => Key::load(state)?,
    };
    transaction.rollback().await.map_err(failed)?;
    key.ok_or_else(|| Error::Key { key: key::path(state), fault: "missing" })
}

/// The head with its seal, or `None` when it is gone or not of its type.
pub(super) async fn head(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<Option<(Head, Hash)>, Error> {
    let row: Option<(i64, Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT count, hash, seal FROM head WHERE id = 1")
            .fetch_optional(connection)
            .await
            .map_err(|error| Error::of(path, error))?;
    Ok(row.and_then(|(count, hash, seal)| {
        Some((Head { count, hash: hash.try_into().ok()? }, seal.try_into().ok()?))
    }))
}
