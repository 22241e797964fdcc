//! The claims of an ID token (OpenID Connect Core 1.0, sections 2 and 3.1.3.7), and who they say has arrived.

use serde_json::Value;

use super::Error;
use crate::clock::Timestamp;
use crate::config;
use crate::name::{GroupName, UserName};

/// By how many seconds the clocks here and there may differ.
const LEEWAY: i64 = 60;
/// How many seconds ago a token may have been made: it is fetched at once.
const OLDEST: i64 = 600;
/// How many groups of a person are taken.
const MOST: usize = 200;

/// One whom the provider knows.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The provider: with the subject it is who they are.
    pub issuer: String,
    /// What the provider calls them for good.
    pub subject: String,
    /// Their name, as people know them.
    pub name: UserName,
    /// The word of their role here.
    pub role: String,
    /// Their groups, as far as they can be named here.
    pub groups: Vec<GroupName>,
}

/// Who the claims in `payload` say has arrived; its signature has been seen to hold.
pub(super) fn read(
    payload: &[u8],
    settings: &config::Oidc,
    nonce: &str,
    now: Timestamp,
) -> Result<Arrival, Error> {
    let garbled = |_| Error::Garbled { what: "the ID token", found: "its claims are no JSON" };
    let claims: Value = serde_json::from_slice(payload).map_err(garbled)?;
    let text = |name: &str| claims[name].as_str().unwrap_or_default();
    if text("iss") != settings.issuer {
        return Err(Error::Claim("it is of another provider (iss)"));
    }
    let own = settings.client_id.as_str();
    let (is_for_us, is_for_others) = match &claims["aud"] {
        Value::String(one) => (one == own, false),
        Value::Array(several) => {
            (several.iter().any(|one| one == own), several.iter().any(|one| one != own))
        }
        _ => (false, false),
    };
    if !is_for_us {
        return Err(Error::Claim("it is for another client (aud)"));
    }
    if is_for_others && claims["azp"].is_null() || !claims["azp"].is_null() && text("azp") != own {
        return Err(Error::Claim("it was given to another client (azp)"));
    }
    let now = now.as_second();
    // Providers may write seconds with a fraction (RFC 7519, section 2).
    let seconds = |name: &str| {
        let value = &claims[name];
        value.as_i64().or_else(|| value.as_f64().map(|value| value as i64))
    };
    if seconds("exp").is_none_or(|exp| exp.saturating_add(LEEWAY) <= now) {
        return Err(Error::Claim("it has expired (exp)"));
    }
    let made = seconds("iat").ok_or(Error::Claim("it does not say when it was made (iat)"))?;
    let begins = seconds("nbf").unwrap_or(made).max(made);
    if begins.saturating_sub(LEEWAY) > now {
        return Err(Error::Claim("it is of a later time than now (iat)"));
    }
    if made.saturating_add(OLDEST) < now {
        return Err(Error::Claim("it was made too long ago (iat)"));
    }
    if text("nonce") != nonce {
        return Err(Error::Claim("it is not of this sign-in (nonce)"));
    }
    let subject = text("sub");
    if subject.is_empty() || subject.len() > 255 {
        return Err(Error::Claim("it does not say who it is of (sub)"));
    }
    let nameless = || Error::Nameless { claim: settings.name_claim.clone() };
    let name = found(&claims, &settings.name_claim).as_str().unwrap_or_default().trim();
    let name: UserName = name.parse().map_err(|_| nameless())?;
    let named = match found(&claims, &settings.groups_claim) {
        Value::Array(groups) => groups.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one.as_str()],
        _ => Vec::new(),
    };
    // A provider may write groups as paths: `/security`.
    let named: Vec<&str> =
        named.into_iter().map(|name| name.strip_prefix('/').unwrap_or(name)).collect();
    let role = settings.roles.iter().find(|(group, _)| named.contains(&group.as_str()));
    let role = role.map(|(_, role)| role).or(settings.default_role.as_ref());
    let groups = named.iter().filter_map(|name| name.parse().ok()).take(MOST);
    let Some(role) = role.cloned() else { return Err(Error::NoRole { name }) };
    Ok(Arrival {
        issuer: settings.issuer.clone(),
        subject: subject.to_owned(),
        name,
        role,
        groups: groups.collect(),
    })
}

/// The claim of that name, or the one that dots lead to: `realm_access.roles`.
fn found<'a>(claims: &'a Value, name: &str) -> &'a Value {
    match claims.get(name) {
        Some(value) => value,
        None => name.split('.').fold(claims, |value, part| &value[part]),
    }
}
