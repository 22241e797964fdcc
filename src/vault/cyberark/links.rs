//! The links of an account: which accounts are its logon and its reconcile account.
//!
//! PVWA 12.2 and later tell by a call that is not documented, so its elements are read loosely: any of
//! the names that fields were seen with, in any case. An index means what the platform says; 1, 2 and 3
//! are only a custom.

use serde_json::{Map, Value};

use super::Cyberark;
use super::details::{Details, is_id};
use super::settings::Link;
use crate::name::AccountRef;
use crate::vault::Error;
use crate::vault::http::{Call, Visit};

/// The linked accounts.
#[derive(Debug, Default)]
pub(super) struct Linked {
    pub(super) logon: Option<AccountRef>,
    pub(super) reconcile: Option<AccountRef>,
}

/// One element of the answer, its keys in lower case.
struct Element(Map<String, Value>);

impl Cyberark {
    /// The accounts that are linked to the one of `details`, which was asked for as `account`: by the
    /// configuration, or else in the vault's words.
    pub(super) async fn links(
        &self,
        details: &Details,
        account: &AccountRef,
        visit: &mut Visit,
    ) -> Result<Linked, Error> {
        let links = &self.settings.links;
        let configured =
            links.configured(&details.path()).or_else(|| links.configured(&account.path()));
        if let Some(configured) = configured.cloned() {
            return Ok(Linked { logon: configured.logon, reconcile: configured.reconcile });
        }
        let Some(elements) = self.elements(details, account, visit).await? else {
            return Ok(Linked::default());
        };
        let [logon, reconcile] = links
            .of(details.platform_id.as_deref())
            .map(|link| elements.iter().find(|element| element.is(link)));
        if logon.is_none() && !elements.is_empty() && elements.iter().all(|e| e.name().is_none()) {
            tracing::warn!(
                %account,
                "the linked accounts carry no names: say which is which with `links.logon.index`"
            );
        }
        let logon = match logon.and_then(|element| element.reference(self)) {
            // By its name it is on record, and not by a number that says nothing.
            Some(reference) => Some(self.named(reference, visit).await),
            None => None,
        };
        let reconcile = reconcile.and_then(|element| element.reference(self));
        Ok(Linked { logon, reconcile })
    }

    /// What the vault tells of the links; `None` where it does not.
    async fn elements(
        &self,
        details: &Details,
        account: &AccountRef,
        visit: &mut Visit,
    ) -> Result<Option<Vec<Element>>, Error> {
        let call = Call::get(format!("API/ExtendedAccounts/{}/LinkedAccounts", details.id));
        let answer = self.vault.send(&call, visit).await?;
        match answer.status {
            200 => {}
            // Forbidden, or a version that has no such call: IIS then answers with a page.
            403 | 404 | 405 | 501 => {
                tracing::warn!(
                    %account,
                    status = answer.status,
                    reason = answer.words(),
                    "its linked accounts cannot be seen: name them with `links.accounts`"
                );
                return Ok(None);
            }
            _ => return Err(self.unexpected(&call, answer)),
        }
        let value: Value =
            answer.json().map_err(|found| self.vault.client.garbled(&call, found))?;
        let list = match value {
            Value::Array(list) => Some(list),
            Value::Object(map) => map.into_iter().find_map(|(key, value)| match value {
                Value::Array(list)
                    if ["linkedaccounts", "value"].contains(&key.to_lowercase().as_str()) =>
                {
                    Some(list)
                }
                _ => None,
            }),
            _ => None,
        };
        let Some(list) = list else {
            let found = "JSON without a list of linked accounts".to_owned();
            return Err(self.vault.client.garbled(&call, found));
        };
        Ok(Some(list.into_iter().filter_map(Element::read).collect()))
    }

    /// The same account by its name, if it was given by its id and may be looked at.
    async fn named(&self, reference: AccountRef, visit: &mut Visit) -> AccountRef {
        if !is_id(reference.name()) {
            return reference;
        }
        let details = match self.details(reference.name(), visit).await {
            Ok((_, answer)) if answer.status == 200 => answer.json::<Details>().ok(),
            // Whether it may be used shows when it is asked for.
            _ => None,
        };
        let Some(details) = details else { return reference };
        self.remember(&details);
        details.reference(reference.vault()).unwrap_or(reference)
    }
}

impl Element {
    fn read(value: Value) -> Option<Self> {
        let Value::Object(map) = value else { return None };
        Some(Self(map.into_iter().map(|(key, value)| (key.to_lowercase(), value)).collect()))
    }

    /// Whether it is the link that `link` means.
    fn is(&self, link: &Link) -> bool {
        match link {
            Link::Index(index) => self.index() == Some(*index),
            Link::Name(name) => NAMES
                .iter()
                .any(|key| self.text(key).is_some_and(|found| plain(&found) == plain(name))),
        }
    }

    fn index(&self) -> Option<u64> {
        INDICES.iter().find_map(|key| match self.0.get(*key)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        })
    }

    fn name(&self) -> Option<String> {
        NAMES.iter().find_map(|key| self.text(key))
    }

    /// Which account it is: by its id, else by safe and name.
    fn reference(&self, vault: &Cyberark) -> Option<AccountRef> {
        let safe = SAFES.iter().find_map(|key| self.text(key));
        let id = IDS.iter().find_map(|key| self.text(key)).filter(|id| is_id(id));
        let name = OBJECTS.iter().find_map(|key| self.text(key));
        let reference = match (id, safe, name) {
            (Some(id), safe, _) => {
                AccountRef::new(Some(vault.name.clone()), safe.as_deref(), &id).ok()
            }
            (None, Some(safe), Some(name)) => {
                AccountRef::new(Some(vault.name.clone()), Some(&safe), &name).ok()
            }
            _ => None,
        };
        if reference.is_none() {
            tracing::warn!(
                vault = %vault.name,
                "a linked account has no id that may be seen: it is left out"
            );
        }
        reference
    }

    fn text(&self, key: &str) -> Option<String> {
        match self.0.get(key)? {
            Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            _ => None,
        }
    }
}

/// A name without blanks and case: `Logon Account` is `LogonAccount`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

const NAMES: [&str; 5] = ["name", "displayname", "linkname", "extrapasswordname", "type"];
const INDICES: [&str; 3] = ["extrapasswordindex", "extrapassid", "index"];
const IDS: [&str; 3] = ["accountid", "id", "linkedaccountid"];
const SAFES: [&str; 2] = ["safe", "safename"];
const OBJECTS: [&str; 3] = ["accountname", "objectname", "object"];
