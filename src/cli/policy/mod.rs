//! `doorward policy`: checks and explains access policies.

mod check;
mod explain;

use std::path::Path;

use super::{Exit, Failure, print};
use crate::access;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Policies are written in Cedar, in the files that `policies:` of the configuration names. Without any, the patterns \
of users say who may use what. With them nothing is permitted that no policy permits.

Examples:
  doorward policy check
  doorward policy explain --user ann --account web/shop --at 2026-03-01T22:00
  doorward policy schema")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Report every problem of access policies
    Check(check::Arguments),
    /// Say whether somebody may do something, and which policies decide
    Explain(Box<explain::Arguments>),
    /// Print the Cedar schema: all that a policy can name
    #[command(after_help = "Example:\n  doorward policy schema > doorward.cedarschema")]
    Schema,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    match arguments.command {
        Command::Check(arguments) => check::run(config, &arguments),
        Command::Explain(arguments) => explain::run(config, &arguments),
        Command::Schema => {
            print(access::schema());
            Ok(Exit::Done)
        }
    }
}
