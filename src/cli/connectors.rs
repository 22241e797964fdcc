//! The connectors of a command: found by name or path, loaded, and their problems shown.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure::colour;
use super::world::World;
use super::{Exit, Failure, eprint};
use crate::connector::{self, Connector};
use crate::diagnostic::{Diagnostic, Source, render};
use crate::name::ConnectorId;

/// The connector, or what is wrong with it.
pub(super) fn load(
    world: &World,
    named: &str,
) -> Result<(Option<Connector>, Vec<Diagnostic>), Failure> {
    let path = find(world, named)?;
    let source: Arc<Source> = match connector::read(&path) {
        Ok(source) => source,
        Err(error) => {
            return match error.diagnostic() {
                Some(diagnostic) => Ok((None, vec![diagnostic])),
                None => Err(Failure::new(Exit::Connector, &error, error.help())),
            };
        }
    };
    let (connector, diagnostics) = connector::load(source);
    let refused = diagnostics.iter().any(Diagnostic::is_error);
    Ok((connector.filter(|_| !refused), diagnostics))
}

/// The file of a connector: a path as it is, a name in the folders of the configuration.
fn find(world: &World, named: &str) -> Result<PathBuf, Failure> {
    let looks_like_path =
        named.contains(['/', '\\']) || named.ends_with(".yaml") || named.ends_with(".yml");
    if looks_like_path {
        return Ok(PathBuf::from(named));
    }
    let name: ConnectorId = named.parse().map_err(|error: crate::name::Invalid| {
        Failure::usage(error, "name a connector by its id, or by the path of its file")
    })?;
    let folders = &world.config.connectors;
    let candidates = folders
        .iter()
        .flat_map(|folder| ["yaml", "yml"].map(|ending| folder.join(format!("{name}.{ending}"))));
    if let Some(path) = candidates.into_iter().find(|path| path.is_file()) {
        return Ok(path);
    }
    let known: Vec<String> = folders.iter().flat_map(|folder| names_in(folder)).collect();
    let nearest = known
        .iter()
        .filter(|known| strsim::damerau_levenshtein(known, named) <= 1 + known.len() / 3)
        .min_by_key(|known| strsim::damerau_levenshtein(known, named));
    let searched: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    let help = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => {
            "put it there, name another folder with `connectors: [FOLDER]` in the configuration, or give the path of its file".into()
        }
        None => format!("the connectors are: {}", known.join(", ")),
    };
    Err(Failure {
        exit: Exit::Connector,
        text: format!(
            "error: there is no connector `{named}`: looked for {named}.yaml in {}\nhelp: {help}\n",
            searched.join(", ")
        ),
    })
}

pub(super) fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml" || e == "yml"))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

/// Prints problems as a compiler does.
pub(super) fn show(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        eprint(&render(diagnostic, colour()));
    }
}
