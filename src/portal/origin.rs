//! The origin: what browsers have to have before the first path, for a request to be one of our own pages'.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use crate::host;

/// Where the portal is, as browsers see it.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// Whether browsers speak https to it.
    pub(super) secure: bool,
    /// `host` or `host:port` that requests have to be for; `None` where TLS has told them apart already.
    public: Option<String>,
    /// Whether it is the loopback interface that is listened on, without a name given to it.
    port: Option<u16>,
}

impl Origin {
    /// Of a portal with `public_url`, or else of one that listens on `port`, on the loopback interface where
    /// `loopback` says so, and speaks TLS where `tls` says so.
    pub(super) fn new(public_url: Option<&url::Url>, loopback: bool, port: u16, tls: bool) -> Self {
        match public_url {
            Some(url) => {
                let origin = url.origin().ascii_serialization();
                let host = origin.split_once("://").map(|(_, host)| host.to_owned());
                Self { secure: url.scheme() == "https", public: host, port: None }
            }
            None => Self { secure: tls, public: None, port: loopback.then_some(port) },
        }
    }

    /// The host that a request is for, if it is one of ours: a foreign name that leads here is refused, so that
    /// nobody reaches a portal on the loopback interface by a name of their own (DNS rebinding).
    pub(super) fn host<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let host = headers.get(HOST)?.to_str().ok()?;
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, port.parse().ok()?),
            _ => (host, if self.secure { 443 } else { 80 }),
        };
        let ours = match (&self.public, self.port) {
            (Some(public), _) => host.eq_ignore_ascii_case(public),
            (None, Some(own)) => port == own && host::is_loopback_name(name),
            (None, None) => true,
        };
        ours.then_some(host)
    }

    /// Whether the `Origin` of a request for `host` is our own. `None` where there is none: a browser that sends no
    /// referrer sends `null` with its forms (Fetch, "append a request Origin header").
    pub(super) fn is_own(&self, headers: &HeaderMap, host: &str) -> Option<bool> {
        let origin = headers.get(ORIGIN).filter(|origin| origin.as_bytes() != b"null")?;
        let scheme = if self.secure { "https" } else { "http" };
        let own = origin.to_str().is_ok_and(|origin| {
            origin
                .split_once("://")
                .is_some_and(|(found, rest)| found == scheme && rest.eq_ignore_ascii_case(host))
        });
        Some(own)
    }

    /// The name of the cookie. With `__Host-` a browser takes it only over https, from this host, for all paths.
    pub(super) fn cookie(&self) -> &'static str {
        if self.secure { "__Host-doorward" } else { "doorward" }
    }

    /// The name of the cookie that ties a sign-in through a provider to its browser.
    pub(super) fn attempt_cookie(&self) -> &'static str {
        if self.secure { "__Host-doorward-sign-in" } else { "doorward-sign-in" }
    }

    /// The name of the cookie of a sign-in whose second factor is awaited.
    pub(super) fn half_cookie(&self) -> &'static str {
        if self.secure { "__Host-doorward-half" } else { "doorward-half" }
    }
}
