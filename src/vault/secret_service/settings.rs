//! The settings of a keyring: what its entry in the configuration says.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::name::VaultName;
use crate::vault::Error;
use crate::vault::table::Table;

/// The settings.
pub(super) struct Settings {
    /// `attributes`: what every item has.
    pub(super) attributes: BTreeMap<String, String>,
    /// `name-attribute`.
    pub(super) name: String,
    /// `timeout`.
    pub(super) timeout: Duration,
}

impl Settings {
    /// Reads the entry of `vault`.
    pub(super) fn read(vault: &VaultName, mut settings: Map<String, Value>) -> Result<Self, Error> {
        // Its keys are the user's own, so it is no table of ours.
        let attributes = settings.remove("attributes").filter(|value| !value.is_null());
        let mut table = Table::new(vault, settings);
        let attributes = match attributes {
            None => BTreeMap::from([("application".to_owned(), "doorward".to_owned())]),
            Some(Value::Object(map)) if !map.is_empty() => map
                .into_iter()
                .map(|(name, value)| match value {
                    Value::String(text) => Ok((name, text)),
                    _ => Err(table.wrong("attributes", ATTRIBUTES.into())),
                })
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(table.wrong("attributes", ATTRIBUTES.into())),
        };
        let name = table.text("name-attribute")?.unwrap_or_else(|| "account".into());
        if attributes.contains_key(&name) || name == KIND {
            let message = "has to be an attribute of its own, in which items differ".to_owned();
            return Err(table.wrong("name-attribute", message));
        }
        let timeout = table.duration("timeout")?.unwrap_or(TIMEOUT);
        table.finish()?;
        Ok(Self { attributes, name, timeout })
    }
}

/// The attribute that tells a seed from a password.
pub(super) const KIND: &str = "kind";
const ATTRIBUTES: &str =
    "has to be a table of attributes and their texts, such as `{ application: doorward }`";
/// Long enough for a person who types a password.
const TIMEOUT: Duration = Duration::from_secs(60);
