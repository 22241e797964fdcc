//! An offer: a new seed, as an authenticator app takes it in. It is shown once.

use std::fmt::Write;

use data_encoding::{BASE32_NOPAD, BASE64};
use qrcodegen::{QrCode, QrCodeEcc};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::Error;
use crate::otp::Parameters;
use crate::secret::Secret;
use crate::vault::totp::Seed;

/// Bytes of a new seed: as many as SHA-1 gives (RFC 4226, section 4, R6).
const BYTES: usize = 20;

/// A new seed. Neither `Clone`, `Debug` nor `Display`; wiped when dropped.
pub struct Offer {
    uri: Zeroizing<String>,
    setup_code: Zeroizing<String>,
}

impl Offer {
    /// A new one for `account` at `issuer`, and its bytes. SHA-1, 6 digits and 30 s are what every app takes: some take
    /// other parameters and pass over them.
    pub(super) fn fresh(
        issuer: &str,
        account: &str,
    ) -> Result<(Self, Zeroizing<[u8; BYTES]>), Error> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::Random)?;
        let text = Zeroizing::new(BASE32_NOPAD.encode(bytes.as_ref()));
        // A colon parts the issuer from the account.
        let (issuer, account) = (issuer.replace(':', " "), account.replace(':', " "));
        let (issuer, account) = (encoded(&issuer), encoded(&account));
        let uri = Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
            text.as_str()
        ));
        let mut setup_code = Zeroizing::new(String::with_capacity(text.len() * 5 / 4));
        for (at, letter) in text.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                setup_code.push(' ');
            }
            setup_code.push(letter);
        }
        Ok((Self { uri, setup_code }, bytes))
    }

    /// The `otpauth://` URI.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The seed in base32, in groups of four: what is typed where no camera is.
    pub fn setup_code(&self) -> &str {
        &self.setup_code
    }

    /// The URI as a QR code: a `data:` URL of an SVG picture, black on white, whatever the page's colours are.
    pub fn picture(&self) -> Zeroizing<String> {
        let mut picture = Zeroizing::new("data:image/svg+xml;base64,".to_owned());
        let svg = self.svg();
        picture.push_str(&Zeroizing::new(BASE64.encode(svg.as_bytes())));
        picture
    }

    fn svg(&self) -> Zeroizing<String> {
        /// White around it, in modules (ISO/IEC 18004, 9.1).
        const QUIET: i32 = 4;
        // A URI has a few hundred characters at most, and a code takes 2331 of them.
        let Ok(code) = QrCode::encode_text(&self.uri, QrCodeEcc::Medium) else {
            return Zeroizing::default();
        };
        let size = code.size() + 2 * QUIET;
        // Made in one place: a text that grows leaves what it held before.
        let mut svg = Zeroizing::new(String::with_capacity(64 * 1024));
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path d=\""
        );
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                let _ = write!(svg, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
            }
        }
        svg.push_str("\"/></svg>");
        svg
    }
}

/// `text` as a part of a URI: all but letters, digits and `-._~` is percent-encoded (RFC 3986, 2.3).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            byte => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// The seed in `bytes`.
pub(super) fn seed(bytes: &[u8]) -> Option<Seed> {
    let secret = Secret::new(BASE32_NOPAD.encode(bytes));
    Seed::read(&secret, Parameters::default()).ok()
}

#[cfg(test)]
mod tests {
    use super::{Offer, seed};
    use crate::otp::Parameters;
    use crate::secret::Secret;
    use crate::vault::totp::Seed;

    #[test]
    fn what_is_offered_makes_the_codes_that_are_checked() {
        let (offer, bytes) = Offer::fresh("Door: a&b", "ann@x y/ü").unwrap();
        let label = "otpauth://totp/Door%20%20a%26b:ann%40x%20y%2F%C3%BC?secret=";
        assert!(offer.uri().starts_with(label), "{}", offer.uri());
        let own = seed(bytes.as_ref()).unwrap();
        for text in [offer.uri(), offer.setup_code()] {
            let read = Seed::read(&Secret::new(text.to_owned()), Parameters::default()).unwrap();
            assert_eq!(read.fingerprint(&[7; 32]), own.fingerprint(&[7; 32]));
        }
        assert_eq!(offer.setup_code().len(), 39);
    }

    /// A camera reads it, which is what it is for.
    #[test]
    fn its_picture_is_read_by_a_reader_of_qr_codes() {
        let (offer, _) = Offer::fresh("Doorward at door.example", "ann.smith").unwrap();
        let svg = offer.svg();
        let size: usize =
            svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        const SCALE: usize = 4;
        let mut image = image::GrayImage::from_pixel(
            u32::try_from(size * SCALE).unwrap(),
            u32::try_from(size * SCALE).unwrap(),
            image::Luma([255]),
        );
        let modules = svg.split("<path d=\"").nth(1).unwrap().split('M').skip(1);
        for module in modules {
            let (x, rest) = module.split_once(' ').unwrap();
            let (x, y): (u32, u32) =
                (x.parse().unwrap(), rest.split('h').next().unwrap().parse().unwrap());
            for (dx, dy) in (0..16).map(|at| (at % 4, at / 4)) {
                image.put_pixel(x * 4 + dx, y * 4 + dy, image::Luma([0]));
            }
        }
        let mut reader = quircs::Quirc::default();
        let (width, height) = (image.width() as usize, image.height() as usize);
        let codes: Vec<_> = reader.identify(width, height, image.as_raw()).collect();
        assert_eq!(codes.len(), 1);
        let read = codes.into_iter().next().unwrap().unwrap().decode().unwrap();
        assert_eq!(read.payload, offer.uri().as_bytes());
    }
}
