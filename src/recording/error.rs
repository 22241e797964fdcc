//! An error of a recording: what was not written or read, in which file, and what to do.

use std::io;
use std::path::PathBuf;

/// Why a recording was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder or a file in it cannot be made or written.
    #[error("the recording {} cannot be written", .path.display())]
    Unwritten {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody removed a file while it was needed: the recording, or the record that it is sealed in.
    #[error("{} is gone", .path.display())]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// More happens than the disk takes.
    #[error("the recording {} cannot keep up with the session: its disk is too slow", .path.display())]
    Behind {
        /// The file.
        path: PathBuf,
    },
    /// It was not encrypted.
    #[error("the recording {} cannot be encrypted: {why}", .path.display())]
    Unencrypted {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The folder or a file in it cannot be read.
    #[error("cannot read the recording {}", .path.display())]
    Unread {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It does not hold what it should.
    #[error("piece {piece} of the recording {} {fault}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The piece, from 0.
        piece: usize,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// It has not even one piece.
    #[error("{} is no recording of doorward", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// None of the keys opens it.
    #[error("none of these keys opens the recording {}", .path.display())]
    WrongKey {
        /// The file.
        path: PathBuf,
    },
    /// The file of keys cannot be read.
    #[error("cannot read the keys in {}", .path.display())]
    KeysUnread {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds no keys, or something else besides. Nothing of it is quoted: it may be half a key.
    #[error("{} {fault}", .path.display())]
    NoKeys {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
}

impl Error {
    /// Why, in a few words for people who need not know where the file is.
    pub fn why(&self) -> String {
        match self {
            Self::Unwritten { source, .. } | Self::Unread { source, .. } => source.to_string(),
            Self::Gone { .. } => "somebody removed its file, or the record".to_owned(),
            Self::Behind { .. } => "its disk is too slow".to_owned(),
            error => error.to_string(),
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Unwritten { .. } => {
                "without its recording there is no session: make room on the disk, and the folder writable for doorward; another folder can be named with `state:` in the configuration".into()
            }
            Self::Gone { .. } => {
                "nobody may move or remove what doorward writes while sessions run; `doorward recording verify` says what is missing".into()
            }
            Self::Behind { .. } => "put the state folder on a faster disk, or allow fewer sessions at once".into(),
            Self::Unencrypted { .. } => {
                "check `recording.recipients` in the configuration; `doorward recording key` makes a pair of keys".into()
            }
            Self::Unread { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "`doorward recording list` shows those that are there".into()
            }
            Self::Unread { .. } => "may you read it? `ls -l` shows whose it is".into(),
            Self::Damaged { .. } => {
                "`doorward recording verify` says what was altered, and where; keep the file, it is evidence".into()
            }
            Self::Foreign { .. } => {
                "`doorward recording list` shows the recordings; files beside them are none of doorward's".into()
            }
            Self::WrongKey { .. } => {
                "the secret key has to belong to one of `recording.recipients` at the time of the session; `RecordingBegun` in `doorward activity --session ID` names them".into()
            }
            Self::KeysUnread { .. } => {
                "--identity names the file that `doorward recording key` or `age-keygen` wrote".into()
            }
            Self::NoKeys { .. } => {
                "it has a line `AGE-SECRET-KEY-1…` for each key, and comments behind `#`, as `doorward recording key` and `age-keygen` write it; one that a passphrase locks is opened with `age -d` first".into()
            }
        })
    }
}
