//! A seed: the shared secret of time-based one-time codes (RFC 6238), read from what people really
//! have, and the codes that it makes.

use std::time::Duration;

use data_encoding::{BASE32_NOPAD, HEXLOWER_PERMISSIVE, Specification};
use ring::hmac;
use zeroize::Zeroizing;

use super::account::Code;
use crate::clock::Timestamp;
use crate::name::AccountRef;
use crate::otp::{Algorithm, Encoding, Parameters};
use crate::secret::Secret;

#[cfg(test)]
mod tests;
mod uri;

pub use uri::Label;
use uri::Uri;

/// A seed with its parameters. It never leaves the process: the record and the leases know it by
/// its [`Seed::fingerprint`].
pub struct Seed {
    totp: totp_rs::Totp,
    key: Zeroizing<Vec<u8>>,
    algorithm: Algorithm,
    digits: u8,
    period: u64,
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// Why a secret makes no one-time codes. The texts name places and rules, never what was there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// There is nothing in it.
    #[error("the one-time-code secret is empty")]
    Empty,
    /// A character that base32 has not.
    #[error("the one-time-code secret is not base32: character {position} is none of A–Z and 2–7")]
    NotBase32 {
        /// Which character, from 1, blanks and dashes counted.
        position: usize,
        /// Whether the whole text could be hexadecimal.
        hexadecimal: bool,
    },
    /// A number of characters that no base32 text has.
    #[error("the one-time-code secret is cut off: {length} characters are no whole base32 text")]
    CutOff {
        /// Characters without blanks, dashes and padding.
        length: usize,
    },
    /// Hexadecimal was asked for and this is none.
    #[error("the one-time-code secret is not hexadecimal, which `Encoding=hex` says")]
    NotHex,
    /// It begins like a URI and is none.
    #[error("the one-time-code secret begins with `otpauth://` but is no URI")]
    BadUri,
    /// A counter-based seed.
    #[error("the one-time-code secret is of the counter-based kind (HOTP)")]
    CounterBased,
    /// Steam's own kind of code.
    #[error("the one-time-code secret is of Steam's own kind, whose codes are letters")]
    Steam,
    /// An `otpauth://` URI of a type that is none of `totp` and `hotp`.
    #[error("the `otpauth://` URI does not say `totp` as its type")]
    UnknownType,
    /// What Google Authenticator exports: a packet of many seeds.
    #[error("this is an export of an authenticator app (`otpauth-migration://`), not one secret")]
    Export,
    /// The URI has no `secret=`.
    #[error("the `otpauth://` URI has no `secret=`")]
    NoSecret,
    /// The URI says something twice.
    #[error("the `otpauth://` URI says `{parameter}=` twice")]
    Twice {
        /// What it says twice.
        parameter: &'static str,
    },
    /// Digits other than 6, 7 or 8.
    #[error("one-time codes have 6, 7 or 8 digits; {place} says something else")]
    Digits {
        /// Where that is written.
        place: Place,
    },
    /// A period outside 1 s to 3,600 s, or not in whole seconds.
    #[error(
        "a one-time code lives a whole number of seconds, 1 to 3600; {place} says something else"
    )]
    Period {
        /// Where that is written.
        place: Place,
    },
    /// A hash other than SHA-1, SHA-256 and SHA-512.
    #[error("one-time codes are made with SHA1, SHA256 or SHA512; {place} says something else")]
    Algorithm {
        /// Where that is written.
        place: Place,
    },
}

/// Where a parameter of a seed is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the options of the connector's row.
    Row,
    /// In the `otpauth://` URI.
    Uri,
    /// In the export of an authenticator app.
    Export,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Row => "the row",
            Self::Uri => "the `otpauth://` URI",
            Self::Export => "the export",
        })
    }
}

impl SeedError {
    /// What to do next.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Empty | Self::NoSecret => {
                "store the text that the application shows beside its QR code (\"enter the key by hand\")"
            }
            Self::NotBase32 { hexadecimal: true, .. } => {
                "it could be hexadecimal: then the row needs `(Encoding=hex)`"
            }
            Self::NotBase32 { .. } => {
                "is it the password instead of the seed? a seed that is plain text needs `(Encoding=raw)`"
            }
            Self::CutOff { .. } => "copy it again, whole; blanks and dashes in it do not matter",
            Self::NotHex => "leave `(Encoding=hex)` out if it is base32, as most seeds are",
            Self::BadUri | Self::UnknownType | Self::Twice { .. } => {
                "its shape is otpauth://totp/LABEL?secret=BASE32&digits=6&period=30&algorithm=SHA1"
            }
            Self::CounterBased => {
                "only time-based codes (TOTP) can be used; let the application set up a new one"
            }
            Self::Steam => "only codes of digits can be used",
            Self::Export => {
                "set the code up again in the application, and store the key that it shows"
            }
            Self::Digits { .. } => "say `(Digits=6)` in the row: it wins over what the secret says",
            Self::Period { .. } => {
                "say `(Period=30s)` in the row: it wins over what the secret says"
            }
            Self::Algorithm { .. } => {
                "say `(Algorithm=SHA1)` in the row: it wins over what the secret says"
            }
        }
    }
}

