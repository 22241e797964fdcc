//! `doorward user`: keeps the users of the portal, also while it runs.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use super::account::secret;
use super::world::World;
use super::{Exit, Failure, eprint, print};
use crate::activity::{Action, Store};
use crate::clock::Clock;
use crate::factor::{Factors, Owner};
use crate::name::{GroupName, Pattern, UserName};
use crate::portal::{Note, Role, Typed, User, Users, witnessed};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Whoever has no pattern may use no account. `web/*` names every account below web in the default vault, \
`corp:web/*` those in the vault corp, `*` alone every account of every vault.

Examples:
  doorward user add ann --accounts 'web/*' --accounts 'corp:web/*'
  doorward user add root --role admin --accounts '*'
  doorward user add eve --role auditor --group security
  doorward user change ann --accounts 'web/shop'     takes the place of all patterns so far
  doorward user password ann
  doorward user reset-factor ann                     ann has lost it, and nobody else can confirm a reset
  doorward user remove ann")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add a user of the portal
    Add(Add),
    /// List the users of the portal
    #[command(after_help = "Example:\n  doorward user list")]
    List,
    /// Give a user a new password; all their sign-ins end
    Password(Password),
    /// Change a user's role, groups or accounts: only what is given
    Change(Change),
    /// Take a user's second factor, which they have lost; all their sign-ins end
    ResetFactor(ResetFactor),
    /// Remove a user; their sign-ins and sessions end
    Remove(Remove),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doorward user add ann --accounts 'web/*' --accounts 'corp:web/*'")]
