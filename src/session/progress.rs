//! Progress: what a session is doing, for whoever wants to show it. No secret is in it.

use std::time::Duration;

/// One thing to show.
#[derive(Debug, Clone)]
pub enum Progress {
    /// The record has its first row; the session has its id.
    Recorded,
    /// An account was taken from its vault.
    Account {
        /// `target account`, `logon account`, `reconcile account`.
        role: &'static str,
        /// Its REF and user name.
        account: String,
    },
    /// The browser is there.
    Browser(String),
    /// A page is being opened: its origin and path.
    Page(String),
    /// A row began.
    Row {
        /// From 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// What it does, as templates.
        text: String,
    },
    /// A row was skipped, and why.
    Skipped {
        /// From 1.
        number: usize,
        /// Why.
        why: &'static str,
    },
    /// A request carries the secret of a sealed row in the place of what was typed.
    Sealed {
        /// From 1.
        number: usize,
        /// Origin and path of the request.
        to: String,
        /// How it is written: `form`, `JSON`, ….
        writing: &'static str,
    },
    /// A row still waits for its element, and why it is not ready.
    StillWaiting {
        /// From 1.
        number: usize,
        /// The reason that was seen last.
        reason: String,
    },
    /// The session waits for the next one-time code.
    CodeWait {
        /// Why.
        why: &'static str,
        /// How long.
        wait: Duration,
    },
    /// The clock of the site is apart from this machine's, as its answers prove.
    Skew {
        /// How far it is ahead, in seconds; negative where it is behind.
        seconds: i64,
        /// Whether the code is computed for the site's time.
        corrected: bool,
    },
    /// The site refused a code; the next one is tried, once.
    CodeRefused,
    /// A dialog of the page was answered.
    Dialog(String),
    /// A person is asked to do something in the window.
    Handover(String),
    /// A navigation outside of `AllowedURLs` was refused.
    NavigationRefused(String),
    /// The picture was saved there.
    Screenshot(String),
    /// The session is the operator's.
    HandedOver,
    /// The sign-in was confirmed.
    SignedIn,
}
