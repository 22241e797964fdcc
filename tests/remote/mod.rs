//! The plain W3C WebDriver path: the table of pages through a remote endpoint, which is a chromedriver of
//! the test's own, and what endpoints answer that are none.

mod endpoint;

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

use crate::lab;
use crate::lab::desk::{Desk, ROWS};
use crate::pages::{self, Case, Unclear, Way};
use crate::rows;
use crate::site::Site;

/// A chromedriver, as a Selenium Grid would be one, in a process group of its own that ends with it.
pub(crate) struct Grid {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Grid {
    pub(crate) fn start(base: &str) -> Self {
        // It takes a port that is free for IPv4, and ends where somebody has it for IPv6.
        let started = (0..5).find_map(|_| Self::try_start(base));
        started.expect("a chromedriver that finds a port")
    }

    fn try_start(base: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("chromedriver")
            .args(["--port=0", "--log-level=WARNING", &format!("--url-base={base}")])
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        // It must not meet a closed pipe when it prints.
        std::thread::spawn(move || lines.for_each(drop));
        let Some(port) = port else {
            child.wait().unwrap();
            return None;
        };
        Some(Self { child, folder, port })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn way(&self) -> Way {
        through(&self.url("/"))
    }

    /// The browsers that it runs: each has a profile in its folder.
    fn browsers(&self) -> Vec<String> {
        let mut processes = lab::desk::processes_of(self.folder.path());
        // It has the folder in its environment itself.
        processes.retain(|line| !line.starts_with("chromedriver "));
        processes
    }

    fn assert_empty(&self) {
        let empty = lab::wait(|| self.browsers().is_empty());
        assert!(empty, "the remote browser lives on: {:?}", self.browsers());
    }
}

/// The way through the endpoint at `url`.
fn through(url: &str) -> Way {
    Way {
        browser: "{ sandbox: false }".into(),
        arguments: vec!["--webdriver".into(), url.to_owned()],
        side: false,
        first: false,
    }
}

impl Drop for Grid {
    fn drop(&mut self) {
        let group = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
        lab::wait(|| test_kill_process_group(group).is_err());
    }
}

#[test]
fn ordinary_pages() {
    let grid = Grid::start("");
    pages::run(pages::ORDINARY, &grid.way());
    grid.assert_empty();
}

#[test]
fn pages_that_are_in_the_way() {
    let grid = Grid::start("");
    pages::run(pages::IN_THE_WAY, &grid.way());
    grid.assert_empty();
}

#[test]
fn roots_and_frames() {
    let grid = Grid::start("");
    pages::run(pages::FRAMES, &grid.way());
    grid.assert_empty();
}

#[test]
fn pages_that_lead_away() {
    let grid = Grid::start("");
    pages::run(pages::AWAY, &grid.way());
    grid.assert_empty();
}

#[test]
fn pages_that_ask_for_more() {
    let grid = Grid::start("");
    pages::run(pages::MORE, &grid.way());
    grid.assert_empty();
}

#[test]
fn what_is_other_than_with_a_side_channel() {
    let grid = Grid::start("");
    pages::run(pages::PLAIN, &grid.way());
    let case = Case { page: "basic-on-fetch", password: "wrong", must: Unclear, ..pages::DEFAULT };
    pages::run(&[case], &grid.way());
    grid.assert_empty();
}

#[test]
fn a_session_ends_with_the_signal_that_ends_its_launch() {
    let grid = Grid::start("");
    let site = Site::start();
    let desk = Desk::at(&site.address());
    for (page, connected) in [("loading-never", false), ("plain", true)] {
        desk.connector(page, &format!("http://<address>/{page}"), "PageLoadTimeout: 60s", ROWS);
        let before = site.visits().len();
        let mut child = desk
            .command(
                page,
                &["--webdriver", &grid.url("/"), "--hold", "60s", "--screenshot", "p.png"],
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The picture is taken once the sign-in is confirmed.
        let picture = desk.lab.path().join("p.png");
        let there =
            lab::wait(|| if connected { picture.exists() } else { site.visits().len() > before });
        assert!(there, "{page}");
        assert!(!grid.browsers().is_empty());
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        assert_eq!(child.wait().unwrap().success(), connected, "{page}");
        grid.assert_empty();
        desk.assert_clean();
    }
}

#[test]
fn a_path_before_the_commands_is_kept() {
    let grid = Grid::start("/wd/hub");
    for path in ["/wd/hub", "/wd/hub/"] {
        pages::run(&[pages::DEFAULT], &through(&grid.url(path)));
    }
    grid.assert_empty();
}

#[test]
fn every_strategy() {
    let grid = Grid::start("");
    pages::run(rows::STRATEGIES, &grid.way());
    grid.assert_empty();
}

#[test]
fn every_action() {
    let grid = Grid::start("");
    pages::run(rows::ACTIONS, &grid.way());
    grid.assert_empty();
}

#[test]
fn every_character_of_a_password() {
    let grid = Grid::start("");
    pages::run(rows::PASSWORDS, &grid.way());
    grid.assert_empty();
}
