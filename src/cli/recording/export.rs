//! `doorward recording export`: a session as a video, or everything in it as a line of JSON each.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::video::Video;
use super::{Opening, clock, file_of};
use crate::cli::{Exit, Failure, eprint, print};
use crate::config::Config;
use crate::recording::{Entry, Identities, Reader};
use crate::stream::Canvas;

/// Pictures in a second of a video.
pub(super) const RATE: u32 = 5;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The ending of --output says what is written: .mp4 and .webm are videos of five pictures a second, which ffmpeg makes; \
.jsonl is a line for each entry, with pictures as base64 of the messages that viewers are sent. What is written is not \
encrypted any more: only its owner can read the file.

Examples:
  doorward recording export 5e1f09ab --identity auditor.key --output session.mp4
  doorward recording export 5e1f09ab --identity auditor.key --output session.jsonl")]
pub(super) struct Arguments {
    #[command(flatten)]
    opening: Opening,
    /// The file to write; it must not be there
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

pub(super) async fn run(config: &Config, arguments: &Arguments) -> Result<Exit, Failure> {
    let output = &arguments.output;
    let ending = output.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let ending = ending.to_ascii_lowercase();
    if !matches!(ending.as_str(), "mp4" | "webm" | "jsonl") {
        return Err(Failure::usage(
            format!("{} does not end in .mp4, .webm or .jsonl", output.display()),
            "the ending of --output says what is written",
        ));
    }
    if output.symlink_metadata().is_ok() {
        return Err(Failure::usage(
            format!("{} is there already", output.display()),
            "name another file with --output",
        ));
    }
    let Opening { session, identity } = &arguments.opening;
    let keys = Identities::load(identity)?;
    let (_, path) = file_of(&config.state, session).await?;
    let mut reader = Reader::open(&path)?;
    // Before anything is made: whoever has another key shall not find an empty file.
    reader.about(&keys)?;
    let done = match ending.as_str() {
        "jsonl" => lines(&mut reader, &keys, output),
        _ => video(&mut reader, &keys, output),
    };
    if let Err(failure) = done {
        // Half a video plays, and would pass for a whole one.
        let _ = std::fs::remove_file(output);
        return Err(failure);
    }
    print(&format!("wrote {}\n", output.display()));
    Ok(Exit::Done)
}

fn lines(reader: &mut Reader, keys: &Identities, output: &Path) -> Result<(), Failure> {
    let unwritten = |error: std::io::Error| unwritten(output, &error);
    let mut to = BufWriter::new(private(output).map_err(unwritten)?);
    let mut play = reader.play(0, keys);
    while let Some((time, entry)) = play.next()? {
        writeln!(to, "{}", line(time, &entry)).map_err(unwritten)?;
    }
    to.into_inner().map_err(|error| unwritten(error.into_error()))?.sync_all().map_err(unwritten)
}

/// An entry as JSON.
fn line(time: u32, entry: &Entry) -> Value {
    let (kind, what) = match entry {
        Entry::Picture(bytes) | Entry::Whole(bytes) => {
            let whole = matches!(entry, Entry::Whole(_));
            return json!({
                "time": time, "kind": "picture", "whole": whole, "update": BASE64.encode(bytes),
            });
        }
        Entry::Note(note) => ("note", serde_json::to_value(note)),
        Entry::Deed(deed) => ("deed", serde_json::to_value(deed)),
        Entry::Moment(moment) => ("moment", serde_json::to_value(moment)),
        Entry::About(about) => ("about", serde_json::to_value(about)),
        Entry::Index(index) => ("index", serde_json::to_value(index)),
    };
    json!({"time": time, "kind": kind, kind: what.unwrap_or_default()})
}

fn video(reader: &mut Reader, keys: &Identities, output: &Path) -> Result<(), Failure> {
    let program = Video::find()?;
    let (mut width, mut height, mut first) = (0, 0, None);
    let mut play = reader.play(0, keys);
    while let Some((time, entry)) = play.next()? {
        let (Entry::Picture(bytes) | Entry::Whole(bytes)) = entry else { continue };
        // The size of the whole picture, as the head of an update has it.
        let side = |at: usize| {
            let bytes = bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok());
            usize::from(bytes.map_or(0, u16::from_le_bytes))
        };
        (width, height) = (width.max(side(12)), height.max(side(14)));
        first.get_or_insert(time);
    }
    let Some(first) = first else {
        return Err(Failure::usage(
            "the recording has no picture: nothing was ever shown",
            "export it to a file that ends in .jsonl for what else is in it",
        ));
    };
    // Made here, so that it is for its owner alone; ffmpeg writes over it.
    private(output).map_err(|error| unwritten(output, &error))?;
    let mut video = Video::start(&program, output, (width, height))?;
    let end = reader.length();
    let (mut canvas, mut at, mut told) = (Canvas::default(), first, 0);
    let mut play = reader.play(0, keys);
    let mut next = play.next()?;
    loop {
        while let Some((_, entry)) = next.take_if(|(time, _)| *time <= at) {
            if let Entry::Picture(bytes) | Entry::Whole(bytes) = entry {
                let drawn = canvas.draw(&bytes);
                drawn.map_err(|error| Failure::new(Exit::Store, &error, damaged()))?;
            }
            next = play.next()?;
        }
        video.frame(&canvas)?;
        if next.is_none() && at >= end {
            break;
        }
        at = at.saturating_add(1_000 / RATE);
        let done = u64::from(at - first) * 10 / u64::from((end - first).max(1));
        if done > told && done < 10 {
            told = done;
            eprint(&format!("{}0 %, {} of {}\n", done, clock(at), clock(end)));
        }
    }
    video.finish()
}

fn damaged() -> Option<String> {
    Some("`doorward recording verify` says whether it was altered".to_owned())
}

/// A new file for its owner alone.
fn private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    let path = path.display();
    let help = "name a file in a folder that you may write to, with room on its disk";
    let text = format!("error: cannot write {path}\ncaused by: {error}\nhelp: {help}\n");
    Failure { exit: Exit::Usage, text }
}
