//! Permission: whether the person at this command line may use an account.

use std::net::{IpAddr, Ipv4Addr};

use super::world::World;
use super::{Exit, Failure};
use crate::access::{self, Ask, Deed, Grant, Person, Policies};
use crate::activity::{Action, Event, Store};
use crate::clock::{Clock, Moment};
use crate::connector::Connector;
use crate::name::{Purpose, SessionId, UserName};
use crate::plan::Request;
use crate::portal::{self, Users};
use crate::session;

/// The person as policies know them: with role, groups and patterns where the portal has a user of their name.
///
/// # Errors
/// Exit 7 when the portal's users cannot be read.
pub(super) async fn person(world: &World, name: &UserName) -> Result<Person, Failure> {
    let stranger =
        || Person { name: name.clone(), role: None, groups: Vec::new(), accounts: Vec::new() };
    // A look must not make the file that it looks for.
    if !world.config.state.join("portal.db").is_file() {
        return Ok(stranger());
    }
    let users = Users::open(&world.config.state, Clock::System).await?;
    let found = users.find(name).await;
    users.close().await?;
    match found {
        Ok(user) => Ok(user.into()),
        Err(portal::Error::Unknown(_)) => Ok(stranger()),
        Err(error) => Err(error.into()),
    }
}

/// The grant for `deed`, which is done with an account: where policies are configured they decide, and elsewhere the
/// vault's own permissions.
///
/// # Errors
/// Exit 4 when it is refused, which is on record then; 7 when that is not possible.
pub(super) async fn allowed(
    world: &World,
    store: &Store,
    deed: Deed<'_>,
) -> Result<Grant, Failure> {
    let user = world.user().ok_or(access::Refusal::Nameless)?;
    let none = Purpose::default();
    let purpose = deed.purpose().unwrap_or(&none);
    let (account, _) = deed.account().ok_or(access::Refusal::Nameless)?;
    let Some(paths) = &world.config.policies else {
        return Ok(access::decide(Some(&user), account, purpose)?);
    };
    let person = person(world, &user).await?;
    let at = Moment::here(Clock::System.now());
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let ask = Ask { person: &person, deed, at, address, default: &world.config.default_vault };
    let refusal = match Policies::new(Some(paths.clone())).now().grant(&ask) {
        Ok(grant) => return Ok(grant),
        Err(refusal) => refusal,
    };
    let mut details = refusal.on_record();
    details.push(("wanted".to_owned(), deed.word().to_owned()));
    let event = Event {
        time: Clock::System.now(),
        session: None,
        user,
        action: Action::Denied,
        account: Some(account.clone()),
        connector: String::new(),
        address: String::new(),
        reason: purpose.reason.clone().unwrap_or_default(),
        client_address: session::LOCAL.to_owned(),
        outcome: "denied".to_owned(),
        details,
    };
    store.append(&[event]).await?;
    Err(Failure::new(Exit::Access, &refusal, refusal.help()))
}

/// The grant for `request`: where policies are configured they decide, and elsewhere the vault's own permissions. What
/// wants a second person is refused: the command line has one.
///
/// # Errors
/// Exit 4 when it is refused, which is on record then; 7 when that is not possible.
pub(super) async fn granted(
    world: &World,
    session: SessionId,
    request: &Request,
    connector: &Connector,
) -> Result<Grant, Failure> {
    let Request { user, account, purpose, .. } = request;
    let permissions = &connector.settings.permissions;
    let (connector, configured) = (&connector.id, &world.config.policies);
    let refusal = match configured {
        _ if permissions.requires_approver => access::Refusal::FourEyes("an approver"),
        _ if permissions.requires_watcher => access::Refusal::FourEyes("a watcher"),
        None => match access::decide(Some(user), account, purpose) {
            Ok(grant) => return Ok(grant),
            Err(refusal) => refusal,
        },
        Some(paths) => {
            let person = person(world, user).await?;
            let ask = Ask {
                person: &person,
                deed: Deed::Connect { account, connector, purpose },
                at: Moment::here(Clock::System.now()),
                address: IpAddr::V4(Ipv4Addr::LOCALHOST),
                default: &world.config.default_vault,
            };
            match Policies::new(Some(paths.clone())).now().grant(&ask) {
                Ok(grant) => return Ok(grant),
                Err(refusal) => refusal,
            }
        }
    };
    let store = Store::open(&world.config.state).await?;
    let why = refusal.on_record();
    let (clock, client) = (Clock::System, session::LOCAL);
    session::refused(&store, clock, session, request, connector.as_str(), client, &why).await?;
    let _ = store.close().await;
    Err(Failure::new(Exit::Access, &refusal, refusal.help()))
}
