//! Ends: the driver, the browser or doorward itself is ended at every phase of a session; a person closes
//! the window; the time is over.

use rustix::process::{Pid, Signal, kill_process};

use super::*;

/// A launch under way.
struct Running {
    child: Child,
}

/// Where a launch is when something is ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// The vault is asked, and a driver that says nothing is waited for.
    Before,
    /// A row waits for its element.
    Row,
    /// The session is the operator's.
    Held,
}

impl Running {
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn end(self) -> Launched {
        Launched::from(Ended::from(self.child.wait_with_output().unwrap()))
    }
}

impl Floor {
    /// Starts a session and returns when it has come to `phase`.
    fn at(&self, phase: Phase) -> Running {
        self.within(phase, "20s")
    }

    /// The same; `timeout` is how long a row waits for its element.
    fn within(&self, phase: Phase, timeout: &str) -> Running {
        let visits = self.site.visits().len();
        // The picture is taken when the sign-in is confirmed: from then on the session is held.
        let picture = self.desk.lab.path().join("held.png");
        let _ = std::fs::remove_file(&picture);
        let (connector, more): (_, &[&str]) = match phase {
            Phase::Held => ("plain", &["--hold", "60s", "--screenshot", "held.png"]),
            Phase::Row | Phase::Before => ("stays", &[]),
        };
        let silent = self.desk.lab.path().join("silent/chromedriver");
        if phase == Phase::Before {
            super::browser::script(&silent, super::browser::SILENT);
            super::browser::script(&silent.with_file_name("chromium"), super::browser::BROWSER);
            let bin = silent.parent().unwrap().display();
            let paths = format!(", driver: {bin}/chromedriver, binary: {bin}/chromium");
            self.configure("", &format!("sandbox: false{paths}"));
        } else {
            self.configure("", "sandbox: false");
        }
        let settings = format!("ActionTimeout: {timeout}");
        self.desk.connector("stays", "http://<address>/disabled-field", &settings, ROWS);
        let mut command = self.command(connector, "corp:web/site", more);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let come = || match phase {
            Phase::Before => !self.pids("sleep 600").is_empty() && !self.corp.asked().is_empty(),
            Phase::Row => self.site.visits()[visits..].iter().any(|v| v.path == "/disabled-field"),
            Phase::Held => picture.exists(),
        };
        assert!((0..9).any(|_| wait(come)), "never came to {phase:?}");
        Running { child }
    }

    /// Kills the processes of the desk whose command line has `part` in it.
    fn kill(&self, part: &str) {
        let pids = self.pids(part);
        assert!(!pids.is_empty(), "there is no {part}");
        for pid in pids {
            // A child may be gone with its parent.
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    /// The processes of the desk whose command line has `part` in it.
    fn pids(&self, part: &str) -> Vec<Pid> {
        let folder = self.desk.lab.path().to_string_lossy().into_owned();
        let read = |path: PathBuf| {
            let bytes = std::fs::read(path).unwrap_or_default();
            String::from_utf8_lossy(&bytes).replace('\0', " ")
        };
        std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let line = read(path.join("cmdline"));
                line.contains(part)
                    && (line.contains(&folder) || read(path.join("environ")).contains(&folder))
            })
            .filter_map(|path| Pid::from_raw(path.file_name()?.to_str()?.parse().ok()?))
            .collect()
    }
}

/// Whatever it is doing: SIGINT, SIGTERM and SIGHUP end it in good order.
#[test]
fn a_signal_ends_a_session_in_good_order() {
    let floor = Floor::new();
    let mut problems = Vec::new();
    let cases = [
        (Phase::Before, Signal::TERM, "SIGTERM"),
        (Phase::Row, Signal::INT, "Ctrl-C"),
        (Phase::Row, Signal::TERM, "SIGTERM"),
        (Phase::Row, Signal::HUP, "SIGHUP"),
        (Phase::Held, Signal::INT, "Ctrl-C"),
        (Phase::Held, Signal::TERM, "SIGTERM"),
        (Phase::Held, Signal::HUP, "SIGHUP"),
    ];
    for (phase, signal, name) in cases {
        let running = floor.at(phase);
        running.signal(signal);
        let launched = running.end();
        let says = format!("error: the sign-in was ended by {name}\n");
        let must = match phase {
            Phase::Held => Must {
                code: 0,
                object: "signed-in/",
                says: "",
                record: &[
                    "Connect corp:web/site",
                    "UsePassword corp:web/site",
                    "Disconnect corp:web/site signed-in",
                ],
            },
            _ => Must {
                code: 1,
                object: "failed/ended",
                says: &says,
                record: &["Connect corp:web/site", "ConnectFailed corp:web/site ended"],
            },
        };
        problems.extend(floor.problem(&launched, &must).map(|p| format!("{phase:?} {name}: {p}")));
        if phase == Phase::Held {
            let session = launched.object["session"].as_str().unwrap();
            let record = floor.desk.record(&["--session", session]);
            let by = &record.last().unwrap()["Details"]["ended_by"];
            if *by != name {
                problems.push(format!("{phase:?} {name}: ended by {by}"));
            }
        }
        floor.desk.assert_clean();
    }
    assert_none(&problems);
}

