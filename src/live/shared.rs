//! What a live session's course and its viewers share: the picture, what is being told, and what is asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, broadcast, mpsc, watch};

use super::approval::Approval;
use super::card::{Card, Stage};
use super::company::{Company, Seat};
use super::files::Files;
use super::intake::Given;
use super::tape::Tape;
use crate::name::UserName;
use crate::session::Progress;
use crate::stream::{Deed, Hold, Note, Picture, Update};

/// How many notes a viewer may be behind; one that is more gets what stands now.
const NOTES: usize = 64;

/// How many files are told to a viewer that joins; it shows no more.
const LATE: usize = 4;

/// How many deeds may wait for the browser; a person does not get there.
const DEEDS: usize = 512;

/// The one place that the course of a session writes and its viewers read.
pub(super) struct Shared {
    user: UserName,
    state: Mutex<State>,
    picture: Mutex<Picture>,
    /// The number of the last change of the picture.
    changed: watch::Sender<u64>,
    notes: broadcast::Sender<Note>,
    wishes: mpsc::Sender<Wish>,
    /// Wakes the course: a viewer came or went, or the end is asked for.
    pub(super) wake: Notify,
    over: watch::Sender<bool>,
    /// What somebody else said to it, where its connector wants that.
    approval: watch::Sender<Option<Approval>>,
}

/// What is wished of the course.
pub(super) enum Wish {
    /// A deed of a viewer's.
    Deed(Deed),
    /// Files for the page.
    Give(Given),
}

struct State {
    card: Card,
    /// What stands: the curtain or its absence, the tabs, the history, the pointer, a dialog.
    curtain: Note,
    screen: Option<Note>,
    tabs: Option<Note>,
    history: Option<Note>,
    cursor: Option<Note>,
    dialog: Option<Note>,
    company: Company,
    /// The files that can be had, those of late.
    downloads: VecDeque<Note>,
    /// Whether the page that asked for files takes several; `None` when none has.
    asked: Option<bool>,
    /// From the begin of the course to its end.
    files: Option<Arc<Files>>,
    /// What is recorded, from the moment at which the curtain goes up.
    tape: Option<Arc<Tape>>,
    /// Who asked for the end.
    end: Option<String>,
    ended: Option<Instant>,
    /// The last update, and what it led from: viewers of one session mostly need the same.
    made: Option<(u64, Update)>,
    /// The last deed that the browser has.
    deed: u32,
}

impl Shared {
    /// A session behind its curtain, and what is wished of its course.
    /// `is_watched`: its connector wants somebody who watches.
    pub(super) fn new(card: Card, is_watched: bool) -> (Self, mpsc::Receiver<Wish>) {
        let (wishes, wished) = mpsc::channel(DEEDS);
        let shared = Self {
            user: card.user.clone(),
            state: Mutex::new(State {
                card,
                curtain: Note::Curtain { row: 0, of: 0, text: String::new() },
                screen: None,
                tabs: None,
                history: None,
                cursor: None,
                dialog: None,
                company: Company::new(is_watched),
                downloads: VecDeque::new(),
                asked: None,
                files: None,
                tape: None,
                end: None,
                ended: None,
                made: None,
                deed: 0,
            }),
            picture: Mutex::default(),
            changed: watch::Sender::new(0),
            notes: broadcast::Sender::new(NOTES),
            wishes,
            wake: Notify::new(),
            over: watch::Sender::new(false),
            approval: watch::Sender::new(None),
        };
        (shared, wished)
    }

    /// Whose it is.
    pub(super) fn user(&self) -> &UserName {
        &self.user
    }

    /// As lists show it.
    pub(super) fn card(&self) -> Card {
        let state = self.state();
        let (watchers, hold) = (state.company.names(), state.company.now());
        let held_by = state.company.by().cloned();
        Card { watchers, hold, held_by, ..state.card.clone() }
    }

    /// How many viewers there are.
    pub(super) fn viewers(&self) -> usize {
        self.state().card.viewers
    }

    /// A viewer came.
    pub(super) fn joins(&self, seat: &Seat) {
        self.state().card.viewers += 1;
        if let Seat::Watch(who) = seat {
            self.company(|company| company.joins(who.clone()));
        }
        self.wake.notify_one();
    }

    /// A viewer went.
    pub(super) fn leaves(&self, seat: &Seat) {
        {
            let mut state = self.state();
            state.card.viewers = state.card.viewers.saturating_sub(1);
        }
        if let Seat::Watch(who) = seat {
            self.company(|company| company.leaves(who));
        }
        self.wake.notify_one();
    }

    /// Lets the session go on, stops it, or gives it to `by`; `false` where they take what they do not see.
    pub(super) fn hold(&self, hold: Hold, by: &UserName) -> bool {
        self.company(|company| company.hold(hold, by))
    }

