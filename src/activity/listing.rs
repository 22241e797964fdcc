//! A listing: rows as a table, JSON or CSV, harmless to a terminal and to a spreadsheet.

use std::fmt::Write;

use serde::Serialize;

use super::{Event, Row};
use crate::name::AccountRef;

/// A row as JSON and CSV have it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    number: i64,
    time: String,
    session_id: String,
    user: &'a str,
    action: &'static str,
    safe: &'a str,
    account: String,
    connector: &'a str,
    address: &'a str,
    reason: &'a str,
    client_address: &'a str,
    outcome: &'a str,
    #[serde(serialize_with = "object")]
    details: &'a [(String, String)],
    hash: &'a str,
}

fn object<S: serde::Serializer>(pairs: &[(String, String)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

impl<'a> From<&'a Row> for Line<'a> {
    fn from(row: &'a Row) -> Self {
        let event = &row.event;
        Self {
            number: row.number,
            time: event.time.to_string(),
            session_id: event.session.map(|session| session.to_string()).unwrap_or_default(),
            user: event.user.as_str(),
            action: event.action.word(),
            safe: event.account.as_ref().and_then(AccountRef::safe).unwrap_or_default(),
            account: account(event),
            connector: &event.connector,
            address: &event.address,
            reason: &event.reason,
            client_address: &event.client_address,
            outcome: &event.outcome,
            details: &event.details,
            hash: &row.hash,
        }
    }
}

/// The account of an event as `--account` takes it; empty where it has none.
fn account(event: &Event) -> String {
    event.account.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// An array of objects, with every column.
pub fn json(rows: &[Row]) -> String {
    let end = if rows.is_empty() { "" } else { "\n" };
    format!("[{}{end}]\n", json_items(rows))
}

/// The objects of that array, each behind a line feed; a comma stands between two.
pub fn json_items(rows: &[Row]) -> String {
    let lines: Vec<Line<'_>> = rows.iter().map(Line::from).collect();
    // Strings and numbers under string keys: there is nothing in it that JSON cannot say.
    let text = serde_json::to_string_pretty(&lines).unwrap_or_else(|_| "[]".to_owned());
    let items = text.trim_start_matches('[').trim_end_matches(']').trim_end();
    let mut safe = String::with_capacity(items.len());
    for c in items.chars() {
        // JSON itself escapes only those below a blank; the line feeds are the layout's.
        if c != '\n' && hides(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A header and a line per row.
pub fn csv(rows: &[Row]) -> String {
    format!("{}{}", csv_header(), csv_lines(rows))
}

/// The header of the CSV.
pub fn csv_header() -> String {
    let header = "Number Time SessionId User Action Safe Account Connector Address Reason \
                  ClientAddress Outcome Details Hash";
    format!("{}\n", header.split_whitespace().collect::<Vec<_>>().join(","))
}

/// A line per row of the CSV.
pub fn csv_lines(rows: &[Row]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in rows.iter().map(Line::from) {
        let number = line.number.to_string();
        let details = pairs(line.details);
        let fields = [
            &number,
            &line.time,
            &line.session_id,
            line.user,
            line.action,
            line.safe,
            &line.account,
            line.connector,
            line.address,
            line.reason,
            line.client_address,
            line.outcome,
            &details,
            line.hash,
        ];
        // Writing to memory does not fail.
        let _ = writer.write_record(fields.map(cell));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// A field of the CSV: a spreadsheet takes what begins with one of these for a formula, and runs it.
pub fn cell(text: &str) -> String {
    let text = visible(text);
    if text.trim_start().starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

/// A table with a header; the columns that fit a terminal.
pub fn table(rows: &[Row]) -> String {
    const HEADER: [&str; 8] =
        ["Time", "Session", "User", "Action", "Account", "Connector", "Outcome", "Details"];
    let lines: Vec<[String; 8]> = std::iter::once(HEADER.map(str::to_owned))
        .chain(rows.iter().map(|row| {
            let event = &row.event;
            let mut facts = event.details.clone();
            if !event.reason.is_empty() {
                facts.push(("reason".to_owned(), event.reason.clone()));
            }
            let session = event.session.map_or_else(String::new, |session| session.to_string());
            [
                format!("{:.0}", event.time),
                session[session.len().saturating_sub(8)..].to_owned(),
                visible(event.user.as_str()),
                event.action.word().to_owned(),
                visible(&account(event)),
                visible(&event.connector),
                visible(&event.outcome),
                visible(&pairs(&facts)),
            ]
        }))
        .collect();
    let widths: [usize; 8] = std::array::from_fn(|column| {
        // A column is as wide as its cells, but one long cell does not push all others away.
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .filter(|n| *n <= 32)
            .max()
            .unwrap_or(0)
    });
    let mut text = String::new();
    for line in &lines {
        let mut row = String::new();
        for (cell, width) in line.iter().zip(widths) {
            let _ = write!(row, "{cell:width$}  ");
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// Details in their order: `name=value; name=value`.
fn pairs(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// `text` with everything spelt out that would act on a terminal instead of showing on it.
pub fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if hides(c) { safe.extend(c.escape_unicode()) } else { safe.push(c) }
    }
    safe
}

/// Whether a character moves the cursor, changes colours or turns the direction of what follows:
/// control characters, line and paragraph separators, and Unicode's invisible format characters.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{61c}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
