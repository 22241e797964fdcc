//! Signing in: the token that a call carries, from the logon to the logoff.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, OwnedMutexGuard};
use zeroize::Zeroizing;

use super::retrieve::text;
use super::settings::{Auth, Logon, Method, Settings};
use crate::name::VaultName;
use crate::secret::Secret;
use crate::vault::credential::{self, is_sendable};
use crate::vault::http::{Answer, Call, Carrier, Client, Visit};
use crate::vault::{Error, Responder};

/// A client that has, or can get, a token.
pub(super) struct SignedIn {
    pub(super) client: Arc<Client>,
    /// The client of the identity tenant, for `oauth`.
    tenant: Option<Client>,
    auth: Way,
    responder: Arc<dyn Responder>,
    /// Locked while signing in, so that questions asked at once sign in once.
    state: Arc<Mutex<State>>,
}

/// The way to sign in, without what only opening needs.
enum Way {
    Logon(Logon),
    TokenFile(PathBuf),
    TokenEnv(String),
    Client { path: String, client_id: String, secret_file: PathBuf },
}

enum State {
    Out,
    In(Arc<Secret>),
    /// The credential was refused, in these words. It is not shown again: accounts get locked.
    Refused(String),
}

/// The state, locked by who signs in.
type Locked = OwnedMutexGuard<State>;

/// One call for a session.
struct Attempt {
    client: Arc<Client>,
    method: Method,
    username: String,
    proof: Secret,
    /// The credential in words, for messages.
    credential: String,
    visit: Visit,
}

/// What came of it.
enum Shown {
    Token(Arc<Secret>),
    /// The server asks for more, in these words.
    Challenge(String),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogonBody<'a> {
    username: &'a str,
    password: &'a str,
    /// Without it the logon would end the other sessions of the same user.
    concurrent_session: bool,
}

/// The answer of the first generation of the API.
#[derive(Deserialize)]
struct FirstGeneration {
    #[serde(rename = "CyberArkLogonResult")]
    token: Secret,
}

#[derive(Deserialize)]
struct Issued {
    access_token: Secret,
}

impl SignedIn {
    /// A client that will sign in at its first call.
    pub(super) fn new(
        vault: &VaultName,
        settings: &Settings,
        responder: Arc<dyn Responder>,
    ) -> Result<Self, Error> {
        let before = match settings.auth {
            Auth::Logon(_) => "",
            Auth::TokenFile(_) | Auth::TokenEnv(_) | Auth::Client { .. } => "Bearer ",
        };
        let carrier = |before| Carrier { header: AUTHORIZATION, before, after: "" };
        let client = Client::new(vault, &settings.endpoint, carrier(before), HeaderMap::new())?;
        let tenant = match &settings.auth {
            Auth::Client { endpoint, .. } => {
                Some(Client::new(vault, endpoint, carrier(""), HeaderMap::new())?)
            }
            _ => None,
        };
        let (client, auth) = (Arc::new(client), Way::of(&settings.auth));
        let state = Arc::new(Mutex::new(State::Out));
        Ok(Self { client, tenant, auth, responder, state })
    }

    /// Sends `call` with a token. Where that has ended, it signs in anew once in a visit and asks again.
    /// A 401 is an error here; every other status comes back as an answer.
    pub(super) async fn send(&self, call: &Call<'_>, visit: &mut Visit) -> Result<Answer, Error> {
        let token = self.token(visit).await?;
        let answer = self.client.send(call, Some(&token), visit).await?;
        if !is_unknown(&answer) {
            return Ok(answer);
        }
        let Some(token) = self.another(&token, visit).await? else {
            return Err(self.forgotten(&answer));
        };
        let answer = self.client.send(call, Some(&token), visit).await?;
        match is_unknown(&answer) {
            true => Err(self.forgotten(&answer)),
            false => Ok(answer),
        }
    }

    /// Whether a token is at hand.
    pub(super) async fn is_signed_in(&self) -> bool {
        matches!(*self.state.lock().await, State::In(_))
    }

    /// Whether the way to sign in begins a session of the vault's that has to be ended.
    pub(super) fn has_logon(&self) -> bool {
        matches!(self.auth, Way::Logon(_))
    }

