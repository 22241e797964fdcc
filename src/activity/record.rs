//! A record, open for reading: who used what. It makes nothing where nothing is.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Mutex;

use super::key::{self, Key};
use super::{Action, Error, Row, schema};
use crate::clock::Timestamp;
use crate::name::{AccountRef, SessionId};

/// The record of a state folder, open for reading; it can be read while others write.
#[derive(Debug)]
pub struct Record {
    pub(super) connection: Mutex<SqliteConnection>,
    pub(super) path: PathBuf,
    /// `None` where the key is missing or not for us; then only [`Record::verify`] misses it.
    pub(super) key: Option<Key>,
}

/// Which rows to show: those that fit every field that is given.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this account; without a vault in it, of any vault.
    pub account: Option<AccountRef>,
    /// Of this session.
    pub session: Option<SessionId>,
    /// Of this person.
    pub user: Option<String>,
    /// From this moment on.
    pub since: Option<Timestamp>,
}

/// The record's file in the folder `state`.
pub(super) fn path(state: &Path) -> PathBuf {
    state.join("activity.db")
}

/// The options that reading and writing share.
pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).disable_statement_logging()
}

impl Record {
    /// Opens the record in the folder `state`; `None` where no session was ever asked for.
    ///
    /// # Errors
    /// [`Error::Removed`], [`Error::Foreign`], [`Error::Newer`], [`Error::Unopened`] and what
    /// reading a database can meet.
    pub async fn open(state: &Path) -> Result<Option<Self>, Error> {
        let state = std::path::absolute(state).map_err(Error::folder(state))?;
        let key = match Key::load(&state) {
            // An auditor may be let see the rows and not the key.
            Err(Error::Folder { source, .. }) if source.kind() == ErrorKind::PermissionDenied => {
                None
            }
            loaded => loaded?,
        };
        let path = path(&state);
        let removed = || Error::Removed { path: path.clone(), key: key::path(&state) };
        if !path.try_exists().map_err(Error::folder(&path))? {
            return if key.is_some() { Err(removed()) } else { Ok(None) };
        }
        let (connection, version) = match Self::connect(&path, false).await {
            // Beside a file in write-ahead mode SQLite keeps two more, even to read it. In a folder
            // where it may not make them nobody writes, so the file can be read as it stands.
            Err(Error::Unopened { .. } | Error::ReadOnly { .. }) => {
                Self::connect(&path, true).await
            }
            opened => opened,
        }?;
        match (version, &key) {
            (0, None) => Ok(None),
            (0, Some(_)) => Err(removed()),
            _ => Ok(Some(Self { connection: Mutex::new(connection), path, key })),
        }
    }

    async fn connect(path: &Path, immutable: bool) -> Result<(SqliteConnection, i64), Error> {
        let options = options(path).read_only(true).immutable(immutable);
        let mut connection = SqliteConnection::connect_with(&options)
            .await
            .map_err(|error| Error::of(path, error))?;
        let version = schema::version(&mut connection, path).await?;
        Ok((connection, version))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The rows that `filter` lets through, in the order in which they were written.
    ///
    /// # Errors
    /// [`Error::Row`] where somebody made a row unreadable, and what reading a database can meet.
    pub async fn rows(&self, filter: &Filter) -> Result<Vec<Row>, Error> {
        self.select(filter, None, "ASC", None).await
    }

    /// At most `most` of the rows that `filter` lets through and whose number is below `before`, the newest first.
    ///
    /// # Errors
    /// As for [`Record::rows`].
    pub async fn newest(
        &self,
        filter: &Filter,
        before: Option<i64>,
        most: u32,
    ) -> Result<Vec<Row>, Error> {
        self.select(filter, before, "DESC", Some(most)).await
    }

    /// The rows with one of these actions, in the order in which they were written.
    ///
    /// # Errors
    /// As for [`Record::rows`].
    pub async fn rows_of(&self, actions: &[Action]) -> Result<Vec<Row>, Error> {
        let words: Vec<_> = actions.iter().map(|action| action.word()).collect();
        // The words of actions are letters alone.
        let query = format!(
            "SELECT * FROM activity WHERE action IN ('{}') ORDER BY number",
            words.join("', '")
        );
        let mut connection = self.connection.lock().await;
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| Error::of(&self.path, error))?;
        rows.iter().map(|row| Row::read(&self.path, row)).collect()
    }

    async fn select(
        &self,
        filter: &Filter,
        before: Option<i64>,
        order: &'static str,
        most: Option<u32>,
    ) -> Result<Vec<Row>, Error> {
        let account = filter.account.as_ref();
        let mut connection = self.connection.lock().await;
        let query = format!(
            "SELECT * FROM activity
             WHERE (?1 IS NULL OR session = ?1)
               AND (?2 IS NULL OR user = ?2)
               AND (?3 IS NULL OR time >= ?3)
               AND (?4 IS NULL OR vault = ?4)
               AND (?5 IS NULL OR safe = ?5)
               AND (?6 IS NULL OR account = ?6)
               AND (?7 IS NULL OR number < ?7)
             ORDER BY number {order} LIMIT ?8"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(filter.session.map(|session| session.to_string()))
            .bind(filter.user.as_deref())
            .bind(filter.since.map(Timestamp::as_microsecond))
            .bind(account.and_then(|account| account.vault()).map(ToString::to_string))
            .bind(account.map(|account| account.safe().unwrap_or_default()))
            .bind(account.map(AccountRef::name))
            .bind(before)
            // SQLite takes a negative limit for none.
            .bind(most.map_or(-1, i64::from))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| Error::of(&self.path, error))?;
        rows.iter().map(|row| Row::read(&self.path, row)).collect()
    }

    /// Closes the database, waiting for its thread.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn close(self) -> Result<(), Error> {
        let path = self.path;
        self.connection.into_inner().close().await.map_err(|error| Error::of(&path, error))
    }
}
