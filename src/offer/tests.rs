//! Offers as people bring them: pictures that other programs made, and everything that is none.

use std::path::Path;

use proptest::prelude::*;

use super::{Error, LARGEST, Offered, codes};
use crate::otp::Algorithm;
use crate::secret::Secret;

/// The seed of the vectors of RFC 6238, as most of the pictures have it.
const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn bytes(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/qr");
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn picture(name: &str) -> Result<Offered, Error> {
    Offered::of_picture(&bytes(name))
}

fn text(text: &str) -> Result<Offered, Error> {
    Offered::of_text(&Secret::new(text.to_owned()))
}

#[test]
fn pictures_of_other_programs_are_read() {
    for name in [
        "qrencode.png",
        "inverted.png",
        "see-through.png",
        "see-through-dark.png",
        "coloured.png",
        "no-margin.png",
        "rotated.jpg",
        "lossy.webp",
        "python.png",
        "python-rounded.png",
        "page-light.png",
        "page-dark.png",
        "page-small.png",
        "page-large.png",
        "with-address.png",
        "export-one.png",
    ] {
        let offer = picture(name).and_then(Offered::one).unwrap_or_else(|e| panic!("{name}: {e}"));
        let label = (offer.label.issuer.as_deref(), offer.label.account.as_deref());
        assert_eq!(label, (Some("Acme"), Some("alice@acme.example")), "{name}");
        assert_eq!(offer.seed.digits(), 6);
        // RFC 6238, appendix B, its last six digits.
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")]
        {
            assert_eq!(offer.seed.code_at(seconds * 1000).digits.expose(), code, "{name}");
        }
        assert_eq!(format!("{offer:?}").matches(SEED).count(), 0);
    }
}

#[test]
fn a_wrong_picture_is_told_why() {
    let cases = [
        ("none.png", "no QR code in the picture", "three squares"),
        ("covered.png", "a QR code in the picture, and it cannot be read", "screenshot"),
        ("cut-off.png", "the PNG picture is damaged", "save or copy"),
        ("picture.gif", "this is a GIF", "as PNG"),
        ("text.txt", "this is the text of a QR code", "screenshot"),
        ("foreign-web.png", "a web address, and no seed", "authenticator app"),
        ("foreign-wifi.png", "the access to a wireless network, and no seed", "authenticator app"),
        ("foreign-text.png", "another text, and no seed", "authenticator app"),
        ("hotp.png", "counter-based", "time-based"),
        ("steam.png", "Steam", "digits"),
        ("microsoft.png", "only Microsoft Authenticator understands", "another authenticator app"),
        ("no-secret.png", "no `secret=`", "beside its QR code"),
        ("two.png", "the picture holds 2 seeds", "the one code"),
    ];
    for (name, message, help) in cases {
        let error = picture(name).and_then(Offered::one).expect_err(name);
        let (said, advice) = (error.to_string(), error.help());
        assert!(said.contains(message) && advice.contains(help), "{name}: {said}; {advice}");
        let all = format!("{said} {advice} {error:?}");
        assert!(!all.contains("GEZD") && !all.contains("hunter2"), "{name}: {all}");
    }
    for (bytes, message) in [
        (Vec::new(), "the picture is empty"),
        (vec![0x89; LARGEST + 1], "12 MiB are the most"),
        (b"%PDF-1.7".to_vec(), "this is a PDF"),
        (b"\0\0\0\x18ftypheic".to_vec(), "in HEIC"),
        (b"  <svg xmlns='x'/>".to_vec(), "a drawing"),
        (b"hello".to_vec(), "this is a text"),
        (vec![7, 200, 9], "this is something else"),
        (wide(), "20000×20000 pixels; 25 million"),
    ] {
        let error = Offered::of_picture(&bytes).unwrap_err();
        assert!(error.to_string().contains(message), "{message}: {error}");
    }
}

/// The beginning of a picture that would be huge.
fn wide() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\0\0\0\0".to_vec();
    let mut crc = !0_u32;
    for byte in &bytes[12..] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    bytes.extend((!crc).to_be_bytes());
    bytes.extend(b"\0\0\0\x01IDAT\0");
    bytes
}

#[test]
fn a_text_is_read_or_told_why() {
    for setup_code in [
        SEED,
        "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
        "  GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ\n",
        "otpauth://totp/?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "OTPAUTH://TOTP/x?SECRET=gezdgnbvgy3tqojqgezdgnbvgy3tqojq&algorithm=sha-1",
    ] {
        let offer = text(setup_code).unwrap().one().unwrap();
        assert_eq!(offer.seed.code_at(59_000).digits.expose(), "287082", "{setup_code}");
    }
    for (wrong, message, help) in [
        ("", "the text is empty", "beside its QR code"),
        ("   \n", "the text is empty", "beside its QR code"),
        ("hunter2!", "character 8 is none of A–Z", "is it the password"),
        ("0123456789abcdef0123", "character 1 is none of A–Z", "is it the password"),
        ("GEZDGNB", "has 32 bits", "copy it again"),
        ("GEZDGNBVG", "is cut off", "copy it again"),
        ("otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQ", "counter-based", "time-based"),
        (
            "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&digits=9",
            "6, 7 or 8 digits",
            "set up a new one",
        ),
        ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&period=0", "1 to 3600", "set up a new one"),
        (
            "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&algorithm=MD5",
            "SHA1, SHA256",
            "set up a new one",
        ),
        ("otpauth-migration://offline?data=@@@", "cut off or damaged", "show its export again"),
        ("otpauth-migration://offline", "cut off or damaged", "show its export again"),
        ("otpauth-migration://offline?data=", "cut off or damaged", "show its export again"),
        ("phonefactor://activate", "only Microsoft Authenticator", "another authenticator app"),
    ] {
        let error = text(wrong).and_then(Offered::one).expect_err(wrong);
        let said = error.to_string();
        assert!(said.contains(message), "{wrong}: {said}");
        assert!(error.help().contains(help), "{wrong}: {}", error.help());
        assert!(!format!("{error:?}{said}").contains("GEZDG"), "{said}");
    }
    assert!(matches!(text(&"A".repeat(20_000)), Err(Error::TextTooLong)));
}

