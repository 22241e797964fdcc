//! The report of a trial: a paragraph a row, for people or as JSON.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Done, Outcome, Sealability, Tried, TriedRow};
use crate::browser::{Hit, Inspection, Suggestion};
use crate::diagnostic::{Source, render};
use crate::name::SessionId;

/// Whether every row that was looked at would work.
pub fn is_good(tried: &Tried, outcome: &Outcome) -> bool {
    let stopped = tried.rows.iter().any(|row| row.stop.is_some() || is_early(row));
    !stopped
        && can_be_sealed(&tried.sealing) != Some(false)
        && matches!(outcome, Outcome::SignedIn | Outcome::Tried)
}

/// Whether a row would confirm, or refuse, a sign-in that has not happened: what it looks for shows already.
pub fn is_early(row: &TriedRow) -> bool {
    let idle = matches!(row.done, Done::Looked(_));
    row.decides && idle && row.inspection.as_ref().is_some_and(|seen| seen.seen > 0)
}

/// The report for people; with terminal colours if `colour`.
pub fn text(
    source: &Arc<Source>,
    tried: &Tried,
    outcome: &Outcome,
    saved: &[PathBuf],
    colour: bool,
) -> String {
    let mut text = String::new();
    let mut page = "";
    for row in &tried.rows {
        if !row.url.is_empty() && row.url != page {
            page = &row.url;
            let _ = writeln!(text, "\n{page}");
        }
        let _ = writeln!(text, "{:>3}  {}", row.row, row.text);
        let _ = writeln!(text, "     {}", done(row));
        if let Some(seen) = &row.inspection {
            inspected(&mut text, row, seen);
        }
    }
    text.push('\n');
    for stop in tried.rows.iter().filter_map(|row| row.stop.as_ref()) {
        text.push_str(&render(&stop.diagnostic(source), colour));
        text.push('\n');
    }
    if let (Some(stop), true) = (outcome.stop(), tried.rows.is_empty()) {
        text.push_str(&render(&stop.diagnostic(source), colour));
        text.push('\n');
    }
    for path in saved {
        let _ = writeln!(text, "picture: {}", path.display());
    }
    sealing(&mut text, &tried.sealing);
    let bad = tried.rows.iter().filter(|row| row.stop.is_some() || is_early(row)).count();
    let reached = tried.rows.iter().filter(|row| !matches!(row.done, Done::NotReached(_))).count();
    let _ = match (outcome, bad) {
        (Outcome::SignedIn, 0) => writeln!(text, "signed in: all {} rows work", tried.rows.len()),
        (Outcome::Tried, 0) => {
            writeln!(text, "{reached} of {} rows looked at, all would work", tried.rows.len())
        }
        (Outcome::Refused { cause, .. }, _) => {
            writeln!(text, "the site refused the sign-in: {cause}")
        }
        _ if reached == 0 => writeln!(text, "no row was looked at"),
        (_, bad) => {
            writeln!(text, "{reached} of {} rows looked at, {bad} would not work", tried.rows.len())
        }
    };
    text.trim_start_matches('\n').to_owned()
}

/// Which rows can be sealed, and what to write.
fn sealing(text: &mut String, found: &[Sealability]) {
    for Sealability { row, sealable, why } in found {
        let word = match sealable {
            Some(true) => "can be sealed",
            Some(false) => "cannot be sealed",
            None => "not found out",
        };
        let _ = writeln!(text, "row {row} {word}: {why}");
    }
    text.push_str(match can_be_sealed(found) {
        Some(true) => {
            "add `Injection: Sealed` to TargetSettings: no page has a secret then. A row on a later page that cannot be \
             sealed is told when somebody signs in\n"
        }
        Some(false) => "write `(Sealed)` in the rows that can be, if there are any; the others are typed\n",
        None => "",
    });
}

/// Whether every row can be sealed that a trial came to; `None` where it was not asked for.
fn can_be_sealed(found: &[Sealability]) -> Option<bool> {
    (!found.is_empty()).then(|| {
        let is = |sealable| found.iter().any(|row| row.sealable == sealable);
        is(Some(true)) && !is(Some(false))
    })
}