impl Seed {
    /// Reads a seed: base32 (read loosely), hexadecimal or raw bytes as `parameters.encoding` says, or
    /// an `otpauth://totp/…` URI. What `parameters` say wins over the URI; what neither says is the
    /// default of RFC 6238 (6 digits, 30 s, SHA-1). Seeds of any length work: 80 bits are common.
    ///
    /// # Errors
    /// [`SeedError`], which never holds the value.
    pub fn read(secret: &Secret, parameters: Parameters) -> Result<Self, SeedError> {
        let text = secret.expose();
        let uri = Uri::of(text.trim())?;
        let digits = match (parameters.digits, &uri) {
            (Some(digits), _) => (6..=8)
                .contains(&digits)
                .then_some(digits)
                .ok_or(SeedError::Digits { place: Place::Row })?,
            (None, Some(Uri { digits: Some(text), .. })) => text
                .parse()
                .ok()
                .filter(|digits| (6..=8).contains(digits))
                .ok_or(SeedError::Digits { place: Place::Uri })?,
            (None, _) => 6,
        };
        let period = match (parameters.period, &uri) {
            (Some(period), _) => Some(period.as_secs())
                .filter(|seconds| period.subsec_nanos() == 0 && PERIODS.contains(seconds))
                .ok_or(SeedError::Period { place: Place::Row })?,
            (None, Some(Uri { period: Some(text), .. })) => text
                .parse()
                .ok()
                .filter(|seconds| PERIODS.contains(seconds))
                .ok_or(SeedError::Period { place: Place::Uri })?,
            (None, _) => 30,
        };
        let algorithm = match (parameters.algorithm, &uri) {
            (Some(algorithm), _) => algorithm,
            (None, Some(Uri { algorithm: Some(text), .. })) => {
                algorithm(text).ok_or(SeedError::Algorithm { place: Place::Uri })?
            }
            (None, _) => Algorithm::Sha1,
        };
        let text = uri.as_ref().map_or(text, |uri| &uri.secret);
        let key = match parameters.encoding.unwrap_or(Encoding::Base32) {
            Encoding::Base32 => base32(text)?,
            Encoding::Hex => hex(text)?,
            Encoding::Raw => Zeroizing::new(text.as_bytes().to_vec()),
        };
        Self::of(key, algorithm, digits, period)
    }

    /// A seed of bytes: `digits` 6 to 8, `period` 1 to 3,600 seconds.
    ///
    /// # Errors
    /// [`SeedError::Empty`], [`SeedError::Digits`] and [`SeedError::Period`].
    pub fn of(
        key: Zeroizing<Vec<u8>>,
        algorithm: Algorithm,
        digits: u8,
        period: u64,
    ) -> Result<Self, SeedError> {
        if key.is_empty() {
            return Err(SeedError::Empty);
        }
        if !(6..=8).contains(&digits) {
            return Err(SeedError::Digits { place: Place::Uri });
        }
        if !PERIODS.contains(&period) {
            return Err(SeedError::Period { place: Place::Uri });
        }
        // `build` refuses keys under 128 bits, which real applications hand out; what it would check
        // beside that was checked above.
        let totp = totp_rs::Builder::new()
            .with_secret(key.to_vec())
            .with_digits(digits)
            .with_step_duration(period)
            .with_algorithm(match algorithm {
                Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
                Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
                Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
            })
            .build_noncompliant();
        Ok(Self { totp, key, algorithm, digits, period })
    }

    /// The seed as an `otpauth://` URI that says all its parameters, for the vault that keeps it.
    pub fn uri(&self, label: &Label) -> Secret {
        let mut text = label.begin();
        text.push_str("?secret=");
        text.push_str(&Zeroizing::new(BASE32_NOPAD.encode(&self.key)));
        if let Some(issuer) = &label.issuer {
            text.push_str("&issuer=");
            text.push_str(&uri::encoded(issuer));
        }
        let algorithm = self.algorithm.word();
        let rest = format!("&algorithm={algorithm}&digits={}&period={}", self.digits, self.period);
        text.push_str(&rest);
        Secret::new(text.to_string())
    }

    /// How many bytes it has.
    pub fn length(&self) -> usize {
        self.key.len()
    }

    /// The hash of its codes.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// How many digits its codes have: 6 to 8.
    pub fn digits(&self) -> u8 {
        self.digits
    }

    /// The code at a moment, in milliseconds since the Unix epoch (RFC 6238's T0 = 0).
    pub fn code_at(&self, unix_millis: u64) -> Code {
        let seconds = unix_millis / 1000;
        let counter = seconds / self.period;
        let end = i64::try_from((counter + 1).saturating_mul(self.period)).ok();
        Code {
            digits: Secret::new(self.totp.generate(seconds).to_string()),
            counter: Some(counter),
            expires: end.and_then(|end| Timestamp::from_second(end).ok()),
        }
    }

