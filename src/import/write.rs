//! The connector as YAML: a draft is written, read back, and what `connector::load` would not take is left out
//! and told.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use super::draft::{Action, Draft, Line, Locator, Row, words};
use super::report::shown;
use super::{Import, Refusal};
use crate::connector::{
    self, Capability, Clipboard, Keyword, Object, Part, Permissions, Template, row,
};
use crate::diagnostic::{Diagnostic, Source};
use crate::locator::By;
use crate::name::ConnectorId;
use crate::otp;

/// The most rows of one connector; the longest sign-in that is known has 20.
pub(super) const MOST_ROWS: usize = 300;

/// The most rows of one source that are tried alone, after a connector with all of its rows was none.
const MOST_TRIALS: usize = 5_000;

/// The connectors of `drafts`, each with an id of its own.
pub(super) fn imports(drafts: Vec<Draft>, source: &Source) -> Vec<Import> {
    let (mut taken, mut trials) = (BTreeSet::new(), MOST_TRIALS);
    drafts.into_iter().map(|draft| import(draft, source, &mut taken, &mut trials)).collect()
}

fn import(
    mut draft: Draft,
    source: &Source,
    taken: &mut BTreeSet<String>,
    trials: &mut usize,
) -> Import {
    let id = id(&draft.name, source, taken);
    if !draft.name.is_empty() && id.as_str() != draft.name {
        let what = format!("the name `{}`", shown(&draft.name));
        let help = format!("the connector is called `{id}`; rename it as you like");
        draft.report.changed(
            draft.at,
            what,
            "an id has letters, digits, `-`, `_` and `.`, at most 64, and is there once",
            help,
        );
    }
    let connector = match draft.refused.take() {
        Some(refusal) => Err(refusal),
        None => connector(&mut draft, &id, trials),
    };
    Import {
        name: draft.name,
        title: draft.title,
        at: draft.at,
        id,
        connector,
        items: draft.report.into_items(),
    }
}

/// An id as near to `name` as its alphabet allows, which is in nobody's use yet, case aside.
fn id(name: &str, source: &Source, taken: &mut BTreeSet<String>) -> ConnectorId {
    let path = std::path::Path::new(&source.path);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut base =
        [name, &stem].into_iter().map(slug).find(|slug| !slug.is_empty()).unwrap_or_default();
    if base.is_empty() {
        base.push_str("imported");
    }
    for number in 1.. {
        let text = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        if let Ok(id) = text.parse::<ConnectorId>()
            && taken.insert(text.to_lowercase())
        {
            return id;
        }
    }
    unreachable!("a slug with a number is an id, and numbers do not end")
}

/// `text` in the alphabet of an id, short enough for a number behind it.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.') {
            slug.push(character);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 56 {
            break;
        }
    }
    slug.trim_matches(['-', '_', '.']).to_owned()
}

