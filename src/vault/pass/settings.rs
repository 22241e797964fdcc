//! The settings of a `pass` vault: what its entry in the configuration says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::name::VaultName;
use crate::vault::Error;
use crate::vault::names::public;
use crate::vault::table::Table;

/// The settings, resolved: every path but that of a command on the PATH.
pub(super) struct Settings {
    /// `command`.
    pub(super) command: PathBuf,
    /// `store`.
    pub(super) store: PathBuf,
    /// `gnupg-home`.
    pub(super) gnupg_home: Option<PathBuf>,
    /// `timeout`.
    pub(super) timeout: Duration,
    /// `public-properties`, in lower case, and those that are public anyway.
    public: Vec<String>,
}

impl Settings {
    /// Reads the entry of `vault`; relative paths start from `base`.
    pub(super) fn read(
        vault: &VaultName,
        settings: Map<String, Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let mut table = Table::new(vault, settings);
        let command = table.text("command")?.unwrap_or_else(|| COMMAND.to_owned());
        if command.contains(char::is_whitespace) && !command.contains('/') {
            let message = "has to be a program, without arguments".to_owned();
            return Err(table.wrong("command", message));
        }
        // A name is looked for on the PATH, a path starts from the configuration's folder.
        let command = match command.contains('/') {
            true => path(&table, "command", &command, base)?,
            false => PathBuf::from(command),
        };
        let store = table.text("store")?.unwrap_or_else(|| STORE.to_owned());
        let store = path(&table, "store", &store, base)?;
        let gnupg_home = match table.text("gnupg-home")? {
            Some(text) => Some(path(&table, "gnupg-home", &text, base)?),
            None => None,
        };
        let timeout = table.duration("timeout")?.unwrap_or(TIMEOUT);
        let public = public(&mut table)?;
        table.finish()?;
        Ok(Self { command, store, gnupg_home, timeout, public })
    }

    /// Whether the property `name` (in lower case) may be shown and typed anywhere.
    pub(super) fn is_public(&self, name: &str) -> bool {
        self.public.iter().any(|public| public == name)
    }
}

/// A path; `~/` at its beginning is the home folder.
fn path(table: &Table<'_>, key: &str, text: &str, base: &Path) -> Result<PathBuf, Error> {
    match text.strip_prefix("~/") {
        None => Ok(base.join(text)),
        Some(rest) => etcetera::home_dir().map(|home| home.join(rest)).map_err(|_| {
            table.wrong(key, "begins with `~/`, and there is no home folder: write it out".into())
        }),
    }
}

const COMMAND: &str = "pass";
const STORE: &str = "~/.password-store";
/// Long enough for a person who types a passphrase.
const TIMEOUT: Duration = Duration::from_secs(60);
