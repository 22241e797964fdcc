//! A session that is recorded: what is in the recording, and what is not.

use data_encoding::BASE64;
use doorward::stream::Canvas;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{SHOWN, file, flip, list, moments, plain, rows, stage, verify};
use crate::lab::desk::ROWS;
use crate::lab::portal::Portal;
use crate::lab::viewer::Viewer;
use crate::lab::wait;
use crate::live::Stage;

/// The picture that a recording ends with.
pub(super) fn last_picture(lines: &str) -> Canvas {
    let mut canvas = Canvas::default();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if line["kind"] == "picture" {
            let update = BASE64.decode(line["update"].as_str().unwrap().as_bytes()).unwrap();
            canvas.draw(&update).unwrap();
        }
    }
    canvas
}

pub(super) fn colour(canvas: &Canvas, x: usize, y: usize) -> [u8; 3] {
    let at = (y * canvas.size().0 + x) * 3;
    canvas.pixels()[at..at + 3].try_into().unwrap()
}

#[test]
fn what_a_person_does_and_sees_is_in_the_recording() {
    let stage = stage("/workshop", "AllowClipboard: Yes\nAllowDownloads: Yes", SHOWN, "");
    let (session, mut viewer) = stage.live();
    let lab = &stage.desk.lab;
    viewer.click(100, 35);
    viewer.types("abc");
    stage.until_told("field abc");
    viewer.send(&json!({"type": "text", "text": "é日"}));
    stage.until_told("field abcé日");
    viewer.send(&json!({"type": "paste", "text": "secret-of-the-clipboard"}));
    stage.until_told("field abcé日secret-of-the-clipboard");
    viewer.click(100, 85);
    stage.until_told("go true");
    viewer.until("the lamp to change", |viewer| viewer.shows(440, 60, [0, 200, 0]));
    viewer.click(100, 135);
    viewer.note("choices");
    viewer.send(&json!({"type": "choose", "index": 3}));
    stage.until_told("list four");
    viewer.click(100, 185);
    viewer.note("dialog");
    viewer.send(&json!({"type": "answer", "accept": true, "text": "that"}));
    stage.until_told("answer that");
    viewer.click(100, 385);
    viewer.note("download");
    assert_eq!(list(lab)[0]["State"], "live");
    let so_far = verify(lab);
    assert!(so_far.code == 0 && so_far.stdout.contains("whole so far"), "{so_far:?}");
    // What it shows comes to be what the viewer sees, exactly: nothing moves any more.
    viewer.until("the exact colour", |viewer| viewer.colour(440, 60) == Some([0, 200, 0]));
    let places = || (0..900).step_by(7).flat_map(|x| (0..500).step_by(5).map(move |y| (x, y)));
    let seen = |viewer: &Viewer| {
        let canvas = last_picture(&plain(lab, &session));
        let same = |(x, y)| {
            let (one, two) = (colour(&canvas, x, y), viewer.colour(x, y).unwrap());
            one.iter().zip(two).all(|(one, two)| one.abs_diff(two) < 8)
        };
        canvas.size() == viewer.size() && places().all(same)
    };
    viewer.until("the same picture", |viewer| seen(viewer));
    viewer.send(&json!({"type": "end"}));
    viewer.note("ended");

    let told = moments(lab, &session);
    for expected in [
        "title: Workshop",
        "click: left at 100,35",
        "typed: abcé日",
        "pasted: 23 characters",
        "chosen: four",
        "dialog: prompt: Which?",
        "answer: accepted: that",
        "download: saved.txt",
        "end: the session was ended by ann",
    ] {
        assert!(told.iter().any(|told| told == expected), "{expected}: {told:#?}");
    }
    assert!(
        told.iter().any(|told| told.starts_with("url: http://") && told.ends_with("/workshop"))
    );
    let lines = plain(lab, &session);
    assert!(!lines.contains("secret-of-the-clipboard"));
    let canvas = last_picture(&lines);
    assert!(
        colour(&canvas, 440, 60).iter().zip([0, 200, 0]).all(|(one, two)| one.abs_diff(two) < 8)
    );
    // Black on white, as text is: nothing of it was blurred away.
    let dark =
        (600..800).any(|x| (20..60).any(|y| colour(&canvas, x, y).iter().all(|part| *part < 60)));
    assert!(dark, "the heading is not there");

    let verified = verify(lab);
    assert!(verified.code == 0 && verified.stdout.contains("  whole; "), "{verified:?}");
    assert_eq!(list(lab)[0]["State"], "sealed");
    let begun = rows(&stage.desk, "RecordingBegun");
    assert!(begun[0].1["recipients"].as_str().unwrap().starts_with("age1"), "{begun:?}");
    let sealed = rows(&stage.desk, "RecordingSealed");
    assert_eq!(sealed.last().unwrap().0, "whole", "{sealed:?}");
    assert_eq!(lab.run(&["activity", "verify"]).code, 0);

    flip(&file(lab, &session), -40);
    let altered = verify(lab);
    assert_eq!(altered.code, 7, "{altered:?}");
    assert!(altered.stdout.contains(" was changed"), "{altered:?}");
    std::fs::remove_file(file(lab, &session)).unwrap();
    let gone = verify(lab);
    assert!(gone.code == 7 && gone.stdout.contains("its file is missing"), "{gone:?}");
}

