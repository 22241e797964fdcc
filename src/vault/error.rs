//! Why a vault did not answer as asked.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::{KINDS, http, kdbx};
use crate::name::{AccountRef, VaultName};

/// Why a vault did not answer as asked. Each says what was asked of which vault; `help` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The vault holds no such account.
    #[error("vault `{vault}` holds no account `{account}`")]
    NotFound {
        /// The vault.
        vault: VaultName,
        /// What was asked for.
        account: AccountRef,
        /// The nearest names, best first.
        nearest: Vec<String>,
    },
    /// The vault says that the one who asks may not.
    #[error("vault `{vault}` does not allow `{account}` to be used: {detail}")]
    Denied {
        /// The vault.
        vault: VaultName,
        /// What was asked for.
        account: AccountRef,
        /// What the vault said.
        detail: String,
    },
    /// Several accounts have the same path, so the name does not say which is meant.
    #[error("vault `{vault}` holds {count} accounts named `{account}`")]
    Ambiguous {
        /// The vault.
        vault: VaultName,
        /// What was asked for.
        account: AccountRef,
        /// How many there are.
        count: usize,
    },
    /// The vault does not tell whether there is no such account or whether it may not be seen.
    #[error("vault `{vault}` shows no account `{account}` to {who}")]
    Unseen {
        /// The vault.
        vault: VaultName,
        /// What was asked for.
        account: AccountRef,
        /// Who asked, in words.
        who: String,
    },
    /// Several accounts answer to the name.
    #[error("vault `{vault}` holds several accounts that `{account}` could mean")]
    Several {
        /// The vault.
        vault: VaultName,
        /// What was asked for.
        account: AccountRef,
        /// References that are each of one of them; empty where the vault does not tell.
        candidates: Vec<String>,
    },
    /// The vault gives the account out only to who says why.
    #[error("vault `{vault}` gives out `{account}` only with {what}")]
    Wanted {
        /// The vault.
        vault: VaultName,
        /// What was asked for.
        account: AccountRef,
        /// What it wants to be told.
        what: &'static str,
        /// The option that says it.
        option: &'static str,
    },
    /// Somebody else has checked the account out.
    #[error("`{account}` of vault `{vault}` is in use: {detail}")]
    InUse {
        /// The vault.
        vault: VaultName,
        /// What was asked for.
        account: AccountRef,
        /// What the vault said.
        detail: String,
    },
    /// The vault is changing the password, and did not come to an end of it in time.
    #[error("vault `{vault}` is changing the password of `{account}`")]
    Changing {
        /// The vault.
        vault: VaultName,
        /// What was asked for.
        account: AccountRef,
    },
    /// The account was checked out, and the vault did not take it back.
    #[error("vault `{vault}` did not check `{account}` in: {detail}")]
    NotCheckedIn {
        /// The vault.
        vault: VaultName,
        /// What was checked out.
        account: AccountRef,
        /// What the vault said.
        detail: String,
    },
    /// The vault asks back, and there is no terminal to ask on.
    #[error("vault `{vault}` asks for {what}, and there is nobody to answer")]
    Unanswered {
        /// The vault.
        vault: VaultName,
        /// What it asks for.
        what: &'static str,
        /// The way out.
        instead: &'static str,
    },
    /// The vault asks for a one-time code, and the account that should have it gave none.
    #[error("vault `{vault}` asks for a one-time code, and `{account}` gave none")]
    NoCode {
        /// The vault.
        vault: VaultName,
        /// The account that has the codes.
        account: AccountRef,
        /// Why it gave none.
        source: Cause,
    },
    /// What the vault holds was not brought up to date for too long.
    #[error("vault `{vault}` was last synchronised {age} ago, and cannot be now: {detail}")]
    Stale {
        /// The vault.
        vault: VaultName,
        /// How old its copy is, in words.
        age: String,
        /// What the synchronisation failed of.
        detail: String,
    },
    /// A program that answers for the vault is not there.
    #[error("cannot start `{program}`, the command of vault `{vault}`")]
    NoProgram {
        /// The vault.
        vault: VaultName,
        /// The program, as it was looked for.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// A program that answers for the vault ended with an error.
    #[error("vault `{vault}`: `{asked}` failed: {detail}")]
    Program {
        /// The vault.
        vault: VaultName,
        /// The command line, which holds no secret.
        asked: String,
        /// The last thing it said, bounded.
        detail: String,
        /// The way out.
        help: &'static str,
    },
    /// There is such an account already.
    #[error("vault `{vault}` holds an account `{account}` already")]
    Exists {
        /// The vault.
        vault: VaultName,
        /// What was to be added.
        account: AccountRef,
    },
    /// The account names its logon or reconcile account in a way that is no REF.
    #[error("`{field}` of `{account}` is no account reference")]
    BadLink {
        /// The account that holds the link.
        account: AccountRef,
        /// The field of the vault that holds it.
        field: String,
        /// What is wrong with it.
        source: Box<crate::name::Invalid>,
    },
    /// There is a seed where one was to be kept, or brought back.
    #[error("`{account}` holds a secret already")]
    Seeded {
        /// The account, its vault named.
        account: AccountRef,
    },
    /// There is no seed to take out of use, or to bring back.
    #[error("`{account}` holds no {what}")]
    Unseeded {
        /// The account, its vault named.
        account: AccountRef,
        /// What was looked for.
        what: &'static str,
    },
    /// There are recovery codes that nobody was shown where others were to be kept.
    #[error("`{account}` has {left} recovery codes that nobody was shown")]
    RecoveryLeft {
        /// The account, its vault named.
        account: AccountRef,
        /// How many.
        left: usize,
    },
    /// A code was asked of a vault that gives out seeds and computes none.
    #[error("vault `{vault}` computes no one-time codes itself")]
    NoCodes {
        /// The vault.
        vault: VaultName,
    },
    /// The configuration gives a vault a kind that there is not. What it says is not repeated.
    #[error("vault `{vault}` is of a `kind` that doorward does not know")]
    UnknownKind {
        /// The vault.
        vault: VaultName,
        /// The kind that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A KDBX vault failed.
    #[error("vault `{vault}` cannot be used")]
    Kdbx {
        /// The vault.
        vault: VaultName,
        /// What failed.
        source: kdbx::Error,
    },
    /// The vault held the account once; it was deleted there.
    #[error("`{account}` is gone: {detail}")]
    Gone {
        /// What was asked for, its vault named.
        account: AccountRef,
        /// What was deleted, and when.
        detail: String,
    },
    /// The vault does not take the credential that doorward showed.
    #[error("vault `{vault}` does not accept {credential}: {detail}")]
    Unauthenticated {
        /// The vault.
        vault: VaultName,
        /// The credential in words and where it came from, never its value.
        credential: String,
        /// What the vault said.
        detail: String,
    },
    /// No connection, or it broke before an answer came.
    #[error("cannot reach vault `{vault}` at {endpoint}")]
    Unreachable {
        /// The vault.
        vault: VaultName,
        /// Scheme, host and port.
        endpoint: String,
        /// What the connection died of.
        source: Cause,
    },
    /// The server's certificate does not hold.
    #[error("vault `{vault}` at {endpoint} shows a certificate that is not trusted")]
    Untrusted {
        /// The vault.
        vault: VaultName,
        /// Scheme, host and port.
        endpoint: String,
        /// What is wrong with it.
        source: Cause,
    },
    /// No whole answer came in time.
    #[error("vault `{vault}` did not answer `{asked}` within {}", spelt(*.deadline))]
    Slow {
        /// The vault.
        vault: VaultName,
        /// The call, without secrets.
        asked: String,
        /// How long it was waited for.
        deadline: Duration,
    },
    /// The vault is there and serves nobody.
    #[error("vault `{vault}` at {endpoint} {state}")]
    Unready {
        /// The vault.
        vault: VaultName,
        /// Scheme, host and port.
        endpoint: String,
        /// Why it serves nobody.
        state: Unready,
    },
    /// The vault has more to do than it can, after every retry.
    #[error("vault `{vault}` is too busy for `{asked}` (status {status})")]
    Busy {
        /// The vault.
        vault: VaultName,
        /// The call, without secrets.
        asked: String,
        /// The HTTP status.
        status: u16,
        /// How long it asks to be left alone, where it says so.
        wait: Option<Duration>,
    },
    /// The vault answered with an error that no other variant names.
    #[error("vault `{vault}` answered `{asked}` with status {status}: {detail}")]
    Refused {
        /// The vault.
        vault: VaultName,
        /// The call, without secrets.
        asked: String,
        /// The HTTP status.
        status: u16,
        /// The first thing it said, bounded and without secrets.
        detail: String,
    },
    /// What came back is not what the product's API promises.
    #[error("vault `{vault}` answered `{asked}` with {found}")]
    Garbled {
        /// The vault.
        vault: VaultName,
        /// The call, without secrets.
        asked: String,
        /// The shape of what came back, never its content.
        found: String,
    },
    /// The vault sends elsewhere, and that place is not trusted: nothing was sent there.
    #[error("vault `{vault}` redirects `{asked}` to {to}, {reason}")]
    Redirected {
        /// The vault.
        vault: VaultName,
        /// The call, without secrets.
        asked: String,
        /// Scheme, host and port.
        to: String,
        /// Why that was not followed.
        reason: &'static str,
    },
    /// The configuration of the vault is wrong.
    #[error("the configuration of vault `{vault}` is wrong: `{key}` {message}")]
    Settings {
        /// The vault.
        vault: VaultName,
        /// The key, with the keys above it.
        key: String,
        /// What is wrong with it; reads on from the key.
        message: String,
    },
    /// A file that the configuration names cannot be used.
    #[error("cannot read {path}, the {what} of vault `{vault}`")]
    Unreadable {
        /// The vault.
        vault: VaultName,
        /// What the file is: the key of the configuration that names it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The account is there, and one of its properties cannot be what it has to be.
    #[error("`{key}` of `{account}` {message}")]
    WrongType {
        /// The account, its vault named.
        account: AccountRef,
        /// The name of the property in the vault.
        key: String,
        /// What it is and what it has to be, never its value; reads on from the key.
        message: String,
    },
    /// The vault cannot do what it was asked for.
    #[error("vault `{vault}` {what}")]
    Unsupported {
        /// The vault.
        vault: VaultName,
        /// What it cannot do; reads on from the vault.
        what: String,
        /// The way out.
        instead: &'static str,
    },
}

/// What a connection or a certificate failed of, in the words of the layer that noticed.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a vault that can be reached serves nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unready {
    /// Its storage is locked until its owners unseal it.
    Sealed,
    /// It is a standby node that neither serves nor forwards.
    Standby,
    /// It was never set up.
    Uninitialised,
    /// It passes questions on, and does not reach the server that has the answers.
    CutOff,
    /// It waits for the master password.
    Locked,
    /// Nobody is logged in to it.
    LoggedOut,
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sealed => "is sealed",
            Self::Standby => "is a standby node that serves no requests",
            Self::Uninitialised => "is not initialised",
            Self::CutOff => "does not reach the vault behind it",
            Self::Locked => "is locked",
            Self::LoggedOut => "is logged out",
        })
    }
}

