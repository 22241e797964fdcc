//! Rows as YAML gives them: a block string with a row per line, or a list; and what YAML made of rows
//! that needed quotes.

use std::rc::Rc;

use super::place::{Places, Style, style};
use super::report::Report;
use super::scalar::Piece;
use super::syntax::{Flaw, Kind, Node};
use crate::diagnostic::{Code, Diagnostic, Source, Span};

const BLOCK: &str =
    "use the block form, which needs no quotes: `WebFormFields: |` and a row per line";

/// One line of `WebFormFields`: a row, a comment or nothing.
pub(super) struct Line {
    text: String,
    start: usize,
    places: Rc<Places>,
}

impl Line {
    /// Its text without blank ends, with its place.
    pub(super) fn piece(&self) -> Piece<'_> {
        Piece { text: &self.text, start: self.start, places: &self.places }
    }
}

/// The lines of `WebFormFields`.
pub(super) fn lines(node: &Node, report: &mut Report) -> Vec<Line> {
    let mut found = Vec::new();
    match &node.kind {
        Kind::Null => {}
        Kind::Scalar(text) => split(node, text, true, report, &mut found),
        Kind::Map(_) => report.error(
            Code::UnquotedRow,
            node.span,
            "YAML reads this as a map, and rows are expected",
            BLOCK,
        ),
        Kind::List(items) => {
            let mut after = node.span.start;
            for item in items {
                match &item.kind {
                    Kind::Scalar(text) => split(item, text, false, report, &mut found),
                    Kind::Null => empty_item(item, after, report),
                    Kind::List(_) | Kind::Map(_) => {
                        let span = to_end_of_line(&report.source, item.span.start);
                        unquoted(span, item.kind.name(), report);
                    }
                }
                after = item.span.end.max(after);
            }
        }
    }
    found
}

/// The lines of one scalar.
fn split(node: &Node, text: &str, whole: bool, report: &mut Report, found: &mut Vec<Line>) {
    let source = Rc::new(Places::new(&report.source.text, node.span, text));
    let style = style(&report.source.text, node.span);
    let raw = &report.source.text[node.span.range()];
    let joined = match style {
        Style::Literal | Style::Double => false,
        Style::Plain | Style::Single => raw.contains('\n'),
        Style::Folded => raw.trim().contains('\n'),
    };
    if joined {
        let span = source.span(0..text.len());
        let message = match style {
            Style::Folded => "`>` joins the lines of this block into one row",
            _ => "YAML joins these lines into one row",
        };
        let help = if whole { "write `WebFormFields: |`" } else { BLOCK };
        return report.error(Code::UnquotedRow, span, message, help);
    }
    if style == Style::Plain && !text.contains('>') {
        // What follows ` #` is a comment to YAML: `- form #password > <password>`.
        let span = to_end_of_line(&report.source, node.span.start);
        let line = &report.source.text[span.range()];
        if line[text.len().min(line.len())..].contains('>') {
            return unquoted(span, "a comment from ` #` on", report);
        }
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if !trimmed.is_empty() {
            found.push(Line {
                text: trimmed.to_owned(),
                start: at + (line.len() - line.trim_start().len()),
                places: Rc::clone(&source),
            });
        }
        at += line.len();
    }
}

/// An item that YAML finds empty: usually `- #login > (Button)`, which is a comment to it. Its own
/// place is that of whatever follows, so its line is looked for between it and the item before.
fn empty_item(item: &Node, after: usize, report: &mut Report) {
    let source = &report.source;
    let end =
        source.text[item.span.end..].find('\n').map_or(source.text.len(), |at| item.span.end + at);
    let mut start = after.min(end);
    let mut empty = None;
    for line in source.text[start..end].split_inclusive('\n') {
        let text = line.trim();
        let is_item = text.strip_prefix('-').map(str::trim_start);
        let indent = line.len() - line.trim_start().len();
        match is_item {
            Some(comment) if comment.starts_with('#') && start >= after => {
                let from = start + indent + text.len() - comment.len();
                let span = Span::new(from, from + comment.len());
                // The same comment is found once: a second empty item begins its search after it.
                if !report.has(span) {
                    return unquoted(span, "a comment", report);
                }
            }
            Some("" | "~" | "null") => {
                let span = Span::new(start + indent, start + indent + text.len());
                if empty.is_none() && !report.has(span) {
                    empty = Some(span);
                }
            }
            _ => {}
        }
        start += line.len();
    }
    let span = empty.unwrap_or(item.span);
    report.error(Code::EmptyPart, span, "this row is empty", "write a row, or remove the line");
}

