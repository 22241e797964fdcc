//! Rows of CyberArk's `WebFormFields`, read by the rules that are known of them, so that what they mean is carried
//! over and not their text.
//!
//! Known from connectors that ship with PVWA: `locator > action (SearchBy=…)`, rows apart by a line feed, `^[` and
//! `^]` for brackets, `{property}` and `{object\property}`, `&name&` for what a Preconnect DLL gives.

use super::address;
use super::draft::{Action, Draft, Line, Locator, Row, literal, place, placeholder, template};
use super::report::shown;
use super::suspect::{self, Field};
use super::write::MOST_ROWS;
use super::xml;
use crate::connector::{Keyword, Object, Part, Template};
use crate::locator::By;
use crate::otp;

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
type Loss = (String, String);

fn loss(why: impl Into<String>, help: impl Into<String>) -> Loss {
    (why.into(), help.into())
}

/// Reads the rows of `fields` into `draft`.
pub(super) fn read(fields: &xml::Text, names: &mut Names, draft: &mut Draft) {
    let lower = fields.text.to_lowercase();
    let has_password = lower.contains("{password}") || lower.contains("\\password}");
    let (mut number, mut comments, mut from) = (0, None, 0);
    for line in fields.text.split(['\n', '\r']) {
        let start = from + (line.len() - line.trim_start().len());
        from += line.len() + 1;
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        let at = fields.place(start);
        if text.starts_with('#') && (!text.contains('>') || text[1..].starts_with([' ', '#'])) {
            comments = comments.or(Some(at));
            continue;
        }
        number += 1;
        if number > MOST_ROWS {
            let help = "is this one connector? split it".to_owned();
            draft.report.lost(
                at,
                format!("row {number} and all after it"),
                "a connector has at most 300 rows",
                help,
            );
            break;
        }
        let mut reader = Reader { names, draft, number, at, has_password };
        if let Err((why, help)) = reader.row(text) {
            draft.note(format!("Row {number} of the source is not here: {why}"));
            draft.report.lost(at, format!("row {number}"), &why, help);
        }
    }
    if let Some(at) = comments {
        draft.report.lost(
            at,
            "comments",
            "a comment can hold anything, a password too",
            "write them anew where they help",
        );
    }
}

/// One row on its way into the draft.
struct Reader<'a> {
    names: &'a mut Names,
    draft: &'a mut Draft,
    number: usize,
    at: usize,
    has_password: bool,
}

/// Where a template stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// It is typed into a field.
    Field,
    /// It is shown and logged: a locator or a URL.
    Outside,
}

