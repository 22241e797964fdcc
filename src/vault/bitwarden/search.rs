//! Finding an item by its id or its exact name, its codes, and the list of all.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Bitwarden;
use super::item::Item;
use crate::name::AccountRef;
use crate::secret::Secret;
use crate::vault::http::{Call, Visit};
use crate::vault::{Code, Error, Summary};

/// A list, inside of `data`.
#[derive(Deserialize)]
struct Listed<T> {
    data: Vec<T>,
}

/// A value, inside of `data`.
#[derive(Deserialize)]
struct Valued {
    data: Secret,
}

/// A folder; "No Folder" has no id.
#[derive(Deserialize)]
struct Folder {
    #[serde(default)]
    id: Option<String>,
    name: String,
}

impl Bitwarden {
    /// The one item that `account` names.
    pub(super) async fn find(&self, account: &AccountRef, visit: &Visit) -> Result<Item, Error> {
        let item = match id_of(account) {
            Some(id) => self.by_id(account, &id, visit).await?,
            None => self.by_name(account, visit).await?,
        };
        if item.deleted_date.is_some() {
            return Err(Error::Gone {
                account: account.within(&self.name),
                detail: "the item is in Bitwarden's trash".into(),
            });
        }
        self.ids.lock().await.insert(account.path(), item.id.clone());
        Ok(item)
    }

