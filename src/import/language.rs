//! The language of CyberArk's rows, as texts: where a row is taken apart.

use super::names::{Loss, loss};
use crate::locator::By;

/// The row without `(SearchBy=…)` at its end, and what that says.
pub(super) fn searched(text: &str) -> (&str, Option<&str>) {
    let text = text.trim();
    let found = text.strip_suffix(')').and_then(|inner| {
        let open = inner.rfind('(')?;
        let (name, value) = inner[open + 1..].split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("searchby")
            .then(|| (text[..open].trim_end(), value.trim()))
    });
    found.map_or((text, None), |(rest, value)| (rest, Some(value)))
}

pub(super) fn strategy_named(word: &str) -> Option<By> {
    let word = word.to_ascii_lowercase().replace([' ', '_', '-'], "");
    let word = match word.as_str() {
        "classname" => "class",
        "cssselector" => "css",
        other => other,
    };
    [By::Id, By::Name, By::Class, By::Css, By::XPath, By::Text, By::LinkText]
        .into_iter()
        .find(|by| by.word() == word)
}

/// Where the operator is. A keyword or a placeholder follows the last `>`; a text follows the first, because only
/// CSS and XPath have a `>` of their own.
pub(super) fn operator(text: &str, by: By) -> Option<usize> {
    let last = text.rfind('>')?;
    let keyword = text
        .match_indices('>')
        .filter(|(at, _)| group(text[at + 1..].trim_start()).is_some())
        .map(|(at, _)| at)
        .next_back();
    if let Some(at) = keyword {
        return Some(at);
    }
    let after = text[last + 1..].trim_start();
    if after.starts_with(['{', '&']) || matches!(by, By::Css | By::XPath) {
        return Some(last);
    }
    text.find('>')
}

/// `(Word)` or `(Word=argument)` at the start of an action: word, argument, and what stands after it.
pub(super) fn group(action: &str) -> Option<(String, Option<&str>, &str)> {
    let inner = action.strip_prefix('(')?;
    let mut depth = 1usize;
    let close = inner.char_indices().find(|(_, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let (inner, rest) = (&inner[..close.0], inner[close.0 + 1..].trim());
    let (name, argument) = match inner.split_once('=') {
        Some((name, argument)) => (name.trim(), Some(argument)),
        None => (inner.trim(), None),
    };
    let word =
        !name.is_empty() && name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphabetic());
    word.then(|| (name.to_owned(), argument, rest))
}

pub(super) fn unknown(name: &str) -> Loss {
    let lower = name.to_ascii_lowercase();
    let help = match lower.as_str() {
        _ if lower.contains("wait") => "every row waits for its own element: leave it out",
        _ if lower.contains("select") => "write `locator > (Select) text of the option`",
        _ if lower.contains("check") => "write `locator > (Check)`",
        _ => "see `connectors/README.md` for the actions",
    };
    // A word is told only where it is one of a language: anything else may be a value.
    let known = [
        "wait",
        "select",
        "check",
        "condition",
        "script",
        "key",
        "upload",
        "hover",
        "scroll",
        "if",
    ];
    let why = match known.iter().any(|word| lower.contains(word)) {
        true => format!("there is no action `({name})` here"),
        false => "its action is none that is known".to_owned(),
    };
    loss(why, help)
}
