//! Selenium: the same sign-in as most people would script it, in Python.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::Trouble;
use super::people::Someone;

/// A Python that has Selenium, and the script.
pub(crate) struct Selenium {
    python: PathBuf,
    script: PathBuf,
}

impl Selenium {
    /// Makes a virtual environment in cargo's target folder, once.
    pub(crate) fn new() -> Result<Self, Trouble> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
        let environment = target.join("bench-venv");
        let python = environment.join("bin/python");
        let has_it = |python: &Path| {
            let mut import = Command::new(python);
            import.args(["-c", "import selenium"]).stderr(Stdio::null());
            import.status().is_ok_and(|status| status.success())
        };
        if !has_it(&python) {
            run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "selenium"]))?;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/selenium_login.py");
        Ok(Self { python, script })
    }

    pub(crate) fn sign_in(&self, url: &str, someone: &Someone) -> Result<Duration, Trouble> {
        let begun = Instant::now();
        let mut child = Command::new(&self.python)
            .arg(&self.script)
            .args([url, &someone.username])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        if let Some(mut stdin) = child.stdin.take() {
            write!(stdin, "{}\n{}\n", someone.password, someone.seed)?;
        }
        let ended = child.wait_with_output()?;
        let took = begun.elapsed();
        if ended.status.success() {
            return Ok(took);
        }
        // A script that failed half-way may have left its browser.
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let words = String::from_utf8_lossy(&ended.stderr);
        Err(words.lines().last().unwrap_or("ended without a word").into())
    }
}

fn run(command: &mut Command) -> Result<(), Trouble> {
    let ended = command.stdin(Stdio::null()).output()?;
    if ended.status.success() {
        return Ok(());
    }
    let program = command.get_program().to_string_lossy().into_owned();
    Err(format!("{program}: {}", String::from_utf8_lossy(&ended.stderr).trim()).into())
}
