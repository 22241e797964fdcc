//! The client: sends calls to a vault and to nobody else, within their deadlines.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::SignedDuration;
use tokio::time::Instant;
use url::Url;
use zeroize::Zeroizing;

use super::answer::{Answer, Complaint};
use super::call::{Call, WHOLE};
use super::endpoint::{Endpoint, authority, origin};
use crate::clock::{Timestamp, apart};
use crate::name::VaultName;
use crate::secret::Secret;
use crate::vault::{Error, Unready};

/// A client of one vault.
pub(in crate::vault) struct Client {
    pub(in crate::vault) vault: VaultName,
    http: reqwest::Client,
    address: Url,
    carrier: Carrier,
    standing: HeaderMap,
    trusted: Vec<String>,
    timeout: Duration,
    deadline: Duration,
    /// How far the server's clock is ahead of this machine's, by its last answer.
    skew: Mutex<Option<SignedDuration>>,
}

/// The header that carries a token, and what stands around it.
pub(in crate::vault) struct Carrier {
    pub(in crate::vault) header: HeaderName,
    pub(in crate::vault) before: &'static str,
    pub(in crate::vault) after: &'static str,
}

/// One question to the vault: all its calls share a deadline, and sign in anew at most once.
pub(in crate::vault) struct Visit {
    pub(in crate::vault) until: Instant,
    /// Whether a token was issued in it.
    pub(in crate::vault) signed_in: bool,
    /// Whether a refused token was replaced in it.
    pub(in crate::vault) anew: bool,
}

impl Visit {
    /// The same question, for calls that are made at the same time.
    pub(in crate::vault) fn beside(&self) -> Self {
        Self { until: self.until, signed_in: self.signed_in, anew: self.anew }
    }

    /// Waits for `work` that the deadline does not count: a person types, a code becomes free.
    pub(in crate::vault) async fn pause<T>(&mut self, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = work.await;
        self.until += began.elapsed();
        done
    }
}

/// Where a call was sent on to, or what came back.
enum Reply {
    Answer(Answer),
    Elsewhere(Option<String>),
}

/// Why there is no answer; a lost connection may be tried again.
enum Failure {
    Final(Error),
    Lost(Error),
}

