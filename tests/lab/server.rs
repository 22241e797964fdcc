//! A stand-in vault: answers from a script, and remembers what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio_rustls::TlsAcceptor;

/// How one call is answered.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A status and a body, with further headers.
    Send(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// What comes of it once as many such calls are under way as the barrier counts.
    Together(Arc<Barrier>, Box<Reply>),
    /// Nothing, ever.
    Hang,
    /// A header that promises a body, half of it, and a broken connection.
    BreakOff,
    /// A header, half of the body it promises, and then nothing.
    Stall,
    /// More than anybody wants to read, of unstated length.
    Flood,
}

/// A status and JSON.
pub(crate) fn json_of(status: u16, value: Value) -> Reply {
    let media = vec![("content-type", "application/json".to_owned())];
    Reply::Send(status, media, value.to_string().into_bytes())
}

/// JSON with status 200.
pub(crate) fn ok(value: Value) -> Reply {
    json_of(200, value)
}

/// An error in the vault's shape.
pub(crate) fn errors(status: u16, errors: &[&str]) -> Reply {
    json_of(status, json!({ "errors": errors }))
}

/// A page of some other server.
pub(crate) fn html(status: u16) -> Reply {
    let media = vec![("content-type", "text/html; charset=utf-8".to_owned())];
    Reply::Send(status, media, b"<html>Sign in</html>".to_vec())
}

/// A status and nothing else.
pub(crate) fn empty(status: u16) -> Reply {
    Reply::Send(status, vec![], vec![])
}

/// A redirect.
pub(crate) fn redirect(to: &str) -> Reply {
    Reply::Send(307, vec![("location", to.to_owned())], vec![])
}

/// Calls as `GET /v1/path?query`, each with its answers in order; the last one stays.
pub(crate) type Script = Vec<(&'static str, Vec<Reply>)>;

/// One call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// `GET /v1/path?query`.
    pub(crate) call: String,
    headers: http::HeaderMap,
    /// The body.
    pub(crate) body: String,
}

impl Seen {
    /// The header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A server on loopback; gone with its value.
pub(crate) struct StandIn {
    /// Scheme, host and port.
    pub(crate) address: String,
    state: Arc<Mutex<Play>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Play {
    script: BTreeMap<String, VecDeque<Reply>>,
    seen: Vec<Seen>,
    connections_to_drop: usize,
}

impl StandIn {
    /// A server that speaks plain HTTP.
    pub(crate) async fn start(script: Script) -> Self {
        Self::start_with(script, None).await
    }

    /// A server that speaks TLS.
    pub(crate) async fn start_with(script: Script, tls: Option<TlsAcceptor>) -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = tcp.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let state = Arc::new(Mutex::new(Play::default()));
        let listener = Listener { tcp, tls, state: Arc::clone(&state) };
        let app = Router::new().fallback(answer).with_state(Arc::clone(&state));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let server = Self { address: format!("{scheme}://127.0.0.1:{port}"), state, task };
        server.script(script);
        server
    }

    /// Adds to the script; a call that was there before is answered anew.
    pub(crate) fn script(&self, script: Script) {
        let mut play = self.state.lock().unwrap();
        for (call, replies) in script {
            play.script.insert(call.to_owned(), replies.into());
        }
    }

    /// Closes the next connections before they were heard.
    pub(crate) fn drop_connections(&self, count: usize) {
        self.state.lock().unwrap().connections_to_drop = count;
    }

    /// How many connections were not dropped yet although they should be.
    pub(crate) fn undropped(&self) -> usize {
        self.state.lock().unwrap().connections_to_drop
    }

    /// What arrived so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    /// How often `call` arrived.
    pub(crate) fn count(&self, call: &str) -> usize {
        self.seen().iter().filter(|seen| seen.call == call).count()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(state): State<Arc<Mutex<Play>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let call = format!("{} {}", parts.method, parts.uri);
    let reply = {
        let mut play = state.lock().unwrap();
        play.seen.push(Seen {
            call: call.clone(),
            headers: parts.headers.clone(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        });
        match play.script.get_mut(&call) {
            Some(replies) if replies.len() > 1 => replies.pop_front().unwrap(),
            Some(replies) => replies[0].clone(),
            None => errors(500, &[&format!("not in the script: {call}")]),
        }
    };
    let reply = match reply {
        Reply::Together(barrier, reply) => {
            barrier.wait().await;
            *reply
        }
        reply => reply,
    };
    match reply {
        Reply::Together(..) => unreachable!("one barrier is enough"),
        Reply::Send(status, headers, body) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).unwrap()
        }
        Reply::Hang => std::future::pending().await,
        Reply::BreakOff => {
            let half = stream::once(async { Ok(Bytes::from_static(b"{\"data\":")) });
            let broken = stream::once(async {
                // The server sends what it has whenever its body makes it wait.
                tokio::task::yield_now().await;
                Err(std::io::Error::other("the stand-in breaks off"))
            });
            Response::builder()
                .header("content-type", "application/json")
                .header("content-length", "100")
                .body(Body::from_stream(half.chain(broken)))
                .unwrap()
        }
        Reply::Stall => {
            let half = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"{")) });
            Response::new(Body::from_stream(half.chain(stream::pending())))
        }
        Reply::Flood => {
            let chunk = Bytes::from(vec![b' '; 64 * 1024]);
            let chunks = (0..160).map(move |_| Ok::<_, std::io::Error>(chunk.clone()));
            Response::new(Body::from_stream(stream::iter(chunks)))
        }
    }
}

struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    state: Arc<Mutex<Play>>,
}

trait Pipe: AsyncRead + AsyncWrite + Send + Unpin {}
impl Pipe for TcpStream {}
impl Pipe for tokio_rustls::server::TlsStream<TcpStream> {}

impl axum::serve::Listener for Listener {
    type Io = Pin<Box<dyn Pipe>>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, from)) = self.tcp.accept().await else { continue };
            stream.set_nodelay(true).unwrap();
            {
                let mut play = self.state.lock().unwrap();
                if play.connections_to_drop > 0 {
                    play.connections_to_drop -= 1;
                    continue;
                }
            }
            match &self.tls {
                None => return (Box::pin(stream), from),
                // A client that trusts nobody here ends its handshake; the next one may come.
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => return (Box::pin(stream), from),
                    Err(_) => continue,
                },
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
