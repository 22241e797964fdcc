//! A note: what goes on record of the portal itself. Sessions have rows of their own.

use std::net::IpAddr;

use super::{ApiToken, Error, User};
use crate::activity::{self, Action, Event, Store};
use crate::clock::Clock;
use crate::factor::Proof;
use crate::name::{AccountRef, GroupName, Pattern, SessionId, UserName};

/// One thing that happened at the portal.
#[derive(Clone)]
pub struct Note {
    action: Action,
    user: UserName,
    client: String,
    outcome: &'static str,
    details: Vec<(String, String)>,
    session: Option<(SessionId, AccountRef, String)>,
    account: Option<AccountRef>,
}

impl Note {
    /// That `user` did something, from the address `client`.
    pub fn new(action: Action, user: &UserName, client: impl ToString) -> Self {
        Self {
            action,
            user: user.clone(),
            client: client.to_string(),
            outcome: "",
            details: Vec::new(),
            session: None,
            account: None,
        }
    }

    /// That somebody without a sign-in did something.
    pub(super) fn of_nobody(action: Action, client: IpAddr) -> Result<Self, Error> {
        let user: UserName = "(nobody)".parse().map_err(|_| Error::Unhashed)?;
        Ok(Self::new(action, &user, client))
    }

    /// The same with the word of an outcome.
    #[must_use]
    pub fn outcome(self, outcome: &'static str) -> Self {
        Self { outcome, ..self }
    }

    /// The same with a further fact.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl ToString) -> Self {
        self.details.push((name.to_owned(), value.to_string()));
        self
    }

    /// The same with what a user is now.
    #[must_use]
    pub fn of_user(self, user: &User) -> Self {
        let words = |items: Vec<&str>| items.join(" ");
        let note = self.detail("role", user.role.word());
        let note = match user.groups.is_empty() {
            true => note,
            // Groups may hold blanks.
            false => note.detail(
                "groups",
                user.groups.iter().map(GroupName::as_str).collect::<Vec<_>>().join(", "),
            ),
        };
        let note =
            note.detail("accounts", words(user.accounts.iter().map(Pattern::as_str).collect()));
        let note = user.issuer.iter().fold(note, |note, issuer| note.detail("issuer", issuer));
        if user.blocked { note.detail("blocked", true) } else { note }
    }

    /// The same with what an API token is: never with the token.
    #[must_use]
    pub fn of_token(self, token: &ApiToken) -> Self {
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.word()).collect();
        self.detail("of", &token.user)
            .detail("token", &token.name)
            .detail("scopes", scopes.join(" "))
            .detail("expires", format!("{:.0}", token.expires))
    }

    /// The same with what somebody proved as their second factor; `name` is that of a passkey.
    #[must_use]
    pub fn of_proof(self, proof: Proof, name: &str) -> Self {
        let note = self.detail("factor", proof.word());
        match proof {
            Proof::Code => note,
            Proof::RecoveryCode { left } => note.detail("left", left),
            Proof::Passkey => note.detail("passkey", name),
        }
    }

    /// The same of a session that was asked for, or is there: with which account, through which connector.
    #[must_use]
    pub(super) fn session(self, session: SessionId, account: &AccountRef, connector: &str) -> Self {
        Self { session: Some((session, account.clone(), connector.to_owned())), ..self }
    }

    /// The same about an account, and no session.
    #[must_use]
    pub(super) fn of_account(self, account: &AccountRef) -> Self {
        Self { account: Some(account.clone()), ..self }
    }

    /// Puts it on record; durable when this returns.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn keep(self, store: &Store, clock: Clock) -> Result<(), activity::Error> {
        let (session, account, connector) = match self.session {
            Some((session, account, connector)) => (Some(session), Some(account), connector),
            None => (None, self.account, String::new()),
        };
        let event = Event {
            time: clock.now(),
            session,
            user: self.user,
            action: self.action,
            account,
            connector,
            address: String::new(),
            reason: String::new(),
            client_address: self.client,
            outcome: self.outcome.to_owned(),
            details: self.details,
        };
        store.append(&[event]).await
    }
}
