//! A skew: how far the clock of a site is ahead of this machine's, as the site's own answers prove.

use jiff::SignedDuration;

use super::run::Run;
use super::{Error, Progress};
use crate::browser::Dated;
use crate::clock::{Timestamp, apart};
use crate::connector::{Act, Template, Verb};
use crate::plan::Stage;

/// Clocks that are nearer to each other are taken to be right.
const LEAST: SignedDuration = SignedDuration::from_secs(2);

/// An answer that takes longer says too little of the moment at which it was made.
const SLOWEST: SignedDuration = SignedDuration::from_secs(3);

/// Codes are computed for a clock that is apart by this at most. Further away is no clock that somebody keeps, and a code
/// of a far hour is nobody's to ask for.
const MOST: SignedDuration = SignedDuration::from_mins(5);

/// What is known of a site's clock when a code is to be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skew {
    /// How far it is ahead at the least; negative where it is behind. Zero where nothing proves that it is apart.
    ahead: SignedDuration,
    /// Whether the code is computed for its time.
    corrected: bool,
}

impl Run<'_, '_> {
    /// From now on, or no more, sites are heard when they say what time it is: where codes are to be typed.
    pub(super) async fn keep_dates(&mut self, on: bool) -> Result<(), Error> {
        let codes = |stage: &Stage| matches!(stage, Stage::Row(step, _) if matches!(step.verb, Verb::Act(_, Act::Totp(..))));
        if self.armed.plan.stages.iter().any(codes) {
            self.page.keep_dates(on).await?;
        }
        Ok(())
    }

    /// How far the clock of `origin` is ahead, and whether the code of `template` is computed for it; told, where it is
    /// apart. It is the site that takes the code or does not, so its clock counts. A front may tell the time of a machine
    /// other than the one that takes codes: the second code, after one that was refused, is of this machine's time.
    pub(super) fn skew(&self, origin: &str, template: &Template) -> Skew {
        let none = Skew { ahead: SignedDuration::ZERO, corrected: false };
        let Some(ahead) = self.page.dated(origin).and_then(|dated| proved(&dated)) else {
            return none;
        };
        let corrected =
            ahead.abs() <= MOST && self.refused_codes == 0 && !self.armed.is_computed(template);
        (self.progress)(Progress::Skew { seconds: ahead.as_secs(), corrected });
        Skew { ahead, corrected }
    }
}

impl Skew {
    /// By how many milliseconds codes are computed ahead of this machine's time.
    pub(super) fn millis(self) -> i64 {
        if self.corrected { i64::try_from(self.ahead.as_millis()).unwrap_or(0) } else { 0 }
    }

    /// The facts for the record; none where the clocks agree.
    pub(super) fn on_record(self) -> Vec<(String, String)> {
        if self.ahead.is_zero() {
            return Vec::new();
        }
        let fact = |name: &str, value: String| (name.to_owned(), value);
        vec![
            fact("site_clock_ahead", format!("{}s", self.ahead.as_secs())),
            fact("corrected", self.corrected.to_string()),
        ]
    }
}

/// How far the clock is ahead at the least that `dated` is of, where it is proved to be apart. Of the times that it may show
/// now this is the earliest: a code of it is of the site's period or just before, and never one that is still to come.
fn proved(dated: &Dated) -> Option<SignedDuration> {
    let date = jiff::fmt::rfc2822::parse(&dated.date).ok()?.timestamp();
    let moment = |millis| Timestamp::from_millisecond(millis).ok();
    let (asked, answered) = (moment(dated.asked)?, moment(dated.answered)?);
    let is_apart = apart(date, asked, answered).abs() >= LEAST;
    let is_prompt = answered.duration_since(asked) <= SLOWEST;
    (is_apart && is_prompt).then(|| date.duration_since(answered))
}

#[cfg(test)]
mod tests {
    use super::proved;
    use crate::browser::Dated;
    use crate::clock::Timestamp;

    #[test]
    fn a_skew_is_what_a_date_proves() {
        let millis = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        for (date, asked, answered, ahead) in [
            ("Sun, 22 Nov 2026 12:00:00 GMT", "12:00:00.9", "12:00:01.2", None),
            // Two seconds behind, and one of them may be the answer's own.
            ("Sun, 22 Nov 2026 12:00:00 GMT", "12:00:02.2", "12:00:02.3", None),
            ("Sun, 22 Nov 2026 12:00:00 GMT", "12:00:03.2", "12:00:04.1", Some(-4)),
            ("Sun, 22 Nov 2026 12:01:30 GMT", "12:00:00.0", "12:00:00.5", Some(89)),
            // An answer that took long proves little.
            ("Sun, 22 Nov 2026 12:00:00 GMT", "11:59:00", "12:02:00", None),
            ("Sun, 22 Nov 2026 12:00:00 GMT", "11:59:00", "11:59:04", None),
            ("Sun, 22 Nov 2026 12:00:00 GMT", "11:59:00", "11:59:03", Some(57)),
            ("no date", "12:00:00", "12:00:00", None),
            ("", "12:00:00", "12:00:00", None),
        ] {
            let at = |time: &str| millis(&format!("2026-11-22T{time}Z"));
            let dated = Dated { date: date.into(), asked: at(asked), answered: at(answered) };
            let seconds = proved(&dated).map(|ahead| ahead.as_secs());
            assert_eq!(seconds, ahead, "{date} {asked} {answered}");
        }
    }
}
