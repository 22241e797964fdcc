//! The details of an account: what PVWA tells of it beside its password.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::links::Linked;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;
use crate::vault::{Account, Error, Password, Property, Summary};

/// An account as PVWA shows it. Fields that an account has not are simply absent.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Details {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    user_name: Option<String>,
    #[serde(default)]
    pub(super) platform_id: Option<String>,
    #[serde(default)]
    pub(super) safe_name: String,
    /// `password` or `key`.
    #[serde(default)]
    secret_type: Option<String>,
    #[serde(default)]
    platform_account_properties: Option<BTreeMap<String, Value>>,
}

impl Details {
    /// Whether there is a password to retrieve.
    pub(super) fn check(&self, account: &AccountRef, vault: &VaultName) -> Result<(), Error> {
        match self.secret_type.as_deref() {
            Some(kind) if kind.eq_ignore_ascii_case("key") => Err(Error::Unsupported {
                vault: vault.clone(),
                what: format!("holds an SSH key as `{account}`, not a password"),
                instead: "name an account whose secret is a password: a key cannot be typed into a page",
            }),
            _ => Ok(()),
        }
    }

    /// `safe/name`.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.safe_name, self.name)
    }

    /// How the account is named: by its safe and name, or by its id where those are no reference.
    pub(super) fn reference(&self, vault: Option<&VaultName>) -> Option<AccountRef> {
        let named = |name: &str| {
            AccountRef::new(vault.cloned(), Some(&self.safe_name), name)
                .or_else(|_| AccountRef::new(vault.cloned(), None, name))
        };
        // A name that looks like an id would be read as one.
        let by_name = AccountRef::new(vault.cloned(), Some(&self.safe_name), &self.name);
        match by_name {
            Ok(reference) if !is_id(&self.name) => Some(reference),
            _ => named(&self.id).ok(),
        }
    }

    /// What may be shown of it.
    pub(super) fn summary(&self, vault: &VaultName) -> Option<Summary> {
        let properties = self.platform_account_properties.iter().flatten();
        Some(Summary {
            reference: self.reference(Some(vault))?,
            username: filled(&self.user_name),
            address: filled(&self.address),
            logon_account: None,
            properties: properties.map(|(name, _)| name.to_lowercase()).collect(),
        })
    }

    /// The account, with what the other calls brought.
    pub(super) fn into_account(
        self,
        reference: AccountRef,
        password: Secret,
        links: Linked,
    ) -> Account {
        let (username, address) = (filled(&self.user_name), filled(&self.address));
        let mut properties = BTreeMap::new();
        let own = [("name", self.name), ("safe", self.safe_name)];
        let own = own.into_iter().chain(self.platform_id.map(|id| ("platformid", id)));
        let own = own.map(|(name, value)| (name.to_owned(), Value::String(value)));
        for (name, value) in own.chain(self.platform_account_properties.into_iter().flatten()) {
            let value = match value {
                Value::String(text) => text,
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => continue,
            };
            // They are file categories, which everybody sees who may list the safe.
            let property = Property { value: Secret::new(value), protected: false };
            properties.insert(name.to_lowercase(), property);
        }
        Account {
            reference,
            username,
            address,
            password: Password::Value(password),
            properties,
            logon_account: links.logon,
            reconcile_account: links.reconcile,
        }
    }
}

fn filled(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

/// Whether a name is the id of an account: the number of its safe and its own, as in `12_3`.
pub(super) fn is_id(name: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    name.split_once('_').is_some_and(|(safe, object)| digits(safe) && digits(object))
}
