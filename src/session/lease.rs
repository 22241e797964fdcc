//! A leased code: a one-time code that its taker alone may use, and that has time left.

use std::sync::Arc;
use std::time::Duration;

use super::{Error, Progress};
use crate::access::Grant;
use crate::activity::{Lease, Store};
use crate::clock::{Clock, Timestamp};
use crate::otp::Parameters;
use crate::secret::Secret;
use crate::vault::totp::Seed;
use crate::vault::{Code, Password, Vault};

/// With less than this left of its period a code may be refused before it arrives: the next one is waited
/// for. Of a period that is hardly longer, half is enough.
const MARGIN: Duration = Duration::from_secs(3);

/// How many periods are waited for when others use the same secret, before it is given up.
pub(super) const PATIENCE: u32 = 10;

/// The period of RFC 6238, for a vault that does not tell the period of the codes that it computes.
const DEFAULT_PERIOD: Duration = Duration::from_secs(30);

/// Where codes come from.
pub enum Origin {
    /// A seed that a vault gave out.
    Seed(Seed),
    /// A vault that computes codes, and the grant for the account that has them.
    Vault(Arc<dyn Vault>, Grant),
}

/// A code that a person reads.
pub struct Shown {
    /// The code of now.
    pub code: Code,
    /// The one after it, where the seed is known here.
    pub next: Option<Code>,
    /// How long the code lives.
    pub left: Duration,
    /// How long each code lives.
    pub period: Duration,
    /// Whether it is theirs alone; a session, or somebody else, has it otherwise.
    pub free: bool,
}

/// A code that its taker alone may use.
pub(super) struct Leased {
    pub(super) code: Code,
    /// Which secret it is of: a keyed hash, as it stands in the store.
    pub(super) id: [u8; 32],
    /// Which period of the secret.
    pub(super) counter: u64,
}

/// Who gives leases: the store, by this clock; who waits is told.
pub(super) struct Lessor<'a> {
    pub(super) store: &'a Store,
    pub(super) clock: Clock,
    /// By how many milliseconds the clock of who takes the codes is ahead; leases themselves go by this machine's.
    pub(super) ahead: i64,
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
}

/// A code that nobody has asked the store for yet.
struct Fresh {
    code: Code,
    counter: u64,
    /// How long it lives.
    left: Duration,
    period: Duration,
    /// Its own id, where it alone tells it from the codes before.
    own: Option<[u8; 32]>,
}

/// A one-time code of the account of `grant`, which is in `vault`: leased as those of sessions are, so that
/// no two launches send the same one. For a vault that asks for one while doorward signs in to it.
///
/// # Errors
/// [`Error`]: what the vault and the store can meet, and [`Error::Codeless`].
pub async fn one_time_code(
    vault: Arc<dyn Vault>,
    grant: &Grant,
    store: &Store,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Secret, Error> {
    let account = grant.account();
    let codeless = |why: String| Error::Codeless { account: account.clone(), why };
    let origin = match vault.account(grant).await?.password {
        Password::Computed | Password::WithCodes(_) => {
            Origin::Vault(vault, grant.linked(account.clone()))
        }
        Password::Value(secret) => {
            let seed = Seed::read(&secret, Parameters::default());
            Origin::Seed(seed.map_err(|error| codeless(error.to_string()))?)
        }
        Password::Absent => return Err(codeless("the account has no secret".into())),
    };
    let lessor = Lessor { store, clock: Clock::System, ahead: 0, progress };
    match lessor.lease(&origin).await? {
        Some(leased) => Ok(leased.code.digits),
        None => Err(codeless(format!(
            "none was free for {PATIENCE} periods: other sessions use the same secret"
        ))),
    }
}

/// The code of now, for a person to read: leased as those of sessions are, so that none types it as well. One that is taken
/// already is shown all the same: who reads it is told, and knows better than to type it twice.
///
/// # Errors
/// What the vault and the store can meet.
pub async fn shown_code(origin: &Origin, store: &Store, clock: Clock) -> Result<Shown, Error> {
    let lessor = Lessor { store, clock, ahead: 0, progress: &|_| {} };
    let fresh = lessor.compute(origin).await?;
    let free = lessor.ask(&origin.id(store.lease_key()), &fresh).await? == Lease::Yours;
    let next = match origin {
        Origin::Seed(seed) => {
            let left = u64::try_from(fresh.left.as_millis()).unwrap_or(0);
            Some(seed.code_at(clock.unix_millis() + left))
        }
        Origin::Vault(..) => None,
    };
    Ok(Shown { code: fresh.code, next, left: fresh.left, period: fresh.period, free })
}

impl Origin {
    /// Which secret a code is of, without a way back to it: a hash under `key`.
    pub(super) fn id(&self, key: &[u8; 32]) -> [u8; 32] {
        match self {
            Self::Seed(seed) => seed.fingerprint(key),
            Self::Vault(_, grant) => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
                let name = format!("computed by the vault: {}", grant.account());
                let mut id = [0; 32];
                id.copy_from_slice(ring::hmac::sign(&key, name.as_bytes()).as_ref());
                id
            }
        }
    }
}

