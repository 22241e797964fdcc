//! A failure: an error of any module with its exit code, printed once, with its causes and what to do.

use std::error::Error;
use std::fmt::Write;
use std::io::IsTerminal;

use super::Exit;
use crate::diagnostic::{Code, chain, render};
use crate::{
    access, activity, browser, config, custody, factor, portal, recording, session, vault,
};

/// What stands before a cause.
const CAUSED: &str = "\ncaused by: ";

/// What ended a command before it was done.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// The whole text for the terminal, with a line feed at its end.
    pub text: String,
}

impl Failure {
    /// A failure that prints `error` with its chain of causes, and `help` where there is some.
    pub fn new(exit: Exit, error: &dyn Error, help: Option<String>) -> Self {
        let mut text = format!("error: {}\n", chain(error, CAUSED));
        if let Some(help) = help {
            let _ = writeln!(text, "help: {help}");
        }
        Self { exit, text }
    }

    /// The session has ended, and `error` is why that is not on record.
    pub(super) fn unrecorded(error: &activity::Error) -> Self {
        let help = error.help().unwrap_or_default();
        let text = format!(
            "error: the session has ended, and its end is not on record{CAUSED}{}\n\
             help: {help}; the next start writes the end as `interrupted`\n",
            chain(error, CAUSED)
        );
        Self { exit: Exit::Store, text }
    }

    /// A wrong command line, with the way out.
    pub fn usage(message: impl std::fmt::Display, help: &str) -> Self {
        Self { exit: Exit::Usage, text: format!("error: {message}\nhelp: {help}\n") }
    }
}

impl From<config::Error> for Failure {
    fn from(error: config::Error) -> Self {
        Self::new(Exit::Usage, &error, error.help())
    }
}

impl From<access::Refusal> for Failure {
    fn from(error: access::Refusal) -> Self {
        Self::new(Exit::Access, &error, error.help())
    }
}

impl From<vault::Error> for Failure {
    fn from(error: vault::Error) -> Self {
        Self::new(exit_of(&error), &error, error.help())
    }
}

fn exit_of(error: &vault::Error) -> Exit {
    match error {
        vault::Error::Denied { .. } => Exit::Access,
        vault::Error::Settings { .. } | vault::Error::UnknownKind { .. } => Exit::Usage,
        _ => Exit::Vault,
    }
}

impl From<browser::Error> for Failure {
    fn from(error: browser::Error) -> Self {
        Self::new(Exit::Browser, &error, error.help())
    }
}

impl From<session::Error> for Failure {
    fn from(error: session::Error) -> Self {
        match error {
            session::Error::Access(error) => error.into(),
            session::Error::Browser(error) => error.into(),
            session::Error::Record(error) => error.into(),
            session::Error::Vault(error) => error.into(),
            session::Error::Linked { ref source, .. } => {
                Self::new(exit_of(source), &error, error.help())
            }
            session::Error::Unrecorded { ended, source } => {
                let failure = Self::unrecorded(&source);
                match *ended {
                    // The same news.
                    session::Error::Record(_) => failure,
                    ended => Self { text: Self::from(ended).text + &failure.text, ..failure },
                }
            }
            session::Error::Unfit { stop, source_file } => Self {
                exit: match stop.code {
                    Code::InsecureOrigin | Code::WrongAddress => Exit::Connector,
                    _ => Exit::Vault,
                },
                text: render(&stop.diagnostic(&source_file), colour()),
            },
            error @ session::Error::Ended { .. } => {
                Self::new(Exit::NotSignedIn, &error, error.help())
            }
            error => Self::new(Exit::Vault, &error, error.help()),
        }
    }
}

impl From<custody::Error> for Failure {
    fn from(error: custody::Error) -> Self {
        match error {
            custody::Error::Code(error) => error.into(),
            custody::Error::Record(error) => error.into(),
            custody::Error::Vault(error) => error.into(),
            error @ custody::Error::UnknownVault { .. } => {
                Self::new(Exit::Usage, &error, error.help())
            }
            error => Self::new(Exit::Vault, &error, error.help()),
        }
    }
}

/// Whether the terminal wants colours.
pub(super) fn colour() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

impl From<portal::Error> for Failure {
    fn from(error: portal::Error) -> Self {
        use portal::Error as E;
        if let E::Factor(error) = error {
            return error.into();
        }
        let exit = match &error {
            E::Unrecorded(_) | E::Failed { .. } | E::Folder { .. } | E::Foreign { .. } => {
                Exit::Store
            }
            E::Random | E::Unhashed | E::Ended(_) => Exit::Bug,
            _ => Exit::Usage,
        };
        Self::new(exit, &error, error.help())
    }
}

impl From<factor::Error> for Failure {
    fn from(error: factor::Error) -> Self {
        use factor::Error as E;
        let exit = match &error {
            E::Key { .. } | E::KeyBroken { .. } | E::Failed { .. } | E::Sealed { .. } => {
                Exit::Store
            }
            E::Random => Exit::Bug,
            _ => Exit::Usage,
        };
        Self::new(exit, &error, error.help())
    }
}

impl From<recording::Error> for Failure {
    fn from(error: recording::Error) -> Self {
        let exit = match &error {
            recording::Error::KeysUnread { .. } | recording::Error::NoKeys { .. } => Exit::Usage,
            recording::Error::WrongKey { .. } => Exit::Access,
            _ => Exit::Store,
        };
        Self::new(exit, &error, error.help())
    }
}

impl From<activity::Error> for Failure {
    fn from(error: activity::Error) -> Self {
        Self::new(Exit::Store, &error, error.help())
    }
}
