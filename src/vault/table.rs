//! A table of settings: the keys of one vault in the configuration, taken out one by one.
//!
//! By hand and not by serde's derive, because serde's messages quote the value that was wrong, and
//! people do put a token where the name of its file belongs.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::name::{AccountRef, VaultName};
use crate::vault::{Error, NO_LINK};

/// What is left of a table, and what was asked of it.
pub(super) struct Table<'a> {
    vault: &'a VaultName,
    above: String,
    left: Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// The settings of `vault`.
    pub(super) fn new(vault: &'a VaultName, settings: Map<String, Value>) -> Self {
        Self { vault, above: String::new(), left: settings, known: Vec::new() }
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, Error> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => {
                Err(self.wrong(key, "is empty".into()))
            }
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.mistyped(key, "a text", &other)),
        }
    }

    /// A reference to an account. What it holds instead is not repeated: it may be the secret itself.
    pub(super) fn account(&mut self, key: &'static str) -> Result<Option<AccountRef>, Error> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.wrong(key, NO_LINK.into()))
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<bool>, Error> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(self.mistyped(key, "`true` or `false`", &other)),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Vec<String>, Error> {
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .into_iter()
                .map(|item| match item {
                    Value::String(text) => Ok(text),
                    other => Err(self.mistyped(key, "a list of texts", &other)),
                })
                .collect(),
            Some(other) => Err(self.mistyped(key, "a list of texts", &other)),
        }
    }

    /// A duration with its unit, above zero.
    pub(super) fn duration(&mut self, key: &'static str) -> Result<Option<Duration>, Error> {
        const UNIT: &str = "a duration with its unit, such as `5s` or `200ms`";
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => text
                .parse::<jiff::SignedDuration>()
                .ok()
                .and_then(|duration| Duration::try_from(duration).ok())
                .filter(|duration| !duration.is_zero())
                .map(Some)
                .ok_or_else(|| self.wrong(key, format!("has to be {UNIT}"))),
            Some(other) => Err(self.mistyped(key, UNIT, &other)),
        }
    }

    /// A whole number, not below zero.
    pub(super) fn number(&mut self, key: &'static str) -> Result<Option<u64>, Error> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Number(number)) if number.is_u64() => Ok(number.as_u64()),
            Some(other) => Err(self.mistyped(key, "a whole number", &other)),
        }
    }

    /// Tables by names of the user's own, below `key`.
    pub(super) fn tables(&mut self, key: &'static str) -> Result<Vec<(String, Table<'a>)>, Error> {
        let Some(above) = self.table(key)? else { return Ok(Vec::new()) };
        let mut tables = Vec::new();
        for (name, value) in above.left {
            let place = format!("{}{name}.", above.above);
            match value {
                Value::Object(left) => {
                    let known = Vec::new();
                    tables.push((name, Table { vault: self.vault, above: place, left, known }));
                }
                other => {
                    let key = format!("{key}.{name}");
                    return Err(self.mistyped(&key, "a table of keys", &other));
                }
            }
        }
        Ok(tables)
    }

    /// A table below this one.
    pub(super) fn table(&mut self, key: &'static str) -> Result<Option<Table<'a>>, Error> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Object(left)) => Ok(Some(Table {
                vault: self.vault,
                above: format!("{}{key}.", self.above),
                left,
                known: Vec::new(),
            })),
            Some(other) => Err(self.mistyped(key, "a table of keys", &other)),
        }
    }

    /// Whether `key` is still there.
    pub(super) fn holds(&self, key: &str) -> bool {
        self.left.contains_key(key)
    }

    /// Ends the reading: what is left is unknown.
    pub(super) fn finish(self) -> Result<(), Error> {
        let Some(key) = self.left.keys().next() else {
            return Ok(());
        };
        let nearest = self
            .known
            .iter()
            .map(|known| (strsim::damerau_levenshtein(known, key), known))
            .filter(|(distance, _)| *distance <= 3)
            .min();
        let message = match nearest {
            Some((_, known)) => format!("is unknown; `{known}` is the nearest key"),
            None => format!("is unknown; the keys here are {}", self.known.join(", ")),
        };
        Err(self.wrong(key, message))
    }

    /// An error about the table itself.
    pub(super) fn itself(&self, message: String) -> Error {
        let key = self.above.trim_end_matches('.').to_owned();
        Error::Settings { vault: self.vault.clone(), key, message }
    }

    /// An error about `key`.
    pub(super) fn wrong(&self, key: &str, message: String) -> Error {
        let key = format!("{}{key}", self.above);
        Error::Settings { vault: self.vault.clone(), key, message }
    }

    fn mistyped(&self, key: &str, wanted: &str, found: &Value) -> Error {
        self.wrong(key, format!("has to be {wanted}, and is {}", kind(found)))
    }

    /// `null` stands for a key that was left out, as in YAML files `key:` does.
    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.left.remove(key).filter(|value| !value.is_null())
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table of keys",
    }
}
