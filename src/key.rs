//! A key: one that a row may press by its name.

/// A key that means the same on every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name in a row: the W3C one (UI Events, "key values").
    pub name: &'static str,
    /// The code point that WebDriver gives it (W3C WebDriver, "Keyboard actions").
    pub code_point: char,
    /// Its Windows virtual key code (winuser.h), which Chromium wants beside the name.
    pub virtual_key: u32,
}

const fn key(name: &'static str, code_point: char, virtual_key: u32) -> Key {
    Key { name, code_point, virtual_key }
}

impl Key {
    /// Every one, in the order of the documents.
    pub const ALL: [Self; 14] = [
        key("Enter", '\u{E007}', 13),
        key("Tab", '\u{E004}', 9),
        key("Escape", '\u{E00C}', 27),
        key("Space", '\u{E00D}', 32),
        key("Backspace", '\u{E003}', 8),
        key("Delete", '\u{E017}', 46),
        key("ArrowUp", '\u{E013}', 38),
        key("ArrowDown", '\u{E015}', 40),
        key("ArrowLeft", '\u{E012}', 37),
        key("ArrowRight", '\u{E014}', 39),
        key("Home", '\u{E011}', 36),
        key("End", '\u{E010}', 35),
        key("PageUp", '\u{E00E}', 33),
        key("PageDown", '\u{E00F}', 34),
    ];

    /// The key of that name, case aside.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name.eq_ignore_ascii_case(name))
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn no_two_keys_share_a_name_or_a_code() {
        for (at, key) in Key::ALL.iter().enumerate() {
            assert_eq!(Key::named(&key.name.to_uppercase()), Some(*key));
            for other in &Key::ALL[..at] {
                assert_ne!(key.name, other.name);
                assert_ne!(key.code_point, other.code_point, "{} and {}", key.name, other.name);
                assert_ne!(key.virtual_key, other.virtual_key, "{} and {}", key.name, other.name);
            }
        }
        assert_eq!(Key::named("Return"), None);
    }
}
