//! Sessions with a window, on a screen of their own: the operator's until it is closed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use super::{Desk, ROWS, Site, assert_says, last, plain};
use crate::lab::{Ended, wait};

/// A screen that nobody looks at; gone with its value.
struct Screen {
    server: Child,
    name: String,
}

impl Screen {
    /// `None`, with a word, where no server for one is installed; where everything has to be tested, it
    /// has to be.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says why")]
    fn start() -> Option<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
        let server = command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null());
        let mut server = match server.spawn() {
            Ok(server) => server,
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "Xvfb: {error}; .ci/install screen");
                eprintln!(
                    "skipped: Xvfb is not installed ({error}); .ci/install screen installs it"
                );
                return None;
            }
        };
        // The server writes the number of the display it took once it takes clients.
        let mut line = String::new();
        BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.trim().is_empty(), "Xvfb has ended");
        Some(Self { server, name: format!(":{}", line.trim()) })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A session with a window, and what it has said so far.
struct Session {
    child: Child,
    errors: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Session {
    fn start(desk: &Desk, screen: &Screen, arguments: &[&str]) -> Self {
        let mut command = desk.typed(arguments);
        command.env("DISPLAY", &screen.name).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        Self { child, errors, said: String::new() }
    }

    /// Reads on until a line holds `text`; fails the test when the process ends before.
    fn until(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            let read = self.errors.read_line(&mut line).unwrap();
            self.said.push_str(&line);
            assert!(read > 0, "it has ended without {text:?}:\n{}", self.said);
        }
    }

    fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    fn end(mut self) -> Ended {
        self.errors.read_to_string(&mut self.said).unwrap();
        let output = self.child.wait_with_output().unwrap();
        Ended { stderr: self.said, ..Ended::from(output) }
    }
}

/// The port of the browser's DevTools, as it stands in its profile.
fn port(folder: &Path) -> Option<u16> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.file_name().is_some_and(|name| name == "DevToolsActivePort") {
            return std::fs::read_to_string(path).ok()?.lines().next()?.parse().ok();
        }
        if path.is_dir()
            && let Some(port) = port(&path)
        {
            return Some(port);
        }
    }
    None
}

/// One request to the browser's DevTools.
fn ask(desk: &Desk, path: &str) -> String {
    let port = port(&desk.lab.path().join("t")).expect("no browser is there");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    // It keeps the connection, whatever the request says; a browser that ends breaks it off.
    let mut answer = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while answer.read_line(&mut line).is_ok_and(|read| read > 0) && line != "\r\n" {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    let _ = answer.read_exact(&mut body);
    String::from_utf8(body).unwrap()
}

fn pages(desk: &Desk) -> Vec<serde_json::Value> {
    let list: Vec<serde_json::Value> = serde_json::from_str(&ask(desk, "/json/list")).unwrap();
    list.into_iter().filter(|target| target["type"] == "page").collect()
}

/// Closes every window, as its cross does.
fn close(desk: &Desk) {
    for page in pages(desk) {
        ask(desk, &format!("/json/close/{}", page["id"].as_str().unwrap()));
    }
}

/// Does something on the page, as a person at the window does.
fn act(desk: &Desk, script: &str) {
    let url = pages(desk)[0]["webSocketDebuggerUrl"].as_str().unwrap().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        // A person's own doing may open windows.
        let parameters = serde_json::json!({ "expression": script, "userGesture": true });
        let command =
            serde_json::json!({ "id": 1, "method": "Runtime.evaluate", "params": parameters });
        socket.send(Message::text(command.to_string())).await.unwrap();
        socket.next().await.unwrap().unwrap();
    });
}

const PLAIN: [&str; 3] = ["plain", "--account", "web/site"];

