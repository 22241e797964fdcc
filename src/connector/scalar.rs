//! A scalar: one text of the file, read as what its key wants: a template, a duration, a yes or no.

use std::ops::Range;
use std::time::Duration;

use super::place::Places;
use super::report::Report;
use super::syntax::{Kind, Node};
use super::template::{Object, PlaceholderProblemKind, Template};
use crate::diagnostic::{Code, Diagnostic, Span};

/// The longest that anything is waited for.
const LONGEST: Duration = Duration::from_secs(3600);

/// A piece of text, and the way from its bytes to the file.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    /// Where the piece begins in the text that `places` knows.
    pub(super) start: usize,
    pub(super) places: &'a Places,
}

impl<'a> Piece<'a> {
    /// Where `range` of it stands in the file.
    pub(super) fn place(&self, range: Range<usize>) -> Span {
        self.places.span(self.start + range.start..self.start + range.end)
    }

    /// Where all of it stands.
    pub(super) fn span(&self) -> Span {
        self.place(0..self.text.len())
    }

    /// A part of it.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        Self { text: &self.text[range.clone()], start: self.start + range.start, ..*self }
    }

    /// The template that it is; the problems of its placeholders go to `report`.
    pub(super) fn template(&self, parameters: &[&str], report: &mut Report) -> Template {
        let (template, problems) = Template::parse(self.text, parameters);
        for problem in problems {
            let span = self.place(problem.span.range());
            let found = placeholder_problem(&problem.kind, span, parameters, report);
            report.push(found);
        }
        template.placed(|range| self.place(range))
    }

    /// The text that it is: escapes resolved, placeholders as they are written.
    pub(super) fn plain(&self) -> String {
        use super::token::{Shape, tokens};
        let mut plain = String::new();
        for token in tokens(self.text) {
            match token.shape {
                Shape::Plain(character) | Shape::Escaped(character) => plain.push(character),
                Shape::Placeholder => plain.push_str(&self.text[token.range]),
            }
        }
        plain
    }
}

/// A duration: `10s`, `500ms`, `2m`; a bare number is seconds, as CyberArk writes it.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let duration = time(text, |unit| match unit {
        "" | "s" => Some(1000.0),
        "ms" => Some(1.0),
        "m" | "min" => Some(60_000.0),
        _ => None,
    })?;
    (duration > Duration::ZERO && duration <= LONGEST).then_some(duration)
}

/// How long something lives: `30s`, `15m`, `8h`. Its unit has to be there: a bare `15` would be seconds to
/// one person and minutes to another.
pub(super) fn lifetime(text: &str) -> Option<Duration> {
    time(text, |unit| match unit {
        "s" => Some(1000.0),
        "m" | "min" => Some(60_000.0),
        "h" => Some(3_600_000.0),
        _ => None,
    })
}

/// A number and its unit, of which `milliseconds` knows how long it is.
fn time(text: &str, milliseconds: fn(&str) -> Option<f64>) -> Option<Duration> {
    let text = text.trim();
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let milliseconds = milliseconds(&unit.trim().to_ascii_lowercase())?;
    if number.len() > 9 {
        return None;
    }
    let value: f64 = number.parse().ok()?;
    // Whole milliseconds: what is smaller is no time to wait.
    Duration::try_from_secs_f64((value * milliseconds).round() / 1000.0).ok()
}

/// A yes or no, in the words of YAML and of CyberArk.
pub(super) fn yes(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

/// The text of `node`, or a problem that says what `key` wants.
pub(super) fn text<'a>(node: &'a Node, key: &str, report: &mut Report) -> Option<&'a str> {
    match &node.kind {
        Kind::Scalar(text) if !text.trim().is_empty() => Some(text),
        Kind::Scalar(_) | Kind::Null => {
            report.error(
                Code::InvalidValue,
                node.span,
                format!("`{key}` has no value"),
                format!("give it one, or remove the line: `{key}: …`"),
            );
            None
        }
        other => {
            // `<address>` unquoted is fine, `{address}` is a map to YAML.
            let braces = report.source.text[node.span.start..].starts_with('{');
            let help = if braces {
                "a value that begins with `{` needs quotes in YAML, or write the placeholder as `<…>`"
            } else {
                "write the value on the line of its key"
            };
            let message = format!("`{key}` wants a text, and this is {}", other.name());
            report.error(Code::InvalidValue, node.span, message, help);
            None
        }
    }
}

