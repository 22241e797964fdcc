//! Confinement: where a signed-in session may go. `AllowedURLs` holds for every tab and frame of the
//! browser; what leads elsewhere is failed on its way to the network.

use serde_json::{Value, json};

use crate::locator::glob;

/// Patterns of URLs in which `*` stands for anything.
#[derive(Debug, Default)]
pub(super) struct Confinement {
    patterns: Vec<String>,
    /// What was refused and has not been told yet.
    pub(super) refused: Vec<String>,
}

impl Confinement {
    pub(super) fn new(patterns: Vec<String>) -> Self {
        Self { patterns, refused: Vec::new() }
    }

    /// What a session with a page or frame needs so that its navigations are asked for.
    pub(super) fn commands() -> [(&'static str, Value); 2] {
        [
            ("Fetch.enable", json!({"patterns": [{"resourceType": "Document"}]})),
            ("Target.setAutoAttach", auto_attach()),
        ]
    }

    /// The answer to a navigation that is held: on to `url`, or nowhere.
    pub(super) fn verdict(&mut self, request: &str, url: &str) -> (&'static str, Value) {
        if self.patterns.iter().any(|pattern| allows(pattern, url)) {
            return ("Fetch.continueRequest", json!({"requestId": request}));
        }
        self.refused.push(url.to_owned());
        ("Fetch.failRequest", json!({"requestId": request, "errorReason": "BlockedByClient"}))
    }
}

/// New tabs and frames of other processes stop before their first request, until they are confined, too.
pub(super) fn auto_attach() -> Value {
    json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true})
}

/// Whether `pattern` lets a session go to `url`. A `*` in the host stays in the host: `https://*.a.example/*`
/// does not mean `https://evil.example/.a.example/`.
fn allows(pattern: &str, url: &str) -> bool {
    let (Some((scheme, rest)), Some((url_scheme, url_rest))) =
        (pattern.split_once("://"), url.split_once("://"))
    else {
        return glob(pattern, url);
    };
    let split = |text: &str| text.find(['/', '?', '#']).unwrap_or(text.len());
    let (host, path) = rest.split_at(split(rest));
    let (url_host, url_path) = url_rest.split_at(split(url_rest));
    // A pattern that ends with the host means its first page, or with `*` all of them.
    let path = match path {
        "" if host.ends_with('*') => "*",
        "" => "/",
        path => path,
    };
    glob(scheme, url_scheme) && glob(host, url_host) && glob(path, url_path)
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn a_star_in_the_host_stays_in_it() {
        let cases = [
            ("https://*.a.example/*", "https://x.a.example/y", true),
            ("https://*.a.example/*", "https://evil.example/.a.example/", false),
            ("https://*.a.example/*", "https://evil.example?.a.example/", false),
            ("https://*.a.example/*", "https://evil.example#.a.example/", false),
            ("https://a.example/*", "https://a.example/", true),
            ("https://a.example/*", "https://a.example.evil/", false),
            ("https://a.example/*", "https://a.example@evil.example/", false),
            ("https://a.example", "https://a.example/", true),
            ("https://a.example", "https://a.example/x", false),
            ("https://a.example*", "https://a.example/x", true),
            ("*://a.example/*", "http://a.example/x", true),
            ("*", "https://anywhere.example/", true),
            ("*/end", "https://a.example/end", true),
            ("https://a.example/*", "about:blank", false),
        ];
        for (pattern, url, expected) in cases {
            assert_eq!(allows(pattern, url), expected, "{pattern} {url}");
        }
    }
}
