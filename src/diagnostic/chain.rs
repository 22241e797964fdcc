//! A chain: an error and its causes in one text.

use std::error::Error;

/// `error`, then each of its causes, with `between` before it.
pub fn chain(error: &dyn Error, between: &str) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(between);
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
