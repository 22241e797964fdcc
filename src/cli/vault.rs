//! `doorward vault`.

use std::path::Path;

use super::{Exit, Failure};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

pub(super) fn run(_config: Option<&Path>, _arguments: Arguments) -> Result<Exit, Failure> {
    Ok(Exit::Bug)
}
