//! The bench of second factors: how many codes are verified in a second, each kept as used before it is said to be right.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::process::ExitCode;
use std::time::Instant;

use data_encoding::BASE32_NOPAD;
use doorward::clock::Clock;
use doorward::factor::{Factors, Owner, Verdict};
use doorward::name::UserName;
use doorward::portal::Users;

/// How many codes are verified of each kind.
const RUNS: u64 = 500;

fn main() -> ExitCode {
    // `cargo test --all-targets` starts it, too, and asks for no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    // One thread: one core.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map(|runtime| runtime.block_on(measure())) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => failed(&*error),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    println!("{error}");
    ExitCode::FAILURE
}

async fn measure() -> Result<(), Box<dyn std::error::Error>> {
    // On the disk of the working folder: memory would sync nothing.
    let folder = tempfile::tempdir_in(".")?;
    Users::open(folder.path(), Clock::System).await?.close().await?;
    let factors = Factors::open(folder.path(), Clock::System).await?;
    let application: UserName = "bench".parse()?;
    let owner = Owner::of(&application, &"somebody".parse()?);
    let kept = std::future::ready(Ok::<_, doorward::factor::Error>(()));
    let offer = factors.begin(&owner, "bench", "somebody", kept).await?;
    let key = BASE32_NOPAD.decode(offer.setup_code().replace(' ', "").as_bytes())?;
    let device = totp_rs::Builder::new().with_secret(key).build_noncompliant();
    let now = Clock::System.unix_millis() / 1000;
    let codes: Vec<(u64, String)> = (0..RUNS)
        .map(|run| now + run * 30)
        .map(|at| (at * 1000, device.generate(at).to_string()))
        .collect();
    floor(folder.path())?;
    let began = (Instant::now(), processor());
    for (at, code) in &codes {
        let verdict = factors.verify_at(&owner, code, *at).await?;
        assert!(matches!(verdict, Verdict::Passed(_)));
    }
    rate("right codes, each used for good", began);
    // Right ones once more, so late that nobody has to wait.
    let began = (Instant::now(), processor());
    let (last, code) = &codes[codes.len() - 1];
    for run in 1..=RUNS {
        let verdict = factors.verify_at(&owner, code, last + run * 1_000_000).await?;
        assert!(matches!(verdict, Verdict::Refused(_)));
    }
    rate("wrong codes, each counted for good", began);
    Ok(())
}

/// What the disk takes for one page alone: nothing that is kept for good is sooner.
fn floor(folder: &std::path::Path) -> std::io::Result<()> {
    use std::io::{Seek, Write};
    let mut file = std::fs::File::create(folder.join("floor"))?;
    let began = (Instant::now(), processor());
    for run in 0..RUNS {
        file.rewind()?;
        file.write_all(&[run as u8; 4096])?;
        file.sync_all()?;
    }
    rate("the floor: a page written and synced", began);
    Ok(())
}

fn rate(what: &str, (began, before): (Instant, Option<u64>)) {
    let rate = RUNS as f64 / began.elapsed().as_secs_f64();
    let took = before.zip(processor()).map(|(before, after)| (after - before) as f64 * 10.0);
    let took = took.map_or_else(String::new, |took| {
        format!("; {:.2} ms of a processor each", took / RUNS as f64)
    });
    println!("{what}: {rate:.0} a second{took}");
}

/// The time of a processor that this process has taken, in ticks of 10 ms, where the system tells it (proc(5)).
fn processor() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = text.rsplit(')').next()?.split_whitespace().skip(11);
    let (user, system) = (fields.next()?.parse::<u64>().ok()?, fields.next()?.parse::<u64>().ok()?);
    Some(user + system)
}
