//! A source of seeds: a file, what is piped in, or what is typed without echo.

use std::io::{IsTerminal, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::cli::account::secret;
use crate::cli::{Exit, Failure};
use crate::offer::{Error, LARGEST, Offered};
use crate::secret::Secret;

/// What a picture or a text in a file holds; `-` is stdin.
///
/// # Errors
/// Exit 2 when it cannot be read, or holds no seed.
pub(super) fn file(path: &Path, texts: bool) -> Result<Offered, Failure> {
    let bytes = bytes(path)?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| texts && !text.trim().is_empty());
    let offered = match text {
        Some(text) => Offered::of_text(&Secret::new(text.to_owned())),
        None => Offered::of_picture(&bytes),
    };
    offered.map_err(|error| {
        let named =
            if path == Path::new("-") { "stdin".to_owned() } else { path.display().to_string() };
        Failure::new(
            Exit::Usage,
            &Unfit { named, why: error.to_string() },
            Some(error.help().into()),
        )
    })
}

/// A setup code or URI: piped in with `option`, or typed without echo.
///
/// # Errors
/// Exit 2 when there is none, or it is no seed.
pub(super) fn text(option: Option<&str>) -> Result<Offered, Failure> {
    let text = match option {
        Some(option) => secret::one(true, option, "setup code or otpauth URI")?,
        None => typed()?,
    };
    Offered::of_text(&Secret::new(text.to_string())).map_err(Failure::from)
}

fn typed() -> Result<Zeroizing<String>, Failure> {
    rpassword::prompt_password("setup code or otpauth URI: ").map(Zeroizing::new).map_err(|_| {
        Failure::usage(
            "there is no terminal to ask for the setup code on",
            "name a picture with `--qr FILE`, or pipe the text in: `… --setup-code-stdin < FILE`",
        )
    })
}

fn bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let most = LARGEST as u64 + 1;
    if path == Path::new("-") {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            return Err(Failure::usage(
                "`-` reads what is piped in, and nothing is",
                "name a file, or pipe the picture in",
            ));
        }
        let read = stdin.lock().take(most).read_to_end(&mut bytes);
        return match read {
            Ok(_) => Ok(bytes),
            Err(error) => Err(Failure::usage(format!("cannot read stdin: {error}"), "try again")),
        };
    }
    let read = std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        // Somebody who gives the code in place of the file would read it in the message.
        Err(_) if Offered::of_text(&Secret::new(path.display().to_string())).is_ok() => {
            Err(Failure::usage(
                "no option takes a seed: every program of this machine could read it",
                "this option names a file; pipe a setup code in with `--setup-code-stdin`",
            ))
        }
        Err(error) => Err(Failure::usage(
            format!("cannot read {}: {error}", path.display()),
            "name the picture",
        )),
    }
}

/// A file that holds no seed.
#[derive(Debug, thiserror::Error)]
#[error("{named}: {why}")]
struct Unfit {
    named: String,
    why: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(Exit::Usage, &error, Some(error.help().into()))
    }
}
