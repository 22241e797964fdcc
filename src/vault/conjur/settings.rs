//! The settings of a Conjur vault: what its entry in the configuration says.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::name::{AccountRef, VaultName};
use crate::vault::Error;
use crate::vault::credential::is_variable;
use crate::vault::http::Endpoint;
use crate::vault::names::{Names, public};
use crate::vault::table::Table;

/// The settings, resolved: paths start from the configuration's folder.
pub(super) struct Settings {
    /// Where the server is.
    pub(super) endpoint: Endpoint,
    /// `account`: the organisation account.
    pub(super) account: String,
    /// `prefix`, without slashes at its ends.
    pub(super) prefix: Option<String>,
    /// `auth`.
    pub(super) auth: Auth,
    /// `keys`.
    pub(super) keys: Names,
    /// `properties`.
    pub(super) properties: Vec<String>,
    /// `public-properties`, in lower case, and those that are public anyway.
    public: Vec<String>,
}

/// How doorward shows Conjur who it is.
#[derive(Clone)]
pub(super) enum Auth {
    /// `api-key: { login, file | env }`.
    ApiKey { login: String, key: Source },
    /// `jwt: { service, file, login }`.
    Jwt { service: String, file: PathBuf, login: Option<String> },
}

/// Where a key is.
#[derive(Clone)]
pub(super) enum Source {
    File(PathBuf),
    Env(String),
}

impl Settings {
    /// Reads the entry of `vault`; relative paths start from `base`.
    pub(super) fn read(
        vault: &VaultName,
        settings: Map<String, Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let mut table = Table::new(vault, settings);
        let endpoint = Endpoint::read(&mut table, base, "https://conjur.example")?;
        let Some(account) = table.text("account")? else {
            let message = "is missing: the organisation account, as in Conjur's own configuration";
            return Err(table.wrong("account", message.into()));
        };
        if account.contains([':', '/', '\0']) {
            return Err(table.wrong("account", "cannot hold `:` or `/`".into()));
        }
        let prefix = match table.text("prefix")? {
            Some(text) => Some(policy(&table, "prefix", &text)?),
            None => None,
        };
        let keys = Names::read(&mut table, |table, key, name| policy(table, key, &name))?;
        let properties = table.texts("properties")?;
        for name in &properties {
            policy(&table, "properties", name)?;
        }
        let public = public(&mut table)?;
        let auth = auth(&mut table, base)?;
        table.finish()?;
        Ok(Self { endpoint, account, prefix, auth, keys, properties, public })
    }

    /// Whether the property `name` (in lower case) may be shown and typed anywhere.
    pub(super) fn is_public(&self, name: &str) -> bool {
        self.public.iter().any(|public| public == name)
    }
}

/// A path of policies, without slashes at its ends.
fn policy(table: &Table<'_>, key: &str, text: &str) -> Result<String, Error> {
    let path = text.trim_matches('/');
    match AccountRef::new(None, Some(path), "x") {
        Ok(_) => Ok(path.to_owned()),
        Err(_) => Err(table.wrong(key, "has to be the id of a policy, such as `apps/web`".into())),
    }
}

fn auth(above: &mut Table<'_>, base: &Path) -> Result<Auth, Error> {
    let Some(mut table) = above.table("auth")? else {
        return Err(above.wrong("auth", format!("is missing: {METHODS}")));
    };
    let key = match table.table("api-key")? {
        None => None,
        Some(mut table) => {
            for secret in ["key", "api-key", "password"] {
                if table.holds(secret) {
                    return Err(table.wrong(secret, REFERENCES.into()));
                }
            }
            let login = login(&mut table)?;
            let file = table.text("file")?.map(|path| Source::File(base.join(path)));
            let variable = table.text("env")?;
            if variable.as_deref().is_some_and(|name| !is_variable(name)) {
                let message = "has to be the name of an environment variable, of letters, digits and `_`: the variable holds the API key";
                return Err(table.wrong("env", message.into()));
            }
            let ((Some(key), None) | (None, Some(key))) = (file, variable.map(Source::Env)) else {
                let message = "or `env` has to be there, one of them".to_owned();
                return Err(table.wrong("file", message));
            };
            let Some(login) = login else {
                return Err(table.wrong("login", "is missing, such as `host/doorward`".into()));
            };
            table.finish()?;
            Some(Auth::ApiKey { login, key })
        }
    };
    let jwt = match table.table("jwt")? {
        None => None,
        Some(mut table) => {
            if table.holds("token") {
                return Err(table.wrong("token", REFERENCES.into()));
            }
            let service = table.text("service")?;
            let file = table.text("file")?;
            let login = login(&mut table)?;
            let Some(service) = service.filter(|service| !service.contains(['/', '\0'])) else {
                let message = "has to be the id of the authenticator, as in `authn-jwt/ID`";
                return Err(table.wrong("service", message.into()));
            };
            let Some(file) = file else {
                return Err(table.wrong("file", "is missing: the file with the token".into()));
            };
            table.finish()?;
            Some(Auth::Jwt { service, file: base.join(file), login })
        }
    };
    table.finish()?;
    match (key, jwt) {
        (Some(auth), None) | (None, Some(auth)) => Ok(auth),
        (None, None) => Err(above.wrong("auth", format!("names no way to sign in: {METHODS}"))),
        _ => Err(above.wrong("auth", format!("names several ways to sign in: {METHODS}"))),
    }
}

fn login(table: &mut Table<'_>) -> Result<Option<String>, Error> {
    let login = table.text("login")?;
    if login.as_deref().is_some_and(|login| login.chars().any(char::is_control)) {
        return Err(table.wrong("login", "cannot hold control characters".into()));
    }
    Ok(login)
}

const METHODS: &str = "it takes one of `api-key: { login, file }` and `jwt: { service, file }`";
const REFERENCES: &str =
    "would be a secret in the configuration: put it into a file and name that, with `file`";
