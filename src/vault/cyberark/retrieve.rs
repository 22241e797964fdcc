//! Retrieving: the password of an account, with the reason that its platform wants.

use serde::Serialize;

use super::Cyberark;
use super::details::Details;
use crate::access::Grant;
use crate::name::Purpose;
use crate::secret::Secret;
use crate::vault::Error;
use crate::vault::http::{Answer, Call, Visit};

/// The body; an empty object where nothing is to be said.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticketing_system: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_id: Option<&'a str>,
}

/// What a platform may want to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parameter {
    Reason,
    Ticket,
    TicketingSystem,
}

impl Cyberark {
    /// The password of the account of `details`. What its platform wants to be told and the person did
    /// not say is asked for, once each.
    pub(super) async fn retrieve(
        &self,
        details: &Details,
        grant: &Grant,
        visit: &mut Visit,
    ) -> Result<Secret, Error> {
        let account = grant.account();
        let mut purpose = grant.purpose().clone();
        self.hold(details, account);
        loop {
            let body = Body {
                reason: purpose.reason.as_deref(),
                ticketing_system: purpose.ticketing_system.as_deref(),
                ticket_id: purpose.ticket.as_deref(),
            };
            // Who asks twice gets the same password twice: the lock of an exclusive one is ours.
            let path = format!("API/Accounts/{}/Password/Retrieve", details.id);
            let call = Call::post(path, &body).repeatable();
            let answer = self.vault.send(&call, visit).await?;
            let complaint = &answer.complaint;
            match answer.status {
                200 => {
                    return text(&answer).map_err(|found| self.vault.client.garbled(&call, found));
                }
                400.. if complaint.is("PASWS088E") => {
                    let Some(wanted) = Parameter::missing(&complaint.all, &purpose) else {
                        return Err(self.vault.client.refused(&call, &answer));
                    };
                    let question =
                        format!("vault `{}` wants {} for `{account}`: ", self.name, wanted.words());
                    match visit.pause(self.responder.ask(&question, false)).await {
                        Some(said) => wanted.set(&mut purpose, said.expose().to_owned()),
                        None => {
                            return Err(Error::Wanted {
                                vault: self.name.clone(),
                                account: account.clone(),
                                what: wanted.words(),
                                option: wanted.option(),
                            });
                        }
                    }
                }
                400.. if complaint.is("PASWS143E") => {
                    return Err(Error::InUse {
                        vault: self.name.clone(),
                        account: account.clone(),
                        detail: answer.words(),
                    });
                }
                404 if answer.is_the_vaults() => return Err(self.missing(account, Vec::new())),
                403 if answer.is_the_vaults() => return Err(self.denied(account, answer.words())),
                _ => return Err(self.unexpected(&call, answer)),
            }
        }
    }
}

impl Parameter {
    /// Which one the vault misses, in its words in lower case; `None` where it was said.
    fn missing(words: &str, purpose: &Purpose) -> Option<Self> {
        let named = if words.contains("ticketing") {
            Some(Self::TicketingSystem)
        } else if words.contains("ticket") {
            Some(Self::Ticket)
        } else if words.contains("reason") {
            Some(Self::Reason)
        } else {
            None
        };
        match named {
            Some(named) => Some(named).filter(|named| !named.is_said(purpose)),
            None => [Self::Reason, Self::Ticket, Self::TicketingSystem]
                .into_iter()
                .find(|parameter| !parameter.is_said(purpose)),
        }
    }

    fn is_said(self, purpose: &Purpose) -> bool {
        match self {
            Self::Reason => purpose.reason.is_some(),
            Self::Ticket => purpose.ticket.is_some(),
            Self::TicketingSystem => purpose.ticketing_system.is_some(),
        }
    }

    fn set(self, purpose: &mut Purpose, said: String) {
        match self {
            Self::Reason => purpose.reason = Some(said),
            Self::Ticket => purpose.ticket = Some(said),
            Self::TicketingSystem => purpose.ticketing_system = Some(said),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Reason => "a reason",
            Self::Ticket => "the id of a ticket",
            Self::TicketingSystem => "the name of the ticketing system",
        }
    }

    fn option(self) -> &'static str {
        match self {
            Self::Reason => "--reason TEXT",
            Self::Ticket => "--ticket ID",
            Self::TicketingSystem => "--ticketing-system NAME",
        }
    }
}

/// The one text that an answer is: a JSON string, or the body as it is where it is not labelled JSON, as
/// psPAS and other clients read it.
pub(super) fn text(answer: &Answer) -> Result<Secret, String> {
    let labelled = answer.media.contains("json");
    let quoted = answer.media.is_empty() && answer.body.starts_with(b"\"");
    if answer.body.is_empty() || labelled || quoted || answer.media.contains("html") {
        return answer.json();
    }
    match std::str::from_utf8(&answer.body) {
        Ok(text) => Ok(Secret::new(text.to_owned())),
        Err(_) => Err(format!("{} bytes that are no text", answer.body.len())),
    }
}
