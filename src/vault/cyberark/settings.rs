//! The settings of a CyberArk vault: what its entry in the configuration says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::name::{AccountRef, VaultName};
use crate::vault::Error;
use crate::vault::credential::is_variable;
use crate::vault::http::Endpoint;
use crate::vault::table::Table;

/// The settings, resolved: paths start from the configuration's folder.
pub(super) struct Settings {
    /// Where the server is; its address ends in the application's path, `/PasswordVault`.
    pub(super) endpoint: Endpoint,
    /// `auth`.
    pub(super) auth: Auth,
    /// `links`.
    pub(super) links: Links,
    /// `check-in`.
    pub(super) check_in: CheckIn,
    /// `exclusive-platforms`, in lower case.
    pub(super) exclusive: Vec<String>,
}

/// How doorward shows the vault who it is.
pub(super) enum Auth {
    /// A logon with user name and password.
    Logon(Logon),
    /// `bearer: { token-file }`.
    TokenFile(PathBuf),
    /// `bearer: { token-env }`: the name of an environment variable.
    TokenEnv(String),
    /// `oauth`: client credentials at the identity tenant.
    Client { endpoint: Box<Endpoint>, path: String, client_id: String, secret_file: PathBuf },
}

/// A logon, and what it is made with.
#[derive(Clone)]
pub(super) struct Logon {
    pub(super) method: Method,
    pub(super) username: String,
    /// `password-file`; without it the password is asked for.
    pub(super) password: Option<PathBuf>,
    /// `totp-account`: whose codes answer a challenge, instead of the person.
    pub(super) totp_account: Option<AccountRef>,
}

/// The ways to log on with a password, as PVWA has them in its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    CyberArk,
    Ldap,
    Radius,
    Windows,
}

/// When the accounts are checked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckIn {
    WhenExclusive,
    Always,
    Never,
}

/// Which linked account is which.
pub(super) struct Links {
    /// `logon` and `reconcile`.
    roles: [Link; 2],
    /// `platforms`, by their ids in lower case.
    platforms: BTreeMap<String, [Option<Link>; 2]>,
    /// `accounts`, by `safe/name` in lower case.
    accounts: BTreeMap<String, Configured>,
}

/// How a link is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Link {
    /// `extraPasswordIndex`.
    Index(u64),
    /// The name that the platform gives it.
    Name(String),
}

/// The links of an account as the configuration has them.
#[derive(Debug, Clone, Default)]
pub(super) struct Configured {
    pub(super) logon: Option<AccountRef>,
    pub(super) reconcile: Option<AccountRef>,
}

impl Settings {
    /// Reads the entry of `vault`; relative paths start from `base`.
    pub(super) fn read(
        vault: &VaultName,
        settings: Map<String, Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let mut table = Table::new(vault, settings);
        let mut endpoint = Endpoint::read(&mut table, base, "https://pvwa.example/PasswordVault")?;
        // Of several nodes behind a balancer only one knows the session: a cookie leads to it.
        endpoint.cookies = true;
        let path = endpoint.address.path().trim_end_matches('/');
        let path = strip_api(path).to_owned();
        endpoint.address.set_path(if path.is_empty() { "/PasswordVault" } else { &path });
        let auth = auth(&mut table, base, &endpoint, vault)?;
        let links = links(&mut table)?;
        let check_in = match table.text("check-in")?.as_deref() {
            None | Some("when-exclusive") => CheckIn::WhenExclusive,
            Some("always") => CheckIn::Always,
            Some("never") => CheckIn::Never,
            Some(_) => {
                let message = "has to be `when-exclusive`, `always` or `never`";
                return Err(table.wrong("check-in", message.into()));
            }
        };
        let exclusive = table.texts("exclusive-platforms")?;
        let exclusive = exclusive.iter().map(|id| id.to_lowercase()).collect();
        table.finish()?;
        Ok(Self { endpoint, auth, links, check_in, exclusive })
    }
}

