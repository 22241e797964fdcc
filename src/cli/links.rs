//! The links: the options by which a person names linked accounts, and what the configuration says of them.

use super::Failure;
use super::world::World;
use crate::name::{AccountRef, Links};

/// The linked accounts; flattened into the arguments of the commands that work with a target account.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// The logon account, instead of the one that the vault or `links:` of the configuration names
    #[arg(long, value_name = "REF")]
    logon_account: Option<AccountRef>,
    /// The reconcile account, instead of the one that the vault or `links:` names
    #[arg(long, value_name = "REF")]
    reconcile_account: Option<AccountRef>,
}

impl World {
    /// The linked accounts of `account` that are known without asking its vault: of the command line, else
    /// of the configuration.
    ///
    /// # Errors
    /// Exit 2 when the configuration has no such vault.
    pub(super) fn links(
        &self,
        account: &AccountRef,
        arguments: &Arguments,
    ) -> Result<Links, Failure> {
        let Arguments { logon_account, reconcile_account } = arguments.clone();
        let named = Links { logon_account, reconcile_account }.of(account);
        for link in [&named.logon_account, &named.reconcile_account].into_iter().flatten() {
            self.named(link)?;
        }
        let configured = self.config.links.get(account).cloned().unwrap_or_default();
        Ok(named.or(configured))
    }
}