impl Client {
    /// A client of the server at `endpoint`; `standing` are the headers of every call. Proxies of the
    /// environment are not used: a token is for the vault only.
    ///
    /// # Errors
    /// [`Error::Unreadable`] for the files that the endpoint names.
    pub(in crate::vault) fn new(
        vault: &VaultName,
        endpoint: &Endpoint,
        carrier: Carrier,
        standing: HeaderMap,
    ) -> Result<Self, Error> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // The program installs ring at its start; a test or another program that did not gets
            // it here instead of a panic. Losing the race to someone else is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let mut http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .cookie_store(endpoint.cookies)
            .no_proxy();
        if let Some(path) = &endpoint.ca_file {
            http = http.tls_certs_only(authorities(vault, path)?);
        }
        if let Some(identity) = &endpoint.identity {
            http = http.identity(identity.read(vault)?);
        }
        let http = http.build().map_err(|error| Error::Unreachable {
            vault: vault.clone(),
            endpoint: origin(&endpoint.address),
            source: innermost(&error).into(),
        })?;
        Ok(Self {
            vault: vault.clone(),
            http,
            address: endpoint.address.clone(),
            carrier,
            standing,
            trusted: endpoint.trusted.clone(),
            timeout: endpoint.timeout,
            deadline: endpoint.deadline,
            skew: Mutex::default(),
        })
    }

    /// How far the server's clock is ahead of this machine's, as its last answer told: at the least, because answers tell
    /// whole seconds and take their time.
    pub(in crate::vault) fn skew(&self) -> Option<SignedDuration> {
        *self.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a question.
    pub(in crate::vault) fn visit(&self) -> Visit {
        Visit { until: Instant::now() + self.deadline, signed_in: false, anew: false }
    }

    /// Sends `call` and reads the answer, whatever its status. A call that may be asked twice is
    /// asked again when its connection was lost or the server was busy, as long as there is time.
    pub(in crate::vault) async fn send(
        &self,
        call: &Call<'_>,
        token: Option<&Secret>,
        visit: &Visit,
    ) -> Result<Answer, Error> {
        let mut pause = FIRST_PAUSE;
        for retry in 0.. {
            let last = retry == RETRIES || !call.is_repeatable;
            let outcome = self.follow(call, token, visit).await;
            let wait = match &outcome {
                Ok(answer) if answer.is_passing() => answer.retry_after.unwrap_or(pause).max(pause),
                Err(Failure::Lost(_)) => pause,
                _ => Duration::ZERO,
            };
            if wait.is_zero() || last || Instant::now() + wait >= visit.until {
                return outcome.map_err(|failure| match failure {
                    Failure::Final(error) | Failure::Lost(error) => error,
                });
            }
            tracing::debug!(vault = %self.vault, call = %call, retry, "asking again");
            tokio::time::sleep(wait).await;
            pause *= 2;
        }
        Err(self.slow(call, self.deadline))
    }

    /// Turns answers that mean the same for every call of every product into their errors: the server is
    /// busy or broke, or the answer is none of the vault's.
    pub(in crate::vault) fn screen(
        &self,
        call: &Call<'_>,
        answer: Answer,
    ) -> Result<Answer, Error> {
        match answer.status {
            // RFC 9110 lets an overloaded server say for how long (section 15.6.4).
            _ if answer.status == 429 || answer.status == 503 && answer.retry_after.is_some() => {
                Err(Error::Busy {
                    vault: self.vault.clone(),
                    asked: call.to_string(),
                    status: answer.status,
                    wait: answer.retry_after,
                })
            }
            403..=405 if !answer.is_the_vaults() => {
                Err(self.garbled(call, format!("status {} and {}", answer.status, answer.words())))
            }
            500.. => Err(self.refused(call, &answer)),
            _ => Ok(answer),
        }
    }

    /// The answer was an error that has no other name.
    pub(in crate::vault) fn refused(&self, call: &Call<'_>, answer: &Answer) -> Error {
        Error::Refused {
            vault: self.vault.clone(),
            asked: call.to_string(),
            status: answer.status,
            detail: answer.words(),
        }
    }

    /// The answer was not of the shape that the API promises.
    pub(in crate::vault) fn garbled(&self, call: &Call<'_>, found: String) -> Error {
        Error::Garbled { vault: self.vault.clone(), asked: call.to_string(), found }
    }

    /// The vault serves nobody.
    pub(in crate::vault) fn unready(&self, state: Unready) -> Error {
        Error::Unready { vault: self.vault.clone(), endpoint: origin(&self.address), state }
    }

    /// The credential, in words, was not accepted; `detail` are the vault's own.
    pub(in crate::vault) fn unauthenticated(&self, credential: String, detail: String) -> Error {
        Error::Unauthenticated { vault: self.vault.clone(), credential, detail }
    }

    fn slow(&self, call: &Call<'_>, deadline: Duration) -> Error {
        Error::Slow { vault: self.vault.clone(), asked: call.to_string(), deadline }
    }

    /// Sends `call`, and sends it on where a standby node points to a node that is trusted.
    async fn follow(
        &self,
        call: &Call<'_>,
        token: Option<&Secret>,
        visit: &Visit,
    ) -> Result<Answer, Failure> {
        let mut url = self.url(call);
        for _ in 0..=REDIRECTS {
            match self.once(call, &url, token, visit).await? {
                Reply::Answer(answer) => return Ok(answer),
                Reply::Elsewhere(location) => {
                    url = self.elsewhere(call, &url, location).map_err(Failure::Final)?;
                }
            }
        }
        Err(Failure::Final(self.redirected(call, &url, "after more redirects than three")))
    }

    async fn once(
        &self,
        call: &Call<'_>,
        url: &Url,
        token: Option<&Secret>,
        visit: &Visit,
    ) -> Result<Reply, Failure> {
        let left = visit.until.saturating_duration_since(Instant::now());
        let within = left.min(self.timeout);
        match tokio::time::timeout(within, self.exchange(call, url, token)).await {
            Ok(reply) => reply,
            Err(_) if left < self.timeout => Err(Failure::Final(self.slow(call, self.deadline))),
            Err(_) => Err(Failure::Final(self.slow(call, self.timeout))),
        }
    }

    async fn exchange(
        &self,
        call: &Call<'_>,
        url: &Url,
        token: Option<&Secret>,
    ) -> Result<Reply, Failure> {
        let mut headers = self.standing.clone();
        if let Some(header) = &call.without {
            headers.remove(header);
        }
        if let Some(token) = token {
            let Carrier { header, before, after } = &self.carrier;
            let value = Zeroizing::new(format!("{before}{}{after}", token.expose()));
            // Tokens are checked when they are read or issued, so none is left out here.
            if let Ok(mut value) = HeaderValue::from_str(&value) {
                value.set_sensitive(true);
                headers.insert(header, value);
            }
        }
        let mut request = self.http.request(call.method.clone(), url.clone()).headers(headers);
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, body.media).body(body.bytes.to_vec());
        }
        let before = Timestamp::now();
        let mut response = request.send().await.map_err(|error| self.broken(url, &error))?;
        let after = Timestamp::now();
        let header =
            |name| response.headers().get(name).and_then(|v: &HeaderValue| v.to_str().ok());
        let date = header(DATE).and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
        if let Some(date) = date {
            let skew = apart(date.timestamp(), before, after);
            *self.skew.lock().unwrap_or_else(PoisonError::into_inner) = Some(skew);
        }
        let status = response.status().as_u16();
        if matches!(status, 301 | 302 | 303 | 307 | 308) {
            return Ok(Reply::Elsewhere(header(LOCATION).map(str::to_owned)));
        }
        let clean = |text: &str| clean(text, [token, call.secret]);
        let media = header(CONTENT_TYPE).unwrap_or_default();
        let media = clean(media.split(';').next().unwrap_or_default());
        let retry_after = header(RETRY_AFTER).and_then(pause);
        let promised = header(CONTENT_LENGTH).and_then(|text| text.parse::<usize>().ok());
        let garbled = |found| Failure::Final(self.garbled(call, found));
        let too_long = || garbled(format!("more than {} MiB", call.most / (1024 * 1024)));
        if promised.is_some_and(|length| length > call.most) {
            return Err(too_long());
        }
        // Room for all of it at once: a buffer that grows leaves copies behind.
        let mut body = Zeroizing::new(Vec::with_capacity(promised.unwrap_or(USUAL)));
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > call.most => return Err(too_long()),
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(_) => {
                    return Err(garbled(format!(
                        "status {status} and a body that breaks off after {} bytes",
                        body.len()
                    )));
                }
            }
        }
        let complaint =
            if status >= 400 { Complaint::read(&body, clean) } else { Complaint::default() };
        Ok(Reply::Answer(Answer { status, media, body, complaint, retry_after }))
    }

    fn url(&self, call: &Call<'_>) -> Url {
        let mut url = self.address.clone();
        // An http or https URL always has segments, so nothing is left out here.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
            for segment in call.path.split('/') {
                match &call.whole {
                    Some(whole) if segment == WHOLE => segments.push(whole),
                    _ => segments.push(segment),
                };
            }
        }
        for (key, value) in &call.query {
            url.query_pairs_mut().append_pair(key, value);
        }
        url
    }

    /// Where a redirect leads, if it may be followed: to the vault's own address or a trusted host,
    /// by a scheme that is no worse.
    fn elsewhere(
        &self,
        call: &Call<'_>,
        from: &Url,
        location: Option<String>,
    ) -> Result<Url, Error> {
        let target = location
            .and_then(|location| from.join(&location).ok())
            .filter(|url| url.has_host() && matches!(url.scheme(), "https" | "http"));
        let Some(mut target) = target else {
            return Err(self.garbled(call, "a redirect that leads nowhere".into()));
        };
        let there = authority(&target);
        if there != authority(&self.address) && !self.trusted.contains(&there) {
            return Err(self.redirected(call, &target, FOREIGN));
        }
        if target.scheme() == "http" && self.address.scheme() == "https" {
            return Err(self.redirected(call, &target, "which is not encrypted"));
        }
        // Credentials inside a URL would become a header of their own.
        let _ = target.set_username("").and_then(|()| target.set_password(None));
        Ok(target)
    }

    fn redirected(&self, call: &Call<'_>, to: &Url, reason: &'static str) -> Error {
        Error::Redirected {
            vault: self.vault.clone(),
            asked: call.to_string(),
            to: format!("{}://{}", to.scheme(), authority(to)),
            reason,
        }
    }

    /// What a failed exchange means.
    fn broken(&self, url: &Url, error: &reqwest::Error) -> Failure {
        let (vault, endpoint) = (self.vault.clone(), origin(url));
        let source = innermost(error).into();
        let mut lost = !error.is_connect() && !error.is_timeout();
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(layer) = cause {
            let io = layer.downcast_ref::<io::Error>();
            let tls = tls_fault(layer);
            if let Some(rustls::Error::InvalidCertificate(_)) = tls {
                return Failure::Final(Error::Untrusted { vault, endpoint, source });
            }
            lost = (lost && tls.is_none()) || io.is_some_and(|io| BROKEN.contains(&io.kind()));
            cause = layer.source();
        }
        let error = Error::Unreachable { vault, endpoint, source };
        if lost { Failure::Lost(error) } else { Failure::Final(error) }
    }
}