fn placeholder_problem(
    kind: &PlaceholderProblemKind,
    span: Span,
    parameters: &[&str],
    report: &Report,
) -> Diagnostic {
    let source = &report.source;
    match kind {
        PlaceholderProblemKind::UnknownObject { name, nearest } => {
            let message = format!("there is no object `{name}`");
            let found = Diagnostic::error(Code::UnknownObject, source, span, message);
            match nearest {
                Some(object) => found
                    .label(format!("did you mean `{}`?", object.word()))
                    .help(format!("write `{}\\…`", object.word())),
                None => found.help(format!(
                    "the objects are {}",
                    super::nearest::listed(Object::ALL.map(Object::word))
                )),
            }
        }
        PlaceholderProblemKind::UnknownProperty { name, object: Object::User, .. } => {
            let message = format!("`user` has no property `{name}`");
            Diagnostic::error(Code::UnknownProperty, source, span, message)
                .help("the person who asks has one property: write `<user\\name>`")
        }
        PlaceholderProblemKind::UnknownProperty { name, nearest, .. } => {
            let near = nearest.unwrap_or_default();
            let message = format!("`{name}` is one slip away from `{near}`");
            Diagnostic::error(Code::UnknownProperty, source, span, message)
                .label(format!("did you mean `{near}`?"))
                .help(format!(
                    "write `{near}`; a custom property of an account needs a name that is no slip of a \
                     known one"
                ))
        }
        PlaceholderProblemKind::WrongSeparator { meant } => {
            let message = "object and property are separated by `\\`";
            Diagnostic::error(Code::MalformedPlaceholder, source, span, message)
                .help(format!("write `<{meant}>`"))
        }
        PlaceholderProblemKind::UnknownParameter { name, nearest } => {
            let message = format!("`{name}` is not declared under `UserParameters`");
            let found = Diagnostic::error(Code::UnknownParameter, source, span, message);
            match nearest {
                Some(near) => found
                    .label(format!("did you mean `{near}`?"))
                    .help(format!("write `<param\\{near}>`")),
                None if parameters.is_empty() => {
                    found.help(format!("add `UserParameters: {{ {name}: {{ DisplayName: … }} }}`"))
                }
                None => found.help(format!(
                    "declare it under `UserParameters`, beside {}",
                    super::nearest::listed(parameters.iter().copied())
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{duration, lifetime};

    #[test]
    fn durations_are_read_as_authors_write_them() {
        for (text, milliseconds) in [
            ("10", 10_000),
            ("10s", 10_000),
            ("10 s", 10_000),
            ("500ms", 500),
            ("2m", 120_000),
            ("1.5s", 1_500),
            ("0.5", 500),
            ("60m", 3_600_000),
            ("1M", 60_000),
        ] {
            let found = duration(text).map(|duration| duration.as_millis());
            assert_eq!(found, Some(milliseconds), "{text}");
        }
        for text in [
            "",
            "s",
            "0",
            "0ms",
            "-1",
            "+1",
            "1h",
            "61m",
            "1e3",
            "1s2",
            "1.2.3",
            ".",
            "1_0",
            "NaN",
            "inf",
            "ten",
            "99999999999999",
            "0.0001s",
            "<port>",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn lifetimes_have_a_unit() {
        for (text, seconds) in [("30s", 30), ("15m", 900), ("1.5 h", 5_400), ("8H", 28_800)] {
            assert_eq!(lifetime(text).map(|time| time.as_secs()), Some(seconds), "{text}");
        }
        for text in ["", "15", "15ms", "h", "-1h", "1d", "1h30m", "8:00", "forever", "1e3h"] {
            assert_eq!(lifetime(text), None, "{text}");
        }
    }
}
