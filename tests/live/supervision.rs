//! What others do with a session: they approve of it, watch it, stop it, take it over, end it.

use serde_json::{Value, json};

use super::{PASSWORD, Stage, start};
use crate::lab::portal::Visitor;
use crate::lab::viewer::Viewer;

/// Adds a user with a role, and signs them in.
pub(super) fn signed_in(stage: &Stage, name: &str, role: &str) -> Visitor {
    let line = ["user", "add", name, "--role", role, "--accounts", "*", "--password-stdin"];
    let added = stage.desk.lab.run_with_input(&line, &format!("{PASSWORD}\n"));
    assert_eq!(added.code, 0, "{}", added.stderr);
    stage.portal.sign_in(name, PASSWORD)
}

/// Asks the API for something with a session, and gives the status.
fn asks(stage: &Stage, who: &Visitor, session: &str, what: &str, body: &Value) -> u16 {
    let (method, part) = match what {
        "control" => ("PUT", "/control"),
        "message" => ("POST", "/messages"),
        "approval" => ("POST", "/approval"),
        _ => ("DELETE", ""),
    };
    let path = format!("/api/v1/sessions/{session}{part}");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    stage.portal.act(who, method, &path, &body).status
}

fn holds(stage: &Stage, who: &Visitor, session: &str, hold: &str) -> u16 {
    asks(stage, who, session, "control", &json!({ "hold": hold }))
}

/// Waits until a viewer is told that the session is held so, and who watches it.
fn company(viewer: &mut Viewer, hold: &str, watchers: &[&str]) {
    viewer.until(&format!("{hold} {watchers:?}"), |viewer| {
        let note = viewer.last("company").cloned().unwrap_or_default();
        note["hold"] == hold && note["watchers"] == json!(watchers)
    });
}

/// Who did what with the session, in order.
fn deeds(stage: &Stage) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = stage.desk.record(&[]);
    rows.iter().map(|row| (word(&row["User"]), word(&row["Action"]))).collect()
}

fn until_on_record(stage: &Stage, who: &str, action: &str) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !deeds(stage).contains(&(who.to_owned(), action.to_owned())) {
        assert!(std::time::Instant::now() < until, "{who} {action}: {:#?}", deeds(stage));
    }
}

