//! The programs: the browser and its driver, found on the PATH, and whether their versions fit.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::driver::inherited;
use super::fault::first_words;
use super::{Error, Kind, Settings};

/// A browser and a driver that fit together.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// The browser's program and version.
    pub browser: Program,
    /// The driver's program and version.
    pub driver: Program,
}

/// A program and what it says of its version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Program {
    /// Its path.
    pub path: PathBuf,
    /// The whole version, as `156.0.8078.79`.
    pub version: String,
    /// What the file was when it was asked: length and modification time in nanoseconds.
    stamp: (u64, u128),
}

impl Binaries {
    /// Finds both programs and compares their versions. A version is asked once per file and kept in
    /// the state folder: starting a browser only to ask costs as much as a tenth of a sign-in.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Mismatch`], [`Error::NotStarted`].
    pub async fn find(settings: &Settings) -> Result<Self, Error> {
        let kind = settings.kind;
        let browser = located(settings.binary.as_deref(), kind.programs(), kind, "the browser")?;
        let driver = located(settings.driver.as_deref(), &[kind.driver()], kind, "its driver")?;
        let memory = settings.state.join("programs.json");
        let mut known = remembered(&memory);
        let before = known.len();
        let browser = Program::ask(browser, &mut known).await?;
        let driver = Program::ask(driver, &mut known).await?;
        if known.len() != before {
            // Only a memory: the next launch asks again where it cannot be kept.
            if let Ok(text) = serde_json::to_vec(&known) {
                let _ = std::fs::create_dir_all(&settings.state)
                    .and_then(|()| std::fs::write(&memory, text));
            }
        }
        // chromedriver refuses a browser of another major version; geckodriver takes any of the last years.
        if kind == Kind::Chromium && major(&browser.version) != major(&driver.version) {
            return Err(Error::Mismatch { browser: Box::new(browser), driver: Box::new(driver) });
        }
        Ok(Self { browser, driver })
    }
}

impl Program {
    async fn ask(path: PathBuf, known: &mut Vec<Self>) -> Result<Self, Error> {
        let stamp = stamp(&path);
        if let Some(program) = known.iter().find(|p| p.path == path && p.stamp == stamp) {
            return Ok(program.clone());
        }
        let asked = tokio::process::Command::new(&path)
            .arg("--version")
            .env_clear()
            .envs(inherited())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = match tokio::time::timeout(Duration::from_secs(20), asked).await {
            Ok(Ok(output)) => output,
            Ok(Err(source)) => return Err(Error::NotStarted { program: path, source }),
            Err(_) => {
                let source = std::io::Error::new(
                    std::io::ErrorKind::TimedOut,
                    "`--version` was not answered within 20 s",
                );
                return Err(Error::NotStarted { program: path, source });
            }
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text
            .split_whitespace()
            .find(|word| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit()))
            .map(str::to_owned);
        let Some(version) = version else {
            let said = String::from_utf8_lossy(&output.stderr);
            let why = match first_words(said.trim()).as_str() {
                "" => "`--version` printed no version".to_owned(),
                said => format!("`--version` printed no version, but: {said}"),
            };
            let source = std::io::Error::other(why);
            return Err(Error::NotStarted { program: path, source });
        };
        let program = Self { path, version, stamp };
        known.retain(|other| other.path != program.path);
        known.push(program.clone());
        Ok(program)
    }
}

fn located(
    named: Option<&Path>,
    names: &[&str],
    kind: Kind,
    what: &'static str,
) -> Result<PathBuf, Error> {
    let missing = |searched: String| Error::Missing { what, searched, help: kind.install() };
    if let Some(path) = named {
        return if path.is_file() {
            Ok(path.to_owned())
        } else {
            Err(missing(format!("{}, which the configuration names", path.display())))
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    names
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| missing(format!("{} on the PATH", names.join(", "))))
}

fn stamp(path: &Path) -> (u64, u128) {
    let Ok(data) = std::fs::metadata(path) else { return (0, 0) };
    let modified = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    (data.len(), modified.map_or(0, |since| since.as_nanos()))
}

fn remembered(memory: &Path) -> Vec<Program> {
    std::fs::read(memory)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}
