//! A fault: why one command to the browser brought no result.

use serde_json::Value;

use super::Error;

/// What came instead of a result. It is the reason of one command; [`Error`] is for people.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// The browser is gone.
    Closed,
    /// The document went away while its script ran, or before: ask the new one.
    DocumentGone,
    /// A dialog was in the way. The driver has closed it, and has not carried the command out.
    Interrupted,
    /// The browser refused the command.
    Refused(String),
    /// No answer in time.
    Silent,
}

impl Fault {
    /// The fault in an answer of the browser. The words are those of Chromium's DevTools protocol when a
    /// document goes away under a script.
    pub(super) fn read(error: &Value) -> Self {
        const GONE: [&str; 6] = [
            "Execution context was destroyed",
            "Cannot find context",
            "Cannot find execution context",
            "Inspected target navigated or closed",
            "No frame for given id found",
            "Session with given id not found",
        ];
        let message = error["message"].as_str().unwrap_or_default();
        if GONE.iter().any(|gone| message.contains(gone)) {
            return Self::DocumentGone;
        }
        Self::Refused(first_words(message))
    }

    /// The same for a person: what was being done when it happened.
    pub(super) fn during(self, during: &'static str) -> Error {
        match self {
            Self::Closed => Error::Gone { during },
            Self::DocumentGone => {
                Error::Refused { during, detail: "the document went away".to_owned() }
            }
            Self::Interrupted => Error::Refused {
                during,
                detail: "the page shows one dialog after another".to_owned(),
            },
            Self::Refused(detail) => Error::Refused { during, detail },
            Self::Silent => Error::Unresponsive { during },
        }
    }
}

/// The first words of what a browser says. Further on it may quote what was sent to it.
pub(super) fn first_words(message: &str) -> String {
    cut(message.lines().next().unwrap_or_default(), 120)
}

/// At most the first characters of a text. Where it was cut off it says so by `…`: who scrubs it has to
/// know that its end may be the beginning of something.
pub(super) fn cut(text: &str, most: usize) -> String {
    let mut characters = text.chars();
    let mut cut: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        cut.push('…');
    }
    cut
}
