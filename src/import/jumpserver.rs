//! JumpServer: the script of a web asset, the asset itself, or its platform, as JSON or YAML.
//!
//! As its Chrome applet (v3 and v4) reads them: a selector is `KIND=value`, and an unknown kind is `NAME`; the
//! steps of a script are sorted by `step`; the placeholders are `{USERNAME}` and `{SECRET}`.

use std::sync::Arc;

use super::address;
use super::draft::{Action, Draft, Locator, literal, place, placeholder, success, template};
use super::error::Error;
use super::report::shown;
use super::suspect::{self, Field};
use super::text::rather;
use super::tree::{self, Node, Value};
use super::write::MOST_ROWS;
use super::{Kind, Refusal};
use crate::connector::{Keyword, Object, Part, Template};
use crate::diagnostic::Source;
use crate::locator::By;

const SELECTORS: [&str; 3] = ["username_selector", "password_selector", "submit_selector"];
/// The most assets of one source.
const MOST: usize = 300;

/// The connectors of `source`.
pub(super) fn drafts(source: &Arc<Source>) -> Result<Vec<Draft>, Error> {
    let root = tree::read(source, Kind::JumpServer)?;
    let wrong = || Error::WrongKind {
        path: source.path.clone(),
        kind: Kind::JumpServer,
        rather: rather(&source.text, Kind::JumpServer),
        others: Vec::new(),
    };
    // A page of the API has its assets under `results`.
    let root = root.get("results").unwrap_or(&root);
    let drafts: Vec<Draft> = match root.list() {
        Some(items) if items.iter().any(is_step) => vec![script(items, root.at)],
        Some(items) => items.iter().filter_map(subject).take(MOST).collect(),
        None => subject(root).into_iter().collect(),
    };
    if drafts.is_empty() { Err(wrong()) } else { Ok(drafts) }
}

fn is_step(node: &Node) -> bool {
    node.has(&["command"])
}

/// A connector of a script alone.
fn script(steps: &[Node], at: usize) -> Draft {
    let mut draft = Draft::new("", at, place(Object::Target, "url"));
    logon(None, at, &mut draft);
    self::steps(steps, &mut draft);
    ending(at, &mut draft);
    draft
}

/// The connector of an asset or of a platform.
fn subject(node: &Node) -> Option<Draft> {
    // A platform has the settings of its protocols, an asset has them itself or under `spec_info`.
    let protocol = node.get("protocols").and_then(Node::list).and_then(|all| {
        let web =
            |one: &&Node| one.text_of("name").is_some_and(|name| name.eq_ignore_ascii_case("http"));
        all.iter().find(web)
    });
    let setting = protocol.and_then(|one| one.get("setting"));
    let keys = [&["autofill", "script"][..], &SELECTORS].concat();
    let own = [Some(node), node.get("spec_info"), node.get("setting"), setting]
        .into_iter()
        .flatten()
        .find(|one| one.has(&keys))?;
    let name = node.text_of("name").unwrap_or_default();
    let mut draft = Draft::new(name, node.at, place(Object::Target, "url"));
    draft.title = Some(name.to_owned()).filter(|name| !name.is_empty());
    logon(node.get("address"), node.at, &mut draft);
    let script = own.get("script");
    let parsed = script.and_then(steps_of);
    let autofill = own.text_of("autofill").map(str::to_lowercase);
    let mode = match autofill.as_deref() {
        Some(mode) => mode,
        None if parsed.as_ref().is_some_and(|steps| !steps.is_empty()) => "script",
        None => "basic",
    };
    match (mode, parsed) {
        ("no" | "false", _) => {
            draft.refused = Some(Refusal {
                why: "its `autofill` is off, so there is nothing to sign in with".to_owned(),
                help:
                    "export the asset or platform that fills the form; or write the rows yourself"
                        .to_owned(),
            });
        }
        ("script", Some(steps)) => self::steps(&steps, &mut draft),
        ("script", None) => {
            draft.refused = Some(Refusal {
                why: "its `script` is no list of steps".to_owned(),
                help: "a step is `{\"step\": 1, \"command\": \"type\", \"target\": \"name=username\", \"value\": \
                       \"{USERNAME}\"}`"
                    .to_owned(),
            });
        }
        ("basic", _) => basic(own, &mut draft),
        _ => {
            draft.refused = Some(Refusal {
                why: "its `autofill` is none that is known".to_owned(),
                help: "it is `no`, `basic` or `script`".to_owned(),
            });
        }
    }
    rest(node, own, mode, &mut draft);
    ending(node.at, &mut draft);
    Some(draft)
}

