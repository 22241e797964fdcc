//! Permissions: what people may do in a live session, and how long it lasts; all of it is no, or the broker's
//! own limit, until the connector says otherwise.

use std::time::Duration;

use super::document::flag;
use super::keys::Entry;
use super::report::Report;
use super::scalar;
use super::{Clipboard, Permissions};
use crate::diagnostic::{Code, Diagnostic};

/// The bounds of `MaxIdleTime` and `MaxSessionDuration`: a session that never ends is not a session.
const LIFETIME: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(24 * 3600);

impl Permissions {
    /// What is allowed and limited, in words: `downloads`, `clipboard out`, `with an approver`, `15m idle`. Empty
    /// where nothing is allowed or asked for and the limits are the broker's.
    pub fn words(&self) -> Vec<String> {
        let flags = [
            (self.downloads, "downloads"),
            (self.uploads, "uploads"),
            (self.print, "print"),
            (self.service_workers, "service workers"),
            (self.webrtc, "WebRTC"),
            (self.clipboard == Clipboard::In, "clipboard in"),
            (self.clipboard == Clipboard::Out, "clipboard out"),
            (self.clipboard == Clipboard::Both, "clipboard"),
        ];
        let mut words: Vec<String> =
            flags.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()).collect();
        let eyes = [(self.requires_approver, "an approver"), (self.requires_watcher, "a watcher")];
        words
            .extend(eyes.into_iter().filter(|(is, _)| *is).map(|(_, word)| format!("with {word}")));
        let limits = [(self.max_idle_time, "idle"), (self.max_session_duration, "at most")];
        for (limit, word) in limits {
            words.extend(limit.map(|limit| format!("{} {word}", words_of(limit))));
        }
        words
    }
}

/// A lifetime as connectors write it, in its largest whole unit.
fn words_of(lifetime: Duration) -> String {
    match lifetime.as_secs() {
        seconds if lifetime.subsec_millis() != 0 => {
            format!("{seconds}.{:03}s", lifetime.subsec_millis())
        }
        seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// Reads them from the entries of `TargetSettings`.
pub(super) fn permissions(entries: &[Entry<'_>], report: &mut Report) -> Permissions {
    let find = |name: &str| entries.iter().find(|entry| entry.name == name);
    let yes = |name: &str, report: &mut Report| {
        find(name).and_then(|entry| flag(entry, report)).unwrap_or(false)
    };
    let read = Permissions {
        downloads: yes("AllowDownloads", report),
        uploads: yes("AllowUploads", report),
        print: yes("AllowPrint", report),
        service_workers: yes("AllowServiceWorkers", report),
        webrtc: yes("AllowWebRTC", report),
        clipboard: find("AllowClipboard")
            .and_then(|entry| clipboard(entry, report))
            .unwrap_or_default(),
        max_idle_time: find("MaxIdleTime").and_then(|entry| lifetime(entry, report)),
        max_session_duration: find("MaxSessionDuration").and_then(|entry| lifetime(entry, report)),
        requires_approver: yes("RequireApprover", report),
        requires_watcher: yes("RequireWatcher", report),
    };
    if let (Some(idle), Some(whole)) = (read.max_idle_time, read.max_session_duration)
        && idle > whole
        && let (Some(idle), Some(whole)) = (find("MaxIdleTime"), find("MaxSessionDuration"))
    {
        let message =
            "`MaxIdleTime` is longer than `MaxSessionDuration`, so it never ends a session";
        let span = idle.node.span;
        let found = Diagnostic::error(Code::InvalidValue, &report.source, span, message)
            .related(whole.node.span, "the session is over by then");
        report.push(found.help("make it shorter, or leave it out"));
    }
    read
}

fn clipboard(entry: &Entry<'_>, report: &mut Report) -> Option<Clipboard> {
    let text = scalar::text(entry.node, entry.name, report)?;
    let value = match text.to_ascii_lowercase().as_str() {
        "in" => Some(Clipboard::In),
        "out" => Some(Clipboard::Out),
        _ => scalar::yes(text).map(|both| if both { Clipboard::Both } else { Clipboard::No }),
    };
    if value.is_none() {
        let message = format!("`{text}` is no value of `{}`", entry.name);
        let help = "write `In` (from the viewer into the page), `Out` (from the page to the viewer), \
                    `Yes` (both ways) or `No`";
        report.error(Code::InvalidValue, entry.node.span, message, help);
    }
    value
}

fn lifetime(entry: &Entry<'_>, report: &mut Report) -> Option<Duration> {
    let text = scalar::text(entry.node, entry.name, report)?;
    let value = scalar::lifetime(text).filter(|lifetime| LIFETIME.contains(lifetime));
    if value.is_none() {
        let message = format!("`{text}` is no duration for `{}`", entry.name);
        let help = "write `30s`, `15m` or `8h`, with its unit, from `1s` to `24h`";
        report.error(Code::InvalidValue, entry.node.span, message, help);
    }
    value
}
