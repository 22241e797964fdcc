//! The files of a live session: what pages save and print, what people give them, and what is left of it.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::Stage;
use crate::lab::desk::Desk;
use crate::lab::portal::{Answer, Portal, Visitor};
use crate::lab::viewer::Viewer;
use crate::lab::wait;

const FILE: u32 = 335;
const SAVE: u32 = 385;
const PRINT: u32 = 435;
const ODD: u32 = 485;

/// What the person is sent when they ask for the file of a note.
fn had(portal: &Portal, visitor: &Visitor, session: &str, note: &Value) -> Answer {
    let id = note["id"].as_str().unwrap();
    portal.read(Some(visitor), &format!("/api/v1/sessions/{session}/files/{id}"))
}

/// Files as a form sends them, by name and text; names as they stand in the header.
fn given(
    portal: &Portal,
    visitor: &Visitor,
    session: &str,
    files: &[(&str, &str)],
    csrf: &str,
) -> Answer {
    let mut body = String::new();
    for (name, text) in files {
        body.push_str(&format!(
            "--b0undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: text/plain\r\n\r\n{text}\r\n"
        ));
    }
    body.push_str("--b0undary--\r\n");
    let headers = [
        ("origin", portal.url.as_str()),
        ("content-type", "multipart/form-data; boundary=b0undary"),
        ("x-csrf-token", csrf),
        ("cookie", visitor.cookie.as_str()),
    ];
    portal.ask("POST", &format!("/api/v1/sessions/{session}/files"), &headers, &body)
}

/// The files told so far.
fn downloads(viewer: &Viewer) -> Vec<Value> {
    viewer.notes.iter().filter(|note| note["type"] == "download").cloned().collect()
}

/// Waits until `count` files have been told, and returns the last one.
fn download(viewer: &mut Viewer, count: usize) -> Value {
    viewer.until("a file", |viewer| downloads(viewer).len() >= count);
    downloads(viewer).pop().unwrap()
}

/// What is in the folder of all files.
fn left(desk: &Desk) -> usize {
    std::fs::read_dir(desk.lab.path().join("state/files")).map_or(0, Iterator::count)
}

/// The details of the rows with this action.
fn rows(desk: &Desk, action: &str) -> Vec<Value> {
    let rows = desk.record(&[]).into_iter().filter(|row| row["Action"] == action);
    rows.map(|row| row["Details"].clone()).collect()
}

/// Waits for a notice with these words.
fn notice(viewer: &mut Viewer, words: &str) {
    viewer.until(words, |viewer| {
        viewer
            .notes
            .iter()
            .any(|note| note["type"] == "notice" && note["text"].as_str().unwrap().contains(words))
    });
}

