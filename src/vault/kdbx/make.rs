//! Making a KDBX vault.

use std::path::PathBuf;

use keepass::Database;
use keepass::config::{DatabaseConfig, KdfConfig};
use keepass::db::{MemoryProtection, Times};

use super::settings::Settings;
use super::{Error, file, key};
use crate::name::VaultName;

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// The vault's file.
    pub vault: PathBuf,
    /// The key file, and whether it was made now.
    pub key_file: Option<(PathBuf, bool)>,
}

/// Makes the vault: folders of mode 0700, files of mode 0600, nothing overwritten.
pub(super) fn make(name: &VaultName, settings: &Settings) -> Result<Made, Error> {
    let path = &settings.path;
    if path.symlink_metadata().is_ok() {
        return Err(Error::InTheWay { path: path.clone() });
    }
    file::make_folder(path)?;
    let mut key_file = None;
    if let Some(key_path) = &settings.key_file {
        file::make_folder(key_path)?;
        key_file = Some((key_path.clone(), key::ensure_key_file(key_path)?));
    }
    let key = key::collect_new(settings)?;
    let mut config = DatabaseConfig::default();
    config.kdf_config = derivation(config.kdf_config, key_file.is_some());
    let mut database = Database::with_config(config);
    let now = Some(Times::now());
    database.root_mut().name = name.to_string();
    database.meta.generator = Some("doorward".into());
    database.meta.database_name = Some(name.to_string());
    database.meta.database_name_changed = now;
    database.meta.master_key_changed = now;
    database.meta.memory_protection = Some(MemoryProtection::default());
    database.meta.history_max_items = Some(10);
    let bytes = file::encrypt(path, &mut database, &key)?;
    file::place_new(path, &bytes).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => Error::InTheWay { path: path.clone() },
        _ => Error::Unwritable { path: path.clone(), step: "write", source },
    })?;
    Ok(Made { vault: path.clone(), key_file })
}

/// How the key is stretched (Argon2id).
///
/// With a key file hardly at all: stretching makes guesses expensive, and a key file of ours is 256
/// random bits, which nobody guesses. A cheap derivation opens in a few milliseconds and a few MiB,
/// which every sign-in pays.
///
/// A password alone is guessed, so it is stretched as RFC 9106 section 4 recommends where memory is
/// scarce: 64 MiB, three passes, four lanes.
fn derivation(default: KdfConfig, has_key_file: bool) -> KdfConfig {
    // The version type belongs to a crate that `keepass` does not show; its default has the value.
    let (KdfConfig::Argon2 { version, .. } | KdfConfig::Argon2id { version, .. }) = default else {
        return default;
    };
    match has_key_file {
        true => KdfConfig::Argon2id { iterations: 2, memory: 1 << 20, parallelism: 1, version },
        false => KdfConfig::Argon2id { iterations: 3, memory: 64 << 20, parallelism: 4, version },
    }
}
