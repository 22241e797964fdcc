//! The line `SupportedCapabilities` as it is written, and how a machine changes it.

use super::keys::Entry;
use super::syntax::{Kind, Node};
use crate::diagnostic::{Edit, Source, Span};

/// The line, or where it would stand.
pub(super) struct Line<'a> {
    /// The line, where there is one.
    pub(super) declared: Option<&'a Entry<'a>>,
    /// The key before which it would be put.
    pub(super) before: Option<Span>,
}

impl Line<'_> {
    /// The place of its key.
    pub(super) fn key(&self) -> Option<Span> {
        self.declared.map(|entry| entry.key)
    }

    /// How `word` is added; `None` where it is not clear how the line goes on.
    pub(super) fn add(&self, word: &str, source: &Source) -> Option<Vec<Edit>> {
        let insert = |at: usize, text: String| Some(vec![Edit { span: Span::new(at, at), text }]);
        let Some(entry) = self.declared else {
            let at = self.before?.start;
            let begins = at == 0 || source.text[..at].ends_with('\n');
            let end = line_end(source);
            return begins
                .then_some(())
                .and_then(|()| insert(at, format!("SupportedCapabilities: [{word}]{end}")));
        };
        match &entry.node.kind {
            Kind::Scalar(text) if source.text.get(entry.node.span.range()) == Some(text) => {
                Some(vec![Edit { span: entry.node.span, text: format!("[{text}, {word}]") }])
            }
            Kind::List(items) => {
                let last = items.last()?;
                scalar(last, source)?;
                match item_indent(last, source) {
                    Some(indent) => {
                        let rest = &source.text[last.span.end..];
                        let line = rest.find('\n').map_or(rest.len(), |at| at);
                        let line = rest[..line].trim_end_matches('\r').len();
                        let end = line_end(source);
                        insert(last.span.end + line, format!("{end}{indent}- {word}"))
                    }
                    None => insert(last.span.end, format!(", {word}")),
                }
            }
            _ => None,
        }
    }

    /// How the one at `span` is removed, and the line with it if it is the only one.
    pub(super) fn remove(&self, span: Span, source: &Source) -> Option<Vec<Edit>> {
        let entry = self.declared?;
        let text = source.text.as_str();
        let cut = |from: usize, to: usize| {
            Some(vec![Edit { span: Span::new(from, to), text: String::new() }])
        };
        let lines = |from: usize, to: usize| {
            let start = text[..from].rfind('\n').map_or(0, |at| at + 1);
            let end = text[to..].find('\n').map_or(text.len(), |at| to + at + 1);
            // A comment would go with them.
            (!text[start..end].contains('#')).then_some((start, end))
        };
        let items = match &entry.node.kind {
            Kind::List(items) if items.len() > 1 => items,
            Kind::List(_) | Kind::Scalar(_) => {
                let (start, end) = lines(entry.key.start, span.end)?;
                let value = text[span.end..end].trim();
                let whole = start == entry.key.start && matches!(value, "" | "]" | "'" | "\"");
                return whole.then_some(()).and_then(|()| cut(start, end));
            }
            _ => return None,
        };
        let at = items.iter().position(|item| item.span == span)?;
        if item_indent(&items[at], source).is_some() {
            let (start, end) = lines(span.start, span.end)?;
            return cut(start, end);
        }
        match (items.get(at + 1), at.checked_sub(1).and_then(|before| items.get(before))) {
            (Some(next), _) => cut(span.start, next.span.start),
            (None, Some(before)) => cut(before.span.end, span.end),
            (None, None) => None,
        }
    }
}

/// The plain text of an item.
fn scalar<'a>(item: &'a Node, source: &Source) -> Option<&'a str> {
    match &item.kind {
        Kind::Scalar(text) if source.text.get(item.span.range()) == Some(text) => Some(text),
        _ => None,
    }
}

/// The blanks before `- ` of an item that has a line of its own.
fn item_indent<'a>(item: &Node, source: &'a Source) -> Option<&'a str> {
    let start = source.text[..item.span.start].rfind('\n').map_or(0, |at| at + 1);
    source.text[start..item.span.start]
        .trim_end_matches(' ')
        .strip_suffix('-')
        .filter(|indent| indent.chars().all(|character| character == ' '))
}

/// How the lines of the file end.
fn line_end(source: &Source) -> &'static str {
    if source.text.contains("\r\n") { "\r\n" } else { "\n" }
}
