//! The floor: the same pages with no driver between, by the DevTools protocol alone, and with as few
//! round trips as there can be: every page says itself that it is there, and all keys of a page are
//! sent in one go.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::Trouble;
use super::browser::Browser;
use super::people::Someone;

/// Runs in every document: the field gets the focus, and the bench gets the path. Not before the second
/// frame: what is typed before the first paint, the browser drops.
const ARRIVAL: &str = "addEventListener('DOMContentLoaded', () => { \
    document.querySelector('#username, [name=otp]')?.focus(); \
    requestAnimationFrame(() => requestAnimationFrame(() => \
        arrived(location.pathname + (document.querySelector('.avatar-menu') ? '!' : '')))); })";

/// Signs in; from before the browser's start to after its end and the removal of its profile.
pub(crate) async fn sign_in(url: &str, someone: &Someone) -> Result<Duration, Trouble> {
    let begun = Instant::now();
    let browser = Browser::start()?;
    let mut page = Page::attach(&browser.socket).await?;
    page.send("Page.enable", json!({})).await?;
    page.send("Runtime.enable", json!({})).await?;
    page.send("Runtime.addBinding", json!({ "name": "arrived" })).await?;
    // The one answer that is awaited: a document in a new process gets only scripts that were confirmed.
    page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": ARRIVAL })).await?;
    page.send("Page.navigate", json!({ "url": format!("{url}/login") })).await?;
    page.arrival("/login").await?;
    let name = someone.username.chars().map(Key::Character);
    let password = someone.password.chars().map(Key::Character);
    page.press(name.chain([Key::Tab]).chain(password).chain([Key::Enter])).await?;
    page.arrival("/otp").await?;
    let code = someone.code()?;
    page.press(code.chars().map(Key::Character).chain([Key::Enter])).await?;
    page.arrival("/!").await?;
    drop(browser);
    Ok(begun.elapsed())
}

enum Key {
    Character(char),
    Enter,
    Tab,
}

/// The browser's first page, over the browser's socket.
struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    sent: u64,
}

impl Page {
    async fn attach(socket: &str) -> Result<Self, Trouble> {
        let (socket, _) = tokio_tungstenite::connect_async(socket).await?;
        let mut page = Self { socket, session: None, sent: 0 };
        let attach =
            json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true });
        page.send("Target.setAutoAttach", attach).await?;
        let attached = page
            .event(|event| {
                event["method"] == "Target.attachedToTarget"
                    && event["params"]["targetInfo"]["type"] == "page"
            })
            .await?;
        page.session = attached["params"]["sessionId"].as_str().map(str::to_owned);
        Ok(page)
    }

    /// Sends a command; nobody waits for its answer.
    async fn send(&mut self, method: &str, parameters: Value) -> Result<(), Trouble> {
        self.sent += 1;
        let mut command = json!({ "id": self.sent, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        Ok(self.socket.feed(Message::text(command.to_string())).await?)
    }

    /// Sends a command and waits for its answer.
    async fn call(&mut self, method: &str, parameters: Value) -> Result<Value, Trouble> {
        self.send(method, parameters).await?;
        let sent = self.sent;
        self.event(|event| event["id"] == sent).await
    }

    async fn press(&mut self, keys: impl Iterator<Item = Key>) -> Result<(), Trouble> {
        for key in keys {
            let down = match key {
                Key::Character(c) => json!({ "type": "keyDown", "key": c, "text": c }),
                Key::Enter => {
                    json!({ "type": "keyDown", "key": "Enter", "code": "Enter", "text": "\r",
                                      "windowsVirtualKeyCode": 13 })
                }
                Key::Tab => {
                    json!({ "type": "keyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9 })
                }
            };
            let up = json!({ "type": "keyUp", "key": down["key"] });
            self.send("Input.dispatchKeyEvent", down).await?;
            self.send("Input.dispatchKeyEvent", up).await?;
        }
        Ok(())
    }

    async fn arrival(&mut self, path: &str) -> Result<(), Trouble> {
        let called = self
            .event(|event| {
                event["method"] == "Runtime.bindingCalled" && event["params"]["payload"] != "blank"
            })
            .await?;
        match called["params"]["payload"].as_str() {
            Some(arrived) if arrived == path => Ok(()),
            other => Err(format!("came to {} and not to {path}", other.unwrap_or("?")).into()),
        }
    }

    async fn event(&mut self, is_it: impl Fn(&Value) -> bool) -> Result<Value, Trouble> {
        self.socket.flush().await?;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let message = tokio::time::timeout_at(deadline, self.socket.next()).await;
            let message =
                message.map_err(|_| "nothing came for 20 s")?.ok_or("the socket ended")??;
            let Message::Text(text) = message else { continue };
            let event: Value = serde_json::from_str(&text)?;
            if let Some(error) = event.get("error") {
                return Err(format!("DevTools: {error}").into());
            }
            if is_it(&event) {
                return Ok(event);
            }
        }
    }
}
