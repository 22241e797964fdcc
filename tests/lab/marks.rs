//! Marks: secrets that a test plants, and the search for them in every form that bytes can have.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memmem;

/// How many characters in a row are already a leak.
const RUN: usize = 10;

/// The secrets that are searched for.
pub(crate) struct Marks {
    needles: Vec<Needle>,
    /// All needles in one pass over what is searched; made with the first search.
    search: OnceLock<AhoCorasick>,
}

struct Needle {
    name: String,
    bytes: Vec<u8>,
}

impl Marks {
    /// Marks by a name that a failing test may show.
    pub(crate) fn of(secrets: &[(&str, &str)]) -> Self {
        let mut marks = Self { needles: Vec::new(), search: OnceLock::new() };
        for (name, secret) in secrets {
            marks.add(name, secret);
        }
        marks
    }

    /// Plants one more: any [`RUN`] characters in a row of it, in every form, are a leak.
    pub(crate) fn add(&mut self, name: &str, secret: &str) {
        let characters: Vec<char> = secret.chars().collect();
        assert!(characters.len() >= RUN, "the mark {name} is too short to be unique");
        for run in characters.windows(RUN) {
            let run: String = run.iter().collect();
            let needle = |(form, bytes)| Needle { name: format!("{name} ({form})"), bytes };
            self.needles.extend(forms(&run).into_iter().map(needle));
        }
        self.search = OnceLock::new();
    }

    /// The marks, and the forms of them, that are in `bytes`.
    pub(crate) fn within(&self, bytes: &[u8]) -> BTreeSet<&str> {
        let search = self.search.get_or_init(|| {
            AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(self.needles.iter().map(|needle| &needle.bytes))
                .unwrap()
        });
        let found = search.find_overlapping_iter(bytes);
        found.map(|found| self.needles[found.pattern()].name.as_str()).collect()
    }

    /// Every file below `folder` that holds a mark, in its name or its bytes, but those in `spared`.
    /// A file that goes away meanwhile is not searched.
    pub(crate) fn below(&self, folder: &Path, spared: &[PathBuf]) -> Vec<String> {
        let mut leaks = Vec::new();
        for path in files(folder) {
            if spared.contains(&path) {
                continue;
            }
            let name = path.to_string_lossy().into_owned();
            let mut found = self.within(name.as_bytes());
            let bytes = std::fs::read(&path).unwrap_or_default();
            found.extend(self.within(&bytes));
            if !found.is_empty() {
                leaks.push(format!("{name}: {found:?}"));
            }
        }
        leaks
    }
}

/// Every file below `folder`; links, sockets and pipes are not followed.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files
}

