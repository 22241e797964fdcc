//! A page that is sealed: when it begins, what it is typed, what came of it.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use url::Origin;

use super::{BasicAuth, Carriage, Held, NEVER, Seal, disguise, stand_in};
use crate::browser::fault::Fault;
use crate::browser::page::Page;
use crate::browser::{Error, date};
use crate::secret::Secret;

const DURING: &str = "the sealing of a value";

/// Why a field cannot be sealed.
#[derive(Debug)]
pub enum Unsealable {
    /// The element has gone away: look again.
    Gone,
    /// The document is not written in UTF-8, so its forms would write the secret in another way: its encoding.
    Charset(String),
}

/// What a page says of a field.
#[derive(Debug, Default, Deserialize)]
struct Field {
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    charset: String,
}

/// How HTTP authentication went.
#[derive(Debug, Default)]
pub struct Answered {
    /// The origin that asked again, so that it refused, with its realm.
    pub refused: Option<(String, String)>,
    /// An origin that asked and may not have them.
    pub foreign: Option<String>,
}

impl Page {
    /// Before the first page is opened: from now on secrets can be sealed, for `origins`, in bodies and in
    /// `headers`. Documents that are there already would not be covered. `probing`: it is only found out what would
    /// become of them; once something is typed, nothing that the page sends goes out.
    ///
    /// # Errors
    /// [`Error::Unsealed`] for a browser without a side channel; [`Error::Gone`] and the like.
    pub async fn allow_seals(
        &mut self,
        origins: Vec<Origin>,
        headers: Vec<String>,
        probing: bool,
    ) -> Result<(), Error> {
        let side = self.side.as_ref().ok_or(Error::Unsealed)?;
        side.tools.seal(|seal| *seal = Some(Seal::new(origins, headers, probing)));
        self.intercept(NEVER).await
    }

    /// Holds `secret` back for the field that the last look found; the answer is what to type instead. A row
    /// that types the same once more, before it has left, types the same stand-in.
    ///
    /// # Errors
    /// As [`Page::allow_seals`].
    pub async fn seal(
        &mut self,
        row: usize,
        secret: &Arc<Secret>,
    ) -> Result<Result<Secret, Unsealable>, Error> {
        let field = match self.call("field", &json!([])).await {
            Ok(field) => serde_json::from_value::<Field>(field).unwrap_or_default(),
            Err(Fault::DocumentGone) => return Ok(Err(Unsealable::Gone)),
            Err(fault) => return Err(fault.during(DURING)),
        };
        if !secret.expose().is_ascii() && !field.charset.eq_ignore_ascii_case("utf-8") {
            return Ok(Err(Unsealable::Charset(field.charset)));
        }
        let side = self.side.as_ref().ok_or(Error::Unsealed)?;
        let (text, is_first) = side.tools.seal(|seal| {
            let seal = seal.as_mut().ok_or(Error::Unsealed)?;
            let again = seal.held.iter_mut().find(|held| {
                held.row == row && !held.left && held.secret.expose() == secret.expose()
            });
            if let Some(held) = again {
                held.names = field.names;
                return Ok((held.stand_in.clone(), false));
            }
            let text = stand_in::stand_in(secret.expose()).ok_or_else(|| Error::Refused {
                during: DURING,
                detail: "the system gives no random numbers".to_owned(),
            })?;
            let is_first = seal.held.is_empty();
            // A row that types another value has given up the one before.
            seal.held.retain(|held| held.row != row || held.left);
            seal.held.push(Held {
                row,
                stand_in: text.clone(),
                secret: Arc::clone(secret),
                names: field.names,
                disguises: disguise::disguises(&text),
                left: false,
            });
            Ok::<_, Error>((text, is_first))
        })?;
        if is_first && let Some(top) = side.places.first() {
            // Nothing holds the messages of WebSockets; that a stand-in left in one is told at least.
            let heard = side.tools.send(Some(&top.session), "Network.enable", date::told());
            let (heard, intercepted) = tokio::join!(heard, self.intercept("*"));
            heard.map_err(|fault| fault.during(DURING))?;
            intercepted?;
        }
        Ok(Ok(Secret::new(text)))
    }

