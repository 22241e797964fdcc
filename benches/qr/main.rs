//! The QR bench: how many of 200 distorted pictures of QR codes are read, by kind, beside zbarimg on the same files.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod picture;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use picture::{Kind, distorted};

/// How many pictures there are of each kind, from slightly distorted to past all reading.
const EACH: usize = 20;

/// What one picture's code says; each says something else.
fn text(kind: Kind, level: usize) -> String {
    let secret: String = (0..32)
        .map(|at| {
            char::from(
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(at * 7 + level * 5 + kind as usize * 3) % 32],
            )
        })
        .collect();
    format!("otpauth://totp/Acme:alice%40acme.example?secret={secret}&issuer=Acme")
}

fn is_read_here(bytes: &[u8], text: &str) -> bool {
    doorward::offer::codes(bytes).is_ok_and(|codes| codes.iter().any(|code| code.expose() == text))
}

/// `None` where there is no zbarimg.
fn is_read_by_zbar(path: &Path, text: &str) -> Option<bool> {
    let run = Command::new("zbarimg").args(["-q", "--raw", "--nodbus"]).arg(path).output().ok()?;
    Some(String::from_utf8_lossy(&run.stdout).lines().any(|line| line == text))
}

fn main() -> ExitCode {
    // `cargo test --all-targets` starts it, too, and asks for no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let kept = std::env::args().skip_while(|argument| argument != "--keep").nth(1);
    let Ok(folder) = tempfile::tempdir() else { return ExitCode::FAILURE };
    let folder = kept.map_or_else(|| folder.path().to_owned(), Into::into);
    let (mut ours, mut theirs, mut took, mut zbar_took) =
        (0, Some(0), Duration::ZERO, Duration::ZERO);
    println!(
        "{:<14} {:>8} {:>8}  levels that one of the two alone read",
        "kind", "doorward", "zbarimg"
    );
    for kind in Kind::ALL {
        let (mut own, mut other, mut apart) = (0, Some(0), String::new());
        for level in 0..EACH {
            let text = text(kind, level);
            let (bytes, ending) = distorted(kind, level, EACH, &text);
            let path = folder.join(format!("{}-{level:02}.{ending}", kind.word()));
            if let Err(error) = std::fs::write(&path, &bytes) {
                println!("cannot write {}: {error}", path.display());
                return ExitCode::FAILURE;
            }
            let began = Instant::now();
            let here = is_read_here(&bytes, &text);
            took += began.elapsed();
            let began = Instant::now();
            let there = is_read_by_zbar(&path, &text);
            zbar_took += began.elapsed();
            own += usize::from(here);
            other = other.zip(there).map(|(sum, there)| sum + usize::from(there));
            match (here, there) {
                (true, Some(false)) => apart.push_str(&format!(" +{level}")),
                (false, Some(true)) => apart.push_str(&format!(" -{level}")),
                _ => {}
            }
        }
        let shown = other.map_or_else(|| "none".to_owned(), |other| other.to_string());
        println!("{:<14} {own:>8} {shown:>8} {apart}", kind.word());
        ours += own;
        theirs = theirs.zip(other).map(|(sum, other)| sum + other);
    }
    let all = EACH * Kind::ALL.len();
    let shown =
        theirs.map_or_else(|| "there is no zbarimg".to_owned(), |theirs| theirs.to_string());
    println!("{:<14} {ours:>8} {shown:>8}  of {all}", "together");
    println!(
        "doorward took {:.1} s for all, zbarimg {:.1} s with the start of a process for each",
        took.as_secs_f64(),
        zbar_took.as_secs_f64()
    );
    match theirs {
        Some(theirs) if ours < theirs => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}
