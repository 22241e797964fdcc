//! What a request does with the one-time codes of one account, in vaults of its own.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{Deed, Grant, Refusal};
use crate::custody::{self, Custody};
use crate::name::{AccountRef, Purpose};
use crate::portal::Portal;
use crate::portal::guard::{Client, Person};
use crate::portal::may::denied;
use crate::portal::problem::Problem;
use crate::session::Vaults;
use crate::vault;

/// Somebody who has signed in, and the account that the path names.
pub(super) struct Visit {
    pub(super) portal: Portal,
    pub(super) person: Person,
    pub(super) account: AccountRef,
    vaults: Arc<dyn Vaults + Send>,
    address: IpAddr,
    client: String,
}

/// What somebody wants of the codes of an account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Read,
    Change,
}

/// Why a code is read, or a seed changed.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Why {
    /// It goes on record.
    pub(super) reason: Option<String>,
    pub(super) ticket: Option<String>,
}

impl Why {
    pub(super) fn purpose(self) -> Purpose {
        let short = |text: Option<String>| {
            let text = text?.chars().filter(|c| !c.is_control()).take(500).collect::<String>();
            (!text.trim().is_empty()).then_some(text)
        };
        let (reason, ticket) = (short(self.reason), short(self.ticket));
        Purpose { reason, ticket, ticketing_system: None }
    }
}

impl FromRequestParts<Portal> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Problem> {
        let person =
            <Person as FromRequestParts<Portal>>::from_request_parts(parts, portal).await?;
        let Client(address) =
            <Client as FromRequestParts<Portal>>::from_request_parts(parts, portal).await?;
        let path = RawPathParams::from_request_parts(parts, portal).await;
        let path = path.map_err(|_| Problem::missing("account"))?;
        let account = path.iter().find(|(name, _)| *name == "account");
        Self::of(portal, person, address, account.map_or("", |(_, account)| account))
    }
}

impl Visit {
    pub(super) fn of(
        portal: &Portal,
        person: Person,
        address: IpAddr,
        account: &str,
    ) -> Result<Self, Problem> {
        let account: AccountRef = account.parse().map_err(|_| Problem::missing("account"))?;
        let account = account.within(portal.ground.sources.default_vault());
        let vaults = (portal.ground.vaults)();
        let client = address.to_string();
        Ok(Self { portal: portal.clone(), person, account, vaults, address, client })
    }

    /// The proof that they may do this.
    pub(super) fn grant(&self, purpose: &Purpose, wish: Wish) -> Result<Grant, Problem> {
        let account = &self.account;
        let deed = match wish {
            Wish::Read => Deed::ReadCode { account, purpose },
            Wish::Change => Deed::ChangeSeed { account, purpose },
        };
        let may = self.portal.may(&self.person.user, self.address);
        may.grant(deed).map_err(|refusal| match &refusal {
            Refusal::NotPermitted { decision, .. } => {
                let detail = match wish {
                    Wish::Read => "you may not read codes of this account",
                    Wish::Change => "you may not change the one-time codes of this account",
                };
                let help = "administrators may, of accounts that their own patterns name; access policies let others (`read-code`, `totp-change`)";
                let mut problem = denied(decision, detail, help);
                problem.account = Some(Box::new(account.clone()));
                problem.facts.push(("wanted".to_owned(), deed.word().to_owned()));
                problem
            }
            _ => Problem::failed(&refusal),
        })
    }

    pub(super) fn custody(&self) -> Custody<'_> {
        let ground = &self.portal.ground;
        Custody {
            vaults: &*self.vaults,
            store: &ground.store,
            clock: ground.clock,
            links: &ground.links,
            seeds: ground.seeds.as_ref(),
            client: &self.client,
            token: self.person.token.as_ref().map(|token| &token.name),
        }
    }

    /// Gives back what the vaults lent, and tells what came of it.
    pub(super) async fn leave<T>(&self, done: Result<T, custody::Error>) -> Result<T, Problem> {
        for error in self.vaults.close().await {
            tracing::warn!("{}", crate::diagnostic::chain(&error, ": "));
        }
        done.map_err(failed)
    }
}

fn failed(error: custody::Error) -> Problem {
    use custody::Error as E;
    let status = match &error {
        E::NoSeed { .. }
        | E::NotRemoved { .. }
        | E::Seeded { .. }
        | E::LogonTaken { .. }
        | E::NoRecovery { .. }
        | E::RecoverySpent { .. } => StatusCode::CONFLICT,
        E::Vault(
            vault::Error::Seeded { .. }
            | vault::Error::Unseeded { .. }
            | vault::Error::RecoveryLeft { .. },
        ) => StatusCode::CONFLICT,
        E::Linkless { .. } | E::Vault(vault::Error::Unsupported { .. }) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        E::UnknownVault { .. } | E::Vault(vault::Error::NotFound { .. }) => StatusCode::NOT_FOUND,
        E::Vault(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => return Problem::failed(&error),
    };
    Problem::new(status, error.to_string(), error.help().unwrap_or_default())
}