impl Reader<'_> {
    fn row(&mut self, text: &str) -> Result<(), Loss> {
        let text = self.unescaped(text);
        let (text, strategy) = searched(&text);
        let by = match strategy {
            None => By::Auto,
            Some(word) => strategy_named(word).ok_or_else(|| {
                let help = "the strategies are `id`, `name`, `class`, `css`, `xpath`, `text` and `linktext`";
                loss("its `SearchBy` is none that is known", help)
            })?,
        };
        let (head, action) = match operator(text, by) {
            Some(at) => (text[..at].trim(), text[at + 1..].trim()),
            None if text.starts_with('(') => return self.alone(text),
            None => return Err(loss("it has no operator `>`", "write `locator > action`")),
        };
        if head.is_empty() || action.is_empty() {
            return Err(loss(
                "nothing stands on one side of the operator `>`",
                "write `locator > action`",
            ));
        }
        if group(action).is_some_and(|(name, ..)| name.eq_ignore_ascii_case("redirect")) {
            return self.navigate(head);
        }
        let locator = Locator {
            by: self.strategy(head, by),
            text: self.template(head, Where::Outside)?,
            nth: None,
        };
        match group(action) {
            Some((name, argument, rest)) => self.keyword(locator, &name, argument, rest),
            None => self.typed(locator, action),
        }
    }

    /// Resolves `^[` and `^]`; of other escapes nothing is known.
    fn unescaped(&mut self, text: &str) -> String {
        let plain = text.replace("^[", "[").replace("^]", "]");
        if ["^>", "^(", "^{", "^&", "^^", "^<"].iter().any(|escape| plain.contains(escape)) {
            self.draft.report.review(
                self.at,
                format!("row {}: a `^`", self.number),
                "only `^[` and `^]` are known as escapes of CyberArk; this one is taken for text",
                "try the row: `^` before `>`, `(`, `{` or `&` makes it text here, too",
            );
        }
        plain
    }

    /// The strategy for a locator; an XPath without `SearchBy` gets its own.
    fn strategy(&mut self, head: &str, by: By) -> By {
        let xpath = ["//", "(//", ".//", "/html"].iter().any(|start| head.starts_with(start));
        if by == By::Auto && xpath {
            self.draft.report.changed(
                self.at,
                format!("row {}", self.number),
                "its locator is an XPath without `SearchBy`",
                "`(SearchBy=xpath)` is added: see that the row means that",
            );
            return By::XPath;
        }
        by
    }

    /// A row without locator.
    fn alone(&mut self, text: &str) -> Result<(), Loss> {
        let Some((name, argument, rest)) = group(text) else {
            return Err(loss("its parentheses do not pair", "write `locator > action`"));
        };
        let argument = argument.unwrap_or_default().trim();
        match name.to_ascii_lowercase().as_str() {
            "wait" if rest.is_empty() => self.wait(argument),
            "navigate" | "redirect" if rest.is_empty() => self.navigate(argument),
            _ => Err(unknown(&name)),
        }
    }

    fn wait(&mut self, seconds: &str) -> Result<(), Loss> {
        let number = seconds.trim_end_matches(['s', 'S']);
        match number.parse::<u32>() {
            Ok(seconds) if (1..=3600).contains(&seconds) => {
                self.draft.row(
                    self.at,
                    None,
                    Action::Do(Keyword::Wait, Some(format!("{seconds}s"))),
                );
                self.draft.report.review(
                    self.at,
                    format!("row {}: `(Wait)`", self.number),
                    "it waits for time; here every row waits for its own element",
                    "remove the row, and put it back only if the sign-in needs it",
                );
                Ok(())
            }
            _ => Err(loss(
                "it waits for no time that is known",
                "every row waits for its own element here",
            )),
        }
    }

    fn navigate(&mut self, url: &str) -> Result<(), Loss> {
        let (url, gone) = address::clean(url);
        if gone {
            self.draft.report.lost(
                self.at,
                format!("row {}: a part of its URL", self.number),
                "it can be a secret, and a URL is shown and logged",
                "a secret can only be typed into a field",
            );
        }
        let (url, _) = address::with_scheme(&url);
        let insecure = address::is_insecure(&url);
        let url = self.template(&url, Where::Outside)?;
        if insecure && !self.draft.allow_insecure {
            self.draft.allow_insecure = true;
            insecure_told(self.draft, self.at, &format!("row {}", self.number));
        }
        if address::allow(self.draft, &url) {
            self.draft.report.changed(
                self.at,
                format!("row {}: it opens a page of another host", self.number),
                "secrets are typed only where `AllowedOrigins` says, and that host is added",
                "remove it from `AllowedOrigins` if nothing secret is typed there",
            );
        }
        self.draft.row(self.at, None, Action::Navigate(url));
        Ok(())
    }

    /// A row with a keyword.
    fn keyword(
        &mut self,
        locator: Locator,
        name: &str,
        argument: Option<&str>,
        rest: &str,
    ) -> Result<(), Loss> {
        let lower = name.to_ascii_lowercase();
        let keyword = match lower.as_str() {
            "button" => Keyword::Button,
            "click" => Keyword::Click,
            "scriptclick" => Keyword::ScriptClick,
            "validation" => Keyword::Validation,
            "frame" => Keyword::Frame,
            "failure" => Keyword::Failure,
            _ if lower.contains("otp") || lower.contains("onetime") => {
                let value = if rest.is_empty() { argument.unwrap_or_default() } else { rest };
                return self.code(locator, value);
            }
            _ => return Err(unknown(name)),
        };
        if !rest.is_empty() {
            let what = format!("row {}: what stands after `({})`", self.number, keyword.word());
            let help = "no option of CyberArk's but `SearchBy` is known: see what it was for";
            self.draft.report.lost(self.at, what, "it is no part of a row that is known", help);
        }
        let argument = argument.map(str::trim).filter(|argument| !argument.is_empty());
        let cause = argument.filter(|cause| keyword == Keyword::Failure && !suspect::value(cause));
        self.draft.row(self.at, Some(locator), Action::Do(keyword, cause.map(str::to_owned)));
        Ok(())
    }

    /// A row for a one-time code, whichever way it says so.
    fn code(&mut self, locator: Locator, secret: &str) -> Result<(), Loss> {
        let secret = match self.template(secret, Where::Field) {
            Ok(found) if matches!(found.parts.as_slice(), [Part::Placeholder(_)]) => found,
            _ => place(Object::LogonAccount, "password"),
        };
        self.draft.report.review(
            self.at,
            format!("row {}: a one-time code", self.number),
            "CyberArk's own statement for codes is not documented",
            "it is `(TOTP) <logonaccount\\password>` now: keep the seed as the password of an account of its own, \
             and link that as logon account; say `(Digits=8)` or `(Period=60s)` where it is not 6 and 30 s",
        );
        self.draft.row(self.at, Some(locator), Action::Totp(secret, otp::Parameters::default()));
        Ok(())
    }

    /// A row that types.
    fn typed(&mut self, locator: Locator, value: &str) -> Result<(), Loss> {
        let inner = value.strip_prefix('&').and_then(|rest| rest.strip_suffix('&'));
        if let Some(name) = inner.filter(|name| !name.is_empty() && !name.contains(['&', ' '])) {
            return self.preconnect(locator, name);
        }
        if value.trim_start().starts_with('(') {
            return Err(loss(
                "its action is none that is known",
                "see `connectors/README.md` for the actions",
            ));
        }
        if value.split('&').skip(1).step_by(2).any(|name| {
            !name.is_empty()
                && name.chars().all(char::is_alphanumeric)
                && value.matches('&').count() > 1
        }) {
            let help =
                "write a row for each part; one-time codes are `(TOTP) <logonaccount\\password>`";
            return Err(loss(
                "a part of what it types is given by a Preconnect DLL, and none is run here",
                help,
            ));
        }
        let template = self.template(value, Where::Field)?;
        let literal_only = template.placeholders().next().is_none();
        let secret_field = suspect::field(&locator.words()) != Field::Other;
        let hides = |part: &Part| match part {
            Part::Literal(text) => {
                suspect::value(text) || (secret_field && text.contains(char::is_alphanumeric))
            }
            Part::Placeholder(_) => false,
        };
        if !literal_only && template.parts.iter().any(hides) {
            let help = "keep it in the vault as a property of the account, and write `<name>`";
            return Err(loss("a part of what it types can be a secret", help));
        }
        if literal_only {
            return self.literal(locator, value);
        }
        let code_field = suspect::field(&locator.words()) == Field::Code;
        let seed = |part: &Part| matches!(part, Part::Placeholder(found) if found.object == Object::LogonAccount);
        if code_field && template.parts.iter().any(seed) {
            self.draft.report.review(
                self.at,
                format!(
                    "row {}: a property of the logon account goes into a field for codes",
                    self.number
                ),
                "it is typed as it is",
                "if it is the seed of a one-time code, write `(TOTP)` before it",
            );
        }
        let twin = |row: &Row| matches!(&row.action, Action::Type(value) if *value == template);
        let optional = self.names.legacy && self.draft.rows().any(twin);
        if optional {
            let rows = self.draft.lines.iter_mut().filter_map(|line| match line {
                Line::Row(row) => Some(row),
                Line::Note(_) => None,
            });
            for row in rows {
                row.optional |= twin(row);
            }
        }
        let (at, action) = (self.at, Action::Type(template));
        self.draft.lines.push(Line::Row(Row { at, locator: Some(locator), action, optional }));
        Ok(())
    }

    /// A row that types the same text for every account.
    fn literal(&mut self, locator: Locator, text: &str) -> Result<(), Loss> {
        let field = suspect::field(&locator.words());
        let row = format!("row {}: the text that it types", self.number);
        let why = "it stands in the source and can be a secret, so it is written nowhere";
        match field {
            Field::Password => {
                let help = "the row types `<password>` now: keep the password in the vault, and change it, for it was readable";
                self.draft.report.changed(self.at, row, why, help);
                self.draft.row(
                    self.at,
                    Some(locator),
                    Action::Type(place(Object::Target, "password")),
                );
            }
            Field::Code => {
                let help = "the row types `(TOTP) <logonaccount\\password>` now: keep the seed in the vault, as the \
                            password of an account that is linked as logon account; enrol a new one, for it was readable";
                self.draft.report.changed(self.at, row, why, help);
                let secret = place(Object::LogonAccount, "password");
                self.draft.row(
                    self.at,
                    Some(locator),
                    Action::Totp(secret, otp::Parameters::default()),
                );
            }
            Field::Other if self.has_password && !suspect::value(text) && !text.contains('>') => {
                let help =
                    "see that it is no secret; what differs between accounts is better a property";
                self.draft.report.review(self.at, row, "it is the same for every account", help);
                self.draft.row(self.at, Some(locator), Action::Type(literal(text)));
            }
            Field::Other | Field::Secret => {
                let name = format!("Text{}", self.number);
                let help = format!(
                    "it is asked at connect now, as `--param {name}=…`; a secret belongs into the vault: write \
                     `<name>` for a property of the account"
                );
                self.draft.report.changed(self.at, row, why, help);
                let title = format!("What row {} types", self.number);
                self.draft.parameter(&name, Some(&title), None);
                self.draft.row(self.at, Some(locator), Action::Type(place(Object::Param, &name)));
            }
        }
        Ok(())
    }

    /// A row that types what a Preconnect DLL gave.
    fn preconnect(&mut self, locator: Locator, name: &str) -> Result<(), Loss> {
        let by_dll = self.names.dll.to_lowercase().contains("totp");
        let is_code = match suspect::field(name) {
            Field::Code => true,
            Field::Secret => by_dll,
            Field::Password | Field::Other => false,
        };
        if !is_code {
            let help = "keep the value in the vault as a property of the account, and write `<name>`; or write \
                        `(Handover=what to do)` where a person has to do it";
            return Err(loss("it types what a Preconnect DLL gave, and no DLL is run here", help));
        }
        let first =
            self.names.dll_parameters.split(',').next().unwrap_or_default().trim().to_lowercase();
        let secret = match first.as_str() {
            "password" => place(Object::Target, "password"),
            _ => place(Object::LogonAccount, "password"),
        };
        // `Encoding.UTF8.GetBytes(secret)`: the sample DLL takes the text itself for the key.
        let raw = self.names.dll.to_lowercase().contains("generatetotppreconnect");
        let code = otp::Parameters {
            encoding: raw.then_some(otp::Encoding::Raw),
            ..otp::Parameters::default()
        };
        let help = match raw {
            true => {
                "that DLL takes the bytes of the text as the key, so `(Encoding=raw)` is written; for a seed as \
                 authenticator apps show it (base32) remove that option"
            }
            false => {
                "see that the account holds the seed, and that 6 digits, 30 s and SHA-1 are right"
            }
        };
        let why =
            "a Preconnect DLL computed it; doorward computes codes itself, when they are typed";
        self.draft.report.changed(
            self.at,
            format!("row {}: a one-time code", self.number),
            why,
            help,
        );
        self.draft.row(self.at, Some(locator), Action::Totp(secret, code));
        Ok(())
    }

    fn template(&mut self, text: &str, place: Where) -> Result<Template, Loss> {
        self::template_of(text, place, self.at, self.names, self.draft)
    }
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

