//! The items of an account: one with its password, one with its seed, and attributes that say more.

use std::collections::{BTreeMap, HashMap};

use secret_service::{Item, SecretService as Bus};
use zeroize::Zeroizing;

use super::SecretService;
use super::settings::KIND;
use crate::clock::Clock;
use crate::name::AccountRef;
use crate::otp::Parameters;
use crate::secret::Secret;
use crate::vault::address::host_of;
use crate::vault::nearest::nearest;
use crate::vault::totp::Seed;
use crate::vault::{self, Account, Code, Error, Password, Property, Summary};

type Attributes = HashMap<String, String>;

/// What the attributes of an item say.
#[derive(Default)]
struct Said {
    username: Option<String>,
    address: Option<String>,
    logon_account: Option<(String, String)>,
    reconcile_account: Option<(String, String)>,
    properties: BTreeMap<String, String>,
}

impl SecretService {
    /// The account that the items of that name make.
    pub(super) async fn read(&self, account: &AccountRef) -> Result<Account, Error> {
        let bus = self.connect().await?;
        let found = self.items(&bus, account).await?;
        let has_codes = found.iter().any(|(_, attributes)| is_seed(attributes));
        let passwords: Vec<_> =
            found.iter().filter(|(_, attributes)| !is_seed(attributes)).collect();
        if passwords.len() > 1 {
            return Err(self.ambiguous(account, passwords.len()));
        }
        let secret = match passwords.first() {
            Some((item, _)) => Some(self.secret(account, item).await?),
            None => None,
        };
        let password = Password::of(secret.filter(|secret| !secret.is_empty()), has_codes);
        let mut said = Said::default();
        // The password's own attributes come first.
        for (_, attributes) in passwords.iter().copied().chain(&found) {
            said.take(attributes, self);
        }
        let reference = account.within(&self.name);
        Ok(Account {
            username: said.username,
            address: said.address,
            password,
            logon_account: linked(said.logon_account, &reference)?,
            reconcile_account: linked(said.reconcile_account, &reference)?,
            properties: said
                .properties
                .into_iter()
                .map(|(name, text)| (name, Property { value: Secret::new(text), protected: false }))
                .collect(),
            reference,
        })
    }

    /// A code of `account`, computed from its seed.
    pub(super) async fn made(&self, account: &AccountRef) -> Result<Code, Error> {
        let bus = self.connect().await?;
        let mut seeds = self.items(&bus, account).await?;
        seeds.retain(|(_, attributes)| is_seed(attributes));
        let unsupported =
            |what: String, instead| Error::Unsupported { vault: self.name.clone(), what, instead };
        let seed = match seeds.as_slice() {
            [(item, _)] => self.secret(account, item).await?,
            [] => {
                return Err(unsupported(
                    format!("has no seed for `{account}`, and so no one-time codes"),
                    "store its `otpauth://` URL as an item with the same attributes and `kind totp`",
                ));
            }
            several => return Err(self.ambiguous(account, several.len())),
        };
        let seed = Seed::read(&seed, Parameters::default()).map_err(|error| {
            unsupported(format!("makes no codes of `{account}`: {error}"), error.help())
        })?;
        Ok(seed.code_at(Clock::System.unix_millis()))
    }

    /// Every account below `safe`. Attributes are seen without unlocking anything.
    pub(super) async fn all(&self, safe: Option<&str>) -> Result<Vec<Summary>, Error> {
        let safe = safe.map(|safe| safe.trim_matches('/')).filter(|safe| !safe.is_empty());
        let bus = self.connect().await?;
        let mut summaries = BTreeMap::new();
        for item in self.search(&bus, None, false).await? {
            let attributes = self.attributes(&item).await?;
            let Some(path) = attributes.get(&self.settings.name) else { continue };
            let Ok(reference) = format!("{}:{path}", self.name).parse::<AccountRef>() else {
                tracing::warn!(vault = %self.name, "a name is left out of the list");
                continue;
            };
            if !reference.is_below(safe) {
                continue;
            }
            let mut said = Said::default();
            said.take(&attributes, self);
            let summary = Summary {
                username: said.username,
                address: said.address,
                logon_account: linked(said.logon_account, &reference).unwrap_or_default(),
                properties: said.properties.into_keys().collect(),
                reference: reference.clone(),
            };
            // The password's item says more than the seed's.
            if is_seed(&attributes) {
                summaries.entry(reference).or_insert(summary);
            } else {
                summaries.insert(reference, summary);
            }
        }
        Ok(summaries.into_values().collect())
    }

