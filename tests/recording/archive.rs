//! The archive of the portal: who may watch which recording, with which key, and what is told of one that was altered.
//! No browser is needed: the recordings are made here.

use std::path::Path;
use std::sync::Arc;

use doorward::activity::{Action, Event, Store};
use doorward::name::SessionId;
use doorward::recording::{self, About, Entry, Folder, Recipient, Seal, Writer};
use doorward::stream::{Canvas, Deed, Key, Modifiers, Note, Picture, Sight, Tab};
use serde_json::{Value, json};

use super::{file, flip, locked, new_key, record_to, rows};
use crate::lab::desk::Desk;
use crate::lab::portal::{Portal, Visitor};
use crate::portal::{PASSWORD, add, desk};

/// The passphrase of an identity.
const PASSPHRASE: &str = "a passphrase of several words";

/// A desk with the auditor eve, whose `auditor.key` opens what is recorded.
fn archive(settings: &str) -> (Desk, Recipient) {
    let desk = desk();
    add(&desk.lab, &["eve", "--role", "auditor"]);
    record_to(&desk.lab, settings);
    let text = identity(&desk, "auditor.key");
    let public = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    (desk, public.parse().unwrap())
}

fn identity(desk: &Desk, name: &str) -> String {
    std::fs::read_to_string(desk.lab.path().join(name)).unwrap()
}

/// A whole picture of one colour, and the canvas that it makes.
fn picture(colour: [u8; 3]) -> (Arc<[u8]>, Canvas) {
    let mut jpeg = Vec::new();
    let pixels = colour.repeat(64 * 48);
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 90);
    encoder.encode(&pixels, 64, 48, jpeg_encoder::ColorType::Rgb).unwrap();
    let mut picture = Picture::default();
    picture.take(jpeg.into()).unwrap();
    let bytes = picture.cut(&mut Sight::default(), 0).unwrap().encode().bytes;
    let mut canvas = Canvas::default();
    canvas.draw(&bytes).unwrap();
    (bytes, canvas)
}

const RED: [u8; 3] = [200, 0, 0];
const GREEN: [u8; 3] = [0, 200, 0];

fn typed(text: &str) -> impl Iterator<Item = Entry> {
    text.chars().map(|letter| {
        Entry::Deed(Deed::Key(Key {
            down: true,
            key: letter.to_string(),
            code: String::new(),
            windows: 0,
            location: 0,
            repeat: false,
            modifiers: Modifiers::default(),
            number: 0,
        }))
    })
}

fn page(title: &str, url: &str) -> Entry {
    let tab = Tab { id: "1".into(), title: title.into(), url: url.into(), loading: false };
    Entry::Note(Note::Tabs { tabs: vec![tab], active: "1".into() })
}

/// A recorded session of ann's, on record: red, `needle` typed, and from 60 s on green.
fn recorded(desk: &Desk, to: &Recipient) -> String {
    let session = SessionId::fresh();
    let folder = Folder::of(&desk.lab.path().join("state"));
    let about = About {
        session: session.to_string(),
        began: "2026-11-22T10:00:00Z".into(),
        user: "ann".into(),
        account: "local:web/site".into(),
        connector: "site".into(),
    };
    let to = std::slice::from_ref(to);
    let mut writer = Writer::create(folder.path(), session, about, to).unwrap();
    let first = writer.seal();
    writer.add(2_000, &page("Start", "http://site/start")).unwrap();
    writer.add(2_100, &Entry::Whole(picture(RED).0)).unwrap();
    for entry in typed("needle") {
        writer.add(10_000, &entry).unwrap();
    }
    writer.add(20_000, &Entry::Note(Note::Notice { text: "in between".into() })).unwrap();
    writer.add(59_000, &page("Invoices", "http://site/invoices")).unwrap();
    writer.add(60_000, &Entry::Whole(picture(GREEN).0)).unwrap();
    writer.add(70_000, &Entry::Note(Note::Notice { text: "late".into() })).unwrap();
    let last = writer.finish(80_000).unwrap();
    on_record(desk, session, Action::RecordingBegun, recording::begun(to, &first));
    on_record(desk, session, Action::RecordingSealed, sealed(&last));
    session.to_string()
}

fn sealed(seal: &Seal) -> Vec<(String, String)> {
    recording::sealed(seal)
}

