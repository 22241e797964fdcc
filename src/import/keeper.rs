//! Keeper: the autofill rules of remote browser isolation (Keeper Connection Manager, KeeperPAM), as JSON or YAML,
//! alone or inside of a record.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::Kind;
use super::address;
use super::draft::{Action, Draft, Locator, literal, place, success};
use super::error::Error;
use super::report::shown;
use super::text::rather;
use super::tree::{self, Node, Value};
use super::write::MOST_ROWS;
use crate::connector::{Clipboard, Keyword, Object};
use crate::diagnostic::Source;
use crate::locator::By;
use crate::otp;

/// The keys of a rule that make it one.
const FIELDS: [&str; 5] =
    ["username-field", "password-field", "totp-code-field", "totp-field", "submit"];
/// The most rules of one list.
const MOST_RULES: usize = 1000;
/// The keys under which records keep their rules.
const HOMES: [&str; 5] =
    ["autofill-targets", "autofill-configuration", "autofill-rules", "autofill", "rules"];

/// The connectors of `source`: one for each application that its rules speak of.
pub(super) fn drafts(source: &Arc<Source>) -> Result<Vec<Draft>, Error> {
    let root = tree::read(source, Kind::Keeper)?;
    let mut found = Vec::new();
    search(&root, &[], &mut 2_000, &mut found);
    if found.is_empty() {
        return Err(Error::WrongKind {
            path: source.path.clone(),
            kind: Kind::Keeper,
            rather: rather(&source.text, Kind::Keeper),
            others: Vec::new(),
        });
    }
    let mut drafts = Vec::new();
    for (rules, record) in &found {
        let groups = grouped(&rules[..rules.len().min(MOST_RULES)]);
        let alone = groups.len() == 1;
        for (number, group) in groups.iter().enumerate() {
            let mut draft = draft(group, alone.then_some(record));
            if number == 0 {
                if let Some(more) = rules.get(MOST_RULES) {
                    let help = "split the file";
                    let what = "the rules after the 1000th";
                    draft.report.lost(more.at, what, "1000 are read of one list", help);
                }
                record.settings(&mut draft);
            }
            drafts.push(draft);
        }
    }
    drafts.truncate(MOST_ROWS);
    Ok(drafts)
}

/// A record that holds rules: the maps around them, the innermost last, each with the key that leads on.
struct Record(Vec<(Rc<Node>, String)>);

impl Record {
    fn get(&self, key: &str) -> Option<&Node> {
        self.0.iter().rev().find_map(|(node, _)| node.get(key))
    }

    fn text_of(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find_map(|(node, _)| node.text_of(key))
    }

    fn settings(&self, draft: &mut Draft) {
        for (node, onward) in &self.0 {
            settings(node, onward, draft);
        }
    }
}

fn is_rule(node: &Node) -> bool {
    node.has(&FIELDS)
}

/// Finds the rules below `node`, each list of them with the record that holds it.
fn search(
    node: &Node,
    around: &[(Rc<Node>, String)],
    budget: &mut usize,
    found: &mut Vec<(Vec<Node>, Record)>,
) {
    let Some(rest) = budget.checked_sub(1) else { return };
    *budget = rest;
    match &node.kind {
        _ if is_rule(node) => found.push((vec![node.clone()], Record(around.to_vec()))),
        Value::List(items) if items.iter().any(is_rule) => {
            found.push((items.clone(), Record(around.to_vec())));
        }
        Value::List(items) => items.iter().for_each(|item| search(item, around, budget, found)),
        Value::Map(map) => {
            // What is beside the rules, without what is a record itself.
            let beside = map.iter().filter(|(.., inner)| !matches!(inner.kind, Value::Map(_)));
            let shell = Rc::new(Node { at: node.at, kind: Value::Map(beside.cloned().collect()) });
            for (key, _, inner) in map {
                let home = HOMES.iter().any(|home| tree::same(home, key));
                if matches!(&inner.kind, Value::Null)
                    || (matches!(&inner.kind, Value::Text(_)) && !home)
                {
                    continue;
                }
                let mut around = around.to_vec();
                around.push((Rc::clone(&shell), key.clone()));
                match &inner.kind {
                    Value::Text(text) => {
                        if let Ok(rules) = tree::parse(text) {
                            search(&rules.moved(inner.at), &around, budget, found);
                        }
                    }
                    _ => search(inner, &around, budget, found),
                }
            }
        }
        _ => {}
    }
}

