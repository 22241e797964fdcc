//! The key of a KDBX vault: a key file, a password, or both.

use std::io::Write;
use std::path::{Path, PathBuf};

use data_encoding::{HEXUPPER, HEXUPPER_PERMISSIVE};
use keepass::DatabaseKey;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::settings::{Password, Settings};

/// Why the key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no key file.
    #[error("there is no key file {path}")]
    KeyFileMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The key file cannot be read.
    #[error("cannot read the key file {path}")]
    KeyFileUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The key file's own checksum does not hold.
    #[error("the key file {path} is damaged: its checksum does not hold")]
    KeyFileDamaged {
        /// The file.
        path: PathBuf,
    },
    /// A new vault was to be made with a file that is no KeePass key file.
    #[error("{path} exists and is no KeePass key file (version 2), so no vault is made with it")]
    NoKeyFile {
        /// The file.
        path: PathBuf,
    },
    /// The password file cannot be read.
    #[error("cannot read the password file {path}")]
    PasswordFileUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The password file has an empty first line.
    #[error("the password file {path} holds no password: its first line is empty")]
    PasswordFileEmpty {
        /// The file.
        path: PathBuf,
    },
    /// The password cannot be asked for.
    #[error("the vault needs a password, and there is no terminal to ask on")]
    NoTerminal {
        /// Why.
        source: std::io::Error,
    },
    /// A new password was typed empty, or twice and not alike.
    #[error("the new password was {fault}")]
    NewPassword {
        /// "empty" or "not typed alike twice".
        fault: &'static str,
    },
}

impl Error {
    /// What to do next.
    pub(super) fn help(&self) -> Option<String> {
        let text = match self {
            Self::KeyFileMissing { .. } => {
                "restore it from a copy, or correct `key-file` in the configuration; without it the vault cannot be opened"
            }
            Self::KeyFileDamaged { .. } => "restore it from a copy",
            Self::NoKeyFile { .. } => {
                "let `key-file` in the configuration name a file that does not exist yet"
            }
            Self::PasswordFileEmpty { .. } => "write the password into its first line",
            Self::NoTerminal { .. } => {
                "let `password-file` in the configuration name a file that holds it (mode 0600)"
            }
            Self::NewPassword { .. } => "nothing was made; try again",
            Self::KeyFileUnreadable { .. } | Self::PasswordFileUnreadable { .. } => return None,
        };
        Some(text.into())
    }
}

/// Collects the key. A prompt names the vault's file.
pub(super) fn collect(settings: &Settings) -> Result<DatabaseKey, Error> {
    let password = settings.password.as_ref().map(|from| match from {
        Password::File(path) => password_file(path),
        Password::Prompt => prompt(&format!("Password of {}: ", settings.path.display())),
    });
    combine(settings, password.transpose()?)
}

/// Collects the key of a vault that is to be made: its password is asked for twice.
pub(super) fn collect_new(settings: &Settings) -> Result<DatabaseKey, Error> {
    let password = settings.password.as_ref().map(|from| match from {
        Password::File(path) => password_file(path),
        Password::Prompt => {
            let first = prompt(&format!("New password of {}: ", settings.path.display()))?;
            if first.is_empty() {
                return Err(Error::NewPassword { fault: "empty" });
            }
            match *prompt("The same again: ")? == *first {
                true => Ok(first),
                false => Err(Error::NewPassword { fault: "not typed alike twice" }),
            }
        }
    });
    combine(settings, password.transpose()?)
}

/// Says which key it is, for messages.
pub(super) fn name(settings: &Settings) -> String {
    match (&settings.key_file, &settings.password) {
        (Some(file), None) => format!("the key file {}", file.display()),
        (Some(file), Some(_)) => format!("the password with the key file {}", file.display()),
        (None, _) => "the password".into(),
    }
}

fn combine(settings: &Settings, password: Option<Zeroizing<String>>) -> Result<DatabaseKey, Error> {
    let mut key = DatabaseKey::new();
    if let Some(password) = &password {
        key = key.with_password(password);
    }
    if let Some(path) = &settings.key_file {
        let bytes = read_key_file(path)?;
        if let Some(false) = checked(&bytes) {
            return Err(Error::KeyFileDamaged { path: path.clone() });
        }
        key = key
            .with_keyfile(&mut bytes.as_slice())
            .map_err(|source| Error::KeyFileUnreadable { path: path.clone(), source })?;
    }
    Ok(key)
}

fn read_key_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    warn_if_open(path);
    std::fs::read(path).map(Zeroizing::new).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Error::KeyFileMissing { path: path.to_owned() },
        _ => Error::KeyFileUnreadable { path: path.to_owned(), source },
    })
}

