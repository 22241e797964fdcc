//! `doorward check`: every problem of connectors, without a vault or a browser.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Exit, Failure, eprint, print};
use crate::connector;
use crate::diagnostic::{Diagnostic, Severity, render};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward check                              every connector in ./connectors
  doorward check connectors/demo.yaml
  doorward check connectors --format json > problems.json

Ends with 0 when there is no error (a warning is none), 3 when a connector cannot be used, 2 when a file \
cannot be read. connectors/README.md is the reference of the language.")]
pub(super) struct Arguments {
    /// Connectors, or folders with connectors (*.yaml, *.yml) in them
    #[arg(default_value = "connectors", value_name = "PATH")]
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

pub(super) fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        collect(path, &mut files)?;
    }
    if files.is_empty() {
        let paths: Vec<String> =
            arguments.paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::usage(
            format!("there is no connector in {}", paths.join(", ")),
            "name a connector, or a folder with .yaml files in it",
        ));
    }
    let mut found = Vec::new();
    for file in &files {
        found.extend(problems(file)?);
    }
    match arguments.format {
        Format::Json => print(&json(&found)),
        Format::Text => text(&files, &found),
    }
    let refused = found.iter().any(Diagnostic::is_error);
    Ok(if refused { Exit::Connector } else { Exit::Done })
}

/// The problems of one file.
fn problems(file: &Path) -> Result<Vec<Diagnostic>, Failure> {
    match connector::read(file) {
        Ok(source) => Ok(connector::load(Arc::clone(&source)).1),
        Err(error) => match error.diagnostic() {
            Some(diagnostic) => Ok(vec![diagnostic]),
            None => Err(Failure::new(Exit::Usage, &error, error.help())),
        },
    }
}

/// Adds `path` to `files`, or the connectors in it in the order of their names.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let unreadable = |error: &std::io::Error| {
        let text =
            format!("error: cannot read the folder {}\ncaused by: {error}\n", path.display());
        Failure { exit: Exit::Usage, text }
    };
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(&error))? {
        inside.push(entry.map_err(|error| unreadable(&error))?.path());
    }
    inside.sort();
    for path in inside {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let yaml = path.extension().is_some_and(|found| {
            found.eq_ignore_ascii_case("yaml") || found.eq_ignore_ascii_case("yml")
        });
        // A link to a folder may lead back to where it stands.
        if !hidden && path.is_dir() && !path.is_symlink() {
            collect(&path, files)?;
        } else if !hidden && yaml && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// Prints the problems to stderr and the summary to stdout, as a compiler does.
fn text(files: &[PathBuf], found: &[Diagnostic]) {
    let colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
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
    let connectors = number(files.len(), "connector");
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
}

/// The problems as one JSON array.
fn json(found: &[Diagnostic]) -> String {
    let found: Vec<serde_json::Value> = found
        .iter()
        .map(|found| {
            let (line, column) = found.position();
            serde_json::json!({
                "path": found.source.path,
                "code": found.code.name(),
                "severity": match found.severity {
                    Severity::Warning => "warning",
                    Severity::Error => "error",
                },
                "line": line,
                "column": column,
                "message": found.message,
                "help": found.help,
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(found))
}
