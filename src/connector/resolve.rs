//! Resolve: a row in its parts becomes a step, or its problems become diagnostics.

use super::address::{self, Use};
use super::nearest::{listed, nearest, only_nearest};
use super::options::{Given, options};
use super::report::Report;
use super::row::{self, Group, Row};
use super::scalar::{Piece, duration};
use super::step::{Act, LocatorTemplate, Options, Step, Verb};
use super::template::{Object, Part, Template};
use super::token::{Shape, is_name, tokens};
use super::words::Keyword;
use super::{expression, literal};
use crate::diagnostic::{Code, Diagnostic, Edit, Span};
use crate::key::Key;
use crate::locator::By;

/// What a row needs to know of its connector.
pub(super) struct Context<'a> {
    /// The names under `UserParameters`.
    pub(super) parameters: Vec<&'a str>,
    /// `AllowInsecure`.
    pub(super) allow_insecure: bool,
    /// `Injection: Sealed`.
    pub(super) sealed: bool,
}

/// The step of the row `line`; `None` for a comment, and for a row with a problem.
/// `number` counts the rows that were there before it, and this one if it is one.
pub(super) fn step(
    line: Piece<'_>,
    number: &mut usize,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Step> {
    let row = match row::parse(line.text) {
        Ok(None) => return None,
        Ok(Some(row)) => row,
        Err(problem) => {
            *number += 1;
            let found = row_problem(&problem, line, report);
            report.push(found);
            return None;
        }
    };
    *number += 1;
    let Some(given) = options(line, &row, report) else {
        // What is wrong with its placeholders is told in the same go.
        line.template(&context.parameters, report);
        return None;
    };
    let verb = match &row.locator {
        None => alone(line, &row, &given, context, report)?,
        Some(range) => {
            let locator = locator(line, line.slice(range.clone()), &row, &given, context, report)?;
            at_element(line, &row, &given, locator, context, report)?
        }
    };
    let secret = verb.types_secret();
    if let Some((true, group)) = given.sealed.filter(|_| !secret) {
        let message = "there is no secret in this row, so nothing of it can be sealed";
        let help = "remove `(Sealed)`: what is public is typed as it is";
        report.error(Code::OptionNotAllowed, group_span(line, group), message, help);
        return None;
    }
    let sealed = secret && given.sealed.map_or(context.sealed, |(sealed, _)| sealed);
    let options = Options { sealed, ..given.options };
    Some(Step { row: *number, span: line.span(), verb, options })
}

/// The verb of a row without a locator.
fn alone(
    line: Piece<'_>,
    row: &Row,
    given: &Given<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Verb> {
    let Some((keyword, group)) = given.keyword else {
        let message = "an option alone is no row";
        report.error(
            Code::MissingOperator,
            line.span(),
            message,
            "write `locator > action (Option)`",
        );
        return None;
    };
    let frame_inside = keyword == Keyword::Frame && group.value.is_none();
    if !keyword.stands_alone() || frame_inside {
        let word = keyword.word();
        let shown = group.value.as_ref().map_or_else(String::new, |_| "=…".to_owned());
        let mut help = format!("write `locator > ({word}{shown})`");
        if frame_inside {
            help.push_str(", or `(Frame=top)` to leave all frames");
        }
        let message = format!("`({word})` needs a locator and the operator `>`");
        report.error(Code::MissingOperator, line.span(), message, help);
        return None;
    }
    given.allow(keyword, row, line, report)?;
    let value = group.value.as_ref().map(|range| line.slice(range.clone()));
    let value = value.filter(|value| !value.text.is_empty());
    let Some(value) = value else {
        let example = match keyword {
            Keyword::Wait => "(Wait=2s)",
            Keyword::Navigate => "(Navigate=https://<address>/login)",
            Keyword::Handover => "(Handover=confirm the sign-in on your phone)",
            _ => "(Press=Enter)",
        };
        let message = format!("`({})` has no value", keyword.word());
        report.error(
            Code::InvalidAction,
            line.place(group.range.clone()),
            message,
            format!("write `{example}`"),
        );
        return None;
    };
    match keyword {
        Keyword::Frame => {
            if value.text.eq_ignore_ascii_case("top") {
                return Some(Verb::FrameTop);
            }
            let message = "a frame is left with `(Frame=top)`";
            let help = "write `(Frame=top)`; to enter a frame, write `locator > (Frame)`";
            report.error(Code::InvalidAction, value.span(), message, help);
            None
        }
        Keyword::Press => key(value, report).map(Verb::PressFocused),
        Keyword::Wait => match duration(value.text) {
            Some(duration) => Some(Verb::Wait(duration)),
            None => {
                super::options::bad_duration("Wait", value, report);
                None
            }
        },
        Keyword::Navigate => {
            let template = public(value, "the URL of `(Navigate=…)`", context, report)?;
            address::check("Navigate", Use::Page, value, &template, context.allow_insecure, report);
            Some(Verb::Navigate(template))
        }
        _ => Some(Verb::Handover(value.plain())),
    }
}

/// The verb of a row with a locator.
fn at_element(
    line: Piece<'_>,
    row: &Row,
    given: &Given<'_>,
    locator: LocatorTemplate,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Verb> {
    let value = row.value.as_ref().map(|range| line.slice(range.clone()));
    let Some((keyword, group)) = given.keyword else {
        let Some(value) = value else {
            let message = "this row has options and no action";
            let help =
                "write a value such as `<username>`, or an action such as `(Button)`, after `>`";
            report.error(Code::EmptyPart, line.span(), message, help);
            return None;
        };
        given.allow_typing(row, line, report)?;
        return typed(value, &locator, context, report).map(|act| Verb::Act(locator, act));
    };
    let word = keyword.word();
    let group_span = line.place(group.range.clone());
    if !keyword.takes_locator() {
        let message = format!("`({word}=…)` is a row of its own");
        report.error(
            Code::InvalidAction,
            group_span,
            message,
            "remove the locator and the operator",
        );
        return None;
    }
    given.allow(keyword, row, line, report)?;
    let takes_value = matches!(keyword, Keyword::Totp | Keyword::Select);
    match (takes_value, value) {
        (true, None) => {
            let example = match keyword {
                Keyword::Totp => "(TOTP) <logonaccount\\password>",
                _ => "(Select) text of the option",
            };
            let message = format!("`({word})` lacks what stands after it");
            report.error(Code::InvalidAction, group_span, message, format!("write `{example}`"));
            return None;
        }
        (false, Some(value)) => {
            let message = format!("`({word})` takes no text after it");
            let help = "remove it; to type a text that has parentheses, escape them: `^(` and `^)`";
            report.error(Code::InvalidAction, value.span(), message, help);
            return None;
        }
        _ => {}
    }
    let argument = group.value.as_ref().map(|range| line.slice(range.clone()));
    if let Some(argument) = argument
        && !matches!(keyword, Keyword::Press | Keyword::Failure)
    {
        let (message, help) = match keyword {
            Keyword::Frame => (
                "`(Frame=…)` has no locator".to_owned(),
                "write `(Frame=top)` alone to leave, `locator > (Frame)` to enter".to_owned(),
            ),
            _ => (format!("`({word})` takes no `=`"), format!("write `({word})`")),
        };
        let span = if argument.text.is_empty() { group_span } else { argument.span() };
        report.error(Code::InvalidAction, span, message, help);
        return None;
    }
    let act = match (keyword, value) {
        (Keyword::Validation, _) => return Some(Verb::Validation(locator)),
        (Keyword::Failure, _) => {
            let cause = argument.map(|argument| argument.plain()).unwrap_or_default();
            let cause = if cause.is_empty() { "refused".to_owned() } else { cause };
            return Some(Verb::Failure(locator, cause));
        }
        (Keyword::Totp, Some(value)) => Act::Totp(code_secret(value, context, report)?, given.code),
        (Keyword::Select, Some(value)) => {
            Act::Select(public(value, "the option to select", context, report)?)
        }
        (Keyword::Press, _) => match argument.filter(|argument| !argument.text.is_empty()) {
            Some(argument) => Act::Press(key(argument, report)?),
            None => {
                let message = "`(Press)` lacks its key";
                report.error(Code::InvalidAction, group_span, message, "write `(Press=Enter)`");
                return None;
            }
        },
        (Keyword::Click, _) => Act::Click,
        (Keyword::ScriptClick, _) => Act::ScriptClick,
        (Keyword::Check, _) => Act::Check,
        (Keyword::Uncheck, _) => Act::Uncheck,
        (Keyword::Frame, _) => Act::Frame,
        // What stands alone was refused above.
        _ => Act::Button,
    };
    Some(Verb::Act(locator, act))
}

/// The locator of a row.
fn locator(
    line: Piece<'_>,
    piece: Piece<'_>,
    row: &Row,
    given: &Given<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<LocatorTemplate> {
    let by = given.by;
    if line.text.starts_with('#') && by != By::Css {
        let message = "this may be a comment or a row";
        let help = "for a comment, put a blank after `#`; for a CSS id, add `(SearchBy=css)`; for a text \
                    that begins with `#`, write `^#`";
        report.error(Code::UnclearComment, line.span(), message, help);
        return None;
    }
    let whole = matches!(by, By::Auto | By::Id | By::Name | By::Class | By::Url);
    if row.locator_has_operator && whole && !looks_like_xpath(piece.text) {
        let message = "this row has several `>`, and it is not clear which one is the operator";
        let help = "if the locator is a CSS selector, add `(SearchBy=css)`; write `^>` for each `>` that is text";
        report.error(Code::UnclearOperator, line.span(), message, help);
        return None;
    }
    if by == By::Auto {
        let kind = if looks_like_xpath(piece.text) {
            Some(("XPath", "xpath"))
        } else if looks_like_css(piece.text) {
            Some(("CSS", "css"))
        } else {
            None
        };
        if let Some((kind, word)) = kind {
            let message =
                format!("this locator looks like {kind}, and is searched as id, name and class");
            let help = format!("add `(SearchBy={word})` at the end of the row");
            let end = line.span().end;
            let option = Edit { span: Span::new(end, end), text: format!(" (SearchBy={word})") };
            let found =
                Diagnostic::warning(Code::SearchByNeeded, &report.source, piece.span(), message)
                    .help(help);
            report.push(match report.source.text.get(line.span().range()) == Some(line.text) {
                true => found.fix(format!("add `(SearchBy={word})`"), vec![option]),
                false => found,
            });
        }
    }
    let text = piece.template(&context.parameters, report);
    outside_field(&text, "a locator", report);
    expression::check(by, piece, report);
    Some(LocatorTemplate { by, text, nth: given.nth })
}

fn looks_like_xpath(text: &str) -> bool {
    ["//", "(//", ".//", "/html"].iter().any(|start| text.starts_with(start))
}

fn looks_like_css(text: &str) -> bool {
    text.starts_with('.') || (text.contains('[') && text.contains('=')) || text.contains(":nth-")
}

/// What is typed into a field.
fn typed(
    value: Piece<'_>,
    locator: &LocatorTemplate,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Act> {
    let name = value.text.strip_prefix('&').and_then(|rest| rest.strip_suffix('&'));
    if name.is_some_and(|name| !name.is_empty() && name.chars().all(char::is_alphanumeric)) {
        let message = "there is no Preconnect DLL here that would fill in this value";
        let help = "for a one-time code write `(TOTP) <logonaccount\\password>`; to type the text itself, `^&…`";
        report.error(Code::PreconnectValue, value.span(), message, help);
        return None;
    }
    let template = strict(value, context, report)?;
    let is_password = locator.text.parts.iter().any(|part| match part {
        Part::Literal(text) => literal::names_a_secret(text),
        Part::Placeholder(_) => false,
    });
    if !has_placeholder(value.text) {
        if literal::is_seed(value.text) {
            let message = "this looks like the secret of one-time codes in the connector itself";
            let help = "keep it in the vault as the password of an account, link that account as logon \
                        account, and write `(TOTP) <logonaccount\\password>`";
            report.warning(Code::LiteralSecret, value.span(), message, help);
        } else if is_password || literal::is_password(value.text) {
            let message = "this looks like a password in the connector itself";
            let help = "keep it in the vault and write `<password>`";
            report.warning(Code::LiteralSecret, value.span(), message, help);
        }
    }
    Some(Act::Type(template))
}

/// The secret of a one-time code: one placeholder and nothing else.
fn code_secret(value: Piece<'_>, context: &Context<'_>, report: &mut Report) -> Option<Template> {
    let template = strict(value, context, report)?;
    match template.parts.as_slice() {
        [Part::Placeholder(_)] => Some(template),
        // Its placeholder had a problem, which is told already.
        [] => None,
        parts if parts.iter().all(|part| matches!(part, Part::Literal(_))) => {
            let message = "this one-time-code secret is written into the connector";
            let help = "keep it in the vault as the password of an account, link that account as logon \
                        account, and write `(TOTP) <logonaccount\\password>`";
            report.error(Code::LiteralSecret, value.span(), message, help);
            None
        }
        _ => {
            let message = "`(TOTP)` takes one placeholder and nothing else";
            let help = "write `(TOTP) <logonaccount\\password>`";
            report.error(Code::InvalidAction, value.span(), message, help);
            None
        }
    }
}

/// A template in which everything that begins as a placeholder is one.
pub(super) fn strict(
    piece: Piece<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Template> {
    let all = tokens(piece.text);
    let stray = all.iter().find(|token| token.is('<') || token.is('{'));
    if let Some(stray) = stray {
        let close = if stray.is('<') { '>' } else { '}' };
        let from = stray.range.start;
        let to = piece.text[from..].find(close).map_or(piece.text.len(), |at| from + at + 1);
        let inner = piece.text[from + 1..to].trim_end_matches(close).trim();
        let help = if let Some(meant) = with_backslash(inner) {
            format!("write `<{meant}>`: object and property are separated by `\\`")
        } else if is_name(inner) {
            format!(
                "write `<{inner}>`; to type it as it is, escape it: `^{}`",
                &piece.text[from..=from]
            )
        } else {
            format!(
                "a placeholder is `<property>` or `<object\\property>`; to type it as it is, write `^{}`",
                &piece.text[from..=from]
            )
        };
        let message = "this begins as a placeholder and is none";
        report.error(Code::MalformedPlaceholder, piece.place(from..to), message, help);
        return None;
    }
    Some(piece.template(&context.parameters, report))
}

/// A strict template that goes elsewhere than into a field, so that it holds no secret.
pub(super) fn public(
    piece: Piece<'_>,
    place: &str,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Template> {
    let template = strict(piece, context, report)?;
    outside_field(&template, place, report);
    Some(template)
}

/// Reports the placeholders of `template` whose values are secrets.
fn outside_field(template: &Template, place: &str, report: &mut Report) {
    for placeholder in template.placeholders().filter(|placeholder| !placeholder.is_public()) {
        let (message, help) = if placeholder.property == "password" {
            (
                format!("`{placeholder}` is a secret, and {place} is shown and logged"),
                "a secret can only be typed into a field: `locator > <password>`".to_owned(),
            )
        } else {
            (
                format!("`{placeholder}` may be a secret, and {place} is shown and logged"),
                format!(
                    "only known properties such as `<address>`, `<port>`, `<url>` or `<domain>` may stand \
                     here; or declare `{}` under `UserParameters`",
                    placeholder.property
                ),
            )
        };
        report.error(Code::SecretOutsideField, placeholder.span, message, help);
    }
}

fn key(value: Piece<'_>, report: &mut Report) -> Option<Key> {
    if let Some(key) = Key::named(value.text) {
        return Some(key);
    }
    let names = Key::ALL.map(|key| key.name);
    let message = format!("there is no key `{}`", value.text);
    let found = Diagnostic::error(Code::InvalidAction, &report.source, value.span(), message);
    let (near, same) = match value.text.to_ascii_lowercase().as_str() {
        "return" => (Some("Enter"), Some("Enter")),
        "esc" => (Some("Escape"), Some("Escape")),
        other => (nearest(other, names), only_nearest(other, names)),
    };
    let found = match same {
        Some(same) => found.replace(value.span(), value.text, same),
        None => found,
    };
    let found = match near {
        Some(near) => found.label(format!("did you mean `{near}`?")),
        None => found,
    };
    report.push(found.help(format!("the keys are {}", listed(names))));
    None
}

fn row_problem(problem: &row::Problem, line: Piece<'_>, report: &Report) -> Diagnostic {
    use row::ProblemKind as Kind;
    let span = line.place(problem.range.clone());
    let found = |code, message: &str| Diagnostic::error(code, &report.source, span, message);
    match problem.kind {
        Kind::MissingOperator if line.text.contains("&gt;") => {
            found(Code::MissingOperator, "this row has `&gt;` where the operator `>` belongs")
                .help("the row was copied from XML: write `>` for every `&gt;`")
        }
        Kind::MissingOperator => found(Code::MissingOperator, "this row has no operator `>`")
            .help("write `locator > action`, such as `username > <username> (SearchBy=id)`"),
        Kind::MissingLocator => found(Code::EmptyPart, "nothing stands before the operator `>`")
            .help("write where the element is: its id, name or class, or a locator with `(SearchBy=…)`"),
        Kind::MissingAction if line.text.contains('<') => {
            let inner = line.text[..problem.range.start].rsplit('<').next().unwrap_or("");
            let message = "nothing stands after the last `>`, which is taken for the operator";
            found(Code::EmptyPart, message).help(match with_backslash(inner) {
                Some(meant) => {
                    format!("write `<{meant}>`: object and property are separated by `\\`")
                }
                None => "a placeholder is `<property>` or `<object\\property>` without blanks inside"
                    .to_owned(),
            })
        }
        Kind::MissingAction => found(Code::EmptyPart, "nothing stands after the operator `>`")
            .help("write a value such as `<username>`, or an action such as `(Button)`"),
        Kind::Unbalanced => {
            found(Code::UnbalancedParenthesis, "this parenthesis has no other half")
                .help("close it; to type a parenthesis, escape it: `^(` and `^)`")
        }
        Kind::Misplaced => found(Code::OptionNotAllowed, "an option cannot stand here")
            .help("options stand at the end of the row; to type the text, escape it: `^(` and `^)`"),
        Kind::TooLong => found(Code::InvalidValue, "this row is longer than a row may be (4 KiB)")
            .help("find a shorter locator: an id, a label, a short CSS selector"),
        Kind::TrailingComment => {
            found(Code::UnclearComment, "a comment after a row is part of the row here")
                .help("put the comment on a line of its own; to type a `#`, write `^#`")
        }
    }
}

/// `object\\property` for a text with another separator between the two.
fn with_backslash(inner: &str) -> Option<String> {
    let (object, property) = inner.trim().split_once(['/', ':', '|', '>'])?;
    let (object, property) = (object.trim(), property.trim());
    let object = nearest(object, Object::ALL.map(Object::word))?;
    is_name(property).then(|| format!("{object}\\{property}"))
}

/// The group's place, for a problem of the group as a whole.
pub(super) fn group_span(line: Piece<'_>, group: &Group) -> Span {
    line.place(group.range.clone())
}

/// Whether a text is free of placeholders and of what could mean one.
pub(super) fn has_placeholder(text: &str) -> bool {
    tokens(text).iter().any(|token| token.shape == Shape::Placeholder)
}
