//! A writer: it gathers entries into pieces, encrypts each and appends it to the file, durable when it is written.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::about::About;
use super::entry::Entry;
use super::folder;
use super::head::{Head, LENGTH, Link, origin};
use super::moment::Moment;
use super::seal::Seal;
use super::timeline::Timeline;
use super::{Error, Recipient};
use crate::activity::folder as state;
use crate::name::SessionId;
use crate::stream::Note;

/// A piece is closed at this many bytes.
const LARGE: usize = 64 * 1024;

/// A piece is closed this long after its first entry, in milliseconds: what a power cut takes is no more.
const OLD: u32 = 2_000;

/// A whole picture is wanted this long after the last one, in milliseconds.
const AGE: u32 = 60_000;

/// A whole picture is wanted when so many times its bytes have followed it.
const TIMES: u64 = 4;

/// How many moments the index has at most: a recording with more is read for them.
const INDEXED: usize = 50_000;

/// A recording that is being written. Its file is locked; times come from the caller, in milliseconds since the
/// session's begin, and never go back.
pub struct Writer {
    path: PathBuf,
    file: File,
    recipients: Vec<Recipient>,
    seal: Seal,
    /// The piece that is being gathered.
    open: Option<Open>,
    timeline: Timeline,
    standing: Standing,
    /// The last whole picture: when, its bytes, and those of the pictures since.
    whole: Option<(u32, u64, u64)>,
    /// The time of the last entry.
    time: u32,
}

struct Open {
    begin: u32,
    end: u32,
    whole: bool,
    body: Zeroizing<Vec<u8>>,
}

/// What stands while nothing tells of it: said again behind each whole picture, so that nothing before it is needed.
#[derive(Default)]
struct Standing {
    live: Option<Note>,
    screen: Option<Note>,
    tabs: Option<Note>,
    cursor: Option<Note>,
    dialog: Option<Note>,
    company: Option<Note>,
}

impl Standing {
    fn learn(&mut self, note: &Note) {
        let place = match note {
            Note::Live { .. } => &mut self.live,
            Note::Screen { .. } => &mut self.screen,
            Note::Tabs { .. } => &mut self.tabs,
            Note::Cursor { .. } => &mut self.cursor,
            Note::Dialog { .. } => &mut self.dialog,
            Note::Company { .. } => &mut self.company,
            Note::DialogClosed => {
                self.dialog = None;
                return;
            }
            _ => return,
        };
        *place = Some(note.clone());
    }

    fn notes(&self) -> Vec<Note> {
        let all = [&self.live, &self.screen, &self.tabs, &self.cursor, &self.dialog, &self.company];
        all.into_iter().flatten().cloned().collect()
    }
}

