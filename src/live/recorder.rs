//! A recorder: one more viewer of a session, that writes what it sees. It has a thread of its own, which encodes,
//! encrypts and waits for the disk; the session waits for nothing but the first piece.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::shared::Shared;
use super::tape::Tape;
use crate::meter::Meter;
use crate::name::SessionId;
use crate::recording::{self, About, Entry, Error, Recipient, Seal, What, Writer};
use crate::stream::{Cut, Sight};

/// Where recordings go, and to whom they are encrypted.
#[derive(Clone)]
pub struct Recordings {
    /// The folder.
    pub folder: PathBuf,
    /// The auditors' public keys; there is one at least.
    pub recipients: Vec<Recipient>,
}

/// How many entries may wait to be written: more than a person and a page make in a minute.
const ROOM: usize = 4_096;

/// Pictures are recorded at most so often while somebody touches the session.
const TOUCHED: Duration = Duration::from_millis(500);

/// And so often while something moves that nobody touches.
pub(super) const UNTOUCHED: Duration = Duration::from_secs(5);

/// What has changed is worth so much of a wait, until it is known without loss: as PNG it is smaller.
const SETTLED: Duration = Duration::from_secs(1);

/// How often it is looked whether what was recorded with loss has stood long enough.
const FINER: Duration = Duration::from_secs(1);

/// How long between two looks at whether a picture is due.
const LOOK: Duration = Duration::from_millis(100);

/// How often the thread looks whether its files are still there.
const WATCH: Duration = Duration::from_secs(2);

/// How long the end may take; a disk that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the thread is given.
pub(super) enum Item {
    /// An entry and its time.
    Entry(u32, Entry),
    /// A part of the picture, to be encoded.
    Cut(u32, Cut),
    /// The end.
    Finish(oneshot::Sender<Result<Seal, Error>>),
    /// The session came to nothing: no trace is left.
    Discard,
}

/// How far the thread has come.
struct Progress {
    seal: Mutex<Seal>,
    /// From this time on the next picture has to be whole.
    whole: AtomicU32,
    /// Pictures that wait to be encoded.
    pictures: AtomicUsize,
    /// What was handed on.
    sight: Mutex<Sight>,
}

impl Progress {
    /// Hands on what of the picture is not recorded yet. The last change of it that is now, and whether there was
    /// anything.
    fn see(&self, shared: &Shared, tape: &Tape) -> (u64, bool) {
        let mut sight = self.sight.lock().unwrap_or_else(PoisonError::into_inner);
        let (picture, time) = (shared.picture(), tape.time());
        if picture.number() > sight.number() && time >= self.whole.load(Ordering::Relaxed) {
            *sight = Sight::default();
        }
        let cut = picture.cut(&mut sight, time);
        drop(picture);
        let is_new = cut.is_some();
        if let Some(cut) = cut {
            self.pictures.fetch_add(1, Ordering::Relaxed);
            tape.send(Item::Cut(time, cut));
        }
        (sight.number(), is_new)
    }

    /// Whether a part is recorded with loss.
    fn is_coarse(&self) -> bool {
        self.sight.lock().unwrap_or_else(PoisonError::into_inner).is_coarse()
    }
}