    /// A code of `account`, made now.
    pub(super) async fn made(&self, account: &AccountRef, visit: &Visit) -> Result<Code, Error> {
        let known = self.ids.lock().await.get(&account.path()).cloned();
        let id = match known {
            Some(id) => id,
            None => {
                let item = self.find(account, visit).await?;
                if !item.has_codes() {
                    return Err(self.without_codes(account));
                }
                item.id
            }
        };
        let call = Call::get(format!("object/totp/{id}"));
        let answer = self.serve.ask(&call, visit).await?;
        if answer.status == 400 && answer.complaint.says(NOT_FOUND) {
            return Err(self.without_codes(account));
        }
        if answer.status == 400 && answer.complaint.says("premium") {
            return Err(Error::Denied {
                vault: self.name.clone(),
                account: account.clone(),
                detail: answer.words(),
            });
        }
        let code = self.serve.data::<Valued>(&call, &answer)?.data;
        let text = code.expose();
        if text.len() == STEAM && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Error::Unsupported {
                vault: self.name.clone(),
                what: format!(
                    "holds a seed of Steam's own kind for `{account}`, whose codes are letters"
                ),
                instead: "only codes of digits can be used",
            });
        }
        if !(6..=10).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(self.serve.garbled(&call, "a code that is not made of digits"));
        }
        // Neither its period nor its end is told.
        Ok(Code { digits: code, counter: None, expires: None })
    }

    /// Every item that a REF can name, below `safe` where that is given.
    pub(super) async fn all(
        &self,
        safe: Option<&str>,
        visit: &Visit,
    ) -> Result<Vec<Summary>, Error> {
        let safe = safe.map(|safe| safe.trim_matches('/')).filter(|safe| !safe.is_empty());
        let folders: BTreeMap<String, String> = self
            .folders(visit)
            .await?
            .into_iter()
            .filter_map(|folder| Some((folder.id?, folder.name)))
            .collect();
        let items = self.items(Call::get(ITEMS.into()), visit).await?;
        let mut summaries: Vec<Summary> = items
            .into_iter()
            .filter_map(|item| {
                let folder = item.folder_id.as_ref().and_then(|id| folders.get(id));
                let below = |folder: &String| match safe {
                    None => true,
                    Some(safe) => folder
                        .strip_prefix(safe)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
                };
                if !folder.map_or(safe.is_none(), below) {
                    return None;
                }
                // What no REF can hold is named by its id.
                let vault = Some(self.name.clone());
                let folder = folder.map(String::as_str);
                let reference = AccountRef::new(vault.clone(), folder, &item.name)
                    .or_else(|_| AccountRef::new(vault, None, &item.id));
                reference.ok().map(|reference| item.into_summary(reference, &self.name))
            })
            .collect();
        summaries.sort_by_cached_key(|summary| summary.reference.path());
        Ok(summaries)
    }

    async fn by_id(&self, account: &AccountRef, id: &str, visit: &Visit) -> Result<Item, Error> {
        let call = Call::get(format!("object/item/{id}"));
        let answer = self.serve.ask(&call, visit).await?;
        if answer.status == 400 && answer.complaint.says(NOT_FOUND) {
            return Err(self.not_found(account, Vec::new()));
        }
        let item: Item = self.serve.data(&call, &answer)?;
        // An id that is none is taken for words to search for: what was found is compared.
        if !item.id.eq_ignore_ascii_case(id) {
            return Err(self.not_found(account, Vec::new()));
        }
        Ok(item)
    }

    async fn by_name(&self, account: &AccountRef, visit: &Visit) -> Result<Item, Error> {
        let mut call = Call::get(ITEMS.into()).with("search", account.name().to_owned());
        let mut folder = None;
        if let Some(safe) = account.safe() {
            // "No Folder" has no id, and is none.
            let mut folders = self.folders(visit).await?;
            folders.retain(|folder| folder.name == safe);
            folder = folders.pop().and_then(|folder| folder.id).filter(|id| !id.is_empty());
            match &folder {
                Some(id) => call = call.with("folderid", id.clone()),
                None => return Err(self.not_found(account, Vec::new())),
            }
        }
        let mut found = self.items(call, visit).await?;
        found.retain(|item| folder.is_none() || item.folder_id == folder);
        let (mut exact, others): (Vec<Item>, Vec<Item>) =
            found.into_iter().partition(|item| item.name == account.name());
        match (exact.pop(), exact.is_empty()) {
            (Some(item), true) => Ok(item),
            (Some(item), false) => {
                exact.push(item);
                let mut candidates: Vec<String> =
                    exact.iter().map(|item| format!("{}:{}", self.name, item.id)).collect();
                candidates.sort();
                Err(Error::Several {
                    vault: self.name.clone(),
                    account: account.clone(),
                    candidates,
                })
            }
            (None, _) => {
                let nearest = others.iter().take(3);
                let nearest = nearest.map(|item| format!("`{}` ({})", item.name, item.id));
                Err(self.not_found(account, nearest.collect()))
            }
        }
    }

    async fn items(&self, call: Call<'_>, visit: &Visit) -> Result<Vec<Item>, Error> {
        let call = call.up_to(MOST);
        let answer = self.serve.ask(&call, visit).await?;
        self.serve.data::<Listed<Item>>(&call, &answer).map(|listed| listed.data)
    }

    async fn folders(&self, visit: &Visit) -> Result<Vec<Folder>, Error> {
        let call = Call::get("list/object/folders".into());
        let answer = self.serve.ask(&call, visit).await?;
        self.serve.data::<Listed<Folder>>(&call, &answer).map(|listed| listed.data)
    }

    fn not_found(&self, account: &AccountRef, nearest: Vec<String>) -> Error {
        Error::NotFound { vault: self.name.clone(), account: account.clone(), nearest }
    }

    fn without_codes(&self, account: &AccountRef) -> Error {
        Error::Unsupported {
            vault: self.name.clone(),
            what: format!("has no authenticator key for `{account}`, and so no one-time codes"),
            instead: "store the key in the item's own field for it (`login.totp`)",
        }
    }
}

/// The id that `account` is named by, if it is one: a UUID without a folder.
fn id_of(account: &AccountRef) -> Option<String> {
    if account.safe().is_some() {
        return None;
    }
    uuid::Uuid::try_parse(account.name()).ok().map(|id| id.hyphenated().to_string())
}

const ITEMS: &str = "list/object/items";
/// How an item that is not there is refused, and one without what was asked for; in lower case.
const NOT_FOUND: &str = "not found";
/// How many characters Steam's codes have.
const STEAM: usize = 5;
/// The longest list, in bytes: thousands of items with their notes.
const MOST: usize = 64 * 1024 * 1024;
