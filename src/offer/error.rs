//! What can be wrong with an offer, told so that the one who made the picture knows what to do. No variant holds what it said.

use crate::vault::totp::SeedError;

/// Why nothing that is offered can be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing.
    #[error("the {what} is empty")]
    Empty {
        /// What was looked at.
        what: &'static str,
    },
    /// A text that no application makes.
    #[error("the text is longer than any setup code or otpauth URI")]
    TextTooLong,
    /// A file that is too large to be looked at.
    #[error("the picture has {bytes} bytes; {} MiB are the most", super::LARGEST >> 20)]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// A picture that is too large to be looked at.
    #[error("the picture has {width}×{height} pixels; {} million are the most", super::MOST_PIXELS / 1_000_000)]
    TooManyPixels {
        /// From left to right.
        width: u32,
        /// From top to bottom.
        height: u32,
    },
    /// A file of another kind.
    #[error("this is {}, and no picture in PNG, JPEG or WebP", .found.unwrap_or("something else"))]
    UnknownFormat {
        /// What it is, where that is known.
        found: Option<&'static str>,
    },
    /// A picture that ends too early, or is broken.
    #[error("the {format} picture is damaged")]
    Damaged {
        /// The name of its format.
        format: &'static str,
    },
    /// No QR code was found.
    #[error("there is no QR code in the picture")]
    NoCode,
    /// Something that looks like one could not be read.
    #[error("there is a QR code in the picture, and it cannot be read")]
    Unreadable,
    /// A QR code of something else.
    #[error("the QR code holds {kind}, and no seed of one-time codes")]
    Foreign {
        /// What it holds, with an article.
        kind: &'static str,
    },
    /// A code for an app that works in its own way.
    #[error("this is an enrolment that only {app} understands, and no seed of one-time codes")]
    OtherApp {
        /// The app.
        app: &'static str,
    },
    /// More than one seed where one is meant.
    #[error("the {what} holds {count} seeds, and one is meant")]
    Several {
        /// What was looked at.
        what: &'static str,
        /// How many.
        count: usize,
    },
    /// An export that cannot be read.
    #[error("the export of the authenticator app (`otpauth-migration://`) is cut off or damaged")]
    BadExport,
    /// A seed that nobody makes so short.
    #[error("the setup code has {bits} bits; real ones have 80 and more")]
    TooShort {
        /// Its length.
        bits: usize,
    },
    /// A seed that makes no codes.
    #[error(transparent)]
    Seed(SeedError),
}

impl Error {
    /// What to do next.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Empty { .. } | Self::TextTooLong => {
                "take the text that the application shows beside its QR code (\"enter the key by hand\"), or the picture itself"
            }
            Self::TooLarge { .. } | Self::TooManyPixels { .. } => {
                "cut the picture down to the QR code and a margin around it"
            }
            Self::UnknownFormat { .. } => {
                "take a screenshot of the page that shows the QR code, or save the picture as PNG"
            }
            Self::Damaged { .. } => "save or copy the picture again, whole",
            Self::NoCode => {
                "is the whole code in it, with its three squares in the corners? take a screenshot with the code larger, or type the setup code"
            }
            Self::Unreadable => {
                "it is blurred, covered or too small: take a screenshot instead of a photograph, with the code larger, or type the setup code"
            }
            Self::Foreign { .. } => {
                "take the QR code that the application shows to set up an authenticator app; it begins with `otpauth://`"
            }
            Self::OtherApp { .. } => {
                "choose \"another authenticator app\" in the application: it then shows a code that every app reads"
            }
            Self::Several { what: "export", .. } => {
                "`doorward totp import` takes an export, and asks which account each seed belongs to"
            }
            Self::Several { .. } => "cut the picture down to the one code",
            Self::BadExport => "let the app show its export again, and take all of its pictures",
            Self::TooShort { .. } => "copy it again, whole; blanks and dashes in it do not matter",
            Self::Seed(error) => seed(error),
        }
    }
}

/// The help of seeds is for rows of connectors; here nobody has one.
fn seed(error: &SeedError) -> &'static str {
    match error {
        SeedError::NotBase32 { .. } | SeedError::NotHex => {
            "a setup code is made of the letters A–Z and the digits 2–7; is it the password instead?"
        }
        SeedError::Digits { .. } | SeedError::Period { .. } | SeedError::Algorithm { .. } => {
            "let the application set up a new one, of 6 digits every 30 seconds if it lets you choose"
        }
        error => error.help(),
    }
}
