//! A pattern of URLs, in which `*` stands for anything: whether it fits more than its author can mean.

use super::Settings;
use super::report::Report;
use super::step::{Step, Verb};
use super::template::{Part, Template};
use crate::diagnostic::Code;
use crate::locator::{By, glob};

/// Warns of `AllowedURLs` whose host is open, and of validations that show on the login page.
pub(super) fn check(settings: &Settings, steps: &[Step], report: &mut Report) {
    for pattern in &settings.allowed_urls {
        let text = text(pattern);
        let host = text.split_once("://").map(|(scheme, rest)| (scheme, host(rest)));
        let open = match host {
            None => text.starts_with('*'),
            Some((scheme, host)) => scheme.contains('*') || host.contains('*'),
        };
        if open && !report.has(pattern.span) {
            let message =
                "the `*` before the path lets the session go to any host: it stands for `/`, too";
            let help = "write each host out, and a `*` only in the path: `https://<address>/*`";
            report.warning(Code::BroadPattern, pattern.span, message, help);
        }
    }
    let own = [&settings.logon_url];
    let origins: Vec<String> = match settings.allowed_origins.as_slice() {
        [] => own.into_iter().filter_map(origin).collect(),
        named => named.iter().filter_map(origin).collect(),
    };
    for step in steps {
        let Verb::Validation(locator) = &step.verb else { continue };
        if locator.by != By::Url || origins.is_empty() || !settings.run_validations {
            continue;
        }
        let pattern = text(&locator.text);
        // A page that nobody has named.
        if origins.iter().all(|origin| glob(&pattern, &format!("{origin}/\u{1}"))) {
            let message = "this validation shows on every page of the application, the login page too, so a \
                           sign-in that failed would be called successful";
            let help = "write the path of a page that only a signed-in person sees: \
                        `https://<address>/dashboard* > (Validation) (SearchBy=url)`";
            report.warning(Code::BroadPattern, locator.text.span, message, help);
        }
    }
}

/// The template as one text, each placeholder as it is written.
pub(super) fn text(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Placeholder(placeholder) => placeholder.to_string(),
    };
    template.parts.iter().map(part).collect()
}

/// Scheme, host and port of an address, if it says them.
fn origin(address: &Template) -> Option<String> {
    let text = text(address);
    let (scheme, rest) = text.split_once("://")?;
    Some(format!("{scheme}://{}", host(rest)))
}

/// What stands before the path.
fn host(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}
