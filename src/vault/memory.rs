//! A vault in memory: accounts that are given to it, for as long as the process lives.

use std::collections::BTreeMap;

use futures_util::future::{BoxFuture, ready};

use super::{Account, Code, Error, Password, Property, Summary, Vault};
use crate::access::Grant;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;

/// A vault that holds what it was made with, and nothing on disk.
pub struct Memory {
    name: VaultName,
    accounts: BTreeMap<AccountRef, Account>,
}

impl Memory {
    /// A vault of these accounts, each of which names it.
    pub fn new(name: VaultName, accounts: Vec<Account>) -> Self {
        let accounts =
            accounts.into_iter().map(|account| (account.reference.clone(), account)).collect();
        Self { name, accounts }
    }

    fn found(&self, reference: &AccountRef) -> Result<Account, Error> {
        let account = self.accounts.get(reference).ok_or_else(|| Error::NotFound {
            vault: self.name.clone(),
            account: reference.clone(),
            nearest: Vec::new(),
        })?;
        let copied = |secret: &Secret| Secret::new(secret.expose().to_owned());
        let password =
            Password::of(account.password.secret().map(copied), account.password.is_computed());
        let properties = account.properties.iter().map(|(name, property)| {
            let value = copied(&property.value);
            (name.clone(), Property { value, protected: property.protected })
        });
        Ok(Account {
            reference: account.reference.clone(),
            username: account.username.clone(),
            address: account.address.clone(),
            password,
            properties: properties.collect(),
            logon_account: account.logon_account.clone(),
            reconcile_account: account.reconcile_account.clone(),
        })
    }
}

impl Vault for Memory {
    fn name(&self) -> &VaultName {
        &self.name
    }

    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>> {
        Box::pin(ready(self.found(grant.account())))
    }

    fn code<'a>(&'a self, _: &'a Grant) -> BoxFuture<'a, Result<Code, Error>> {
        Box::pin(ready(Err(Error::NoCodes { vault: self.name.clone() })))
    }

    fn list<'a>(&'a self, safe: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>> {
        let below = self.accounts.values().filter(|account| account.reference.is_below(safe));
        let summaries = below.map(|account| Summary {
            reference: account.reference.clone(),
            username: account.username.clone(),
            address: account.address.clone(),
            logon_account: account.logon_account.clone(),
            properties: account.properties.keys().cloned().collect(),
        });
        Box::pin(ready(Ok(summaries.collect())))
    }

    fn health(&self) -> BoxFuture<'_, Result<String, Error>> {
        Box::pin(ready(Ok("in memory".to_owned())))
    }
}
