//! Keys: the entries of a map by the names that a connector knows, each at most once.

use super::nearest::{listed, nearest, only_nearest};
use super::report::Report;
use super::syntax::{Kind, Node};
use crate::diagnostic::{Code, Diagnostic, Span};

/// The top level.
pub(super) const TOP: [&str; 6] = [
    "ConnectorId",
    "DisplayName",
    "SupportedCapabilities",
    "TargetSettings",
    "UserParameters",
    "WebFormFields",
];

/// Under `TargetSettings`.
pub(super) const TARGET_SETTINGS: [&str; 21] = [
    "LogonURL",
    "AllowedOrigins",
    "AllowedURLs",
    "AllowInsecure",
    "ActionTimeout",
    "PageLoadTimeout",
    "RunValidations",
    "EnforceCertificateValidation",
    "Injection",
    "SealedHeaders",
    "BasicAuth",
    "AllowClipboard",
    "AllowDownloads",
    "AllowPrint",
    "AllowServiceWorkers",
    "AllowUploads",
    "AllowWebRTC",
    "MaxIdleTime",
    "MaxSessionDuration",
    "RequireApprover",
    "RequireWatcher",
];

/// Under `BasicAuth`.
pub(super) const BASIC_AUTH: [&str; 2] = ["Username", "Password"];

/// Under each of `UserParameters`.
pub(super) const PARAMETER: [&str; 2] = ["DisplayName", "Default"];

/// A known entry of a map.
pub(super) struct Entry<'a> {
    pub(super) name: &'static str,
    pub(super) key: Span,
    pub(super) node: &'a Node,
}

/// The known entries of a map, in its order. An unknown key is reported; where it is clear what it
/// means it is read as that, so that one slip is one problem.
pub(super) fn entries<'a>(
    map: &'a [(Node, Node)],
    place: &str,
    known: &[&'static str],
    report: &mut Report,
) -> Vec<Entry<'a>> {
    let mut found: Vec<Entry<'a>> = Vec::new();
    for (key, node) in map {
        let Kind::Scalar(written) = &key.kind else {
            let message = format!("a key of {place} is a word, and this is {}", key.kind.name());
            report.error(Code::InvalidYaml, key.span, message, "write `Key: value`");
            continue;
        };
        let name = match known.iter().copied().find(|name| name == written) {
            Some(name) => name,
            None => match unknown(written, key.span, place, known, map, report) {
                Some(name) if !map.iter().any(|(key, _)| key.is(name)) => name,
                _ => continue,
            },
        };
        match found.iter().find(|entry| entry.name == name) {
            Some(first) => {
                let first = first.key;
                repeated(name, first, key.span, report);
            }
            None => found.push(Entry { name, key: key.span, node }),
        }
    }
    found
}

impl Node {
    /// Whether it is the text `wanted`.
    fn is(&self, wanted: &str) -> bool {
        matches!(&self.kind, Kind::Scalar(text) if text == wanted)
    }
}

/// Reports that `name` stands there twice.
pub(super) fn repeated(name: &str, first: Span, second: Span, report: &mut Report) {
    let found = Diagnostic::error(
        Code::DuplicateKey,
        &report.source,
        second,
        format!("`{name}` stands here a second time"),
    )
    .related(first, "first here")
    .help("keep one of the two");
    report.push(found);
}

/// Reports an unknown key, and gives the one that it clearly means.
fn unknown(
    written: &str,
    span: Span,
    place: &str,
    known: &[&'static str],
    map: &[(Node, Node)],
    report: &mut Report,
) -> Option<&'static str> {
    let taken = |name: &str| map.iter().any(|(key, _)| key.is(name));
    let message = format!("{place} has no key `{written}`");
    let found = Diagnostic::error(Code::UnknownKey, &report.source, span, message);
    let same = |names: &[&'static str]| {
        names.iter().copied().find(|name| name.eq_ignore_ascii_case(written))
    };
    if let Some(name) = same(known) {
        let found = found.label("wrong capital letters").help(format!("write `{name}`"));
        report.push(match taken(name) {
            true => found,
            false => found.replace(span, written, name),
        });
        return Some(name);
    }
    let elsewhere = [("TargetSettings", &TARGET_SETTINGS[..]), ("the top level", &TOP[..])]
        .into_iter()
        .find_map(|(home, names)| same(names).map(|name| (home, name)));
    if let Some((home, name)) = elsewhere {
        let help = match home {
            "TargetSettings" => format!("move it under `TargetSettings:` as `{name}`"),
            _ => format!("move it to {home}, without indentation, as `{name}`"),
        };
        report.push(found.help(help));
        return None;
    }
    // The names that CyberArk has elsewhere for what is a setting here.
    let renamed = [
        ("EnforceCertificate", "EnforceCertificateValidation"),
        ("ActionTimout", "ActionTimeout"),
        ("URL", "LogonURL"),
        ("VerifyURL", "LogonURL"),
        ("IdleTimeout", "MaxIdleTime"),
        ("SessionTimeout", "MaxSessionDuration"),
        ("Id", "ConnectorId"),
        ("Capabilities", "SupportedCapabilities"),
        ("Rows", "WebFormFields"),
    ];
    let renamed = renamed
        .into_iter()
        .find(|(other, name)| other.eq_ignore_ascii_case(written) && known.contains(name))
        .map(|(_, name)| name);
    let only = renamed.or_else(|| only_nearest(written, known.iter().copied()));
    let near = renamed
        .or_else(|| nearest(written, known.iter().copied()))
        .and_then(|near| known.iter().copied().find(|name| *name == near));
    report.push(match near {
        Some(name) => {
            let found =
                found.label(format!("did you mean `{name}`?")).help(format!("write `{name}`"));
            match only == Some(name) && !taken(name) {
                true => found.replace(span, written, name),
                false => found,
            }
        }
        None => found.help(format!("its keys are {}", listed(known.iter().copied()))),
    });
    near
}
