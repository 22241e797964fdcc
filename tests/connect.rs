//! The command `connect` as its users use it: what it takes, what it prints, how it ends.

mod found;
mod pictures;
mod printed;
mod requests;
mod safety;
mod windows;

use crate::lab::Ended;
use crate::lab::desk::{Desk, ROWS};
use crate::site::Site;

/// A connector for `/plain` under `name`.
fn plain(desk: &Desk, name: &str) {
    desk.connector(name, "http://<address>/plain", "ActionTimeout: 5s", ROWS);
}

/// The last row of the record.
fn last(desk: &Desk) -> serde_json::Value {
    desk.record(&[]).pop().unwrap_or_default()
}

/// Asserts the exit code and that stderr holds each of `says`.
fn assert_says(ended: &Ended, code: i32, says: &[&str]) {
    assert_eq!(ended.code, code, "{}{}", ended.stdout, ended.stderr);
    for says in says {
        assert!(ended.stderr.contains(says), "it does not say {says:?}:\n{}", ended.stderr);
    }
}

/// Every code of the public table, each reached in the simplest way there is.
#[test]
fn every_exit_code_is_reached() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    desk.add("web/wrong", &["--username", "x", "--address", &site.address()], "wrong");
    desk.lab.write("connectors/bad.yaml", "ConnectorId: bad\n");
    let configuration = std::fs::read_to_string(desk.lab.path().join("doorward.yaml")).unwrap();
    let engine = crate::codes::engine::Engine::start(&site, Default::default(), false);
    desk.lab.write("token", "hvs.token\n");
    desk.lab.write(
        "denied.yaml",
        configuration.replace(
            "connectors:",
            &format!(
                "  corp: {{ kind: hashicorp, address: \"{}\", auth: {{ token-file: token }} }}\n\
                 default-vault: local\nconnectors:",
                engine.address
            ),
        ),
    );
    desk.lab.write("stateless.yaml", configuration.replace("state: state", "state: token"));
    let usual = |account| ["plain", "--account", account, "--headless"];
    let with = |more: &[&'static str]| [&usual("web/site")[..], more].concat();
    let cases = [
        (0, with(&[])),
        (1, usual("web/wrong").to_vec()),
        (2, with(&["--hold", "soon"])),
        (3, vec!["bad", "--account", "web/site", "--headless"]),
        (4, [&usual("corp:web/denied")[..], &["--config", "denied.yaml"]].concat()),
        (5, usual("web/nobody").to_vec()),
        (6, with(&["--webdriver", "http://127.0.0.1:1/"])),
        (7, with(&["--config", "stateless.yaml"])),
    ];
    for (code, line) in cases {
        let ended = Ended::from(desk.typed(&line).output().unwrap());
        assert_eq!(ended.code, code, "{line:?}: {}{}", ended.stdout, ended.stderr);
        assert!(code == 0 || ended.stderr.contains("error"), "{line:?}: {}", ended.stderr);
        assert!(code == 0 || ended.stdout.is_empty(), "{line:?}: {}", ended.stdout);
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
    // A process that may open next to nothing gets no event queue from the system.
    let mut starved = std::process::Command::new("sh");
    starved
        .args(["-c", "ulimit -n 4 && exec \"$0\" connect plain --account web/site --headless"])
        .arg(env!("CARGO_BIN_EXE_doorward"))
        .current_dir(desk.lab.path());
    let ended = Ended::from(starved.output().unwrap());
    assert_eq!(ended.code, 70, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("Too many open files"), "{}", ended.stderr);
    desk.assert_clean();
}

/// chromedriver ends when somebody takes the port between its two steps of taking it.
#[test]
fn a_driver_that_loses_its_port_is_started_again() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    let first = "[ -e lost ] || [ \"$1\" = --version ] || { : > lost; exit 1; }";
    let script = format!("#!/bin/sh\n{first}\nexec chromedriver \"$@\"\n");
    let driver = desk.lab.write("unlucky", script);
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(driver, executable).unwrap();
    let configuration = std::fs::read_to_string(desk.lab.path().join("doorward.yaml")).unwrap();
    let unlucky = configuration.replace("sandbox: false", "sandbox: false, driver: unlucky");
    desk.lab.write("doorward.yaml", unlucky);
    assert_says(&desk.says("plain", &[]), 0, &[]);
    assert!(desk.lab.path().join("lost").exists());
    desk.assert_clean();
}