/// The authorities of a PEM file.
fn authorities(
    vault: &VaultName,
    path: &std::path::Path,
) -> Result<Vec<reqwest::Certificate>, Error> {
    let unreadable = |source| Error::Unreadable {
        vault: vault.clone(),
        what: "ca-file",
        path: path.to_owned(),
        source,
    };
    let pem = std::fs::read(path).map_err(unreadable)?;
    reqwest::Certificate::from_pem_bundle(&pem)
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or_else(|| unreadable(io::Error::other("it holds no certificate in PEM form")))
}

/// How long a `Retry-After` asks to be left alone: seconds, or a date (RFC 9110, section 10.2.3).
fn pause(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let left = at.duration_since(jiff::Timestamp::now());
    u64::try_from(left.as_secs()).ok().map(Duration::from_secs)
}

/// A text of the server, fit for a message: one line, bounded, without the secrets that it was sent.
pub(in crate::vault) fn clean(text: &str, secrets: [Option<&Secret>; 2]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.into_iter().flatten().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.expose(), "…");
    }
    let words: Vec<&str> = text
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|w| !w.is_empty())
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// What the deepest layer says, which is what a person can act on.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// What TLS found wrong. An `io::Error` shows what it wraps by `get_ref` only, not as its source, and
/// one may wrap another.
fn tls_fault<'a>(layer: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    match layer.downcast_ref::<io::Error>() {
        Some(io) => tls_fault(io.get_ref()?),
        None => layer.downcast_ref(),
    }
}

/// Why a redirect to an unknown host is not followed.
pub(in crate::vault) const FOREIGN: &str = "which is not a host that the configuration trusts";
/// Room for a body of unstated length, in bytes.
const USUAL: usize = 16 * 1024;
/// The longest text of the server in a message, in characters.
const LONGEST: usize = 200;
/// How often a call is asked again.
const RETRIES: u32 = 3;
/// How many redirects one call follows.
const REDIRECTS: u32 = 3;
/// How long to wait before asking again, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// How a connection ends that was lost on the way.
const BROKEN: [io::ErrorKind; 4] = [
    io::ErrorKind::BrokenPipe,
    io::ErrorKind::ConnectionAborted,
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::UnexpectedEof,
];
