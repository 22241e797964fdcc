//! `doorward totp show`.

use super::{Desk, Target, Wish, told};
use crate::cli::{Exit, Failure, print};
use crate::custody::Codes;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The seed itself is never shown again.

Example:
  doorward totp show web/shop")]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
}

pub(super) async fn run(desk: &Desk<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    let Target { account, purpose } = arguments.target;
    let grant = desk.grant(&account, &(&purpose).into(), Wish::Read).await?;
    let kept = desk.custody().show(&grant).await?;
    let mut text = format!("account    {}\n", grant.account());
    match &kept.at {
        Some(at) => text.push_str(&format!("kept in    {at}\n")),
        None => text.push_str("kept in    nowhere: there is no seed\n"),
    }
    match &kept.codes {
        Codes::None => {}
        Codes::Computed => text.push_str("codes      computed by the vault\n"),
        Codes::Of(shape) => text.push_str(&told(shape)),
    }
    if let Some(until) = kept.removed_until {
        text.push_str(&format!("removed    one that can be restored until {until:.0}\n"));
    }
    for clock in &kept.clocks {
        text.push_str(&format!("clock      {clock}; synchronise both (NTP)\n"));
    }
    if kept.recovery.at.is_some() {
        let (left, count) = (kept.recovery.left(), kept.recovery.codes.len());
        text.push_str(&format!("recovery   {left} of {count} codes left\n"));
    }
    print(&text);
    Ok(Exit::Done)
}
