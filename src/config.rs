//! The configuration: one YAML file that holds references to secrets, never a secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_yaml::Spanned;

use crate::name::VaultName;

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
    /// Where connectors are looked up by name, in this order.
    pub connectors: Vec<PathBuf>,
    /// The state folder: the record, the leases, the browsers' marks.
    pub state: PathBuf,
    /// The browser and its driver.
    pub browser: Browser,
}

/// One vault of the configuration; what its `kind` makes of the settings is the vault's own matter.
#[derive(Debug, Clone)]
pub struct VaultEntry {
    /// `kind`: `kdbx` or `hashicorp`.
    pub kind: String,
    /// All other keys as written.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// The line of the entry in the file, from 1; 0 when it is the built-in default.
    pub line: usize,
}

/// `browser`: which browser and driver, and how they are started.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
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
    pub webdriver: Option<String>,
    /// `ca-file`: PEM certificates that the remote endpoint's TLS is checked against.
    pub ca_file: Option<PathBuf>,
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
        }
    }
}

/// The family of the browser, which says the driver and its capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum BrowserKind {
    /// Chromium or Chrome, with chromedriver.
    Chromium,
    /// Firefox, with geckodriver.
    Firefox,
}

impl TryFrom<String> for BrowserKind {
    type Error = &'static str;

    /// By hand and not by serde's derive, which would repeat the value.
    fn try_from(kind: String) -> Result<Self, Self::Error> {
        match kind.as_str() {
            "chromium" => Ok(Self::Chromium),
            "firefox" => Ok(Self::Firefox),
            _ => Err("the browser's `kind` has to be `chromium` or `firefox`"),
        }
    }
}

/// Why there is no configuration to work with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no YAML of the right shape. The line is named and not shown: a file in the wrong place
    /// may hold anything.
    #[error("the configuration {path} is wrong at line {line}, column {column}: {message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// `default-vault` names no vault of the file.
    #[error(
        "the configuration {path} has no vault of the name that `default-vault` says; it has to be one of {known}"
    )]
    UnknownDefault {
        /// The file.
        path: PathBuf,
        /// What there is.
        known: String,
    },
    /// There is no folder for the data of this user.
    #[error(
        "this user has no home folder, so there is no place for the configuration and the state: name one with --config"
    )]
    Homeless,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    vaults: BTreeMap<String, Spanned<serde_json::Map<String, serde_json::Value>>>,
    default_vault: Option<Spanned<String>>,
    #[serde(default)]
    connectors: Vec<PathBuf>,
    state: Option<PathBuf>,
    #[serde(default)]
    browser: Browser,
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
        let here = Path::new("doorward.yaml");
        let file = match (named, &home) {
            (Some(path), _) => Some(path.to_owned()),
            (None, _) if here.exists() => Some(here.to_owned()),
            (None, Some(home)) => {
                Some(home.config_dir().join("doorward/doorward.yaml")).filter(|path| path.exists())
            }
            (None, None) => None,
        };
        let data = home.map(|home| home.data_dir().join("doorward"));
        match file {
            Some(path) => {
                let text = std::fs::read_to_string(&path)
                    .map_err(|source| Error::Unreadable { path: path.clone(), source })?;
                Self::read(&path, &text, data.as_deref())
            }
            None => Self::without_file(data.as_deref().ok_or(Error::Homeless)?),
        }
    }

    fn without_file(data: &Path) -> Result<Self, Error> {
        let local: VaultName = "local".parse().map_err(|_| Error::Homeless)?;
        Ok(Self {
            file: None,
            base: data.to_owned(),
            vaults: BTreeMap::from([(local.clone(), VaultEntry::embedded())]),
            default_vault: local,
            connectors: vec![PathBuf::from("connectors"), data.join("connectors")],
            state: data.join("state"),
            browser: Browser::default(),
        })
    }

    fn read(path: &Path, text: &str, data: Option<&Path>) -> Result<Self, Error> {
        let base = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
            .to_owned();
        let invalid = |line: u64, column: u64, message: String| Error::Invalid {
            path: path.to_owned(),
            line: usize::try_from(line).unwrap_or(0),
            column: usize::try_from(column).unwrap_or(0),
            message,
        };
        let file: File = serde_yaml::from_str(text).map_err(|error| {
            let error = error.without_snippet();
            let (line, column) = error.location().map_or((1, 1), |l| (l.line(), l.column()));
            invalid(line, column, error.to_string())
        })?;
        let mut vaults = BTreeMap::new();
        for (name, entry) in file.vaults {
            let (line, column) = (entry.referenced.line(), entry.referenced.column());
            let name: VaultName = name
                .parse()
                .map_err(|error: crate::name::Invalid| invalid(line, column, error.to_string()))?;
            let mut settings = entry.value;
            let Some(serde_json::Value::String(kind)) = settings.remove("kind") else {
                let message = format!("vault `{name}` needs a `kind`: kdbx or hashicorp");
                return Err(invalid(line, column, message));
            };
            vaults.insert(
                name,
                VaultEntry { kind, settings, line: usize::try_from(line).unwrap_or(0) },
            );
        }
        let known = vaults.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let default_vault = match (&file.default_vault, vaults.len()) {
            (Some(name), _) => {
                vaults.keys().find(|known| known.as_str() == name.value).cloned().ok_or_else(
                    || Error::UnknownDefault {
                        path: path.to_owned(),
                        known: known.clone(),
                    },
                )?
            }
            (None, 0) => {
                let local: VaultName = "local".parse().map_err(|_| Error::Homeless)?;
                vaults.insert(local.clone(), VaultEntry::embedded());
                local
            }
            (None, 1) => vaults.keys().next().cloned().ok_or(Error::Homeless)?,
            (None, _) => {
                return Err(invalid(
                    1,
                    1,
                    format!("several vaults need a `default-vault`: one of {known}"),
                ));
            }
        };
        let connectors = if file.connectors.is_empty() {
            vec![PathBuf::from("connectors")]
        } else {
            file.connectors
        };
        Ok(Self {
            connectors: connectors.into_iter().map(|folder| base.join(folder)).collect(),
            state: match (file.state, data) {
                (Some(state), _) => base.join(state),
                (None, Some(data)) => data.join("state"),
                (None, None) => base.join("state"),
            },
            browser: Browser {
                binary: file.browser.binary.map(|path| base.join(path)),
                driver: file.browser.driver.map(|path| base.join(path)),
                ca_file: file.browser.ca_file.map(|path| base.join(path)),
                ..file.browser
            },
            file: Some(path.to_owned()),
            base,
            vaults,
            default_vault,
        })
    }
}

impl VaultEntry {
    /// The embedded default: `vault.kdbx` and `vault.key` in the base folder.
    fn embedded() -> Self {
        let mut settings = serde_json::Map::new();
        settings.insert("path".into(), "vault.kdbx".into());
        settings.insert("key-file".into(), "vault.key".into());
        Self { kind: "kdbx".into(), settings, line: 0 }
    }
}
