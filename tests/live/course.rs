//! The course of a live session: how it ends, who is told, and what is on record.

use rustix::process::{Pid, Signal, kill_process};

use super::{PASSWORD, Stage};
use crate::lab::portal::Portal;
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
fn a_person_and_a_host_have_so_many_sessions_at_once() {
    let Stage { site, desk, portal, .. } = Stage::at("/plain", "");
    portal.stop();
    let file = desk.lab.path().join("doorward.yaml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let limits = "portal: { sessions-per-user: 1, sessions-per-host: 2 }\n";
    std::fs::write(&file, format!("{settings}{limits}")).unwrap();
    let line = ["user", "add", "cat", "--accounts", "*", "--password-stdin"];
    assert_eq!(desk.lab.run_with_input(&line, &format!("{PASSWORD}\n")).code, 0);
    let portal = Portal::start(&desk.lab);
    let [ann, bob, cat] = ["ann", "bob", "cat"].map(|name| portal.sign_in(name, PASSWORD));
    let order = r#"{"account": "local:web/site", "connector": "site"}"#;
    let start = |who| portal.act(who, "POST", "/api/v1/sessions", order);

    let first = start(&ann);
    assert_eq!(first.status, 201, "{}", first.body);
    let second = start(&ann);
    assert_eq!(second.status, 429, "{}", second.body);
    assert!(second.json()["detail"].as_str().unwrap().contains("one person"), "{}", second.body);
    assert_eq!(start(&bob).status, 201);
    let third = start(&cat);
    assert_eq!(third.status, 429, "{}", third.body);
    assert!(third.json()["detail"].as_str().unwrap().contains("this host"), "{}", third.body);
    assert!(!third.header("retry-after").is_empty());

    // What has ended counts no more.
    let session = first.json()["session"].as_str().unwrap().to_owned();
    let mut viewer = Viewer::join(&portal, &ann, &session).unwrap();
    let path = format!("/api/v1/sessions/{session}");
    assert!(portal.act(&ann, "DELETE", &path, "").status < 300);
    viewer.note("ended");
    assert_eq!(start(&cat).status, 201);
    let rows = desk.record(&[]);
    for word in ["too-many-of-user", "too-many-on-host"] {
        let told = rows.iter().filter(|row| row.to_string().contains(word)).count();
        assert!(told > 0, "{word}: {rows:?}");
    }
    drop((site, portal));
}

#[test]
fn a_browser_that_was_killed_ends_its_session() {
    let stage = Stage::at("/workshop", "");
    let (_, mut viewer) = stage.live();
    let profile = stage.desk.lab.path().join("t");
    // The browser itself has no type; its children go with it.
    let all = below(&profile);
    let browser = all.iter().find(|(_, line)| !line.contains("--type=")).unwrap().0;
    kill_process(Pid::from_raw(browser).unwrap(), Signal::KILL).unwrap();
    let ended = viewer.note("ended");
    assert!(ended["text"].as_str().unwrap().contains("ended unexpectedly"), "{ended}");
    assert!(record(&stage).iter().any(|(_, _, details)| details.contains("ended unexpectedly")));
    assert!(wait(|| !runs_below(&profile)), "a process of it is left");
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
    let portal = Portal::start(&desk.lab);
    let rows = desk.record(&[]);
    assert!(rows.iter().any(|row| row["Outcome"] == "interrupted"), "{rows:?}");
    drop((site, ann, portal));
}

/// Whether a process has a profile below `folder`.
fn runs_below(folder: &std::path::Path) -> bool {
    !below(folder).is_empty()
}

/// The processes with a profile below `folder`, and their command lines.
fn below(folder: &std::path::Path) -> Vec<(i32, String)> {
    let mark = format!("--user-data-dir={}", folder.display());
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some((id, String::from_utf8_lossy(&line).into_owned()))
    });
    lines.filter(|(_, line)| line.contains(&mark)).collect()
}
