//! Injection: how secrets get into what a page sends, and what is answered to a site that asks by HTTP
//! itself.

use super::Connector;
use super::keys::{BASIC_AUTH, Entry, entries};
use super::place::Places;
use super::report::Report;
use super::resolve::{self, Context};
use super::scalar::{self, Piece};
use super::step::{Act, Verb};
use super::syntax::Kind;
use super::template::Template;
use crate::diagnostic::Code;

/// `BasicAuth`: what a site or proxy is answered that asks by HTTP Basic or Digest (RFC 7617, RFC 7616).
#[derive(Debug)]
pub struct BasicAuth {
    /// `Username`.
    pub username: Template,
    /// `Password`.
    pub password: Template,
}

/// Headers that a browser makes by itself, or that a request could not do without: nothing is put into them.
const NO_SEAL: [&str; 8] = [
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "origin",
    "referer",
    "transfer-encoding",
];

/// Whether `Injection` seals what is typed.
pub(super) fn is_sealed(entry: &Entry<'_>, report: &mut Report) -> bool {
    let Some(text) = scalar::text(entry.node, entry.name, report) else { return false };
    match text.to_ascii_lowercase().as_str() {
        "sealed" => true,
        "typed" => false,
        _ => {
            let message = format!("`{text}` is no value of `Injection`");
            let help = "write `Sealed` (the page is typed a stand-in, and the secret takes its place in the \
                        request) or `Typed`";
            report.error(Code::InvalidValue, entry.node.span, message, help);
            false
        }
    }
}

/// The names of `SealedHeaders`, in lower case.
pub(super) fn headers<'a>(
    names: impl Iterator<Item = (crate::diagnostic::Span, &'a str)>,
    report: &mut Report,
) -> Vec<String> {
    let mut found = Vec::new();
    for (span, text) in names {
        let name = text.trim().to_ascii_lowercase();
        // RFC 9110, section 5.1: a field name is a token.
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(token) {
            let message = format!("`{text}` is no name of a request header");
            let help = "write the name alone, such as `Authorization`";
            report.error(Code::InvalidValue, span, message, help);
        } else if NO_SEAL.contains(&name.as_str()) || name.starts_with("sec-") {
            let message = format!("no secret is put into the header `{text}`");
            let help = "name the header that the page's own script fills, such as `Authorization`";
            report.error(Code::InvalidValue, span, message, help);
        } else if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Reads `BasicAuth`.
pub(super) fn basic_auth(
    entry: &Entry<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<BasicAuth> {
    const HELP: &str = "write `BasicAuth: { Username: <username>, Password: <password> }`";
    let Kind::Map(map) = &entry.node.kind else {
        let message = format!("`BasicAuth` wants a map, and this is {}", entry.node.kind.name());
        report.error(Code::InvalidValue, entry.node.span, message, HELP);
        return None;
    };
    let found = entries(map, "`BasicAuth`", &BASIC_AUTH, report);
    let mut template = |name: &str| {
        let Some(entry) = found.iter().find(|entry| entry.name == name) else {
            let message = format!("`BasicAuth` has no `{name}`");
            report.error(Code::MissingKey, entry.key, message, HELP);
            return None;
        };
        let text = scalar::text(entry.node, entry.name, report)?;
        let places = Places::new(&report.source.text, entry.node.span, text);
        let start = text.len() - text.trim_start().len();
        resolve::strict(Piece { text: text.trim(), start, places: &places }, context, report)
    };
    let (username, password) = (template("Username"), template("Password"));
    let (username, password) = (username?, password?);
    if !password.holds_secret() {
        let message =
            "this is no placeholder of a secret, so everybody who reads the connector knows it";
        let help = "keep it in the vault and write `Password: <password>`";
        report.error(Code::LiteralSecret, password.span, message, help);
        return None;
    }
    Some(BasicAuth { username, password })
}

impl Connector {
    /// Whether one of its rows is sealed.
    pub fn seals(&self) -> bool {
        self.steps.iter().any(|step| step.options.sealed)
    }
}

impl Verb {
    /// Whether it types something that is a secret, as far as a connector can tell.
    pub fn types_secret(&self) -> bool {
        matches!(self, Self::Act(_, Act::Type(value) | Act::Totp(value, _)) if value.holds_secret())
    }
}

impl Template {
    /// Whether a placeholder of it stands for what is not known to be public.
    fn holds_secret(&self) -> bool {
        self.placeholders().any(|placeholder| !placeholder.is_public())
    }
}
