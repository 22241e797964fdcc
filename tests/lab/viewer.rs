//! A viewer without a page: the socket of a live session, what came over it, and what its pictures show.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

use super::portal::{Portal, Visitor};

/// How long is waited for anything; machines that build beside the tests are slow.
const DEADLINE: Duration = Duration::from_secs(60);

/// A socket to a live session.
pub(crate) struct Viewer {
    socket: WebSocket<TcpStream>,
    /// The notes that came, oldest first.
    pub(crate) notes: Vec<Value>,
    /// How many updates of the picture came.
    pub(crate) updates: Vec<Update>,
    /// Every message as it came.
    pub(crate) frames: Vec<Vec<u8>>,
    /// The picture, as it is drawn.
    canvas: Canvas,
    /// Whether it says what it has drawn.
    pub(crate) draws: bool,
    number: u32,
    /// How many answers to pings came.
    pongs: usize,
}

/// An update of the picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Update {
    pub(crate) number: u64,
    /// How many notes had come before it.
    pub(crate) after: usize,
}

#[derive(Default)]
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Viewer {
    /// Joins a session; the status of the refusal otherwise.
    pub(crate) fn join(portal: &Portal, visitor: &Visitor, session: &str) -> Result<Self, u16> {
        Self::from(portal, &visitor.cookie, &portal.url, session)
    }

    /// The same, with any cookie and origin.
    pub(crate) fn from(
        portal: &Portal,
        cookie: &str,
        origin: &str,
        session: &str,
    ) -> Result<Self, u16> {
        let url = format!("ws://{}/api/v1/sessions/{session}/stream", portal.host());
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        request.headers_mut().insert("origin", origin.parse().unwrap());
        let stream = TcpStream::connect(portal.host()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let socket = loop_through(tungstenite::client::client(request, stream))?;
        Ok(Self {
            socket,
            notes: Vec::new(),
            updates: Vec::new(),
            frames: Vec::new(),
            canvas: Canvas::default(),
            draws: true,
            number: 0,
            pongs: 0,
        })
    }

    /// Sends a deed.
    pub(crate) fn send(&mut self, deed: &Value) {
        self.socket.send(Message::text(deed.to_string())).unwrap();
    }

    /// Sends a deed to a session that may end meanwhile.
    pub(crate) fn try_send(&mut self, deed: &Value) {
        let _ = self.socket.send(Message::text(deed.to_string()));
    }

    /// Clicks at a place of the page.
    pub(crate) fn click(&mut self, x: u32, y: u32) {
        for (kind, buttons) in [("move", 0), ("down", 1), ("up", 0)] {
            self.number += 1;
            let button = if kind == "move" { "none" } else { "left" };
            self.send(&json!({
                "type": "mouse", "kind": kind, "x": x, "y": y, "button": button, "buttons": buttons,
                "clicks": u8::from(kind != "move"), "number": self.number,
            }));
        }
    }

    /// Presses a key and lets it go.
    pub(crate) fn press(&mut self, key: &str, code: &str, windows: u16, modifiers: u8) {
        for down in [true, false] {
            self.number += 1;
            self.send(&json!({
                "type": "key", "down": down, "key": key, "code": code, "windows": windows,
                "modifiers": modifiers, "number": self.number,
            }));
        }
    }

    /// Types letters.
    pub(crate) fn types(&mut self, text: &str) {
        for letter in text.chars() {
            let upper = letter.to_ascii_uppercase();
            self.press(&letter.to_string(), &format!("Key{upper}"), upper as u16, 0);
        }
    }

    /// Takes in what came until `is` holds; fails the test when it does not in time.
    pub(crate) fn until(&mut self, what: &str, mut is: impl FnMut(&Self) -> bool) {
        let until = Instant::now() + DEADLINE;
        while !is(self) {
            assert!(
                Instant::now() < until,
                "waited in vain for {what}; {} updates, notes: {:#?}",
                self.updates.len(),
                self.notes
            );
            if !self.read() {
                assert!(is(self), "the stream ended before {what}: {:#?}", self.notes);
                return;
            }
        }
    }

    /// The same, doing something between two messages.
    pub(crate) fn until_doing(&mut self, what: &str, mut step: impl FnMut(&mut Self) -> bool) {
        let until = Instant::now() + DEADLINE;
        while !step(self) {
            assert!(Instant::now() < until, "waited in vain for {what}");
            if !self.read() {
                return;
            }
        }
    }

    /// Waits until the broker has taken in all that was sent.
    pub(crate) fn heard(&mut self) {
        let before = self.pongs;
        self.socket.send(Message::Ping(Vec::new().into())).unwrap();
        self.until("the answer to a ping", |viewer| viewer.pongs > before);
    }

    /// Waits for the end of the stream.
    pub(crate) fn closed(&mut self) {
        let until = Instant::now() + DEADLINE;
        while self.read() {
            assert!(Instant::now() < until, "the stream goes on: {:#?}", self.notes);
        }
    }

    /// Waits for a note of this type, and returns the last one.
    pub(crate) fn note(&mut self, kind: &str) -> Value {
        self.until(kind, |viewer| viewer.last(kind).is_some());
        self.last(kind).cloned().unwrap()
    }

    /// The last note of this type.
    pub(crate) fn last(&self, kind: &str) -> Option<&Value> {
        self.notes.iter().rev().find(|note| note["type"] == kind)
    }

    /// The colour at a place of the picture.
    pub(crate) fn colour(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        self.canvas.pixels.get(y * self.canvas.width + x).copied().filter(|_| x < self.canvas.width)
    }

    /// Whether the picture shows about this colour there: JPEG has losses.
    pub(crate) fn shows(&self, x: usize, y: usize, colour: [u8; 3]) -> bool {
        let near = |(one, other): (u8, u8)| one.abs_diff(other) < 24;
        self.colour(x, y).is_some_and(|seen| seen.into_iter().zip(colour).all(near))
    }

    /// Whether about this colour is anywhere in the picture.
    pub(crate) fn has(&self, colour: [u8; 3]) -> bool {
        let near =
            |seen: &[u8; 3]| seen.iter().zip(colour).all(|(one, other)| one.abs_diff(other) < 48);
        self.canvas.pixels.iter().any(near)
    }

    /// Width and height of the picture.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.canvas.width, self.canvas.height)
    }

    /// Takes in one message, or waits a moment for it; `false` at the end of the stream.
    pub(crate) fn read(&mut self) -> bool {
        match self.socket.read() {
            Ok(Message::Text(text)) => {
                self.notes.push(serde_json::from_str(&text).unwrap());
                self.frames.push(text.as_bytes().to_vec());
            }
            Ok(Message::Binary(bytes)) => {
                let number = u64::from_le_bytes(bytes[4..12].try_into().unwrap());
                let after = self.notes.len();
                self.updates.push(Update { number, after });
                self.canvas.draw(&bytes);
                self.frames.push(bytes.to_vec());
                if self.draws {
                    // A broker that is closing the stream does not hear of it any more.
                    let drawn = json!({"type": "drawn", "number": number});
                    let _ = self.socket.send(Message::text(drawn.to_string()));
                }
            }
            Ok(Message::Close(_))
            | Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => {
                return false;
            }
            Ok(Message::Pong(_)) => self.pongs += 1,
            Ok(_) => {}
            Err(tungstenite::Error::Io(error))
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) => {}
            Err(_) => return false,
        }
        true
    }
}

