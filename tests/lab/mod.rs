//! A lab: a folder of its own, and the real binary run in it with a scrubbed environment.

pub(crate) mod asked;
pub(crate) mod browser;
pub(crate) mod desk;
pub(crate) mod device;
pub(crate) mod hand;
pub(crate) mod marks;
pub(crate) mod memory;
pub(crate) mod portal;
pub(crate) mod product;
pub(crate) mod provider;
pub(crate) mod proxy;
pub(crate) mod responder;
pub(crate) mod running;
pub(crate) mod screen;
pub(crate) mod server;
pub(crate) mod viewer;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A world for one test; gone with it.
pub(crate) struct Lab {
    folder: tempfile::TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    /// What it printed.
    pub(crate) stdout: String,
    /// What it complained.
    pub(crate) stderr: String,
}

impl Lab {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The command, ready to be changed and spawned: the real binary, the folder as its working
    /// folder and its home, and nothing of the environment but the PATH.
    pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Ended {
        Ended::from(self.command(arguments).output().unwrap())
    }

    /// Runs the command to its end with `input` on its stdin.
    pub(crate) fn run_with_input<S: AsRef<std::ffi::OsStr>>(
        &self,
        arguments: &[S],
        input: &str,
    ) -> Ended {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that ends without reading its input closes the pipe; that is its right.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ended::from(child.wait_with_output().unwrap())
    }
}

impl From<std::process::Output> for Ended {
    fn from(output: std::process::Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Waits until `condition` holds; `false` when it has not after a minute.
pub(crate) fn wait(condition: impl Fn() -> bool) -> bool {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !condition() {
        if std::time::Instant::now() >= until {
            return false;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    true
}
