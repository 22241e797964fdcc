//! `doorward account list`.

use std::fmt::Write;

use serde_json::json;

use crate::cli::world::World;
use crate::cli::{Exit, Failure, eprint, print};
use crate::name::{AccountRef, VaultName};
use crate::vault::Summary;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward account list
  doorward account list web/
  doorward account list corp:web/eu/ --format json")]
pub(super) struct Arguments {
    /// The vault, the safe, or both: VAULT: or SAFE/ or VAULT:SAFE/ [default: the default vault]
    #[arg(value_name = "[VAULT:][SAFE/]")]
    below: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// A table for people
    Text,
    /// One array of objects
    Json,
}

pub(super) fn run(world: &World, arguments: Arguments) -> Result<Exit, Failure> {
    let (vault, safe) = below(world, arguments.below.as_deref().unwrap_or_default())?;
    let accounts = world.run(world.vault(&vault)?.list(safe.as_deref()))??;
    match arguments.format {
        Format::Json => print(&as_json(&accounts)),
        Format::Text if accounts.is_empty() => {
            let place = safe.map(|safe| format!(" below `{safe}/`")).unwrap_or_default();
            eprint(&format!("vault `{vault}` holds no accounts{place}\n"));
        }
        Format::Text => print(&as_table(&accounts)),
    }
    Ok(Exit::Done)
}

/// Reads `VAULT:`, `SAFE/`, `SAFE` and `VAULT:SAFE/`.
fn below(world: &World, text: &str) -> Result<(VaultName, Option<String>), Failure> {
    let wrong =
        |error: crate::name::Invalid| Failure::usage(error, "write VAULT: or SAFE/ or VAULT:SAFE/");
    let (vault, safe) = match text.split_once(':') {
        Some((vault, safe)) => (vault.parse().map_err(wrong)?, safe),
        None => (world.config.default_vault.clone(), text),
    };
    let safe = safe.strip_suffix('/').unwrap_or(safe);
    if safe.is_empty() {
        return Ok((vault, None));
    }
    // A safe is a path like that of an account.
    let safe: AccountRef = safe.parse().map_err(wrong)?;
    Ok((vault, Some(safe.path())))
}

fn as_json(accounts: &[Summary]) -> String {
    let rows: Vec<_> = accounts
        .iter()
        .map(|account| {
            json!({
                "account": account.reference.to_string(),
                "username": account.username,
                "address": account.address,
                "logon_account": account.logon_account.as_ref().map(ToString::to_string),
                "properties": account.properties,
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(rows))
}

fn as_table(accounts: &[Summary]) -> String {
    let head = ["ACCOUNT", "USERNAME", "ADDRESS", "LOGON ACCOUNT"].map(str::to_owned);
    let mut rows = vec![head];
    rows.extend(accounts.iter().map(|account| {
        [
            account.reference.to_string(),
            account.username.clone().unwrap_or_default(),
            account.address.clone().unwrap_or_default(),
            account.logon_account.as_ref().map(ToString::to_string).unwrap_or_default(),
        ]
        .map(|cell| shown(&cell))
    }));
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let (first, second, third) = (width(0), width(1), width(2));
    let mut text = String::new();
    for [account, username, address, logon] in &rows {
        let line = format!("{account:first$}  {username:second$}  {address:third$}  {logon}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// Text from a vault for a terminal: what could steer the terminal is shown as a replacement sign.
pub(super) fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}