    /// Whose a secret says that it is: nothing, where it is no `otpauth://` URI.
    pub fn label(secret: &Secret) -> Label {
        let uri = Uri::of(secret.expose().trim()).ok().flatten();
        uri.map(|uri| uri.label).unwrap_or_default()
    }

    /// What of an `otpauth://` URI is secret: the seed as it is written there.
    pub(super) fn text(uri: &Secret) -> Option<Secret> {
        let uri = Uri::of(uri.expose().trim()).ok().flatten()?;
        Some(Secret::new(uri.secret.to_string()))
    }

    /// Whether `digits` are the code of the period `counter`, in a time that does not tell where they differ.
    pub fn is_code(&self, counter: u64, digits: &str) -> bool {
        let code = self.code_at(counter.saturating_mul(self.period).saturating_mul(1000));
        let right = code.digits.expose().as_bytes();
        let mut differs = u8::from(right.len() != digits.len());
        for (right, given) in right.iter().zip(digits.bytes()) {
            differs |= right ^ given;
        }
        std::hint::black_box(differs) == 0
    }

    /// How long each code lives.
    pub fn period(&self) -> Duration {
        Duration::from_secs(self.period)
    }

    /// What is left of the period at a moment (milliseconds since the Unix epoch): never zero.
    pub fn left(&self, unix_millis: u64) -> Duration {
        let period = self.period * 1000;
        Duration::from_millis(period - unix_millis % period)
    }

    /// HMAC-SHA-256, under `key`, of the seed's bytes and parameters: two sessions that use one seed
    /// find the same value, and nobody finds the seed from it.
    pub fn fingerprint(&self, key: &[u8; 32]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
        context.update(b"doorward one-time-code seed 1\0");
        context.update(&[
            match self.algorithm {
                Algorithm::Sha1 => 1,
                Algorithm::Sha256 => 2,
                Algorithm::Sha512 => 3,
            },
            self.digits,
        ]);
        context.update(&self.period.to_le_bytes());
        context.update(&self.key);
        let mut fingerprint = [0; 32];
        for (to, from) in fingerprint.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        fingerprint
    }
}

impl Code {
    /// HMAC-SHA-256, under `key`, of the digits that the vault gave for `account`: two sessions that were
    /// given one code find the same value.
    pub fn fingerprint(&self, key: &[u8; 32], account: &AccountRef) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
        context.update(b"doorward one-time code 1\0");
        context.update(account.to_string().as_bytes());
        context.update(b"\0");
        context.update(self.digits.expose().as_bytes());
        let mut fingerprint = [0; 32];
        for (to, from) in fingerprint.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        fingerprint
    }
}

/// Whole seconds.
const PERIODS: std::ops::RangeInclusive<u64> = 1..=3600;

/// `SHA1`, `sha-256`, `HMACSHA512`, `HMAC-SHA-1` and their like.
fn algorithm(text: &str) -> Option<Algorithm> {
    let text = text.trim().to_ascii_uppercase().replace(['-', '_'], "");
    match text.strip_prefix("HMAC").unwrap_or(&text) {
        "SHA1" => Some(Algorithm::Sha1),
        "SHA256" => Some(Algorithm::Sha256),
        "SHA512" => Some(Algorithm::Sha512),
        _ => None,
    }
}

/// Base32 as people have it: blanks, dashes, lower case, padding or none, and unused bits that are
/// not zero (as some applications make them) are fine.
fn base32(text: &str) -> Result<Zeroizing<Vec<u8>>, SeedError> {
    let body = text.trim().trim_end_matches('=');
    let mut plain = Zeroizing::new(String::with_capacity(body.len()));
    for (at, character) in body.chars().enumerate() {
        match character.to_ascii_uppercase() {
            c @ ('A'..='Z' | '2'..='7') => plain.push(c),
            '-' => {}
            c if c.is_whitespace() => {}
            _ => {
                let hexadecimal = text
                    .chars()
                    .all(|c| c.is_ascii_hexdigit() || c == '-' || c == ':' || c.is_whitespace());
                return Err(SeedError::NotBase32 { position: at + 1, hexadecimal });
            }
        }
    }
    if plain.is_empty() {
        return Err(SeedError::Empty);
    }
    let mut loose = Specification::new();
    loose.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    loose.check_trailing_bits = false;
    let cut_off = SeedError::CutOff { length: plain.len() };
    let loose = loose.encoding().map_err(|_| cut_off.clone())?;
    loose.decode(plain.as_bytes()).map(Zeroizing::new).map_err(|_| cut_off)
}

/// Hexadecimal; blanks, dashes and colons between the bytes are fine.
fn hex(text: &str) -> Result<Zeroizing<Vec<u8>>, SeedError> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    plain.extend(text.chars().filter(|c| !(c.is_whitespace() || matches!(c, '-' | ':'))));
    HEXLOWER_PERMISSIVE.decode(plain.as_bytes()).map(Zeroizing::new).map_err(|_| SeedError::NotHex)
}
