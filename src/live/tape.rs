//! A tape: what a session gives to its recording, besides pictures. Nothing here waits; what finds no room is a
//! failure and no gap.
//!
//! Keys are held until the document that got them has told that they went into no secret field. What nobody tells of,
//! because the page was busy or is gone, is masked.

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::recorder::Item;
use crate::browser::Echo;
use crate::recording::{Entry, Error, Moment, What};
use crate::stream::{Deed, Key, Modifiers, MouseKind, Note, Tab, TouchKind};

/// How long a key is held until the page says where it went: a busy machine takes its time, and what nobody told of is masked.
const HELD: Duration = Duration::from_secs(5);

/// How often a place of the pointer, or the wheel, is recorded.
const PLACES: Duration = Duration::from_millis(250);

/// What stands for a key that is not to be known.
const MASK: &str = "•";

/// What a session gives to its recording.
pub(super) struct Tape {
    began: Instant,
    to: SyncSender<Item>,
    held: Mutex<Held>,
    /// Told when there is no room.
    failed: Arc<dyn Fn(&Error) + Send + Sync>,
    path: std::path::PathBuf,
}

#[derive(Default)]
struct Held {
    queue: VecDeque<Waiting>,
    placed: Option<Instant>,
    rolled: Option<Instant>,
}

/// A deed on its way: behind a key that is held everything waits, so that the order stays.
struct Waiting {
    time: u32,
    since: Instant,
    deed: Deed,
    /// Whether it waits for a document to tell.
    unsure: bool,
}

impl Tape {
    /// A tape that begins at `began`, for the recording at `path`.
    pub(super) fn new(
        began: Instant,
        to: SyncSender<Item>,
        path: std::path::PathBuf,
        failed: Arc<dyn Fn(&Error) + Send + Sync>,
    ) -> Self {
        Self { began, to, held: Mutex::default(), failed, path }
    }

    /// The time, as entries have it.
    pub(super) fn time(&self) -> u32 {
        u32::try_from(self.began.elapsed().as_millis()).unwrap_or(u32::MAX)
    }

    /// The file.
    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Hands something to the one who writes.
    pub(super) fn send(&self, item: Item) {
        match self.to.try_send(item) {
            // Who writes has failed, and told so.
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => (self.failed)(&Error::Behind { path: self.path.clone() }),
        }
    }

    /// What viewers are told.
    pub(super) fn note(&self, note: &Note) {
        let note = match note {
            Note::Clipboard { text } => return self.moment(What::Copied, amount(text)),
            // Of no use without a viewer.
            Note::History { .. } | Note::Curtain { .. } => return,
            Note::Tabs { tabs, active } => {
                Note::Tabs { tabs: tabs.iter().map(placed).collect(), active: active.clone() }
            }
            note => note.clone(),
        };
        self.send(Item::Entry(self.time(), Entry::Note(note)));
    }

    /// Something that is told to nobody.
    pub(super) fn moment(&self, what: What, text: String) {
        let time = self.time();
        self.send(Item::Entry(time, Entry::Moment(Moment { time, what, text })));
    }

    /// What a person did, as it is handed to the browser.
    pub(super) fn deed(&self, deed: &Deed) {
        let now = Instant::now();
        let mut held = self.held();
        let due = |last: &mut Option<Instant>| {
            let due = last.is_none_or(|last| now.duration_since(last) >= PLACES);
            if due {
                *last = Some(now);
            }
            due
        };
        let unsure = match deed {
            Deed::Key(key) if key.down => true,
            Deed::Text { .. } => true,
            Deed::Mouse { kind: MouseKind::Down, .. } => false,
            Deed::Touch { kind: TouchKind::Start, .. } => false,
            Deed::Mouse { kind: MouseKind::Move, .. }
            | Deed::Touch { kind: TouchKind::Move, .. }
                if due(&mut held.placed) =>
            {
                false
            }
            Deed::Wheel { .. } if due(&mut held.rolled) => false,
            Deed::Paste { text } => {
                drop(held);
                return self.moment(What::Pasted, amount(text));
            }
            Deed::Back
            | Deed::Forward
            | Deed::Reload
            | Deed::Stop
            | Deed::Show { .. }
            | Deed::Close { .. }
            | Deed::Answer { .. }
            | Deed::Choose { .. }
            | Deed::Print => false,
            // Releases, what is being composed, and sizes: the text and the screen are told.
            _ => return,
        };
        held.queue.push_back(Waiting { time: self.time(), since: now, deed: deed.clone(), unsure });
        self.release(held);
    }

    /// What a document told of a key or text that it got.
    pub(super) fn echo(&self, echo: Echo) {
        let mut held = self.held();
        let is_key = matches!(echo, Echo::Key(_));
        let told = match &echo {
            Echo::Key(told) | Echo::Text(told) => told.as_deref(),
        };
        let waits = |waiting: &Waiting, wanted: Option<&str>| {
            waiting.unsure
                && match &waiting.deed {
                    Deed::Key(key) => is_key && wanted.is_none_or(|wanted| wanted == key.key),
                    Deed::Text { text, .. } => {
                        !is_key && wanted.is_none_or(|wanted| wanted == text)
                    }
                    _ => false,
                }
        };
        let Some(at) = held.queue.iter().position(|waiting| waits(waiting, told)) else { return };
        for waiting in held.queue.range_mut(..at).filter(|waiting| waiting.unsure) {
            // Its own document has told nothing, and this one came later.
            waiting.mask();
        }
        let waiting = &mut held.queue[at];
        match told {
            Some(_) => waiting.unsure = false,
            None => waiting.mask(),
        }
        self.release(held);
    }

