//! The responder: what a vault asks back is asked of the person at the terminal.

use std::io::{BufRead, BufReader, Write};
use std::sync::Weak;

use futures_util::future::BoxFuture;

use super::world::World;
use super::{eprint, progress};
use crate::access;
use crate::activity::Store;
use crate::name::{AccountRef, Purpose, VaultName};
use crate::secret::Secret;
use crate::session::{self, Progress};
use crate::vault::{Cause, Responder};

/// The terminal of this process, and the world whose vaults ask.
pub(super) struct Prompt(pub(super) Weak<World>);

impl Responder for Prompt {
    fn ask<'a>(&'a self, question: &'a str, hidden: bool) -> BoxFuture<'a, Option<Secret>> {
        let question = question.to_owned();
        Box::pin(async move {
            // On a thread of its own, because a browser may be starting meanwhile.
            let asked = tokio::task::spawn_blocking(move || match hidden {
                true => rpassword::prompt_password(question).ok(),
                false => line(&question).ok(),
            });
            let answer = asked.await.ok().flatten()?;
            (!answer.is_empty()).then(|| Secret::new(answer))
        })
    }

    fn code<'a>(&'a self, account: &'a AccountRef) -> BoxFuture<'a, Result<Secret, Cause>> {
        Box::pin(async move {
            match self.0.upgrade() {
                Some(world) => code(&world, account).await,
                None => Err("the command has ended".into()),
            }
        })
    }
}

/// A code of `account`, from the vaults of `world`: leased in its store as the codes of sessions are.
async fn code(world: &World, account: &AccountRef) -> Result<Secret, Cause> {
    let name = account.vault().unwrap_or(&world.config.default_vault);
    unentangled(world, name)?;
    let account = account.within(name);
    let grant = access::decide(world.user().as_ref(), &account, &Purpose::default())?;
    let vault =
        world.open(name)?.ok_or_else(|| format!("the configuration has no vault `{name}`"))?;
    let store = Store::open(&world.config.state).await?;
    let told = |told: Progress| eprint(&progress::line(&told));
    let code = session::one_time_code(vault, &grant, &store, &told).await;
    store.close().await?;
    Ok(code?)
}

/// Vaults that need each other's codes would wait for each other for ever.
fn unentangled(world: &World, first: &VaultName) -> Result<(), Cause> {
    let mut seen = vec![first.clone()];
    while let Some(next) = seen.last().and_then(|name| asks(world, name)) {
        if seen.contains(&next) {
            let text = format!("to open vault `{next}` a code is needed that only it can give");
            return Err(text.into());
        }
        seen.push(next);
    }
    Ok(())
}

/// The vault whose codes open the vault `name`.
fn asks(world: &World, name: &VaultName) -> Option<VaultName> {
    let entry = world.config.vaults.get(name)?;
    let account = entry.settings.get("auth")?.get("radius")?.get("totp-account")?.as_str()?;
    account.parse::<AccountRef>().ok()?.vault().cloned()
}

/// A line that is typed on the terminal itself, so that what is piped in and out does not matter.
pub(super) fn line(question: &str) -> std::io::Result<String> {
    let mut terminal = std::fs::File::options().read(true).write(true).open("/dev/tty")?;
    terminal.write_all(question.as_bytes())?;
    let mut line = String::new();
    BufReader::new(terminal).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}
