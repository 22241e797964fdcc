//! `doorward recording verify`: the proof that no recording was altered, or what was, and where.

use std::path::PathBuf;

use super::{clock, find, shelf, short};
use crate::cli::{Exit, Failure, print};
use crate::config::Config;
use crate::recording::{self, Break, Identities, Shelved, State, Verdict};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads every byte: each piece must be the one that the next piece and the seals in the record name by its hash, none may \
be missing, and none too many. Every piece that was changed, removed, moved or put in is named with its time, and the exit \
code is 7. With --identity each piece is opened, too.

The seals are rows of the record, every five minutes and at the end; what came after the last seal of a recording that \
never got its end is held together by its own chain alone, and that is said. Whether the record itself is as it was \
written, `doorward activity verify` says.

Examples:
  doorward recording verify
  doorward recording verify 5e1f09ab --identity auditor.key")]
pub(super) struct Arguments {
    /// Sessions: ids, or the ends of them as `list` shows; all of them without
    #[arg(value_name = "SESSION")]
    sessions: Vec<String>,
    /// Open each piece with the secret key in this file, too
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
}

/// The verdict that something was altered.
#[derive(Debug, thiserror::Error)]
#[error(
    "{broken} of {all} {} not as {} written",
    if *.all == 1 { "recording is" } else { "recordings are" },
    if *.broken == 1 { "it was" } else { "they were" },
)]
struct Altered {
    broken: usize,
    all: usize,
}

pub(super) async fn run(config: &Config, arguments: &Arguments) -> Result<Exit, Failure> {
    let keys = arguments.identity.as_deref().map(Identities::load).transpose()?;
    let all = shelf(&config.state).await?;
    let wanted = match arguments.sessions.as_slice() {
        [] => all,
        sessions => {
            let found = sessions.iter().map(|session| find(all.clone(), session));
            found.collect::<Result<Vec<_>, _>>()?
        }
    };
    if wanted.is_empty() {
        print("no recordings, so nothing to verify\n");
        return Ok(Exit::Done);
    }
    let mut broken = 0;
    for shelved in &wanted {
        let (text, found) = told(shelved, keys.as_ref())?;
        broken += usize::from(found);
        print(&text);
    }
    if broken == 0 {
        return Ok(Exit::Done);
    }
    let help =
        "keep a copy of the state folder as it is now, it is evidence; compare it with a backup";
    Err(Failure::new(Exit::Store, &Altered { broken, all: wanted.len() }, Some(help.into())))
}

/// What is to say of one recording, and whether something is wrong with it.
fn told(shelved: &Shelved, keys: Option<&Identities>) -> Result<(String, bool), Failure> {
    let name = short(shelved.session);
    let Some(file) = &shelved.file else {
        return Ok(match shelved.known.as_ref().and_then(|known| known.removed.as_ref()) {
            Some(removed) => {
                (format!("{name}  removed at {:.0}: {}\n", removed.time, removed.why), false)
            }
            None => (format!("{name}  {}\n", Break::NoFile), true),
        });
    };
    let known = shelved.known.as_ref();
    let mut verdict = recording::check(&file.path, shelved.session, known, file.is_live)?;
    if let Some(keys) = keys {
        recording::decrypted(&file.path, keys, &mut verdict)?;
    }
    let Verdict { pieces, bytes, length, breaks } = &verdict;
    if breaks.is_empty() {
        let word = match shelved.state() {
            State::Live => "whole so far: the session goes on",
            State::Failed => {
                "whole up to where it could not be written on, which ended its session"
            }
            State::Unknown => "opened for a session that was never shown",
            _ => "whole",
        };
        let length = clock(*length);
        return Ok((format!("{name}  {word}; {length}, {pieces} pieces, {bytes} bytes\n"), false));
    }
    let lines = breaks.iter().map(|found| format!("{name}  {found}\n"));
    Ok((lines.collect(), true))
}
