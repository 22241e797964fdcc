//! Signing in: the token that a call carries, from its issue through renewal to its end.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::client::Client;
use super::settings::Auth;
use crate::name::VaultName;
use crate::secret::Secret;
use crate::vault::Error;
use crate::vault::credential::{self, is_sendable};
use crate::vault::http::{Answer, Call, Visit, clean};

/// A client that has, or can get, a token.
pub(super) struct SignedIn {
    pub(super) client: Client,
    auth: Auth,
    /// Locked while signing in, so that questions asked at once sign in once.
    token: Mutex<Option<Token>>,
}

/// A token and how long it lives.
struct Token {
    secret: Arc<Secret>,
    /// When it ends; `None` when it does not, or when nobody says.
    ends: Option<Instant>,
    /// Its whole life: under half of it, it is renewed.
    life: Duration,
    is_renewable: bool,
    /// Whether it may be used only so many times, and then is refused like an expired one.
    is_counted: bool,
}

/// What `lookup-self` says, but for the token itself.
#[derive(Deserialize)]
pub(super) struct Lookup {
    /// Seconds left; 0 for a token that does not end.
    #[serde(default)]
    pub(super) ttl: u64,
    #[serde(default)]
    creation_ttl: u64,
    #[serde(default)]
    pub(super) renewable: bool,
    #[serde(default)]
    policies: Option<Vec<String>>,
    #[serde(default)]
    num_uses: u64,
}

/// Why a call was forbidden.
pub(super) enum Forbidden {
    /// The token holds, and its policies do not allow the call: in the vault's words.
    ByPolicy(String),
    /// The token does not hold.
    ByToken(Error),
}

#[derive(Serialize)]
struct Login<'a> {
    role_id: &'a str,
    secret_id: &'a str,
}

#[derive(Deserialize)]
struct LoginAnswer {
    #[serde(default)]
    auth: Option<Issued>,
    #[serde(default)]
    data: Option<LoginFault>,
}

/// RustyVault says with status 200 why a login failed.
#[derive(Deserialize)]
struct LoginFault {
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
struct Issued {
    #[serde(default)]
    client_token: Option<Secret>,
    #[serde(default)]
    lease_duration: u64,
    #[serde(default)]
    renewable: bool,
    #[serde(default)]
    num_uses: u64,
    /// Set where the vault waits for a second factor before it issues the token.
    #[serde(default)]
    mfa_requirement: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct LookupAnswer {
    data: Lookup,
}

impl SignedIn {
    /// A client that will sign in by `auth` at its first call.
    pub(super) fn new(client: Client, auth: Auth) -> Self {
        Self { client, auth, token: Mutex::new(None) }
    }

    /// Sends `call` with a token. Refused, it signs in anew once in a visit and asks again. Answers
    /// that mean the same for every call are errors here; 4xx come back as answers.
    pub(super) async fn send(&self, call: &Call<'_>, visit: &mut Visit) -> Result<Answer, Error> {
        let token = self.token(visit).await?;
        let answer = self.client.send(call, Some(&token), visit).await?;
        if answer.status == 403
            && let Some(token) = self.another(&token, visit).await?
        {
            let answer = self.client.send(call, Some(&token), visit).await?;
            return self.client.screen(call, answer);
        }
        self.client.screen(call, answer)
    }

    /// Signs in, where that was not done yet: its failure is no answer to any other call.
    pub(super) async fn ready(&self, visit: &mut Visit) -> Result<(), Error> {
        self.token(visit).await.map(drop)
    }

    /// Tells what a 403 was for. `words` are the vault's own.
    pub(super) async fn forbidden(
        &self,
        answer: &Answer,
        visit: &mut Visit,
    ) -> Result<Forbidden, Error> {
        let by_token = |detail| Forbidden::ByToken(self.unauthenticated(detail));
        if answer.complaint.says(INVALID) {
            return Ok(by_token(INVALID.into()));
        }
        let call = Call::get(LOOKUP.into());
        let token = self.token(visit).await?;
        let lookup = self.client.send(&call, Some(&token), visit).await?;
        Ok(match lookup.status {
            200 => {
                let policies = lookup.json::<LookupAnswer>().ok().and_then(|l| l.data.policies);
                Forbidden::ByPolicy(match policies {
                    Some(names) if !names.is_empty() => {
                        let names = clean(&names.join(", "), [Some(&token), None]);
                        format!("{}; the token's policies: {names}", answer.words())
                    }
                    _ => answer.words(),
                })
            }
            // A token without the `default` policy may not look itself up. It was issued a moment
            // ago, or the vault refused in the words it has for policies: then it is no bad token.
            403 if visit.signed_in || answer.complaint.says(POLICY) => {
                Forbidden::ByPolicy(answer.words())
            }
            403 => by_token(lookup.words()),
            _ => {
                tracing::debug!(call = %call, status = lookup.status, "no word on the token");
                Forbidden::ByPolicy(answer.words())
            }
        })
    }

