//! A lexer: the words and signs of an XPath, with their places.

use std::ops::Range;

use super::Flaw;

/// What a [`Token`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexeme {
    Literal,
    Number,
    /// A name, with its namespace prefix where it has one.
    Name,
    Variable,
    /// Between two operands: `and`, `=`, `|`, and `*` where it multiplies.
    Operator,
    /// Everything else: `/`, `[`, `@`, `*` for any element.
    Sign,
}

/// A word or sign and its place.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) lexeme: Lexeme,
    pub(super) range: Range<usize>,
}

const SIGNS: [&str; 22] = [
    "//", "..", "::", "!=", "<=", ">=", "/", "(", ")", "[", "]", ".", "@", ",", "|", "+", "-", "=",
    "<", ">", "*", ":",
];

/// The tokens of `text`.
pub(super) fn lex(text: &str) -> Result<Vec<Token>, Flaw> {
    let mut found: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        // XPath 1.0, section 3.7: after an operand a name or `*` is an operator.
        let operand = found.last().is_some_and(|last| {
            last.lexeme != Lexeme::Operator
                && !matches!(&text[last.range.clone()], "@" | "::" | "(" | "[" | "," | "/" | "//")
        });
        let (lexeme, length) = if character.is_whitespace() {
            at += character.len_utf8();
            continue;
        } else if matches!(character, '\'' | '"') {
            let Some(end) = rest[1..].find(character) else {
                let message = "a quote of the XPath is never closed";
                return Err(Flaw::new(at..at + 1, message, format!("close it with `{character}`")));
            };
            (Lexeme::Literal, end + 2)
        } else if matches!(character, '\u{2018}'..='\u{201f}') {
            let message = "this is a typographic quote, as word processors make them";
            return Err(Flaw::new(at..at + character.len_utf8(), message, "write `'` or `\"`"));
        } else if character.is_ascii_digit()
            || (character == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            (Lexeme::Number, run_of(rest, |c| c.is_ascii_digit() || c == '.'))
        } else if character == '$' {
            (Lexeme::Variable, 1 + name(&rest[1..]))
        } else if begins_name(character) {
            let length = name(rest);
            let word = &rest[..length];
            let operator = operand && matches!(word, "and" | "or" | "div" | "mod");
            (if operator { Lexeme::Operator } else { Lexeme::Name }, length)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            let operator = match *sign {
                "*" => operand,
                "|" | "+" | "-" | "=" | "!=" | "<" | "<=" | ">" | ">=" => {
                    // A minus sign before an operand is part of it.
                    *sign != "-" || operand
                }
                _ => false,
            };
            (if operator { Lexeme::Operator } else { Lexeme::Sign }, sign.len())
        } else {
            let message = format!("an XPath has no `{character}`");
            let help = match character {
                '{' | '}' | '#' => "is this CSS? then write `(SearchBy=css)`",
                '&' => "write `and`",
                '!' => "write `not(…)`",
                _ => "a text stands in quotes",
            };
            return Err(Flaw::new(at..at + character.len_utf8(), message, help));
        };
        found.push(Token { lexeme, range: at..at + length });
        at += length;
    }
    Ok(found)
}

fn begins_name(character: char) -> bool {
    character == '_' || character.is_alphabetic()
}

fn in_name(character: char) -> bool {
    begins_name(character)
        || character.is_alphanumeric()
        || matches!(character, '-' | '.' | '\u{b7}')
}

/// The length of the name at the start of `text`: `input`, `svg:rect`, `svg:*`.
fn name(text: &str) -> usize {
    let first = run_of(text, in_name);
    match text[first..].strip_prefix(':') {
        Some(rest) if rest.starts_with(begins_name) => first + 1 + run_of(rest, in_name),
        Some(rest) if rest.starts_with('*') => first + 2,
        _ => first,
    }
}

fn run_of(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|character| !fits(character)).unwrap_or(text.len())
}