    /// Ends the session, if one was begun. A token that was given is left to those who issued it.
    pub(super) async fn log_off(&self) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        let State::In(token) = std::mem::replace(&mut *state, State::Out) else { return Ok(()) };
        if !self.has_logon() {
            return Ok(());
        }
        let nothing = serde_json::Map::new();
        let call = Call::post("API/Auth/Logoff".into(), &nothing).repeatable();
        let answer = self.client.send(&call, Some(&token), &self.client.visit()).await?;
        match answer.status {
            200..=299 => Ok(()),
            // It has ended already.
            _ if is_unknown(&answer) => Ok(()),
            _ => {
                let answer = self.client.screen(&call, answer)?;
                Err(self.client.refused(&call, &answer))
            }
        }
    }

    async fn token(&self, visit: &mut Visit) -> Result<Arc<Secret>, Error> {
        let state = Arc::clone(&self.state).lock_owned().await;
        match &*state {
            State::In(token) => Ok(Arc::clone(token)),
            State::Refused(detail) => Err(self.unauthenticated(detail.clone())),
            State::Out => self.sign_in(state, visit).await,
        }
    }

    /// Another token in the place of `refused`, if there may be one: once in a visit.
    async fn another(
        &self,
        refused: &Arc<Secret>,
        visit: &mut Visit,
    ) -> Result<Option<Arc<Secret>>, Error> {
        let mut state = Arc::clone(&self.state).lock_owned().await;
        match &*state {
            // Somebody else has signed in anew meanwhile.
            State::In(token) if !Arc::ptr_eq(token, refused) => return Ok(Some(Arc::clone(token))),
            _ if visit.anew => return Ok(None),
            _ => {}
        }
        visit.anew = true;
        *state = State::Out;
        let token = self.sign_in(state, visit).await?;
        // The same token again, from a file that nobody has changed, is refused again.
        Ok((token.expose() != refused.expose()).then_some(token))
    }

    async fn sign_in(&self, mut state: Locked, visit: &mut Visit) -> Result<Arc<Secret>, Error> {
        let issued = match &self.auth {
            Way::Logon(logon) => return self.log_on(logon, state, visit).await,
            Way::TokenFile(path) => credential::token_file(&self.client.vault, "token-file", path),
            Way::TokenEnv(name) => {
                credential::variable(&self.client.vault, "auth.bearer.token-env", name)
            }
            Way::Client { path, client_id, secret_file } => {
                self.exchange(path, client_id, secret_file, visit).await
            }
        };
        if let Err(Error::Unauthenticated { detail, .. }) = &issued {
            *state = State::Refused(detail.clone());
        }
        let token = Arc::new(issued?);
        *state = State::In(Arc::clone(&token));
        Ok(token)
    }

    async fn log_on(
        &self,
        logon: &Logon,
        mut state: Locked,
        visit: &mut Visit,
    ) -> Result<Arc<Secret>, Error> {
        let vault = &self.client.vault;
        let Logon { method, username, password, .. } = logon;
        let mut proof = match password {
            Some(path) => credential::password_file(vault, "password-file", path)?,
            None => {
                let question = format!("password of `{username}` at vault `{vault}`: ");
                let instead =
                    "name a file that holds it with `password-file`, or run doorward on a terminal";
                self.ask(&question, "a password", instead, visit).await?
            }
        };
        for challenges in 0.. {
            let attempt = Attempt {
                client: Arc::clone(&self.client),
                method: *method,
                username: username.clone(),
                proof,
                credential: self.credential_name(),
                visit: visit.beside(),
            };
            // A task of its own goes on when nobody waits any more: a session that was begun all the same
            // is found in the state, and ended when the vault is closed.
            let outcome = match tokio::spawn(attempt.make(state)).await {
                Ok(outcome) => outcome,
                Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
                // Nobody ends it but a runtime that ends itself, and then nobody waits here.
                Err(_) => std::future::pending().await,
            };
            let words = match outcome {
                (_, Ok(Shown::Token(token))) => return Ok(token),
                (given_back, Ok(Shown::Challenge(words))) => {
                    state = given_back;
                    words
                }
                (_, Err(error)) => return Err(error),
            };
            if *method != Method::Radius {
                return Err(Error::Unanswered {
                    vault: vault.clone(),
                    what: "a one-time code",
                    instead: "the logon by `radius` answers it: `auth: { radius: … }` in the vault's configuration",
                });
            }
            // A code of an account that was not taken is not followed by another one.
            if challenges >= if logon.totp_account.is_some() { 1 } else { MOST_CHALLENGES } {
                let detail = format!("it goes on asking: {words}");
                *state = State::Refused(detail.clone());
                return Err(self.unauthenticated(detail));
            }
            proof = self.answer(logon, &words, visit).await?;
        }
        // Not reached: challenges are counted.
        Err(self.unauthenticated("it goes on asking".into()))
    }

    /// What a challenge is answered with.
    async fn answer(&self, logon: &Logon, words: &str, visit: &mut Visit) -> Result<Secret, Error> {
        let vault = &self.client.vault;
        match &logon.totp_account {
            Some(account) => visit.pause(self.responder.code(account)).await.map_err(|source| {
                Error::NoCode { vault: vault.clone(), account: account.clone(), source }
            }),
            None => {
                let question = format!("vault `{vault}` says: {words}: ");
                let instead = "run doorward on a terminal, or name an account that has the codes with `totp-account`";
                self.ask(&question, "a one-time code", instead, visit).await
            }
        }
    }

    async fn ask(
        &self,
        question: &str,
        what: &'static str,
        instead: &'static str,
        visit: &mut Visit,
    ) -> Result<Secret, Error> {
        let said = visit.pause(self.responder.ask(question, true)).await;
        said.ok_or_else(|| Error::Unanswered { vault: self.client.vault.clone(), what, instead })
    }

    /// Client credentials for a token of the identity tenant, which lives for minutes.
    async fn exchange(
        &self,
        path: &str,
        client_id: &str,
        secret_file: &Path,
        visit: &Visit,
    ) -> Result<Secret, Error> {
        let vault = &self.client.vault;
        // There is one wherever the way is this; opening has made it.
        let tenant = self.tenant.as_ref().unwrap_or(&self.client);
        let secret = credential::password_file(vault, "client-secret-file", secret_file)?;
        let mut body = Zeroizing::new(String::with_capacity(ROOM));
        body.push_str("grant_type=client_credentials&client_id=");
        body.extend(url::form_urlencoded::byte_serialize(client_id.as_bytes()));
        body.push_str("&client_secret=");
        body.extend(url::form_urlencoded::byte_serialize(secret.expose().as_bytes()));
        let bytes = Zeroizing::new(std::mem::take(&mut *body).into_bytes());
        let call = Call::post_as(FORM, path.to_owned(), bytes);
        let call = call.holding(&secret);
        let answer = tenant.send(&call, None, visit).await?;
        match answer.status {
            200 => {}
            400 | 401 if answer.is_the_vaults() => {
                return Err(self.unauthenticated(answer.words()));
            }
            403 if answer.is_the_vaults() => return Err(self.unauthenticated(answer.words())),
            _ => {
                let answer = tenant.screen(&call, answer)?;
                return Err(tenant.refused(&call, &answer));
            }
        }
        let garbled = |found| tenant.garbled(&call, found);
        let token = answer.json::<Issued>().map_err(garbled)?.access_token;
        match is_sendable(&token) {
            true => Ok(token),
            false => Err(garbled("a token that cannot be one".into())),
        }
    }

    /// A token was refused that was issued a moment ago, or that somebody else issued.
    fn forgotten(&self, answer: &Answer) -> Error {
        let words = answer.words();
        self.unauthenticated(match self.has_logon() {
            true => format!("it takes the logon and then does not know its session: {words}"),
            false => words,
        })
    }

    fn unauthenticated(&self, detail: String) -> Error {
        self.client.unauthenticated(self.credential_name(), detail)
    }

    /// The credential in words, for messages.
    pub(super) fn credential_name(&self) -> String {
        match &self.auth {
            Way::Logon(Logon { method, username, password, .. }) => {
                let path = method.path();
                match password {
                    Some(file) => format!(
                        "the {path} logon of `{username}` with the password in {}",
                        file.display()
                    ),
                    None => format!("the {path} logon of `{username}`"),
                }
            }
            Way::TokenFile(path) => format!("the token in {}", path.display()),
            Way::TokenEnv(name) => format!("the token in the environment variable `{name}`"),
            Way::Client { client_id, secret_file, .. } => {
                format!("the client `{client_id}` with the secret in {}", secret_file.display())
            }
        }
    }
}

