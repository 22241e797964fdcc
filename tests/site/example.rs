//! The demo as its own process: what it says, how it ends, what it refuses.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

const PEOPLE: &str =
    r#"[{ "username": "operator", "password": "pw", "seed": "jbsw y3dp-ehpk3pxp" }]"#;

#[test]
fn it_listens_and_ends_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("url");
    let mut demo = demo(&["--credentials", "-", "--ready-file", ready.to_str().unwrap()], PEOPLE);
    let mut line = String::new();
    BufReader::new(demo.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let page = fetch(url.strip_prefix("http://").unwrap(), "/login");
    kill_process(Pid::from_raw(demo.id().try_into().unwrap()).unwrap(), Signal::TERM).unwrap();
    assert!(demo.wait().unwrap().success());
    assert!(page.contains(r#"id="sign-in""#), "{page}");
    assert_eq!(std::fs::read_to_string(ready).unwrap(), format!("{url}\n"));
}

#[test]
fn it_refuses_what_it_cannot_use_and_quotes_no_secret() {
    let cases = [
        ("[]", "the list is empty"),
        ("", "line 1, column 0"),
        (r#"[{"username":"a","password":"p4ss"}"#, "line 1, column"),
        (r#"[{"username":"a","pasword":"p4ss"}]"#, "line 1, column"),
        (r#"[{"username":"a","password":"p4ss","seed":"p4ss!"}]"#, "the seed of a is not base32"),
        (r#"[{"username":"a","password":"p4ss","seed":""}]"#, "the seed of a is not base32"),
        (
            r#"[{"username":"a","password":"p4ss"},{"username":"a","password":"p4ss"}]"#,
            "a is there twice",
        ),
    ];
    for (people, says) in cases {
        let ended = demo(&["--credentials", "-"], people).wait_with_output().unwrap();
        let words = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{people}");
        assert!(words.contains(says), "{people}: {words}");
        assert!(!words.contains("p4ss"), "{people}: {words}");
    }
    let ended = demo(&["--credentials", "/no/such/file"], "").wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&ended.stderr).contains("/no/such/file"));
    let ended = demo(&["--credentials", "-", "--listen", "192.0.2.1:1"], PEOPLE);
    let ended = ended.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&ended.stderr).contains("cannot listen on 192.0.2.1:1"));
}

fn demo(arguments: &[&str], input: &str) -> Child {
    let mut child = Command::new(built())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child
}

/// The example's binary, beside this test's: `cargo test` builds it, `cargo test --test doorward` does
/// not. (A cargo started from here would build half the tree anew: its environment differs.)
fn built() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|folder| folder.parent()).unwrap();
    let demo = folder.join("examples").join(format!("demo{}", std::env::consts::EXE_SUFFIX));
    assert!(demo.exists(), "{} is not there: run cargo build --example demo", demo.display());
    demo
}

fn fetch(address: &str, path: &str) -> String {
    use std::io::Read;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}
