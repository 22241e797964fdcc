//! A token: a character, an escaped character or a placeholder. Rows and templates are both read
//! from tokens, so what is escaped or inside a placeholder is the same for both.

use std::ops::Range;

/// The characters that `^` makes ordinary. Before any other it is itself, so that the CSS operator
/// of `[href^=x]` needs no escape.
const ESCAPABLE: [char; 12] = ['<', '>', '(', ')', '[', ']', '{', '}', '^', '#', '&', '\\'];

/// What a [`Token`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A character that may mean something.
    Plain(char),
    /// A character that stands for itself.
    Escaped(char),
    /// `<…>` or `{…}` with a name inside.
    Placeholder,
}

/// A token and its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) shape: Shape,
    pub(super) range: Range<usize>,
}

impl Token {
    /// Whether it is the plain character `wanted`.
    pub(super) fn is(&self, wanted: char) -> bool {
        self.shape == Shape::Plain(wanted)
    }

    /// Whether it is a plain blank.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.shape, Shape::Plain(character) if character.is_whitespace())
    }
}

/// The tokens of `text`; together they are the whole of it.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let mut end = at + character.len_utf8();
        let mut shape = Shape::Plain(character);
        match character {
            '^' => {
                if let Some(next) = text[end..].chars().next().filter(|c| ESCAPABLE.contains(c)) {
                    shape = Shape::Escaped(next);
                    end += next.len_utf8();
                }
            }
            '<' | '{' => {
                let close = if character == '<' { '>' } else { '}' };
                if let Some(length) = name_length(&text[end..], close) {
                    shape = Shape::Placeholder;
                    end += length + 1;
                }
            }
            _ => {}
        }
        found.push(Token { shape, range: at..end });
        at = end;
    }
    found
}

/// The length of the name at the start of `text` that `close` ends: `property` or `object\property`,
/// each of letters, digits, `_`, `-`, `.` and single blanks, beginning with a letter or `_`.
fn name_length(text: &str, close: char) -> Option<usize> {
    // No name is longer; without a limit a text of `<a<a<a…` would cost its length squared.
    let length = text.char_indices().take(129).find(|(_, c)| *c == close)?.0;
    let name = &text[..length];
    let mut parts = name.split('\\');
    let right = match (parts.next(), parts.next(), parts.next()) {
        (Some(only), None, None) => is_name(only),
        (Some(object), Some(property), None) => is_name(object) && is_name(property),
        _ => false,
    };
    right.then_some(length)
}

/// Whether a placeholder can hold `name` as the name of a property.
pub(super) fn is_name(name: &str) -> bool {
    let mut before = ' ';
    for character in name.chars() {
        let fits = match character {
            '_' => true,
            ' ' | '-' | '.' => before != ' ',
            _ if before == ' ' && name.starts_with(character) => character.is_alphabetic(),
            // The dot that `İ` leaves in lower case, which is how names are kept.
            '\u{307}' => before != ' ',
            _ => character.is_alphanumeric(),
        };
        if !fits {
            return false;
        }
        before = character;
    }
    before != ' '
}
