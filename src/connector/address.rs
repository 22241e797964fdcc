//! An address: a URL or origin as a template, checked as far as it can be before its placeholders
//! have values.

use super::literal;
use super::report::Report;
use super::scalar::Piece;
use super::template::{Part, Template};
use crate::diagnostic::Code;
use crate::host::is_loopback;

/// What an address is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A page that is opened.
    Page,
    /// An origin: scheme, host and port.
    Origin,
    /// A pattern of where a session may go.
    Pattern,
}

/// Reports what is wrong with the address `template`, written as `piece`.
pub(super) fn check(
    what: &str,
    purpose: Use,
    piece: Piece<'_>,
    template: &Template,
    allow_insecure: bool,
    report: &mut Report,
) {
    let code = if purpose == Use::Origin { Code::InvalidOrigin } else { Code::InvalidUrl };
    let span = piece.span();
    let text = piece.text;
    // A placeholder with a problem of its own is not in the template, so what is left may be no URL.
    let incomplete = report.has_within(span);
    if let Some(secret) = literal::in_query(text) {
        let message =
            format!("`{what}` holds what looks like a secret, and it is shown and logged");
        let help = "a URL is no place for a secret: sign in through the fields of a page";
        report.warning(Code::LiteralSecret, piece.place(secret), message, help);
    }
    let mut wrong = |message: String, help: String| report.error(code, span, message, help);
    if text.contains(char::is_whitespace) {
        return wrong(
            format!("`{what}` holds a blank"),
            "write `%20` for a blank in a URL".to_owned(),
        );
    }
    let sample = sample(template);
    let scheme = sample.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http" | "https") => {}
        Some(scheme) => {
            return wrong(
                format!("`{what}` has the scheme `{scheme}`"),
                "sessions are opened over `https://` (or `http://`)".to_owned(),
            );
        }
        None => {
            let scheme = sample.split_once(':').map_or("", |(scheme, _)| scheme);
            let message = match scheme {
                "javascript" | "data" | "file" | "about" | "view-source" | "mailto" => {
                    format!("`{what}` has the scheme `{scheme}`")
                }
                _ => format!("`{what}` does not begin with `https://`"),
            };
            let help = if text.starts_with('/') {
                format!("write `https://<address>/{}`", text.trim_start_matches('/'))
            } else if message.contains("scheme") {
                "sessions are opened over `https://` (or `http://`)".to_owned()
            } else {
                format!("write `https://{text}`")
            };
            return wrong(message, help);
        }
    }
    let url = match url::Url::parse(&sample) {
        Ok(_) | Err(_) if incomplete => return,
        // `https:///login` would be read as the host `login`.
        Ok(_) if sample.contains(":///") => {
            return wrong(
                format!("`{what}` has no host"),
                "write it as `https://host/path`, with placeholders such as `<address>`".to_owned(),
            );
        }
        Ok(url) => url,
        // A pattern may have `*` where a URL cannot.
        Err(_) if purpose == Use::Pattern => return,
        Err(error) => {
            return wrong(
                format!("`{what}` is no URL: {error}"),
                "write it as `https://host/path`, with placeholders such as `<address>`".to_owned(),
            );
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        return wrong(
            format!("`{what}` holds a user name or password before `@`"),
            "remove it: user name and password are typed into the page by rows".to_owned(),
        );
    }
    if purpose == Use::Origin {
        if text.contains('*') {
            return wrong(
                format!("`{what}` has a `*`, and an origin is exact"),
                "name each origin that secrets may be typed into".to_owned(),
            );
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return wrong(
                format!("`{what}` has a path, and an origin is scheme, host and port"),
                "write it as `https://host` or `https://host:port`".to_owned(),
            );
        }
    }
    if purpose != Use::Pattern && !allow_insecure && is_insecure(template, &url) {
        let message =
            format!("`{what}` is plain `http`, which anyone on the way can read and change");
        let help = "write `https://`; or, where the application has no TLS, add `AllowInsecure: true` \
                    under `TargetSettings`, which every activity row then shows";
        report.error(Code::InsecureUrl, span, message, help);
    }
}

/// The template with a stand-in for each placeholder.
fn sample(template: &Template) -> String {
    let mut sample = String::new();
    for part in &template.parts {
        match part {
            Part::Literal(text) => sample.push_str(text),
            Part::Placeholder(placeholder) if sample.is_empty() && placeholder.is_url() => {
                sample.push_str("https://a");
            }
            // Only digits can stand for a port.
            Part::Placeholder(_) if sample.ends_with(':') => sample.push('1'),
            Part::Placeholder(_) => sample.push('a'),
        }
    }
    sample
}

/// Whether it is plain `http` to a host that is written out and is not this machine.
fn is_insecure(template: &Template, url: &url::Url) -> bool {
    let Some(Part::Literal(first)) = template.parts.first() else { return false };
    let Some(rest) = first.get("http://".len()..).filter(|_| url.scheme() == "http") else {
        return false;
    };
    let host_is_written = template.parts.len() == 1 || rest.contains(['/', ':', '?', '#']);
    host_is_written && !is_loopback(url)
}
