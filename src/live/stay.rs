//! The stay: a signed-in session while people see and use it, and what ends it.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::exchange::{Exchange, Trouble};
use super::files::Files;
use super::recorder::{Recorder, UNTOUCHED};
use super::shared::{Shared, Wish};
use crate::activity::{self, Action};
use crate::browser::{Attempt, Error, Pace, Screen, Seen, Wanted};
use crate::connector::{Clipboard, Permissions};
use crate::recording::{self, Seal};
use crate::session::Signed;
use crate::stream::{Deed, Note, Taken};

/// A picture that has not changed for this time is shown without loss.
const STILL: Duration = Duration::from_millis(400);

/// Pictures go on for this time after the last deed, or until they stop by themselves; then they trickle.
const TOUCHED: Duration = Duration::from_secs(2);

/// As many pictures since the last deed are an animation that runs by itself.
const ANIMATED: u32 = 30;

/// How often something that moves by itself is shown.
const GLIMPSE: Duration = Duration::from_millis(500);

/// After as many glimpses without a change nothing moves any more.
const UNMOVED: u32 = 6;

/// How often it is put on record how far a recording has come.
const SEALED: Duration = Duration::from_secs(5 * 60);

/// How long before its end by time a session says so; of a short limit a quarter.
const NOTICE: Duration = Duration::from_secs(60);

/// Keeps the session until somebody or something ends it, and says who or what.
pub(super) async fn stay(
    signed: &mut Signed<'_>,
    shared: &Shared,
    wishes: &mut mpsc::Receiver<Wish>,
    files: &Files,
    permissions: &Permissions,
    recorder: Option<&Recorder>,
    (idle, lasts): (Duration, Duration),
) -> Result<String, Error> {
    let allowed = std::mem::take(&mut signed.allowed_urls);
    let (mut screen, attempts) = signed.browser.screen(allowed).await?;
    shared.tell(Note::Live {
        clipboard: match permissions.clipboard {
            Clipboard::No => "no",
            Clipboard::In => "in",
            Clipboard::Out => "out",
            Clipboard::Both => "yes",
        }
        .to_owned(),
        uploads: permissions.uploads,
        downloads: permissions.downloads,
        print: permissions.print,
    });
    shared.tell(screen.size());
    let mut stay = Stay::new(shared, permissions, recorder, idle, lasts);
    let mut exchange = Exchange::new(shared, files, permissions.downloads);
    loop {
        if let Some(by) = shared.end_asked() {
            return Ok(by);
        }
        if let Some(how) = stay.over() {
            return Ok(how.to_owned());
        }
        if let Some(recorder) = recorder {
            recorder.moves(stay.is_animated());
        }
        screen.pace(stay.pace());
        let due = stay.due();
        let done = tokio::select! {
            biased;
            Some(wish) = wishes.recv() => match wish {
                Wish::Deed(Deed::Print) if permissions.print => {
                    stay.touch();
                    stay.record(&Deed::Print);
                    exchange.print(&screen);
                    Ok(())
                }
                Wish::Deed(deed) => {
                    stay.deed(&mut screen, deed);
                    Ok(())
                }
                Wish::Give(given) => {
                    stay.touch();
                    exchange.give(signed, &mut screen, given).await
                }
            },
            seen = screen.next() => match seen {
                Seen::Download(download) => exchange.download(signed, download).await,
                Seen::Printed { title, pdf } => exchange.printed(signed, &title, pdf).await,
                seen => {
                    if !stay.seen(&screen, seen) {
                        return Ok(match signed.browser.is_gone() {
                            true => "the browser, which ended unexpectedly",
                            false => "the page, which closed its last window",
                        }
                        .to_owned());
                    }
                    Ok(())
                }
            },
            () = shared.wake.notified() => Ok(()),
            attempt = attempts.next() => {
                let noted = signed.note_attempt(&attempt).await;
                stay.tried(&attempt);
                if attempt.wanted == Wanted::Print && attempt.allowed {
                    exchange.print(&screen);
                }
                noted.map_err(Trouble::from)
            }
            () = tokio::time::sleep_until((Instant::now() + due).into()) => {
                stay.settle(&mut screen);
                stay.seal(signed).await.map_err(Trouble::from)
            }
        };
        if let Err(trouble) = done {
            if let Trouble::Unrecorded(error) = &trouble {
                tracing::error!("{error}");
            }
            return Ok(trouble.to_string());
        }
    }
}

