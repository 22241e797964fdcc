//! The variables of an account: all asked for at once, and only those that are there when that is refused.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::Conjur;
use crate::name::AccountRef;
use crate::secret::Secret;
use crate::vault::http::{Answer, Call, Visit};
use crate::vault::{self, Account, Error, Password, Property};

/// Values by the names of their variables.
type Values = BTreeMap<String, Secret>;

/// What asking for several variables came to.
enum Found {
    Here(Values),
    /// One of them is not there, has no value, or is not to be seen.
    Incomplete,
}

impl Conjur {
    /// The account, of the variables that there are.
    pub(super) async fn read(
        &self,
        account: &AccountRef,
        visit: &mut Visit,
    ) -> Result<Account, Error> {
        let mut wanted: Vec<&str> = self.settings.keys.all().to_vec();
        wanted.extend(self.settings.properties.iter().map(String::as_str));
        wanted.sort_unstable();
        wanted.dedup();
        if let Found::Here(values) = self.batch(account, &wanted, visit).await? {
            return self.account_of(account, values);
        }
        let mut there = self.names_below(account, Some(account.name()), visit).await?;
        if there.is_empty() {
            // Conjur searches by words, and takes some names apart.
            there = self.names_below(account, None, visit).await?;
        }
        wanted.retain(|name| there.iter().any(|there| there == name));
        if wanted.is_empty() {
            return Err(self.missing(account, visit).await);
        }
        match self.batch(account, &wanted, visit).await? {
            Found::Here(values) => self.account_of(account, values),
            // One of them has no value yet.
            Found::Incomplete => {
                let values = self.each(account, &wanted, visit).await?;
                self.account_of(account, values)
            }
        }
    }

    /// The id of the variable `name` of `account`.
    fn id(&self, account: &AccountRef, name: &str) -> String {
        format!("{}/{name}", self.path(&account.path()))
    }

    /// A path below the prefix.
    pub(super) fn path(&self, path: &str) -> String {
        match &self.settings.prefix {
            Some(prefix) => format!("{prefix}/{path}"),
            None => path.to_owned(),
        }
    }

    async fn batch(
        &self,
        account: &AccountRef,
        names: &[&str],
        visit: &mut Visit,
    ) -> Result<Found, Error> {
        let full =
            |name: &str| format!("{}:variable:{}", self.settings.account, self.id(account, name));
        // Ids are told apart by commas.
        if account.path().contains(',') {
            return Ok(Found::Here(self.each(account, names, visit).await?));
        }
        let ids: Vec<String> = names.iter().map(|name| full(name)).collect();
        let call = Call::get("secrets".into()).with("variable_ids", ids.join(","));
        let answer = self.vault.send(&call, visit).await?;
        match answer.status {
            200 => {}
            404 => return Ok(Found::Incomplete),
            _ => return Err(self.refusal(account, &call, &answer)),
        }
        let mut values: BTreeMap<String, Secret> =
            answer.json().map_err(|found| self.vault.client.garbled(&call, found))?;
        let found = names
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), values.remove(&full(name))?)))
            .collect();
        Ok(Found::Here(found))
    }

    /// Each variable by itself; those without a value are left out.
    async fn each(
        &self,
        account: &AccountRef,
        names: &[&str],
        visit: &mut Visit,
    ) -> Result<Values, Error> {
        // Signed in before, so that the calls at once do not all do it.
        let (until, signed_in, anew) = (visit.until, visit.signed_in, visit.anew);
        let all = join_all(names.iter().map(async |name| {
            let mut visit = Visit { until, signed_in, anew };
            let path =
                format!("secrets/{}/variable/{}", self.settings.account, self.id(account, name));
            let call = Call::get(path);
            let answer = self.vault.send(&call, &mut visit).await?;
            match answer.status {
                200 => {}
                404 => return Ok(None),
                _ => return Err(self.refusal(account, &call, &answer)),
            }
            match std::str::from_utf8(&answer.body) {
                Ok(text) => Ok(Some(((*name).to_owned(), Secret::new(text.to_owned())))),
                Err(_) => Err(self.no_text(account, name)),
            }
        }))
        .await;
        let values: Values =
            all.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
        Ok(values)
    }

    fn account_of(&self, account: &AccountRef, mut values: Values) -> Result<Account, Error> {
        let keys = &self.settings.keys;
        let reference = account.within(&self.name);
        let mut shown = |key: &str| values.remove(key).map(|value| value.expose().to_owned());
        let username = shown(&keys.username);
        let address = shown(&keys.address);
        let mut link = |key: &str| match values.remove(key) {
            Some(value) if !value.expose().trim().is_empty() => {
                vault::link(&reference, key, value.expose()).map(Some)
            }
            _ => Ok(None),
        };
        let logon_account = link(&keys.logon_account)?;
        let reconcile_account = link(&keys.reconcile_account)?;
        let password = Password::of(values.remove(&keys.password), false);
        let properties = values
            .into_iter()
            .map(|(name, value)| {
                let name = name.to_lowercase();
                let protected = !self.settings.is_public(&name);
                (name, Property { value, protected })
            })
            .collect();
        Ok(Account {
            reference,
            username,
            address,
            password,
            properties,
            logon_account,
            reconcile_account,
        })
    }

    /// An answer of a status that a read does not have.
    fn refusal(&self, account: &AccountRef, call: &Call<'_>, answer: &Answer) -> Error {
        match answer.status {
            403 => Error::Denied {
                vault: self.name.clone(),
                account: account.clone(),
                detail: answer.words(),
            },
            406 => self.no_text(account, "variables"),
            ..400 => self
                .vault
                .client
                .garbled(call, format!("status {} where a secret was due", answer.status)),
            _ => self.vault.client.refused(call, answer),
        }
    }

    fn no_text(&self, account: &AccountRef, key: &str) -> Error {
        Error::WrongType {
            account: account.within(&self.name),
            key: key.to_owned(),
            message: "holds bytes that are no text, and could not be typed".into(),
        }
    }
}