/// A rule and what its page pattern says.
struct Rule<'a> {
    node: &'a Node,
    page: Option<Page>,
}

/// Where a rule applies.
#[derive(Clone)]
struct Page {
    /// The pattern with a scheme, as far as its first `*` or to its end.
    url: String,
    /// Scheme, host and port, if they are exact.
    origin: Option<String>,
    /// The host as the pattern has it.
    host: String,
    at: usize,
}

/// The rules of each application: those of one host belong together, and those that go on where a sign-in has begun.
fn grouped(rules: &[Node]) -> Vec<Vec<Rule<'_>>> {
    let mut groups: Vec<Vec<Rule<'_>>> = Vec::new();
    for node in rules {
        let rule = Rule { node, page: page(node) };
        let host = |rule: &Rule<'_>| rule.page.as_ref().map(|page| page.host.clone());
        let same = groups.iter().position(|group| group.iter().any(|one| host(one) == host(&rule)));
        let begins = node.has(&["username-field"]);
        let complete =
            |group: &Vec<Rule<'_>>| group.iter().any(|one| one.node.has(&["password-field"]));
        match (same, groups.last_mut()) {
            (Some(at), _) => groups[at].push(rule),
            (None, Some(last)) if !(begins && complete(last)) => last.push(rule),
            _ => groups.push(vec![rule]),
        }
    }
    groups
}

/// The page of a rule.
fn page(node: &Node) -> Option<Page> {
    let found = node.get("page").or_else(|| node.get("page-pattern"))?;
    let text = found.text()?;
    let (text, _) = address::clean(text);
    let text = text
        .trim_start_matches("*://")
        .trim_start_matches('^')
        .trim_end_matches('$')
        .replace("\\.", ".");
    let (url, _) = address::with_scheme(&text);
    let host_at = url.find("://")? + 3;
    let end = url[host_at..].find(['/', '?', '#']).map_or(url.len(), |end| host_at + end);
    let host = url[host_at..end].to_lowercase();
    let exact = !host.is_empty()
        && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    let cut = url.find('*').unwrap_or(url.len());
    Some(Page {
        origin: exact.then(|| url[..end].to_owned()),
        url: url[..cut].to_owned(),
        host,
        at: found.at,
    })
}

