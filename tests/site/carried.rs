//! What takes what pages carry: forms and scripts in every writing, repeated by redirects, asked for by HTTP
//! itself, and through a WebSocket.

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Path, Query};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CONTENT_TYPE,
    LOCATION, ORIGIN, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use ring::digest::{SHA256, digest};

use super::{PASSWORD, USERNAME};

pub(super) fn router() -> Router {
    Router::new()
        .route("/carried/{way}", post(carried).options(permitted))
        .route("/again", post(again))
        .route("/carrier.js", get(carrier))
        .route("/socket", any(socket))
        .route("/latin1", get(latin1))
        .route("/basic-guard", get(basic))
        .route("/digest-guard", get(digested))
}

/// A form goes on to the welcome page; a script is told that it was taken.
async fn carried(Path(way): Path<String>, headers: HeaderMap) -> Response {
    let from = headers.get(ORIGIN).cloned().unwrap_or(HeaderValue::from_static("*"));
    let is_form = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
    match (is_form, way.as_str()) {
        // Nothing that comes from there is the password.
        (_, "unsealable") => StatusCode::FORBIDDEN.into_response(),
        // A redirect by its number that leads nowhere: the page gets it.
        (_, "choices") => StatusCode::MULTIPLE_CHOICES.into_response(),
        (true, _) => Redirect::to("/welcome").into_response(),
        (false, _) => {
            (StatusCode::NO_CONTENT, [(ACCESS_CONTROL_ALLOW_ORIGIN, from)]).into_response()
        }
    }
}

/// What a browser asks before it sends JSON to another origin.
async fn permitted(headers: HeaderMap) -> Response {
    let from = headers.get(ORIGIN).cloned().unwrap_or(HeaderValue::from_static("*"));
    let all = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, from),
        (ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type")),
    ];
    (StatusCode::NO_CONTENT, all).into_response()
}

#[derive(serde::Deserialize)]
struct Again {
    to: String,
    /// Whether it takes its time.
    slow: Option<u8>,
}

/// The same once more, elsewhere: 307 has the browser repeat the body.
async fn again(Query(again): Query<Again>) -> Response {
    if again.slow.is_some() {
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    }
    (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, again.to)]).into_response()
}

/// A worker of any kind: it sends what it is told to, or, as a service worker, what pages send.
async fn carrier() -> Response {
    const TEXT: &str = r#"
const carry = async ({ data }, port) => {
  const { way, password } = JSON.parse(data);
  const sent = await fetch(`/carried/${way}`, { method: "POST", body: JSON.stringify({ password }) });
  port.postMessage(sent.status);
};
self.onmessage = (event) => carry(event, self);
self.onconnect = ({ ports: [port] }) => { port.onmessage = (event) => carry(event, port); };
self.oninstall = () => self.skipWaiting?.();
self.onactivate = (event) => event.waitUntil(clients.claim());
self.onfetch = (event) => { if (event.request.method === "POST") event.respondWith(fetch(event.request)); };
"#;
    ([(CONTENT_TYPE, "text/javascript")], TEXT).into_response()
}

/// Whatever comes is wrong.
async fn socket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move {
        while let Some(Ok(Message::Text(_))) = socket.recv().await {
            let _ = socket.send(Message::text("wrong")).await;
        }
    })
}

/// A form in an old writing.
async fn latin1() -> Response {
    const TEXT: &str = r#"<!doctype html><title>Old</title><form id="form" method="post" action="/carried/latin1">
<input id="username" name="username"><input id="password" name="password" type="password"><button id="go">Go</button></form>"#;
    ([(CONTENT_TYPE, "text/html; charset=iso-8859-1")], TEXT).into_response()
}

/// HTTP Basic (RFC 7617).
async fn basic(headers: HeaderMap) -> Response {
    let right = data_encoding::BASE64.encode(format!("{USERNAME}:{PASSWORD}").as_bytes());
    let given =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if given.strip_prefix("Basic ") == Some(&right) {
        return Redirect::to("/welcome").into_response();
    }
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, r#"Basic realm="console""#)]).into_response()
}

/// HTTP Digest with SHA-256 (RFC 7616), without the checks of a nonce that a real site makes.
async fn digested(headers: HeaderMap) -> Response {
    const CHALLENGE: &str = r#"Digest realm="console", nonce="n0", algorithm=SHA-256, qop="auth""#;
    let given =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let part = |name: &str| {
        let (_, rest) = given.split_once(&format!("{name}="))?;
        Some(rest.trim_start_matches('"').split(['"', ',']).next()?.to_owned())
    };
    let hash =
        |text: String| data_encoding::HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref());
    let expected = || {
        let (who, what) =
            (hash(format!("{USERNAME}:console:{PASSWORD}")), hash("GET:/digest-guard".to_owned()));
        Some(hash(format!("{who}:n0:{}:{}:auth:{what}", part("nc")?, part("cnonce")?)))
    };
    if given.starts_with("Digest ") && part("response") == expected() {
        return Redirect::to("/welcome").into_response();
    }
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, CHALLENGE)]).into_response()
}
