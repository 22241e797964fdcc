//! `doorward totp import`.

use std::path::PathBuf;

use super::{Desk, Wish, answer, source};
use crate::access::Grant;
use crate::cli::{Exit, Failure, eprint, print, purpose};
use crate::custody::Shape;
use crate::name::AccountRef;
use crate::offer::{Export, Offer};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
In Google Authenticator: Transfer accounts, Export accounts; then take a picture of each QR code that it shows. The account \
of each seed is asked for; in scripts `--map` says it, by the issuer, by the name, or by both with a colon. What no `--map` \
names is left out.

Examples:
  doorward totp import export.png
  doorward totp import export.png --map 'GitHub:ops@example=web/github' --map Acme=web/acme --yes")]
pub(super) struct Arguments {
    /// A picture with the QR code of the export, or its text; - reads it from stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// To which account a seed belongs, as often as needed
    #[arg(long, value_name = "NAME=REF", value_parser = map)]
    map: Vec<(String, AccountRef)>,
    #[command(flatten)]
    purpose: purpose::Arguments,
    /// Keep them without asking
    #[arg(long)]
    yes: bool,
}

fn map(text: &str) -> Result<(String, AccountRef), String> {
    let (name, account) = text.rsplit_once('=').ok_or("it has to be NAME=REF")?;
    let account = account.parse().map_err(|error: crate::name::Invalid| error.to_string())?;
    Ok((name.trim().to_owned(), account))
}

pub(super) async fn run(desk: &Desk<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { file, map, purpose, yes } = arguments;
    let purpose = (&purpose).into();
    let export = source::file(&file, true)?.all();
    list(&export);
    let chosen = match map.is_empty() {
        true => asked(export.offers)?,
        false => mapped(export.offers, &map)?,
    };
    if chosen.is_empty() {
        eprint("nothing was kept\n");
        return Ok(Exit::Usage);
    }
    let custody = desk.custody();
    // All of them fit before the first is kept.
    let mut ready: Vec<(Grant, Offer)> = Vec::new();
    for (account, offer) in chosen {
        let grant = desk.grant(&account, &purpose, Wish::Change).await?;
        if ready.iter().any(|(other, _)| other.account() == grant.account()) {
            return Err(Failure::usage(
                format!("two seeds are meant for {}", grant.account()),
                "an account has one; nothing was changed",
            ));
        }
        let seat = custody.seat(&grant).await?;
        eprint(&format!("{} goes to {}, kept in {seat}\n", offer.label, grant.account()));
        ready.push((grant, offer));
    }
    if !answer::confirmed(&format!("Keep {} seeds?", ready.len()), yes)? {
        return Ok(Exit::Usage);
    }
    for (grant, offer) in &ready {
        let seat = custody.add(grant, offer).await?;
        print(&format!("added a seed to {}: kept in {seat}\n", grant.account()));
    }
    Ok(Exit::Done)
}

fn list(export: &Export) {
    if export.parts > 1 {
        eprint(&format!(
            "this is picture {} of {}: import the others as well\n",
            export.part, export.parts
        ));
    }
    for (number, offer) in export.offers.iter().enumerate() {
        let Shape { algorithm, digits, period, .. } = Shape::from(offer);
        let (number, period) = (number + 1, period.as_secs());
        eprint(&format!(
            "{number:>3}  {}: {digits} digits every {period} s, {}\n",
            offer.label,
            algorithm.word()
        ));
    }
    for left in &export.left {
        eprint(&format!("  –  {}: left out: {}\n", left.label, left.why));
    }
}

/// Those that `map` names; a name that fits none or several is wrong.
fn mapped(
    offers: Vec<Offer>,
    map: &[(String, AccountRef)],
) -> Result<Vec<(AccountRef, Offer)>, Failure> {
    let mut chosen: Vec<Option<AccountRef>> = offers.iter().map(|_| None).collect();
    for (name, account) in map {
        let fits: Vec<usize> = offers
            .iter()
            .enumerate()
            .filter(|(_, o)| is_named(o, name))
            .map(|(at, _)| at)
            .collect();
        let help = "`--map` names a seed by its issuer, its name, or both as `ISSUER:NAME`; nothing was changed";
        match fits.as_slice() {
            [at] => {
                if let Some(slot) = chosen.get_mut(*at)
                    && slot.replace(account.clone()).is_some()
                {
                    return Err(Failure::usage(format!("`{name}` is mapped twice"), help));
                }
            }
            [] => {
                return Err(Failure::usage(
                    format!("no seed of the export is named `{name}`"),
                    help,
                ));
            }
            several => {
                let count = several.len();
                return Err(Failure::usage(
                    format!("{count} seeds of the export are named `{name}`"),
                    help,
                ));
            }
        }
    }
    let both = chosen.into_iter().zip(offers);
    Ok(both.filter_map(|(account, offer)| Some((account?, offer))).collect())
}

fn is_named(offer: &Offer, name: &str) -> bool {
    let part = |part: &Option<String>| part.clone().unwrap_or_default().to_lowercase();
    let (issuer, account) = (part(&offer.label.issuer), part(&offer.label.account));
    let name = name.to_lowercase();
    !name.is_empty() && (name == issuer || name == account || name == format!("{issuer}:{account}"))
}

/// Asks for the account of each.
fn asked(offers: Vec<Offer>) -> Result<Vec<(AccountRef, Offer)>, Failure> {
    let mut chosen = Vec::new();
    for offer in offers {
        loop {
            let question = format!(
                "{}: which account? [safe/]name, or nothing to leave it out: ",
                offer.label
            );
            let said = answer::ask(&question).ok_or_else(|| {
                Failure::usage(
                    "there is no terminal to ask for the accounts on",
                    "say them with `--map NAME=REF`; nothing was changed",
                )
            })?;
            if said.is_empty() {
                break;
            }
            match said.parse() {
                Ok(account) => {
                    chosen.push((account, offer));
                    break;
                }
                Err(error) => {
                    let error: crate::name::Invalid = error;
                    eprint(&format!("{error}\n"));
                }
            }
        }
    }
    Ok(chosen)
}
