//! What the record knows of recordings: that they began, how far they were sealed, how they ended, who removed them.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::head::Link;
use super::seal::Seal;
use crate::activity::{Action, Row};
use crate::clock::Timestamp;
use crate::name::{AccountRef, SessionId};

/// What the record knows of one recording.
#[derive(Debug, Clone)]
pub struct Known {
    /// When it began.
    pub began: Timestamp,
    /// Whose session it is of.
    pub user: String,
    /// The account that was asked for.
    pub account: Option<AccountRef>,
    /// Through which connector.
    pub connector: String,
    /// The hash of its first piece.
    pub first: Option<Link>,
    /// Its seals, in the order of time.
    pub seals: Vec<Seal>,
    /// When its end was sealed; `None` when it was not.
    pub ended: Option<Timestamp>,
    /// Whether it ended because it could not be written on.
    pub failed: bool,
    /// Whether it was removed.
    pub removed: Option<Removed>,
}

/// That a recording was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// When.
    pub time: Timestamp,
    /// Why: `age`, `size`.
    pub why: String,
}

/// The details of a row that begins a recording: to whom it is encrypted, and the hash of its first piece.
pub fn begun(recipients: &[super::Recipient], seal: &Seal) -> Vec<(String, String)> {
    let keys: Vec<_> = recipients.iter().map(ToString::to_string).collect();
    vec![
        ("recipients".to_owned(), keys.join(" ")),
        ("first".to_owned(), HEXLOWER.encode(&seal.link)),
    ]
}

/// The details of a row that seals one.
pub fn sealed(seal: &Seal) -> Vec<(String, String)> {
    vec![
        ("pieces".to_owned(), seal.pieces.to_string()),
        ("bytes".to_owned(), seal.bytes.to_string()),
        ("hash".to_owned(), HEXLOWER.encode(&seal.link)),
    ]
}

impl Known {
    /// The actions of rows that tell of recordings.
    pub const ACTIONS: [Action; 3] =
        [Action::RecordingBegun, Action::RecordingSealed, Action::RecordingRemoved];

    /// What `rows` know of each recording; others among them tell nothing.
    pub fn all(rows: &[Row]) -> BTreeMap<SessionId, Self> {
        let mut all: BTreeMap<SessionId, Self> = BTreeMap::new();
        for Row { event, .. } in rows {
            let Some(session) = event.session else { continue };
            if !Self::ACTIONS.contains(&event.action) {
                continue;
            }
            let detail = |name: &str| {
                let found = event.details.iter().find(|(known, _)| known == name);
                found.map(|(_, value)| value.as_str())
            };
            let known = all.entry(session).or_insert_with(|| Self {
                began: event.time,
                user: event.user.to_string(),
                account: event.account.clone(),
                connector: event.connector.clone(),
                first: None,
                seals: Vec::new(),
                ended: None,
                failed: false,
                removed: None,
            });
            match event.action {
                Action::RecordingBegun => known.first = detail("first").and_then(link),
                Action::RecordingSealed => {
                    let seal = (|| {
                        Some(Seal {
                            pieces: detail("pieces")?.parse().ok()?,
                            bytes: detail("bytes")?.parse().ok()?,
                            link: link(detail("hash")?)?,
                        })
                    })();
                    // The same row stands on each account of the session.
                    if let Some(seal) = seal.filter(|seal| known.seals.last() != Some(seal)) {
                        known.seals.push(seal);
                    }
                    if !event.outcome.is_empty() {
                        known.ended = Some(event.time);
                        known.failed = event.outcome == "failed";
                    }
                }
                _ => {
                    let why = detail("why").unwrap_or_default().to_owned();
                    known.removed = Some(Removed { time: event.time, why });
                }
            }
        }
        all
    }

    /// Every seal, that of the first piece among them.
    pub(super) fn all_seals(&self) -> impl Iterator<Item = (u32, Link)> {
        let first = self.first.map(|link| (1, link));
        first.into_iter().chain(self.seals.iter().map(|seal| (seal.pieces, seal.link)))
    }
}

fn link(text: &str) -> Option<Link> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}
