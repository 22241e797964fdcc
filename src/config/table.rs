//! A table: the keys of one map of the file, each known and there once, taken out one by one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::Error;
use super::document::{Kind, Node, Place};

/// The file that is being read, for the errors about it.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    /// The file.
    pub(super) path: &'a Path,
    /// The folder that its relative paths start from.
    pub(super) base: &'a Path,
}

/// What is left of a map.
pub(super) struct Table<'a> {
    reader: Reader<'a>,
    /// The keys above it, each with a dot at its end.
    above: String,
    left: BTreeMap<String, Node>,
}

impl<'a> Reader<'a> {
    /// An error at `at`.
    pub(super) fn wrong(self, at: Place, message: String, help: &str) -> Error {
        let (line, column) = (at.line, at.column);
        Error::Invalid { path: self.path.to_owned(), line, column, message, help: help.to_owned() }
    }

    /// The keys of `node`, which stands below `above`; each has to be one of `known`.
    pub(super) fn table(self, above: &str, node: Node, known: &[&str]) -> Result<Table<'a>, Error> {
        let mut left = BTreeMap::new();
        for (name, at, value) in self.entries(above, node)? {
            if !known.contains(&name.as_str()) {
                let help = match nearest(&name, known.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("the keys here are {}", listed(known)),
                };
                return Err(self.wrong(at, format!("unknown key `{}`", shown(&name)), &help));
            }
            left.insert(name, value);
        }
        let above = if above.is_empty() { String::new() } else { format!("{above}.") };
        Ok(Table { reader: self, above, left })
    }

    /// The keys of `node` and their places, in the order of the file; none repeats.
    pub(super) fn entries(
        self,
        above: &str,
        node: Node,
    ) -> Result<Vec<(String, Place, Node)>, Error> {
        let entries = match node.kind {
            Kind::Null => return Ok(Vec::new()),
            Kind::Map(entries) => entries,
            other => {
                let message = match above {
                    "" => {
                        format!("a configuration is a table of keys, and this is {}", other.name())
                    }
                    above => {
                        format!("`{above}` has to be a table of keys, and is {}", other.name())
                    }
                };
                return Err(self.wrong(
                    node.at,
                    message,
                    "write `key: value`, a line each, and the keys below a key indented",
                ));
            }
        };
        let mut read: Vec<(String, Place, Node)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let name = match key.kind {
                Kind::Text(name) => name,
                other => {
                    let message = format!("a key has to be a text, and this is {}", other.name());
                    return Err(self.wrong(key.at, message, "put quotes around it"));
                }
            };
            if let Some((_, first, _)) = read.iter().find(|(known, ..)| *known == name) {
                let message = format!("the key `{}` is there twice", shown(&name));
                let help = format!("the first is in line {}: leave one of them away", first.line);
                return Err(self.wrong(key.at, message, &help));
            }
            read.push((name, key.at, value));
        }
        Ok(read)
    }
}

impl Table<'_> {
    /// A key's value; a key without a value is as one that is not there.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        self.left.remove(key).filter(|node| !matches!(node.kind, Kind::Null))
    }

    /// Where the value of a key is; `None` for one that is not there or has no value.
    pub(super) fn place(&self, key: &str) -> Option<Place> {
        self.left.get(key).filter(|node| !matches!(node.kind, Kind::Null)).map(|node| node.at)
    }

    /// A text that is not empty, and its place.
    pub(super) fn text(&mut self, key: &str) -> Result<Option<(String, Place)>, Error> {
        self.take(key).map(|node| self.text_of(key, node)).transpose()
    }

    /// A path; a relative one starts from the file's folder.
    pub(super) fn path(&mut self, key: &str) -> Result<Option<PathBuf>, Error> {
        self.take(key).map(|node| self.path_of(key, node)).transpose()
    }

    /// A list of paths.
    pub(super) fn paths(&mut self, key: &str) -> Result<Vec<PathBuf>, Error> {
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(Node { kind: Kind::List(items), .. }) => {
                items.into_iter().map(|item| self.path_of(key, item)).collect()
            }
            Some(node) => Err(self.mistyped(key, &node, "a list of folders", "write `[FOLDER]`")),
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &str) -> Result<Option<bool>, Error> {
        match self.take(key) {
            None => Ok(None),
            Some(Node { kind: Kind::Plain(Value::Bool(flag)), .. }) => Ok(Some(flag)),
            Some(node) => {
                Err(self.mistyped(key, &node, "`true` or `false`", "write it without quotes"))
            }
        }
    }

    fn path_of(&self, key: &str, node: Node) -> Result<PathBuf, Error> {
        let (text, at) = self.text_of(key, node)?;
        if text == "~" || text.starts_with("~/") {
            let message =
                format!("`{}{key}` begins with `~`, which only a shell resolves", self.above);
            return Err(self.reader.wrong(
                at,
                message,
                "write the path in full, or from the folder of this file",
            ));
        }
        Ok(self.reader.base.join(text))
    }

    fn text_of(&self, key: &str, node: Node) -> Result<(String, Place), Error> {
        match node.kind {
            Kind::Text(text) if !text.trim().is_empty() => Ok((text, node.at)),
            Kind::Text(_) => {
                let message = format!("`{}{key}` is empty", self.above);
                Err(self.reader.wrong(node.at, message, "give it a value, or leave the key away"))
            }
            Kind::Plain(_) => Err(self.mistyped(key, &node, "a text", "put quotes around it")),
            _ => Err(self.mistyped(key, &node, "a text", "it takes one value")),
        }
    }

    fn mistyped(&self, key: &str, node: &Node, wanted: &str, help: &str) -> Error {
        let message =
            format!("`{}{key}` has to be {wanted}, and is {}", self.above, node.kind.name());
        self.reader.wrong(node.at, message, help)
    }
}

/// What of `name` can be shown: it may be anything, in a file that is none of ours.
fn shown(name: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    let text: String = name.chars().take(40).map(clean).collect();
    if name.chars().count() > 40 { format!("{text}…") } else { text }
}

/// The one of `names` that `word` probably means.
pub(super) fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let word = word.to_lowercase();
    // The distance is quadratic in the length: an absurdly long word is not a misspelling.
    if word.len() > 64 {
        return None;
    }
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&word, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 3)
        .min()
        .map(|(_, name)| name)
}

/// Names for a message.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// The same value without its places, as a vault reads it; `places` gets those of the keys, named with
/// the keys above them.
pub(super) fn settings(
    reader: Reader<'_>,
    above: &str,
    prefix: &str,
    node: Node,
    places: &mut BTreeMap<String, Place>,
) -> Result<Value, Error> {
    Ok(match node.kind {
        Kind::Null => Value::Null,
        Kind::Text(text) => text.into(),
        Kind::Plain(value) => value,
        Kind::List(items) => items
            .into_iter()
            .map(|item| settings(reader, above, prefix, item, places))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        Kind::Map(_) => {
            let mut map = Map::new();
            for (key, at, value) in reader.entries(above, node)? {
                let name = format!("{prefix}{key}");
                places.insert(name.clone(), at);
                let below = settings(
                    reader,
                    &format!("{above}.{key}"),
                    &format!("{name}."),
                    value,
                    places,
                )?;
                map.insert(key, below);
            }
            map.into()
        }
    })
}
