//! Samples: the text that Prometheus reads, read strictly.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

/// The samples of one moment, by name and labels as they are written.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) text: String,
    by_name: BTreeMap<String, f64>,
}

/// Asks `url` once: status and body.
pub(super) fn ask(url: &str) -> (u16, String) {
    let url: url::Url = url.parse().unwrap();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(&host).unwrap();
    let request =
        format!("GET {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", url.path());
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("chunked"), "{head}");
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

impl Samples {
    /// Asks for them.
    pub(super) fn of(url: &str) -> Self {
        let (status, text) = ask(url);
        assert_eq!(status, 200, "{text}");
        Self::read(text)
    }

    /// Reads them, and holds them to the rules of the format.
    fn read(text: String) -> Self {
        let mut by_name = BTreeMap::new();
        let mut families: Vec<(String, String)> = Vec::new();
        let mut helped = String::new();
        assert!(text.ends_with('\n'));
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                helped = help.split(' ').next().unwrap().to_owned();
                assert!(help.len() > helped.len() + 3, "{line}");
                continue;
            }
            if let Some(family) = line.strip_prefix("# TYPE ") {
                let (name, kind) = family.split_once(' ').unwrap();
                assert_eq!(name, helped, "{line}");
                assert!(families.iter().all(|(known, _)| known != name), "twice: {line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                families.push((name.to_owned(), kind.to_owned()));
                continue;
            }
            let (name, value) = line.rsplit_once(' ').unwrap();
            let bare = name.split('{').next().unwrap();
            let (family, kind) = families.last().unwrap();
            let ends: &[&str] =
                if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(ends.iter().any(|end| bare == format!("{family}{end}")), "{line} of {family}");
            assert!(
                bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
                "{line}"
            );
            if let Some(labels) = name.strip_prefix(bare).filter(|labels| !labels.is_empty()) {
                let labels = labels.strip_prefix('{').unwrap().strip_suffix("\"}").unwrap();
                for label in labels.split("\",") {
                    let (label, value) = label.split_once("=\"").unwrap();
                    assert!(label.bytes().all(|byte| byte.is_ascii_lowercase()), "{line}");
                    assert!(!value.contains('"'), "{line}");
                }
            }
            let value: f64 = value.parse().unwrap();
            assert!(by_name.insert(name.to_owned(), value).is_none(), "twice: {line}");
        }
        Self { text, by_name }
    }

    /// A sample; 0 where there is none.
    pub(super) fn value(&self, name: &str) -> f64 {
        self.by_name.get(name).copied().unwrap_or_default()
    }
}
