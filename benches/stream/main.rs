//! The stream: how soon a key shows at a viewer's socket, what it costs in bytes and processor time; a live session of
//! doorward, Chromium on an X server with VNC in it (Xtigervnc), and the floor: Chromium's bare screencast; one after the
//! other in the same run.
//!
//! `cargo bench --bench stream -- --keys 60`; `benches/README.md` says what is compared, and why.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod doorward;
mod floor;
mod processes;
mod site;
mod viewer;
mod vnc;

use std::time::{Duration, Instant};

use clap::Parser;

use processes::Family;

/// What went wrong, in words for the person who runs the bench.
type Trouble = Box<dyn std::error::Error>;

/// The size of the page.
const SIZE: (usize, usize) = (1280, 720);

#[derive(Debug, Parser)]
struct Arguments {
    /// Key presses
    #[arg(long, default_value_t = 60)]
    keys: usize,
    /// Seconds of each phase without keys
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Sessions that are held at once
    #[arg(long, default_value_t = 20)]
    sessions: usize,
    /// cargo's own flag
    #[arg(long, hide = true)]
    bench: bool,
}

/// A way to see and use a browser from afar.
trait Way {
    /// Opens a page of the site in a browser of its own.
    fn open(page: &str, url: &str) -> Result<Self, Trouble>
    where
        Self: Sized;
    /// Presses a key and lets it go.
    fn press(&mut self) -> Result<(), Trouble>;
    /// Moves the pointer.
    fn point(&mut self, x: u32, y: u32) -> Result<(), Trouble>;
    /// Takes in what comes until `until`: bytes, and the share of the picture that each update brings.
    fn take(&mut self, until: Instant) -> Result<Option<(usize, f64)>, Trouble>;
    /// The processes that do the work: those of the browser, and those beside it.
    fn families(&self) -> (Family, Family);
}

/// What was measured of a way.
#[derive(Default)]
struct Figures {
    latencies: Vec<f64>,
    typing: (f64, f64, f64),
    patch: f64,
    untouched: (f64, f64, f64),
    idle: (f64, f64),
    memory: f64,
}

impl Figures {
    /// What so much of the latencies is not above, in ms.
    fn latency(&self, share: f64) -> f64 {
        let mut all = self.latencies.clone();
        all.sort_by(f64::total_cmp);
        let at = ((all.len() as f64 * share) as usize).min(all.len().saturating_sub(1));
        all.get(at).copied().unwrap_or(0.0)
    }
}

fn main() -> Result<(), Trouble> {
    let arguments = Arguments::parse();
    let url = site::serve()?;
    let own = measure::<doorward::Session>(&arguments, &url)?;
    let vnc = match measure::<vnc::Screen>(&arguments, &url) {
        Ok(vnc) => Some(vnc),
        Err(trouble) => {
            println!("Xtigervnc is left out: {trouble}");
            None
        }
    };
    let floor = measure::<floor::Screencast>(&arguments, &url)?;
    let empty = Figures::default();
    let other = vnc.as_ref().unwrap_or(&empty);
    println!(
        "{:44} {:>10} {:>10} {:>6} {:>10} {:>6}",
        "", "doorward", "Xtigervnc", "ratio", "floor", "ratio"
    );
    let row = |name: &str, figure: fn(&Figures) -> f64| {
        let [own, other, floor] = [&own, other, &floor].map(figure);
        let ratio = |beside: f64| match beside > 0.0 {
            true => format!("{:.2}", own / beside),
            false => String::new(),
        };
        let (one, two) = (ratio(other), ratio(floor));
        println!("{name:44} {own:10.3} {other:10.3} {one:>6} {floor:10.3} {two:>6}");
    };
    row("key to complete picture, ms, median", |of| of.latency(0.5));
    row("key to complete picture, ms, p95", |of| of.latency(0.95));
    row("typing: cores, browser", |of| of.typing.0);
    row("typing: cores, beside it", |of| of.typing.1);
    row("typing: cores, together", |of| of.typing.0 + of.typing.1);
    row("typing: KB/s", |of| of.typing.2);
    row("something small moves, touched: KB/s", |of| of.patch);
    row("the same, untouched: cores, together", |of| of.untouched.0 + of.untouched.1);
    row("the same, untouched: KB/s", |of| of.untouched.2);
    row("idle: cores, together", |of| of.idle.0 + of.idle.1);
    row("memory beside the browser, MiB", |of| of.memory);
    let mut painted = viewer::painted("flip", &url, arguments.keys)?;
    painted.sort_by(f64::total_cmp);
    let (median, late) = (painted[painted.len() / 2], painted[painted.len() * 95 / 100]);
    let (held, each, beside) = crowd(&url, arguments.sessions)?;
    println!("key to painted canvas, ms: median {median:.1}, p95 {late:.1}");
    println!(
        "{held} sessions at once: {each:.0} MiB of the machine for each, of it {beside:.1} MiB of the broker"
    );
    Ok(())
}

