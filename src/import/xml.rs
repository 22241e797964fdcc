//! XML as it is read: the elements of one name with all that is below them, every attribute with its place.
//! A document with a DTD is refused, so there are no entities but the five of XML itself.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// How deep a document may be nested; a configuration of PVWA has 12 levels.
const DEPTH: usize = 64;
/// The most elements that are kept; a whole configuration of PVWA has 5,000.
const ELEMENTS: usize = 100_000;

/// An element.
#[derive(Debug)]
pub(super) struct Element {
    /// Its name, without prefix.
    pub(super) name: String,
    /// Its first byte.
    pub(super) at: usize,
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<Element>,
}

/// An attribute.
#[derive(Debug)]
pub(super) struct Attribute {
    /// Its name, without prefix.
    pub(super) name: String,
    /// The first byte of its name.
    pub(super) at: usize,
    /// Its value, as it is meant.
    pub(super) value: Text,
}

/// A value whose escapes are resolved, with the place of each part of it.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub(super) text: String,
    /// Bytes of `text` and of the source, wherever the two go apart; ascending.
    steps: Vec<(usize, usize)>,
}

impl Text {
    /// The byte of the source that the byte `at` of the text comes from.
    pub(super) fn place(&self, at: usize) -> usize {
        let before = self.steps.partition_point(|(text, _)| *text <= at);
        match before.checked_sub(1).and_then(|step| self.steps.get(step)) {
            Some((text, source)) => source + (at - text),
            None => at,
        }
    }
}

impl Element {
    /// The first child of that name, case aside.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name.eq_ignore_ascii_case(name))
    }

    /// The attribute of that name, case aside.
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    /// The value of that attribute, trimmed; empty where there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        self.attribute(name).map_or("", |attribute| attribute.value.text.trim())
    }
}

/// Why a text is no XML that is read, and where.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) at: usize,
    pub(super) message: &'static str,
}

/// The elements called `wanted` in `text`, in their order; those inside another one belong to that.
pub(super) fn elements(text: &str, wanted: &str) -> Result<Vec<Element>, Flaw> {
    let mut reader = Reader::from_str(text);
    let (mut open, mut found): (Vec<Element>, Vec<Element>) = (Vec::new(), Vec::new());
    let (mut depth, mut elements, mut roots) = (0usize, 0usize, 0usize);
    loop {
        let before = position(&reader, text);
        let flaw = |message| Err(Flaw { at: before, message });
        let Ok(event) = reader.read_event() else {
            let at = usize::try_from(reader.error_position()).unwrap_or(before).min(text.len());
            return Err(Flaw { at, message: "this is not well-formed XML" });
        };
        let (start, empty) = match event {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if let Some(ended) = open.pop() {
                    match open.last_mut() {
                        Some(parent) => parent.children.push(ended),
                        None => found.push(ended),
                    }
                }
                continue;
            }
            Event::DocType(_) => {
                return flaw(
                    "the document has a DTD (`<!DOCTYPE …>`), which is refused: no export has one",
                );
            }
            Event::Text(inner) if depth == 0 && !inner.trim().is_empty() => {
                return flaw("there is text outside of all elements, so this is no XML");
            }
            Event::GeneralRef(_) if depth == 0 => {
                return flaw("there is text outside of all elements, so this is no XML");
            }
            Event::Eof if depth > 0 => {
                return flaw("the document ends inside of an element: it is cut off");
            }
            Event::Eof if roots == 0 => return flaw("there is no element, so this is no XML"),
            Event::Eof => return Ok(found),
            _ => continue,
        };
        roots += usize::from(depth == 0);
        if depth == DEPTH {
            return flaw("this is nested deeper than any export is");
        }
        depth += usize::from(!empty);
        let name = local(start.name().into_inner());
        if open.is_empty() && name != wanted {
            continue;
        }
        elements += 1;
        if elements > ELEMENTS {
            return flaw("there are more elements than in any export");
        }
        let element = Element {
            name,
            at: before,
            attributes: attributes(&start, text)?,
            children: Vec::new(),
        };
        match (empty, open.last_mut()) {
            (false, _) => open.push(element),
            (true, Some(parent)) => parent.children.push(element),
            (true, None) => found.push(element),
        }
    }
}