    /// Asks the vault about the token: seconds left and the like; `None` where it may not or cannot
    /// say although it took the token.
    pub(super) async fn standing(&self, visit: &mut Visit) -> Result<Option<Lookup>, Error> {
        let call = Call::get(LOOKUP.into());
        let answer = self.send(&call, visit).await?;
        match answer.status {
            200 => answer
                .json::<LookupAnswer>()
                .map(|answer| Some(answer.data))
                .map_err(|found| self.client.garbled(&call, found)),
            403 if visit.signed_in || answer.complaint.says(POLICY) => Ok(None),
            403 => Err(self.unauthenticated(answer.words())),
            404 | 405 => Ok(None),
            _ => Err(self.client.refused(&call, &answer)),
        }
    }

    /// A token that holds as far as is known: the present one, renewed where that is due, or a new one.
    async fn token(&self, visit: &mut Visit) -> Result<Arc<Secret>, Error> {
        let mut place = self.token.lock().await;
        if let Some(token) = place.as_mut() {
            if !token.has_ended() || !matches!(self.auth, Auth::AppRole { .. }) {
                if token.is_due() {
                    self.renew(token, visit).await?;
                }
                return Ok(Arc::clone(&token.secret));
            }
            *place = None;
        }
        let mut token = self.sign_in(visit).await?;
        if token.is_due() {
            self.renew(&mut token, visit).await?;
        }
        let secret = Arc::clone(&token.secret);
        *place = Some(token);
        Ok(secret)
    }

    /// Another token in the place of `refused`, if there may be one: once in a visit, and not when
    /// the refused one is fresh, because a new one would be refused for the same reason.
    async fn another(
        &self,
        refused: &Arc<Secret>,
        visit: &mut Visit,
    ) -> Result<Option<Arc<Secret>>, Error> {
        let mut place = self.token.lock().await;
        match place.as_ref() {
            // Somebody else has signed in anew meanwhile.
            Some(token) if !Arc::ptr_eq(&token.secret, refused) => {
                return Ok(Some(Arc::clone(&token.secret)));
            }
            Some(token) if visit.signed_in && !token.is_counted => return Ok(None),
            _ => {}
        }
        if visit.anew {
            return Ok(None);
        }
        visit.anew = true;
        let token = self.sign_in(visit).await?;
        let secret = Arc::clone(&token.secret);
        *place = Some(token);
        // The same token again, from a file that nobody has changed, is refused again.
        Ok((secret.expose() != refused.expose()).then_some(secret))
    }

    async fn sign_in(&self, visit: &mut Visit) -> Result<Token, Error> {
        let credential = self.auth.credential(&self.client.vault)?;
        match &self.auth {
            Auth::AppRole { role_id, mount, .. } => {
                let token = self.log_in(role_id, &credential, mount, visit).await?;
                visit.signed_in = true;
                Ok(token)
            }
            Auth::TokenEnv(_) | Auth::TokenFile(_) => self.weigh(credential, visit).await,
        }
    }

    async fn log_in(
        &self,
        role_id: &str,
        secret_id: &Secret,
        mount: &str,
        visit: &Visit,
    ) -> Result<Token, Error> {
        let login = Login { role_id, secret_id: secret_id.expose() };
        let call = Call::post(format!("auth/{mount}/login"), &login).holding(secret_id);
        let answer = self.client.send(&call, None, visit).await?;
        if answer.status == 404 && answer.is_the_vaults() {
            return Err(Error::Settings {
                vault: self.client.vault.clone(),
                key: "auth.approle.mount".into(),
                message: format!("names an auth method that the vault does not have (`{call}`)"),
            });
        }
        let answer = self.client.screen(&call, answer)?;
        match answer.status {
            200 => {}
            400 | 401 | 403 => return Err(self.unauthenticated(answer.words())),
            204 => return Err(self.client.garbled(&call, "status 204 and no token".into())),
            _ => return Err(self.client.refused(&call, &answer)),
        }
        let answer: LoginAnswer =
            answer.json().map_err(|found| self.client.garbled(&call, found))?;
        let Some(issued) = answer.auth else {
            let failed = answer.data.is_some_and(|data| data.error.is_some());
            let detail = if failed { "the login failed" } else { NO_TOKEN };
            return Err(self.unauthenticated(detail.into()));
        };
        match issued.client_token {
            _ if issued.mfa_requirement.is_some() => {
                Err(self.unauthenticated("it asks for a second factor as well".into()))
            }
            Some(secret) if is_sendable(&secret) => {
                let seconds = issued.lease_duration;
                Ok(Token::new(secret, seconds, seconds, issued.renewable, issued.num_uses))
            }
            Some(secret) if !secret.is_empty() => {
                Err(self.client.garbled(&call, "a token that cannot be one".into()))
            }
            _ => Err(self.unauthenticated(NO_TOKEN.into())),
        }
    }

