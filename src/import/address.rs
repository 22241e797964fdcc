//! An address of a source: what in it can be a secret is taken out before it is written.

use super::draft::{Draft, placeholder, template};
use super::suspect::{self, Field};
use crate::connector::{Object, Part, Template};
use crate::host::is_loopback_name;

/// Takes out of a URL what can be a secret: a name and password before `@`, and parts of its query or
/// fragment that are called like a secret or look like one. Gives the rest, and whether something is gone.
pub(super) fn clean(url: &str) -> (String, bool) {
    let url = url.trim();
    let (scheme, rest) = match url.find("://") {
        Some(at) => url.split_at(at + 3),
        None => ("", url),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    let mut gone = host.len() < authority.len();
    let (path, fragment) = match tail.find('#') {
        Some(at) => tail.split_at(at),
        None => (tail, ""),
    };
    let (path, query) = match path.find('?') {
        Some(at) => path.split_at(at),
        None => (path, ""),
    };
    let mut kept = format!("{scheme}{host}{path}");
    for (part, is_query) in [(query, true), (fragment, false)] {
        let Some(inner) = part.get(1..) else { continue };
        let pairs: Vec<&str> = inner.split('&').collect();
        let safe: Vec<&str> = pairs.iter().copied().filter(|pair| !is_secret(pair)).collect();
        gone |= safe.len() < pairs.len();
        if safe.len() == pairs.len() || !safe.is_empty() {
            kept.push_str(&part[..1]);
            kept.push_str(&safe.join("&"));
        } else if !is_query {
            // A fragment that is gone leaves nothing behind.
            continue;
        }
    }
    (kept, gone)
}

/// Whether `key=value` can be a secret.
fn is_secret(pair: &str) -> bool {
    let Some((key, value)) = pair.split_once('=') else { return suspect::value(pair) };
    if value.starts_with('{') && value.ends_with('}') {
        let name = &value[1..value.len() - 1];
        return suspect::field(name) == Field::Password;
    }
    (suspect::field(key) != Field::Other && !value.is_empty()) || suspect::value(value)
}

/// A URL with its scheme: `https://` where the source has none.
pub(super) fn with_scheme(url: &str) -> (String, bool) {
    match url.contains("://") {
        true => (url.to_owned(), false),
        false => (format!("https://{}", url.trim_start_matches('/')), true),
    }
}

/// Whether it is plain `http` to what is not this machine.
pub(super) fn is_insecure(url: &str) -> bool {
    let Some(rest) = url.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("http://")) else {
        return false;
    };
    let rest = &url[rest.len()..];
    let host = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let end = if host.starts_with('[') { host.find(']').map(|at| at + 1) } else { host.find(':') };
    !is_loopback_name(&host[..end.unwrap_or(host.len())])
}

/// The origin of a template that begins with scheme and host, as a template: everything before its path.
pub(super) fn origin_of(url: &Template) -> Template {
    let mut parts = Vec::new();
    for (number, part) in url.parts.iter().enumerate() {
        let Part::Literal(text) = part else {
            parts.push(part.clone());
            continue;
        };
        let from = if number == 0 { text.find("://").map_or(0, |at| at + 3) } else { 0 };
        match text[from..].find(['/', '?', '#']) {
            Some(end) => {
                parts.push(Part::Literal(text[..from + end].to_owned()));
                break;
            }
            None => parts.push(part.clone()),
        }
    }
    template(parts)
}

/// Lets secrets be typed at the origin of `url`, too, when it is another one than that of `LogonURL`.
/// Gives whether that was needed.
pub(super) fn allow(draft: &mut Draft, url: &Template) -> bool {
    let origin = origin_of(url);
    let known = |other: &Template| origin_of(other).to_string() == origin.to_string();
    if known(&draft.logon_url) || draft.origins.iter().any(known) {
        return false;
    }
    if draft.origins.is_empty() {
        // `<url>` has a path, and an origin has none.
        let first = match draft.logon_url.parts.first() {
            Some(Part::Placeholder(_)) => template([
                Part::Literal("https://".to_owned()),
                placeholder(Object::Target, "address"),
            ]),
            _ => origin_of(&draft.logon_url),
        };
        draft.origins.push(first);
    }
    draft.origins.push(origin);
    true
}

/// A pattern of another system for the URLs that a session may go to, as `AllowedURLs` has it.
pub(super) fn pattern(text: &str) -> String {
    let text = text.trim();
    let (text, path) = match text.split_once("://") {
        Some((scheme, rest)) => {
            let scheme = scheme.trim_start_matches('*');
            (
                format!("{}://{rest}", if scheme.is_empty() { "https" } else { scheme }),
                rest.to_owned(),
            )
        }
        None => (format!("https://{text}"), text.to_owned()),
    };
    match path.contains('/') {
        true => text,
        false => format!("{text}/*"),
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, is_insecure, pattern};

    #[test]
    fn secrets_are_taken_out_of_urls() {
        for (url, expected) in [
            ("https://{address}/login#", "https://{address}/login#"),
            ("https://{address}:{port}/a?b=c&d", "https://{address}:{port}/a?b=c&d"),
            ("https://me:Hunter2@host/x", "https://host/x"),
            ("https://host/x?token=abc&lang=de", "https://host/x?lang=de"),
            ("https://host/x?password={password}", "https://host/x"),
            ("https://host/x?id=JBSWY3DPEHPK3PXP#top", "https://host/x#top"),
            ("https://host/#access_token=x", "https://host/"),
            ("host/a@b", "host/a@b"),
        ] {
            let (kept, gone) = clean(url);
            assert_eq!((kept.as_str(), gone), (expected, expected != url), "{url}");
        }
    }

    #[test]
    fn plain_http_is_known() {
        for (url, expected) in [
            ("http://{Address}:{Port}/", true),
            ("HTTP://intranet", true),
            ("http://localhost:8080/", false),
            ("http://127.0.0.1", false),
            ("http://[::1]:80/", false),
            ("https://x", false),
            ("http:", false),
            ("http://localhost.example/", true),
            ("http://127.0.0.1.example/", true),
            ("http://[::1", true),
        ] {
            assert_eq!(is_insecure(url), expected, "{url}");
        }
    }

    #[test]
    fn patterns_become_urls() {
        for (text, expected) in [
            ("*.example.com", "https://*.example.com/*"),
            ("host:8006/", "https://host:8006/"),
            ("http://host/*", "http://host/*"),
            ("*://host", "https://host/*"),
        ] {
            assert_eq!(pattern(text), expected);
        }
    }
}
