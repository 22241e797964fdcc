//! A driver: chromedriver or geckodriver, spawned in a process group of its own, which ends with the
//! whole group however doorward ends.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use super::chromium::{Chromium, Socket};
use super::{Binaries, Error, Kind, Settings};

/// How long a driver may take until it listens. A loaded machine takes its time.
const START: Duration = Duration::from_secs(30);

/// The same for a browser, which has more to do.
const BROWSER_START: Duration = Duration::from_secs(60);

/// How long a driver that has closed its output may take to end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What a driver that ends before it listens is told by.
const EARLY_END: std::io::ErrorKind = std::io::ErrorKind::AddrInUse;

/// How much of a line is read at once, in bytes.
const LONGEST_LINE: u64 = 4096;

/// A running driver with the profile of its browser. Dropping it ends both, and removes the profile.
pub(super) struct Driver {
    /// Where it listens, on loopback.
    pub(super) url: url::Url,
    group: Group,
    /// Removed when dropped, after the group has ended.
    profile: tempfile::TempDir,
    mark: Mark,
    watchdog: Option<tokio::process::Child>,
    child: tokio::process::Child,
    /// Chromium runs already when its driver is asked for a session; a Firefox is started by its driver.
    browser: Option<(PathBuf, Chromium)>,
}

/// A process group that was spawned here.
struct Group(Pid);

/// A file that names a running group for the next start, should this process not end it. It is
/// locked while its process lives.
struct Mark {
    path: PathBuf,
    file: File,
}

#[derive(Serialize, Deserialize)]
struct Left {
    group: i32,
    profile: PathBuf,
}

impl Driver {
    /// Spawns the driver and waits until it listens. One that ends before is spawned once more: it takes
    /// a free port in two steps, for IPv4 and IPv6, and ends when somebody was faster in between.
    pub(super) async fn spawn(settings: &Settings, binaries: &Binaries) -> Result<Self, Error> {
        match Self::spawn_once(settings, binaries).await {
            Err(Error::NotStarted { source, .. }) if is_early_end(&source) => {
                Self::spawn_once(settings, binaries).await
            }
            spawned => spawned,
        }
    }

