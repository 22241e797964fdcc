//! A check of one recording: it reads every byte, compares the chain with itself and with the record, and concludes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use ring::digest::{self, Context};

use super::Error;
use super::head::{Head, LENGTH, Link, MAGIC, origin};
use super::identity::Identities;
use super::known::Known;
use super::reader::Reader;
use super::verdict::{Break, Verdict};
use crate::name::SessionId;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// Checks the recording of `session` at `path` against what the record knows of it. `is_live` says that it is being
/// written: then its end is open.
///
/// # Errors
/// [`Error::Unread`]. What was tampered with is no error but in the verdict.
pub fn check(
    path: &Path,
    session: SessionId,
    known: Option<&Known>,
    is_live: bool,
) -> Result<Verdict, Error> {
    let unread = |source| Error::Unread { path: path.to_owned(), source };
    let file = File::open(path).map_err(unread)?;
    let length = file.metadata().map_err(unread)?.len();
    let mut walk = Walk { file, length, is_live };
    let found = walk.pieces().map_err(unread)?;
    let mut check = Check { walk, found, seals: BTreeMap::new(), breaks: Vec::new() };
    for (pieces, link) in known.iter().flat_map(|known| known.all_seals()) {
        check.seals.insert(pieces, link);
    }
    check.run(session, known).map_err(unread)
}

/// Opens and reads every piece of a recording with `keys`; what cannot be is added to `verdict`.
///
/// # Errors
/// [`Error::WrongKey`] when no key opens the first piece, [`Error::Unread`].
pub fn decrypted(path: &Path, keys: &Identities, verdict: &mut Verdict) -> Result<(), Error> {
    let mut reader = match Reader::open(path) {
        // Which the verdict says already.
        Err(Error::Foreign { .. }) => return Ok(()),
        opened => opened?,
    };
    for at in 0..reader.pieces().len() {
        let head = reader.pieces()[at].head;
        match reader.entries(at, keys) {
            Ok(_) => {}
            Err(error @ Error::Unread { .. }) => return Err(error),
            Err(error @ Error::WrongKey { .. }) if at == 0 => return Err(error),
            Err(_) => {
                verdict.breaks.push(Break::Unreadable { piece: head.number, time: head.begin })
            }
        }
    }
    verdict.breaks.sort_by_key(Break::piece);
    Ok(())
}

/// What was found where a piece stands.
struct Found {
    /// `None` when what stands there is no head.
    head: Option<Head>,
    at: u64,
    end: u64,
    /// The hash of all of it.
    link: Link,
    /// The number that it had when it was written, as far as can be told.
    number: u32,
}

impl Found {
    fn time(&self) -> u32 {
        self.head.map_or(0, |head| head.begin)
    }
}

/// The way through a file.
struct Walk {
    file: File,
    length: u64,
    is_live: bool,
}

/// What stands behind the pieces.
enum Tail {
    /// Nothing.
    None,
    /// A piece that is not whole.
    Half,
    /// Something else.
    Rest(u64),
}

impl Walk {
    /// Every piece of the file, and what stands behind them.
    fn pieces(&mut self) -> io::Result<(Vec<Found>, Tail)> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.length {
            let Some(head) = self.head(at)? else {
                match self.scan(at + 1, None)? {
                    Some(next) => {
                        found.push(self.found(None, at, next)?);
                        at = next;
                        continue;
                    }
                    None => return Ok((found, Tail::Rest(self.length - at))),
                }
            };
            let stated = at + LENGTH as u64 + u64::from(head.length);
            let fits =
                stated == self.length || (stated < self.length && self.head(stated)?.is_some());
            // Where its length was changed, the next head says where it ends.
            let next = match fits {
                true => Some(stated),
                false => self.scan(at + LENGTH as u64, Some(head.number.saturating_add(1)))?,
            };
            let end = match next {
                Some(next) => next,
                None if stated > self.length => return Ok((found, Tail::Half)),
                None => stated,
            };
            found.push(self.found(Some(head), at, end)?);
            at = end;
        }
        Ok((found, Tail::None))
    }

    fn found(&mut self, head: Option<Head>, at: u64, end: u64) -> io::Result<Found> {
        let link = self.hash(&[], at, end)?;
        Ok(Found { head, at, end, link, number: head.map_or(0, |head| head.number) })
    }

    /// The head at `at`, where there is one.
    fn head(&mut self, at: u64) -> io::Result<Option<Head>> {
        if self.length.saturating_sub(at) < LENGTH as u64 {
            return Ok(None);
        }
        let mut bytes = [0; LENGTH];
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(&mut bytes)?;
        Ok(Head::read(&bytes))
    }

    /// Where the next head stands from `from` on; only one with this number, if one is given.
    fn scan(&mut self, from: u64, number: Option<u32>) -> io::Result<Option<u64>> {
        let mut at = from;
        let mut chunk = vec![0; CHUNK];
        while self.length.saturating_sub(at) >= LENGTH as u64 {
            self.file.seek(SeekFrom::Start(at))?;
            let read = (&self.file).take(CHUNK as u64).read(&mut chunk)?;
            let places = chunk[..read].windows(MAGIC.len()).enumerate();
            let places: Vec<_> = places
                .filter_map(|(place, bytes)| (bytes == MAGIC).then_some(at + place as u64))
                .collect();
            for place in places {
                if let Some(head) = self.head(place)?
                    && number.is_none_or(|number| number == head.number)
                {
                    return Ok(Some(place));
                }
            }
            // The magic may stand across two chunks.
            at += read.saturating_sub(MAGIC.len() - 1).max(1) as u64;
        }
        Ok(None)
    }

    /// The hash of `before` and what stands from `at` to `end`.
    fn hash(&mut self, before: &[u8], at: u64, end: u64) -> io::Result<Link> {
        let mut context = Context::new(&digest::SHA256);
        context.update(before);
        self.file.seek(SeekFrom::Start(at))?;
        let mut left = (&self.file).take(end - at);
        let mut chunk = vec![0; CHUNK];
        loop {
            match left.read(&mut chunk)? {
                0 => break,
                read => context.update(&chunk[..read]),
            }
        }
        let mut link = [0; 32];
        link.copy_from_slice(context.finish().as_ref());
        Ok(link)
    }

    /// The hash that a piece would have with another head.
    fn with_head(&mut self, found: &Found, head: Head) -> io::Result<Link> {
        self.hash(&head.bytes(), found.at + LENGTH as u64, found.end)
    }
}

