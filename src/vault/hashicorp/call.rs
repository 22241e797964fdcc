//! A call: one request to the vault's HTTP API, before it has a token.

use std::fmt;

use http::Method;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// One request. Its `Display` is its method and path, which hold no secret.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// Below `/v1`, its segments as they are, before percent-encoding.
    pub(super) path: String,
    pub(super) query: &'static [(&'static str, &'static str)],
    pub(super) body: Option<Zeroizing<Vec<u8>>>,
    /// Whether it goes to the configured namespace; a few calls exist in the root namespace only.
    pub(super) namespaced: bool,
    /// A secret inside the body, which a careless answer may repeat.
    pub(super) secret: Option<&'a Secret>,
}

impl<'a> Call<'a> {
    /// Reads `path`.
    pub(super) fn get(path: String) -> Self {
        Self { method: Method::GET, path, query: &[], body: None, namespaced: true, secret: None }
    }

    /// Lists `path` with Vault's own method.
    pub(super) fn list(path: String) -> Self {
        // The name is a constant token of RFC 9110, so this is LIST and never the fallback.
        let method = Method::from_bytes(b"LIST").unwrap_or(Method::GET);
        Self { method, ..Self::get(path) }
    }

    /// Lists `path` through proxies that know no method `LIST`.
    pub(super) fn list_by_query(path: String) -> Self {
        Self { query: &[("list", "true")], ..Self::get(path) }
    }

    /// Sends `body`, which is JSON and may hold `secret`.
    pub(super) fn post(path: String, body: Zeroizing<Vec<u8>>, secret: Option<&'a Secret>) -> Self {
        Self { method: Method::POST, body: Some(body), secret, ..Self::get(path) }
    }

    /// Asks a node how it is: 200 for every node that serves, active or not.
    pub(super) fn health() -> Self {
        Self {
            query: &[("standbyok", "true"), ("perfstandbyok", "true")],
            namespaced: false,
            ..Self::get("sys/health".into())
        }
    }

    /// Whether asking twice does what asking once does.
    pub(super) fn is_idempotent(&self) -> bool {
        self.method != Method::POST
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}
