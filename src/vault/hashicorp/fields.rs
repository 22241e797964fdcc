//! The fields of a KV secret, and the account that they make.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::settings::Settings;
use crate::name::AccountRef;
use crate::secret::Secret;
use crate::vault::{self, Account, Error, Password, Property};

/// The fields by their names as written. No `Debug`: every value may be a secret.
pub(super) struct Fields(BTreeMap<String, Field>);

/// The value of one field.
enum Field {
    /// A text; wiped like everything that may be a secret.
    Text(Zeroizing<String>),
    /// `null`, which stands for nothing.
    Null,
    /// A number or a truth value, by its kind and as text: fine for a port, not for a password, of
    /// which JSON would have eaten the leading zeros.
    Scalar(&'static str, Zeroizing<String>),
    /// A list or an object, by its kind.
    Nested(&'static str),
}

impl Fields {
    /// The account that they make, by the names that `settings` gives to its parts. `account` has
    /// its vault named.
    pub(super) fn into_account(
        mut self,
        account: AccountRef,
        settings: &Settings,
    ) -> Result<Account, Error> {
        let keys = &settings.keys;
        let username = self.text(&keys.username, &account)?.map(|text| text.to_string());
        let address = self.text(&keys.address, &account)?.map(|text| text.to_string());
        let password = self.text(&keys.password, &account)?;
        let logon_account = self.link(&keys.logon_account, &account)?;
        let reconcile_account = self.link(&keys.reconcile_account, &account)?;
        let mut properties = BTreeMap::new();
        // Capitals sort first, so of `Port` and `port` the latter stays.
        for (name, field) in self.0 {
            let value = match field {
                Field::Text(mut text) | Field::Scalar(_, mut text) => {
                    Secret::new(std::mem::take(&mut *text))
                }
                Field::Null => continue,
                Field::Nested(kind) => {
                    tracing::warn!(%account, property = %name, "left out: it is {kind}, not a text");
                    continue;
                }
            };
            let name = name.to_lowercase();
            let protected = !settings.is_public(&name);
            properties.insert(name, Property { value, protected });
        }
        Ok(Account {
            reference: account,
            username,
            address,
            password: password.map_or(Password::Absent, |mut text| {
                Password::Value(Secret::new(std::mem::take(&mut *text)))
            }),
            properties,
            logon_account,
            reconcile_account,
        })
    }

    /// Takes out the text of `key`: the field of that name, else the one that differs in case only.
    fn text(
        &mut self,
        key: &str,
        account: &AccountRef,
    ) -> Result<Option<Zeroizing<String>>, Error> {
        let name = match self.0.contains_key(key) {
            true => key.to_owned(),
            false => match self.0.keys().find(|name| name.to_lowercase() == key.to_lowercase()) {
                Some(name) => name.clone(),
                None => return Ok(None),
            },
        };
        match self.0.remove(&name) {
            Some(Field::Text(text)) => Ok(Some(text)),
            Some(Field::Null) | None => Ok(None),
            Some(Field::Scalar(kind, _) | Field::Nested(kind)) => Err(Error::WrongType {
                account: account.clone(),
                key: name,
                message: format!("is {kind} and has to be a text, in quotes"),
            }),
        }
    }

    fn link(&mut self, key: &str, account: &AccountRef) -> Result<Option<AccountRef>, Error> {
        match self.text(key, account)? {
            Some(text) if !text.trim().is_empty() => vault::link(account, key, &text).map(Some),
            _ => Ok(None),
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyKind;

        impl<'de> Visitor<'de> for AnyKind {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Field, E> {
                Ok(Field::Text(Zeroizing::new(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Field, E> {
                Ok(Field::Text(Zeroizing::new(text)))
            }

            fn visit_unit<E>(self) -> Result<Field, E> {
                Ok(Field::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Field, E> {
                Ok(Field::Scalar("true or false", Zeroizing::new(value.to_string())))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Field, E> {
                Ok(Field::Scalar("a number", Zeroizing::new(value.to_string())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Field, E> {
                Ok(Field::Scalar("a number", Zeroizing::new(value.to_string())))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Field, E> {
                Ok(Field::Scalar("a number", Zeroizing::new(value.to_string())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Field::Nested("a list"))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Field, A::Error> {
                while items.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Field::Nested("an object"))
            }
        }

        deserializer.deserialize_any(AnyKind)
    }
}
