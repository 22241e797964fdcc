//! `doorward totp add`.

use std::path::PathBuf;

use super::{Desk, Target, Wish, answer, source, told};
use crate::cli::{Exit, Failure, eprint, print};
use crate::clock::Clock;
use crate::custody::{Shape, preview};
use crate::offer::Offer;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The picture may be a screenshot of the page that shows the QR code. Without an option the setup code is asked for, without \
echo. The current code is shown, so that it can be typed into the application to finish its set-up; the seed is kept once \
you say that the application took it.

Examples:
  doorward totp add web/shop --qr screenshot.png
  doorward totp add web/shop
  pass show shop/seed | doorward totp add web/shop --setup-code-stdin --yes")]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    from: From,
    /// Keep it without asking
    #[arg(long)]
    yes: bool,
}

/// Where the seed comes from.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct From {
    /// A picture with its QR code: PNG, JPEG or WebP; - reads it from stdin
    #[arg(long, value_name = "FILE")]
    qr: Option<PathBuf>,
    /// Read the setup code from stdin: the text beside the QR code
    #[arg(long)]
    setup_code_stdin: bool,
    /// Read an otpauth:// URI from stdin
    #[arg(long)]
    uri_stdin: bool,
}

pub(super) async fn run(desk: &Desk<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { target: Target { account, purpose }, from, yes } = arguments;
    let grant = desk.grant(&account, &(&purpose).into(), Wish::Change).await?;
    let custody = desk.custody();
    // What would fail anyway fails before a seed is typed.
    let seat = custody.seat(&grant).await?;
    let offered = match from {
        From { qr: Some(path), .. } => source::file(&path, false)?,
        From { setup_code_stdin: true, .. } => source::text(Some("--setup-code-stdin"))?,
        From { uri_stdin: true, .. } => source::text(Some("--uri-stdin"))?,
        _ => source::text(None)?,
    };
    let offer = offered.one()?;
    eprint(&told(&Shape::from(&offer)));
    eprint(&format!("kept in    {seat}\n"));
    if !yes && !confirmed(&offer)? {
        eprint("nothing was kept\n");
        return Ok(Exit::Usage);
    }
    let seat = custody.add(&grant, &offer).await?;
    print(&format!("added a seed to {}: kept in {seat}\n", grant.account()));
    Ok(Exit::Done)
}

/// Shows the code until the person says that the application took it, or that it did not.
fn confirmed(offer: &Offer) -> Result<bool, Failure> {
    loop {
        let code = preview(offer, Clock::System);
        let left = code.left.as_secs().max(1);
        let next = code.next.filter(|_| left < 5);
        let next = next.map_or_else(String::new, |next| format!("; then {}", *next));
        let question = format!(
            "code       {}, for {left} s{next}\n\
             Type it into the application; `c` shows the code of then. Did it take the code, and is the seed to be kept? [y/N] ",
            *code.digits
        );
        let said = answer::ask(&question).ok_or_else(|| answer::nobody("a seed"))?;
        if said.to_lowercase() != "c" {
            return Ok(answer::is_yes(&said));
        }
    }
}
