//! The pages: every `pages/NAME.html` under `/NAME`, and the few that no file can be.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{
    AGE, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, DATE, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::StreamExt;
use futures_util::stream;

/// The two origins under which the pages are.
pub(super) struct Origins {
    pub(super) here: String,
    pub(super) foreign: String,
}

/// Where the pages lie.
pub(super) fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/site/pages"))
}

pub(super) fn router(origins: Origins) -> Router {
    Router::new()
        .route("/{page}", get(page))
        .route("/kit.js", get(kit))
        .route("/late.js", get(late))
        .route("/hang", get(std::future::pending::<Response>))
        .route("/loading-never", get(std::future::pending::<Response>))
        .route("/loading-half", get(half))
        .route("/basic-only", get(basic_only))
        .route("/leave", get(leave))
        .route("/attachment", get(attachment))
        .route("/saved.txt", get(|| async { "what was saved\n" }))
        .route("/odd", get(odd))
        .route("/worker.js", get(worker))
        .with_state(Arc::new(origins))
}

/// What the query of any page may say.
#[derive(serde::Deserialize)]
struct Said {
    /// By how many seconds the time is ahead that the answer tells as its date.
    date: Option<i64>,
    /// For how many seconds somebody on the way has kept it.
    age: Option<u32>,
}

/// `{{here}}` and `{{foreign}}` stand for the origins.
async fn page(
    State(origins): State<Arc<Origins>>,
    Path(page): Path<String>,
    Query(Said { date, age }): Query<Said>,
) -> Response {
    let known = page.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let file = folder().join(format!("{page}.html"));
    match std::fs::read_to_string(file) {
        Ok(text) if known => {
            let text = text.replace("{{here}}", &origins.here);
            let mut answer = Html(text.replace("{{foreign}}", &origins.foreign)).into_response();
            if let Some(ahead) = date {
                let now = jiff::Timestamp::now().as_second() + ahead;
                let at = jiff::Timestamp::from_second(now).unwrap();
                let at = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                answer.headers_mut().insert(DATE, at.parse().unwrap());
            }
            if let Some(age) = age {
                answer.headers_mut().insert(AGE, age.into());
            }
            answer
        }
        _ => (StatusCode::NOT_FOUND, "no such page").into_response(),
    }
}

async fn kit() -> Response {
    let text = std::fs::read_to_string(folder().join("kit.js")).unwrap_or_default();
    ([(CONTENT_TYPE, "text/javascript")], text).into_response()
}

/// A script that comes when a person would have pressed the button already.
async fn late() -> Response {
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    ([(CONTENT_TYPE, "text/javascript")], "").into_response()
}

/// The first half of a document: its form is there, its end never comes.
async fn half() -> Response {
    let whole = std::fs::read_to_string(folder().join("plain.html")).unwrap_or_default();
    let first = Ok::<_, Infallible>(Bytes::from(whole.replace("/plain", "/loading-half")));
    let body = Body::from_stream(stream::iter([first]).chain(stream::pending()));
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response()
}

/// No form at all: the browser asks.
async fn basic_only(headers: HeaderMap) -> Response {
    if headers.contains_key(AUTHORIZATION) {
        return Redirect::to("/welcome").into_response();
    }
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, r#"Basic realm="console""#)]).into_response()
}

/// A file to save.
async fn attachment() -> Response {
    ([(CONTENT_DISPOSITION, r#"attachment; filename="report.csv""#)], "a;b\n").into_response()
}

/// A file under a name that is a path, with a quote and a line feed.
async fn odd() -> Response {
    let name = "attachment; filename*=UTF-8''..%2F..%2Fx%22%0D%0Ay.txt";
    ([(CONTENT_DISPOSITION, name)], "odd\n").into_response()
}

/// A service worker that takes over every page and says that it runs.
async fn worker() -> Response {
    let text = "self.onactivate = (event) => event.waitUntil(clients.claim());\
                self.onfetch = () => {}; self.skipWaiting(); fetch('/noted/worker', { method: 'POST' });";
    ([(CONTENT_TYPE, "text/javascript")], text).into_response()
}

#[derive(serde::Deserialize)]
struct Leave {
    to: String,
}

/// An open redirect.
async fn leave(Query(leave): Query<Leave>) -> Redirect {
    Redirect::to(&leave.to)
}
