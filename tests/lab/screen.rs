//! A screen that nobody looks at, and the browser on it: what a person would do there is done over its DevTools.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use super::desk::Desk;

/// A screen that nobody looks at; gone with its value.
pub(crate) struct Screen {
    server: Child,
    pub(crate) name: String,
}

impl Screen {
    /// `None`, with a word, where no server for one is installed; where everything has to be tested, it
    /// has to be.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says why")]
    pub(crate) fn start() -> Option<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
        let server = command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null());
        let mut server = match server.spawn() {
            Ok(server) => server,
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "Xvfb: {error}; .ci/install screen");
                eprintln!(
                    "skipped: Xvfb is not installed ({error}); .ci/install screen installs it"
                );
                return None;
            }
        };
        // The server writes the number of the display it took once it takes clients.
        let mut line = String::new();
        BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.trim().is_empty(), "Xvfb has ended");
        Some(Self { server, name: format!(":{}", line.trim()) })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The port of the browser's DevTools, as it stands in its profile.
fn port(folder: &Path) -> Option<u16> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.file_name().is_some_and(|name| name == "DevToolsActivePort") {
            return std::fs::read_to_string(path).ok()?.lines().next()?.parse().ok();
        }
        if path.is_dir()
            && let Some(port) = port(&path)
        {
            return Some(port);
        }
    }
    None
}

/// One request to the browser's DevTools.
pub(crate) fn ask(desk: &Desk, path: &str) -> String {
    let port = port(&desk.lab.path().join("t")).expect("no browser is there");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    // It keeps the connection, whatever the request says; a browser that ends breaks it off.
    let mut answer = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while answer.read_line(&mut line).is_ok_and(|read| read > 0) && line != "\r\n" {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    let _ = answer.read_exact(&mut body);
    String::from_utf8(body).unwrap()
}

pub(crate) fn pages(desk: &Desk) -> Vec<serde_json::Value> {
    let list: Vec<serde_json::Value> = serde_json::from_str(&ask(desk, "/json/list")).unwrap();
    list.into_iter().filter(|target| target["type"] == "page").collect()
}

/// Commands to the first page, one after another; their answers.
pub(crate) fn command(
    desk: &Desk,
    commands: &[(&str, serde_json::Value)],
) -> Vec<serde_json::Value> {
    let url = pages(desk)[0]["webSocketDebuggerUrl"].as_str().unwrap().to_owned();
    command_to(&url, commands)
}

/// The same to the target with this socket.
pub(crate) fn command_to(
    url: &str,
    commands: &[(&str, serde_json::Value)],
) -> Vec<serde_json::Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let mut answers = Vec::new();
        for (id, (method, params)) in commands.iter().enumerate() {
            let command = serde_json::json!({ "id": id, "method": method, "params": params });
            socket.send(Message::text(command.to_string())).await.unwrap();
            loop {
                let Some(Ok(Message::Text(text))) = socket.next().await else { return answers };
                let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
                if answer["id"] == id {
                    answers.push(answer);
                    break;
                }
            }
        }
        answers
    })
}

/// Does something on the page, as a person at the window does.
pub(crate) fn act(desk: &Desk, script: &str) {
    let url = pages(desk)[0]["webSocketDebuggerUrl"].as_str().unwrap().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        // A person's own doing may open windows.
        let parameters = serde_json::json!({ "expression": script, "userGesture": true });
        let command =
            serde_json::json!({ "id": 1, "method": "Runtime.evaluate", "params": parameters });
        socket.send(Message::text(command.to_string())).await.unwrap();
        socket.next().await.unwrap().unwrap();
    });
}
