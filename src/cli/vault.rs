//! `doorward vault`.

use std::fmt::Write;
use std::path::Path;

use super::world::World;
use super::{Exit, Failure, print};
use crate::name::VaultName;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Vaults of HashiCorp Vault and OpenBao are made with their own tools; the configuration names them.

Example:
  doorward vault init")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a KDBX vault, and its key file, where the configuration says
    ///
    /// Without a configuration both lie in the XDG data folder (~/.local/share/doorward). Nothing is
    /// overwritten. The files are KeePass' own: KeePassXC opens them.
    #[command(after_help = "Examples:\n  doorward vault init\n  doorward vault init local")]
    Init {
        /// The vault's name in the configuration [default: its default vault]
        #[arg(value_name = "NAME")]
        name: Option<VaultName>,
    },
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    match arguments.command {
        Command::Init { name } => init(&world, name),
    }
}

fn init(world: &World, name: Option<VaultName>) -> Result<Exit, Failure> {
    let default = &world.config.default_vault;
    let name = name.unwrap_or_else(|| default.clone());
    let made = world.kdbx(&name)?.make()?;
    let mut text = format!("made the vault `{name}`\n  file      {}\n", made.vault.display());
    if let Some((path, new)) = &made.key_file {
        let remark = if *new { "" } else { " (was there already)" };
        let _ = writeln!(text, "  key file  {}{remark}", path.display());
        text.push_str(
            "keep a copy of the key file in a safe place: nothing opens the vault without it\n",
        );
    }
    let prefix = if name == *default { String::new() } else { format!("{name}:") };
    let _ = writeln!(text, "next: doorward account add {prefix}NAME --username USER");
    print(&text);
    Ok(Exit::Done)
}
