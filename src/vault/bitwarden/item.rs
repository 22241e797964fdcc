//! An item of Bitwarden, read as an account.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::settings::Settings;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;
use crate::vault::address::host_of;
use crate::vault::{self, Account, Error, Password, Property, Summary};

/// What is read of an item's JSON; the rest is skipped.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) folder_id: Option<String>,
    /// When it was put into the bin.
    #[serde(default)]
    pub(super) deleted_date: Option<String>,
    #[serde(default)]
    reprompt: u8,
    #[serde(default)]
    login: Option<Login>,
    #[serde(default)]
    fields: Option<Vec<Field>>,
}

#[derive(Deserialize)]
struct Login {
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<Secret>,
    #[serde(default)]
    totp: Presence,
    #[serde(default)]
    uris: Option<Vec<Uri>>,
}

#[derive(Deserialize)]
struct Uri {
    #[serde(default)]
    uri: Option<String>,
}

/// A custom field. Values of linked fields are null: they repeat the user name or password.
#[derive(Deserialize)]
struct Field {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    value: Option<Secret>,
    /// 0 text, 1 hidden, 2 yes or no, 3 linked.
    #[serde(default, rename = "type")]
    kind: u8,
}

/// Whether something is there: a seed is looked at no further.
#[derive(Default)]
struct Presence(bool);

/// A custom field that has a value.
struct Custom {
    name: String,
    lower: String,
    value: Secret,
    is_hidden: bool,
}

/// The links, the address and the further properties among the custom fields.
#[derive(Default)]
struct Sorted {
    address: Option<String>,
    logon_account: Option<Custom>,
    reconcile_account: Option<Custom>,
    properties: BTreeMap<String, Property>,
}

impl Item {
    /// Whether `bw serve` computes codes of it.
    pub(super) fn has_codes(&self) -> bool {
        self.login.as_ref().is_some_and(|login| login.totp.0)
    }

    /// The account that it makes; `account` has its vault named.
    pub(super) fn into_account(
        self,
        account: AccountRef,
        settings: &Settings,
    ) -> Result<Account, Error> {
        if self.reprompt != 0 {
            tracing::warn!(
                %account,
                "the item asks for the master password again in Bitwarden's own programs; `bw serve` gives it out without"
            );
        }
        let login = self.login.unwrap_or_else(Login::none);
        let filled = login.password.filter(|password| !password.is_empty());
        let password = Password::of(filled, login.totp.0);
        let mut sorted = Sorted::of(self.fields.unwrap_or_default(), &settings.public);
        let url = first(login.uris.unwrap_or_default());
        let address = sorted.address.or_else(|| url.as_deref().and_then(host_of));
        if let Some(url) = url {
            let value = Secret::new(url);
            sorted.properties.entry("url".into()).or_insert(Property { value, protected: false });
        }
        Ok(Account {
            username: login.username.filter(|name| !name.is_empty()),
            address,
            password,
            properties: sorted.properties,
            logon_account: linked(sorted.logon_account, &account)?,
            reconcile_account: linked(sorted.reconcile_account, &account)?,
            reference: account,
        })
    }

    /// What may be shown of it. A link that is no REF does not hide it.
    pub(super) fn into_summary(self, reference: AccountRef, vault: &VaultName) -> Summary {
        let login = self.login.unwrap_or_else(Login::none);
        let sorted = Sorted::of(self.fields.unwrap_or_default(), &[]);
        let address = first(login.uris.unwrap_or_default()).as_deref().and_then(host_of);
        let logon_account = linked(sorted.logon_account, &reference).unwrap_or_else(|error| {
            tracing::warn!("{error}");
            None
        });
        Summary {
            username: login.username.filter(|name| !name.is_empty()),
            address: sorted.address.or(address),
            logon_account: logon_account.map(|linked| linked.within(vault)),
            properties: sorted.properties.into_keys().collect(),
            reference,
        }
    }
}

impl Login {
    /// That of a note, a card or an identity.
    fn none() -> Self {
        Self { username: None, password: None, totp: Presence(false), uris: None }
    }
}

impl Sorted {
    fn of(fields: Vec<Field>, public: &[String]) -> Self {
        let mut sorted = Self::default();
        for field in fields.into_iter().filter_map(Field::filled) {
            match plain(&field.lower).as_str() {
                "address" => {
                    sorted.address.get_or_insert_with(|| field.value.expose().to_owned());
                }
                "logonaccount" => drop(sorted.logon_account.get_or_insert(field)),
                "reconcileaccount" => drop(sorted.reconcile_account.get_or_insert(field)),
                _ => {
                    let protected = field.is_hidden && !public.contains(&field.lower);
                    let property = Property { value: field.value, protected };
                    sorted.properties.entry(field.lower).or_insert(property);
                }
            }
        }
        sorted
    }
}

impl Field {
    fn filled(self) -> Option<Custom> {
        let name = self.name.filter(|name| !name.trim().is_empty())?;
        let value = self.value.filter(|value| !value.is_empty())?;
        let lower = name.trim().to_lowercase();
        Some(Custom { name, lower, value, is_hidden: self.kind == HIDDEN })
    }
}

/// A name without what people write between words.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).collect()
}

fn first(uris: Vec<Uri>) -> Option<String> {
    uris.into_iter().filter_map(|uri| uri.uri).find(|uri| !uri.trim().is_empty())
}

fn linked(field: Option<Custom>, account: &AccountRef) -> Result<Option<AccountRef>, Error> {
    let Some(field) = field else { return Ok(None) };
    vault::link(account, &field.name, field.value.expose()).map(Some)
}

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;

        impl<'de> Visitor<'de> for Anything {
            type Value = Presence;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or null")
            }

            fn visit_str<E>(self, text: &str) -> Result<Presence, E> {
                Ok(Presence(!text.trim().is_empty()))
            }

            fn visit_unit<E>(self) -> Result<Presence, E> {
                Ok(Presence(false))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Presence, E> {
                Ok(Presence(false))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Presence, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Presence(false))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Presence, A::Error> {
                while items.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Presence(false))
            }
        }

        deserializer.deserialize_any(Anything)
    }
}

/// The kind of a custom field whose value is hidden.
const HIDDEN: u8 = 1;
