//! Readiness: whether doorward can take sessions now, and what keeps it from that.

use std::path::Path;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use tokio::sync::Mutex;

use super::Portal;
use crate::diagnostic::chain;

/// How long an answer holds: anybody may ask, and each look writes.
const FRESH: Duration = Duration::from_secs(2);

/// With less room, in bytes, a disk counts as nearly full: sessions that run need some of it for their end.
const ROOM: u64 = 256 * 1024 * 1024;

/// What is looked at, each with the words for the case that it does not hold. They are told to whoever asks, so they
/// hold neither paths nor names; the log has those.
const CHECKS: [(&str, &str); 4] = [
    ("record", "it cannot be written, so no session can begin"),
    ("disk", "less than 256 MiB are free where the record and the recordings are"),
    ("policies", "they have errors, so nothing new is permitted"),
    ("running", "doorward is being stopped"),
];

/// What was seen last.
#[derive(Default)]
pub(super) struct Readiness(Mutex<Option<(Instant, [bool; 3])>>);

/// Each check by its name, and whether it holds.
pub(super) type Seen = [(&'static str, bool); 4];

impl Readiness {
    /// Looks, unless somebody did just now.
    pub(super) async fn look(&self, portal: &Portal) -> Seen {
        let ground = &portal.ground;
        let mut last = self.0.lock().await;
        let now = match *last {
            Some((when, seen)) if when.elapsed() < FRESH => seen,
            before => {
                let before = before.map_or([true; 3], |(_, seen)| seen);
                let record = ground.store.probe().await;
                if let (Err(error), true) = (&record, before[0]) {
                    tracing::error!("the record cannot be written: {}", chain(error, ": "));
                }
                let free = room(&ground.state);
                let disk = free.is_none_or(|free| free >= ROOM);
                if before[1] && !disk {
                    let state = ground.state.display();
                    tracing::error!("{state} is on a disk that is nearly full: readyz says so");
                }
                let seen = [record.is_ok(), disk, !ground.policies.now().is_broken()];
                *last = Some((Instant::now(), seen));
                seen
            }
        };
        let [record, disk, policies] = now;
        let mut all = [record, disk, policies, !ground.broker.is_stopping()].into_iter();
        CHECKS.map(|(name, _)| (name, all.next().unwrap_or_default()))
    }
}

/// How many bytes are free where the state is, or its recordings, which may have a disk of their own; `None` where the
/// system does not tell.
pub(super) fn room(state: &Path) -> Option<u64> {
    [state.to_owned(), state.join("recordings")].iter().filter_map(|path| free(path)).min()
}

#[cfg(unix)]
fn free(path: &Path) -> Option<u64> {
    let about = rustix::fs::statvfs(path).ok()?;
    Some(about.f_bavail.saturating_mul(about.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

/// `GET /readyz`: 200, or 503 with a line for each check that does not hold.
pub(super) async fn readyz(State(portal): State<Portal>) -> Response {
    let seen = portal.readiness.look(&portal).await;
    let failed: String = CHECKS
        .iter()
        .zip(seen)
        .filter(|(_, (_, holds))| !holds)
        .map(|((name, words), _)| format!("{name}: {words}\n"))
        .collect();
    match failed.as_str() {
        "" => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "10")], failed).into_response(),
    }
}
