//! A spelling: how one character of a value can stand in a text of a page, in its URL or in a log.

/// The characters that can be read at `at`, each with where it ends: as it is, percent-encoded, as a
/// character reference of HTML, escaped as in JSON, or `+` for a blank.
pub(super) fn units(text: &str, at: usize) -> Vec<(char, usize)> {
    let Some(rest) = text.get(at..) else { return Vec::new() };
    let Some(first) = rest.chars().next() else { return Vec::new() };
    let mut units = vec![(first, first.len_utf8())];
    match first {
        '%' => units.extend(percent(rest)),
        '&' => units.extend(reference(rest)),
        '\\' => units.extend(escaped(rest)),
        '+' => units.push((' ', 1)),
        _ => {}
    }
    units.into_iter().map(|(character, length)| (character, at + length)).collect()
}

/// `%C3%BC`; and `%FC` and `%u00FC`, as `escape` writes it.
fn percent(text: &str) -> Option<(char, usize)> {
    if let Some(digits) = text.strip_prefix("%u") {
        return unit16(digits).map(|(character, length)| (character, length + 2));
    }
    let byte = |index: usize| {
        let part = text.get(3 * index..3 * index + 3)?.strip_prefix('%')?;
        u8::from_str_radix(part, 16).ok()
    };
    let bytes: Vec<u8> = (0..4).map_while(byte).collect();
    let whole = (1..=bytes.len()).find_map(|length| {
        let character = std::str::from_utf8(bytes.get(..length)?).ok()?.chars().next()?;
        Some((character, 3 * length))
    });
    // `escape` writes a byte for a character of Latin-1.
    whole.or_else(|| Some((char::from(*bytes.first()?), 3)))
}

/// `&amp;`, `&#38;`, `&#x26;`.
fn reference(text: &str) -> Option<(char, usize)> {
    const NAMED: [(&str, char); 6] =
        [("amp", '&'), ("apos", '\''), ("gt", '>'), ("lt", '<'), ("nbsp", ' '), ("quot", '"')];
    let (name, _) = text.strip_prefix('&')?.split_once(';')?;
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    let named = NAMED.iter().find(|(known, _)| *known == name).map(|(_, character)| *character);
    Some((named.or(number.and_then(char::from_u32))?, name.len() + 2))
}

/// `\"`, `\u00fc`; with several backslashes where JSON stands in JSON.
fn escaped(text: &str) -> Vec<(char, usize)> {
    let slashes = text.bytes().take(MOST_SLASHES).take_while(|byte| *byte == b'\\').count();
    // Of several backslashes one is the character, and the others escape it.
    let mut units: Vec<_> = (2..=slashes).map(|length| ('\\', length)).collect();
    let rest = text.get(slashes..).unwrap_or_default();
    if let Some((character, length)) = rest.strip_prefix('u').and_then(unit16) {
        units.push((character, slashes + 1 + length));
    }
    match rest.chars().next() {
        Some('n' | 'r' | 't') => units.push((' ', slashes + 1)),
        Some(character @ ('"' | '\'' | '/')) => units.push((character, slashes + 1)),
        _ => {}
    }
    units
}

/// JSON in JSON in JSON escapes a character with so many.
const MOST_SLASHES: usize = 8;

/// Four hexadecimal digits, or two times four with `\u` between them.
fn unit16(digits: &str) -> Option<(char, usize)> {
    let unit = |text: &str| u16::from_str_radix(text.get(..4)?, 16).ok();
    let first = unit(digits)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Some((character, 4));
    }
    let rest = digits.get(4..)?;
    let (between, second) = match rest.strip_prefix('%').or(rest.strip_prefix('\\')) {
        Some(second) => (2, unit(second.strip_prefix('u')?)?),
        None => return None,
    };
    let character = char::decode_utf16([first, second]).next()?.ok()?;
    Some((character, 8 + between))
}
