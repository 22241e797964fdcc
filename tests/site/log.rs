//! The log: every request that reached the site, with the exact fields that it brought.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::Response;

/// The fields of one form, in the order in which they were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// The first field of that name.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    /// `GET`, `POST`.
    pub(crate) method: String,
    /// The origin's host and port, as the browser named it.
    pub(crate) host: String,
    /// Without its query.
    pub(crate) path: String,
    /// What a POST brought.
    pub(crate) fields: Fields,
    /// The same, byte for byte.
    pub(crate) body: Vec<u8>,
    /// The headers, by their names in lower case.
    pub(crate) headers: Vec<(String, String)>,
}

impl Visit {
    /// A header, empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }
}

/// All of them, oldest first.
#[derive(Default)]
pub(super) struct Log {
    visits: Mutex<Vec<Visit>>,
    more: Condvar,
}

impl Log {
    pub(super) fn visits(&self) -> Vec<Visit> {
        self.kept().clone()
    }

    pub(super) fn submissions(&self, page: &str) -> Vec<Fields> {
        let paths = [format!("/submit/{page}"), format!("/{page}")];
        self.posted(|path| paths.iter().any(|one| one == path))
    }

    pub(super) fn notes(&self, page: &str) -> Vec<Fields> {
        self.posted(|path| path == format!("/noted/{page}"))
    }

    pub(super) fn values_of(&self, host: &str) -> Vec<String> {
        let visits = self.kept();
        let fields = visits.iter().filter(|visit| visit.host == host).flat_map(|v| &v.fields.0);
        fields.map(|(_, value)| value.clone()).collect()
    }

    /// Whether `condition` came to hold within `most`; asked again after every request.
    pub(super) fn wait(&self, most: Duration, condition: impl Fn() -> bool) -> bool {
        let until = Instant::now() + most;
        loop {
            let before = self.kept().len();
            if condition() {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited =
                self.more.wait_timeout_while(self.kept(), left, |visits| visits.len() == before);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn posted(&self, is_meant: impl Fn(&str) -> bool) -> Vec<Fields> {
        let visits = self.kept();
        let posts = visits.iter().filter(|visit| visit.method == "POST" && is_meant(&visit.path));
        posts.map(|visit| visit.fields.clone()).collect()
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Visit>> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes the request before it is answered, so that a request that never is answered is there, too.
pub(super) async fn record(State(log): State<Arc<Log>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = match parts.method == Method::POST {
        true => to_bytes(body, 1 << 20).await.unwrap_or_default(),
        false => axum::body::Bytes::new(),
    };
    let fields = url::form_urlencoded::parse(&bytes).into_owned().collect();
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    log.kept().push(Visit {
        method: parts.method.to_string(),
        host: host.to_owned(),
        path: parts.uri.path().to_owned(),
        fields: Fields(fields),
        body: bytes.to_vec(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
    });
    log.more.notify_all();
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}
