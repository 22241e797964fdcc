//! The list: which variables there are, as Conjur shows them to this role.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Conjur;
use crate::name::AccountRef;
use crate::vault::http::{Call, Visit};
use crate::vault::nearest::nearest;
use crate::vault::{Error, Summary};

#[derive(Deserialize)]
struct Resource {
    /// `account:variable:id`.
    id: String,
}

impl Conjur {
    /// Every account below `safe`: what has a variable of one of the names that `keys` says.
    pub(super) async fn all(
        &self,
        safe: Option<&str>,
        visit: &mut Visit,
    ) -> Result<Vec<Summary>, Error> {
        let safe = safe.map(|safe| safe.trim_matches('/')).filter(|safe| !safe.is_empty());
        let mut accounts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for id in self.variables(None, visit).await? {
            if let Some((path, name)) = self.below_prefix(&id).and_then(|id| id.rsplit_once('/')) {
                accounts.entry(path.to_owned()).or_default().push(name.to_owned());
            }
        }
        let keys = self.settings.keys.all();
        Ok(accounts
            .into_iter()
            .filter(|(_, names)| names.iter().any(|name| keys.contains(&name.as_str())))
            .filter_map(|(path, names)| {
                let reference: AccountRef = format!("{}:{path}", self.name).parse().ok()?;
                let properties = names.into_iter().filter(|name| !keys.contains(&name.as_str()));
                reference.is_below(safe).then(|| Summary {
                    reference,
                    username: None,
                    address: None,
                    logon_account: None,
                    properties: properties.map(|name| name.to_lowercase()).collect(),
                })
            })
            .collect())
    }

    /// The names of the variables right below `account`, among those of `word`.
    pub(super) async fn names_below(
        &self,
        account: &AccountRef,
        word: Option<&str>,
        visit: &mut Visit,
    ) -> Result<Vec<String>, Error> {
        let start = format!("{}/", account.path());
        let ids = self.variables(word, visit).await?;
        let names = ids.iter().filter_map(|id| self.below_prefix(id)?.strip_prefix(&start));
        Ok(names.map(str::to_owned).collect())
    }

    /// Conjur shows nothing of `account`: an error with the nearest names beside it.
    pub(super) async fn missing(&self, account: &AccountRef, visit: &mut Visit) -> Error {
        let known = self.all(None, visit).await.unwrap_or_default();
        let nearest = nearest(account, known.into_iter().map(|known| known.reference));
        Error::NotFound { vault: self.name.clone(), account: account.clone(), nearest }
    }

    /// The ids of the variables that this role may see, those of `word` if that is said; by pages.
    async fn variables(&self, word: Option<&str>, visit: &mut Visit) -> Result<Vec<String>, Error> {
        let start = format!("{}:variable:", self.settings.account);
        let mut ids = Vec::new();
        for page in 0..MOST_PAGES {
            let path = format!("resources/{}", self.settings.account);
            let mut call = Call::get(path).with("kind", "variable").up_to(MOST);
            if let Some(word) = word {
                call = call.with("search", word.to_owned());
            }
            call = call.with("limit", PAGE.to_string()).with("offset", (page * PAGE).to_string());
            let answer = self.vault.send(&call, visit).await?;
            if answer.status != 200 {
                return Err(match answer.status {
                    400.. => self.vault.client.refused(&call, &answer),
                    status => self.vault.client.garbled(&call, format!("status {status}")),
                });
            }
            let found: Vec<Resource> =
                answer.json().map_err(|found| self.vault.client.garbled(&call, found))?;
            let count = found.len();
            ids.extend(
                found.iter().filter_map(|found| found.id.strip_prefix(&start)).map(str::to_owned),
            );
            if count < PAGE {
                return Ok(ids);
            }
        }
        tracing::warn!(vault = %self.name, "the list is cut");
        Ok(ids)
    }

    /// An id without the prefix of the configuration.
    fn below_prefix<'a>(&self, id: &'a str) -> Option<&'a str> {
        match &self.settings.prefix {
            Some(prefix) => id.strip_prefix(prefix.as_str())?.strip_prefix('/'),
            None => Some(id),
        }
    }
}

/// How many variables are listed by one call.
const PAGE: usize = 500;
/// How many calls are enough.
const MOST_PAGES: usize = 40;
/// The longest page, in bytes: each variable comes with its annotations and permissions.
const MOST: usize = 16 * 1024 * 1024;
