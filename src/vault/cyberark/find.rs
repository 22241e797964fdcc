//! Finding: from the name of an account to its details, and the list of a safe.

use serde::Deserialize;

use super::Cyberark;
use super::details::{Details, is_id};
use crate::name::AccountRef;
use crate::vault::http::{Call, Visit};
use crate::vault::{Error, Summary};

/// One page of a search.
#[derive(Deserialize)]
struct Page {
    value: Vec<Details>,
    /// Where the next one is; absent on the last.
    #[serde(default, rename = "nextLink")]
    next: Option<String>,
}

impl Cyberark {
    /// The account that `account` names: the one whose name it is, or whose id.
    pub(super) async fn find(
        &self,
        account: &AccountRef,
        visit: &mut Visit,
    ) -> Result<Details, Error> {
        if let Some(details) = self.recalled(account) {
            return Ok(details);
        }
        let details = match is_id(account.name()) {
            true => self.by_id(account, visit).await?,
            false => self.by_name(account, visit).await?,
        };
        self.remember(&details);
        Ok(details)
    }

    /// The details of the account `id`, in an answer of any status but 401.
    pub(super) async fn details(
        &self,
        id: &str,
        visit: &mut Visit,
    ) -> Result<(Call<'static>, crate::vault::http::Answer), Error> {
        let call = Call::get(format!("API/Accounts/{id}"));
        let answer = self.vault.send(&call, visit).await?;
        Ok((call, answer))
    }

    fn recalled(&self, account: &AccountRef) -> Option<Details> {
        if is_id(account.name()) {
            return self.recall(account.name()).filter(|details| is_in(details, account.safe()));
        }
        let known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut found = known
            .values()
            .filter(|details| account.safe().is_some() && details.path() == account.path());
        let first = found.next().cloned();
        if found.next().is_some() { None } else { first }
    }

    async fn by_id(&self, account: &AccountRef, visit: &mut Visit) -> Result<Details, Error> {
        let (call, answer) = self.details(account.name(), visit).await?;
        match answer.status {
            200 => {}
            404 if answer.is_the_vaults() => return Err(self.missing(account, Vec::new())),
            403 if answer.is_the_vaults() => return Err(self.denied(account, answer.words())),
            _ => return Err(self.unexpected(&call, answer)),
        }
        let details: Details =
            answer.json().map_err(|found| self.vault.client.garbled(&call, found))?;
        match is_in(&details, account.safe()) {
            true => Ok(details),
            false => Err(self.missing(account, Vec::new())),
        }
    }

    async fn by_name(&self, account: &AccountRef, visit: &mut Visit) -> Result<Details, Error> {
        let forbidden = |detail| self.denied(account, detail);
        let (found, _) =
            self.search(account.safe(), Some(account.name()), MOST, visit, forbidden).await?;
        let mut exact: Vec<&Details> = found
            .iter()
            .filter(|details| details.name == account.name() && is_in(details, account.safe()))
            .collect();
        if exact.is_empty() {
            let same = |details: &&Details| {
                details.name.to_lowercase() == account.name().to_lowercase()
                    && is_in(details, account.safe())
            };
            exact = found.iter().filter(same).collect();
        }
        match exact[..] {
            [one] => Ok(one.clone()),
            [] => Err(self.nearest(account, visit).await),
            _ => {
                // Two of one name in one safe are told apart by their ids.
                let vault = account.vault();
                let paths: Vec<String> = exact.iter().map(|details| details.path()).collect();
                let candidate = |details: &&Details| {
                    let path = details.path();
                    match paths.iter().filter(|other| **other == path).count() {
                        1 => details.reference(vault),
                        _ => AccountRef::new(vault.cloned(), account.safe(), &details.id).ok(),
                    }
                };
                let candidates = exact.iter().filter_map(candidate);
                Err(Error::Several {
                    vault: self.name.clone(),
                    account: account.clone(),
                    candidates: candidates.map(|candidate| candidate.to_string()).collect(),
                })
            }
        }
    }

