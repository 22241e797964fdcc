//! The one-time-code secret of an entry, whichever program wrote it, as an `otpauth://` URI.
//!
//! KeePassXC writes `otp` (a URI; older: `key=…&step=…&size=…`) or `TOTP Seed` with `TOTP Settings`
//! (`30;8`, `30;S` for Steam); KeePass 2 writes `TimeOtp-Secret…` with `TimeOtp-Length`,
//! `TimeOtp-Period` and `TimeOtp-Algorithm`. Reading the URI is the seed's matter.

use std::borrow::Cow;
use std::collections::BTreeMap;

use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER_PERMISSIVE};
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

type Properties<'a> = BTreeMap<String, (Cow<'a, str>, bool)>;

/// Whether a field holds a seed, which is never shown even where the entry does not protect it.
pub(super) fn is_secret(lower_name: &str) -> bool {
    matches!(lower_name, "otp" | "totp seed")
        || lower_name.starts_with("timeotp-secret")
        || lower_name.starts_with("hmacotp-secret")
}

/// Whether a field is a part of what makes codes, secret or not.
pub(super) fn is_part(lower_name: &str) -> bool {
    is_secret(lower_name) || lower_name == "totp settings" || lower_name.starts_with("timeotp-")
}

/// The URI, where the entry has a secret that is not one already.
pub(super) fn uri(properties: &Properties<'_>) -> Option<String> {
    let value = |name: &str| properties.get(name).map(|(value, _)| value.trim());
    if let Some(otp) = value("otp") {
        return key_and_step(otp);
    }
    if let Some(seed) = value("totp seed") {
        let settings = value("totp settings").unwrap_or("30;6");
        let (period, digits) = settings.split_once(';').unwrap_or((settings, "6"));
        let digits = digits.split(';').next().unwrap_or_default();
        return Some(match digits.trim() {
            "S" | "s" => compose(seed, &[("encoder", "steam")]),
            digits => compose(seed, &[("period", period.trim()), ("digits", digits)]),
        });
    }
    let base32 = |bytes: &[u8]| Zeroizing::new(BASE32_NOPAD.encode(bytes));
    let secret = if let Some(text) = value("timeotp-secret-base32") {
        Zeroizing::new(text.to_owned())
    } else if let Some(text) = value("timeotp-secret-hex") {
        base32(&Zeroizing::new(HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?))
    } else if let Some(text) = value("timeotp-secret-base64") {
        base32(&Zeroizing::new(BASE64.decode(text.as_bytes()).ok()?))
    } else {
        base32(properties.get("timeotp-secret")?.0.as_bytes())
    };
    let parameters: Vec<_> = [
        ("digits", value("timeotp-length")),
        ("period", value("timeotp-period")),
        ("algorithm", value("timeotp-algorithm")),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name, value)))
    .collect();
    Some(compose(&secret, &parameters))
}

/// `key=SEED&step=30&size=6&otpHashMode=Sha256`, as an older KeePassXC and the KeeOtp plugin write it.
fn key_and_step(text: &str) -> Option<String> {
    if !text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("key=")) {
        return None;
    }
    let (mut seed, mut parameters) = (Zeroizing::new(String::new()), Vec::new());
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        match &*name.to_ascii_lowercase() {
            "key" => seed = Zeroizing::new(value.into_owned()),
            "step" => parameters.push(("period", value)),
            "size" => parameters.push(("digits", value)),
            "otphashmode" => parameters.push(("algorithm", value)),
            _ => {}
        }
    }
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
    Some(compose(&seed, &parameters))
}

fn compose(seed: &str, parameters: &[(&str, &str)]) -> String {
    let start = "otpauth://totp/?";
    let mut query = Serializer::for_suffix(start.to_owned(), start.len());
    query.append_pair("secret", seed);
    query.extend_pairs(parameters);
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_is_understood() {
        for (fields, expected) in [
            (&[("otp", "otpauth://totp/x?secret=AB")][..], None),
            (&[("otp", "JBSWY3DPEHPK3PXP")], None),
            (&[], None),
            (
                &[("otp", "key=JBSWY3DPEHPK3PXP&step=60&size=8&otpHashMode=Sha256")],
                Some("secret=JBSWY3DPEHPK3PXP&period=60&digits=8&algorithm=Sha256"),
            ),
            (&[("totp seed", "jbsw y3dp")], Some("secret=jbsw+y3dp&period=30&digits=6")),
            (
                &[("totp seed", "AB"), ("totp settings", "60;8")],
                Some("secret=AB&period=60&digits=8"),
            ),
            (&[("totp seed", "AB"), ("totp settings", "30;S")], Some("secret=AB&encoder=steam")),
            (
                &[("timeotp-secret-base32", "AB"), ("timeotp-algorithm", "HMAC-SHA-256")],
                Some("secret=AB&algorithm=HMAC-SHA-256"),
            ),
            (
                &[("timeotp-secret-hex", "41ff"), ("timeotp-length", "8")],
                Some("secret=IH7Q&digits=8"),
            ),
            (&[("timeotp-secret-base64", "Qf8=")], Some("secret=IH7Q")),
            (&[("timeotp-secret", "A"), ("timeotp-period", "60")], Some("secret=IE&period=60")),
            (&[("timeotp-secret-hex", "no hex")], None),
        ] {
            let properties = fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (Cow::Borrowed(*value), true)))
                .collect();
            let expected = expected.map(|query| format!("otpauth://totp/?{query}"));
            assert_eq!(uri(&properties), expected, "{fields:?}");
        }
    }
}
