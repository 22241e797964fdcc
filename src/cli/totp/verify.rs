//! `doorward totp verify`: whether a code is somebody's second factor, for scripts and applications on this machine.

use super::Desk;
use crate::activity::Action;
use crate::cli::account::secret;
use crate::cli::{Exit, Failure, print};
use crate::clock::Clock;
use crate::factor::{Factors, Owner, Subject, Verdict};
use crate::name::UserName;
use crate::portal::{Note, Users};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The code, or a recovery code of a user of the portal, is read from stdin: one line. Each counts once, whoever asks: the
portal, the REST API and this command look into one file. After some wrong ones the subject has to wait.

Exit codes: 0 it was right, 4 it was not, or the subject has to wait.

Examples:
  printf '%s\\n' \"$code\" | doorward totp verify ann
  printf '%s\\n' \"$code\" | doorward totp verify PS0042 --application peoplesoft")]
pub(super) struct Arguments {
    /// Whose it is to be: a user of the portal; with --application, as that application calls them
    #[arg(value_name = "SUBJECT")]
    subject: Subject,
    /// The user of the portal as whom an application enrolled its people
    #[arg(long, value_name = "USER")]
    application: Option<UserName>,
}

pub(super) async fn run(desk: &Desk<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    let Desk { world, store } = desk;
    let by = world.user().ok_or_else(|| Failure::from(crate::access::Refusal::Nameless))?;
    let state = &world.config.state;
    let users = Users::open(state, Clock::System).await?;
    let Arguments { subject, application } = &arguments;
    let (owner, note) = match application {
        Some(application) => {
            let application = users.find(application).await?.name;
            let note = |action| {
                Note::new(action, &by, "local")
                    .detail("subject", subject)
                    .detail("application", &application)
            };
            (
                Owner::of(&application, subject),
                [Action::FactorVerified, Action::FactorRefused].map(note),
            )
        }
        None => {
            let wrong = |error: crate::name::Invalid| {
                Failure::usage(error, "name a user of the portal; `doorward user list` shows them")
            };
            let name = subject.to_string().parse::<UserName>().map_err(wrong)?;
            let user = users.find(&name).await?.name;
            let note = |action| Note::new(action, &by, "local").detail("subject", &user);
            (Owner::user(&user), [Action::FactorVerified, Action::FactorRefused].map(note))
        }
    };
    let typed = secret::one(true, "totp verify", "code")?;
    let factors = Factors::open(state, Clock::System).await?;
    let verdict = factors.verify(&owner, &typed).await?;
    let [verified, refused] = note;
    let (note, failure) = match verdict {
        Verdict::Passed(proof) => (verified.outcome("verified").of_proof(proof, ""), None),
        Verdict::Refused(cause) => {
            let failure = refusal(
                "this code is not accepted",
                "wait for the next code and type that: each counts once, for half a minute; why it was refused is on record",
            );
            (refused.outcome("refused").detail("cause", cause.word()), Some(failure))
        }
        Verdict::Wait(left) => {
            let seconds = left.as_secs() + 1;
            let help = format!("wait {seconds} seconds, then try again");
            let failure = refusal("too many attempts were wrong", &help);
            (refused.outcome("refused").detail("cause", "wait"), Some(failure))
        }
    };
    note.keep(store, Clock::System).await?;
    factors.close().await?;
    users.close().await?;
    match failure {
        Some(failure) => Err(failure),
        None => {
            print("verified\n");
            Ok(Exit::Done)
        }
    }
}

fn refusal(message: &str, help: &str) -> Failure {
    Failure { exit: Exit::Access, text: format!("error: {message}\nhelp: {help}\n") }
}