#[test]
fn what_is_typed_where_a_secret_belongs_is_masked() {
    let stage = stage("/fields", "", SHOWN, "");
    let (session, mut viewer) = stage.live();
    let lab = &stage.desk.lab;
    // Each field at its place, with what is typed into it, and whether it may be known.
    let fields = [
        (35, "open1", true),
        (85, "hush2", false),
        (135, "hush3", false),
        (185, "hush4", false),
        (235, "hush5", false),
        (285, "hush6", false),
        (335, "open7", true),
    ];
    for (y, text, _) in fields {
        viewer.click(100, y);
        viewer.types(text);
        stage.site.wait_until(text, |site| {
            let notes = site.notes("fields");
            notes.iter().any(|note| note.value("what").is_some_and(|what| what.ends_with(text)))
        });
    }
    // From one field to the next without a pause, as people type.
    viewer.click(100, 35);
    viewer.press("Tab", "Tab", 9, 0);
    viewer.types("hush8");
    stage.site.wait_until("hush8", |site| {
        let notes = site.notes("fields");
        notes.iter().any(|note| note.value("what").is_some_and(|what| what.ends_with("hush8")))
    });
    viewer.send(&json!({"type": "end"}));
    viewer.note("ended");
    let told = moments(lab, &session);
    for (_, text, may) in fields {
        let expected = format!("typed: {text}");
        assert_eq!(told.contains(&expected), may, "{text}: {told:#?}");
    }
    assert!(told.iter().any(|told| told == "typed: •••••"), "{told:#?}");
    let lines = plain(lab, &session);
    assert!(!lines.contains("hush"), "a text of a secret field");
    // Key by key: none of the letters that were typed into them alone.
    for line in lines.lines().filter(|line| line.contains("\"deed\"")) {
        let line: Value = serde_json::from_str(line).unwrap();
        let key = line["deed"]["key"].as_str().unwrap_or_default();
        assert!(!matches!(key, "h" | "u" | "s"), "{line}");
    }
}

#[test]
fn nothing_of_the_sign_in_is_recorded() {
    let stage = stage("/plain", "", ROWS, "");
    let (session, mut viewer) = stage.live();
    viewer.send(&json!({"type": "end"}));
    viewer.note("ended");
    let lines = plain(&stage.desk.lab, &session);
    assert!(!lines.contains(crate::site::PASSWORD));
    let kinds: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let first = kinds.iter().position(|line| line["kind"] == "picture").unwrap();
    let live = kinds.iter().position(|line| line["note"]["type"] == "live").unwrap();
    assert!(live < first, "a picture before the curtain was up");
    assert!(!lines.contains("\"curtain\""));
    // A sign-in that fails leaves no recording at all.
    let stage = self::stage("/plain?error=password", "", ROWS, "");
    let session = stage.start();
    let mut viewer = crate::lab::viewer::Viewer::join(&stage.portal, &stage.ann, &session).unwrap();
    viewer.note("ended");
    assert!(wait(|| !file(&stage.desk.lab, &session).exists()), "something is left of it");
    assert_eq!(list(&stage.desk.lab), Vec::<Value>::new());
    assert_eq!(verify(&stage.desk.lab).code, 0);
}

#[test]
fn what_a_broker_leaves_that_was_killed_is_readable() {
    let stage = stage("/workshop", "", SHOWN, "");
    let (session, mut viewer) = stage.live();
    viewer.click(100, 35);
    viewer.types("abc");
    stage.until_told("field abc");
    let lab = &stage.desk.lab;
    // Not before it is on the disk.
    assert!(wait(|| moments(lab, &session).iter().any(|told| told == "typed: abc")));
    let Stage { desk, portal, site, ann } = stage;
    kill_process(Pid::from_raw(portal.id().try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
    drop((viewer, portal));
    let lab = &desk.lab;
    assert!(wait(|| list(lab)[0]["State"] == "unsealed"), "{:?}", list(lab));
    let verified = verify(lab);
    assert_eq!(verified.code, 7, "{verified:?}");
    assert!(verified.stdout.contains("never sealed, for the broker died"), "{verified:?}");
    assert!(moments(lab, &session).iter().any(|told| told == "typed: abc"));
    // The next start closes the session, and leaves the recording as it is.
    let portal = Portal::start(lab);
    assert!(desk.record(&[]).iter().any(|row| row["Outcome"] == "interrupted"));
    assert!(file(lab, &session).exists());
    drop((site, ann, portal));
}
