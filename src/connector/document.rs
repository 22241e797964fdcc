//! A document: the keys of a connector, read into its parts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::address::{self, Use};
use super::injection;
use super::keys::{Entry, PARAMETER, TARGET_SETTINGS, TOP, entries, repeated};
use super::literal;
use super::nearest::nearest;
use super::permissions::permissions;
use super::place::Places;
use super::report::Report;
use super::resolve::{self, Context};
use super::rows;
use super::scalar::{self, Piece};
use super::syntax::{Kind, Node};
use super::template::Template;
use super::token::is_name;
use super::{Capability, Connector, Parameter, Settings, Step};
use super::{capability, lint};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::name::ConnectorId;

/// The connector that `node` says; `None` when something in it is an error. `named` gets its id with its
/// place in any case.
pub(super) fn connector(
    node: &Node,
    named: &mut Option<(ConnectorId, Span)>,
    report: &mut Report,
) -> Option<Connector> {
    let map = match &node.kind {
        Kind::Map(map) => map,
        Kind::Null => {
            let help =
                "a connector begins with `ConnectorId: …`; connectors/README.md has a first one";
            report.error(Code::InvalidYaml, Span::new(0, 0), "the file is empty", help);
            return None;
        }
        other => {
            let message = format!("a connector is a map of keys, and this is {}", other.name());
            report.error(Code::InvalidYaml, node.span, message, "begin with `ConnectorId: …`");
            return None;
        }
    };
    let top = entries(map, "a connector", &TOP, report);
    let entry = |name: &str| top.iter().find(|entry| entry.name == name);
    let end = end_of(map, node);

    let id = match entry("ConnectorId") {
        Some(entry) => {
            let id = id(entry, report);
            *named = id.clone().map(|id| (id, entry.node.span));
            id
        }
        None => {
            missing("ConnectorId", "acme-console", end, report);
            None
        }
    };
    let display_name = entry("DisplayName")
        .and_then(|entry| scalar::text(entry.node, entry.name, report))
        .map(str::to_owned);
    let capabilities =
        entry("SupportedCapabilities").map(|entry| capabilities(entry, report)).unwrap_or_default();
    let parameters =
        entry("UserParameters").map(|entry| parameters(entry, report)).unwrap_or_default();
    let mut context = Context {
        parameters: parameters.keys().map(String::as_str).collect(),
        allow_insecure: false,
        sealed: false,
    };
    let settings = match entry("TargetSettings") {
        Some(entry) => settings(entry, &mut context, report),
        None => {
            missing("TargetSettings", "{ LogonURL: https://<address>/login }", end, report);
            None
        }
    };
    let steps = match entry("WebFormFields") {
        Some(entry) => steps(entry, &context, report),
        None => {
            missing("WebFormFields", "|", end, report);
            Vec::new()
        }
    };

    let declared = entry("SupportedCapabilities");
    let id_text = entry("ConnectorId").and_then(|entry| match &entry.node.kind {
        Kind::Scalar(text) => Some(text.as_str()),
        _ => None,
    });
    let line =
        capability::Line { declared, before: entry("TargetSettings").map(|entry| entry.key) };
    lint::capabilities(id_text, settings.as_ref(), &steps, &capabilities, &line, report);
    if let (Some(settings), Some(entry)) = (&settings, entry("WebFormFields")) {
        lint::steps(settings, &steps, entry.key, report);
    }

    let (id, settings) = (id?, settings?);
    if report.has_errors() {
        return None;
    }
    Some(Connector {
        display_name: display_name.unwrap_or_else(|| id.to_string()),
        id,
        source: Arc::clone(&report.source),
        capabilities,
        settings,
        parameters,
        steps,
    })
}

/// Where a missing key is missed: at the first key, which a caret can show.
fn end_of(map: &[(Node, Node)], node: &Node) -> Span {
    map.first().map_or(node.span, |(key, _)| key.span)
}

fn missing(name: &str, example: &str, span: Span, report: &mut Report) {
    let message = format!("the connector has no `{name}`");
    report.error(Code::MissingKey, span, message, format!("add `{name}: {example}`"));
}

fn id(entry: &Entry<'_>, report: &mut Report) -> Option<ConnectorId> {
    let text = scalar::text(entry.node, entry.name, report)?;
    match text.parse() {
        Ok(id) => Some(id),
        Err(error) => {
            let help = "write it like `acme-console`";
            report.error(Code::InvalidValue, entry.node.span, format!("{error}"), help);
            None
        }
    }
}

