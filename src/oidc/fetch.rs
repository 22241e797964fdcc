//! Fetching: what is asked of a provider over HTTPS, within a deadline and a limit, and of nobody else.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use data_encoding::BASE64;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

use super::Error;
use super::metadata::Metadata;
use crate::config;
use crate::secret::Secret;

/// How long a provider has for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer, in bytes.
const LARGEST: usize = 1024 * 1024;

/// A client for one provider. Proxies of the environment are not used: the secret is for the provider alone.
pub(super) struct Fetch(reqwest::Client);

/// The answer to a code.
#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
}

/// Why there is none (RFC 6749, section 5.2).
#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    error: String,
}

impl Fetch {
    pub(super) fn new(settings: &config::Oidc) -> Result<Self, Error> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // The program installs it at its start; losing the race to someone else is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let mut client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy();
        if let Some(path) = &settings.ca_file {
            let unreadable =
                |source| Error::Unreadable { key: "ca-file", path: path.clone(), source };
            let pem = std::fs::read(path).map_err(unreadable)?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem).ok();
            let certificates = certificates.filter(|certificates| !certificates.is_empty());
            let none = || unreadable(std::io::Error::other("it holds no certificate in PEM form"));
            client = client.tls_certs_only(certificates.ok_or_else(none)?);
        }
        client.build().map(Self).map_err(|error| Error::Client(innermost(&error)))
    }

    /// The JSON at `url`, which is `what`.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        what: &'static str,
        url: &Url,
    ) -> Result<T, Error> {
        let request = self.0.request(Method::GET, url.clone()).header(ACCEPT, "application/json");
        match self.answer(what, request).await? {
            (200, body) => serde_json::from_slice(&body)
                .map_err(|_| Error::Garbled { what, found: "no JSON of that shape" }),
            (status, _) => Err(Error::Status { what, status }),
        }
    }

    /// The ID token for a code.
    pub(super) async fn token(
        &self,
        metadata: &Metadata,
        settings: &config::Oidc,
        secret: Option<&Secret>,
        code: &str,
        redirect: &str,
        verifier: &str,
    ) -> Result<Zeroizing<String>, Error> {
        const WHAT: &str = "a token";
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ];
        if secret.is_none() || !metadata.takes_basic {
            fields.push(("client_id", &settings.client_id));
        }
        let mut request = self
            .0
            .request(Method::POST, metadata.token_endpoint.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        match secret {
            Some(secret) if metadata.takes_basic => {
                request = request.header(AUTHORIZATION, basic(&settings.client_id, secret)?);
            }
            Some(secret) => fields.push(("client_secret", secret.expose())),
            None => {}
        }
        let request = request.body(form(&fields).as_bytes().to_vec());
        let (status, body) = self.answer(WHAT, request).await?;
        if status == 200 {
            let tokens: Tokens = serde_json::from_slice(&body)
                .map_err(|_| Error::Garbled { what: WHAT, found: "no JSON of that shape" })?;
            let token = tokens.id_token.map(Zeroizing::new);
            return token.ok_or(Error::Garbled { what: WHAT, found: "no ID token in it" });
        }
        let refusal: Refusal = serde_json::from_slice(&body).unwrap_or_default();
        Err(match (status, refusal.error.as_str()) {
            (400, "invalid_grant") => Error::CodeRefused,
            (401, _) | (400, "invalid_client" | "unauthorized_client") => Error::ClientRefused,
            (status, _) => Error::Status { what: WHAT, status },
        })
    }

    async fn answer(
        &self,
        what: &'static str,
        request: reqwest::RequestBuilder,
    ) -> Result<(u16, Zeroizing<Vec<u8>>), Error> {
        let silent = |error: reqwest::Error| Error::Silent { what, why: innermost(&error) };
        let exchange = async {
            let mut response = request.send().await.map_err(silent)?;
            let status = response.status().as_u16();
            // Room for all of it at once: a buffer that grows leaves copies behind.
            let mut body = Zeroizing::new(Vec::with_capacity(64 * 1024));
            while let Some(chunk) = response.chunk().await.map_err(silent)? {
                if body.len() + chunk.len() > LARGEST {
                    return Err(Error::Garbled { what, found: "it is larger than 1 MiB" });
                }
                body.extend_from_slice(&chunk);
            }
            Ok((status, body))
        };
        let late = || Error::Silent { what, why: "nothing came within 10 seconds".to_owned() };
        tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| late())?
    }
}

/// The body of a form.
fn form(fields: &[(&str, &str)]) -> Zeroizing<String> {
    Zeroizing::new(Serializer::new(String::new()).extend_pairs(fields).finish())
}

/// Id and secret for the header (RFC 6749, section 2.3.1: each is encoded as in a form first).
fn basic(id: &str, secret: &Secret) -> Result<HeaderValue, Error> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let hidden = Zeroizing::new(encoded(secret.expose()));
    let pair = Zeroizing::new(format!("{}:{}", encoded(id), *hidden));
    let value = Zeroizing::new(format!("Basic {}", BASE64.encode(pair.as_bytes())));
    let mut value = HeaderValue::from_str(&value).map_err(|_| Error::ClientRefused)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The secret in the first line of the file `path`; blanks around it are not part of it.
pub(super) fn secret(path: &Path) -> Result<Secret, Error> {
    let unreadable =
        |source| Error::Unreadable { key: "client-secret-file", path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = Zeroizing::new(String::with_capacity(8 * 1024));
    file.take(8 * 1024).read_to_string(&mut text).map_err(unreadable)?;
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
        _ => Err(unreadable(std::io::Error::other("its first line is empty"))),
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