#[test]
fn a_session_is_watched_stopped_taken_over_and_ended() {
    let stage = Stage::at("/workshop", "AllowClipboard: Yes\n  AllowUploads: Yes");
    let (session, mut ann) = stage.live();
    let [eve, kim] = ["eve", "kim"].map(|name| signed_in(&stage, name, "auditor"));
    let root = signed_in(&stage, "root", "admin");
    let bob = stage.portal.sign_in("bob", PASSWORD);
    company(&mut ann, "free", &[]);

    // Who may not, and what does not fit.
    let taken = json!({"hold": "taken"});
    let cases = [
        (&bob, "control", taken.clone(), 404),
        (&bob, "message", json!({"text": "hello"}), 404),
        (&bob, "end", Value::Null, 404),
        (&stage.ann, "control", taken.clone(), 403),
        (&stage.ann, "message", json!({"text": "hello"}), 403),
        (&stage.ann, "approval", json!({"approve": true}), 403),
        (&eve, "end", Value::Null, 403),
        (&eve, "approval", json!({"approve": true}), 403),
        (&root, "approval", json!({"approve": true}), 409),
        (&eve, "control", taken.clone(), 409),
        (&eve, "control", json!({"hold": "unwatched"}), 422),
        (&eve, "control", json!({"hold": "mine"}), 422),
        (&eve, "control", json!({}), 422),
        (&eve, "message", json!({"text": "  "}), 422),
        (&eve, "message", json!({"text": "x".repeat(501)}), 422),
        (&eve, "message", json!({"text": "two\nlines"}), 422),
    ];
    for (who, what, body, status) in cases {
        assert_eq!(asks(&stage, who, &session, what, &body), status, "{what} {body}");
    }
    assert_eq!(Viewer::join(&stage.portal, &bob, &session).err(), Some(404));

    // Who watches sees, and does nothing.
    let mut eves = Viewer::join(&stage.portal, &eve, &session).unwrap();
    let live = eves.note("live");
    assert_eq!((&live["uploads"], &live["downloads"]), (&json!(false), &json!(false)));
    eves.until("a picture", |viewer| !viewer.updates.is_empty());
    company(&mut ann, "free", &["eve"]);
    eves.click(100, 85);
    eves.send(&json!({"type": "end"}));
    eves.send(&json!({"type": "resize", "width": 600, "height": 400, "scale": 1.0}));
    eves.heard();
    ann.click(100, 35);
    ann.types("a");
    stage.until_told("field a");

    // Stopped: nobody's deeds pass, but what ann holds down she may let go.
    let shift = |down: bool| json!({"type": "key", "down": down, "key": "Shift", "code": "ShiftLeft", "windows": 16});
    ann.send(&shift(true));
    assert_eq!(holds(&stage, &eve, &session, "paused"), 204);
    company(&mut ann, "paused", &["eve"]);
    ann.send(&shift(false));
    ann.types("x");
    ann.click(100, 85);
    ann.heard();
    assert_eq!(holds(&stage, &eve, &session, "taken"), 204);
    company(&mut eves, "taken", &["eve"]);
    company(&mut ann, "taken", &["eve"]);
    ann.types("x");
    ann.heard();
    eves.types("b");
    stage.until_told("field ab");
    eves.click(100, 85);
    stage.until_told("go true");
    ann.until("the lamp", |viewer| viewer.shows(440, 60, [0, 200, 0]));

    // What is copied on the page is for the one whose session it is, and what eve says is for her, too.
    eves.click(100, 35);
    eves.press("a", "KeyA", 65, 2);
    eves.press("c", "KeyC", 67, 2);
    ann.until("the clipboard", |viewer| {
        viewer.last("clipboard").is_some_and(|note| note["text"] == "ab")
    });
    assert_eq!(asks(&stage, &eve, &session, "message", &json!({"text": "Please call me."})), 204);
    let said = ann.note("message");
    assert_eq!((&said["from"], &said["text"]), (&json!("eve"), &json!("Please call me.")));
    eves.note("message");
    assert_eq!(eves.last("clipboard"), None);

    // A line that is lost gives nothing back; somebody else who may lets it go on.
    drop(eves);
    company(&mut ann, "paused", &[]);
    ann.types("x");
    ann.heard();
    assert_eq!(holds(&stage, &eve, &session, "taken"), 409);
    assert_eq!(holds(&stage, &kim, &session, "free"), 204);
    company(&mut ann, "free", &[]);
    ann.press("End", "End", 35, 0);
    ann.types("c");
    stage.until_told("field abc");
    let told = stage.told();
    assert_eq!(told.iter().filter(|told| *told == "go true").count(), 1, "{told:?}");
    assert!(
        !told.iter().any(|told| told.contains('x') || told.starts_with("size 600")),
        "{told:?}"
    );

    // From the moment at which the end is asked for nothing is shown and nothing passes.
    assert_eq!(asks(&stage, &root, &session, "end", &Value::Null), 204);
    ann.note("ended");
    let ending = ann.notes.iter().position(|note| note["type"] == "ending").unwrap();
    assert_eq!(ann.notes[ending]["by"], "root");
    assert!(ann.updates.iter().all(|update| update.after <= ending), "no picture after it");
    assert_eq!(holds(&stage, &eve, &session, "paused"), 409);
    assert_eq!(asks(&stage, &eve, &session, "message", &json!({"text": "hello"})), 409);

    until_on_record(&stage, "eve", "WatchEnded");
    let done = deeds(&stage);
    let of = |who: &str| -> Vec<&str> {
        let ours = done.iter().filter(|(user, action)| user == who && action.contains("Session"));
        ours.map(|(_, action)| action.as_str()).collect()
    };
    let eves = ["WatchSession", "PauseSession", "TakeOverSession", "MessageSession"];
    assert_eq!((of("eve").as_slice(), of("kim").as_slice()), (&eves[..], &["ReleaseSession"][..]));
    let rows = stage.desk.record(&["--session", &session]);
    let said = rows.iter().find(|row| row["Action"] == "MessageSession").unwrap();
    assert_eq!(said["Account"], "local:web/site");
    assert_eq!(
        (&said["Details"]["of"], &said["Details"]["text"]),
        (&json!("ann"), &json!("Please call me."))
    );
}

