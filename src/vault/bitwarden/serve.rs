//! `bw serve`: unlocked and brought up to date before it is asked, and its answers.

use http::{HeaderMap, HeaderName};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::settings::Settings;
use crate::clock::{Clock, Timestamp};
use crate::name::VaultName;
use crate::vault::credential;
use crate::vault::http::{Answer, Call, Carrier, Client, Visit};
use crate::vault::{Error, Unready, spelt};

/// The one `bw serve` of a vault.
pub(super) struct Serve {
    client: Client,
    password_file: Option<std::path::PathBuf>,
    max_age: std::time::Duration,
    /// Locked while it is made ready, so that questions asked at once do that once.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whether it was found unlocked and was synchronised, as far as that went.
    is_ready: bool,
    /// Whether doorward unlocked it, and so has to lock it.
    is_ours: bool,
}

/// The envelope of a good answer.
#[derive(Deserialize)]
struct Envelope<T> {
    data: Option<T>,
}

#[derive(Deserialize)]
struct Template<T> {
    template: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    status: String,
    #[serde(default)]
    last_sync: Option<String>,
    #[serde(default)]
    user_email: Option<String>,
    #[serde(default)]
    server_url: Option<String>,
}

#[derive(Serialize)]
struct Unlock<'a> {
    password: &'a str,
}

impl Serve {
    /// A client by `settings`.
    pub(super) fn new(vault: &VaultName, settings: &Settings) -> Result<Self, Error> {
        // There is no token: whoever reaches the port is answered.
        let header = HeaderName::from_static("authorization");
        let carrier = Carrier { header, before: "", after: "" };
        Ok(Self {
            client: Client::new(vault, &settings.endpoint, carrier, HeaderMap::new())?,
            password_file: settings.password_file.clone(),
            max_age: settings.max_age,
            state: Mutex::default(),
        })
    }

    /// Begins a question.
    pub(super) fn visit(&self) -> Visit {
        self.client.visit()
    }

    /// Asks `call` of an unlocked and synchronised vault. Locked meanwhile, it is unlocked again, once.
    pub(super) async fn ask(&self, call: &Call<'_>, visit: &Visit) -> Result<Answer, Error> {
        self.ready(visit).await?;
        let answer = self.send(call, visit).await?;
        if answer.status == 400 && answer.complaint.says(LOCKED) {
            self.unlock(visit).await?;
            let answer = self.send(call, visit).await?;
            if answer.status == 400 && answer.complaint.says(LOCKED) {
                return Err(self.client.unready(Unready::Locked));
            }
            return Ok(answer);
        }
        Ok(answer)
    }