/// Holds so many sessions at once: how many came, and what each takes of the machine's memory and of the broker's.
fn crowd(url: &str, sessions: usize) -> Result<(usize, f64, f64), Trouble> {
    let broker = doorward::Broker::start("idle", url)?;
    let own = Family(vec![broker.id()]);
    let (free, before) = (processes::available()?, own.memory());
    let mut held = Vec::new();
    for _ in 0..sessions {
        held.push(broker.join(&broker.order()?)?);
    }
    let count = held.len() as f64;
    let each = (free - processes::available()?) / count;
    Ok((held.len(), each, (own.memory() - before) / count))
}

/// Every phase of one way.
fn measure<W: Way>(arguments: &Arguments, url: &str) -> Result<Figures, Trouble> {
    let phase = Duration::from_secs(arguments.seconds);
    let mut figures = Figures::default();

    let mut way = W::open("flip", url)?;
    settle(&mut way)?;
    let began = Began::now(&way);
    let mut bytes = 0;
    for _ in 0..arguments.keys {
        let pressed = Instant::now();
        let next = pressed + Duration::from_millis(200);
        way.press()?;
        let mut shown = 0.0;
        while let Some((more, share)) = way.take(next)? {
            bytes += more;
            shown += share;
            if shown >= 0.98 && shown - share < 0.98 {
                figures.latencies.push(pressed.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    let (browser, beside, seconds) = began.cost(&way);
    figures.typing = (browser, beside, bytes as f64 / seconds / 1e3);
    figures.memory = way.families().1.memory();
    drop(way);

    let mut way = W::open("patch", url)?;
    settle(&mut way)?;
    let (until, mut bytes, mut moved) = (Instant::now() + phase, 0, 0);
    let began = Instant::now();
    while Instant::now() < until {
        moved += 1;
        way.point(100 + moved % 50, 600)?;
        let next = Instant::now() + Duration::from_millis(100);
        while let Some((more, _)) = way.take(next)? {
            bytes += more;
        }
    }
    figures.patch = bytes as f64 / began.elapsed().as_secs_f64() / 1e3;
    // Nobody touches it any more.
    drain(&mut way, Duration::from_secs(3))?;
    let began = Began::now(&way);
    let bytes = drain(&mut way, phase)?;
    let (browser, beside, seconds) = began.cost(&way);
    figures.untouched = (browser, beside, bytes as f64 / seconds / 1e3);
    drop(way);

    let mut way = W::open("idle", url)?;
    settle(&mut way)?;
    let began = Began::now(&way);
    drain(&mut way, phase)?;
    let (browser, beside, _) = began.cost(&way);
    figures.idle = (browser, beside);
    Ok(figures)
}

/// Lets a page come to rest.
fn settle(way: &mut impl Way) -> Result<(), Trouble> {
    drain(way, Duration::from_secs(2)).map(|_| ())
}

fn drain(way: &mut impl Way, time: Duration) -> Result<usize, Trouble> {
    let (until, mut bytes) = (Instant::now() + time, 0);
    while let Some((more, _)) = way.take(until)? {
        bytes += more;
    }
    Ok(bytes)
}

/// Processor time at the start of a phase.
struct Began {
    when: Instant,
    browser: f64,
    beside: f64,
}

impl Began {
    fn now(way: &impl Way) -> Self {
        let (browser, beside) = way.families();
        Self { when: Instant::now(), browser: browser.seconds(), beside: beside.seconds() }
    }

    /// Cores of the browser and of what is beside it since then, and the seconds.
    fn cost(&self, way: &impl Way) -> (f64, f64, f64) {
        let (browser, beside) = way.families();
        let seconds = self.when.elapsed().as_secs_f64();
        let cores = |now: f64, then: f64| (now - then) / seconds;
        (cores(browser.seconds(), self.browser), cores(beside.seconds(), self.beside), seconds)
    }
}
