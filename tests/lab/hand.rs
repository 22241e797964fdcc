//! A hand on the browser of a session: a second DevTools connection, by which a test does what a viewer does.

use std::path::Path;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long is waited for anything; machines that build beside the tests are slow.
const DEADLINE: Duration = Duration::from_secs(60);

/// The connection, to the first page of the browser.
pub(crate) struct Hand {
    runtime: tokio::runtime::Runtime,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
    session: String,
}

impl Hand {
    /// Takes hold of the browser whose profile lies below `folder`.
    pub(crate) fn on(folder: &Path) -> Self {
        let mut found = None;
        super::wait(|| found_in(folder).is_some());
        if let Some(text) = found_in(folder) {
            found = text.split_once('\n').map(|(port, path)| (port.to_owned(), path.to_owned()));
        }
        let (port, path) = found.expect("no browser listens below that folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let url = format!("ws://127.0.0.1:{port}{}", path.trim());
        let (socket, _) = runtime.block_on(tokio_tungstenite::connect_async(url)).unwrap();
        let mut hand = Self { runtime, socket, last: 0, session: String::new() };
        let page = hand.pages().first().cloned().unwrap();
        hand.session = hand.ask(
            None,
            "Target.attachToTarget",
            json!({"targetId": page["targetId"], "flatten": true}),
        )["sessionId"]
            .as_str()
            .unwrap()
            .to_owned();
        hand
    }

    /// The pages of the browser.
    pub(crate) fn pages(&mut self) -> Vec<Value> {
        let targets = self.ask(None, "Target.getTargets", json!({}));
        let all = targets["targetInfos"].as_array().unwrap();
        all.iter().filter(|target| target["type"] == "page").cloned().collect()
    }

    /// Sends a command to the page and awaits its answer; `Null` is an error of the browser's.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        let session = self.session.clone();
        self.ask(Some(&session), method, params)
    }

    /// Sends a command to the page, and awaits nothing.
    pub(crate) fn post(&mut self, method: &str, params: Value) {
        let session = self.session.clone();
        let message = self.message(Some(&session), method, params);
        self.runtime.block_on(self.socket.send(Message::text(message))).unwrap();
    }

    /// What `expression` is in the page, as by the hand of a person.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({
            "expression": expression, "returnByValue": true, "userGesture": true, "awaitPromise": true,
        });
        self.call("Runtime.evaluate", asked)["result"]["value"].take()
    }

    /// What `expression` is in a world of its own, where nothing of the page is and nothing was taken away.
    pub(crate) fn evaluate_apart(&mut self, expression: &str) -> Value {
        let frame = self.call("Page.getFrameTree", json!({}))["frameTree"]["frame"]["id"].take();
        let asked = json!({"frameId": frame, "worldName": "apart"});
        let world = self.call("Page.createIsolatedWorld", asked)["executionContextId"].take();
        let asked = json!({"expression": expression, "contextId": world, "returnByValue": true});
        self.call("Runtime.evaluate", asked)["result"]["value"].take()
    }

    /// Waits until `expression` is true in the page; fails the test when it is not in time.
    pub(crate) fn until(&mut self, expression: &str) {
        let until = std::time::Instant::now() + DEADLINE;
        while self.evaluate(&format!("Boolean({expression})")) != true {
            let at = "location.href + ' ' + document.readyState";
            assert!(
                std::time::Instant::now() < until,
                "never true: {expression}, at {}",
                self.evaluate(at)
            );
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Waits until the browser has so many pages; fails the test when it has not in time.
    pub(crate) fn until_pages(&mut self, count: usize) {
        let until = std::time::Instant::now() + DEADLINE;
        loop {
            let pages = self.pages();
            if pages.len() == count {
                return;
            }
            assert!(std::time::Instant::now() < until, "not {count}: {pages:#?}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn ask(&mut self, session: Option<&str>, method: &str, params: Value) -> Value {
        let message = self.message(session, method, params);
        let id = self.last;
        let Self { runtime, socket, .. } = self;
        let answer = async {
            socket.send(Message::text(message)).await.unwrap();
            loop {
                let Message::Text(text) = socket.next().await.unwrap().unwrap() else { continue };
                let mut value: Value = serde_json::from_str(text.as_str()).unwrap();
                if value["id"] == id {
                    return value["result"].take();
                }
            }
        };
        runtime
            .block_on(async { tokio::time::timeout(DEADLINE, answer).await })
            .unwrap_or_else(|_| panic!("no answer to {method}"))
    }

    fn message(&mut self, session: Option<&str>, method: &str, params: Value) -> String {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        message.to_string()
    }
}

/// The file in which a Chromium below `folder` says where it listens.
fn found_in(folder: &Path) -> Option<String> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let text = std::fs::read_to_string(entry.path().join("profile/DevToolsActivePort")).ok()?;
        text.contains('\n').then_some(text)
    })
}