/// The texts of a list, or the one text that stands for a list of one.
fn texts<'a>(entry: &Entry<'a>, report: &mut Report) -> Vec<(&'a Node, &'a str)> {
    match &entry.node.kind {
        Kind::List(items) => items
            .iter()
            .filter_map(|item| scalar::text(item, entry.name, report).map(|text| (item, text)))
            .collect(),
        Kind::Null => Vec::new(),
        _ => scalar::text(entry.node, entry.name, report)
            .map(|text| (entry.node, text))
            .into_iter()
            .collect(),
    }
}

fn capabilities(entry: &Entry<'_>, report: &mut Report) -> Vec<(Capability, Span)> {
    let mut found: Vec<(Capability, Span)> = Vec::new();
    for (node, text) in texts(entry, report) {
        let Some(capability) =
            Capability::ALL.into_iter().find(|capability| capability.word() == text)
        else {
            let message = format!("there is no capability `{text}`");
            let diagnostic =
                Diagnostic::error(Code::UnknownCapability, &report.source, node.span, message);
            let words = Capability::ALL.map(Capability::word);
            let diagnostic = match nearest(text, words) {
                Some(near) => {
                    // One slip is one problem: the rows that need it are not told as well.
                    let meant = Capability::ALL.into_iter().find(|meant| meant.word() == near);
                    found.extend(meant.map(|meant| (meant, node.span)));
                    let diagnostic = diagnostic.label(format!("did you mean `{near}`?"));
                    diagnostic.replace(node.span, text, near)
                }
                None => diagnostic,
            };
            let help = format!("the capabilities are {}", super::nearest::listed(words));
            report.push(diagnostic.help(help));
            continue;
        };
        match found.iter().find(|(before, _)| *before == capability) {
            Some((_, first)) => repeated(text, *first, node.span, report),
            None => found.push((capability, node.span)),
        }
    }
    found
}

fn parameters(entry: &Entry<'_>, report: &mut Report) -> BTreeMap<String, Parameter> {
    let mut found = BTreeMap::new();
    let map = match &entry.node.kind {
        Kind::Map(map) => map.as_slice(),
        Kind::Null => &[],
        other => {
            let message =
                format!("`UserParameters` wants a map of names, and this is {}", other.name());
            let help = "write `UserParameters: { Duration: { DisplayName: …, Default: … } }`";
            report.error(Code::InvalidValue, entry.node.span, message, help);
            &[]
        }
    };
    let mut spans: BTreeMap<String, Span> = BTreeMap::new();
    for (key, node) in map {
        let name = match &key.kind {
            Kind::Scalar(name) if is_name(name) => name,
            _ => {
                let message = "this is no name for a parameter";
                let help = "a name has letters, digits, `_`, `-` and `.`, and begins with a letter";
                report.error(Code::InvalidValue, key.span, message, help);
                continue;
            }
        };
        // Placeholders ignore case, so two names that differ only in it could not be told apart.
        if let Some(first) = spans.insert(name.to_lowercase(), key.span) {
            repeated(name, first, key.span, report);
            continue;
        }
        let mut parameter = Parameter::default();
        match &node.kind {
            Kind::Null => {}
            Kind::Map(map) => {
                for entry in entries(map, "a parameter", &PARAMETER, report) {
                    let value = scalar::text(entry.node, entry.name, report).map(str::to_owned);
                    match entry.name {
                        "DisplayName" => parameter.display_name = value,
                        _ => {
                            if value.is_some() && literal::names_a_secret(name) {
                                let message =
                                    "this default looks like a secret in the connector itself";
                                let help = "keep it in the vault, and write `<password>` in the row; a parameter \
                                            is shown and logged";
                                report.warning(Code::LiteralSecret, entry.node.span, message, help);
                            }
                            parameter.default = value;
                        }
                    }
                }
            }
            other => {
                let message = format!("a parameter wants a map, and this is {}", other.name());
                let help = format!("write `{name}: {{ Default: … }}`");
                report.error(Code::InvalidValue, node.span, message, help);
            }
        }
        found.insert(name.clone(), parameter);
    }
    found
}

