//! `doorward recording`: the recordings of live sessions, listed, proved, shown and carried out; and the auditors' keys.

mod export;
mod key;
mod list;
mod prune;
mod show;
mod verify;
mod video;

pub(super) use prune::{HOURLY, housekeeping, prune, unpruned};

use std::path::{Path, PathBuf};

use super::{Exit, Failure};
use crate::activity::Record;
use crate::config::Config;
use crate::name::SessionId;
use crate::recording::{Folder, Known, Shelved};

const ABOUT: &str = "\
Live sessions of `doorward serve` are recorded where the configuration names who may watch:

  recording:
    recipients: [age1…]     # public keys, as `doorward recording key` prints them
    keep-days: 90
    keep-bytes: 20GB

Without it they are not. The windows that `doorward connect` hands over are not recorded.

Examples:
  doorward recording key                                   a pair of keys for an auditor
  doorward recording list
  doorward recording verify                                exits 0 only if nothing was altered
  doorward recording show 5e1f09ab --identity auditor.key
  doorward recording export 5e1f09ab --identity auditor.key --output session.mp4";

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = ABOUT)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a pair of keys for an auditor
    Key(key::Arguments),
    /// List the recordings
    List(list::Arguments),
    /// Prove that no recording was changed, cut, exchanged or removed
    Verify(verify::Arguments),
    /// Show what happened in a session
    Show(show::Arguments),
    /// Write a session as a video, or everything in it as JSON
    Export(export::Arguments),
    /// Remove what is older or larger than the configuration keeps
    Prune(prune::Arguments),
}

/// Whose recording, and who opens it.
#[derive(Debug, clap::Args)]
struct Opening {
    /// The session: its id, or the end of it as `list` shows
    #[arg(value_name = "SESSION")]
    session: String,
    /// The file of an auditor's secret key, as `doorward recording key` or `age-keygen` wrote it
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    if let Command::Key(arguments) = arguments.command {
        return key::run(&arguments);
    }
    let config = Config::load(config)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, &error, None))?;
    match arguments.command {
        Command::Key(_) => Ok(Exit::Done),
        Command::List(arguments) => runtime.block_on(list::run(&config, &arguments)),
        Command::Verify(arguments) => runtime.block_on(verify::run(&config, &arguments)),
        Command::Show(arguments) => runtime.block_on(show::run(&config, &arguments)),
        Command::Export(arguments) => runtime.block_on(export::run(&config, &arguments)),
        Command::Prune(arguments) => runtime.block_on(prune::run(&config, &arguments)),
    }
}

/// Every recording of a state folder.
async fn shelf(state: &Path) -> Result<Vec<Shelved>, Failure> {
    // The record first: a recording that begins between the two is not missed in it.
    let files = Folder::of(state).files()?;
    let known = match Record::open(state).await? {
        Some(record) => Known::all(&record.rows_of(&Known::ACTIONS).await?),
        None => Known::all(&[]),
    };
    Ok(Shelved::all(files, known))
}

/// The one recording that `text` names.
fn find(all: Vec<Shelved>, text: &str) -> Result<Shelved, Failure> {
    let wanted = text.to_ascii_lowercase();
    let shown = crate::activity::listing::visible(text);
    let hex = |c: char| c.is_ascii_hexdigit() || c == '-';
    if !(4..=36).contains(&wanted.len()) || !wanted.chars().all(hex) {
        return Err(Failure::usage(
            format!("a session cannot be `{shown}`"),
            "give a session id, or its last 8 characters as `doorward recording list` shows them",
        ));
    }
    let whole = wanted.parse::<SessionId>().ok();
    let fits = |shelved: &Shelved| match whole {
        Some(session) => shelved.session == session,
        None => shelved.session.to_string().ends_with(&wanted),
    };
    let mut found: Vec<_> = all.into_iter().filter(fits).collect();
    match (found.pop(), found.as_slice()) {
        (Some(one), []) => Ok(one),
        (None, _) => Err(Failure::usage(
            format!("there is no recording of a session `{shown}`"),
            "`doorward recording list` shows them; sessions are recorded where the configuration has `recording:`",
        )),
        (Some(_), others) => Err(Failure::usage(
            format!("{} recorded sessions end in `{shown}`", others.len() + 1),
            "give the whole session id: `doorward recording list --format json` shows them",
        )),
    }
}

/// The file of the one recording that `text` names.
async fn file_of(state: &Path, text: &str) -> Result<(SessionId, PathBuf), Failure> {
    let shelved = find(shelf(state).await?, text)?;
    let session = shelved.session;
    match (shelved.file, shelved.known.and_then(|known| known.removed)) {
        (Some(file), _) => Ok((session, file.path)),
        (None, Some(removed)) => Err(Failure::usage(
            format!(
                "the recording of {session} was removed at {:.0}: {}",
                removed.time, removed.why
            ),
            "a backup of the state folder may still have it",
        )),
        (None, None) => {
            let path = Folder::of(state).file(session);
            let source = std::io::ErrorKind::NotFound.into();
            Err(crate::recording::Error::Unread { path, source }.into())
        }
    }
}

/// A time since the session's begin: `0:01:23`.
fn clock(time: u32) -> String {
    let seconds = time / 1_000;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// The end of an id, as lists show it.
fn short(session: SessionId) -> String {
    let text = session.to_string();
    text[text.len().saturating_sub(8)..].to_owned()
}
