//! The remote endpoint: where a browser of another machine is asked for by WebDriver, as a Selenium Grid.

use std::time::Duration;

use fantoccini::error::NewSessionError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::{Map, Value};
use url::Url;

use super::fault::first_words;
use super::{Error, Settings};
use crate::host::is_loopback;

/// How long an endpoint may take to say that it is there.
const STATUS: Duration = Duration::from_secs(15);

/// How long an endpoint may take to end a session.
const END: Duration = Duration::from_secs(5);

/// The most that the answer to "Status" may hold; a Grid tells of every one of its nodes.
const MOST_STATUS: usize = 4 << 20;

/// A WebDriver endpoint: a driver of ours, or a remote one.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    /// Ends with `/`: the paths of commands are joined to it.
    base: Url,
    /// For people: without a path, which may be a token of the endpoint.
    shown: String,
    tls: Option<rustls::ClientConfig>,
}

impl Endpoint {
    /// The endpoint of a driver that was spawned here.
    pub(super) fn ours(base: Url, shown: &str) -> Self {
        Self { base, shown: shown.to_owned(), tls: None }
    }

    /// The endpoint that `url` names.
    ///
    /// # Errors
    /// [`Error::Endpoint`], [`Error::Certificates`].
    pub(super) fn remote(url: &Url, settings: &Settings) -> Result<Self, Error> {
        let shown = url.origin().ascii_serialization();
        let wrong = |why| Error::Endpoint { endpoint: shown.clone(), why };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("it has to begin with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            // fantoccini would send them on in the body, where endpoints log them.
            return Err(wrong("it holds a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it has a query or a fragment"));
        }
        let mut base = url.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", url.path()));
        }
        let tls = (url.scheme() == "https").then(|| tls(settings)).transpose()?;
        if tls.is_none() && !is_loopback(url) {
            tracing::warn!(
                "the WebDriver endpoint {shown} is plain http: everybody on the way can read what is typed; use https, \
                 or a tunnel to loopback"
            );
        }
        Ok(Self { base, shown, tls })
    }

    /// Asks the endpoint whether it is one ("Status"), to say clearly what is wrong where it is not: the
    /// client of the session itself takes an answer for granted.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::NoWebDriver`].
    pub(super) async fn check(&self) -> Result<(), Error> {
        let unreachable = |error: reqwest::Error| Error::Unreachable {
            endpoint: self.shown.clone(),
            source: Box::new(error.without_url()),
        };
        let other = |answer: String| Error::NoWebDriver { endpoint: self.shown.clone(), answer };
        let mut client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(STATUS);
        if let Some(tls) = &self.tls {
            client = client.tls_backend_preconfigured(tls.clone());
        }
        let client = client.build().map_err(unreachable)?;
        let url = self.base.join("status").unwrap_or_else(|_| self.base.clone());
        let mut answer = client.get(url).send().await.map_err(unreachable)?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_STATUS {
                return Err(other(format!("more than {} MiB", MOST_STATUS >> 20)));
            }
        }
        let said = serde_json::from_slice::<Value>(&body).ok();
        if said.as_ref().is_some_and(|said| said["value"].is_object()) {
            return Ok(());
        }
        Err(other(match (status.as_u16(), said) {
            (200..=299, None) => format!("HTTP {}, and no JSON", status.as_u16()),
            (300..=399, _) => format!("HTTP {}, a redirect", status.as_u16()),
            (code, _) => format!("HTTP {code}"),
        }))
    }

    /// Asks for a session.
    ///
    /// # Errors
    /// [`Error::NoSession`].
    pub(super) async fn session(&self, capabilities: Map<String, Value>) -> Result<Client, Error> {
        let base = self.base.as_str();
        let created = match &self.tls {
            Some(tls) => {
                let mut builder = ClientBuilder::new(secure(tls));
                builder.capabilities(capabilities).connect(base).await
            }
            None => {
                let mut builder = ClientBuilder::new(plain());
                builder.capabilities(capabilities).connect(base).await
            }
        };
        created.map_err(|error| Error::NoSession {
            endpoint: self.shown.clone(),
            detail: refusal(&error),
        })
    }

    /// The error of an endpoint that gave no session within `limit`. When it does give one later, the client
    /// ends that, as long as this process lives.
    pub(super) fn silent(&self, limit: Duration) -> Error {
        let detail = format!("no answer within {} s", limit.as_secs());
        Error::NoSession { endpoint: self.shown.clone(), detail }
    }

    /// Ends a session. A command that hangs keeps its connection, so a second one is tried then.
    pub(super) async fn end(&self, client: Client) {
        let id = client.session_id().await.ok().flatten();
        if matches!(tokio::time::timeout(END, client.close()).await, Ok(Ok(()))) {
            return;
        }
        let Some(id) = id else { return };
        let base = self.base.as_str();
        let again = match &self.tls {
            Some(tls) => Client::with_existing_session(base, &id, secure(tls)).await,
            None => Client::with_existing_session(base, &id, plain()).await,
        };
        if let Ok(client) = again {
            let _ = tokio::time::timeout(END, client.close()).await;
        }
    }
}

/// What the endpoint said, or what came between.
fn refusal(error: &NewSessionError) -> String {
    let said = match error {
        NewSessionError::NotW3C(answer) => answer["value"]["message"]
            .as_str()
            .or(answer["message"].as_str())
            .unwrap_or("its answer is not WebDriver's")
            .to_owned(),
        NewSessionError::SessionNotCreated(answer) => answer.message.to_string(),
        // "Timed out waiting for a node", and the like.
        NewSessionError::UnexpectedError(fantoccini::error::CmdError::Standard(answer)) => {
            format!("{}: {}", answer.error, answer.message)
        }
        NewSessionError::Failed(error) => unreachable(error),
        NewSessionError::FailedC(error) => unreachable(error),
        other => other.to_string(),
    };
    first_words(&said)
}

/// That there was no connection, by the last of its causes, as `Connection refused (os error 111)`.
fn unreachable(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    format!("it cannot be reached: {last}")
}

fn plain() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector
}

fn secure(tls: &rustls::ClientConfig) -> hyper_rustls::HttpsConnector<HttpConnector> {
    hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls.clone())
        .https_only()
        .enable_http1()
        .build()
}

fn tls(settings: &Settings) -> Result<rustls::ClientConfig, Error> {
    use hyper_rustls::ConfigBuilderExt;
    let failed = |detail: String| Error::Certificates {
        path: settings.ca_file.clone().unwrap_or_else(|| "the system".into()),
        detail,
    };
    let builder = rustls::ClientConfig::builder();
    let Some(path) = &settings.ca_file else {
        let builder = builder.with_native_roots().map_err(|error| failed(error.to_string()))?;
        return Ok(builder.with_no_client_auth());
    };
    let mut roots = rustls::RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).map_err(|e| failed(e.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(failed("it holds no certificate".to_owned()));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
