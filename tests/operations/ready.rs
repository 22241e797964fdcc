//! Readiness: what keeps doorward from taking sessions is told to whoever asks, in words without names.

use std::io::Write;
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::sync::Barrier;

use crate::cyberark::{LOGOFF, RETRIEVE, prepare, well};
use crate::lab::portal::Portal;
use crate::lab::server::{Reply, StandIn, ok};
use crate::lab::wait;
use crate::portal::PASSWORD;

/// What is told, what brings it about, and what mends it.
type Wrong<'a> = (&'a str, &'a dyn Fn(), &'a dyn Fn());

#[test]
fn what_is_wrong_is_told_until_it_is_mended() {
    let desk = crate::portal::desk();
    let text = std::fs::read_to_string(desk.lab.path().join("doorward.yaml")).unwrap();
    desk.lab.write("doorward.yaml", format!("{text}policies: [policies]\n"));
    desk.lab.write("policies/a.cedar", "");
    let portal = Portal::start(&desk.lab);
    let said = || {
        let answer = portal.ask("GET", "/readyz", &[("host", "10.1.2.3:80")], "");
        assert_eq!(answer.status == 200, answer.body == "ready\n", "{answer:?}");
        assert_eq!(answer.status == 503, answer.header("retry-after") == "10", "{answer:?}");
        answer.body
    };
    let room = rustix::fs::statvfs(desk.lab.path()).unwrap();
    let roomy = room.f_bavail * room.f_frsize > 300 * 1024 * 1024;
    let state = desk.lab.path().join("state");
    let (record, away) = (state.join("activity.db"), state.join("away.db"));
    let wrong: [Wrong<'_>; 2] = [
        (
            "policies: they have errors, so nothing new is permitted\n",
            &|| {
                desk.lab.write("policies/a.cedar", "permit");
            },
            &|| {
                desk.lab.write("policies/a.cedar", "");
            },
        ),
        (
            "record: it cannot be written, so no session can begin\n",
            &|| {
                std::fs::rename(&record, &away).unwrap();
            },
            &|| {
                std::fs::rename(&away, &record).unwrap();
            },
        ),
    ];
    for (line, breaks, mends) in wrong {
        assert!(wait(|| !said().contains(line)), "{}", said());
        breaks();
        assert!(wait(|| said().contains(line)), "{}", said());
        mends();
        assert!(wait(|| !said().contains(line)), "{}", said());
    }
    assert!(!roomy || wait(|| said() == "ready\n"), "{}", said());
    assert_eq!(portal.ask("GET", "/healthz", &[], "").body, "ok\n");
    let ended = portal.stop();
    assert!(ended.stderr.contains("the record cannot be written: "), "{}", ended.stderr);
}

#[test]
fn a_disk_that_is_nearly_full_is_told() {
    let mut own = Command::new("unshare");
    own.args(["-m", "sh", "-c", "mount -t tmpfs none /mnt"]);
    if !own.output().is_ok_and(|ended| ended.status.success()) {
        let why = b"skipped: a small file system cannot be mounted here (unshare -m)\n";
        std::io::stderr().write_all(why).unwrap();
        return;
    }
    let desk = crate::portal::desk();
    std::fs::create_dir_all(desk.lab.path().join("state/recordings")).unwrap();
    let plain = desk.lab.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut command = Command::new("unshare");
    let script = "mount -t tmpfs -o size=8m none state/recordings && exec \"$0\" \"$@\"";
    command.args(["-m", "sh", "-c", script]).arg(plain.get_program()).args(plain.get_args());
    command.current_dir(desk.lab.path()).env_clear().env("HOME", desk.lab.path());
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let portal = Portal::run(&desk.lab, command);
    let said = portal.ask("GET", "/readyz", &[], "");
    assert_eq!(said.status, 503, "{}", said.body);
    assert_eq!(
        said.body,
        "disk: less than 256 MiB are free where the record and the recordings are\n"
    );
}

#[test]
fn that_doorward_is_being_stopped_is_told_until_its_sessions_are_over() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let vault = runtime.block_on(StandIn::start(well()));
    // The session waits for its vault; and its end, until somebody else signs off.
    let off = Arc::new(Barrier::new(2));
    let off = Reply::Together(off, Box::new(ok(json!({ "LogoffUrl": "" }))));
    vault.script(vec![(RETRIEVE, vec![Reply::Hang]), (LOGOFF, vec![off])]);
    let desk = crate::portal::desk();
    prepare(&desk.lab);
    let text = std::fs::read_to_string(desk.lab.path().join("doorward.yaml")).unwrap();
    let corp = format!(
        "  corp: {{ kind: cyberark, address: '{}', deadline: 60s, timeout: 60s, \
         auth: {{ cyberark: {{ username: broker, password-file: password }} }} }}\n",
        vault.address
    );
    let text = text.replacen("vaults:\n", &format!("vaults:\n{corp}"), 1);
    assert!(text.contains(&corp), "{text}");
    desk.lab.write("doorward.yaml", format!("{text}default-vault: local\n"));
    let portal = Portal::start(&desk.lab);
    let root = portal.sign_in("root", PASSWORD);
    let order = json!({"account": "corp:WEB/shop", "connector": "site"}).to_string();
    let begun = portal.act(&root, "POST", "/api/v1/sessions", &order);
    assert_eq!(begun.status, 201, "{}", begun.body);
    assert!(wait(|| vault.count(RETRIEVE) == 1), "{:?}", vault.seen());

    let id = Pid::from_raw(portal.id().try_into().unwrap()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    let said = || portal.ask("GET", "/readyz", &[], "");
    let line = "running: doorward is being stopped\n";
    assert!(wait(|| said().body.contains(line)), "{:?}", said());
    assert!(wait(|| vault.count(LOGOFF) == 1), "{:?}", vault.seen());
    // It stays so while the session ends; who asks is answered, and nothing begins any more.
    let answer = said();
    assert!(answer.status == 503 && answer.body.contains(line), "{answer:?}");
    assert_eq!(portal.ask("GET", "/healthz", &[], "").body, "ok\n");
    let refused = portal.act(&root, "POST", "/api/v1/sessions", &order);
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(refused.body.contains("doorward is being stopped"), "{}", refused.body);

    let host = vault.address.strip_prefix("http://").unwrap();
    let mut other = TcpStream::connect(host).unwrap();
    write!(other, "{LOGOFF} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n").unwrap();
    let ended = portal.ended();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let rows = desk.record(&[]);
    assert!(rows.iter().any(|row| row["Action"] == "ConnectFailed"), "{rows:#?}");
}
