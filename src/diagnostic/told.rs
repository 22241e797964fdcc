//! A diagnostic as machines are told it: `--format json`, and the REST API.

use super::{Diagnostic, Severity};

/// One problem: what it is, where, and the way out. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Told {
    /// The file, as it was named.
    pub path: String,
    /// What kind of problem: `doorward explain CODE` tells more.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// Where it begins.
    pub line: usize,
    /// Where it begins.
    pub column: usize,
    /// Where it ends.
    pub end_line: usize,
    /// Where it ends.
    pub end_column: usize,
    /// One sentence, without a period.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// What `--fix` would do.
    pub fix: Option<String>,
}

impl From<&Diagnostic> for Told {
    fn from(found: &Diagnostic) -> Self {
        let (line, column) = found.position();
        let (end_line, end_column) = found.source.position(found.primary.span.end);
        Self {
            path: found.source.path.clone(),
            code: found.code.name(),
            severity: match found.severity {
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            line,
            column,
            end_line,
            end_column,
            message: found.message.clone(),
            help: found.help.clone(),
            fix: found.fix.as_ref().map(|fix| fix.what.clone()),
        }
    }
}
