//! A literal: text of the connector itself that looks like a secret, which belongs into a vault.

/// Parts of names that fields and parameters for secrets have.
const WORDS: [&str; 12] = [
    "password",
    "passwd",
    "passwort",
    "pwd",
    "passphrase",
    "passcode",
    "kennwort",
    "secret",
    "apikey",
    "api_key",
    "api-key",
    "token",
];

/// Short names of the same, which mean it only where they are a word of their own: `user_pass`, not `compass`.
const SHORT: [&str; 4] = ["pass", "psw", "pw", "pin"];

/// Whether a field or parameter of this name is for a secret.
pub(super) fn names_a_secret(name: &str) -> bool {
    let lower = name.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    WORDS.iter().any(|word| lower.contains(word)) || words.any(|word| SHORT.contains(&word))
}

/// Whether `text` looks like a password, whatever the field is called: letters, digits and a sign that names,
/// addresses and dates have not, without a blank.
pub(super) fn is_password(text: &str) -> bool {
    let sign = |c: char| c.is_ascii_punctuation() && !"-_./:@,\\()+'".contains(c);
    text.chars().count() >= 8
        && !text.contains(char::is_whitespace)
        && text.contains(char::is_alphabetic)
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(sign)
}

/// Whether `text` is what authenticators are set up with: an `otpauth://` URI, or base32 of 80 bits and
/// more as sites print it, which a word or a name is not.
pub(super) fn is_seed(text: &str) -> bool {
    if text.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("otpauth://")) {
        return true;
    }
    let packed: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '=')).collect();
    let base32 = packed.chars().all(|c| c.is_ascii_uppercase() || matches!(c, '2'..='7'));
    let digits = packed.chars().filter(char::is_ascii_digit).count();
    packed.len() >= 16 && base32 && (1..packed.len() / 2 + 1).contains(&digits)
}

/// Where the query of the URL `text` gives a secret: the value of the first parameter named like one.
pub(super) fn in_query(text: &str) -> Option<std::ops::Range<usize>> {
    let mut at = text.find('?')? + 1;
    for pair in text[at..].split(['&', '#']) {
        if let Some((name, value)) = pair.split_once('=')
            && names_a_secret(name)
            && !value.is_empty()
            && !value.contains(['<', '{'])
        {
            let start = at + name.len() + 1;
            return Some(start..start + value.len());
        }
        at += pair.len() + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{in_query, is_password, is_seed, names_a_secret};

    #[test]
    fn fields_for_secrets_are_told_by_their_names() {
        for name in ["userPassword", "Passwd", "pass", "user_pass", "login[pw]", "api-key", "pin"] {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["compass", "passport", "spin", "username", ""] {
            assert!(!names_a_secret(name), "{name}");
        }
    }

    #[test]
    fn passwords_are_told_by_their_looks() {
        for text in ["Hunter2!", "pa$$w0rd", "Zürich#2026"] {
            assert!(is_password(text), "{text}");
        }
        for text in [
            "Local directory #2 (EU)",
            "eu-west-1",
            "user@host1.example",
            "CONTOSO\\admin1",
            "2026-11-22",
            "+49 30 1234!",
        ] {
            assert!(!is_password(text), "{text}");
        }
    }

    #[test]
    fn seeds_are_told_from_words() {
        for text in ["JBSWY3DPEHPK3PXP", "JBSW Y3DP EHPK 3PXP", "otpauth://totp/a?secret=JBSWY3DP"]
        {
            assert!(is_seed(text), "{text}");
        }
        for text in
            ["ADMINISTRATOR", "CONTOSO-ADMINISTRATORS", "2222333344445555", "jbswy3dpehpk3pxp", ""]
        {
            assert!(!is_seed(text), "{text}");
        }
    }

    #[test]
    fn secrets_in_a_query_are_found() {
        let text = "https://a/?x=1&Token=abc#y";
        assert_eq!(in_query(text).map(|range| &text[range]), Some("abc"));
        for text in [
            "https://a/?token=<param\\x>",
            "https://a/?token=",
            "https://a/token=x",
            "https://a/?x=token",
        ] {
            assert_eq!(in_query(text), None, "{text}");
        }
    }
}
