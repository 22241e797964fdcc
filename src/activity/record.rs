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
    /// Of sessions that used this account as a linked one: their rows on every account.
    pub linked: Option<AccountRef>,
    /// Of this connector: its id.
    pub connector: Option<String>,
    /// With this action.
    pub action: Option<Action>,
    /// Of this session.
    pub session: Option<SessionId>,
    /// Of this person.
    pub user: Option<String>,
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

/// What a row is asked for, in the language of the database, with its values in their order.
#[derive(Default)]
struct Wanted {
    conditions: Vec<String>,
    values: Vec<Value>,
}

/// A value in a condition.
enum Value {
    Text(String),
    Number(i64),
}

impl Wanted {
    /// Only what is asked for stands in it: then an index is used.
    fn of(filter: &Filter) -> Self {
        let mut wanted = Self::default();
        let Filter { account, linked, connector, action, session, user, since, until } = filter;
        if let Some(session) = session {
            wanted.is("session =", Value::Text(session.to_string()));
        }
        if let Some(user) = user {
            wanted.is("user =", Value::Text(user.clone()));
        }
        if let Some(connector) = connector {
            wanted.is("connector =", Value::Text(connector.clone()));
        }
        if let Some(action) = action {
            wanted.is("action =", Value::Text(action.word().to_owned()));
        }
        if let Some(since) = since {
            wanted.is("time >=", Value::Number(since.as_microsecond()));
        }
        if let Some(until) = until {
            wanted.is("time <", Value::Number(until.as_microsecond()));
        }
        if let Some(account) = account {
            wanted.is_of(account);
        }
        if let Some(linked) = linked {
            // Each row on a linked account names its target.
            let mut inner = Self::default();
            inner.is_of(linked);
            wanted.conditions.push(format!(
                "session IN (SELECT session FROM activity WHERE {}
                             AND json_extract(details, '$.target') IS NOT NULL)",
                inner.conditions.join(" AND ")
            ));
            wanted.values.append(&mut inner.values);
        }
        wanted
    }

    fn is(&mut self, condition: &str, value: Value) {
        self.conditions.push(format!("{condition} ?"));
        self.values.push(value);
    }

    fn is_of(&mut self, account: &AccountRef) {
        self.is("account =", Value::Text(account.name().to_owned()));
        self.is("safe =", Value::Text(account.safe().unwrap_or_default().to_owned()));
        if let Some(vault) = account.vault() {
            self.is("vault =", Value::Text(vault.to_string()));
        }
    }
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
        self.select(Wanted::of(filter), "ASC", None).await
    }

    /// At most `most` of the rows that `filter` lets through and whose number is above `after`, in the order in which
    /// they were written.
    ///
    /// # Errors
    /// As for [`Record::rows`].
    pub async fn following(
        &self,
        filter: &Filter,
        after: i64,
        most: u32,
    ) -> Result<Vec<Row>, Error> {
        let mut wanted = Wanted::of(filter);
        wanted.is("number >", Value::Number(after));
        self.select(wanted, "ASC", Some(most)).await
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
        let mut wanted = Wanted::of(filter);
        if let Some(before) = before {
            wanted.is("number <", Value::Number(before));
        }
        self.select(wanted, "DESC", Some(most)).await
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
        wanted: Wanted,
        order: &'static str,
        most: Option<u32>,
    ) -> Result<Vec<Row>, Error> {
        let Wanted { conditions, values } = wanted;
        let conditions = match conditions.is_empty() {
            true => "TRUE".to_owned(),
            false => conditions.join(" AND "),
        };
        let query =
            format!("SELECT * FROM activity WHERE {conditions} ORDER BY number {order} LIMIT ?");
        // Texts of our own alone; what people gave is bound.
        let mut query = sqlx::query(sqlx::AssertSqlSafe(query));
        for value in values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
            };
        }
        let mut connection = self.connection.lock().await;
        let rows = query
            // SQLite takes a negative limit for none.
            .bind(most.map_or(-1, i64::from))
            .fetch_all(&mut *connection)
            .await
            .map_err(|error| Error::of(&self.path, error))?;
        rows.iter().map(|row| Row::read(&self.path, row)).collect()
    }

    /// How many rows there are, and when the last of them was written.
    ///
    /// # Errors
    /// What reading a database can meet.
    pub async fn extent(&self) -> Result<(u64, Option<Timestamp>), Error> {
        let mut connection = self.connection.lock().await;
        let last: Option<(i64, i64)> =
            sqlx::query_as("SELECT number, time FROM activity ORDER BY number DESC LIMIT 1")
                .fetch_optional(&mut *connection)
                .await
                .map_err(|error| Error::of(&self.path, error))?;
        Ok(last.map_or((0, None), |(number, time)| {
            (number.try_into().unwrap_or(0), Timestamp::from_microsecond(time).ok())
        }))
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
