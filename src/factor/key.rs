//! The key: 32 random bytes in `factor.key` of the state folder, mode 0600, with which seeds are sealed and recovery
//! codes hashed.
//!
//! So `portal.db` alone (a copy, a backup, a look by SQL) tells no seed, and no seed can be moved to somebody else in it.
//! Who reads the whole folder has both: against that the folder is its owner's alone.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::{Error, Owner};

/// The version of what is sealed.
const VERSION: u8 = 1;

/// The key, ready for use.
pub(super) struct Key {
    seeds: LessSafeKey,
    codes: hmac::Key,
    handles: hmac::Key,
}

/// The key's file in the folder `state`.
fn path(state: &Path) -> PathBuf {
    state.join("factor.key")
}

/// Whether the folder `state` has a key that can be used. None is made.
///
/// # Errors
/// [`Error::Key`], [`Error::KeyBroken`].
pub fn has_key(state: &Path) -> Result<bool, Error> {
    let path = path(state);
    match std::fs::read(&path).map(Zeroizing::new) {
        Ok(text) => bytes(&text, &path).map(|_| true),
        // Where a file is in the place of the folder, the record tells.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(source) => Err(Error::Key { path, source }),
    }
}

/// The bytes of the key that `text` spells.
fn bytes(text: &[u8], path: &Path) -> Result<Zeroizing<[u8; 32]>, Error> {
    let broken = || Error::KeyBroken { path: path.to_owned() };
    let bytes = HEXLOWER_PERMISSIVE.decode(text.trim_ascii()).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| broken())?;
    <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(|_| broken())
}

impl Key {
    /// The key of the folder `state`, made where there is none. Of several processes that make one, one does.
    ///
    /// # Errors
    /// [`Error::Key`], [`Error::KeyBroken`], [`Error::Random`].
    pub(super) fn open(state: &Path) -> Result<Self, Error> {
        let path = path(state);
        let failed = |source| Error::Key { path: path.clone(), source };
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(state, &path)?;
                std::fs::read(&path)
            }
            read => read,
        };
        let text = Zeroizing::new(text.map_err(failed)?);
        Self::from_bytes(&*bytes(&text, &path)?)
    }

    fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Error> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let derived = |purpose: &[u8]| {
            let mut key = Zeroizing::new([0; 32]);
            key.copy_from_slice(hmac::sign(&root, purpose).as_ref());
            key
        };
        let seeds = UnboundKey::new(&AES_256_GCM, derived(b"doorward factor seeds 1").as_ref());
        let hashing = |purpose: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, derived(purpose).as_ref());
        Ok(Self {
            seeds: LessSafeKey::new(seeds.map_err(|_| Error::Random)?),
            codes: hashing(b"doorward factor recovery codes 1"),
            handles: hashing(b"doorward factor handles 1"),
        })
    }

    /// `seed`, sealed for `owner`: a version, a nonce, and what AES-256-GCM makes of it. The nonce is random: nobody
    /// enrols so often that two are alike.
    ///
    /// # Errors
    /// [`Error::Random`].
    pub(super) fn seal(&self, owner: &Owner, seed: &[u8]) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| Error::Random)?;
        let mut text = Zeroizing::new(seed.to_vec());
        let aad = Aad::from(owner.bytes());
        let unique = Nonce::assume_unique_for_key(nonce);
        let tag = self.seeds.seal_in_place_separate_tag(unique, aad, &mut text);
        let tag = tag.map_err(|_| Error::Random)?;
        Ok([&[VERSION], &nonce[..], &text, tag.as_ref()].concat())
    }

    /// What was sealed for `owner`; `None` where it was not, or was altered.
    pub(super) fn open_seed(&self, owner: &Owner, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok().filter(|_| *version == VERSION)?;
        let mut text = Zeroizing::new(text.to_vec());
        let length =
            self.seeds.open_in_place(nonce, Aad::from(owner.bytes()), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }

    /// What is kept of a recovery code of `owner`.
    pub(super) fn hash(&self, owner: &Owner, code: &[u8]) -> [u8; 32] {
        tag(&self.codes, owner, code)
    }

    /// What authenticators know `owner` by, which tells nobody who that is (WebAuthn Level 3, 14.6.1).
    pub(super) fn handle(&self, owner: &Owner) -> [u8; 16] {
        let [handle @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            tag(&self.handles, owner, b"");
        handle
    }
}

fn tag(key: &hmac::Key, owner: &Owner, text: &[u8]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    let owner = owner.bytes();
    context.update(&(owner.len() as u64).to_be_bytes());
    context.update(&owner);
    context.update(text);
    let mut tag = [0; 32];
    tag.copy_from_slice(context.sign().as_ref());
    tag
}

/// Writes a new key beside its place and moves it there, unless somebody was sooner.
fn make(state: &Path, path: &Path) -> Result<(), Error> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::Random)?;
    let text = Zeroizing::new(HEXLOWER_PERMISSIVE.encode(bytes.as_ref()));
    let write = || -> io::Result<()> {
        // For its owner alone, as temporary files are.
        let mut file = tempfile::NamedTempFile::new_in(state)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
            _ => Ok(()),
        }
    };
    write().map_err(|source| Error::Key { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::{Key, Owner};

    #[test]
    fn a_sealed_seed_is_of_one_owner_and_one_key() {
        let (ann, bob) =
            (Owner::user(&"ann".parse().unwrap()), Owner::user(&"bob".parse().unwrap()));
        let (key, other) = (Key::from_bytes(&[1; 32]).unwrap(), Key::from_bytes(&[2; 32]).unwrap());
        let sealed = key.seal(&ann, b"a seed").unwrap();
        assert_ne!(sealed, key.seal(&ann, b"a seed").unwrap());
        assert_eq!(key.open_seed(&ann, &sealed).unwrap().as_slice(), b"a seed");
        assert!(key.open_seed(&bob, &sealed).is_none());
        assert!(other.open_seed(&ann, &sealed).is_none());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key.open_seed(&ann, &altered).is_none(), "{at}");
            assert!(key.open_seed(&ann, &sealed[..at]).is_none(), "{at}");
        }
        assert_ne!(key.hash(&ann, b"code"), key.hash(&bob, b"code"));
        assert_ne!(key.hash(&ann, b"code"), other.hash(&ann, b"code"));
        assert_ne!(key.handle(&ann), key.handle(&bob));
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let ann = Owner::user(&"ann".parse().unwrap());
        let sealed = Key::open(folder.path()).unwrap().seal(&ann, b"a seed").unwrap();
        let again = Key::open(folder.path()).unwrap();
        assert!(again.open_seed(&ann, &sealed).is_some());
        let path = folder.path().join("factor.key");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        for broken in ["", "no key", &"0".repeat(63), &"0".repeat(66)] {
            std::fs::write(&path, broken).unwrap();
            assert!(Key::open(folder.path()).is_err(), "{broken}");
        }
    }
}
