//! A row: an event in its place in the chain.

use std::path::Path;

use data_encoding::HEXLOWER;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::chain::{Columns, FORMAT};
use super::{Action, Error, Event};
use crate::clock::Timestamp;
use crate::name::AccountRef;

/// A row of the record: an event in its place in the chain.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number, from 1 without gaps.
    pub number: i64,
    /// The event as it is kept; its time in whole microseconds.
    pub event: Event,
    /// The hash of the row, in lower-case hexadecimal.
    pub hash: String,
}

/// A column that is not of the type that doorward writes, or not in the words.
pub(super) type Unreadable = &'static str;

impl Columns {
    /// The columns of `event`, still without their place in the chain.
    pub(super) fn of(event: &Event) -> Self {
        let account = event.account.as_ref();
        Self {
            number: 0,
            format: FORMAT,
            time: event.time.as_microsecond(),
            session: event.session.map(|session| session.to_string()).unwrap_or_default(),
            user: event.user.to_string(),
            action: event.action.word().to_owned(),
            vault: account.and_then(AccountRef::vault).map(ToString::to_string).unwrap_or_default(),
            safe: account.and_then(AccountRef::safe).unwrap_or_default().to_owned(),
            account: account.map(AccountRef::name).unwrap_or_default().to_owned(),
            connector: event.connector.clone(),
            address: event.address.clone(),
            reason: event.reason.clone(),
            client_address: event.client_address.clone(),
            outcome: event.outcome.clone(),
            details: Details::text(&event.details),
            previous: Vec::new(),
            hash: Vec::new(),
            seal: Vec::new(),
        }
    }

    /// The columns of a row of the table `activity`, whatever somebody made of them.
    pub(super) fn read(row: &SqliteRow) -> Result<Self, Unreadable> {
        macro_rules! columns {
            ($($column:ident)*) => {
                Self { $($column: row.try_get(stringify!($column)).map_err(|_| stringify!($column))?,)* }
            };
        }
        Ok(columns! {
            number format time session user action vault safe account connector address reason
            client_address outcome details previous hash seal
        })
    }

    /// The row that these columns stand for.
    pub(super) fn into_row(self) -> Result<Row, Unreadable> {
        let vault = match self.vault.as_str() {
            "" => None,
            vault => Some(vault.parse().map_err(|_| "vault")?),
        };
        let safe = Some(self.safe.as_str()).filter(|safe| !safe.is_empty());
        let account = match (self.account.as_str(), &vault, safe) {
            ("", None, None) => None,
            (name, ..) => Some(AccountRef::new(vault, safe, name).map_err(|_| "account")?),
        };
        let session = match self.session.as_str() {
            "" => None,
            session => Some(session.parse().map_err(|_| "session")?),
        };
        Ok(Row {
            number: self.number,
            hash: HEXLOWER.encode(&self.hash),
            event: Event {
                time: Timestamp::from_microsecond(self.time).map_err(|_| "time")?,
                session,
                user: self.user.parse().map_err(|_| "user")?,
                action: Action::from_word(&self.action).ok_or("action")?,
                account,
                details: Details::read(&self.details).ok_or("details")?,
                connector: self.connector,
                address: self.address,
                reason: self.reason,
                client_address: self.client_address,
                outcome: self.outcome,
            },
        })
    }
}

impl Row {
    /// The row in a result of the record at `path`.
    pub(super) fn read(path: &Path, row: &SqliteRow) -> Result<Self, Error> {
        Columns::read(row).and_then(Columns::into_row).map_err(|column| Error::Row {
            path: path.to_owned(),
            number: row.try_get("number").unwrap_or(0),
            column,
        })
    }
}

/// The details of an event as one JSON object that keeps their order.
struct Details(Vec<(String, String)>);

impl Details {
    fn text(pairs: &[(String, String)]) -> String {
        struct Object<'a>(&'a [(String, String)]);
        impl serde::Serialize for Object<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(self.0.len()))?;
                for (name, value) in self.0 {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
        // Strings under string keys: there is nothing in it that JSON cannot say.
        serde_json::to_string(&Object(pairs)).unwrap_or_else(|_| "{}".to_owned())
    }

    fn read(text: &str) -> Option<Vec<(String, String)>> {
        serde_json::from_str::<Self>(text).ok().map(|details| details.0)
    }
}

impl<'de> serde::Deserialize<'de> for Details {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Details;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Details, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Details(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
