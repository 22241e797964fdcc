//! A question: what somebody wants to have explained, in the words of a person; what they leave out is open.

use std::sync::LazyLock;

use super::ask::Deed;
use super::set::Set;
use crate::name::{AccountRef, ConnectorId, Purpose, UserName};

static ANY: LazyLock<ConnectorId> = LazyLock::new(ConnectorId::any);

/// What is to be done, as it was asked.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// One of [`Deed::WORDS`].
    pub action: String,
    /// With which account, its vault named.
    pub account: Option<AccountRef>,
    /// Whose session it is.
    pub of: Option<UserName>,
    /// Through which connector.
    pub connector: Option<ConnectorId>,
    /// Why.
    pub purpose: Purpose,
}

/// What a question leaves open and has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Open {
    /// There is no such action.
    #[error("there is no such action")]
    Action,
    /// It is about an account.
    #[error("with which account?")]
    Account,
    /// It is about a session of somebody else.
    #[error("of whom is the session?")]
    Session,
    /// The policies look at the connector.
    #[error("through which connector? the policies look at it")]
    Connector,
}

impl Open {
    /// What to do next.
    pub fn help(self) -> String {
        match self {
            Self::Action => format!("the actions are {}", Deed::WORDS.join(", ")),
            Self::Account => "name it, such as web/shop".to_owned(),
            Self::Session => "name the user".to_owned(),
            Self::Connector => "name one by its id".to_owned(),
        }
    }
}

impl Question {
    /// The deed that is asked about; `set` says whether the connector matters.
    ///
    /// # Errors
    /// [`Open`].
    pub fn deed(&self, set: &Set) -> Result<Deed<'_>, Open> {
        let account = || self.account.as_ref().ok_or(Open::Account);
        let session = || Ok((self.of.as_ref().ok_or(Open::Session)?, account()?));
        Ok(match self.action.as_str() {
            "connect" => {
                let account = account()?;
                let connector = match &self.connector {
                    Some(connector) => connector,
                    None if set.looks_at_connector() => return Err(Open::Connector),
                    None => &ANY,
                };
                Deed::Connect { account, connector, purpose: &self.purpose }
            }
            "read-code" => Deed::ReadCode { account: account()?, purpose: &self.purpose },
            "totp-change" => Deed::ChangeSeed { account: account()?, purpose: &self.purpose },
            "approve" => session().map(|(of, account)| Deed::Approve { of, account })?,
            "watch-session" => session().map(|(of, account)| Deed::WatchSession { of, account })?,
            "control-session" => {
                session().map(|(of, account)| Deed::ControlSession { of, account })?
            }
            "end-session" => session().map(|(of, account)| Deed::EndSession { of, account })?,
            "replay" => session().map(|(of, account)| Deed::Replay { of, account })?,
            "read-activity" => Deed::ReadActivity,
            "manage-users" => Deed::ManageUsers,
            "manage-policies" => Deed::ManagePolicies,
            "try-connector" => Deed::TryConnector,
            _ => return Err(Open::Action),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Deed, Open, Question, Set};

    /// Every word is answered, with all that it needs.
    #[test]
    fn every_action_can_be_asked_about() {
        let set = Set::built_in();
        for word in Deed::WORDS {
            let mut question = Question { action: word.to_owned(), ..Question::default() };
            let mut left_open = Vec::new();
            let deed = loop {
                match question.deed(&set) {
                    Ok(deed) => break deed.word(),
                    Err(open) if left_open.contains(&open) => panic!("{word}: {open}"),
                    Err(open) => left_open.push(open),
                }
                match left_open.last() {
                    Some(Open::Account) => question.account = Some("a".parse().unwrap()),
                    Some(Open::Session) => question.of = Some("ann".parse().unwrap()),
                    other => panic!("{word}: {other:?}"),
                }
            };
            assert_eq!(deed, word);
        }
        let question = Question { action: "fly".to_owned(), ..Question::default() };
        assert!(matches!(question.deed(&set), Err(Open::Action)));
    }
}
