//! `doorward recording list`: the recordings, as a table, JSON or CSV.

use std::fmt::Write;

use serde::Serialize;

use super::{clock, shelf, short};
use crate::activity::listing::{cell, visible};
use crate::cli::{Exit, Failure, print};
use crate::config::Config;
use crate::recording::{Reader, Shelved};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doorward recording list --format csv > recordings.csv

State: live (being written), sealed (came to its end), failed (could not be written on, which ended its session), \
unsealed (doorward died), removed (on record), missing (the record has it, and there is no file), unknown (there is a \
file, and the record has no recording). What `verify` says counts; the list reads no more than it needs.")]
pub(super) struct Arguments {
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table
    #[default]
    Text,
    /// An array of objects
    Json,
    /// A header and a line for each, safe to open in a spreadsheet
    Csv,
}

/// A recording as JSON and CSV have it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    session_id: String,
    began: String,
    /// In seconds.
    length: Option<f64>,
    user: String,
    account: String,
    connector: String,
    bytes: u64,
    state: &'static str,
    #[serde(skip)]
    short: String,
    #[serde(skip)]
    clock: String,
}

pub(super) async fn run(config: &Config, arguments: &Arguments) -> Result<Exit, Failure> {
    let all = shelf(&config.state).await?;
    let lines: Vec<_> = all.iter().map(line).collect();
    print(&match arguments.format {
        Format::Text if lines.is_empty() => match config.recording {
            Some(_) => "no recordings yet\n".to_owned(),
            None => "no recordings: the configuration has no `recording:`, so sessions are not recorded\n".to_owned(),
        },
        Format::Text => table(&lines),
        Format::Json => {
            // Strings and numbers under string keys: there is nothing in it that JSON cannot say.
            serde_json::to_string_pretty(&lines).unwrap_or_else(|_| "[]".to_owned()) + "\n"
        }
        Format::Csv => csv(&lines),
    });
    Ok(Exit::Done)
}

fn line(shelved: &Shelved) -> Line {
    let known = shelved.known.as_ref();
    let text = |of: Option<String>| of.unwrap_or_default();
    let path = shelved.file.as_ref().map(|file| &file.path);
    let length = path.and_then(|path| Reader::open(path).ok()).map(|reader| reader.length());
    Line {
        session_id: shelved.session.to_string(),
        began: text(known.map(|known| format!("{:.0}", known.began))),
        length: length.map(|length| f64::from(length) / 1e3),
        user: text(known.map(|known| known.user.clone())),
        account: text(known.and_then(|known| known.account.as_ref()).map(ToString::to_string)),
        connector: text(known.map(|known| known.connector.clone())),
        bytes: shelved.bytes(),
        state: shelved.state().word(),
        short: short(shelved.session),
        clock: length.map_or_else(String::new, clock),
    }
}

fn table(lines: &[Line]) -> String {
    const HEADER: [&str; 8] =
        ["Session", "Began", "Length", "User", "Account", "Connector", "Bytes", "State"];
    let rows: Vec<[String; 8]> = std::iter::once(HEADER.map(str::to_owned))
        .chain(lines.iter().map(|line| {
            [
                line.short.clone(),
                line.began.clone(),
                line.clock.clone(),
                visible(&line.user),
                visible(&line.account),
                visible(&line.connector),
                line.bytes.to_string(),
                line.state.to_owned(),
            ]
        }))
        .collect();
    let widths: [usize; 8] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn csv(lines: &[Line]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let header = "SessionId Began Length User Account Connector Bytes State";
    let _ = writer.write_record(header.split_whitespace());
    for line in lines {
        let length = line.length.map_or_else(String::new, |length| length.to_string());
        let bytes = line.bytes.to_string();
        let fields = [
            &line.session_id,
            &line.began,
            &length,
            &line.user,
            &line.account,
            &line.connector,
            &bytes,
            line.state,
        ];
        let _ = writer.write_record(fields.map(cell));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