#[test]
fn a_browser_that_is_killed_ends_the_session() {
    let floor = Floor::new();
    let running = floor.at(Phase::Row);
    floor.kill("--remote-debugging-port");
    let launched = running.end();
    let must = Must {
        code: 6,
        object: "failed/browser-failed",
        says: "error: the browser has gone away during a look at the page\n\
               help: it crashed or was closed; a machine that is short of memory or of /dev/shm ends browsers\n",
        record: &["Connect corp:web/site", "ConnectFailed corp:web/site browser-failed"],
    };
    // What was being done is a matter of the moment.
    let said = launched.stderr.replace("during the navigation", "during a look at the page");
    let problem = floor.problem(&Launched { stderr: said, ..launched }, &must);
    floor.desk.assert_clean();
    assert_eq!(problem, None);
}

/// The rows need the browser alone: without its driver they go on, to the end that is theirs.
#[test]
fn a_driver_that_is_killed_leaves_the_session_its_end() {
    let floor = Floor::new();
    // This row's time is waited out; the driver is killed at its beginning.
    let running = floor.within(Phase::Row, "6s");
    floor.kill("chromedriver --port");
    let launched = running.end();
    let told = (launched.code, launched.outcome(), launched.cause());
    assert_eq!(told, (1, "stuck", "not-ready"), "{}", launched.stderr);
    let record = ["Connect corp:web/site", "ConnectFailed corp:web/site stuck"];
    assert_eq!(floor.rows(&launched), record);
    floor.desk.assert_clean();

    let running = floor.at(Phase::Held);
    floor.kill("chromedriver --port");
    running.signal(Signal::TERM);
    let launched = running.end();
    assert_eq!((launched.code, launched.outcome()), (0, "signed-in"), "{}", launched.stderr);
    floor.desk.assert_clean();
}

/// Nobody can catch this signal. What is left is ended by the watchdog; the end is written by the next
/// start, once.
#[test]
fn a_session_that_is_killed_leaves_nothing_and_ends_on_record_later() {
    let floor = Floor::new();
    for phase in [Phase::Before, Phase::Row, Phase::Held] {
        let before = floor.desk.record(&[]).len();
        let running = floor.at(phase);
        running.signal(Signal::KILL);
        assert_eq!(running.end().code, -1);
        let browsers = || floor.desk.processes().is_empty() && profiles(&floor.desk) == 0;
        assert!(wait(browsers), "{phase:?} left {:?}", floor.desk.processes());
        let open = rows(&floor.desk.record(&[])[before..]);
        assert!(open.iter().all(|row| !row.contains("Failed") && !row.contains("Dis")), "{open:?}");

        floor.configure("", "sandbox: false");
        let two = [(); 2].map(|()| floor.connect("plain", "corp:web/site"));
        assert_eq!(two.map(|launched| launched.code), [0, 0]);
        let record = rows(&floor.desk.record(&[])[before..]);
        let ends: Vec<_> = record.iter().filter(|row| row.ends_with("interrupted")).collect();
        assert_eq!(ends, ["Disconnect corp:web/site interrupted"], "{phase:?}: {record:#?}");
        assert_eq!(record[open.len()], *ends[0], "{phase:?}: the next start writes it first");
        assert_eq!(floor.desk.lab.run(&["activity", "verify"]).code, 0);
        floor.desk.assert_clean();
    }
}

