//! The clock: the one place that asks the machine for the time.

pub use jiff::Timestamp;

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
