//! `doorward account edit`.

use super::fields::Fields;
use super::{link, secret};
use crate::cli::world::World;
use crate::cli::{Exit, Failure, print};
use crate::name::AccountRef;
use crate::vault::{Error, Vault};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
An empty --username, --address, --url or --property NAME= takes the value away. What the account was
stays in the entry's history, as in KeePass.

Examples:
  doorward account edit web/shop --address shop.example:8443 --property zone=north
  doorward account edit web/shop --secret
  new-password | doorward account edit web/shop --secret-stdin")]
pub(super) struct Arguments {
    /// The account: [vault:][safe/]name
    #[arg(value_name = "REF")]
    account: AccountRef,
    /// The user name to sign in with
    #[arg(long, value_name = "USER")]
    username: Option<String>,
    #[command(flatten)]
    fields: Fields,
    /// Ask for a new password, without echo
    #[arg(long, conflicts_with = "secret_stdin")]
    secret: bool,
    /// Read a new password from stdin: one line, and one more for each --protected
    #[arg(long)]
    secret_stdin: bool,
}

pub(super) fn run(world: &World, arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { account, username, fields, secret, secret_stdin } = arguments;
    if username.is_none() && fields.is_empty() && !secret && !secret_stdin {
        return Err(Failure::usage(
            "nothing was given to change",
            "`doorward account edit --help` shows what can be changed",
        ));
    }
    fields.check(username.as_deref())?;
    let vault = account.vault().unwrap_or(&world.config.default_vault).clone();
    let account = account.within(&vault);
    let kdbx = world.kdbx(&vault)?;
    // What would fail anyway fails before a secret is typed.
    if secret || secret_stdin || !fields.protected.is_empty() {
        let known = world.run(kdbx.list(account.safe()))??;
        match known.iter().filter(|summary| summary.reference == account).count() {
            1 => {}
            0 => return Err(Error::NotFound { vault, account, nearest: Vec::new() }.into()),
            count => return Err(Error::Ambiguous { vault, account, count }.into()),
        }
    }
    if let Some(other) = &fields.logon_account {
        link::check(world, &account, &other.within(&vault))?;
    }
    let (password, values) = secret::read(secret_stdin, secret || secret_stdin, &fields.protected)?;
    let change = fields.change(&vault, username, password, values)?;
    kdbx.edit(&account, change)?;
    print(&format!("changed {account}\n"));
    Ok(Exit::Done)
}
