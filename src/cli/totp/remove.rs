//! `doorward totp remove` and `restore`.

use super::{Desk, Target, Wish, answer};
use crate::cli::{Exit, Failure, eprint, print};
use crate::custody::Codes;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Switch the second factor off in the application first: it goes on asking for codes otherwise, and nobody can sign in. A \
seed of a KDBX vault can be restored for a week; one in a TOTP engine is gone at once.

Example:
  doorward totp remove web/shop")]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doorward totp restore web/shop")]
pub(super) struct Restore {
    #[command(flatten)]
    target: Target,
}

pub(super) async fn run(desk: &Desk<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { target: Target { account, purpose }, yes } = arguments;
    let grant = desk.grant(&account, &(&purpose).into(), Wish::Change).await?;
    let custody = desk.custody();
    let kept = custody.show(&grant).await?;
    let account = grant.account().clone();
    if kept.codes != Codes::None {
        let back = match kept.restorable {
            true => "It can be restored for a week.",
            false => "It cannot be brought back: the vault gives no seed out.",
        };
        eprint(&format!(
            "warning: the application goes on asking for codes: switch its second factor off there first, or nobody can sign \
             in with {account} any more. {back}\n"
        ));
        if !answer::confirmed(&format!("Remove the seed of {account}?"), yes)? {
            return Ok(Exit::Usage);
        }
    }
    match custody.remove(&grant).await? {
        Some(until) => print(&format!(
            "removed the seed of {account}; `doorward totp restore {account}` brings it back until {until:.0}\n"
        )),
        None => print(&format!("removed the seed of {account} for good\n")),
    }
    Ok(Exit::Done)
}

pub(super) async fn restore(desk: &Desk<'_>, arguments: Restore) -> Result<Exit, Failure> {
    let Target { account, purpose } = arguments.target;
    let grant = desk.grant(&account, &(&purpose).into(), Wish::Change).await?;
    desk.custody().restore(&grant).await?;
    print(&format!("restored the seed of {}\n", grant.account()));
    Ok(Exit::Done)
}