    /// Changes the company, and tells of it where it is another one then.
    fn company<T>(&self, change: impl FnOnce(&mut Company) -> T) -> T {
        let mut state = self.state();
        let before = state.company.note();
        let done = change(&mut state.company);
        let after = state.company.note();
        // Under the same lock: who sees that it is so has been told so.
        let tape = match before != after && !self.is_over() {
            true => self.told(&mut state, &after),
            false => None,
        };
        drop(state);
        if let Some(tape) = tape {
            tape.note(&after);
        }
        done
    }

    /// Whether the deeds of one who sits there pass.
    pub(super) fn passes(&self, seat: &Seat) -> bool {
        self.state().company.passes(seat)
    }

    /// Whether one who sits there sees the pictures.
    pub(super) fn shows_to(&self, seat: &Seat) -> bool {
        self.state().company.shows(seat)
    }

    /// It waits for somebody else to approve of it.
    pub(super) fn waits(&self) {
        self.state().card.stage = Stage::Waiting;
        let text = "waiting for somebody to approve of it".to_owned();
        self.tell(Note::Curtain { row: 0, of: 0, text });
    }

    /// Whether it waits for that.
    pub(super) fn is_waiting(&self) -> bool {
        self.state().card.stage == Stage::Waiting && self.approval.borrow().is_none()
    }

    /// Somebody else's word; `false` where none is waited for, or one was said before.
    pub(super) fn say(&self, approval: Approval) -> bool {
        if !self.is_waiting() || self.end_asked().is_some() {
            return false;
        }
        self.approval.send_if_modified(|said| {
            let is_first = said.is_none();
            if is_first {
                *said = Some(approval);
            }
            is_first
        })
    }

    /// What somebody else says to it.
    pub(super) fn approvals(&self) -> watch::Receiver<Option<Approval>> {
        self.approval.subscribe()
    }

    /// What the sign-in is doing, for the card on the curtain.
    pub(super) fn progress(&self, progress: Progress) {
        let (row, of, text) = match progress {
            Progress::Row { number, of, text } => (number, of, text),
            Progress::Recorded => (0, 0, "asking the vault, starting the browser".to_owned()),
            Progress::Browser(_) => (0, 0, "the browser is there".to_owned()),
            Progress::Page(page) => (0, 0, format!("opening {page}")),
            Progress::CodeWait { why, wait } => {
                return self.curtain_text(format!("waiting {} s: {why}", wait.as_secs() + 1));
            }
            Progress::StillWaiting { reason, .. } => return self.curtain_text(reason),
            Progress::CodeRefused => {
                return self
                    .curtain_text("the site refused the code; the next one is tried".to_owned());
            }
            Progress::SignedIn => return self.curtain_text("signed in".to_owned()),
            _ => return,
        };
        self.curtain(row, of, text);
    }

    /// The curtain, with another text.
    pub(super) fn curtain_text(&self, text: String) {
        let Note::Curtain { row, of, .. } = self.state().curtain else { return };
        self.curtain(row, of, text);
    }

    fn curtain(&self, row: usize, of: usize, text: String) {
        {
            let mut state = self.state();
            state.card.stage = Stage::SigningIn { row, of, text: text.clone() };
            if state.end.is_some() {
                return;
            }
        }
        self.tell(Note::Curtain { row, of, text });
    }

    /// Tells every viewer, and those that come later where it stands.
    pub(super) fn tell(&self, note: Note) {
        let mut state = self.state();
        let tape = self.told(&mut state, &note);
        drop(state);
        // Not under it: a tape without room asks for the end.
        if let Some(tape) = tape {
            tape.note(&note);
        }
    }

    /// The same, under the lock; what is to be recorded it is for.
    fn told(&self, state: &mut State, note: &Note) -> Option<Arc<Tape>> {
        match note {
            // The sign-in has just come to its end, and so will the session.
            Note::Live { .. } if state.end.is_some() => return None,
            Note::Curtain { .. } | Note::Live { .. } | Note::Ending { .. } | Note::Ended { .. } => {
                state.curtain = note.clone();
            }
            Note::Screen { .. } if state.screen.as_ref() == Some(note) => return None,
            Note::Screen { .. } => state.screen = Some(note.clone()),
            Note::Tabs { .. } => state.tabs = Some(note.clone()),
            Note::History { .. } if state.history.as_ref() == Some(note) => return None,
            Note::History { .. } => state.history = Some(note.clone()),
            Note::Cursor { .. } => state.cursor = Some(note.clone()),
            Note::Dialog { .. } => state.dialog = Some(note.clone()),
            Note::DialogClosed => state.dialog = None,
            Note::Upload { multiple } => state.asked = Some(*multiple),
            Note::Download { .. } => {
                state.downloads.truncate(LATE - 1);
                state.downloads.push_front(note.clone());
            }
            _ => {}
        }
        // A viewer that joins gets each note once, as standing or as news.
        let _ = self.notes.send(note.clone());
        state.tape.clone()
    }

    /// What stands now, and the news from now on.
    pub(super) fn join(&self) -> (Vec<Note>, broadcast::Receiver<Note>) {
        let state = self.state();
        let standing = [&state.screen, &state.tabs, &state.history, &state.cursor, &state.dialog];
        let mut notes = vec![state.curtain.clone(), state.company.note()];
        if self.is_lifted(&state) {
            notes.extend(standing.into_iter().flatten().cloned());
            notes.extend(state.downloads.iter().rev().cloned());
        }
        (notes, self.notes.subscribe())
    }

