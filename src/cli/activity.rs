//! `doorward activity`: who used what, as a table, JSON or CSV, and the proof that nothing was altered.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{Span, civil};

use super::{Exit, Failure};
use crate::activity::listing::{csv, json, table, visible};
use crate::activity::{Action, Filter, Record, Row, Verdict};
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::name::{AccountRef, SessionId};

const EXAMPLES: &str = "\
Examples:
  doorward activity                              everything, oldest first
  doorward activity --account web/shop           who used this account, and when
  doorward activity --session 5e1f09ab           one session, on all its accounts
  doorward activity --user jane --since 7d       the last seven days of one person
  doorward activity --logon-account codes/team   the sessions that used a logon account
  doorward activity --since 2026-03-01 --format csv > march.csv
  doorward activity verify                       exits 0 only if nothing was altered

A session that used a logon account shows on both accounts, under one session id. Times are UTC. \
The table shows the last 8 characters of a session id, and --session takes them; json and csv have \
all of it. Account is the whole REF, as --account takes it; Safe is the middle part of it.";

const VERIFIES: &str = "\
Checks the hash and the seal of every row, that each follows the one before, and that the last one \
is there. Every row that was changed, removed, inserted or moved is named, and the exit code is 7.

The seals are made with the file activity.key in the state folder. Who can read that file can forge \
rows, and who can write the folder can put back an earlier state of all of it. To find that too, \
keep what `verify` prints (the number of rows and the last hash) where they cannot write: the row \
of that number must still have that hash in `doorward activity --format json`.

Example:
  doorward activity verify";

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: Show,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Prove that no row was changed, removed, inserted or moved
    #[command(after_help = VERIFIES)]
    Verify,
}

#[derive(Debug, Default, PartialEq, clap::Args)]
struct Show {
    /// Only of this account: [vault:][safe/]name, in the default vault unless one is named
    #[arg(long, value_name = "REF")]
    account: Option<String>,
    /// Only of sessions that used this account as their logon account, or another linked one: [vault:][safe/]name
    #[arg(long, value_name = "REF")]
    logon_account: Option<String>,
    /// Only through this connector: its id
    #[arg(long, value_name = "ID")]
    connector: Option<String>,
    /// Only with this action: Connect, UsePassword, Denied, …
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only of this session: its id, or the end of it as the table shows
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Only of this person
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only from this moment on: 2026-03-01T08:00:00Z, 2026-03-01, or a span back from now (90m, 2h, 7d)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only before this moment, written as for --since
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table
    #[default]
    Text,
    /// An array of objects, with every column
    Json,
    /// A header and a line per row, safe to open in a spreadsheet
    Csv,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let config = Config::load(config)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, &error, None))?;
    match arguments.command {
        Some(Command::Verify) if arguments.show != Show::default() => Err(Failure::usage(
            "`verify` takes no filter and no format: it checks every row, for the chain is one",
            "run `doorward activity verify`; the same options without `verify` show the rows",
        )),
        Some(Command::Verify) => runtime.block_on(verify(&config.state)),
        None => runtime.block_on(show(&config, &arguments.show)),
    }
}

async fn show(config: &Config, show: &Show) -> Result<Exit, Failure> {
    let linked = show.logon_account.as_deref().map(account).transpose()?;
    let account = show.account.as_deref().map(account).transpose()?;
    let session = show.session.as_deref().map(Session::read).transpose()?;
    let filter = Filter {
        account: account.map(|account| account.within(&config.default_vault)),
        session: session.as_ref().and_then(Session::whole),
        user: show.user.clone(),
        linked: linked.map(|account| account.within(&config.default_vault)),
        connector: show.connector.clone(),
        action: show.action.as_deref().map(action).transpose()?,
        since: moment("--since", show.since.as_deref())?,
        until: moment("--until", show.until.as_deref())?,
    };
    let record = Record::open(&config.state).await?;
    let mut rows = match &record {
        Some(record) => record.rows(&filter).await?,
        None => Vec::new(),
    };
    if let Some(session) = &session {
        rows.retain(|row| row.event.session.is_some_and(|id| session.fits(&id)));
        session.check(&rows)?;
    }
    super::print(&match show.format {
        Format::Text if record.is_none() => "no activity yet\n".to_owned(),
        Format::Text if rows.is_empty() => "no activity matches\n".to_owned(),
        Format::Text => table(&rows),
        Format::Json => json(&rows),
        Format::Csv => csv(&rows),
    });
    Ok(Exit::Done)
}

async fn verify(state: &Path) -> Result<Exit, Failure> {
    let Some(record) = Record::open(state).await? else {
        super::print("no activity yet, so nothing to verify\n");
        return Ok(Exit::Done);
    };
    let verdict = record.verify().await?;
    let path = record.path().to_owned();
    super::print(&report(&path, &verdict));
    if verdict.breaks.is_empty() {
        return Ok(Exit::Done);
    }
    Err(Failure::new(
        Exit::Store,
        &Tampered { path, breaks: verdict.breaks.len() },
        Some(
            "keep a copy of the state folder as it is now, it is evidence; compare it with a backup \
             to see what the rows said"
                .into(),
        ),
    ))
}