    /// The error for an account that is not there, with the nearest names of its safe.
    async fn nearest(&self, account: &AccountRef, visit: &mut Visit) -> Error {
        let Some(safe) = account.safe() else { return self.missing(account, Vec::new()) };
        let forbidden = |detail| self.denied(account, detail);
        let (found, _) =
            self.search(Some(safe), None, PAGE, visit, forbidden).await.unwrap_or_default();
        let mut near: Vec<(usize, &Details)> = found
            .iter()
            .filter(|details| is_in(details, Some(safe)))
            .map(|details| (strsim::damerau_levenshtein(&details.name, account.name()), details))
            .filter(|(distance, details)| *distance <= 1 + details.name.chars().count() / 4)
            .collect();
        near.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.name.cmp(&other.name)));
        let nearest = near.into_iter().take(3);
        let nearest = nearest.filter_map(|(_, details)| details.reference(account.vault()));
        self.missing(account, nearest.map(|reference| format!("`{reference}`")).collect())
    }

    /// Every account of `safe`, or all of them; bounded, with a warning where the list was cut.
    pub(super) async fn walk(
        &self,
        safe: Option<&str>,
        visit: &mut Visit,
    ) -> Result<Vec<Summary>, Error> {
        let safe = safe.map(|safe| safe.trim_matches('/')).filter(|safe| !safe.is_empty());
        let refused = |detail: String| Error::Refused {
            vault: self.name.clone(),
            asked: "GET API/Accounts".into(),
            status: 403,
            detail,
        };
        let (found, cut) = self.search(safe, None, MOST, visit, refused).await?;
        if cut {
            tracing::warn!(vault = %self.name, "the list is cut: name a safe");
        }
        let mut summaries: Vec<Summary> =
            found.iter().filter_map(|details| details.summary(&self.name)).collect();
        if summaries.len() < found.len() {
            tracing::warn!(vault = %self.name, "accounts whose ids are no names are left out of the list");
        }
        summaries.sort_by_cached_key(|summary| summary.reference.path());
        Ok(summaries)
    }

    /// What a search finds, page by page until `most`, and whether it was cut there.
    async fn search(
        &self,
        safe: Option<&str>,
        words: Option<&str>,
        most: usize,
        visit: &mut Visit,
        forbidden: impl Fn(String) -> Error,
    ) -> Result<(Vec<Details>, bool), Error> {
        let mut found: Vec<Details> = Vec::new();
        let mut offset = 0;
        loop {
            let mut call = Call::get("API/Accounts".into()).up_to(LARGEST);
            if let Some(words) = words {
                call = call.with("search", words);
            }
            if let Some(safe) = safe {
                call = call.with("filter", format!("safeName eq {safe}"));
            }
            call = call.with("limit", PAGE.to_string()).with("offset", offset.to_string());
            let answer = self.vault.send(&call, visit).await?;
            match answer.status {
                200 => {}
                // How some versions say that there is no such safe.
                404 if answer.is_the_vaults() => return Ok((found, false)),
                403 if answer.is_the_vaults() => return Err(forbidden(answer.words())),
                _ => return Err(self.unexpected(&call, answer)),
            }
            let page: Page =
                answer.json().map_err(|found| self.vault.client.garbled(&call, found))?;
            let count = page.value.len();
            found.extend(page.value);
            let Some(next) = page.next.filter(|_| count > 0) else { return Ok((found, false)) };
            if found.len() >= most {
                return Ok((found, true));
            }
            // Only the number is taken from the link: where to send the token it does not say.
            offset = place(&next).filter(|next| *next > offset).unwrap_or(offset + count);
        }
    }

    /// There is no such account, or none that may be seen.
    pub(super) fn missing(&self, account: &AccountRef, nearest: Vec<String>) -> Error {
        Error::NotFound { vault: self.name.clone(), account: account.clone(), nearest }
    }

    /// The account may not be used; `detail` are the vault's own words.
    pub(super) fn denied(&self, account: &AccountRef, detail: String) -> Error {
        Error::Denied { vault: self.name.clone(), account: account.clone(), detail }
    }

    /// An answer of a status that the call does not have.
    pub(super) fn unexpected(&self, call: &Call<'_>, answer: crate::vault::http::Answer) -> Error {
        let client = &self.vault.client;
        match client.screen(call, answer) {
            Ok(answer) if answer.status < 400 => {
                client.garbled(call, format!("status {} where 200 was due", answer.status))
            }
            Ok(answer) => client.refused(call, &answer),
            Err(error) => error,
        }
    }
}

/// Whether the account is in `safe`, or no safe was named. Names of safes ignore case.
fn is_in(details: &Details, safe: Option<&str>) -> bool {
    safe.is_none_or(|safe| details.safe_name.to_lowercase() == safe.to_lowercase())
}

/// The `offset` of a link to the next page.
fn place(link: &str) -> Option<usize> {
    let (_, query) = link.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key.eq_ignore_ascii_case("offset"))
        .and_then(|(_, value)| value.parse().ok())
}

/// How many accounts a page has at most; PVWA's own limit.
const PAGE: usize = 1000;
/// How many accounts are enough.
const MOST: usize = 10_000;
/// The longest page, in bytes: an account has some hundred, and its platform's properties.
const LARGEST: usize = 8 * 1024 * 1024;