fn on_record(desk: &Desk, session: SessionId, action: Action, details: Vec<(String, String)>) {
    let event = Event {
        time: "2026-11-22T10:00:01Z".parse().unwrap(),
        session: Some(session),
        user: "ann".parse().unwrap(),
        action,
        account: Some("local:web/site".parse().unwrap()),
        connector: "site".into(),
        address: String::new(),
        reason: String::new(),
        client_address: "127.0.0.1".into(),
        outcome: if action == Action::RecordingSealed { "whole".into() } else { String::new() },
        details,
    };
    let state = desk.lab.path().join("state");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&state).await.unwrap();
        store.append(&[event]).await.unwrap();
        store.close().await.unwrap();
    });
}

/// A slice, taken apart: its head, the times of its entries, the canvas that its pictures make.
fn slice(portal: &Portal, visitor: &Visitor, path: &str) -> (Value, Vec<u32>, Canvas) {
    let answer = portal.read(Some(visitor), path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    let number = |at: usize| u32::from_le_bytes(answer.bytes[at..at + 4].try_into().unwrap());
    let (mut head, mut times, mut canvas, mut at) = (Value::Null, Vec::new(), Canvas::default(), 0);
    while at < answer.bytes.len() {
        let (time, kind, length) = (number(at), answer.bytes[at + 4], number(at + 5) as usize);
        let bytes = &answer.bytes[at + 9..at + 9 + length];
        match kind {
            0 => head = serde_json::from_slice(bytes).unwrap(),
            1 | 2 => canvas.draw(bytes).unwrap(),
            3..=5 => assert!(serde_json::from_slice::<Value>(bytes).unwrap().is_object()),
            _ => panic!("kind {kind}"),
        }
        if kind > 0 {
            times.push(time);
        }
        at += 9 + length;
    }
    (head, times, canvas)
}

fn unlock(
    portal: &Portal,
    visitor: &Visitor,
    identity: &str,
    passphrase: Option<&str>,
) -> (u16, String) {
    let body = match passphrase {
        Some(passphrase) => json!({"identity": identity, "passphrase": passphrase}),
        None => json!({"identity": identity}),
    };
    let answer = portal.act(visitor, "PUT", "/api/v1/me/recording-key", &body.to_string());
    (answer.status, answer.body)
}

#[test]
fn a_recording_is_watched_by_those_who_may_with_a_key_that_opens_it() {
    let (desk, public) = archive("");
    let session = recorded(&desk, &public);
    new_key(&desk.lab, "other.key");
    let portal = Portal::start(&desk.lab);
    let [ann, eve, root] = ["ann", "eve", "root"].map(|name| portal.sign_in(name, PASSWORD));
    let path = format!("/api/v1/recordings/{session}");
    let (play, verify) = (format!("{path}/play?from=0"), format!("{path}/verify"));
    let moments = format!("{path}/moments");

    // Not even their own, where nobody lets them: as if there were none, and on record.
    for asked in [&path, &play, &moments, &format!("/recordings/{session}")] {
        assert_eq!(portal.read(Some(&ann), asked).status, 404, "{asked}");
    }
    assert_eq!(portal.act(&ann, "POST", &verify, "").status, 404);
    let denied = rows(&desk, "Denied");
    assert_eq!(denied.len(), 5, "{denied:?}");
    assert!(denied.iter().all(|(_, details)| details["cause"] == "recording"), "{denied:?}");
    let list = |visitor: &Visitor, query: &str| -> Vec<Value> {
        let listed = portal.read(Some(visitor), &format!("/api/v1/recordings{query}"));
        assert_eq!(listed.status, 200, "{query}: {}", listed.body);
        listed.json()["recordings"].as_array().unwrap().clone()
    };
    assert!(list(&ann, "").is_empty());
    for (query, count) in [
        ("", 1),
        ("?account=WEB/s", 1),
        ("?account=shop", 0),
        ("?user=ann&connector=site", 1),
        ("?user=bob", 0),
        ("?since=2026-11-22&until=2026-11-22", 1),
        ("?since=2026-11-23", 0),
        ("?until=2026-11-22T10:00:01Z", 0),
        (&format!("?before={session}"), 0),
    ] {
        assert_eq!(list(&eve, query).len(), count, "{query}");
    }
    assert_eq!(portal.read(Some(&eve), "/api/v1/recordings?since=soon").status, 422);
    let card = &list(&eve, "")[0];
    assert_eq!(
        (&card["state"], &card["length"], &card["starts"]),
        (&json!("sealed"), &json!(80_000), &json!(2_000))
    );

    // Nothing opens before there is a key, and the chain can be checked all the same.
    for asked in [&play, &moments] {
        let locked = portal.read(Some(&eve), asked);
        assert!(locked.status == 423 && locked.body.contains("recording-key"), "{}", locked.body);
    }
    let checked = portal.act(&eve, "POST", &verify, "").json();
    assert_eq!((&checked["whole"], &checked["opened"]), (&json!(true), &json!(false)), "{checked}");
    assert!(portal.read(Some(&eve), "/recordings").body.contains("data-unlock"));
    let plain = identity(&desk, "auditor.key");
    let (bytes, text) = locked(&plain, PASSPHRASE);
    let bytes = String::from_utf8_lossy(&bytes).into_owned();
    for (identity, passphrase, expected) in [
        ("", None, "holds no keys"),
        (public.to_string().as_str(), None, "public key in line 1"),
        (&plain[..plain.len() - 9], None, "no secret key in line 3"),
        (
            &identity(&desk, "other.key"),
            None,
            "opens none of the recordings: its public key is age1",
        ),
        (&text, None, "is locked by a passphrase"),
        (&text, Some("another"), "passphrase does not open"),
        (&bytes, Some(PASSPHRASE), "damaged"),
    ] {
        let (status, said) = unlock(&portal, &eve, identity, passphrase);
        assert!(status == 422 && said.contains(expected) && said.contains("\"help\":\""), "{said}");
        assert!(!said.contains("SECRET-KEY-1") || said.contains("1…"), "{said}");
        assert_eq!(portal.read(Some(&eve), &play).status, 423);
    }
    assert_eq!(unlock(&portal, &ann, &plain, None).0, 403);
    let (status, said) = unlock(&portal, &eve, &text, Some(PASSPHRASE));
    assert!(status == 200 && said.contains(&public.to_string()), "{status} {said}");

    // A time is shown by what was drawn up to then, and the next slice goes on where this one ends.
    let (head, times, canvas) = slice(&portal, &eve, &format!("{path}/play?from=30000"));
    assert_eq!(canvas, picture(RED).1);
    assert!(times[0] == 2_100 && times.iter().all(|time| *time <= 40_000), "{times:?}");
    assert_eq!((&head["until"], &head["end"]), (&json!(59_000), &json!(false)), "{head}");
    let next = format!("{path}/play?piece={}", head["next"]);
    let (head, times, canvas) = slice(&portal, &eve, &next);
    assert_eq!((canvas, times[0]), (picture(GREEN).1, 59_000));
    assert_eq!((&head["until"], &head["length"]), (&json!(70_000), &json!(80_000)), "{head}");
    let (head, _, canvas) = slice(&portal, &eve, &format!("{path}/play?from=75000&for=600000"));
    assert_eq!((canvas, &head["end"]), (picture(GREEN).1, &json!(true)), "{head}");
    let find = |query: &str| -> Vec<(u64, String)> {
        let found = portal.read(Some(&eve), &format!("{moments}?{query}"));
        assert_eq!(found.status, 200, "{}", found.body);
        let found = found.json()["moments"].as_array().unwrap().clone();
        let one = |found: &Value| {
            (found["time"].as_u64().unwrap(), found["text"].as_str().unwrap().to_owned())
        };
        found.iter().map(one).collect()
    };
    assert_eq!(find("find=NEEDLE"), [(10_000, "needle".into())]);
    assert_eq!(find("find=/invoices&what=url"), [(59_000, "http://site/invoices".into())]);
    assert_eq!(find("find=nothing+of+this"), []);
    assert_eq!(find("").len(), 7);
    assert_eq!(portal.read(Some(&eve), &format!("{moments}?what=nonsense")).status, 422);
    let checked = portal.act(&eve, "POST", &verify, "").json();
    assert_eq!((&checked["whole"], &checked["opened"]), (&json!(true), &json!(true)), "{checked}");

    // The key is of this sign-in alone, until it ends.
    let again = portal.sign_in("eve", PASSWORD);
    for other in [&again, &root] {
        assert_eq!(portal.read(Some(other), &play).status, 423);
    }
    assert_eq!(portal.act(&eve, "DELETE", "/api/v1/me/recording-key", "").status, 204);
    assert_eq!(portal.read(Some(&eve), &play).status, 423);
    assert_eq!(unlock(&portal, &eve, &plain, None).0, 200);
    assert_eq!(portal.read(Some(&eve), &play).status, 200);

    // Who watched what is on record, once for each who goes on watching.
    let opened = desk.record(&["--account", "web/site"]);
    let opened: Vec<_> = opened.iter().filter(|row| row["Action"] == "ReplayRecording").collect();
    assert_eq!(opened.len(), 1, "{opened:#?}");
    assert_eq!((&opened[0]["User"], &opened[0]["SessionId"]), (&json!("eve"), &json!(session)));
    assert_eq!(
        (&opened[0]["Details"]["of"], &opened[0]["ClientAddress"]),
        (&json!("ann"), &json!("127.0.0.1"))
    );
    let checks = rows(&desk, "VerifyRecording");
    assert_eq!(
        checks.iter().map(|(outcome, _)| outcome.as_str()).collect::<Vec<_>>(),
        ["whole", "whole"]
    );
    let unlocked: Vec<String> =
        rows(&desk, "UnlockRecordings").into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(unlocked.len(), 9, "{unlocked:?}");
    assert_eq!(unlocked.iter().filter(|outcome| *outcome == "unlocked").count(), 2);
    assert_eq!(desk.lab.run(&["activity", "verify"]).code, 0);
}

#[test]
fn a_recording_that_was_altered_is_told_where_and_what_is_left_is_played() {
    let (desk, public) = archive("  identity: auditor.key\n");
    let altered: [(&str, Alter); 5] = [
        ("piece 1 (at 0:00:02) was changed", |path| flip(path, at(path, 1) + 100)),
        ("cut off at the end, after 0:00:20", |path| {
            let bytes = std::fs::read(path).unwrap();
            std::fs::write(path, &bytes[..usize::try_from(at(path, 5)).unwrap()]).unwrap();
        }),
        ("stands in the place of piece", |path| {
            let pieces = pieces(path);
            let order = [0, 1, 4, 3, 2, 5, 6, 7];
            let all: Vec<u8> = order.iter().flat_map(|at| pieces[*at].clone()).collect();
            std::fs::write(path, all).unwrap();
        }),
        ("pieces 3 to 4 were removed", |path| {
            let pieces = pieces(path);
            std::fs::write(path, [&pieces[..3], &pieces[5..]].concat().concat()).unwrap();
        }),
        ("its file is missing", |path| std::fs::remove_file(path).unwrap()),
    ];
    let sessions: Vec<String> = altered.iter().map(|_| recorded(&desk, &public)).collect();
    let other = recorded(&desk, &public);
    // The key of the configuration opens them for whoever may.
    let portal = Portal::start(&desk.lab);
    let eve = portal.sign_in("eve", PASSWORD);
    for (session, (expected, alter)) in sessions.iter().zip(altered) {
        alter(&file(&desk.lab, session));
        let path = format!("/api/v1/recordings/{session}");
        let checked = portal.act(&eve, "POST", &format!("{path}/verify"), "").json();
        assert_eq!(checked["whole"], false, "{expected}: {checked}");
        assert!(checked["breaks"].to_string().contains(expected), "{expected}: {checked}");
        if expected == "its file is missing" {
            let gone = portal.read(Some(&eve), &format!("{path}/play?from=0"));
            assert!(gone.status == 410 && gone.body.contains("missing"), "{}", gone.body);
            assert_eq!(portal.read(Some(&eve), &format!("/recordings/{session}")).status, 410);
            continue;
        }
        let (mut piece, mut gaps, mut last) = (0, Vec::new(), 0);
        loop {
            let (head, times, _) =
                slice(&portal, &eve, &format!("{path}/play?piece={piece}&for=600000"));
            gaps.extend(head["gaps"].as_array().unwrap().iter().map(|gap| gap["text"].to_string()));
            last = times.into_iter().fold(last, u32::max);
            piece = head["next"].as_u64().unwrap();
            if head["end"] == true {
                break;
            }
        }
        let gap = match expected {
            "piece 1 (at 0:00:02) was changed" => "piece 1 was changed: it cannot be opened",
            "pieces 3 to 4 were removed" => "pieces 3 to 4 were removed or damaged",
            _ => "",
        };
        assert_eq!(gaps.is_empty(), gap.is_empty(), "{expected}: {gaps:?}");
        assert!(gaps.iter().all(|text| text.contains(gap)), "{expected}: {gaps:?}");
        let end = if expected.starts_with("cut off") { 20_000 } else { 70_000 };
        assert_eq!(last, end, "{expected}");
    }
    let kept = rows(&desk, "VerifyRecording");
    assert!(kept.iter().all(|(outcome, _)| outcome == "broken"), "{kept:?}");
    let states = portal.read(Some(&eve), "/recordings").body;
    assert!(states.contains("missing") && !states.contains("data-unlock"), "{states}");
    // One that no record knows is nobody's: told, and not shown.
    let stray = SessionId::fresh().to_string();
    std::fs::rename(file(&desk.lab, &other), file(&desk.lab, &stray)).unwrap();
    let listed = portal.read(Some(&eve), "/api/v1/recordings").json();
    assert_eq!(listed["recordings"][0]["state"], "unknown", "{listed}");
    assert_eq!(portal.read(Some(&eve), &format!("/recordings/{stray}")).status, 404);
    // Something that is no recording at all.
    std::fs::write(file(&desk.lab, &sessions[0]), "nothing of it").unwrap();
    let nothing =
        portal.read(Some(&eve), &format!("/api/v1/recordings/{}/play?from=0", sessions[0]));
    assert!(nothing.status == 409 && nothing.body.contains("nothing left"), "{}", nothing.body);
    assert!(!nothing.body.contains("state/"), "{}", nothing.body);
}

#[test]
fn policies_say_who_watches_what_and_a_wrong_key_of_the_broker_is_told() {
    let (desk, public) = archive("  identity: auditor.key\n");
    let session = recorded(&desk, &public);
    let doctor = desk.lab.run(&["doctor"]);
    assert!(doctor.stdout.contains("the broker itself opens recordings"), "{}", doctor.stdout);
    let text = identity(&desk, "doorward.yaml");
    desk.lab.write("doorward.yaml", format!("{text}policies: [policies]\n"));
    desk.lab.write(
        "policies/own.cedar",
        "@id(\"own\") permit (principal, action == Action::\"replay\", resource) when { resource.user == principal };\n\
         @id(\"not-eve\") forbid (principal == User::\"eve\", action == Action::\"replay\", resource) when { resource.account in Safe::\"local:web\" };\n",
    );
    let portal = Portal::start(&desk.lab);
    for (name, status) in [("ann", 200), ("bob", 404), ("eve", 404), ("root", 200)] {
        let visitor = portal.sign_in(name, PASSWORD);
        let path = format!("/api/v1/recordings/{session}");
        assert_eq!(portal.read(Some(&visitor), &path).status, status, "{name}");
        let listed = portal.read(Some(&visitor), "/api/v1/recordings").json();
        assert_eq!(listed["recordings"].as_array().unwrap().len(), usize::from(status == 200));
        assert!(portal.read(Some(&visitor), "/me").body.contains("href=\"/recordings\""), "{name}");
    }
    let facts: Vec<Value> = rows(&desk, "Denied").into_iter().map(|(_, details)| details).collect();
    assert!(facts.iter().any(|details| details["policies"] == "not-eve"), "{facts:?}");
    let line = [
        "policy",
        "explain",
        "--user",
        "eve",
        "--action",
        "replay",
        "--account",
        "web/site",
        "--of",
        "ann",
    ];
    let explained = desk.lab.run(&line);
    assert!(explained.code == 4 && explained.stdout.contains("`not-eve`"), "{explained:?}");
    drop(portal);
    for (name, content, expected) in [
        ("gone.key", None, "cannot read the keys in"),
        (
            "locked.key",
            Some(locked(&identity(&desk, "auditor.key"), "x").1),
            "no secret key in line 1",
        ),
    ] {
        if let Some(content) = content {
            desk.lab.write(name, content);
        }
        desk.lab.write(
            "doorward.yaml",
            text.replace("identity: auditor.key", &format!("identity: {name}")),
        );
        let ended = desk.lab.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(ended.code == 2 && ended.stderr.contains(expected), "{ended:?}");
    }
    new_key(&desk.lab, "other.key");
    desk.lab.write("doorward.yaml", text.replace("identity: auditor.key", "identity: other.key"));
    let doctor = desk.lab.run(&["doctor"]);
    assert!(doctor.stdout.contains("none of `recording.recipients`"), "{}", doctor.stdout);
}

/// What somebody does to the file of a recording.
type Alter = fn(&Path);

/// The pieces of a recording.
fn pieces(path: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    let mut starts: Vec<usize> =
        (0..bytes.len() - 8).filter(|at| bytes[*at..].starts_with(b"dwpiece\x01")).collect();
    starts.push(bytes.len());
    starts.windows(2).map(|ends| bytes[ends[0]..ends[1]].to_vec()).collect()
}

/// Where a piece begins.
fn at(path: &Path, piece: usize) -> i64 {
    pieces(path)[..piece].iter().map(|piece| piece.len() as i64).sum()
}