/// What a stay keeps in mind.
struct Stay<'a> {
    shared: &'a Shared,
    permissions: &'a Permissions,
    idle: Duration,
    until: Instant,
    /// The last deed.
    touched: Instant,
    /// Pictures that changed something, since then.
    pictures: u32,
    /// Glimpses that showed no change, in a row.
    unmoved: u32,
    /// When the last glimpse was asked for.
    glimpsed: Instant,
    /// When the picture changed last, while it is lossy.
    lossy: Option<Instant>,
    noticed: bool,
    recorder: Option<&'a Recorder>,
    seals: Seals,
}

/// When it is put on record how far the recording has come.
struct Seals {
    due: Instant,
    last: Option<Seal>,
}

impl Seals {
    /// The first is due after a while: the begin of a recording is on record.
    fn new(now: Instant) -> Self {
        Self { due: now + SEALED, last: None }
    }

    /// What goes on record now, if anything does. Where nothing happened there is nothing new to seal.
    fn take(&mut self, now: Instant, seal: impl FnOnce() -> Seal) -> Option<Seal> {
        if now < self.due {
            return None;
        }
        let seal = seal();
        let is_new = self.last != Some(seal);
        (self.last, self.due) = (Some(seal), now + SEALED);
        is_new.then_some(seal)
    }
}

impl<'a> Stay<'a> {
    fn new(
        shared: &'a Shared,
        permissions: &'a Permissions,
        recorder: Option<&'a Recorder>,
        idle: Duration,
        lasts: Duration,
    ) -> Self {
        let now = Instant::now();
        Self {
            shared,
            permissions,
            idle,
            until: now + lasts,
            touched: now,
            pictures: 0,
            unmoved: 0,
            glimpsed: now,
            lossy: None,
            noticed: false,
            recorder,
            seals: Seals::new(now),
        }
    }

