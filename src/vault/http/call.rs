//! A call: one request to a vault's HTTP API, before it has a token.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderName, Method};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// One request. Its `Display` is its method and path, which hold no secret.
pub(in crate::vault) struct Call<'a> {
    pub(super) method: Method,
    /// Below the client's address, its segments as they are, before percent-encoding.
    pub(super) path: String,
    /// What stands for a [`WHOLE`] in the path: one segment, slashes and all.
    pub(super) whole: Option<String>,
    pub(super) query: Vec<(&'static str, Cow<'a, str>)>,
    pub(super) body: Option<Body>,
    /// A standing header of the client that this call goes without.
    pub(super) without: Option<HeaderName>,
    /// A secret inside the body, which a careless answer may repeat.
    pub(super) secret: Option<&'a Secret>,
    /// Whether asking twice does what asking once does.
    pub(super) is_repeatable: bool,
    /// The longest answer that is read, in bytes.
    pub(super) most: usize,
}

/// What a call carries; it may hold a secret, so its buffer is wiped.
pub(super) struct Body {
    pub(super) media: &'static str,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

impl<'a> Call<'a> {
    /// Reads `path`.
    pub(in crate::vault) fn get(path: String) -> Self {
        Self {
            method: Method::GET,
            path,
            whole: None,
            query: Vec::new(),
            body: None,
            without: None,
            secret: None,
            is_repeatable: true,
            most: MOST,
        }
    }

    /// Removes what is at `path`. It is not asked again after a failure.
    pub(in crate::vault) fn delete(path: String) -> Self {
        Self { method: Method::DELETE, is_repeatable: false, ..Self::get(path) }
    }

    /// Lists `path` with the method that Vault has for it.
    pub(in crate::vault) fn list(path: String) -> Self {
        // The name is a constant token of RFC 9110, so this is LIST and never the fallback.
        let method = Method::from_bytes(b"LIST").unwrap_or(Method::GET);
        Self { method, ..Self::get(path) }
    }

    /// Sends `body` as JSON. It is not asked again after a failure, unless [`Call::repeatable`] says so.
    pub(in crate::vault) fn post(path: String, body: &impl Serialize) -> Self {
        // Room for all of it at once: a buffer that grows leaves copies behind. What is longer grows.
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
        if serde_json::to_writer(&mut *bytes, body).is_err() {
            // Writing texts and numbers into memory does not fail; an empty body is refused.
            bytes.clear();
        }
        Self::post_as("application/json", path, bytes)
    }

    /// Sends `bytes`, which are of the type `media`.
    pub(in crate::vault) fn post_as(
        media: &'static str,
        path: String,
        bytes: Zeroizing<Vec<u8>>,
    ) -> Self {
        let body = Some(Body { media, bytes });
        Self { method: Method::POST, body, is_repeatable: false, ..Self::get(path) }
    }

    /// With `key=value` in its query, which may hold no secret: URLs are logged on their way.
    pub(in crate::vault) fn with(
        mut self,
        key: &'static str,
        value: impl Into<Cow<'a, str>>,
    ) -> Self {
        self.query.push((key, value.into()));
        self
    }

    /// With `segment` in the place of a [`WHOLE`] in the path; slashes in it are encoded.
    pub(in crate::vault) fn whole(self, segment: String) -> Self {
        Self { whole: Some(segment), ..self }
    }

    /// With `secret` inside its body: messages leave it out of what the server says.
    pub(in crate::vault) fn holding(self, secret: &'a Secret) -> Self {
        Self { secret: Some(secret), ..self }
    }

    /// Without that standing header of the client.
    pub(in crate::vault) fn without(self, header: HeaderName) -> Self {
        Self { without: Some(header), ..self }
    }

    /// Asked again when its connection was lost or the server was busy, although it is a POST.
    pub(in crate::vault) fn repeatable(self) -> Self {
        Self { is_repeatable: true, ..self }
    }

    /// With an answer of up to `most` bytes.
    pub(in crate::vault) fn up_to(self, most: usize) -> Self {
        Self { most, ..self }
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.whole {
            None => write!(f, "{} {}", self.method, self.path),
            Some(whole) => {
                let path = self.path.replace(WHOLE, &whole.replace('/', "%2F"));
                write!(f, "{} {path}", self.method)
            }
        }
    }
}

/// A segment of a path that [`Call::whole`] says; no name holds it.
pub(in crate::vault) const WHOLE: &str = "\0";
/// The longest body that is read, in bytes; Vault's own limit for a secret is 1 MiB by default.
const MOST: usize = 1024 * 1024;
/// Room for a request's body, in bytes: a credential has 64 KiB at most.
const ROOM: usize = 80 * 1024;
