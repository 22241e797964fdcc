//! A body: what a request carries, with a secret in the place of its stand-in, in the writing of that body.
//!
//! Everything else of the body stays, byte for byte. A stand-in consists of characters that no writing
//! changes, so it is found as it is.

use serde::de::IgnoredAny;
use zeroize::Zeroizing;

/// How deep one writing may stand within another: JSON in a field of a form is two.
const DEPTH: usize = 4;

/// From this length on nothing else in a request looks like a stand-in, wherever in a value it stands.
pub(super) const UNMISTAKABLE: usize = 8;

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// The stand-in is not in it.
    Absent,
    /// It stands in it several times.
    Twice,
    /// It is in it, and the secret cannot be put there: why.
    Unfit(String),
    /// The body with the secret.
    Done(Body),
}

/// A body with its secret, and its writing in a word.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) writing: &'static str,
}

/// Puts `secret` into `body` of this content type, in the one place where `stand_in` is.
pub(super) fn put(content_type: &str, body: &[u8], stand_in: &str, secret: &str) -> Put {
    if !has(body, stand_in.as_bytes()) {
        return Put::Absent;
    }
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut swap = Swap { stand_in, secret, count: 0, unfit: None };
    let text = std::str::from_utf8(body);
    let (writing, bytes) = match (essence.as_str(), text) {
        ("multipart/form-data", _) => match boundary(content_type) {
            Some(boundary) => ("multipart", swap.multipart(body, &boundary)),
            None => return Put::Unfit("a multipart body without a boundary".to_owned()),
        },
        (_, Err(_)) => return Put::Unfit(format!("`{essence}`, which is no text")),
        (_, Ok(text)) => match writing(&essence, text) {
            Some(writing) => (writing.word(), swap.written(writing, text, 0).into_bytes()),
            None => return Put::Unfit(format!("`{essence}`")),
        },
    };
    match (swap.count, swap.unfit) {
        (_, Some(why)) => Put::Unfit(why),
        (0, None) => Put::Absent,
        (1, None) => Put::Done(Body { bytes: Zeroizing::new(bytes), writing }),
        _ => Put::Twice,
    }
}

/// The values of the fields that are called one of `names`, in a form or in JSON; names are compared without case.
pub(super) fn fields(content_type: &str, body: &[u8], names: &[String]) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(body) else { return Vec::new() };
    let is = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    match writing(content_type.split(';').next().unwrap_or_default().trim(), text) {
        Some(Writing::Json) => {
            let mut found = Vec::new();
            let mut left =
                vec![serde_json::from_str::<serde_json::Value>(text).unwrap_or_default()];
            while let Some(value) = left.pop() {
                match value {
                    serde_json::Value::Object(map) => {
                        for (name, value) in map {
                            match value {
                                serde_json::Value::String(text) if is(&name) => found.push(text),
                                other => left.push(other),
                            }
                        }
                    }
                    serde_json::Value::Array(values) => left.extend(values),
                    _ => {}
                }
            }
            found
        }
        Some(Writing::Form) => url::form_urlencoded::parse(body)
            .filter(|(name, _)| is(name))
            .map(|(_, value)| value.into_owned())
            .collect(),
        _ => Vec::new(),
    }
}

/// How a text is written.
#[derive(Debug, Clone, Copy)]
enum Writing {
    Form,
    Json,
    Xml,
    Plain,
}

impl Writing {
    fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::Plain => "plain text",
        }
    }
}

/// How `text` is written that a request calls `essence`. Scripts that send JSON often call it something else.
fn writing(essence: &str, text: &str) -> Option<Writing> {
    let essence = essence.to_ascii_lowercase();
    let is_json = || {
        text.trim_start().starts_with(['{', '['])
            && serde_json::from_str::<IgnoredAny>(text).is_ok()
    };
    match essence.as_str() {
        "application/x-www-form-urlencoded" | "text/plain" | "" if is_json() => Some(Writing::Json),
        "application/x-www-form-urlencoded" => Some(Writing::Form),
        json if json.ends_with("/json") || json.ends_with("+json") => Some(Writing::Json),
        "text/plain" | "" if text.trim_start().starts_with("<?xml") => Some(Writing::Xml),
        "text/plain" | "" => Some(Writing::Plain),
        xml if xml.ends_with("/xml") || xml.ends_with("+xml") => Some(Writing::Xml),
        _ => None,
    }
}

