//! A field reference: KeePass' way to say that a field has the value of another entry's field
//! (`{REF:P@I:46C9B1FFBD4ABC4BBB260C6190BAD20C}`; KeePassXC writes them when an entry is cloned).

use std::borrow::Cow;

use keepass::Database;
use keepass::db::{EntryId, fields};

/// The value that `text` stands for: its own, or that of the field it refers to. References are
/// followed by an entry's id only, as the programs write them; any other text stays as it is.
pub(super) fn follow<'a>(database: &Database, text: &'a str) -> Cow<'a, str> {
    let mut value = Cow::Borrowed(text);
    // One reference may lead to another; a circle of them leads nowhere.
    for _ in 0..8 {
        match target(database, &value) {
            Some(next) => value = Cow::Owned(next),
            None => return value,
        }
    }
    Cow::Borrowed(text)
}

fn target(database: &Database, text: &str) -> Option<String> {
    let (kind, rest) = text.strip_prefix('{')?.strip_suffix('}')?.split_once(':')?;
    let (what, id) = rest.split_once("@I:")?;
    if !kind.eq_ignore_ascii_case("REF") {
        return None;
    }
    let field = match what {
        "A" | "a" => fields::URL,
        "P" | "p" => fields::PASSWORD,
        "T" | "t" => fields::TITLE,
        "U" | "u" => fields::USERNAME,
        _ => return None,
    };
    let id = EntryId::from_uuid(uuid::Uuid::try_parse(id).ok()?);
    database.entry(id)?.get(field).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_followed_and_circles_are_not() {
        let mut database = Database::new();
        let id = database.root_mut().add_entry().id();
        let hex = id.uuid().simple().to_string().to_uppercase();
        let other = database.root_mut().add_entry().id();
        let other_hex = other.uuid().simple().to_string();
        database.entry_mut(id).unwrap().set_protected(fields::PASSWORD, "value");
        database
            .entry_mut(id)
            .unwrap()
            .set_unprotected(fields::USERNAME, format!("{{REF:U@I:{hex}}}"));
        database
            .entry_mut(other)
            .unwrap()
            .set_protected(fields::PASSWORD, format!("{{REF:P@I:{hex}}}"));
        for (text, value) in [
            (format!("{{REF:P@I:{hex}}}"), Some("value")),
            (format!("{{ref:p@I:{other_hex}}}"), Some("value")),
            (format!("{{REF:U@I:{hex}}}"), None),
            (format!("x{{REF:P@I:{hex}}}"), None),
            (format!("{{REF:X@I:{hex}}}"), None),
            ("{REF:P@I:00000000000000000000000000000000}".into(), None),
            ("{REF:P@I:}".into(), None),
            ("{}".into(), None),
            ("{REF:P@T:title}".into(), None),
        ] {
            assert_eq!(follow(&database, &text), value.unwrap_or(&text), "{text}");
        }
    }
}
