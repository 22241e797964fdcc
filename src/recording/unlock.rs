//! Unlocking: an auditor's keys, as the portal is given them: in plain, or locked by a passphrase.

use std::io::Read;

use age::armor::ArmoredReader;
use age::secrecy::SecretString;
use zeroize::Zeroizing;

use super::identity::Identities;

/// How text begins that `age --armor` wrote.
const ARMOUR: &str = "-----BEGIN AGE ENCRYPTED FILE-----";

/// The largest identity that is read, in bytes, once it is unlocked.
const LARGEST: u64 = 64 * 1024;

/// The most work that a passphrase may ask for, as the logarithm of scrypt's N: 1 GiB and some seconds. The `age` tool
/// asks for 18.
const MOST_WORK: u8 = 20;

/// Why keys were not read. Nothing of them is ever quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Locked {
    /// It holds no keys, or something else besides.
    #[error("this identity {0}")]
    NoKeys(String),
    /// There was no passphrase.
    #[error("this identity is locked by a passphrase")]
    NoPassphrase,
    /// There was another passphrase.
    #[error("this passphrase does not open the identity")]
    WrongPassphrase,
    /// It is a file of age for somebody's key.
    #[error("this identity is encrypted to a key, and not locked by a passphrase")]
    ToAKey,
    /// Its lock was made to cost more than is spent on it.
    #[error("the lock of this identity asks for more memory and time than is spent on one")]
    Costly,
    /// It is a file of age, and not as it was written.
    #[error("this identity is damaged, or a part of it is missing")]
    Damaged,
}

impl Locked {
    /// What to do next.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoKeys(_) => {
                "it has a line `AGE-SECRET-KEY-1…` for each key, and comments behind `#`, as `doorward recording key` and `age-keygen` write it"
            }
            Self::NoPassphrase => "type its passphrase, too",
            Self::WrongPassphrase => "type it anew; capital letters count",
            Self::ToAKey => "open it with `age -d` first, and lock it by a passphrase: `age -p`",
            Self::Costly => "lock it anew with `age -p`",
            Self::Damaged => {
                "take the whole file; as text it goes from BEGIN to END, as `age -a` writes it"
            }
        }
    }
}

impl Identities {
    /// The keys in `text`: in plain, as `age-keygen` writes them, or as `age -p -a` locks them. A passphrase that is not
    /// needed is passed over. It takes a second and 256 MiB to try one.
    ///
    /// # Errors
    /// [`Locked`].
    pub fn unlock(text: &str, passphrase: Option<Zeroizing<String>>) -> Result<Self, Locked> {
        let text = text.trim();
        if !text.starts_with(ARMOUR) {
            return match text.starts_with("age-encryption.org/") {
                // Its bytes did not survive as text.
                true => Err(Locked::Damaged),
                false => Self::parse(text).map_err(Locked::NoKeys),
            };
        }
        let file = age::Decryptor::new(ArmoredReader::new(text.as_bytes()));
        let file = file.map_err(|_| Locked::Damaged)?;
        if !file.is_scrypt() {
            return Err(Locked::ToAKey);
        }
        let passphrase = passphrase.filter(|passphrase| !passphrase.is_empty());
        let passphrase = passphrase.ok_or(Locked::NoPassphrase)?;
        let mut lock = age::scrypt::Identity::new(SecretString::from(passphrase.as_str()));
        lock.set_max_work_factor(MOST_WORK);
        let opened = file.decrypt(std::iter::once(&lock as &dyn age::Identity));
        let opened = opened.map_err(|error| match error {
            age::DecryptError::ExcessiveWork { .. } => Locked::Costly,
            age::DecryptError::DecryptionFailed
            | age::DecryptError::KeyDecryptionFailed
            | age::DecryptError::NoMatchingKeys => Locked::WrongPassphrase,
            _ => Locked::Damaged,
        })?;
        // As large as it can become, so that it leaves no part of itself behind by growing.
        let mut plain = Zeroizing::new(String::with_capacity(text.len()));
        match opened.take(LARGEST).read_to_string(&mut plain) {
            Ok(_) => Self::parse(&plain).map_err(Locked::NoKeys),
            Err(_) => Err(Locked::Damaged),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zeroize::Zeroizing;

    use super::{Identities, Locked};
    use crate::recording::KeyPair;

    /// `plain` as `age -p` would write it, with next to no work.
    fn locked(plain: &str, passphrase: &str) -> Vec<u8> {
        let mut recipient = age::scrypt::Recipient::new(passphrase.to_owned().into());
        recipient.set_work_factor(4);
        encrypted(plain, &recipient)
    }

    fn encrypted(plain: &str, to: &dyn age::Recipient) -> Vec<u8> {
        let mut bytes = Vec::new();
        let encryptor = age::Encryptor::with_recipients(std::iter::once(to)).unwrap();
        let mut writer = encryptor.wrap_output(&mut bytes).unwrap();
        writer.write_all(plain.as_bytes()).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn armoured(file: &[u8]) -> String {
        let mut bytes = Vec::new();
        let format = age::armor::Format::AsciiArmor;
        let mut armour = age::armor::ArmoredWriter::wrap_output(&mut bytes, format).unwrap();
        armour.write_all(file).unwrap();
        armour.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_key_is_unlocked_and_nothing_else_is() {
        let pair = KeyPair::generate();
        let (public, plain) = (pair.public(), pair.file("2026-11-22T10:00:00Z").to_string());
        let file = locked(&plain, "right");
        let own = armoured(&file);
        let work = file.windows(3).position(|bytes| bytes == b" 4\n").unwrap();
        let costly = armoured(&[&file[..work], b" 24\n", &file[work + 3..]].concat());
        let cut = own[..own.len() - 40].to_owned();
        let turned = own.replacen('\n', "\nA", 1);
        let none = Locked::NoKeys("holds no keys".into());
        let cases = [
            (plain.clone(), None, Ok(())),
            (format!("\n{plain}\n"), Some("of no use"), Ok(())),
            (own.clone(), Some("right"), Ok(())),
            (own.clone(), Some("Right"), Err(Locked::WrongPassphrase)),
            (own.clone(), Some(""), Err(Locked::NoPassphrase)),
            (own, None, Err(Locked::NoPassphrase)),
            (cut, Some("right"), Err(Locked::Damaged)),
            (turned, Some("right"), Err(Locked::Damaged)),
            (costly, Some("right"), Err(Locked::Costly)),
            (armoured(&locked("# none", "right")), Some("right"), Err(none.clone())),
            (armoured(&encrypted(&plain, &public)), Some("right"), Err(Locked::ToAKey)),
            ("age-encryption.org/v1\n-> scrypt".into(), Some("right"), Err(Locked::Damaged)),
            (String::new(), None, Err(none)),
            (
                public.to_string(),
                None,
                Err(Locked::NoKeys(
                    "has a public key in line 1, and the secret one is needed".into(),
                )),
            ),
        ];
        for (number, (text, passphrase, expected)) in cases.into_iter().enumerate() {
            let passphrase = passphrase.map(|text| Zeroizing::new(text.to_owned()));
            let read = Identities::unlock(&text, passphrase);
            let recipients = read.map(|keys| keys.recipients());
            assert_eq!(recipients, expected.map(|()| vec![public.clone()]), "case {number}");
        }
    }
}
