//! The order of protected values in a database's XML.
//!
//! Protected values are encrypted with one stream, in the order in which they stand. The `keepass`
//! crate decrypts an entry's own fields first and its history after them. Programs that write the
//! history last (KeePass, KeePassXC, the crate itself) agree with that; pykeepass appends a changed
//! field *behind* the history, and the crate then gives out noise in place of the password, without an
//! error. The entries behind it are right again. So such entries are found here and never used.

use std::collections::HashSet;

use data_encoding::BASE64;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use uuid::Uuid;

/// The entries that have a protected field behind a history with protected fields. `None` when the XML
/// cannot be walked.
pub(super) fn scrambled(xml: &[u8]) -> Option<HashSet<Uuid>> {
    let mut reader = Reader::from_reader(xml);
    let mut buffer = Vec::new();
    let mut found = HashSet::new();
    // The element names down to here; the entry outside any history, and what was seen of it.
    let mut path: Vec<String> = Vec::new();
    let mut entry = Seen::default();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Start(element) => {
                let name = element.name().as_ref().to_string();
                let in_history = path.iter().any(|outer| outer == "History");
                match name.as_str() {
                    "Entry" if !in_history => entry = Seen::default(),
                    "Value" if is_protected(&element) => match in_history {
                        true => entry.history = true,
                        false if entry.history => entry.behind = true,
                        false => {}
                    },
                    _ => {}
                }
                path.push(name);
            }
            Event::Text(text) => {
                let outside = !path.iter().any(|outer| outer == "History");
                if outside && path.ends_with(&["Entry".to_owned(), "UUID".to_owned()]) {
                    let text: &str = &text;
                    entry.id = BASE64
                        .decode(text.trim().as_bytes())
                        .ok()
                        .and_then(|bytes| Uuid::from_slice(&bytes).ok());
                }
            }
            Event::End(_) => {
                let name = path.pop()?;
                if name == "Entry" && !path.iter().any(|outer| outer == "History") && entry.behind {
                    found.insert(entry.id?);
                }
            }
            Event::Eof => return path.is_empty().then_some(found),
            _ => {}
        }
    }
}

/// What was seen of an entry so far.
#[derive(Default)]
struct Seen {
    id: Option<Uuid>,
    history: bool,
    behind: bool,
}

fn is_protected(element: &BytesStart<'_>) -> bool {
    element.attributes().flatten().any(|attribute| {
        let value: &str = &attribute.value;
        attribute.key.as_ref() == "Protected"
            && matches!(value.to_lowercase().as_str(), "true" | "1")
    })
}
