//! A secret: a value that nobody may see.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

/// A value that is never shown: no `Display`, `Serialize`, `Clone` or `PartialEq`; wiped when dropped.
///
/// The layer test in `tests/` lists the few files that may call [`Secret::expose`].
pub struct Secret(SecretString);

impl Secret {
    /// Takes ownership of `value`; its buffer is wiped with the secret.
    pub fn new(value: String) -> Self {
        Self(SecretString::from(value))
    }

    /// The value itself, for the one place that sends it on its way.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is nothing in it. An empty secret is a fault of the account, not a password.
    pub fn is_empty(&self) -> bool {
        self.0.expose_secret().is_empty()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl From<SecretString> for Secret {
    fn from(value: SecretString) -> Self {
        Self(value)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