    /// A token that was given: how long it lives is asked, and it is used all the same where the
    /// vault does not say.
    async fn weigh(&self, secret: Secret, visit: &Visit) -> Result<Token, Error> {
        let call = Call::get(LOOKUP.into());
        let answer = self.client.send(&call, Some(&secret), visit).await?;
        let answer = match answer.status {
            500 | 501 | 404 | 405 => answer,
            _ => self.client.screen(&call, answer)?,
        };
        Ok(match answer.json::<LookupAnswer>() {
            Ok(LookupAnswer { data }) if answer.status == 200 => {
                let life = data.creation_ttl.max(data.ttl);
                Token::new(secret, data.ttl, life, data.renewable, data.num_uses)
            }
            _ => Token::new(secret, 0, 0, false, 0),
        })
    }

    /// Renews `token`; a token that cannot be renewed is used to its end.
    async fn renew(&self, token: &mut Token, visit: &Visit) -> Result<(), Error> {
        let nothing = serde_json::Map::new();
        let call = Call::post("auth/token/renew-self".into(), &nothing);
        let answer = self.client.send(&call, Some(&token.secret), visit).await?;
        let issued = answer.json::<LoginAnswer>().ok().and_then(|answer| answer.auth);
        match issued {
            Some(issued) if answer.status == 200 => {
                let life = Duration::from_secs(issued.lease_duration);
                token.ends = (!life.is_zero()).then(|| Instant::now() + life);
                token.life = life;
                token.is_renewable = issued.renewable;
            }
            _ => {
                tracing::warn!(
                    vault = %self.client.vault,
                    status = answer.status,
                    reason = answer.words(),
                    "the token was not renewed"
                );
                token.is_renewable = false;
            }
        }
        Ok(())
    }

    fn unauthenticated(&self, detail: String) -> Error {
        self.client.unauthenticated(self.auth.name(), detail)
    }
}

impl Auth {
    /// Reads the credential: the secret id, or the token.
    fn credential(&self, vault: &VaultName) -> Result<Secret, Error> {
        match self {
            Self::AppRole { secret_id_file, .. } => {
                credential::token_file(vault, "secret-id-file", secret_id_file)
            }
            Self::TokenFile(path) => credential::token_file(vault, "token-file", path),
            Self::TokenEnv(name) => credential::variable(vault, "auth.token-env", name),
        }
    }

    /// The credential in words, for messages.
    fn name(&self) -> String {
        match self {
            Self::AppRole { secret_id_file, mount, .. } => {
                format!(
                    "the AppRole at `auth/{mount}` with the secret id in {}",
                    secret_id_file.display()
                )
            }
            Self::TokenEnv(name) => format!("the token in the environment variable `{name}`"),
            Self::TokenFile(path) => format!("the token in {}", path.display()),
        }
    }
}

impl Token {
    fn new(secret: Secret, left: u64, life: u64, is_renewable: bool, uses: u64) -> Self {
        let left = Duration::from_secs(left);
        Self {
            secret: Arc::new(secret),
            ends: (!left.is_zero()).then(|| Instant::now() + left),
            life: Duration::from_secs(life),
            is_renewable,
            is_counted: uses > 0,
        }
    }

    fn has_ended(&self) -> bool {
        self.ends.is_some_and(|ends| ends <= Instant::now())
    }

    /// Whether it is to be renewed: under half of its life is left.
    fn is_due(&self) -> bool {
        self.is_renewable
            && self.ends.is_some_and(|ends| {
                let left = ends.saturating_duration_since(Instant::now());
                !left.is_zero() && left < self.life / 2
            })
    }
}

const NO_TOKEN: &str = "the answer to the login holds no token";
const LOOKUP: &str = "auth/token/lookup-self";
/// How newer servers refuse a token that is wrong or has ended.
const INVALID: &str = "invalid token";
/// How a refusal by policy begins; a refusal of a token is the bare `permission denied`.
const POLICY: &str = "1 error occurred";
