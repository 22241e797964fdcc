//! Chromium with a window on an X server that speaks RFB itself (Xtigervnc), at the viewer's socket: Tight encoding,
//! as noVNC asks for it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::processes::Family;
use super::{SIZE, Trouble, Way};

pub(crate) struct Screen {
    server: Child,
    browser: Child,
    stream: TcpStream,
    _profile: tempfile::TempDir,
}

/// Tight, and what noVNC asks for beside it: JPEG quality 6, compression 2, copies, the last rectangle.
const ENCODINGS: [i32; 5] = [7, -26, -254, 1, -224];

impl Way for Screen {
    fn open(page: &str, url: &str) -> Result<Self, Trouble> {
        let display = 50 + std::process::id() % 40;
        let port = 5900 + display;
        let size = format!("{}x{}", SIZE.0, SIZE.1);
        let server = Command::new("Xtigervnc")
            .arg(format!(":{display}"))
            .args([
                "-geometry",
                &size,
                "-depth",
                "24",
                "-SecurityTypes",
                "None",
                "-localhost",
                "-rfbport",
            ])
            .arg(port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("Xtigervnc: {error} (tigervnc-standalone-server)"))?;
        let stream = connect(port)?;
        let profile = tempfile::tempdir()?;
        let browser = Command::new(chromium())
            .args(["--kiosk", "--no-sandbox", "--no-first-run", "--disable-gpu", "--incognito"])
            .args(["--disable-background-networking", "--disable-component-update", "--test-type"])
            .args(["--window-position=0,0", &format!("--window-size={},{}", SIZE.0, SIZE.1)])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("http://{url}/{page}"))
            .env("DISPLAY", format!(":{display}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut screen = Self { server, browser, stream, _profile: profile };
        screen.greet()?;
        // Its first page takes its time.
        let until = Instant::now() + Duration::from_secs(4);
        while screen.take(until)?.is_some() {}
        // The focus is where the pointer is, without a window manager.
        screen.point(600, 400)?;
        Ok(screen)
    }

    fn press(&mut self) -> Result<(), Trouble> {
        for down in [1, 0] {
            self.stream.write_all(&[4, down, 0, 0, 0, 0, 0, 0x61])?;
        }
        Ok(())
    }

    fn point(&mut self, x: u32, y: u32) -> Result<(), Trouble> {
        let (x, y) = (u16::try_from(x)?.to_be_bytes(), u16::try_from(y)?.to_be_bytes());
        Ok(self.stream.write_all(&[5, 0, x[0], x[1], y[0], y[1]])?)
    }

    fn take(&mut self, until: Instant) -> Result<Option<(usize, f64)>, Trouble> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            let mut kind = [0];
            match self.stream.read(&mut kind) {
                Ok(0) => return Err("the X server has ended".into()),
                Ok(_) => {}
                Err(error)
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
            // What has begun comes to its end.
            self.stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            match kind[0] {
                0 => {
                    let (bytes, pixels) = self.update()?;
                    self.request(true)?;
                    return Ok(Some((bytes, pixels as f64 / (SIZE.0 * SIZE.1) as f64)));
                }
                2 => {}
                3 => {
                    let head: [u8; 7] = self.exact()?;
                    let length = u32::from_be_bytes([head[3], head[4], head[5], head[6]]);
                    self.skip(length as usize)?;
                }
                other => return Err(format!("an unknown message of RFB: {other}").into()),
            }
        }
    }

    fn families(&self) -> (Family, Family) {
        let mut browser = Family::below(self.browser.id());
        browser.0.push(self.browser.id());
        (browser, Family(vec![self.server.id()]))
    }
}

impl Screen {
    /// RFB 3.8, without a password (RFC 6143, section 7.1).
    fn greet(&mut self) -> Result<(), Trouble> {
        let _: [u8; 12] = self.exact()?;
        self.stream.write_all(b"RFB 003.008\n")?;
        let [count] = self.exact()?;
        self.skip(usize::from(count))?;
        self.stream.write_all(&[1])?;
        let _: [u8; 4] = self.exact()?;
        self.stream.write_all(&[1])?;
        let head: [u8; 24] = self.exact()?;
        let name = u32::from_be_bytes([head[20], head[21], head[22], head[23]]);
        self.skip(name as usize)?;
        // 32 bits a pixel, depth 24, true colour, red 16, green 8, blue 0.
        let format = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
        self.stream.write_all(&[&[0, 0, 0, 0][..], &format].concat())?;
        let count = u16::try_from(ENCODINGS.len())?.to_be_bytes();
        let mut encodings = vec![2, 0, count[0], count[1]];
        encodings.extend(ENCODINGS.iter().flat_map(|encoding| encoding.to_be_bytes()));
        self.stream.write_all(&encodings)?;
        self.request(false)
    }

