//! The record of one session: which rows it writes on which accounts.

use std::time::Duration;

use crate::access::Grant;
use crate::activity::{self, Action, Event, Store};
use crate::clock::Clock;
use crate::connector::Object;
use crate::name::{AccountRef, Purpose, SessionId};
use crate::plan::Request;

/// Writes the rows of one session: each on the target account, and on the linked account where it is used.
pub(super) struct Record<'a> {
    store: &'a Store,
    clock: Clock,
    session: SessionId,
    connector: String,
    request: Request,
    client_address: String,
    /// Plain http was allowed.
    insecure: bool,
    /// The certificates of the site were not checked.
    unchecked: bool,
    address: String,
    /// The linked accounts by the word of their detail, with their user names once they are known.
    linked: Vec<(Object, AccountRef, Option<String>)>,
}

/// A refusal before there is a session: one row, durable when this returns. `client_address` is from where it
/// was asked for, [`LOCAL`] for the command line.
///
/// # Errors
/// Those of the store.
pub async fn refused(
    store: &Store,
    clock: Clock,
    session: SessionId,
    request: &Request,
    connector: &str,
    client_address: &str,
    why: &[(String, String)],
) -> Result<(), activity::Error> {
    let event = Event {
        time: clock.now(),
        session: Some(session),
        user: request.user.clone(),
        action: Action::ConnectRefused,
        account: Some(request.account.clone()),
        connector: connector.to_owned(),
        address: String::new(),
        reason: request.purpose.reason.clone().unwrap_or_default(),
        client_address: client_address.to_owned(),
        outcome: "refused".to_owned(),
        details: why.iter().cloned().chain(request.by_token()).collect(),
    };
    store.append(&[event]).await
}

/// The client address of the command line.
pub const LOCAL: &str = "local";

impl<'a> Record<'a> {
    pub(super) fn new(
        store: &'a Store,
        clock: Clock,
        session: SessionId,
        connector: &crate::connector::Connector,
        request: &Request,
        client_address: &str,
    ) -> Self {
        Self {
            store,
            clock,
            session,
            connector: connector.id.to_string(),
            request: request.clone(),
            client_address: client_address.to_owned(),
            insecure: connector.settings.allow_insecure,
            unchecked: !connector.settings.enforce_certificate_validation,
            address: String::new(),
            linked: Vec::new(),
        }
    }

    /// The address of the target account, once it is known.
    pub(super) fn address(&mut self, address: &str) {
        address.clone_into(&mut self.address);
    }

    /// `Connect` on the target account, with the policies that permit it.
    pub(super) async fn connect(&self, grant: &Grant) -> Result<(), activity::Error> {
        let mut details = Vec::new();
        if !grant.policies().is_empty() {
            details.push(("policies".to_owned(), grant.policies().join(" ")));
        }
        self.store.append(&[self.event(Action::Connect, &self.request.account, "", details)]).await
    }

    /// `Connect` on a linked account, before its secrets are fetched.
    pub(super) async fn link(
        &mut self,
        object: Object,
        account: &AccountRef,
    ) -> Result<(), activity::Error> {
        self.linked.push((object, account.clone(), None));
        self.store.append(&[self.event(Action::Connect, account, "", Vec::new())]).await
    }

    /// The user name of a linked account, once it is known.
    pub(super) fn linked_user(&mut self, object: Object, user: Option<String>) {
        if let Some(linked) = self.linked.iter_mut().find(|(other, ..)| *other == object) {
            linked.2 = user;
        }
    }

    /// A secret is about to be typed: on the account that it is of, and, where that is a linked one, on
    /// the target too; with further facts.
    pub(super) async fn used(
        &self,
        action: Action,
        object: Object,
        row: usize,
        facts: Vec<(String, String)>,
    ) -> Result<(), activity::Error> {
        let mut details = vec![("row".to_owned(), row.to_string())];
        details.extend(facts);
        let linked = self.linked.iter().find(|(other, ..)| *other == object);
        let mut events = vec![self.event(action, &self.request.account, "", details.clone())];
        if let Some((_, account, _)) = linked {
            events.push(self.event(action, account, "", details));
        }
        self.store.append(&events).await
    }

    /// The end: `Disconnect` after a sign-in, `ConnectFailed` without one; on every account of the session.
    pub(super) async fn end(
        &self,
        action: Action,
        outcome: &str,
        lasted: Duration,
        details: &[(String, String)],
    ) -> Result<(), activity::Error> {
        let mut details = details.to_vec();
        details.push(("duration".to_owned(), format!("{:.3}s", lasted.as_secs_f64())));
        self.note(action, outcome, &details).await
    }

    /// Something that happened in the session: on every account of it.
    pub(super) async fn note(
        &self,
        action: Action,
        outcome: &str,
        details: &[(String, String)],
    ) -> Result<(), activity::Error> {
        let accounts = std::iter::once(&self.request.account)
            .chain(self.linked.iter().map(|(_, account, _)| account));
        let events: Vec<_> = accounts
            .map(|account| self.event(action, account, outcome, details.to_vec()))
            .collect();
        self.store.append(&events).await
    }

    fn event(
        &self,
        action: Action,
        account: &AccountRef,
        outcome: &str,
        mut details: Vec<(String, String)>,
    ) -> Event {
        if *account == self.request.account {
            for (object, linked, user) in &self.linked {
                let role = object.word();
                details.push((role.to_owned(), linked.to_string()));
                details
                    .extend(user.as_ref().map(|user| (format!("{role}_username"), user.clone())));
            }
        } else {
            details.push(("target".to_owned(), self.request.account.to_string()));
        }
        let Purpose { ticket, ticketing_system, .. } = &self.request.purpose;
        for (word, value) in [("ticket", ticket), ("ticketing_system", ticketing_system)] {
            details.extend(value.as_ref().map(|value| (word.to_owned(), value.clone())));
        }
        details.extend(self.request.by_token());
        if self.insecure {
            details.push(("insecure".to_owned(), "true".to_owned()));
        }
        if self.unchecked {
            details.push(("certificates".to_owned(), "unchecked".to_owned()));
        }
        Event {
            time: self.clock.now(),
            session: Some(self.session),
            user: self.request.user.clone(),
            action,
            account: Some(account.clone()),
            connector: self.connector.clone(),
            address: self.address.clone(),
            reason: self.request.purpose.reason.clone().unwrap_or_default(),
            client_address: self.client_address.clone(),
            outcome: outcome.to_owned(),
            details,
        }
    }
}
