//! An error of the record: what it did not take or give, in which file, and what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why the record did not take or give what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state folder, or a file in it that is not the database, cannot be made, read or locked.
    #[error("cannot use {path}, which the record needs")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be opened.
    #[error("cannot open the record {path}")]
    Unopened {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Fault,
    },
    /// The file is something else than a record.
    #[error("{path} is not a record of doorward")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was a record once; its pages contradict each other.
    #[error("the record {path} is damaged")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        source: Fault,
    },
    /// Somebody dropped or changed its tables.
    #[error("the tables of the record {path} were altered")]
    Altered {
        /// The file.
        path: PathBuf,
        /// What SQLite misses.
        source: Fault,
    },
    /// A later doorward wrote it.
    #[error("the record {path} has schema {found}, this doorward knows up to {known}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The latest that is known here.
        known: i64,
    },
    /// Another process held the write lock for the whole of the timeout.
    #[error("the record {path} is locked by another process, and did not become free")]
    Locked {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: Fault,
    },
    /// The file, its folder or its disk is read-only.
    #[error("the record {path} cannot be written: it is read-only")]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: Fault,
    },
    /// There is no room for another row.
    #[error("the record {path} cannot be written: the disk is full")]
    Full {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: Fault,
    },
    /// Reading or writing failed in another way.
    #[error("the record {path} cannot be read or written")]
    Failed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Fault,
    },
    /// The key is there and the record is not: somebody removed it.
    #[error("the record {path} was removed: its key {key} is still there")]
    Removed {
        /// Where the record was.
        path: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// The record is there and its key is not, or the key is not one.
    #[error("the record's key {key} is {fault}")]
    Key {
        /// The key's file.
        key: PathBuf,
        /// `missing`, or what is wrong with it.
        fault: &'static str,
    },
    /// The head record, which says where the chain ends, is gone or not sealed with the key.
    #[error("the head of the record {path} was removed or altered")]
    Headless {
        /// The file.
        path: PathBuf,
    },
    /// A row does not hold what doorward writes.
    #[error("row {number} of the record {path} cannot be read: its {column} is not as written")]
    Row {
        /// The file.
        path: PathBuf,
        /// The row; 0 when not even its number can be read.
        number: i64,
        /// The first column that is wrong.
        column: &'static str,
    },
}

impl Error {
    /// What went wrong with the database at `path`, by SQLite's result code
    /// (<https://www.sqlite.org/rescode.html>).
    pub(super) fn of(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        let code = primary_code(&source);
        let source = Fault(source);
        match code {
            Some(1) => Self::Altered { path, source },
            Some(5 | 6) => Self::Locked { path, source },
            Some(8) => Self::ReadOnly { path, source },
            Some(11) => Self::Damaged { path, source },
            Some(13) => Self::Full { path, source },
            Some(14) => Self::Unopened { path, source },
            Some(26) => Self::Foreign { path },
            _ => Self::Failed { path, source },
        }
    }

    /// That `path` cannot be used, because of `source`.
    pub(super) fn folder(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Folder { path, source }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        const MOVED: &str = "another folder can be named with `state:` in the configuration";
        Some(match self {
            Self::Folder { .. } | Self::Unopened { .. } | Self::ReadOnly { .. } => format!(
                "without a record there is no session: make the folder writable for you; {MOVED}"
            ),
            Self::Full { .. } => {
                format!("without a record there is no session: make room on the disk; {MOVED}")
            }
            Self::Failed { .. } => {
                format!("check the disk that it lies on, and the limits of this shell; {MOVED}")
            }
            Self::Foreign { path } => format!(
                "move {} away and doorward makes a record there, or name another folder with \
                 `state:` in the configuration",
                path.display()
            ),
            Self::Damaged { path, .. } | Self::Altered { path, .. } => format!(
                "keep {} as it is, it is evidence; restore the whole state folder from a backup",
                path.display()
            ),
            Self::Newer { .. } => {
                "use the doorward that wrote it, or a later one; nothing was changed".into()
            }
            Self::Locked { path, .. } => format!(
                "end the program that holds it (`fuser {}` names it), then try again",
                path.display()
            ),
            Self::Removed { key, .. } => format!(
                "restore the record from a backup and report that it was gone; only to begin a new \
                 one, move {} away too",
                key.display()
            ),
            Self::Key { key, .. } => format!(
                "restore {} from a backup; only to begin a new record, move the old one out of the \
                 folder",
                key.display()
            ),
            Self::Headless { .. } => {
                "`doorward activity verify` shows what is wrong; keep the state folder as evidence \
                 and restore it from a backup"
                    .into()
            }
            Self::Row { .. } => "`doorward activity verify` checks every row; the other rows can \
                                 be shown with --session, --user or --since"
                .into(),
        })
    }
}

/// What the database said, in one line: the errors of its crate repeat their own causes.
#[derive(Debug)]
pub struct Fault(sqlx::Error);

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_database_error().map(|error| (error.message(), error.code())) {
            Some((message, Some(code))) => write!(f, "{message} (SQLite code {code})"),
            _ => write!(f, "{}", self.0),
        }
    }
}

impl std::error::Error for Fault {}

/// SQLite's primary result code, where the database itself spoke.
pub(super) fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?.parse::<i32>().ok()?;
    Some(code & 0xff)
}