/// A duration as the configuration spells it: `200ms`, `5s`, `42m`.
pub(super) fn spelt(duration: Duration) -> String {
    jiff::SignedDuration::try_from(duration)
        .map_or_else(|_| "for ever".to_owned(), |duration| format!("{duration:#}"))
}

impl Error {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotFound { nearest, .. } if !nearest.is_empty() => {
                Some(format!("the nearest names are {}", nearest.join(", ")))
            }
            Self::NotFound { vault, .. } => {
                Some(format!("`doorward account list {vault}:` shows what it holds"))
            }
            Self::Denied { .. } => {
                Some("ask the vault's owner for the permission to read it".into())
            }
            Self::Ambiguous { .. } => Some(
                "rename all but one of them, or move them to groups of their own, in the vault's own program"
                    .into(),
            ),
            Self::Unseen { .. } => Some(
                "compare safe and name with what the vault has, and ask its owner whether the application and its provider may use that safe"
                    .into(),
            ),
            Self::Several { candidates, .. } if candidates.is_empty() => {
                Some("the vault does not say which: name the safe as well, `safe/name`".into())
            }
            Self::Several { candidates, .. } => {
                let candidates = candidates.iter().map(|name| format!("`{name}`"));
                Some(format!("name one of them: {}", candidates.collect::<Vec<_>>().join(", ")))
            }
            Self::Wanted { option, .. } => {
                Some(format!("say it with `{option}`; it goes on record with the session"))
            }
            Self::InUse { .. } => Some(
                "wait until it is checked in, or ask the vault's owner to unlock it".into(),
            ),
            Self::Changing { .. } => {
                Some("try again in a minute; `deadline` in the vault's configuration waits longer".into())
            }
            Self::NotCheckedIn { .. } => Some(
                "check it in in the vault's own program; if it is not exclusive, set `check-in` in the vault's configuration to `when-exclusive` or `never`".into(),
            ),
            Self::Unanswered { instead, .. } => Some((*instead).into()),
            Self::NoCode { account, .. } => {
                Some(format!("`doorward account show {account}` tells whether it can be had"))
            }
            Self::Stale { .. } => Some(
                "is its server up, and are you still logged in? `max-age` in the vault's configuration allows an older copy"
                    .into(),
            ),
            Self::NoProgram { .. } => Some(
                "install it, or name it with its path as `command` in the vault's configuration".into(),
            ),
            Self::Program { help, .. } => Some((*help).into()),
            Self::Exists { account, .. } => {
                Some(format!("`doorward account edit {account}` changes it"))
            }
            Self::BadLink { account, .. } => Some(format!(
                "a reference is `[vault:][safe/]name`; `doorward account link {account} --logon-account REF` sets it"
            )),
            Self::Seeded { account } => Some(format!(
                "nothing was overwritten; `doorward totp remove {account}` takes a seed out of use, and another can take its place"
            )),
            Self::Unseeded { account, .. } => Some(format!(
                "`doorward totp show {account}` tells what is there; a seed that was removed can be restored for a week"
            )),
            Self::RecoveryLeft { account, .. } => Some(format!(
                "nothing was overwritten; where the application has made new ones, these are worth nothing: `doorward totp recovery remove {account}`, then add the new ones"
            )),
            Self::NoCodes { .. } => Some("this is a bug of ours: please report it".into()),
            Self::UnknownKind { nearest: Some(nearest), .. } => {
                Some(format!("did you mean `kind: {nearest}`?"))
            }
            Self::UnknownKind { nearest: None, .. } => {
                Some(format!("the kinds are: {}", KINDS.join(", ")))
            }
            Self::Kdbx { source, .. } => source.help(),
            Self::Gone { .. } => Some(
                "its owner can bring a deleted version back or write a new one; a destroyed one is lost"
                    .into(),
            ),
            Self::Unauthenticated { .. } => Some(
                "a wrong, an expired, a revoked and a used-up one are refused in the same words; the vault's owner issues a fresh one"
                    .into(),
            ),
            Self::Unreachable { endpoint, .. } => Some(format!(
                "is {endpoint} right, host, port and https or http, and is the server up? `doorward doctor` asks again"
            )),
            Self::Untrusted { endpoint, .. } => Some(format!(
                "name the PEM file of the authority that signed for {endpoint} with `ca-file`, and the host as its certificate has it"
            )),
            Self::Slow { .. } => Some(
                "`timeout` (one call) and `deadline` (all calls for one account) in the vault's configuration give it longer"
                    .into(),
            ),
            Self::Unready { state: Unready::Sealed, .. } => {
                Some("its owners have to unseal it; nothing was wrong with the question".into())
            }
            Self::Unready { state: Unready::Standby, .. } => {
                Some("set `address` to the active node or to the cluster's load balancer".into())
            }
            Self::Unready { state: Unready::Uninitialised, .. } => {
                Some("is this the right server? its owners have to initialise it".into())
            }
            Self::Unready { state: Unready::CutOff, .. } => {
                Some("try again later; the log of its provider says more".into())
            }
            Self::Unready { state: Unready::Locked, .. } => Some(
                "start it with its session key (`BW_SESSION=$(bw unlock --raw) bw serve`), or name a file with the master password as `password-file`: doorward unlocks it then"
                    .into(),
            ),
            Self::Unready { state: Unready::LoggedOut, .. } => {
                Some("`bw login`, then start `bw serve` anew".into())
            }
            Self::Busy { wait: Some(wait), .. } => {
                Some(format!("it asks to be left alone for {}; try again then", spelt(*wait)))
            }
            Self::Busy { wait: None, .. } => {
                Some("try again later; its owners see its load and its quotas".into())
            }
            Self::Refused { status: 401 | 403, .. } => {
                Some("ask the vault's owner for a policy that allows this call".into())
            }
            Self::Refused { status: 500.., .. } => {
                Some("that is a fault of the server; its log says more".into())
            }
            Self::Refused { .. } => Some(
                "compare the account's path, and the vault's settings in the configuration, with what the vault has"
                    .into(),
            ),
            Self::Garbled { .. } => Some(
                "is `address` the vault itself? a proxy or another server answers like this".into(),
            ),
            Self::Redirected { to, reason, .. } if *reason == http::FOREIGN => {
                let host = to.split_once("://").map_or(to.as_str(), |(_, host)| host);
                Some(format!(
                    "nothing was sent there; if that is a node of the same vault, add `{host}` to `trusted-hosts`"
                ))
            }
            Self::Redirected { .. } => {
                Some("set `address` to the active node or to the cluster's load balancer".into())
            }
            Self::Settings { vault, .. } => {
                Some(format!("it stands in the configuration, below `vaults` and `{vault}`"))
            }
            Self::Unreadable { what, .. } => Some(format!(
                "`{what}` names it in the configuration, relative to the configuration's own folder; does it exist, and may you read it?"
            )),
            Self::WrongType { key, .. } => Some(format!("correct `{key}` in the vault")),
            Self::Unsupported { instead, .. } => Some((*instead).into()),
        }
    }
}