impl Attempt {
    /// Makes it. What comes of it stands in `state`, too, whoever waits for it.
    async fn make(self, mut state: Locked) -> (Locked, Result<Shown, Error>) {
        let shown = self.shown().await;
        match &shown {
            Ok(Shown::Token(token)) => *state = State::In(Arc::clone(token)),
            Ok(Shown::Challenge(_)) => {}
            Err(Error::Unauthenticated { detail, .. }) => *state = State::Refused(detail.clone()),
            Err(_) => {}
        }
        (state, shown)
    }

    async fn shown(&self) -> Result<Shown, Error> {
        let body = LogonBody {
            username: &self.username,
            password: self.proof.expose(),
            concurrent_session: true,
        };
        let path = format!("API/Auth/{}/Logon", self.method.path());
        let call = Call::post(path, &body).holding(&self.proof);
        let answer = self.client.send(&call, None, &self.visit).await?;
        if answer.complaint.is(CHALLENGE) {
            return Ok(Shown::Challenge(words(&answer)));
        }
        self.issued(&call, answer).map(|token| Shown::Token(Arc::new(token)))
    }

    /// The token that an answer to a logon holds: a JSON string, the object of the first generation, or
    /// raw text.
    fn issued(&self, call: &Call<'_>, answer: Answer) -> Result<Secret, Error> {
        let complaint = &answer.complaint;
        let is_refusal = complaint.code.as_deref().is_some_and(|code| code.starts_with("ITATS"));
        match answer.status {
            200 => {}
            401 | 409 => return Err(self.refused(&answer)),
            403 if answer.is_the_vaults() => return Err(self.refused(&answer)),
            400.. if is_refusal => return Err(self.refused(&answer)),
            _ => {
                let answer = self.client.screen(call, answer)?;
                return Err(match answer.status {
                    ..400 => {
                        self.client.garbled(call, format!("status {} and no token", answer.status))
                    }
                    _ => self.client.refused(call, &answer),
                });
            }
        }
        let garbled = |found| self.client.garbled(call, found);
        let token = match answer.json::<FirstGeneration>() {
            Ok(first) => first.token,
            Err(_) => text(&answer).map_err(garbled)?,
        };
        match is_sendable(&token) {
            true => Ok(token),
            false => Err(garbled("a token that cannot be one".into())),
        }
    }

