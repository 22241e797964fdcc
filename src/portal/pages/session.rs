//! The pages of sessions: asking for one, the list of them, and the one that is worked in.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::super::Portal;
use super::super::api::{self, CardBody, Found, Reach};
use super::super::guard::{Client, Person};
use super::super::problem::Problem;
use super::codes;
use super::listing::query;
use super::view::{Frame, page};
use crate::connector::Connector;
use crate::name::AccountRef;

#[derive(Template)]
#[template(path = "connect.html", config = "src/portal/pages/askama.toml")]
struct ConnectPage {
    frame: Frame,
    account: Found,
    connectors: Vec<Choice>,
    /// Where its one-time codes are, for those who may read or change them.
    codes: Option<String>,
}

/// A connector, and what it asks for.
struct Choice {
    id: String,
    name: String,
    /// Name, words, default.
    parameters: Vec<(String, String, String)>,
}

impl Choice {
    fn of(connector: &Connector) -> Self {
        let parameters = connector.parameters.iter().map(|(name, parameter)| {
            let words = parameter.display_name.clone().unwrap_or_else(|| name.clone());
            (name.clone(), words, parameter.default.clone().unwrap_or_default())
        });
        Self {
            id: connector.id.to_string(),
            name: connector.display_name.clone(),
            parameters: parameters.collect(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    account: String,
}

pub(super) async fn connect(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let missing = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "there is no such account, or it is not yours to use",
            "the page Accounts has those that you may use; an administrator can give you more",
        )
    };
    let account: AccountRef = wanted.account.parse().map_err(|_| missing())?;
    let account = account.within(portal.ground.sources.default_vault());
    let (found, _) = api::found(&portal, &person, client, &account.to_string()).await;
    let found = found.into_iter().find(|found| found.account == account.to_string());
    let found = found.ok_or_else(missing)?;
    let is_demo = portal.ground.sources.is_demo(&account);
    let mut offered = portal.catalogue.offered(&account, is_demo);
    // Those through which the policies let them.
    offered.retain(|connector| found.connectors.iter().any(|own| own.id == connector.id.as_str()));
    let connectors = offered.iter().map(|connector| Choice::of(connector)).collect();
    let codes = codes::link(&portal, &person, client, &account);
    page(&ConnectPage { frame: Frame::of(Some(&person)), account: found, connectors, codes })
}

#[derive(Template)]
#[template(path = "sessions.html", config = "src/portal/pages/askama.toml")]
struct SessionsPage {
    frame: Frame,
    own: Vec<(CardBody, String, Reach)>,
    others: Vec<(CardBody, String, Reach)>,
    /// Those of others that wait for somebody to approve of them.
    waiting: Vec<(CardBody, String, Reach)>,
    /// Whether they may see what is of others.
    auditor: bool,
}

pub(super) async fn sessions(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
) -> Result<Response, Problem> {
    let (mut own, mut others, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    for (card, reach) in api::seen(&portal, &person, client) {
        let again = query("/connect", &[("account", &card.account.to_string())]);
        let list = match reach {
            Reach { is_own: true, .. } => &mut own,
            Reach { approves: true, .. } => &mut waiting,
            _ => &mut others,
        };
        list.push((card.into(), again, reach));
    }
    let auditor = person.duties.activity;
    page(&SessionsPage { frame: Frame::of(Some(&person)), own, others, waiting, auditor })
}

#[derive(Template)]
#[template(path = "approval.html", config = "src/portal/pages/askama.toml")]
struct ApprovalPage {
    frame: Frame,
    card: CardBody,
}

pub(super) async fn approval(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
) -> Result<Response, Problem> {
    let card = api::of_another(&portal, &person, client, &session, api::APPROVING)?;
    if !portal.ground.broker.is_waiting(card.session) {
        return Err(api::late());
    }
    page(&ApprovalPage { frame: Frame::of(Some(&person)), card: card.into() })
}

#[derive(Template)]
#[template(path = "session.html", config = "src/portal/pages/askama.toml")]
struct SessionPage {
    frame: Frame,
    card: CardBody,
    again: String,
    reach: Reach,
}

pub(super) async fn session(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
) -> Result<Response, Problem> {
    let card = match api::owned(&portal, &person, &session) {
        Ok(card) => card,
        Err(_) => api::of_another(&portal, &person, client, &session, api::WATCHING)?,
    };
    let again = query("/connect", &[("account", &card.account.to_string())]);
    let reach = api::reach(&portal, &person, client, &card);
    page(&SessionPage { frame: Frame::of(Some(&person)), card: card.into(), again, reach })
}