/// How many profiles of browsers are there.
fn profiles(desk: &Desk) -> usize {
    std::fs::read_dir(desk.lab.path().join("t")).unwrap().count()
}

#[test]
fn a_held_session_ends_by_itself() {
    let floor = Floor::new();
    let launched = ended(&mut floor.command("plain", "corp:web/site", &["--hold", "200ms"]));
    let record = [
        "Connect corp:web/site",
        "UsePassword corp:web/site",
        "Disconnect corp:web/site signed-in",
    ];
    let must = Must { code: 0, object: "signed-in/", says: "", record: &record };
    assert_eq!(floor.problem(&launched, &must), None);
    let session = launched.object["session"].as_str().unwrap();
    let record = floor.desk.record(&["--session", session]);
    assert_eq!(record.last().unwrap()["Details"]["ended_by"], "--hold is over");
    floor.desk.assert_clean();
}

/// The answer of the desk's browser to a request for `path` on its DevTools port.
fn asked(desk: &Desk, path: &str) -> String {
    use std::io::{BufRead, Read, Write};
    let profiles = std::fs::read_dir(desk.lab.path().join("t")).unwrap().flatten();
    let ports = profiles.map(|entry| entry.path().join("profile/DevToolsActivePort"));
    let port = ports.filter_map(|file| std::fs::read_to_string(file).ok()).next().unwrap();
    let at = format!("127.0.0.1:{}", port.lines().next().unwrap());
    let mut stream = std::net::TcpStream::connect(&at).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n").unwrap();
    // The browser keeps the connection, and may go away while it answers.
    let mut answer = std::io::BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while answer.read_line(&mut line).is_ok_and(|read| read > 2) {
        if let Some(number) = line.to_lowercase().strip_prefix("content-length:") {
            length = number.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = String::new();
    let _ = answer.take(length).read_to_string(&mut body);
    body
}

/// Closes every page of the desk's browser, as a person does with the button of the window.
fn close_pages(desk: &Desk) {
    let list = asked(desk, "/json/list");
    let list: Value = serde_json::from_str(&list).unwrap();
    for page in list.as_array().unwrap().iter().filter(|page| page["type"] == "page") {
        asked(desk, &format!("/json/close/{}", page["id"].as_str().unwrap()));
    }
}

/// With a window where there is a screen to be had; without one the same end is reached all the same.
#[test]
fn a_window_that_is_closed_ends_the_session() {
    let floor = Floor::new();
    let mut problems = Vec::new();
    let screen = Screen::start();
    for windowed in [false, true] {
        let picture = floor.desk.lab.path().join("held.png");
        let _ = std::fs::remove_file(&picture);
        let more: &[&str] = if windowed { &[] } else { &["--headless", "--hold", "until-closed"] };
        let line = ["connect", "plain", "--account", "corp:web/site", "--format", "json"];
        let line = [&line, &["--screenshot", "held.png"][..], more].concat();
        let mut command = floor.desk.lab.command(&line);
        command.env("TMPDIR", floor.desk.lab.path().join("t"));
        match (&screen, windowed) {
            (None, true) => {
                skipped("a window that is closed", "Xvfb is not installed");
                continue;
            }
            (Some(screen), true) => drop(command.env("DISPLAY", &screen.name)),
            _ => {}
        }
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        assert!((0..9).any(|_| wait(|| picture.exists())), "never signed in");
        close_pages(&floor.desk);
        let launched = Running { child }.end();
        let must = Must {
            code: 0,
            object: "signed-in/",
            says: "",
            record: &[
                "Connect corp:web/site",
                "UsePassword corp:web/site",
                "Disconnect corp:web/site signed-in",
            ],
        };
        problems.extend(floor.problem(&launched, &must).map(|p| format!("window {windowed}: {p}")));
        let session = launched.object["session"].as_str().unwrap();
        let by = floor.desk.record(&["--session", session]).pop().unwrap()["Details"].clone();
        if by["ended_by"] != "the window was closed" {
            problems.push(format!("window {windowed}: {by}"));
        }
        floor.desk.assert_clean();
    }
    assert_none(&problems);
}

/// A screen without a monitor.
struct Screen {
    server: Child,
    name: String,
}

impl Screen {
    /// `None` where Xvfb is not installed.
    fn start() -> Option<Self> {
        use std::io::{BufRead, BufReader};
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Some(Self { server, name: format!(":{}", number.trim()) })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
