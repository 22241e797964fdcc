//! A viewer: one person's end of the stream. It is sent what it has not seen, when it has drawn what it
//! was sent: a slow one gets fewer pictures, and never an old one.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};

use super::company::Seat;
use super::shared::Shared;
use super::tape::placed;
use crate::stream::{Deed, MouseKind, Note};

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
    seat: Seat,
    /// What is down there by a deed of this viewer's: keys by their code, and the pointer's button.
    down: BTreeSet<String>,
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
    pub(super) fn new(shared: Arc<Shared>, seat: Seat) -> Self {
        shared.joins(&seat);
        let (standing, notes) = shared.join();
        let changes = shared.changes();
        Self {
            shared,
            seat,
            down: BTreeSet::new(),
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
                match self.said(note) {
                    Some(out) => return Some(out),
                    None => continue,
                }
            }
            if self.over {
                return None;
            }
            let shows = self.shared.shows_to(&self.seat);
            // That it shows is told before there is a picture.
            match self.notes.try_recv() {
                Ok(note) => {
                    self.standing.push_back(note);
                    continue;
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Lagged(_)) => {
                    self.rejoins();
                    continue;
                }
                Err(TryRecvError::Closed) => return None,
            }
            let room = self.under_way.len() < UNDER_WAY;
            if room
                && shows
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
                    Ok(note) => self.standing.push_back(note),
                    Err(RecvError::Lagged(_)) => self.rejoins(),
                    Err(RecvError::Closed) => return None,
                },
                changed = self.changes.changed(), if room => changed.ok()?,
            }
        }
    }

    /// It was too far behind: it is told what stands now.
    fn rejoins(&mut self) {
        let (standing, notes) = self.shared.join();
        self.standing = standing.into();
        self.notes = notes;
    }

    /// A note as it is sent. Files, the clipboard and what stands behind a path are of the one whose session it is.
    fn said(&mut self, note: Note) -> Option<Out> {
        self.over |= matches!(note, Note::Ended { .. });
        let note = match (&self.seat, note) {
            (Seat::Own, note) => note,
            (Seat::Watch(_), Note::Clipboard { .. } | Note::Upload { .. }) => return None,
            (Seat::Watch(_), Note::Download { name, .. }) => Note::Notice {
                text: format!("a file can be saved by the one whose session it is: {name}"),
            },
            (Seat::Watch(_), Note::Live { clipboard, .. }) => {
                Note::Live { clipboard, uploads: false, downloads: false, print: false }
            }
            (Seat::Watch(_), Note::Tabs { tabs, active }) => {
                Note::Tabs { tabs: tabs.iter().map(placed).collect(), active }
            }
            (Seat::Watch(_), note) => note,
        };
        Some(Out::Text(serde_json::to_string(&note).unwrap_or_default()))
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
            Deed::End if self.seat == Seat::Own => self.shared.ask_end(self.shared.user().as_str()),
            // Who watches ends it by the API, where it is asked whether they may.
            Deed::End => {}
            deed if self.passes(&deed) => {
                self.shared.deed(deed);
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a deed passes: what this viewer holds down it may let go in any case.
    fn passes(&mut self, deed: &Deed) -> bool {
        let passes = self.shared.passes(&self.seat);
        match deed {
            Deed::Resize { .. } => self.seat == Seat::Own,
            Deed::Key(key) if key.down => {
                passes && {
                    self.down.insert(key.code.clone());
                    true
                }
            }
            Deed::Key(key) => self.down.remove(&key.code) || passes,
            Deed::Mouse { kind: MouseKind::Down, .. } => {
                passes && {
                    self.down.insert("(pointer)".to_owned());
                    true
                }
            }
            Deed::Mouse { kind: MouseKind::Up, .. } => self.down.remove("(pointer)") || passes,
            _ => passes,
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.shared.leaves(&self.seat);
    }
}