/// The exchange of one stand-in.
struct Swap<'a> {
    stand_in: &'a str,
    secret: &'a str,
    count: usize,
    /// Why the secret cannot stand where the stand-in does.
    unfit: Option<String>,
}

impl Swap<'_> {
    fn written(&mut self, writing: Writing, text: &str, depth: usize) -> String {
        match writing {
            Writing::Form => self.form(text, depth),
            Writing::Json => self.json(text, depth),
            Writing::Xml => self.xml(text),
            Writing::Plain => self.value(text, depth).unwrap_or_else(|| text.to_owned()),
        }
    }

    /// A value, unwrapped from the writing around it; `None` where it stays as it is.
    fn value(&mut self, text: &str, depth: usize) -> Option<String> {
        if !text.contains(self.stand_in) {
            return None;
        }
        if text == self.stand_in {
            self.count += 1;
            return Some(self.secret.to_owned());
        }
        if depth < DEPTH
            && let Some(inner @ Writing::Json) = writing("", text)
        {
            return Some(self.written(inner, text, depth + 1));
        }
        let (changed, count) = self.within(text, self.secret);
        self.count += count;
        (count > 0).then_some(changed)
    }

    /// `text` with `instead` where the stand-in is, and how often it is. A short one, such as a code, counts
    /// only where it is not a part of a longer word or number.
    fn within(&self, text: &str, instead: &str) -> (String, usize) {
        let (mut changed, mut count, mut from) = (String::with_capacity(text.len()), 0, 0);
        for (at, found) in text.match_indices(self.stand_in) {
            let end = at + found.len();
            let part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let longer = part(text[..at].chars().next_back()) || part(text[end..].chars().next());
            if found.len() < UNMISTAKABLE && longer {
                continue;
            }
            changed.push_str(&text[from..at]);
            changed.push_str(instead);
            (count, from) = (count + 1, end);
        }
        changed.push_str(&text[from..]);
        (changed, count)
    }

    /// `name=value&…`, as the URL standard writes a form.
    fn form(&mut self, text: &str, depth: usize) -> String {
        let mut pairs = Vec::new();
        for pair in text.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = url::form_urlencoded::parse(value.as_bytes()).next();
            // A value has no `=` of its own that is not encoded, but scripts write what they like.
            let decoded = match decoded {
                Some((first, rest)) if rest.is_empty() && !value.contains('=') => {
                    first.into_owned()
                }
                _ => value.to_owned(),
            };
            if name.contains(self.stand_in) {
                self.unfit = Some("the name of a field, and not its value".to_owned());
            }
            match self.value(&decoded, depth) {
                Some(changed) => {
                    let encoded: String =
                        url::form_urlencoded::byte_serialize(changed.as_bytes()).collect();
                    pairs.push(format!("{name}={encoded}"));
                }
                None => pairs.push(pair.to_owned()),
            }
        }
        pairs.join("&")
    }

    /// JSON: its strings, and the numbers that a code may have become.
    fn json(&mut self, text: &str, depth: usize) -> String {
        let mut changed = String::with_capacity(text.len() + self.secret.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '"' => string_end(rest),
                '0'..='9' => rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()),
                _ => first.len_utf8(),
            };
            let (token, after) = rest.split_at(length);
            rest = after;
            if first == '"'
                && let Ok(inner) = serde_json::from_str::<String>(token)
                && let Some(value) = self.value(&inner, depth)
            {
                changed.push_str(&serde_json::Value::from(value).to_string());
            } else if first.is_ascii_digit() && token == self.stand_in {
                // A number has no zeros before it.
                let digits = self.secret.trim_start_matches('0');
                if self.secret.bytes().all(|byte| byte.is_ascii_digit()) {
                    self.count += 1;
                    changed.push_str(if digits.is_empty() { "0" } else { digits });
                } else {
                    self.unfit = Some("a number".to_owned());
                }
            } else {
                changed.push_str(token);
            }
        }
        changed
    }

    /// XML: the texts and the values of attributes.
    fn xml(&mut self, text: &str) -> String {
        if self.secret.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
            self.unfit = Some("XML, which has no way to write a control character".to_owned());
        }
        let mut changed = String::with_capacity(text.len() + self.secret.len());
        for (part, is_cdata) in sections(text) {
            let instead = match is_cdata {
                true => self.secret.replace("]]>", "]]]]><![CDATA[>"),
                false => escaped(self.secret),
            };
            let (part, count) = self.within(part, &instead);
            self.count += count;
            changed.push_str(&part);
        }
        changed
    }

    /// The parts of a form with files, each a value.
    fn multipart(&mut self, body: &[u8], boundary: &str) -> Vec<u8> {
        let delimiter = format!("--{boundary}");
        let mut changed = Vec::with_capacity(body.len() + self.secret.len());
        let mut from = 0;
        while let Some(at) = find(&body[from..], delimiter.as_bytes()).map(|at| from + at) {
            self.part(&body[from..at], &mut changed);
            changed.extend_from_slice(delimiter.as_bytes());
            from = at + delimiter.len();
        }
        changed.extend_from_slice(&body[from..]);
        changed
    }

    /// One part: its header, an empty line, its value and the end of a line.
    fn part(&mut self, part: &[u8], changed: &mut Vec<u8>) {
        let split = find(part, b"\r\n\r\n").map(|at| part.split_at(at + 4));
        let Some((header, value)) = split else {
            changed.extend_from_slice(part);
            return;
        };
        changed.extend_from_slice(header);
        if has(header, self.stand_in.as_bytes()) {
            self.unfit = Some("the name of a part, and not its value".to_owned());
        }
        let text = std::str::from_utf8(value).ok();
        let lines = text.map(|text| (text.strip_suffix("\r\n").unwrap_or(text), text));
        match lines.and_then(|(value, whole)| Some((self.value(value, 0)?, value, whole))) {
            Some((sealed, value, whole)) => {
                changed.extend_from_slice(sealed.as_bytes());
                changed.extend_from_slice(&whole.as_bytes()[value.len()..]);
            }
            None => {
                if text.is_none() && has(value, self.stand_in.as_bytes()) {
                    self.unfit = Some("a part that is no text".to_owned());
                }
                changed.extend_from_slice(value);
            }
        }
    }
}

/// The boundary that a content type names (RFC 2046, section 5.1.1).
fn boundary(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (name.trim().eq_ignore_ascii_case("boundary") && !value.is_empty())
            .then(|| value.to_owned())
    })
}

/// Where the string ends that `text` begins with, its quotes included.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The parts of an XML text, and whether each is the inside of a CDATA section.
fn sections(text: &str) -> Vec<(&str, bool)> {
    const OPEN: &str = "<![CDATA[";
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(OPEN) {
        let (before, inside) = rest.split_at(at + OPEN.len());
        let (inside, after) = inside.split_at(inside.find("]]>").unwrap_or(inside.len()));
        parts.extend([(before, false), (inside, true)]);
        rest = after;
    }
    parts.push((rest, false));
    parts
}

/// `text` as it stands in XML, in a text and in an attribute, where a parser would make blanks of what parts lines.
fn escaped(text: &str) -> String {
    let text = quick_xml::escape::escape(text);
    text.replace('\t', "&#9;").replace('\n', "&#10;").replace('\r', "&#13;")
}

/// Where `part` begins in `bytes`.
fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len().max(1)).position(|window| window == part)
}

pub(super) fn has(bytes: &[u8], part: &[u8]) -> bool {
    find(bytes, part).is_some()
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
