//! `doorward account remove`.

use std::io::{BufRead, IsTerminal};

use crate::cli::world::World;
use crate::cli::{Exit, Failure, eprint, print};
use crate::name::AccountRef;
use crate::vault::Vault;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The account and its history are gone for good; it is not moved to the recycle bin.

Example:
  doorward account remove web/shop --yes")]
pub(super) struct Arguments {
    /// The account: [vault:][safe/]name
    #[arg(value_name = "REF")]
    account: AccountRef,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(world: &World, arguments: Arguments) -> Result<Exit, Failure> {
    let vault = arguments.account.vault().unwrap_or(&world.config.default_vault).clone();
    let account = arguments.account.within(&vault);
    let kdbx = world.kdbx(&vault)?;
    let all = world.run(kdbx.list(None))??;
    let known = all.iter().any(|summary| summary.reference == account);
    for summary in all.iter().filter(|summary| summary.logon_account.as_ref() == Some(&account)) {
        eprint(&format!(
            "warning: {account} is the logon account of {}, which cannot sign in without it\n",
            summary.reference
        ));
    }
    // One that is not there is not asked about; removing says what is near.
    if known && !arguments.yes && !confirm(&account)? {
        eprint("nothing was removed\n");
        return Ok(Exit::Usage);
    }
    kdbx.remove(&account)?;
    print(&format!("removed {account}\n"));
    Ok(Exit::Done)
}

fn confirm(account: &AccountRef) -> Result<bool, Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::usage(
            "removing has to be confirmed, and there is no terminal to ask on",
            "`--yes` removes without asking",
        ));
    }
    eprint(&format!("Remove {account} for good? [y/N] "));
    let mut answer = String::new();
    let _ = stdin.lock().read_line(&mut answer);
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
