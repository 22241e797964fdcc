//! A picture with QR codes in it: from the bytes of a file to what its codes say.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use quircs::Quirc;
use zeroize::{Zeroize, Zeroizing};

use super::Error;
use super::grey::Grey;
use super::preparation::{self, WORK};
use crate::secret::Secret;

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 12 * 1024 * 1024;

/// The most pixels of a picture: those of a screen of 6K.
pub const MOST_PIXELS: usize = 25_000_000;

/// What the one code of seeds in a picture says. Codes of other things beside it, such as the address of the
/// app's page, do not matter.
pub(super) fn of_seeds(bytes: &[u8]) -> Result<Secret, Error> {
    let pictures = pictures(bytes)?;
    let mut found = Found::default();
    for picture in &pictures {
        found.look(picture, is_seed);
    }
    let mut seeds: Vec<_> = found.texts.iter().filter(|text| is_seed(text)).collect();
    match (seeds.pop(), seeds.len()) {
        (Some(seed), 0) => Ok(Secret::new(seed.as_str().to_owned())),
        (Some(_), others) => Err(Error::Several { what: "picture", count: others + 1 }),
        (None, _) => Err(match (found.texts.first(), found.unreadable) {
            (Some(text), _) => match other_app(text) {
                Some(app) => Error::OtherApp { app },
                None => Error::Foreign { kind: kind(text) },
            },
            (None, true) => Error::Unreadable,
            (None, false) => Error::NoCode,
        }),
    }
}

/// What all QR codes in a picture say, as far as they can be read.
///
/// # Errors
/// [`Error`], where it is no picture.
pub fn codes(bytes: &[u8]) -> Result<Vec<Secret>, Error> {
    let mut found = Found::default();
    for picture in pictures(bytes)? {
        found.look(&picture, |_| true);
    }
    Ok(found.texts.iter().map(|text| Secret::new(text.as_str().to_owned())).collect())
}

/// Whether it is a seed of one kind or another, also of one that is no use.
fn is_seed(text: &str) -> bool {
    ["otpauth:", "otpauth-migration:", "steam:"].iter().any(|begin| begins(text, begin))
}

fn begins(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// The app whose own enrolment it is.
pub(super) fn other_app(text: &str) -> Option<&'static str> {
    const APPS: [(&str, &str); 7] = [
        ("phonefactor:", "Microsoft Authenticator"),
        ("microsoft-authenticator:", "Microsoft Authenticator"),
        ("duo:", "Duo Mobile"),
        ("oktaverify:", "Okta Verify"),
        ("com.okta.authenticator:", "Okta Verify"),
        ("pia:", "the privacyIDEA Authenticator"),
        ("FIDO:/", "a browser with a passkey"),
    ];
    APPS.iter().find(|(begin, _)| begins(text, begin)).map(|(_, app)| *app)
}

/// What kind of text a code holds, without the text.
fn kind(text: &str) -> &'static str {
    const KINDS: [(&str, &str); 8] = [
        ("https:", "a web address"),
        ("http:", "a web address"),
        ("WIFI:", "the access to a wireless network"),
        ("mailto:", "a mail address"),
        ("tel:", "a telephone number"),
        ("BEGIN:VCARD", "a visiting card"),
        ("MECARD:", "a visiting card"),
        ("otpauth", "a misspelt `otpauth://` URI"),
    ];
    KINDS.iter().find(|(begin, _)| begins(text, begin)).map_or("another text", |(_, kind)| *kind)
}

/// What was found so far.
#[derive(Default)]
struct Found {
    /// Each once.
    texts: Vec<Zeroizing<String>>,
    /// Something looked like a code and could not be read.
    unreadable: bool,
}

impl Found {
    /// Looks through `picture` in one preparation after the other, until one shows a text that is `wanted`.
    fn look(&mut self, picture: &Grey, wanted: impl Fn(&str) -> bool) {
        let mut work = 0;
        for preparation in preparation::ALL {
            let Some(area) = preparation.work(picture.width, picture.height) else { continue };
            work += 2 * area;
            if work > WORK {
                break;
            }
            for view in preparation.views(picture) {
                self.see(&view);
            }
            if self.texts.iter().any(|text| wanted(text)) {
                break;
            }
        }
    }

