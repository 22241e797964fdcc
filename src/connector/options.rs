//! Options: the groups of a row, each known, at most once, with a value that it can have.

use super::nearest::{listed, nearest, only_nearest};
use super::report::Report;
use super::resolve::{group_span, has_placeholder};
use super::row::{Group, Row};
use super::scalar::{Piece, duration, yes};
use super::step::Options;
use super::words::{Keyword, OptionName};
use crate::diagnostic::{Code, Diagnostic};
use crate::locator::By;
use crate::otp;

/// What the groups of a row say.
pub(super) struct Given<'a> {
    pub(super) keyword: Option<(Keyword, &'a Group)>,
    pub(super) options: Options,
    pub(super) by: By,
    pub(super) nth: Option<usize>,
    pub(super) code: otp::Parameters,
    /// `(Sealed)` or `(Sealed=no)`.
    pub(super) sealed: Option<(bool, &'a Group)>,
    names: Vec<(OptionName, &'a Group)>,
}

/// Words of other languages, and what to write here instead.
const ELSEWHERE: [(&str, &str); 19] = [
    ("redirect", "write `(Navigate=https://…)` as a row of its own"),
    ("goto", "write `(Navigate=https://…)` as a row of its own"),
    ("open", "write `(Navigate=https://…)` as a row of its own"),
    (
        "waitforelement",
        "remove it: every row waits for its own element; `(Timeout=20s)` gives it longer",
    ),
    ("sleep", "write `(Wait=2s)`; better remove it: every row waits for its own element"),
    ("pause", "write `(Wait=2s)`; better remove it: every row waits for its own element"),
    ("type", "write the value alone: `locator > <username>`"),
    ("input", "write the value alone: `locator > <username>`"),
    ("text", "write the value alone: `locator > <username>`"),
    ("otp", "write `(TOTP) <logonaccount\\password>`"),
    ("code", "write `(TOTP) <logonaccount\\password>`"),
    ("mfa", "write `(TOTP) <logonaccount\\password>`"),
    ("submit", "write `(Button)`"),
    ("iframe", "write `(Frame)`"),
    ("selectframe", "write `(Frame)`"),
    ("checkbox", "write `(Check)` or `(Uncheck)`"),
    ("success", "write `(Validation)`"),
    ("error", "write `(Failure=cause)`"),
    ("index", "write `(Nth=2)`"),
];

/// Reads the groups of `row`; `None` when one of them has a problem.
pub(super) fn options<'a>(line: Piece<'_>, row: &'a Row, report: &mut Report) -> Option<Given<'a>> {
    let mut given = Given {
        keyword: None,
        options: Options::default(),
        by: By::Auto,
        nth: None,
        code: otp::Parameters::default(),
        sealed: None,
        names: Vec::new(),
    };
    let mut sound = true;
    for group in &row.groups {
        let word = &line.text[group.name.clone()];
        if let Some(keyword) = Keyword::named(word) {
            match given.keyword {
                None => given.keyword = Some((keyword, group)),
                Some((first, _)) => {
                    let message = format!(
                        "a row does one thing, and this one has `({})` and `({})`",
                        first.word(),
                        keyword.word()
                    );
                    let help = "write a row for each";
                    report.error(Code::InvalidAction, group_span(line, group), message, help);
                    sound = false;
                }
            }
        } else if let Some(name) = OptionName::named(word) {
            if given.names.iter().any(|(before, _)| *before == name) {
                let message = format!("`({}=…)` stands twice in this row", name.word());
                report.error(
                    Code::OptionNotAllowed,
                    group_span(line, group),
                    message,
                    "keep one of the two",
                );
                sound = false;
            } else {
                sound &= given.take(name, line, group, report).is_some();
            }
            given.names.push((name, group));
        } else {
            unknown(line, row, group, given.keyword.is_some(), report);
            sound = false;
        }
    }
    sound.then_some(given)
}

impl<'a> Given<'a> {
    /// Takes one option.
    fn take(
        &mut self,
        name: OptionName,
        line: Piece<'_>,
        group: &'a Group,
        report: &mut Report,
    ) -> Option<()> {
        let value = group.value.as_ref().map(|range| line.slice(range.clone()));
        let value = match (name, value.filter(|value| !value.text.is_empty())) {
            (OptionName::Optional, None) if group.value.is_none() => {
                self.options.optional = true;
                return Some(());
            }
            (OptionName::Sealed, None) if group.value.is_none() => {
                self.sealed = Some((true, group));
                return Some(());
            }
            (_, Some(value)) => value,
            (_, None) => {
                let message = format!("`({})` has no value", name.word());
                let help = format!("write `({}={})`", name.word(), example(name));
                report.error(Code::InvalidOption, group_span(line, group), message, help);
                return None;
            }
        };
        if has_placeholder(value.text) {
            let message = format!("`({}=…)` takes no placeholder", name.word());
            let help = format!("write the value itself: `({}={})`", name.word(), example(name));
            report.error(Code::InvalidOption, value.span(), message, help);
            return None;
        }
        let text = value.text;
        let taken = match name {
            OptionName::SearchBy => return self.take_strategy(value, report),
            OptionName::Timeout => match duration(text) {
                Some(timeout) => {
                    self.options.timeout = Some(timeout);
                    true
                }
                None => {
                    bad_duration("Timeout", value, report);
                    return None;
                }
            },
            OptionName::Optional => {
                yes(text).map(|optional| self.options.optional = optional).is_some()
            }
            OptionName::Sealed => {
                yes(text).map(|sealed| self.sealed = Some((sealed, group))).is_some()
            }
            OptionName::Nth => match text.parse::<usize>() {
                Ok(nth) if (1..=9999).contains(&nth) => {
                    self.nth = Some(nth);
                    true
                }
                _ => false,
            },
            OptionName::Digits => match text {
                "6" | "7" | "8" => {
                    self.code.digits = text.parse().ok();
                    true
                }
                _ => false,
            },
            OptionName::Period => {
                let period = duration(text).filter(|period| period.subsec_nanos() == 0);
                self.code.period = period;
                period.is_some()
            }
            OptionName::Algorithm => {
                self.code.algorithm = match text.to_ascii_lowercase().replace('-', "").as_str() {
                    "sha1" => Some(otp::Algorithm::Sha1),
                    "sha256" => Some(otp::Algorithm::Sha256),
                    "sha512" => Some(otp::Algorithm::Sha512),
                    _ => None,
                };
                self.code.algorithm.is_some()
            }
            OptionName::Encoding => {
                self.code.encoding = match text.to_ascii_lowercase().as_str() {
                    "base32" => Some(otp::Encoding::Base32),
                    "hex" => Some(otp::Encoding::Hex),
                    "raw" => Some(otp::Encoding::Raw),
                    _ => None,
                };
                self.code.encoding.is_some()
            }
        };
        if !taken {
            let wants = match name {
                OptionName::Nth => "a whole number from 1 on",
                OptionName::Digits => "6, 7 or 8",
                OptionName::Period => "whole seconds, such as `30s`",
                OptionName::Algorithm => "`SHA1`, `SHA256` or `SHA512`",
                OptionName::Encoding => "`base32`, `hex` or `raw`",
                _ => "`yes` or `no`, or nothing, which is yes",
            };
            let message = format!("`{text}` is no value of `({}=…)`", name.word());
            report.error(Code::InvalidOption, value.span(), message, format!("it takes {wants}"));
        }
        taken.then_some(())
    }

    fn take_strategy(&mut self, value: Piece<'_>, report: &mut Report) -> Option<()> {
        let word = value.text.to_ascii_lowercase().replace([' ', '_', '-'], "");
        if let Some(by) = By::ALL.into_iter().find(|by| by.word() == word) {
            self.by = by;
            return Some(());
        }
        let same = match word.as_str() {
            "classname" | "cssclass" => Some("class"),
            "cssselector" | "selector" | "queryselector" => Some("css"),
            _ => only_nearest(&word, By::ALL.map(By::word)),
        };
        let near = match word.as_str() {
            _ if same.is_some() => same,
            "link" => Some("linktext"),
            "partiallinktext" | "value" | "innertext" => Some("text"),
            "arialabel" => Some("label"),
            "href" | "title" | "tag" | "tagname" | "role" | "type" | "attribute" | "testid" => {
                Some("css")
            }
            _ => nearest(&word, By::ALL.map(By::word)),
        };
        let message = format!("there is no strategy `{}`", value.text);
        let found = Diagnostic::error(Code::InvalidOption, &report.source, value.span(), message);
        let found = match near {
            Some(near) if same == Some(near) => found
                .label(format!("did you mean `{near}`?"))
                .replace(value.span(), value.text, near),
            Some(near) => found.label(format!("did you mean `{near}`?")),
            None => found,
        };
        report.push(found.help(format!("the strategies are {}", listed(By::ALL.map(By::word)))));
        None
    }

    /// Refuses the options that a row that types a value cannot have.
    pub(super) fn allow_typing(
        &self,
        row: &Row,
        line: Piece<'_>,
        report: &mut Report,
    ) -> Option<()> {
        self.refuse("a row that types a value", None, row, line, report)
    }

    /// Refuses the options that a row of `keyword` cannot have.
    pub(super) fn allow(
        &self,
        keyword: Keyword,
        row: &Row,
        line: Piece<'_>,
        report: &mut Report,
    ) -> Option<()> {
        let place = format!("a `({})` row", keyword.word());
        self.refuse(&place, Some(keyword), row, line, report)
    }

    fn refuse(
        &self,
        place: &str,
        keyword: Option<Keyword>,
        row: &Row,
        line: Piece<'_>,
        report: &mut Report,
    ) -> Option<()> {
        let sign = matches!(keyword, Some(Keyword::Validation | Keyword::Failure));
        let mut sound = true;
        for (name, group) in &self.names {
            let why = match name {
                OptionName::SearchBy if row.locator.is_none() => Some("it has no locator"),
                OptionName::SearchBy if self.by == By::Url && !sign => Some(
                    "`url` is for `(Validation)` and `(Failure=…)`: it finds a page and no element",
                ),
                OptionName::Nth if row.locator.is_none() => Some("it has no locator"),
                OptionName::Nth if self.by == By::Url => Some("`SearchBy=url` finds no elements"),
                OptionName::Optional if sign => Some(
                    "validations and failures are alternatives already: the first that shows decides",
                ),
                OptionName::Optional if row.locator.is_none() => {
                    Some("there is no element to wait for")
                }
                OptionName::Sealed if !matches!(keyword, None | Some(Keyword::Totp)) => {
                    Some("only what is typed can be sealed")
                }
                OptionName::Timeout
                    if row.locator.is_none()
                        && !matches!(keyword, Some(Keyword::Navigate | Keyword::Handover)) =>
                {
                    Some("there is nothing to wait for")
                }
                OptionName::Digits
                | OptionName::Period
                | OptionName::Algorithm
                | OptionName::Encoding
                    if keyword != Some(Keyword::Totp) =>
                {
                    Some("it is a parameter of one-time codes: `(TOTP) <logonaccount\\password>`")
                }
                _ => None,
            };
            if let Some(why) = why {
                let message = format!("{place} cannot have `({})`", name.word());
                report.error(Code::OptionNotAllowed, group_span(line, group), message, why);
                sound = false;
            }
        }
        sound.then_some(())
    }
}

/// Reports a duration that is none.
pub(super) fn bad_duration(name: &str, value: Piece<'_>, report: &mut Report) {
    let message = format!("`{}` is no duration for `{name}`", value.text);
    let help = "write `10s`, `500ms` or `2m`, more than nothing and at most `60m`; a bare number is seconds";
    report.error(Code::InvalidOption, value.span(), message, help);
}

fn example(name: OptionName) -> &'static str {
    match name {
        OptionName::SearchBy => "id",
        OptionName::Timeout => "5s",
        OptionName::Optional | OptionName::Sealed => "yes",
        OptionName::Nth => "2",
        OptionName::Digits => "6",
        OptionName::Period => "30s",
        OptionName::Algorithm => "SHA1",
        OptionName::Encoding => "base32",
    }
}

/// Reports a group whose name is neither a keyword nor an option.
fn unknown(line: Piece<'_>, row: &Row, group: &Group, has_keyword: bool, report: &mut Report) {
    let word = &line.text[group.name.clone()];
    let wants_action = !has_keyword && row.value.is_none();
    let (code, what) = match wants_action {
        true => (Code::UnknownKeyword, "action"),
        false => (Code::UnknownOption, "option"),
    };
    let message = format!("there is no {what} `({word})`");
    let span = group_span(line, group);
    let found = Diagnostic::error(code, &report.source, span, message);
    let lower = word.to_ascii_lowercase();
    if let Some((_, help)) = ELSEWHERE.iter().find(|(other, _)| *other == lower) {
        return report.push(found.help(*help));
    }
    if By::ALL.iter().any(|by| by.word() == lower) {
        return report.push(found.help(format!("write `(SearchBy={lower})`")));
    }
    let names = Keyword::ALL
        .iter()
        .map(|keyword| keyword.word())
        .chain(OptionName::ALL.iter().map(|name| name.word()));
    if let Some(near) = nearest(word, names.clone()) {
        let mut found = found.label(format!("did you mean `({near})`?"));
        if only_nearest(word, names) == Some(near) {
            found = found.replace(line.place(group.name.clone()), word, near);
        }
        return report.push(
            found
                .help(format!("write `({near}{})`", if group.value.is_some() { "=…" } else { "" })),
        );
    }
    let escape = "to type the text, escape it: `^(` and `^)`";
    let help = match wants_action {
        true => {
            format!("the actions are {}; {escape}", listed(Keyword::ALL.iter().map(|k| k.word())))
        }
        false => format!(
            "the options are {}; {escape}",
            listed(OptionName::ALL.iter().map(|n| n.word()))
        ),
    };
    report.push(found.help(help));
}
