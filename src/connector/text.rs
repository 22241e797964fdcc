//! The text of a connector: a file as bytes becomes a [`Source`], or says why it cannot.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Source, Span};

/// The largest connector that is read, in bytes. The largest that ship are a hundredth of it.
pub const LARGEST: u64 = 1024 * 1024;

/// Why a file could not be read as a connector.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system did not give it out.
    #[error("cannot read the connector {path}")]
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
    #[error("{path} is larger than a connector may be (1 MiB)")]
    TooLarge {
        /// The path as it was given.
        path: String,
    },
    /// It is not UTF-8.
    #[error("{path}:{line}:{column}: this is not UTF-8 text")]
    NotText {
        /// The path as it was given.
        path: String,
        /// The line of the first byte that is none, from 1.
        line: usize,
        /// Its column in characters, from 1.
        column: usize,
        /// Whether it begins as UTF-16 does.
        utf16: bool,
        /// The file up to that byte.
        before: String,
    },
}

impl ReadError {
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
            Self::NotAFile { .. } => Some("a connector is one YAML file".to_owned()),
            Self::TooLarge { .. } => {
                Some("a connector is a page of YAML; is this the right file?".to_owned())
            }
            Self::NotText { utf16: true, .. } => {
                Some("the file is UTF-16: save it as UTF-8".to_owned())
            }
            Self::NotText { .. } => Some("save the file as UTF-8".to_owned()),
        }
    }

    /// The same as a diagnostic, where the file is there and what is wrong is its content.
    pub fn diagnostic(&self) -> Option<Diagnostic> {
        let (path, text, message) = match self {
            Self::Unreadable { .. } | Self::NotAFile { .. } => return None,
            Self::TooLarge { path } => {
                (path, String::new(), "the file is larger than a connector may be (1 MiB)")
            }
            Self::NotText { path, before, .. } => {
                (path, format!("{before}\u{fffd}"), "this is not UTF-8 text")
            }
        };
        let end = text.len();
        let start = text.char_indices().next_back().map_or(0, |(at, _)| at);
        let source = Arc::new(Source { path: path.clone(), text });
        let found = Diagnostic::error(Code::InvalidYaml, &source, Span::new(start, end), message);
        Some(match self.help() {
            Some(help) => found.help(help),
            None => found,
        })
    }
}

/// Reads the file at `path`, without a byte order mark.
///
/// # Errors
/// [`ReadError`] when it is not there, not a file, larger than [`LARGEST`] or not UTF-8.
pub fn read(path: &Path) -> Result<Arc<Source>, ReadError> {
    let shown = path.display().to_string();
    let unreadable = |source| ReadError::Unreadable { path: shown.clone(), source };
    // Asked before it is opened: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(ReadError::NotAFile { path: shown });
    }
    read_from(&shown, std::fs::File::open(path).map_err(unreadable)?)
}

/// Reads what `reader` gives, without a byte order mark; `shown` stands for its path.
///
/// # Errors
/// [`ReadError`] when it cannot be read, is larger than [`LARGEST`] or not UTF-8.
pub fn read_from(shown: &str, reader: impl Read) -> Result<Arc<Source>, ReadError> {
    let shown = shown.to_owned();
    let unreadable = |source| ReadError::Unreadable { path: shown.clone(), source };
    let mut bytes = Vec::new();
    reader.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(ReadError::TooLarge { path: shown });
    }
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    match String::from_utf8(bytes) {
        Ok(text) => {
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            Ok(Arc::new(Source { path: shown, text }))
        }
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            let line = before.matches('\n').count() + 1;
            Err(ReadError::NotText { path: shown, line, column, utf16, before })
        }
    }
}