/// The text of the connector; rows that cannot stand in one are left out and told.
fn connector(draft: &mut Draft, id: &ConnectorId, trials: &mut usize) -> Result<String, Refusal> {
    let names: Vec<String> = draft.parameters.iter().map(|known| known.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let all: Vec<String> = draft.lines.iter().map(|line| line_of(line, &names)).collect();
    let text = document(draft, id.as_str(), &all);
    let whole = load(text.clone()).0;
    if whole.is_some_and(|connector| connector.steps.len() == draft.rows().count()) {
        return Ok(text);
    }
    let (mut lines, mut kept) = (Vec::new(), Vec::new());
    for (line, written) in std::mem::take(&mut draft.lines).into_iter().zip(all) {
        let Line::Row(row) = line else {
            lines.push(written);
            continue;
        };
        let Some(rest) = trials.checked_sub(1) else {
            return Err(Refusal {
                why: "there are too many rows in the source that no connector can have".to_owned(),
                help: "import its connectors one by one, each from a file of its own".to_owned(),
            });
        };
        *trials = rest;
        match trial(draft, &written) {
            Ok(()) => {
                lines.push(written);
                kept.push(row);
            }
            Err(problem) => {
                let help = problem.help.unwrap_or_else(|| "write a row for it".to_owned());
                draft.report.lost(row.at, "a row", &problem.message, help);
                lines.push(format!("# A row of the source is not here: {}", problem.message));
            }
        }
    }
    if kept.is_empty() {
        return Err(Refusal {
            why: "no row of it could be carried over".to_owned(),
            help: "the report says why of each; `connectors/README.md` begins with a connector in five minutes"
                .to_owned(),
        });
    }
    draft.lines = kept.into_iter().map(Line::Row).collect();
    let text = document(draft, id.as_str(), &lines);
    let (loaded, found) = load(text.clone());
    if loaded.is_some() {
        return Ok(text);
    }
    let problem = found.into_iter().find(Diagnostic::is_error);
    let (why, help) = problem.map_or_else(Default::default, |found| {
        (found.message.clone(), found.help.unwrap_or_default())
    });
    Err(Refusal { why: format!("what it says makes no connector: {why}"), help })
}

/// The text of a line.
fn line_of(line: &Line, names: &[&str]) -> String {
    match line {
        Line::Note(note) => format!("# {}", one_line(note)),
        Line::Row(row) => written(row, names),
    }
}

/// Whether a connector with this row alone is one.
fn trial(draft: &Draft, row: &str) -> Result<(), Diagnostic> {
    let probe = Draft::new("a", 0, super::draft::literal("https://a"));
    let mut text = document(&probe, "a", &[row.to_owned()]);
    text = text.replacen(
        "TargetSettings:",
        "SupportedCapabilities: [LogonAccount, ReconcileAccount]\nTargetSettings:",
        1,
    );
    if draft.allow_insecure {
        text = text.replacen("TargetSettings:\n", "TargetSettings:\n  AllowInsecure: true\n", 1);
    }
    let mut declared = String::new();
    parameters(draft, false, &mut declared);
    text = text.replacen("WebFormFields:", &format!("{declared}WebFormFields:"), 1);
    match load(text) {
        (Some(connector), _) if connector.steps.len() == 1 => Ok(()),
        (_, found) => Err(found
            .into_iter()
            .find(Diagnostic::is_error)
            .unwrap_or_else(|| internal("this is no row here"))),
    }
}

/// A problem without a place of its own.
fn internal(message: &str) -> Diagnostic {
    let source = Arc::new(Source { path: String::new(), text: String::new() });
    let span = crate::diagnostic::Span::default();
    Diagnostic::error(crate::diagnostic::Code::InvalidValue, &source, span, message)
}

fn load(text: String) -> (Option<connector::Connector>, Vec<Diagnostic>) {
    connector::load(Arc::new(Source { path: "imported".to_owned(), text }))
}

/// The whole text.
fn document(draft: &Draft, id: &str, lines: &[String]) -> String {
    let mut text = format!("ConnectorId: {}\n", scalar(id));
    if let Some(title) = draft.title.as_deref().map(one_line).filter(|title| !title.is_empty()) {
        let _ = writeln!(text, "DisplayName: {}", scalar(&title));
    }
    let capabilities: Vec<&str> = Capability::ALL
        .into_iter()
        .filter(|capability| needs(draft, capability.object()))
        .map(Capability::word)
        .collect();
    if !capabilities.is_empty() {
        let _ = writeln!(text, "SupportedCapabilities: [{}]", capabilities.join(", "));
    }
    let names: Vec<&str> = draft.parameters.iter().map(|known| known.name.as_str()).collect();
    text.push_str("TargetSettings:\n");
    let _ = writeln!(text, "  LogonURL: {}", scalar(&address(&draft.logon_url, &names)));
    let mut list = |key: &str, all: &[Template]| {
        if !all.is_empty() {
            let all: Vec<String> = all
                .iter()
                .map(|one| format!("    - {}\n", scalar(&address(one, &names))))
                .collect();
            let _ = write!(text, "  {key}:\n{}", all.concat());
        }
    };
    list("AllowedOrigins", &draft.origins);
    list("AllowedURLs", &draft.allowed_urls);
    if draft.allow_insecure {
        text.push_str("  AllowInsecure: true # passwords go over plain http: write https:// if the application has TLS\n");
    }
    let mut time = |key: &str, time: Option<Duration>, default: u64| {
        if let Some(time) = time.filter(|time| *time != Duration::from_secs(default)) {
            let _ = writeln!(text, "  {key}: {}", duration(time));
        }
    };
    time("ActionTimeout", draft.action_timeout, 10);
    time("PageLoadTimeout", draft.page_load_timeout, 30);
    if !draft.run_validations {
        text.push_str("  RunValidations: No # the outcome is `unclear` then: better have a row that says what success is\n");
    }
    if !draft.enforce_certificates {
        text.push_str("  EnforceCertificateValidation: No # anyone on the way can read the password: better trust the certificate's authority\n");
    }
    permissions(&draft.permissions, &mut text);
    parameters(draft, true, &mut text);
    text.push_str("WebFormFields: |\n");
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// What people may do in a live session, where the source says it.
fn permissions(given: &Permissions, text: &mut String) {
    for (key, allowed) in [("AllowDownloads", given.downloads), ("AllowUploads", given.uploads)] {
        if allowed {
            let _ = writeln!(text, "  {key}: Yes");
        }
    }
    let word = match given.clipboard {
        Clipboard::No => return,
        Clipboard::In => "In",
        Clipboard::Out => "Out",
        Clipboard::Both => "Yes",
    };
    let _ = writeln!(text, "  AllowClipboard: {word}");
}

/// `UserParameters`.
fn parameters(draft: &Draft, defaults: bool, text: &mut String) {
    if draft.parameters.is_empty() {
        return;
    }
    text.push_str("UserParameters:\n");
    for known in &draft.parameters {
        let mut inner = Vec::new();
        if defaults && let Some(title) = &known.title {
            inner.push(format!("DisplayName: {}", quoted(&one_line(title))));
        }
        if defaults && let Some(default) = &known.default {
            inner.push(format!("Default: {}", quoted(&one_line(default))));
        }
        let inner =
            if inner.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", inner.join(", ")) };
        let _ = writeln!(text, "  {}: {inner}", scalar(&known.name));
    }
}

/// Whether a row or a setting names `object`.
fn needs(draft: &Draft, object: Object) -> bool {
    let settings =
        std::iter::once(&draft.logon_url).chain(&draft.origins).chain(&draft.allowed_urls);
    let rows = draft.rows().flat_map(|row| {
        let value = match &row.action {
            Action::Type(value)
            | Action::Totp(value, _)
            | Action::Navigate(value)
            | Action::Choose(value) => Some(value),
            Action::Do(..) => None,
        };
        row.locator.as_ref().map(|locator| &locator.text).into_iter().chain(value)
    });
    settings.chain(rows).flat_map(Template::placeholders).any(|found| found.object == object)
}

/// The text of a row.
fn written(row: &Row, names: &[&str]) -> String {
    let mut action = match &row.action {
        Action::Type(value) => self::value(value, names),
        Action::Totp(secret, code) => {
            format!("(TOTP) {}{}", self::value(secret, names), code_options(code))
        }
        Action::Choose(option) => {
            format!("({}) {}", Keyword::Select.word(), self::value(option, names))
        }
        Action::Do(keyword, None) => format!("({})", keyword.word()),
        Action::Do(keyword, Some(argument)) => {
            format!("({}={})", keyword.word(), escaped_argument(argument))
        }
        Action::Navigate(url) => format!("({}={})", Keyword::Navigate.word(), address(url, names)),
    };
    let Some(locator) = &row.locator else { return one_line(&action) };
    if locator.by != By::Auto {
        let _ = write!(action, " (SearchBy={})", locator.by.word());
    }
    if let Some(nth) = locator.nth {
        let _ = write!(action, " (Nth={nth})");
    }
    if row.optional {
        action.push_str(" (Optional)");
    }
    one_line(&format!("{} > {action}", self::locator(locator, &action, names)))
}

/// A locator as it is written: as it is, where that means the same; with escapes otherwise.
fn locator(locator: &Locator, action: &str, names: &[&str]) -> String {
    let plain = plain(&locator.text);
    let comment = plain.starts_with('#') && locator.by != By::Css;
    let whole = matches!(locator.by, By::Auto | By::Id | By::Name | By::Class | By::Url);
    let line = format!("{plain} > {action}");
    let same = match row::parse(&line) {
        Ok(Some(row)) => {
            row.locator.is_some_and(|range| line[range] == *plain)
                && !(whole && row.locator_has_operator)
                && means(&plain, &locator.text, names)
        }
        _ => false,
    };
    if same && !comment { plain } else { locator.text.to_string() }
}

/// What is typed, as it is written.
fn value(value: &Template, names: &[&str]) -> String {
    let plain = plain(value);
    let texts = words(value);
    let line = format!("x > {plain}");
    let same = match row::parse(&line) {
        Ok(Some(row)) => {
            row.value.is_some_and(|range| line[range] == *plain) && row.groups.is_empty()
        }
        _ => false,
    };
    let safe =
        !texts.contains(['<', '{']) && !texts.starts_with('&') && means(&plain, value, names);
    if same && safe { plain } else { value.to_string() }
}

/// An address as it is written.
fn address(url: &Template, names: &[&str]) -> String {
    let plain = plain(url);
    let safe = !words(url).contains(['<', '{', '(', ')']) && means(&plain, url, names);
    if safe { plain } else { url.to_string() }
}

/// Whether `text`, read as a template, is `template`.
fn means(text: &str, template: &Template, names: &[&str]) -> bool {
    let (read, problems) = Template::parse(text, names);
    let same = |(one, other): (&Part, &Part)| match (one, other) {
        (Part::Literal(one), Part::Literal(other)) => one == other,
        (Part::Placeholder(one), Part::Placeholder(other)) => {
            one.object == other.object && one.property == other.property
        }
        _ => false,
    };
    problems.is_empty()
        && read.parts.len() == template.parts.len()
        && read.parts.iter().zip(&template.parts).all(same)
}

/// The template without escapes.
fn plain(template: &Template) -> String {
    template
        .parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Placeholder(placeholder) => placeholder.to_string(),
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The argument of a keyword: parentheses and placeholders in it are text.
fn escaped_argument(argument: &str) -> String {
    let argument = one_line(argument);
    match argument.contains(['(', ')', '<', '>', '{', '}', '^']) {
        true => super::draft::literal(&argument).to_string(),
        false => argument,
    }
}

/// The options of a code, with a blank before each.
fn code_options(code: &otp::Parameters) -> String {
    let mut text = String::new();
    if let Some(digits) = code.digits {
        let _ = write!(text, " (Digits={digits})");
    }
    if let Some(period) = code.period {
        let _ = write!(text, " (Period={}s)", period.as_secs());
    }
    if let Some(algorithm) = code.algorithm {
        let _ = write!(text, " (Algorithm={})", algorithm.word());
    }
    if let Some(encoding) = code.encoding {
        let word = match encoding {
            otp::Encoding::Base32 => "base32",
            otp::Encoding::Hex => "hex",
            otp::Encoding::Raw => "raw",
        };
        let _ = write!(text, " (Encoding={word})");
    }
    text
}

/// A duration as connectors write it.
fn duration(time: Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{}s", time.as_secs()),
        _ => format!("{}ms", time.as_millis()),
    }
}

/// A text in one line, without what YAML cannot hold: a row, a remark and a title have one.
fn one_line(text: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    text.chars().map(|c| if odd(c) { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// A text as a YAML scalar: plain where YAML reads it as the same text, otherwise in quotes.
fn scalar(text: &str) -> String {
    let first = |c: char| c.is_ascii_alphabetic() || c == '<';
    let inner = |c: char| c.is_alphanumeric() || " <>\\/:._-?=&%+~*@$;#^(),!'".contains(c);
    let plain = text.starts_with(first)
        && text.chars().all(inner)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !["null", "true", "false", "yes", "no", "on", "off"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word));
    if plain { text.to_owned() } else { quoted(text) }
}

/// A text as a YAML scalar in double quotes, whose escapes are those of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
