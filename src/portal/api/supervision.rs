//! `/api/v1/sessions/{session}/approval`, `/control` and `/messages`: what others do with a session.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Body;
use super::sessions::{APPROVING, CONTROLLING, of_another, text};
use crate::access::Deed;
use crate::activity::Action;
use crate::live::{Approval, Card, Stage};
use crate::portal::guard::{Client, Person};
use crate::portal::may::denied;
use crate::portal::problem::Problem;
use crate::portal::{Note, Portal, problem};
use crate::stream::Hold;

/// Somebody's word on a session that waits for one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Word {
    /// Whether it may begin.
    approve: bool,
    /// Why; the person reads it, and it goes on record.
    #[serde(default)]
    comment: Option<String>,
}

/// Say whether a session may begin, which waits for that
#[utoipa::path(post, path = "/api/v1/sessions/{session}/approval", request_body = Word,
    params(("session" = String, Path)), responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn approve(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
    Body(word): Body<Word>,
) -> Result<StatusCode, Problem> {
    let card = of_another(&portal, &person, client, &session, APPROVING)?;
    let comment = text("comment", word.comment, 500)?.unwrap_or_default();
    let broker = &portal.ground.broker;
    if !broker.is_waiting(card.session) {
        return Err(late());
    }
    if word.approve {
        still_permitted(&portal, &card).await?;
    }
    let action = if word.approve { Action::ApprovalGiven } else { Action::ApprovalDenied };
    let note = of_session(action, &person, client, &card);
    let note = if comment.is_empty() { note } else { note.detail("comment", &comment) };
    note.keep(&portal.ground.store, portal.ground.clock).await?;
    let by = person.user.name.clone();
    match broker.approve(card.session, Approval { by, given: word.approve, comment }) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(late()),
    }
}

/// That who asked for it may have it now, too: an approval says yes to a session, and opens nothing that was closed
/// meanwhile.
async fn still_permitted(portal: &Portal, card: &Card) -> Result<(), Problem> {
    let user = portal.ground.users.find(&card.user).await?;
    let client = card.client_address.parse().map_err(|error| Problem::failed(&error))?;
    let Card { account, connector_id: connector, purpose, .. } = card;
    let deed = Deed::Connect { account, connector, purpose };
    let decision = portal.may(&user, client).decide(deed);
    if decision.is_permitted() {
        return Ok(());
    }
    let detail = format!("{} may not use {account} any more", card.user);
    let help = "an administrator changes what they may use, on the page Users; the session waits";
    Err(denied(&decision, &detail, help))
}

/// That nothing is waited for.
pub(in crate::portal) fn late() -> Problem {
    let detail = "this session does not wait for anybody to approve of it";
    let help = "it has begun or is over; the page Sessions has those that wait";
    Problem::new(StatusCode::CONFLICT, detail, help)
}

/// What is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Control {
    /// Who uses the page: `free` is the person whose session it is, `paused` nobody, `taken` the one who asks, who has to
    /// watch it.
    #[schema(value_type = String)]
    hold: Hold,
}

/// Stop a session of somebody else, take it over, or let it go on
#[utoipa::path(put, path = "/api/v1/sessions/{session}/control", request_body = Control,
    params(("session" = String, Path)), responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn control(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
    Body(control): Body<Control>,
) -> Result<StatusCode, Problem> {
    let card = of_another(&portal, &person, client, &session, CONTROLLING)?;
    live(&card)?;
    let action = match control.hold {
        Hold::Free => Action::ReleaseSession,
        Hold::Paused => Action::PauseSession,
        Hold::Taken => Action::TakeOverSession,
        Hold::Unwatched => {
            let detail = "a session is `free`, `paused` or `taken`";
            return Err(Problem::unfit(detail, "it is unwatched by itself, while nobody watches"));
        }
    };
    let name = &person.user.name;
    if control.hold == Hold::Taken && !card.watchers.contains(name) {
        let detail = "you do not watch this session, so you cannot take it over";
        let help = "open it on the page Sessions, and take it over there";
        return Err(Problem::new(StatusCode::CONFLICT, detail, help));
    }
    let note = of_session(action, &person, client, &card);
    note.keep(&portal.ground.store, portal.ground.clock).await?;
    match portal.ground.broker.hold(card.session, control.hold, name) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(over()),
    }
}

/// What is to be said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    /// The words, at most 500 characters in one line; they go on record.
    text: String,
}

/// Say something to the person whose session it is
#[utoipa::path(post, path = "/api/v1/sessions/{session}/messages", request_body = Message,
    params(("session" = String, Path)), responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn message(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
    Body(message): Body<Message>,
) -> Result<StatusCode, Problem> {
    let card = of_another(&portal, &person, client, &session, CONTROLLING)?;
    live(&card)?;
    let words = text("message", Some(message.text), 500)?.ok_or_else(|| {
        Problem::unfit("the message is empty", "write what the person is to know")
    })?;
    let note = of_session(Action::MessageSession, &person, client, &card).detail("text", &words);
    note.keep(&portal.ground.store, portal.ground.clock).await?;
    match portal.ground.broker.message(card.session, &person.user.name, &words) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(over()),
    }
}

/// That `person` did something with a session.
pub(super) fn of_session(
    action: Action,
    person: &Person,
    client: impl ToString,
    card: &Card,
) -> Note {
    let note = Note::new(action, &person.user.name, client);
    note.session(card.session, &card.account, card.connector_id.as_str()).detail("of", &card.user)
}

/// That a session is signed in.
fn live(card: &Card) -> Result<(), Problem> {
    if matches!(card.stage, Stage::Live { .. }) { Ok(()) } else { Err(over()) }
}

fn over() -> Problem {
    let detail = "this session is over, or has not begun";
    Problem::new(StatusCode::CONFLICT, detail, "the page Sessions has those that live")
}
