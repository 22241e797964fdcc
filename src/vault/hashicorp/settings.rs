//! The settings of a HashiCorp vault: what its entry in the configuration says.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::name::VaultName;
use crate::vault::Error;
use crate::vault::credential::is_variable;
use crate::vault::http::Endpoint;
use crate::vault::names::{Names, public};
use crate::vault::table::Table;

/// The settings, resolved: paths start from the configuration's folder.
pub(super) struct Settings {
    /// Where the server is; its address ends in `/v1`.
    pub(super) endpoint: Endpoint,
    /// `mount`: where the engine is mounted, without slashes at its ends. Default: `secret`, or `totp` for that engine.
    pub(super) mount: String,
    /// `engine`.
    pub(super) engine: Engine,
    /// `namespace`.
    pub(super) namespace: Option<String>,
    /// `auth`.
    pub(super) auth: Auth,
    /// `keys`.
    pub(super) keys: Names,
    /// `public-properties`, in lower case, and those that are public anyway.
    pub(super) public: Vec<String>,
}

/// What is mounted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    /// Keys and values, version 1 or 2.
    Kv,
    /// One-time codes that the vault computes.
    Totp,
}

/// How doorward shows the vault who it is.
#[derive(Clone)]
pub(super) enum Auth {
    /// `approle: { role-id, secret-id-file, mount }`.
    AppRole { role_id: String, secret_id_file: PathBuf, mount: String },
    /// `token-env`: the name of an environment variable.
    TokenEnv(String),
    /// `token-file`.
    TokenFile(PathBuf),
}

impl Settings {
    /// Reads the entry of `vault`; relative paths start from `base`.
    pub(super) fn read(
        vault: &VaultName,
        settings: Map<String, Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let mut table = Table::new(vault, settings);
        let mut endpoint = Endpoint::read(&mut table, base, "https://vault.example:8200")?;
        let above = endpoint.address.path().trim_end_matches('/').to_owned();
        let above = above.strip_suffix("/v1").unwrap_or(&above);
        endpoint.address.set_path(&format!("{above}/v1"));
        let engine = match table.text("engine")?.as_deref() {
            None | Some("kv") => Engine::Kv,
            Some("totp") => Engine::Totp,
            Some(_) => return Err(table.wrong("engine", "has to be `kv` or `totp`".into())),
        };
        let default = if engine == Engine::Kv { "secret" } else { "totp" };
        let mount = path(&mut table, "mount", default)?;
        let namespace = table.text("namespace")?.map(|name| name.trim_matches('/').to_owned());
        if namespace.as_ref().is_some_and(|n| http::HeaderValue::from_str(n).is_err()) {
            return Err(table.wrong("namespace", "cannot hold control characters".into()));
        }
        let public = public(&mut table)?;
        let keys = Names::read(&mut table, |_, _, name| Ok(name))?;
        let auth = auth(&mut table, base)?;
        table.finish()?;
        Ok(Self { endpoint, mount, engine, namespace, auth, keys, public })
    }

    /// Whether the property `name` (in lower case) may be shown and typed anywhere.
    pub(super) fn is_public(&self, name: &str) -> bool {
        self.public.iter().any(|public| public == name)
    }
}

/// The path of a mount, without slashes at its ends.
fn path(table: &mut Table<'_>, key: &'static str, default: &str) -> Result<String, Error> {
    let text = table.text(key)?.unwrap_or_else(|| default.to_owned());
    let path = text.trim_matches('/');
    let bad = |part: &str| matches!(part, "" | "." | "..") || part.chars().any(char::is_control);
    if path.split('/').any(bad) {
        return Err(table.wrong(key, "has to be the path of a mount, such as `secret`".into()));
    }
    Ok(path.to_owned())
}

fn auth(above: &mut Table<'_>, base: &Path) -> Result<Auth, Error> {
    let Some(mut table) = above.table("auth")? else {
        return Err(above.wrong("auth", format!("is missing: {METHODS}")));
    };
    for secret in ["token", "secret-id", "password"] {
        if table.holds(secret) {
            return Err(table.wrong(secret, REFERENCES.into()));
        }
    }
    let approle = match table.table("approle")? {
        None => None,
        Some(mut approle) => {
            if approle.holds("secret-id") {
                return Err(approle.wrong("secret-id", REFERENCES.into()));
            }
            let mount = path(&mut approle, "mount", "approle")?;
            let role_id = approle.text("role-id")?;
            let file = approle.text("secret-id-file")?;
            let Some(role_id) = role_id else {
                return Err(approle.wrong("role-id", "is missing".into()));
            };
            let Some(file) = file else {
                return Err(approle.wrong("secret-id-file", "is missing".into()));
            };
            approle.finish()?;
            Some(Auth::AppRole { role_id, secret_id_file: base.join(file), mount })
        }
    };
    let file = table.text("token-file")?;
    if file.as_deref().is_some_and(is_token) {
        return Err(table.wrong("token-file", REFERENCES.into()));
    }
    let file = file.map(|path| Auth::TokenFile(base.join(path)));
    let variable = table.text("token-env")?;
    if variable.as_deref().is_some_and(|name| !is_variable(name)) {
        let message = "has to be the name of an environment variable, of letters, digits and `_`: the variable holds the token";
        return Err(table.wrong("token-env", message.into()));
    }
    let variable = variable.map(Auth::TokenEnv);
    table.finish()?;
    let mut methods = [approle, file, variable].into_iter().flatten();
    match (methods.next(), methods.next()) {
        (Some(auth), None) => Ok(auth),
        (None, _) => Err(above.wrong("auth", format!("names no way to sign in: {METHODS}"))),
        _ => Err(above.wrong("auth", format!("names several ways to sign in: {METHODS}"))),
    }
}

/// Whether a text is a token and no path: the forms of Vault and OpenBao, of now and of before.
fn is_token(text: &str) -> bool {
    ["hvs.", "hvb.", "hvr.", "s.", "b.", "r."].iter().any(|prefix| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= 20 && rest.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        })
    })
}

const METHODS: &str =
    "it takes one of `approle: { role-id, secret-id-file }`, `token-file` and `token-env`";
const REFERENCES: &str = "would be a secret in the configuration: put it into a file and name that, with `token-file` or `secret-id-file`";
