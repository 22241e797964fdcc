//! `doorward account`: one file per command.

mod add;
mod edit;
mod fields;
mod link;
mod list;
mod remove;
pub(super) mod secret;
mod show;

use std::path::Path;

use super::world::World;
use super::{Exit, Failure};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
An account is named [vault:][safe/]name; in a KDBX vault a safe is a path of groups.
Secrets are asked for without echo, or piped in with --secret-stdin; no option takes one.

Examples:
  doorward account add web/shop --username alice --url https://shop.example/login
  doorward account list
  doorward account add --help")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Box<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add an account to a KDBX vault
    Add(add::Arguments),
    /// Change an account of a KDBX vault: only what is given
    Edit(edit::Arguments),
    /// Remove an account from a KDBX vault for good
    Remove(remove::Arguments),
    /// List the accounts of a vault
    List(list::Arguments),
    /// Show an account, without its secrets
    Show(show::Arguments),
    /// Link an account to its logon account or reconcile account
    Link(link::Link),
    /// Take an account's links away
    Unlink(link::Unlink),
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    match *arguments.command {
        Command::Add(arguments) => add::run(&world, arguments),
        Command::Edit(arguments) => edit::run(&world, arguments),
        Command::Remove(arguments) => remove::run(&world, arguments),
        Command::List(arguments) => list::run(&world, arguments),
        Command::Show(arguments) => show::run(&world, arguments),
        Command::Link(arguments) => link::run(&world, arguments),
        Command::Unlink(arguments) => link::undo(&world, arguments),
    }
}
