//! An examined connector: a file of the folders with what is wrong with it, as its author is told.

use std::path::Path;
use std::sync::Arc;

use crate::connector::{self, Connector};
use crate::diagnostic::{Diagnostic, Severity, Source};

/// A file of a connectors folder.
pub(super) struct Examined {
    /// Its path, by which it is asked for.
    pub(super) file: String,
    /// Its text; empty where it cannot be read.
    pub(super) source: Arc<Source>,
    /// The connector, where nothing in it is an error.
    pub(super) connector: Option<Arc<Connector>>,
    /// Everything that is wrong or doubtful.
    pub(super) found: Vec<Diagnostic>,
    /// Why it cannot be read.
    pub(super) unread: Option<String>,
}

/// A line of its text.
pub(super) struct Line {
    /// From 1.
    pub(super) number: usize,
    pub(super) text: String,
    /// What is said of it.
    pub(super) remarks: Vec<Remark>,
}

/// What is said of a place in a line.
pub(super) struct Remark {
    /// `bad` for an error, `open` for a warning.
    pub(super) tone: &'static str,
    /// `error` or `warning`, with the code.
    pub(super) kind: String,
    /// Blanks up to the place, `^` under it, and what is said beside it.
    pub(super) caret: String,
    pub(super) message: String,
    pub(super) help: String,
}

impl Examined {
    /// Reads and loads `path`.
    pub(super) fn of(path: &Path) -> Self {
        let file = path.display().to_string();
        let nothing = Arc::new(Source { path: file.clone(), text: String::new() });
        match connector::read(path) {
            Ok(source) => {
                let (connector, found) = connector::load(Arc::clone(&source));
                let broken = found.iter().any(Diagnostic::is_error);
                let connector = connector.filter(|_| !broken).map(Arc::new);
                Self { file, source, connector, found, unread: None }
            }
            Err(error) => {
                let unread = Some(error.to_string());
                Self { file, source: nothing, connector: None, found: Vec::new(), unread }
            }
        }
    }

    /// How many errors and how many warnings.
    pub(super) fn counts(&self) -> (usize, usize) {
        let errors = self.found.iter().filter(|found| found.is_error()).count();
        (errors + usize::from(self.unread.is_some()), self.found.len() - errors)
    }

    /// Its lines, each with what is said of it.
    pub(super) fn lines(&self) -> Vec<Line> {
        let text = self.source.text.lines().enumerate();
        let mut lines: Vec<Line> = text
            .map(|(at, text)| Line { number: at + 1, text: text.to_owned(), remarks: Vec::new() })
            .collect();
        if lines.is_empty() {
            lines.push(Line { number: 1, text: String::new(), remarks: Vec::new() });
        }
        for found in &self.found {
            let (number, column) = found.position();
            let last = lines.len();
            let line = &mut lines[number.clamp(1, last) - 1];
            line.remarks.push(remark(found, column, &line.text));
        }
        lines
    }
}

fn remark(found: &Diagnostic, column: usize, line: &str) -> Remark {
    let span = found.primary.span.range();
    let marked = found.source.text.get(span).map_or(1, |text| text.chars().count());
    let room = (line.chars().count() + 1).saturating_sub(column);
    let before = " ".repeat(column - 1);
    let carets = "^".repeat(marked.clamp(1, room.max(1)));
    let beside = match found.primary.text.as_str() {
        "" => String::new(),
        text => format!(" {text}"),
    };
    let (tone, kind) = match found.severity {
        Severity::Error => ("bad", "error"),
        Severity::Warning => ("open", "warning"),
    };
    Remark {
        tone,
        kind: format!("{kind}[{}]", found.code.name()),
        caret: format!("{before}{carets}{beside}"),
        message: found.message.clone(),
        help: found.help.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::Examined;

    #[test]
    fn what_is_said_stands_under_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        let text = "ConnectorId: a\nTargetSettings:\n  LogonURL: https://a.example/\nWebFormFields: |\n  user > <usrname>\n  go > (Buton)\n";
        let cases: [(&str, &[(usize, &str)]); 3] = [
            (text, &[(5, "         ^^^^^^^^^"), (6, "       ^^^^^")]),
            ("", &[(1, "^")]),
            ("ConnectorId: [\n", &[(2, "")]),
        ];
        for (text, expected) in cases {
            std::fs::write(&path, text).unwrap();
            let examined = Examined::of(&path);
            let lines = examined.lines();
            assert!(examined.counts().0 > 0);
            for (number, caret) in expected {
                let line = &lines[(number - 1).min(lines.len() - 1)];
                let found = line.remarks.iter().any(|remark| remark.caret.starts_with(caret));
                let carets: Vec<_> = lines
                    .iter()
                    .flat_map(|line| line.remarks.iter().map(|r| (line.number, &r.caret)))
                    .collect();
                assert!(found, "{text} {number} {carets:?}");
            }
        }
        let gone = Examined::of(&folder.path().join("gone.yaml"));
        assert!(gone.unread.is_some() && gone.counts() == (1, 0) && gone.lines().len() == 1);
    }
}