/// A recorder of one session.
pub(super) struct Recorder {
    tape: Arc<Tape>,
    progress: Arc<Progress>,
    recipients: Vec<Recipient>,
    /// Whether something moves that nobody touches.
    moves: Arc<AtomicBool>,
    pictures: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Makes the file with its first piece, durable when this returns. From now on a failure ends the session; so does
    /// the loss of one of the files `watched`.
    ///
    /// # Errors
    /// [`Error::Unwritten`], [`Error::Unencrypted`].
    pub(super) async fn start(
        recordings: &Recordings,
        session: SessionId,
        about: About,
        shared: &Arc<Shared>,
        watched: PathBuf,
        meter: &Arc<Meter>,
    ) -> Result<Self, Error> {
        let began = Instant::now();
        let Recordings { folder, recipients } = recordings.clone();
        let to = recipients.clone();
        let created =
            tokio::task::spawn_blocking(move || Writer::create(&folder, session, about, &to));
        // It ends early only by a bug of ours, which is told as one.
        let writer = created
            .await
            .unwrap_or_else(|_| Err(Error::Behind { path: recordings.folder.clone() }))?;
        let path = writer.path().to_owned();
        let progress = Arc::new(Progress {
            seal: Mutex::new(writer.seal()),
            whole: AtomicU32::new(0),
            pictures: AtomicUsize::new(0),
            sight: Mutex::default(),
        });
        let (weak, counted) = (Arc::downgrade(shared), Arc::clone(meter));
        let failed: Arc<dyn Fn(&Error) + Send + Sync> = Arc::new(move |error| {
            tracing::error!("{}", crate::diagnostic::chain(error, ": "));
            counted.unrecorded.add(&[], 1);
            if let Some(shared) = weak.upgrade() {
                shared.ask_end(&format!("its recording, which cannot be written: {}", error.why()));
            }
        });
        let (to, items) = sync_channel(ROOM);
        let tape = Arc::new(Tape::new(began, to, path.clone(), Arc::clone(&failed)));
        let thread = Thread {
            writer,
            began,
            watched,
            progress: Arc::clone(&progress),
            failed,
            meter: Arc::clone(meter),
        };
        let spawned = std::thread::Builder::new()
            .name("recording".to_owned())
            .spawn(move || thread.run(&items));
        spawned.map_err(|source| Error::Unwritten { path, source })?;
        Ok(Self { tape, progress, recipients, moves: Arc::default(), pictures: None })
    }

    /// What the record is to say of the begin.
    pub(super) fn begun(&self) -> Vec<(String, String)> {
        recording::begun(&self.recipients, &self.seal())
    }

    /// How far it has come on the disk.
    pub(super) fn seal(&self) -> Seal {
        *self.progress.seal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the session gives to it.
    pub(super) fn tape(&self) -> &Arc<Tape> {
        &self.tape
    }

    /// Says whether something moves that nobody touches.
    pub(super) fn moves(&self, moves: bool) {
        self.moves.store(moves, Ordering::Relaxed);
    }

    /// Begins to see. The curtain goes up with the next note.
    pub(super) fn watch(&mut self, shared: &Arc<Shared>) {
        shared.record_on(Arc::clone(&self.tape));
        let eye = Eye {
            shared: Arc::clone(shared),
            tape: Arc::clone(&self.tape),
            progress: Arc::clone(&self.progress),
            moves: Arc::clone(&self.moves),
        };
        self.pictures = Some(tokio::spawn(eye.watch()));
    }

    /// Writes the end: how far the recording came, and why it came no further.
    pub(super) async fn finish(mut self, shared: &Shared, how: &str) -> (Seal, Option<Error>) {
        if let Some(pictures) = self.pictures.take() {
            pictures.abort();
            // It is over when this returns, so nothing comes behind the last picture.
            let _ = pictures.await;
        }
        self.progress.see(shared, &self.tape);
        self.tape.end();
        self.tape.moment(What::End, format!("the session was ended by {how}"));
        let (answer, finished) = oneshot::channel();
        self.tape.send(Item::Finish(answer));
        match tokio::time::timeout(PATIENCE, finished).await {
            Ok(Ok(Ok(seal))) => (seal, None),
            Ok(Ok(Err(error))) => (self.seal(), Some(error)),
            _ => (self.seal(), Some(Error::Behind { path: self.tape.path().to_owned() })),
        }
    }

    /// Leaves no trace: nothing was seen.
    pub(super) fn discard(self) {
        self.tape.send(Item::Discard);
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // It holds the session, and would wait for its pictures for ever.
        if let Some(pictures) = &self.pictures {
            pictures.abort();
        }
    }
}

/// What looks at the picture.
struct Eye {
    shared: Arc<Shared>,
    tape: Arc<Tape>,
    progress: Arc<Progress>,
    moves: Arc<AtomicBool>,
}

impl Eye {
    /// Hands on what has changed, as often as is wanted, until it is aborted.
    async fn watch(self) {
        let mut changes = self.shared.changes();
        let (mut seen, mut last): (u64, Option<Instant>) = (0, None);
        loop {
            let change = async { changes.wait_for(|number| *number > seen).await.map(drop) };
            let changed = match self.progress.is_coarse() {
                true => tokio::time::timeout(FINER, change).await.unwrap_or(Ok(())),
                false => change.await,
            };
            if changed.is_err() {
                return;
            }
            let changed = Instant::now();
            while !self.is_due(changed, last) {
                // That it is known without loss is a change, too.
                let _ = tokio::time::timeout(LOOK, changes.changed()).await;
            }
            let (number, is_new) = self.progress.see(&self.shared, &self.tape);
            seen = number;
            if is_new {
                last = Some(Instant::now());
            }
        }
    }

