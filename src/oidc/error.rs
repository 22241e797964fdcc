//! An error of a sign-in through a provider: what did not hold, and what to do.

use std::io;
use std::path::PathBuf;

use crate::name::UserName;

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that the configuration names cannot be read, or does not hold what it should.
    #[error("cannot use {}, the file of `portal.oidc.{key}`", .path.display())]
    Unreadable {
        /// The key of the configuration.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no client for HTTPS.
    #[error("there is no HTTPS client here: {0}")]
    Client(String),
    /// The system has no random numbers.
    #[error("the system has no random numbers to give")]
    Random,
    /// The provider does not answer.
    #[error("the provider does not answer when it is asked for {what}: {why}")]
    Silent {
        /// What was asked for.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The provider answers with a status that is an error.
    #[error("the provider answers with status {status} when it is asked for {what}")]
    Status {
        /// What was asked for.
        what: &'static str,
        /// The status.
        status: u16,
    },
    /// What the provider answers is not what it has to be.
    #[error("{what} of the provider cannot be used: {found}")]
    Garbled {
        /// What was looked at.
        what: &'static str,
        /// What was found.
        found: &'static str,
    },
    /// The provider says that it is another one.
    #[error("what answers at the address of the provider says that it is another one")]
    Impostor,
    /// The answer names another provider.
    #[error("the answer does not come from the provider that was asked")]
    OtherIssuer,
    /// The provider let nobody in.
    #[error("the provider let you not in: {0}")]
    Declined(&'static str),
    /// There is no code in the answer.
    #[error("the provider sent you back without a code")]
    NoCode,
    /// The code was not taken.
    #[error("the provider does not take the code that it gave: it was used, or is too old")]
    CodeRefused,
    /// The provider does not know doorward by its id and secret.
    #[error("the provider does not take the id and the secret of this portal")]
    ClientRefused,
    /// The token is signed by an algorithm that proves nothing here.
    #[error("the ID token is not signed by a key pair")]
    Algorithm,
    /// The token is signed by a key that the provider does not publish.
    #[error("the ID token is signed by a key that the provider does not publish")]
    UnknownKey,
    /// The signature does not hold.
    #[error("the signature of the ID token does not hold")]
    Signature,
    /// A claim does not hold.
    #[error("the ID token does not hold: {0}")]
    Claim(&'static str),
    /// There is no name in the token that could be used here.
    #[error("the ID token has no `{claim}` that can be a user's name")]
    Nameless {
        /// `portal.oidc.name-claim`.
        claim: String,
    },
    /// None of their groups is one that has a role here.
    #[error("none of the groups that the provider names for you has a role here")]
    NoRole {
        /// Who they are.
        name: UserName,
    },
}

impl Error {
    /// The word in the record.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } | Self::Client(_) => "unusable",
            Self::Random => "random",
            Self::Silent { .. } => "provider-silent",
            Self::Status { .. } => "provider-failed",
            Self::Garbled { .. } => "provider-garbled",
            Self::Impostor | Self::OtherIssuer => "other-issuer",
            Self::Declined(_) => "declined",
            Self::NoCode => "no-code",
            Self::CodeRefused => "code-refused",
            Self::ClientRefused => "client-refused",
            Self::Algorithm => "algorithm",
            Self::UnknownKey => "unknown-key",
            Self::Signature => "signature",
            Self::Claim(_) => "claim",
            Self::Nameless { .. } => "no-name",
            Self::NoRole { .. } => "no-role",
        }
    }

    /// What to do next.
    pub fn help(&self) -> String {
        match self {
            Self::Unreadable { key: "ca-file", .. } => "the file holds the certificates of the authorities, in PEM form",
            Self::Unreadable { .. } => "the file holds the secret alone, in its first line, and is readable for doorward",
            Self::Client(_) | Self::Random => "this is a fault of the machine: its log may say more",
            Self::Silent { .. } | Self::Status { .. } => {
                "try again in a minute; if it stays, ask those who run the provider"
            }
            Self::Garbled { .. } | Self::Impostor => {
                "ask those who run doorward: `portal.oidc.issuer` has to be what the provider calls itself, to the letter"
            }
            Self::OtherIssuer | Self::NoCode | Self::CodeRefused => "sign in again",
            Self::Declined(_) => "ask those who run the provider whether you may use this portal",
            Self::ClientRefused => {
                "ask those who run doorward: `portal.oidc.client-id` and the secret are those of the client at the provider"
            }
            Self::Algorithm => "ask those who run the provider: the client's ID tokens have to be signed by RS256 or ES256",
            Self::UnknownKey | Self::Signature => "sign in again; if it stays, ask those who run the provider",
            Self::Claim(_) => "sign in again; if it stays, the clock here or there is wrong, or the client's settings are",
            Self::Nameless { .. } => "ask those who run doorward: `portal.oidc.name-claim` says which claim is the name",
            Self::NoRole { .. } => {
                "ask an administrator: `portal.oidc.roles` says which groups may use this portal"
            }
        }
        .to_owned()
    }

    /// What an error code of the provider means (RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6). What
    /// else it says came by the browser, and anybody can have written it.
    pub(super) fn declined(code: &str) -> Self {
        Self::Declined(match code {
            "access_denied" => "it says that you or it refused (access_denied)",
            "login_required" => "it says that you have to sign in there first (login_required)",
            "consent_required" => "it says that you have to consent first (consent_required)",
            "interaction_required" | "account_selection_required" => {
                "it says that it has to ask you something first"
            }
            "invalid_scope" => "it does not know the scopes that are asked for (invalid_scope)",
            "unauthorized_client" => "this portal may not ask it (unauthorized_client)",
            "invalid_request" | "unsupported_response_type" => {
                "it does not understand what it is asked (invalid_request)"
            }
            "server_error" | "temporarily_unavailable" => "it has a fault now (server_error)",
            _ => "it gives a reason that is not known here",
        })
    }
}