/// The steps of a script: a list, or a text that holds one.
fn steps_of(node: &Node) -> Option<Vec<Node>> {
    match &node.kind {
        Value::List(steps) => Some(steps.clone()),
        Value::Text(text) => match tree::parse(text) {
            Ok(inner) => inner.moved(node.at).list().map(<[Node]>::to_vec),
            Err(_) => None,
        },
        _ => None,
    }
}

/// Where the session begins.
fn logon(address: Option<&Node>, at: usize, draft: &mut Draft) {
    let Some((node, text)) = address.and_then(|node| node.text().map(|text| (node, text))) else {
        let help = "give the account its `url`, or write the page's own URL";
        return draft.report.review(
            at,
            "`LogonURL`",
            "the source names no page, so it is `<url>`",
            help,
        );
    };
    let (url, gone) = address::clean(text);
    if gone {
        let help = "a secret can only be typed into a field: `locator > <password>`";
        draft.report.lost(
            node.at,
            "a part of `address`",
            "it can be a secret, and a URL is shown and logged",
            help,
        );
    }
    let (url, added) = address::with_scheme(&url);
    if added {
        let help = "write `http://` and `AllowInsecure: true` if the application has no TLS";
        draft.report.changed(
            node.at,
            "`address`",
            "it has no scheme, and `https://` is added",
            help,
        );
    }
    if address::is_insecure(&url) {
        draft.allow_insecure = true;
        super::rows::insecure_told(draft, node.at, "`address`");
    }
    draft.logon_url = literal(&url);
}

/// The three selectors, and what the applet takes where one is not set.
fn basic(own: &Node, draft: &mut Draft) {
    let actions = [
        Action::Type(place(Object::Target, "username")),
        Action::Type(place(Object::Target, "password")),
        Action::Do(Keyword::Button, None),
    ];
    let defaults = ["name=username", "name=password", "id=login_button"];
    for ((key, default), action) in SELECTORS.into_iter().zip(defaults).zip(actions) {
        let found = own.get(key);
        let at = found.map_or(own.at, |node| node.at);
        let text = found.and_then(Node::text).unwrap_or_else(|| {
            let help = format!("see that the page has it; `{key}` says what it is");
            draft.report.changed(
                at,
                format!("`{key}`"),
                "it is not set, so it is JumpServer's own default",
                help,
            );
            default
        });
        match locator(text, &format!("`{key}`"), at, draft) {
            Some(locator) => draft.row(at, Some(locator), action),
            None => draft.note(format!("`{key}` of the source is not here: it is no selector")),
        }
    }
}

/// The locator of `KIND=value`.
fn locator(selector: &str, what: &str, at: usize, draft: &mut Draft) -> Option<Locator> {
    let told = |draft: &mut Draft| {
        let help = "write a row for it: `locator > action`";
        draft.report.lost(at, what, "its selector is none: `KIND=value` is expected", help);
    };
    let Some((kind, value)) = selector.split_once('=') else {
        told(draft);
        return None;
    };
    let value = value.trim();
    if value.is_empty() {
        told(draft);
        return None;
    }
    let by = match kind.trim().to_ascii_uppercase().as_str() {
        "NAME" => By::Name,
        "ID" => By::Id,
        "CLASS_NAME" => By::Class,
        "CSS_SELECTOR" | "CSS" => By::Css,
        "XPATH" => By::XPath,
        _ => {
            let attribute = kind.trim();
            let simple = attribute.len() <= 32
                && attribute.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            let help =
                match simple && !value.contains(['\'', '"', ']', '\\']) && !attribute.is_empty() {
                    true => format!(
                        "if the attribute was meant, write `[{attribute}='{}'] > … (SearchBy=css)`",
                        shown(value)
                    ),
                    false => "see that the page has an element of that name".to_owned(),
                };
            let why = "JumpServer does not know the kind of its selector and takes it for a name, so it is a name here, too";
            draft.report.changed(at, what, why, help);
            By::Name
        }
    };
    Some(Locator::new(by, value))
}

