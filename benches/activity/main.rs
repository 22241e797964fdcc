//! The activity bench: searching a record of a million rows, a page at a time.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use doorward::activity::{Action, Event, Filter, Record, Store};
use doorward::clock::Timestamp;

/// How many rows there are; `--rows` says otherwise.
const ROWS: usize = 1_000_000;

/// How many are written at once.
const BATCH: usize = 5_000;

/// How many times each search runs.
const RUNS: usize = 21;

/// As many rows as a page of the portal has, and one to know whether there are more.
const PAGE: u32 = 51;

type Failure = Box<dyn std::error::Error>;

/// Row `number` of a year: 500 people, 5,000 accounts in 100 safes, 40 connectors; four rows a session, of which one is on
/// a logon account.
fn event(number: usize) -> Result<Event, Failure> {
    let session = number / 4;
    // Spread, so that neighbours in time are of different people and accounts.
    let spread = session.wrapping_mul(2_654_435_761) % 4_294_967_296;
    let account = spread % 5_000;
    let (action, account) = match number % 4 {
        0 => (Action::Connect, format!("local:safe-{}/account-{account}", account % 100)),
        1 => (Action::Connect, format!("local:codes/team-{}", account % 50)),
        2 => (Action::UsePassword, format!("local:safe-{}/account-{account}", account % 100)),
        _ => (Action::Disconnect, format!("local:safe-{}/account-{account}", account % 100)),
    };
    let id = format!("01890a5d-ac96-774b-bcce-{session:012x}");
    let target = ("target".to_owned(), format!("local:safe-{}/x", spread % 100));
    Ok(Event {
        time: Timestamp::from_second(1_772_352_000 + i64::try_from(number)? * 30)?,
        session: Some(id.parse()?),
        user: format!("person-{}", spread % 500).parse()?,
        action,
        account: Some(account.parse()?),
        connector: format!("connector-{}", spread % 40),
        address: "app.example".into(),
        reason: format!("ticket {session}"),
        client_address: "10.1.2.3".into(),
        outcome: if number % 4 == 3 { "signed-in".into() } else { String::new() },
        details: if number % 4 == 1 { vec![target] } else { Vec::new() },
    })
}

fn main() -> ExitCode {
    // `cargo test --all-targets` starts it, too, and asks for no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let measured = runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(measure()));
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--rows").skip(1);
    let rows = arguments.next().map_or(Ok(ROWS), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let began = Instant::now();
    let store = Store::open(folder.path()).await?;
    for first in (0..rows).step_by(BATCH) {
        let events = (first..rows.min(first + BATCH)).map(event).collect::<Result<Vec<_>, _>>()?;
        store.append(&events).await?;
    }
    store.close().await?;
    let bytes = std::fs::metadata(folder.path().join("activity.db"))?.len();
    let took = began.elapsed().as_secs_f64();
    println!("{rows} rows written in {took:.1} s, {} bytes each", bytes / u64::try_from(rows)?);
    let record = Record::open(folder.path()).await?.ok_or("no record")?;
    let middle = Timestamp::from_second(1_772_352_000 + i64::try_from(rows)? * 15)?;
    let day = middle + jiff::SignedDuration::from_hours(24);
    let any = Filter::default();
    let account = || "local:safe-7/account-1207".parse().ok();
    for (what, filter) in [
        ("the newest page of all", any.clone()),
        ("an account", Filter { account: account(), ..any.clone() }),
        (
            "an account that nobody used",
            Filter { account: "local:safe-7/none".parse().ok(), ..any.clone() },
        ),
        ("a logon account", Filter { linked: "local:codes/team-7".parse().ok(), ..any.clone() }),
        ("a person", Filter { user: Some("person-77".into()), ..any.clone() }),
        ("a connector", Filter { connector: Some("connector-7".into()), ..any.clone() }),
        ("an action that never was", Filter { action: Some(Action::Denied), ..any.clone() }),
        ("a day in the middle", Filter { since: Some(middle), until: Some(day), ..any.clone() }),
        (
            "a person, in that day",
            Filter {
                user: Some("person-77".into()),
                since: Some(middle),
                until: Some(day),
                ..any.clone()
            },
        ),
        (
            "a connector and an account",
            Filter { connector: Some("connector-7".into()), account: account(), ..any.clone() },
        ),
    ] {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..RUNS {
            let began = Instant::now();
            found = record.newest(&filter, None, PAGE).await?.len();
            times.push(began.elapsed());
        }
        times.sort();
        let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1000.0);
        println!(
            "{what}: {found} rows, median {:.1} ms, slowest {:.1} ms",
            ms(times.get(RUNS / 2)),
            ms(times.last())
        );
    }
    let began = Instant::now();
    let verdict = record.verify().await?;
    println!(
        "the whole chain checked in {:.1} s ({} rows)",
        began.elapsed().as_secs_f64(),
        verdict.rows
    );
    Ok(())
}
