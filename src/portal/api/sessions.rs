//! `/api/v1/sessions`: starts, lists and ends live sessions.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use crate::access::{self, Decision, Deed};
use crate::activity::Action;
use crate::connector::Connector;
use crate::diagnostic::Diagnostic;
use crate::live::{Card, Order, Refusal, Stage};
use crate::name::{AccountRef, ConnectorId, Purpose, SessionId, UserName};
use crate::plan::Request;
use crate::portal::guard::{Client, Person};
use crate::portal::may::denied;
use crate::portal::problem::Problem;
use crate::portal::{Note, Portal, problem};

/// What is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// `[vault:][safe/]name`.
    account: String,
    /// The id of a connector that is offered for it; the first one without.
    #[serde(default)]
    connector: Option<String>,
    /// Why; it goes on record, and to a vault that asks for a reason.
    #[serde(default)]
    reason: Option<String>,
    /// The ticket that is worked on.
    #[serde(default)]
    ticket: Option<String>,
    /// The ticketing system that it is in, by the name that the vault has for it.
    #[serde(default)]
    ticketing_system: Option<String>,
    /// The values of the connector's `UserParameters`, by name.
    #[serde(default)]
    params: BTreeMap<String, String>,
}

/// A live session.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct CardBody {
    pub(in crate::portal) session: String,
    pub(in crate::portal) user: String,
    pub(in crate::portal) account: String,
    pub(in crate::portal) connector: String,
    pub(in crate::portal) reason: String,
    pub(in crate::portal) client_address: String,
    /// When it was asked for.
    pub(in crate::portal) began: String,
    /// When it ends at the latest.
    pub(in crate::portal) until: Option<String>,
    /// How many look at it now.
    pub(in crate::portal) viewers: usize,
    /// Those who watch it.
    pub(in crate::portal) watchers: Vec<String>,
    /// Who uses its page: `free` is the user, `paused` nobody, `taken` somebody who watches, `unwatched` nobody until
    /// somebody watches.
    pub(in crate::portal) hold: String,
    /// Who has stopped it or taken it over.
    pub(in crate::portal) held_by: Option<String>,
    /// `waiting` for somebody to approve of it, `signing-in`, `live`, or the word of its outcome.
    pub(in crate::portal) stage: String,
    /// What is being done, where it is, or how it ended and what to do next.
    pub(in crate::portal) text: String,
    /// Whether it is over.
    pub(in crate::portal) ended: bool,
}

impl From<Card> for CardBody {
    fn from(card: Card) -> Self {
        let (stage, text, ended) = match card.stage {
            Stage::Waiting => {
                ("waiting".to_owned(), "Somebody else has to approve of it".to_owned(), false)
            }
            Stage::SigningIn { row: 0, .. } => (
                "signing-in".to_owned(),
                "Asking the vault and starting the browser".to_owned(),
                false,
            ),
            Stage::SigningIn { row, of, text } => {
                ("signing-in".to_owned(), format!("Row {row} of {of}: {text}"), false)
            }
            Stage::Live { url } => ("live".to_owned(), url, false),
            Stage::Ended { outcome, text } => (outcome, text, true),
        };
        Self {
            session: card.session.to_string(),
            user: card.user.to_string(),
            account: card.account.to_string(),
            connector: card.connector,
            reason: card.purpose.reason.unwrap_or_default(),
            client_address: card.client_address,
            began: format!("{:.0}", card.began),
            until: card.until.map(|until| format!("{until:.0}")),
            viewers: card.viewers,
            watchers: card.watchers.iter().map(ToString::to_string).collect(),
            hold: card.hold.word().to_owned(),
            held_by: card.held_by.map(|by| by.to_string()),
            stage,
            text,
            ended,
        }
    }
}

