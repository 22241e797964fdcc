//! A proxy before the site: it asks for a name and password (RFC 9110, section 11.7), and leads every host there.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// A running one; it ends when it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    given: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
    stopped: Arc<std::sync::atomic::AtomicBool>,
}

impl Proxy {
    /// Before `site`, for who shows `credentials` (`name:password`).
    pub(crate) fn start(site: String, credentials: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let right = format!("Basic {}", data_encoding::BASE64.encode(credentials.as_bytes()));
        let given: Arc<Mutex<Vec<String>>> = Arc::default();
        let stopped: Arc<std::sync::atomic::AtomicBool> = Arc::default();
        let (kept, ended) = (Arc::clone(&given), Arc::clone(&stopped));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(std::sync::atomic::Ordering::SeqCst) {
                    return;
                }
                let (site, right, kept) = (site.clone(), right.clone(), Arc::clone(&kept));
                std::thread::spawn(move || answer(stream, &site, &right, &kept));
            }
        });
        Self { address, given, thread: Some(thread), stopped }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What each request showed, oldest first; empty where it showed nothing.
    pub(crate) fn given(&self) -> Vec<String> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stopped.store(true, std::sync::atomic::Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One request, and the end of the connection.
fn answer(mut stream: TcpStream, site: &str, right: &str, kept: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut shown, mut length) = (String::new(), String::new(), 0);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) && line.trim() != "" {
        let value = line.split_once(':').map_or("", |(_, value)| value.trim());
        let name = line.to_ascii_lowercase();
        match () {
            () if head.is_empty() => {
                // `GET http://host/path`: a site is asked for the path alone.
                let path = line.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
                let method = line.split(' ').next().unwrap_or_default();
                head = format!("{method} /{path}");
            }
            () if name.starts_with("proxy-authorization:") => value.clone_into(&mut shown),
            () if name.starts_with("proxy-connection:") || name.starts_with("connection:") => {}
            () => {
                if name.starts_with("content-length:") {
                    length = value.parse().unwrap_or(0);
                }
                head.push_str(&line);
            }
        }
        line.clear();
    }
    kept.lock().unwrap_or_else(PoisonError::into_inner).push(shown.clone());
    let mut body = vec![0; length];
    let _ = std::io::Read::read_exact(&mut reader, &mut body);
    if shown != right {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"way out\"\r\n\
                       Content-Length: 0\r\nConnection: close\r\n\r\n";
        let _ = stream.write_all(refusal.as_bytes());
        return;
    }
    let mut onward = TcpStream::connect(site).unwrap();
    let _ = onward.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
    let _ = onward.write_all(&body);
    let _ = std::io::copy(&mut onward, &mut stream);
    let _ = stream.shutdown(Shutdown::Both);
}
