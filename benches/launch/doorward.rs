//! Doorward itself: the whole process, as an operator starts it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::Trouble;
use super::browser::is_root;
use super::people::Someone;

/// A folder with a configuration, a vault and an account for each launch.
pub(crate) struct Doorward {
    folder: tempfile::TempDir,
}

/// One launch.
pub(crate) struct Launch {
    pub(crate) took: Duration,
    /// The most memory that doorward itself has had resident, in KiB; not the browser's, nor the driver's.
    pub(crate) peak_kib: Option<u64>,
}

impl Doorward {
    /// Makes the folder; nothing of it is measured.
    pub(crate) fn new<'a>(
        url: &str,
        people: impl Iterator<Item = &'a Someone>,
    ) -> Result<Self, Trouble> {
        let doorward = Self { folder: tempfile::tempdir()? };
        let connectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors");
        let configuration = serde_json::json!({
            "vaults": { "local": { "kind": "kdbx", "path": "vault.kdbx", "key-file": "vault.key" } },
            "default-vault": "local",
            "connectors": [&connectors, "connectors"],
            "state": "state",
            "browser": { "sandbox": !is_root() },
        });
        // JSON is YAML.
        std::fs::write(doorward.configuration(), configuration.to_string())?;
        let own = doorward.folder.path().join("connectors");
        std::fs::create_dir(&own)?;
        let typed = std::fs::read_to_string(connectors.join("demo.yaml"))?
            .replace("ConnectorId: demo", "ConnectorId: demo-typed")
            .replace("Injection: Sealed", "Injection: Typed");
        std::fs::write(own.join("demo-typed.yaml"), typed)?;
        doorward.run(&["vault", "init"], "")?;
        let address = url.trim_start_matches("http://");
        for someone in people {
            let name = &someone.username;
            let (target, logon) = (format!("web/{name}"), format!("web/{name}-otp"));
            let add = ["account", "add", &target, "--username", name, "--address", address];
            doorward.run(&[&add[..], &["--secret-stdin"]].concat(), &someone.password)?;
            let add = ["account", "add", &logon, "--username", name, "--secret-stdin"];
            doorward.run(&add, &someone.seed)?;
            doorward.run(&["account", "link", &target, "--logon-account", &logon], "")?;
        }
        Ok(doorward)
    }

    /// By `connector`: `demo`, which is sealed, or `demo-typed`.
    pub(crate) fn sign_in(&self, connector: &str, someone: &Someone) -> Result<Launch, Trouble> {
        let account = format!("web/{}", someone.username);
        let mut command =
            self.command(&["connect", connector, "--account", &account, "--headless"]);
        let begun = Instant::now();
        let child = command.spawn()?;
        let peak = Peak::watch(child.id());
        finish(child)?;
        Ok(Launch { took: begun.elapsed(), peak_kib: peak.read() })
    }

    /// How many round trips to the browser each row takes: its line, and the number. Not timed, because
    /// it is the log that is counted.
    pub(crate) fn round_trips(&self, someone: &Someone) -> Result<Vec<(String, usize)>, Trouble> {
        let account = format!("web/{}", someone.username);
        let output = self
            .command(&["connect", "demo", "--account", &account, "--headless"])
            .env("RUST_LOG", "doorward::browser=trace")
            .output()?;
        let text = String::from_utf8_lossy(&output.stderr);
        let mut counts = vec![("start of the browser".to_owned(), 0)];
        for line in text.lines() {
            if line.starts_with("row ") || line.starts_with("opening ") {
                counts.push((line.to_owned(), 0));
            } else if let Some(last) = counts.last_mut().filter(|_| line.contains("round trip:")) {
                last.1 += 1;
            }
        }
        Ok(counts)
    }

    /// `check` on the same connector.
    pub(crate) fn check(&self) -> Result<Duration, Trouble> {
        let connector = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors/demo.yaml");
        let mut command = self.command(&["check".as_ref(), connector.as_os_str()]);
        let begun = Instant::now();
        finish(command.spawn()?)?;
        Ok(begun.elapsed())
    }

    fn run(&self, arguments: &[&str], input: &str) -> Result<(), Trouble> {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            let _ = stdin.write_all(input.as_bytes());
        }
        finish(child)
    }

    fn command<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
        command
            .arg("--config")
            .arg(self.configuration())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("doorward.yaml")
    }
}

fn finish(child: Child) -> Result<(), Trouble> {
    let ended = child.wait_with_output()?;
    if ended.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    Err(format!("{}: {words}", ended.status).into())
}

/// The high-water mark of a process, read until it ends. The kernel keeps the mark, so the last reading
/// lacks only what came after it; what `wait4` tells of a child counts the driver that it waited for, too.
struct Peak {
    last: std::thread::JoinHandle<Option<u64>>,
    end: mpsc::Sender<()>,
}

impl Peak {
    fn watch(process: u32) -> Self {
        let (end, ended) = mpsc::channel();
        let status = format!("/proc/{process}/status");
        let last = std::thread::spawn(move || {
            let mut last = None;
            while let Err(mpsc::RecvTimeoutError::Timeout) =
                ended.recv_timeout(Duration::from_millis(5))
            {
                let text = std::fs::read_to_string(&status).unwrap_or_default();
                let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                last = line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).or(last);
            }
            last
        });
        Self { last, end }
    }

    fn read(self) -> Option<u64> {
        let _ = self.end.send(());
        self.last.join().ok().flatten()
    }
}
