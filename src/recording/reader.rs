//! A reader: it knows a recording by its heads alone, and opens the pieces that are asked for.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Error;
use super::about::About;
use super::entry::Entry;
use super::head::{Head, LENGTH, MAGIC};
use super::identity::Identities;
use super::moment::Moment;
use super::timeline::Timeline;

/// Keys are held for a moment, so that entries can be so much older than those before them, in milliseconds.
const LATE: u32 = 10_000;

/// No piece gathers for so long, in milliseconds.
const LONG: u32 = 60_000;

/// How much is read at once to look for a head.
const CHUNK: usize = 256 * 1024;

/// A recording, open for reading; it can be read while it is written.
pub struct Reader {
    path: PathBuf,
    file: File,
    pieces: Vec<Piece>,
}

/// A piece, and where its body is.
#[derive(Debug, Clone, Copy)]
pub struct Piece {
    /// What stands before it.
    pub head: Head,
    /// Where its body begins.
    at: u64,
}

impl Reader {
    /// Opens a recording, and reads its heads: from head to head, so in a time that hangs on their number alone. Where one
    /// is damaged the next is looked for, so that what is whole behind it can be read; what was altered [`super::check`]
    /// says.
    ///
    /// # Errors
    /// [`Error::Unread`]; [`Error::Foreign`] when there is not even one piece.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let unread = |source| Error::Unread { path: path.to_owned(), source };
        let file = File::open(path).map_err(unread)?;
        let length = file.metadata().map_err(unread)?.len();
        let mut pieces = walk(&file, length).map_err(unread)?;
        if pieces.is_empty() {
            return Err(Error::Foreign { path: path.to_owned() });
        }
        // Those that somebody moved go where they belong; what is there twice stands there once.
        pieces.sort_by_key(|piece| piece.head.number);
        pieces.dedup_by_key(|piece| piece.head.number);
        Ok(Self { path: path.to_owned(), file, pieces })
    }

    /// The pieces, in the order of their numbers.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// When the last entry is, in milliseconds since the session's begin.
    pub fn length(&self) -> u32 {
        let believed = self.pieces.iter().enumerate().filter(|(at, _)| self.is_plausible(*at));
        believed.map(|(_, piece)| piece.head.end).max().unwrap_or(0)
    }

    /// Whether the times of a piece fit those around it: heads are in plain, and anybody can write into them.
    fn is_plausible(&self, at: usize) -> bool {
        let begin = |at: usize| self.pieces.get(at).map(|piece| piece.head.begin);
        let Some(Piece { head, .. }) = self.pieces.get(at) else { return false };
        let ordered = |one: u32, other: u32| one <= other.saturating_add(LATE);
        let before = at.checked_sub(1).and_then(begin).is_none_or(|time| ordered(time, head.begin));
        let behind = begin(at + 1).is_none_or(|time| ordered(head.end, time));
        before && behind && head.end >= head.begin && head.end - head.begin < LONG
    }

    /// Whether it came to its end.
    pub fn is_complete(&self) -> bool {
        self.pieces.last().is_some_and(|piece| piece.head.last)
    }

    /// What it is of.
    ///
    /// # Errors
    /// Those of [`Reader::entries`].
    pub fn about(&mut self, keys: &Identities) -> Result<About, Error> {
        match self.entries(0, keys)?.into_iter().next() {
            Some((_, Entry::About(about))) => Ok(about),
            _ => Err(self.damaged(0, "does not say what the recording is of")),
        }
    }

    /// What is in a piece, with its times.
    ///
    /// # Errors
    /// [`Error::WrongKey`], [`Error::Damaged`], [`Error::Unread`].
    pub fn entries(&mut self, piece: usize, keys: &Identities) -> Result<Vec<(u32, Entry)>, Error> {
        let Some(Piece { head, at }) = self.pieces.get(piece).copied() else {
            return Err(self.damaged(piece, "is not there"));
        };
        let unread = |source| Error::Unread { path: self.path.clone(), source };
        let mut body = vec![0; usize::try_from(head.length).unwrap_or(0)];
        self.file.seek(SeekFrom::Start(at)).map_err(unread)?;
        self.file.read_exact(&mut body).map_err(unread)?;
        let plain = match opened(&body, keys) {
            Ok(plain) => plain,
            Err(Closed::WrongKey) => return Err(Error::WrongKey { path: self.path.clone() }),
            Err(Closed::Damaged) => return Err(self.damaged(piece, "cannot be decrypted")),
        };
        Entry::read_all(&plain).ok_or_else(|| self.damaged(piece, "does not hold entries"))
    }

    /// Whether `keys` open a piece of it at all: where not, they are of somebody else.
    pub(super) fn is_opened_by(&mut self, keys: &Identities) -> bool {
        let last = self.pieces.len().saturating_sub(1);
        [0, last / 2, last].iter().any(|at| self.entries(*at, keys).is_ok())
    }

    /// The piece to begin with so that what shows at `time` can be drawn: the last one up to then that begins with a
    /// whole picture, or the first of them.
    pub fn at(&self, time: u32) -> usize {
        let whole = || {
            let all = self.pieces.iter().enumerate();
            all.filter(|(at, piece)| piece.head.whole && self.is_plausible(*at))
        };
        let before = whole().take_while(|(_, piece)| piece.head.begin <= time).last();
        before.or_else(|| whole().next()).map_or(0, |(at, _)| at)
    }

    /// Plays the recording from the piece `piece` on.
    pub fn play<'r>(&'r mut self, piece: usize, keys: &'r Identities) -> Play<'r> {
        Play { reader: self, keys, piece, entries: Vec::new().into_iter() }
    }

    /// Everything that happened: from the last piece, or by reading all of a recording that came to no end.
    ///
    /// # Errors
    /// Those of [`Reader::entries`].
    pub fn moments(&mut self, keys: &Identities) -> Result<Vec<Moment>, Error> {
        if self.is_complete() {
            let last = self.entries(self.pieces.len() - 1, keys)?;
            if let Some((_, Entry::Index(moments))) = last.into_iter().next() {
                return Ok(moments);
            }
        }
        let mut timeline = Timeline::default();
        let mut play = self.play(0, keys);
        while let Some((time, entry)) = play.next()? {
            timeline.take(time, &entry);
        }
        Ok(timeline.finish())
    }

    fn damaged(&self, piece: usize, fault: &'static str) -> Error {
        Error::Damaged { path: self.path.clone(), piece, fault }
    }
}

