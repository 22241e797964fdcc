//! A document: the YAML of a configuration, every value with its place.

use serde_json::Value;
use serde_yaml::Spanned;

use crate::yaml::{self, Raw};

/// How deep a configuration may be nested.
const DEPTH: usize = 12;

/// A place in the file: line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// From 1; 0 when it is nowhere in a file.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// A value with its place.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: Place,
    pub(super) kind: Kind,
}

/// What a [`Node`] is.
#[derive(Debug)]
pub(super) enum Kind {
    Null,
    Text(String),
    /// A number, `true` or `false`.
    Plain(Value),
    List(Vec<Node>),
    /// In the order of the file; keys may repeat.
    Map(Vec<(Node, Node)>),
}

/// Why a text is no document.
pub(super) struct Flaw {
    pub(super) at: Place,
    pub(super) message: &'static str,
    pub(super) help: &'static str,
}

impl Kind {
    /// What it is, in words for a message.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Text(_) => "a text",
            Self::Plain(Value::Bool(_)) => "true or false",
            Self::Plain(_) => "a number",
            Self::List(_) => "a list",
            Self::Map(_) => "a table of keys",
        }
    }
}

/// Reads one document, at most [`DEPTH`] levels deep.
pub(super) fn parse(text: &str) -> Result<Node, Flaw> {
    match yaml::read(text, DEPTH) {
        Ok(raw) => Ok(node(raw)),
        Err(error) => {
            let at = error.location().map_or(Place { line: 1, column: 1 }, place);
            let (message, help) = said(&error.without_snippet().to_string());
            Err(Flaw { at, message, help })
        }
    }
}

/// The parser's message in our words. Its own may quote the file.
fn said(message: &str) -> (&'static str, &'static str) {
    const SIMPLE: &str = "a configuration is plain YAML: keys, texts and lists; the README has one";
    let known = [
        ("tab", "YAML is indented with spaces, and this is a tab", "put spaces in its place"),
        (
            "document",
            "a second document begins here",
            "leave the `---` away: a configuration is one document",
        ),
        (
            "Document",
            "a second document begins here",
            "leave the `---` away: a configuration is one document",
        ),
        ("merge key", "merge keys (`<<`) are not read here", SIMPLE),
        ("alias", "there is no such anchor, or too much behind it", SIMPLE),
        ("anchor", "there is no such anchor, or too much behind it", SIMPLE),
        ("Depth", "this is nested deeper than any configuration is", SIMPLE),
        ("nesting", "this is nested deeper than any configuration is", SIMPLE),
        ("recursion", "this is nested deeper than any configuration is", SIMPLE),
        ("budget", "there is more in this file than in any configuration", SIMPLE),
        ("bracket", "a bracket or brace is never closed, or closed twice", "close what was opened"),
        ("flow", "a bracket or brace is never closed, or closed twice", "close what was opened"),
        ("quoted scalar", "a quote is never closed", "close it at the end of its value"),
        (
            "mapping values",
            "a second `: ` in this line",
            "put quotes around a value that holds `: `",
        ),
    ];
    known.iter().find(|(part, ..)| message.contains(part)).map_or(
        (
            "this is not YAML",
            "check quotes, brackets and the indentation of this line and the one before",
        ),
        |(_, message, help)| (message, help),
    )
}

fn place(location: serde_yaml::Location) -> Place {
    let number = |number: u64| usize::try_from(number).unwrap_or(0);
    Place { line: number(location.line()), column: number(location.column()) }
}

fn node(raw: Spanned<Raw>) -> Node {
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Text(text) => Kind::Text(text),
        Raw::Plain(value) => Kind::Plain(value),
        Raw::List(items) => Kind::List(items.into_iter().map(node).collect()),
        Raw::Map(entries) => {
            Kind::Map(entries.into_iter().map(|(key, value)| (node(key), node(value))).collect())
        }
    };
    Node { at: place(raw.referenced), kind }
}
