//! The object that the service answers with, and the account that it makes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::settings::Settings;
use crate::name::AccountRef;
use crate::secret::Secret;
use crate::vault::{Account, Error, Password, Property, link};

/// The answer: the secret, what is known of the account, and whatever its platform adds.
#[derive(Deserialize)]
pub(super) struct Object {
    /// The secret. It can be empty: an account that has none yet.
    #[serde(rename = "Content")]
    content: Option<Secret>,
    /// Every other key.
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

impl Object {
    /// Whether the password is being changed: a boolean by the manual, a text on every real server.
    pub(super) fn is_changing(&self) -> bool {
        let flag = self.rest.iter().find(|(key, _)| key.eq_ignore_ascii_case(CHANGING));
        match flag {
            Some((_, Value::Bool(is))) => *is,
            Some((_, Value::String(text))) => text.trim().eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    /// Whether it holds what an object has to hold.
    pub(super) fn is_whole(&self) -> bool {
        self.content.is_some()
    }

    /// The account that it makes; `account` has its vault named.
    pub(super) fn into_account(
        self,
        account: AccountRef,
        settings: &Settings,
    ) -> Result<Account, Error> {
        let mut texts = BTreeMap::new();
        for (key, value) in self.rest {
            let text = match value {
                Value::String(text) => text,
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => continue,
            };
            texts.insert(key.to_lowercase(), Zeroizing::new(text));
        }
        let username = texts.remove("username").and_then(filled);
        let address = texts.remove("address").and_then(filled);
        texts.remove(&CHANGING.to_lowercase());
        let configured = settings.links.get(&account.path().to_lowercase());
        let mut links = [None, None];
        for (at, place) in links.iter_mut().enumerate() {
            let key = &settings.keys[at];
            let own = texts.remove(key).and_then(filled);
            let own = own.map(|text| link(&account, key, &text));
            *place = match configured.and_then(|links| links[at].clone()) {
                Some(link) => Some(link),
                None => own.transpose()?,
            };
        }
        let property = |mut text: Zeroizing<String>| {
            // They are file categories, which the application sees with every object that it may use.
            Property { value: Secret::new(std::mem::take(&mut *text)), protected: false }
        };
        let properties = texts.into_iter().map(|(key, text)| (key, property(text))).collect();
        let [logon_account, reconcile_account] = links;
        Ok(Account {
            reference: account,
            username,
            address,
            password: self.content.map_or(Password::Absent, Password::Value),
            properties,
            logon_account,
            reconcile_account,
        })
    }
}

fn filled(mut text: Zeroizing<String>) -> Option<String> {
    (!text.is_empty()).then(|| std::mem::take(&mut *text))
}

/// The flag of a change that is under way.
const CHANGING: &str = "PasswordChangeInProcess";
