//! The settings of a Central Credential Provider: what its entry in the configuration says.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use crate::name::{AccountRef, VaultName};
use crate::vault::Error;
use crate::vault::http::Endpoint;
use crate::vault::table::Table;

/// The settings, resolved: paths start from the configuration's folder.
pub(super) struct Settings {
    /// Where the server is; its address ends in the service's path, `/AIMWebService`.
    pub(super) endpoint: Endpoint,
    /// `app-id`.
    pub(super) app_id: String,
    /// `folder`.
    pub(super) folder: Option<String>,
    /// `query`, with `{safe}`, `{name}` and `{folder}` in it.
    pub(super) query: Option<String>,
    /// The properties that name the linked accounts, in lower case: logon and reconcile.
    pub(super) keys: [String; 2],
    /// `links`, by `safe/name` in lower case: logon and reconcile.
    pub(super) links: BTreeMap<String, [Option<AccountRef>; 2]>,
}

impl Settings {
    /// Reads the entry of `vault`; relative paths start from `base`.
    pub(super) fn read(
        vault: &VaultName,
        settings: Map<String, Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let mut table = Table::new(vault, settings);
        let endpoint = Endpoint::read(&mut table, base, "https://ccp.example/AIMWebService")?;
        let mut endpoint = endpoint.with_identity(&mut table, base)?;
        if matches!(endpoint.address.path(), "" | "/") {
            endpoint.address.set_path("/AIMWebService");
        }
        let Some(app_id) = table.text("app-id")? else {
            let message = "is missing: the id that the vault has for doorward as an application";
            return Err(table.wrong("app-id", message.into()));
        };
        let folder = table.text("folder")?;
        let query = table.text("query")?;
        if let Some(query) = &query
            && !query.contains("{name}")
        {
            let message = "has to hold `{name}`, which stands for the account's name, as in `Safe={safe};Object={name}`";
            return Err(table.wrong("query", message.into()));
        }
        let mut keys = ["logonaccountref".to_owned(), "reconcileaccountref".to_owned()];
        if let Some(mut table) = table.table("keys")? {
            for (key, place) in ["logon-account", "reconcile-account"].into_iter().zip(&mut keys) {
                if let Some(name) = table.text(key)? {
                    *place = name.to_lowercase();
                }
            }
            table.finish()?;
        }
        let mut links = BTreeMap::new();
        for (account, mut table) in table.tables("links")? {
            if !account.parse::<AccountRef>().is_ok_and(|account| account.vault().is_none()) {
                let message = "has to be an account of this vault, as `safe/object`";
                return Err(table.itself(message.into()));
            }
            let both = [table.account("logon-account")?, table.account("reconcile-account")?];
            table.finish()?;
            links.insert(account.to_lowercase(), both);
        }
        table.finish()?;
        Ok(Self { endpoint, app_id, folder, query, keys, links })
    }
}
