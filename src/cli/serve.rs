//! `doorward serve`: the portal, until a signal ends it.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use super::signals::Signals;
use super::world::World;
use super::{Exit, Failure, eprint, print, recording};
use crate::access::Policies;
use crate::activity::{Record, Store};
use crate::browser;
use crate::clock::Clock;
use crate::factor::Factors;
use crate::live::{self, Broker, Limits, Recordings};
use crate::meter::Meter;
use crate::name::{AccountRef, VaultName};
use crate::portal::{self, Sources, Users};
use crate::recording::{Folder, Identities};
use crate::session::Vaults;
use crate::vault::{self, Metered, Vault};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where there are no users yet, it prints a link by which the first administrator is made.

Examples:
  doorward serve                              http://127.0.0.1:8080, for this machine
  doorward serve --listen 127.0.0.1:9000
  doorward serve --listen 0.0.0.0:8443        with `portal: { tls: { certificate: FILE, key: FILE } }`
  doorward user add ann --accounts 'web/*'

SIGTERM, SIGHUP and Ctrl-C end it in good order: people are told, their sessions end and are on record.")]
pub(super) struct Arguments {
    /// Where to listen [default: `portal.listen` of the configuration, else 127.0.0.1:8080]; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    // Several sessions encode pictures at the same time, so this command alone has several threads.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, &error, None))?;
    let ended = world.run_on(&runtime, serve(&world, &arguments))?;
    // What still waits for a socket or a thread does not keep the process.
    runtime.shutdown_background();
    ended.map(|()| Exit::Done)
}

async fn serve(world: &Arc<World>, arguments: &Arguments) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    let state = &world.config.state;
    let mut settings = world.config.portal.clone();
    settings.listen = arguments.listen.unwrap_or(settings.listen);
    let listening = portal::listen(&settings)?;
    browser::reap(state);
    let meter = Arc::new(Meter::default());
    let store = Arc::new(Store::open(state).await?.metered(&meter));
    store.close_interrupted(Clock::System.now()).await?;
    let Some(record) = Record::open(state).await? else {
        let path = state.join("activity.db");
        return Err(crate::activity::Error::Foreign { path }.into());
    };
    match &world.config.recording {
        None => eprint("sessions are not recorded: the configuration has no `recording:`\n"),
        Some(recording) => {
            // What cannot be removed now keeps nobody from working; `recording verify` tells what is wrong.
            match recording::prune(&store, state, recording).await {
                Ok(removed) => {
                    for (session, why) in removed {
                        eprint(&format!("removed the recording of {session}: {why}\n"));
                    }
                }
                Err(failure) => recording::unpruned(&failure),
            }
        }
    }
    let identity = match world.config.recording.as_ref().and_then(|of| of.identity.as_ref()) {
        Some(path) => Some(Identities::load(path)?),
        None => None,
    };
    let users = Users::open(state, Clock::System).await?;
    let factors = Factors::open(state, Clock::System).await?;
    let sources = sources(world, &meter);
    if users.wants_demo().await?
        && let Some(url) =
            sources.start_demo().await.map_err(|error| Failure::new(Exit::Usage, &error, None))?
    {
        eprint(&format!("the demo site is at {url}\n"));
    }
    let link = users.set_up_link().await?;
    let policies = Policies::new(world.config.policies.clone());
    // Errors are told now, and not when somebody first asks.
    policies.now();
    let broker = Broker::new(ground(world, &store, &sources, &meter), limits(&settings));
    let url = listening.url();
    let local = listening.local_url();
    let seen = if local == url { String::new() } else { format!(", for browsers at {url}") };
    print(&format!("doorward listens on {local}{seen}\n"));
    if let Some(token) = link {
        print(&format!(
            "nobody can sign in yet: make the first administrator within an hour at\n\
             {url}/set-up?token={}\n",
            token.text()
        ));
    }
    if let Some(metrics) = listening.metrics_url() {
        print(&format!("metrics are at {metrics}\n"));
    }
    let beside = Arc::clone(&sources);
    let ground = portal::Ground {
        users,
        factors,
        store: Arc::clone(&store),
        record,
        state: state.clone(),
        broker,
        sources,
        connectors: world.config.connectors.clone(),
        policies,
        links: world.config.links.clone(),
        seeds: world.config.seeds.clone(),
        vaults: visits(world, &beside, &meter),
        identity,
        settings,
        clock: Clock::System,
        meter,
    };
    let stop = async {
        let signal = signals.next().await;
        eprint(&format!("{signal}: ending the sessions\n"));
    };
    let kept = async {
        match &world.config.recording {
            Some(of) => recording::housekeeping(&store, state, of, recording::HOURLY).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        served = listening.serve(ground, stop) => served?,
        () = kept => {}
    }
    Ok(())
}

