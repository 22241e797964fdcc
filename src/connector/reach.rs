//! Reach: rows of a checkpoint that can decide nothing, because another row of it always decides first.

use super::pattern;
use super::report::Report;
use super::step::{LocatorTemplate, Step, Verb};
use crate::diagnostic::{Code, Diagnostic};
use crate::locator::{By, glob};

/// Warns of rows that nothing can come to. A failure is looked for before the failures below it and
/// before every validation of its checkpoint; validations in their order.
pub(super) fn check(steps: &[Step], report: &mut Report) {
    let sign = |step: &Step| matches!(step.verb, Verb::Validation(_) | Verb::Failure(..));
    for checkpoint in steps.chunk_by(|one, next| sign(one) && sign(next)) {
        // A hostile file may have a checkpoint of ten thousand rows.
        let rows = checkpoint.get(..64).unwrap_or(checkpoint);
        for (at, step) in rows.iter().enumerate() {
            let first = match &step.verb {
                Verb::Failure(locator, _) => {
                    failures(&rows[..at]).find(|(_, other)| covers(other, locator))
                }
                Verb::Validation(locator) => failures(rows)
                    .find(|(_, other)| covers(other, locator))
                    .or_else(|| validations(&rows[..at]).find(|(_, other)| covers(other, locator))),
                _ => None,
            };
            if let Some((first, _)) = first {
                let found = Diagnostic::warning(
                    Code::UnreachableRow,
                    &report.source,
                    step.span,
                    format!("this row decides nothing: whenever it shows, row {} shows first", first.row),
                )
                .related(first.span, "decides")
                .help("remove it, or let the two rows look for different elements; the narrower one goes first");
                report.push(found);
            }
        }
    }
}

fn failures(rows: &[Step]) -> impl Iterator<Item = (&Step, &LocatorTemplate)> {
    rows.iter().filter_map(|step| match &step.verb {
        Verb::Failure(locator, _) => Some((step, locator)),
        _ => None,
    })
}

fn validations(rows: &[Step]) -> impl Iterator<Item = (&Step, &LocatorTemplate)> {
    rows.iter().filter_map(|step| match &step.verb {
        Verb::Validation(locator) => Some((step, locator)),
        _ => None,
    })
}

/// Whether `one` shows whenever `other` does.
fn covers(one: &LocatorTemplate, other: &LocatorTemplate) -> bool {
    if one.by != other.by || (one.nth.unwrap_or(1) > other.nth.unwrap_or(1)) {
        return false;
    }
    let (text, narrower) = (pattern::text(&one.text), pattern::text(&other.text));
    match one.by {
        By::Url => glob(&text, &narrower),
        // A text is found within a longer one, case aside.
        By::Text if one.nth.is_none() && one.text.placeholders().next().is_none() => {
            let plain =
                |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            plain(&narrower).contains(&plain(&text))
        }
        _ => text == narrower,
    }
}
