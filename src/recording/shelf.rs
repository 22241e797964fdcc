//! A shelf: the recordings as their folder and the record have them together.

use std::collections::BTreeMap;

use super::folder::File;
use super::known::Known;
use crate::name::SessionId;

/// A recording, as folder and record have it.
#[derive(Debug, Clone)]
pub struct Shelved {
    /// Of which session.
    pub session: SessionId,
    /// Its file; `None` where there is none.
    pub file: Option<File>,
    /// What the record knows of it; `None` where it knows nothing.
    pub known: Option<Known>,
}

/// How a recording stands, as far as that can be told without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being written.
    Live,
    /// It came to its end, which is sealed.
    Sealed,
    /// It could not be written on, which ended its session; what there is, is sealed.
    Failed,
    /// It was never sealed at its end: the broker died.
    Unsealed,
    /// It was removed, on record.
    Removed,
    /// The record has it, and there is no file.
    Missing,
    /// There is a file, and the record has no recording.
    Unknown,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Sealed => "sealed",
            Self::Failed => "failed",
            Self::Unsealed => "unsealed",
            Self::Removed => "removed",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

impl Shelved {
    /// All of them, the oldest session first.
    pub fn all(files: Vec<File>, mut known: BTreeMap<SessionId, Known>) -> Vec<Self> {
        let mut all: Vec<_> = files
            .into_iter()
            .map(|file| {
                let session = file.session;
                Self { session, file: Some(file), known: known.remove(&session) }
            })
            .collect();
        let rest = known.into_iter();
        all.extend(rest.map(|(session, known)| Self { session, file: None, known: Some(known) }));
        all.sort_by_key(|shelved| shelved.session);
        all
    }

    /// How it stands.
    pub fn state(&self) -> State {
        match (&self.file, &self.known) {
            (Some(file), _) if file.is_live => State::Live,
            (None, Some(known)) if known.removed.is_some() => State::Removed,
            (None, _) => State::Missing,
            (Some(_), None) => State::Unknown,
            (Some(_), Some(known)) => match known.ended {
                Some(_) if known.failed => State::Failed,
                Some(_) => State::Sealed,
                None => State::Unsealed,
            },
        }
    }

    /// How large its file is, in bytes.
    pub fn bytes(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.bytes)
    }
}
