//! Findings: what the doctor has found so far, laid out for a terminal of 80 columns.

use crate::cli::{Exit, Failure};

/// Where the text begins; marks and names stand before it.
const INDENT: usize = 24;
/// How wide a line is.
const WIDTH: usize = 80;

/// The checks that were made.
#[derive(Default)]
pub(super) struct Findings {
    text: String,
    problems: usize,
    first: Option<Exit>,
}

impl Findings {
    /// Something is as it should be.
    pub(super) fn good(&mut self, what: &str, text: &str) {
        self.line("ok", what, text);
    }

    /// Something to know that is no problem.
    pub(super) fn note(&mut self, what: &str, text: &str, help: &str) {
        self.line("note", what, text);
        self.help(help);
    }

    /// A problem, and the way out.
    pub(super) fn bad(&mut self, what: &str, exit: Exit, text: &str, help: &str) {
        self.count(exit);
        self.line("BAD", what, text);
        self.help(help);
    }

    /// The problem that `failure` tells.
    pub(super) fn failed(&mut self, what: &str, failure: &Failure) {
        self.count(failure.exit);
        let (mut mark, mut what) = ("BAD", what);
        for line in failure.text.lines() {
            self.line(mark, what, line.strip_prefix("error: ").unwrap_or(line));
            (mark, what) = ("", "");
        }
    }

    /// The exit code of the first problem.
    pub(super) fn first(&self) -> Option<Exit> {
        self.first
    }

    /// Everything, and how it ended.
    pub(super) fn shown(&self) -> String {
        let end = match self.problems {
            0 => "everything is fine".to_owned(),
            1 => "1 problem: do what its `help` says, then run this again".to_owned(),
            count => {
                format!("{count} problems: do what the first `help` says, then run this again")
            }
        };
        format!("{}\n{end}\n", self.text)
    }

    fn count(&mut self, exit: Exit) {
        self.problems += 1;
        self.first.get_or_insert(exit);
    }

    fn help(&mut self, help: &str) {
        if !help.is_empty() {
            self.line("", "", &format!("help: {help}"));
        }
    }

    fn line(&mut self, mark: &str, what: &str, text: &str) {
        let mut line = format!("{mark:<5} {what:<17}");
        let mut full = line.chars().count();
        let mut fresh = true;
        for word in words(text) {
            let length = word.chars().count();
            if !fresh && full + 1 + length > WIDTH {
                self.end(&line);
                line = " ".repeat(INDENT - 1);
                full = INDENT - 1;
            }
            line.push(' ');
            line.push_str(&word);
            full += 1 + length;
            fresh = false;
        }
        self.end(&line);
    }

    fn end(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

/// The words of `text`; what stands between backticks is one word, as far as a line holds it.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for word in text.split_whitespace() {
        let ticks = word.matches('`').count();
        match words.last_mut() {
            Some(last) if open && last.chars().count() + word.chars().count() < WIDTH - INDENT => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        open ^= ticks % 2 == 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_eighty_columns_at_most_unless_one_word_is_longer() {
        let mut findings = Findings::default();
        findings.good("user", "anna");
        findings.note("clock", &"word ".repeat(40), "");
        let long = format!("/{}", "x".repeat(100));
        findings.bad(
            "a name longer than its column",
            Exit::Vault,
            &format!("see {long} there"),
            "go",
        );
        findings.failed(
            "record",
            &Failure {
                exit: Exit::Store,
                text: "error: a\n  --> b:1\ncaused by: c\nhelp: d\n".into(),
            },
        );
        let text = findings.shown();
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH || line.contains(&long)),
            "{text}"
        );
        assert!(
            text.starts_with("ok    user              anna\nnote  clock             word word"),
            "{text}"
        );
        let column = " ".repeat(INDENT);
        let end = format!(
            "BAD   record            a\n{column}--> b:1\n{column}caused by: c\n{column}help: d\n\n2 problems"
        );
        assert!(text.contains(&end), "{text}");
        assert_eq!(findings.first(), Some(Exit::Vault));
        assert_eq!(words("say `a b` and `c` or ` d"), ["say", "`a b`", "and", "`c`", "or", "` d"]);
    }
}
