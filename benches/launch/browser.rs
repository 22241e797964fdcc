//! A browser process of the bench's own, with an empty profile; ended with its whole group.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use super::Trouble;

/// The running browser.
pub(crate) struct Browser {
    child: Child,
    /// The browser's own DevTools socket.
    pub(crate) socket: String,
    // Dropped last: the browser writes into it until it is gone.
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts it without a window, and waits until it listens.
    pub(crate) fn start() -> Result<Self, Trouble> {
        let profile = tempfile::tempdir()?;
        let mut command = Command::new("chromium");
        command
            .args(["--headless", "--remote-debugging-port=0", "--no-first-run"])
            .args([
                "--no-default-browser-check",
                "--disable-background-networking",
                "--disable-sync",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(is_root().then_some("--no-sandbox"))
            .arg("about:blank")
            // A browser that is killed leaves what it has put there.
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn().map_err(|error| format!("chromium: {error}"))?;
        let stderr = child.stderr.take().ok_or("chromium has no stderr")?;
        let mut browser = Self { child, socket: String::new(), _profile: profile };
        for line in BufReader::new(stderr).lines() {
            if let Some(socket) = line?.strip_prefix("DevTools listening on ") {
                browser.socket = socket.to_owned();
                return Ok(browser);
            }
        }
        Err("chromium ended before it listened".into())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// Chromium's sandbox does not start as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
