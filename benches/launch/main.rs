//! The launch: how long a cold sign-in to the demo site takes, whole process, three ways in turn.
//!
//! `cargo bench --bench launch -- --runs 7`; `benches/README.md` says what is compared, and why.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod browser;
mod doorward;
mod figures;
mod floor;
mod people;
mod selenium;

use std::time::Duration;

use clap::Parser;

use figures::Figures;
use people::{Someone, Town};

/// What went wrong, in words for the person who runs the bench.
type Trouble = Box<dyn std::error::Error>;

#[derive(Debug, Parser)]
struct Arguments {
    /// Counted runs of each; one more comes first, to warm the file cache, and is not counted
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// cargo's own flag
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Trouble> {
    let arguments = Arguments::parse();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    // One to warm the cache, one whose round trips are counted.
    let rounds = arguments.runs + 2;
    // A code is taken once in its period, so nobody signs in twice.
    let town = Town::new(["selenium", "floor", "doorward", "typed"], rounds)?;
    let url = runtime.block_on(town.serve())?;

    let selenium = tell("Selenium", selenium::Selenium::new());
    let people = town.of("doorward").iter().chain(town.of("typed"));
    let doorward = tell("doorward", doorward::Doorward::new(&url, people));
    let mut figures = Figures::default();
    for round in 0..=arguments.runs {
        let counted = round > 0;
        if let Some(selenium) = &selenium {
            let someone = ready(&runtime, &town, "selenium", round);
            figures.keep("selenium", counted, selenium.sign_in(&url, someone));
        }
        let someone = ready(&runtime, &town, "floor", round);
        figures.keep("floor", counted, runtime.block_on(floor::sign_in(&url, someone)));
        if let Some(doorward) = &doorward {
            let someone = ready(&runtime, &town, "doorward", round);
            let launch = doorward.sign_in("demo", someone);
            if let Ok(launch) = &launch {
                figures.memory(counted, launch.peak_kib);
            }
            figures.keep("doorward", counted, launch.map(|launch| launch.took));
            let someone = ready(&runtime, &town, "typed", round);
            let launch = doorward.sign_in("demo-typed", someone);
            figures.keep("typed", counted, launch.map(|launch| launch.took));
            figures.keep("check", counted, doorward.check());
        }
    }
    println!("{}", figures.table());
    if let Some(doorward) = &doorward {
        let someone = ready(&runtime, &town, "doorward", rounds - 1);
        println!("| round trips to the browser | number |\n| --- | --- |");
        for (what, number) in doorward.round_trips(someone)? {
            println!("| {what} | {number} |");
        }
    }
    Ok(())
}

/// What could be prepared; what could not is told, and its column stays empty.
fn tell<T>(name: &str, prepared: Result<T, Trouble>) -> Option<T> {
    prepared.inspect_err(|trouble| println!("{name} is left out: {trouble}")).ok()
}

/// The one who signs in, as soon as this period has enough time left for any of the three.
fn ready<'a>(
    runtime: &tokio::runtime::Runtime,
    town: &'a Town,
    name: &str,
    round: usize,
) -> &'a Someone {
    let into = ::doorward::clock::Clock::System.unix_millis() % 30_000;
    if into > 18_000 {
        let rest = Duration::from_millis(30_001 - into);
        runtime.block_on(async { tokio::time::sleep(rest).await });
    }
    town.someone(name, round)
}