#[test]
fn the_window_is_the_operators_until_it_is_closed() {
    let Some(screen) = Screen::start() else { return };
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    let mut session = Session::start(&desk, &screen, &PLAIN);
    session.until("the session is yours; close the window to end it");
    assert!(pages(&desk)[0]["url"].as_str().unwrap().ends_with("/welcome"));
    // It is a normal page to work in: the person goes on, and their dialogs are theirs.
    act(&desk, "location.href = '/plain?by-hand'");
    site.wait_until("the person's own way", |site| site.count("/plain") == 2);
    assert!(session.is_running());
    assert_eq!(last(&desk)["Action"], "UsePassword", "the session is not over");
    close(&desk);
    let ended = session.end();
    assert_says(&ended, 0, &[]);
    assert!(ended.stdout.contains("; the session lasted "), "{}", ended.stdout);
    let row = last(&desk);
    assert_eq!((&row["Action"], &row["Outcome"]), (&"Disconnect".into(), &"signed-in".into()));
    assert_eq!(row["Details"]["ended_by"], "the window was closed");
    assert!(row["Details"]["duration"].as_str().unwrap().ends_with('s'));
    desk.assert_clean();
}

#[test]
fn a_hold_and_a_signal_end_a_window_too() {
    let Some(screen) = Screen::start() else { return };
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    let hold = [&PLAIN[..], &["--hold", "1s"]].concat();
    assert_says(&Session::start(&desk, &screen, &hold).end(), 0, &["the session is yours"]);
    assert_eq!(last(&desk)["Details"]["ended_by"], "--hold is over");

    for (signal, name) in [("-INT", "Ctrl-C"), ("-TERM", "SIGTERM"), ("-HUP", "SIGHUP")] {
        let mut session = Session::start(&desk, &screen, &PLAIN);
        session.until("the session is yours");
        let id = session.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_says(&session.end(), 0, &[]);
        assert_eq!(last(&desk)["Details"]["ended_by"], name);
        desk.assert_clean();
    }
}

#[test]
fn a_person_does_what_the_handover_asks_for() {
    let Some(screen) = Screen::start() else { return };
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let rows =
        ROWS.replace("go > (Button) (SearchBy=id)", "(Handover=Press the button) (Timeout=60s)");
    desk.connector("captcha", "http://<address>/plain", "ActionTimeout: 2s", &rows);
    let line = ["captcha", "--account", "web/site", "--hold", "0s"];
    let mut session = Session::start(&desk, &screen, &line);
    session.until("please do this in the window: Press the button");
    assert!(site.submissions("plain").is_empty());
    // The rows wait for the person, longer than for a page.
    session.until("row 4 of 5");
    act(&desk, "document.getElementById('go').click()");
    assert_says(&session.end(), 0, &["signed in"]);
    assert_eq!(site.submissions("plain").len(), 1);
    desk.assert_clean();
}

/// A person who closes the window while the rows still run has ended the session, whether it was the
/// last window or not.
#[test]
fn a_window_that_is_closed_too_early_is_told() {
    for others in [false, true] {
        let Some(screen) = Screen::start() else { return };
        closed_too_early(&screen, others);
    }
}

fn closed_too_early(screen: &Screen, others: bool) {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let rows = format!("(Handover=Wait) (Timeout=60s)\nnever > (Click) (SearchBy=id)\n{ROWS}");
    desk.connector("early", "http://<address>/plain", "", &rows);
    let mut session = Session::start(&desk, screen, &["early", "--account", "web/site"]);
    session.until("row 2 of 7");
    // A page that is closed while its first document comes stays open, whoever closes it.
    let there =
        || pages(&desk).iter().all(|page| page["url"].as_str().unwrap().ends_with("/plain"));
    assert!(wait(there), "{:?}", pages(&desk));
    let first = pages(&desk);
    if others {
        act(&desk, "window.open('/welcome')");
        assert!(wait(|| pages(&desk).len() == 2), "{:?}", pages(&desk));
    }
    for page in first {
        ask(&desk, &format!("/json/close/{}", page["id"].as_str().unwrap()));
    }
    assert_says(&session.end(), 6, &["the browser has gone away", "it crashed or was closed"]);
    let row = last(&desk);
    assert_eq!(
        (&row["Action"], &row["Outcome"]),
        (&"ConnectFailed".into(), &"browser-failed".into())
    );
    desk.assert_clean();
}

#[test]
fn without_a_screen_there_is_no_window() {
    let desk = Desk::at("127.0.0.1:9");
    plain(&desk, "plain");
    let ended = Ended::from(desk.typed(&PLAIN).output().unwrap());
    assert_says(&ended, 6, &["there is no screen for the browser's window", "use --headless"]);
    assert!(wait(|| desk.processes().is_empty()));
}
