//! The world of a command: the configuration, its vaults, the person who asks, the runtime; and what
//! every command does first, to keep secrets in this process.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::responder::Prompt;
use super::{Exit, Failure, eprint};
use crate::config::{Config, VaultEntry};
use crate::name::{AccountRef, UserName, VaultName};
use crate::vault::kdbx::Kdbx;
use crate::vault::{self, Vault};

/// What a command works with.
pub(super) struct World {
    /// The configuration.
    pub(super) config: Arc<Config>,
    /// The vaults that were used so far; each opens once for the process.
    vaults: Mutex<BTreeMap<VaultName, Arc<dyn Vault>>>,
    /// Itself, for what the vaults ask back.
    itself: Weak<Self>,
}

impl World {
    /// Reads the configuration, and nothing else.
    ///
    /// # Errors
    /// Exit 2 when it is missing or wrong.
    pub(super) fn load(named: Option<&Path>) -> Result<Arc<Self>, Failure> {
        let config = Arc::new(Config::load(named)?);
        Ok(Arc::new_cyclic(|itself| Self {
            config,
            vaults: Mutex::default(),
            itself: Weak::clone(itself),
        }))
    }

    /// The same world for one session of many: with vaults of its own, which lend to it and are closed with it.
    /// Only those that are files are shared, and their passwords asked for once.
    pub(super) fn again(&self) -> Arc<Self> {
        let files = self.config.vaults.iter().filter(|(_, entry)| entry.kind == "kdbx");
        let shared = files.filter_map(|(name, _)| Some((name.clone(), self.open(name).ok()??)));
        let vaults = Mutex::new(shared.collect());
        let config = Arc::clone(&self.config);
        Arc::new_cyclic(|itself| Self { config, vaults, itself: Weak::clone(itself) })
    }

    /// Closes every vault that was used; what failed of that is told.
    pub(super) async fn close(&self) -> Vec<vault::Error> {
        let vaults =
            std::mem::take(&mut *self.vaults.lock().unwrap_or_else(PoisonError::into_inner));
        let mut failed = Vec::new();
        for vault in vaults.values() {
            failed.extend(vault.close().await.err());
        }
        failed
    }

