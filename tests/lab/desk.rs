//! A desk: a lab with a vault, accounts, connectors and a browser, from which people connect.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Ended, Lab};
use crate::site::{PASSWORD, SEED, USERNAME};

/// The rows that sign in to most pages.
pub(crate) const ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
#error > (Failure=refused) (SearchBy=css)
";

/// A lab whose vault has `web/site` and, linked to it, `web/seed`.
pub(crate) struct Desk {
    pub(crate) lab: Lab,
}

/// How a launch ended: the object of `--format json`, and all that was said beside it.
#[derive(Debug)]
pub(crate) struct Launched {
    pub(crate) code: i32,
    pub(crate) object: serde_json::Value,
    pub(crate) stderr: String,
}

impl Desk {
    /// A desk for the people of `crate::site`.
    pub(crate) fn at(address: &str) -> Self {
        Self::with(address, PASSWORD, SEED)
    }

    /// A desk whose accounts have these secrets.
    pub(crate) fn with(address: &str, password: &str, seed: &str) -> Self {
        // Root has no sandbox in Chromium, and CI is root.
        Self::through("{ sandbox: false }", address, password, seed)
    }

    /// The same, with `browser` as the configuration's `browser:`.
    pub(crate) fn through(browser: &str, address: &str, password: &str, seed: &str) -> Self {
        let lab = Lab::new();
        lab.write("doorward.yaml", format!("{CONFIGURATION}browser: {browser}\n"));
        std::fs::create_dir_all(lab.path().join("t")).unwrap();
        std::fs::create_dir_all(lab.path().join("connectors")).unwrap();
        let desk = Self { lab };
        assert_eq!(desk.lab.run(&["vault", "init"]).code, 0);
        desk.add("web/site", &["--username", USERNAME, "--address", address], password);
        desk.add("web/seed", &["--username", "operator-totp"], seed);
        let link = ["account", "link", "web/site", "--logon-account", "web/seed"];
        let linked = desk.lab.run(&link);
        assert_eq!(linked.code, 0, "{}", linked.stderr);
        desk
    }

    /// Adds an account.
    pub(crate) fn add(&self, name: &str, arguments: &[&str], secret: &str) {
        let mut line = vec!["account", "add", name];
        line.extend(arguments);
        line.push("--secret-stdin");
        let added = self.lab.run_with_input(&line, &format!("{secret}\n"));
        assert_eq!(added.code, 0, "{}", added.stderr);
    }

    /// Writes a connector `name` for `url`, which may hold placeholders.
    pub(crate) fn connector(&self, name: &str, url: &str, settings: &str, rows: &str) -> PathBuf {
        let settings: String =
            settings.lines().map(|line| format!("  {}\n", line.trim())).collect();
        let rows: String = rows.lines().map(|line| format!("  {line}\n")).collect();
        self.lab.write(
            &format!("connectors/{name}.yaml"),
            format!(
                "ConnectorId: {name}\nSupportedCapabilities: [LogonAccount]\nTargetSettings:\n  LogonURL: {url}\n\
                 {settings}WebFormFields: |\n{rows}"
            ),
        )
    }

    /// The command `connect` without a window, ready to be spawned.
    pub(crate) fn command(&self, connector: &str, arguments: &[&str]) -> Command {
        let mut line =
            vec!["connect", connector, "--account", "web/site", "--headless", "--format", "json"];
        line.extend(arguments);
        let mut command = self.lab.command(&line);
        command.env("TMPDIR", self.lab.path().join("t"));
        command
    }

    /// The command `connect` as people type it: whatever `arguments` say, and text at the end.
    pub(crate) fn typed(&self, arguments: &[&str]) -> Command {
        let mut line = vec!["connect"];
        line.extend(arguments);
        let mut command = self.lab.command(&line);
        command.env("TMPDIR", self.lab.path().join("t"));
        command
    }

    /// Connects as people do, without a window, and tells what they read.
    pub(crate) fn says(&self, connector: &str, arguments: &[&str]) -> Ended {
        let mut line = vec![connector, "--account", "web/site", "--headless"];
        line.extend(arguments);
        Ended::from(self.typed(&line).output().unwrap())
    }

    /// Connects without a window.
    pub(crate) fn connect(&self, connector: &str, arguments: &[&str]) -> Launched {
        Launched::from(Ended::from(self.command(connector, arguments).output().unwrap()))
    }

    /// The record as `activity --format json` prints it.
    pub(crate) fn record(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        let mut line = vec!["activity", "--format", "json"];
        line.extend(arguments);
        let ended = self.lab.run(&line);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    }

    /// The processes that belong to this desk: they name its folder.
    pub(crate) fn processes(&self) -> Vec<String> {
        processes_of(self.lab.path())
    }

    /// What is left of browsers: profiles, and marks in the state folder.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        ["t", "state/browsers", "state/live"]
            .iter()
            .filter_map(|folder| std::fs::read_dir(self.lab.path().join(folder)).ok())
            .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
            .collect()
    }

    /// Waits until nothing of a session is left, and says what is if it stays.
    pub(crate) fn assert_clean(&self) {
        let clean = super::wait(|| self.processes().is_empty() && self.leftovers().is_empty());
        assert!(clean, "left behind: {:?} {:?}", self.processes(), self.leftovers());
    }
}

impl Launched {
    /// The word of the outcome.
    pub(crate) fn outcome(&self) -> &str {
        self.object["outcome"].as_str().unwrap_or_default()
    }

    /// The cause, or the code of the stop.
    pub(crate) fn cause(&self) -> &str {
        self.object["cause"].as_str().unwrap_or_default()
    }
}

impl From<Ended> for Launched {
    fn from(ended: Ended) -> Self {
        let object = serde_json::from_str(&ended.stdout).unwrap_or_default();
        Self { code: ended.code, object, stderr: ended.stderr }
    }
}

/// The command lines of the processes that name `folder` among their arguments or in their environment:
/// a driver and its children have the profile's folder there.
pub(crate) fn processes_of(folder: &Path) -> Vec<String> {
    naming(folder).into_iter().map(|(_, line)| line).collect()
}

/// The ids of the same.
pub(crate) fn pids_of(folder: &Path) -> Vec<u32> {
    naming(folder).into_iter().map(|(pid, _)| pid).collect()
}

fn naming(folder: &Path) -> Vec<(u32, String)> {
    let needle = folder.to_string_lossy().into_owned();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    processes
        .flatten()
        .filter_map(|process| {
            let pid = process.file_name().to_str()?.parse().ok()?;
            let read = |file| {
                let bytes = std::fs::read(process.path().join(file)).unwrap_or_default();
                String::from_utf8_lossy(&bytes).replace('\0', " ")
            };
            let line = read("cmdline");
            (line.contains(&needle) || read("environ").contains(&needle)).then_some((pid, line))
        })
        .collect()
}

const CONFIGURATION: &str = "\
vaults:
  local: { kind: kdbx, path: vault.kdbx, key-file: vault.key }
connectors: [connectors]
state: state
";
