//! A tree: a JSON or YAML source, every value with its place.

use std::sync::Arc;

use serde_yaml::{Location, Spanned};

use super::Kind;
use super::error::Error;
use super::report::position;
use super::text::rather;
use crate::diagnostic::Source;
use crate::yaml::{self, Raw};

/// How deep a source may be nested; a platform of JumpServer has 6 levels.
const DEPTH: usize = 16;

/// A value and its first byte.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) kind: Value,
}

/// What a [`Node`] is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Nothing, or a null.
    Null,
    /// A text, a number, `true` or `false`.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the source.
    Map(Vec<(String, usize, Node)>),
}

impl Node {
    /// The value of the key `name`, dashes and underscores alike, case aside; of several the last, as JSON has it.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        let Value::Map(map) = &self.kind else { return None };
        map.iter().rev().find(|(key, ..)| same(key, name)).map(|(.., node)| node)
    }

    /// Its text, trimmed; `None` for anything else and for nothing.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Value::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// The text of the key `name`.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Node::text)
    }

    /// Its items, when it is a list.
    pub(super) fn list(&self) -> Option<&[Node]> {
        match &self.kind {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// Its keys with their places.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, usize)> {
        let map = match &self.kind {
            Value::Map(map) => map.as_slice(),
            _ => &[],
        };
        map.iter().map(|(key, at, _)| (key.as_str(), *at))
    }

    /// Whether it is a map with one of these keys.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some())
    }

    /// The same, all of it at the place `at`: of a document inside a text of another.
    pub(super) fn moved(mut self, at: usize) -> Self {
        self.at = at;
        match &mut self.kind {
            Value::List(items) => {
                for item in items {
                    *item = std::mem::replace(item, Node { at, kind: Value::Null }).moved(at);
                }
            }
            Value::Map(map) => {
                for (_, key, node) in map {
                    *key = at;
                    *node = std::mem::replace(node, Node { at, kind: Value::Null }).moved(at);
                }
            }
            Value::Null | Value::Text(_) => {}
        }
        self
    }
}

/// Whether two keys are the same, dashes and underscores alike, case aside.
pub(super) fn same(one: &str, other: &str) -> bool {
    let plain = |c: char| if c == '-' { '_' } else { c.to_ascii_lowercase() };
    one.chars().map(plain).eq(other.chars().map(plain))
}

/// Reads `source` for `kind`.
pub(super) fn read(source: &Arc<Source>, kind: Kind) -> Result<Node, Error> {
    parse(&source.text).map_err(|(at, message)| {
        let (line, column) = position(&source.text, at);
        let path = source.path.clone();
        Error::Malformed { path, line, column, message, rather: rather(&source.text, kind) }
    })
}

/// Reads a text as YAML, of which JSON is a part.
pub(super) fn parse(text: &str) -> Result<Node, (usize, &'static str)> {
    let spaced = without_tabs(text);
    match yaml::read(&spaced, DEPTH) {
        Ok(raw) => node(raw, &spaced),
        Err(error) => {
            let at = error.location().map_or(0, |location| offset(&spaced, location));
            // The reader's own words may quote the text.
            let words = error.without_snippet().to_string();
            let has = |word: &str| words.contains(word);
            Err((
                at,
                if has("recursive") {
                    "this alias stands inside of what it repeats, so it has no end"
                } else if has("documents") || has("Documents") {
                    "a second document begins here, and a source is one"
                } else if has("budget") || has("nesting") || has("recursion") || has("alias") {
                    "there is more here, or it is nested deeper, than in any source of that kind"
                } else {
                    "this is neither JSON nor YAML"
                },
            ))
        }
    }
}

/// JSON may be indented with tabs, which YAML refuses. Those outside of its strings become blanks, so that
/// every place stays what it is.
fn without_tabs(text: &str) -> String {
    if !text.trim_start().starts_with(['{', '[']) || !text.contains('\t') {
        return text.to_owned();
    }
    let (mut quoted, mut escaped) = (false, false);
    text.chars()
        .map(|character| {
            match character {
                '"' if !escaped => quoted = !quoted,
                '\t' if !quoted => return ' ',
                _ => {}
            }
            escaped = quoted && character == '\\' && !escaped;
            character
        })
        .collect()
}

fn node(raw: Spanned<Raw>, text: &str) -> Result<Node, (usize, &'static str)> {
    let at = offset(text, raw.defined);
    let kind = match raw.value {
        Raw::Null => Value::Null,
        Raw::Text(text) => Value::Text(text),
        Raw::Plain(serde_json::Value::String(text)) => Value::Text(text),
        Raw::Plain(value) => Value::Text(value.to_string()),
        Raw::List(items) => {
            Value::List(items.into_iter().map(|item| node(item, text)).collect::<Result<_, _>>()?)
        }
        Raw::Map(entries) => {
            let mut map = Vec::new();
            for (key, value) in entries {
                let key = node(key, text)?;
                let Value::Text(name) = key.kind else {
                    return Err((key.at, "a key is a word, and this is none"));
                };
                map.push((name, key.at, node(value, text)?));
            }
            Value::Map(map)
        }
    };
    Ok(Node { at, kind })
}

/// The byte that a location means.
fn offset(text: &str, location: Location) -> usize {
    let at = match (location.span().byte_offset(), location.span().byte_len()) {
        (Some(at), Some(_)) => usize::try_from(at).unwrap_or(usize::MAX),
        _ => {
            let line = usize::try_from(location.line()).unwrap_or(1).saturating_sub(1);
            let start = text.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
            let column = usize::try_from(location.column()).unwrap_or(1).saturating_sub(1);
            let rest = &text[start.min(text.len())..];
            start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
        }
    };
    text.floor_char_boundary(at.min(text.len()))
}
