//! Signing in: Conjur's short-lived token, issued, renewed at half its life, and replaced once when refused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::settings::{Auth, Settings, Source};
use crate::name::VaultName;
use crate::secret::Secret;
use crate::vault::Error;
use crate::vault::credential::{self, is_sendable};
use crate::vault::http::{Answer, Call, Carrier, Client, Visit, WHOLE, clean};

/// A client that has, or can get, a token.
pub(super) struct SignedIn {
    pub(super) client: Client,
    account: String,
    auth: Auth,
    /// Locked while signing in, so that questions asked at once sign in once.
    token: Mutex<Option<Token>>,
}

struct Token {
    secret: Arc<Secret>,
    issued: Instant,
}

#[derive(Deserialize)]
struct Whoami {
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    username: Option<String>,
}

impl SignedIn {
    /// A client by `settings` that will sign in at its first call.
    pub(super) fn new(vault: &VaultName, settings: &Settings) -> Result<Self, Error> {
        let header = HeaderName::from_static("authorization");
        let carrier = Carrier { header, before: "Token token=\"", after: "\"" };
        Ok(Self {
            client: Client::new(vault, &settings.endpoint, carrier, HeaderMap::new())?,
            account: settings.account.clone(),
            auth: settings.auth.clone(),
            token: Mutex::default(),
        })
    }

    /// Sends `call` with a token. Refused, it signs in anew once in a visit and asks again. Answers that
    /// mean the same for every call are errors; other 4xx come back.
    pub(super) async fn send(&self, call: &Call<'_>, visit: &mut Visit) -> Result<Answer, Error> {
        let token = self.token(visit).await?;
        let answer = self.client.send(call, Some(&token), visit).await?;
        if answer.status != 401 {
            return self.client.screen(call, answer);
        }
        // A fresh token would be refused for the same reason.
        if !visit.anew && !visit.signed_in {
            visit.anew = true;
            let token = self.another(&token, visit).await?;
            let answer = self.client.send(call, Some(&token), visit).await?;
            if answer.status != 401 {
                return self.client.screen(call, answer);
            }
        }
        Err(self.unauthenticated("it issued a token and does not take it".into()))
    }

    /// Who doorward is, in Conjur's words.
    pub(super) async fn who(&self, visit: &mut Visit) -> Result<String, Error> {
        let call = Call::get("whoami".into());
        let answer = self.send(&call, visit).await?;
        match answer.status {
            200 => {}
            // Servers before 1.4 do not know the call; the token was issued all the same.
            404 => return Ok(format!("signed in as {}", self.auth.login())),
            400.. => return Err(self.client.refused(&call, &answer)),
            status => {
                return Err(self.client.garbled(&call, format!("status {status}")));
            }
        }
        let who: Whoami = answer.json().map_err(|found| self.client.garbled(&call, found))?;
        let text = |text: Option<String>| clean(&text.unwrap_or_default(), [None, None]);
        Ok(format!("signed in as {} of account {}", text(who.username), text(who.account)))
    }

    async fn token(&self, visit: &mut Visit) -> Result<Arc<Secret>, Error> {
        let mut place = self.token.lock().await;
        match place.as_ref() {
            Some(token) if token.issued.elapsed() < LIFE / 2 => Ok(Arc::clone(&token.secret)),
            _ => self.issue(&mut place, visit).await,
        }
    }

    /// Another token in the place of `refused`.
    async fn another(
        &self,
        refused: &Arc<Secret>,
        visit: &mut Visit,
    ) -> Result<Arc<Secret>, Error> {
        let mut place = self.token.lock().await;
        match place.as_ref() {
            // Somebody else has signed in anew meanwhile.
            Some(token) if !Arc::ptr_eq(&token.secret, refused) => Ok(Arc::clone(&token.secret)),
            _ => self.issue(&mut place, visit).await,
        }
    }

