//! Clocks that one-time codes hang on: those of the vaults, and that of the application.

use jiff::SignedDuration;

use super::{Custody, Error};
use crate::activity::{Action, Filter};
use crate::clock::Timestamp;
use crate::name::{AccountRef, VaultName};

/// How far a vault's clock may be apart without a word.
const LEAST: SignedDuration = SignedDuration::from_secs(1);

/// A clock that shows another time than this machine's. Codes count the seconds of UTC, so one of the two makes wrong ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// Whose it is.
    pub whose: Whose,
    /// How far it is ahead, in seconds; negative where it is behind.
    pub seconds: i64,
}

/// Whose clock it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// That of a vault, as its answer told just now.
    Vault(VaultName),
    /// That of the application, as its answers told at the last code that a session typed.
    Application(Timestamp),
}

impl std::fmt::Display for Apart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.whose {
            Whose::Vault(name) => write!(f, "the clock of vault `{name}`")?,
            Whose::Application(at) => write!(f, "the application's clock, at {at:.0},")?,
        }
        let side = if self.seconds > 0 { "ahead of" } else { "behind" };
        write!(f, " is {} s {side} this machine's", self.seconds.abs())
    }
}

impl Custody<'_> {
    /// The clocks that are apart, of those that the codes of `account` hang on; its vault and that of its codes, which is
    /// `of`, have just answered.
    pub(super) async fn apart(
        &self,
        account: &AccountRef,
        of: &AccountRef,
    ) -> Result<Vec<Apart>, Error> {
        let mut apart = Vec::new();
        for at in [account, of] {
            let vault = self.vault(at)?;
            let whose = Whose::Vault(vault.name().clone());
            let skew = vault.clock_skew().filter(|skew| skew.abs() > LEAST);
            if let Some(skew) = skew
                && !apart.iter().any(|known: &Apart| known.whose == whose)
            {
                apart.push(Apart { whose, seconds: skew.as_secs() });
            }
        }
        let typed = Filter {
            account: Some(account.clone()),
            action: Some(Action::UseOneTimeCode),
            ..Filter::default()
        };
        for row in self.store.record().newest(&typed, None, 1).await? {
            let told = row.event.details.iter().find(|(name, _)| name == "site_clock_ahead");
            let seconds = told.and_then(|(_, text)| text.strip_suffix('s')?.parse().ok());
            let whose = Whose::Application(row.event.time);
            apart.extend(seconds.map(|seconds| Apart { whose, seconds }));
        }
        Ok(apart)
    }
}