#[test]
fn what_a_page_saves_its_person_can_have_and_nobody_else() {
    let stage = Stage::at("/workshop", "AllowDownloads: Yes");
    let (session, mut viewer) = stage.live();
    let Stage { portal, ann, desk, .. } = &stage;
    viewer.click(100, SAVE);
    let first = download(&mut viewer, 1);
    assert_eq!(first["name"], "saved.txt");
    let answer = had(portal, ann, &session, &first);
    assert_eq!((answer.status, answer.body.as_str()), (200, "what was saved\n"));
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("content-disposition", "attachment; filename=\"saved.txt\"; filename*=UTF-8''saved.txt"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("content-length", "15"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }

    // A second file of that name is another file.
    viewer.click(100, SAVE);
    let second = download(&mut viewer, 2);
    assert_ne!(first["id"], second["id"]);
    assert_eq!(had(portal, ann, &session, &first).body, "what was saved\n");
    assert_eq!(had(portal, ann, &session, &second).body, "what was saved\n");

    // A name of the site's making is a name and no more.
    viewer.click(100, ODD);
    let odd = download(&mut viewer, 3);
    let name = odd["name"].as_str().unwrap();
    assert!(!name.is_empty() && !name.contains(['/', '\\', '"', '\n', '\r']), "{name}");
    let answer = had(portal, ann, &session, &odd);
    assert_eq!((answer.status, answer.body.as_str()), (200, "odd\n"));
    assert!(answer.header("content-disposition").starts_with("attachment; "), "{answer:?}");

    // Who comes later is told of them, too.
    let mut other = Viewer::join(portal, ann, &session).unwrap();
    assert_eq!(download(&mut other, 3), odd);

    let bob = portal.sign_in("bob", super::PASSWORD);
    assert_eq!(had(portal, &bob, &session, &first).status, 404);
    assert!(rows(desk, "Denied").iter().any(|row| row.to_string().contains("another person")));
    for id in ["x", "..", "..%2Fsaved", "%2Fetc%2Fpasswd", "print-1"] {
        let path = format!("/api/v1/sessions/{session}/files/{id}");
        assert_eq!(portal.read(Some(ann), &path).status, 404, "{id}");
    }
    let saved = rows(desk, "Downloaded");
    assert_eq!(saved.len(), 3, "{saved:?}");
    assert!(saved.iter().all(|row| row.to_string().contains("bytes")), "{saved:?}");
    assert!(saved.iter().any(|row| row.to_string().contains("/saved.txt")), "{saved:?}");

    let path = format!("/api/v1/sessions/{session}");
    assert_eq!(portal.act(ann, "DELETE", &path, "").status, 204);
    assert_eq!(had(portal, ann, &session, &first).status, 404);
    assert_eq!(left(desk), 0);
}

#[test]
fn a_page_is_given_the_files_that_it_asked_for() {
    let stage = Stage::at("/workshop", "AllowUploads: Yes");
    let (session, mut viewer) = stage.live();
    let Stage { portal, ann, desk, .. } = &stage;
    let send = |files: &[(&str, &str)]| given(portal, ann, &session, files, &ann.csrf);
    // Nobody has asked. That it is larger than other requests may be is not what is wrong.
    let answer = send(&[("a.txt", &"a".repeat(100_000))]);
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.json()["help"].as_str().unwrap().contains("button"), "{}", answer.body);

    viewer.click(100, FILE);
    assert_eq!(viewer.note("upload")["multiple"], false);
    let bob = portal.sign_in("bob", super::PASSWORD);
    assert_eq!(given(portal, &bob, &session, &[("a", "a")], &bob.csrf).status, 404);
    assert_eq!(given(portal, ann, &session, &[("a", "a")], "").status, 403);
    for (files, status) in [(&[][..], 422), (&[("", "")], 422), (&[("a", "a"), ("b", "b")], 422)] {
        assert_eq!(send(files).status, status, "{files:?}");
    }
    let path = format!("/api/v1/sessions/{session}/files");
    assert_eq!(portal.act(ann, "POST", &path, "{}").status, 415);

    // Nothing of it has come to the page.
    assert!(!stage.told().iter().any(|told| told.starts_with("file")), "{:?}", stage.told());
    let answer = send(&[("../../x", "first")]);
    assert_eq!(answer.status, 204, "{}", answer.body);
    stage.until_told("file x first");
    assert_eq!(send(&[("y", "late")]).status, 409, "it has what it asked for");

    let before = viewer.notes.len();
    viewer.click(100, FILE);
    viewer.until("the next question", |viewer| {
        viewer.notes[before..].iter().any(|note| note["type"] == "upload")
    });
    assert_eq!(send(&[(r#"a\"b'c.txt"#, "second")]).status, 204);
    stage.until_told("file a_b_c.txt second");
    let given = rows(desk, "Uploaded");
    assert_eq!(given.len(), 2, "{given:?}");
    assert!(given.iter().any(|row| row.to_string().contains("a_b_c.txt")), "{given:?}");
    viewer.send(&serde_json::json!({"type": "end"}));
    viewer.note("ended");
    assert_eq!(left(desk), 0);
    assert_eq!(send(&[("z", "over")]).status, 409);
}

#[test]
fn a_page_is_printed_for_a_person_and_for_itself() {
    let stage = Stage::at("/workshop", "AllowPrint: Yes");
    let (session, mut viewer) = stage.live();
    viewer.send(&serde_json::json!({"type": "print"}));
    let first = download(&mut viewer, 1);
    viewer.click(100, PRINT);
    let second = download(&mut viewer, 2);
    assert_ne!(first["id"], second["id"]);
    for note in [&first, &second] {
        assert_eq!(note["name"], "Workshop.pdf");
        let answer = had(&stage.portal, &stage.ann, &session, note);
        assert!(answer.body.starts_with("%PDF-"), "{}", answer.status);
    }
    assert_eq!(rows(&stage.desk, "Printed").len(), 2);
}

#[test]
fn what_the_connector_does_not_allow_is_not_done() {
    let stage = Stage::at("/workshop", "");
    let (session, mut viewer) = stage.live();
    let Stage { portal, ann, desk, .. } = &stage;
    viewer.click(100, SAVE);
    notice(&mut viewer, "does not allow saving files");
    viewer.click(100, FILE);
    notice(&mut viewer, "does not allow sending files");
    viewer.click(100, PRINT);
    notice(&mut viewer, "does not allow printing");
    let before = viewer.notes.len();
    viewer.send(&serde_json::json!({"type": "print"}));
    viewer.until("the same for a person", |viewer| {
        viewer.notes[before..].iter().any(|note| note["type"] == "notice")
    });
    let answer = given(portal, ann, &session, &[("a", "a")], &ann.csrf);
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(answer.json()["help"].as_str().unwrap().contains("AllowUploads"), "{}", answer.body);
    let denied = rows(desk, "Denied");
    assert!(denied.iter().any(|row| row.to_string().contains("uploads")), "{denied:?}");
    for action in ["DownloadDenied", "UploadDenied", "PrintDenied"] {
        assert!(!rows(desk, action).is_empty(), "{action}");
    }
    for action in ["Downloaded", "Uploaded", "Printed"] {
        assert!(rows(desk, action).is_empty(), "{action}");
    }
    assert_eq!(downloads(&viewer), Vec::<Value>::new());
}

#[test]
fn the_files_of_a_broker_that_was_killed_go_with_the_next_start() {
    let stage = Stage::at("/workshop", "AllowDownloads: Yes");
    let (_, mut viewer) = stage.live();
    viewer.click(100, SAVE);
    download(&mut viewer, 1);
    let Stage { desk, portal, site, ann } = stage;
    kill_process(Pid::from_raw(portal.id().try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
    drop((viewer, portal));
    assert!(wait(|| desk.processes().is_empty()), "{:?}", desk.processes());
    assert_eq!(left(&desk), 1, "it could not clear up after itself");
    let portal = Portal::start(&desk.lab);
    assert_eq!(left(&desk), 0);
    drop((site, ann, portal));
}