/// A handshake to its end; the status of a refusal.
fn loop_through(
    mut shaken: Result<
        (WebSocket<TcpStream>, tungstenite::handshake::client::Response),
        tungstenite::HandshakeError<tungstenite::ClientHandshake<TcpStream>>,
    >,
) -> Result<WebSocket<TcpStream>, u16> {
    loop {
        match shaken {
            Ok((socket, _)) => return Ok(socket),
            Err(tungstenite::HandshakeError::Interrupted(middle)) => shaken = middle.handshake(),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
                return Err(answer.status().as_u16());
            }
            Err(error) => panic!("{error}"),
        }
    }
}

impl Canvas {
    fn draw(&mut self, message: &[u8]) {
        let short = |at: usize| usize::from(u16::from_le_bytes([message[at], message[at + 1]]));
        assert_eq!(message[0], 1, "the kind of a picture");
        let (width, height) = (short(12), short(14));
        if (width, height) != (self.width, self.height) {
            *self = Self { width, height, pixels: vec![[0; 3]; width * height] };
        }
        let mut at = 20;
        for _ in 0..short(2) {
            let [x, y, width, height] = [0, 2, 4, 6].map(|by| short(at + by));
            let length = u32::from_le_bytes(message[at + 9..at + 13].try_into().unwrap()) as usize;
            let bytes = &message[at + 13..at + 13 + length];
            let pixels = if message[at + 8] == 1 { png_pixels(bytes) } else { jpeg_pixels(bytes) };
            assert_eq!(pixels.len(), width * height * 3, "an area of {width}x{height}");
            for (index, pixel) in pixels.chunks_exact(3).enumerate() {
                let place = (y + index / width) * self.width + x + index % width;
                self.pixels[place] = [pixel[0], pixel[1], pixel[2]];
            }
            at += 13 + length;
        }
        assert_eq!(at, message.len(), "nothing stands behind the last area");
    }
}

fn jpeg_pixels(bytes: &[u8]) -> Vec<u8> {
    let cursor = zune_jpeg::zune_core::bytestream::ZCursor::new(bytes);
    zune_jpeg::JpegDecoder::new(cursor).decode().unwrap()
}

fn png_pixels(bytes: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}
