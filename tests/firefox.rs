//! Firefox: the table of pages in a Firefox that doorward starts itself, with geckodriver. Where they are
//! not installed the tests say so and pass; with `FIREFOX=1` that is a failure.

use std::io::Write;

use crate::lab::desk::Desk;
use crate::pages::{self, Case, Refuse, Way};
use crate::rows;
use crate::site::Site;

fn way() -> Way {
    Way { browser: "{ kind: firefox }".into(), arguments: Vec::new(), side: false, first: true }
}

/// Whether both programs are on the PATH.
fn is_there() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let any = |names: &[&str]| {
        std::env::split_paths(&path)
            .any(|folder| names.iter().any(|name| folder.join(name).is_file()))
    };
    let missing = match (any(&["firefox", "firefox-esr"]), any(&["geckodriver"])) {
        (true, true) => return true,
        (false, _) => "Firefox",
        (true, false) => "geckodriver",
    };
    assert!(
        std::env::var_os("FIREFOX").is_none(),
        "FIREFOX is set, and there is no {missing} on the PATH"
    );
    // Past the capture of the test harness, which hides what a passing test prints.
    let _ = writeln!(std::io::stderr(), "skipped: there is no {missing} on the PATH");
    false
}

fn run(cases: &[Case]) {
    if is_there() {
        pages::run(cases, &way());
    }
}

#[test]
fn ordinary_pages() {
    run(pages::ORDINARY);
}

#[test]
fn pages_that_are_in_the_way() {
    run(pages::IN_THE_WAY);
}

#[test]
fn roots_and_frames() {
    run(pages::FRAMES);
}

#[test]
fn pages_that_lead_away() {
    run(pages::AWAY);
}

#[test]
fn pages_that_ask_for_more() {
    run(pages::MORE);
}

#[test]
fn what_is_other_than_with_a_side_channel() {
    run(pages::PLAIN);
    // geckodriver closes a prompt of the browser's own as it does a dialog of the page.
    run(&[Case {
        page: "basic-on-fetch",
        password: "wrong",
        must: Refuse("refused"),
        ..pages::DEFAULT
    }]);
}

#[test]
fn doctor_names_both() {
    if !is_there() {
        return;
    }
    let site = Site::start();
    let desk = Desk::through(&way().browser, &site.address(), "password", crate::site::SEED);
    let ended =
        desk.lab.command(&["doctor"]).env("TMPDIR", desk.lab.path().join("t")).output().unwrap();
    let text = String::from_utf8(ended.stdout).unwrap();
    for part in [
        "ok    browser ",
        "firefox",
        "ok    driver ",
        "geckodriver ",
        "ok    browser starts    firefox ",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    desk.assert_clean();
}

#[test]
fn every_strategy() {
    run(rows::STRATEGIES);
}

#[test]
fn every_action() {
    run(rows::ACTIONS);
}

#[test]
fn codes_by_their_parameters() {
    run(rows::CODES);
}

#[test]
fn every_character_of_a_password() {
    run(rows::PASSWORDS);
}
