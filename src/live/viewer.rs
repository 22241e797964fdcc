//! A viewer: one person's end of the stream. It is sent what it has not seen, when it has drawn what it
//! was sent: a slow one gets fewer pictures, and never an old one.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{broadcast, watch};

use super::shared::Shared;
use crate::stream::{Deed, Note};

/// How many updates may be under way to a viewer: one is drawn while the next one travels.
const UNDER_WAY: usize = 2;

/// A message to a viewer.
#[derive(Debug, Clone)]
pub enum Out {
    /// A note, as JSON.
    Text(String),
    /// A part of the picture.
    Binary(Arc<[u8]>),
}

/// One person's end of the stream.
pub struct Viewer {
    shared: Arc<Shared>,
    standing: VecDeque<Note>,
    notes: broadcast::Receiver<Note>,
    changes: watch::Receiver<u64>,
    /// The change that it was sent last.
    seen: u64,
    /// What it was sent and has not drawn.
    under_way: VecDeque<u64>,
    /// Whether it was told of the end.
    over: bool,
}

/// A message of a viewer's that is none.
#[derive(Debug, thiserror::Error)]
#[error("the viewer's message cannot be read: {0}")]
pub struct Unreadable(String);

impl Viewer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let (standing, notes) = shared.join();
        shared.viewer(1);
        let changes = shared.changes();
        Self {
            shared,
            standing: standing.into(),
            notes,
            changes,
            seen: 0,
            under_way: VecDeque::new(),
            over: false,
        }
    }

    /// What comes next; `None` after the end. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Option<Out> {
        loop {
            if let Some(note) = self.standing.pop_front() {
                return Some(self.said(&note));
            }
            if self.over {
                return None;
            }
            let room = self.under_way.len() < UNDER_WAY;
            if room
                && *self.changes.borrow_and_update() > self.seen
                && let Some(update) = self.shared.update(self.seen)
            {
                self.seen = update.number;
                self.under_way.push_back(update.number);
                return Some(Out::Binary(update.bytes));
            }
            tokio::select! {
                biased;
                note = self.notes.recv() => match note {
                    Ok(note) => return Some(self.said(&note)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        let (standing, notes) = self.shared.join();
                        self.standing = standing.into();
                        self.notes = notes;
                    }
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
                changed = self.changes.changed(), if room => changed.ok()?,
            }
        }
    }

    fn said(&mut self, note: &Note) -> Out {
        self.over |= matches!(note, Note::Ended { .. });
        Out::Text(serde_json::to_string(note).unwrap_or_default())
    }

    /// Takes a message of the viewer's.
    ///
    /// # Errors
    /// [`Unreadable`] when it is none; a viewer of ours sends no such thing.
    pub fn take(&mut self, text: &str) -> Result<(), Unreadable> {
        let deed: Deed =
            serde_json::from_str(text).map_err(|error| Unreadable(error.to_string()))?;
        match deed {
            Deed::Drawn { number } => {
                while self.under_way.front().is_some_and(|under_way| *under_way <= number) {
                    self.under_way.pop_front();
                }
            }
            Deed::End => self.shared.ask_end(self.shared.user().as_str()),
            deed => {
                self.shared.deed(deed);
            }
        }
        Ok(())
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.shared.viewer(-1);
    }
}
