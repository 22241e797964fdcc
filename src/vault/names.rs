//! The names of an account's parts in a vault that keeps keys and values, as its entry in the configuration
//! gives them.

use super::Error;
use super::table::Table;

/// `keys`.
pub(super) struct Names {
    pub(super) username: String,
    pub(super) password: String,
    pub(super) address: String,
    pub(super) logon_account: String,
    pub(super) reconcile_account: String,
}

impl Names {
    /// Takes `keys` out of `table`. A name is what `fit` makes of it, which also gets the table and the key
    /// for its error.
    ///
    /// # Errors
    /// [`Error::Settings`], and those of `fit`.
    pub(super) fn read(
        table: &mut Table<'_>,
        fit: impl Fn(&Table<'_>, &str, String) -> Result<String, Error>,
    ) -> Result<Self, Error> {
        let mut names = Self {
            username: "username".into(),
            password: "password".into(),
            address: "address".into(),
            logon_account: "logon_account".into(),
            reconcile_account: "reconcile_account".into(),
        };
        let Some(mut table) = table.table("keys")? else {
            return Ok(names);
        };
        for (key, place) in [
            ("username", &mut names.username),
            ("password", &mut names.password),
            ("address", &mut names.address),
            ("logon-account", &mut names.logon_account),
            ("reconcile-account", &mut names.reconcile_account),
        ] {
            if let Some(name) = table.text(key)? {
                *place = fit(&table, key, name)?;
            }
        }
        table.finish()?;
        Ok(names)
    }

    /// All of them.
    pub(super) fn all(&self) -> [&str; 5] {
        [
            &self.username,
            &self.password,
            &self.address,
            &self.logon_account,
            &self.reconcile_account,
        ]
    }
}

/// Takes `public-properties` out of `table`: the names, in lower case, of the properties that may be shown and
/// typed anywhere, with those that are public anyway.
///
/// # Errors
/// [`Error::Settings`].
pub(super) fn public(table: &mut Table<'_>) -> Result<Vec<String>, Error> {
    let listed = table.texts("public-properties")?;
    let listed = listed.iter().map(|name| name.to_lowercase());
    Ok(listed.chain(PUBLIC.iter().map(|name| (*name).to_owned())).collect())
}

/// Properties that tell where an account is used, in the words of PAM engineers.
const PUBLIC: [&str; 5] = ["port", "url", "domain", "database", "host"];
