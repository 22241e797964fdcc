//! An error of the configuration: what is wrong, where, and the way out. None holds a value of the file.

use std::io::ErrorKind;
use std::path::PathBuf;

/// Why there is no configuration to work with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read the configuration {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is larger than a configuration can be.
    #[error("{} is larger than a configuration may be (1 MiB)", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is no YAML of the right shape. The place is named and not shown: a file in the wrong place
    /// may hold anything.
    #[error(
        "the configuration {} is wrong at line {line}, column {column}: {message}",
        .path.display()
    )]
    Invalid {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong: the name of a key, never a value.
        message: String,
        /// What to do next.
        help: String,
    },
    /// There is no folder for the data of this user.
    #[error("this user has no home folder, so there is no place for a configuration and the state")]
    Homeless,
}

impl Error {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { source, .. } if source.kind() == ErrorKind::NotFound => {
                "--config and $DOORWARD_CONFIG have to name a file that is there; without both, \
                 ./doorward.yaml is read, then the one in the XDG configuration folder"
                    .into()
            }
            Self::Unreadable { source, .. } if source.kind() == ErrorKind::IsADirectory => {
                "it is a folder: name the file in it".into()
            }
            Self::Unreadable { .. } => "may you read it? `ls -l` shows whose it is".into(),
            Self::TooLarge { .. } => {
                "a configuration is a page of YAML; is this the right file?".into()
            }
            Self::Invalid { help, .. } => help.clone(),
            Self::Homeless => "name a configuration with --config, or set HOME".into(),
        })
    }
}
