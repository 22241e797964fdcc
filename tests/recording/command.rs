//! The commands, with recordings that no browser was needed for.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use doorward::name::SessionId;
use doorward::recording::{About, Entry, Folder, Recipient, Writer};
use doorward::stream::{Note, Picture, Sight};

use super::{file, list, new_key, record_to, verify};
use crate::lab::Lab;

/// A lab that records to `auditor.key`.
fn lab(settings: &str) -> (Lab, Recipient) {
    let lab = Lab::new();
    lab.write("doorward.yaml", "state: state\n");
    record_to(&lab, settings);
    let text = std::fs::read_to_string(lab.path().join("auditor.key")).unwrap();
    let public = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    let public = public.parse().unwrap();
    (lab, public)
}

/// A recording of one picture, which no record knows.
fn recording(lab: &Lab, to: &Recipient) -> String {
    let session = SessionId::fresh();
    let folder = Folder::of(&lab.path().join("state"));
    let about = About {
        session: session.to_string(),
        began: "2026-11-22T10:00:00Z".into(),
        user: "ann".into(),
        account: "web/site".into(),
        connector: "site".into(),
    };
    let mut writer =
        Writer::create(folder.path(), session, about, std::slice::from_ref(to)).unwrap();
    writer.add(100, &Entry::Whole(picture())).unwrap();
    writer.add(200, &Entry::Note(Note::Notice { text: "\u{1b}[31mred".into() })).unwrap();
    writer.finish(1_000).unwrap();
    session.to_string()
}

/// A picture as an update has it.
fn picture() -> std::sync::Arc<[u8]> {
    let mut jpeg = Vec::new();
    let pixels: Vec<u8> = (0..63 * 41 * 3).map(|at| (at % 251) as u8).collect();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 80);
    encoder.encode(&pixels, 63, 41, jpeg_encoder::ColorType::Rgb).unwrap();
    let mut picture = Picture::default();
    picture.take(jpeg.into()).unwrap();
    picture.cut(&mut Sight::default(), 0).unwrap().encode().bytes
}

fn age(path: &Path, days: u64) {
    let file = std::fs::File::options().append(true).open(path).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written - Duration::from_secs(days * 24 * 60 * 60)).unwrap();
}

