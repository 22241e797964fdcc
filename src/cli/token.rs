//! `doorward token`: keeps the API tokens of the portal's users, also while it runs.

use std::fmt::Write;
use std::path::Path;

use super::world::World;
use super::{Exit, Failure, eprint, print};
use crate::activity::{Action, Store};
use crate::clock::Clock;
use crate::name::{TokenName, UserName};
use crate::portal::{ApiToken, LONGEST, Note, Scope, USUAL, Users, witnessed};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A token may do what its scopes say, and of that only what its person may. It is printed once, when it is made.

Scopes: sessions:start, sessions:read, sessions:end, activity:read, accounts:read, recordings:read, policy:check, factors.

Examples:
  doorward token add ann nightly-report --scope activity:read > token
  doorward token add ann ci --scope sessions:start --scope sessions:end --days 90
  doorward token list
  doorward token remove ann ci")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make an API token of a user, and print it
    Add(Add),
    /// List API tokens, without the tokens
    List(List),
    /// Remove an API token: it ends at once
    Remove(Remove),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doorward token add ann nightly-report --scope activity:read > token")]
struct Add {
    /// Whose it is to be
    #[arg(value_name = "USER")]
    user: UserName,
    /// What it is called: a word for what uses it
    #[arg(value_name = "NAME")]
    name: TokenName,
    /// What it may do, as often as needed
    #[arg(long, value_name = "SCOPE", required = true)]
    scope: Vec<Scope>,
    /// After how many days it ends
    #[arg(long, value_name = "DAYS", default_value_t = USUAL,
          value_parser = clap::value_parser!(u16).range(1..=i64::from(LONGEST)))]
    days: u16,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward token list
  doorward token list ann")]
struct List {
    /// Whose [default: everybody's]
    #[arg(value_name = "USER")]
    user: Option<UserName>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doorward token remove ann ci")]
struct Remove {
    /// Whose
    #[arg(value_name = "USER")]
    user: UserName,
    /// Which
    #[arg(value_name = "NAME")]
    name: TokenName,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    world.run(apply(&world, arguments.command))?
}

async fn apply(world: &World, command: Command) -> Result<Exit, Failure> {
    let by = world.user().ok_or_else(|| Failure::from(crate::access::Refusal::Nameless))?;
    let users = Users::open(&world.config.state, Clock::System).await?;
    if let Command::List(List { user }) = &command {
        if let Some(user) = user {
            users.find(user).await?;
        }
        print(&table(&users.tokens(user.as_ref()).await?));
        return Ok(Exit::Done);
    }
    // Opened first: what cannot be put on record is not done.
    let store = Store::open(&world.config.state).await?;
    let note = |action| Note::new(action, &by, "local");
    match command {
        Command::List(_) => {}
        Command::Add(Add { user, name, scope, days }) => {
            let note = note(Action::TokenAdded);
            let (shown, token) = witnessed(&store, Clock::System, |witness| {
                users.add_token(&user, name, &scope, days, |token| {
                    witness.keep(note.of_token(token))
                })
            })
            .await?;
            eprint(&format!(
                "made `{}` of {}, until {:.0}; it is shown this once\n",
                token.name, token.user, token.expires
            ));
            print(&zeroize::Zeroizing::new(format!("{}\n", shown.text())));
        }
        Command::Remove(Remove { user, name }) => {
            let user = users.find(&user).await?.name;
            let mut tokens = users.tokens(Some(&user)).await?.into_iter();
            let Some(token) = tokens.find(|token| token.name == name) else {
                return Err(crate::portal::Error::NoToken { user, name }.into());
            };
            let note = note(Action::TokenRemoved).of_token(&token);
            witnessed(&store, Clock::System, |witness| {
                users.remove_token(token.id, witness.keep(note))
            })
            .await?;
            print(&format!("removed `{name}` of {user}\n"));
        }
    }
    store.close().await?;
    users.close().await?;
    Ok(Exit::Done)
}

fn table(tokens: &[ApiToken]) -> String {
    let rows = tokens.iter().map(|token| {
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.word()).collect();
        let expires = format!("{:.0}", token.expires);
        [
            token.user.to_string(),
            token.name.to_string(),
            if token.is_expired { format!("{expires} over") } else { expires },
            match &token.used {
                Some((used, from)) => format!("{used:.0} {from}"),
                None => "never".to_owned(),
            },
            scopes.join(" "),
        ]
    });
    let head = ["USER", "NAME", "EXPIRES", "LAST USED", "SCOPES"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let [user, name, expires, used] = [0, 1, 2, 3].map(width);
    let mut text = String::new();
    for [a, b, c, d, e] in &rows {
        let _ = writeln!(text, "{a:user$}  {b:name$}  {c:expires$}  {d:used$}  {e}");
    }
    text
}
