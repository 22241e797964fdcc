//! `doorward totp code`.

use std::io::IsTerminal;
use std::time::Duration;

use super::{Desk, Target, Wish};
use crate::cli::{Exit, Failure, eprint, print};
use crate::custody::Reading;

/// How many codes are shown one after the other: sessions wait meanwhile.
const MOST: usize = 5;

/// With less than this left, the next code is told as well.
const SOON: Duration = Duration::from_secs(5);

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each code is on record, and yours alone: sessions wait for the next one. The code goes to stdout, all else to stderr.

Examples:
  doorward totp code web/shop
  doorward totp code web/shop --watch --reason 'ticket 4711'")]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Go on with the next codes, five in all
    #[arg(long)]
    watch: bool,
}

pub(super) async fn run(desk: &Desk<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { target: Target { account, purpose }, watch } = arguments;
    let purpose = (&purpose).into();
    let custody = desk.custody();
    for at in 1..=if watch { MOST } else { 1 } {
        // Whether they may is asked each time, as of each reading.
        let grant = desk.grant(&account, &purpose, Wish::Read).await?;
        let reading = custody.code(&grant).await?;
        tell(&reading);
        if at < MOST && watch {
            // Into the next period and not onto its edge: clocks differ by some milliseconds.
            tokio::time::sleep(reading.left + Duration::from_millis(50)).await;
        }
    }
    Ok(Exit::Done)
}

fn tell(reading: &Reading) {
    print(&format!("{}\n", *reading.digits));
    let left = reading.left.as_secs().max(1);
    let next =
        reading.next.as_ref().filter(|_| reading.left < SOON && std::io::stderr().is_terminal());
    let next = next.map_or_else(String::new, |next| format!("; then {}", **next));
    eprint(&format!("for {left} s{next}\n"));
    if !reading.free {
        eprint(
            "warning: a session has typed this code, or somebody has read it: most applications take each code once; \
             wait for the next one\n",
        );
    }
}