impl Lessor<'_> {
    /// A code of `origin`, leased. It waits for the next period where this one is nearly over, or has
    /// been used; `None` where none was free for [`PATIENCE`] periods.
    pub(super) async fn lease(&self, origin: &Origin) -> Result<Option<Leased>, Error> {
        let id = origin.id(self.store.lease_key());
        for _ in 0..PATIENCE {
            let fresh = self.compute(origin).await?;
            if fresh.left < MARGIN.min(fresh.period / 2) {
                self.wait_for_next("too little of its time is left", fresh.left).await;
                continue;
            }
            match self.ask(&id, &fresh).await? {
                Lease::Yours => {
                    return Ok(Some(Leased { code: fresh.code, id, counter: fresh.counter }));
                }
                Lease::Taken => self.wait_for_next("it has been used already", fresh.left).await,
            }
        }
        Ok(None)
    }

    /// Asks for the right to use a code.
    async fn ask(&self, id: &[u8; 32], fresh: &Fresh) -> Result<Lease, Error> {
        let now = self.clock.now();
        let expires = now.checked_add(fresh.left).unwrap_or(Timestamp::MAX);
        if let Some(own) = &fresh.own
            && self.store.lease(own, 0, now, expires).await? == Lease::Taken
        {
            return Ok(Lease::Taken);
        }
        Ok(self.store.lease(id, fresh.counter, now, expires).await?)
    }

    /// The code of now.
    async fn compute(&self, origin: &Origin) -> Result<Fresh, Error> {
        match origin {
            Origin::Seed(seed) => {
                let now = self.clock.unix_millis().saturating_add_signed(self.ahead);
                let code = seed.code_at(now);
                let period = u64::try_from(seed.period().as_millis()).unwrap_or(30_000).max(1);
                let counter = code.counter.unwrap_or(now / period);
                let (left, period) = (seed.left(now), seed.period());
                Ok(Fresh { code, counter, left, period, own: None })
            }
            Origin::Vault(vault, grant) => {
                let code = vault.code(grant).await?;
                let now = self.clock.now();
                let period = u64::try_from(DEFAULT_PERIOD.as_millis()).unwrap_or(30_000);
                let millis = self.clock.unix_millis();
                let left = match code.expires {
                    Some(expires) => {
                        let left = expires.as_millisecond() - now.as_millisecond();
                        Duration::from_millis(u64::try_from(left).unwrap_or(0))
                    }
                    None => Duration::from_millis(period - millis % period),
                };
                // A vault that does not tell the period gives one code for as long as that is, and by
                // its own clock: only the code itself says whether it was given before.
                let own = match code.counter {
                    Some(_) => None,
                    None => Some(code.fingerprint(self.store.lease_key(), grant.account())),
                };
                let counter = code.counter.unwrap_or(millis / period);
                Ok(Fresh { code, counter, left, period: DEFAULT_PERIOD, own })
            }
        }
    }

    async fn wait_for_next(&self, why: &'static str, left: Duration) {
        (self.progress)(Progress::CodeWait { why, wait: left });
        // Into the next period and not onto its edge: clocks differ by some milliseconds.
        tokio::time::sleep(left + Duration::from_millis(50)).await;
    }
}
