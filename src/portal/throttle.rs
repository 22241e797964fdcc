//! A throttle: whoever was refused again and again has to wait, twice as long each time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest that somebody waits.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// Refusals older than this are forgotten.
const MEMORY: Duration = Duration::from_secs(60 * 60);
/// How many keys are remembered.
const MOST: usize = 10_000;

/// Refusals by key: a user's name, or an address.
pub(super) struct Throttle {
    /// How many refusals cost nothing.
    free: u32,
    refused: Mutex<HashMap<String, (u32, Instant)>>,
}

impl Throttle {
    /// One that lets `free` refusals pass.
    pub(super) fn new(free: u32) -> Self {
        Self { free, refused: Mutex::default() }
    }

    /// Counts an attempt of `key` as refused, before it is known whether it is; or says how long `key` has to wait.
    /// So attempts at the same time do not get past it.
    pub(super) fn attempt(&self, key: &str, now: Instant) -> Result<(), Duration> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, last) = match refused.get(key) {
            Some((count, last)) if now.duration_since(*last) < MEMORY => (*count, *last),
            _ => (0, now),
        };
        let left = self.wait(count).saturating_sub(now.duration_since(last));
        if !left.is_zero() {
            return Err(left);
        }
        if refused.len() >= MOST && !refused.contains_key(key) {
            refused.retain(|_, (_, last)| now.duration_since(*last) < MEMORY);
            let oldest =
                refused.iter().min_by_key(|(_, (_, last))| *last).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest.filter(|_| refused.len() >= MOST) {
                refused.remove(&oldest);
            }
        }
        refused.insert(key.to_owned(), (count.saturating_add(1), now));
        Ok(())
    }

    /// The attempt of `key` was not refused after all.
    pub(super) fn forgive(&self, key: &str) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// The same of the last attempt alone: those before it stay, or one right password of their own would clear an
    /// address for guessing at others.
    pub(super) fn undo(&self, key: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, _)) = refused.get_mut(key) {
            *count = count.saturating_sub(1);
        }
    }

    /// How long to wait after `count` refusals.
    fn wait(&self, count: u32) -> Duration {
        match count.checked_sub(self.free) {
            None | Some(0) => Duration::ZERO,
            Some(over) => Duration::from_secs(1 << over.min(16)).min(LONGEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{MOST, Throttle};

    #[test]
    fn each_refusal_doubles_the_wait() {
        let throttle = Throttle::new(3);
        let mut now = Instant::now();
        for _ in 0..4 {
            assert_eq!(throttle.attempt("ann", now), Ok(()));
        }
        for seconds in [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(throttle.attempt("ann", now), Err(wait));
            assert_eq!(throttle.attempt("bob", now + wait), Ok(()), "others do not wait");
            throttle.forgive("bob");
            now += wait;
            assert_eq!(throttle.attempt("ann", now), Ok(()));
        }
        throttle.undo("ann");
        assert!(throttle.attempt("ann", now).is_err(), "one that was right clears no others");
        throttle.forgive("ann");
        assert_eq!(throttle.attempt("ann", now), Ok(()));
        // After an hour nothing is held against anybody.
        for _ in 0..3 {
            let _ = throttle.attempt("ann", now);
        }
        assert!(throttle.attempt("ann", now).is_err());
        assert_eq!(throttle.attempt("ann", now + Duration::from_secs(3600)), Ok(()));
    }

    #[test]
    fn it_remembers_no_more_than_it_may() {
        let throttle = Throttle::new(3);
        let now = Instant::now();
        for key in 0..MOST + 10 {
            let _ = throttle.attempt(&key.to_string(), now + Duration::from_millis(key as u64));
        }
        let refused = throttle.refused.lock().unwrap();
        assert_eq!(refused.len(), MOST);
        assert!(!refused.contains_key("0") && refused.contains_key(&MOST.to_string()));
    }
}