/// The application's path without the `/API` that people copy with it.
fn strip_api(path: &str) -> &str {
    let cut = path.len().saturating_sub(4);
    match path.get(cut..) {
        Some(end) if end.eq_ignore_ascii_case("/api") => &path[..cut],
        _ => path,
    }
}

impl Method {
    /// Its place in the path.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::CyberArk => "CyberArk",
            Self::Ldap => "LDAP",
            Self::Radius => "RADIUS",
            Self::Windows => "Windows",
        }
    }
}

impl Links {
    /// How the logon and the reconcile account of `platform` are recognised.
    pub(super) fn of(&self, platform: Option<&str>) -> [&Link; 2] {
        let own = platform.and_then(|platform| self.platforms.get(&platform.to_lowercase()));
        let role = |at: usize| own.and_then(|own| own[at].as_ref()).unwrap_or(&self.roles[at]);
        [role(0), role(1)]
    }

    /// What the configuration says of the account `path`, which is `safe/name`.
    pub(super) fn configured(&self, path: &str) -> Option<&Configured> {
        self.accounts.get(&path.to_lowercase())
    }
}

fn auth(
    above: &mut Table<'_>,
    base: &Path,
    endpoint: &Endpoint,
    vault: &VaultName,
) -> Result<Auth, Error> {
    let Some(mut table) = above.table("auth")? else {
        return Err(above.wrong("auth", format!("is missing: {METHODS}")));
    };
    refuse_secrets(&table)?;
    let mut found = Vec::new();
    for (key, method) in [
        ("cyberark", Method::CyberArk),
        ("ldap", Method::Ldap),
        ("radius", Method::Radius),
        ("windows", Method::Windows),
    ] {
        if let Some(table) = table.table(key)? {
            found.push(Auth::Logon(logon(table, method, base, vault)?));
        }
    }
    if let Some(table) = table.table("bearer")? {
        found.push(bearer(table, base)?);
    }
    if let Some(table) = table.table("oauth")? {
        found.push(oauth(table, base, endpoint)?);
    }
    table.finish()?;
    match (found.pop(), found.is_empty()) {
        (Some(auth), true) => Ok(auth),
        (None, _) => Err(above.wrong("auth", format!("names no way to sign in: {METHODS}"))),
        _ => Err(above.wrong("auth", format!("names several ways to sign in: {METHODS}"))),
    }
}

fn logon(
    mut table: Table<'_>,
    method: Method,
    base: &Path,
    vault: &VaultName,
) -> Result<Logon, Error> {
    refuse_secrets(&table)?;
    let Some(username) = table.text("username")? else {
        return Err(table.wrong("username", "is missing".into()));
    };
    let password = table.text("password-file")?.map(|path| base.join(path));
    let totp_account = match method {
        Method::Radius => table.account("totp-account")?,
        _ => None,
    };
    // Its own vault would have to be signed in to before its code could be had.
    if let Some(account) = &totp_account
        && account.vault().is_none_or(|named| named == vault)
    {
        let message =
            "has to name the vault that it is in, and another than this one: `vault:safe/name`";
        return Err(table.wrong("totp-account", message.into()));
    }
    table.finish()?;
    Ok(Logon { method, username, password, totp_account })
}

fn bearer(mut table: Table<'_>, base: &Path) -> Result<Auth, Error> {
    refuse_secrets(&table)?;
    let file = table.text("token-file")?;
    let variable = table.text("token-env")?;
    let auth = match (file, variable) {
        // A token of the identity tenant is a JWT, which begins so.
        (Some(file), _) if file.starts_with("eyJ") => {
            return Err(table.wrong("token-file", REFERENCES.into()));
        }
        (Some(file), None) => Auth::TokenFile(base.join(file)),
        (None, Some(name)) if is_variable(&name) => Auth::TokenEnv(name),
        (None, Some(_)) => {
            let message = "has to be the name of an environment variable, of letters, digits and `_`: the variable holds the token";
            return Err(table.wrong("token-env", message.into()));
        }
        _ => {
            let message = "is missing: one of `token-file` and `token-env` says where the token is";
            return Err(table.wrong("token-file", message.into()));
        }
    };
    table.finish()?;
    Ok(auth)
}

