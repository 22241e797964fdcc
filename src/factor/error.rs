//! An error of second factors: what kept one from being kept, opened or checked.

use std::io;
use std::path::{Path, PathBuf};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file of the key cannot be made or read.
    #[error("cannot use {}, the key of second factors", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of the key holds something else.
    #[error("{} is no key of second factors: it has to hold 64 hexadecimal digits", .path.display())]
    KeyBroken {
        /// The file.
        path: PathBuf,
    },
    /// The database did not take or give what was asked.
    #[error("the second factors in {} cannot be read or written", .path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What the database said.
        source: sqlx::Error,
    },
    /// The seed was sealed with another key, or altered.
    #[error("the second factor of {owner} cannot be opened with the key in factor.key")]
    Sealed {
        /// Whose.
        owner: String,
    },
    /// The system has no random numbers.
    #[error("the system has no random numbers to give")]
    Random,
    /// There is one already.
    #[error("{0} has a second factor already")]
    Exists(String),
    /// There is none.
    #[error("{0} has no second factor")]
    Absent(String),
    /// Nothing was begun that could be confirmed, or it was too long ago.
    #[error(
        "there is no enrolment of {0} to confirm: none was begun, or it was begun more than an hour ago"
    )]
    NotBegun(String),
    /// There is a passkey of theirs of that name.
    #[error("there is a passkey of that name already")]
    PasskeyNamed,
    /// The authenticator has been registered before, by whomever.
    #[error("this passkey is registered already")]
    PasskeyKnown,
    /// They have as many as one person may have.
    #[error("these are as many passkeys as one person may have (20)")]
    TooManyPasskeys,
    /// An application has enrolled as many people as one may.
    #[error(
        "these are as many people as one application may enrol ({})",
        super::store::MOST_SUBJECTS
    )]
    TooManySubjects,
    /// The name of a passkey is none.
    #[error("a passkey needs a name of 1 to 64 characters, without control characters")]
    PasskeyName,
    /// What an authenticator said does not fit what was asked.
    #[error("what the passkey answered was not accepted: {0}")]
    Unfit(&'static str),
    /// Somebody asked for this reset before.
    #[error("{by} has asked for this reset already")]
    ResetAsked {
        /// Who.
        by: String,
    },
    /// Nobody asked for this reset, or it was too long ago.
    #[error("nobody has asked for a reset of {0}, or it was too long ago")]
    NoReset(String),
    /// Two different people have to agree, and neither is the one whose factor it is.
    #[error("this reset needs somebody else to confirm it")]
    SamePerson,
}

impl Error {
    /// That the database at `path` did not do it.
    pub(super) fn of(path: &Path) -> impl FnOnce(sqlx::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Failed { path, source }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Key { .. } => "make the state folder and the file readable for the user as whom doorward runs".into(),
            Self::KeyBroken { path } => format!(
                "bring it back from the backup of the state folder; without one move {} away: a new one is made, and \
                 everybody enrols anew after `doorward user reset-factor NAME`",
                path.display()
            ),
            Self::Sealed { .. } => {
                "bring factor.key back from the backup of the state folder; without it: `doorward user reset-factor NAME`, \
                 and they enrol anew"
                    .into()
            }
            Self::Failed { .. } => "is the disk full, or another program holding the file?".into(),
            Self::Random => return None,
            Self::Exists(_) => "remove that one first; it takes a code of it".into(),
            Self::Absent(_) => "enrol one first".into(),
            Self::NotBegun(_) => "begin again, and type a code of the new entry within an hour".into(),
            Self::PasskeyNamed => "take another name, such as that of the device".into(),
            Self::PasskeyKnown => "take another device, or remove the passkey where it is registered".into(),
            Self::TooManyPasskeys => "remove those that nobody uses".into(),
            Self::TooManySubjects => {
                "remove those who have left: DELETE /api/v1/factors/{subject}; another user of the portal is another application"
                    .into()
            }
            Self::PasskeyName => "call it by its device, such as yellow key".into(),
            Self::Unfit(_) => "try again; if it stays, take a code of your authenticator app".into(),
            Self::ResetAsked { .. } => "another administrator has to confirm it, on the page Users".into(),
            Self::NoReset(_) => "ask for it again; another administrator then has a day to confirm it".into(),
            Self::SamePerson => {
                "another administrator has to; where there is none, `doorward user reset-factor NAME` where doorward runs".into()
            }
        })
    }
}
