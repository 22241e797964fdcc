//! An account: what a vault holds about one user of one application.

use std::collections::BTreeMap;

use super::Error;
use crate::clock::Timestamp;
use crate::name::AccountRef;
use crate::secret::Secret;

/// An account with its secrets, as a vault gives it out.
#[derive(Debug)]
pub struct Account {
    /// Which account, its vault named.
    pub reference: AccountRef,
    /// `username`.
    pub username: Option<String>,
    /// `address`: host, or host and port, of the application.
    pub address: Option<String>,
    /// `password`.
    pub password: Password,
    /// Every other property, by its name in lower case.
    pub properties: BTreeMap<String, Property>,
    /// The account that is linked as logon account.
    pub logon_account: Option<AccountRef>,
    /// The account that is linked as reconcile account.
    pub reconcile_account: Option<AccountRef>,
}

/// The account that `text` names, which the key `key` of `account` holds as a link.
///
/// # Errors
/// [`Error::WrongType`], without the text and what is wrong with it: it may be a password in the wrong place.
pub(super) fn link(account: &AccountRef, key: &str, text: &str) -> Result<AccountRef, Error> {
    text.trim().parse().map_err(|_| Error::WrongType {
        account: account.clone(),
        key: key.to_owned(),
        message: NO_LINK.into(),
    })
}

/// What is said of a text that is no reference.
pub(super) const NO_LINK: &str = "has to be a reference to an account, `[vault:][safe/]name`";

/// What stands for an account's password.
#[derive(Debug)]
pub enum Password {
    /// The vault holds none.
    Absent,
    /// The vault computes one-time codes itself and gives out only them.
    Computed,
    /// The secret.
    Value(Secret),
    /// The secret; the vault computes one-time codes of the account as well.
    WithCodes(Secret),
}

impl Password {
    /// What a vault holds that has a secret, or none, and computes codes or not.
    pub(super) fn of(secret: Option<Secret>, computes: bool) -> Self {
        match (secret, computes) {
            (Some(secret), true) => Self::WithCodes(secret),
            (Some(secret), false) => Self::Value(secret),
            (None, true) => Self::Computed,
            (None, false) => Self::Absent,
        }
    }

    /// The secret, where there is one.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Value(secret) | Self::WithCodes(secret) => Some(secret),
            Self::Absent | Self::Computed => None,
        }
    }

    /// Whether the vault computes one-time codes of the account: then a code is asked of it, and the
    /// secret, where there is one, is a password and no seed.
    pub fn is_computed(&self) -> bool {
        matches!(self, Self::Computed | Self::WithCodes(_))
    }
}

/// A property beside `username`, `address` and `password`.
#[derive(Debug)]
pub struct Property {
    /// Its value.
    pub value: Secret,
    /// Whether the vault protects it: then it is typed into fields and goes nowhere else.
    pub protected: bool,
}

impl Property {
    /// The value, where it is none of the vault's secrets and may be seen.
    pub fn shown(&self) -> Option<&str> {
        (!self.protected).then(|| self.value.expose())
    }
}

/// A one-time code, ready to be typed.
#[derive(Debug)]
pub struct Code {
    /// The digits.
    pub digits: Secret,
    /// Which period of its secret it belongs to (RFC 6238's T), where that is known.
    pub counter: Option<u64>,
    /// When it stops being accepted, where that is known.
    pub expires: Option<Timestamp>,
}

/// What may be shown of an account.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Which account, its vault named.
    pub reference: AccountRef,
    /// `username`.
    pub username: Option<String>,
    /// `address`.
    pub address: Option<String>,
    /// The account that is linked as logon account.
    pub logon_account: Option<AccountRef>,
    /// The names of its further properties.
    pub properties: Vec<String>,
}
