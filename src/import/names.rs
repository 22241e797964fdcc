//! Names: what a row or a URL of CyberArk may name, and what each placeholder becomes.

use super::draft::{Draft, placeholder, template};
use super::report::shown;
use super::suspect::{self, Field};
use crate::connector::{Object, Part, Template};

/// What rows may name beside the properties of accounts.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Parameters of the connector: name and value.
    pub(super) client: Vec<(String, String)>,
    /// `UserParameters`: name, what people see, default.
    pub(super) user: Vec<(String, String, String)>,
    /// `PreConnectDllName`.
    pub(super) dll: String,
    /// `PreConnectParameters`.
    pub(super) dll_parameters: String,
    /// Whether it is the form of Internet Explorer, which skips fields that are not there.
    pub(super) legacy: bool,
    /// Names that rows did use.
    pub(super) used: Vec<String>,
}

/// Why something cannot be carried over, and what to do.
pub(super) type Loss = (String, String);

pub(super) fn loss(why: impl Into<String>, help: impl Into<String>) -> Loss {
    (why.into(), help.into())
}

/// Where a template stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// It is typed into a field.
    Field,
    /// It is shown and logged: a locator or a URL.
    Outside,
}

/// `text` with its placeholders, as a template.
pub(super) fn template_of(
    text: &str,
    stands: Where,
    at: usize,
    names: &mut Names,
    draft: &mut Draft,
) -> Result<Template, Loss> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        parts.push(Part::Literal(rest[..open].to_owned()));
        rest = &rest[open..];
        let close = rest.find('}').filter(|close| is_placeholder(&rest[1..*close]));
        match close {
            Some(close) => {
                parts.push(part(&rest[1..close], stands, at, names, draft)?);
                rest = &rest[close + 1..];
            }
            None => {
                parts.push(Part::Literal("{".to_owned()));
                rest = &rest[1..];
            }
        }
    }
    parts.push(Part::Literal(rest.to_owned()));
    Ok(template(parts))
}

/// Whether `{inner}` is a placeholder: `property` or `object\property`.
fn is_placeholder(inner: &str) -> bool {
    let name = |name: &str| {
        name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '))
    };
    inner.len() <= 128 && inner.split('\\').count() <= 2 && inner.split('\\').all(name)
}

/// The properties that accounts have here, too.
const KNOWN: [&str; 8] =
    ["username", "password", "address", "port", "url", "domain", "database", "host"];

/// The placeholder `{inner}`.
fn part(
    inner: &str,
    stands: Where,
    at: usize,
    names: &mut Names,
    draft: &mut Draft,
) -> Result<Part, Loss> {
    let lower = inner.to_lowercase();
    if let Some((object, property)) = lower.split_once('\\').or_else(|| {
        ["logonaccount", "reconcileaccount"].into_iter().find_map(|object| {
            lower.strip_prefix(object)?.strip_prefix('_').map(|property| (object, property))
        })
    }) {
        let object = match object {
            "logonaccount" => Object::LogonAccount,
            "reconcileaccount" => Object::ReconcileAccount,
            "target" | "targetaccount" => Object::Target,
            _ => {
                return Err(loss(
                    format!("there is no object `{}` here", shown(object)),
                    "linked accounts are `logonaccount` and `reconcileaccount` here; which index they had is a \
                     matter of the platform",
                ));
            }
        };
        return outside(stands, placeholder(object, property), property);
    }
    let user = names.user.iter().find(|(name, ..)| name.eq_ignore_ascii_case(inner)).cloned();
    if let Some((name, title, default)) = user {
        names.used.push(name.to_lowercase());
        let default = Some(default.as_str()).filter(|default| is_harmless(&name, default));
        return Ok(parameter(&name, Some(&title), default, draft));
    }
    let client = names.client.iter().find(|(name, _)| name.eq_ignore_ascii_case(inner)).cloned();
    if let Some((name, value)) = client {
        names.used.push(name.to_lowercase());
        let default = Some(value.as_str()).filter(|value| is_harmless(&name, value));
        let known = draft.parameters.iter().any(|known| known.name.eq_ignore_ascii_case(&name));
        let part = parameter(&name, None, default, draft);
        if !known {
            let what = format!("the parameter `{}`", shown(&name));
            let (why, help) = match default {
                Some(_) if KNOWN.contains(&lower.as_str()) => (
                    "it is one of `UserParameters` now, with its value as default",
                    format!(
                        "to take it from the account, write `<{lower}>` and remove the parameter"
                    ),
                ),
                Some(_) => (
                    "it is one of `UserParameters` now, with its value as default",
                    "write the value itself where it never changes".to_owned(),
                ),
                None => (
                    "its value can be a secret, so it is written nowhere",
                    format!(
                        "it is asked at connect, as `--param {}=…`; a secret belongs into the vault",
                        shown(&name)
                    ),
                ),
            };
            draft.report.changed(at, what, why, help);
        }
        return Ok(part);
    }
    match lower.as_str() {
        "clientusername" => Ok(placeholder(Object::User, "name")),
        "logondomain" => {
            let what = "`{LogonDomain}`";
            draft.report.changed(
                at,
                what,
                "the property is called `domain` here",
                "give the account a `domain`",
            );
            Ok(placeholder(Object::Target, "domain"))
        }
        "newpassword" => Err(loss(
            "it types a new password, and sign-ins do not change passwords",
            "leave it to the CPM",
        )),
        _ if stands == Where::Outside && !KNOWN.contains(&lower.as_str()) => {
            let what = format!("`{{{}}}` in a locator or a URL", shown(inner));
            let help = format!("it is asked at connect, as `--param {}=…`", shown(inner));
            let why =
                "a property of the account's own may be a secret, and locators and URLs are shown";
            draft.report.changed(at, what, why, help);
            Ok(parameter(&inner.replace(' ', "_"), None, None, draft))
        }
        _ => outside(stands, placeholder(Object::Target, &lower), &lower),
    }
}

/// Refuses a password outside of a field.
fn outside(stands: Where, part: Part, property: &str) -> Result<Part, Loss> {
    if stands == Where::Outside && (property == "password" || !KNOWN.contains(&property)) {
        return Err(loss(
            "it has a secret in a locator or a URL, and those are shown and logged",
            "a secret can only be typed into a field: `locator > <password>`",
        ));
    }
    Ok(part)
}

fn parameter(name: &str, title: Option<&str>, default: Option<&str>, draft: &mut Draft) -> Part {
    draft.parameter(name, title, default);
    placeholder(Object::Param, name)
}

/// Whether the value of the parameter `name` can be written.
fn is_harmless(name: &str, value: &str) -> bool {
    suspect::field(name) == Field::Other && !suspect::value(value)
}