/// The row without `(SearchBy=…)` at its end, and what that says.
fn searched(text: &str) -> (&str, Option<&str>) {
    let text = text.trim();
    let found = text.strip_suffix(')').and_then(|inner| {
        let open = inner.rfind('(')?;
        let (name, value) = inner[open + 1..].split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("searchby")
            .then(|| (text[..open].trim_end(), value.trim()))
    });
    found.map_or((text, None), |(rest, value)| (rest, Some(value)))
}

fn strategy_named(word: &str) -> Option<By> {
    let word = word.to_ascii_lowercase().replace([' ', '_', '-'], "");
    let word = match word.as_str() {
        "classname" => "class",
        "cssselector" => "css",
        other => other,
    };
    [By::Id, By::Name, By::Class, By::Css, By::XPath, By::Text, By::LinkText]
        .into_iter()
        .find(|by| by.word() == word)
}

/// Where the operator is. A keyword or a placeholder follows the last `>`; a text follows the first, because only
/// CSS and XPath have a `>` of their own.
fn operator(text: &str, by: By) -> Option<usize> {
    let last = text.rfind('>')?;
    let keyword = text
        .match_indices('>')
        .filter(|(at, _)| group(text[at + 1..].trim_start()).is_some())
        .map(|(at, _)| at)
        .next_back();
    if let Some(at) = keyword {
        return Some(at);
    }
    let after = text[last + 1..].trim_start();
    if after.starts_with(['{', '&']) || matches!(by, By::Css | By::XPath) {
        return Some(last);
    }
    text.find('>')
}

