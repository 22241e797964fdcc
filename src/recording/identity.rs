//! Identities: the secret keys of auditors, which open recordings.

use std::io::Read;
use std::path::Path;

use age::x25519::Identity;
use zeroize::Zeroizing;

use super::{Error, Recipient};
use crate::secret::Secret;

/// The largest file of keys that is read, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Secret keys. Neither shown nor copied, and wiped when they are dropped.
pub struct Identities(pub(super) Vec<Identity>);

impl Identities {
    /// The keys in a file as `age-keygen` writes it: one to a line, comments behind `#`.
    ///
    /// # Errors
    /// [`Error::KeysUnread`], [`Error::NoKeys`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        let unread = |source| Error::KeysUnread { path: path.to_owned(), source };
        let none = |fault: String| Error::NoKeys { path: path.to_owned(), fault };
        let file = std::fs::File::open(path).map_err(unread)?;
        let mut text = Zeroizing::new(String::new());
        match file.take(LARGEST).read_to_string(&mut text) {
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(none("holds no keys: it is no text".into()));
            }
            read => read.map_err(unread)?,
        };
        Self::parse(&text).map_err(none)
    }

    /// The keys in such a text; otherwise what is wrong with it, without a word of it: it may be half a key.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut keys = Vec::new();
        for (line, number) in text.lines().map(str::trim).zip(1..) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with("age1") {
                return Err(format!(
                    "has a public key in line {number}, and the secret one is needed"
                ));
            }
            let key = line.parse::<Identity>();
            keys.push(key.map_err(|_| format!("has no secret key in line {number}"))?);
        }
        if keys.is_empty() {
            return Err("holds no keys".into());
        }
        Ok(Self(keys))
    }

    /// Their public keys.
    pub fn recipients(&self) -> Vec<Recipient> {
        self.0.iter().map(Identity::to_public).collect()
    }
}

/// A new pair of keys.
pub struct KeyPair(Identity);

impl KeyPair {
    /// Makes one, from the system's random numbers.
    pub fn generate() -> Self {
        Self(Identity::generate())
    }

    /// The public key, which goes into the configuration.
    pub fn public(&self) -> Recipient {
        self.0.to_public()
    }

    /// The text of the file of the secret key, as `age-keygen` writes it. `created` is a moment of RFC 3339.
    pub fn file(&self, created: &str) -> Zeroizing<String> {
        let public = self.public();
        let secret = Secret::from(self.0.to_string());
        Zeroizing::new(format!(
            "# created: {created}\n# public key: {public}\n{}\n",
            secret.expose()
        ))
    }

    /// The secret key, to open what was just written with it.
    pub fn identities(self) -> Identities {
        Identities(vec![self.0])
    }
}

#[cfg(test)]
mod tests {
    use super::{Identities, KeyPair};
    use crate::recording::Error;

    #[test]
    fn a_file_of_keys_is_read_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let pair = KeyPair::generate();
        let (public, text) = (pair.public().to_string(), pair.file("2026-11-22T10:00:00Z"));
        let secret = text.lines().last().unwrap().to_owned();
        let twice = format!("\n  {secret}  \n{secret}");
        let cases: [(&[u8], Option<&str>); 8] = [
            (text.as_bytes(), None),
            (twice.as_bytes(), None),
            (b"", Some("holds no keys")),
            (b"# created: today\n", Some("holds no keys")),
            (public.as_bytes(), Some("a public key in line 1")),
            (&secret.as_bytes()[..40], Some("no secret key in line 1")),
            (b"age-encryption.org/v1\n-> scrypt", Some("no secret key in line 1")),
            (b"\xff\xfe\x00", Some("no text")),
        ];
        for (bytes, wrong) in cases {
            std::fs::write(&path, bytes).unwrap();
            match (Identities::load(&path), wrong) {
                (Ok(_), None) => {}
                (Err(error @ Error::NoKeys { .. }), Some(wrong)) => {
                    let text = error.to_string();
                    assert!(text.contains(wrong), "{text}");
                    assert!(!text.contains("SECRET-KEY-1"), "{text}");
                }
                (read, wrong) => panic!("{} beside {wrong:?}", read.is_ok()),
            }
        }
        let gone = Identities::load(&folder.path().join("none"));
        assert!(matches!(gone, Err(Error::KeysUnread { .. })));
    }
}
