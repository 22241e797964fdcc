//! The offers: seeds that people have brought and not kept yet, in memory, each for the one who brought it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::name::{AccountRef, UserName};
use crate::offer::Offer;

/// How long an offer waits: long enough to set up an application.
const LASTS: Duration = Duration::from_secs(15 * 60);

/// How many offers somebody has at a time; the oldest makes room.
const MOST: usize = 5;

/// An offer that waits to be kept.
struct Waiting {
    user: UserName,
    account: AccountRef,
    offer: Offer,
    since: Instant,
}

/// All of them, by their ids. What is forgotten is wiped.
#[derive(Default)]
pub(super) struct Offers(Mutex<BTreeMap<String, Waiting>>);

impl Offers {
    /// Puts an offer of `user` for `account` aside; its id.
    pub(super) fn put(&self, user: &UserName, account: &AccountRef, offer: Offer) -> String {
        // The ids sort by time.
        let id = uuid::Uuid::now_v7().to_string();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sweep(&mut waiting);
        let own: Vec<String> = waiting
            .iter()
            .filter(|(_, other)| other.user == *user)
            .map(|(id, _)| id.clone())
            .collect();
        for old in own.iter().take((own.len() + 1).saturating_sub(MOST)) {
            waiting.remove(old);
        }
        let since = Instant::now();
        let (user, account) = (user.clone(), account.clone());
        waiting.insert(id.clone(), Waiting { user, account, offer, since });
        id
    }

    /// Looks at an offer that is of `user` for `account`.
    pub(super) fn look<T>(
        &self,
        id: &str,
        user: &UserName,
        account: &AccountRef,
        look: impl FnOnce(&Offer) -> T,
    ) -> Option<T> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sweep(&mut waiting);
        let found = waiting.get(id)?;
        (found.user == *user && found.account == *account).then(|| look(&found.offer))
    }

    /// Takes an offer out, to keep it.
    pub(super) fn take(&self, id: &str, user: &UserName, account: &AccountRef) -> Option<Offer> {
        self.look(id, user, account, |_| ())?;
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(id).map(|waiting| waiting.offer)
    }

    /// Puts one back that could not be kept.
    pub(super) fn put_back(&self, id: &str, user: &UserName, account: &AccountRef, offer: Offer) {
        let (user, account, since) = (user.clone(), account.clone(), Instant::now());
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(id.to_owned(), Waiting { user, account, offer, since });
    }

    /// Forgets those that have waited too long.
    pub(super) fn sweep(&self) {
        sweep(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn sweep(waiting: &mut BTreeMap<String, Waiting>) {
    waiting.retain(|_, waiting| waiting.since.elapsed() < LASTS);
}

#[cfg(test)]
mod tests {
    use super::{MOST, Offers};
    use crate::name::{AccountRef, UserName};
    use crate::offer::{Offer, Offered};

    fn offer() -> Offer {
        let text = "GEZDGNBVGY3TQOJQ".to_owned();
        Offered::of_text(&text.into()).unwrap().one().unwrap()
    }

    #[test]
    fn an_offer_is_for_one_person_and_one_account_and_once() {
        let offers = Offers::default();
        let (ann, bob): (UserName, UserName) = ("ann".parse().unwrap(), "bob".parse().unwrap());
        let (shop, other): (AccountRef, AccountRef) =
            ("local:web/shop".parse().unwrap(), "local:web/other".parse().unwrap());
        let id = offers.put(&ann, &shop, offer());
        assert!(offers.look(&id, &bob, &shop, |_| ()).is_none());
        assert!(offers.look(&id, &ann, &other, |_| ()).is_none());
        assert!(offers.take(&id, &bob, &shop).is_none());
        let taken = offers.take(&id, &ann, &shop).unwrap();
        assert!(offers.take(&id, &ann, &shop).is_none());
        offers.put_back(&id, &ann, &shop, taken);
        assert!(offers.take(&id, &ann, &shop).is_some());
        let ids: Vec<String> = (0..=MOST).map(|_| offers.put(&ann, &shop, offer())).collect();
        let left: Vec<bool> =
            ids.iter().map(|id| offers.look(id, &ann, &shop, |_| ()).is_some()).collect();
        assert!(!left[0] && left[1..].iter().all(|left| *left), "{left:?}");
    }
}
