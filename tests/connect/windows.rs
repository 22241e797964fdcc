//! Sessions with a window, on a screen of their own: the operator's until it is closed.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use super::{Desk, ROWS, Site, assert_says, last, plain};
use crate::lab::screen::{Screen, act, ask, pages};
use crate::lab::{Ended, wait};

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

/// Closes every window, as its cross does.
fn close(desk: &Desk) {
    for page in pages(desk) {
        ask(desk, &format!("/json/close/{}", page["id"].as_str().unwrap()));
    }
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
    // Nothing of the browser's own has been loaded beside it.
    let targets: Vec<serde_json::Value> = serde_json::from_str(&ask(&desk, "/json/list")).unwrap();
    assert!(targets.iter().all(|target| target["type"] == "page"), "{targets:?}");
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
