//! The enrolments: passkeys that are being registered, each in the memory of the broker, for one sign-in.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::token::Hash;
use crate::factor::Offered;

/// How long a browser has to answer.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// All of them, by sign-in: one each.
#[derive(Default)]
pub(super) struct Enrolments(Mutex<HashMap<Hash, (Offered, Instant)>>);

impl Enrolments {
    /// Keeps what was offered to a sign-in, in the place of what was before.
    pub(super) fn keep(&self, sign_in: Hash, offered: Offered) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, began)| began.elapsed() < LONGEST);
        all.insert(sign_in, (offered, Instant::now()));
    }

    /// What was offered last. It is over then.
    pub(super) fn end(&self, sign_in: &Hash) -> Option<Offered> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (offered, began) = all.remove(sign_in)?;
        (began.elapsed() < LONGEST).then_some(offered)
    }
}
