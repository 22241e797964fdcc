//! An outcome: how a sign-in ended. It is a result, not an error; `Unclear` is never success.

use crate::diagnostic::{Code, Diagnostic, Source, Span};
use std::sync::Arc;

/// How a sign-in ended.
#[derive(Debug)]
pub enum Outcome {
    /// The site refused, and a `(Failure=cause)` row says why.
    Refused {
        /// The cause that the row names.
        cause: String,
        /// Where, and what the page says.
        stop: Stop,
    },
    /// A validation of the last checkpoint showed.
    SignedIn,
    /// The rows were tried as far as was asked for, and no further.
    Tried,
    /// A row did not come to its end.
    Stuck(Stop),
    /// All rows came to their end, and nothing says how it went.
    Unclear(Stop),
}

impl Outcome {
    /// The word in the record and in `--format json`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::SignedIn => "signed-in",
            Self::Tried => "tried",
            Self::Stuck(_) => "stuck",
            Self::Unclear(_) => "unclear",
        }
    }

    /// The named cause, or the code of the stop.
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Refused { cause, .. } => Some(cause),
            Self::SignedIn | Self::Tried => None,
            Self::Stuck(stop) | Self::Unclear(stop) => Some(stop.code.name()),
        }
    }

    /// Where it stopped.
    pub fn stop(&self) -> Option<&Stop> {
        match self {
            Self::SignedIn | Self::Tried => None,
            Self::Refused { stop, .. } | Self::Stuck(stop) | Self::Unclear(stop) => Some(stop),
        }
    }
}

/// The row at which a session stopped, and what was seen there. No secret is in it.
#[derive(Debug, Clone)]
pub struct Stop {
    /// What kind of stop.
    pub code: Code,
    /// The row, from 1; `None` when it was the `LogonURL`.
    pub row: Option<usize>,
    /// The place in the connector.
    pub span: Span,
    /// One sentence.
    pub message: String,
    /// Beside the caret.
    pub label: String,
    /// `page`, `saw` and the like.
    pub notes: Vec<(String, String)>,
    /// What to do next.
    pub help: Option<String>,
}

impl Stop {
    /// A stop at `span`.
    pub fn new(code: Code, row: Option<usize>, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            row,
            span,
            message: message.into(),
            label: String::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// The same, with a fact.
    #[must_use]
    pub fn note(mut self, name: &str, text: impl Into<String>) -> Self {
        self.notes.push((name.to_owned(), text.into()));
        self
    }

    /// The same, with what to do next.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The same, with a remark beside the caret.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    /// As it is printed: by the renderer of `check`, with the same caret.
    pub fn diagnostic(&self, source: &Arc<Source>) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.code, source, self.span, self.message.clone())
            .label(&self.label);
        diagnostic.notes.clone_from(&self.notes);
        diagnostic.help.clone_from(&self.help);
        diagnostic
    }
}
