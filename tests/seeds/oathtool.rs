//! Seeds with parameters of every kind, read from texts and pictures, against `oathtool`, which others wrote.

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};

use data_encoding::{BASE32, BASE32_NOPAD};
use doorward::offer::{Offer, Offered};
use doorward::secret::Secret;
use image::{GrayImage, ImageFormat, Luma};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use qrcodegen::{QrCode, QrCodeEcc};

use crate::kdbx::missing;

/// A seed as an application may hand it out.
#[derive(Debug, Clone)]
struct Handed {
    key: Vec<u8>,
    /// As the URI spells it, and as `oathtool` does.
    algorithm: (&'static str, &'static str),
    digits: u8,
    period: u64,
    /// Whether the URI says what is the default.
    says_defaults: bool,
    lower_case: bool,
    /// Of the moment that is asked for, since 1970.
    seconds: u64,
}

fn handed() -> impl Strategy<Value = Handed> {
    let algorithms = [("SHA1", "sha1"), ("SHA256", "sha256"), ("sha512", "sha512")];
    let key = proptest::collection::vec(any::<u8>(), 8..=64);
    let chosen = (0..algorithms.len()).prop_map(move |at| algorithms[at]);
    let periods = prop_oneof![Just(30_u64), 1..=3600_u64];
    let whole =
        (key, chosen, 6..=8_u8, periods, any::<bool>(), any::<bool>(), 0..4_000_000_000_u64);
    whole.prop_map(|(key, algorithm, digits, period, says_defaults, lower_case, seconds)| Handed {
        key,
        algorithm,
        digits,
        period,
        says_defaults,
        lower_case,
        seconds,
    })
}

impl Handed {
    fn uri(&self) -> String {
        let mut secret = BASE32_NOPAD.encode(&self.key);
        if self.lower_case {
            secret.make_ascii_lowercase();
        }
        let mut uri = format!("otpauth://totp/Acme:alice?secret={secret}&issuer=Acme");
        let mut say = |name: &str, value: &str, default: &str| {
            if self.says_defaults || !value.eq_ignore_ascii_case(default) {
                uri.push_str(&format!("&{name}={value}"));
            }
        };
        say("algorithm", self.algorithm.0, "SHA1");
        say("digits", &self.digits.to_string(), "6");
        say("period", &self.period.to_string(), "30");
        uri
    }

    /// What `oathtool` says that the code is. The key goes in by stdin.
    fn expected(&self) -> String {
        let mut child = Command::new("oathtool")
            .arg(format!("--totp={}", self.algorithm.1))
            .arg(format!("--digits={}", self.digits))
            .arg(format!("--time-step-size={}s", self.period))
            .arg(format!("--now=@{}", self.seconds))
            .args(["--base32", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(BASE32.encode(&self.key).as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn code(&self, offer: &Offer) -> String {
        offer.seed.code_at(self.seconds * 1000).digits.expose().to_owned()
    }
}

/// The picture of a QR code, six pixels a module.
fn picture(text: &str) -> Vec<u8> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
    let side = u32::try_from(code.size() + 8).unwrap() * 6;
    let picture = GrayImage::from_fn(side, side, |x, y| {
        let at = |pixel: u32| i32::try_from(pixel / 6).unwrap() - 4;
        Luma([if code.get_module(at(x), at(y)) { 0 } else { 255 }])
    });
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

#[test]
fn codes_are_those_of_oathtool_whatever_the_parameters() {
    if missing("oathtool") {
        return;
    }
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let judged = TestRunner::new(config).run(&handed(), |handed| {
        let (uri, expected) = (handed.uri(), handed.expected());
        let typed = Offered::of_text(&Secret::new(uri.clone())).and_then(Offered::one);
        prop_assert_eq!(handed.code(&typed.unwrap()), expected.clone(), "{}", uri);
        let seen = Offered::of_picture(&picture(&uri)).and_then(Offered::one).unwrap();
        prop_assert_eq!(handed.code(&seen), expected.clone(), "{}", uri);
        // What the vault is given makes the same codes.
        let kept = Offered::of_text(&seen.seed.uri(&seen.label)).and_then(Offered::one).unwrap();
        prop_assert_eq!(handed.code(&kept), expected, "{}", uri);
        Ok(())
    });
    judged.unwrap();
}