    /// How it is: whether it is there, and how much is in it.
    pub(super) async fn condition(&self) -> Result<String, Error> {
        let bus = self.connect().await?;
        let items = self.search(&bus, None, false).await?;
        let mut locked = 0;
        for item in &items {
            let is_locked = item.is_locked().await;
            locked += usize::from(is_locked.map_err(|fault| self.failed("ask", &fault))?);
        }
        Ok(match locked {
            0 => format!("{} items in the session's keyring", items.len()),
            _ => format!("{} items in the session's keyring, {locked} of them locked", items.len()),
        })
    }

    /// The items of `account`, unlocked, with their attributes.
    async fn items<'a>(
        &self,
        bus: &'a Bus<'static>,
        account: &AccountRef,
    ) -> Result<Vec<(Item<'a>, Attributes)>, Error> {
        let path = account.path();
        let items = self.search(bus, Some((&self.settings.name, &path)), true).await?;
        let mut found = Vec::new();
        for item in items {
            let attributes = self.attributes(&item).await?;
            found.push((item, attributes));
        }
        if found.is_empty() {
            let known = self.all(None).await.unwrap_or_default();
            let nearest = nearest(account, known.into_iter().map(|known| known.reference));
            let (vault, account) = (self.name.clone(), account.clone());
            return Err(Error::NotFound { vault, account, nearest });
        }
        Ok(found)
    }

    async fn attributes(&self, item: &Item<'_>) -> Result<Attributes, Error> {
        item.get_attributes().await.map_err(|fault| self.failed("attributes", &fault))
    }

    async fn secret(&self, account: &AccountRef, item: &Item<'_>) -> Result<Secret, Error> {
        let bytes = item.get_secret().await.map_err(|fault| self.failed("secret", &fault))?;
        let bytes = Zeroizing::new(bytes);
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Secret::new(text.to_owned())),
            Err(_) => Err(Error::WrongType {
                account: account.within(&self.name),
                key: "secret".into(),
                message: "holds bytes that are no text, and could not be typed".into(),
            }),
        }
    }

    fn ambiguous(&self, account: &AccountRef, count: usize) -> Error {
        Error::Ambiguous { vault: self.name.clone(), account: account.clone(), count }
    }
}

impl Said {
    /// Takes what is not there yet.
    fn take(&mut self, attributes: &Attributes, vault: &SecretService) {
        // In the order of their names, so that the same one of two counts each time.
        let attributes: BTreeMap<_, _> = attributes.iter().collect();
        for (name, text) in attributes {
            let ours = *name == vault.settings.name || vault.settings.attributes.contains_key(name);
            if ours || name == KIND || name.starts_with("xdg:") || text.is_empty() {
                continue;
            }
            let lower = name.to_lowercase();
            match lower.replace(['_', '-'], "").as_str() {
                "username" | "user" | "login" => {
                    self.username.get_or_insert_with(|| text.clone());
                }
                "address" => {
                    self.address.get_or_insert_with(|| text.clone());
                }
                "logonaccount" => {
                    self.logon_account.get_or_insert_with(|| (name.clone(), text.clone()));
                }
                "reconcileaccount" => {
                    self.reconcile_account.get_or_insert_with(|| (name.clone(), text.clone()));
                }
                _ => {
                    self.properties.entry(lower).or_insert_with(|| text.clone());
                }
            }
        }
        if self.address.is_none() {
            self.address = self.properties.get("url").and_then(|url| host_of(url));
        }
    }
}

fn is_seed(attributes: &Attributes) -> bool {
    attributes.get(KIND).is_some_and(|kind| kind.eq_ignore_ascii_case("totp"))
}

fn linked(
    said: Option<(String, String)>,
    account: &AccountRef,
) -> Result<Option<AccountRef>, Error> {
    let Some((key, text)) = said else { return Ok(None) };
    vault::link(account, &key, &text).map(Some)
}
