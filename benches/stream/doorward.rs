//! A live session of doorward, at the viewer's socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

use super::processes::Family;
use super::{SIZE, Trouble, Way};

/// Of the one who signs in.
pub(crate) const PASSWORD: &str = "several words do well";

pub(crate) struct Session {
    broker: Broker,
    socket: WebSocket<TcpStream>,
}

/// A broker whose connector opens a page of the site, and somebody who has signed in.
pub(crate) struct Broker {
    process: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
    /// As `name=value`.
    cookie: String,
    csrf: String,
    folder: tempfile::TempDir,
}

impl Way for Session {
    fn open(page: &str, url: &str) -> Result<Self, Trouble> {
        Self::at(Broker::start(page, url)?)
    }

    fn press(&mut self) -> Result<(), Trouble> {
        self.key("a", "KeyA", 65)
    }

    fn point(&mut self, x: u32, y: u32) -> Result<(), Trouble> {
        self.send(&json!({"type": "mouse", "kind": "move", "x": x, "y": y}))
    }

    fn take(&mut self, until: Instant) -> Result<Option<(usize, f64)>, Trouble> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.socket.get_ref().set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            match self.socket.read() {
                Ok(Message::Binary(bytes)) => {
                    let number = u64::from_le_bytes(bytes[4..12].try_into()?);
                    self.send(&json!({"type": "drawn", "number": number}))?;
                    return Ok(Some((bytes.len(), share(&bytes))));
                }
                Ok(Message::Text(text)) if text.contains("\"ended\"") => {
                    return Err(format!("the session ended: {text}").into());
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn families(&self) -> (Family, Family) {
        (Family::below(self.broker.id()), Family(vec![self.broker.id()]))
    }
}

impl Broker {
    pub(crate) fn start(page: &str, url: &str) -> Result<Self, Trouble> {
        Self::prepared(page, url, false)
    }

    /// The same, whose sessions are recorded if that is asked for.
    pub(crate) fn prepared(page: &str, url: &str, recorded: bool) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        let root = rustix::process::geteuid().is_root();
        std::fs::write(
            path.join("doorward.yaml"),
            format!(
                "vaults: {{ local: {{ kind: kdbx, path: v.kdbx, key-file: v.key }} }}\nstate: state\n\
                 connectors: [connectors]\n\
                 portal: {{ sessions-per-user: 100, sessions-per-host: 100 }}\nbrowser: {{ sandbox: {} }}\n",
                !root
            ),
        )?;
        std::fs::create_dir(path.join("connectors"))?;
        std::fs::write(
            path.join("connectors/bench.yaml"),
            format!(
                "ConnectorId: bench\nTargetSettings:\n  LogonURL: http://<address>/{page}\n\
                 WebFormFields: |\n  #welcome > (Validation) (SearchBy=css)\n"
            ),
        )?;
        let run = |line: &[&str], input: &str| -> Result<(), Trouble> {
            let mut child =
                command(path).args(line).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
            child.stdin.take().ok_or("no stdin")?.write_all(input.as_bytes())?;
            let status = child.wait()?;
            if status.success() {
                Ok(())
            } else {
                Err(format!("doorward {line:?}: {status}").into())
            }
        };
        if recorded {
            let made = command(path).args(["recording", "key"]).output()?;
            let made = String::from_utf8(made.stdout)?;
            let key = made.lines().next().and_then(|line| line.strip_prefix("public key: "));
            let key = key.ok_or("no key")?;
            let file = path.join("doorward.yaml");
            let text = std::fs::read_to_string(&file)?;
            std::fs::write(file, format!("{text}recording: {{ recipients: [{key}] }}\n"))?;
        }
        run(&["vault", "init"], "")?;
        run(
            &["account", "add", "web/bench", "--username", "u", "--address", url, "--secret-stdin"],
            "p\n",
        )?;
        run(
            &["user", "add", "ann", "--accounts", "*", "--password-stdin"],
            &format!("{PASSWORD}\n"),
        )?;
        let mut process = command(path)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no stdout")?).read_line(&mut line)?;
        let host = line.trim().rsplit_once("//").ok_or("the broker did not start")?.1.to_owned();
        let form = format!("name=ann&password={}", PASSWORD.replace(' ', "+"));
        let kind = "content-type: application/x-www-form-urlencoded";
        let answer = asked(&host, "POST /sign-in", &[kind], &form)?;
        let cookie = answer
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next())
            .ok_or("no sign-in")?
            .to_owned();
        let me = asked(&host, "GET /api/v1/me", &[&format!("cookie: {cookie}")], "")?;
        let me: Value = serde_json::from_str(me.rsplit_once("\r\n\r\n").ok_or("no answer")?.1)?;
        let csrf = me["csrf"].as_str().unwrap_or_default().to_owned();
        Ok(Self { process, host, cookie, csrf, folder })
    }