/// Whether `code` stands in `bytes` as a word of its own, in ASCII or UTF-16. A code is short: inside
/// of a longer number it is a coincidence.
pub(crate) fn holds_code(bytes: &[u8], code: &str) -> bool {
    let plain = code.as_bytes().to_vec();
    let wide: Vec<u8> = code.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let part = |byte: Option<&u8>| {
        byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    // Of finds that overlap the later one has a digit before it, and is none.
    [(plain, 1), (wide, 2)].iter().any(|(needle, width)| {
        memmem::find_iter(bytes, needle).any(|at| {
            !part(at.checked_sub(*width).and_then(|before| bytes.get(before)))
                && !part(bytes.get(at + needle.len()))
        })
    })
}

/// The forms in which a text could come out, each with its name.
pub(crate) fn forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
    let bytes = text.as_bytes();
    let form: String = url::form_urlencoded::byte_serialize(bytes).collect();
    let whole: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let component: String = text
        .chars()
        .map(|c| match c {
            '!' | '\'' | '(' | ')' | '*' | '~' => c.to_string(),
            c => url::form_urlencoded::byte_serialize(c.to_string().as_bytes()).collect(),
        })
        .collect();
    let json = serde_json::to_string(text).unwrap();
    let units = || text.encode_utf16();
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let html = html.replace('"', "&quot;").replace('\'', "&#39;");
    let numbers = |hex: bool| -> String {
        text.chars()
            .map(|c| match hex {
                true => format!("&#x{:x};", c as u32),
                false => format!("&#{};", c as u32),
            })
            .collect()
    };
    let mut forms = vec![
        ("as it is", text.to_owned()),
        ("upper case", text.to_uppercase()),
        ("lower case", text.to_lowercase()),
        ("form", form.clone()),
        ("form, lower hex", lower_hex(&form)),
        ("percent", form.replace('+', "%20")),
        ("percent, lower hex", lower_hex(&form.replace('+', "%20"))),
        ("URI component", component.replace('+', "%20")),
        ("percent, whole", whole.clone()),
        ("percent, whole, lower hex", lower_hex(&whole)),
        ("JSON", json[1..json.len() - 1].to_owned()),
        ("JSON, whole", units().map(|unit| format!("\\u{unit:04x}")).collect()),
        ("HTML", html),
        ("HTML, decimal", numbers(false)),
        ("HTML, hex", numbers(true)),
        ("hex", HEXLOWER.encode(bytes)),
        ("hex, upper", HEXUPPER.encode(bytes)),
    ];
    for offset in 0..3 {
        // The characters that share bits with a neighbour depend on it: 8 bits a byte, 6 a character.
        let shifted = [&[0; 2][..offset], bytes].concat();
        let inner = (offset * 8).div_ceil(6)..shifted.len() * 8 / 6;
        let names = ["base64", "base64, offset 1", "base64, offset 2"];
        forms.push((names[offset], BASE64_NOPAD.encode(&shifted)[inner.clone()].to_owned()));
        forms.push((names[offset], BASE64URL_NOPAD.encode(&shifted)[inner].to_owned()));
    }
    let mut forms: Vec<_> = forms.into_iter().map(|(name, form)| (name, form.into())).collect();
    forms.push(("UTF-16LE", units().flat_map(u16::to_le_bytes).collect()));
    forms.push(("UTF-16BE", units().flat_map(u16::to_be_bytes).collect()));
    // Of forms that are alike the first is kept: its name says most.
    let mut seen = BTreeSet::new();
    forms.retain(|(_, bytes): &(_, Vec<u8>)| seen.insert(bytes.clone()));
    forms
}

/// `%2B` as `%2b`, and all else as it is.
fn lower_hex(text: &str) -> String {
    let mut parts = text.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        lower.push('%');
        lower.push_str(&part[..2].to_lowercase());
        lower.push_str(&part[2..]);
    }
    lower
}

#[test]
fn every_form_is_found_wherever_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "Mark & <b>'9%+/=\\\"ü😀\"~!(x)\u{fffd}";
    let marks = Marks::of(&[("secret", secret)]);
    for (name, bytes) in forms(secret) {
        for around in [&b""[..], b"A", b"password=", b"\0\xff\xfe"] {
            let text = [around, &bytes, around].concat();
            assert!(!marks.within(&text).is_empty(), "{name}");
            let path = folder.path().join("deep/er/file");
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
            assert_eq!(marks.below(folder.path(), &[]).len(), 1, "{name}");
            assert!(marks.below(folder.path(), &[path]).is_empty(), "{name}");
        }
    }
    // Base64 by another hand, at each offset, and a part of the secret in it.
    for before in ["", "u", "us", "usr"] {
        let text = data_encoding::BASE64.encode(format!("{before}:{}", &secret[..14]).as_bytes());
        assert!(!marks.within(text.as_bytes()).is_empty(), "{text}");
    }
    let parts = [("Mark & <b>", true), ("ark & <b>'9", true), ("Mark & <b", false), ("", false)];
    for (part, found) in parts {
        assert_eq!(!marks.within(part.as_bytes()).is_empty(), found, "{part}");
    }
    let name = folder.path().join("MARK & <B>");
    std::fs::write(&name, "").unwrap();
    assert!(marks.below(folder.path(), &[])[0].contains("MARK"));
}

#[test]
fn a_code_is_a_word() {
    for (text, found) in [
        ("code 123456 was", true),
        ("123456", true),
        ("otp=123456&x", true),
        ("\"123456\"", true),
        ("1\x002\x003\x004\x005\x006\x00", true),
        ("x 0\x001\x002\x003\x004\x005\x006\x00", false),
        ("1234567", false),
        ("0.123456", false),
        ("a123456", false),
        ("12345", false),
    ] {
        assert_eq!(holds_code(text.as_bytes(), "123456"), found, "{text}");
    }
}
