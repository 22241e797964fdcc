//! The list: the names below a path, without a look at any secret.

use serde::Deserialize;

use super::Hashicorp;
use super::auth::Forbidden;
use super::kv::Version;
use super::settings::Engine;
use crate::name::AccountRef;
use crate::vault::http::{Answer, Call, Visit};
use crate::vault::{Error, Summary};

#[derive(Deserialize)]
struct Listed {
    data: Keys,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<String>,
}

impl Hashicorp {
    /// Every account below `safe`, folders walked; bounded, with a warning where it was cut.
    pub(super) async fn walk(
        &self,
        safe: Option<&str>,
        visit: &mut Visit,
    ) -> Result<Vec<Summary>, Error> {
        let safe = safe.map(|safe| safe.trim_matches('/')).filter(|safe| !safe.is_empty());
        if let Some(safe) = safe {
            // The path goes into a URL: it has to be one that an account could have.
            AccountRef::new(None, Some(safe), "x").map_err(|invalid| Error::Unsupported {
                vault: self.name.clone(),
                what: format!("has no such safe: {invalid}"),
                instead: "name the safe as accounts have it, `safe` or `safe/deeper`",
            })?;
        }
        let mut summaries = Vec::new();
        let mut folders = vec![(safe.map(str::to_owned), 0)];
        let mut calls = 0;
        while let Some((folder, depth)) = folders.pop() {
            calls += 1;
            for key in self.names_of(folder.as_deref(), visit).await? {
                match key.strip_suffix('/') {
                    Some(name) if depth < DEEPEST => {
                        let below = folder
                            .as_ref()
                            .map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}"));
                        folders.push((Some(below), depth + 1));
                    }
                    Some(_) => {
                        tracing::warn!(vault = %self.name, "a folder lies too deep to be listed")
                    }
                    None => match AccountRef::new(Some(self.name.clone()), folder.as_deref(), &key)
                    {
                        Ok(reference) => summaries.push(Summary {
                            reference,
                            username: None,
                            address: None,
                            logon_account: None,
                            properties: Vec::new(),
                        }),
                        Err(invalid) => {
                            tracing::warn!(vault = %self.name, %invalid, "a name is left out of the list");
                        }
                    },
                }
            }
            if !folders.is_empty() && (summaries.len() >= MOST || calls >= MOST_CALLS) {
                tracing::warn!(vault = %self.name, "the list is cut: name a safe");
                break;
            }
        }
        summaries.sort_by_cached_key(|summary| summary.reference.path());
        Ok(summaries)
    }

    /// The names of the accounts right in `safe`, folders left out.
    pub(super) async fn names(
        &self,
        safe: Option<&str>,
        visit: &mut Visit,
    ) -> Result<Vec<String>, Error> {
        let mut names = self.names_of(safe, visit).await?;
        names.retain(|name| !name.ends_with('/'));
        Ok(names)
    }

    /// The keys of one folder; a folder has a `/` at its end.
    async fn names_of(
        &self,
        folder: Option<&str>,
        visit: &mut Visit,
    ) -> Result<Vec<String>, Error> {
        let mount = &self.settings.mount;
        let path = |between: &str| match folder {
            Some(folder) => format!("{mount}{between}/{folder}"),
            None => format!("{mount}{between}"),
        };
        if self.settings.engine == Engine::Totp {
            return self.keys(path("/keys"), visit).await.map(Option::unwrap_or_default);
        }
        match self.version(visit).await? {
            Version::One => self.keys(path(""), visit).await.map(Option::unwrap_or_default),
            Version::Two => {
                self.keys(path("/metadata"), visit).await.map(Option::unwrap_or_default)
            }
            Version::Hidden => match self.keys(path("/metadata"), visit).await {
                Ok(Some(keys)) => Ok(keys),
                Ok(None) => self.keys(path(""), visit).await.map(Option::unwrap_or_default),
                Err(error) => match self.keys(path(""), visit).await {
                    Ok(Some(keys)) => Ok(keys),
                    _ => Err(error),
                },
            },
        }
    }

    /// The keys below `path`, or `None` where there are none.
    async fn keys(&self, path: String, visit: &mut Visit) -> Result<Option<Vec<String>>, Error> {
        let mut call = Call::list(path.clone());
        let mut answer = self.vault.send(&call, visit).await;
        if is_about_the_method(&answer) {
            call = Call::get(path).with("list", "true");
            answer = self.vault.send(&call, visit).await;
        }
        let answer = answer?;
        match answer.status {
            200 => {
                let listed = answer.json::<Listed>();
                listed
                    .map(|listed| Some(listed.data.keys))
                    .map_err(|found| self.vault.client.garbled(&call, found))
            }
            404 => Ok(None),
            403 => Err(match self.vault.forbidden(&answer, visit).await? {
                Forbidden::ByPolicy(_) => self.vault.client.refused(&call, &answer),
                Forbidden::ByToken(error) => error,
            }),
            _ => Err(self.unexpected(&call, &answer)),
        }
    }
}

/// Whether something on the way did not know the method `LIST`.
fn is_about_the_method(answer: &Result<Answer, Error>) -> bool {
    match answer {
        Ok(answer) => match answer.status {
            405 => true,
            400.. => !answer.body.is_empty() && !answer.complaint.json,
            _ => false,
        },
        Err(Error::Refused { status, .. }) => *status == 501,
        Err(_) => false,
    }
}

/// How many folders below the first are walked.
const DEEPEST: usize = 16;
/// How many names are enough.
const MOST: usize = 10_000;
/// How many calls are enough.
const MOST_CALLS: usize = 500;
