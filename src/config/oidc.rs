//! `portal.oidc`: the provider through which people sign in.

use std::path::PathBuf;

use super::Error;
use super::document::{Node, Place};
use super::portal::texts;
use super::table::{Reader, Table};

const KEYS: [&str; 11] = [
    "issuer",
    "client-id",
    "client-secret-file",
    "ca-file",
    "scopes",
    "name-claim",
    "groups-claim",
    "roles",
    "default-role",
    "display-name",
    "second-factor",
];
/// Keys that would hold a secret.
const SECRETS: [&str; 2] = ["client-secret", "secret"];
const ROLES: [&str; 4] = ["operator", "approver", "auditor", "admin"];

/// `portal.oidc`: an OpenID Connect provider.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// `issuer`: what the provider calls itself, to the letter.
    pub issuer: String,
    /// `client-id`: what the provider calls this portal.
    pub client_id: String,
    /// `client-secret-file`: without it the portal is a public client.
    pub client_secret_file: Option<PathBuf>,
    /// `ca-file`: PEM certificates that the provider's TLS is checked against.
    pub ca_file: Option<PathBuf>,
    /// `scopes`: what is asked for; `openid` is among them.
    pub scopes: Vec<String>,
    /// `name-claim`: which claim is a person's name.
    pub name_claim: String,
    /// `groups-claim`: which claim holds their groups.
    pub groups_claim: String,
    /// `roles`: group and role; the first that names a group of theirs is theirs.
    pub roles: Vec<(String, String)>,
    /// `default-role`: of those whom `roles` does not name; without it they are refused.
    pub default_role: Option<String>,
    /// `display-name`: what the button calls the provider.
    pub display_name: String,
    /// `second-factor`: whether people of the provider prove a second factor here, too, where they have one.
    pub second_factor: bool,
}

/// Reads `node`, the value of `portal.oidc`.
pub(super) fn oidc(reader: Reader<'_>, node: Node) -> Result<Oidc, Error> {
    const ABOVE: &str = "portal.oidc";
    let at = node.at;
    if let super::document::Kind::Map(entries) = &node.kind {
        let is_secret = |key: &Node| matches!(&key.kind, super::document::Kind::Text(name) if SECRETS.contains(&name.as_str()));
        if let Some((key, _)) = entries.iter().find(|(key, _)| is_secret(key)) {
            let message = "a configuration holds no secret".to_owned();
            let help = "write it into a file, and name that: `client-secret-file: oidc.secret`";
            return Err(reader.wrong(key.at, message, help));
        }
    }
    let mut table = reader.table(ABOVE, node, &KEYS)?;
    let needed = |found: Option<(String, Place)>, key: &str, help: &str| {
        let message = format!("`{ABOVE}` needs `{key}`");
        found.ok_or_else(|| reader.wrong(at, message, help))
    };
    const ISSUER: &str = "write what the provider calls itself: https://id.example/realms/staff";
    let (issuer, place) = needed(table.text("issuer")?, "issuer", ISSUER)?;
    let url = url::Url::parse(&issuer).ok();
    let fits = |url: &url::Url| {
        matches!(url.scheme(), "https" | "http")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let Some(url) = url.filter(fits) else {
        let message = format!("`{ABOVE}.issuer` is no address of a provider");
        return Err(reader.wrong(place, message, ISSUER));
    };
    let local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    if url.scheme() == "http" && !local {
        let message =
            format!("`{ABOVE}.issuer` is plain http, which anybody on the way can change");
        return Err(reader.wrong(
            place,
            message,
            "a provider that is not on this machine has https",
        ));
    }
    let help = "write what the provider calls this portal: `client-id: doorward`";
    let (client_id, _) = needed(table.text("client-id")?, "client-id", help)?;
    let word = |table: &mut Table<'_>, key: &str, usual: &str| {
        Ok::<_, Error>(table.text(key)?.map_or_else(|| usual.to_owned(), |(text, _)| text))
    };
    Ok(Oidc {
        issuer,
        client_id,
        client_secret_file: table.path("client-secret-file")?,
        ca_file: table.path("ca-file")?,
        scopes: scopes(reader, &mut table)?,
        name_claim: word(&mut table, "name-claim", "preferred_username")?,
        groups_claim: word(&mut table, "groups-claim", "groups")?,
        default_role: match table.text("default-role")? {
            None => None,
            Some((text, at)) => Some(role(reader, "portal.oidc.default-role", text, at)?),
        },
        roles: match table.take("roles") {
            None => Vec::new(),
            Some(node) => roles(reader, node)?,
        },
        display_name: word(&mut table, "display-name", "your organisation")?,
        second_factor: table.flag("second-factor")?.unwrap_or(false),
    })
}

fn scopes(reader: Reader<'_>, table: &mut Table<'_>) -> Result<Vec<String>, Error> {
    const HELP: &str = "write `[openid, profile, groups]`";
    let Some(node) = table.take("scopes") else {
        return Ok(vec!["openid".to_owned(), "profile".to_owned()]);
    };
    let at = node.at;
    let mut scopes = Vec::new();
    for (text, at) in texts(reader, "portal.oidc.scopes", node, HELP)? {
        // RFC 6749, section 3.3.
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
        {
            let message = "`portal.oidc.scopes` holds what is no scope".to_owned();
            return Err(reader.wrong(at, message, HELP));
        }
        scopes.push(text);
    }
    if !scopes.iter().any(|scope| scope == "openid") {
        let message = "`portal.oidc.scopes` has to hold `openid`".to_owned();
        return Err(reader.wrong(at, message, HELP));
    }
    Ok(scopes)
}

fn roles(reader: Reader<'_>, node: Node) -> Result<Vec<(String, String)>, Error> {
    let mut roles = Vec::new();
    for (group, at, node) in reader.entries("portal.oidc.roles", node)? {
        let super::document::Kind::Text(text) = node.kind else {
            let message = "a role of `portal.oidc.roles` has to be a text".to_owned();
            return Err(reader.wrong(at, message, "write `GROUP: operator`"));
        };
        let group = group.strip_prefix('/').unwrap_or(&group).to_owned();
        roles.push((group, role(reader, "portal.oidc.roles", text, node.at)?));
    }
    Ok(roles)
}

pub(super) fn role(
    reader: Reader<'_>,
    key: &str,
    text: String,
    at: Place,
) -> Result<String, Error> {
    match ROLES.contains(&text.as_str()) {
        true => Ok(text),
        false => {
            let message = format!("`{key}` holds what is no role");
            Err(reader.wrong(at, message, "a role is `operator`, `approver`, `auditor` or `admin`"))
        }
    }
}
