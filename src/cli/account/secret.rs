//! Secrets from the person: typed without echo, or piped in. Never from an argument.

use std::io::{IsTerminal, Read};

use zeroize::Zeroizing;

use crate::cli::Failure;
use crate::secret::Secret;

/// More than any secret has; what is longer is a file in the wrong place.
const MOST_BYTES: u64 = 1 << 20;

/// Reads the password (where `password` says so) and the values of `protected`: from stdin, a line
/// each in that order, or from the terminal, each twice.
pub(super) fn read(
    stdin: bool,
    password: bool,
    protected: &[String],
) -> Result<(Option<Secret>, Vec<Secret>), Failure> {
    let names =
        password.then_some("password").into_iter().chain(protected.iter().map(String::as_str));
    let texts = match stdin {
        true => piped("--secret-stdin", &names.collect::<Vec<_>>())?,
        false => names.map(typed).collect::<Result<Vec<_>, _>>()?,
    };
    let mut secrets = texts.iter().map(|text| Secret::new(text.as_str().to_owned()));
    let first = if password { secrets.next() } else { None };
    Ok((first, secrets.collect()))
}

/// Reads one text, named `name`: from stdin where the option `option` says so, or from the terminal, twice.
pub(in crate::cli) fn one(
    stdin: bool,
    option: &str,
    name: &str,
) -> Result<Zeroizing<String>, Failure> {
    if !stdin {
        return typed(name);
    }
    // There is one name, so there is one text.
    Ok(piped(option, &[name])?.pop().unwrap_or_default())
}

fn piped(option: &str, names: &[&str]) -> Result<Vec<Zeroizing<String>>, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Err(Failure::usage(
            format!("`{option}` reads what is piped in, and nothing is"),
            "leave it out to be asked without echo, or pipe the secret in from a program that has it",
        ));
    }
    let wrong = |fault: String| {
        Failure::usage(
            format!("what `{option}` read {fault}"),
            &format!("one line each, in this order: {}; nothing was changed", names.join(", ")),
        )
    };
    let mut bytes = Zeroizing::new(Vec::new());
    stdin
        .lock()
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(wrong("is longer than a mebibyte".into()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("is not UTF-8".into()))?;
    let lines: Vec<&str> = match text.strip_suffix('\n') {
        Some(whole) => whole.split('\n').map(|l| l.strip_suffix('\r').unwrap_or(l)).collect(),
        None => text.split('\n').collect(),
    };
    if lines.len() != names.len() {
        return Err(wrong(format!("has {} lines instead of {}", lines.len(), names.len())));
    }
    match names.iter().zip(&lines).find(|(_, line)| line.is_empty()) {
        Some((name, _)) => Err(wrong(format!("is empty where the {name} should be"))),
        None => Ok(lines.into_iter().map(|line| Zeroizing::new(line.to_owned())).collect()),
    }
}

fn typed(name: &str) -> Result<Zeroizing<String>, Failure> {
    let ask = |text: String| {
        rpassword::prompt_password(text).map(Zeroizing::new).map_err(|_| {
            Failure::usage(
                format!("there is no terminal to ask for the {name} on"),
                "pipe it in: `… --secret-stdin < FILE` (or `--password-stdin`), or from a program that prints it",
            )
        })
    };
    let first = ask(format!("{name}: "))?;
    if first.is_empty() {
        return Err(Failure::usage(
            format!("the {name} is empty"),
            "nothing was changed; try again",
        ));
    }
    if *ask(format!("{name} again: "))? != *first {
        return Err(Failure::usage(
            format!("the two entries of the {name} differ"),
            "nothing was changed; try again",
        ));
    }
    Ok(first)
}
