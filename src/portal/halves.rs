//! A half: a sign-in whose password was right and whose second factor is awaited. It lasts five minutes, is of one
//! browser, opens no page and no route but the one that asks for the other half, and becomes a sign-in once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::token::{Hash, Token};
use crate::factor::Asked;
use crate::name::UserName;

/// How long the second factor is awaited.
pub(super) const LONGEST: Duration = Duration::from_secs(5 * 60);
/// How many are kept of one address; an older one goes for one more.
const MOST_OF_ONE: usize = 50;
/// How many are kept of all.
const MOST: usize = 10_000;

/// One of them.
pub(super) struct Half {
    /// Whose password it was.
    pub(super) name: UserName,
    /// What stands for that password: with another one the half is over, wherever that was given.
    pub(super) password: Hash,
    /// Where they want to go.
    pub(super) next: String,
    /// What the page that they saw last asks of their passkeys.
    asked: Option<Asked>,
    client: IpAddr,
    began: Instant,
}

/// All of them, by the hash of what the cookie of their browser holds.
#[derive(Default)]
pub(super) struct Halves(Mutex<HashMap<Hash, Half>>);

impl Halves {
    /// Keeps a new one of `name`, whose password `password` stands for; the cookie holds `token`.
    pub(super) fn keep(
        &self,
        token: &Token,
        name: UserName,
        password: Hash,
        next: String,
        client: IpAddr,
    ) {
        let mut all = self.all();
        let of_one = all.values().filter(|half| half.client == client).count();
        let whose = (of_one >= MOST_OF_ONE).then_some(client);
        if whose.is_some() || all.len() >= MOST {
            let fitting = all.iter().filter(|(_, old)| whose.is_none_or(|own| old.client == own));
            let oldest = fitting.min_by_key(|(_, old)| old.began).map(|(token, _)| *token);
            oldest.map(|oldest| all.remove(&oldest));
        }
        let half = Half { name, password, next, asked: None, client, began: Instant::now() };
        all.insert(token.hash(), half);
    }

    /// Whose it is, and what stands for their password.
    pub(super) fn whose(&self, token: &Token) -> Option<(UserName, Hash)> {
        self.all().get(&token.hash()).map(|half| (half.name.clone(), half.password))
    }

    /// Keeps what a page asks of passkeys, in the place of what one before asked.
    pub(super) fn ask(&self, token: &Token, asked: Option<Asked>) {
        if let Some(half) = self.all().get_mut(&token.hash()) {
            half.asked = asked;
        }
    }

    /// What was asked last. It is over then: each question is answered once.
    pub(super) fn asked(&self, token: &Token) -> Option<Asked> {
        self.all().get_mut(&token.hash()).and_then(|half| half.asked.take())
    }

    /// Ends it: nobody else gets it.
    pub(super) fn end(&self, token: &Token) -> Option<Half> {
        self.all().remove(&token.hash())
    }

    /// Ends all of `name`: their second factor is gone, and they begin anew.
    pub(super) fn forget(&self, name: &UserName) {
        self.all().retain(|_, half| half.name != *name);
    }

    /// Those that have not ended by themselves.
    fn all(&self) -> MutexGuard<'_, HashMap<Hash, Half>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, half| half.began.elapsed() < LONGEST);
        all
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Halves, MOST_OF_ONE};
    use crate::portal::Token;

    #[test]
    fn a_half_is_of_its_browser_and_used_once() {
        let halves = Halves::default();
        let begin = |client: [u8; 4]| {
            let token = Token::fresh().unwrap();
            halves.keep(&token, "ann".parse().unwrap(), [7; 32], "/".into(), IpAddr::from(client));
            token
        };
        let (own, other) = (begin([127, 0, 0, 1]), Token::fresh().unwrap());
        assert!(halves.whose(&other).is_none() && halves.end(&other).is_none());
        assert_eq!(halves.whose(&own).unwrap(), ("ann".parse().unwrap(), [7; 32]));
        assert!(halves.asked(&own).is_none());
        assert!(halves.end(&own).is_some());
        assert!(halves.end(&own).is_none() && halves.whose(&own).is_none());
        // One address pushes out its own, and nobody else's.
        let (kept, first) = (begin([192, 0, 2, 1]), begin([127, 0, 0, 1]));
        for _ in 0..MOST_OF_ONE {
            begin([127, 0, 0, 1]);
        }
        assert!(halves.whose(&first).is_none() && halves.whose(&kept).is_some());
        halves.forget(&"bob".parse().unwrap());
        assert!(halves.whose(&kept).is_some());
        halves.forget(&"ann".parse().unwrap());
        assert!(halves.whose(&kept).is_none());
    }
}
