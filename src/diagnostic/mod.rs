//! A diagnostic: something wrong with a connector, or the row at which a session stopped, and its
//! place in the file. `check` and a session print through the same renderer, with the same caret.

mod chain;
mod code;
mod explain;
mod render;
mod told;

pub use chain::chain;
pub use code::Code;
pub use explain::{Example, Explanation};
pub use render::render;
pub use told::Told;

use std::ops::Range;
use std::sync::Arc;

/// A file as it was read: what is shown of its place, and its text.
#[derive(Debug)]
pub struct Source {
    /// The path as the person wrote it.
    pub path: String,
    /// The whole text, valid UTF-8.
    pub text: String,
}

impl Source {
    /// Line and column of the byte `at`, both counted from 1, the column in characters (code points).
    pub fn position(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(at.min(self.text.len()))];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// A place in a [`Source`]: bytes from `start` to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The same place as a range of bytes.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The connector runs all the same.
    Warning,
    /// The connector is refused, or the session stopped.
    Error,
}

/// A place and what is to be said of it.
#[derive(Debug, Clone)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// A short remark beside the caret; may be empty.
    pub text: String,
}

/// A text in place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What goes; empty where something is only put in.
    pub span: Span,
    /// What comes in its place.
    pub text: String,
}

/// A way out that a machine can take: it cannot change what the author meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as `write `(Validation)``.
    pub what: String,
    /// What it changes in the file; no two overlap.
    pub edits: Vec<Edit>,
}

/// One problem, with its place and the way out.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// What kind of problem.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// One sentence, without a period.
    pub message: String,
    /// The file.
    pub source: Arc<Source>,
    /// The place itself.
    pub primary: Label,
    /// Other places that belong to it.
    pub related: Vec<Label>,
    /// Places in other files that belong to it.
    pub elsewhere: Vec<(Arc<Source>, Label)>,
    /// Facts, as `name: text`.
    pub notes: Vec<(String, String)>,
    /// What to do next.
    pub help: Option<String>,
    /// The same for a machine, where there is no doubt.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: Code, source: &Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            source: Arc::clone(source),
            primary: Label { span, text: String::new() },
            related: Vec::new(),
            elsewhere: Vec::new(),
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// A warning at `span`.
    pub fn warning(
        code: Code,
        source: &Arc<Source>,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, source, span, message) }
    }

    /// The same, with a remark beside the caret.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// The same, with another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// The same, with a place in another file.
    #[must_use]
    pub fn elsewhere(mut self, source: &Arc<Source>, span: Span, text: impl Into<String>) -> Self {
        self.elsewhere.push((Arc::clone(source), Label { span, text: text.into() }));
        self
    }

    /// The same, with a way out that a machine can take.
    #[must_use]
    pub fn fix(mut self, what: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fix = Some(Box::new(Fix { what: what.into(), edits }));
        self
    }

    /// The same, with a word in place of the one at `span`, where that is `written` to the letter: an
    /// escape or a quote of YAML may stand between.
    #[must_use]
    pub fn replace(self, span: Span, written: &str, text: &str) -> Self {
        if self.source.text.get(span.range()) != Some(written) {
            return self;
        }
        self.fix(
            format!("write `{text}` for `{written}`"),
            vec![Edit { span, text: text.to_owned() }],
        )
    }

    /// The same, with a fact: `= name: text`.
    #[must_use]
    pub fn note(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.notes.push((name.into(), text.into()));
        self
    }

    /// The same, with what to do next.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Whether it refuses the connector.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Line and column of the place, both counted from 1, the column in characters.
    pub fn position(&self) -> (usize, usize) {
        self.source.position(self.primary.span.start)
    }
}
