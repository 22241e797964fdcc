//! Rules: what the pages of a live session may do, and what Chromium is started with so that they do no more.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::locator::glob;

/// What the pages of a live session may do. Where they may go is known later, with the account.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Files may be saved, into this folder, each under the id that the browser tells of it.
    pub downloads: Option<PathBuf>,
    /// Pages may ask for files; who has the session answers `Page.fileChooserOpened`.
    pub uploads: bool,
    /// Pages may ask to be printed; who has the session hears it as an attempt that is allowed.
    pub print: bool,
    /// Pages may have service workers.
    pub service_workers: bool,
    /// Pages may talk to other hosts by WebRTC.
    pub webrtc: bool,
}

/// What Chromium calls the features that would keep or fetch a page behind the back of the confinement: a page
/// that was left and is kept whole, and one that is loaded before anybody goes there.
pub(in crate::browser) const FEATURES_OFF: &str = "BackForwardCache,Prerender2";

/// What the schemes are that a document of a live session may have. Chromium holds them to it by itself,
/// before anything else: without this list `mailto:` starts a program of the machine (measured: `xdg-email`).
const SCHEMES: [&str; 5] = ["http://*", "https://*", "about:*", "blob:*", "data:*"];

/// What a site asks a person for, as Chromium names the settings; 2 is "no", without a question.
const DENIED: [&str; 22] = [
    "notifications",
    "geolocation",
    "media_stream_camera",
    "media_stream_mic",
    "clipboard",
    "midi_sysex",
    "usb_guard",
    "serial_guard",
    "hid_guard",
    "bluetooth_guard",
    "bluetooth_scanning",
    "window_placement",
    "local_fonts",
    "sensors",
    "idle_detection",
    "background_sync",
    "payment_handler",
    "file_system_read_guard",
    "file_system_write_guard",
    "vr",
    "ar",
    "protocol_handlers",
];

impl Rules {
    /// The preferences of Chromium that hold them, by their dotted names. They are those that its policies
    /// set, and hold in an incognito window too (measured with Chromium 156).
    pub(in crate::browser) fn preferences(&self) -> Vec<(&'static str, Value)> {
        let denied: serde_json::Map<String, Value> = DENIED
            .into_iter()
            .map(|name| (name.to_owned(), json!(2)))
            // Each download is decided on; no question stands before the second one.
            .chain([("automatic_downloads".to_owned(), json!(1))])
            .collect();
        let mut all = vec![
            ("policy.url_blocklist", json!(["*"])),
            ("policy.url_allowlist", json!(SCHEMES)),
            ("profile.default_content_setting_values", denied.into()),
            // `Page.printToPDF` works all the same.
            ("printing.enabled", json!(false)),
            ("hardware.screen_capture_enabled", json!(false)),
            // A document of the viewer's would be an extension's page, with buttons to save and to print.
            ("plugins.always_open_pdf_externally", json!(true)),
            ("download.prompt_for_download", json!(false)),
        ];
        if !self.webrtc {
            // No datagram goes out (measured; the switch `--force-webrtc-ip-handling-policy` alone changes
            // nothing). TURN over TCP still would: `confine.js` takes the constructor away.
            all.push(("webrtc.ip_handling_policy", json!("disable_non_proxied_udp")));
            all.push(("webrtc.udp_port_range", json!("1-1")));
        }
        all
    }
}

/// Whether a session that goes by `patterns` may go to `url`. No patterns mean everywhere on `http` and `https`.
pub(super) fn may_go(patterns: &[String], url: &str) -> bool {
    let web = url.starts_with("http://") || url.starts_with("https://");
    web && (patterns.is_empty() || patterns.iter().any(|pattern| allows(pattern, url)))
}

/// Whether `pattern` lets a session go to `url`. A `*` in the host stays in the host: `https://*.a.example/*`
/// does not mean `https://evil.example/.a.example/`.
pub(super) fn allows(pattern: &str, url: &str) -> bool {
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
    use super::{allows, may_go};

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

    #[test]
    fn a_session_without_patterns_stays_on_the_web() {
        let patterns = ["https://a.example/*".to_owned(), "*".to_owned()];
        for (patterns, url, expected) in [
            (&[][..], "https://a.example/", true),
            (&[], "http://127.0.0.1:8080/x", true),
            (&[], "file:///etc/passwd", false),
            (&[], "chrome://settings/", false),
            (&[], "ftp://a.example/", false),
            (&[], "httpx://a.example/", false),
            (&patterns[..1], "https://a.example/x", true),
            (&patterns[..1], "https://b.example/x", false),
            (&patterns[1..], "https://b.example/x", true),
            (&patterns[1..], "file:///etc/passwd", false),
        ] {
            assert_eq!(may_go(patterns, url), expected, "{patterns:?} {url}");
        }
    }
}