    /// Whether a picture is due, of what has changed since `changed`.
    fn is_due(&self, changed: Instant, last: Option<Instant>) -> bool {
        let moves = self.moves.load(Ordering::Relaxed);
        let pause = if moves { UNTOUCHED } else { TOUCHED };
        if self.progress.pictures.load(Ordering::Relaxed) > 0
            || last.is_some_and(|last| last.elapsed() < pause)
        {
            return false;
        }
        moves || changed.elapsed() >= SETTLED || !self.shared.picture().is_lossy()
    }
}

/// The one who writes.
struct Thread {
    writer: Writer,
    began: Instant,
    watched: PathBuf,
    progress: Arc<Progress>,
    failed: Arc<dyn Fn(&Error) + Send + Sync>,
    meter: Arc<Meter>,
}

impl Thread {
    fn run(mut self, items: &Receiver<Item>) {
        let mut counted = 0;
        loop {
            // What the round before has written.
            let written = self.writer.seal().bytes;
            self.meter.recorded.add(&[], written.saturating_sub(counted));
            counted = written;
            let time = u32::try_from(self.began.elapsed().as_millis()).unwrap_or(u32::MAX);
            let due = self.writer.due(time).map_or(WATCH, |due| Duration::from_millis(due.into()));
            let done = match items.recv_timeout(due) {
                Ok(Item::Entry(time, entry)) => self.writer.add(time, &entry),
                Ok(Item::Cut(time, cut)) => self.picture(time, &cut),
                Ok(Item::Finish(answer)) => {
                    let time = self.writer.time();
                    // Nobody waits for it when it took too long.
                    let finished = self.writer.finish(time);
                    let written = finished.as_ref().map_or(counted, |seal| seal.bytes);
                    self.meter.recorded.add(&[], written.saturating_sub(counted));
                    let _ = answer.send(finished);
                    return;
                }
                Ok(Item::Discard) => return self.writer.discard(),
                Err(RecvTimeoutError::Timeout) => self.look(),
                // The session ended by a bug of ours: what there is stays readable.
                Err(RecvTimeoutError::Disconnected) => {
                    let _ = self.writer.flush();
                    return;
                }
            };
            // What goes on without a pause is written in time, too.
            let now = u32::try_from(self.began.elapsed().as_millis()).unwrap_or(u32::MAX);
            let done = done.and_then(|()| match self.writer.due(now) {
                Some(0) => self.look(),
                _ => Ok(()),
            });
            *self.progress.seal.lock().unwrap_or_else(PoisonError::into_inner) = self.writer.seal();
            self.progress.whole.store(self.writer.whole_due(), Ordering::Relaxed);
            if let Err(error) = done {
                (self.failed)(&error);
                return ended(items, error);
            }
        }
    }

    fn picture(&mut self, time: u32, cut: &Cut) -> Result<(), Error> {
        let bytes = cut.encode().bytes;
        let entry = if cut.is_whole() { Entry::Whole(bytes) } else { Entry::Picture(bytes) };
        let added = self.writer.add(time, &entry);
        self.progress.pictures.fetch_sub(1, Ordering::Relaxed);
        added
    }

    /// Writes what waits, and looks whether the files are where they were.
    fn look(&mut self) -> Result<(), Error> {
        self.writer.flush()?;
        if !self.writer.is_there() {
            return Err(Error::Gone { path: self.writer.path().to_owned() });
        }
        match self.watched.try_exists() {
            Ok(true) => Ok(()),
            _ => Err(Error::Gone { path: self.watched.clone() }),
        }
    }
}

/// Takes what still comes to a recording that failed, until its end is asked for.
fn ended(items: &Receiver<Item>, error: Error) {
    while let Ok(item) = items.recv() {
        if let Item::Finish(answer) = item {
            let _ = answer.send(Err(error));
            return;
        }
    }
}