    /// Whether the curtain is up.
    fn is_lifted(&self, state: &State) -> bool {
        matches!(state.curtain, Note::Live { .. })
    }

    /// The page that shows.
    pub(super) fn shows(&self, url: &str) {
        self.state().card.stage = Stage::Live { url: url.to_owned() };
    }

    /// The picture, to change it. Nothing is in it before the curtain is up.
    pub(super) fn picture(&self) -> MutexGuard<'_, Picture> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The picture has changed, and the browser had taken `deed` by then.
    pub(super) fn changed(&self, number: u64, deed: u32) {
        self.state().deed = deed;
        self.changed.send_replace(number);
    }

    /// The number of the picture's last change, whenever it is another.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// What a viewer needs that has seen the change `seen`; nothing while the curtain is down.
    pub(super) fn update(&self, seen: u64) -> Option<Update> {
        let deed = {
            let state = self.state();
            if !self.is_lifted(&state) {
                return None;
            }
            match &state.made {
                Some((from, update))
                    if *from == seen && update.number == *self.changed.borrow() =>
                {
                    return Some(update.clone());
                }
                _ => state.deed,
            }
        };
        let update = self.picture().update(seen, deed)?;
        self.state().made = Some((seen, update.clone()));
        Some(update)
    }

    /// Takes a deed to the browser; `false` while the curtain is down, when none passes. Whose deeds pass
    /// [`Shared::passes`] says.
    pub(super) fn deed(&self, deed: Deed) -> bool {
        if !self.is_lifted(&self.state()) {
            return false;
        }
        self.wishes.try_send(Wish::Deed(deed)).is_ok()
    }

    /// Takes files to the page; `false` when the course is over.
    pub(super) async fn give(&self, given: Given) -> bool {
        self.wishes.send(Wish::Give(given)).await.is_ok()
    }

    /// Whether files may be given: what the connector says, once the curtain is up.
    pub(super) fn takes_files(&self) -> Option<bool> {
        match self.state().curtain {
            Note::Live { uploads, .. } => Some(uploads),
            _ => None,
        }
    }

    /// Whether the page that asked for files takes several; `None` when none has.
    pub(super) fn asked(&self) -> Option<bool> {
        self.state().asked
    }

    /// The page has got its files, or asks no more.
    pub(super) fn asks_no_more(&self) {
        self.state().asked = None;
    }

    /// Keeps the folder of the session from now on.
    pub(super) fn keep(&self, files: Arc<Files>) {
        self.state().files = Some(files);
    }

    /// The folder of the session, while there is one.
    pub(super) fn files(&self) -> Option<Arc<Files>> {
        self.state().files.clone()
    }

    /// Removes the files.
    pub(super) fn remove_files(&self) {
        let files = self.state().files.take();
        if let Some(files) = files {
            files.remove();
        }
    }

    /// Records what is told from now on.
    pub(super) fn record_on(&self, tape: Arc<Tape>) {
        self.state().tape = Some(tape);
    }

    /// What is recorded, where it is.
    pub(super) fn tape(&self) -> Option<Arc<Tape>> {
        self.state().tape.clone()
    }

    /// Asks for the end; who asked first is on record. From then on nothing is shown and no deed passes: how long a
    /// browser and a vault take to be left makes no difference.
    pub(super) fn ask_end(&self, by: &str) {
        let is_first = {
            let mut state = self.state();
            let is_first = state.end.is_none();
            state.end.get_or_insert_with(|| by.to_owned());
            is_first
        };
        if is_first && !self.is_over() {
            self.tell(Note::Ending { by: by.to_owned() });
        }
        self.wake.notify_one();
    }

    /// Who asked for the end.
    pub(super) fn end_asked(&self) -> Option<String> {
        self.state().end.clone()
    }

    /// The session is over: no browser, and its last row is on record.
    pub(super) fn end(&self, outcome: &str, text: String) {
        {
            let mut state = self.state();
            state.card.stage = Stage::Ended { outcome: outcome.to_owned(), text: text.clone() };
            state.ended = Some(Instant::now());
            state.tape = None;
            state.made = None;
        }
        self.tell(Note::Ended { outcome: outcome.to_owned(), text });
        *self.picture() = Picture::default();
        self.over.send_replace(true);
    }

    /// Whether it is over.
    pub(super) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Whether it has been over for so long.
    pub(super) fn is_over_since(&self, time: Duration) -> bool {
        self.state().ended.is_some_and(|ended| ended.elapsed() >= time)
    }

    /// Returns when it is over.
    pub(super) async fn over(&self) {
        let _ = self.over.subscribe().wait_for(|over| *over).await;
    }

    /// Returns when the session is over and its last viewer has gone.
    pub(super) async fn left(&self) {
        while self.viewers() > 0 {
            self.wake.notified().await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
