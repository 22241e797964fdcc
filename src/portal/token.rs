//! A token: 256 random bits that stand for somebody. It leaves in a cookie or a link, and only its hash is kept.

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};
use zeroize::Zeroizing;

use super::Error;

/// 64 hexadecimal digits. Neither `Clone`, `Debug` nor `Display`.
pub struct Token(Zeroizing<String>);

/// The SHA-256 of a token.
pub(super) type Hash = [u8; 32];

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// [`Error::Random`].
    pub(super) fn fresh() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::Random)?;
        Ok(Self(Zeroizing::new(HEXLOWER.encode(bytes.as_ref()))))
    }

    /// The token in `text`, if it can be one.
    pub(super) fn read(text: &str) -> Option<Self> {
        let fits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// What stands in the cookie or the link.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> Hash {
        hash(self.0.as_bytes())
    }

    /// The token against forged requests of the sign-in that this one stands for. A page has it, and it tells
    /// nothing of the cookie.
    pub(super) fn csrf(&self) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        HEXLOWER.encode(hmac::sign(&key, b"doorward csrf").as_ref())
    }
}

/// The SHA-256 of `text`, which nobody can guess.
pub(super) fn hash(text: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text).as_ref());
    hash
}

/// Whether two texts are equal, in a time that does not tell where they differ.
pub(super) fn same(one: &str, other: &str) -> bool {
    let mut differs = u8::from(one.len() != other.len());
    for (one, other) in one.bytes().zip(other.bytes()) {
        differs |= one ^ other;
    }
    differs == 0
}
