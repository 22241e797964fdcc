//! A proof: what ties an answer to the browser that asked. The nonce comes back in the token, and the code is worth
//! nothing without the verifier (PKCE, RFC 7636).

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::Error;

/// The nonce and the verifier of one sign-in. Neither `Clone`, `Debug` nor `Display`.
pub struct Proof {
    nonce: String,
    verifier: Zeroizing<String>,
}

impl Proof {
    /// A new one.
    ///
    /// # Errors
    /// [`Error::Random`].
    pub fn fresh() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0_u8; 64]);
        SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::Random)?;
        let (nonce, verifier) = bytes.split_at(32);
        // 64 characters of those that RFC 7636, section 4.1, allows.
        let verifier = Zeroizing::new(HEXLOWER.encode(verifier));
        Ok(Self { nonce: HEXLOWER.encode(nonce), verifier })
    }

    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    pub(super) fn verifier(&self) -> &str {
        &self.verifier
    }

    /// What the provider is told of the verifier beforehand.
    pub(super) fn challenge(&self) -> String {
        let hash = digest::digest(&digest::SHA256, self.verifier.as_bytes());
        BASE64URL_NOPAD.encode(hash.as_ref())
    }
}
