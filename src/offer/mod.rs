//! An offer: a seed of one-time codes that somebody brings, read from a picture, a text or an export, before it is kept; or
//! the recovery codes that the application gave along with it.
//!
//! A picture is bytes in memory, from first to last: nothing here writes a file, and no error holds what a code said.

mod error;
mod export;
mod grey;
mod picture;
mod preparation;
mod recovery;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use export::{Export, Left};
pub use picture::{LARGEST, MOST_PIXELS, codes};
pub use recovery::{RecoveryCodes, RecoveryError};

use crate::otp::Parameters;
use crate::secret::Secret;
use crate::vault::totp::{Label, Seed, SeedError};

/// A seed that somebody offers.
#[derive(Debug)]
pub struct Offer {
    /// Whose it is, as the offer says.
    pub label: Label,
    /// The seed with its parameters.
    pub seed: Seed,
}

/// What a text or a picture holds.
#[derive(Debug)]
pub enum Offered {
    /// One seed.
    One(Offer),
    /// An export of an authenticator app.
    Many(Export),
}

/// The longest text that is read, in bytes: the largest QR code holds less.
const LONGEST: usize = 16 * 1024;

/// The shortest seed that is believed, in bytes. Real ones have 10 and more; what is shorter was cut off, or is no seed.
const SHORTEST: usize = 8;

impl Offered {
    /// Reads a setup code, an `otpauth://` URI, or an export (`otpauth-migration://`).
    ///
    /// # Errors
    /// [`Error`], which never holds the text.
    pub fn of_text(text: &Secret) -> Result<Self, Error> {
        let text = text.expose().trim();
        if text.is_empty() {
            return Err(Error::Empty { what: "text" });
        }
        if text.len() > LONGEST {
            return Err(Error::TextTooLong);
        }
        if export::is_export(text) {
            return Export::read(text).map(Self::Many);
        }
        if let Some(app) = picture::other_app(text) {
            return Err(Error::OtherApp { app });
        }
        let secret = Secret::new(text.to_owned());
        let seed = Seed::read(&secret, Parameters::default()).map_err(Error::Seed)?;
        Ok(Self::One(Offer { label: Seed::label(&secret), seed: long_enough(seed)? }))
    }

    /// Reads the QR code of a picture: PNG, JPEG or WebP.
    ///
    /// # Errors
    /// [`Error`], which never holds what a code said.
    pub fn of_picture(bytes: &[u8]) -> Result<Self, Error> {
        picture::of_seeds(bytes).and_then(|text| Self::of_text(&text))
    }

    /// The one seed of it.
    ///
    /// # Errors
    /// [`Error::Several`] for an export with more than one, and what is wrong with the only one.
    pub fn one(self) -> Result<Offer, Error> {
        match self {
            Self::One(offer) => Ok(offer),
            Self::Many(mut export) => match (export.offers.len(), export.left.len()) {
                (1, 0) => export.offers.pop().ok_or(Error::BadExport),
                (0, 1) => Err(export.left.pop().map_or(Error::BadExport, |left| left.why)),
                (offers, left) => Err(Error::Several { what: "export", count: offers + left }),
            },
        }
    }

    /// All seeds of it, and what of it is none.
    pub fn all(self) -> Export {
        match self {
            Self::One(offer) => Export { offers: vec![offer], left: Vec::new(), part: 1, parts: 1 },
            Self::Many(export) => export,
        }
    }
}

/// The seed, unless nobody makes such a short one.
fn long_enough(seed: Seed) -> Result<Seed, Error> {
    match seed.length() {
        0 => Err(Error::Seed(SeedError::Empty)),
        length if length < SHORTEST => Err(Error::TooShort { bits: length * 8 }),
        _ => Ok(seed),
    }
}
