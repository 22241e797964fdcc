//! `doorward check`.

use super::{Exit, Failure};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

pub(super) fn run(_arguments: Arguments) -> Result<Exit, Failure> {
    Ok(Exit::Bug)
}
