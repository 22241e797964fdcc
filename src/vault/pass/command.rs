//! A run of the `pass` command: few variables, no input, a deadline, and its end with all that it started.

use std::ffi::OsString;
use std::io;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::Zeroizing;

use super::Pass;
use crate::vault::Error;
use crate::vault::http::clean;

/// What a run printed. It may hold a secret, so it has no `Debug` and its buffers are wiped.
pub(super) struct Printed {
    /// Its standard output.
    pub(super) output: Zeroizing<Vec<u8>>,
    /// What it complained, cleaned for messages.
    pub(super) complaint: String,
    /// Whether it ended well.
    pub(super) is_good: bool,
}

/// The group of processes of a run: ended when the run is dropped before its end.
struct Group(Option<Pid>);

impl Pass {
    /// Runs the command with `arguments`, which hold no secret.
    pub(super) async fn run(&self, arguments: &[&str]) -> Result<Printed, Error> {
        let not_started = |source| Error::NoProgram {
            vault: self.name.clone(),
            program: self.settings.command.display().to_string(),
            source,
        };
        let mut command = tokio::process::Command::new(&self.settings.command);
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(not_started)?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let mut group = Group(id);
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(not_started(io::Error::other("it has no output")));
        };
        let run = async {
            let (output, complaint) = tokio::join!(read(stdout), read(stderr));
            Ok::<_, io::Error>((output?, complaint?, child.wait().await?))
        };
        let asked = || self.spelt(arguments);
        let ran = tokio::time::timeout(self.settings.timeout, run).await;
        let Ok(ran) = ran else {
            return Err(Error::Slow {
                vault: self.name.clone(),
                asked: asked(),
                deadline: self.settings.timeout,
            });
        };
        let (output, complaint, status) = ran.map_err(|source| Error::Program {
            vault: self.name.clone(),
            asked: asked(),
            detail: source.to_string(),
            help: "is `command` the `pass` program?",
        })?;
        // What it started besides and still runs is gpg's agent, which has a group of its own.
        group.0 = None;
        let complaint = String::from_utf8_lossy(&complaint);
        Ok(Printed {
            output,
            complaint: clean(&complaint, [None, None]),
            is_good: status.success(),
        })
    }

    /// The command line, for messages.
    pub(super) fn spelt(&self, arguments: &[&str]) -> String {
        let program = self.settings.command.file_name().unwrap_or_default().to_string_lossy();
        let words = std::iter::once(&*program).chain(arguments.iter().copied());
        words.filter(|word| *word != "--").collect::<Vec<_>>().join(" ")
    }

    /// Why a run failed, by what it complained.
    pub(super) fn failed(&self, arguments: &[&str], printed: &Printed) -> Error {
        let lower = printed.complaint.to_lowercase();
        let help = HELP.iter().find(|(words, _)| lower.contains(words)).map(|(_, help)| *help);
        let detail = match printed.complaint.is_empty() {
            true => "it ended with an error and said nothing".to_owned(),
            false => printed.complaint.clone(),
        };
        Error::Program {
            vault: self.name.clone(),
            asked: self.spelt(arguments),
            detail,
            help: help.unwrap_or("run that command yourself: it says more in a terminal"),
        }
    }

    /// What `pass`, GnuPG and its prompts need of the environment, and nothing else.
    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables: Vec<_> = INHERITED
            .iter()
            .filter_map(|name| std::env::var_os(name).map(|value| (*name, value)))
            .collect();
        // Its words are looked at.
        variables.push(("LC_ALL", "C.UTF-8".into()));
        variables.push(("PASSWORD_STORE_DIR", self.settings.store.clone().into()));
        if let Some(home) = &self.settings.gnupg_home {
            variables.retain(|(name, _)| *name != "GNUPGHOME");
            variables.push(("GNUPGHOME", home.clone().into()));
        }
        if !variables.iter().any(|(name, _)| *name == "GPG_TTY")
            && let Ok(terminal) = std::fs::read_link("/proc/self/fd/0")
            && (terminal.starts_with("/dev/pts") || terminal.starts_with("/dev/tty"))
        {
            variables.push(("GPG_TTY", terminal.into()));
        }
        variables
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Reads all of `pipe`, bounded; what is longer is an error.
async fn read(pipe: impl AsyncRead + Unpin) -> io::Result<Zeroizing<Vec<u8>>> {
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(USUAL));
    let most = u64::try_from(MOST).unwrap_or(u64::MAX);
    pipe.take(most + 1).read_to_end(&mut text).await?;
    match text.len() > MOST {
        true => Err(io::Error::other("it printed more than 1 MiB")),
        false => Ok(text),
    }
}

const INHERITED: [&str; 16] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TERM",
    "TMPDIR",
    "GNUPGHOME",
    "GPG_TTY",
    "GPG_AGENT_INFO",
    "DISPLAY",
    "XAUTHORITY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "PASSWORD_STORE_ENABLE_EXTENSIONS",
    "PASSWORD_STORE_EXTENSIONS_DIR",
];
/// What GnuPG complains of, in lower case, and what to do about it.
const HELP: [(&str, &str); 8] = [
    (
        "no secret key",
        "the entry is encrypted for a key that is not in your key ring: import it, or have the entry encrypted for your own key (`pass init`)",
    ),
    (
        "no pinentry",
        "GnuPG has no program to ask for the passphrase with: install a pinentry (for a terminal, `pinentry-curses`)",
    ),
    (
        "inappropriate ioctl",
        "GnuPG wants to ask for the passphrase and knows no terminal: `export GPG_TTY=$(tty)`, or unlock the key first by decrypting something",
    ),
    (
        "cannot open '/dev/tty'",
        "GnuPG wants to ask for the passphrase and knows no terminal: `export GPG_TTY=$(tty)`, or unlock the key first by decrypting something",
    ),
    ("cancelled", "the question for the passphrase was closed; try again, and answer it"),
    ("bad passphrase", "try again with the passphrase of your GnuPG key"),
    (
        "timeout",
        "nobody answered the question for the passphrase; unlock the key first by decrypting something",
    ),
    ("no agent running", "GnuPG's agent does not run: `gpgconf --launch gpg-agent`"),
];
/// Room for an entry, in bytes.
const USUAL: usize = 64 * 1024;
/// The longest output, in bytes.
const MOST: usize = 1024 * 1024;
