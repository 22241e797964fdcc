//! Progress on a terminal: a line per phase and row, with the waits explained.

use crate::session::Progress;

/// The line for one step of a session.
pub(super) fn line(progress: &Progress) -> String {
    let text = match progress {
        Progress::Account { role, account } => format!("{role}: {account}"),
        Progress::Browser(name) => format!("browser: {name}"),
        Progress::CodeRefused => {
            "the site refused the one-time code; the next one is tried once".to_owned()
        }
        Progress::CodeWait { why, wait } => {
            format!("one-time code: {why}, waiting {:.0} s for the next", wait.as_secs_f64().ceil())
        }
        Progress::Dialog(text) => format!("the page showed a dialog: {text}"),
        Progress::HandedOver => "the session is yours; close the window to end it".to_owned(),
        Progress::Handover(text) => format!("please do this in the window: {text}"),
        Progress::NavigationRefused(url) => format!("refused by AllowedURLs: {url}"),
        Progress::Page(url) => format!("opening {url}"),
        Progress::Recorded => "on record".to_owned(),
        Progress::Row { number, of, text } => format!("row {number} of {of}: {text}"),
        Progress::Screenshot(path) => format!("screenshot: {path}"),
        Progress::Sealed { number, to, writing } => {
            format!(
                "the secret of row {number} went to {to} ({writing}), and the page never had it"
            )
        }
        Progress::SignedIn => "signed in".to_owned(),
        Progress::Skew { seconds, corrected } => {
            let side = if *seconds > 0 { "ahead of" } else { "behind" };
            let code = match corrected {
                true => "the code is computed for its time",
                false => "the code is of this machine's time all the same",
            };
            format!(
                "the site's clock is {} s {side} this machine's: {code}; synchronise both (NTP)",
                seconds.abs()
            )
        }
        Progress::Skipped { number, why } => format!("row {number} is skipped: {why}"),
        Progress::StillWaiting { number, reason } => {
            format!("row {number} still waits: {reason}")
        }
    };
    format!("{}\n", printable(&text))
}

/// A line of such text.
pub(super) fn printable_line(text: &str) -> String {
    format!("{}\n", printable(text))
}

/// Text of a page or a vault for a terminal: without characters that command it.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
