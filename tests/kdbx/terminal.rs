//! What is asked on a terminal: secrets without echo, and whether to go on.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use super::{lab, missing, ok, words};
use crate::lab::{Ended, Lab};

/// What is asked for where `seen` ends: a secret, or what may be read.
type Asked = fn(seen: &[u8]) -> Option<bool>;

/// Runs a command line on a terminal of its own and types `keys` into it: each when it was asked for,
/// and a secret when the terminal has stopped to echo.
fn typed(lab: &Lab, line: &str, keys: &[&str]) -> Ended {
    answered(lab, line, keys, |seen| {
        let secret = seen.ends_with(b": ");
        (secret || seen.ends_with(b"[y/N] ")).then_some(secret)
    })
}

/// The same, where `asked` tells what is.
fn answered(lab: &Lab, line: &str, keys: &[&str], asked: Asked) -> Ended {
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
        if let Some(secret) = asked(&seen)
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

#[test]
fn an_import_asks_for_the_account_of_each_seed() {
    if missing("script") {
        return;
    }
    let lab = lab();
    for account in ["web/acme", "web/beta"] {
        super::add(&lab, account, "p4ss");
    }
    let line = format!("totp import {}/tests/cases/qr/export.png", env!("CARGO_MANIFEST_DIR"));
    let import = |keys: &[&str]| {
        answered(&lab, &line, keys, |seen| {
            (seen.ends_with(b"leave it out: ") || seen.ends_with(b"[y/N] ")).then_some(false)
        })
    };
    let vault = lab.path().join(super::FOLDER).join("vault.kdbx");
    let before = std::fs::read(&vault).unwrap();
    for (keys, code, part) in [
        // The export has two seeds that can be kept.
        (&["", ""][..], 2, "nothing was kept"),
        (&["web/acme", "", "n"], 2, "nothing was changed"),
        (&["web/acme", "", ""], 2, "nothing was changed"),
        (&["web/acme", "web/acme"], 2, "two seeds are meant for local:web/acme"),
        (&["web/nope", ""], 5, "holds no account `local:web/nope`"),
        (&["nope:web/acme", ""], 2, "has no vault `nope`"),
        // A name that is none is asked for again.
        (&["web//acme", ":", "", ""], 2, "nothing was kept"),
    ] {
        let ended = import(keys);
        assert_eq!(ended.code, code, "{keys:?}: {ended:?}");
        assert!(ended.stdout.contains(part), "{keys:?}: {ended:?}");
        assert!(ended.stdout.contains("Acme (alice@acme.example): which account?"), "{ended:?}");
        assert_eq!(std::fs::read(&vault).unwrap(), before, "{keys:?}: it was changed");
    }
    let ended = ok(import(&["", "web/beta", "y"]));
    assert!(ended.stdout.contains("Keep 1 seeds? [y/N]"), "{ended:?}");
    assert!(ended.stdout.contains("added a seed to local:web/beta"), "{ended:?}");
    assert!(!ended.stdout.contains("added a seed to local:web/acme"), "{ended:?}");
    ok(lab.run(&words("totp code web/beta")));
    assert_eq!(lab.run(&words("totp code web/acme")).code, 5);
}

#[test]
fn recovery_codes_are_typed_without_echo_until_nothing_is() {
    if missing("script") {
        return;
    }
    let lab = lab();
    super::add(&lab, "a", "p4ss");
    let ended = typed(&lab, "totp recovery add a", &[""]);
    assert!(ended.code == 2 && ended.stdout.contains("there is no recovery code"), "{ended:?}");
    let ended = typed(&lab, "totp recovery add a", &["hunter-2222", "hunter-2222", ""]);
    assert!(ended.code == 2 && ended.stdout.contains("line 2 is the same as line 1"), "{ended:?}");
    let ended = ok(typed(&lab, "totp recovery add a", &["hunter-2222", "hunter-3333", ""]));
    assert!(ended.stdout.contains("added 2 recovery codes to local:a"), "{ended:?}");
    assert!(!ended.stdout.contains("hunter"), "{ended:?}");
    let ended = typed(&lab, "totp recovery remove a", &["n"]);
    assert!(ended.code == 2 && ended.stdout.contains("2 of which nobody was shown"), "{ended:?}");
    assert!(ok(lab.run(&words("totp recovery list a"))).stdout.contains("code 2     not shown"));
    ok(typed(&lab, "totp recovery remove a", &["y"]));
}
