//! `doorward policy explain`: whether somebody may do something, and which policies decide.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use super::check;
use crate::access::{Ask, Deed, Open, Question, Role, Set};
use crate::cli::world::World;
use crate::cli::{Exit, Failure, permission, print};
use crate::clock::{Clock, Moment};
use crate::name::{AccountRef, ConnectorId, GroupName, Purpose, UserName};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Role, groups and patterns are those of the portal's user of this name; --role and --group say others.

Examples:
  doorward policy explain --user ann --account web/shop
  doorward policy explain --user ann --account web/shop --at 2026-03-01T22:00 --address 192.0.2.7 --reason 'ticket 4711'
  doorward policy explain --user new --role operator --group databases --account db/prod --connector pgadmin
  doorward policy explain --user eve --action read-activity
  doorward policy explain --user eve --action replay --account web/shop --of ann

Ends with 0 when it is permitted, and with 4 when it is not.")]
pub(super) struct Arguments {
    /// Who
    #[arg(long, value_name = "NAME")]
    user: UserName,
    /// What
    #[arg(long, value_name = "ACTION", default_value = "connect", value_parser = Deed::WORDS)]
    action: String,
    /// With which account: [vault:][safe/]name
    #[arg(long, value_name = "REF")]
    account: Option<AccountRef>,
    /// Through which connector: its id
    #[arg(long, value_name = "ID")]
    connector: Option<ConnectorId>,
    /// Of whom the session is, for what is done to one of somebody else
    #[arg(long, value_name = "NAME")]
    of: Option<UserName>,
    /// When: 2026-03-01T08:00 as a clock of this machine shows it, or 2026-03-01T08:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Moment>,
    /// From where
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// With which ticket
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,
    /// As if they had this role
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
    /// As if they were in this group and in no other that is not named, as often as needed
    #[arg(long, value_name = "GROUP")]
    group: Vec<GroupName>,
}

fn moment(text: &str) -> Result<Moment, String> {
    Moment::read(text)
        .ok_or_else(|| "it has to be 2026-03-01T08:00, or 2026-03-01T08:00:00Z".to_owned())
}

pub(super) fn run(config: Option<&Path>, arguments: &Arguments) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    let set = match &world.config.policies {
        Some(paths) => check::read(paths)?,
        None => Set::built_in(),
    };
    let mut person = world.run(permission::person(&world, &arguments.user))??;
    person.role = arguments.role.or(person.role);
    if !arguments.group.is_empty() {
        person.groups.clone_from(&arguments.group);
    }
    let default = &world.config.default_vault;
    let question = Question {
        action: arguments.action.clone(),
        account: arguments.account.as_ref().map(|account| account.within(default)),
        of: arguments.of.clone(),
        connector: arguments.connector.clone(),
        purpose: Purpose {
            reason: arguments.reason.clone(),
            ticket: arguments.ticket.clone(),
            ticketing_system: None,
        },
    };
    let deed = question.deed(&set).map_err(|open| {
        let help = match open {
            Open::Account => "name it: `--account web/shop`",
            Open::Session => "name them: `--of ann`",
            Open::Connector => "name one with --connector",
            Open::Action => "`--help` has all of them",
        };
        Failure::usage(open, help)
    })?;
    let at = arguments.at.unwrap_or_else(|| Moment::here(Clock::System.now()));
    let ask = Ask { person: &person, deed, at, address: arguments.address, default };
    let explained = set.explain(&ask);
    print(&explained.told(&set, &ask));
    Ok(if explained.decision.is_permitted() { Exit::Done } else { Exit::Access })
}
