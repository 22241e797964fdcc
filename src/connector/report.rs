//! A report: the problems of one connector that were found so far.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Source, Span};

/// How many problems of one file are told. Nobody reads more, and a hostile file could have a million.
const MOST: usize = 100;

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

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        if !self.is_full() {
            self.found.push(diagnostic);
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

    /// Whether further problems would not be told.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MOST
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
