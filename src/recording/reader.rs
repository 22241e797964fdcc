//! A reader: it knows a recording by its heads alone, and opens the pieces that are asked for.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Error;
use super::about::About;
use super::entry::Entry;
use super::head::{Head, LENGTH};
use super::identity::Identities;
use super::moment::Moment;
use super::timeline::Timeline;

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
    /// Opens a recording, and reads its heads: from head to head, so in a time that hangs on their number alone. What
    /// stands behind the last whole piece is left to [`super::check`].
    ///
    /// # Errors
    /// [`Error::Unread`]; [`Error::Foreign`] when there is not even one piece.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let unread = |source| Error::Unread { path: path.to_owned(), source };
        let file = File::open(path).map_err(unread)?;
        let length = file.metadata().map_err(unread)?.len();
        let mut pieces = Vec::new();
        let mut at = 0;
        // Room for a head, and hardly anything of what stands behind it.
        let mut reader = BufReader::with_capacity(LENGTH, &file);
        while length.saturating_sub(at) >= LENGTH as u64 {
            let mut bytes = [0; LENGTH];
            reader.read_exact(&mut bytes).map_err(unread)?;
            let Some(head) = Head::read(&bytes) else { break };
            let (body, next) = (at + LENGTH as u64, at + LENGTH as u64 + u64::from(head.length));
            if next > length {
                break;
            }
            pieces.push(Piece { head, at: body });
            reader.seek(SeekFrom::Start(next)).map_err(unread)?;
            at = next;
        }
        if pieces.is_empty() {
            return Err(Error::Foreign { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), file, pieces })
    }

    /// The pieces, in the order of the file.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// When the last entry is, in milliseconds since the session's begin.
    pub fn length(&self) -> u32 {
        self.pieces.iter().map(|piece| piece.head.end).max().unwrap_or(0)
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

    /// The piece to begin with so that what shows at `time` can be drawn: the last one up to then that begins with a
    /// whole picture, or the first of them.
    pub fn at(&self, time: u32) -> usize {
        let whole = || self.pieces.iter().enumerate().filter(|(_, piece)| piece.head.whole);
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
            if self.piece >= self.reader.pieces.len() {
                return Ok(None);
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
