//! People: who may sign in, as their JSON says it.

use std::collections::HashMap;

use serde::Deserialize;

use super::code::Codes;
use crate::secret::Secret;

/// One who may sign in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// What they type into the first field.
    pub username: String,
    /// What they type into the second.
    pub password: Secret,
    /// The base32 seed of their one-time codes (RFC 6238: SHA-1, 6 digits, 30 s); without it the
    /// password is enough.
    #[serde(default)]
    pub seed: Option<Secret>,
}

/// Why a list of people is not usable.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It holds nobody, so nobody could ever sign in.
    #[error("the list is empty")]
    Empty,
    /// It is not the JSON that it should be. The parser's own words would quote the file.
    #[error(
        "line {line}, column {column} is not what was expected: \
         [{{\"username\": \"…\", \"password\": \"…\", \"seed\": \"…\"}}]"
    )]
    Json {
        /// 1-based.
        line: usize,
        /// 1-based.
        column: usize,
    },
    /// A seed that is not base32.
    #[error("the seed of {username} is not base32")]
    Seed {
        /// Whose.
        username: String,
    },
    /// A name that is there twice.
    #[error("{username} is there twice")]
    Twice {
        /// Which.
        username: String,
    },
}

/// All of them, by name, with the state of their codes.
#[derive(Default)]
pub struct People(pub(super) HashMap<String, (Person, Option<Codes>)>);

impl People {
    /// Reads a JSON list of [`Person`].
    ///
    /// # Errors
    /// [`Unusable`] says which entry; it never quotes the text.
    pub fn from_json(text: &str) -> Result<Self, Unusable> {
        let people: Vec<Person> = serde_json::from_str(text)
            .map_err(|error| Unusable::Json { line: error.line(), column: error.column() })?;
        Self::new(people)
    }

    /// Takes the people as they are.
    ///
    /// # Errors
    /// [`Unusable`] when there are none, one is there twice, or a seed is not base32.
    pub fn new(people: Vec<Person>) -> Result<Self, Unusable> {
        let mut known = HashMap::new();
        for person in people {
            let username = person.username.clone();
            let codes = match &person.seed {
                Some(seed) => Some(
                    Codes::new(seed)
                        .ok_or_else(|| Unusable::Seed { username: username.clone() })?,
                ),
                None => None,
            };
            if known.insert(username.clone(), (person, codes)).is_some() {
                return Err(Unusable::Twice { username });
            }
        }
        if known.is_empty() { Err(Unusable::Empty) } else { Ok(Self(known)) }
    }
}