/// The live sessions of the one who asks, and those of others that they may watch, approve of, end, or see activity of
#[utoipa::path(get, path = "/api/v1/sessions", responses(
    (status = 200, body = Vec<CardBody>), (status = 401, body = problem::Body),
))]
pub(super) async fn list(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
) -> Json<Vec<CardBody>> {
    Json(seen(&portal, &person, client).into_iter().map(|(card, _)| card.into()).collect())
}

/// Start a session
#[utoipa::path(post, path = "/api/v1/sessions", request_body = Asked, responses(
    (status = 201, body = CardBody), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 422, body = problem::Body), (status = 429, body = problem::Body), (status = 503, body = problem::Body),
))]
pub(super) async fn start(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Body(asked): Body<Asked>,
) -> Result<Response, Problem> {
    let default = portal.ground.sources.default_vault();
    let account: AccountRef = asked.account.parse().map_err(|error: crate::name::Invalid| {
        Problem::unfit(
            error.to_string(),
            "an account is `[vault:][safe/]name`; GET /api/v1/accounts lists them",
        )
    })?;
    let account = account.within(default);
    let purpose = Purpose {
        reason: text("reason", asked.reason, 500)?,
        ticket: text("ticket", asked.ticket, 100)?,
        ticketing_system: text("ticketing system", asked.ticketing_system, 100)?,
    };
    let wanted = asked.connector.clone().unwrap_or_default();
    let wanted: String = wanted.chars().filter(|c| !c.is_control()).take(64).collect();
    let token = person.token.as_ref().map(|token| token.name.clone());
    let refused = |why: Vec<(String, String)>| {
        let note = Note::new(Action::ConnectRefused, &person.user.name, client)
            .outcome("refused")
            .session(SessionId::fresh(), &account, &wanted);
        let note = token.iter().fold(note, |note, token| note.detail("token", token));
        let note = why.iter().fold(note, |note, (name, value)| note.detail(name, value));
        note.keep(&portal.ground.store, portal.ground.clock)
    };
    let user = &person.user;
    let is_demo = portal.ground.sources.is_demo(&account);
    let offered = portal.catalogue.offered(&account, is_demo);
    let connector = match &asked.connector {
        Some(id) => offered.iter().find(|connector| connector.id.as_str() == id),
        None => offered.first(),
    };
    let may = portal.may(user, client);
    // Whether an account may be used is told first: what is offered for others is nobody's to find out.
    let asked_for = match (connector, &asked.connector) {
        (Some(connector), _) => connector.id.clone(),
        (None, wanted) => id_of(wanted.as_deref())?,
    };
    let deed = Deed::Connect { account: &account, connector: &asked_for, purpose: &purpose };
    let grant = match may.grant(deed) {
        Ok(grant) => grant,
        Err(refusal) => {
            refused(refusal.on_record()).await?;
            return Err(not_permitted(&refusal));
        }
    };
    let Some(connector) = connector else {
        refused(vec![("cause".to_owned(), "not-offered".to_owned())]).await?;
        return Err(not_offered(&offered));
    };
    let request = Request {
        user: user.name.clone(),
        token: token.clone(),
        purpose,
        links: portal.ground.links.get(&account).cloned().unwrap_or_default(),
        params: asked.params,
        account,
    };
    let connector = Arc::clone(connector);
    let order = Order { connector, request, grant, client_address: client.to_string() };
    let session = portal.ground.broker.start(order).await.map_err(unstarted)?;
    let card = portal.ground.broker.card(session).ok_or_else(|| Problem::missing("session"))?;
    let mut response = (StatusCode::CREATED, Json(CardBody::from(card))).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/sessions/{session}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// One session
#[utoipa::path(get, path = "/api/v1/sessions/{session}", params(("session" = String, Path)), responses(
    (status = 200, body = CardBody), (status = 401, body = problem::Body), (status = 404, body = problem::Body),
))]
pub(super) async fn one(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
) -> Result<Json<CardBody>, Problem> {
    let card = card(&portal, &session)?;
    match reach(&portal, &person, client, &card).sees {
        true => Ok(Json(card.into())),
        false => Err(hidden(None)),
    }
}

