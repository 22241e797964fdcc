//! `doorward totp recovery`: the recovery codes that an application gave out, kept beside the seed.

use std::io::{IsTerminal, Read};

use zeroize::Zeroizing;

use super::{Desk, Target, Wish, answer};
use crate::cli::{Exit, Failure, eprint, print};
use crate::custody::Recovery;
use crate::offer::{RecoveryCodes, RecoveryError};
use crate::secret::Secret;

/// More than all recovery codes of an application have, in bytes.
const MOST_BYTES: u64 = 1 << 16;

/// With so few left, new ones are advised.
const FEW: usize = 2;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
An application gives them out for the day on which no one-time code can be had; each signs in once. They stay in the vault, \
beside the seed, and are shown one at a time: each on record, and used from then on.

Examples:
  doorward totp recovery add web/shop
  doorward totp recovery add web/shop --codes-stdin < codes.txt
  doorward totp recovery show web/shop --reason 'phone lost'
  doorward totp recovery list web/shop")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add the recovery codes of the application
    Add(Add),
    /// Show the next one that nobody was shown; on record
    Show(Show),
    /// Tell how many there are, and which were shown, never the codes
    List(List),
    /// Remove all of them, for good
    Remove(Remove),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without the option they are asked for, without echo, until nothing is typed. Those that were all shown make room for new \
ones; others have to be removed before.

Examples:
  doorward totp recovery add web/shop
  doorward totp recovery add web/shop --codes-stdin < codes.txt")]
struct Add {
    #[command(flatten)]
    target: Target,
    /// Read them from stdin, a line each
    #[arg(long)]
    codes_stdin: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The code goes to stdout, all else to stderr. It counts as used before it is printed.

Example:
  doorward totp recovery show web/shop --reason 'phone lost'")]
struct Show {
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doorward totp recovery list web/shop")]
struct List {
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where the application has made new ones, those before are worth nothing. What is removed does not come back.

Example:
  doorward totp recovery remove web/shop")]
struct Remove {
    #[command(flatten)]
    target: Target,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(desk: &Desk<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    match arguments.command {
        Command::Add(arguments) => add(desk, arguments).await,
        Command::Show(Show { target }) => show(desk, target).await,
        Command::List(List { target }) => list(desk, target).await,
        Command::Remove(arguments) => remove(desk, arguments).await,
    }
}

async fn add(desk: &Desk<'_>, arguments: Add) -> Result<Exit, Failure> {
    let Add { target: Target { account, purpose }, codes_stdin } = arguments;
    let grant = desk.grant(&account, &(&purpose).into(), Wish::Change).await?;
    let custody = desk.custody();
    // What would fail anyway fails before a code is typed.
    custody.recovery_seat(&grant).await?;
    let text = if codes_stdin { piped()? } else { typed()? };
    let codes = RecoveryCodes::read(&Secret::new(text.to_string()))?;
    let at = custody.add_recovery(&grant, &codes).await?;
    let count = codes.len();
    print(&format!("added {count} recovery codes to {}: kept in {at}\n", grant.account()));
    Ok(Exit::Done)
}

async fn show(desk: &Desk<'_>, target: Target) -> Result<Exit, Failure> {
    let Target { account, purpose } = target;
    let grant = desk.grant(&account, &(&purpose).into(), Wish::Read).await?;
    let reading = desk.custody().take_recovery(&grant).await?;
    print(&format!("{}\n", *reading.code));
    eprint(&format!(
        "recovery code {}, which counts as used now; {} left\n",
        reading.number, reading.left
    ));
    if reading.left <= FEW {
        eprint("warning: let the application make new ones, and add those, before none is left\n");
    }
    Ok(Exit::Done)
}

async fn list(desk: &Desk<'_>, target: Target) -> Result<Exit, Failure> {
    let Target { account, purpose } = target;
    let grant = desk.grant(&account, &(&purpose).into(), Wish::Read).await?;
    let Recovery { at, codes } = desk.custody().show(&grant).await?.recovery;
    let mut text = format!("account    {}\n", grant.account());
    match at {
        Some(at) => text.push_str(&format!("kept in    {at}\n")),
        None => text.push_str("kept in    nowhere: there are no recovery codes\n"),
    }
    for (at, shown) in codes.iter().enumerate() {
        let number = at + 1;
        let told = match shown {
            None => "not shown".to_owned(),
            Some(shown) => match shown.at {
                Some(at) => format!("shown to {} at {at:.0}", shown.by),
                None => format!("marked as used by {}", shown.by),
            },
        };
        text.push_str(&format!("code {number:<6}{told}\n"));
    }
    print(&text);
    Ok(Exit::Done)
}

async fn remove(desk: &Desk<'_>, arguments: Remove) -> Result<Exit, Failure> {
    let Remove { target: Target { account, purpose }, yes } = arguments;
    let grant = desk.grant(&account, &(&purpose).into(), Wish::Change).await?;
    let custody = desk.custody();
    let recovery = custody.show(&grant).await?.recovery;
    if recovery.left() > 0 {
        let question = format!(
            "Remove the recovery codes of {} for good, {} of which nobody was shown?",
            grant.account(),
            recovery.left()
        );
        if !answer::confirmed(&question, yes)? {
            return Ok(Exit::Usage);
        }
    }
    custody.remove_recovery(&grant).await?;
    print(&format!("removed the recovery codes of {}\n", grant.account()));
    Ok(Exit::Done)
}

/// What is piped in.
fn piped() -> Result<Zeroizing<String>, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Err(Failure::usage(
            "`--codes-stdin` reads what is piped in, and nothing is",
            "leave it out to be asked, or pipe the codes in, a line each",
        ));
    }
    let unread = |why: String| {
        Failure::usage(
            format!("what `--codes-stdin` read {why}"),
            "pipe the codes in, a line each; nothing was changed",
        )
    };
    let mut bytes = Zeroizing::new(Vec::new());
    let read = stdin.lock().take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| unread(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unread("is longer than 64 KiB".to_owned()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| unread("is not UTF-8".to_owned()))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// What is typed without echo, until nothing is.
fn typed() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(1 << 12));
    for number in 1.. {
        let asked = format!("recovery code {number}, or nothing to end: ");
        let line = rpassword::prompt_password(asked).map(Zeroizing::new).map_err(|_| {
            Failure::usage(
                "there is no terminal to ask for the recovery codes on",
                "pipe them in, a line each: `… --codes-stdin < FILE`",
            )
        })?;
        if line.trim().is_empty() {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

impl From<RecoveryError> for Failure {
    fn from(error: RecoveryError) -> Self {
        Self::new(Exit::Usage, &error, Some(error.help().into()))
    }
}
