//! An `otpauth://` URI, as QR codes and password managers have it: a seed with its parameters, and whose it is.

use std::borrow::Cow;
use std::fmt::{self, Write};

use zeroize::Zeroizing;

use super::SeedError;

/// Whose seed it is, in the words of the application that made it. Both are public, and fit to be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    /// The application.
    pub issuer: Option<String>,
    /// The user of it.
    pub account: Option<String>,
}

impl Label {
    /// A label of these two, each as far as it is fit to be shown: without control characters, and not endless.
    pub fn new(issuer: &str, account: &str) -> Self {
        let fit = |text: &str| {
            let text: String = text.trim().chars().filter(|c| !is_hidden(*c)).take(MOST).collect();
            (!text.is_empty()).then_some(text)
        };
        Self { issuer: fit(issuer), account: fit(account) }
    }

    /// The URI up to its parameters.
    pub(super) fn begin(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new("otpauth://totp/".to_owned());
        if let Some(issuer) = &self.issuer {
            text.push_str(&encoded(issuer));
            text.push(':');
        }
        text.push_str(&encoded(self.account.as_deref().unwrap_or_default()));
        text
    }

    /// What the URI `url` says: the issuer of its parameter, or else that before the colon of its path.
    fn of(url: &url::Url) -> Self {
        let path = decoded(url.path().trim_start_matches('/'));
        let named = url.query_pairs().find(|(name, _)| name.eq_ignore_ascii_case("issuer"));
        let named = named.map(|(_, value)| value).filter(|value| !value.trim().is_empty());
        let within = |issuer: &str| path.strip_prefix(issuer.trim())?.strip_prefix(':');
        match named {
            // An issuer may hold a colon of its own.
            Some(issuer) => Self::new(
                &issuer,
                within(&issuer)
                    .unwrap_or_else(|| path.split_once(':').map_or(&path, |(_, account)| account)),
            ),
            None => {
                let (issuer, account) = path.split_once(':').unwrap_or(("", &path));
                Self::new(issuer, account)
            }
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.issuer, &self.account) {
            (Some(issuer), Some(account)) => write!(f, "{issuer} ({account})"),
            (Some(one), None) | (None, Some(one)) => f.write_str(one),
            (None, None) => f.write_str("without a name"),
        }
    }
}

/// The most characters of a name that are kept.
const MOST: usize = 100;

/// Characters that act on a terminal or turn the reading round.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Percent-encoded for any part of a URI.
pub(super) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut to, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                to.push(char::from(byte));
            }
            _ => {
                let _ = write!(to, "%{byte:02X}");
            }
        }
        to
    })
}

/// The text that is percent-encoded as `text`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let pair = more.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = more.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What an `otpauth://` URI says, unread but for its secret.
pub(super) struct Uri {
    pub(super) secret: Zeroizing<String>,
    pub(super) digits: Option<String>,
    pub(super) period: Option<String>,
    pub(super) algorithm: Option<String>,
    pub(super) label: Label,
}

impl Uri {
    /// The URI, or `None` when the text does not begin like one.
    pub(super) fn of(text: &str) -> Result<Option<Self>, SeedError> {
        let begins = |prefix: &str| {
            text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        if begins("otpauth-migration:") {
            return Err(SeedError::Export);
        }
        if begins("steam:") {
            return Err(SeedError::Steam);
        }
        if !begins("otpauth:") {
            return Ok(None);
        }
        let url = url::Url::parse(text).map_err(|_| SeedError::BadUri)?;
        match url.host_str().map(str::to_ascii_lowercase).as_deref() {
            Some("totp") => {}
            Some("hotp") => return Err(SeedError::CounterBased),
            Some("steam") => return Err(SeedError::Steam),
            _ => return Err(SeedError::UnknownType),
        }
        let mut secret = None;
        let (mut digits, mut period, mut algorithm) = (None, None, None);
        for (name, value) in url.query_pairs() {
            match &*name.to_ascii_lowercase() {
                "secret" => once(&mut secret, "secret", value)?,
                "digits" => once(&mut digits, "digits", value)?,
                "period" => once(&mut period, "period", value)?,
                "algorithm" => once(&mut algorithm, "algorithm", value)?,
                "encoder" if value.eq_ignore_ascii_case("steam") => return Err(SeedError::Steam),
                _ => {}
            }
        }
        let secret = Zeroizing::new(secret.ok_or(SeedError::NoSecret)?);
        let label = Label::of(&url);
        Ok(Some(Self { secret, digits, period, algorithm, label }))
    }
}

/// Keeps a parameter that comes for the first time.
fn once(
    slot: &mut Option<String>,
    parameter: &'static str,
    value: Cow<'_, str>,
) -> Result<(), SeedError> {
    match slot.replace(value.into_owned()) {
        None => Ok(()),
        Some(_) => Err(SeedError::Twice { parameter }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Label, Uri};

    #[test]
    fn a_label_is_read_as_applications_write_it() {
        for (uri, issuer, account) in [
            ("otpauth://totp/Acme:alice?secret=AB&issuer=Acme", Some("Acme"), Some("alice")),
            (
                "otpauth://totp/Acme%3Aalice%40acme.example?secret=AB",
                Some("Acme"),
                Some("alice@acme.example"),
            ),
            ("otpauth://totp/alice?secret=AB&issuer=Acme%20Co", Some("Acme Co"), Some("alice")),
            ("otpauth://totp/Old:%20alice?secret=AB&issuer=New", Some("New"), Some("alice")),
            ("otpauth://totp/?secret=AB", None, None),
            ("otpauth://totp?secret=AB", None, None),
            ("otpauth://totp/%1b%5b31mred?secret=AB", None, Some("[31mred")),
            ("otpauth://totp/%e2%80%aeabc?secret=AB", None, Some("abc")),
            ("otpauth://totp/%zz%e?secret=AB", None, Some("%zz%e")),
            ("otpauth://totp/M%C3%BCller?secret=AB&issuer=", None, Some("Müller")),
        ] {
            let label = Uri::of(uri).unwrap().unwrap().label;
            assert_eq!(
                (label.issuer.as_deref(), label.account.as_deref()),
                (issuer, account),
                "{uri}"
            );
        }
    }

    #[test]
    fn a_label_survives_its_own_uri() {
        for (issuer, account) in
            [("Acme & Co: west", "alice+x@acme.example"), ("", "50%"), ("Ünï", "")]
        {
            let label = Label::new(issuer, account);
            let begin = format!("{}?secret=AB&issuer={}", *label.begin(), super::encoded(issuer));
            assert_eq!(Uri::of(&begin).unwrap().unwrap().label, label, "{begin}");
        }
    }
}