    async fn issue(
        &self,
        place: &mut Option<Token>,
        visit: &mut Visit,
    ) -> Result<Arc<Secret>, Error> {
        *place = None;
        let credential = self.auth.credential(&self.client.vault)?;
        let issued = Instant::now();
        let call = self.call(&credential);
        let answer = self.client.send(&call, None, visit).await?;
        let answer = self.client.screen(&call, answer)?;
        match answer.status {
            200 => {}
            401 => return Err(self.unauthenticated(answer.words())),
            403 => return Err(self.unauthenticated(answer.words())),
            404 => {
                return Err(Error::Settings {
                    vault: self.client.vault.clone(),
                    key: "auth".into(),
                    message: format!(
                        "names an authenticator that the server does not have (`{call}`)"
                    ),
                });
            }
            400.. => return Err(self.client.refused(&call, &answer)),
            status => {
                return Err(self.client.garbled(&call, format!("status {status} and no token")));
            }
        }
        let garbled = || self.client.garbled(&call, format!("{}, and no token", answer.shape()));
        let body = answer.body.trim_ascii();
        // Asked for it, and behind some proxies unasked, Conjur encodes the token itself.
        let text = match body.first() {
            Some(b'{') => BASE64.encode(body),
            _ => std::str::from_utf8(body).map_err(|_| garbled())?.to_owned(),
        };
        let secret = Secret::new(text);
        if !is_sendable(&secret) || secret.expose().contains('"') || !is_token(&secret) {
            return Err(garbled());
        }
        visit.signed_in = true;
        let secret = Arc::new(secret);
        *place = Some(Token { secret: Arc::clone(&secret), issued });
        Ok(secret)
    }

    /// The call that issues a token. It may be asked twice: nothing is used up by it.
    fn call<'a>(&self, credential: &'a Secret) -> Call<'a> {
        let account = &self.account;
        let call = match &self.auth {
            Auth::ApiKey { login, .. } => {
                let bytes = Zeroizing::new(credential.expose().as_bytes().to_vec());
                let path = format!("authn/{account}/{WHOLE}/authenticate");
                Call::post_as("text/plain", path, bytes).whole(login.clone())
            }
            Auth::Jwt { service, login, .. } => {
                let start = "jwt=";
                let mut text = String::with_capacity(start.len() + 3 * credential.expose().len());
                text.push_str(start);
                text.extend(url::form_urlencoded::byte_serialize(credential.expose().as_bytes()));
                let bytes = Zeroizing::new(text.into_bytes());
                let media = "application/x-www-form-urlencoded";
                let path = format!("authn-jwt/{service}/{account}");
                match login {
                    None => Call::post_as(media, format!("{path}/authenticate"), bytes),
                    Some(login) => {
                        let path = format!("{path}/{WHOLE}/authenticate");
                        Call::post_as(media, path, bytes).whole(login.clone())
                    }
                }
            }
        };
        call.holding(credential).repeatable()
    }

    fn unauthenticated(&self, detail: String) -> Error {
        self.client.unauthenticated(self.auth.name(), detail)
    }
}

impl Auth {
    fn credential(&self, vault: &VaultName) -> Result<Secret, Error> {
        match self {
            Self::ApiKey { key: Source::File(path), .. } => {
                credential::token_file(vault, "auth.api-key.file", path)
            }
            Self::ApiKey { key: Source::Env(name), .. } => {
                credential::variable(vault, "auth.api-key.env", name)
            }
            Self::Jwt { file, .. } => credential::token_file(vault, "auth.jwt.file", file),
        }
    }

    fn login(&self) -> &str {
        match self {
            Self::ApiKey { login, .. } => login,
            Self::Jwt { login, .. } => login.as_deref().unwrap_or("the token's own host"),
        }
    }

    /// The credential in words, for messages.
    fn name(&self) -> String {
        match self {
            Self::ApiKey { login, key: Source::File(path) } => {
                format!("`{login}` with the API key in {}", path.display())
            }
            Self::ApiKey { login, key: Source::Env(name) } => {
                format!("`{login}` with the API key in the environment variable `{name}`")
            }
            Self::Jwt { service, file, .. } => {
                format!("the token in {} at `authn-jwt/{service}`", file.display())
            }
        }
    }
}

/// Whether it is the JSON of a token, encoded: a page of a proxy is none.
fn is_token(text: &Secret) -> bool {
    let decoded = BASE64.decode(text.expose().as_bytes()).map(Zeroizing::new);
    decoded.is_ok_and(|json| serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(&json).is_ok())
}

/// How long a token lives.
const LIFE: Duration = Duration::from_secs(480);
