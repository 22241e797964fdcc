//! A credential: the token or secret id that doorward shows, read where the configuration says.

use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::settings::Auth;
use crate::name::VaultName;
use crate::secret::Secret;
use crate::vault::Error;

/// Reads the credential of `auth`: the secret id, or the token. The blanks around it are not part of it.
pub(super) fn read(vault: &VaultName, auth: &Auth) -> Result<Secret, Error> {
    match auth {
        Auth::AppRole { secret_id_file, .. } => file(vault, "secret-id-file", secret_id_file),
        Auth::TokenFile(path) => file(vault, "token-file", path),
        Auth::TokenEnv(name) => variable(vault, name),
    }
}

/// The credential in words, for messages.
pub(super) fn name(auth: &Auth) -> String {
    match auth {
        Auth::AppRole { secret_id_file, mount, .. } => {
            format!(
                "the AppRole at `auth/{mount}` with the secret id in {}",
                secret_id_file.display()
            )
        }
        Auth::TokenEnv(name) => format!("the token in the environment variable `{name}`"),
        Auth::TokenFile(path) => format!("the token in {}", path.display()),
    }
}

fn file(vault: &VaultName, what: &'static str, path: &Path) -> Result<Secret, Error> {
    let unreadable =
        |source| Error::Unreadable { vault: vault.clone(), what, path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    warn_if_open_to_all(vault, path, &file);
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let most = u64::try_from(LONGEST + 1).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut text).map_err(unreadable)?;
    let odd = |message: &str| unreadable(io::Error::new(io::ErrorKind::InvalidData, message));
    if text.len() > LONGEST {
        return Err(odd("it is longer than any token"));
    }
    let text = std::str::from_utf8(&text).map_err(|_| odd("it is not text"))?.trim();
    match fault(text) {
        Some(fault) => Err(odd(fault)),
        None => Ok(Secret::new(text.to_owned())),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the configuration names a variable that holds a token; its value must not pass through clap or config"
)]
fn variable(vault: &VaultName, name: &str) -> Result<Secret, Error> {
    let wrong = |message: &str| Error::Settings {
        vault: vault.clone(),
        key: "auth.token-env".into(),
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