/// The vaults of the configuration.
fn sources(world: &Arc<World>, meter: &Arc<Meter>) -> Arc<Sources> {
    let names: Vec<_> = world.config.vaults.keys().cloned().collect();
    let default = world.config.default_vault.clone();
    let (world, meter) = (Arc::clone(world), Arc::clone(meter));
    let open = move |name: &VaultName| Ok(world.open(name)?.map(|vault| metered(vault, &meter)));
    Arc::new(Sources::new(Box::new(open), names.into_iter(), default))
}

fn metered(vault: Arc<dyn Vault>, meter: &Arc<Meter>) -> Arc<dyn Vault> {
    Arc::new(Metered::new(vault, meter))
}

fn ground(
    world: &Arc<World>,
    store: &Arc<Store>,
    sources: &Arc<Sources>,
    meter: &Arc<Meter>,
) -> live::Ground {
    let vaults = visits(world, sources, meter);
    let world = Arc::clone(world);
    live::Ground {
        store: Arc::clone(store),
        vaults,
        files: world.config.state.join("files"),
        recordings: world.config.recording.as_ref().map(|recording| Recordings {
            folder: Folder::of(&world.config.state).path().to_owned(),
            recipients: recording.recipients.clone(),
        }),
        browser: Box::new(move |session| world.browser_settings(session, true)),
        clock: Clock::System,
        meter: Arc::clone(meter),
        tracer: super::tracer(meter),
    }
}

/// Makes the vaults of one session, or of what is done with an account beside sessions.
fn visits(
    world: &Arc<World>,
    sources: &Arc<Sources>,
    meter: &Arc<Meter>,
) -> Box<dyn Fn() -> Arc<dyn Vaults + Send> + Send + Sync> {
    let (base, sources, meter) = (Arc::clone(world), Arc::clone(sources), Arc::clone(meter));
    Box::new(move || {
        let (sources, meter) = (Arc::clone(&sources), Arc::clone(&meter));
        Arc::new(Visit { world: base.again(), sources, meter })
    })
}

/// The vaults of one session.
struct Visit {
    world: Arc<World>,
    /// The demo's, which is in no configuration.
    sources: Arc<Sources>,
    meter: Arc<Meter>,
}

impl Vaults for Visit {
    fn find(&self, account: &AccountRef) -> Result<Option<Arc<dyn Vault>>, vault::Error> {
        match self.world.find(account)? {
            Some(vault) => Ok(Some(metered(vault, &self.meter))),
            None => self.sources.find(account),
        }
    }

    fn close<'a>(&'a self) -> Pin<Box<dyn Future<Output = Vec<vault::Error>> + Send + 'a>> {
        Box::pin(self.world.close())
    }
}

fn limits(settings: &crate::config::Portal) -> Limits {
    Limits {
        per_user: settings.sessions_per_user,
        per_host: settings.sessions_per_host,
        idle: settings.idle,
        approval: settings.approval,
        duration: settings.duration,
    }
}
