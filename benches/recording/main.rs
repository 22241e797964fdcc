//! Recordings: how long it takes to open one of an hour and to draw a moment in it, and how many bytes a minute of an
//! office's work takes, and an animation that nobody touches, in live sessions that are recorded.
//!
//! `cargo bench --bench recording`; `benches/README.md` says what is done in them.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../stream/doorward.rs"]
#[allow(dead_code, reason = "the stream's bench uses more of it")]
mod doorward;
mod office;
#[path = "../stream/processes.rs"]
#[allow(dead_code, reason = "the stream's bench uses more of it")]
mod processes;
mod seek;

use std::time::{Duration, Instant};

use clap::Parser;
use office::Pace;

/// What went wrong, in words for the person who runs the bench.
type Trouble = Box<dyn std::error::Error>;

/// The size of the page.
const SIZE: (usize, usize) = (1280, 720);

#[derive(Debug, Parser)]
struct Arguments {
    /// Seconds of each session
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How often recorded and unrecorded sessions take turns
    #[arg(long, default_value_t = 2)]
    turns: u32,
    /// Minutes of the recording that is opened and sought in
    #[arg(long, default_value_t = 60)]
    minutes: u32,
    /// cargo's own flag
    #[arg(long, hide = true)]
    bench: bool,
}

/// A way to see and use a browser from afar, as the stream's bench has it.
#[allow(dead_code, reason = "the stream's bench uses more of it")]
trait Way {
    fn open(page: &str, url: &str) -> Result<Self, Trouble>
    where
        Self: Sized;
    fn press(&mut self) -> Result<(), Trouble>;
    fn point(&mut self, x: u32, y: u32) -> Result<(), Trouble>;
    fn take(&mut self, until: Instant) -> Result<Option<(usize, f64)>, Trouble>;
    fn families(&self) -> (processes::Family, processes::Family);
}

fn main() -> Result<(), Trouble> {
    let arguments = Arguments::parse();
    let hour = seek::Hour::make(arguments.minutes)?;
    let (opened, sought) = hour.times()?;
    println!(
        "{} minutes, of {} pieces, {:.1} MB",
        arguments.minutes,
        hour.pieces,
        hour.bytes as f64 / 1e6
    );
    println!("to open it, ms: {opened:.1}");
    println!("to draw a moment in it, ms: median {:.1}, worst {:.1}", sought.0, sought.1);
    let (median, worst) = hour.slices()?;
    println!("to read what the player asks for, ms: median {median:.1}, worst {worst:.1}");
    let time = Duration::from_secs(arguments.seconds);
    let url = office::serve()?;
    println!("{:44} {:>10} {:>10}", "", "recorded", "not");
    for (name, page, pace) in [
        ("office-like work", "form", Pace::Office),
        ("typing without a pause", "form", Pace::Busy),
        ("an animation that nobody touches", "moves", Pace::Away),
    ] {
        let (mut kilobytes, mut recorded, mut not) = (0.0, [0.0; 2], [0.0; 2]);
        for _ in 0..arguments.turns {
            let one = office::session(page, &url, time, pace, true)?;
            let two = office::session(page, &url, time, pace, false)?;
            kilobytes += one.kilobytes / f64::from(arguments.turns);
            for (sum, figures) in [(&mut recorded, one), (&mut not, two)] {
                sum[0] += figures.browser / f64::from(arguments.turns);
                sum[1] += figures.broker / f64::from(arguments.turns);
            }
        }
        println!("{:44} {kilobytes:10.0}", format!("{name}: KB a minute"));
        for (whose, at) in [("browser", 0), ("broker", 1)] {
            let what = format!("{name}: cores of the {whose}");
            println!("{what:44} {:10.3} {:10.3}", recorded[at], not[at]);
        }
        let ratio = recorded.iter().sum::<f64>() / not.iter().sum::<f64>();
        println!("{:44} {ratio:10.2}", format!("{name}: recorded / not"));
    }
    Ok(())
}
