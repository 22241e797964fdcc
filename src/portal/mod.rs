//! The portal: the web pages and the REST API by which people use accounts in their own browser.
//!
//! Every request passes `guard`, which knows who asks and lets nobody by who has not signed in, except to what it
//! lists. `pages` are made on the server; what they do goes through `api`.

mod api;
mod archive;
mod arrivals;
mod assets;
mod attempts;
mod bearer;
mod catalogue;
mod client;
mod enrolments;
mod entry;
mod error;
mod examined;
mod guard;
mod halves;
mod headers;
mod keyring;
mod may;
mod metrics;
mod note;
mod offers;
mod origin;
mod pages;
mod password;
mod problem;
mod readiness;
mod scope;
mod server;
mod sign_ins;
mod sources;
mod throttle;
mod token;
mod tokens;
mod users;
mod witness;

pub use crate::access::Role;
pub use error::Error;
pub use note::Note;
pub use password::Typed;
pub use scope::Scope;
pub use server::{Listening, listen};
pub use sources::{Open, Sources};
pub use token::Token;
pub use tokens::{ApiToken, LONGEST, Shown, USUAL};
pub use users::{User, Users};
pub use witness::{Witness, witnessed};

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use attempts::Attempts;
use catalogue::Catalogue;
use enrolments::Enrolments;
use halves::Halves;
use keyring::Keyring;
use offers::Offers;
use origin::Origin;
use readiness::Readiness;
use throttle::Throttle;

use crate::access::Policies;
use crate::activity::{self, Record, Store};
use crate::clock::Clock;
use crate::config;
use crate::factor::{Factors, Relying};
use crate::live::Broker;
use crate::meter::Meter;
use crate::name::{AccountRef, Links, VaultName};
use crate::oidc;
use crate::recording::Identities;
use crate::session::Vaults;

/// What the portal stands on.
pub struct Ground {
    /// Who may sign in.
    pub users: Users,
    /// Their second factors.
    pub factors: Factors,
    /// The record.
    pub store: Arc<Store>,
    /// The same, open for reading alone.
    pub record: Record,
    /// The folder of the record.
    pub state: PathBuf,
    /// The live sessions.
    pub broker: Broker,
    /// Where accounts are; the broker has the same.
    pub sources: Arc<Sources>,
    /// The folders of the connectors.
    pub connectors: Vec<PathBuf>,
    /// Who may do what.
    pub policies: Policies,
    /// Linked accounts that the configuration names.
    pub links: BTreeMap<AccountRef, Links>,
    /// The vault where new seeds of one-time codes are kept, where the configuration names one.
    pub seeds: Option<VaultName>,
    /// Vaults of one's own, for what is done with an account beside sessions; they are closed after it.
    pub vaults: Box<dyn Fn() -> Arc<dyn Vaults + Send> + Send + Sync>,
    /// The key with which the broker itself opens recordings, where the configuration names one.
    pub identity: Option<Identities>,
    /// `portal` of the configuration.
    pub settings: config::Portal,
    /// The time.
    pub clock: Clock,
    /// What is counted and timed; store, vaults and broker count there, too.
    pub meter: Arc<Meter>,
}

/// What every request is answered with. Cheap to clone.
#[derive(Clone)]
struct Portal(Arc<Inner>);

struct Inner {
    ground: Ground,
    catalogue: Catalogue,
    origin: Origin,
    /// By user name.
    names: Throttle,
    /// By client address.
    addresses: Throttle,
    /// Denied requests on record, by client address.
    denials: Throttle,
    /// Wrong API tokens, by client address.
    bearers: Throttle,
    /// Through which people sign in, beside local users.
    provider: Option<oidc::Provider>,
    /// Who is with the provider now.
    attempts: Attempts,
    /// Who waits for their second factor to be asked for.
    halves: Halves,
    /// Doorward as passkeys know it; `None` where its address has no name.
    relying: Option<Relying>,
    /// Passkeys that are being registered.
    enrolments: Enrolments,
    /// The address of the portal, as browsers see it; without a `/` at its end.
    url: String,
    /// The keys that open recordings.
    keyring: Keyring,
    readiness: Readiness,
    /// Seeds that are shown and not kept yet.
    offers: Offers,
    /// Who looks through a picture now.
    pictures: tokio::sync::Semaphore,
    /// The hash of the access policies that are on record as those that hold.
    ruled_by: tokio::sync::Mutex<String>,
}

impl std::ops::Deref for Portal {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Portal {
    fn new(
        mut ground: Ground,
        origin: Origin,
        url: String,
        provider: Option<oidc::Provider>,
    ) -> Self {
        let default = ground.sources.default_vault().clone();
        let offers = std::mem::take(&mut ground.settings.offers);
        let catalogue = Catalogue::new(ground.connectors.clone(), offers, default);
        let keyring = Keyring::new(ground.identity.take());
        let (names, addresses, denials) = (Throttle::new(3), Throttle::new(20), Throttle::new(100));
        let bearers = Throttle::new(20);
        let attempts = Attempts::default();
        let readiness = Readiness::default();
        let relying = Relying::at(&url);
        Self(Arc::new(Inner {
            ground,
            catalogue,
            origin,
            names,
            addresses,
            denials,
            bearers,
            provider,
            attempts,
            halves: Halves::default(),
            relying,
            enrolments: Enrolments::default(),
            url,
            keyring,
            readiness,
            offers: Offers::default(),
            pictures: tokio::sync::Semaphore::new(1),
            ruled_by: Default::default(),
        }))
    }

    /// Makes a change that awaits its witness, with the record of this portal: [`witnessed`].
    async fn witnessed<'a, T, E, F>(&'a self, change: impl FnOnce(Witness<'a>) -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: From<activity::Error>,
    {
        witnessed(&self.ground.store, self.ground.clock, change).await
    }
}
