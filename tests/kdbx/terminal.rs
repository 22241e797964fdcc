//! What is asked on a terminal: secrets without echo, and whether to go on.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use super::{lab, missing, ok, words};
use crate::lab::{Ended, Lab};

/// Runs a command line on a terminal of its own and types `keys` into it: each when it was asked for,
/// and a secret when the terminal has stopped to echo.
fn typed(lab: &Lab, line: &str, keys: &[&str]) -> Ended {
    let _ = std::fs::remove_file(lab.path().join("tty"));
    let command = format!("tty > tty; exec {} {line}", env!("CARGO_BIN_EXE_doorward"));
    let echoes = || {
        let terminal = std::fs::read_to_string(lab.path().join("tty")).unwrap();
        let state = Command::new("stty").args(["-a", "-F", terminal.trim()]).output().unwrap();
        words(&String::from_utf8_lossy(&state.stdout)).contains(&"echo")
    };
    let mut child = Command::new("script")
        .args(["-qefc", &command, "/dev/null"])
        .current_dir(lab.path())
        .env("HOME", lab.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut seen, mut keys, mut byte) = (Vec::new(), keys.iter(), [0]);
    while stdout.read(&mut byte).is_ok_and(|read| read == 1) {
        seen.push(byte[0]);
        let secret = seen.ends_with(b": ");
        if (secret || seen.ends_with(b"[y/N] "))
            && let Some(key) = keys.next()
        {
            while secret && echoes() {}
            stdin.write_all(format!("{key}\n").as_bytes()).unwrap();
        }
    }
    let code = child.wait().unwrap().code().unwrap_or(-1);
    Ended { code, stdout: String::from_utf8_lossy(&seen).into_owned(), stderr: String::new() }
}

#[test]
fn secrets_are_typed_without_echo_and_twice() {
    if missing("script") {
        return;
    }
    let lab = lab();
    let ended = typed(&lab, "account add a --username u --protected pin", &["one", "two"]);
    assert!(
        ended.code == 2 && ended.stdout.contains("entries of the password differ"),
        "{ended:?}"
    );
    let ended = typed(&lab, "account add a --username u", &[""]);
    assert!(ended.code == 2 && ended.stdout.contains("the password is empty"), "{ended:?}");
    let keys = ["hunter2", "hunter2", "4711", "4711"];
    let ended = ok(typed(&lab, "account add a --username u --protected pin", &keys));
    assert!(ended.stdout.contains("added local:a"), "{ended:?}");
    assert!(!ended.stdout.contains("hunter2") && !ended.stdout.contains("4711"), "{ended:?}");
    let ended = ok(typed(&lab, "account edit a --secret", &["new", "new"]));
    assert!(ended.stdout.contains("changed local:a"), "{ended:?}");
    let ended = typed(&lab, "account remove a", &["n"]);
    assert!(ended.code == 2 && ended.stdout.contains("nothing was removed"), "{ended:?}");
    ok(typed(&lab, "account remove a", &["y"]));
    assert_eq!(lab.run(&words("account show a")).code, 5);
}

#[test]
fn a_vault_asks_for_its_password() {
    if missing("script") {
        return;
    }
    let lab = Lab::new();
    lab.write("doorward.yaml", "vaults: { local: { kind: kdbx, path: v.kdbx } }");
    let ended = typed(&lab, "vault init", &["pass", "other"]);
    assert!(ended.code == 5 && ended.stdout.contains("not typed alike twice"), "{ended:?}");
    ok(typed(&lab, "vault init", &["pass", "pass"]));
    // Adding asks for it once, though the file is opened twice.
    ok(typed(&lab, "account add a --username u", &["pass", "secret", "secret"]));
    let ended = typed(&lab, "account show a", &["wrong"]);
    assert!(ended.code == 5 && ended.stdout.contains("the password does not open"), "{ended:?}");
    let ended = ok(typed(&lab, "account show a", &["pass"]));
    assert!(ended.stdout.contains("set"), "{ended:?}");
}

#[test]
fn a_seed_is_kept_once_the_application_took_its_code() {
    if missing("script") {
        return;
    }
    let lab = lab();
    super::add(&lab, "a", "p4ss");
    let seed = "JBSWY3DPEHPK3PXP";
    let ended = typed(&lab, "totp add a", &[seed, "c", "n"]);
    assert!(ended.code == 2 && ended.stdout.contains("nothing was kept"), "{ended:?}");
    assert_eq!(ended.stdout.matches("Type it into the application").count(), 2, "{ended:?}");
    let ended = ok(typed(&lab, "totp add a", &[seed, "y"]));
    assert!(ended.stdout.contains("added a seed to local:a"), "{ended:?}");
    assert!(!ended.stdout.contains(seed), "{ended:?}");
}
