//! The files of a check: connectors by name, those of a folder, and standard input.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::{Exit, Failure};
use crate::connector::{self, Loaded, ReadError};

/// What stands for standard input.
const STDIN: &str = "-";

/// The folder that is checked where none is named.
pub(super) const FOLDER: &str = "connectors";

/// The connectors that `paths` name, each once, those of a folder in the order of their names.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    // What is looked for where nothing is named.
    if let [path] = paths
        && path.as_os_str() == FOLDER
        && !path.exists()
    {
        return Err(Failure::usage(
            format!("there is no folder `{FOLDER}` here"),
            "name a connector or a folder: `doorward check acme.yaml`",
        ));
    }
    for path in paths {
        collect(path, &mut files)?;
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    if files.is_empty() {
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::usage(
            format!("there is no connector in {}", paths.join(", ")),
            "name a connector, or a folder with .yaml files in it",
        ));
    }
    Ok(files)
}

/// Whether `path` is standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

/// Reads and examines one file; what is wrong with its content is among its problems.
pub(super) fn examine(file: &Path) -> Result<Loaded, Failure> {
    let read = match is_stdin(file) {
        true => connector::read_from("<stdin>", std::io::stdin().lock()),
        false => connector::read(file),
    };
    match read {
        Ok(source) => Ok(connector::examine(source)),
        Err(error) => match error.diagnostic() {
            Some(diagnostic) => Ok(Loaded {
                source: Arc::clone(&diagnostic.source),
                connector: None,
                id: None,
                found: vec![diagnostic],
            }),
            None => Err(unreadable(&error)),
        },
    }
}

fn unreadable(error: &ReadError) -> Failure {
    Failure::new(Exit::Usage, error, error.help())
}

/// Adds `path` to `files`, or the connectors in it in the order of their names.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if is_stdin(path) || !path.is_dir() {
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