/// `(Word)` or `(Word=argument)` at the start of an action: word, argument, and what stands after it.
fn group(action: &str) -> Option<(String, Option<&str>, &str)> {
    let inner = action.strip_prefix('(')?;
    let mut depth = 1usize;
    let close = inner.char_indices().find(|(_, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let (inner, rest) = (&inner[..close.0], inner[close.0 + 1..].trim());
    let (name, argument) = match inner.split_once('=') {
        Some((name, argument)) => (name.trim(), Some(argument)),
        None => (inner.trim(), None),
    };
    let word =
        !name.is_empty() && name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphabetic());
    word.then(|| (name.to_owned(), argument, rest))
}

fn unknown(name: &str) -> Loss {
    let lower = name.to_ascii_lowercase();
    let help = match lower.as_str() {
        _ if lower.contains("wait") => "every row waits for its own element: leave it out",
        _ if lower.contains("select") => "write `locator > (Select) text of the option`",
        _ if lower.contains("check") => "write `locator > (Check)`",
        _ => "see `connectors/README.md` for the actions",
    };
    // A word is told only where it is one of a language: anything else may be a value.
    let known = [
        "wait",
        "select",
        "check",
        "condition",
        "script",
        "key",
        "upload",
        "hover",
        "scroll",
        "if",
    ];
    let why = match known.iter().any(|word| lower.contains(word)) {
        true => format!("there is no action `({name})` here"),
        false => "its action is none that is known".to_owned(),
    };
    loss(why, help)
}

/// Says that the connector goes over plain http.
pub(super) fn insecure_told(draft: &mut Draft, at: usize, what: &str) {
    draft.report.review(
        at,
        format!("{what}: plain `http`"),
        "anyone on the way can read the password; `AllowInsecure: true` is written so that it goes on as before",
        "write `https://` and remove `AllowInsecure`, if the application has TLS",
    );
}
