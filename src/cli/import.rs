//! `doorward import`: a connector of CyberArk, JumpServer or Keeper becomes one of doorward.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Exit, Failure, eprint, output, print};
use crate::diagnostic::Source;
use crate::import::{self, Fate, Import, Item, Kind, Places};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward import cyberark PSM-Shop.xml -o connectors        writes connectors/PSM-Shop.yaml
  doorward import cyberark PVConfiguration.xml               lists the web connectors of a whole configuration
  doorward import cyberark PVConfiguration.xml -o connectors
  doorward import cyberark PVConfiguration.xml --component PSM-PVWA-v10 > connectors/pvwa.yaml
  doorward import jumpserver script.json -o shop.yaml
  doorward import keeper rules.yaml --format json 2> report.json

Every written connector passes `doorward check`. The report on stderr has everything that was not carried over as it \
was: lost (it is not in the connector), changed (it does not mean quite the same), review (a person has to look). No \
password or seed of the file comes out, neither there nor in a connector.

Ends with 0 when a connector was written, whatever the report says; 2 when the file cannot be read, is not of that \
kind, or the command line is wrong; 3 when no connector that passes `check` could be made of a component (others of \
the file are written).")]
pub(super) struct Arguments {
    /// The system that the file comes from
    #[arg(value_name = "SYSTEM")]
    kind: System,
    /// CyberArk: the XML of one connection component or of many. JumpServer: a script, an asset or a platform, as
    /// JSON or YAML. Keeper: the rules, or a record with them, as JSON or YAML
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write: a file that ends in .yaml or .yml, or a folder [default: stdout]
    #[arg(short, long, value_name = "FILE|FOLDER")]
    output: Option<PathBuf>,
    /// The one of several to import, by its name in the file
    #[arg(long, value_name = "ID")]
    component: Option<String>,
    /// Replace connectors that are there already
    #[arg(long)]
    force: bool,
    /// How the report is printed
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: Format,
}

/// The system that the file comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum System {
    /// Connection components of PVWA, XML
    Cyberark,
    /// A script, an asset or a platform, JSON or YAML
    Jumpserver,
    /// Rules of remote browser isolation, JSON or YAML
    Keeper,
}

/// How the report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object
    Json,
}

pub(super) fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let kind = match arguments.kind {
        System::Cyberark => Kind::CyberArk,
        System::Jumpserver => Kind::JumpServer,
        System::Keeper => Kind::Keeper,
    };
    let failed = |error: import::Error| Failure::new(Exit::Usage, &error, error.help());
    let source = import::read(&arguments.file).map_err(failed)?;
    let all = import::import(kind, &source).map_err(failed)?;
    let chosen = chosen(all, arguments.component.as_deref(), &source)?;
    let targets = targets(&arguments, &chosen, &source)?;
    for (found, target) in chosen.iter().zip(&targets) {
        match (&found.connector, target) {
            (Ok(text), Some(path)) => output::connector(path, text, arguments.force)?,
            (Ok(text), None) => print(text),
            (Err(_), _) => {}
        }
    }
    match arguments.format {
        Format::Text => eprint(&text(&chosen, &targets, &source)),
        Format::Json => eprint(&json(&chosen, &targets, &source)),
    }
    let complete = chosen.iter().all(|found| found.connector.is_ok());
    Ok(if complete { Exit::Done } else { Exit::Connector })
}

/// The connectors that are asked for.
fn chosen(
    all: Vec<Import>,
    component: Option<&str>,
    source: &Source,
) -> Result<Vec<Import>, Failure> {
    let Some(wanted) = component else { return Ok(all) };
    let list = listed(&all);
    let mut exact = Vec::new();
    let mut similar = Vec::new();
    for found in all {
        if found.name == wanted || found.id.as_str() == wanted {
            exact.push(found);
        } else if found.name.eq_ignore_ascii_case(wanted) {
            similar.push(found);
        }
    }
    let mut chosen = if exact.is_empty() { similar } else { exact };
    // Of several that share a name the first has its own id.
    if chosen.len() > 1 {
        chosen.truncate(1);
    }
    if chosen.is_empty() {
        let message = format!("{} has no component of that name", source.path);
        return Err(Failure::usage(message, &format!("it has\n{list}")));
    }
    Ok(chosen)
}

/// The names of `all`, a line each.
fn listed(all: &[Import]) -> String {
    const MOST: usize = 60;
    let mut lines: Vec<String> = all
        .iter()
        .take(MOST)
        .map(|found| match &found.title {
            Some(title) if *title != found.id.as_str() => {
                format!("  {}  {}", found.id, plain(title))
            }
            _ => format!("  {}", found.id),
        })
        .collect();
    if all.len() > MOST {
        lines.push(format!("  and {} more", all.len() - MOST));
    }
    lines.join("\n")
}

