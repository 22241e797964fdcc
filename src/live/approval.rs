//! An approval: the word of somebody else, without which a session does not begin where its connector wants one.

use std::time::Duration;

use super::course::Course;
use super::shared::Shared;
use crate::activity::{self, Action, Event};
use crate::name::UserName;

/// What somebody said to a session that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who.
    pub by: UserName,
    /// Whether it may begin.
    pub given: bool,
    /// Why, in their words; may be empty.
    pub comment: String,
}

/// Why a session did not begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unapproved {
    /// Somebody said no.
    Denied(Approval),
    /// Nobody said anything in this time.
    Expired(Duration),
    /// It was ended before, by this one.
    Ended(String),
}

impl Unapproved {
    /// The word in the record.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Denied(_) => "not-approved",
            Self::Expired(_) => "approval-expired",
            Self::Ended(_) => "ended-unapproved",
        }
    }

    /// What the person is told.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Denied(Approval { by, comment, .. }) => {
                let why = if comment.is_empty() { String::new() } else { format!(": {comment}") };
                format!("{by} did not approve of this session{why}\nhelp: ask {by} what is missing")
            }
            Self::Expired(time) => format!(
                "nobody approved of this session within {} min\n\
                 help: tell an approver, and ask again; the page Sessions shows them what waits",
                time.as_secs().div_ceil(60)
            ),
            Self::Ended(by) => {
                format!("the session was ended by {by}, before anybody approved of it")
            }
        }
    }
}

/// Puts on record that a session waits for somebody else.
pub(super) async fn requested(course: &Course) -> Result<(), activity::Error> {
    let Course { ground, shared, plan, client_address, .. } = course;
    let request = &plan.request;
    let event = Event {
        time: ground.clock.now(),
        session: Some(shared.card().session),
        user: request.user.clone(),
        action: Action::ApprovalRequested,
        account: Some(request.account.clone()),
        connector: plan.connector.id.to_string(),
        address: String::new(),
        reason: request.purpose.reason.clone().unwrap_or_default(),
        client_address: client_address.clone(),
        outcome: String::new(),
        details: request.by_token().into_iter().collect(),
    };
    ground.store.append(&[event]).await
}

/// Waits for the word of somebody else, at most `limit`.
pub(super) async fn awaited(shared: &Shared, limit: Duration) -> Result<Approval, Unapproved> {
    let mut said = shared.approvals();
    let ended = async {
        loop {
            if let Some(by) = shared.end_asked() {
                return by;
            }
            shared.wake.notified().await;
        }
    };
    tokio::select! {
        biased;
        by = ended => Err(Unapproved::Ended(by)),
        said = said.wait_for(Option::is_some) => match said.ok().and_then(|said| said.clone()) {
            Some(approval) if approval.given => Ok(approval),
            Some(approval) => Err(Unapproved::Denied(approval)),
            None => Err(Unapproved::Expired(limit)),
        },
        () = tokio::time::sleep(limit) => Err(Unapproved::Expired(limit)),
    }
}
