//! Checking in: an exclusive account is checked out by retrieving its password, and nobody else gets it
//! until it is checked in.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use serde::Deserialize;
use serde_json::Value;

use super::Cyberark;
use super::details::Details;
use super::settings::CheckIn;
use crate::name::AccountRef;
use crate::vault::Error;
use crate::vault::http::{Call, Visit};

/// What is read of the list of platforms.
#[derive(Deserialize)]
struct Platforms {
    #[serde(alias = "platforms", rename = "Platforms")]
    list: Vec<Platform>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Platform {
    general: General,
    #[serde(default)]
    privileged_access_workflows: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
struct General {
    id: String,
}

impl Cyberark {
    /// Puts down that the password of an account was asked for, before it is: the answer may get lost.
    pub(super) fn hold(&self, details: &Details, account: &AccountRef) {
        self.remember(details);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(details.id.clone(), account.clone());
    }

    /// Checks in what was checked out. Every one is tried; the first failure is returned.
    pub(super) async fn check_in_all(&self) -> Result<(), Error> {
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        if self.settings.check_in == CheckIn::Never || !self.vault.is_signed_in().await {
            return Ok(());
        }
        let mut ended = Ok(());
        let mut exclusive = BTreeMap::new();
        for (id, account) in held {
            let mut visit = self.vault.client.visit();
            let platform = self.recall(&id).and_then(|details| details.platform_id);
            let is_exclusive = match exclusive.get(&platform) {
                Some(is) => *is,
                None => self.is_exclusive(platform.as_deref(), &mut visit).await,
            };
            exclusive.insert(platform, is_exclusive);
            if is_exclusive {
                let checked_in = self.check_in(&id, &account, &mut visit).await;
                ended = ended.and(checked_in);
            }
        }
        ended
    }

    async fn check_in(
        &self,
        id: &str,
        account: &AccountRef,
        visit: &mut Visit,
    ) -> Result<(), Error> {
        let nothing = serde_json::Map::new();
        let call = Call::post(format!("API/Accounts/{id}/CheckIn"), &nothing);
        let answer = self.vault.send(&call, visit).await?;
        match answer.status {
            200..=299 => Ok(()),
            _ => Err(Error::NotCheckedIn {
                vault: self.name.clone(),
                account: account.clone(),
                detail: answer.words(),
            }),
        }
    }

    /// Whether the accounts of `platform` are exclusive: `check-in: always` says so of all, `exclusive-platforms` of its
    /// platform, or the platform itself, where it may be looked at.
    async fn is_exclusive(&self, platform: Option<&str>, visit: &mut Visit) -> bool {
        if self.settings.check_in == CheckIn::Always {
            return true;
        }
        let Some(platform) = platform else { return false };
        if self.settings.exclusive.contains(&platform.to_lowercase()) {
            return true;
        }
        let call = Call::get("API/Platforms".into());
        let call = call.with("Active", "true").with("Search", platform.to_owned());
        match self.vault.send(&call, visit).await {
            Ok(answer) if answer.status == 200 => match answer.json::<Platforms>() {
                Ok(platforms) => platforms
                    .list
                    .iter()
                    .any(|found| found.general.id == platform && found.is_exclusive()),
                Err(found) => {
                    tracing::debug!(vault = %self.name, found, "no word on the platform");
                    false
                }
            },
            // Who is no administrator may not look at platforms, and then has to say it.
            Ok(answer) => {
                tracing::debug!(vault = %self.name, status = answer.status, "no word on the platform");
                false
            }
            Err(error) => {
                tracing::debug!(vault = %self.name, %error, "no word on the platform");
                false
            }
        }
    }
}

impl Platform {
    /// Versions differ: `true`, or an object that says `isActive`.
    fn is_exclusive(&self) -> bool {
        let workflow = self
            .privileged_access_workflows
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case("enforceCheckinCheckoutExclusiveAccess"));
        match workflow {
            Some((_, Value::Bool(is))) => *is,
            Some((_, Value::Object(map))) => map
                .iter()
                .any(|(key, value)| key.eq_ignore_ascii_case("isActive") && *value == true),
            _ => false,
        }
    }
}