fn password_file(path: &Path) -> Result<Zeroizing<String>, Error> {
    warn_if_open(path);
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|source| Error::PasswordFileUnreadable { path: path.to_owned(), source })?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Zeroizing::new(line.to_owned())),
        _ => Err(Error::PasswordFileEmpty { path: path.to_owned() }),
    }
}

/// Asks on the terminal itself, so that what is piped in and out does not matter.
fn prompt(text: &str) -> Result<Zeroizing<String>, Error> {
    rpassword::prompt_password(text)
        .map(Zeroizing::new)
        .map_err(|source| Error::NoTerminal { source })
}

/// Says so when others can read a file that opens the vault.
fn warn_if_open(path: &Path) {
    #[cfg(unix)]
    if let Ok(metadata) = std::fs::metadata(path) {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o077 != 0 {
            tracing::warn!("others can read {0}: chmod 600 {0}", path.display());
        }
    }
}

/// Whether the checksum of a KeePass key file of version 2 holds; `None` for any other file.
fn checked(bytes: &[u8]) -> Option<bool> {
    let text = std::str::from_utf8(bytes).ok()?;
    let version = between(text, "<Version>", "</Version>")?;
    if !version.trim().starts_with("2.") {
        return None;
    }
    let data = text.split_once("<Data")?.1;
    let hash = between(data, "Hash=\"", "\"")?;
    let body =
        Zeroizing::new(between(data, ">", "</Data>")?.split_whitespace().collect::<String>());
    let Ok(key) = HEXUPPER_PERMISSIVE.decode(body.as_bytes()).map(Zeroizing::new) else {
        return Some(false);
    };
    Some(checksum(&key).eq_ignore_ascii_case(hash.trim()))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(inner, _)| inner)
}

/// KeePass' own: the first four bytes of the SHA-256 of the key.
fn checksum(key: &[u8]) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, key);
    HEXUPPER.encode(hash.as_ref().get(..4).unwrap_or_default())
}

/// Makes sure that there is a key file: makes one, or takes the one that is there if it is one (an
/// `init` that was killed leaves it). Says whether it was made.
pub(super) fn ensure_key_file(path: &Path) -> Result<bool, super::Error> {
    if path.exists() {
        let bytes = read_key_file(path)?;
        return match checked(&bytes) {
            Some(true) => Ok(false),
            Some(false) => Err(Error::KeyFileDamaged { path: path.to_owned() }.into()),
            None => Err(Error::NoKeyFile { path: path.to_owned() }.into()),
        };
    }
    let unwritable = |source| super::Error::Unwritable {
        path: path.to_owned(),
        step: "write the key file",
        source,
    };
    let mut key = Zeroizing::new([0_u8; 32]);
    SystemRandom::new()
        .fill(&mut *key)
        .map_err(|_| unwritable(std::io::Error::other("the system gives no random numbers")))?;
    super::file::place_new(path, &key_file_text(&key)).map_err(unwritable)?;
    Ok(true)
}

/// The key file as KeePass and KeePassXC write it (XML, version 2.0).
fn key_file_text(key: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    let mut data = Zeroizing::new(String::with_capacity(256));
    for (at, bytes) in key.chunks(4).enumerate() {
        data.push_str(if at % 4 == 0 { "\n            " } else { " " });
        data.push_str(&Zeroizing::new(HEXUPPER.encode(bytes)));
    }
    let mut text = Zeroizing::new(Vec::with_capacity(1024));
    // Writing to a Vec cannot fail.
    let _ = write!(
        text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<KeyFile>\n    <Meta>\n        <Version>2.0</Version>\n    </Meta>\n    <Key>\n        <Data Hash=\"{}\">{}\n        </Data>\n    </Key>\n</KeyFile>\n",
        checksum(key),
        *data
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_files_are_checked_by_their_own_checksum() {
        let text = key_file_text(&[0xA5; 32]);
        assert_eq!(checked(&text), Some(true));
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert_eq!(checked(text.replacen("A5A5", "A5A4", 1).as_bytes()), Some(false));
        assert_eq!(checked(text.replacen("A5A5", "A5", 1).as_bytes()), Some(false));
        assert_eq!(checked(text.replacen("A5A5", "!!!!", 1).as_bytes()), Some(false));
        assert_eq!(checked(text.replace("2.0", "1.0").as_bytes()), None);
        for other in ["", "any file is a key file", "<KeyFile><Meta><Version>2.0</Version>"] {
            assert_eq!(checked(other.as_bytes()), None, "{other}");
        }
        for theirs in ["pykeepass.keyx", "keepassxc.keyx"] {
            let path = Path::new("tests/cases/kdbx").join(theirs);
            assert_eq!(checked(&std::fs::read(path).unwrap()), Some(true), "{theirs}");
        }
    }
}
