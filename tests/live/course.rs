//! The course of a live session: how it ends, who is told, and what is on record.

use rustix::process::{Pid, Signal, kill_process};

use super::Stage;
use crate::lab::viewer::Viewer;
use crate::lab::wait;

/// The rows of the record, the oldest first: action, outcome, details.
fn record(stage: &Stage) -> Vec<(String, String, String)> {
    let rows = stage.desk.record(&[]);
    let text = |value: &serde_json::Value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    rows.iter()
        .map(|row| (text(&row["Action"]), text(&row["Outcome"]), text(&row["Details"])))
        .collect()
}

#[test]
fn a_person_ends_a_session_and_the_record_says_who() {
    let stage = Stage::signing_in("/plain", "");
    let (session, mut viewer) = stage.live();
    viewer.send(&serde_json::json!({"type": "end"}));
    let ended = viewer.note("ended");
    assert_eq!(ended["outcome"], "signed-in");
    assert!(ended["text"].as_str().unwrap().contains("ann"), "{ended}");
    let rows = record(&stage);
    let last = rows.iter().find(|(action, ..)| action == "Disconnect").unwrap();
    assert!(last.2.contains("ann"), "{last:?}");
    assert!(stage.desk.lab.run(&["activity", "verify"]).code == 0);
    let card = stage.portal.read(Some(&stage.ann), &format!("/api/v1/sessions/{session}"));
    assert_eq!(card.json()["stage"], "signed-in", "{}", card.body);
}

#[test]
fn a_session_that_nobody_touches_ends() {
    let stage = Stage::at("/workshop", "MaxIdleTime: 1s");
    let (_, mut viewer) = stage.live();
    let ended = viewer.note("ended");
    assert!(ended["text"].as_str().unwrap().contains("idle limit"), "{ended}");
    assert!(record(&stage).iter().any(|(_, _, details)| details.contains("its idle limit")));
}

#[test]
fn a_refused_sign_in_tells_the_person_why() {
    let stage = Stage::signing_in("/plain?error=password", "");
    let session = stage.start();
    let mut viewer = Viewer::join(&stage.portal, &stage.ann, &session).unwrap();
    let ended = viewer.note("ended");
    assert_eq!(ended["outcome"], "refused", "{ended}");
    assert!(viewer.updates.is_empty());
}

#[test]
fn a_stop_of_the_broker_ends_its_sessions() {
    let stage = Stage::at("/workshop", "");
    let (_, mut viewer) = stage.live();
    let Stage { desk, portal, site, ann } = stage;
    let ended = portal.stop();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(viewer.note("ended")["text"].as_str().unwrap().contains("the stop of doorward"));
    let rows = desk.record(&[]);
    assert!(rows.iter().any(|row| row["Action"] == "Disconnect"), "{rows:?}");
    drop((site, ann));
}

#[test]
fn a_broker_that_was_killed_leaves_no_browser_and_an_interrupted_session() {
    let stage = Stage::at("/workshop", "");
    let (_, viewer) = stage.live();
    let profile = stage.desk.lab.path().join("t");
    assert!(runs_below(&profile), "a browser runs");
    // The way to the browser's side channel lies in there.
    for entry in std::fs::read_dir(&profile).unwrap().flatten() {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&entry.metadata().unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{} is open to others", entry.path().display());
    }
    let Stage { desk, portal, site, ann } = stage;
    kill_process(Pid::from_raw(portal.id().try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
    assert!(wait(|| !runs_below(&profile)), "a browser is left");
    drop((viewer, portal));
    let portal = crate::lab::portal::Portal::start(&desk.lab);
    let rows = desk.record(&[]);
    assert!(rows.iter().any(|row| row["Outcome"] == "interrupted"), "{rows:?}");
    drop((site, ann, portal));
}

/// Whether a process has a profile below `folder`.
fn runs_below(folder: &std::path::Path) -> bool {
    let mark = format!("--user-data-dir={}", folder.display());
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.any(|line| memchr::memmem::find(&line, mark.as_bytes()).is_some())
}