    /// The `data` of an answer with status 200.
    pub(super) fn data<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
        answer: &Answer,
    ) -> Result<T, Error> {
        match answer.status {
            200 => {}
            400.. => return Err(self.client.refused(call, answer)),
            status => {
                return Err(self
                    .client
                    .garbled(call, format!("status {status} where data was due")));
            }
        }
        let envelope: Envelope<T> =
            answer.json().map_err(|found| self.client.garbled(call, found))?;
        envelope.data.ok_or_else(|| self.client.garbled(call, "no `data`".into()))
    }

    /// The answer was not of the shape that is promised.
    pub(super) fn garbled(&self, call: &Call<'_>, found: &str) -> Error {
        self.client.garbled(call, found.to_owned())
    }

    /// How it is, made ready as for a question.
    pub(super) async fn condition(&self, visit: &Visit) -> Result<String, Error> {
        self.ready(visit).await?;
        let status = self.status(visit).await?;
        let who = status.user_email.filter(|email| !email.is_empty());
        let mut line = "unlocked".to_owned();
        if let Some(who) = who {
            line.push_str(&format!(", user {}", shown(&who)));
        }
        if let Some(server) = status.server_url.filter(|url| !url.is_empty()) {
            line.push_str(&format!(" of {}", shown(&server)));
        }
        line.push_str(&match status.last_sync.as_deref().and_then(age) {
            Some(age) => format!(", synchronised {} ago", spelt(age)),
            None => ", never synchronised".to_owned(),
        });
        Ok(line)
    }

    /// Locks what doorward unlocked.
    pub(super) async fn close(&self) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        if !std::mem::take(&mut state.is_ours) {
            return Ok(());
        }
        state.is_ready = false;
        let call = Call::post("lock".into(), &serde_json::Map::new()).repeatable();
        let answer = self.send(&call, &self.visit()).await?;
        match answer.status {
            200 => Ok(()),
            _ => Err(self.client.refused(&call, &answer)),
        }
    }

    /// Unlocked, and synchronised once in the life of this process.
    async fn ready(&self, visit: &Visit) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        if state.is_ready {
            return Ok(());
        }
        let status = self.status(visit).await?;
        match status.status.as_str() {
            "unlocked" => {}
            "locked" => self.unlock_into(&mut state, visit).await?,
            "unauthenticated" => return Err(self.client.unready(Unready::LoggedOut)),
            _ => return Err(self.garbled(&Call::get(STATUS.into()), "an unknown status")),
        }
        self.sync(visit).await?;
        state.is_ready = true;
        Ok(())
    }

    async fn status(&self, visit: &Visit) -> Result<Status, Error> {
        let call = Call::get(STATUS.into());
        let answer = self.send(&call, visit).await?;
        self.data::<Template<Status>>(&call, &answer).map(|data| data.template)
    }

    async fn unlock(&self, visit: &Visit) -> Result<(), Error> {
        self.unlock_into(&mut *self.state.lock().await, visit).await
    }

    /// Unlocks. The answer holds the session key: it is not read.
    async fn unlock_into(&self, state: &mut State, visit: &Visit) -> Result<(), Error> {
        let Some(path) = &self.password_file else {
            return Err(self.client.unready(Unready::Locked));
        };
        let password = credential::password_file(&self.client.vault, "password-file", path)?;
        let call = Call::post("unlock".into(), &Unlock { password: password.expose() });
        let call = call.holding(&password);
        let answer = self.send(&call, visit).await?;
        match answer.status {
            200 => {
                state.is_ours = true;
                Ok(())
            }
            400 => Err(self.client.unauthenticated(
                format!("the master password in {}", path.display()),
                answer.words(),
            )),
            _ => Err(self.client.refused(&call, &answer)),
        }
    }

    /// Brings the copy up to date. Where that fails, one that is young enough has to do.
    async fn sync(&self, visit: &Visit) -> Result<(), Error> {
        let call = Call::post("sync".into(), &serde_json::Map::new()).repeatable();
        let detail = match self.send(&call, visit).await {
            Ok(answer) if answer.status == 200 => return Ok(()),
            Ok(answer) => answer.words(),
            Err(error @ (Error::Unreachable { .. } | Error::Redirected { .. })) => {
                return Err(error);
            }
            Err(error) => error.to_string(),
        };
        // A server that does not know the login any more makes `bw` forget it, too.
        let status = self.status(visit).await?;
        if status.status == "unauthenticated" {
            return Err(self.client.unready(Unready::LoggedOut));
        }
        match status.last_sync.as_deref().and_then(age) {
            Some(age) if age <= self.max_age => {
                tracing::warn!(
                    vault = %self.client.vault, age = spelt(age), reason = detail,
                    "not synchronised: what was changed meanwhile is not known"
                );
                Ok(())
            }
            other => Err(Error::Stale {
                vault: self.client.vault.clone(),
                age: other.map_or_else(|| "an unknown time".to_owned(), spelt),
                detail,
            }),
        }
    }

    /// Sends `call`; answers that mean the same for every call are errors.
    async fn send(&self, call: &Call<'_>, visit: &Visit) -> Result<Answer, Error> {
        let answer = self.client.send(call, None, visit).await?;
        // After a log-out every call of an object ends so, in plain text.
        if answer.status == 500 && !answer.complaint.json && call.to_string() != "GET status" {
            let status = Box::pin(self.status(visit)).await;
            if status.is_ok_and(|status| status.status == "unauthenticated") {
                return Err(self.client.unready(Unready::LoggedOut));
            }
        }
        self.client.screen(call, answer)
    }
}

/// How long ago a moment was, in whole seconds.
fn age(moment: &str) -> Option<std::time::Duration> {
    let moment: Timestamp = moment.parse().ok()?;
    let seconds = Clock::System.now().as_second() - moment.as_second();
    Some(std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// A text of the server, fit for one line.
fn shown(text: &str) -> String {
    crate::vault::http::clean(text, [None, None])
}

const STATUS: &str = "status";
/// How a call is refused while it is locked, in lower case.
const LOCKED: &str = "vault is locked";