/// What the rules of one application mean.
fn draft(rules: &[Rule<'_>], record: Option<&Record>) -> Draft {
    let at = rules.first().map_or(0, |rule| rule.node.at);
    let title =
        record.and_then(|record| record.text_of("title").or_else(|| record.text_of("name")));
    let host = rules
        .iter()
        .find_map(|rule| rule.page.as_ref())
        .map(|page| page.host.trim_start_matches("*."));
    let name = title.or(host.filter(|host| !host.is_empty())).unwrap_or_default();
    let mut draft = Draft::new(name, at, place(Object::Target, "url"));
    draft.title = title.map(str::to_owned);
    logon(rules, record, at, &mut draft);
    let code = record.map(code_of).unwrap_or_default();
    let mut number = 0;
    for rule in rules {
        number += 1;
        rule_rows(rule, number, code, &mut draft);
        if draft.rows().count() > MOST_ROWS {
            draft.report.lost(
                rule.node.at,
                "the rules after this one",
                "a connector has at most 300 rows",
                "split them",
            );
            break;
        }
    }
    if rules.len() > 1 {
        let why = "Keeper looks for the rule of the page that is open, again and again; here the rows run once, in the order of the rules";
        let help = "see that the rules stand in the order of the pages; a page that is not always there needs `(Optional)`";
        draft.report.changed(at, format!("the order of {} rules", rules.len()), why, help);
    }
    success(&mut draft, at);
    draft
}

/// Where the session begins, and where secrets may be typed.
fn logon(rules: &[Rule<'_>], record: Option<&Record>, at: usize, draft: &mut Draft) {
    let own = record.and_then(|record| {
        ["url", "rbi_url", "rbi-url"].into_iter().find_map(|key| record.get(key))
    });
    let pages: Vec<&Page> = rules.iter().filter_map(|rule| rule.page.as_ref()).collect();
    if let Some((node, text)) = own.and_then(|node| node.text().map(|text| (node, text))) {
        let (url, gone) = address::clean(text);
        if gone {
            let help = "a secret can only be typed into a field";
            draft.report.lost(
                node.at,
                "a part of `url`",
                "it can be a secret, and a URL is shown and logged",
                help,
            );
        }
        draft.logon_url = literal(&address::with_scheme(&url).0);
        begin(&url, node.at, draft);
    } else if let Some(first) = pages.iter().find(|page| page.origin.is_some()) {
        draft.logon_url = literal(&first.url);
        begin(&first.url.clone(), first.at, draft);
        let why = "a pattern says where a rule applies, and not where a session begins";
        let help = "see that it is the page of the sign-in";
        draft.report.review(first.at, "`LogonURL`, from `page`", why, help);
    } else {
        let place = pages.first().map_or(at, |page| page.at);
        let why = match pages.is_empty() {
            true => "the rules name no page, so it is `<url>`",
            false => "the pattern of the page names no exact host, so it is `<url>`",
        };
        let help = "give the account its `url`, or write the page's own URL";
        draft.report.review(place, "`LogonURL`", why, help);
    }
    for page in pages {
        match &page.origin {
            Some(origin) => {
                if address::allow(draft, &literal(origin)) {
                    let help = "remove it from `AllowedOrigins` if nothing secret is typed there";
                    draft.report.changed(
                        page.at,
                        "a page of another host",
                        "that host is added to `AllowedOrigins`",
                        help,
                    );
                }
            }
            None => {
                let why = "secrets are typed only at exact origins, and this pattern has a `*` in its host, or none";
                let help = "name each host where a secret is typed under `AllowedOrigins`; without it that is the one of `LogonURL`";
                draft.report.changed(page.at, "`page`", why, help);
            }
        }
    }
}

fn begin(url: &str, at: usize, draft: &mut Draft) {
    if address::is_insecure(url) {
        draft.allow_insecure = true;
        super::rows::insecure_told(draft, at, "the page");
    }
}

/// The rows of one rule.
fn rule_rows(rule: &Rule<'_>, number: usize, code: otp::Parameters, draft: &mut Draft) {
    let node = rule.node;
    if !matches!(node.kind, Value::Map(_)) || !is_rule(node) {
        draft.report.lost(
            node.at,
            format!("rule {number}"),
            "it has no field and no button",
            "write rows for what it was for",
        );
        return;
    }
    let locator = |key: &str, draft: &mut Draft| {
        let found = node.get(key)?;
        let Some(text) = found.text() else {
            let help = "it is one CSS selector, or an XPath that begins with `/`";
            draft.report.lost(
                found.at,
                format!("rule {number}: `{key}`"),
                "it is no selector",
                help,
            );
            return None;
        };
        // A selector that begins with `/` is an XPath.
        let by = if text.starts_with('/') || text.starts_with("(/") { By::XPath } else { By::Css };
        Some((found.at, Locator::new(by, text)))
    };
    let mut last = None;
    for (key, property) in [("username-field", "username"), ("password-field", "password")] {
        if let Some((at, found)) = locator(key, draft) {
            last = Some((at, found.clone()));
            draft.row(at, Some(found), Action::Type(place(Object::Target, property)));
        }
    }
    for key in ["totp-code-field", "totp-field"] {
        if let Some((at, found)) = locator(key, draft) {
            last = Some((at, found.clone()));
            draft.row(at, Some(found), Action::Totp(place(Object::Target, "otp"), code));
            draft.report.changed(
                at,
                format!("rule {number}: `{key}`"),
                "Keeper keeps the seed on the record itself, so the row takes the property `otp` of the account",
                "put the `otpauth://` URI there; where the seed is an account of its own, link it as logon account, \
                 write `(TOTP) <logonaccount\\password>` and declare `SupportedCapabilities: [LogonAccount]`",
            );
        }
    }
    if let Some(captcha) = node.get("cannot-submit") {
        let why = "Keeper does not submit while such an element is there; rows have no condition";
        let help = "if there is a captcha each time, remove the `#` of the row `(Handover=…)`, and the row after it if the person submits";
        draft.report.lost(captcha.at, format!("rule {number}: `cannot-submit`"), why, help);
        draft.note("For a captcha: (Handover=solve the captcha)");
    }
    match (locator("submit", draft), last) {
        (Some((at, found)), _) => draft.row(at, Some(found), Action::Do(Keyword::Button, None)),
        (None, Some((at, found))) if node.get("submit").is_none() => {
            draft.row(at, Some(found), Action::Do(Keyword::Press, Some("Enter".to_owned())));
            let help = "see that Enter submits the form; otherwise write a row for the button: `… > (Button)`";
            draft.report.review(
                node.at,
                format!("rule {number}: no `submit`"),
                "Enter is pressed in its last field",
                help,
            );
        }
        _ => {}
    }
    let known = [&FIELDS[..], &["page", "page-pattern", "cannot-submit"]].concat();
    if node.has(&["page-pattern", "totp-field"]) {
        let help = "see that the host is the right one: only simple patterns are understood";
        draft.report.review(
            node.at,
            format!("rule {number}"),
            "it has the keys of another program, whose patterns are regular expressions",
            help,
        );
    }
    for (key, at) in
        node.keys().filter(|(key, _)| !known.iter().any(|known| tree::same(known, key))).take(20)
    {
        let help = "see what it was for";
        draft.report.lost(
            at,
            format!("rule {number}: `{}`", shown(key)),
            "there is nothing like it here",
            help,
        );
    }
}

/// The parameters of codes that a record says beside its seed.
fn code_of(record: &Record) -> otp::Parameters {
    let number = |key: &str| record.text_of(key).and_then(|text| text.parse::<u16>().ok());
    otp::Parameters {
        digits: number("totp-digits")
            .and_then(|digits| u8::try_from(digits).ok())
            .filter(|digits| matches!(digits, 7 | 8)),
        period: number("totp-period")
            .filter(|period| (1..=3600).contains(period) && *period != 30)
            .map(|period| Duration::from_secs(period.into())),
        algorithm: record.text_of("totp-algorithm").and_then(|name| {
            match name.to_ascii_lowercase().replace('-', "").as_str() {
                "sha256" => Some(otp::Algorithm::Sha256),
                "sha512" => Some(otp::Algorithm::Sha512),
                _ => None,
            }
        }),
        encoding: None,
    }
}

/// The settings of a record beside its rules.
fn settings(record: &Node, onward: &str, draft: &mut Draft) {
    let handled = [
        "title",
        "name",
        "url",
        "rbi-url",
        "totp-digits",
        "totp-period",
        "totp-algorithm",
        "type",
        "protocol",
        "uid",
    ];
    let mut given = Vec::new();
    for (key, at) in record.keys().take(60) {
        let is = |all: &[&str]| all.iter().any(|known| tree::same(known, key));
        if is(&handled) || is(&HOMES) || key == onward {
            continue;
        }
        if is(&["allowed-url-patterns", "allowed-urls"]) {
            allowed(record.get(key), at, draft);
            continue;
        }
        if let Some((permission, words)) = permission(key) {
            if let Some(said) = record.text_of(key).and_then(said) {
                given.push((permission, said == (words == Words::Allow)));
            }
            continue;
        }
        if is(&["ignore-server-cert", "ignore-initial-ssl-cert"]) {
            if record.text_of(key).and_then(said) == Some(true) {
                draft.enforce_certificates = false;
                let why =
                    "certificates are not checked, so anyone on the way can read the password";
                let help = "trust the authority of the certificate on the browser's machine, and remove the line";
                draft.report.review(at, format!("`{}`", shown(key)), why, help);
            }
            continue;
        }
        let (why, help) = match () {
            () if is(&[
                "otp",
                "totp-secret",
                "password",
                "login",
                "username",
                "secret",
                "oneTimeCode",
                "custom",
            ]) =>
            {
                (
                    "accounts and their secrets belong into a vault and not into a connector",
                    "`doorward account add`, or a vault that has them already",
                )
            }
            () if is(&["allowed-resource-url-patterns", "allowed-resource-urls"]) => (
                "what a page loads is not limited here, only where its tabs and frames go",
                "write `AllowedURLs` for those",
            ),
            () => ("there is no such setting here", "see what it was for"),
        };
        draft.report.lost(at, format!("`{}`", shown(key)), why, help);
    }
    // Of two that disagree the one that forbids counts.
    let allowed = |wanted: Permission| {
        let mut all = given.iter().filter(|(permission, _)| *permission == wanted).peekable();
        all.peek().is_some() && all.all(|(_, allowed)| *allowed)
    };
    draft.permissions.downloads = allowed(Permission::Download);
    draft.permissions.uploads = allowed(Permission::Upload);
    draft.permissions.clipboard = match (allowed(Permission::Paste), allowed(Permission::Copy)) {
        (true, true) => Clipboard::Both,
        (true, false) => Clipboard::In,
        (false, true) => Clipboard::Out,
        (false, false) => Clipboard::No,
    };
}

/// What of a live session a record speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permission {
    /// From the page to the viewer.
    Copy,
    /// From the viewer into the page.
    Paste,
    Download,
    Upload,
}

/// How a key speaks of it: `disable_copy: true` and `allow_copy: false` mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    Allow,
    Disable,
}

