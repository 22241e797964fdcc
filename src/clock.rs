//! The clock: the one place that asks the machine for the time.

use jiff::SignedDuration;
pub use jiff::Timestamp;
pub use jiff::tz::TimeZone;

/// Where the time comes from: the machine, or a fixed moment in tests of code that needs one.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// The machine's clock (UTC).
    #[default]
    System,
    /// A moment that does not pass.
    Fixed(Timestamp),
}

impl Clock {
    /// The time now.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(moment) => *moment,
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z, as RFC 6238 counts (its T0 is the Unix epoch).
    pub fn unix_millis(&self) -> u64 {
        u64::try_from(self.now().as_millisecond()).unwrap_or(0)
    }
}

/// A moment, and what a clock on the wall of this machine shows at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The moment.
    pub at: Timestamp,
    /// The hour, 0 to 23.
    pub hour: i8,
    /// The day of the week as ISO 8601 counts: 1 is Monday, 7 is Sunday.
    pub weekday: i8,
}

impl Moment {
    /// The moment `at` in the zone of this machine (`TZ`, else `/etc/localtime`); in UTC where it has none.
    pub fn here(at: Timestamp) -> Self {
        Self::within(at, &TimeZone::system())
    }

    /// The moment `at` in the zone `zone`.
    pub fn within(at: Timestamp, zone: &TimeZone) -> Self {
        let local = at.to_zoned(zone.clone());
        Self { at, hour: local.hour(), weekday: local.weekday().to_monday_one_offset() }
    }

    /// Reads `2026-03-01T08:00:00Z`, or `2026-03-01T08:00` as a clock of this machine shows it.
    pub fn read(text: &str) -> Option<Self> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(Self::here(at));
        }
        let local: jiff::civil::DateTime = text.parse().ok()?;
        Some(Self::here(local.to_zoned(TimeZone::system()).ok()?.timestamp()))
    }
}

/// How far a clock is ahead that showed the second `date` at some moment between two others: at the least.
pub fn apart(date: Timestamp, before: Timestamp, after: Timestamp) -> SignedDuration {
    let second = SignedDuration::from_secs(1);
    let end = date.checked_add(second).unwrap_or(date);
    if date > after {
        date.duration_since(after)
    } else if end < before {
        end.duration_since(before)
    } else {
        SignedDuration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, apart};

    #[test]
    fn a_clock_is_apart_by_what_cannot_be_explained_otherwise() {
        let at = |text: &str| format!("2026-11-22T12:00:{text}Z").parse::<Timestamp>().unwrap();
        for (date, before, after, millis) in [
            ("10", "10.2", "10.3", 0),
            ("10", "10.9", "11.4", 0),
            ("11", "10.9", "10.95", 50),
            ("40", "10.0", "10.5", 29_500),
            ("10", "11.0", "11.5", 0),
            ("10", "41.0", "41.5", -30_000),
        ] {
            let skew = apart(at(date), at(before), at(after));
            assert_eq!(skew.as_millis(), millis, "{date} {before} {after}");
        }
    }
}
