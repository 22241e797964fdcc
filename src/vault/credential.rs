//! A credential: the token, key or password that doorward shows to a vault, read where the configuration
//! says.

use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::name::VaultName;
use crate::secret::Secret;
use crate::vault::Error;

/// The token or key in the file `path`, which the key `what` of the configuration names. The blanks around
/// it are not part of it.
///
/// # Errors
/// [`Error::Unreadable`], also for what can be no token.
pub(super) fn token_file(
    vault: &VaultName,
    what: &'static str,
    path: &Path,
) -> Result<Secret, Error> {
    let text = read(vault, what, path)?;
    let text = text.trim();
    match fault(text) {
        Some(fault) => Err(odd(vault, what, path, fault)),
        None => Ok(Secret::new(text.to_owned())),
    }
}

/// The password in the first line of the file `path`, which the key `what` of the configuration names;
/// blanks are part of it.
///
/// # Errors
/// [`Error::Unreadable`], also for an empty line.
pub(super) fn password_file(
    vault: &VaultName,
    what: &'static str,
    path: &Path,
) -> Result<Secret, Error> {
    let text = read(vault, what, path)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
        _ => Err(odd(vault, what, path, "its first line is empty")),
    }
}

fn read(vault: &VaultName, what: &'static str, path: &Path) -> Result<Zeroizing<String>, Error> {
    let unreadable =
        |source| Error::Unreadable { vault: vault.clone(), what, path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    warn_if_open_to_all(vault, path, &file);
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let most = u64::try_from(LONGEST + 1).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() > LONGEST {
        return Err(odd(vault, what, path, "it is longer than any credential"));
    }
    match std::str::from_utf8(&text) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(odd(vault, what, path, "it is not text")),
    }
}

/// A file that can be read and does not hold what it should.
fn odd(vault: &VaultName, what: &'static str, path: &Path, message: &str) -> Error {
    let source = io::Error::new(io::ErrorKind::InvalidData, message);
    Error::Unreadable { vault: vault.clone(), what, path: path.to_owned(), source }
}

/// The token in the environment variable `name`, which the key `key` of the configuration names.
///
/// # Errors
/// [`Error::Settings`].
#[expect(
    clippy::disallowed_methods,
    reason = "the configuration names a variable that holds a token; its value must not pass through clap or config"
)]
pub(super) fn variable(vault: &VaultName, key: &str, name: &str) -> Result<Secret, Error> {
    let wrong = |message: &str| Error::Settings {
        vault: vault.clone(),
        key: key.to_owned(),
        message: format!("names the environment variable `{name}`, and {message}"),
    };
    let text = match std::env::var(name) {
        Ok(text) => Zeroizing::new(text),
        Err(std::env::VarError::NotPresent) => return Err(wrong("it is not set")),
        Err(std::env::VarError::NotUnicode(_)) => return Err(wrong("it is not text")),
    };
    match fault(text.trim()) {
        Some(fault) => Err(wrong(fault)),
        None => Ok(Secret::new(text.trim().to_owned())),
    }
}

/// Whether a text can be the name of an environment variable.
pub(super) fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a token that was issued fits into a header.
pub(super) fn is_sendable(token: &Secret) -> bool {
    fault(token.expose()).is_none()
}

/// Why `text` can be no credential: it has to fit into a header.
fn fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("it is empty")
    } else if text.chars().any(|c| !c.is_ascii_graphic()) {
        Some("it holds blanks or characters that no token has")
    } else {
        None
    }
}

#[cfg(unix)]
fn warn_if_open_to_all(vault: &VaultName, path: &Path, file: &std::fs::File) {
    use std::os::unix::fs::PermissionsExt;
    let open =
        file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o077 != 0);
    if open {
        tracing::warn!(%vault, path = %path.display(), "others than its owner may read this file: `chmod 600` it");
    }
}

#[cfg(not(unix))]
fn warn_if_open_to_all(_: &VaultName, _: &Path, _: &std::fs::File) {}

/// The longest credential, in bytes: batch tokens and JWTs have a few hundred to a few thousand.
const LONGEST: usize = 64 * 1024;
