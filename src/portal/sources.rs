//! The sources of accounts: the vaults of the configuration, and the demo's while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::demo::{Demo, Unstarted};
use crate::name::{AccountRef, VaultName};
use crate::session::Vaults;
use crate::vault::{self, Summary, Vault};

/// How long a list of accounts is shown before the vault is asked again.
const FRESH: Duration = Duration::from_secs(10);

/// Opens a vault of the configuration by its name; `None` when it has no such vault.
pub type Open =
    Box<dyn Fn(&VaultName) -> Result<Option<Arc<dyn Vault>>, vault::Error> + Send + Sync>;

/// What a vault last listed, and when.
type Listed = Mutex<Option<(Instant, Arc<Vec<Summary>>)>>;

/// All of them.
pub struct Sources {
    open: Open,
    default: VaultName,
    listed: BTreeMap<VaultName, Listed>,
    demo: RwLock<Option<Demo>>,
}

/// What all sources list.
pub(super) struct Listing {
    /// The accounts, in the order of their references.
    pub(super) accounts: Vec<Summary>,
    /// The vaults that do not answer, each with why and what to do.
    pub(super) silent: Vec<(VaultName, String, String)>,
}

impl Sources {
    /// The vaults `names`, which `open` opens.
    pub fn new(open: Open, names: impl Iterator<Item = VaultName>, default: VaultName) -> Self {
        let listed = names.map(|name| (name, Listed::default())).collect();
        Self { open, default, listed, demo: RwLock::default() }
    }

    /// The vault of accounts that name none.
    pub(super) fn default_vault(&self) -> &VaultName {
        &self.default
    }

    /// Starts the demo where it does not run; the URL of its site. A vault of that name in the configuration keeps
    /// its place, and there is no demo.
    ///
    /// # Errors
    /// [`Unstarted`].
    pub async fn start_demo(&self) -> Result<Option<String>, Unstarted> {
        if self.listed.keys().any(|name| name.as_str() == "demo") {
            return Ok(None);
        }
        let demo = Demo::start().await?;
        let mut place = self.demo.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Some(place.get_or_insert(demo).url().to_owned()))
    }

    /// Whether `account` is one of the running demo's.
    pub(super) fn is_demo(&self, account: &AccountRef) -> bool {
        self.demo_vault().is_some_and(|vault| account.vault() == Some(vault.name()))
    }

    fn demo_vault(&self) -> Option<Arc<dyn Vault>> {
        self.demo.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(Demo::vault)
    }

    /// Asks every vault for its accounts, all at the same time. Accounts that are there for others, which they are
    /// linked to, are left out.
    pub(super) async fn list(&self) -> Listing {
        let asked = self
            .listed
            .iter()
            .map(|(name, listed)| async move { (name, self.list_one(name, listed).await) });
        let mut listing = Listing { accounts: Vec::new(), silent: Vec::new() };
        for (name, answer) in futures_util::future::join_all(asked).await {
            match answer {
                Ok(accounts) => listing.accounts.extend(accounts.iter().cloned()),
                Err(error) => {
                    let help = error.help().unwrap_or_default();
                    listing.silent.push((name.clone(), error.to_string(), help));
                }
            }
        }
        if let Some(vault) = self.demo_vault()
            && let Ok(accounts) = vault.list(None).await
        {
            listing.accounts.extend(accounts);
        }
        let helpers: BTreeSet<AccountRef> = listing
            .accounts
            .iter()
            .filter_map(|account| {
                let vault = account.reference.vault().unwrap_or(&self.default);
                account.logon_account.as_ref().map(|link| link.within(vault))
            })
            .collect();
        listing
            .accounts
            .retain(|account| account.address.is_some() || !helpers.contains(&account.reference));
        listing.accounts.sort_by(|one, other| one.reference.cmp(&other.reference));
        listing
    }

    async fn list_one(
        &self,
        name: &VaultName,
        listed: &Listed,
    ) -> Result<Arc<Vec<Summary>>, vault::Error> {
        let mut listed = listed.lock().await;
        if let Some((when, accounts)) = &*listed
            && when.elapsed() < FRESH
        {
            return Ok(Arc::clone(accounts));
        }
        let Some(vault) = (self.open)(name)? else { return Ok(Arc::default()) };
        let accounts = Arc::new(vault.list(None).await?);
        *listed = Some((Instant::now(), Arc::clone(&accounts)));
        Ok(accounts)
    }
}

impl Vaults for Sources {
    fn find(&self, account: &AccountRef) -> Result<Option<Arc<dyn Vault>>, vault::Error> {
        let name = account.vault().unwrap_or(&self.default);
        if let Some(vault) = self.demo_vault().filter(|vault| vault.name() == name) {
            return Ok(Some(vault));
        }
        (self.open)(name)
    }
}
