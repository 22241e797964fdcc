//! A slice: a run of whole pieces of a recording, as much as is sent at once, with what is missing in it.

use std::fmt;

use super::entry::Entry;
use super::identity::Identities;
use super::moment::Moment;
use super::reader::{Piece, Reader};
use super::timeline::Timeline;
use super::verdict::{clock, pieces};
use super::{Error, What};

/// A slice is closed at so many bytes; it has one piece at least.
const LARGE: u64 = 1024 * 1024;

/// A run of pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// What is in them, in their order, with its times.
    pub entries: Vec<(u32, Entry)>,
    /// The piece to go on with.
    pub next: usize,
    /// The pieces that are missing before one of these, or cannot be opened.
    pub gaps: Vec<Gap>,
}

/// Pieces that cannot be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first of them.
    pub first: u32,
    /// The last of them.
    pub last: u32,
    /// The time of what is there before, in milliseconds since the session's begin.
    pub time: u32,
    /// The time of what is there behind.
    pub until: u32,
    /// Whether they are not there at all; otherwise they cannot be opened or read.
    pub is_missing: bool,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        pieces(f, self.first, self.last)?;
        let why =
            if self.is_missing { "removed or damaged" } else { "changed: it cannot be opened" };
        write!(f, " {why} ({} to {})", clock(self.time), clock(self.until))
    }
}

impl Reader {
    /// The pieces from `piece` on, until one begins after `until`, or what is read is large.
    ///
    /// # Errors
    /// [`Error::WrongKey`] when no piece is for these keys, [`Error::Unread`]. A piece that is damaged is a gap.
    pub fn slice(&mut self, piece: usize, until: u32, keys: &Identities) -> Result<Slice, Error> {
        let mut slice = Slice { entries: Vec::new(), next: piece, gaps: Vec::new() };
        let mut bytes = 0;
        while let Some(Piece { head, .. }) = self.pieces().get(slice.next).copied() {
            let at = slice.next;
            bytes += u64::from(head.length);
            if at > piece && (head.begin > until || bytes > LARGE) {
                break;
            }
            slice.gaps.extend(self.missing_before(at));
            match self.entries(at, keys) {
                Ok(entries) => slice.entries.extend(entries),
                Err(error @ Error::Unread { .. }) => return Err(error),
                Err(error @ Error::WrongKey { .. }) if !self.is_opened_by(keys) => {
                    return Err(error);
                }
                Err(_) => slice.gaps.push(Gap {
                    first: head.number,
                    last: head.number,
                    time: self.time_before(at),
                    until: head.end.max(self.time_before(at)),
                    is_missing: false,
                }),
            }
            slice.next += 1;
        }
        Ok(slice)
    }

    /// Everything that happened, as far as it can be read; and what cannot.
    ///
    /// # Errors
    /// As for [`Reader::slice`].
    pub fn survey(&mut self, keys: &Identities) -> Result<(Vec<Moment>, Vec<Gap>), Error> {
        let last = self.pieces().len().saturating_sub(1);
        if self.is_complete()
            && let Ok(entries) = self.entries(last, keys)
            && let Some((_, Entry::Index(moments))) = entries.into_iter().next()
        {
            let gaps = (0..=last).filter_map(|at| self.missing_before(at));
            return Ok((moments, gaps.collect()));
        }
        let (mut timeline, mut gaps, mut piece) = (Timeline::default(), Vec::new(), 0);
        while piece <= last {
            let slice = self.slice(piece, u32::MAX, keys)?;
            for (time, entry) in &slice.entries {
                timeline.take(*time, entry);
            }
            gaps.extend(slice.gaps);
            piece = slice.next;
        }
        Ok((timeline.finish(), gaps))
    }

    /// The pieces that are missing before the one at `at`.
    fn missing_before(&self, at: usize) -> Option<Gap> {
        let number = |at: usize| self.pieces().get(at).map(|piece| piece.head.number);
        let expected = match at.checked_sub(1) {
            Some(before) => number(before)?.saturating_add(1),
            None => 0,
        };
        let head = self.pieces().get(at)?.head;
        let time = self.time_before(at);
        (head.number > expected).then(|| Gap {
            first: expected,
            last: head.number - 1,
            time,
            until: head.begin.max(time),
            is_missing: true,
        })
    }

    fn time_before(&self, at: usize) -> u32 {
        let before = at.checked_sub(1).and_then(|before| self.pieces().get(before));
        before.map_or(0, |piece| piece.head.end)
    }
}

impl Moment {
    /// Whether it is of one of these kinds (every one, where there are none), and holds `text`, whatever its case.
    pub fn fits(&self, kinds: &[What], text: &str) -> bool {
        let has = |of: &str| of.to_lowercase().contains(&text.to_lowercase());
        (kinds.is_empty() || kinds.contains(&self.what))
            && (text.is_empty() || has(&self.text) || has(self.what.word()))
    }
}
