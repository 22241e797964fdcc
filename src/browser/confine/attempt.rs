//! An attempt: what a page of a live session wanted and did not get; equal ones are counted, so that a page
//! in a loop does not fill the record.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// How long equal attempts are counted before they are told again: twice as long each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(64);

/// When an attempt is forgotten that does not come again.
const MEMORY: Duration = Duration::from_secs(10);

/// How many different ones are remembered; what comes beside them is counted by its kind alone.
const MOST: usize = 32;

/// What a page of a live session wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// To go, or to have a frame go, where it may not: `AllowedURLs`, another scheme, another program.
    Navigation,
    /// A window that leads where it may not, or one too many.
    Popup,
    /// To save a file.
    Download,
    /// To have a file of the person's.
    Upload,
    /// To be printed.
    Print,
    /// A permission, by the browser's name of it.
    Permission(&'static str),
    /// A service worker.
    ServiceWorker,
    /// WebRTC.
    WebRtc,
    /// A page of the browser's own, or its developer tools.
    DeveloperTools,
}

/// What a page wanted, how often, and whether it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What it wanted.
    pub wanted: Wanted,
    /// Where to, or on which page: origin and path, no query and no fragment; empty where it is not known.
    pub url: String,
    /// How often since it was told last.
    pub times: usize,
    /// Whether it may: of what is allowed only [`Wanted::Print`] is told, for somebody to do it.
    pub allowed: bool,
}

/// The attempts of a session, as they come. Cheap to clone; each attempt is told once.
#[derive(Debug, Clone, Default)]
pub struct Attempts(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    known: Mutex<Vec<Known>>,
    news: Notify,
}

#[derive(Debug)]
struct Known {
    attempt: Attempt,
    last: Instant,
    /// When it may be told next.
    due: Instant,
    pause: Duration,
}

impl Attempts {
    /// Returns the next attempt, when there is one.
    pub async fn next(&self) -> Attempt {
        loop {
            let news = self.0.news.notified();
            let wait = match self.take(Instant::now()) {
                Ok(attempt) => return attempt,
                Err(wait) => wait,
            };
            match wait {
                Some(wait) => {
                    let _ = tokio::time::timeout(wait, news).await;
                }
                None => news.await,
            }
        }
    }

    /// Takes in what was wanted at `url`, which is cut to origin and path.
    pub(super) fn push(&self, wanted: Wanted, url: &str, allowed: bool) {
        self.count(wanted, &plain(url), allowed, Instant::now());
        self.0.news.notify_one();
    }

    fn count(&self, wanted: Wanted, url: &str, allowed: bool, now: Instant) {
        let mut known = self.known();
        known.retain(|known| {
            known.attempt.times > 0 || now.duration_since(known.last) < MEMORY.max(known.pause)
        });
        let is_new = !known.iter().any(|known| known.is(wanted, url, allowed));
        let url = if is_new && known.len() >= MOST { "" } else { url };
        if let Some(known) = known.iter_mut().find(|known| known.is(wanted, url, allowed)) {
            known.attempt.times += 1;
            known.last = now;
            return;
        }
        let attempt = Attempt { wanted, url: url.to_owned(), times: 1, allowed };
        known.push(Known { attempt, last: now, due: now, pause: FIRST_PAUSE });
    }

    /// The next that is due, or how long until one is.
    fn take(&self, now: Instant) -> Result<Attempt, Option<Duration>> {
        let mut known = self.known();
        let pending = known.iter_mut().filter(|known| known.attempt.times > 0);
        let Some(first) = pending.min_by_key(|known| known.due) else { return Err(None) };
        if first.due > now {
            return Err(Some(first.due.duration_since(now)));
        }
        let attempt = first.attempt.clone();
        first.attempt.times = 0;
        first.due = now + first.pause;
        first.pause = (first.pause * 2).min(LONGEST_PAUSE);
        Ok(attempt)
    }

    /// A lock that a panic elsewhere does not close: every change under it is complete in itself.
    fn known(&self) -> MutexGuard<'_, Vec<Known>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is(&self, wanted: Wanted, url: &str, allowed: bool) -> bool {
        let Attempt { wanted: own, url: place, allowed: may, .. } = &self.attempt;
        (*own, place.as_str(), *may) == (wanted, url, allowed)
    }
}

/// Origin and path of a URL, as it may stand in the record: a query and what follows `mailto:` may be anybody's.
fn plain(url: &str) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else { return String::new() };
    if let Some(inner) = url.strip_prefix("blob:").and_then(|inner| url::Url::parse(inner).ok()) {
        return format!("blob:{}", inner.origin().ascii_serialization());
    }
    if parsed.cannot_be_a_base() {
        return format!("{}:", parsed.scheme());
    }
    parsed.set_query(None);
    parsed.set_fragment(None);
    let _ = parsed.set_username("");
    let _ = parsed.set_password(None);
    let mut text = parsed.to_string();
    // A path can be as long as a page likes.
    if let Some((at, _)) = text.char_indices().nth(512) {
        text.truncate(at);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_cut_to_origin_and_path() {
        for (url, expected) in [
            ("https://a.example/x?secret=1#y", "https://a.example/x"),
            ("https://name:secret@a.example/", "https://a.example/"),
            ("mailto:jane@a.example?body=secret", "mailto:"),
            ("data:text/html,secret", "data:"),
            ("file:///etc/passwd", "file:///etc/passwd"),
            ("blob:https://a.example/0000-1111", "blob:https://a.example"),
            ("acme-app:go", "acme-app:"),
            ("chrome://settings/?x", "chrome://settings/"),
            ("no url", ""),
            ("", ""),
        ] {
            assert_eq!(plain(url), expected, "{url}");
        }
        assert_eq!(plain(&format!("https://a.example/{}", "x".repeat(9999))).len(), 512);
    }

    #[test]
    fn equal_attempts_are_counted_and_told_ever_more_rarely() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        let (mut told, mut counted) = (0, 0);
        // A page that prints a hundred times a second, for five minutes.
        for step in 0..30_000 {
            let now = start + Duration::from_millis(step * 10);
            attempts.count(Wanted::Print, "https://a.example/", false, now);
            while let Ok(attempt) = attempts.take(now) {
                told += 1;
                counted += attempt.times;
            }
        }
        assert!((5..12).contains(&told), "{told}");
        let rest = attempts.take(start + Duration::from_secs(600)).unwrap();
        assert_eq!(counted + rest.times, 30_000, "none is lost");
        assert_eq!(attempts.take(start + Duration::from_secs(9999)), Err(None));
    }

    #[test]
    fn ever_other_attempts_are_counted_by_their_kind() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        for number in 0..10_000 {
            attempts.count(Wanted::Navigation, &format!("https://a.example/{number}"), false, now);
            attempts.count(Wanted::Popup, "https://a.example/", false, now);
        }
        let mut told = Vec::new();
        while let Ok(attempt) = attempts.take(now) {
            told.push(attempt);
        }
        assert!(told.len() <= MOST + 2, "{}", told.len());
        assert_eq!(told.iter().map(|attempt| attempt.times).sum::<usize>(), 20_000);
        // Forgotten, the same is new again.
        let later = now + MEMORY * 2;
        attempts.count(Wanted::Navigation, "https://a.example/1", false, later);
        let first = attempts.take(later).unwrap();
        assert_eq!((first.url.as_str(), first.times), ("https://a.example/1", 1));
    }
}
