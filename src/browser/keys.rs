//! Keys: how a character is typed as one.

/// The physical key of a character on a US keyboard: its code, and its Windows virtual key code.
/// `None` for what such a keyboard does not have; it is typed without a code then.
pub(super) fn physical(character: char) -> Option<(String, u32)> {
    let lower = character.to_ascii_lowercase();
    if lower.is_ascii_lowercase() {
        let upper = character.to_ascii_uppercase();
        return Some((format!("Key{upper}"), u32::from(upper)));
    }
    const SHIFTED_DIGITS: &str = ")!@#$%^&*(";
    if let Some(digit) = character
        .to_digit(10)
        .or_else(|| SHIFTED_DIGITS.find(character).and_then(|at| u32::try_from(at).ok()))
    {
        return Some((format!("Digit{digit}"), 48 + digit));
    }
    // Virtual key codes of the OEM keys of a US keyboard (winuser.h).
    let (code, virtual_key) = match character {
        ' ' => ("Space", 32),
        '-' | '_' => ("Minus", 189),
        '=' | '+' => ("Equal", 187),
        '[' | '{' => ("BracketLeft", 219),
        ']' | '}' => ("BracketRight", 221),
        '\\' | '|' => ("Backslash", 220),
        ';' | ':' => ("Semicolon", 186),
        '\'' | '"' => ("Quote", 222),
        '`' | '~' => ("Backquote", 192),
        ',' | '<' => ("Comma", 188),
        '.' | '>' => ("Period", 190),
        '/' | '?' => ("Slash", 191),
        _ => return None,
    };
    Some((code.to_owned(), virtual_key))
}

/// Whether `character` can be typed as a key with its text: control characters are commands of an
/// editor, and Chromium takes one UTF-16 unit per key.
pub(super) fn is_typable(character: char) -> bool {
    !character.is_control() && u32::from(character) < 0x1_0000 && !is_webdriver_key(character)
}

/// Whether WebDriver reads `character` as a key and not as text (W3C WebDriver, "Element Send Keys").
pub(super) fn is_webdriver_key(character: char) -> bool {
    ('\u{E000}'..='\u{F8FF}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_printable_ascii_character_has_a_key() {
        for character in ' '..='~' {
            assert!(physical(character).is_some(), "{character}");
        }
        assert_eq!(physical('A'), Some(("KeyA".into(), 65)));
        assert_eq!(physical('*'), Some(("Digit8".into(), 56)));
        assert_eq!(physical('ü'), None);
    }
}
