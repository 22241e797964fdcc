//! An export of an authenticator app: many seeds in one URI, as Google Authenticator makes it (`otpauth-migration://`).
//!
//! Its `data` is standard base64 of a message in the encoding of Protocol Buffers: field 1, for each seed, holds 1 the
//! secret, 2 the name, 3 the issuer, 4 the algorithm (1 SHA-1, 2 SHA-256, 3 SHA-512, 4 MD5), 5 the digits (1 six,
//! 2 eight) and 6 the type (1 HOTP, 2 TOTP); fields 3 and 4 are how many pictures there are, and which one this is.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use zeroize::Zeroizing;

use super::{Error, Offer, long_enough};
use crate::otp::Algorithm;
use crate::vault::totp::{Label, Place, Seed, SeedError};

/// What an export holds.
#[derive(Debug)]
pub struct Export {
    /// The seeds, in their order.
    pub offers: Vec<Offer>,
    /// What of it makes no time-based codes, each with why.
    pub left: Vec<Left>,
    /// Which picture of the export this is, from 1.
    pub part: u64,
    /// How many pictures the export has.
    pub parts: u64,
}

/// One of an export that cannot be kept.
#[derive(Debug)]
pub struct Left {
    /// Whose it is.
    pub label: Label,
    /// Why it cannot be kept.
    pub why: Error,
}

/// More seeds than any app puts into one picture, or all of them together.
const MOST: usize = 200;

/// Whether `text` begins like one.
pub(super) fn is_export(text: &str) -> bool {
    let begin = "otpauth-migration:";
    text.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin))
}

impl Export {
    /// Reads the URI.
    ///
    /// # Errors
    /// [`Error::BadExport`].
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let url = url::Url::parse(text).map_err(|_| Error::BadExport)?;
        let data = url.query_pairs().find(|(name, _)| name == "data").map(|(_, value)| value);
        // A `+` that nobody escaped arrives as a blank.
        let data = Zeroizing::new(data.ok_or(Error::BadExport)?.replace(' ', "+"));
        let body = data.trim_end_matches('=').as_bytes();
        let bytes = BASE64_NOPAD.decode(body).or_else(|_| BASE64URL_NOPAD.decode(body));
        let bytes = Zeroizing::new(bytes.map_err(|_| Error::BadExport)?);
        let mut export = Self { offers: Vec::new(), left: Vec::new(), part: 1, parts: 1 };
        for (number, value) in fields(&bytes).ok_or(Error::BadExport)? {
            match (number, value) {
                (1, Field::Bytes(bytes)) => match entry(bytes).ok_or(Error::BadExport)? {
                    (label, Ok(seed)) => export.offers.push(Offer { label, seed }),
                    (label, Err(why)) => export.left.push(Left { label, why }),
                },
                (3, Field::Number(parts)) => export.parts = parts.max(1),
                (4, Field::Number(part)) => export.part = part.saturating_add(1),
                _ => {}
            }
        }
        match export.offers.len() + export.left.len() {
            1..=MOST => Ok(export),
            _ => Err(Error::BadExport),
        }
    }
}

/// One seed of it; `None` where the message is broken.
fn entry(bytes: &[u8]) -> Option<(Label, Result<Seed, Error>)> {
    let (mut key, mut name, mut issuer) = (&[][..], String::new(), String::new());
    let (mut algorithm, mut digits, mut kind) = (0, 0, 0);
    for (number, value) in fields(bytes)? {
        match (number, value) {
            (1, Field::Bytes(bytes)) => key = bytes,
            (2, Field::Bytes(bytes)) => name = String::from_utf8_lossy(bytes).into_owned(),
            (3, Field::Bytes(bytes)) => issuer = String::from_utf8_lossy(bytes).into_owned(),
            (4, Field::Number(number)) => algorithm = number,
            (5, Field::Number(number)) => digits = number,
            (6, Field::Number(number)) => kind = number,
            _ => {}
        }
    }
    // Some apps put the issuer before the name as well.
    let name = name.strip_prefix(&format!("{issuer}:")).unwrap_or(&name);
    let seed = seed(key, algorithm, digits, kind);
    Some((Label::new(&issuer, name), seed.map_err(Error::Seed).and_then(long_enough)))
}

fn seed(key: &[u8], algorithm: u64, digits: u64, kind: u64) -> Result<Seed, SeedError> {
    if kind == 1 {
        return Err(SeedError::CounterBased);
    }
    let algorithm = match algorithm {
        0 | 1 => Algorithm::Sha1,
        2 => Algorithm::Sha256,
        3 => Algorithm::Sha512,
        _ => return Err(SeedError::Algorithm { place: Place::Export }),
    };
    let digits = match digits {
        0 | 1 => 6,
        2 => 8,
        _ => return Err(SeedError::Digits { place: Place::Export }),
    };
    Seed::of(Zeroizing::new(key.to_vec()), algorithm, digits, 30)
}

/// The value of a field.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message with their numbers; `None` where it is broken.
fn fields(bytes: &[u8]) -> Option<Vec<(u64, Field<'_>)>> {
    let mut rest = bytes;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let key = number(&mut rest)?;
        let value = match key & 7 {
            0 => Field::Number(number(&mut rest)?),
            2 => {
                let length = usize::try_from(number(&mut rest)?).ok()?;
                let (value, after) = rest.split_at_checked(length)?;
                rest = after;
                Field::Bytes(value)
            }
            _ => return None,
        };
        found.push((key >> 3, value));
    }
    Some(found)
}

/// A number of 7 bits a byte, the lowest first.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