    fn refused(&self, answer: &Answer) -> Error {
        self.client.unauthenticated(self.credential.clone(), answer.words())
    }
}

impl Way {
    fn of(auth: &Auth) -> Self {
        match auth {
            Auth::Logon(logon) => Self::Logon(logon.clone()),
            Auth::TokenFile(path) => Self::TokenFile(path.clone()),
            Auth::TokenEnv(name) => Self::TokenEnv(name.clone()),
            Auth::Client { path, client_id, secret_file, .. } => Self::Client {
                path: path.clone(),
                client_id: client_id.clone(),
                secret_file: secret_file.clone(),
            },
        }
    }
}

/// Whether the server does not know the token: it has ended, or went to another node.
fn is_unknown(answer: &Answer) -> bool {
    answer.status == 401 || (answer.status >= 400 && answer.complaint.is("PASWS006E"))
}

/// What a challenge says, without its code.
fn words(answer: &Answer) -> String {
    let words = answer.words();
    words.strip_prefix(CHALLENGE).unwrap_or(&words).trim().trim_end_matches(':').to_owned()
}

const FORM: &str = "application/x-www-form-urlencoded";
/// The code of a challenge: the logon goes on with what it asks for as password.
const CHALLENGE: &str = "ITATS542I";
/// How many challenges a person answers: a code, and the next one where the server wants two.
const MOST_CHALLENGES: u32 = 3;
/// Room for the form, in bytes, that it need not grow: growing leaves copies behind.
const ROOM: usize = 16 * 1024;