/// The permission that `key` speaks of: `disable_copy`, `allow-file-downloads`, `disableCopy`. Where a record
/// is silent nothing is allowed.
fn permission(key: &str) -> Option<(Permission, Words)> {
    let key: String =
        key.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect();
    let (words, noun) = match key.strip_prefix("allow") {
        Some(noun) => (Words::Allow, noun),
        None => (Words::Disable, key.strip_prefix("disable")?),
    };
    let permission = match noun {
        "copy" => Permission::Copy,
        "paste" => Permission::Paste,
        "download" | "filedownloads" => Permission::Download,
        "upload" | "fileuploads" => Permission::Upload,
        _ => return None,
    };
    Some((permission, words))
}

/// A yes or no of a record; `None` for anything else, such as `default`.
fn said(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// `AllowedURLs`, from a list or from a text with a pattern per line.
fn allowed(node: Option<&Node>, at: usize, draft: &mut Draft) {
    let texts: Vec<&str> = match node.map(|node| &node.kind) {
        Some(Value::Text(text)) => text.split(['\n', ',']).collect(),
        Some(Value::List(items)) => items.iter().filter_map(Node::text).collect(),
        _ => Vec::new(),
    };
    for text in texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).take(100) {
        let (pattern, _) = address::clean(&address::pattern(text));
        draft.allowed_urls.push(literal(&pattern));
    }
    if !draft.allowed_urls.is_empty() {
        let why = "they are patterns of whole URLs here, in which `*` stands for anything";
        let help = "see that each begins with scheme and host, and that the pages of the sign-in are among them";
        draft.report.changed(at, "the allowed URLs", why, help);
    }
}