fn settings(entry: &Entry<'_>, context: &mut Context<'_>, report: &mut Report) -> Option<Settings> {
    let map = match &entry.node.kind {
        Kind::Map(map) => map.as_slice(),
        Kind::Null => &[],
        other => {
            let message =
                format!("`TargetSettings` wants a map of keys, and this is {}", other.name());
            let help = "write its keys below it, indented: `  LogonURL: https://<address>/login`";
            report.error(Code::InvalidValue, entry.node.span, message, help);
            return None;
        }
    };
    let found = entries(map, "`TargetSettings`", &TARGET_SETTINGS, report);
    let find = |name: &str| found.iter().find(|entry| entry.name == name);
    let yes = |name: &str, default: bool, report: &mut Report| {
        find(name).map_or(default, |entry| flag(entry, report).unwrap_or(default))
    };
    let time = |name: &str, default: u64, report: &mut Report| {
        let default = Duration::from_secs(default);
        find(name).map_or(default, |entry| period(entry, report).unwrap_or(default))
    };
    // First: the addresses depend on it.
    let allow_insecure = yes("AllowInsecure", false, report);
    context.allow_insecure = allow_insecure;
    context.sealed = find("Injection").is_some_and(|entry| injection::is_sealed(entry, report));
    let logon_url = match find("LogonURL") {
        Some(entry) => scalar::text(entry.node, entry.name, report)
            .and_then(|text| address(entry.name, Use::Page, entry.node, text, context, report)),
        None => {
            missing(
                "LogonURL",
                "https://<address>/login` under `TargetSettings",
                entry.key,
                report,
            );
            None
        }
    };
    let list = |name: &str, purpose: Use, report: &mut Report| -> Vec<Template> {
        let Some(entry) = find(name) else { return Vec::new() };
        texts(entry, report)
            .into_iter()
            .filter_map(|(node, text)| address(name, purpose, node, text, context, report))
            .collect()
    };
    Some(Settings {
        allowed_origins: list("AllowedOrigins", Use::Origin, report),
        allowed_urls: list("AllowedURLs", Use::Pattern, report),
        allow_insecure,
        action_timeout: time("ActionTimeout", 10, report),
        page_load_timeout: time("PageLoadTimeout", 30, report),
        run_validations: yes("RunValidations", true, report),
        enforce_certificate_validation: yes("EnforceCertificateValidation", true, report),
        sealed_headers: find("SealedHeaders").map_or_else(Vec::new, |entry| {
            let names = texts(entry, report);
            injection::headers(names.into_iter().map(|(node, text)| (node.span, text)), report)
        }),
        basic_auth: find("BasicAuth")
            .and_then(|entry| injection::basic_auth(entry, context, report)),
        permissions: permissions(&found, report),
        logon_url: logon_url?,
    })
}

fn address(
    name: &str,
    purpose: Use,
    node: &Node,
    text: &str,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Template> {
    let places = Places::new(&report.source.text, node.span, text);
    let start = text.len() - text.trim_start().len();
    let piece = Piece { text: text.trim(), start, places: &places };
    let template = resolve::public(piece, &format!("`{name}`"), context, report)?;
    address::check(name, purpose, piece, &template, context.allow_insecure, report);
    Some(template)
}

/// A yes or no.
pub(super) fn flag(entry: &Entry<'_>, report: &mut Report) -> Option<bool> {
    let text = scalar::text(entry.node, entry.name, report)?;
    let value = scalar::yes(text);
    if value.is_none() {
        let message = format!("`{text}` is no value of `{}`", entry.name);
        report.error(Code::InvalidValue, entry.node.span, message, "write `Yes` or `No`");
    }
    value
}

fn period(entry: &Entry<'_>, report: &mut Report) -> Option<Duration> {
    let text = scalar::text(entry.node, entry.name, report)?;
    let value = scalar::duration(text);
    if value.is_none() {
        let message = format!("`{text}` is no duration for `{}`", entry.name);
        let help = "write `10s`, `500ms` or `2m`, at most `60m`; a bare number is seconds";
        report.error(Code::InvalidValue, entry.node.span, message, help);
    }
    value
}

fn steps(entry: &Entry<'_>, context: &Context<'_>, report: &mut Report) -> Vec<Step> {
    let before = report.has_errors();
    let (mut steps, mut number) = (Vec::new(), 0);
    for line in rows::lines(entry.node, report) {
        if report.is_full() {
            break;
        }
        steps.extend(resolve::step(line.piece(), &mut number, context, report));
    }
    if number == 0 && (before || !report.has_errors()) {
        let help = "write `WebFormFields: |` and a row per line, such as `username > <username> (SearchBy=id)`";
        report.error(Code::NoRows, entry.key, "`WebFormFields` has no rows", help);
    }
    steps
}
