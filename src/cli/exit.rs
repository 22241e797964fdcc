//! Exit codes: a public, documented type.

/// How the process ends. Scripts may rely on these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Done; for `connect`: the session was signed in.
    Done = 0,
    /// The session did not succeed: refused by the site, stuck at a row, or unclear.
    NotSignedIn = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The connector, or an access policy, has problems.
    Connector = 3,
    /// Access was refused, by doorward or by the vault.
    Access = 4,
    /// The vault failed, or the account in it is not usable.
    Vault = 5,
    /// The browser or its driver failed.
    Browser = 6,
    /// The store failed: no record, no session.
    Store = 7,
    /// A bug of ours.
    Bug = 70,
}

impl Exit {
    /// The word for `--format json`, where nothing more exact is known.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotSignedIn => "not-signed-in",
            Self::Usage => "usage",
            Self::Connector => "connector",
            Self::Access => "access-refused",
            Self::Vault => "vault-failed",
            Self::Browser => "browser-failed",
            Self::Store => "record-failed",
            Self::Bug => "internal",
        }
    }
}

impl std::process::Termination for Exit {
    fn report(self) -> std::process::ExitCode {
        std::process::ExitCode::from(self as u8)
    }
}
