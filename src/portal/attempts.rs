//! The attempts: sign-ins through a provider that are under way. Each is bound to its browser, and used once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::token::{Hash, Token};
use crate::oidc::Proof;

/// How long somebody may be with the provider.
pub(super) const LONGEST: Duration = Duration::from_secs(10 * 60);
/// How many attempts are kept of one address; an older one goes for one more.
const MOST_OF_ONE: usize = 50;
/// How many are kept of all.
const MOST: usize = 10_000;

/// One sign-in that is under way.
pub(super) struct Attempt {
    /// The hash of what the cookie of its browser holds.
    browser: Hash,
    /// What ties the provider's answer to it.
    pub(super) proof: Proof,
    /// Where they want to go.
    pub(super) next: String,
    client: IpAddr,
    began: Instant,
}

/// All of them, by the hash of their state.
#[derive(Default)]
pub(super) struct Attempts(Mutex<HashMap<Hash, Attempt>>);

impl Attempts {
    /// Keeps a new one: the provider is told `state`, and the cookie holds `browser`.
    pub(super) fn keep(
        &self,
        state: &Token,
        browser: &Token,
        proof: Proof,
        next: String,
        client: IpAddr,
    ) {
        let began = Instant::now();
        let attempt = Attempt { browser: browser.hash(), proof, next, client, began };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, attempt| attempt.began.elapsed() < LONGEST);
        let of_one = all.values().filter(|attempt| attempt.client == client).count();
        let whose = (of_one >= MOST_OF_ONE).then_some(client);
        if whose.is_some() || all.len() >= MOST {
            let fitting = all.iter().filter(|(_, old)| whose.is_none_or(|own| old.client == own));
            let oldest = fitting.min_by_key(|(_, old)| old.began).map(|(state, _)| *state);
            oldest.map(|oldest| all.remove(&oldest));
        }
        all.insert(state.hash(), attempt);
    }

    /// The one with this state, if it began in the browser that holds `browser`. It is over then; in another browser
    /// it is not, so that nobody can end it who has only seen the state.
    pub(super) fn end(&self, state: &str, browser: Option<&Token>) -> Option<Attempt> {
        let state = Token::read(state)?.hash();
        let browser = browser?.hash();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.get(&state)?;
        if found.browser != browser || found.began.elapsed() >= LONGEST {
            return None;
        }
        all.remove(&state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_of_its_browser_and_used_once() {
        let attempts = Attempts::default();
        let client = IpAddr::from([127, 0, 0, 1]);
        let begin = |client| {
            let (state, browser) = (Token::fresh().unwrap(), Token::fresh().unwrap());
            let proof = Proof::fresh().unwrap();
            attempts.keep(&state, &browser, proof, "/".into(), client);
            (state, browser)
        };
        let (state, browser) = begin(client);
        let (_, other) = begin(client);
        assert!(attempts.end(state.text(), None).is_none());
        assert!(attempts.end(state.text(), Some(&other)).is_none());
        assert!(attempts.end(other.text(), Some(&browser)).is_none());
        assert!(attempts.end("", Some(&browser)).is_none());
        assert!(attempts.end(state.text(), Some(&browser)).is_some());
        assert!(attempts.end(state.text(), Some(&browser)).is_none());
        // One address pushes out its own attempts, and nobody else's.
        let (kept, cookie) = begin(IpAddr::from([192, 0, 2, 1]));
        let (first, of_first) = begin(client);
        for _ in 0..MOST_OF_ONE {
            begin(client);
        }
        assert!(attempts.end(first.text(), Some(&of_first)).is_none());
        assert!(attempts.end(kept.text(), Some(&cookie)).is_some());
    }
}
