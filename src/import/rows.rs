//! Rows of CyberArk's `WebFormFields`, read by the rules that are known of them, so that what they mean is carried
//! over and not their text.
//!
//! Known from connectors that ship with PVWA: `locator > action (SearchBy=…)`, rows apart by a line feed, `^[` and
//! `^]` for brackets, `{property}` and `{object\property}`, `&name&` for what a Preconnect DLL gives.

use super::address;
use super::draft::{Action, Draft, Line, Locator, Row, literal, place};
use super::language::{group, operator, searched, strategy_named, unknown};
use super::names::{Loss, Names, Where, loss, template_of};
use super::suspect::{self, Field};
use super::write::MOST_ROWS;
use super::xml;
use crate::connector::{Keyword, Object, Part, Template};
use crate::locator::By;
use crate::otp;

/// Reads the rows of `fields` into `draft`.
pub(super) fn read(fields: &xml::Text, names: &mut Names, draft: &mut Draft) {
    let has_password = fields.text.lines().any(types_password);
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

/// Whether a row types a password of the vault and nothing else.
fn types_password(row: &str) -> bool {
    let row: String = row.to_lowercase().split_whitespace().collect();
    let whole = |value: &str| value.is_empty() || value.starts_with('(');
    row.split('>').skip(1).any(|value| {
        ["{password}", "{logonaccount\\password}", "{reconcileaccount\\password}"]
            .iter()
            .any(|word| value.strip_prefix(word).is_some_and(whole))
    })
}

/// One row on its way into the draft.
struct Reader<'a> {
    names: &'a mut Names,
    draft: &'a mut Draft,
    number: usize,
    at: usize,
    has_password: bool,
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
        template_of(text, place, self.at, self.names, self.draft)
    }
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
