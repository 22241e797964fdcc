//! The floor: Chromium's own screencast as it comes, each picture acknowledged and thrown away. Nothing that streams by it is
//! faster or cheaper.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

use super::processes::Family;
use super::{SIZE, Trouble, Way};

pub(crate) struct Screencast {
    browser: Child,
    socket: WebSocket<TcpStream>,
    session: String,
    last: u64,
    _profile: tempfile::TempDir,
}

impl Way for Screencast {
    fn open(page: &str, url: &str) -> Result<Self, Trouble> {
        let profile = tempfile::tempdir()?;
        let browser = Command::new(super::vnc::chromium())
            .args(["--headless", "--no-sandbox", "--no-first-run", "--disable-gpu", "--incognito"])
            .args(["--disable-background-networking", "--disable-component-update", "--test-type"])
            .args(["--remote-debugging-port=0", "about:blank"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let socket = connect(&profile.path().join("DevToolsActivePort"))?;
        let mut cast = Self { browser, socket, session: String::new(), last: 0, _profile: profile };
        let targets = cast.call("Target.getTargets", &json!({}))?;
        let all = targets["targetInfos"].as_array().ok_or("no targets")?;
        let page_id =
            all.iter().find(|info| info["type"] == "page").ok_or("no page")?["targetId"].clone();
        let attached =
            cast.call("Target.attachToTarget", &json!({"targetId": page_id, "flatten": true}))?;
        attached["sessionId"].as_str().ok_or("no session")?.clone_into(&mut cast.session);
        cast.call("Page.enable", &json!({}))?;
        let size =
            json!({"width": SIZE.0, "height": SIZE.1, "deviceScaleFactor": 1, "mobile": false});
        cast.call("Emulation.setDeviceMetricsOverride", &size)?;
        cast.call("Emulation.setFocusEmulationEnabled", &json!({"enabled": true}))?;
        cast.send("Page.navigate", &json!({"url": format!("http://{url}/{page}")}))?;
        while cast.read()?["method"] != "Page.loadEventFired" {}
        cast.call("Page.startScreencast", &json!({"format": "jpeg", "quality": 70}))?;
        Ok(cast)
    }

    fn press(&mut self) -> Result<(), Trouble> {
        for (kind, text) in [("keyDown", "a"), ("keyUp", "")] {
            let key = json!({"type": kind, "key": "a", "code": "KeyA", "windowsVirtualKeyCode": 65, "text": text});
            self.send("Input.dispatchKeyEvent", &key)?;
        }
        Ok(())
    }

    fn point(&mut self, x: u32, y: u32) -> Result<(), Trouble> {
        self.send("Input.dispatchMouseEvent", &json!({"type": "mouseMoved", "x": x, "y": y}))?;
        Ok(())
    }

    fn take(&mut self, until: Instant) -> Result<Option<(usize, f64)>, Trouble> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.socket.get_ref().set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            let text = match self.socket.read() {
                Ok(Message::Text(text)) => text,
                Ok(_) => continue,
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            };
            let event: Value = serde_json::from_str(&text)?;
            if event["method"] == "Page.screencastFrame" {
                let number = &event["params"]["sessionId"];
                self.send("Page.screencastFrameAck", &json!({"sessionId": number}))?;
                let base64 = event["params"]["data"].as_str().unwrap_or_default();
                return Ok(Some((base64.len() / 4 * 3, 1.0)));
            }
        }
    }

    fn families(&self) -> (Family, Family) {
        let mut browser = Family::below(self.browser.id());
        browser.0.push(self.browser.id());
        (browser, Family(Vec::new()))
    }
}

impl Screencast {
    fn send(&mut self, method: &str, params: &Value) -> Result<u64, Trouble> {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": params});
        if !self.session.is_empty() {
            command["sessionId"] = self.session.as_str().into();
        }
        self.socket.send(Message::text(command.to_string()))?;
        Ok(self.last)
    }

    fn read(&mut self) -> Result<Value, Trouble> {
        loop {
            if let Message::Text(text) = self.socket.read()? {
                return Ok(serde_json::from_str(&text)?);
            }
        }
    }

    fn call(&mut self, method: &str, params: &Value) -> Result<Value, Trouble> {
        let id = self.send(method, params)?;
        loop {
            let mut answer = self.read()?;
            if answer["id"] == id {
                return match answer["error"]["message"].as_str() {
                    Some(error) => Err(format!("{method}: {error}").into()),
                    None => Ok(answer["result"].take()),
                };
            }
        }
    }
}

impl Drop for Screencast {
    fn drop(&mut self) {
        super::processes::end(&mut self.browser);
    }
}

/// Waits until the browser says where it listens, and connects.
fn connect(file: &std::path::Path) -> Result<WebSocket<TcpStream>, Trouble> {
    let until = Instant::now() + Duration::from_secs(20);
    let text = loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if text.contains('\n') {
            break text;
        }
        if Instant::now() >= until {
            return Err("Chromium did not say where it listens".into());
        }
        std::thread::park_timeout(Duration::from_millis(20));
    };
    let (port, path) = text.split_once('\n').ok_or("no path")?;
    let stream = TcpStream::connect(format!("127.0.0.1:{port}"))?;
    stream.set_nodelay(true)?;
    let url = format!("ws://127.0.0.1:{port}{}", path.trim());
    let (socket, _) = tungstenite::client(url, stream).map_err(|error| error.to_string())?;
    Ok(socket)
}
