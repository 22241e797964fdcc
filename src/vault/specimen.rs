//! A specimen: a vault in memory whose every account exists, with made-up secrets. For looks at a page
//! that need no real account, and for connectors that are tested on saved pages.

use std::collections::BTreeMap;

use futures_util::future::{BoxFuture, ready};

use super::{Account, Code, Error, Password, Property, Summary, Vault};
use crate::access::Grant;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;

/// The user name of every account of a specimen.
const USERNAME: &str = "specimen";

/// A vault of made-up accounts. Each secret is made anew for each specimen, and equal within one.
pub struct Specimen {
    name: VaultName,
    address: Option<String>,
    properties: Vec<String>,
    linked: AccountRef,
    secret: Secret,
}

impl Specimen {
    /// A vault whose accounts have this address and these properties, and are linked to `linked`.
    pub fn new(
        name: VaultName,
        linked: AccountRef,
        address: Option<String>,
        properties: Vec<String>,
    ) -> Self {
        // No secret of anybody: it only has to be one that stands nowhere else.
        let bytes = uuid::Uuid::now_v7();
        let secret = Secret::new(data_encoding::BASE32_NOPAD.encode(bytes.as_bytes()));
        Self { name, address, properties, linked, secret }
    }

    /// Whether a text holds the one secret of all its accounts, which belongs into fields alone.
    pub fn is_in(&self, text: &str) -> bool {
        text.contains(self.secret.expose())
    }

    fn made(&self, reference: &AccountRef) -> Account {
        let address = self.address.clone().unwrap_or_default();
        let value = |name: &str| {
            let (host, port) = address.rsplit_once(':').unwrap_or((&address, "443"));
            Secret::new(match name {
                "host" => host.to_owned(),
                "port" => port.to_owned(),
                _ => USERNAME.to_owned(),
            })
        };
        let properties: BTreeMap<String, Property> = self
            .properties
            .iter()
            .map(|name| (name.clone(), Property { value: value(name), protected: false }))
            .collect();
        Account {
            reference: reference.clone(),
            username: Some(USERNAME.to_owned()),
            address: self.address.clone(),
            password: Password::Value(Secret::new(self.secret.expose().to_owned())),
            properties,
            logon_account: Some(self.linked.clone()),
            reconcile_account: Some(self.linked.clone()),
        }
    }
}

impl Vault for Specimen {
    fn name(&self) -> &VaultName {
        &self.name
    }

    fn account<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<Account, Error>> {
        Box::pin(ready(Ok(self.made(grant.account()))))
    }

    fn code<'a>(&'a self, _: &'a Grant) -> BoxFuture<'a, Result<Code, Error>> {
        Box::pin(ready(Err(Error::NoCodes { vault: self.name.clone() })))
    }

    fn list<'a>(&'a self, _: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Summary>, Error>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn health(&self) -> BoxFuture<'_, Result<String, Error>> {
        Box::pin(ready(Ok("in memory".to_owned())))
    }
}
