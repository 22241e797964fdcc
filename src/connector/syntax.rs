//! Syntax: a connector as YAML, every value with its place. The one file that knows the YAML crate.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_yaml::{Location, Spanned};

use crate::diagnostic::Span;

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

/// Parses `text`: one document, at most eight levels deep, without merge keys.
pub(super) fn parse(text: &str) -> Result<Node, Flaw> {
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: 8,
            max_nodes: 20_000,
            max_events: 60_000,
            max_aliases: 64,
            max_anchors: 64,
            max_recorded_anchor_events: 20_000,
            max_recorded_anchor_bytes: 1024 * 1024,
            max_documents: 1,
            flow_nesting_limit: 16,
        },
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: 10_000,
            max_replay_stack_depth: 4,
        },
        // They are found here, all of them at once.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
    };
    match serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(raw) => Ok(raw.value.node(span(text, raw.defined), text)),
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

/// A value before its place is known: serde gives the place to the value around it.
enum Raw {
    Null,
    Text(String),
    /// A number or boolean, whose spelling is taken from the file.
    Spelt(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl Raw {
    fn node(self, at: Span, text: &str) -> Node {
        let inner = |raw: Spanned<Self>| raw.value.node(span(text, raw.defined), text);
        let kind = match self {
            Self::Null => Kind::Null,
            Self::Text(scalar) => Kind::Scalar(scalar),
            Self::Spelt(scalar) => Kind::Scalar(match &text[at.range()] {
                "" => scalar,
                spelt => spelt.trim().to_owned(),
            }),
            Self::List(items) => Kind::List(items.into_iter().map(inner).collect()),
            Self::Map(entries) => Kind::Map(
                entries.into_iter().map(|(key, value)| (inner(key), inner(value))).collect(),
            ),
        };
        Node { span: at, kind }
    }
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
        Ok(Raw::Spelt(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Spelt(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Spelt(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Spelt(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Spelt(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Spelt(value.to_string()))
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
