//! Reading: from the text of a file to a [`Config`] with every path resolved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::{self, Kind, Node, Place};
use super::table::{Reader, Table, listed, nearest, settings};
use super::{Browser, BrowserKind, Config, Error, Portal, VaultEntry};
use crate::name::{AccountRef, Links, VaultName};

const KEYS: [&str; 10] = [
    "vaults",
    "default-vault",
    "links",
    "seeds",
    "connectors",
    "policies",
    "state",
    "browser",
    "portal",
    "recording",
];
const LINK_KEYS: [&str; 2] = ["logon-account", "reconcile-account"];
const BROWSER_KEYS: [&str; 7] =
    ["kind", "binary", "driver", "sandbox", "webdriver", "ca-file", "proxy"];
const BROWSER_KINDS: [&str; 2] = ["chromium", "firefox"];
const START: Place = Place { line: 1, column: 1 };

/// The configuration in `bytes` of the file `path`. `data` is the user's folder for the state.
pub(super) fn config(path: &Path, bytes: &[u8], data: Option<&Path>) -> Result<Config, Error> {
    let base =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let reader = Reader { path, base };
    let text = text(reader, bytes)?;
    let document = document::parse(text)
        .map_err(|flaw| reader.wrong(flaw.at, flaw.message.to_owned(), flaw.help))?;
    let mut table = reader.table("", document, &KEYS)?;
    let mut vaults = match table.take("vaults") {
        Some(node) => vaults(reader, node)?,
        None => BTreeMap::new(),
    };
    let default_vault = table.text("default-vault")?;
    if vaults.is_empty() {
        // It stays where it is when a configuration comes to it that says nothing of vaults.
        vaults.insert(super::local()?, VaultEntry::embedded(data.unwrap_or(base)));
    }
    let default_vault = default(reader, &vaults, default_vault)?;
    let links = match table.take("links") {
        Some(node) => links(reader, node, &vaults, &default_vault)?,
        None => BTreeMap::new(),
    };
    let seeds = match table.text("seeds")? {
        Some((named, at)) => Some(seeds(reader, &vaults, &named, at)?),
        None => None,
    };
    let mut connectors = table.paths("connectors")?;
    if connectors.is_empty() {
        connectors.push(base.join("connectors"));
        connectors.extend(data.map(|data| data.join("connectors")));
    }
    let policies = policies(reader, &mut table)?;
    let state = match (table.path("state")?, data) {
        (Some(state), _) => state,
        (None, Some(data)) => data.join("state"),
        (None, None) => base.join("state"),
    };
    let browser = match table.take("browser") {
        Some(node) => browser(reader, node)?,
        None => Browser::default(),
    };
    let portal = match table.take("portal") {
        Some(node) => super::portal::portal(reader, node)?,
        None => Portal::default(),
    };
    let recording = table.take("recording");
    let recording = recording.map(|node| super::recording::recording(reader, node)).transpose()?;
    Ok(Config {
        file: Some(path.to_owned()),
        base: base.to_owned(),
        vaults,
        default_vault,
        links,
        seeds,
        connectors,
        policies,
        state,
        browser,
        portal,
        recording,
    })
}

/// `policies`: a list with something in it. An empty one could mean that nobody may do anything, or that the key is not
/// meant to be there.
fn policies(reader: Reader<'_>, table: &mut Table<'_>) -> Result<Option<Vec<PathBuf>>, Error> {
    let Some(at) = table.place("policies") else { return Ok(None) };
    let paths = table.paths("policies")?;
    if paths.is_empty() {
        let message = "`policies` is an empty list".to_owned();
        let help = "name a file or folder of policies; or leave the key away, and the patterns of users decide";
        return Err(reader.wrong(at, message, help));
    }
    Ok(Some(paths))
}

fn text<'t>(reader: Reader<'_>, bytes: &'t [u8]) -> Result<&'t str, Error> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let error = match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => return Ok(text),
        Ok(text) => text.find('\0').unwrap_or(0),
        Err(error) => error.valid_up_to(),
    };
    let before = String::from_utf8_lossy(bytes.get(..error).unwrap_or_default()).into_owned();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let help = "save it as UTF-8; is this the right file?";
    Err(reader.wrong(Place { line, column }, "this is not UTF-8 text".into(), help))
}

fn vaults(reader: Reader<'_>, node: Node) -> Result<BTreeMap<VaultName, VaultEntry>, Error> {
    let mut vaults = BTreeMap::new();
    for (name, at, node) in reader.entries("vaults", node)? {
        let name: VaultName = name.parse().map_err(|error: crate::name::Invalid| {
            reader.wrong(
                at,
                error.to_string(),
                "rename the vault; accounts are then `NAME:safe/account`",
            )
        })?;
        let entry = vault(reader, &name, at, node)?;
        vaults.insert(name, entry);
    }
    Ok(vaults)
}

fn vault(reader: Reader<'_>, name: &VaultName, at: Place, node: Node) -> Result<VaultEntry, Error> {
    const KINDS: &str = "write `kind: kdbx` for a KeePass file, `kind: hashicorp` for HashiCorp Vault and OpenBao, or one of the README's other kinds";
    let above = format!("vaults.{name}");
    let mut places = BTreeMap::new();
    if !matches!(node.kind, Kind::Map(_) | Kind::Null) {
        let message = format!("`{above}` has to be a table of keys, and is {}", node.kind.name());
        return Err(reader.wrong(node.at, message, KINDS));
    }
    let mut settings = match settings(reader, &above, "", node, &mut places)? {
        serde_json::Value::Object(settings) => settings,
        _ => serde_json::Map::new(),
    };
    match settings.remove("kind") {
        Some(serde_json::Value::String(kind)) => {
            Ok(VaultEntry { kind, settings, place: at, places })
        }
        Some(serde_json::Value::Null) | None => {
            Err(reader.wrong(at, format!("vault `{name}` has no `kind`"), KINDS))
        }
        Some(_) => {
            let at = places.get("kind").copied().unwrap_or(at);
            Err(reader.wrong(at, format!("`{above}.kind` has to be a text"), KINDS))
        }
    }
}

