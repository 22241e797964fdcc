//! A request that is paused on its way to the network, and the page from memory that may answer it.

use serde_json::{Value, json};

use super::author::Snapshot;

/// A request that waits for an answer.
pub(super) struct Paused {
    pub(super) session: String,
    pub(super) request: String,
    pub(super) url: String,
    pub(super) frame: String,
    /// What a script fetches leaves the document where it is.
    pub(super) document: bool,
}

impl Paused {
    /// The request of `Fetch.requestPaused`, in the session of a page.
    pub(super) fn read(session: String, params: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            session,
            request: text(&params["requestId"]),
            url: text(&params["request"]["url"]),
            frame: text(&params["frameId"]),
            document: params["resourceType"] == "Document",
        }
    }

    /// Whether it asks for `page`; what stands behind `?` matters only where the page has some.
    pub(super) fn is_for(&self, page: &Snapshot) -> bool {
        let url = self.url.split('#').next().unwrap_or_default();
        url == page.url || (!page.url.contains('?') && url.split('?').next() == Some(&page.url))
    }
}

/// A page from memory: no script of it runs, and no form of it goes anywhere.
pub(super) fn fulfilled(request: &str, page: &Snapshot) -> Value {
    let header = |name: &str, value: &str| json!({"name": name, "value": value});
    json!({
        "requestId": request,
        "responseCode": 200,
        "responseHeaders": [
            header("content-type", "text/html; charset=utf-8"),
            header("content-security-policy", "script-src 'none'; form-action 'none'"),
        ],
        "body": data_encoding::BASE64.encode(page.html.as_bytes()),
    })
}