    /// What ended it, when time did.
    fn over(&self) -> Option<&'static str> {
        if self.touched.elapsed() >= self.idle {
            return Some("its idle limit");
        }
        (Instant::now() >= self.until).then_some("its time limit")
    }

    /// When it ends by time, as things stand.
    fn end(&self) -> Instant {
        self.until.min(self.touched + self.idle)
    }

    /// How long before its end it says so.
    fn notice(&self) -> Duration {
        NOTICE.min(self.idle / 4)
    }

    /// How often pictures are wanted.
    fn pace(&self) -> Pace {
        if !self.is_watched() {
            return Pace::Paused;
        }
        match self.is_animated() {
            true => Pace::Trickle,
            false => Pace::Full,
        }
    }

    /// Whether somebody sees it, or a recording does.
    fn is_watched(&self) -> bool {
        self.shared.viewers() > 0 || self.recorder.is_some()
    }

    /// How often something that moves by itself is looked at.
    fn glimpse(&self) -> Duration {
        if self.shared.viewers() > 0 { GLIMPSE } else { UNTOUCHED }
    }

    /// Whether something moves that nobody touches.
    fn is_animated(&self) -> bool {
        self.pictures >= ANIMATED && self.touched.elapsed() >= TOUCHED
    }

    /// How long until there is something to do that nobody tells of.
    fn due(&self) -> Duration {
        let end = self.end();
        let notice = end.checked_sub(self.notice()).filter(|_| !self.noticed);
        let settle = self.lossy.filter(|_| !self.is_animated()).map(|changed| changed + STILL);
        let watched = self.is_watched();
        let glimpse = (watched && self.is_animated()).then(|| self.glimpsed + self.glimpse());
        // Whether it is an animation shows when nobody has touched it for a while.
        let judge = (watched && self.pictures >= ANIMATED && !self.is_animated())
            .then(|| self.touched + TOUCHED);
        let held = self.recorder.and_then(|recorder| recorder.tape().due());
        let seal = self.recorder.map(|_| self.seals.due);
        let all = [notice, settle, glimpse, judge, held, seal];
        let first = all.into_iter().flatten().fold(end, Instant::min);
        first.saturating_duration_since(Instant::now())
    }

    /// Does what is due.
    fn settle(&mut self, screen: &mut Screen) {
        let left = self.end().saturating_duration_since(Instant::now());
        if !self.noticed && left <= self.notice() {
            self.noticed = true;
            let why = match self.until <= self.touched + self.idle {
                true => "the session reaches its time limit",
                false => "nobody has touched the session: it ends",
            };
            let seconds = left.as_secs_f64().ceil();
            self.shared.tell(Note::Notice { text: format!("{why} in {seconds} s") });
        }
        if let Some(recorder) = self.recorder {
            recorder.tape().expire();
        }
        if self.is_animated() && self.glimpsed.elapsed() >= self.glimpse() {
            self.glimpsed = Instant::now();
            screen.glimpse();
        }
        if !self.is_animated() && self.lossy.is_some_and(|changed| changed.elapsed() >= STILL) {
            self.lossy = None;
            screen.exact(self.shared.picture().number());
        }
    }

    /// Puts on record from time to time how far the recording has come.
    async fn seal(&mut self, signed: &Signed<'_>) -> Result<(), activity::Error> {
        let Some(recorder) = self.recorder else { return Ok(()) };
        match self.seals.take(Instant::now(), || recorder.seal()) {
            Some(seal) => signed.note(Action::RecordingSealed, "", &recording::sealed(&seal)).await,
            None => Ok(()),
        }
    }

    /// Records what a person did.
    fn record(&self, deed: &Deed) {
        if let Some(recorder) = self.recorder {
            recorder.tape().deed(deed);
        }
    }

    /// Takes in what came from the browser; `false` when it is gone.
    fn seen(&mut self, screen: &Screen, seen: Seen) -> bool {
        match seen {
            Seen::Picture(jpeg) => {
                let mut picture = self.shared.picture();
                let taken = picture.take(jpeg);
                let number = picture.number();
                drop(picture);
                match taken {
                    Ok(Taken::Same) => {
                        self.unmoved += 1;
                        if self.unmoved >= UNMOVED {
                            self.pictures = 0;
                        }
                    }
                    Ok(Taken::Changed(_)) => {
                        self.unmoved = 0;
                        self.pictures = self.pictures.saturating_add(1);
                        self.lossy = Some(Instant::now());
                        self.shared.changed(number, screen.last_deed());
                    }
                    Err(error) => tracing::warn!("{error}"),
                }
            }
            Seen::Exact { of, png } => {
                let mut picture = self.shared.picture();
                // One that changed meanwhile is asked for again when it is still.
                let taken = (picture.number() == of).then(|| picture.take_exact(&png));
                let number = picture.number();
                drop(picture);
                match taken {
                    Some(Ok(Taken::Changed(_))) => self.shared.changed(number, screen.last_deed()),
                    Some(Err(error)) => tracing::warn!("{error}"),
                    _ => {}
                }
            }
            Seen::Tabs => {
                self.shared.shows(&place(screen.url()));
                self.shared.tell(screen.tabs());
            }
            Seen::History { back, forward } => self.shared.tell(Note::History { back, forward }),
            Seen::Cursor(shape) => self.shared.tell(Note::Cursor { shape }),
            Seen::Choices(note) | Seen::Dialog(note) => self.shared.tell(note),
            Seen::Crashed => {
                let text = "the page has crashed: reload it".to_owned();
                self.shared.tell(Note::Notice { text });
            }
            Seen::DialogClosed => self.shared.tell(Note::DialogClosed),
            Seen::Typed(echo) => {
                if let Some(recorder) = self.recorder {
                    recorder.tape().echo(echo);
                }
            }
            Seen::Copied(text) => {
                if matches!(self.permissions.clipboard, Clipboard::Out | Clipboard::Both) {
                    self.shared.tell(Note::Clipboard { text });
                }
            }
            // Where it is not allowed, it is an attempt.
            Seen::FilesAsked { multiple } if self.permissions.uploads => {
                self.shared.tell(Note::Upload { multiple });
            }
            Seen::FilesAsked { .. } => {}
            // They have gone another way.
            Seen::Download(_) | Seen::Printed { .. } => {}
            Seen::Gone => return false,
        }
        true
    }

    /// A person has done something.
    fn touch(&mut self) {
        self.touched = Instant::now();
        self.pictures = 0;
        self.noticed = false;
    }

    /// Does what a person did, where the connector allows it.
    fn deed(&mut self, screen: &mut Screen, deed: Deed) {
        if !matches!(deed, Deed::Resize { .. }) {
            self.touch();
        }
        match deed {
            Deed::Paste { .. }
                if !matches!(self.permissions.clipboard, Clipboard::In | Clipboard::Both) =>
            {
                self.denied("pasting into it");
            }
            // Where it is allowed it has gone another way.
            Deed::Print => self.denied("printing it"),
            deed => {
                self.record(&deed);
                screen.pace(self.pace());
                screen.deed(&deed);
                if matches!(deed, Deed::Resize { .. }) {
                    self.shared.tell(screen.size());
                }
            }
        }
    }

    /// Tells what a page tried and did not get.
    fn tried(&self, attempt: &Attempt) {
        let what = match attempt.wanted {
            _ if attempt.allowed => return,
            Wanted::Navigation => format!("going to {}", attempt.url),
            Wanted::Popup => format!("a window with {}", attempt.url),
            Wanted::Download => "saving files from it".to_owned(),
            Wanted::Upload => "sending files to it".to_owned(),
            Wanted::Print => "printing it".to_owned(),
            Wanted::Permission(name) => format!("what the page asks for: {name}"),
            Wanted::ServiceWorker | Wanted::WebRtc | Wanted::DeveloperTools => return,
        };
        self.denied(&what);
    }

    fn denied(&self, what: &str) {
        let text = format!("the connector of this application does not allow {what}");
        self.shared.tell(Note::Notice { text });
    }
}

/// Origin and path of a URL: what stands behind them can be anything.
fn place(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{SEALED, Seal, Seals};

    #[test]
    fn how_far_a_recording_has_come_is_sealed_every_five_minutes() {
        assert_eq!(SEALED, Duration::from_secs(300));
        let begin = Instant::now();
        let mut seals = Seals::new(begin);
        // When it is looked, how many pieces there are, and whether that is put on record.
        for (seconds, pieces, expected) in [
            (0, 1, false),
            (299, 40, false),
            (300, 41, true),
            (301, 42, false),
            (599, 50, false),
            // A little late, as a busy machine is: the next one is five minutes later all the same.
            (607, 51, true),
            (906, 60, false),
            // Nothing happened meanwhile.
            (907, 51, false),
            (908, 61, false),
            (1_207, 61, true),
            (1_600, 61, false),
        ] {
            let seal = Seal { pieces, bytes: u64::from(pieces) * 100, link: [7; 32] };
            let taken = seals.take(begin + Duration::from_secs(seconds), || seal);
            assert_eq!(taken, expected.then_some(seal), "at {seconds} s");
            assert!(seals.due > begin + Duration::from_secs(seconds), "it would be asked in vain");
        }
    }
}
