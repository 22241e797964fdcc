//! Codes of any kind as a site checks them, each once: what a page's form says of them in its action.

use doorward::secret::Secret;
use totp_rs::{Algorithm, Builder, Totp};

/// How a code is made; the page's query says what differs from RFC 6238's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Deserialize)]
pub(crate) struct Kind {
    /// `SHA1`, `SHA256`, `SHA512`.
    #[serde(default = "sha1")]
    pub(crate) algorithm: String,
    /// Of text: a query that is read in two steps has no numbers.
    #[serde(default = "six")]
    pub(crate) digits: String,
    /// Seconds.
    #[serde(default = "thirty")]
    pub(crate) period: String,
    /// How many codes the site says it has seen before, though they are right.
    #[serde(default = "none")]
    pub(crate) seen: String,
    /// By how many seconds the clock is ahead that codes are checked by.
    #[serde(default = "none")]
    pub(crate) ahead: String,
}

impl Default for Kind {
    fn default() -> Self {
        Self { algorithm: sha1(), digits: six(), period: thirty(), seen: none(), ahead: none() }
    }
}

fn sha1() -> String {
    "SHA1".into()
}

fn six() -> String {
    "6".into()
}

fn thirty() -> String {
    "30".into()
}

fn none() -> String {
    "0".into()
}

impl Kind {
    /// Those that live this many seconds.
    pub(crate) fn of_period(seconds: u64) -> Self {
        Self { period: seconds.to_string(), ..Self::default() }
    }

    /// Seconds.
    pub(crate) fn seconds(&self) -> u64 {
        self.period.parse().unwrap()
    }
}

/// Why a code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It was right, and somebody has signed in with it or with a later one already.
    Used,
    /// It is none of the last half minute.
    Wrong,
}

/// The codes of one seed, and the last one that was taken.
pub(crate) struct Codes {
    totp: Totp,
    period: u64,
    seen: u32,
    last: Option<u64>,
}

impl Codes {
    /// The codes of a base32 seed.
    pub(crate) fn new(seed: &Secret, kind: &Kind) -> Self {
        let period = kind.seconds();
        let totp = Builder::new()
            .with_algorithm(match kind.algorithm.as_str() {
                "SHA256" => Algorithm::SHA256,
                "SHA512" => Algorithm::SHA512,
                _ => Algorithm::SHA1,
            })
            .with_digits(kind.digits.parse().unwrap())
            .with_skew(0)
            .with_step_duration(period)
            .with_secret(data_encoding::BASE32_NOPAD.decode(seed.expose().as_bytes()).unwrap())
            .build_noncompliant();
        Self { totp, period, seen: kind.seen.parse().unwrap(), last: None }
    }

    /// The period that `code` is of, at `seconds` since 1970 or in the half minute before (two periods at
    /// least), so that a slow machine is no wrong code.
    pub(crate) fn counter(&self, code: &str, seconds: u64) -> Option<u64> {
        (0..=(30 / self.period).max(1))
            .find_map(|back| self.totp.check(code.trim(), seconds - back * self.period))
    }

    /// Takes `code` if it is newer than the last that was taken.
    ///
    /// # Errors
    /// [`Refused`] says why not.
    pub(crate) fn verify(&mut self, code: &str, seconds: u64) -> Result<(), Refused> {
        let counter = self.counter(code, seconds).ok_or(Refused::Wrong)?;
        if self.last.is_some_and(|last| counter <= last) {
            return Err(Refused::Used);
        }
        self.last = Some(counter);
        match self.seen.checked_sub(1) {
            None => Ok(()),
            Some(left) => {
                self.seen = left;
                Err(Refused::Used)
            }
        }
    }

    /// The code of `seconds`.
    pub(crate) fn at(&self, seconds: u64) -> String {
        self.totp.generate(seconds).to_string()
    }
}