/// The work of checking.
struct Check {
    walk: Walk,
    found: (Vec<Found>, Tail),
    /// The hash of the last of so many pieces, as the record has it.
    seals: BTreeMap<u32, Link>,
    breaks: Vec<Break>,
}

impl Check {
    fn run(mut self, session: SessionId, known: Option<&Known>) -> io::Result<Verdict> {
        self.place()?;
        self.compare(session)?;
        self.finish(known);
        // One piece has one news of each kind.
        self.breaks.sort_by_key(Break::piece);
        self.breaks.dedup();
        let (found, _) = &self.found;
        let end = |found: &Found| found.head.map_or(0, |head| head.end);
        Ok(Verdict {
            pieces: found.len(),
            bytes: self.walk.length,
            length: found.iter().map(end).max().unwrap_or(0),
            breaks: self.breaks,
        })
    }

    /// Finds out which piece stands where.
    fn place(&mut self) -> io::Result<()> {
        let (found, _) = &mut self.found;
        let mut expected = 0;
        let mut seen = std::collections::BTreeSet::new();
        for at in 0..found.len() {
            let time = found[..at].last().map_or(0, Found::time);
            let follows = found.get(at + 1).and_then(|next| next.head);
            let follows = follows.is_some_and(|next| next.number == expected + 1);
            let claimed = found.get(at + 1).and_then(|next| next.head).filter(|_| follows);
            let claimed = claimed.map(|next| next.before);
            let claimed = self.seals.get(&(expected + 1)).copied().or(claimed);
            let Some(head) = found[at].head else {
                self.breaks.push(Break::Changed { piece: expected, time });
                found[at].number = expected;
                seen.insert(expected);
                expected += 1;
                continue;
            };
            let time = head.begin;
            if head.number == expected {
                seen.insert(expected);
                expected += 1;
                continue;
            }
            // A number that was changed: with the right one the piece is the one that was written.
            let right = Head { number: expected, ..head };
            if claimed.is_some() && claimed == Some(self.walk.with_head(&found[at], right)?) {
                self.breaks.push(Break::Changed { piece: expected, time });
                found[at].number = expected;
                seen.insert(expected);
                expected += 1;
                continue;
            }
            let elsewhere = |number: u32| {
                let mut heads = found.iter().filter_map(|found| found.head);
                heads.any(|head| head.number == number)
            };
            let number = head.number;
            if seen.contains(&number) {
                self.breaks.push(Break::Inserted { piece: number, time });
                found[at].number = u32::MAX;
                if follows {
                    // It took the place of another one.
                    self.breaks.push(Break::Missing { first: expected, last: expected, time });
                    expected += 1;
                }
                continue;
            }
            seen.insert(number);
            if elsewhere(expected) && !seen.contains(&expected) {
                self.breaks.push(Break::Moved { piece: number, place: expected, time });
                expected += 1;
            } else if number > expected {
                let before = found[..at].last().map_or(0, Found::time);
                let missing = Break::Missing { first: expected, last: number - 1, time: before };
                self.breaks.push(missing);
                expected = number + 1;
            } else {
                self.breaks.push(Break::Moved { piece: number, place: expected, time });
                expected += 1;
            }
        }
        Ok(())
    }

