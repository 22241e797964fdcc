//! A product: what the table of faults needs to know of a kind of vault that is asked over HTTP.

use serde_json::Value;

use super::Lab;
use super::server::Script;

/// One kind of vault, and a script by which its stand-in answers well.
pub(crate) struct Product {
    /// Its `kind` in the configuration.
    pub(crate) kind: &'static str,
    /// Its settings, the server being at this address; `timeout` and `deadline` are left to the table.
    pub(crate) settings: fn(address: &str) -> Value,
    /// Writes the files that the settings name.
    pub(crate) prepare: fn(&Lab),
    /// The account that the script has, without its vault.
    pub(crate) account: &'static str,
    /// All goes well: every call that fetching the account takes, and that closing takes.
    pub(crate) well: fn() -> Script,
    /// The call by which doorward signs in, where the product has one.
    pub(crate) login: Option<&'static str>,
    /// The call whose answer holds the password.
    pub(crate) read: &'static str,
    /// The password in that answer.
    pub(crate) password: &'static str,
    /// The faults that are none for it: it has another call that answers.
    pub(crate) copes: &'static [&'static str],
    /// Every secret that is sent or received: none may be in an error.
    pub(crate) marks: &'static [&'static str],
    /// An answer to `read` of which the secret is empty.
    pub(crate) empty: fn() -> super::server::Reply,
    /// An answer to `read` in which the secret is of the wrong type, where JSON allows one.
    pub(crate) mistyped: fn() -> super::server::Reply,
}