#[test]
fn a_pair_of_keys_is_made_once() {
    let lab = Lab::new();
    let made = lab.run(&["recording", "key", "--output", "a.key"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let path = lab.path().join("a.key");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.lines().any(|line| line.starts_with("AGE-SECRET-KEY-1")), "no secret key");
    assert!(!made.stdout.contains("SECRET") && made.stdout.starts_with("public key: age1"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let again = lab.run(&["recording", "key", "--output", "a.key"]);
    assert!(again.code == 2 && again.stderr.contains("is there already"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let nowhere = lab.run(&["recording", "key", "--output", "no/where/a.key"]);
    assert!(nowhere.code == 2 && nowhere.stderr.contains("cannot write"), "{nowhere:?}");
}

#[test]
fn what_cannot_be_opened_is_told() {
    let (lab, public) = lab("");
    assert_eq!(lab.run(&["recording", "list"]).stdout, "no recordings yet\n");
    assert_eq!(verify(&lab).stdout, "no recordings, so nothing to verify\n");
    let session = recording(&lab, &public);
    new_key(&lab, "other.key");
    lab.write("none.key", "# nothing\n");
    let show =
        |session: &str, key: &str| lab.run(&["recording", "show", session, "--identity", key]);
    let end = &session[28..];
    for (session, key, code, expected) in [
        (end, "other.key", 4, "none of these keys opens"),
        (end, "none.key", 2, "holds no keys"),
        (end, "gone.key", 2, "cannot read the keys in gone.key"),
        (end, "doorward.yaml", 2, "no secret key in line 1"),
        ("zzzz", "auditor.key", 2, "a session cannot be `zzzz`"),
        ("00000000", "auditor.key", 2, "no recording of a session `00000000`"),
    ] {
        let ended = show(session, key);
        assert_eq!(ended.code, code, "{session} {key}: {ended:?}");
        assert!(ended.stderr.contains(expected) && ended.stderr.contains("\nhelp: "), "{ended:?}");
    }
    // Nothing of a recording acts on the terminal.
    let shown = show(&session, "auditor.key");
    assert!(shown.code == 0 && shown.stdout.contains("\\u{1b}[31mred"), "{shown:?}");
    let verified = verify(&lab);
    assert!(verified.code == 7 && verified.stdout.contains("no such recording"), "{verified:?}");
}

#[test]
fn a_recording_is_exported_as_what_its_name_ends_with() {
    let (lab, public) = lab("");
    let session = recording(&lab, &public);
    // A stand-in that keeps what it is given, beside what it is told.
    let program = lab.write(
        "bin/ffmpeg",
        "#!/bin/sh\nfor last; do :; done\necho \"$@\" > \"$last.told\"\nenv > \"$last.env\"\ncat > \"$last\"\n",
    );
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let export = |output: &str, path: Option<&str>| {
        let line =
            ["recording", "export", &session, "--identity", "auditor.key", "--output", output];
        let mut command = lab.command(&line);
        if let Some(path) = path {
            command.env("PATH", path).env("MARKED", "of-the-environment");
        }
        crate::lab::Ended::from(command.output().unwrap())
    };
    let path = format!("{}:/usr/bin:/bin", lab.path().join("bin").display());
    let made = export("a.mp4", Some(&path));
    assert_eq!(made.code, 0, "{}", made.stderr);
    let video = std::fs::read(lab.path().join("a.mp4")).unwrap();
    // Five pictures a second from the first at 0.1 s to the end at 1 s, of even sides.
    assert_eq!(video.len(), 6 * 64 * 42 * 3);
    let told = std::fs::read_to_string(lab.path().join("a.mp4.told")).unwrap();
    assert!(told.contains("-video_size 64x42 -framerate 5"), "{told}");
    let environment = std::fs::read_to_string(lab.path().join("a.mp4.env")).unwrap();
    assert!(!environment.contains("of-the-environment"), "{environment}");
    let mode = std::fs::metadata(lab.path().join("a.mp4")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others can read it");

    let lines = export("a.jsonl", None);
    assert_eq!(lines.code, 0, "{}", lines.stderr);
    let text = std::fs::read_to_string(lab.path().join("a.jsonl")).unwrap();
    let kinds: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["kind"].clone())
        .collect();
    assert_eq!(kinds, ["about", "picture", "note", "index"]);

    lab.write("bin2/ffmpeg", "#!/bin/sh\necho 'Unknown encoder' >&2\nexit 1\n");
    std::fs::set_permissions(
        lab.path().join("bin2/ffmpeg"),
        std::fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    let broken = format!("{}:/usr/bin:/bin", lab.path().join("bin2").display());
    for (output, path, expected) in [
        ("a.mp4", None, "is there already"),
        ("b.avi", None, "does not end in .mp4, .webm or .jsonl"),
        ("b.webm", Some("/nowhere"), "there is none on the PATH"),
        ("b.mp4", Some(broken.as_str()), "Unknown encoder"),
        ("no/where/b.jsonl", None, "cannot write"),
    ] {
        let ended = export(output, path);
        assert_eq!(ended.code, 2, "{output}: {ended:?}");
        assert!(ended.stderr.contains(expected) && ended.stderr.contains("\nhelp: "), "{ended:?}");
        assert!(output == "a.mp4" || !lab.path().join(output).exists(), "{output} is left");
    }
}

#[test]
fn what_is_not_kept_is_removed_on_record() {
    let (lab, public) = lab("  keep-days: 30\n  keep-bytes: 3KB\n");
    let sessions: Vec<_> = (0..4).map(|_| recording(&lab, &public)).collect();
    let size = std::fs::metadata(file(&lab, &sessions[0])).unwrap().len();
    assert!(size * 2 > 3_000 && size < 3_000, "of four, one fits: {size}");
    for (session, days) in sessions.iter().zip([40, 3, 2, 1]) {
        age(&file(&lab, session), days);
    }
    let pruned = lab.run(&["recording", "prune"]);
    assert_eq!(pruned.code, 0, "{}", pruned.stderr);
    let lines: Vec<_> = pruned.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].ends_with("removed: age") && lines[1].ends_with("removed: size"), "{lines:?}");
    let states: Vec<_> = list(&lab).iter().map(|line| line["State"].clone()).collect();
    assert_eq!(states, ["removed", "removed", "removed", "unknown"]);
    let removed = lab.run(&["recording", "verify", &sessions[0]]);
    assert!(removed.code == 0 && removed.stdout.contains("removed at"), "{removed:?}");
    let show = lab.run(&["recording", "show", &sessions[0], "--identity", "auditor.key"]);
    assert!(show.code == 2 && show.stderr.contains("was removed at"), "{show:?}");
    assert_eq!(lab.run(&["recording", "prune"]).stdout, "nothing to remove\n");
    assert_eq!(lab.run(&["activity", "verify"]).code, 0);
}

#[test]
fn wrong_settings_have_their_place_and_their_way_out() {
    let lab = Lab::new();
    let public = new_key(&lab, "a.key");
    let secret = std::fs::read_to_string(lab.path().join("a.key")).unwrap();
    let secret = secret.lines().last().unwrap().to_owned();
    for (text, column, expected, help) in [
        ("{}".to_owned(), 12, "`recording` needs `recipients`", "doorward recording key"),
        ("{ recipients: [] }".to_owned(), 12, "needs `recipients`", "doorward recording key"),
        ("{ recipients: [age1xyz] }".to_owned(), 27, "no public key of age", "age1…"),
        (format!("{{ recipients: [{secret}] }}"), 27, "holds a secret key", "a new pair"),
        (format!("{{ recipients: [{public}, {public}] }}"), 91, "there twice", "leave one"),
        (
            format!("{{ recipients: [{public}], keep-days: 0 }}"),
            103,
            "keep-days",
            "`keep-days: 90`",
        ),
        (format!("{{ recipients: [{public}], keep-bytes: 20 }}"), 104, "keep-bytes", "quotes"),
        (format!("{{ recipients: [{public}], keep-bytes: 20G }}"), 104, "is no size", "`20GB`"),
        (format!("{{ recipient: [{public}] }}"), 14, "unknown key", "`recipients`"),
    ] {
        lab.write("doorward.yaml", format!("recording: {text}\n"));
        let ended = lab.run(&["recording", "list"]);
        assert_eq!(ended.code, 2, "{text}: {ended:?}");
        let place = format!("line 1, column {column}: ");
        assert!(ended.stderr.contains(&place), "{text}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected) && ended.stderr.contains(help), "{}", ended.stderr);
        assert!(!ended.stderr.contains(&secret), "the key is quoted");
    }
}