/// A title for the terminal.
fn plain(title: &str) -> String {
    title.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// Where each connector goes, `None` for stdout. Nothing is written before all of them can be.
fn targets(
    arguments: &Arguments,
    chosen: &[Import],
    source: &Source,
) -> Result<Vec<Option<PathBuf>>, Failure> {
    let several = || {
        Failure::usage(
            format!("{} has {} connectors", source.path, chosen.len()),
            &format!(
                "`-o FOLDER` writes all of them, `--component ID` picks one:\n{}",
                listed(chosen)
            ),
        )
    };
    let Some(output) = &arguments.output else {
        return if chosen.len() > 1 { Err(several()) } else { Ok(vec![None]) };
    };
    let is_file = !output.is_dir()
        && output
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml"));
    if is_file && chosen.len() > 1 {
        return Err(several());
    }
    if !is_file && output.exists() && !output.is_dir() {
        let message = format!("{} is there and is no folder", output.display());
        return Err(Failure::usage(message, "name a folder, or a file that ends in .yaml"));
    }
    let targets: Vec<Option<PathBuf>> = chosen
        .iter()
        .map(|found| match is_file {
            true => Some(output.clone()),
            false => Some(output.join(format!("{}.yaml", found.id))),
        })
        .collect();
    for (path, found) in targets.iter().flatten().zip(chosen) {
        if found.connector.is_ok() && !arguments.force && path.symlink_metadata().is_ok() {
            let message = format!("{} is there already", path.display());
            return Err(Failure::usage(message, "write elsewhere, or replace it with `--force`"));
        }
    }
    Ok(targets)
}

/// The report for people.
fn text(chosen: &[Import], targets: &[Option<PathBuf>], source: &Arc<Source>) -> String {
    let places = Places::new(&source.text);
    let mut text = String::new();
    for (found, target) in chosen.iter().zip(targets) {
        for item in &found.items {
            let (line, column) = places.position(item.at);
            text.push_str(&format!(
                "{}: {}\n --> {}:{line}:{column}\n  = why: {}\n  = help: {}\n\n",
                item.fate.word(),
                item.what,
                source.path,
                item.why,
                item.help
            ));
        }
        let count = counted(&found.items);
        text.push_str(&match (&found.connector, target) {
            (Ok(_), Some(path)) => format!("{} written to {}, {count}\n", found.id, path.display()),
            (Ok(_), None) => format!("{} written, {count}\n", found.id),
            (Err(refusal), _) => {
                let (line, column) = places.position(found.at);
                format!(
                    "error: no connector could be made of {}: {refusal}\n --> {}:{line}:{column}\n  = help: {}\n",
                    found.id, source.path, refusal.help
                )
            }
        });
        text.push_str(if chosen.len() > 1 { "\n" } else { "" });
    }
    text
}

/// How many items there are of each fate.
fn counted(items: &[Item]) -> String {
    let parts: Vec<String> = [Fate::Lost, Fate::Changed, Fate::Review]
        .into_iter()
        .map(|fate| (items.iter().filter(|item| item.fate == fate).count(), fate))
        .filter(|(count, _)| *count > 0)
        .map(|(count, fate)| match fate {
            Fate::Review => format!("{count} to review"),
            fate => format!("{count} {}", fate.word()),
        })
        .collect();
    if parts.is_empty() { "nothing to report".to_owned() } else { parts.join(", ") }
}

/// The report as one JSON object.
fn json(chosen: &[Import], targets: &[Option<PathBuf>], source: &Arc<Source>) -> String {
    let places = Places::new(&source.text);
    let connectors: Vec<serde_json::Value> = chosen
        .iter()
        .zip(targets)
        .map(|(found, target)| {
            let items: Vec<serde_json::Value> = found
                .items
                .iter()
                .map(|item| {
                    let (line, column) = places.position(item.at);
                    serde_json::json!({
                        "fate": item.fate.word(),
                        "line": line,
                        "column": column,
                        "what": item.what,
                        "why": item.why,
                        "help": item.help,
                    })
                })
                .collect();
            serde_json::json!({
                "id": found.id.as_str(),
                "name": found.name,
                "written": found.connector.is_ok(),
                "path": target.as_ref().filter(|_| found.connector.is_ok()).map(|path| path.display().to_string()),
                "error": found.connector.as_ref().err().map(|refusal| serde_json::json!({
                    "message": refusal.to_string(),
                    "help": refusal.help,
                })),
                "items": items,
            })
        })
        .collect();
    format!("{:#}\n", serde_json::json!({ "source": source.path, "connectors": connectors }))
}
