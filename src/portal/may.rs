//! May: what the policies let somebody do who has signed in.

use std::net::{IpAddr, Ipv4Addr};

use super::problem::Problem;
use super::users::User;
use super::{Note, Portal};
use crate::access::{Ask, Decision, Deed, Grant, Person, Refusal, Role, Set};
use crate::activity::Action;
use crate::clock::Moment;

/// What pages show of it, as it was when the request came.
#[derive(Debug, Clone, Default)]
pub(super) struct Duties {
    /// Keeps users.
    pub(super) users: bool,
    /// Sees sessions and activity of others.
    pub(super) activity: bool,
    /// May find recordings to watch: by their role, or because policies decide of each.
    pub(super) recordings: bool,
    /// Sees and changes the access policies.
    pub(super) policies: bool,
    /// Sees and tries connectors.
    pub(super) connectors: bool,
    /// What is wrong with the policies, for administrators; empty where nothing is.
    pub(super) trouble: String,
}

/// What says who may use which account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The patterns of users.
    Patterns,
    /// Policies of the configuration.
    Policies,
    /// Such policies, and they have errors.
    Broken,
}

/// The policies of one moment, and what they are asked with.
pub(super) struct May<'a> {
    portal: &'a Portal,
    set: std::sync::Arc<Set>,
    person: Person,
    at: Moment,
    address: IpAddr,
}

impl Portal {
    /// Puts on record which policies hold, where they are other ones than before: nothing is decided by what is not
    /// on record.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn ruled(&self) -> Result<(), Problem> {
        let policies = &self.ground.policies;
        if !policies.is_configured() {
            return Ok(());
        }
        let set = policies.now();
        let mut ruled_by = self.ruled_by.lock().await;
        if *ruled_by == set.hash() {
            return Ok(());
        }
        let note = Note::of_nobody(Action::PoliciesRead, IpAddr::V4(Ipv4Addr::LOCALHOST))?;
        let note = note.outcome(if set.is_broken() { "broken" } else { "whole" });
        let note = note.detail("policies", set.len()).detail("hash", set.hash());
        note.keep(&self.ground.store, self.ground.clock).await?;
        set.hash().clone_into(&mut ruled_by);
        Ok(())
    }

    /// The policies as they are now, for `user` at the address `client`.
    pub(super) fn may(&self, user: &User, client: IpAddr) -> May<'_> {
        May {
            portal: self,
            set: self.ground.policies.now(),
            person: user.clone().into(),
            at: Moment::here(self.ground.clock.now()),
            address: client,
        }
    }
}

impl May<'_> {
    /// Whether they may do this.
    pub(super) fn decide(&self, deed: Deed<'_>) -> Decision {
        self.set.decide(&self.ask(deed))
    }

    /// The proof that they may open a session.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`].
    pub(super) fn grant(&self, deed: Deed<'_>) -> Result<Grant, Refusal> {
        self.set.grant(&self.ask(deed))
    }

    /// Whether this belongs into the list of what they may use.
    pub(super) fn offers(&self, deed: Deed<'_>) -> bool {
        self.set.offers(&self.ask(deed))
    }

    /// Whether a decision can hang on the connector.
    pub(super) fn looks_at_connector(&self) -> bool {
        self.set.looks_at_connector()
    }

    /// Whether the configuration names policies, and whether they can be used.
    pub(super) fn state(&self) -> State {
        match (self.portal.ground.policies.is_configured(), self.set.is_broken()) {
            (false, _) => State::Patterns,
            (true, false) => State::Policies,
            (true, true) => State::Broken,
        }
    }

    /// What pages show.
    pub(super) fn duties(&self) -> Duties {
        let activity = self.decide(Deed::ReadActivity).is_permitted();
        Duties {
            users: self.decide(Deed::ManageUsers).is_permitted(),
            activity,
            recordings: activity || self.state() == State::Policies,
            policies: self.decide(Deed::ManagePolicies).is_permitted(),
            connectors: self.decide(Deed::TryConnector).is_permitted(),
            // By their role: the policies that have errors permit nothing.
            trouble: match self.person.role {
                Some(Role::Admin) => self.set.trouble(),
                _ => String::new(),
            },
        }
    }

    fn ask<'b>(&'b self, deed: Deed<'b>) -> Ask<'b> {
        let default = self.portal.ground.sources.default_vault();
        Ask { person: &self.person, deed, at: self.at, address: self.address, default }
    }
}

/// That they may not: on record, with the policies that decided.
pub(super) fn denied(decision: &Decision, detail: &str, help: &str) -> Problem {
    let help = if decision.configured { decision.help() } else { help.to_owned() };
    let said = format!("{detail}{}", decision.because());
    Problem { facts: decision.on_record(), ..Problem::denied("not-permitted", &said, &help) }
}