    /// Masks what nobody told of in time.
    pub(super) fn expire(&self) {
        let mut held = self.held();
        for waiting in held.queue.iter_mut().filter(|waiting| waiting.since.elapsed() >= HELD) {
            if waiting.unsure {
                waiting.mask();
            }
        }
        self.release(held);
    }

    /// When [`Tape::expire`] has something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        self.held().queue.front().map(|waiting| waiting.since + HELD)
    }

    /// Gives out all that is held, masked.
    pub(super) fn end(&self) {
        let mut held = self.held();
        for waiting in held.queue.iter_mut().filter(|waiting| waiting.unsure) {
            waiting.mask();
        }
        self.release(held);
    }

    fn release(&self, mut held: MutexGuard<'_, Held>) {
        while held.queue.front().is_some_and(|waiting| !waiting.unsure) {
            if let Some(Waiting { time, mut deed, .. }) = held.queue.pop_front() {
                // Which key it was on Windows, and how the viewer counted it, says nothing to an auditor.
                if let Deed::Key(key) = &mut deed {
                    (key.windows, key.number) = (0, 0);
                }
                self.send(Item::Entry(time, Entry::Deed(deed)));
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn mask(&mut self) {
        self.unsure = false;
        match &mut self.deed {
            // They type nothing, and say what was done with what was typed.
            Deed::Key(key) if matches!(key.key.as_str(), "Enter" | "Tab") => {}
            Deed::Key(key) => {
                *key = Key {
                    down: true,
                    key: MASK.to_owned(),
                    code: String::new(),
                    windows: 0,
                    location: 0,
                    repeat: false,
                    modifiers: Modifiers::default(),
                    number: 0,
                };
            }
            Deed::Text { text, .. } => *text = MASK.repeat(text.chars().count()),
            _ => {}
        }
    }
}

/// How much a text is.
fn amount(text: &str) -> String {
    match text.chars().count() {
        1 => "1 character".to_owned(),
        count => format!("{count} characters"),
    }
}

/// A tab without what stands behind the path of its address: anything can.
pub(super) fn placed(tab: &Tab) -> Tab {
    let place = |url: &str| url.split(['?', '#']).next().unwrap_or_default().to_owned();
    // Without a title, the address stands in its place.
    let title = if tab.title == tab.url { place(&tab.url) } else { tab.title.clone() };
    Tab { title, url: place(&tab.url), ..tab.clone() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, sync_channel};
    use std::time::Instant;

    use super::{Echo, Item, Tape};
    use crate::recording::Entry;
    use crate::stream::{Deed, Key, Modifiers};

    fn tape() -> (Tape, Receiver<Item>) {
        let (to, from) = sync_channel(64);
        (Tape::new(Instant::now(), to, "x".into(), Arc::new(|error| panic!("{error}"))), from)
    }

    fn key(name: &str) -> Deed {
        Deed::Key(Key {
            down: true,
            key: name.to_owned(),
            code: format!("Key{name}"),
            windows: 65,
            location: 0,
            repeat: false,
            modifiers: Modifiers(8),
            number: 1,
        })
    }

    fn text(text: &str) -> Deed {
        Deed::Text { text: text.to_owned(), number: 0 }
    }

    /// What came out, as one text; `<` for back.
    fn out(from: &Receiver<Item>) -> String {
        let mut all = String::new();
        while let Ok(Item::Entry(_, Entry::Deed(deed))) = from.try_recv() {
            match deed {
                Deed::Key(key) => {
                    assert!(key.key != "•" || (key.code.is_empty() && key.modifiers.0 == 0));
                    all.push_str(&key.key);
                }
                Deed::Text { text, .. } => all.push_str(&text),
                Deed::Back => all.push('<'),
                _ => {}
            }
        }
        all
    }

    #[test]
    fn a_key_comes_out_when_its_document_has_told() {
        let open = |key: &str| Echo::Key(Some(key.to_owned()));
        let secret = || Echo::Key(None);
        let (tape, from) = tape();
        tape.deed(&key("a"));
        assert_eq!(out(&from), "", "before anybody told");
        tape.echo(open("a"));
        assert_eq!(out(&from), "a");
        // Into a secret field; Enter and Tab say what was done, and are no part of it.
        for name in ["b", "c", "Enter"] {
            tape.deed(&key(name));
            tape.echo(secret());
        }
        assert_eq!(out(&from), "••Enter");
        // One that is lost does not come out with what is told of another.
        tape.deed(&key("d"));
        tape.deed(&key("e"));
        tape.echo(open("e"));
        assert_eq!(out(&from), "•e");
        // What is told of nothing that waits changes nothing.
        tape.deed(&key("f"));
        tape.echo(open("x"));
        tape.echo(Echo::Text(Some("f".to_owned())));
        assert_eq!(out(&from), "");
        // The order stays.
        tape.deed(&Deed::Back);
        assert_eq!(out(&from), "");
        tape.echo(open("f"));
        assert_eq!(out(&from), "f<");
        tape.deed(&text("né"));
        tape.echo(Echo::Text(Some("né".to_owned())));
        tape.deed(&text("né"));
        tape.echo(Echo::Text(None));
        assert_eq!(out(&from), "né••");
        tape.deed(&key("g"));
        tape.end();
        assert_eq!(out(&from), "•", "what nobody told of");
    }
}