    /// Compares each piece with what the next one, and the record, say of it.
    fn compare(&mut self, session: SessionId) -> io::Result<()> {
        let (found, _) = &self.found;
        let heads = found.iter().filter(|found| found.head.is_some() && found.number != u32::MAX);
        let places: BTreeMap<u32, &Found> = heads.map(|found| (found.number, found)).collect();
        let before = |number: u32| places.get(&number)?.head.map(|head| head.before);
        let mut breaks = Vec::new();
        for (&number, found) in &places {
            let (seal, claimed) = (self.seals.get(&(number + 1)), before(number + 1));
            let time = found.time();
            let changed = Break::Changed { piece: number, time };
            match (seal, claimed) {
                (Some(seal), Some(claimed)) if *seal == found.link && claimed != found.link => {
                    // This one is as it was; the next one's head is not.
                    let next = places.get(&(number + 1)).map_or(time, |next| next.time());
                    breaks.push(Break::Changed { piece: number + 1, time: next });
                }
                (Some(seal), claimed) if *seal != found.link => {
                    // Fits the next one, and is not the one that was sealed: the chain was made anew.
                    breaks.push(match claimed == Some(found.link) {
                        true => Break::Unsealed { piece: number, time },
                        false => changed,
                    });
                }
                (None, Some(claimed)) if claimed != found.link => {
                    let next = places.get(&(number + 1)).copied();
                    let after = self.seals.get(&(number + 2)).copied().or(before(number + 2));
                    let heals = match (next, next.and_then(|next| next.head), after) {
                        (Some(next), Some(head), Some(after)) if after != next.link => {
                            let head = Head { before: found.link, number: number + 1, ..head };
                            self.walk.with_head(next, head)? == after
                        }
                        _ => false,
                    };
                    breaks.push(match (heals, next) {
                        (true, Some(next)) => {
                            Break::Changed { piece: number + 1, time: next.time() }
                        }
                        _ => changed,
                    });
                }
                _ => {}
            }
        }
        // What a changed piece says of the one before it is no news of that one.
        if let Some(first) = places.get(&0)
            && first.head.is_some_and(|head| head.before != origin(session))
            && !breaks.contains(&Break::Changed { piece: 0, time: first.time() })
        {
            breaks.push(Break::OfAnother);
        }
        for found in breaks {
            let piece = |known: &Break| matches!(known, Break::Changed { piece, .. } if *piece == found.piece());
            if !matches!(found, Break::Changed { .. }) || !self.breaks.iter().any(piece) {
                self.breaks.push(found);
            }
        }
        Ok(())
    }

    /// Compares the end with the record.
    fn finish(&mut self, known: Option<&Known>) {
        let (found, tail) = &self.found;
        let numbers = found.iter().filter(|found| found.number != u32::MAX);
        let last = numbers.max_by_key(|found| found.number);
        let (count, time) = last.map_or((0, 0), |last| (last.number + 1, last.time()));
        let sealed = self.seals.last_key_value().map_or(0, |(pieces, _)| *pieces);
        let ended = known.is_some_and(|known| known.ended.is_some());
        // The last seal may say that this piece is the one that was damaged.
        let counted = sealed > count;
        let mut missing = count;
        match tail {
            Tail::None => {}
            // It is being written at this moment.
            Tail::Half | Tail::Rest(_) if self.walk.is_live => {}
            Tail::Half if counted && ended && self.is_as_long(known) => {
                self.breaks.push(Break::Changed { piece: count, time });
                missing += 1;
            }
            Tail::Half => {
                self.breaks.push(Break::Half { piece: count, time });
                missing += u32::from(counted);
            }
            Tail::Rest(_) if counted && self.is_as_long(known) => {
                self.breaks.push(Break::Changed { piece: count, time });
                missing += 1;
            }
            Tail::Rest(bytes) => self.breaks.push(Break::Rest { piece: count, bytes: *bytes }),
        }
        if sealed > missing {
            self.breaks.push(Break::Cut { first: missing, last: sealed - 1, time });
        }
        match known {
            // One that was opened for a session which then came to nothing has one piece.
            None if count <= 1 || self.walk.is_live => {}
            None => self.breaks.push(Break::NoRecord),
            Some(known) => {
                if known.removed.is_some() {
                    self.breaks.push(Break::NotRemoved);
                }
                if ended && count > sealed {
                    let first = found.iter().find(|found| found.number == sealed);
                    let time = first.map_or(0, Found::time);
                    self.breaks.push(Break::Grown { first: sealed, time });
                }
                if !ended && !self.walk.is_live {
                    // The seal of the first piece says that it began, and nothing of its end.
                    let sealed = known.seals.last().map_or(0, |seal| seal.pieces);
                    let behind = found.iter().find(|found| found.number == sealed);
                    let time = behind.map_or(time, Found::time);
                    self.breaks.push(Break::NeverSealed { sealed, time });
                }
            }
        }
    }

    /// Whether the file is as long as it was when it was sealed last.
    fn is_as_long(&self, known: Option<&Known>) -> bool {
        let last = known.and_then(|known| known.seals.last());
        last.is_some_and(|seal| seal.bytes == self.walk.length)
    }
}