#[test]
fn an_export_is_read_with_what_of_it_is_no_use() {
    let export = picture("export.png").unwrap();
    assert!(matches!(picture("export.png").unwrap().one(), Err(Error::Several { count: 4, .. })));
    let export = export.all();
    assert_eq!((export.part, export.parts), (1, 2));
    let seeds: Vec<_> = export
        .offers
        .iter()
        .map(|offer| (offer.label.to_string(), offer.seed.digits(), offer.seed.algorithm()))
        .collect();
    assert_eq!(
        seeds,
        [
            ("Acme (alice@acme.example)".to_owned(), 6, Algorithm::Sha1),
            ("Beta (bob)".to_owned(), 8, Algorithm::Sha256)
        ]
    );
    assert_eq!(export.offers[0].seed.code_at(59_000).digits.expose(), "287082");
    let left: Vec<_> =
        export.left.iter().map(|left| (left.label.to_string(), left.why.to_string())).collect();
    assert_eq!(left.len(), 2);
    assert!(left[0].0 == "Counter (carol)" && left[0].1.contains("counter-based"), "{left:?}");
    assert!(
        left[1].0 == "dave" && left[1].1.contains("the export says something else"),
        "{left:?}"
    );
}

/// Base64 of an export holds `+` and `/`, and arrives with a `+` unescaped, as a blank, or with none of its padding.
#[test]
fn an_export_is_read_however_its_base64_was_escaped() {
    let escaped = codes(&bytes("export.png")).unwrap().remove(0);
    let url = url::Url::parse(escaped.expose()).unwrap();
    let data = url.query_pairs().next().unwrap().1.into_owned();
    assert!(data.contains('+') || data.contains('/'), "the case shows nothing");
    for data in [data.clone(), data.replace('+', " "), data.trim_end_matches('=').to_owned()] {
        let export = text(&format!("otpauth-migration://offline?data={data}")).unwrap().all();
        assert_eq!(export.offers.len(), 2, "{data}");
    }
    for length in 0..data.len() {
        // Nothing that is cut off breaks down.
        let _ = text(&format!("otpauth-migration://offline?data={}", &data[..length]));
    }
}

/// A picture of a QR code as black and white, `scale` pixels for each of its squares.
fn drawn(text: &str, scale: usize) -> Vec<u8> {
    let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium).unwrap();
    let side = (usize::try_from(code.size()).unwrap() + 8) * scale;
    let at = |at: usize| i32::try_from(at / scale).unwrap() - 4;
    let pixels =
        (0..side * side).map(|i| if code.get_module(at(i % side), at(i / side)) { 0 } else { 255 });
    let mut bytes = Vec::new();
    let side = u32::try_from(side).unwrap();
    let picture = image::GrayImage::from_raw(side, side, pixels.collect()).unwrap();
    picture.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_drawn_is_read(
        key in proptest::collection::vec(any::<u8>(), 10..64),
        digits in 6..=8_u8,
        period in 1..=3600_u64,
        issuer in "[A-Za-zÄ-ü &:%+]{0,20}",
        scale in 2..5_usize,
    ) {
        let secret = data_encoding::BASE32_NOPAD.encode(&key);
        let label = crate::vault::totp::Label::new(&issuer, "alice");
        let plain = format!("otpauth://totp/x?secret={secret}&digits={digits}&period={period}&algorithm=SHA512");
        let parameters = crate::otp::Parameters::default();
        let seed = crate::vault::totp::Seed::read(&Secret::new(plain), parameters).unwrap();
        let uri = seed.uri(&label);
        let read = Offered::of_picture(&drawn(uri.expose(), scale)).unwrap().one().unwrap();
        prop_assert_eq!(&read.label, &label);
        let now = 1_790_000_000_000;
        let (code, expected) = (read.seed.code_at(now), seed.code_at(now));
        prop_assert_eq!(code.digits.expose(), expected.digits.expose());
        prop_assert_eq!((code.counter, code.expires), (expected.counter, expected.expires));
    }

    #[test]
    fn bytes_of_anything_are_told_and_break_nothing(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0..4) {
        let head: &[u8] = match kind {
            0 => b"\x89PNG\r\n\x1a\n",
            1 => b"\xff\xd8\xff",
            2 => b"RIFF\x20\0\0\0WEBP",
            _ => b"",
        };
        bytes.splice(..0, head.iter().copied());
        prop_assert!(Offered::of_picture(&bytes).is_err());
    }
}
