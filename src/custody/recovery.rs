//! The recovery codes of an application: kept beside the seed of an account, each shown once, to whom and when on record.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::home::{Held, Home};
use super::{Custody, Error, Row};
use crate::access::Grant;
use crate::activity::Action;
use crate::diagnostic::chain;
use crate::name::AccountRef;
use crate::offer::RecoveryCodes;
use crate::vault::{self, Showing, Vault};

/// What may be told of the recovery codes of an account: never the codes.
#[derive(Debug, Clone, Default)]
pub struct Recovery {
    /// The account that keeps them; `None` where there are none.
    pub at: Option<AccountRef>,
    /// For each, in their order, whether it was shown: then it counts as used.
    pub codes: Vec<Option<Showing>>,
}

/// A recovery code that a person reads. It is not `Debug`.
pub struct RecoveryReading {
    /// The code.
    pub code: Zeroizing<String>,
    /// Which of the account's codes it is, from 1.
    pub number: usize,
    /// How many are left that nobody was shown.
    pub left: usize,
}

/// An account that keeps recovery codes, or would.
type Place = (Grant, Arc<dyn Vault>);

impl Recovery {
    /// How many are left that nobody was shown.
    pub fn left(&self) -> usize {
        self.codes.iter().filter(|shown| shown.is_none()).count()
    }
}

impl Custody<'_> {
    /// Whether recovery codes could be added to the account of `grant`, and where they would be kept: where others were
    /// that are all shown, else beside the seed, else with the account itself.
    ///
    /// # Errors
    /// [`vault::Error::RecoveryLeft`], [`vault::Error::Unsupported`], and what vaults can meet.
    pub async fn recovery_seat(&self, grant: &Grant) -> Result<AccountRef, Error> {
        Ok(self.recovery_place(grant).await?.0.account().clone())
    }

    /// Adds recovery codes to the account of `grant`; the account that keeps them.
    ///
    /// # Errors
    /// As for [`Custody::recovery_seat`], and what the store can meet.
    pub async fn add_recovery(
        &self,
        grant: &Grant,
        codes: &RecoveryCodes,
    ) -> Result<AccountRef, Error> {
        let (at, vault) = self.recovery_place(grant).await?;
        let action = Action::AddRecoveryCodes;
        let row = |outcome, details| Row { action, grant, at: at.account(), outcome, details };
        self.keep(row("", vec![("codes".to_owned(), codes.len().to_string())])).await?;
        let kept = vault.keep_recovery_codes(&at, codes.secrets()).await;
        self.told(kept, row).await?;
        Ok(at.account().clone())
    }

    /// The first recovery code of the account of `grant` that nobody was shown. It is marked, and on record, when this
    /// returns; of several who ask at once each gets another one.
    ///
    /// # Errors
    /// [`Error::NoRecovery`], [`Error::RecoverySpent`], and what vaults and the store can meet.
    pub async fn take_recovery(&self, grant: &Grant) -> Result<RecoveryReading, Error> {
        let home = self.home(grant).await?;
        let ((at, vault), recovery) = self.kept_recovery(grant, &home).await?;
        let action = Action::ReadRecoveryCode;
        let row = |outcome, details| Row { action, grant, at: at.account(), outcome, details };
        let spent = || Error::RecoverySpent {
            account: grant.account().clone(),
            count: recovery.codes.len(),
        };
        if recovery.left() == 0 {
            return Err(spent());
        }
        self.keep(row("", Vec::new())).await?;
        let taken = vault.take_recovery_code(&at, self.clock.now()).await.map_err(Error::from);
        // Others may have been sooner.
        let taken = taken.and_then(|taken| taken.ok_or_else(spent));
        let taken = self.told(taken, row).await?;
        let fact = |name: &str, value: usize| (name.to_owned(), value.to_string());
        let details = vec![fact("number", taken.number), fact("left", taken.left)];
        self.keep(row("shown", details)).await?;
        Ok(RecoveryReading {
            code: Zeroizing::new(taken.code.expose().to_owned()),
            number: taken.number,
            left: taken.left,
        })
    }

    /// Removes the recovery codes of the account of `grant`, for good; how many of them nobody was shown.
    ///
    /// # Errors
    /// [`Error::NoRecovery`], and what vaults and the store can meet.
    pub async fn remove_recovery(&self, grant: &Grant) -> Result<usize, Error> {
        let home = self.home(grant).await?;
        let ((at, vault), recovery) = self.kept_recovery(grant, &home).await?;
        let action = Action::RemoveRecoveryCodes;
        let row = |outcome, details| Row { action, grant, at: at.account(), outcome, details };
        self.keep(row("", vec![("left".to_owned(), recovery.left().to_string())])).await?;
        let removed = vault.remove_recovery_codes(&at).await;
        self.told(removed, row).await?;
        Ok(recovery.left())
    }

    /// Where recovery codes of the account of `grant` are, as its connectors look for seeds: its logon account, then itself.
    pub(super) async fn recovery(
        &self,
        grant: &Grant,
        home: &Home,
    ) -> Result<Option<(Place, Recovery)>, Error> {
        for at in candidates(grant, home) {
            let vault = self.vault(at.account())?;
            match vault.recovery_codes(&at).await {
                Ok(codes) if !codes.is_empty() => {
                    let recovery = Recovery { at: Some(at.account().clone()), codes };
                    return Ok(Some(((at, vault), recovery)));
                }
                Ok(_) | Err(vault::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    async fn kept_recovery(&self, grant: &Grant, home: &Home) -> Result<(Place, Recovery), Error> {
        let none = || Error::NoRecovery { account: grant.account().clone() };
        self.recovery(grant, home).await?.ok_or_else(none)
    }

    /// Where recovery codes of the account of `grant` would be kept.
    async fn recovery_place(&self, grant: &Grant) -> Result<Place, Error> {
        let home = self.home(grant).await?;
        if let Some((place, recovery)) = self.recovery(grant, &home).await? {
            return match recovery.left() {
                0 => Ok(place),
                left => {
                    Err(vault::Error::RecoveryLeft { account: place.0.account().clone(), left }
                        .into())
                }
            };
        }
        let seeded = matches!(home.held, Held::Seed(..) | Held::Computed);
        let own = grant.linked(grant.account().clone());
        let beside = seeded.then(|| home.at.linked(home.at.account().clone()));
        let mut refused = None;
        for at in beside.into_iter().chain([own]) {
            let vault = self.vault(at.account())?;
            if vault.keeps_recovery_codes() {
                return Ok((at, vault));
            }
            refused.get_or_insert_with(|| vault.without_recovery_codes());
        }
        // There was at least the account's own vault.
        let unknown = || Error::UnknownVault { account: grant.account().clone() };
        Err(refused.map_or_else(unknown, Error::from))
    }

    /// What came of it; on record, where it failed.
    async fn told<'r, T, E: Into<Error>>(
        &self,
        came: Result<T, E>,
        row: impl Fn(&'r str, Vec<(String, String)>) -> Row<'r>,
    ) -> Result<T, Error> {
        match came {
            Ok(value) => Ok(value),
            Err(error) => {
                let error = error.into();
                let details = vec![("error".to_owned(), chain(&error, ": "))];
                self.keep(row("failed", details)).await?;
                Err(error)
            }
        }
    }
}

/// The accounts that may have recovery codes of the account of `grant`.
fn candidates(grant: &Grant, home: &Home) -> impl Iterator<Item = Grant> {
    let logon = home.logon.as_ref().map(|logon| grant.linked(logon.clone()));
    logon.into_iter().chain([grant.linked(grant.account().clone())])
}
