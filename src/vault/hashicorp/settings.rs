//! The settings of a HashiCorp vault: what its entry in the configuration says.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};
use url::{Host, Url};

use super::table::Table;
use crate::name::VaultName;
use crate::vault::Error;

/// The settings, resolved: paths start from the configuration's folder.
pub(super) struct Settings {
    /// `address`, without `/v1`.
    pub(super) address: Url,
    /// `mount`: where the engine is mounted, without slashes at its ends. Default: `secret`, or `totp` for that engine.
    pub(super) mount: String,
    /// `engine`.
    pub(super) engine: Engine,
    /// `namespace`.
    pub(super) namespace: Option<String>,
    /// `ca-file`: only these authorities are trusted then.
    pub(super) ca_file: Option<PathBuf>,
    /// `auth`.
    pub(super) auth: Auth,
    /// `keys`.
    pub(super) keys: Keys,
    /// `public-properties`, in lower case, and those that are public anyway.
    pub(super) public: Vec<String>,
    /// `timeout`: for one call, its answer read whole.
    pub(super) timeout: Duration,
    /// `deadline`: for all calls that one question to the vault takes.
    pub(super) deadline: Duration,
    /// `trusted-hosts`: `host:port` of the nodes that may be redirected to, beside the address' own.
    pub(super) trusted: Vec<String>,
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

/// The names of an account's parts inside a KV secret.
pub(super) struct Keys {
    pub(super) username: String,
    pub(super) password: String,
    pub(super) address: String,
    pub(super) logon_account: String,
    pub(super) reconcile_account: String,
}

impl Settings {
    /// Reads the entry of `vault`; relative paths start from `base`.
    pub(super) fn read(
        vault: &VaultName,
        settings: Map<String, Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let mut table = Table::new(vault, settings);
        let insecure = table.flag("allow-insecure")?.unwrap_or(false);
        let address = address(&mut table, insecure)?;
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
        let trusted = table
            .texts("trusted-hosts")?
            .iter()
            .map(|host| authority(host, &address))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| {
                table.wrong("trusted-hosts", "has to hold hosts, as `host` or `host:port`".into())
            })?;
        let mut public: Vec<String> =
            table.texts("public-properties")?.iter().map(|name| name.to_lowercase()).collect();
        public.extend(PUBLIC.iter().map(|name| (*name).to_owned()));
        let ca_file = table.text("ca-file")?.map(|path| base.join(path));
        let timeout = table.duration("timeout")?.unwrap_or(TIMEOUT);
        let deadline = table.duration("deadline")?.unwrap_or(DEADLINE);
        let keys = keys(&mut table)?;
        let auth = auth(&mut table, base)?;
        table.finish()?;
        Ok(Self {
            address,
            mount,
            engine,
            namespace,
            ca_file,
            auth,
            keys,
            public,
            timeout,
            deadline,
            trusted,
        })
    }

    /// Whether the property `name` (in lower case) may be shown and typed anywhere.
    pub(super) fn is_public(&self, name: &str) -> bool {
        self.public.iter().any(|public| public == name)
    }
}

fn address(table: &mut Table<'_>, insecure: bool) -> Result<Url, Error> {
    const KEY: &str = "address";
    let wrong = |table: &Table<'_>, message: &str| table.wrong(KEY, message.to_owned());
    let Some(text) = table.text(KEY)? else {
        return Err(wrong(
            table,
            "is missing: the vault's URL, such as `https://vault.example:8200`",
        ));
    };
    let mut url = Url::parse(text.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.host().is_some())
        .ok_or_else(|| wrong(table, "has to be a URL such as `https://vault.example:8200`"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(table, "cannot hold a user name or password: `auth` says who asks"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(table, "cannot hold `?` or `#`"));
    }
    if url.scheme() == "http" && !insecure && !is_loopback(&url) {
        return Err(wrong(
            table,
            "is plain http, which would show the token and every password to the network: use https, or say `allow-insecure: true`",
        ));
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v1").unwrap_or(path).to_owned();
    url.set_path(&path);
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

/// `host:port` of an entry of `trusted-hosts`; without a port it has the address' own.
fn authority(entry: &str, address: &Url) -> Option<String> {
    // The scheme is one without a default port, so that a port that was written is seen.
    let url = Url::parse(&format!("vault://{entry}")).ok()?;
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let host = url.host_str().filter(|host| !host.is_empty())?.to_lowercase();
    let port = url.port().or_else(|| address.port_or_known_default())?;
    (bare && url.username().is_empty() && url.password().is_none())
        .then(|| format!("{host}:{port}"))
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

fn keys(table: &mut Table<'_>) -> Result<Keys, Error> {
    let mut keys = Keys {
        username: "username".into(),
        password: "password".into(),
        address: "address".into(),
        logon_account: "logon_account".into(),
        reconcile_account: "reconcile_account".into(),
    };
    let Some(mut table) = table.table("keys")? else {
        return Ok(keys);
    };
    for (key, place) in [
        ("username", &mut keys.username),
        ("password", &mut keys.password),
        ("address", &mut keys.address),
        ("logon-account", &mut keys.logon_account),
        ("reconcile-account", &mut keys.reconcile_account),
    ] {
        if let Some(name) = table.text(key)? {
            *place = name;
        }
    }
    table.finish()?;
    Ok(keys)
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

fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Properties that tell where an account is used, in the words of PAM engineers.
const PUBLIC: [&str; 5] = ["port", "url", "domain", "database", "host"];
const TIMEOUT: Duration = Duration::from_secs(5);
const DEADLINE: Duration = Duration::from_secs(15);
const METHODS: &str =
    "it takes one of `approle: { role-id, secret-id-file }`, `token-file` and `token-env`";
const REFERENCES: &str = "would be a secret in the configuration: put it into a file and name that, with `token-file` or `secret-id-file`";