    fn request(&mut self, incremental: bool) -> Result<(), Trouble> {
        let (width, height) =
            (u16::try_from(SIZE.0)?.to_be_bytes(), u16::try_from(SIZE.1)?.to_be_bytes());
        let head = [3, u8::from(incremental), 0, 0, 0, 0, width[0], width[1], height[0], height[1]];
        Ok(self.stream.write_all(&head)?)
    }

    /// A FramebufferUpdate: its bytes, and how many pixels it brings.
    fn update(&mut self) -> Result<(usize, usize), Trouble> {
        let head: [u8; 3] = self.exact()?;
        let count = u16::from_be_bytes([head[1], head[2]]);
        let (mut bytes, mut pixels) = (4, 0);
        for _ in 0..count {
            let head: [u8; 12] = self.exact()?;
            bytes += 12;
            let side = |at: usize| usize::from(u16::from_be_bytes([head[at], head[at + 1]]));
            let (width, height) = (side(4), side(6));
            match i32::from_be_bytes([head[8], head[9], head[10], head[11]]) {
                -224 => break,
                0 => {
                    self.skip(width * height * 4)?;
                    bytes += width * height * 4;
                }
                1 => {
                    self.skip(4)?;
                    bytes += 4;
                }
                7 => bytes += self.tight(width, height)?,
                other => return Err(format!("an encoding that was not asked for: {other}").into()),
            }
            pixels += width * height;
        }
        Ok((bytes, pixels))
    }

    /// A rectangle in Tight encoding; three bytes a pixel. What it holds is not needed.
    fn tight(&mut self, width: usize, height: usize) -> Result<usize, Trouble> {
        let [control] = self.exact()?;
        let mut bytes = 1;
        let kind = control >> 4;
        if kind == 8 {
            self.skip(3)?;
            return Ok(bytes + 3);
        }
        if kind == 9 {
            let (length, size) = self.compact()?;
            self.skip(length)?;
            return Ok(bytes + size + length);
        }
        let mut raw = width * height * 3;
        if kind & 4 != 0 {
            let [filter] = self.exact()?;
            bytes += 1;
            if filter == 1 {
                let [colours] = self.exact()?;
                let colours = usize::from(colours) + 1;
                self.skip(colours * 3)?;
                bytes += 1 + colours * 3;
                raw = if colours == 2 { width.div_ceil(8) * height } else { width * height };
            }
        }
        if raw < 12 {
            self.skip(raw)?;
            return Ok(bytes + raw);
        }
        let (length, size) = self.compact()?;
        self.skip(length)?;
        Ok(bytes + size + length)
    }

    /// A length of one to three bytes, and how many it had.
    fn compact(&mut self) -> Result<(usize, usize), Trouble> {
        let (mut length, mut size) = (0, 0);
        loop {
            let [byte] = self.exact()?;
            let bits = if size == 2 { byte } else { byte & 0x7f };
            length |= usize::from(bits) << (7 * size);
            size += 1;
            if byte & 0x80 == 0 || size == 3 {
                return Ok((length, size));
            }
        }
    }

    fn exact<const N: usize>(&mut self) -> Result<[u8; N], Trouble> {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn skip(&mut self, length: usize) -> Result<(), Trouble> {
        let length = u64::try_from(length)?;
        let copied = std::io::copy(&mut (&mut self.stream).take(length), &mut std::io::sink())?;
        if copied == length { Ok(()) } else { Err("the X server has ended".into()) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        super::processes::end(&mut self.browser);
        super::processes::end(&mut self.server);
    }
}

/// The browser itself: a wrapper around it would be ended in its place.
pub(crate) fn chromium() -> &'static str {
    ["/usr/lib/chromium/chromium", "chromium"]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
        .unwrap_or("chromium")
}

/// Waits until the server listens.
fn connect(port: u32) -> Result<TcpStream, Trouble> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        match TcpStream::connect(format!("127.0.0.1:{port}")) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) if Instant::now() >= until => return Err(error.into()),
            Err(_) => std::thread::park_timeout(Duration::from_millis(50)),
        }
    }
}
