//! `doorward account show`.

use std::fmt::Write;

use super::list::shown;
use crate::access;
use crate::cli::world::World;
use crate::cli::{Exit, Failure, print};
use crate::name::AccountRef;
use crate::vault::{Account, Password};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
No secret is ever shown: of the password, whether there is one; of a protected property, its name.

Example:
  doorward account show web/shop")]
pub(super) struct Arguments {
    /// The account: [vault:][safe/]name
    #[arg(value_name = "REF")]
    account: AccountRef,
    #[command(flatten)]
    purpose: crate::cli::purpose::Arguments,
}

pub(super) fn run(world: &World, arguments: Arguments) -> Result<Exit, Failure> {
    let (vault, account) = world.vault_of(&arguments.account)?;
    let grant = access::decide(world.user().as_ref(), &account, &(&arguments.purpose).into())?;
    let account = world.run(vault.account(&grant))??;
    print(&text(&account));
    Ok(Exit::Done)
}

fn text(account: &Account) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:17}  {}", shown(value));
    };
    line("account", &account.reference.to_string());
    line("username", account.username.as_deref().unwrap_or("none"));
    line("address", account.address.as_deref().unwrap_or("none"));
    line(
        "password",
        match &account.password {
            Password::Absent => "none",
            Password::Computed => "one-time codes, computed by the vault",
            Password::Value(secret) if secret.is_empty() => "empty",
            Password::Value(_) => "set",
            Password::WithCodes(_) => "set, and one-time codes, computed by the vault",
        },
    );
    for (name, linked) in [
        ("logon account", &account.logon_account),
        ("reconcile account", &account.reconcile_account),
    ] {
        if let Some(linked) = linked {
            line(name, &linked.to_string());
        }
    }
    for (name, property) in &account.properties {
        match property.shown() {
            Some(value) => line("property", &format!("{name} = {value}")),
            None => line("property", &format!("{name} (protected)")),
        }
    }
    text
}
