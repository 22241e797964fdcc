//! OpenID Connect: asks a provider who somebody is (authorization code with PKCE), and believes only what it signed.
//!
//! [`Provider::begin`] says where a browser is to be sent; [`Provider::finish`] takes what it came back with.

mod claims;
mod error;
mod fetch;
mod keys;
mod metadata;
mod proof;

pub use claims::Arrival;
pub use error::Error;
pub use proof::Proof;

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::clock::Clock;
use crate::config;
use crate::secret::Secret;

use fetch::Fetch;
use keys::Keys;
use metadata::Metadata;

/// How long what a provider says of itself is believed.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// Keys are not asked for again sooner: anybody can send a token of a key that nobody knows.
const PAUSE: Duration = Duration::from_secs(10);

/// A provider, as the configuration names it.
pub struct Provider {
    settings: config::Oidc,
    secret: Option<Secret>,
    fetch: Fetch,
    clock: Clock,
    known: Mutex<Known>,
}

/// What is known of a provider.
#[derive(Default)]
struct Known {
    metadata: Option<(Metadata, Instant)>,
    keys: Option<(Keys, Instant)>,
    /// When they were asked for last because of a key that was not among them.
    anew: Option<Instant>,
}

/// What a browser came back with.
#[derive(Debug, Default)]
pub struct Answer {
    /// The code that the provider gave it.
    pub code: Option<String>,
    /// Who says so (RFC 9207).
    pub issuer: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

impl Provider {
    /// The provider of `settings`; its secret is read now.
    ///
    /// # Errors
    /// [`Error::Unreadable`], [`Error::Client`].
    pub fn new(settings: config::Oidc, clock: Clock) -> Result<Self, Error> {
        let secret = match &settings.client_secret_file {
            Some(path) => Some(fetch::secret(path)?),
            None => None,
        };
        let fetch = Fetch::new(&settings)?;
        Ok(Self { settings, secret, fetch, clock, known: Mutex::default() })
    }

    /// What the configuration says of it.
    pub fn settings(&self) -> &config::Oidc {
        &self.settings
    }

    /// Where a browser is to be sent, which comes back to `redirect` with `state`.
    ///
    /// # Errors
    /// Those of asking the provider what it is.
    pub async fn begin(&self, redirect: &str, state: &str, proof: &Proof) -> Result<Url, Error> {
        let metadata = self.metadata().await?;
        let mut url = metadata.authorization_endpoint;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", redirect)
            .append_pair("scope", &self.settings.scopes.join(" "))
            .append_pair("state", state)
            .append_pair("nonce", proof.nonce())
            .append_pair("code_challenge", &proof.challenge())
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Who came back, by what the provider says of the code that they brought.
    ///
    /// # Errors
    /// [`Error`]: each says what did not hold.
    pub async fn finish(
        &self,
        redirect: &str,
        answer: &Answer,
        proof: &Proof,
    ) -> Result<Arrival, Error> {
        let metadata = self.metadata().await?;
        // Before the code goes anywhere: it might be meant for another provider (RFC 9207, section 2.4).
        match &answer.issuer {
            Some(issuer) if *issuer != self.settings.issuer => return Err(Error::OtherIssuer),
            None if metadata.says_issuer => return Err(Error::OtherIssuer),
            _ => {}
        }
        if let Some(error) = &answer.error {
            return Err(Error::declined(error));
        }
        let code = answer.code.as_deref().ok_or(Error::NoCode)?;
        let token = self
            .fetch
            .token(
                &metadata,
                &self.settings,
                self.secret.as_ref(),
                code,
                redirect,
                proof.verifier(),
            )
            .await?;
        let jws = keys::Jws::read(&token)?;
        let payload = match self.keys(&metadata, false).await?.verified(&jws) {
            Err(Error::UnknownKey) => self.keys(&metadata, true).await?.verified(&jws)?,
            verified => verified?,
        };
        let arrival = claims::read(&payload, &self.settings, proof.nonce(), self.clock.now())?;
        Ok(arrival)
    }

    /// Where a browser is to be sent that signs out, where the provider has such a place.
    pub async fn end(&self, back: &str) -> Option<Url> {
        let mut url = self.metadata().await.ok()?.end_session_endpoint?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("post_logout_redirect_uri", back);
        Some(url)
    }

    /// What the provider says of itself.
    async fn metadata(&self) -> Result<Metadata, Error> {
        let mut known = self.known.lock().await;
        if let Some((metadata, at)) = &known.metadata
            && at.elapsed() < FRESH
        {
            return Ok(metadata.clone());
        }
        let read = Metadata::read(&self.fetch, &self.settings.issuer).await?;
        known.metadata = Some((read.clone(), Instant::now()));
        Ok(read)
    }

    /// Its keys, asked for anew where `anew` says so.
    async fn keys(&self, metadata: &Metadata, anew: bool) -> Result<Keys, Error> {
        let mut known = self.known.lock().await;
        let again = anew && known.anew.is_none_or(|at| at.elapsed() >= PAUSE);
        if let Some((keys, at)) = &known.keys
            && at.elapsed() < FRESH
            && !again
        {
            return Ok(keys.clone());
        }
        if anew {
            known.anew = Some(Instant::now());
        }
        let read = Keys::read(&self.fetch, &metadata.jwks_uri).await?;
        known.keys = Some((read.clone(), Instant::now()));
        Ok(read)
    }
}
