//! `doorward explain`: what a code means, an example of it, and how to mend it.

use std::fmt::Write;

use super::{Exit, Failure, print};
use crate::diagnostic::{Code, Example};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward explain                            every code, a line each
  doorward explain capability-not-declared

The code is what stands in brackets: `error[capability-not-declared]`.")]
pub(super) struct Arguments {
    /// The code of a problem; without one all are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub(super) fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Some(named) = arguments.code else {
        print(&list());
        return Ok(Exit::Done);
    };
    // As it is copied from a message.
    let word = named.trim();
    let word = word.strip_prefix("error").or_else(|| word.strip_prefix("warning")).unwrap_or(word);
    let word = word.trim_start_matches('[').trim_end_matches([']', ':']);
    let Some(code) = Code::named(word) else {
        let near = Code::ALL
            .iter()
            .map(|code| {
                (strsim::damerau_levenshtein(&word.to_lowercase(), code.name()), code.name())
            })
            .filter(|(distance, name)| *distance <= name.len() / 3)
            .min();
        let help = match near {
            Some((_, name)) => format!("did you mean `{name}`?"),
            None => "`doorward explain` lists them all".to_owned(),
        };
        return Err(Failure::usage(format!("there is no code `{word}`"), &help));
    };
    print(&text(code));
    Ok(Exit::Done)
}

/// Every code with its title, those of `check` first.
fn list() -> String {
    let width = Code::ALL.iter().map(|code| code.name().len()).max().unwrap_or(0);
    let mut text = String::new();
    for (of_policies, at_run_time, title) in [
        (false, false, "Found by `doorward check`:"),
        (false, true, "\nFound when a session is asked for or runs:"),
        (true, false, "\nFound by `doorward policy check`:"),
    ] {
        let _ = writeln!(text, "{title}");
        let of = |code: &&Code| {
            (code.is_of_policies(), code.at_run_time()) == (of_policies, at_run_time)
        };
        for code in Code::ALL.iter().filter(of) {
            let _ = writeln!(text, "  {:width$}  {}", code.name(), code.explanation().title());
        }
    }
    text
}

/// The explanation of one code.
fn text(code: Code) -> String {
    let explained = code.explanation();
    let mut text = format!("{}\n\n{}\n", code.name(), folded(explained.meaning));
    let indented =
        |block: &str| -> String { block.lines().map(|line| format!("    {line}\n")).collect() };
    match explained.example {
        Example::Rows(wrong, right) | Example::Files(wrong, right) => {
            let _ = write!(
                text,
                "\nWith it:\n\n{}\nWithout it:\n\n{}",
                indented(wrong),
                indented(right)
            );
        }
        Example::Case(case) => {
            let _ = write!(text, "\nFor example: {}\n", folded(case));
        }
    }
    let _ = write!(text, "\nTo mend it: {}\n", folded(explained.mend));
    text
}

/// The text in lines of at most 90 characters.
fn folded(text: &str) -> String {
    let mut folded = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 90 {
            folded.push('\n');
            width = 0;
        } else if width > 0 {
            folded.push(' ');
            width += 1;
        }
        folded.push_str(word);
        width += length;
    }
    folded
}
