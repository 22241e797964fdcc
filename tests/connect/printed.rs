//! What is printed: one object for programs, lines for people.

use std::collections::BTreeSet;

use super::{Desk, Ended, ROWS, Site, last, plain};
use crate::site::PASSWORD;

fn keys(object: &serde_json::Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// However a launch ends, programs get one object of the same shape.
#[test]
fn json_is_one_object_with_the_documented_keys() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    desk.connector("says-nothing", "http://<address>/says-nothing", "ActionTimeout: 2s", ROWS);
    let twins = ROWS.replace("go > (Button) (SearchBy=id)", "input > (Click) (SearchBy=css)");
    desk.connector("twins", "http://<address>/plain", "ActionTimeout: 2s", &twins);
    desk.lab.write("connectors/bad.yaml", "ConnectorId: bad\n");
    desk.add("web/wrong", &["--username", "x", "--address", &site.address()], "wrong");
    let usual = |name, account| ["connect", name, "--account", account, "--headless"].to_vec();
    let cases = [
        (0, "signed-in", None, usual("plain", "web/site")),
        (1, "refused", Some("refused"), usual("plain", "web/wrong")),
        (1, "unclear", Some("unclear"), usual("says-nothing", "web/site")),
        (1, "stuck", Some("ambiguous-locator"), usual("twins", "web/site")),
        (3, "refused-to-connect", Some("missing-key"), usual("bad", "web/site")),
        (5, "failed", Some("account-not-found"), usual("plain", "web/nobody")),
    ];
    for (code, outcome, cause, mut line) in cases {
        line.extend(["--format", "json"]);
        let ended = Ended::from(desk.typed(&line[1..]).output().unwrap());
        assert_eq!(ended.code, code, "{line:?}: {}", ended.stderr);
        // A parser takes exactly one object with nothing but blanks around it.
        let object: serde_json::Value = serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|error| panic!("{line:?}: {error}: {}", ended.stdout));
        let expected =
            ["account", "cause", "connector", "outcome", "row", "session", "timings", "url"];
        assert_eq!(keys(&object), expected.into(), "{line:?}");
        let expected = ["browser_ms", "plan_ms", "sign_in_ms", "total_ms", "vault_ms"];
        assert_eq!(keys(&object["timings"]), expected.into(), "{line:?}");
        let timings = object["timings"].as_object().unwrap();
        assert!(timings.values().all(serde_json::Value::is_u64), "{object}");
        assert_eq!(object["outcome"], outcome, "{object}");
        assert_eq!(object["cause"].as_str(), cause, "{object}");
        assert_eq!(object["connector"], line[1]);
        assert_eq!(object["account"], format!("local:{}", line[3]));
        assert_eq!(object["row"].is_u64(), code == 1, "{object}");
        assert_eq!(object["url"].is_string(), code <= 1, "{object}");
        let row = last(&desk);
        assert_eq!(row["SessionId"], object["session"], "the session is not on record");
        assert!(ended.stdout.ends_with("}\n"));
    }
}

#[test]
fn people_read_a_line_per_phase_and_row() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    let ended = desk.says("plain", &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let session = last(&desk)["SessionId"].as_str().unwrap().to_owned();
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let url = site.url("/plain");
    let expected = [
        "on record",
        "target account: local:web/site (user operator)",
        "browser: chrome ",
        &format!("opening {url}"),
        "row 1 of 5: type <username> into `username`",
        "row 2 of 5: type <password> into `password`",
        "row 3 of 5: press `go`",
        "row 4 of 5: signed in if `#welcome` shows",
        "signed in",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line:?} should be {expected:?}");
    }
    let summary: Vec<&str> = ended.stdout.lines().collect();
    let first = format!("signed in to {} as local:web/site in ", site.url("/welcome"));
    assert!(summary.len() == 2 && summary[0].starts_with(&first), "{summary:#?}");
    assert_eq!(summary[1], format!("session {session}"));
    assert!(!ended.stderr.contains(PASSWORD) && !ended.stdout.contains(PASSWORD));
}
