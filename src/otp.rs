//! The parameters of a one-time code, in the words of RFC 6238 and of `otpauth://` URIs.

use std::time::Duration;

/// What a row or a secret says of its codes; what neither says is the default of RFC 6238:
/// 6 digits, 30 s, SHA-1, and base32 for the secret's text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parameters {
    /// 6, 7 or 8.
    pub digits: Option<u8>,
    /// How long a code lives: whole seconds, 1 s to 3,600 s.
    pub period: Option<Duration>,
    /// The hash.
    pub algorithm: Option<Algorithm>,
    /// How the text of a secret stands for its bytes.
    pub encoding: Option<Encoding>,
}

/// The hash of the HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA-1, the default.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl Algorithm {
    /// Its word in rows and in `otpauth://` URIs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

/// How the text of a secret stands for its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 4648 base32, read loosely: spaces, dashes, lower case and missing padding are fine.
    Base32,
    /// Hexadecimal.
    Hex,
    /// The UTF-8 bytes of the text itself, as CyberArk's Preconnect sample has it.
    Raw,
}
