//! Access: whether this person may use this account; a vault asks for the proof before it answers.

use crate::name::{AccountRef, Pattern, Purpose, UserName, VaultName};

/// Proof that access was decided. It has no public constructor but [`decide`] and [`permit`], so a vault that
/// asks for one cannot be read by code that forgot to ask.
#[derive(Debug)]
pub struct Grant {
    account: AccountRef,
    purpose: Purpose,
}

impl Grant {
    /// The account that was granted.
    pub fn account(&self) -> &AccountRef {
        &self.account
    }

    /// Why it was asked for.
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// The grant for an account that is linked to the granted one: who may use the target account
    /// uses its logon account through it, and both are on record.
    #[must_use]
    pub fn linked(&self, account: AccountRef) -> Self {
        Self { account, purpose: self.purpose.clone() }
    }
}

/// Why access was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The person who asks has no name on this machine, so nothing could be put on record for them.
    #[error("nobody asks: the machine has no name for the user who runs doorward")]
    Nameless,
    /// None of the person's patterns names the account.
    #[error("{user} may not use {account}")]
    NotPermitted {
        /// Who asked.
        user: UserName,
        /// For what.
        account: AccountRef,
    },
}

impl Refusal {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Nameless => None,
            Self::NotPermitted { .. } => Some(
                "ask an administrator of the portal: `doorward user change NAME --accounts PATTERN`, or the page \
                 Users"
                    .into(),
            ),
        }
    }
}

/// Decides whether a user of the portal may use `account`, whose vault is named: one of their `patterns` has to
/// name it. Who has none may use nothing.
///
/// # Errors
/// [`Refusal::NotPermitted`].
pub fn permit(
    user: &UserName,
    patterns: &[Pattern],
    account: &AccountRef,
    default: &VaultName,
    purpose: &Purpose,
) -> Result<Grant, Refusal> {
    if patterns.iter().any(|pattern| pattern.matches(account, default)) {
        return Ok(Grant { account: account.clone(), purpose: purpose.clone() });
    }
    Err(Refusal::NotPermitted { user: user.clone(), account: account.clone() })
}

/// Decides whether `user` may use `account` for `purpose`.
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
        Some(_) => Ok(Grant { account: account.clone(), purpose: purpose.clone() }),
        None => Err(Refusal::Nameless),
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, permit};
    use crate::name::{Pattern, Purpose};

    #[test]
    fn a_pattern_names_what_it_says_and_nothing_else() {
        let cases = [
            ("*", "corp:web/shop", true),
            ("web/*", "local:web/shop", true),
            ("web/*", "local:web/eu/shop", true),
            ("web/*", "corp:web/shop", false),
            ("web/*", "local:webs/shop", false),
            ("web/*", "local:web", false),
            ("corp:web/*", "corp:web/shop", true),
            ("corp:web/*", "local:web/shop", false),
            ("*:web/*", "corp:web/shop", true),
            ("corp*:*", "corp-eu:a/b", true),
            ("web/shop", "local:web/shop", true),
            ("web/shop", "local:web/shop2", false),
            ("web/*-admin", "local:web/shop-admin", true),
            ("web/*-admin", "local:web/shop-admin-2", false),
            ("*a*b*a", "local:aba", true),
            ("*ab*ba", "local:aba", false),
            ("Web/*", "local:web/shop", false),
        ];
        let (default, user) = ("local".parse().unwrap(), "ann".parse().unwrap());
        for (pattern, account, expected) in cases {
            let patterns: [Pattern; 1] = [pattern.parse().unwrap()];
            let account = account.parse().unwrap();
            let permitted = permit(&user, &patterns, &account, &default, &Purpose::default());
            assert_eq!(permitted.is_ok(), expected, "{pattern} {account}");
        }
        let account = "local:web/shop".parse().unwrap();
        let refused = permit(&user, &[], &account, &default, &Purpose::default());
        assert!(matches!(refused, Err(Refusal::NotPermitted { .. })), "no pattern, no account");
    }
}
