//! The report of a launch: what `--format json` prints of it, however it ended.

use std::time::{Duration, Instant};

use crate::cli::print;
use crate::name::{AccountRef, SessionId};
use crate::session::Timings;

/// What is printed on stdout at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Where it signed in, as whom, in what time
    Text,
    /// One object with outcome, cause, row and timings, however it ended
    Json,
}

/// How a launch ended.
#[derive(Default)]
pub(super) struct Ending<'a> {
    pub(super) outcome: &'a str,
    pub(super) cause: Option<&'a str>,
    pub(super) row: Option<usize>,
    pub(super) url: Option<&'a str>,
}

/// What a launch was, as far as it has come.
pub(super) struct Report {
    pub(super) format: Format,
    /// Its id; as it was asked for while that is not known.
    pub(super) connector: String,
    pub(super) account: AccountRef,
    pub(super) began: Instant,
    /// `None` while nothing is on record.
    pub(super) session: Option<SessionId>,
    /// How long it took until the plan and its browser's programs were there.
    pub(super) planned: Option<Duration>,
    /// Of the parts of the sign-in, and of the whole up to its outcome.
    pub(super) timings: Option<(Timings, Duration)>,
}

impl Report {
    /// Prints one object, where one was asked for.
    pub(super) fn print(&self, ending: &Ending<'_>) {
        if self.format == Format::Json {
            print(&self.json(ending));
        }
    }

    fn json(&self, ending: &Ending<'_>) -> String {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let whole = self.began.elapsed();
        let (times, total) = self.timings.unwrap_or((Timings::default(), whole));
        let object = serde_json::json!({
            "session": self.session.map(|session| session.to_string()),
            "connector": self.connector,
            "account": self.account.to_string(),
            "outcome": ending.outcome,
            "cause": ending.cause,
            "row": ending.row,
            "url": ending.url,
            "timings": {
                "plan_ms": ms(self.planned.unwrap_or(whole)),
                "vault_ms": ms(times.vault),
                "browser_ms": ms(times.browser),
                "sign_in_ms": ms(times.sign_in),
                "total_ms": ms(total),
            },
        });
        format!("{object}\n")
    }
}