    /// What became of stand-ins since the last call.
    pub fn carriages(&self) -> Vec<Carriage> {
        let side = self.side.as_ref();
        side.map_or_else(Vec::new, |side| {
            side.tools
                .seal(|seal| seal.as_mut().map(|seal| std::mem::take(&mut seal.told)))
                .unwrap_or_default()
        })
    }

    /// Returns when a stand-in did not leave as it should, or HTTP authentication did not go well.
    pub fn alarm(&self) -> impl Future<Output = ()> + Send + use<> {
        let tools = self.side.as_ref().map(|side| side.tools.clone());
        async move {
            match tools {
                Some(tools) => tools.alarmed().await,
                None => std::future::pending().await,
            }
        }
    }

    /// Returns when every request that carries a secret was answered, or one did not go as it should; after `limit`
    /// in any case.
    pub async fn carried(&self, limit: Duration) {
        if let Some(side) = &self.side {
            let _ = tokio::time::timeout(limit, side.tools.carried()).await;
        }
    }

    /// The rows whose stand-ins have not left, from 1.
    pub fn unsent(&self) -> Vec<usize> {
        let side = self.side.as_ref();
        side.map_or_else(Vec::new, |side| {
            side.tools.seal(|seal| {
                let held = seal.as_ref().map_or(&[] as &[Held], |seal| &seal.held);
                held.iter().filter(|held| !held.left).map(|held| held.row).collect()
            })
        })
    }

    /// What was held back is forgotten, and nothing can be sealed any more.
    ///
    /// # Errors
    /// As [`Page::allow_seals`].
    pub async fn end_seals(&mut self) -> Result<(), Error> {
        let Some(side) = &self.side else { return Ok(()) };
        let ended = side.tools.seal(|seal| match seal {
            // Where a redirect leads is still looked at.
            Some(seal) if seal.is_carrying() => {
                seal.held.clear();
                false
            }
            seal => seal.take().is_some(),
        });
        if ended {
            let answer = side.tools.call(None, "Fetch.disable", json!({})).await;
            answer.map_err(|fault| fault.during(DURING))?;
        }
        Ok(())
    }

    /// What was held back is forgotten, and nothing is intercepted until something is sealed again.
    ///
    /// # Errors
    /// As [`Page::allow_seals`].
    pub async fn unseal(&mut self) -> Result<(), Error> {
        let Some(side) = &self.side else { return Ok(()) };
        let was_held = side.tools.seal(|seal| {
            seal.as_mut().is_some_and(|seal| {
                !std::mem::take(&mut seal.held).is_empty() && !seal.is_carrying()
            })
        });
        if was_held { self.intercept(NEVER).await } else { Ok(()) }
    }

    /// Gives every request that fits `pattern` to the seal.
    async fn intercept(&self, pattern: &str) -> Result<(), Error> {
        let Some(side) = &self.side else { return Err(Error::Unsealed) };
        let patterns = json!({"patterns": [{"urlPattern": pattern, "requestStage": "Request"}]});
        let answer = side.tools.call(None, "Fetch.enable", patterns).await;
        answer.map(|_| ()).map_err(|fault| fault.during(DURING))
    }

    /// From now on HTTP Basic and Digest are answered, to `origins`.
    ///
    /// # Errors
    /// [`Error::Unsealed`] for a browser without a side channel.
    pub fn answer_with(
        &mut self,
        origins: Vec<Origin>,
        username: Secret,
        password: Secret,
    ) -> Result<(), Error> {
        let side = self.side.as_ref().ok_or(Error::Unsealed)?;
        let auth = BasicAuth::new(origins, username, password);
        side.tools.basic_auth(|place| *place = Some(auth));
        Ok(())
    }

    /// How HTTP authentication went since [`Page::answer_with`].
    pub fn answered(&self) -> Answered {
        let side = self.side.as_ref();
        let told = side.and_then(|side| {
            side.tools.basic_auth(|auth| {
                auth.as_mut().map(|auth| Answered {
                    refused: auth.refused.take(),
                    foreign: auth.foreign.take(),
                })
            })
        });
        told.unwrap_or_default()
    }

    /// Name and password of HTTP authentication are forgotten; the browser keeps what it has used.
    pub fn forget_answer(&mut self) {
        if let Some(side) = &self.side {
            side.tools.basic_auth(|auth| *auth = None);
        }
    }
}
