//! `doorward policy check`: every problem of access policies.

use std::path::{Path, PathBuf};

use crate::access::{self, Set};
use crate::cli::failure::colour;
use crate::cli::world::World;
use crate::cli::{Exit, Failure, check, eprint, print};
use crate::diagnostic::{Severity, render};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward policy check                       those that the configuration names
  doorward policy check policies/team.cedar
  doorward explain policy-mismatch            what a code means, and how to mend it

Ends with 0 when there is no error (a warning is none), 3 when there is one: none of the policies hold then; \
2 when a file cannot be read.")]
pub(super) struct Arguments {
    /// Files, or folders with *.cedar in them [default: `policies` of the configuration]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How the problems are printed
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: Format,
}

/// How the problems are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One array of objects
    Json,
}

pub(super) fn run(config: Option<&Path>, arguments: &Arguments) -> Result<Exit, Failure> {
    let paths = match arguments.paths.as_slice() {
        [] => named(config)?,
        paths => paths.to_vec(),
    };
    let set = read(&paths)?;
    match arguments.format {
        Format::Json => print(&check::json(set.found())),
        Format::Text => text(&set),
    }
    Ok(if set.is_broken() { Exit::Connector } else { Exit::Done })
}

/// The files and folders that the configuration names.
fn named(config: Option<&Path>) -> Result<Vec<PathBuf>, Failure> {
    World::load(config)?.config.policies.clone().ok_or_else(|| {
        Failure::usage(
            "the configuration names no access policies",
            "name a file or folder here, or in the configuration: `policies: [FOLDER]`",
        )
    })
}

/// The set of the files that `paths` name.
pub(super) fn read(paths: &[PathBuf]) -> Result<Set, Failure> {
    let unread = |error: access::Unread| Failure::new(Exit::Usage, &error, error.help());
    let mut sources = Vec::new();
    for file in access::files(paths).map_err(unread)? {
        sources.push(access::source(&file).map_err(unread)?);
    }
    if sources.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        eprint(&format!(
            "note: there is no *.cedar in {}: nothing is permitted then\n",
            shown.join(", ")
        ));
    }
    Ok(Set::read(&sources, Vec::new()))
}

/// Prints the problems to stderr and the summary to stdout.
fn text(set: &Set) {
    let colour = colour();
    for diagnostic in set.found() {
        eprint(&render(diagnostic, colour));
        eprint("\n");
    }
    let count = |severity| set.found().iter().filter(|found| found.severity == severity).count();
    let number = |count: usize, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    let policies = number(set.len(), "policy", "policies");
    let errors = number(count(Severity::Error), "error", "errors");
    let warnings = number(count(Severity::Warning), "warning", "warnings");
    print(&match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => format!("{policies} checked, no problems\n"),
        (0, _) => format!("{policies} checked, {warnings}\n"),
        (_, 0) => format!("{policies} read, {errors}\n"),
        (_, _) => format!("{policies} read, {errors} and {warnings}\n"),
    });
}