    /// Reads the codes of one view. The reader is code of others, for hostile pictures: where it breaks down there is none.
    fn see(&mut self, view: &Grey) {
        let seen = catch_unwind(AssertUnwindSafe(|| {
            let mut reader = Quirc::default();
            let (mut texts, mut unreadable) = (Vec::new(), false);
            for code in reader.identify(view.width, view.height, &view.pixels) {
                match code.ok().and_then(|mut code| {
                    let data = code.decode().ok();
                    code.clear();
                    data
                }) {
                    Some(data) => {
                        let payload = Zeroizing::new(data.payload);
                        texts.extend(
                            std::str::from_utf8(&payload)
                                .map(|text| Zeroizing::new(text.to_owned())),
                        );
                    }
                    None => unreadable = true,
                }
            }
            reader.pixels.zeroize();
            (texts, unreadable)
        }));
        if let Ok((texts, unreadable)) = seen {
            for text in texts {
                if !self.texts.contains(&text) {
                    self.texts.push(text);
                }
            }
            self.unreadable |= unreadable;
        }
    }
}

/// The picture in greys; one that is see-through on white, and on black as well.
fn pictures(bytes: &[u8]) -> Result<Vec<Grey>, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty { what: "picture" });
    }
    if bytes.len() > LARGEST {
        return Err(Error::TooLarge { bytes: bytes.len() });
    }
    let (format, name) = match bytes {
        [0x89, b'P', b'N', b'G', ..] => (ImageFormat::Png, "PNG"),
        [0xff, 0xd8, 0xff, ..] => (ImageFormat::Jpeg, "JPEG"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            (ImageFormat::WebP, "WebP")
        }
        _ => return Err(Error::UnknownFormat { found: other_format(bytes) }),
    };
    let damaged = || Error::Damaged { format: name };
    let reader = || ImageReader::with_format(Cursor::new(bytes), format);
    // The decoders are code of others, too.
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        let (width, height) = reader().into_dimensions().map_err(|_| damaged())?;
        if width as usize * height as usize > MOST_PIXELS {
            return Err(Error::TooManyPixels { width, height });
        }
        let mut reader = reader();
        let mut limits = Limits::default();
        limits.max_alloc = Some(16 * MOST_PIXELS as u64);
        reader.limits(limits);
        reader.decode().map_err(|_| damaged())
    }));
    let decoded = decoded.map_err(|_| damaged())??;
    Ok(greys(&decoded))
}

fn greys(picture: &DynamicImage) -> Vec<Grey> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if !picture.color().has_alpha() {
        return Grey::new(width, height, picture.to_luma8().into_raw()).into_iter().collect();
    }
    let both = picture.to_luma_alpha8();
    let on = |ground: u16| {
        let pixels = both.pixels().map(|pixel| {
            let [grey, alpha] = pixel.0.map(u16::from);
            u8::try_from((grey * alpha + ground * (255 - alpha)) / 255).unwrap_or(255)
        });
        Grey::new(width, height, pixels.collect())
    };
    let solid = both.pixels().all(|pixel| pixel.0[1] == 255);
    on(255).into_iter().chain(if solid { None } else { on(0) }).collect()
}

/// What a file is that is no picture of a format that is read.
fn other_format(bytes: &[u8]) -> Option<&'static str> {
    const SIGNS: [(usize, &[u8], &str); 13] = [
        (0, b"GIF8", "a GIF"),
        (0, b"BM", "a bitmap (BMP)"),
        (0, b"%PDF", "a PDF"),
        (0, b"II*\0", "a TIFF"),
        (0, b"MM\0*", "a TIFF"),
        (4, b"ftyphei", "a picture in HEIC"),
        (4, b"ftypmif1", "a picture in HEIC"),
        (4, b"ftypavif", "a picture in AVIF"),
        (0, b"\xff\x0a", "a picture in JPEG XL"),
        (0, b"<svg", "a drawing (SVG)"),
        (0, b"<?xml", "a drawing (SVG) or another XML text"),
        (0, b"otpauth", "the text of a QR code"),
        (0, b"<", "a page of the web"),
    ];
    let body = bytes.trim_ascii_start();
    let found = SIGNS.iter().find(|(at, sign, _)| {
        body.get(*at..).is_some_and(|rest| {
            rest.get(..sign.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(sign))
        })
    });
    match found {
        Some((.., name)) => Some(name),
        None => std::str::from_utf8(bytes).is_ok().then_some("a text"),
    }
}
