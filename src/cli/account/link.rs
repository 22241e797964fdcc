//! `doorward account link` and `unlink`.

use crate::access;
use crate::cli::world::World;
use crate::cli::{Exit, Failure, eprint, print};
use crate::name::{AccountRef, Purpose};
use crate::vault::Error;
use crate::vault::kdbx::{self, Change};

/// The arguments of `link`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The other account may be in another vault, of any kind.

Examples:
  doorward account link web/shop --logon-account codes/shop
  doorward account link web/shop --logon-account corp:totp/shop --reconcile-account admins/shop")]
pub(super) struct Link {
    /// The account: [vault:][safe/]name
    #[arg(value_name = "REF")]
    account: AccountRef,
    /// The account that is signed in with beside it, often one that makes one-time codes; a REF without a
    /// vault means the vault of the first
    #[arg(long, value_name = "REF", required_unless_present = "reconcile_account")]
    logon_account: Option<AccountRef>,
    /// The account that can reset its password
    #[arg(long, value_name = "REF")]
    reconcile_account: Option<AccountRef>,
}

/// The arguments of `unlink`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without an option both links are taken away.

Example:
  doorward account unlink web/shop --logon-account")]
pub(super) struct Unlink {
    /// The account: [vault:][safe/]name
    #[arg(value_name = "REF")]
    account: AccountRef,
    /// Take the link to the logon account away
    #[arg(long)]
    logon_account: bool,
    /// Take the link to the reconcile account away
    #[arg(long)]
    reconcile_account: bool,
}

pub(super) fn run(world: &World, arguments: Link) -> Result<Exit, Failure> {
    let vault = arguments.account.vault().unwrap_or(&world.config.default_vault).clone();
    let account = arguments.account.within(&vault);
    let kdbx = world.kdbx(&vault)?;
    let mut change = Change::default();
    let mut told = String::new();
    for (other, link, kind) in [
        (arguments.logon_account, &mut change.logon_account, "logon account"),
        (arguments.reconcile_account, &mut change.reconcile_account, "reconcile account"),
    ] {
        if let Some(other) = other {
            let other = other.within(&vault);
            check(world, &account, &other)?;
            told.push_str(&format!("{account} has {other} as its {kind}\n"));
            *link = kdbx::Link::Set(other);
        }
    }
    kdbx.edit(&account, change)?;
    print(&told);
    Ok(Exit::Done)
}

pub(super) fn undo(world: &World, arguments: Unlink) -> Result<Exit, Failure> {
    let vault = arguments.account.vault().unwrap_or(&world.config.default_vault).clone();
    let account = arguments.account.within(&vault);
    let both = !arguments.logon_account && !arguments.reconcile_account;
    let mut change = Change::default();
    if both || arguments.logon_account {
        change.logon_account = kdbx::Link::Clear;
    }
    if both || arguments.reconcile_account {
        change.reconcile_account = kdbx::Link::Clear;
    }
    world.kdbx(&vault)?.edit(&account, change)?;
    print(&format!("unlinked {account}\n"));
    Ok(Exit::Done)
}

/// Makes sure that an account to link to exists. A vault that cannot be asked now is no reason to
/// refuse: the link is only a name.
pub(super) fn check(
    world: &World,
    account: &AccountRef,
    other: &AccountRef,
) -> Result<(), Failure> {
    if account == other {
        return Err(Failure::usage(
            format!("{account} cannot be linked to itself"),
            "name the account that holds the other secret",
        ));
    }
    let (vault, other) = world.vault_of(other)?;
    let unchecked = |why: &str| {
        eprint(&format!("warning: whether {other} exists was not checked: {why}\n"));
        Ok(())
    };
    let kept_here = other.vault().and_then(|name| world.config.vaults.get(name));
    if kept_here.is_none_or(|entry| entry.kind != "kdbx") {
        // A look at a list: elsewhere a secret that is fetched is on somebody's record, or checked out.
        return match world.run(vault.list(other.safe()))? {
            Ok(known) if known.iter().any(|summary| summary.reference == other) => Ok(()),
            Ok(_) => unchecked("the list of its vault does not have it"),
            Err(error) => unchecked(&error.to_string()),
        };
    }
    let grant = access::decide(world.user().as_ref(), &other, &Purpose::default())?;
    match world.run(vault.account(&grant))? {
        Ok(_) => Ok(()),
        Err(error @ (Error::NotFound { .. } | Error::Ambiguous { .. })) => Err(error.into()),
        Err(error) => unchecked(&error.to_string()),
    }
}
