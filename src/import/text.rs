//! The text of a source: a file as bytes, of any of the encodings that the systems export.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::error::{Error, Rather};
use super::{Kind, report};
use crate::diagnostic::Source;

/// The largest source that is read, in bytes. A whole configuration of PVWA with all its components is a quarter of it.
pub const LARGEST: u64 = 4 * 1024 * 1024;

/// Reads the file at `path`: UTF-8, or UTF-16 with its byte order mark, as Windows tools export.
///
/// # Errors
/// [`Error`] when it is not there, not a file, too large, empty or no text.
pub fn read(path: &Path) -> Result<Arc<Source>, Error> {
    let shown = path.display().to_string();
    let unreadable = |source| Error::Unreadable { path: shown.clone(), source };
    // Asked before it is opened: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Error::NotAFile { path: shown });
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::TooLarge { path: shown });
    }
    decode(shown, &bytes)
}

/// The bytes of the file `path` as text.
pub(super) fn decode(path: String, bytes: &[u8]) -> Result<Arc<Source>, Error> {
    let refused = |path: String, before: &str| {
        let (line, column) = report::position(before, before.len());
        Error::NotText { path, line, column, zip: bytes.starts_with(b"PK\x03\x04") }
    };
    let wide = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((rest, false)),
        [0xfe, 0xff, rest @ ..] => Some((rest, true)),
        _ => None,
    };
    let text = match wide {
        Some((rest, big)) => {
            let units = rest.chunks(2).map(|pair| match *pair {
                [first, second] if big => u16::from_be_bytes([first, second]),
                [first, second] => u16::from_le_bytes([first, second]),
                // Half a character at the end: no text has it.
                _ => 0xd800,
            });
            let mut text = String::new();
            for decoded in char::decode_utf16(units) {
                match decoded {
                    Ok(character) => text.push(character),
                    Err(_) => return Err(refused(path, &text)),
                }
            }
            text
        }
        None => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => {
                let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                return Err(refused(path, &before));
            }
        },
    };
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    if let Some(at) = text.find('\0') {
        return Err(refused(path, &text[..at]));
    }
    if text.trim().is_empty() {
        return Err(Error::Empty { path });
    }
    Ok(Arc::new(Source { path, text }))
}

/// What `text` looks like, when it is not of the kind `wanted`.
pub(super) fn rather(text: &str, wanted: Kind) -> Option<Rather> {
    let start = text.trim_start();
    let has = |word: &str| text.contains(word);
    let looks = if start.starts_with('<') {
        if has("<ConnectionComponent") { Rather::Kind(Kind::CyberArk) } else { Rather::Xml }
    } else if has("ConnectorId:") && has("WebFormFields:") {
        Rather::Connector
    } else if ["[Verify]", "[Change]", "[Reconcile]"].iter().any(|section| has(section)) {
        Rather::Plugin
    } else if ["username-field", "password-field", "totp-code-field"].iter().any(|key| has(key)) {
        Rather::Kind(Kind::Keeper)
    } else if has("username_selector") || has("\"command\"") || has("autofill:") {
        Rather::Kind(Kind::JumpServer)
    } else if !start.starts_with(['{', '[', '-']) && text.lines().any(is_row) {
        Rather::Rows
    } else {
        return None;
    };
    let told = looks != Rather::Kind(wanted) && !(looks == Rather::Xml && wanted == Kind::CyberArk);
    told.then_some(looks)
}

/// Whether a line is likely a row of `WebFormFields`.
fn is_row(line: &str) -> bool {
    let action = line.rsplit_once('>').map_or("", |(_, action)| action.trim());
    action.starts_with(['(', '{']) && action.contains([')', '}'])
}