#[test]
fn a_session_begins_once_somebody_else_has_approved_of_it() {
    let stage = Stage::at("/workshop", "RequireApprover: Yes");
    let [lee, max] = ["lee", "max"].map(|name| signed_in(&stage, name, "approver"));
    let bob = stage.portal.sign_in("bob", PASSWORD);
    let card = |who: &Visitor, session: &str| {
        stage.portal.read(Some(who), &format!("/api/v1/sessions/{session}"))
    };
    let yes = json!({"approve": true});

    // No: and why is told.
    let session = start(&stage.portal, &stage.ann);
    let mut viewer = Viewer::join(&stage.portal, &stage.ann, &session).unwrap();
    viewer.until("the wait", |viewer| {
        viewer
            .last("curtain")
            .is_some_and(|note| note["text"].as_str().unwrap().contains("approve"))
    });
    assert_eq!(card(&lee, &session).json()["stage"], "waiting");
    for (who, body, status) in [
        (&bob, yes.clone(), 404),
        (&stage.ann, yes.clone(), 403),
        (&lee, json!({}), 422),
        (&lee, json!({"approve": "yes"}), 422),
        (&lee, json!({"approve": false, "comment": "two\nlines"}), 422),
        (&lee, json!({"approve": false, "comment": "not on a Sunday"}), 204),
        (&max, yes.clone(), 409),
    ] {
        assert_eq!(asks(&stage, who, &session, "approval", &body), status, "{body}");
    }
    let ended = viewer.note("ended");
    let text = ended["text"].as_str().unwrap();
    assert!(ended["outcome"] == "refused" && text.contains("not on a Sunday"), "{ended}");
    assert_eq!(card(&lee, &session).status, 404, "an approver sees what waits");

    // An approver's own session has to be approved of by another.
    let lees = start(&stage.portal, &lee);
    assert_eq!(asks(&stage, &lee, &lees, "approval", &yes), 403);
    assert_eq!(asks(&stage, &lee, &lees, "end", &Value::Null), 204);

    // Yes.
    let session = start(&stage.portal, &stage.ann);
    let page = stage.portal.read(Some(&max), "/sessions").body;
    assert!(page.contains("Waiting for approval") && page.contains("a test"), "{page}");
    // What was closed meanwhile stays closed, and the session waits.
    let change = |what: &[&str]| {
        let line = [&["user", "change", "ann"], what].concat();
        assert_eq!(stage.desk.lab.run(&line).code, 0);
    };
    change(&["--no-accounts"]);
    assert_eq!(asks(&stage, &max, &session, "approval", &yes), 403);
    change(&["--accounts", "web/*"]);
    assert_eq!(asks(&stage, &max, &session, "approval", &yes), 204);
    let mut viewer = Viewer::join(&stage.portal, &stage.ann, &session).unwrap();
    viewer.note("live");
    viewer.send(&json!({"type": "end"}));
    viewer.note("ended");

    let rows = stage.desk.record(&[]);
    let of = |action: &str| -> Vec<&Value> {
        rows.iter().filter(|row| row["Action"] == action).collect()
    };
    let who = |action: &str| -> Vec<&str> {
        of(action).iter().map(|row| row["User"].as_str().unwrap()).collect()
    };
    assert_eq!(who("ApprovalRequested"), ["ann", "lee", "ann"]);
    assert_eq!((who("ApprovalDenied"), who("ApprovalGiven")), (vec!["lee"], vec!["max"]));
    let causes = of("ConnectRefused")
        .iter()
        .map(|row| row["Details"]["cause"].as_str().unwrap())
        .collect::<Vec<_>>();
    assert_eq!(causes, ["not-approved", "ended-unapproved"]);
    assert_eq!(who("Connect"), ["ann"], "no vault is asked before");
    assert_eq!(stage.desk.lab.run(&["activity", "verify"]).code, 0);

    // Where there is nobody else.
    for settings in ["RequireApprover: Yes", "RequireWatcher: Yes"] {
        stage.desk.connector(
            "site",
            "http://<address>/workshop",
            settings,
            "#welcome > (Validation) (SearchBy=css)\n",
        );
        let ended = stage.desk.lab.run(&["connect", "site", "--account", "web/site", "--headless"]);
        assert_eq!(ended.code, 4, "{}", ended.stderr);
        assert!(ended.stderr.contains("and the command line has none"), "{}", ended.stderr);
        assert!(ended.stderr.contains("open it at the portal"), "{}", ended.stderr);
    }
    let rows = stage.desk.record(&[]);
    let refused = rows.iter().filter(|row| row["Details"]["cause"] == "four-eyes").count();
    assert_eq!(refused, 2);
}

