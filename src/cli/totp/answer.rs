//! An answer: what a person says on the terminal itself, whatever is piped in and out.

use crate::cli::responder::line;
use crate::cli::{Failure, eprint};

/// Asks; `None` where there is no terminal.
pub(super) fn ask(question: &str) -> Option<String> {
    line(question).ok()
}

/// Whether to go on. Where there is no terminal, `yes` says so beforehand.
///
/// # Errors
/// Exit 2 where there is nobody to ask.
pub(super) fn confirmed(question: &str, yes: bool) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    let answer = ask(&format!("{question} [y/N] ")).ok_or_else(|| nobody("this"))?;
    let is_yes = is_yes(&answer);
    if !is_yes {
        eprint("nothing was changed\n");
    }
    Ok(is_yes)
}

/// Whether an answer is yes.
pub(super) fn is_yes(answer: &str) -> bool {
    matches!(answer.to_lowercase().as_str(), "y" | "yes")
}

/// That `what` has to be confirmed, and nobody is there.
pub(super) fn nobody(what: &str) -> Failure {
    Failure::usage(
        format!("{what} has to be confirmed, and there is no terminal to ask on"),
        "nothing was changed; `--yes` goes on without asking",
    )
}
