//! What is suspected to be a secret. A source should hold none, and some do: what looks like one, or stands where
//! one would be typed, is not written anywhere.

/// The kind of field that a locator or a name speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// A password.
    Password,
    /// A one-time code, or the seed of one.
    Code,
    /// Another secret, such as a token.
    Secret,
    /// Nothing that is known to be secret.
    Other,
}

const PASSWORD: [&str; 9] = [
    "password",
    "passwd",
    "passwort",
    "kennwort",
    "passphrase",
    "contraseña",
    "motdepasse",
    "wachtwoord",
    "senha",
];
const CODE: [&str; 8] =
    ["totp", "otp", "mfa", "2fa", "twofactor", "onetime", "authenticator", "seed"];
const SECRET: [&str; 9] = [
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "accesskey",
    "credential",
    "private",
];
/// Short words that mean something only as a whole word.
const WORDS: [(&str, Field); 8] = [
    ("pw", Field::Password),
    ("pwd", Field::Password),
    ("pass", Field::Password),
    ("psw", Field::Password),
    ("pin", Field::Secret),
    ("key", Field::Secret),
    ("code", Field::Code),
    ("auth", Field::Secret),
];

/// What `name` speaks of: a locator, a parameter or a key of a URL.
pub(super) fn field(name: &str) -> Field {
    let lower = name.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if any(&PASSWORD) {
        return Field::Password;
    }
    if any(&CODE) {
        return Field::Code;
    }
    if any(&SECRET) {
        return Field::Secret;
    }
    parts(name)
        .iter()
        .find_map(|part| WORDS.iter().find(|(word, _)| word == part).map(|(_, field)| *field))
        .unwrap_or(Field::Other)
}

/// The words of a name, in lower case: `loginPwd` is `login` and `pwd`.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = ' ';
    for character in name.chars() {
        let begins = character.is_uppercase() && before.is_lowercase();
        if (begins || !character.is_alphabetic())
            && parts.last().is_some_and(|part| !part.is_empty())
        {
            parts.push(String::new());
        }
        if character.is_alphabetic()
            && let Some(part) = parts.last_mut()
        {
            part.extend(character.to_lowercase());
        }
        before = character;
    }
    parts
}

/// Whether a text looks like a password, a seed or a token.
pub(super) fn value(text: &str) -> bool {
    let text = text.trim();
    if text.contains("otpauth:") {
        return true;
    }
    let has = |wanted: fn(char) -> bool| text.chars().any(wanted);
    let kinds = [
        has(|c| c.is_lowercase()),
        has(|c| c.is_uppercase()),
        has(|c| c.is_ascii_digit()),
        has(|c| {
            !c.is_alphanumeric() && !matches!(c, ' ' | '-' | '_' | '.' | '/' | ':' | '@' | ',')
        }),
    ];
    let kinds = kinds.into_iter().filter(|kind| *kind).count();
    let blank = text.contains(' ') && !base32(text);
    let length = text.chars().count();
    base32(text)
        || (length >= 6 && kinds >= 3 && !blank)
        || (length >= 20 && !blank && has(|c| c.is_ascii_digit()) && has(char::is_alphabetic))
}

/// Whether a text looks like a base32 seed: 16 characters of its alphabet, however they are grouped.
fn base32(text: &str) -> bool {
    let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '=')).collect();
    let alphabet = |c: char| matches!(c, 'A'..='Z' | 'a'..='z' | '2'..='7');
    let lower = compact.chars().any(|c| c.is_ascii_lowercase());
    let upper = compact.chars().any(|c| c.is_ascii_uppercase());
    let digit = compact.chars().any(|c| c.is_ascii_digit());
    compact.len() >= 16 && compact.chars().all(alphabet) && (digit || (upper && !lower))
}

#[cfg(test)]
mod tests {
    use super::{Field, field, value};

    #[test]
    fn fields_are_known_by_their_names() {
        for (name, expected) in [
            ("i0118", Field::Other),
            ("user_pass_form_password_field", Field::Password),
            ("//input[@name='Passwd']", Field::Password),
            ("loginPwd", Field::Password),
            ("pw", Field::Password),
            ("compass", Field::Other),
            ("passport", Field::Other),
            ("mfa-code", Field::Code),
            ("TotpSecret", Field::Code),
            ("promoCode", Field::Code),
            ("encoder", Field::Other),
            ("api_key", Field::Secret),
            ("monkey", Field::Other),
            ("firstname", Field::Other),
            ("", Field::Other),
        ] {
            assert_eq!(field(name), expected, "{name}");
        }
    }

    #[test]
    fn secrets_are_known_by_their_looks() {
        for text in [
            "Hunter2!",
            "Admin123",
            "JBSWY3DPEHPK3PXP",
            "jbsw y3dp ehpk 3pxp",
            "JBSW-Y3DP-EHPK-3PXP",
            "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP",
            "0123456789abcdef0123",
        ] {
            assert!(value(text), "{text}");
        }
        for text in [
            "Shopizer",
            "eu-west-1",
            "3600",
            "LDAP",
            "",
            "Sign in",
            "administrators",
            "Local directory 2",
        ] {
            assert!(!value(text), "{text}");
        }
    }
}