fn oauth(mut table: Table<'_>, base: &Path, endpoint: &Endpoint) -> Result<Auth, Error> {
    refuse_secrets(&table)?;
    let mut tenant = endpoint.beside(&mut table, "url", "https://abc123.id.cyberark.cloud")?;
    let path = match tenant.address.path().trim_matches('/') {
        "" => "oauth2/platformtoken".to_owned(),
        path => path.to_owned(),
    };
    tenant.address.set_path("");
    let Some(client_id) = table.text("client-id")? else {
        return Err(table.wrong("client-id", "is missing".into()));
    };
    let Some(file) = table.text("client-secret-file")? else {
        return Err(table.wrong("client-secret-file", "is missing".into()));
    };
    table.finish()?;
    let (endpoint, secret_file) = (Box::new(tenant), base.join(file));
    Ok(Auth::Client { endpoint, path, client_id, secret_file })
}

/// People do put a password where the name of its file belongs.
fn refuse_secrets(table: &Table<'_>) -> Result<(), Error> {
    match ["password", "token", "client-secret"].iter().find(|key| table.holds(key)) {
        Some(key) => Err(table.wrong(key, REFERENCES.into())),
        None => Ok(()),
    }
}

fn links(above: &mut Table<'_>) -> Result<Links, Error> {
    let named = |name: &str| Link::Name(name.to_owned());
    let mut links = Links {
        roles: [named("LogonAccount"), named("ReconcileAccount")],
        platforms: BTreeMap::new(),
        accounts: BTreeMap::new(),
    };
    let Some(mut table) = above.table("links")? else { return Ok(links) };
    for (place, link) in links.roles.iter_mut().zip(roles(&mut table)?) {
        if let Some(link) = link {
            *place = link;
        }
    }
    for (platform, mut table) in table.tables("platforms")? {
        links.platforms.insert(platform.to_lowercase(), roles(&mut table)?);
        table.finish()?;
    }
    for (account, mut table) in table.tables("accounts")? {
        if account.parse::<AccountRef>().is_ok_and(|account| account.vault().is_some())
            || account.parse::<AccountRef>().is_err()
        {
            let message = "has to be an account of this vault, as `safe/name` or by its id";
            return Err(table.itself(message.into()));
        }
        let configured = Configured {
            logon: table.account("logon-account")?,
            reconcile: table.account("reconcile-account")?,
        };
        table.finish()?;
        links.accounts.insert(account.to_lowercase(), configured);
    }
    table.finish()?;
    Ok(links)
}

/// `logon` and `reconcile`.
fn roles(table: &mut Table<'_>) -> Result<[Option<Link>; 2], Error> {
    Ok([link(table, "logon")?, link(table, "reconcile")?])
}

fn link(above: &mut Table<'_>, key: &'static str) -> Result<Option<Link>, Error> {
    let Some(mut table) = above.table(key)? else { return Ok(None) };
    let link = match (table.number("index")?, table.text("name")?) {
        (Some(index), None) => Link::Index(index),
        (None, Some(name)) => Link::Name(name),
        _ => {
            let message = "takes one of `index: NUMBER` and `name: TEXT`, as the platform has it";
            return Err(above.wrong(key, message.into()));
        }
    };
    table.finish()?;
    Ok(Some(link))
}

const METHODS: &str =
    "it takes one of `cyberark`, `ldap`, `radius`, `windows`, `bearer` and `oauth`";
const REFERENCES: &str = "would be a secret in the configuration: put it into a file and name that, with `password-file`, `token-file` or `client-secret-file`";
