//! A keyring: the keys that open recordings, each in memory for one sign-in, and which recordings that one has opened.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::token::Hash;
use crate::name::SessionId;
use crate::recording::Identities;

/// A key that nobody uses is wiped after this time.
pub(super) const IDLE: Duration = Duration::from_secs(15 * 60);

/// The keys that open recordings.
pub(super) struct Keyring {
    /// That of the configuration, which opens them for everybody who may.
    own: Option<Arc<Identities>>,
    held: Mutex<HashMap<Hash, Held>>,
    /// When each sign-in last used a recording whose opening is on record.
    opened: tokio::sync::Mutex<HashMap<(Hash, SessionId), Instant>>,
}

struct Held {
    keys: Arc<Identities>,
    used: Instant,
}

/// Where a key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The configuration.
    Configuration,
    /// The person, for their sign-in.
    SignIn,
}

impl Keyring {
    /// One with the key of the configuration, if it names one.
    pub(super) fn new(own: Option<Identities>) -> Self {
        let (held, opened) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { own: own.map(Arc::new), held, opened }
    }

    /// The keys for a sign-in: its own before the configuration's. That they are asked for keeps them.
    pub(super) fn keys(&self, sign_in: &Hash, now: Instant) -> Option<(Arc<Identities>, Origin)> {
        let mut held = self.held();
        if let Some(held) = held.get_mut(sign_in).filter(|held| !held.is_idle(now)) {
            held.used = now;
            return Some((Arc::clone(&held.keys), Origin::SignIn));
        }
        held.remove(sign_in);
        self.own.as_ref().map(|keys| (Arc::clone(keys), Origin::Configuration))
    }

    /// Keeps `keys` for a sign-in, in the place of those before.
    pub(super) fn hold(&self, sign_in: Hash, keys: Identities, now: Instant) {
        self.held().insert(sign_in, Held { keys: Arc::new(keys), used: now });
    }

    /// Wipes the keys of a sign-in.
    pub(super) fn forget(&self, sign_in: &Hash) {
        self.held().remove(sign_in);
    }

    /// Wipes the keys that nobody used for long.
    pub(super) fn sweep(&self, now: Instant) {
        self.held().retain(|_, held| !held.is_idle(now));
    }

    /// The sign-ins that keys are kept for.
    pub(super) fn sign_ins(&self) -> Vec<Hash> {
        self.held().keys().copied().collect()
    }

    /// Puts on record, by `keep`, that a sign-in opens a recording; once, as long as it goes on watching. Nothing of it
    /// may be sent before.
    ///
    /// # Errors
    /// Those of `keep`.
    pub(super) async fn open<E>(
        &self,
        sign_in: Hash,
        session: SessionId,
        keep: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        let mut opened = self.opened.lock().await;
        opened.retain(|_, used| used.elapsed() < IDLE);
        if !opened.contains_key(&(sign_in, session)) {
            keep.await?;
        }
        opened.insert((sign_in, session), Instant::now());
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Hash, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn is_idle(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.used) >= IDLE
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{IDLE, Keyring, Origin};
    use crate::recording::KeyPair;

    #[test]
    fn a_key_is_of_one_sign_in_and_goes_when_nobody_uses_it() {
        let (ann, bob) = ([1; 32], [2; 32]);
        let key = || KeyPair::generate().identities();
        let ring = Keyring::new(None);
        let now = Instant::now();
        let origin =
            |ring: &Keyring, sign_in, now| ring.keys(sign_in, now).map(|(_, origin)| origin);
        ring.hold(ann, key(), now);
        assert_eq!(origin(&ring, &ann, now), Some(Origin::SignIn));
        assert_eq!(origin(&ring, &bob, now), None);
        // To use it keeps it.
        let later = now + IDLE - Duration::from_secs(1);
        assert_eq!(origin(&ring, &ann, later), Some(Origin::SignIn));
        ring.sweep(later + IDLE - Duration::from_secs(1));
        assert_eq!(ring.sign_ins(), [ann]);
        assert_eq!(origin(&ring, &ann, later + IDLE), None);
        ring.hold(ann, key(), now);
        ring.sweep(now + IDLE);
        assert!(ring.sign_ins().is_empty());
        ring.hold(ann, key(), now);
        ring.forget(&ann);
        assert_eq!(origin(&ring, &ann, now), None);
        let ring = Keyring::new(Some(key()));
        assert_eq!(origin(&ring, &bob, now), Some(Origin::Configuration));
        ring.hold(bob, key(), now);
        assert_eq!(origin(&ring, &bob, now), Some(Origin::SignIn));
    }
}