    /// Runs what a command does with its vaults to the end, and closes them however it went. A vault that
    /// does not close is warned of: what the command did stands.
    ///
    /// # Errors
    /// Exit 70 when the system has no event queue to give.
    pub(super) fn run<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        self.run_on(&self.runtime()?, work)
    }

    /// The same on a runtime of the command's own.
    pub(super) fn run_on<T>(
        &self,
        runtime: &tokio::runtime::Runtime,
        work: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        runtime.block_on(async {
            let done = work.await;
            for error in self.close().await {
                eprint(&format!("warning: {}", Failure::from(error).text));
            }
            Ok(done)
        })
    }

    /// The vault that holds an account, and the account with that vault named.
    ///
    /// # Errors
    /// Exit 2 when there is no such vault or its settings are wrong.
    pub(super) fn vault_of(
        &self,
        account: &AccountRef,
    ) -> Result<(Arc<dyn Vault>, AccountRef), Failure> {
        let name = account.vault().unwrap_or(&self.config.default_vault);
        Ok((self.vault(name)?, account.within(name)))
    }

    /// The account with its vault named, whether or not there is such a vault yet.
    ///
    /// # Errors
    /// Exit 2 when the configuration has no such vault.
    pub(super) fn named(&self, account: &AccountRef) -> Result<AccountRef, Failure> {
        let name = account.vault().unwrap_or(&self.config.default_vault);
        self.entry(name)?;
        Ok(account.within(name))
    }

    /// A vault by its name in the configuration. It is not asked anything yet.
    ///
    /// # Errors
    /// Exit 2 when there is no such vault or its settings are wrong.
    pub(super) fn vault(&self, name: &VaultName) -> Result<Arc<dyn Vault>, Failure> {
        match self.open(name).map_err(|error| self.placed(name, error))? {
            Some(vault) => Ok(vault),
            None => Err(self.unknown(name)),
        }
    }

    /// The same, for a caller that tells of a missing vault in words of its own: `None`.
    ///
    /// # Errors
    /// When its settings are wrong.
    pub(super) fn open(&self, name: &VaultName) -> Result<Option<Arc<dyn Vault>>, vault::Error> {
        let mut vaults = self.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(vault) = vaults.get(name) {
            return Ok(Some(Arc::clone(vault)));
        }
        let Some(entry) = self.config.vaults.get(name) else { return Ok(None) };
        let settings = entry.settings.clone();
        let responder = Arc::new(Prompt(Weak::clone(&self.itself)));
        let vault = vault::open(name, &entry.kind, settings, &self.config.base, responder)?;
        vaults.insert(name.clone(), Arc::clone(&vault));
        Ok(Some(vault))
    }

    /// A vault whose accounts doorward itself keeps.
    ///
    /// # Errors
    /// Exit 2 when there is no such vault, its settings are wrong, or it is of another kind.
    pub(super) fn kdbx(&self, name: &VaultName) -> Result<Arc<Kdbx>, Failure> {
        let entry = self.entry(name)?;
        if entry.kind != "kdbx" {
            // A kind that does not exist is the better news.
            self.vault(name)?;
            return Err(Failure::usage(
                format!(
                    "vault `{name}` is of kind {}: its own tools keep its accounts, not doorward",
                    entry.kind
                ),
                "`doorward account list` and `show` work with every kind of vault",
            ));
        }
        let kdbx = Kdbx::new(name, entry.settings.clone(), &self.config.base)
            .map_err(|error| self.placed(name, error))?;
        let kdbx = Arc::new(kdbx);
        // Whatever else the command asks of this vault is answered by the same opening.
        let mut vaults = self.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        vaults.insert(name.clone(), Arc::clone(&kdbx) as Arc<dyn Vault>);
        Ok(kdbx)
    }

    /// The failure of a vault's settings, with their place in the configuration.
    fn placed(&self, name: &VaultName, error: vault::Error) -> Failure {
        let place = match &error {
            vault::Error::Settings { key, .. } => self.config.place(name, key),
            vault::Error::UnknownKind { .. } => self.config.place(name, "kind"),
            _ => None,
        };
        let mut failure = Failure::from(error);
        if let Some(place) = place
            && let Some(end) = failure.text.find('\n')
        {
            failure.text.insert_str(end, &format!("\n  --> {place}"));
        }
        failure
    }

    fn entry(&self, name: &VaultName) -> Result<&VaultEntry, Failure> {
        self.config.vaults.get(name).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &VaultName) -> Failure {
        let known = self.config.vaults.keys().map(VaultName::as_str);
        let nearest = known
            .clone()
            .map(|known| (strsim::damerau_levenshtein(known, name.as_str()), known))
            .filter(|(distance, known)| *distance <= 1 + known.len() / 3)
            .min();
        let help = match nearest {
            Some((_, nearest)) => format!("did you mean `{nearest}`?"),
            None => format!("the vaults are: {}", known.collect::<Vec<_>>().join(", ")),
        };
        Failure::usage(format!("the configuration has no vault `{name}`"), &help)
    }

    /// The person who runs doorward, by their user id: an environment variable says nothing about it.
    pub(super) fn user(&self) -> Option<UserName> {
        whoami::username().ok()?.parse().ok()
    }

    /// A runtime for one command: on the thread that runs it, because it waits for one browser and a
    /// few files; what computes goes to threads of its own.
    ///
    /// # Errors
    /// Exit 70 when the system has no event queue to give.
    pub(super) fn runtime(&self) -> Result<tokio::runtime::Runtime, Failure> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(Exit::Bug, &error, None))
    }
}

/// What every command does first: no core dumps, no debugger by the same user, no memory on the swap
/// where that is allowed; the one crypto provider; the log. What a system does not offer is left out.
pub(super) fn harden() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        let _ = setrlimit(Resource::Core, none);
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        lock_memory();
    }
    // It fails when it was done before, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    listen();
}

/// Keeps pages off the swap, as they are touched. Only where the amount is unlimited: below a limit
/// the lock would hold at first, and a later allocation would fail and end the process.
#[cfg(target_os = "linux")]
fn lock_memory() {
    use rustix::mm::{MlockAllFlags, mlockall};
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Memlock);
    let unlimited = Rlimit { current: None, maximum: None };
    if limit.current.is_none() || setrlimit(Resource::Memlock, unlimited).is_ok() {
        let flags = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
        let _ = mlockall(flags);
    }
}

/// The log goes to stderr: warnings, or what `RUST_LOG` asks for; and of doorward alone. The libraries
/// log what goes over their sockets, and that is what is typed.
fn listen() {
    use std::io::IsTerminal;
    use tracing_subscriber::filter::{FilterExt, filter_fn};
    use tracing_subscriber::layer::{Layer, SubscriberExt};
    use tracing_subscriber::util::SubscriberInitExt;
    use tracing_subscriber::{EnvFilter, fmt, registry};
    let asked =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("doorward=warn"));
    let own = filter_fn(|event| event.target().split("::").next() == Some("doorward"));
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .without_time();
    let _ = registry().with(lines.with_filter(asked.and(own))).try_init();
}
