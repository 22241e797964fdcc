//! Syntax: a connector as YAML, every value with its place and spelling.

use serde_yaml::{Location, Spanned};

use crate::diagnostic::Span;
use crate::yaml::{self, Raw};

/// How deep a connector may be nested.
const DEPTH: usize = 8;

/// A value of the document.
#[derive(Debug)]
pub(super) struct Node {
    /// Where it stands; of a map or list only where it begins.
    pub(super) span: Span,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a [`Node`] is.
#[derive(Debug)]
pub(super) enum Kind {
    /// Nothing, `null` or `~`.
    Null,
    /// A scalar, as it is spelt: `1.50` and `Yes` stay what they are.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file; keys may repeat.
    Map(Vec<(Node, Node)>),
}

impl Kind {
    /// What it is, in words for a message.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Scalar(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Why the text is not YAML.
#[derive(Debug)]
pub(super) struct Flaw {
    /// Where the parser stopped.
    pub(super) at: usize,
    /// What it said.
    pub(super) message: String,
}

/// Parses `text`: one document, at most [`DEPTH`] levels deep, without merge keys.
pub(super) fn parse(text: &str) -> Result<Node, Flaw> {
    match yaml::read(text, DEPTH) {
        Ok(raw) => Ok(node(raw.value, span(text, raw.defined), text)),
        Err(error) => Err(Flaw {
            at: error.location().map_or(0, |location| offset(text, location)),
            message: said(&error.without_snippet().to_string()),
        }),
    }
}

/// The parser's message in our words where ours are clearer.
fn said(message: &str) -> String {
    let message = match message.rfind(" at line ") {
        Some(at) => &message[..at],
        None => message,
    };
    let known = [
        ("multiple YAML documents", "a connector is one document, and a second one begins here"),
        ("budget breached: Documents", "a connector is one document, and a second one begins here"),
        ("tabs disallowed", "YAML is indented with spaces, and this is a tab"),
        ("merge keys are not allowed", "merge keys (`<<`) are not read in a connector"),
        ("unclosed bracket", "this bracket is never closed"),
        ("budget breached: Depth", "this is nested deeper than any connector is"),
        ("nesting", "this is nested deeper than any connector is"),
        ("recursion limit", "this is nested deeper than any connector is"),
        ("invalid indentation in multiline quoted scalar", "a quote before this is never closed"),
        ("recursive references", "this alias stands inside of what it repeats, so it has no end"),
        ("alias", "the anchors and aliases here are not read in a connector"),
        ("anchor", "the anchors and aliases here are not read in a connector"),
        ("budget", "there is more in this file than in any connector"),
    ];
    let found = known.iter().find(|(part, _)| message.contains(part));
    found.map_or_else(|| message.to_owned(), |(_, ours)| (*ours).to_owned())
}

/// The byte that a location means.
fn offset(text: &str, location: Location) -> usize {
    if let Some(at) = location.span().byte_offset()
        && location.span().byte_len().is_some()
    {
        return boundary(text, usize::try_from(at).unwrap_or(usize::MAX));
    }
    let line = usize::try_from(location.line()).unwrap_or(1).saturating_sub(1);
    let start = text.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
    let column = usize::try_from(location.column()).unwrap_or(1).saturating_sub(1);
    let rest = &text[start.min(text.len())..];
    let within = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
    boundary(text, start + within)
}

/// The place that a location means.
fn span(text: &str, location: Location) -> Span {
    let bytes = location.span();
    let start = offset(text, location);
    let length = bytes.byte_len().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    Span::new(start, boundary(text, start.saturating_add(length)))
}

/// `at`, or the nearest character boundary before it.
fn boundary(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

fn node(raw: Raw, at: Span, text: &str) -> Node {
    let inner = |raw: Spanned<Raw>| node(raw.value, span(text, raw.defined), text);
    let kind = match raw {
        Raw::Null => Kind::Null,
        Raw::Text(scalar) => Kind::Scalar(scalar),
        // The spelling is taken from the file.
        Raw::Plain(value) => Kind::Scalar(match &text[at.range()] {
            "" => value.to_string(),
            spelt => spelt.trim().to_owned(),
        }),
        Raw::List(items) => Kind::List(items.into_iter().map(inner).collect()),
        Raw::Map(entries) => {
            Kind::Map(entries.into_iter().map(|(key, value)| (inner(key), inner(value))).collect())
        }
    };
    Node { span: at, kind }
}
