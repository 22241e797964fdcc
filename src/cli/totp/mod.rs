//! `doorward totp`: keeps the seeds of accounts, and shows their codes; one file per command; and verifies those
//! of second factors.

mod add;
mod answer;
mod code;
mod import;
mod recovery;
mod remove;
mod show;
mod source;
mod verify;

use std::path::Path;
use std::sync::Arc;

use super::world::World;
use super::{Exit, Failure, permission, purpose};
use crate::access::{Deed, Grant};
use crate::activity::Store;
use crate::clock::Clock;
use crate::custody::{Custody, Shape};
use crate::name::{AccountRef, Purpose};
use crate::session::LOCAL;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A seed is kept apart from the password: in an account of its own below the safe `totp`, which becomes the logon account; \
`seeds: VAULT` in the configuration names another vault for new ones. It is never shown again.

Examples:
  doorward totp add web/shop --qr screenshot.png
  doorward totp code web/shop
  doorward totp import export.png
  doorward totp recovery show web/shop
  doorward totp remove web/shop
  printf '%s\\n' 123456 | doorward totp verify ann")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Box<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add a seed to an account, from a QR code, a setup code or an otpauth URI
    Add(add::Arguments),
    /// Show the code of now; on record
    Code(code::Arguments),
    /// Show the parameters of the codes, never the seed
    Show(show::Arguments),
    /// Take a seed out of use; it can be restored for a week
    Remove(remove::Arguments),
    /// Bring a seed back that was removed
    Restore(remove::Restore),
    /// Add the seeds of an authenticator app's export to accounts
    Import(import::Arguments),
    /// Keep the recovery codes of the application, and show them one at a time
    Recovery(recovery::Arguments),
    /// Verify a code of somebody's second factor; each code counts once
    Verify(verify::Arguments),
}

/// Which account, and why.
#[derive(Debug, clap::Args)]
struct Target {
    /// The account: [vault:][safe/]name
    #[arg(value_name = "REF")]
    account: AccountRef,
    #[command(flatten)]
    purpose: purpose::Arguments,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    let running = Arc::clone(&world);
    world.run(async move {
        let store = Store::open(&running.config.state).await?;
        let desk = Desk { world: &running, store: &store };
        let ended = match *arguments.command {
            Command::Add(arguments) => add::run(&desk, arguments).await,
            Command::Code(arguments) => code::run(&desk, arguments).await,
            Command::Show(arguments) => show::run(&desk, arguments).await,
            Command::Remove(arguments) => remove::run(&desk, arguments).await,
            Command::Restore(arguments) => remove::restore(&desk, arguments).await,
            Command::Import(arguments) => import::run(&desk, arguments).await,
            Command::Recovery(arguments) => recovery::run(&desk, arguments).await,
            Command::Verify(arguments) => verify::run(&desk, arguments).await,
        };
        store.close().await?;
        ended
    })?
}

/// What each command works with.
struct Desk<'a> {
    world: &'a Arc<World>,
    store: &'a Store,
}

/// What is to be done.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Read,
    Change,
}

impl Desk<'_> {
    fn custody(&self) -> Custody<'_> {
        let config = &self.world.config;
        Custody {
            vaults: &**self.world,
            store: self.store,
            clock: Clock::System,
            links: &config.links,
            seeds: config.seeds.as_ref(),
            client: LOCAL,
            token: None,
        }
    }

    /// The proof that this may be done with the codes of `account`.
    async fn grant(
        &self,
        account: &AccountRef,
        purpose: &Purpose,
        wish: Wish,
    ) -> Result<Grant, Failure> {
        let account = &self.world.named(account)?;
        let deed = match wish {
            Wish::Read => Deed::ReadCode { account, purpose },
            Wish::Change => Deed::ChangeSeed { account, purpose },
        };
        permission::allowed(self.world, self.store, deed).await
    }
}

/// The parameters of a seed, a line each.
fn told(shape: &Shape) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "not said".to_owned());
    format!(
        "issuer     {}\nissued to  {}\ncodes      {} digits every {} s, {}\n",
        name(&shape.label.issuer),
        name(&shape.label.account),
        shape.digits,
        shape.period.as_secs(),
        shape.algorithm.word()
    )
}