/// The steps of a script, in the order of their numbers.
fn steps(steps: &[Node], draft: &mut Draft) {
    let number = |node: &Node| {
        node.text_of("step").and_then(|text| text.parse::<f64>().ok()).unwrap_or(f64::MAX)
    };
    let mut sorted: Vec<&Node> = steps.iter().collect();
    sorted.sort_by(|one, other| number(one).total_cmp(&number(other)));
    let has_password =
        steps.iter().any(|node| matches!(node.text_of("value"), Some("{SECRET}" | "{PASSWORD}")));
    if sorted.len() > MOST_ROWS {
        let help = "is this one sign-in?";
        draft.report.lost(
            sorted[MOST_ROWS].at,
            "the steps after the 300th",
            "a connector has at most 300 rows",
            help,
        );
        sorted.truncate(MOST_ROWS);
    }
    for (index, node) in sorted.into_iter().enumerate() {
        let what = format!(
            "step {}",
            node.text_of("step")
                .filter(|text| text.parse::<f64>().is_ok())
                .map_or_else(|| (index + 1).to_string(), shown)
        );
        if let Err((why, help)) = step(node, &what, has_password, draft) {
            draft.note(format!("S{} of the source is not here: {why}", &what[1..]));
            draft.report.lost(node.at, what, &why, help);
        }
    }
}

/// One step.
fn step(
    node: &Node,
    what: &str,
    has_password: bool,
    draft: &mut Draft,
) -> Result<(), (String, String)> {
    let loss = |why: &str, help: &str| Err((why.to_owned(), help.to_owned()));
    let at = node.at;
    let command = node.text_of("command").unwrap_or_default().to_ascii_lowercase();
    let (target, value) =
        (node.text_of("target").unwrap_or_default(), node.text_of("value").unwrap_or_default());
    let find = |draft: &mut Draft| match target {
        "" => Err((
            "its target is empty: JumpServer passes over it".to_owned(),
            "write a row if it was meant".to_owned(),
        )),
        _ => Ok(locator(target, what, at, draft)),
    };
    match command.as_str() {
        "type" => {
            let Some(locator) = find(draft)? else { return Ok(()) };
            let action = typed(&locator, value, what, at, has_password, draft)?;
            draft.row(at, Some(locator), action);
        }
        "click" | "button" => {
            let Some(locator) = find(draft)? else { return Ok(()) };
            draft.row(at, Some(locator), Action::Do(Keyword::Click, None));
        }
        "open" => {
            let url = if value.is_empty() { target } else { value };
            if url.is_empty() {
                return loss("it opens nothing", "write `(Navigate=https://…)` if it was meant");
            }
            let (url, gone) = address::clean(url);
            if gone {
                let help = "a secret can only be typed into a field";
                draft.report.lost(
                    at,
                    format!("{what}: a part of its URL"),
                    "it can be a secret",
                    help,
                );
            }
            let (url, _) = address::with_scheme(&url);
            if address::is_insecure(&url) && !draft.allow_insecure {
                draft.allow_insecure = true;
                super::rows::insecure_told(draft, at, what);
            }
            let url = literal(&url);
            if address::allow(draft, &url) {
                let why =
                    "secrets are typed only where `AllowedOrigins` says, and that host is added";
                let help = "remove it from `AllowedOrigins` if nothing secret is typed there";
                draft.report.changed(
                    at,
                    format!("{what}: it opens a page of another host"),
                    why,
                    help,
                );
            }
            draft.row(at, None, Action::Navigate(url));
        }
        "code" => {
            let Some(locator) = find(draft)? else { return Ok(()) };
            let written = if locator.by == By::Auto {
                String::new()
            } else {
                format!(" (SearchBy={})", locator.by.word())
            };
            let why = "JumpServer asks for a code in a dialog and types it; here the person types it into the page, within 5 minutes";
            let help = format!(
                "if it is a one-time code, write `{} > (TOTP) <logonaccount\\password>{written}` instead, keep the seed \
                 in the vault, and declare `SupportedCapabilities: [LogonAccount]`",
                shown(&locator.words())
            );
            draft.report.changed(at, format!("{what}: `code`"), why, help);
            draft.row(
                at,
                None,
                Action::Do(Keyword::Handover, Some("type the code that is asked for".to_owned())),
            );
        }
        "select_frame" => frame(target, what, at, draft)?,
        "sleep" => {
            // A bad number is one second there.
            let seconds =
                target.parse::<f64>().ok().filter(|seconds| seconds.is_finite()).unwrap_or(1.0);
            if seconds <= 0.0 {
                return loss(
                    "it waits for no time",
                    "nothing: every row waits for its own element",
                );
            }
            let milliseconds = (seconds.min(3600.0) * 1000.0).round().max(1.0);
            let wait = match milliseconds % 1000.0 == 0.0 {
                true => format!("{}s", milliseconds / 1000.0),
                false => format!("{milliseconds}ms"),
            };
            draft.row(at, None, Action::Do(Keyword::Wait, Some(wait)));
            let why = "it waits for time; here every row waits for its own element";
            let help = "remove the row, and put it back only if the sign-in needs it";
            draft.report.review(at, format!("{what}: `sleep`"), why, help);
        }
        _ => {
            return loss(
                "its command is none that is known",
                "the commands are `type`, `click`, `open`, `code`, `select_frame` and `sleep`",
            );
        }
    }
    Ok(())
}

