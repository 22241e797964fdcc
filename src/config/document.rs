//! A document: the YAML of a configuration, every value with its place.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_yaml::Spanned;

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

/// Reads one document, at most twelve levels deep.
pub(super) fn parse(text: &str) -> Result<Node, Flaw> {
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: 12,
            max_nodes: 20_000,
            max_events: 60_000,
            max_aliases: 64,
            max_anchors: 64,
            max_documents: 1,
            flow_nesting_limit: 16,
        },
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: 10_000,
            max_replay_stack_depth: 4,
        },
        // They are found with their names by whoever reads the map.
        duplicate_keys: serde_yaml::options::DuplicateKeyPolicy::PassThrough,
        // `no` and `on` are names as good as others; `true` and `false` are what they look like.
        strict_booleans: true,
        merge_keys: serde_yaml::options::MergeKeyPolicy::Error,
    };
    match serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options) {
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

/// A value before its place is known: serde gives the place to the value around it.
enum Raw {
    Null,
    Text(String),
    Plain(Value),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}
