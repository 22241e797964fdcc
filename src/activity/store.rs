//! The store: SQLite in the state folder, append-only, each row chained to the one before by hash.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{Connection, Sqlite, Transaction};
use tokio::sync::Mutex;

use super::chain::{Columns, Head};
use super::key::{self, Key};
use super::record::{self, Filter, Record};
use super::{Error, Event, Row, Verdict, folder, schema, tally};
use crate::meter::Meter;

/// How long a write waits for other processes' writes, each of which takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The record of a state folder, open for writing. One connection; calls wait for each other.
#[derive(Debug)]
pub struct Store {
    pub(super) record: Record,
    pub(super) state: PathBuf,
    pub(super) key: Key,
    options: SqliteConnectOptions,
    meter: Option<Arc<Meter>>,
}

impl Store {
    /// Opens the record in the folder `state`, and makes both when there is none.
    ///
    /// # Errors
    /// Every [`Error`] but `Row`; nothing is changed then.
    pub async fn open(state: &Path) -> Result<Self, Error> {
        Self::open_within(state, PATIENCE).await
    }

    /// The same, waiting at most `patience` for other processes.
    pub(super) async fn open_within(state: &Path, patience: Duration) -> Result<Self, Error> {
        // Absolute, for SQLite takes a relative `file:x` for a URI.
        let state = std::path::absolute(state).map_err(Error::folder(state))?;
        folder::make(&state).map_err(Error::folder(&state))?;
        let path = record::path(&state);
        // The key first: a key that is seen here was made after its record.
        if key::path(&state).exists() && !path.exists() {
            return Err(Error::Removed { key: key::path(&state), path });
        }
        match folder::new_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(Error::folder(&path)(error));
            }
            _ => {}
        }
        let options =
            record::options(&path).busy_timeout(patience).synchronous(SqliteSynchronous::Full);
        let mut connection = SqliteConnection::connect_with(&options)
            .await
            .map_err(|error| Error::of(&path, error))?;
        if schema::version(&mut connection, &path).await? < schema::LATEST {
            schema::migrate(&mut connection, &state, &path).await?;
        }
        let key = match Key::load(&state)? {
            Some(key) => key,
            None => schema::adopt_key(&mut connection, &state, &path).await?,
        };
        let record = Record { connection: Mutex::new(connection), path, key: Some(key.clone()) };
        Ok(Self { record, state, key, options, meter: None })
    }

    /// The same; what it appends is counted there.
    #[must_use]
    pub fn metered(self, meter: &Arc<Meter>) -> Self {
        Self { meter: Some(Arc::clone(meter)), ..self }
    }

    /// Appends `events` in their order, all or none. Durable when it returns: rows survive the end
    /// of the process and of the machine's power.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::ReadOnly`], [`Error::Locked`], [`Error::Failed`] where the database
    /// does not take them, [`Error::Headless`] where somebody altered it; no row is kept then.
    pub async fn append(&self, events: &[Event]) -> Result<(), Error> {
        let mut connection = self.record.connection.lock().await;
        let mut transaction = self.transaction(&mut connection).await?;
        self.write(&mut transaction, events).await?;
        transaction.commit().await.map_err(|error| Error::of(&self.record.path, error))?;
        if let Some(meter) = &self.meter {
            tally::tally(meter, events);
        }
        Ok(())
    }

    /// Whether the record would take a row now; nothing is kept of it.
    ///
    /// # Errors
    /// As for [`Store::append`], and [`Error::Folder`] where somebody moved the file away.
    pub async fn probe(&self) -> Result<(), Error> {
        let path = &self.record.path;
        // What was moved away can still be written, and nobody would find it.
        std::fs::metadata(path).map_err(Error::folder(path))?;
        let mut connection = self.record.connection.lock().await;
        let mut transaction = self.transaction(&mut connection).await?;
        self.write(&mut transaction, &[]).await?;
        sqlx::query("UPDATE head SET count = count + 1 WHERE id = 1")
            .execute(&mut *transaction)
            .await
            .map_err(|error| Error::of(path, error))?;
        transaction.rollback().await.map_err(|error| Error::of(path, error))
    }

    /// Begins to write, when nobody else does.
    pub(super) async fn transaction<'c>(
        &self,
        connection: &'c mut SqliteConnection,
    ) -> Result<Transaction<'c, Sqlite>, Error> {
        let failed = |error| Error::of(&self.record.path, error);
        if connection.is_in_transaction() {
            // On a full disk SQLite rolls back by itself, and the crate, which then cannot, takes the
            // connection to be in that transaction for ever.
            *connection = SqliteConnection::connect_with(&self.options).await.map_err(failed)?;
        }
        connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)
    }

    /// Appends `events` inside the transaction that `connection` is in.
    pub(super) async fn write(
        &self,
        connection: &mut SqliteConnection,
        events: &[Event],
    ) -> Result<(), Error> {
        let path = &self.record.path;
        let failed = |error| Error::of(path, error);
        let headless = || Error::Headless { path: path.clone() };
        let (mut head, _) = schema::head(connection, path)
            .await?
            .filter(|(head, seal)| self.key.seal_head(head) == *seal)
            .ok_or_else(headless)?;
        // Where rows were cut or put in at the end, the new ones come after both, and the gap or
        // the strangers stay for `verify` to find.
        let last: i64 = sqlx::query_scalar("SELECT ifnull(max(number), 0) FROM activity")
            .fetch_one(&mut *connection)
            .await
            .map_err(failed)?;
        head.count = head.count.max(last);
        for event in events {
            head = self.write_row(connection, head, event).await?;
        }
        if events.is_empty() {
            return Ok(());
        }
        sqlx::query("UPDATE head SET count = ?, hash = ?, seal = ? WHERE id = 1")
            .bind(head.count)
            .bind(head.hash.as_slice())
            .bind(self.key.seal_head(&head).as_slice())
            .execute(connection)
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Writes one row after `head`, and says what the head is then.
    async fn write_row(
        &self,
        connection: &mut SqliteConnection,
        head: Head,
        event: &Event,
    ) -> Result<Head, Error> {
        let path = &self.record.path;
        let number =
            head.count.checked_add(1).ok_or_else(|| Error::Headless { path: path.clone() })?;
        let columns = Columns { number, previous: head.hash.to_vec(), ..Columns::of(event) };
        let hash = columns.digest(number);
        sqlx::query(
            "INSERT INTO activity (number, format, time, session, user, action, vault, safe,
             account, connector, address, reason, client_address, outcome, details, previous, hash,
             seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(number)
        .bind(columns.format)
        .bind(columns.time)
        .bind(columns.session)
        .bind(columns.user)
        .bind(columns.action)
        .bind(columns.vault)
        .bind(columns.safe)
        .bind(columns.account)
        .bind(columns.connector)
        .bind(columns.address)
        .bind(columns.reason)
        .bind(columns.client_address)
        .bind(columns.outcome)
        .bind(columns.details)
        .bind(columns.previous)
        .bind(hash.as_slice())
        .bind(self.key.seal_row(&hash).as_slice())
        .execute(connection)
        .await
        .map_err(|error| Error::of(path, error))?;
        Ok(Head { count: number, hash })
    }

    /// The rows that `filter` lets through, in the order in which they were written.
    ///
    /// # Errors
    /// [`Error::Row`] where somebody made a row unreadable, and what reading a database can meet.
    pub async fn rows(&self, filter: &Filter) -> Result<Vec<Row>, Error> {
        self.record.rows(filter).await
    }

    /// Checks every row, the chain and its end.
    ///
    /// # Errors
    /// What reading a database can meet. What was tampered with is no error but in the verdict.
    pub async fn verify(&self) -> Result<Verdict, Error> {
        self.record.verify().await
    }

    /// The same record, for who only reads.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Closes the database, waiting for its thread. Without it the rows are durable all the same.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn close(self) -> Result<(), Error> {
        self.record.close().await
    }
}