fn default(
    reader: Reader<'_>,
    vaults: &BTreeMap<VaultName, VaultEntry>,
    named: Option<(String, Place)>,
) -> Result<VaultName, Error> {
    let known: Vec<&str> = vaults.keys().map(VaultName::as_str).collect();
    match (named, vaults.len()) {
        (Some((named, at)), _) => {
            vaults.keys().find(|known| known.as_str() == named).cloned().ok_or_else(|| {
                let help = match nearest(&named, known.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("the vaults are {}", listed(&known)),
                };
                reader.wrong(at, "`default-vault` names no vault of this file".into(), &help)
            })
        }
        (None, 1) => vaults.keys().next().cloned().ok_or(Error::Homeless),
        (None, _) => {
            let message = "there are several vaults and no `default-vault`".to_owned();
            let help = format!(
                "add `default-vault: NAME` with one of {}: the vault of an account that names none",
                listed(&known)
            );
            Err(reader.wrong(START, message, &help))
        }
    }
}

/// The vault where new seeds of one-time codes are kept.
fn seeds(
    reader: Reader<'_>,
    vaults: &BTreeMap<VaultName, VaultEntry>,
    named: &str,
    at: Place,
) -> Result<VaultName, Error> {
    let known: Vec<&str> = vaults.keys().map(VaultName::as_str).collect();
    vaults.keys().find(|known| known.as_str() == named).cloned().ok_or_else(|| {
        let help = match nearest(named, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("the vaults are {}", listed(&known)),
        };
        reader.wrong(at, "`seeds` names no vault of this file".into(), &help)
    })
}

/// The links, each with its vaults named: those of a target account mean its own vault where they name none.
fn links(
    reader: Reader<'_>,
    node: Node,
    vaults: &BTreeMap<VaultName, VaultEntry>,
    default_vault: &VaultName,
) -> Result<BTreeMap<AccountRef, Links>, Error> {
    const HELP: &str = "a reference is `[vault:][safe/]name`";
    let reference = |text: &str, at: Place, what: &str| {
        // What it holds instead is not repeated: it may be the secret itself.
        let wrong = || reader.wrong(at, format!("{what} is no account reference"), HELP);
        let reference: AccountRef = text.parse().map_err(|_| wrong())?;
        match reference.vault() {
            Some(vault) if !vaults.contains_key(vault) => {
                let known: Vec<&str> = vaults.keys().map(VaultName::as_str).collect();
                let help = match nearest(vault.as_str(), known.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("the vaults are {}", listed(&known)),
                };
                Err(reader.wrong(
                    at,
                    format!("{what} names a vault that is not in this file"),
                    &help,
                ))
            }
            _ => Ok(reference),
        }
    };
    let mut links = BTreeMap::new();
    for (account, at, node) in reader.entries("links", node)? {
        let account = reference(&account, at, "a key of `links`")?.within(default_vault);
        let mut table = reader.table(&format!("links.{account}"), node, &LINK_KEYS)?;
        let mut link = |key: &str| match table.text(key)? {
            Some((text, at)) => reference(&text, at, &format!("`{key}`")).map(Some),
            None => Ok(None),
        };
        let found = Links {
            logon_account: link("logon-account")?,
            reconcile_account: link("reconcile-account")?,
        };
        let of = found.of(&account);
        if links.insert(account, of).is_some() {
            // Spelt with and without the default vault.
            let message = "an account is there twice below `links`".to_owned();
            return Err(reader.wrong(at, message, "leave one of them away"));
        }
    }
    Ok(links)
}

fn browser(reader: Reader<'_>, node: Node) -> Result<Browser, Error> {
    let mut table = reader.table("browser", node, &BROWSER_KEYS)?;
    let kind = match table.text("kind")? {
        None => BrowserKind::Chromium,
        Some((kind, _)) if kind == BROWSER_KINDS[0] => BrowserKind::Chromium,
        Some((kind, _)) if kind == BROWSER_KINDS[1] => BrowserKind::Firefox,
        Some((kind, at)) => {
            let help = match nearest(&kind, BROWSER_KINDS) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "write `chromium`, for Chrome too, or `firefox`".to_owned(),
            };
            let message = "`browser.kind` names no kind of browser".to_owned();
            return Err(reader.wrong(at, message, &help));
        }
    };
    Ok(Browser {
        kind,
        binary: table.path("binary")?,
        driver: table.path("driver")?,
        sandbox: table.flag("sandbox")?.unwrap_or(true),
        webdriver: match table.text("webdriver")? {
            Some((text, at)) => {
                Some(endpoint(reader, "webdriver", "http://grid.example:4444/", &text, at)?)
            }
            None => None,
        },
        ca_file: table.path("ca-file")?,
        proxy: match table.text("proxy")? {
            Some((text, at)) => {
                Some(endpoint(reader, "proxy", "http://proxy.example:3128", &text, at)?)
            }
            None => None,
        },
    })
}

fn endpoint(
    reader: Reader<'_>,
    key: &str,
    example: &str,
    text: &str,
    at: Place,
) -> Result<url::Url, Error> {
    let help = format!("write it as {example}");
    let wrong = |what: &str| reader.wrong(at, format!("`browser.{key}` {what}"), &help);
    let url = url::Url::parse(text).map_err(|error| wrong(&format!("is no URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("has to begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a user name or password, and a configuration holds no secret"));
    }
    Ok(url)
}
