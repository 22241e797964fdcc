//! An explanation: what a code means, an example of it, and how to mend it.

mod check;
mod policy;
mod session;

use super::Code;

/// What `doorward explain CODE` prints.
#[derive(Debug, Clone, Copy)]
pub struct Explanation {
    /// What it means and why it is said: sentences, the first of them a title.
    pub meaning: &'static str,
    /// Where it comes from.
    pub example: Example,
    /// What to do.
    pub mend: &'static str,
}

/// An example of a code.
#[derive(Debug, Clone, Copy)]
pub enum Example {
    /// Rows that have the problem, and the same rows without it.
    Rows(&'static str, &'static str),
    /// The same with whole connectors.
    Files(&'static str, &'static str),
    /// What happens, in a sentence.
    Case(&'static str),
}

impl Explanation {
    /// The first sentence, without its period.
    pub fn title(&self) -> &'static str {
        let end = self.meaning.find(". ").unwrap_or(self.meaning.len());
        self.meaning[..end].trim_end_matches('.')
    }
}

impl Code {
    /// The code of this name, case aside.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name().eq_ignore_ascii_case(name.trim()))
    }

    /// What it means. The compiler asks for one for every code.
    pub fn explanation(self) -> Explanation {
        match (self.is_of_policies(), self.at_run_time()) {
            (true, _) => policy::explanation(self),
            (false, true) => session::explanation(self),
            (false, false) => check::explanation(self),
        }
    }
}

/// Rows with and without the problem.
fn rows(
    meaning: &'static str,
    wrong: &'static str,
    right: &'static str,
    mend: &'static str,
) -> Explanation {
    Explanation { meaning, example: Example::Rows(wrong, right), mend }
}

/// Whole connectors with and without the problem.
fn files(
    meaning: &'static str,
    wrong: &'static str,
    right: &'static str,
    mend: &'static str,
) -> Explanation {
    Explanation { meaning, example: Example::Files(wrong, right), mend }
}

/// A case that is told.
fn case(meaning: &'static str, example: &'static str, mend: &'static str) -> Explanation {
    Explanation { meaning, example: Example::Case(example), mend }
}