    /// Starts a session, and returns its id.
    pub(crate) fn order(&self) -> Result<String, Trouble> {
        let headers = [
            format!("cookie: {}", self.cookie),
            format!("x-csrf-token: {}", self.csrf),
            "content-type: application/json".to_owned(),
        ];
        let headers = headers.each_ref().map(String::as_str);
        let order = json!({"account": "local:web/bench", "connector": "bench"}).to_string();
        let card = asked(&self.host, "POST /api/v1/sessions", &headers, &order)?;
        let card: Value = serde_json::from_str(card.rsplit_once("\r\n\r\n").ok_or("no answer")?.1)?;
        Ok(card["session"].as_str().ok_or_else(|| card.to_string())?.to_owned())
    }

    /// Joins a session once it is live.
    pub(crate) fn join(&self, session: &str) -> Result<WebSocket<TcpStream>, Trouble> {
        let host = &self.host;
        let mut request =
            format!("ws://{host}/api/v1/sessions/{session}/stream").into_client_request()?;
        request.headers_mut().insert("cookie", self.cookie.parse()?);
        request.headers_mut().insert("origin", format!("http://{host}").parse()?);
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        let (mut socket, _) =
            tungstenite::client(request, stream).map_err(|error| error.to_string())?;
        loop {
            match socket.read()? {
                Message::Text(text) if text.contains("\"live\"") => return Ok(socket),
                Message::Text(text) if text.contains("\"ended\"") => {
                    return Err(text.to_string().into());
                }
                _ => {}
            }
        }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Session {
    /// Joins a new session of a broker.
    pub(crate) fn at(broker: Broker) -> Result<Self, Trouble> {
        let socket = broker.join(&broker.order()?)?;
        let mut session = Self { broker, socket };
        session.send(&json!({"type": "resize", "width": SIZE.0, "height": SIZE.1, "scale": 1}))?;
        Ok(session)
    }

    /// Presses a key and lets it go.
    pub(crate) fn key(&mut self, key: &str, code: &str, windows: u16) -> Result<(), Trouble> {
        for down in [true, false] {
            self.send(&json!({
                "type": "key", "down": down, "key": key, "code": code, "windows": windows,
            }))?;
        }
        Ok(())
    }

    /// The folder of its broker.
    #[allow(dead_code, reason = "the recordings' bench alone asks for it")]
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.broker.folder.path()
    }

    fn send(&mut self, deed: &Value) -> Result<(), Trouble> {
        Ok(self.socket.send(Message::text(deed.to_string()))?)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        super::processes::end(&mut self.process);
    }
}

fn command(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command.current_dir(folder).env_remove("DOORWARD_CONFIG").stdin(Stdio::null());
    command
}

fn asked(host: &str, line: &str, headers: &[&str], body: &str) -> Result<String, Trouble> {
    let mut stream = TcpStream::connect(host)?;
    let mut text = format!(
        "{line} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    stream.write_all(format!("{text}\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The share of the picture that an update brings.
fn share(message: &[u8]) -> f64 {
    let short = |at: usize| usize::from(u16::from_le_bytes([message[at], message[at + 1]]));
    let (mut at, mut pixels) = (20, 0);
    for _ in 0..short(2) {
        pixels += short(at + 4) * short(at + 6);
        let length = u32::from_le_bytes([
            message[at + 9],
            message[at + 10],
            message[at + 11],
            message[at + 12],
        ]);
        at += 13 + length as usize;
    }
    pixels as f64 / (SIZE.0 * SIZE.1) as f64
}
