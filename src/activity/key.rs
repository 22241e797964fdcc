//! The key of a record: 32 random bytes in `activity.key` of the state folder, mode 0600.
//!
//! It is written as `activity.key.new` before the record is made and renamed after, so that a key
//! without a record means one thing only: the record was removed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::chain::{Hash, Head};
use super::{Error, folder};

/// The key, ready to seal.
#[derive(Clone)]
pub(super) struct Key {
    seal: hmac::Key,
    /// What ids of leases are made with, so that the record does not give away which secrets are alike.
    pub(super) lease: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The key's file in the folder `state`.
pub(super) fn path(state: &Path) -> PathBuf {
    state.join("activity.key")
}

/// The key's file while the record is being made.
fn pending(state: &Path) -> PathBuf {
    state.join("activity.key.new")
}

impl Key {
    /// Writes a new key beside its final place. Called by whoever holds the write lock of a record
    /// that is not made yet.
    pub(super) fn create(state: &Path) -> Result<Self, Error> {
        let path = pending(state);
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new()
            .fill(bytes.as_mut())
            .map_err(|_| io::Error::other("the system gives no random bytes"))
            .map_err(Error::folder(&path))?;
        let write = || -> io::Result<()> {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = folder::new_file(&path)?;
            let text = Zeroizing::new(HEXLOWER_PERMISSIVE.encode(bytes.as_ref()));
            file.write_all(text.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()
        };
        write().map_err(Error::folder(&path))?;
        Ok(Self::from_bytes(&bytes))
    }

    /// Moves the new key to its final place, once the record is made; not there any more is fine,
    /// for another process may have done it.
    pub(super) fn settle(state: &Path) -> Result<(), Error> {
        let to = path(state);
        match std::fs::rename(pending(state), &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::folder(&to)(error)),
            _ => folder::sync(state).map_err(Error::folder(state)),
        }
    }

    /// The key in its place, or `None`.
    pub(super) fn load(state: &Path) -> Result<Option<Self>, Error> {
        Self::read(path(state))
    }

    /// The key of a record whose maker died before the rename, or `None`.
    pub(super) fn load_pending(state: &Path) -> Result<Option<Self>, Error> {
        Self::read(pending(state))
    }

    fn read(path: PathBuf) -> Result<Option<Self>, Error> {
        let text = match std::fs::read(&path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Folder { path, source }),
        };
        let bytes = HEXLOWER_PERMISSIVE.decode(text.trim_ascii()).map(Zeroizing::new);
        match bytes.as_deref().map(|bytes| <&[u8; 32]>::try_from(bytes.as_slice())) {
            Ok(Ok(bytes)) => Ok(Some(Self::from_bytes(bytes))),
            _ => Err(Error::Key { key: path, fault: "not 64 hexadecimal digits" }),
        }
    }

    fn from_bytes(bytes: &[u8; 32]) -> Self {
        let seal = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let lease = Zeroizing::new(tag(&seal, b"doorward lease key", &[]));
        Self { seal, lease }
    }

    /// The seal of a row with this hash.
    pub(super) fn seal_row(&self, hash: &Hash) -> Hash {
        tag(&self.seal, b"doorward activity row seal", &[hash])
    }

    /// Whether `seal` is the seal of a row with this hash.
    pub(super) fn sealed_row(&self, hash: &Hash, seal: &[u8]) -> bool {
        self.seal_row(hash) == seal
    }

    /// The seal of the head.
    pub(super) fn seal_head(&self, head: &Head) -> Hash {
        tag(&self.seal, b"doorward activity head seal", &[&head.count.to_be_bytes(), &head.hash])
    }
}

/// HMAC-SHA-256 over the purpose (its length first) and the fixed-size fields.
fn tag(key: &hmac::Key, purpose: &[u8], fields: &[&[u8]]) -> Hash {
    let mut context = hmac::Context::with_key(key);
    context.update(&(purpose.len() as u64).to_be_bytes());
    context.update(purpose);
    for field in fields {
        context.update(field);
    }
    let mut tag = [0; 32];
    tag.copy_from_slice(context.sign().as_ref());
    tag
}
