//! The metadata of a provider: where it does what (OpenID Connect Discovery 1.0).

use serde::Deserialize;
use url::Url;

use super::Error;
use super::fetch::Fetch;
use crate::host;

/// What a provider says of itself, as far as it is needed.
#[derive(Clone)]
pub(super) struct Metadata {
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) jwks_uri: Url,
    pub(super) end_session_endpoint: Option<Url>,
    /// Whether its answers name it (RFC 9207).
    pub(super) says_issuer: bool,
    /// Whether it takes a secret in the header of a call, and not in its body.
    pub(super) takes_basic: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    end_session_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Metadata {
    /// Asks the provider `issuer`.
    ///
    /// # Errors
    /// [`Error::Impostor`] where it calls itself otherwise, and what asking can meet.
    pub(super) async fn read(fetch: &Fetch, issuer: &str) -> Result<Self, Error> {
        const WHAT: &str = "its configuration";
        let garbled = |found| Error::Garbled { what: WHAT, found };
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| garbled("its address is no URL"))?;
        let document: Document = fetch.json(WHAT, &url).await?;
        if document.issuer != issuer {
            return Err(Error::Impostor);
        }
        let endpoint = |text: &str| {
            let url = Url::parse(text).map_err(|_| garbled("an address in it is no URL"))?;
            match is_safe(&url) {
                true => Ok(url),
                false => Err(garbled("an address in it is neither https nor of this machine")),
            }
        };
        // Where nothing is said it is the header (OpenID Connect Discovery, section 3).
        let methods = document.token_endpoint_auth_methods_supported;
        let takes = |method: &str| {
            methods.as_ref().is_none_or(|methods| methods.iter().any(|known| known == method))
        };
        Ok(Self {
            authorization_endpoint: endpoint(&document.authorization_endpoint)?,
            token_endpoint: endpoint(&document.token_endpoint)?,
            jwks_uri: endpoint(&document.jwks_uri)?,
            end_session_endpoint: document
                .end_session_endpoint
                .as_deref()
                .map(endpoint)
                .transpose()?,
            says_issuer: document.authorization_response_iss_parameter_supported,
            takes_basic: takes("client_secret_basic") || !takes("client_secret_post"),
        })
    }
}

/// Whether a URL may be asked: by https, or plainly on this machine.
fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host_str().is_some_and(host::is_loopback_name),
        _ => false,
    }
}
