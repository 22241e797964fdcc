//! Endpoints: what is said of one that is down, is none, refuses, or shows a certificate.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc;

use rustix::process::{Pid, Signal, kill_process};

use super::{Grid, through};
use crate::hashicorp::tls::{acceptor, authority};
use crate::lab::desk::{Desk, Launched, ROWS};
use crate::pages;
use crate::site::Site;

const READY: &str = r#"{"value":{"ready":true,"message":""}}"#;

/// A server that answers each request with what `answer` makes of its line, as `GET /status`.
fn stand_in(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    // It ends with the process; nobody asks it any more then.
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let line = request(&stream);
            let _ = (&stream).write_all(&answer(&line));
        }
    });
    url
}

/// Reads one request; its method and path.
fn request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let _ = reader.read_line(&mut line);
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) == 0 || header == "\r\n" {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let _ = reader.take(length).read_to_end(&mut Vec::new());
    line.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// An answer in HTTP, after which the connection ends.
fn http(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn connect(desk: &Desk, url: &str) -> Launched {
    desk.connector("plain", "http://<address>/plain", "", ROWS);
    desk.connect("plain", &["--webdriver", url])
}

#[test]
fn an_endpoint_that_gives_no_session_is_told() {
    const HTML: &[u8] = b"<html>Welcome</html>";
    let json =
        |body: &'static str| move |_: &str| http("200 OK", "application/json", body.as_bytes());
    let refusing = |status: &'static str, answer: &'static str| {
        move |line: &str| match line {
            "GET /status" => http("200 OK", "application/json", READY.as_bytes()),
            _ => http(status, "application/json", answer.as_bytes()),
        }
    };
    let down = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cases = [
        (format!("http://{down}/"), "cannot be reached", "Connection refused"),
        ("http://nowhere.invalid:4444".to_owned(), "cannot be reached", "dns error"),
        (stand_in(|_| b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), "cannot be reached", "HTTP"),
        (stand_in(|_| Vec::new()), "cannot be reached", ""),
        (stand_in(|_| http("200 OK", "text/html", HTML)), "does not answer as", "no JSON"),
        (stand_in(|_| http("200 OK", "text/plain", b"\xff\xfe")), "does not answer as", "no JSON"),
        (stand_in(|_| http("404 Not Found", "text/html", HTML)), "does not answer as", "HTTP 404"),
        (stand_in(|_| http("302 Found", "text/html", b"")), "does not answer as", "a redirect"),
        (stand_in(json("[1, 2]")), "does not answer as", "HTTP 200"),
        (
            stand_in(refusing(
                "500 Internal Server Error",
                r#"{"value":{"error":"session not created","message":"Could not start: no node has chrome","stacktrace":""}}"#,
            )),
            "gave no browser session",
            "no node has chrome",
        ),
        (
            stand_in(refusing("200 OK", r#"{"value":{"hello":"there"}}"#)),
            "gave no browser session",
            "not WebDriver's",
        ),
        (stand_in(refusing("502 Bad Gateway", "")), "gave no browser session", ""),
        ("ftp://grid.example/".to_owned(), "cannot be the URL", "https:// or http://"),
        (
            "http://me:pass-w0rd@127.0.0.1:1/".to_owned(),
            "cannot be the URL",
            "user name or password",
        ),
        ("http://127.0.0.1:1/?a=b".to_owned(), "cannot be the URL", "query"),
    ];
    let site = Site::start();
    let desk = Desk::at(&site.address());
    for (url, says, cause) in cases {
        let launched = connect(&desk, &url);
        assert_eq!(launched.code, 6, "{url}: {}", launched.stderr);
        for part in [says, cause, "help: "] {
            assert!(launched.stderr.contains(part), "{url}: no {part:?} in {}", launched.stderr);
        }
        for never in ["panicked", "pass-w0rd"] {
            assert!(!launched.stderr.contains(never), "{url}: {}", launched.stderr);
        }
        desk.assert_clean();
    }
    assert!(site.visits().is_empty());
}

#[test]
fn a_session_that_comes_after_its_launch_was_ended_is_deleted() {
    let (asked, first) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let (tell, deleted) = mpsc::channel();
    let url = stand_in(move |line| match line {
        "GET /status" => http("200 OK", "application/json", READY.as_bytes()),
        "POST /session" => {
            asked.send(()).unwrap();
            ended.recv().unwrap();
            let session =
                br#"{"value":{"sessionId":"late-1","capabilities":{"browserName":"chrome"}}}"#;
            http("200 OK", "application/json", session)
        }
        other => {
            tell.send(other.to_owned()).unwrap();
            http("200 OK", "application/json", br#"{"value":null}"#)
        }
    });
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.connector("plain", "http://<address>/plain", "", ROWS);
    let mut child = desk
        .command("plain", &["--webdriver", &url])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    first.recv().unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    // The launch has ended, on record, and still waits for the session.
    std::thread::park_timeout(std::time::Duration::from_millis(200));
    end.send(()).unwrap();
    assert_eq!(deleted.recv().unwrap(), "DELETE /session/late-1");
    assert!(!child.wait().unwrap().success());
    desk.assert_clean();
}

/// TLS in front of a real endpoint, for one connection after another.
fn tunnel(port: u16, tls: tokio_rustls::TlsAcceptor) -> String {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let tls = tls.clone();
                tokio::spawn(async move {
                    let Ok(mut client) = tls.accept(stream).await else { return };
                    let there = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
                    if let Ok(mut server) = there {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
    });
    format!("https://{}/", told.recv().unwrap())
}

#[test]
fn an_authority_of_ones_own_is_trusted_when_it_is_named() {
    let grid = Grid::start("");
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (our_file, their_file) = (file("ours.pem", &ours.pem()), file("theirs.pem", &theirs.pem()));
    let url = tunnel(grid.port, acceptor(&ours, "127.0.0.1", false));
    let mut way = through(&url);
    way.browser = format!("{{ sandbox: false, ca-file: '{our_file}', webdriver: '{url}' }}");
    way.arguments.clear();
    pages::run(&[pages::DEFAULT], &way);
    grid.assert_empty();

    let site = Site::start();
    let empty = file("empty.pem", "");
    let missing = folder.path().join("missing.pem").display().to_string();
    for (ca, says, cause) in [
        ("".to_owned(), "cannot be reached", "UnknownIssuer"),
        (format!(", ca-file: '{their_file}'"), "cannot be reached", "UnknownIssuer"),
        (format!(", ca-file: '{empty}'"), "cannot use the certificates", "no certificate"),
        (format!(", ca-file: '{missing}'"), "cannot use the certificates", ""),
    ] {
        let desk = Desk::through(
            &format!("{{ sandbox: false{ca} }}"),
            &site.address(),
            "password",
            crate::site::SEED,
        );
        let launched = connect(&desk, &url);
        assert_eq!(launched.code, 6, "{ca}: {}", launched.stderr);
        for part in [says, cause, "ca-file"] {
            assert!(launched.stderr.contains(part), "{ca}: no {part:?} in {}", launched.stderr);
        }
    }
}