/// Reports a row that YAML took for something else.
fn unquoted(span: Span, taken_for: &str, report: &mut Report) {
    let found = diagnostic(&report.source, span, taken_for);
    report.push(found);
}

fn diagnostic(source: &std::sync::Arc<Source>, span: Span, taken_for: &str) -> Diagnostic {
    let row = source.text[span.range()].trim();
    // `'Sign in' > (Click)`: the quotes were meant for YAML, and ended too early.
    let unquoted = ['\'', '"'].into_iter().find_map(|quote| {
        let (inner, rest) = row.strip_prefix(quote)?.split_once(quote)?;
        Some(format!("{inner}{rest}"))
    });
    let quoted = format!("'{}'", unquoted.as_deref().unwrap_or(row).replace('\'', "''"));
    let message = format!("YAML reads this row as {taken_for}");
    let found = Diagnostic::error(Code::UnquotedRow, source, span, message);
    if row.chars().count() > 100 {
        return found.help(format!("put the row in quotes, or {BLOCK}"));
    }
    found.help(format!("quote the row: `- {quoted}`; or {BLOCK}"))
}

/// The diagnostic of a text that is not YAML: of a row that needs quotes, if that is what it is.
pub(super) fn flaw(source: &std::sync::Arc<Source>, flaw: &Flaw) -> Diagnostic {
    let text = &source.text;
    let at = flaw.at.min(text.len());
    let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let span = to_end_of_line(source, line_start);
    let line = &text[span.range()];
    let rows = text[..line_start].contains("WebFormFields:");
    if rows
        && line.contains('>')
        && let Some(row) = line.strip_prefix('-').map(str::trim_start)
    {
        let span = Span::new(span.end - row.len(), span.end);
        return diagnostic(source, span, "something else");
    }
    if rows && line.contains(" > ") {
        let block = text[..line_start]
            .rsplit("WebFormFields:")
            .next()
            .and_then(|rest| rest.lines().next())
            .is_some_and(|header| header.trim_start().starts_with('|'));
        let (message, help) = match block {
            true => (
                "this row is not indented as deep as the block is",
                "indent every row of the block by the same blanks, at least two",
            ),
            false => ("YAML does not read this row as text", BLOCK),
        };
        return Diagnostic::error(Code::UnquotedRow, source, span, message).help(help);
    }
    let end = text[at..].chars().next().filter(|c| *c != '\n').map_or(at, |c| at + c.len_utf8());
    let found =
        Diagnostic::error(Code::InvalidYaml, source, Span::new(at, end), flaw.message.clone());
    let help = [
        (
            "mapping values",
            "if this is one value, put it in quotes; if it is a key, check how deep it is indented",
        ),
        ("unexpected character", "put the value in quotes"),
        ("trailing content", "put the whole value in quotes, and double the quotes within it"),
        ("start with a tab", "indent the rows with spaces"),
        ("block scalar", "put the value in quotes"),
        ("this is a tab", "replace the tab by spaces"),
        ("second one begins", "put the second connector into a file of its own"),
        ("no end", "write the value out at each place"),
        ("anchors and aliases", "write the value out at each place"),
        ("merge keys", "write the keys out at each place"),
        ("never closed", "close it, or put the value in quotes"),
    ];
    match help.iter().find(|(part, _)| found.message.contains(part)) {
        Some((_, help)) => found.help(*help),
        None => found,
    }
}

/// From `start` to the end of its line, without blank ends.
fn to_end_of_line(source: &Source, start: usize) -> Span {
    let rest = &source.text[start..];
    let line = rest.lines().next().unwrap_or("");
    let from = start + (line.len() - line.trim_start().len());
    Span::new(from, (start + line.trim_end().len()).max(from))
}
