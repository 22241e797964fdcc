//! The policy bench: how long a decision takes with 1,000 policies, and a list of 1,000 accounts.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward::access::{Ask, Deed, Person, Role, Set};
use doorward::clock::{Moment, TimeZone, Timestamp};
use doorward::diagnostic::Source;
use doorward::name::{AccountRef, Purpose};

/// How many policies and accounts there are.
const COUNT: usize = 1000;

/// How many decisions are timed.
const RUNS: usize = 500;

/// Policies as a company has them: half by group and safe, a quarter by hour and address for everybody, and a quarter
/// that forbid.
fn policy(number: usize) -> String {
    let safe = number % 100;
    match number % 4 {
        0 | 1 => format!(
            "@id(\"team-{number}\") permit (principal in Group::\"team-{number}\", action == Action::\"connect\", \
             resource in Safe::\"local:safe-{safe}\") when {{ context.hour >= 7 && context.hour < 19 }};\n"
        ),
        2 => format!(
            "@id(\"office-{number}\") permit (principal, action == Action::\"connect\", resource in \
             Safe::\"local:safe-{safe}\") when {{ context.weekday < 6 && \
             context.address.isInRange(ip(\"10.{safe}.0.0/16\")) }};\n"
        ),
        _ => format!(
            "@id(\"never-{number}\") forbid (principal, action, resource in Safe::\"local:safe-{safe}/closed\") \
             unless {{ principal in Group::\"team-{number}\" }};\n"
        ),
    }
}

fn median(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let milliseconds =
        |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1000.0);
    (milliseconds(times.get(times.len() / 2)), milliseconds(times.last()))
}

fn main() -> ExitCode {
    // `cargo test --all-targets` starts it, too, and asks for no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    match measure() {
        Some(()) => ExitCode::SUCCESS,
        None => {
            println!("a name of the bench is none");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Option<()> {
    let text: String = (0..COUNT).map(policy).collect();
    let source = Arc::new(Source { path: "bench.cedar".into(), text });
    let began = Instant::now();
    let set = Set::read(&[source], Vec::new());
    println!("reading {} policies: {:.0} ms", set.len(), began.elapsed().as_secs_f64() * 1000.0);
    if set.is_broken() {
        println!("{}", set.trouble());
        return None;
    }
    let person = Person {
        name: "ann".parse().ok()?,
        role: Some(Role::Operator),
        groups: vec!["team-1".parse().ok()?, "team-205".parse().ok()?],
        accounts: vec!["web/*".parse().ok()?],
    };
    let accounts: Vec<AccountRef> = (0..COUNT)
        .filter_map(|n| format!("local:safe-{}/account-{n}", n % 100).parse().ok())
        .collect();
    let (connector, default) = ("shop".parse().ok()?, "local".parse().ok()?);
    let purpose = Purpose::default();
    let at = Moment::within(Timestamp::from_second(1_772_445_600).ok()?, &TimeZone::UTC);
    let address = "10.5.1.2".parse().ok()?;
    let ask = |account| {
        let deed = Deed::Connect { account, connector: &connector, purpose: &purpose };
        Ask { person: &person, deed, at, address, default: &default }
    };
    let mut permitted = 0;
    let mut times = Vec::new();
    for account in accounts.iter().cycle().take(RUNS) {
        let began = Instant::now();
        let decision = set.decide(&ask(account));
        times.push(began.elapsed());
        permitted += usize::from(decision.is_permitted());
    }
    let (median, worst) = median(times);
    println!(
        "a decision: median {median:.3} ms, worst {worst:.3} ms of {RUNS}; {permitted} permitted"
    );
    let began = Instant::now();
    let listed = accounts.iter().filter(|account| set.offers(&ask(account))).count();
    let took = began.elapsed().as_secs_f64() * 1000.0;
    println!("a list of {COUNT} accounts: {took:.0} ms; {listed} listed");
    Some(())
}
