//! `doorward account add`.

use super::fields::Fields;
use super::{link, secret};
use crate::cli::world::World;
use crate::cli::{Exit, Failure, print};
use crate::name::AccountRef;
use crate::vault::{Error, Vault};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The password is asked for without echo, unless --secret-stdin reads it. The password of an account for \
one-time codes is its TOTP secret: base32, or a whole otpauth:// URI.

Examples:
  doorward account add web/shop --username alice --url https://shop.example/login
  pass show shop | head -n 1 | doorward account add web/shop --username alice --secret-stdin
  doorward account add codes/shop --username alice --secret-stdin < seed
  doorward account link web/shop --logon-account codes/shop")]
pub(super) struct Arguments {
    /// The account: [vault:][safe/]name; groups that are missing are made
    #[arg(value_name = "REF")]
    account: AccountRef,
    /// The user name to sign in with
    #[arg(long, value_name = "USER")]
    username: String,
    #[command(flatten)]
    fields: Fields,
    /// Read the password from stdin: one line, and one more for each --protected
    #[arg(long)]
    secret_stdin: bool,
}

pub(super) fn run(world: &World, arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { account, username, fields, secret_stdin } = arguments;
    fields.check(Some(&username))?;
    let vault = account.vault().unwrap_or(&world.config.default_vault).clone();
    let account = account.within(&vault);
    let kdbx = world.kdbx(&vault)?;
    // What would fail anyway fails before a secret is typed.
    let known = world.run(kdbx.list(account.safe()))??;
    if known.iter().any(|summary| summary.reference == account) {
        return Err(Error::Exists { vault, account }.into());
    }
    if let Some(other) = &fields.logon_account {
        link::check(world, &account, &other.within(&vault))?;
    }
    let (password, values) = secret::read(secret_stdin, true, &fields.protected)?;
    let change = fields.change(&vault, Some(username), password, values)?;
    kdbx.add(&account, change)?;
    print(&format!("added {account}\n"));
    Ok(Exit::Done)
}