struct Add {
    /// Their name; case does not tell users apart
    #[arg(value_name = "NAME")]
    name: UserName,
    /// `operator` uses accounts, `approver` also approves of sessions of others, `auditor` sees all activity and watches sessions, `admin` does all of that, keeps users and ends sessions
    #[arg(long, value_name = "ROLE", default_value = "operator")]
    role: Role,
    /// A group that they are in, which access policies can name; as often as needed
    #[arg(long, value_name = "GROUP")]
    group: Vec<GroupName>,
    /// Which accounts they may use, as often as needed
    #[arg(long, value_name = "PATTERN")]
    accounts: Vec<Pattern>,
    /// Read the password from stdin: one line
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doorward user password ann")]
struct Password {
    /// Whose
    #[arg(value_name = "NAME")]
    name: UserName,
    /// Read the password from stdin: one line
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true, id = "what")]
struct Changed {
    /// `operator`, `approver`, `auditor` or `admin`
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
    /// A group that they are in from now on, as often as needed; they leave all others
    #[arg(long, value_name = "GROUP")]
    group: Vec<GroupName>,
    /// They are in no group from now on
    #[arg(long, conflicts_with = "group")]
    no_groups: bool,
    /// Which accounts they may use from now on, as often as needed
    #[arg(long, value_name = "PATTERN")]
    accounts: Vec<Pattern>,
    /// They may use no account from now on
    #[arg(long, conflicts_with = "accounts")]
    no_accounts: bool,
    /// They may not sign in from now on, nor use their API tokens; their sign-ins and sessions end
    #[arg(long)]
    block: bool,
    /// They may sign in again
    #[arg(long, conflicts_with = "block")]
    unblock: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward user change ann --accounts 'web/*'
  doorward user change ann --role admin
  doorward user change ann --block")]
struct Change {
    /// Whom
    #[arg(value_name = "NAME")]
    name: UserName,
    #[command(flatten)]
    changed: Changed,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doorward user remove ann")]
struct Remove {
    /// Whom
    #[arg(value_name = "NAME")]
    name: UserName,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
In the portal one administrator asks for this and another confirms it. Where there is only one, whoever runs doorward
does it here. They sign in by their password alone then, and enrol anew where their role has to have one.

Example:
  doorward user reset-factor ann")]
struct ResetFactor {
    /// Whose
    #[arg(value_name = "NAME")]
    name: UserName,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    world.run(apply(&world, arguments.command))?
}

async fn apply(world: &World, command: Command) -> Result<Exit, Failure> {
    let by = world.user().ok_or_else(|| Failure::from(crate::access::Refusal::Nameless))?;
    let users = Users::open(&world.config.state, Clock::System).await?;
    if let Command::List = command {
        let factors = Factors::open(&world.config.state, Clock::System).await?;
        print(&table(&users.list().await?, &factors.holders().await?));
        return Ok(Exit::Done);
    }
    // Opened first: what cannot be put on record is not done.
    let store = Store::open(&world.config.state).await?;
    let note = |action, user: &UserName| Note::new(action, &by, "local").detail("changed", user);
    let said = match command {
        Command::List => return Ok(Exit::Done),
        Command::Add(Add { name, role, group, accounts, password_stdin }) => {
            if users.find(&name).await.is_ok() {
                return Err(crate::portal::Error::Exists(name).into());
            }
            let user = User::local(name, role, unique(group), accounts);
            let (note, password) =
                (facts(note(Action::UserAdded, &user.name), &user), password(password_stdin)?);
            witnessed(&store, Clock::System, |witness| {
                users.add(&user, password, witness.keep(note))
            })
            .await?;
            let by_patterns = world.config.policies.is_none();
            if by_patterns && user.role != Role::Auditor && user.accounts.is_empty() {
                eprint("note: they may use no account yet; `--accounts PATTERN` names some\n");
            }
            format!("added {}\n", user.name)
        }
        Command::Password(Password { name, password_stdin }) => {
            let user = users.find(&name).await?;
            let password = password(password_stdin)?;
            let note = note(Action::UserChanged, &user.name).detail("what", "password");
            witnessed(&store, Clock::System, |witness| {
                users.set_password(&user.name, password, witness.keep(note))
            })
            .await?;
            format!("{} has a new password\n", user.name)
        }
        Command::Change(Change { name, changed }) => {
            let mut user = users.find(&name).await?;
            user.role = changed.role.unwrap_or(user.role);
            if changed.no_groups || !changed.group.is_empty() {
                user.groups = unique(changed.group);
            }
            if changed.no_accounts || !changed.accounts.is_empty() {
                user.accounts = changed.accounts;
            }
            let blocked = (changed.block || changed.unblock).then_some(changed.block);
            user.blocked = blocked.unwrap_or(user.blocked);
            let note = facts(note(Action::UserChanged, &user.name), &user);
            witnessed(&store, Clock::System, |witness| {
                users.change(&user, blocked, None, witness.keep(note))
            })
            .await?;
            format!("changed {}\n", user.name)
        }
        Command::ResetFactor(ResetFactor { name }) => {
            let user = users.find(&name).await?.name;
            let factors = Factors::open(&world.config.state, Clock::System).await?;
            let (note, owner) = (note(Action::FactorReset, &user), Owner::user(&user));
            let removed = witnessed(&store, Clock::System, |witness| {
                factors.remove(&owner, witness.keep(note))
            });
            if !removed.await? {
                return Err(crate::factor::Error::Absent(user.to_string()).into());
            }
            // What was asked for is done, and on record.
            let nothing = std::future::ready(Ok::<_, crate::factor::Error>(()));
            factors.withdraw_reset(&user, nothing).await?;
            users.end_sign_ins(&user).await?;
            format!("{user} has no second factor any more\n")
        }
        Command::Remove(Remove { name }) => {
            let user = users.find(&name).await?;
            let note = facts(note(Action::UserRemoved, &user.name), &user);
            witnessed(&store, Clock::System, |witness| {
                users.remove(&user.name, witness.keep(note))
            })
            .await?;
            format!("removed {}\n", user.name)
        }
    };
    store.close().await?;
    users.close().await?;
    print(&said);
    Ok(Exit::Done)
}

fn password(stdin: bool) -> Result<Typed, Failure> {
    let text = secret::one(stdin, "--password-stdin", "password")?;
    Ok(text.as_str().to_owned().into())
}

fn facts(note: Note, user: &User) -> Note {
    note.of_user(user)
}

/// Each group once, in the order in which they were given.
fn unique(groups: Vec<GroupName>) -> Vec<GroupName> {
    let mut seen = BTreeSet::new();
    groups.into_iter().filter(|group| seen.insert(group.clone())).collect()
}

fn patterns(user: &User) -> String {
    user.accounts.iter().map(Pattern::as_str).collect::<Vec<_>>().join(" ")
}

fn table(users: &[User], holders: &BTreeSet<String>) -> String {
    let width =
        users.iter().map(|user| user.name.as_str().chars().count()).max().unwrap_or(0).max(4);
    let groups =
        |user: &User| user.groups.iter().map(GroupName::as_str).collect::<Vec<_>>().join(", ");
    let wide = users.iter().map(|user| groups(user).chars().count()).max().unwrap_or(0).max(6);
    let mut text = format!("{:width$}  ROLE      {:wide$}  ACCOUNTS\n", "NAME", "GROUPS");
    for user in users {
        let issuer = user.issuer.as_ref().map(|issuer| format!("  (of {issuer})"));
        let line = format!(
            "{:width$}  {:8}  {:wide$}  {}{}{}{}",
            user.name.as_str(),
            user.role.word(),
            groups(user),
            patterns(user),
            issuer.unwrap_or_default(),
            if holders.contains(user.name.as_str()) { "  (second factor)" } else { "" },
            if user.blocked { "  (blocked)" } else { "" },
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