/// Into a frame, or out of all of them.
fn frame(target: &str, what: &str, at: usize, draft: &mut Draft) -> Result<(), (String, String)> {
    let help = "it is `index=0`, `id=…` or `name=…`; a negative index leaves all frames".to_owned();
    let Some((kind, value)) = target.split_once('=') else {
        return Err(("it names no frame".to_owned(), help));
    };
    let value = value.trim();
    let by = match kind.trim().to_ascii_lowercase().as_str() {
        "id" => By::Id,
        "name" => By::Name,
        "index" => match value.parse::<i64>() {
            Ok(index) if index < 0 => {
                draft.row(at, None, Action::Do(Keyword::Frame, Some("top".to_owned())));
                return Ok(());
            }
            Ok(index) => {
                let nth = usize::try_from(index)
                    .ok()
                    .filter(|index| *index < 9999)
                    .map(|index| index + 1);
                let locator = Locator { nth, ..Locator::new(By::Css, "iframe, frame") };
                draft.row(at, Some(locator), Action::Do(Keyword::Frame, None));
                let why =
                    "JumpServer counts all frames of the page, `(Nth=…)` those that are visible";
                let help = "better find the frame by its id or name";
                draft.report.changed(at, format!("{what}: a frame by its number"), why, help);
                return Ok(());
            }
            Err(_) => return Err(("the number of its frame is none".to_owned(), help)),
        },
        _ => return Err(("it names no frame that is known".to_owned(), help)),
    };
    if value.is_empty() {
        return Err(("it names no frame".to_owned(), help));
    }
    draft.row(at, Some(Locator::new(by, value)), Action::Do(Keyword::Frame, None));
    Ok(())
}

/// What a `type` step types.
fn typed(
    locator: &Locator,
    value: &str,
    what: &str,
    at: usize,
    has_password: bool,
    draft: &mut Draft,
) -> Result<Action, (String, String)> {
    if value.is_empty() {
        return Err(("it types nothing".to_owned(), "write a row if it was meant".to_owned()));
    }
    let template = filled(value, what, at, draft);
    let secret_field = suspect::field(&locator.words()) != Field::Other;
    let hides = |part: &Part| match part {
        Part::Literal(text) => {
            suspect::value(text) || (secret_field && text.contains(char::is_alphanumeric))
        }
        Part::Placeholder(_) => false,
    };
    if template.placeholders().next().is_some() {
        return match template.parts.iter().any(hides) {
            false => Ok(Action::Type(template)),
            true => Err((
                "a part of what it types can be a secret".to_owned(),
                "keep it in the vault as a property of the account, and write `<name>`".to_owned(),
            )),
        };
    }
    let field = suspect::field(&locator.words());
    let text = format!("{what}: the text that it types");
    let why = "it stands in the source and can be a secret, so it is written nowhere";
    if field == Field::Password {
        let help = "the row types `<password>` now: keep the password in the vault, and change it, for it was readable";
        draft.report.changed(at, text, why, help);
        return Ok(Action::Type(place(Object::Target, "password")));
    }
    if field == Field::Other && has_password && !suspect::value(value) {
        let help = "see that it is no secret; what differs between accounts is better a property";
        draft.report.review(at, text, "it is the same for every account", help);
        return Ok(Action::Type(template));
    }
    let name = format!("Text{}", draft.rows().count() + 1);
    let help = format!(
        "it is asked at connect now, as `--param {name}=…`; a secret belongs into the vault: write `<name>` for a \
         property of the account, or `(TOTP) <logonaccount\\password>` for a one-time code"
    );
    draft.report.changed(at, text, why, help);
    draft.parameter(&name, Some(&format!("What {what} types")), None);
    Ok(Action::Type(place(Object::Param, &name)))
}