/// Every piece of a file, in its order.
fn walk(file: &File, length: u64) -> io::Result<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = 0;
    // Room for a head, and hardly anything of what stands behind it.
    let mut reader = BufReader::with_capacity(LENGTH, file);
    while length.saturating_sub(at) >= LENGTH as u64 {
        reader.seek(SeekFrom::Start(at))?;
        let mut bytes = [0; LENGTH];
        reader.read_exact(&mut bytes)?;
        let body = at + LENGTH as u64;
        if let Some(head) = Head::read(&bytes)
            && body + u64::from(head.length) <= length
        {
            pieces.push(Piece { head, at: body });
            at = body + u64::from(head.length);
            continue;
        }
        // The piece before may be shorter than it says, or this one is damaged.
        let within = match pieces.last() {
            Some(last) => scan(file, last.at, at, last.head.number.checked_add(1))?,
            None => None,
        };
        match within {
            Some(next) => at = next,
            None => match scan(file, at + 1, length, None)? {
                Some(next) => at = next,
                None => break,
            },
        }
    }
    Ok(pieces)
}

/// Where the first head from `from` on stands, before `to`; only one with this number, if one is given.
fn scan(file: &File, from: u64, to: u64, number: Option<u32>) -> io::Result<Option<u64>> {
    let mut file = file;
    let mut at = from;
    let mut chunk = vec![0; CHUNK];
    while at < to {
        file.seek(SeekFrom::Start(at))?;
        let mut read = 0;
        while read < CHUNK {
            match file.read(&mut chunk[read..])? {
                0 => break,
                more => read += more,
            }
        }
        // A head may stand across two chunks.
        for (place, bytes) in chunk[..read].windows(LENGTH).enumerate() {
            let stands = at + place as u64;
            if stands >= to {
                return Ok(None);
            }
            if bytes.starts_with(&MAGIC)
                && let Ok(bytes) = bytes.try_into()
                && let Some(head) = Head::read(bytes)
                && number.is_none_or(|number| number == head.number)
            {
                return Ok(Some(stands));
            }
        }
        if read < CHUNK {
            return Ok(None);
        }
        at += (CHUNK - LENGTH + 1) as u64;
    }
    Ok(None)
}

/// A recording that is being played, entry by entry; one piece of it is in memory.
pub struct Play<'r> {
    reader: &'r mut Reader,
    keys: &'r Identities,
    piece: usize,
    entries: std::vec::IntoIter<(u32, Entry)>,
}

impl Play<'_> {
    /// The next entry; `None` at the end.
    ///
    /// # Errors
    /// Those of [`Reader::entries`].
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator could not end at its first error"
    )]
    pub fn next(&mut self) -> Result<Option<(u32, Entry)>, Error> {
        loop {
            if let Some(entry) = self.entries.next() {
                return Ok(Some(entry));
            }
            let Some(Piece { head, .. }) = self.reader.pieces.get(self.piece) else {
                return Ok(None);
            };
            if usize::try_from(head.number) != Ok(self.piece) {
                return Err(self.reader.damaged(self.piece, "is missing"));
            }
            self.entries = self.reader.entries(self.piece, self.keys)?.into_iter();
            self.piece += 1;
        }
    }
}

/// Why a body was not opened.
pub(super) enum Closed {
    /// It is for others.
    WrongKey,
    /// It is not as it was written.
    Damaged,
}

/// What is in a body, for who has a key.
pub(super) fn opened(body: &[u8], keys: &Identities) -> Result<Zeroizing<Vec<u8>>, Closed> {
    let decryptor = age::Decryptor::new(body).map_err(|_| Closed::Damaged)?;
    let keys = keys.0.iter().map(|key| key as &dyn age::Identity);
    let mut reader = decryptor.decrypt(keys).map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => Closed::WrongKey,
        _ => Closed::Damaged,
    })?;
    // As large as it can become, so that it leaves no part of itself behind by growing.
    let mut plain = Zeroizing::new(Vec::with_capacity(body.len()));
    let read: io::Result<usize> = reader.read_to_end(&mut plain);
    read.map_err(|_| Closed::Damaged)?;
    Ok(plain)
}
