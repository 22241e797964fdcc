//! A one-time code: computed at the moment it is typed, used once, and never in its last seconds.

use std::time::Duration;

use super::run::Run;
use super::{Error, Progress, Stop};
use crate::activity::Lease;
use crate::clock::Timestamp;
use crate::connector::{Object, Part, Template};
use crate::diagnostic;
use crate::otp::Parameters;
use crate::vault::Code;
use crate::vault::totp::Seed;

/// With less than this left of its period a code may be refused before it arrives: the next one is waited
/// for. Of a period that is hardly longer, half is enough.
const MARGIN: Duration = Duration::from_secs(3);

/// How many periods are waited for when others use the same secret, before it is given up.
const PATIENCE: u32 = 10;

/// After this many refused codes within [`REFUSALS_SPAN`] no further one is typed: sites lock accounts.
const MOST_REFUSALS: u32 = 2;

/// How far back refused codes count.
const REFUSALS_SPAN: Duration = Duration::from_secs(600);

/// The period of RFC 6238, for a vault that does not tell the period of the codes that it computes.
const DEFAULT_PERIOD: Duration = Duration::from_secs(30);

/// A code that this session alone may use.
pub(super) struct Leased {
    pub(super) code: Code,
    /// Which secret it is of: a keyed hash, as it stands in the store.
    pub(super) id: [u8; 32],
    /// Which period of the secret.
    pub(super) counter: u64,
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

/// Where codes come from.
enum Origin {
    Seed(Seed),
    Vault(crate::access::Grant),
}

impl Run<'_, '_> {
    /// The code of `template`, leased. It waits for the next period where this one is nearly over, or
    /// has been used.
    pub(super) async fn code(
        &mut self,
        row: usize,
        template: &Template,
        parameters: Parameters,
    ) -> Result<Result<Leased, Stop>, Error> {
        let object = object(template);
        let origin = match self.origin(row, template, parameters, object) {
            Ok(origin) => origin,
            Err(stop) => return Ok(Err(stop)),
        };
        let id = self.id(&origin);
        let now = self.clock.now();
        let since = now.checked_sub(REFUSALS_SPAN).unwrap_or(now);
        let refused = self.store.refusals(&id, since).await?;
        // The second code of this very session is the one that is still allowed.
        if refused >= MOST_REFUSALS {
            let account =
                self.armed.values.account(object).map(|account| account.reference.clone());
            return Err(Error::CodesRefused {
                account: account.unwrap_or_else(|| self.armed.values.target.reference.clone()),
                refused,
                minutes: i64::try_from(REFUSALS_SPAN.as_secs() / 60).unwrap_or(10),
            });
        }
        for _ in 0..PATIENCE {
            let fresh = self.compute(&origin).await?;
            if fresh.left < MARGIN.min(fresh.period / 2) {
                self.wait_for_next("too little of its time is left", fresh.left).await;
                continue;
            }
            match self.lease(&id, &fresh).await? {
                Lease::Yours => {
                    return Ok(Ok(Leased { code: fresh.code, id, counter: fresh.counter }));
                }
                Lease::Taken => self.wait_for_next("it has been used already", fresh.left).await,
            }
        }
        let stop = Stop::new(
            diagnostic::Code::NotReady,
            Some(row),
            template.span,
            format!(
                "no one-time code was free for {PATIENCE} periods: other sessions use the same secret"
            ),
        );
        Ok(Err(stop
            .help("wait until they have signed in, or give each person an account of their own")))
    }

    fn origin(
        &self,
        row: usize,
        template: &Template,
        parameters: Parameters,
        object: Object,
    ) -> Result<Origin, Stop> {
        if self.armed.is_computed(template)
            && let Some(account) = self.armed.values.account(object)
        {
            return Ok(Origin::Vault(self.grant.linked(account.reference.clone())));
        }
        let secret = self.armed.values.typed(Some(row), template)?;
        let seed = Seed::read(&secret, parameters);
        seed.map(Origin::Seed).map_err(|error| {
            Stop::new(diagnostic::Code::NotATotpSecret, Some(row), template.span, error.to_string())
        })
    }

    /// Which secret a code is of, without a way back to it: a keyed hash.
    fn id(&self, origin: &Origin) -> [u8; 32] {
        let key = self.store.lease_key();
        match origin {
            Origin::Seed(seed) => seed.fingerprint(key),
            Origin::Vault(grant) => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
                let name = format!("computed by the vault: {}", grant.account());
                let mut id = [0; 32];
                id.copy_from_slice(ring::hmac::sign(&key, name.as_bytes()).as_ref());
                id
            }
        }
    }

    /// Asks for the right to use a code.
    async fn lease(&self, id: &[u8; 32], fresh: &Fresh) -> Result<Lease, Error> {
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
                let now = self.clock.unix_millis();
                let code = seed.code_at(now);
                let period = u64::try_from(seed.period().as_millis()).unwrap_or(30_000).max(1);
                let counter = code.counter.unwrap_or(now / period);
                let (left, period) = (seed.left(now), seed.period());
                Ok(Fresh { code, counter, left, period, own: None })
            }
            Origin::Vault(grant) => {
                let Some(vault) = self.vaults.find(grant.account())? else {
                    return Err(Error::UnknownVault {
                        account: self.armed.values.target.reference.clone(),
                        linked: grant.account().clone(),
                    });
                };
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

/// Whose secret a template holds.
pub(super) fn object(template: &Template) -> Object {
    template
        .parts
        .iter()
        .find_map(|part| match part {
            Part::Placeholder(placeholder) => Some(placeholder.object),
            Part::Literal(_) => None,
        })
        .unwrap_or(Object::Target)
}

/// Whether `password` of an account stands behind `template`, or another property that is protected.
pub(super) fn is_secret(template: &Template, values: &super::value::Values) -> bool {
    template.parts.iter().any(|part| match part {
        Part::Literal(_) => false,
        Part::Placeholder(placeholder) => {
            values.account(placeholder.object).is_some_and(|account| {
                (placeholder.property == "password" && account.password.secret().is_some())
                    || account.properties.get(&placeholder.property).is_some_and(|p| p.protected)
            })
        }
    })
}
