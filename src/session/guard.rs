//! The guard: the origins that an account's values may be typed into.

use url::{Origin, Url};

use crate::browser::Whereabouts;
use crate::host::is_loopback;

/// The origins that are allowed, compared by scheme, host and port.
#[derive(Debug)]
pub(super) struct Guard {
    origins: Vec<Origin>,
}

impl Guard {
    pub(super) fn new(urls: &[Url]) -> Self {
        Self { origins: urls.iter().map(Url::origin).collect() }
    }

    /// The allowed origins.
    pub(super) fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Whether the document, and every document around it, is of an allowed origin.
    pub(super) fn allows(&self, whereabouts: &Whereabouts) -> bool {
        self.has(&whereabouts.origin) && whereabouts.ancestors.iter().all(|origin| self.has(origin))
    }

    /// The first origin of these that is not allowed, for a person.
    pub(super) fn foreign<'a>(&self, whereabouts: &'a Whereabouts) -> &'a str {
        std::iter::once(&whereabouts.origin)
            .chain(&whereabouts.ancestors)
            .find(|origin| !self.has(origin))
            .map_or("", String::as_str)
    }

    /// The allowed origins, for a person.
    pub(super) fn shown(&self) -> String {
        self.origins.iter().map(Origin::ascii_serialization).collect::<Vec<_>>().join(", ")
    }

    fn has(&self, serialised: &str) -> bool {
        // An opaque origin is serialised as `null`, and equals none.
        Url::parse(serialised).is_ok_and(|url| {
            let origin = url.origin();
            origin.is_tuple() && self.origins.contains(&origin)
        })
    }
}

/// Whether what is sent to `url` stays on this machine or is encrypted.
pub(super) fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || is_loopback(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(origin: &str, ancestors: &[&str]) -> Whereabouts {
        Whereabouts {
            origin: origin.into(),
            ancestors: ancestors.iter().map(ToString::to_string).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let guard = Guard::new(&["https://shop.example/login".parse().unwrap()]);
        let cases = [
            ("https://shop.example", &[][..], true),
            ("https://shop.example:443", &[], true),
            ("https://shop.example", &["https://shop.example"], true),
            ("http://shop.example", &[], false),
            ("https://shop.example:8443", &[], false),
            ("https://shop.example.evil.example", &[], false),
            ("https://evil.example", &[], false),
            ("https://shop.example", &["https://evil.example"], false),
            ("https://shop.example", &["https://shop.example", "https://evil.example"], false),
            ("https://shop.example", &["?"], false),
            ("null", &[], false),
            ("", &[], false),
            ("data:text/html,x", &[], false),
        ];
        for (origin, ancestors, allowed) in cases {
            assert_eq!(guard.allows(&at(origin, ancestors)), allowed, "{origin} in {ancestors:?}");
        }
    }

    #[test]
    fn plain_http_is_safe_on_this_machine_only() {
        let cases = [
            ("https://x.example", true),
            ("http://localhost:8080", true),
            ("http://app.localhost", true),
            ("http://127.0.0.1", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:80", true),
            ("http://x.example", false),
            ("http://10.0.0.1", false),
            ("http://localhost.example", false),
        ];
        for (url, safe) in cases {
            assert_eq!(is_safe(&url.parse().unwrap()), safe, "{url}");
        }
    }
}
