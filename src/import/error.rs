//! Why a source could not be read. No message repeats a text of the source, because it can be a password.

use super::Kind;
use super::text::LARGEST;

/// Why nothing of a file could be carried over.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system did not give it out.
    #[error("cannot read {path}")]
    Unreadable {
        /// The path as it was given.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It is a folder, a device or a pipe.
    #[error("{path} is not a file")]
    NotAFile {
        /// The path as it was given.
        path: String,
    },
    /// It is larger than [`LARGEST`].
    #[error("{path} is larger than what is imported ({} MiB)", LARGEST / 1024 / 1024)]
    TooLarge {
        /// The path as it was given.
        path: String,
    },
    /// It is neither UTF-8 nor UTF-16 with a byte order mark.
    #[error(
        "{path}:{line}:{column}: this is no text: neither UTF-8 nor UTF-16 with a byte order mark"
    )]
    NotText {
        /// The path as it was given.
        path: String,
        /// The line of the first byte that is none, from 1.
        line: usize,
        /// Its column in characters, from 1.
        column: usize,
        /// Whether it begins as a ZIP archive does.
        zip: bool,
    },
    /// There is nothing in it.
    #[error("{path} is empty")]
    Empty {
        /// The path as it was given.
        path: String,
    },
    /// It is not well-formed.
    #[error("{path}:{line}:{column}: {message}")]
    Malformed {
        /// The path as it was given.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong there.
        message: &'static str,
        /// What it rather looks like.
        rather: Option<Rather>,
    },
    /// It is well-formed, and holds nothing of that kind.
    #[error("{path} holds no {}", kind.thing())]
    WrongKind {
        /// The path as it was given.
        path: String,
        /// What was looked for.
        kind: Kind,
        /// What it rather looks like.
        rather: Option<Rather>,
        /// What is there instead, by name.
        others: Vec<String>,
    },
}

/// What a file rather looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rather {
    /// The source of another `doorward import`.
    Kind(Kind),
    /// A connector of doorward.
    Connector,
    /// A CPM plug-in: an `.ini` with `[Verify]`, `[Change]` and `[Reconcile]`.
    Plugin,
    /// Rows of `WebFormFields` alone.
    Rows,
    /// XML without a connection component.
    Xml,
}

impl Rather {
    /// What to do with it.
    fn help(self) -> String {
        match self {
            Self::Kind(kind) => {
                format!("this looks like {}: `doorward import {} FILE`", kind.looks(), kind.word())
            }
            Self::Connector => {
                "this looks like a connector of doorward already: `doorward check FILE`".to_owned()
            }
            Self::Plugin => "this looks like a CPM plug-in, which changes passwords; sign-ins are in the \
                             connection component. Its rows paste unchanged under `WebFormFields: |`"
                .to_owned(),
            Self::Rows => "these look like rows alone: paste them under `WebFormFields: |` of a connector; \
                           they mean the same there"
                .to_owned(),
            Self::Xml => "this looks like XML; a JumpServer or Keeper source is JSON or YAML".to_owned(),
        }
    }
}

impl Error {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unreadable { source, .. } => Some(
                match source.kind() {
                    std::io::ErrorKind::NotFound => {
                        "see that the path is right: it begins at this folder"
                    }
                    _ => "see that it is yours to read",
                }
                .to_owned(),
            ),
            Self::NotAFile { .. } => Some("name the exported file itself".to_owned()),
            Self::TooLarge { .. } => {
                Some("export single connectors; is this the right file?".to_owned())
            }
            Self::NotText { zip: true, .. } => {
                Some("this is a ZIP archive: unpack it, and name the file in it".to_owned())
            }
            Self::NotText { .. } => Some("is this the right file? save it as UTF-8".to_owned()),
            Self::Empty { .. } => Some("export it anew".to_owned()),
            Self::Malformed { rather: Some(rather), .. } => Some(rather.help()),
            Self::Malformed { .. } => Some("export it anew, or mend it at this place".to_owned()),
            Self::WrongKind { rather: Some(rather), .. } => Some(rather.help()),
            Self::WrongKind { kind, others, .. } if others.is_empty() => {
                Some(kind.wants().to_owned())
            }
            Self::WrongKind { kind, others, .. } => Some(format!(
                "it has {}, and no web connector; {}",
                others.join(", "),
                kind.wants()
            )),
        }
    }
}
