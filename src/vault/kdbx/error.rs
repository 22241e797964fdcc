//! What can go wrong with a KDBX file. No variant holds anything that was inside it.

use std::path::PathBuf;

/// Why a KDBX file could not be opened, made or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no file.
    #[error("there is no file {path}")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The system does not let us read it.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is something else.
    #[error("{path} is not a KeePass database")]
    NotKeePass {
        /// The file.
        path: PathBuf,
    },
    /// A KeePass database of a version that is not read.
    #[error("{path} is a KeePass database of version {version}, which doorward does not read")]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// `1`, or what its header says.
        version: String,
    },
    /// It ends too early.
    #[error("{path} is cut off: it ends in the middle")]
    CutOff {
        /// The file.
        path: PathBuf,
    },
    /// Its checksums do not hold, or what they guard cannot be understood.
    #[error("{path} is damaged or was altered: {part} cannot be trusted")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What of it.
        part: &'static str,
    },
    /// Opening it would take more memory or time than any real vault asks for.
    #[error("{path} asks for a key derivation beyond all measure ({measure})")]
    TooCostly {
        /// The file.
        path: PathBuf,
        /// What is too much.
        measure: &'static str,
    },
    /// The key does not open it.
    #[error("{key} does not open {path}")]
    WrongKey {
        /// The file.
        path: PathBuf,
        /// Which key: "the password", "the key file …", or both.
        key: String,
        /// Whether damage would look the same (KDBX 3 has no checksum over its key).
        or_damaged: bool,
    },
    /// The key could not be had.
    #[error(transparent)]
    Key(#[from] super::key::Error),
    /// A file in the old format.
    #[error("{path} is in the old format KDBX 3, which doorward reads and does not write")]
    OldFormat {
        /// The file.
        path: PathBuf,
    },
    /// An entry whose fields stand in an order that is not understood.
    #[error(
        "{path} holds an entry that its last program wrote in a disorder: a field behind the history"
    )]
    Scrambled {
        /// The file.
        path: PathBuf,
    },
    /// A new vault would take the place of a file.
    #[error("{path} exists, and is not overwritten")]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
    /// The system does not let us write.
    #[error("cannot {step} {path}")]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: a verb.
        step: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The changed database did not read back as it was meant.
    #[error("{path} would lose something by being written, so it was left as it is")]
    Unfaithful {
        /// The file.
        path: PathBuf,
    },
    /// Encrypting failed.
    #[error("cannot encrypt {path}")]
    Encrypt {
        /// The file.
        path: PathBuf,
        /// Why.
        source: keepass::error::DatabaseSaveError,
    },
    /// The reader of KDBX files broke down.
    #[error("internal error: reading {path} broke down")]
    Broken {
        /// The file.
        path: PathBuf,
    },
}

impl Error {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::Missing { .. } => {
                "`doorward vault init` makes it; or correct `path` in the configuration"
            }
            Self::Unreadable { source, .. } | Self::Unwritable { source, .. } => {
                match source.kind() {
                    std::io::ErrorKind::PermissionDenied => {
                        "the vault belongs to another user: run doorward as that user, or give this one the rights"
                    }
                    std::io::ErrorKind::StorageFull => {
                        "make room on the disk; the vault is as it was"
                    }
                    _ => return None,
                }
            }
            Self::NotKeePass { .. } => {
                "`path` has to name a .kdbx file; `doorward vault init` makes one"
            }
            Self::UnknownVersion { .. } => {
                "open it in KeePassXC and save it as KDBX 4 (a KeePass 1 file: Database, Import)"
            }
            Self::CutOff { .. } | Self::Damaged { .. } | Self::TooCostly { .. } => {
                "restore it from a copy"
            }
            Self::WrongKey { or_damaged: false, .. } => {
                "is it the key of this vault? `key-file` and `password-file` are in the configuration"
            }
            Self::WrongKey { or_damaged: true, .. } => {
                "is it the key of this vault? `key-file` and `password-file` are in the configuration; if it is, the file is damaged: restore it from a copy"
            }
            Self::Key(error) => return error.help(),
            Self::OldFormat { .. } => {
                "in KeePassXC: Database, Database settings, Security, Encryption settings, format KDBX 4; then it can be written"
            }
            Self::Scrambled { .. } => {
                "open it in KeePassXC and save it: that puts the fields in order (pykeepass writes them so when it changes an entry that has a history)"
            }
            Self::InTheWay { .. } => {
                "the vault is there already: `doorward account list` shows what it holds; for a new one move the file away first"
            }
            Self::Unfaithful { .. } => {
                "change it in KeePassXC, and report what is special about this file"
            }
            Self::Encrypt { .. } | Self::Broken { .. } => "please report it",
        };
        Some(text.into())
    }
}