    async fn spawn_once(settings: &Settings, binaries: &Binaries) -> Result<Self, Error> {
        let program = binaries.driver.path.clone();
        let url = url::Url::parse("http://127.0.0.1/")
            .map_err(|_| Error::Gone { during: "its start" })?;
        let failed = |source| Error::NotStarted { program: program.clone(), source };
        // A short path: Chromium keeps a socket in it, and a socket's path has 108 bytes.
        let mut builder = tempfile::Builder::new();
        builder.prefix("doorward-");
        // By itself it would be as open as the umask lets it, and the way to the side channel lies in it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let profile = builder.tempdir().map_err(failed)?;
        // The shell becomes the driver once it is told to, which is when the watchdog and the mark
        // are there: a process that dies before that leaves no driver behind.
        let mut command = tokio::process::Command::new("/bin/sh");
        command.args(["-c", r#"read -r _ && exec "$0" "$@" </dev/null"#]);
        command.arg(&binaries.driver.path).arg("--port=0");
        if settings.kind == Kind::Chromium {
            // At its default level with a log path, chromedriver writes what is typed.
            command.arg("--log-level=WARNING");
        } else {
            // At this level it says where it listens, and nothing of what is typed. A second socket for
            // BiDi is not asked for, so its port is not used.
            command.args(["--log", "info", "--profile-root"]).arg(profile.path());
        }
        let environment = environment(settings, profile.path());
        command
            .env_clear()
            .envs(environment.clone())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        let mut child = command.spawn().map_err(failed)?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let Some(group) = group.map(Group) else {
            return Err(failed(std::io::Error::other("it ended at once")));
        };
        let watchdog = watchdog(group.0, profile.path());
        let mark = Mark::set(settings, group.0, profile.path()).map_err(failed)?;
        let (go, stdout) = (child.stdin.take(), child.stdout.take());
        let mut driver = Self { url, group, profile, mark, watchdog, child, browser: None };
        if settings.kind == Kind::Chromium {
            let program = &binaries.browser.path;
            let (folder, group) = (driver.profile.path(), driver.group.0);
            let started = Chromium::spawn(settings, program, folder, group, environment);
            let failed = |source| Error::NotStarted { program: program.clone(), source };
            driver.browser = Some((program.clone(), started.map_err(failed)?));
        }
        let (Some(mut go), Some(stdout)) = (go, stdout) else {
            return Err(failed(std::io::Error::other("its output cannot be read")));
        };
        go.write_all(b"go\n").await.map_err(failed)?;
        drop(go);
        let mut stdout = BufReader::new(stdout);
        let why = match tokio::time::timeout(START, port(&mut stdout)).await {
            Ok(Some(port)) => {
                let _ = driver.url.set_port(Some(port));
                // The driver must not meet a closed pipe when it prints.
                tokio::spawn(
                    async move { tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await },
                );
                return Ok(driver);
            }
            Ok(None) => {
                let ended = tokio::time::timeout(LAST_WORDS, driver.child.wait()).await;
                match ended {
                    Ok(Ok(status)) => {
                        driver.end().await;
                        let why = format!("it ended before it listened on a port ({status})");
                        return Err(failed(std::io::Error::new(EARLY_END, why)));
                    }
                    _ => "it closed its output before it said on which port it listens".to_owned(),
                }
            }
            Err(_) => {
                format!("it did not say within {} s on which port it listens", START.as_secs())
            }
        };
        driver.end().await;
        Err(failed(std::io::Error::other(why)))
    }

    /// Waits until the browser listens, where it was started beside its driver.
    pub(super) async fn listening(&mut self) -> Result<Option<Socket>, Error> {
        let Some((program, browser)) = &mut self.browser else { return Ok(None) };
        let failed = |source| Error::NotStarted { program: program.clone(), source };
        match tokio::time::timeout(BROWSER_START, browser.listening()).await {
            Ok(socket) => socket.map(Some).map_err(failed),
            Err(_) => {
                let why =
                    format!("it did not listen for DevTools within {} s", BROWSER_START.as_secs());
                Err(failed(std::io::Error::other(why)))
            }
        }
    }

    /// Ends the group and waits until nothing of it is left.
    pub(super) async fn end(mut self) {
        self.group.signal(Signal::KILL);
        let _ = self.child.wait().await;
        if let Some((_, browser)) = &mut self.browser {
            browser.ended().await;
        }
        // The browser's other processes are nobody's children here: their end is seen only by asking.
        for _ in 0..200 {
            if !self.group.is_alive() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if let Some(mut watchdog) = self.watchdog.take() {
            let _ = watchdog.kill().await;
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Without `end`, the watchdog sees its input close and removes what is left of the profile.
        self.group.signal(Signal::KILL);
        let _ = std::fs::remove_file(&self.mark.path);
        let _ = self.mark.file.unlock();
    }
}

impl Group {
    fn signal(&self, signal: Signal) {
        let _ = kill_process_group(self.0, signal);
    }

    /// Whether a process of the group still runs. One that has ended and was not yet reaped by its parent
    /// (an init that takes its time) still has a number, and nothing else.
    fn is_alive(&self) -> bool {
        if test_kill_process_group(self.0).is_err() {
            return false;
        }
        let Ok(processes) = std::fs::read_dir("/proc") else { return true };
        processes.flatten().any(|process| {
            let Ok(stat) = std::fs::read_to_string(process.path().join("stat")) else {
                return false;
            };
            // The name in parentheses may hold blanks; state, parent and group follow it.
            let Some((_, rest)) = stat.rsplit_once(')') else { return false };
            let mut fields = rest.split_whitespace();
            let state = fields.next();
            let group = fields.nth(1).and_then(|group| group.parse::<i32>().ok());
            group == Some(self.0.as_raw_pid()) && !matches!(state, Some("Z" | "X"))
        })
    }
}

impl Mark {
    fn set(settings: &Settings, group: Pid, profile: &Path) -> std::io::Result<Self> {
        let folder = settings.state.join("browsers");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(&settings.mark);
        let mut file = File::options().create_new(true).write(true).open(&path)?;
        file.lock()?;
        let left = Left { group: group.as_raw_pid(), profile: profile.to_owned() };
        file.write_all(&serde_json::to_vec(&left)?)?;
        Ok(Self { path, file })
    }
}

/// Ends what a doorward that died left behind: browsers, drivers, profiles. Cheap when there is nothing.
///
/// A mark whose lock is held belongs to a session that runs. A group is only signalled when one of
/// its processes still names the profile, so a number that was given out again harms nobody.
pub fn reap(state: &Path) {
    let Ok(marks) = std::fs::read_dir(state.join("browsers")) else { return };
    for mark in marks.flatten() {
        let path = mark.path();
        let Ok(file) = File::options().read(true).write(true).open(&path) else { continue };
        if file.try_lock().is_err() {
            continue;
        }
        if let Some(left) =
            std::fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Left>(&text).ok())
        {
            let temporary = left
                .profile
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("doorward-"));
            if temporary {
                if let Some(group) = Pid::from_raw(left.group)
                    && uses(group, &left.profile)
                {
                    let _ = kill_process_group(group, Signal::KILL);
                }
                let _ = std::fs::remove_dir_all(&left.profile);
            }
        }
        let _ = std::fs::remove_file(&path);
    }
}

/// Whether a process of `group` names `profile` among its arguments or in its environment.
fn uses(group: Pid, profile: &Path) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        // No /proc on this system: the mark alone has to do.
        return true;
    };
    let needle = profile.to_string_lossy().into_owned();
    processes.flatten().any(|process| {
        let folder = process.path();
        let of_group = std::fs::read_to_string(folder.join("stat")).ok().and_then(|stat| {
            // The name in parentheses may hold blanks; state, parent and group follow it.
            stat.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse::<i32>().ok()
        });
        of_group == Some(group.as_raw_pid())
            && ["cmdline", "environ"].iter().any(|file| {
                std::fs::read(folder.join(file))
                    .is_ok_and(|text| String::from_utf8_lossy(&text).contains(&needle))
            })
    })
}

