//! What becomes of a session that cannot be recorded.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{SHOWN, file, list, record_to, rows, stage, verify};
use crate::lab::portal::Portal;
use crate::lab::viewer::Viewer;
use crate::live::Stage;

/// Whether this user may mount in a name space of its own.
fn own_mounts() -> bool {
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", "mount -t tmpfs none /mnt"]);
    command.output().is_ok_and(|ended| ended.status.success())
}

#[test]
fn a_full_disk_ends_the_session_on_record() {
    if !own_mounts() {
        let why = b"skipped: a small file system cannot be mounted here (unshare -m)\n";
        std::io::stderr().write_all(why).unwrap();
        return;
    }
    let stage = Stage::prepared(
        "/workshop",
        "",
        SHOWN,
        |desk| {
            record_to(&desk.lab, "");
            std::fs::create_dir_all(desk.lab.path().join("state/recordings")).unwrap();
        },
        |lab| {
            let script = "mount -t tmpfs -o size=48k none state/recordings && exec \"$0\" \"$@\"";
            let plain = lab.command(&["serve", "--listen", "127.0.0.1:0"]);
            let mut command = Command::new("unshare");
            command.args(["-m", "sh", "-c", script]);
            command.arg(plain.get_program()).args(plain.get_args());
            command.current_dir(lab.path()).env_clear().env("HOME", lab.path());
            command.env("PATH", std::env::var_os("PATH").unwrap());
            Portal::run(lab, command)
        },
    );
    let (_, mut viewer) = stage.live();
    // Something moves, and somebody touches it: pictures come until the disk is full.
    viewer.click(100, 285);
    let mut x = 0;
    viewer.until_doing("the end", |viewer| {
        x = (x + 1) % 50;
        viewer.try_send(
            &serde_json::json!({"type": "mouse", "kind": "move", "x": 500 + x, "y": 400}),
        );
        viewer.last("ended").is_some()
    });
    let ended = viewer.last("ended").unwrap();
    let text = ended["text"].as_str().unwrap();
    assert!(text.contains("its recording, which cannot be written: No space left"), "{text}");
    let ends = rows(&stage.desk, "Disconnect");
    assert!(ends[0].1["ended_by"].as_str().unwrap().contains("its recording"), "{ends:?}");
    let sealed = rows(&stage.desk, "RecordingSealed");
    assert_eq!(sealed.last().unwrap().0, "failed", "{sealed:?}");
    let said = stage.portal.stop();
    assert_eq!(said.code, 0, "{}", said.stderr);
}

#[test]
fn a_recording_that_is_removed_ends_its_session() {
    let stage = stage("/workshop", "", SHOWN, "");
    let (session, mut viewer) = stage.live();
    std::fs::remove_file(file(&stage.desk.lab, &session)).unwrap();
    let ended = viewer.note("ended");
    let text = ended["text"].as_str().unwrap();
    assert!(text.contains("somebody removed its file"), "{text}");
    assert_eq!(list(&stage.desk.lab)[0]["State"], "missing");
    assert_eq!(verify(&stage.desk.lab).code, 7);
}

#[test]
fn a_record_that_is_gone_ends_the_session() {
    let stage = stage("/workshop", "", SHOWN, "");
    let (_, mut viewer) = stage.live();
    let record = stage.desk.lab.path().join("state/activity.db");
    std::fs::rename(&record, record.with_extension("away")).unwrap();
    let ended = viewer.note("ended");
    let text = ended["text"].as_str().unwrap();
    assert!(text.contains("its recording, which cannot be written"), "{text}");
}

#[test]
fn without_a_place_for_its_recording_there_is_no_session() {
    let stage = stage("/workshop", "", SHOWN, "");
    // A file where the folder belongs.
    let folder = stage.desk.lab.path().join("state/recordings");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::write(&folder, "x").unwrap();
    let session = stage.start();
    let mut viewer = Viewer::join(&stage.portal, &stage.ann, &session).unwrap();
    let ended = viewer.note("ended");
    assert_eq!(ended["outcome"], "failed", "{ended}");
    assert!(ended["text"].as_str().unwrap().contains("cannot be written"), "{ended}");
    let refused = rows(&stage.desk, "ConnectRefused");
    assert_eq!(refused[0].1["cause"], "recording", "{refused:?}");
    assert!(
        stage.desk.record(&[]).iter().all(|row| row["Action"] != "Connect"),
        "a vault was asked"
    );
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o111, 0);
}
