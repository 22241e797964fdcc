//! The store: SQLite in the state folder, append-only, each row chained to the one before by hash.

use std::path::{Path, PathBuf};

use super::Event;
use crate::clock::Timestamp;
use crate::name::SessionId;

/// The record of a state folder.
#[derive(Debug)]
pub struct Store {}

/// A row of the record: an event in its place in the chain.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number, from 1 without gaps.
    pub number: i64,
    /// The event's columns as they are kept.
    pub event: Event,
}

/// Which rows to show.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this account.
    pub account: Option<crate::name::AccountRef>,
    /// Of this session.
    pub session: Option<SessionId>,
    /// Of this person.
    pub user: Option<String>,
    /// From this moment on.
    pub since: Option<Timestamp>,
}

/// Why the store did not take or give a row.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be opened.
    #[error("cannot open the record {path}")]
    Unopened {
        /// The file.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
}

impl Error {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        None
    }
}

impl Store {
    /// Opens the record in `state`, and makes it when there is none.
    ///
    /// # Errors
    /// [`Error::Unopened`].
    pub async fn open(_state: &Path) -> Result<Self, Error> {
        Ok(Self {})
    }
}