fn done(row: &TriedRow) -> String {
    let waited = if row.waited.as_millis() >= 100 {
        format!(", after {} ms", row.waited.as_millis())
    } else {
        String::new()
    };
    match &row.done {
        Done::Run => format!("run{waited}"),
        Done::Looked(why) => format!("looked at, not run: {why}{waited}"),
        Done::NotReached(before) => {
            format!("not looked at: row {before} leads to its page (`--until {before}` runs it)")
        }
    }
}

fn inspected(text: &mut String, row: &TriedRow, seen: &Inspection) {
    let _ = match (&seen.invalid, seen.seen, seen.total) {
        (Some(why), ..) => writeln!(text, "     the browser cannot read the locator: {why}"),
        (None, 0, 0) if row.decides => writeln!(text, "     hits nothing on this page"),
        (None, 0, 0) => writeln!(text, "     hits nothing"),
        (None, 0, total) => writeln!(text, "     hits {total}, none of which can be seen"),
        (None, 1, _) => writeln!(text, "     hits 1"),
        (None, count, _) => writeln!(text, "     hits {count}"),
    };
    if is_early(row) {
        text.push_str("     it shows already, before the sign-in: it would decide too early\n");
    }
    for (index, hit) in seen.hits.iter().enumerate() {
        let mark = if seen.meant == Some(index) && seen.hits.len() > 1 { "→" } else { "·" };
        let _ = writeln!(text, "     {mark} {}  {}", hit.shown, place(hit));
        if let (Some(reason), false) = (&hit.reason, row.decides) {
            let _ = writeln!(text, "       not ready: {reason}");
        }
    }
    // What stands after the row's own locator is no better.
    for suggestion in seen.better.iter().take_while(|better| !is_used(row, better)).take(3) {
        let _ = writeln!(
            text,
            "     or {} (SearchBy={}): {}",
            suggestion.text, suggestion.by, suggestion.why
        );
    }
}

/// Whether the row says it already.
fn is_used(row: &TriedRow, suggestion: &Suggestion) -> bool {
    row.text.contains(&format!("`{}`", suggestion.text))
}

fn place(hit: &Hit) -> String {
    let box_ = hit.place;
    format!("{:.0}×{:.0} at {:.0},{:.0}", box_.width, box_.height, box_.x, box_.y)
}

/// The report as one JSON object.
pub fn json(
    session: SessionId,
    tried: &Tried,
    outcome: &Outcome,
    url: &str,
    saved: &[PathBuf],
) -> serde_json::Value {
    let rows: Vec<serde_json::Value> = tried.rows.iter().map(row).collect();
    let pictures: Vec<String> = saved.iter().map(|path| path.display().to_string()).collect();
    serde_json::json!({
        "session": session.to_string(),
        "outcome": outcome.word(),
        "cause": outcome.cause(),
        "url": url,
        "rows": rows,
        "sealing": tried.sealing.iter().map(|row| serde_json::json!({
            "row": row.row, "sealable": row.sealable, "why": row.why,
        })).collect::<Vec<_>>(),
        "pictures": pictures,
    })
}

fn row(row: &TriedRow) -> serde_json::Value {
    let (state, why) = match &row.done {
        Done::Run => ("run", String::new()),
        Done::Looked(why) => ("looked-at", (*why).to_owned()),
        Done::NotReached(before) => ("not-reached", format!("row {before} leads to its page")),
    };
    let seen = row.inspection.as_ref();
    serde_json::json!({
        "row": row.row,
        "does": row.text,
        "state": state,
        "why": why,
        "url": row.url,
        "total": seen.map(|seen| seen.total),
        "seen": seen.map(|seen| seen.seen),
        "hits": seen.map(|seen| &seen.hits),
        "better": seen.map(|seen| &seen.better),
        "problem": row.stop.as_ref().map(|stop| serde_json::json!({
            "code": stop.code.name(), "message": stop.message, "help": stop.help,
        })),
        "too_early": is_early(row),
        "waited_ms": u64::try_from(row.waited.as_millis()).unwrap_or(u64::MAX),
        "reasons": row.reasons,
    })
}