/// A shell that waits for this process to go away, and then ends the group and removes the profile.
/// It sees the end of its input, which also a `kill -9` of this process brings.
fn watchdog(group: Pid, profile: &Path) -> Option<tokio::process::Child> {
    // Chromium's processes may write into the profile until they are gone, hence the second look.
    // `-s` because dash takes `kill -KILL -- -1` for a wrong number.
    const WATCH: &str = r#"read -r _; kill -s KILL -- "-$1" 2>/dev/null; n=0
while kill -s 0 -- "-$1" 2>/dev/null && [ $n -lt 100 ]; do n=$((n+1)); sleep 0.05; done
rm -rf -- "$2""#;
    tokio::process::Command::new("/bin/sh")
        .args(["-c", WATCH, "doorward-watchdog", &group.as_raw_pid().to_string()])
        .arg(profile)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .ok()
}

fn is_early_end(error: &std::io::Error) -> bool {
    error.kind() == EARLY_END
}

/// Reads what the driver prints until it says its port; `None` when it ends before.
async fn port(stdout: &mut (impl AsyncBufRead + Unpin)) -> Option<u16> {
    let mut line = Vec::new();
    loop {
        line.clear();
        // Whatever it is that was named as the driver may print bytes that are no text, without end.
        let mut bounded = (&mut *stdout).take(LONGEST_LINE);
        if bounded.read_until(b'\n', &mut line).await.unwrap_or(0) == 0 {
            return None;
        }
        if let Some(port) = listening_port(&String::from_utf8_lossy(&line)) {
            return Some(port);
        }
    }
}

/// The port in the line by which chromedriver or geckodriver says that it listens.
fn listening_port(line: &str) -> Option<u16> {
    let rest = line
        .split_once("started successfully on port ")
        .or_else(|| line.split_once("Listening on 127.0.0.1:"))?
        .1;
    rest.trim_end_matches('.').split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Firefox keeps folders of its own in the home of whoever runs it, and refuses root in the home of another
/// user. Without a window nobody looks for downloads there, so it gets one that goes with the profile.
fn home(settings: &Settings, profile: &Path) -> Option<(&'static str, PathBuf)> {
    (settings.kind == Kind::Firefox && settings.headless).then(|| ("HOME", profile.to_owned()))
}

/// The environment of driver and browser.
fn environment(settings: &Settings, profile: &Path) -> Vec<(&'static str, std::ffi::OsString)> {
    let folders = [
        ("TMPDIR", profile.into()),
        // Chromium keeps crash reports in a folder beside its default profile, whatever profile it has.
        ("XDG_CONFIG_HOME", profile.join("config").into()),
    ];
    let home = home(settings, profile).map(|(name, path)| (name, path.into()));
    inherited().chain(folders).chain(home).collect()
}

/// What a browser needs of the environment, and nothing else: a token in a variable stays here.
pub(super) fn inherited() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    const NAMES: [&str; 14] = [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "LC_ALL",
        "TZ",
        "DISPLAY",
        "XAUTHORITY",
        "WAYLAND_DISPLAY",
        "XDG_RUNTIME_DIR",
        "XDG_SESSION_TYPE",
        "DBUS_SESSION_BUS_ADDRESS",
        "FONTCONFIG_PATH",
    ];
    NAMES.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)))
}

#[cfg(test)]
mod tests {
    use super::listening_port;

    #[test]
    fn the_port_is_read_from_what_the_drivers_say() {
        let cases = [
            ("Starting ChromeDriver 156.0 (a-b) on port 0", None),
            ("ChromeDriver was started successfully on port 37301.", Some(37301)),
            ("1700000000000\tgeckodriver\tINFO\tListening on 127.0.0.1:4444", Some(4444)),
            ("ChromeDriver was started successfully on port 99999999.", None),
            ("", None),
        ];
        for (line, port) in cases {
            assert_eq!(listening_port(line), port, "{line}");
        }
    }
}
