//! The configuration: one YAML file that holds references to secrets, never a secret.

mod document;
mod error;
mod oidc;
mod portal;
mod read;
mod recording;
mod table;

#[cfg(test)]
mod tests;

pub use document::Place;
pub use error::Error;
pub use oidc::Oidc;
pub use portal::{Metrics, Network, Offer, Portal, Tls};
pub use recording::Recording;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::name::{AccountRef, Links, VaultName};

/// The largest configuration that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A configuration, read and resolved: every path in it is absolute or relative to the working folder.
#[derive(Debug)]
pub struct Config {
    /// The file, or `None` when there is none and the defaults hold.
    pub file: Option<PathBuf>,
    /// The folder that relative paths in the file start from.
    pub base: PathBuf,
    /// The vaults by their names.
    pub vaults: BTreeMap<VaultName, VaultEntry>,
    /// The vault of a REF that names none.
    pub default_vault: VaultName,
    /// `links`: accounts that are linked here and not in their vault; every vault is named.
    pub links: BTreeMap<AccountRef, Links>,
    /// `seeds`: the vault where new seeds of one-time codes are kept; without it, the vault of their account.
    pub seeds: Option<VaultName>,
    /// Where connectors are looked up by name, in this order.
    pub connectors: Vec<PathBuf>,
    /// `policies`: files and folders of access policies; without them the patterns of users decide.
    pub policies: Option<Vec<PathBuf>>,
    /// The state folder: the record, the leases, the browsers' marks.
    pub state: PathBuf,
    /// The browser and its driver.
    pub browser: Browser,
    /// The web pages.
    pub portal: Portal,
    /// How live sessions are recorded; `None` when they are not.
    pub recording: Option<Recording>,
}

/// One vault of the configuration; what its `kind` makes of the settings is the vault's own matter.
#[derive(Debug, Clone)]
pub struct VaultEntry {
    /// `kind`: `kdbx` or `hashicorp`.
    pub kind: String,
    /// All other keys as written.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Where the entry is in the file; line 0 when it is the built-in default.
    pub place: Place,
    /// Where its keys are, each with the keys above it: `auth.approle.role-id`.
    pub places: BTreeMap<String, Place>,
}

/// `browser`: which browser and driver, and how they are started.
#[derive(Debug, Clone)]
pub struct Browser {
    /// `kind: chromium` (Chromium, Chrome) or `kind: firefox`.
    pub kind: BrowserKind,
    /// `binary`: the browser, where it is not on the PATH.
    pub binary: Option<PathBuf>,
    /// `driver`: chromedriver or geckodriver, where it is not on the PATH.
    pub driver: Option<PathBuf>,
    /// `sandbox: false` turns the browser's own sandbox off; root needs it.
    pub sandbox: bool,
    /// `webdriver`: a remote endpoint (a Selenium Grid); no driver is spawned then.
    pub webdriver: Option<url::Url>,
    /// `ca-file`: PEM certificates that the remote endpoint's TLS is checked against.
    pub ca_file: Option<PathBuf>,
    /// `proxy`: what the browser goes through to every site but those of this machine.
    pub proxy: Option<url::Url>,
}

impl Default for Browser {
    fn default() -> Self {
        Self {
            kind: BrowserKind::Chromium,
            binary: None,
            driver: None,
            sandbox: true,
            webdriver: None,
            ca_file: None,
            proxy: None,
        }
    }
}

/// The family of the browser, which says the driver and its capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrowserKind {
    /// Chromium or Chrome, with chromedriver.
    Chromium,
    /// Firefox, with geckodriver.
    Firefox,
}

impl Config {
    /// Reads the configuration: `named` (from `--config` or `$DOORWARD_CONFIG`), else
    /// `./doorward.yaml`, else the one in the XDG configuration folder, else the defaults: one KDBX
    /// vault `local`, the connectors and the state in the XDG data folder.
    ///
    /// # Errors
    /// [`Error`], with the place.
    pub fn load(named: Option<&Path>) -> Result<Self, Error> {
        use etcetera::BaseStrategy;
        let home = etcetera::choose_base_strategy().ok();
        let folders = home.map(|home| Folders {
            config: home.config_dir().join("doorward"),
            data: home.data_dir().join("doorward"),
        });
        Self::found(named, Path::new(""), folders.as_ref())
    }

    /// The same, with the folders to look in: `here`, and those of the user who has some.
    fn found(named: Option<&Path>, here: &Path, folders: Option<&Folders>) -> Result<Self, Error> {
        const NAME: &str = "doorward.yaml";
        // A link that leads nowhere is there, too: it was meant to be read.
        let there = |path: &PathBuf| path.symlink_metadata().is_ok();
        let file = named
            .map(Path::to_owned)
            .or_else(|| Some(here.join(NAME)).filter(there))
            .or_else(|| folders.map(|folders| folders.config.join(NAME)).filter(there));
        let data = folders.map(|folders| folders.data.as_path());
        match file {
            Some(path) => read::config(&path, &bytes(&path)?, data),
            None => Self::without_file(data.ok_or(Error::Homeless)?),
        }
    }

    fn without_file(data: &Path) -> Result<Self, Error> {
        let local = local()?;
        Ok(Self {
            file: None,
            base: data.to_owned(),
            vaults: BTreeMap::from([(local.clone(), VaultEntry::embedded(data))]),
            default_vault: local,
            links: BTreeMap::new(),
            seeds: None,
            connectors: vec![PathBuf::from("connectors"), data.join("connectors")],
            policies: None,
            state: data.join("state"),
            browser: Browser::default(),
            portal: Portal::default(),
            recording: None,
        })
    }

    /// Where the setting `key` of `vault` is, as `doorward.yaml:3:9`; the nearest key above it, or the
    /// vault, where it is not in the file. `None` where there is no file.
    pub fn place(&self, vault: &VaultName, key: &str) -> Option<String> {
        let (file, entry) = (self.file.as_ref()?, self.vaults.get(vault)?);
        let mut key = Some(key);
        let mut at = entry.place;
        while let Some(name) = key {
            if let Some(place) = entry.places.get(name) {
                at = *place;
                break;
            }
            key = name.rsplit_once('.').map(|(above, _)| above);
        }
        (at.line > 0).then(|| format!("{}:{}:{}", file.display(), at.line, at.column))
    }
}

impl VaultEntry {
    /// The embedded default: `vault.kdbx` and `vault.key` in `folder`.
    fn embedded(folder: &Path) -> Self {
        let mut settings = serde_json::Map::new();
        for (key, name) in [("path", "vault.kdbx"), ("key-file", "vault.key")] {
            settings.insert(key.into(), folder.join(name).to_string_lossy().into());
        }
        Self { kind: "kdbx".into(), settings, place: Place::default(), places: BTreeMap::new() }
    }
}

/// The folders of a user.
struct Folders {
    config: PathBuf,
    data: PathBuf,
}

/// The name of the embedded vault.
fn local() -> Result<VaultName, Error> {
    "local".parse().map_err(|_| Error::Homeless)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::TooLarge { path: path.to_owned() });
    }
    Ok(bytes)
}
