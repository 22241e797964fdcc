//! A report: the problems of one connector that were found so far.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Source, Span};

/// How many problems of one file are told. Nobody reads more, and a hostile file could have a million.
pub const MOST: usize = 100;

/// The problems found so far, and the file that they are in.
pub(super) struct Report {
    pub(super) source: Arc<Source>,
    found: Vec<Diagnostic>,
}

impl Report {
    pub(super) fn new(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), found: Vec::new() }
    }

    /// An error with what to do about it.
    pub(super) fn error(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let found = Diagnostic::error(code, &self.source, span, message).help(help);
        self.push(found);
    }

    /// A warning with what to do about it.
    pub(super) fn warning(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let found = Diagnostic::warning(code, &self.source, span, message).help(help);
        self.push(found);
    }

    /// Keeps a problem. Where there are many already an error takes the place of a warning, so that a file
    /// that cannot be used always says why.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MOST {
            self.found.push(diagnostic);
        } else if diagnostic.is_error()
            && let Some(warning) = self.found.iter_mut().rev().find(|found| !found.is_error())
        {
            *warning = diagnostic;
        }
    }

    /// Whether a problem at `span` was told already.
    pub(super) fn has(&self, span: Span) -> bool {
        self.found.iter().any(|found| found.primary.span == span)
    }

    /// Whether a problem inside of `span` was told already.
    pub(super) fn has_within(&self, span: Span) -> bool {
        let inside = |found: Span| span.start <= found.start && found.end <= span.end;
        self.found.iter().any(|found| inside(found.primary.span))
    }

    /// Whether further errors would not be told.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MOST && self.found.iter().all(Diagnostic::is_error)
    }

    pub(super) fn has_errors(&self) -> bool {
        self.found.iter().any(Diagnostic::is_error)
    }

    /// The problems in the order of the file.
    pub(super) fn into_found(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|diagnostic| diagnostic.primary.span.start);
        self.found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{MOST, Report};
    use crate::connector::examine;
    use crate::diagnostic::{Code, Source, Span};

    #[test]
    fn an_error_after_many_warnings_is_told() {
        let rows = "  password > welcome (SearchBy=id)\n".repeat(MOST + 5);
        let text = format!(
            "ConnectorId: a\nTargetSettings: {{ LogonURL: 'https://a' }}\nWebFormFields: |\n{rows}  go > (Buton)\n"
        );
        let loaded = examine(Arc::new(Source { path: "a.yaml".to_owned(), text }));
        assert_eq!((loaded.found.len(), loaded.connector.is_none()), (MOST, true));
        assert!(loaded.found.iter().any(|found| found.code == Code::UnknownKeyword));
    }

    #[test]
    fn a_report_is_full_of_errors_alone() {
        let source = Arc::new(Source { path: "a.yaml".to_owned(), text: "a".to_owned() });
        let mut report = Report::new(&source);
        for _ in 0..=MOST {
            report.warning(Code::WaitRow, Span::new(0, 1), "w", "h");
        }
        assert!(!report.is_full());
        for _ in 0..=MOST {
            report.error(Code::NoRows, Span::new(0, 1), "e", "h");
        }
        assert!(report.is_full() && report.into_found().len() == MOST);
    }
}
