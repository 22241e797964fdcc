//! `doorward totp`: one-time codes on the command line.

mod verify;

use std::path::Path;

use super::{Exit, Failure};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  printf '%s\\n' 123456 | doorward totp verify ann")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Verify a code of somebody's second factor; each code counts once
    Verify(verify::Arguments),
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    match arguments.command {
        Command::Verify(arguments) => verify::run(config, arguments),
    }
}
