//! An entry: one thing in a recording, with its time.
//!
//! In a body each stands as time (u32, milliseconds since the session's begin), kind (u8), length (u32) and its bytes,
//! numbers little-endian. Pictures are messages of [`crate::stream::Update`]; everything else is JSON.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::about::About;
use super::moment::Moment;
use crate::stream::{Deed, Note};

/// How long time, kind and length are together.
const HEAD: usize = 9;

/// One thing in a recording.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// What is drawn upon what is shown.
    Picture(Arc<[u8]>),
    /// The same, and all of what is shown: nothing before is needed.
    Whole(Arc<[u8]>),
    /// What viewers were told.
    Note(Note),
    /// What a person did; what was typed where a secret belongs is masked.
    Deed(Deed),
    /// Something that is neither: a text that was copied, a file that was given.
    Moment(Moment),
    /// What the recording is of.
    About(About),
    /// Everything that happened, at the end of a recording that came to one.
    Index(Vec<Moment>),
}

impl Entry {
    fn kind(&self) -> u8 {
        match self {
            Self::Picture(_) => 1,
            Self::Whole(_) => 2,
            Self::Note(_) => 3,
            Self::Deed(_) => 4,
            Self::Moment(_) => 5,
            Self::About(_) => 6,
            Self::Index(_) => 7,
        }
    }

    /// Writes it behind what is in `body`: time, kind, length, bytes.
    pub fn write(&self, time: u32, body: &mut Vec<u8>) {
        let start = body.len();
        body.extend_from_slice(&time.to_le_bytes());
        body.push(self.kind());
        body.extend_from_slice(&[0; 4]);
        let json = match self {
            Self::Picture(bytes) | Self::Whole(bytes) => {
                body.extend_from_slice(bytes);
                None
            }
            Self::Note(note) => Some(serde_json::to_vec(note)),
            Self::Deed(deed) => Some(serde_json::to_vec(deed)),
            Self::Moment(moment) => Some(serde_json::to_vec(moment)),
            Self::About(about) => Some(serde_json::to_vec(about)),
            Self::Index(index) => Some(serde_json::to_vec(index)),
        };
        // Strings and numbers under string keys: there is nothing in it that JSON cannot say.
        if let Some(Ok(json)) = json {
            body.extend_from_slice(&Zeroizing::new(json));
        }
        let length = u32::try_from(body.len() - start - HEAD).unwrap_or(u32::MAX);
        body[start + 5..start + HEAD].copy_from_slice(&length.to_le_bytes());
    }

    /// Every entry of a body; `None` when it is none.
    pub(super) fn read_all(mut body: &[u8]) -> Option<Vec<(u32, Self)>> {
        let mut entries = Vec::new();
        while !body.is_empty() {
            let (head, rest) = body.split_at_checked(HEAD)?;
            let number = |at: usize| head.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
            let (bytes, rest) = rest.split_at_checked(usize::try_from(number(5)?).ok()?)?;
            let entry = match head[4] {
                1 => Self::Picture(bytes.into()),
                2 => Self::Whole(bytes.into()),
                3 => Self::Note(json(bytes)?),
                4 => Self::Deed(json(bytes)?),
                5 => Self::Moment(json(bytes)?),
                6 => Self::About(json(bytes)?),
                7 => Self::Index(json(bytes)?),
                _ => return None,
            };
            entries.push((number(0)?, entry));
            body = rest;
        }
        Some(entries)
    }
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}