#[test]
fn an_approval_is_not_waited_for_without_end() {
    let stage = Stage::prepared(
        "/workshop",
        "RequireApprover: Yes",
        "#welcome > (Validation) (SearchBy=css)\n",
        |desk| {
            let file = desk.lab.path().join("doorward.yaml");
            let text = std::fs::read_to_string(&file).unwrap();
            desk.lab.write("doorward.yaml", format!("{text}portal:\n  approval: 1s\n"));
        },
        crate::lab::portal::Portal::start,
    );
    let session = stage.start();
    let mut viewer = Viewer::join(&stage.portal, &stage.ann, &session).unwrap();
    let ended = viewer.note("ended");
    assert!(ended["text"].as_str().unwrap().contains("nobody approved of this session"), "{ended}");
    let rows = stage.desk.record(&["--session", &session]);
    assert_eq!(rows.last().unwrap()["Details"]["cause"], "approval-expired", "{rows:#?}");
}

#[test]
fn what_wants_a_watcher_goes_on_only_while_somebody_watches() {
    let stage = Stage::at("/workshop", "RequireWatcher: Yes");
    let eve = signed_in(&stage, "eve", "auditor");
    let session = stage.start();
    let mut ann = Viewer::join(&stage.portal, &stage.ann, &session).unwrap();
    ann.note("live");
    company(&mut ann, "unwatched", &[]);
    ann.click(100, 85);
    ann.heard();
    assert!(ann.updates.is_empty());
    let mut eves = Viewer::join(&stage.portal, &eve, &session).unwrap();
    company(&mut ann, "free", &["eve"]);
    ann.until("a picture", |viewer| !viewer.updates.is_empty());
    eves.until("a picture", |viewer| !viewer.updates.is_empty());
    ann.click(100, 35);
    ann.types("a");
    stage.until_told("field a");
    drop(eves);
    company(&mut ann, "unwatched", &[]);
    let seen = ann.updates.len();
    ann.types("x");
    ann.heard();
    let mut eves = Viewer::join(&stage.portal, &eve, &session).unwrap();
    company(&mut ann, "free", &["eve"]);
    eves.note("live");
    ann.types("b");
    stage.until_told("field ab");
    let told = stage.told();
    assert!(!told.iter().any(|told| told.contains('x') || told == "go true"), "{told:?}");
    let gap = ann.updates.iter().skip(seen).all(|update| {
        ann.notes[..update.after].iter().rev().find(|note| note["type"] == "company").unwrap()["hold"] == "free"
    });
    assert!(gap, "no picture while nobody watches");
}
