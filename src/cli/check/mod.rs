//! `doorward check`: every problem of connectors, without a vault or a browser.

mod files;
mod mend;
mod sarif;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::failure::colour;
use super::{Exit, Failure, eprint, print};
use crate::connector::{Loaded, MOST_TOLD};
use crate::diagnostic::{Code, Diagnostic, Severity, Source, Span, Told, render};
use crate::name::ConnectorId;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward check                              every connector in ./connectors
  doorward check connectors/demo.yaml
  doorward check --fix                        mend what leaves no doubt, and report the rest
  doorward check connectors --format sarif > problems.sarif
  doorward explain capability-not-declared    what a code means, and how to mend it

Ends with 0 when there is no error (a warning is none), 3 when a connector cannot be used, 2 when a file \
cannot be read. connectors/README.md is the reference of the language.")]
pub(super) struct Arguments {
    /// Connectors, or folders with connectors (*.yaml, *.yml) in them; `-` reads one from standard input
    #[arg(default_value = files::FOLDER, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How the problems are printed
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: Format,
    /// Mend what leaves no doubt, such as a misspelt key, in the files; comments and line ends stay
    #[arg(long)]
    fix: bool,
}

/// How the problems are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One array of objects
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

pub(super) fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let files = files::files(&arguments.paths)?;
    if arguments.fix && files.iter().any(|file| files::is_stdin(file)) {
        return Err(Failure::usage(
            "`--fix` changes files, and standard input is none",
            "name the file",
        ));
    }
    let (mut found, mut cut) = (Vec::new(), false);
    let mut ids = HashMap::new();
    for file in &files {
        if arguments.fix {
            for line in mend::mend(file)? {
                eprint(&line);
            }
        }
        let mut loaded = files::examine(file)?;
        cut |= loaded.found.len() >= MOST_TOLD;
        found.append(&mut loaded.found);
        found.extend(repeated(&loaded, &mut ids));
    }
    match arguments.format {
        Format::Json => print(&json(&found)),
        Format::Sarif => print(&sarif::log(&found)),
        Format::Text => text(files.len(), &found, cut),
    }
    let refused = found.iter().any(Diagnostic::is_error);
    Ok(if refused { Exit::Connector } else { Exit::Done })
}

/// The connectors before this one, by their ids.
type Ids = HashMap<ConnectorId, (Arc<Source>, Span)>;

/// The problem that a connector before `loaded` has its id.
fn repeated(loaded: &Loaded, ids: &mut Ids) -> Option<Diagnostic> {
    let (id, span) = loaded.id.clone()?;
    let source = &loaded.source;
    let Some((first, place)) = ids.get(&id) else {
        ids.insert(id, (Arc::clone(source), span));
        return None;
    };
    let message = format!("another connector has the id `{id}`");
    Some(
        Diagnostic::error(Code::DuplicateId, source, span, message)
            .elsewhere(first, *place, "first here")
            .help("an id names one connector in every record: give this one another"),
    )
}

/// Prints the problems to stderr and the summary to stdout, as a compiler does. `cut`: a file has as many
/// problems as are told.
fn text(files: usize, found: &[Diagnostic], cut: bool) {
    let colour = colour();
    for diagnostic in found {
        eprint(&render(diagnostic, colour));
        eprint("\n");
    }
    let count = |severity| found.iter().filter(|found| found.severity == severity).count();
    let number = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let connectors = number(files, "connector");
    print(&match (errors, warnings) {
        (0, 0) => format!("{connectors} checked, no problems\n"),
        (0, warnings) => format!("{connectors} checked, {}\n", number(warnings, "warning")),
        (errors, 0) => format!("{connectors} checked, {}\n", number(errors, "error")),
        (errors, warnings) => format!(
            "{connectors} checked, {} and {}\n",
            number(errors, "error"),
            number(warnings, "warning")
        ),
    });
    if cut {
        print(&format!(
            "of one file at most {MOST_TOLD} problems are told: mend those, and check again\n"
        ));
    }
    let mendable = found.iter().filter(|found| found.fix.is_some()).count();
    if mendable > 0 {
        print(&format!("{mendable} can be mended with `--fix`\n"));
    }
}

/// The problems as one JSON array.
pub(super) fn json(found: &[Diagnostic]) -> String {
    let found: Vec<serde_json::Value> =
        found.iter().map(|found| serde_json::json!(Told::from(found))).collect();
    format!("{:#}\n", serde_json::Value::Array(found))
}
