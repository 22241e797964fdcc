//! `doorward recording key`: a pair of keys for an auditor.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use crate::cli::{Exit, Failure, print};
use crate::clock::Clock;
use crate::recording::KeyPair;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The public key goes into the configuration of doorward: `recording: { recipients: [age1…] }`. The secret one opens \
every recording that is made from then on; keep it where doorward is not, with a copy: nothing else opens them.

Example:
  doorward recording key --output auditor.key")]
pub(super) struct Arguments {
    /// The file for the secret key; it must not be there
    #[arg(long, short, value_name = "FILE", default_value = "auditor.key")]
    output: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let path = arguments.output.display();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&arguments.output).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::usage(
            format!("{path} is there already"),
            "name another file with --output: the old key may be the only one that opens older recordings",
        ),
        _ => unwritten(&arguments.output, &error),
    })?;
    let pair = KeyPair::generate();
    let created = format!("{:.0}", Clock::System.now());
    let text = pair.file(&created);
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half a key is of no use.
        let _ = std::fs::remove_file(&arguments.output);
        return Err(unwritten(&arguments.output, &error));
    }
    print(&format!(
        "public key: {}\nthe secret key is in {path}: keep it where doorward is not\n",
        pair.public()
    ));
    Ok(Exit::Done)
}

fn unwritten(path: &std::path::Path, error: &std::io::Error) -> Failure {
    let help = "name a file in a folder that you may write to";
    let path = path.display();
    let text = format!("error: cannot write {path}\ncaused by: {error}\nhelp: {help}\n");
    Failure { exit: Exit::Usage, text }
}
