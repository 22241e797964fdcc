//! One-time codes as a careful site checks them: RFC 6238, each code once.

use data_encoding::BASE32_NOPAD;
use totp_rs::{Algorithm, Builder, Totp};

use crate::secret::Secret;

/// Seconds that a code lives (RFC 6238 section 5.2 recommends 30).
const PERIOD: u64 = 30;

/// Why a code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It was right, and somebody has signed in with it or with a later one already.
    Used,
    /// It is not the code of this period nor of the one before.
    Wrong,
}

/// The codes of one seed, and the last one that was taken.
pub struct Codes {
    totp: Totp,
    last: Option<u64>,
}

impl Codes {
    /// The codes of a base32 seed; blanks, dashes, lower case and missing padding are fine. `None` when
    /// it is not base32 or empty.
    pub fn new(seed: &Secret) -> Option<Self> {
        let text: String = seed
            .expose()
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '='))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let bytes = BASE32_NOPAD.decode(text.as_bytes()).ok().filter(|bytes| !bytes.is_empty())?;
        // Seeds of 80 bits are common, and shorter than what the crate calls compliant.
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(0)
            .with_step_duration(PERIOD)
            .with_secret(bytes)
            .build_noncompliant();
        Some(Self { totp, last: None })
    }

    /// Takes `code` if it is the one of the period of `seconds` (since 1970) or of the one before, and newer
    /// than the last that was taken.
    ///
    /// # Errors
    /// [`Refused`] says why not.
    pub fn verify(&mut self, code: &str, seconds: u64) -> Result<(), Refused> {
        let counter = [seconds, seconds.saturating_sub(PERIOD)]
            .into_iter()
            .find_map(|moment| self.totp.check(code.trim(), moment))
            .ok_or(Refused::Wrong)?;
        if self.last.is_some_and(|last| counter <= last) {
            return Err(Refused::Used);
        }
        self.last = Some(counter);
        Ok(())
    }
}