/// `value` with `{USERNAME}` and `{SECRET}` in it; other braces are text there, but for one slip that many make.
fn filled(value: &str, what: &str, at: usize, draft: &mut Draft) -> Template {
    let known = [("{USERNAME}", "username"), ("{SECRET}", "password"), ("{PASSWORD}", "password")];
    let mut parts = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let next = known
            .iter()
            .filter_map(|(word, property)| Some((rest.find(word)?, *word, *property)))
            .min();
        let Some((found, word, property)) = next else {
            parts.push(Part::Literal(rest.to_owned()));
            break;
        };
        parts.push(Part::Literal(rest[..found].to_owned()));
        parts.push(placeholder(Object::Target, property));
        rest = &rest[found + word.len()..];
        if word == "{PASSWORD}" {
            let why = "JumpServer types it as it stands there: its placeholder is `{SECRET}`";
            let help = "it is `<password>` now, which was meant";
            draft.report.changed(at, format!("{what}: `{{PASSWORD}}`"), why, help);
        }
    }
    let template = template(parts);
    let braces = |part: &Part| matches!(part, Part::Literal(text) if text.contains('{') && text.contains('}'));
    if template.parts.iter().any(braces) {
        let why = "JumpServer's placeholders are `{USERNAME}` and `{SECRET}`; others are typed as they stand there";
        let help = "write `<property>` for a property of the account";
        draft.report.review(at, format!("{what}: braces in what it types"), why, help);
    }
    template
}

/// Everything else of an asset or a platform.
fn rest(node: &Node, own: &Node, mode: &str, draft: &mut Draft) {
    let handled =
        ["autofill", "script", "name", "address", "protocols", "spec_info", "setting", "step"];
    // What an asset has beside the form: who it belongs to, and how it is reached.
    let quiet = [
        "id",
        "comment",
        "category",
        "type",
        "platform",
        "domain",
        "nodes",
        "labels",
        "is_active",
        "org_id",
        "org_name",
        "created_by",
        "date_created",
        "date_updated",
        "connectivity",
        "date_verified",
        "port",
        "primary",
        "required",
        "default",
        "public",
        "charset",
        "internal",
        "zone",
        "directory_services",
        "i18n",
        "tags",
    ];
    let mut seen = Vec::new();
    let mut keys: Vec<(&str, usize)> = own.keys().collect();
    if !std::ptr::eq(node, own) {
        keys.extend(node.keys());
    }
    for (key, at) in keys {
        let is = |all: &[&str]| all.iter().any(|known| tree::same(known, key));
        if is(&handled) || is(&quiet) || (mode == "basic" && is(&SELECTORS)) || seen.contains(&key)
        {
            continue;
        }
        seen.push(key);
        if seen.len() > 40 {
            break;
        }
        let (why, help) = match key {
            _ if is(&SELECTORS) => {
                ("a script fills the form, so JumpServer does not use it", "nothing")
            }
            "safe_mode" => (
                "it keeps new tabs to one site by an extension",
                "`AllowedURLs: [https://host/*]` keeps every tab and frame to what it names",
            ),
            "accounts" | "account" | "username" | "secret" | "password" => (
                "accounts and their secrets belong into a vault and not into a connector",
                "`doorward account add`, or a vault that has them already",
            ),
            _ => ("there is no such setting here", "see what it was for"),
        };
        draft.report.lost(at, format!("`{}`", shown(key)), why, help);
    }
}

/// What holds for every connector of JumpServer.
fn ending(at: usize, draft: &mut Draft) {
    if draft.refused.is_some() {
        return;
    }
    success(draft, at);
    draft.report.changed(
        at,
        "certificates",
        "JumpServer takes any certificate; doorward checks it before a password is typed",
        "trust the authority of the certificate on the browser's machine; or `EnforceCertificateValidation: No`, which \
         lets anyone on the way read the password",
    );
    draft.report.review(
        at,
        "where secrets are typed",
        "JumpServer types into whatever page is open; doorward types secrets only at the origin of `LogonURL`",
        "if the sign-in page is on another host, such as that of an SSO, name it under `AllowedOrigins`",
    );
}