/// End a session; one's own, and others' for those who may
#[utoipa::path(delete, path = "/api/v1/sessions/{session}", params(("session" = String, Path)), responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body),
))]
pub(super) async fn end(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
) -> Result<StatusCode, Problem> {
    let card = match owned(&portal, &person, &session) {
        Ok(card) => card,
        Err(_) => of_another(&portal, &person, client, &session, ENDING)?,
    };
    portal.ground.broker.end(card.session, &person.user.name).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The sessions that `person` may know of, and what they may do with each. For others there are none: nobody finds out
/// which there are.
pub(in crate::portal) fn seen(
    portal: &Portal,
    person: &Person,
    client: IpAddr,
) -> Vec<(Card, Reach)> {
    let cards = portal.ground.broker.cards().into_iter();
    let judged = cards.map(|card| {
        let reach = reach(portal, person, client, &card);
        (card, reach)
    });
    judged.filter(|(_, reach)| reach.sees).collect()
}

/// What somebody may do with a session.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::portal) struct Reach {
    /// Whether it is theirs.
    pub(in crate::portal) is_own: bool,
    /// Know of it. Who may do something with it may.
    pub(in crate::portal) sees: bool,
    /// End it.
    pub(in crate::portal) ends: bool,
    /// Watch it, being somebody else.
    pub(in crate::portal) watches: bool,
    /// Stop it, take it over, and say something to the person, being somebody else.
    pub(in crate::portal) controls: bool,
    /// Say whether it may begin, which it waits for.
    pub(in crate::portal) approves: bool,
}

/// What `person` may do with a session.
pub(in crate::portal) fn reach(
    portal: &Portal,
    person: &Person,
    client: IpAddr,
    card: &Card,
) -> Reach {
    if card.user == person.user.name {
        return Reach { is_own: true, sees: true, ends: true, ..Reach::default() };
    }
    let may = portal.may(&person.user, client);
    let is = |deed: OfAnother| may.decide((deed.deed)(&card.user, &card.account)).is_permitted();
    let is_waiting = portal.ground.broker.is_waiting(card.session);
    let (ends, watches, controls) = (is(ENDING), is(WATCHING), is(CONTROLLING));
    let approves = is_waiting && is(APPROVING);
    let sees = person.duties.activity || ends || watches || approves;
    Reach { is_own: false, sees, ends, watches, controls, approves }
}

/// Something that is done with the session of somebody else.
#[derive(Clone, Copy)]
pub(in crate::portal) struct OfAnother {
    deed: for<'a> fn(&'a UserName, &'a AccountRef) -> Deed<'a>,
    detail: &'static str,
    help: &'static str,
}

const ENDING: OfAnother = OfAnother {
    deed: |of, account| Deed::EndSession { of, account },
    detail: "you may not end the session of somebody else",
    help: "ask an administrator",
};
pub(in crate::portal) const WATCHING: OfAnother = OfAnother {
    deed: |of, account| Deed::WatchSession { of, account },
    detail: "you may not watch the session of somebody else",
    help: "ask an auditor",
};
pub(super) const CONTROLLING: OfAnother = OfAnother {
    deed: |of, account| Deed::ControlSession { of, account },
    detail: "you may not stop or take over the session of somebody else",
    help: "ask an auditor",
};
pub(in crate::portal) const APPROVING: OfAnother = OfAnother {
    deed: |of, account| Deed::Approve { of, account },
    detail: "you may not approve of this session",
    help: "ask an approver, who has to be somebody else than the one who asked for it",
};

