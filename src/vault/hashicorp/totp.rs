//! The TOTP engine: codes that the vault computes, from seeds that never leave it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Hashicorp;
use super::auth::Forbidden;
use super::settings::Engine;
use crate::clock::Timestamp;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;
use crate::vault::http::{Call, Visit};
use crate::vault::totp::Seed;
use crate::vault::{Account, Code, Error, Password, Property, Vault};

#[derive(Deserialize)]
struct Envelope<T> {
    data: Option<T>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(default)]
    account_name: Option<String>,
    #[serde(default)]
    issuer: Option<String>,
}

/// HashiCorp sends only the code; OpenBao also when it was made, when it ends, and its period.
#[derive(Deserialize)]
struct Made {
    code: Secret,
    /// Unix seconds.
    #[serde(default)]
    expire_time: Option<i64>,
    /// A duration such as `30s`.
    #[serde(default)]
    period: Option<String>,
}

impl Hashicorp {
    /// What the engine tells of `account`: whose it is. A policy that allows only codes is fine.
    pub(super) async fn key(
        &self,
        account: &AccountRef,
        visit: &mut Visit,
    ) -> Result<Account, Error> {
        let call = Call::get(format!("{}/keys/{}", self.settings.mount, account.path()));
        let answer = self.vault.send(&call, visit).await?;
        let key = match answer.status {
            200 => {
                let read = answer.json::<Envelope<Key>>();
                read.map_err(|found| self.vault.client.garbled(&call, found))?.data
            }
            403 => match self.vault.forbidden(&answer, visit).await? {
                Forbidden::ByPolicy(_) => None,
                Forbidden::ByToken(error) => return Err(error),
            },
            404 => return Err(self.missing(account, visit).await),
            _ => return Err(self.unexpected(&call, &answer)),
        };
        let (username, issuer) = key.map_or((None, None), |key| (key.account_name, key.issuer));
        let filled = |text: &String| !text.is_empty();
        let mut properties = BTreeMap::new();
        if let Some(issuer) = issuer.filter(filled) {
            let value = Secret::new(issuer);
            properties.insert("issuer".to_owned(), Property { value, protected: false });
        }
        Ok(Account {
            reference: account.within(&self.name),
            username: username.filter(filled),
            address: None,
            password: Password::Computed,
            properties,
            logon_account: None,
            reconcile_account: None,
        })
    }

    /// A code of `account`, made now.
    pub(super) async fn made(
        &self,
        account: &AccountRef,
        visit: &mut Visit,
    ) -> Result<Code, Error> {
        if self.settings.engine != Engine::Totp {
            return Err(Error::Unsupported {
                vault: self.name.clone(),
                what: "keeps secrets and computes no one-time codes".into(),
                instead: "name a vault with `engine: totp`, or keep the TOTP secret as the password of the logon account",
            });
        }
        let call = Call::get(format!("{}/code/{}", self.settings.mount, account.path()));
        let answer = self.vault.send(&call, visit).await?;
        let garbled = |found: String| self.vault.client.garbled(&call, found);
        match answer.status {
            200 => {}
            400 if answer.complaint.says("unknown key") => {
                return Err(self.missing(account, visit).await);
            }
            404 => return Err(self.missing(account, visit).await),
            403 => return Err(self.denied(account, &answer, visit).await),
            _ => return Err(self.unexpected(&call, &answer)),
        }
        let read = answer.json::<Envelope<Made>>().map_err(garbled)?;
        let made = read.data.ok_or_else(|| garbled("`data: null`".into()))?;
        if made.code.is_empty() || !made.code.expose().bytes().all(|b| b.is_ascii_digit()) {
            return Err(garbled("a code that is not made of digits".into()));
        }
        Ok(Code { counter: made.counter(), expires: made.expires(), digits: made.code })
    }
}

/// What a key is made from.
#[derive(Serialize)]
struct NewKey<'a> {
    url: &'a str,
    generate: bool,
}

impl Hashicorp {
    /// The name of the key for the seed of `account`: the engine's names have no slashes.
    pub(super) fn seat(&self, account: &AccountRef) -> Option<AccountRef> {
        if self.settings.engine != Engine::Totp {
            return None;
        }
        let other = account.vault().filter(|of| **of != self.name).map(VaultName::as_str);
        let path = account.path();
        let path: Vec<&str> = other.into_iter().chain([path.as_str()]).collect();
        let fit = |c: char| if c.is_alphanumeric() || "-_.@".contains(c) { c } else { '.' };
        let name: String = path.join(".").chars().map(fit).collect();
        AccountRef::new(Some(self.name.clone()), None, name.trim_matches('.')).ok()
    }

    /// Makes a key of `seed`, which is never read again. The engine would exchange one that is there.
    pub(super) async fn keep(
        &self,
        account: &AccountRef,
        seed: &Secret,
        visit: &mut Visit,
    ) -> Result<(), Error> {
        if self.settings.engine != Engine::Totp {
            return Err(self.seedless());
        }
        let path = format!("{}/keys/{}", self.settings.mount, account.path());
        let look = Call::get(path.clone());
        let answer = self.vault.send(&look, visit).await?;
        match answer.status {
            404 => {}
            200 => return Err(Error::Seeded { account: account.within(&self.name) }),
            403 => return Err(self.denied(account, &answer, visit).await),
            _ => return Err(self.unexpected(&look, &answer)),
        }
        // The engine repeats a key that it does not like.
        let key = Seed::text(seed).ok_or_else(|| self.seedless())?;
        let call = Call::post(path, &NewKey { url: seed.expose(), generate: false }).holding(&key);
        let answer = self.vault.send(&call, visit).await?;
        match answer.status {
            200 | 204 => Ok(()),
            403 => Err(self.denied(account, &answer, visit).await),
            _ => Err(self.unexpected(&call, &answer)),
        }
    }

    /// Removes the key. There is no way to set it aside: the engine gives no seed back.
    pub(super) async fn forget(
        &self,
        account: &AccountRef,
        visit: &mut Visit,
    ) -> Result<Option<Timestamp>, Error> {
        if self.settings.engine != Engine::Totp {
            return Err(self.seedless());
        }
        let call = Call::delete(format!("{}/keys/{}", self.settings.mount, account.path()));
        let answer = self.vault.send(&call, visit).await?;
        match answer.status {
            200 | 204 => Ok(None),
            404 => Err(self.missing(account, visit).await),
            403 => Err(self.denied(account, &answer, visit).await),
            _ => Err(self.unexpected(&call, &answer)),
        }
    }
}

impl Made {
    fn expires(&self) -> Option<Timestamp> {
        self.expire_time.and_then(|seconds| Timestamp::from_second(seconds).ok())
    }

    /// The period that ends when the code does: RFC 6238's T is the number of periods before it.
    fn counter(&self) -> Option<u64> {
        let period: jiff::SignedDuration = self.period.as_ref()?.parse().ok()?;
        let ends = u64::try_from(self.expire_time?).ok()?;
        let periods = ends.checked_div(u64::try_from(period.as_secs()).ok()?)?;
        periods.checked_sub(1)
    }
}
