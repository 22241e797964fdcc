//! Opening: from an entry of the configuration to the vault that it means. One line per kind.

use std::path::Path;
use std::sync::Arc;

use super::{
    Error, Responder, Vault, bitwarden, ccp, conjur, cyberark, hashicorp, kdbx, pass,
    secret_service,
};
use crate::name::VaultName;

/// The kinds of vaults, as the configuration names them.
pub const KINDS: &[&str] =
    &["kdbx", "hashicorp", "cyberark", "ccp", "conjur", "bitwarden", "pass", "secret-service"];

/// The vault of an entry of the configuration: `kind`, its other `settings` as written, and the folder
/// `base` that its relative paths start from. What it asks back, `responder` answers. Nothing is read or
/// asked yet: vaults open when first used.
///
/// # Errors
/// [`Error::UnknownKind`] and [`Error::Settings`].
pub fn open(
    name: &VaultName,
    kind: &str,
    settings: serde_json::Map<String, serde_json::Value>,
    base: &Path,
    responder: Arc<dyn Responder>,
) -> Result<Arc<dyn Vault>, Error> {
    match kind {
        "kdbx" => Ok(Arc::new(kdbx::Kdbx::new(name, settings, base)?)),
        "hashicorp" => Ok(Arc::new(hashicorp::Hashicorp::open(name.clone(), settings, base)?)),
        "cyberark" => {
            Ok(Arc::new(cyberark::Cyberark::open(name.clone(), settings, base, responder)?))
        }
        "ccp" => Ok(Arc::new(ccp::Ccp::open(name.clone(), settings, base)?)),
        "bitwarden" => Ok(Arc::new(bitwarden::Bitwarden::open(name.clone(), settings, base)?)),
        "pass" => Ok(Arc::new(pass::Pass::open(name.clone(), settings, base)?)),
        "conjur" => Ok(Arc::new(conjur::Conjur::open(name.clone(), settings, base)?)),
        "secret-service" => {
            Ok(Arc::new(secret_service::SecretService::open(name.clone(), settings)?))
        }
        _ => Err(Error::UnknownKind {
            vault: name.clone(),
            nearest: KINDS
                .iter()
                .copied()
                .find(|known| strsim::damerau_levenshtein(known, &kind.to_lowercase()) <= 2),
        }),
    }
}