/// The session of that id, if it is of somebody else and `person` may do this with it.
pub(in crate::portal) fn of_another(
    portal: &Portal,
    person: &Person,
    client: IpAddr,
    session: &str,
    wanted: OfAnother,
) -> Result<Card, Problem> {
    let card = card(portal, session)?;
    let deed = (wanted.deed)(&card.user, &card.account);
    let decision = portal.may(&person.user, client).decide(deed);
    if decision.is_permitted() && card.user != person.user.name {
        return Ok(card);
    }
    match reach(portal, person, client, &card).sees {
        true => Err(denied(&decision, wanted.detail, wanted.help)),
        false => Err(hidden(Some(decision))),
    }
}

/// The session of that id, if it is `person`'s own.
pub(in crate::portal) fn owned(
    portal: &Portal,
    person: &Person,
    session: &str,
) -> Result<Card, Problem> {
    let card = card(portal, session)?;
    if card.user == person.user.name { Ok(card) } else { Err(hidden(None)) }
}

fn card(portal: &Portal, session: &str) -> Result<Card, Problem> {
    let card = session.parse().ok().and_then(|session| portal.ground.broker.card(session));
    card.ok_or_else(|| Problem::missing("session"))
}

/// As if there were none, and on record.
fn hidden(decision: Option<Decision>) -> Problem {
    let facts = decision.map(|decision| decision.on_record()).unwrap_or_default();
    Problem { denied: Some("session of another person"), facts, ..Problem::missing("session") }
}

/// The id that was asked for, or a word for none.
fn id_of(wanted: Option<&str>) -> Result<ConnectorId, Problem> {
    let no_id = || not_offered(&[]);
    // An id that is none is offered for nothing; the policies are asked first all the same.
    wanted.and_then(|id| id.parse().ok()).map_or_else(|| "none".parse().map_err(|_| no_id()), Ok)
}

/// What the person is told whom the policies do not let.
fn not_permitted(refusal: &access::Refusal) -> Problem {
    let help = match refusal {
        access::Refusal::NotPermitted { decision, .. } if decision.configured => decision.help(),
        _ => "the page Accounts has those that you may use; an administrator can give you more"
            .to_owned(),
    };
    Problem::new(StatusCode::FORBIDDEN, refusal.to_string(), help)
}

/// A text of the person's own, without blanks around it; `None` where nothing is left.
pub(super) fn text(
    what: &str,
    text: Option<String>,
    most: usize,
) -> Result<Option<String>, Problem> {
    let Some(text) = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.chars().count() > most || text.chars().any(char::is_control) {
        let detail = format!("the {what} is one line of at most {most} characters");
        return Err(Problem::unfit(detail, "shorten it, or take the line feeds out"));
    }
    Ok(Some(text))
}

fn not_offered(offered: &[Arc<Connector>]) -> Problem {
    let detail = "this connector is not offered for this account";
    let names: Vec<&str> = offered.iter().map(|connector| connector.id.as_str()).collect();
    let help = match names.as_slice() {
        [] => "none is: an administrator puts one into a connectors folder, or names it below `portal: { offers: … }`"
            .to_owned(),
        names => format!("those that are: {}", names.join(", ")),
    };
    Problem::new(StatusCode::FORBIDDEN, detail, help)
}

fn unstarted(refusal: Refusal) -> Problem {
    const WAIT: u64 = 30;
    match refusal {
        Refusal::Unfit(found) => {
            let first = found.iter().find(|problem| problem.is_error());
            let said = |problem: &Diagnostic| problem.message.clone();
            let detail = first.map_or_else(|| "connector and request do not fit".to_owned(), said);
            Problem::unfit(detail, "fill in what the connector asks for")
        }
        refusal @ Refusal::TooManyOfUser(_) => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            refusal.to_string(),
            "end one of them on the page Sessions",
        )
        .after(WAIT),
        refusal @ Refusal::TooManyOnHost(_) => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            refusal.to_string(),
            "try again when somebody has ended theirs",
        )
        .after(WAIT),
        Refusal::Stopping => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "doorward is being stopped",
            "try again when it was started anew",
        )
        .after(WAIT),
        Refusal::Unrecorded(error) => error.into(),
    }
}