impl Writer {
    /// Makes the file of `session` in `folder`, and writes its first piece, which says what it is `about`; durable when
    /// it returns.
    ///
    /// # Errors
    /// [`Error::Unwritten`], [`Error::Unencrypted`]; nothing is left then.
    pub fn create(
        folder: &Path,
        session: SessionId,
        about: About,
        recipients: &[Recipient],
    ) -> Result<Self, Error> {
        let unwritten = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Unwritten { path, source }
        };
        state::make(folder).map_err(unwritten(folder))?;
        let path = folder::path(folder, session);
        let file = folder::new_file(&path).map_err(unwritten(&path))?;
        let mut writer = Self {
            path: path.clone(),
            file,
            recipients: recipients.to_vec(),
            seal: Seal { pieces: 0, bytes: 0, link: origin(session) },
            open: None,
            timeline: Timeline::default(),
            standing: Standing::default(),
            whole: None,
            time: 0,
        };
        let begun = writer
            .file
            .lock()
            .map_err(unwritten(&path))
            .and_then(|()| writer.add(0, &Entry::About(about)))
            .and_then(|()| writer.flush())
            .and_then(|()| state::sync(folder).map_err(unwritten(folder)));
        match begun {
            Ok(()) => Ok(writer),
            Err(error) => {
                writer.discard();
                Err(error)
            }
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How far it has come on the disk.
    pub fn seal(&self) -> Seal {
        self.seal
    }

    /// The time from which on the next picture has to be whole.
    pub fn whole_due(&self) -> u32 {
        match self.whole {
            Some((when, bytes, since)) if since < bytes.saturating_mul(TIMES) => {
                when.saturating_add(AGE)
            }
            _ => 0,
        }
    }

    /// The time of the last entry.
    pub fn time(&self) -> u32 {
        self.time
    }

    /// Adds an entry; pieces that are full or old are written before.
    ///
    /// # Errors
    /// [`Error::Unwritten`], [`Error::Unencrypted`]; what is on the disk is whole, and nothing more can be added.
    pub fn add(&mut self, time: u32, entry: &Entry) -> Result<(), Error> {
        let is_whole = matches!(entry, Entry::Whole(_));
        self.time = self.time.max(time);
        let due = |open: &Open| {
            is_whole || open.body.len() >= LARGE || time.saturating_sub(open.begin) >= OLD
        };
        if self.open.as_ref().is_some_and(due) {
            self.flush()?;
        }
        self.timeline.take(time, entry);
        self.put(time, entry);
        match entry {
            Entry::Note(note) => self.standing.learn(note),
            Entry::Whole(bytes) => {
                self.whole = Some((time, bytes.len() as u64, 0));
                for note in self.standing.notes() {
                    self.put(time, &Entry::Note(note));
                }
            }
            Entry::Picture(bytes) => {
                if let Some((_, _, since)) = &mut self.whole {
                    *since += bytes.len() as u64;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn put(&mut self, time: u32, entry: &Entry) {
        let open = self.open.get_or_insert_with(|| Open {
            begin: time,
            end: time,
            whole: matches!(entry, Entry::Whole(_)),
            body: Zeroizing::new(Vec::new()),
        });
        open.end = open.end.max(time);
        // A buffer that grows leaves its old place behind; the allocator wipes it.
        entry.write(time, &mut open.body);
    }

    /// How long the open piece may still wait at `time`, in milliseconds; `None` when nothing waits.
    pub fn due(&self, time: u32) -> Option<u32> {
        let open = self.open.as_ref()?;
        Some(OLD.saturating_sub(time.saturating_sub(open.begin)))
    }

    /// Writes what waits; durable when it returns.
    ///
    /// # Errors
    /// As for [`Writer::add`].
    pub fn flush(&mut self) -> Result<(), Error> {
        match self.open.take() {
            Some(open) => self.write(&open, false),
            None => Ok(()),
        }
    }

    /// Writes what waits, then the last piece with the index, and says how far it came.
    ///
    /// # Errors
    /// As for [`Writer::add`].
    pub fn finish(mut self, time: u32) -> Result<Seal, Error> {
        self.flush()?;
        let moments: Vec<Moment> = std::mem::take(&mut self.timeline).finish();
        let mut body = Zeroizing::new(Vec::new());
        // One that is too long is made by reading, as for a recording that came to no end.
        if moments.len() <= INDEXED {
            Entry::Index(moments).write(time, &mut body);
        }
        self.write(&Open { begin: time, end: time, whole: false, body }, true)?;
        Ok(self.seal)
    }

    /// Removes it: the session came to nothing that could be seen.
    pub fn discard(self) {
        // What stays behind has no row in the record, and is told by `verify`.
        let _ = std::fs::remove_file(&self.path);
    }

    /// Whether its file still stands where it was made.
    pub fn is_there(&self) -> bool {
        folder::is_same(&self.file, &self.path)
    }

    fn write(&mut self, open: &Open, last: bool) -> Result<(), Error> {
        let body = sealed(&self.recipients, &open.body)
            .map_err(|why| Error::Unencrypted { path: self.path.clone(), why })?;
        let head = Head {
            number: self.seal.pieces,
            whole: open.whole,
            last,
            begin: open.begin,
            end: open.end,
            length: u32::try_from(body.len()).unwrap_or(u32::MAX),
            before: self.seal.link,
        };
        let unwritten = |source| Error::Unwritten { path: self.path.clone(), source };
        let mut piece = Vec::with_capacity(LENGTH + body.len());
        piece.extend_from_slice(&head.bytes());
        piece.extend_from_slice(&body);
        let written = self.file.write_all(&piece).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Half a piece would look like one that somebody cut.
            let _ = self.file.set_len(self.seal.bytes);
            return Err(unwritten(error));
        }
        if !self.is_there() {
            return Err(Error::Gone { path: self.path.clone() });
        }
        let bytes = self.seal.bytes + piece.len() as u64;
        let link: Link = head.link(&body);
        self.seal = Seal { pieces: self.seal.pieces.saturating_add(1), bytes, link };
        Ok(())
    }
}

/// `plain` as one complete file of `age`.
fn sealed(recipients: &[Recipient], plain: &[u8]) -> Result<Vec<u8>, String> {
    let all = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(all).map_err(|error| error.to_string())?;
    let mut sealed = Vec::with_capacity(plain.len() + 1_024);
    let written = encryptor.wrap_output(&mut sealed).and_then(|mut to| {
        to.write_all(plain)?;
        to.finish()
    });
    written.map_err(|error: io::Error| error.to_string())?;
    Ok(sealed)
}
