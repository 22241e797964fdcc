//! An error of the portal: what kept it from starting, or from keeping what it has to keep.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::tokens::LONGEST;
use crate::activity;
use crate::factor;
use crate::name::{TokenName, UserName};
use crate::oidc;

/// Why the portal did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder or the file of the users cannot be made or opened.
    #[error("cannot use {}, which the portal needs", .path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database did not take or give what was asked.
    #[error("the users in {} cannot be read or written", .path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What the database said.
        source: sqlx::Error,
    },
    /// The file is something else.
    #[error("{} is not a list of users of this doorward", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The system has no random numbers.
    #[error("the system has no random numbers to give")]
    Random,
    /// A password could not be hashed.
    #[error("a password cannot be hashed here")]
    Unhashed,
    /// There is a user of that name, case aside.
    #[error("there is a user {0} already")]
    Exists(UserName),
    /// There is no such user.
    #[error("there is no user {0}")]
    Unknown(UserName),
    /// Without them nobody could let anybody in.
    #[error("{0} is the only administrator")]
    LastAdmin(UserName),
    /// The password is easy to guess.
    #[error("this password cannot be used: {0}")]
    Weak(&'static str),
    /// Who comes from a provider has a name that somebody else has here.
    #[error("the name {0} is taken here by somebody else")]
    NameTaken(UserName),
    /// They may not sign in.
    #[error("this user is blocked")]
    Blocked,
    /// Their password is not kept here.
    #[error("{0} signs in through a provider, and has no password here")]
    KeptElsewhere(UserName),
    /// The provider cannot send anybody back to an address that browsers cannot know.
    #[error(
        "`portal.oidc` needs `portal.public-url`: people come back from the provider to an address that it knows"
    )]
    Addressless,
    /// The provider of the configuration cannot be used.
    #[error("the provider of `portal.oidc` cannot be used")]
    Provider(#[source] oidc::Error),
    /// There is a token of theirs of that name.
    #[error("there is an API token `{0}` already")]
    TokenExists(TokenName),
    /// They have as many tokens as one person may have.
    #[error("{0} has as many API tokens as one person may have (50)")]
    TooManyTokens(UserName),
    /// A token has to live for a day or more, and not for ever.
    #[error("an API token lives from 1 to {LONGEST} days")]
    Lifetime,
    /// A token without a scope could do nothing.
    #[error("an API token needs a scope")]
    Scopeless,
    /// There is no such token.
    #[error("{user} has no API token `{name}`")]
    NoToken {
        /// Whose.
        user: UserName,
        /// Which.
        name: TokenName,
    },
    /// The set-up link is not the one that was printed last, was used, or has expired.
    #[error(
        "this set-up link does not work: it was used, it has expired, or doorward was started again since"
    )]
    SetUpOver,
    /// Plain http would go over a network.
    #[error(
        "{0} is not on the loopback interface, and there is no TLS: passwords would go over the network in the clear"
    )]
    Exposed(SocketAddr),
    /// A certificate or key cannot be used.
    #[error("the certificate {} with the key {} cannot be used: {fault}", .certificate.display(), .key.display())]
    Certificate {
        /// `portal.tls.certificate`.
        certificate: PathBuf,
        /// `portal.tls.key`.
        key: PathBuf,
        /// What is wrong with them.
        fault: String,
    },
    /// The address is taken, or not one of this machine.
    #[error("cannot listen on {address}")]
    Listen {
        /// `portal.listen` or `--listen`.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The server ended by itself.
    #[error("the web server ended")]
    Ended(#[source] io::Error),
    /// A second factor was not kept, opened or checked.
    #[error(transparent)]
    Factor(#[from] factor::Error),
    /// Nothing is done that is not on record.
    #[error(transparent)]
    Unrecorded(#[from] activity::Error),
}

impl Error {
    /// That the database at `path` did not do it.
    pub(super) fn of(path: &Path) -> impl FnOnce(sqlx::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Failed { path, source }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Folder { .. } => {
                "make the folder writable for you, or name another one with `state:` in the configuration".into()
            }
            Self::Failed { .. } => "is the disk full, or another program holding the file?".into(),
            Self::Foreign { path } => format!(
                "use the doorward that wrote it; or move {} away, and the users begin anew with a set-up link",
                path.display()
            ),
            Self::Random | Self::Unhashed | Self::Ended(_) => return None,
            Self::Exists(name) => {
                format!("take another name, or change that user: `doorward user change {name} --help`")
            }
            Self::Unknown(_) => "`doorward user list` shows all of them".into(),
            Self::LastAdmin(_) => "make somebody else an administrator first".into(),
            Self::NameTaken(_) => {
                "ask an administrator: the other one can be removed on the page Users, or the provider can call you otherwise".into()
            }
            Self::Blocked => "ask an administrator".into(),
            Self::KeptElsewhere(_) => "change the password where the provider is".into(),
            Self::Addressless => "write the address that browsers use: `portal: { public-url: https://door.example }`".into(),
            Self::Provider(error) => error.help(),
            Self::TokenExists(_) => "take another name, or remove that one first".into(),
            Self::TooManyTokens(_) => "remove those that nobody uses; each is listed with its last use".into(),
            Self::Lifetime => "say how many days; 30 is usual".into(),
            Self::Scopeless => "choose what it is for, such as sessions:start".into(),
            Self::NoToken { .. } => "`doorward token list` shows all of them".into(),
            Self::Weak(_) => "take 12 characters or more; several words do well".into(),
            Self::SetUpOver => {
                "end `doorward serve` and start it again: while there are no users it prints a new link each time".into()
            }
            Self::Exposed(_) => {
                "name a certificate (`portal: { tls: { certificate: FILE, key: FILE } }`), or the https origin of a \
                 proxy in front (`portal: { public-url: https://… }`), or listen on 127.0.0.1"
                    .into()
            }
            Self::Certificate { .. } => {
                "both are PEM files: the certificate with its chain, and its unencrypted private key".into()
            }
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "another program listens there; --listen or `portal.listen` names another port, and port 0 takes a \
                 free one"
                    .into()
            }
            Self::Listen { .. } => "name an address of this machine with --listen or `portal.listen`".into(),
            Self::Factor(error) => return error.help(),
            Self::Unrecorded(error) => return error.help(),
        })
    }
}
