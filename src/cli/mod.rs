//! The commands; the only place that prints.

mod account;
mod activity;
mod check;
mod connect;
mod connectors;
mod doctor;
mod exit;
mod explain;
mod failure;
mod fixture;
mod import;
mod launch;
mod links;
mod output;
mod permission;
mod plan;
mod policy;
mod progress;
mod purpose;
mod record;
mod recording;
mod rehearsal;
mod responder;
mod schema;
mod serve;
mod signals;
mod stage;
mod token;
mod totp;
mod trial;
mod user;
mod vault;
mod world;

pub use exit::Exit;
pub use failure::Failure;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Opens privileged web sessions for people who must not see the passwords.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    after_help = "\
First steps:
  doorward doctor                                   what is there, what is missing, what to do
  doorward vault init
  doorward account add web/shop --username alice --url https://shop.example/login
  doorward connect CONNECTOR --account web/shop
  doorward serve                                    the same for several people, in their own browsers

Exit codes: 0 done, 1 not signed in, 2 usage, 3 connector, 4 access refused, 5 vault, 6 browser, 7 record, \
70 a bug of ours."
)]
struct Arguments {
    /// The configuration file [default: ./doorward.yaml, then the XDG configuration folder]
    #[arg(long, global = true, env = "DOORWARD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sign in through a connector and hand the session over
    Connect(connect::Arguments),
    /// Report every problem of connectors, without a vault or a browser
    Check(check::Arguments),
    /// Explain the code of a problem: what it means, an example, how to mend it
    Explain(explain::Arguments),
    /// Print the JSON Schema of a connector, for editors
    Schema(schema::Arguments),
    /// Show what a connector will type where, without a vault or a browser
    Plan(plan::Arguments),
    /// Try a connector on the live page, with a look at every row
    Try(trial::Arguments),
    /// Test a connector on saved pages, or with a test account
    Test(rehearsal::Arguments),
    /// Sign in once by hand, and get the connector written
    Record(record::Arguments),
    /// Carry over a connector of CyberArk, JumpServer or Keeper
    Import(import::Arguments),
    /// Keep the accounts of a KDBX vault; list and show those of any vault
    Account(account::Arguments),
    /// Keep the seeds of one-time codes, show codes to those who may read them, verify second factors
    Totp(totp::Arguments),
    /// Make a KDBX vault
    Vault(vault::Arguments),
    /// Serve the portal: people pick an account and work in the signed-in application in their own browser
    Serve(serve::Arguments),
    /// Keep the users of the portal
    User(user::Arguments),
    /// Keep the API tokens by which scripts use the portal
    Token(token::Arguments),
    /// Check and explain the policies that say who may do what
    Policy(policy::Arguments),
    /// Show who used what, and prove that nothing was altered
    Activity(activity::Arguments),
    /// List, verify, show and export recordings of live sessions
    Recording(recording::Arguments),
    /// Check configuration, connectors, browser, vaults, record and clock, and say what to do
    Doctor(doctor::Arguments),
}

/// Runs the command line and says how it ended. A panic is a bug of ours: it is told by its place, for
/// its words can quote what was at hand, and ends with a code of its own.
pub fn run() -> Exit {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
        eprint(&format!(
            "internal error{place}\nhelp: this is a bug of doorward: please report it\n"
        ));
    }));
    std::panic::catch_unwind(command).unwrap_or(Exit::Bug)
}

fn command() -> Exit {
    world::harden();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() && names_a_secret(std::env::args_os()) => {
            let failure = Failure::usage(
                "no option takes a secret: every program of this machine could read it",
                "leave it out to be asked without echo, or pipe it in with `--secret-stdin` (a user's password: `--password-stdin`)",
            );
            eprint(&failure.text);
            return failure.exit;
        }
        Err(mut error) => {
            conceal(&mut error);
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let named = arguments.config.as_deref();
    let ended = match arguments.command {
        Command::Connect(arguments) => connect::run(named, arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Schema(arguments) => schema::run(arguments),
        Command::Plan(arguments) => plan::run(named, arguments),
        Command::Try(arguments) => trial::run(named, arguments),
        Command::Test(arguments) => rehearsal::run(named, arguments),
        Command::Record(arguments) => record::run(named, arguments),
        Command::Import(arguments) => import::run(arguments),
        Command::Account(arguments) => account::run(named, arguments),
        Command::Totp(arguments) => totp::run(named, arguments),
        Command::Vault(arguments) => vault::run(named, arguments),
        Command::Serve(arguments) => serve::run(named, arguments),
        Command::User(arguments) => user::run(named, arguments),
        Command::Token(arguments) => token::run(named, arguments),
        Command::Policy(arguments) => policy::run(named, arguments),
        Command::Activity(arguments) => activity::run(named, arguments),
        Command::Recording(arguments) => recording::run(named, arguments),
        Command::Doctor(arguments) => doctor::run(named, arguments),
    };
    match ended {
        Ok(exit) => exit,
        Err(failure) => {
            eprint(&failure.text);
            failure.exit
        }
    }
}

/// Whether somebody tried to give a secret as an argument. The parser's own message would repeat it.
fn names_a_secret(arguments: impl Iterator<Item = std::ffi::OsString>) -> bool {
    const NAMES: [&str; 15] = [
        "--code",
        "--codes",
        "--otp",
        "--pass",
        "--passphrase",
        "--passwd",
        "--password",
        "--pw",
        "--secret-id",
        "--secret-key",
        "--seed",
        "--setup-code",
        "--token",
        "--totp",
        "--uri",
    ];
    let arguments: Vec<_> =
        arguments.map(|argument| argument.to_string_lossy().to_lowercase()).collect();
    let named = |name: &str| NAMES.contains(&name.split('=').next().unwrap_or_default());
    // `--secret` is a flag of its own; with a value it is an attempt.
    let valued = |pair: &[String]| matches!(pair, [name, value] if name == "--secret" && !value.starts_with('-'));
    arguments.iter().any(|argument| named(argument) || argument.starts_with("--secret="))
        || arguments.windows(2).any(valued)
}

/// Takes values out of the parser's message where they can be a secret that was given to no option, to
/// one that takes none, or in a URL.
fn conceal(error: &mut clap::Error) {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let text = |error: &clap::Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    };
    let (argument, value) =
        (text(error, ContextKind::InvalidArg), text(error, ContextKind::InvalidValue));
    let gap = || ContextValue::String("…".to_owned());
    if error.kind() == ErrorKind::UnknownArgument && !argument.starts_with('-') {
        error.insert(ContextKind::InvalidArg, gap());
    }
    let flag = error.kind() == ErrorKind::TooManyValues;
    let secret = value.contains('@') || value.starts_with("dwt_");
    if !value.is_empty() && (flag || argument.starts_with("--param") || secret) {
        error.insert(ContextKind::InvalidValue, gap());
    }
}

/// How long the end of a command waits for a collector of traces that does not answer.
const TRACED: std::time::Duration = std::time::Duration::from_secs(1);

/// What launches are told to, as the variables of OpenTelemetry want it.
#[expect(
    clippy::disallowed_methods,
    reason = "these are the variables of OpenTelemetry, and no options of the command line"
)]
fn tracer(meter: &std::sync::Arc<crate::meter::Meter>) -> crate::trace::Tracer {
    crate::trace::Tracer::of(|name| std::env::var(name).ok(), meter)
}

/// Writes to stdout; a reader that went away ends nothing.
fn print(text: &str) {
    use std::io::Write;
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Writes to stderr; a reader that went away ends nothing.
fn eprint(text: &str) {
    use std::io::Write;
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
