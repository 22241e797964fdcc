//! An owner: whose a second factor is.

use std::fmt;
use std::str::FromStr;

use crate::name::UserName;

/// The longest name of a subject, in characters.
const LONGEST: usize = 128;

/// Whom an application asks about, by the name that the application has for them. Letters count as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

/// Why a text names no subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a subject is a name of 1 to 128 characters, without control characters, or blanks around it"
)]
pub struct NoSubject;

impl FromStr for Subject {
    type Err = NoSubject;

    fn from_str(text: &str) -> Result<Self, NoSubject> {
        let fits = !text.is_empty()
            && text.chars().count() <= LONGEST
            && text.trim() == text
            && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned())).ok_or(NoSubject)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose a second factor is: a user of the portal, or somebody whom an application asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Empty for a user of the portal; else the user as whom the application asks. No user has an empty name.
    pub(super) realm: String,
    pub(super) subject: String,
}

impl Owner {
    /// A user of the portal, by the name that `portal.db` has.
    pub fn user(name: &UserName) -> Self {
        Self { realm: String::new(), subject: name.as_str().to_owned() }
    }

    /// A subject of the application that asks as the user `application`.
    pub fn of(application: &UserName, subject: &Subject) -> Self {
        Self { realm: application.as_str().to_owned(), subject: subject.0.clone() }
    }

    /// What a hash or a sealed text is bound to: no two owners have the same.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let length = (self.realm.len() as u64).to_be_bytes();
        [&length[..], self.realm.as_bytes(), self.subject.as_bytes()].concat()
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.realm.as_str() {
            "" => f.write_str(&self.subject),
            realm => write!(f, "{} of {realm}", self.subject),
        }
    }
}
