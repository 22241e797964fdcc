//! A grant: the proof that access was decided.

use super::decision::{Decision, Verdict};
use crate::name::{AccountRef, Purpose, UserName};

/// Proof that access was decided. It has no public constructor but [`decide`] and [`super::Set::grant`], so a vault
/// that asks for one cannot be read by code that forgot to ask.
#[derive(Debug)]
pub struct Grant {
    user: UserName,
    account: AccountRef,
    purpose: Purpose,
    policies: Vec<String>,
}

impl Grant {
    pub(super) fn new(
        user: &UserName,
        account: AccountRef,
        purpose: &Purpose,
        policies: Vec<String>,
    ) -> Self {
        Self { user: user.clone(), account, purpose: purpose.clone(), policies }
    }

    /// Who it was granted to.
    pub fn user(&self) -> &UserName {
        &self.user
    }

    /// The account that was granted.
    pub fn account(&self) -> &AccountRef {
        &self.account
    }

    /// Why it was asked for.
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// The ids of the policies that permitted it; none where no policy was asked.
    pub fn policies(&self) -> &[String] {
        &self.policies
    }

    /// The grant for an account that is linked to the granted one: who may use the target account
    /// uses its logon account through it, and both are on record.
    #[must_use]
    pub fn linked(&self, account: AccountRef) -> Self {
        Self {
            user: self.user.clone(),
            account,
            purpose: self.purpose.clone(),
            policies: self.policies.clone(),
        }
    }
}

/// Why access was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The person who asks has no name on this machine, so nothing could be put on record for them.
    #[error("nobody asks: the machine has no name for the user who runs doorward")]
    Nameless,
    /// The policies, or without any the person's patterns, do not let them.
    #[error("{user} may not {what} {account}{}", .decision.because())]
    NotPermitted {
        /// Who asked.
        user: UserName,
        /// What they may not do with it.
        what: &'static str,
        /// For what.
        account: AccountRef,
        /// What decided.
        decision: Box<Decision>,
    },
    /// The connector wants somebody else there, and at this place there is nobody.
    #[error("a session through this connector wants {0}, and the command line has none")]
    FourEyes(&'static str),
    /// A session was to begin with the grant of another one.
    #[error("access to {granted} was granted, and not to {account}")]
    Misused {
        /// What was granted.
        granted: AccountRef,
        /// What was to be used.
        account: AccountRef,
    },
}

impl Refusal {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Nameless => None,
            Self::NotPermitted { decision, .. } => Some(decision.help()),
            Self::FourEyes(_) => Some(
                "open it at the portal (`doorward serve`), where somebody else approves or watches"
                    .into(),
            ),
            Self::Misused { .. } => Some("this is a bug of doorward: please report it".into()),
        }
    }

    /// The word and the facts for the record.
    pub fn on_record(&self) -> Vec<(String, String)> {
        let cause = |word: &str| ("cause".to_owned(), word.to_owned());
        match self {
            Self::Nameless => vec![cause("nameless")],
            Self::FourEyes(_) => vec![cause("four-eyes")],
            Self::Misused { .. } => vec![cause("misused-grant")],
            Self::NotPermitted { decision, .. } => {
                let word = match decision.verdict {
                    Verdict::Broken => "policies-broken",
                    _ => "not-permitted",
                };
                let mut facts = vec![cause(word)];
                facts.extend(decision.on_record());
                facts
            }
        }
    }
}

/// Decides whether `user` may use `account` for `purpose` where no policies are asked.
///
/// On the command line the person runs doorward with their own rights: the vault's key file, token
/// file and policies say what they may read, and the vault refuses the rest. So a person with a name
/// is granted here.
///
/// # Errors
/// [`Refusal::Nameless`] when there is nobody to put on record.
pub fn decide(
    user: Option<&UserName>,
    account: &AccountRef,
    purpose: &Purpose,
) -> Result<Grant, Refusal> {
    match user {
        Some(user) => Ok(Grant::new(user, account.clone(), purpose, Vec::new())),
        None => Err(Refusal::Nameless),
    }
}
