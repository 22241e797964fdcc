//! Mending: the fixes of a connector's problems, written into its file in one go.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::files;
use crate::cli::{Exit, Failure};
use crate::connector;
use crate::diagnostic::{Code, Diagnostic, Edit, Source};

/// How often what was mended is looked at again: one fix can make way for another.
const ROUNDS: usize = 10;

/// Mends the file, and says what was done, a line for each. A file that is no YAML, or that a fix would
/// make worse, stays as it is; so do comments, line ends and a byte order mark.
pub(super) fn mend(file: &Path) -> Result<Vec<String>, Failure> {
    let before = files::examine(file)?;
    let mut lines = Vec::new();
    let (mut source, mut found) = (Arc::clone(&before.source), before.found);
    for _ in 0..ROUNDS {
        if found.iter().any(|found| found.code == Code::InvalidYaml) {
            break;
        }
        let Some((text, done)) = mended(&source, &found) else { break };
        let next = connector::examine(Arc::new(Source { path: source.path.clone(), text }));
        let errors = |found: &[Diagnostic]| found.iter().filter(|found| found.is_error()).count();
        let broken = next.found.iter().any(|found| found.code == Code::InvalidYaml);
        if broken || errors(&next.found) > errors(&found) {
            break;
        }
        lines.extend(done);
        (source, found) = (next.source, next.found);
    }
    if !lines.is_empty() {
        write(file, &before.source.text, &source.text).map_err(|error| {
            let text = format!(
                "error: cannot write {}; it is as it was\ncaused by: {error}\n",
                file.display()
            );
            Failure { exit: Exit::Usage, text }
        })?;
    }
    Ok(lines)
}

/// The text with every fix that stands in no other's way, and what was done; `None` where there is none.
fn mended(source: &Source, found: &[Diagnostic]) -> Option<(String, Vec<String>)> {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut done = Vec::new();
    for diagnostic in found {
        let Some(fix) = &diagnostic.fix else { continue };
        let apart = |edit: &Edit| {
            edits
                .iter()
                .all(|other| edit.span.end < other.span.start || other.span.end < edit.span.start)
        };
        if !fix.edits.iter().all(apart) {
            continue;
        }
        edits.extend(&fix.edits);
        let (line, column) = diagnostic.position();
        done.push(format!("fixed: {}:{line}:{column}: {}\n", source.path, fix.what));
    }
    edits.sort_by_key(|edit| edit.span.start);
    let (mut text, mut at) = (String::new(), 0);
    for edit in &edits {
        text.push_str(source.text.get(at..edit.span.start)?);
        text.push_str(&edit.text);
        at = edit.span.end;
    }
    text.push_str(source.text.get(at..)?);
    (!edits.is_empty()).then_some((text, done))
}

/// Puts `text` in place of `before`, whole or not at all.
fn write(file: &Path, before: &str, text: &str) -> std::io::Result<()> {
    // A link stays one: what it leads to is replaced.
    let file = file.canonicalize()?;
    let held = std::fs::read(&file)?;
    let mark: &[u8] =
        if held.starts_with("\u{feff}".as_bytes()) { "\u{feff}".as_bytes() } else { b"" };
    if held.get(mark.len()..) != Some(before.as_bytes()) {
        return Err(std::io::Error::other("it was changed meanwhile"));
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut next = tempfile::NamedTempFile::new_in(folder)?;
    next.write_all(mark)?;
    next.write_all(text.as_bytes())?;
    next.as_file().sync_all()?;
    std::fs::set_permissions(next.path(), std::fs::metadata(&file)?.permissions())?;
    next.persist(&file)?;
    Ok(())
}