/// The verdict that something was altered.
#[derive(Debug, thiserror::Error)]
#[error("the record {path} is not as it was written: {breaks} {}", if *.breaks == 1 { "thing was found" } else { "things were found" })]
struct Tampered {
    path: PathBuf,
    breaks: usize,
}

fn report(path: &Path, verdict: &Verdict) -> String {
    let mut text = format!("checked {} in {}", rows_of(verdict.rows), path.display());
    if let Some((first, last)) = verdict.span {
        let _ = write!(text, ", from {first:.0} to {last:.0}");
    }
    text.push('\n');
    for found in &verdict.breaks {
        let _ = writeln!(text, "{found}");
    }
    if verdict.breaks.is_empty() {
        text.push_str("nothing was changed, removed, inserted or moved\n");
        if let (1.., Some(head)) = (verdict.rows, &verdict.head) {
            let _ = writeln!(text, "last hash {head}");
        }
    }
    text
}

fn rows_of(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn account(text: &str) -> Result<AccountRef, Failure> {
    text.parse().map_err(|error: crate::name::Invalid| {
        Failure::usage(
            format!("--account cannot be `{}`: {error}", visible(text)),
            "write it as [vault:][safe/]name; `doorward account list` shows the accounts",
        )
    })
}

/// What `--session` says.
enum Session {
    /// A whole id.
    Whole(SessionId),
    /// The last characters of one, in lower case.
    End(String),
}

impl Session {
    fn read(text: &str) -> Result<Self, Failure> {
        if let Ok(session) = text.parse() {
            return Ok(Self::Whole(session));
        }
        let end = text.to_ascii_lowercase();
        if (4..36).contains(&end.len()) && end.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
            return Ok(Self::End(end));
        }
        Err(Failure::usage(
            format!("--session cannot be `{}`", visible(text)),
            "give a session id, or its last 8 characters as `doorward activity` shows them",
        ))
    }

    fn whole(&self) -> Option<SessionId> {
        match self {
            Self::Whole(session) => Some(*session),
            Self::End(_) => None,
        }
    }

    fn fits(&self, session: &SessionId) -> bool {
        match self {
            Self::Whole(whole) => whole == session,
            Self::End(end) => session.to_string().ends_with(end),
        }
    }

    /// Whether `rows`, which fit, are of one session and no other.
    fn check(&self, rows: &[Row]) -> Result<(), Failure> {
        let mut sessions: Vec<_> = rows.iter().filter_map(|row| row.event.session).collect();
        sessions.sort();
        sessions.dedup();
        let asked = match self {
            Self::Whole(session) => session.to_string(),
            Self::End(end) => end.clone(),
        };
        match sessions.as_slice() {
            [] => Err(Failure::usage(
                format!("no activity of a session `{asked}` is on record, or none that fits"),
                "`doorward activity` shows all sessions; leave the other filters out to look \
                 everywhere",
            )),
            [_] => Ok(()),
            several => Err(Failure::usage(
                format!("{} sessions end in `{asked}`", several.len()),
                &format!(
                    "give one of them whole: {}",
                    several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
                ),
            )),
        }
    }
}

fn action(text: &str) -> Result<Action, Failure> {
    let words = || Action::ALL.into_iter().map(Action::word);
    let found = Action::ALL.into_iter().find(|action| action.word().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let near = words().max_by(|one, other| {
            strsim::jaro_winkler(one, text).total_cmp(&strsim::jaro_winkler(other, text))
        });
        let all = words().collect::<Vec<_>>().join(", ");
        Failure::usage(
            format!("there is no action `{}`", visible(text)),
            &format!("did you mean `{}`? There are {all}", near.unwrap_or_default()),
        )
    })
}

/// What `--since` says: a moment, a date (from 00:00 UTC), or a span back from `now`.
fn moment(option: &str, text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let now = Clock::System.now();
    let wrong = || {
        Failure::usage(
            format!("{option} cannot be `{}`", visible(text)),
            "give a moment (2026-03-01T08:00:00Z), a date (2026-03-01, from 00:00 UTC), or a span \
             back from now (90m, 2h, 7d)",
        )
    };
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(Some(moment));
    }
    let utc = |time: civil::DateTime| time.to_zoned(TimeZone::UTC).map(|time| time.timestamp());
    if let Ok(date) = text.parse::<civil::DateTime>() {
        return utc(date).map(Some).map_err(|_| wrong());
    }
    let span = text.parse::<Span>().map_err(|_| wrong())?.abs();
    // A span of nothing would show nothing, and is surely a slip.
    if span.is_zero() {
        return Err(wrong());
    }
    let then = now.to_zoned(TimeZone::UTC).checked_sub(span).map_err(|_| wrong())?;
    Ok(Some(then.timestamp()))
}