fn position(reader: &Reader<&[u8]>, text: &str) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX).min(text.len())
}

/// The name without its prefix.
fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

/// The attributes of an element; each slice that the reader gives is a part of `text`.
fn attributes(start: &BytesStart<'_>, text: &str) -> Result<Vec<Attribute>, Flaw> {
    let place = |slice: &str| {
        (slice.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
    };
    let at = place(start);
    let mut found = Vec::new();
    for attribute in start.attributes() {
        let Ok(attribute) = attribute else {
            return Err(Flaw { at, message: "the attributes of this element are not well-formed" });
        };
        let value_at = place(&attribute.value);
        let raw = text.get(value_at..value_at + attribute.value.len()).unwrap_or_default();
        found.push(Attribute {
            name: local(attribute.key.into_inner()),
            at: place(attribute.key.into_inner()),
            value: unescape(raw, value_at)?,
        });
    }
    Ok(found)
}

/// Resolves the references of `raw`, which begins at the byte `start` of the source.
fn unescape(raw: &str, start: usize) -> Result<Text, Flaw> {
    let mut text = Text { text: String::with_capacity(raw.len()), steps: vec![(0, start)] };
    let mut at = 0;
    while let Some(found) = raw[at..].find('&') {
        text.text.push_str(&raw[at..at + found]);
        at += found;
        let flaw = |message| Flaw { at: start + at, message };
        // The longest is `&#x10FFFF;`; a number may have zeros before it.
        let window = &raw[at..raw.floor_char_boundary(raw.len().min(at + 16))];
        let Some(length) = window.find(';') else {
            return Err(flaw("a `&` begins a reference, and this one does not end: write `&amp;`"));
        };
        let name = &window[1..length];
        let character = match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => name.strip_prefix('#').and_then(|number| {
                let number = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => number.parse().ok(),
                };
                number.and_then(char::from_u32)
            }),
        };
        let Some(character) = character else {
            return Err(flaw("this reference is none of XML's own, and others are refused"));
        };
        text.text.push(character);
        at += length + 1;
        text.steps.push((text.text.len(), start + at));
    }
    text.text.push_str(&raw[at..]);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::elements;

    #[test]
    fn values_keep_their_places() {
        let text = "\u{e4}<?xml?><a/>";
        assert!(elements(text, "C").is_err(), "text before the document");
        let text = "<?xml version='1.0'?>\n<R><!-- <C/> --><C Id='x' Rows=\"a&gt;b&#xA;c&gt;d\"><P N='1'/></C></R>";
        let found = elements(text, "C").unwrap();
        let [element] = found.as_slice() else { panic!("{} elements", found.len()) };
        assert!(text[element.at..].starts_with("<C Id"));
        let rows = &element.attribute("rows").unwrap().value;
        assert_eq!(rows.text, "a>b\nc>d");
        for (at, expected) in [(0, "a&gt;b"), (1, "&gt;b"), (2, "b&#xA;"), (4, "c&gt;"), (6, "d\"")]
        {
            assert!(text[rows.place(at)..].starts_with(expected), "{at}");
        }
        assert_eq!(element.child("p").unwrap().value("n"), "1");
    }

    #[test]
    fn what_is_no_safe_xml_is_refused() {
        let deep = "<a>".repeat(100);
        for (text, said) in [
            ("<!DOCTYPE r [<!ENTITY a \"b\">]><r>&a;</r>", "DTD"),
            ("<r x='&a;'/>", ""),
            ("<C x='&a;'/>", "none of XML's own"),
            ("<C x='a & b'/>", "does not end"),
            ("<C x='&#xD800;'/>", "none of XML's own"),
            ("<C x='1' x='2'/>", "attributes"),
            ("<C><D></C>", "well-formed"),
            ("<C", "well-formed"),
            ("<C>", "cut off"),
            ("words", "outside"),
            ("  ", "no element"),
            (deep.as_str(), "deeper"),
        ] {
            let message = elements(text, "C").err().map_or("", |flaw| flaw.message);
            assert!(
                message.contains(said) && message.is_empty() == said.is_empty(),
                "{text}: {message}"
            );
        }
    }
}
