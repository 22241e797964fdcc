//! A meter: what this process has counted and timed since its start, for those who run doorward.
//!
//! Every name is of doorward, a phase, a vault of the configuration, a word of the record or a cause that a connector
//! names; people, accounts and addresses are no labels. Nothing here knows who asks for it.

mod count;
mod exposition;
mod process;
mod spread;

pub use count::Count;
pub use exposition::{Exposition, Kind};
pub use process::process;
pub use spread::Spread;

/// The counts and times of one process.
#[derive(Debug)]
pub struct Meter {
    /// Sessions that began.
    pub started: Count,
    /// Sessions that ended, by outcome and cause.
    pub ended: Count,
    /// Sessions that were refused before they began, by cause.
    pub refused: Count,
    /// How long the phases of sign-ins took.
    pub phases: Spread,
    /// What vaults were asked, by vault, request and result.
    pub vaults: Count,
    /// Requests to the portal that were denied, by cause.
    pub denied: Count,
    /// What pages of sessions tried and did not get, by the word of the record.
    pub attempts: Count,
    /// Sign-ins to the portal, by how they went.
    pub sign_ins: Count,
    /// Bytes that viewers of live sessions were sent.
    pub sent: Count,
    /// Bytes of recordings that are on the disk.
    pub recorded: Count,
    /// Recordings that could not be begun or went no further.
    pub unrecorded: Count,
    /// Spans that the collector of traces did not take.
    pub untraced: Count,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            started: Count::new("doorward_sessions_started_total", "Sessions that began.", &[]),
            ended: Count::new(
                "doorward_sessions_ended_total",
                "Sessions that ended, by outcome and cause.",
                &["outcome", "cause"],
            ),
            refused: Count::new(
                "doorward_sessions_refused_total",
                "Sessions that were refused before a vault was asked, by cause.",
                &["cause"],
            ),
            phases: Spread::new(
                "doorward_sign_in_seconds",
                "How long a sign-in took: plan, vault (until the last account was there), browser (until it was there; \
                 both at the same time), sign-in (the rows).",
                "phase",
            ),
            vaults: Count::new(
                "doorward_vault_requests_total",
                "What vaults were asked, by vault, request and result.",
                &["vault", "request", "result"],
            ),
            denied: Count::new(
                "doorward_requests_denied_total",
                "Requests to the portal that were denied and are on record, by cause.",
                &["cause"],
            ),
            attempts: Count::new(
                "doorward_page_attempts_denied_total",
                "What pages of live sessions tried and did not get, by the action on record.",
                &["action"],
            ),
            sign_ins: Count::new(
                "doorward_portal_sign_ins_total",
                "Sign-ins to the portal, by result.",
                &["result"],
            ),
            sent: Count::new(
                "doorward_viewer_sent_bytes_total",
                "Bytes that viewers of live sessions were sent.",
                &[],
            ),
            recorded: Count::new(
                "doorward_recording_written_bytes_total",
                "Bytes of recordings that were written.",
                &[],
            ),
            unrecorded: Count::new(
                "doorward_recordings_failed_total",
                "Recordings that could not be begun or went no further.",
                &[],
            ),
            untraced: Count::new(
                "doorward_trace_spans_lost_total",
                "Spans that the collector of traces did not take.",
                &[],
            ),
        }
    }
}

impl Meter {
    /// Writes all of it.
    pub fn write(&self, to: &mut Exposition) {
        for count in [
            &self.started,
            &self.ended,
            &self.refused,
            &self.vaults,
            &self.denied,
            &self.attempts,
            &self.sign_ins,
            &self.sent,
            &self.recorded,
            &self.unrecorded,
            &self.untraced,
        ] {
            count.write(to);
        }
        self.phases.write(to);
    }
}
