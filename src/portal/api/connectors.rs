//! `/api/v1/connectors`: the connectors of the folders with their problems, and trials of them; for those who may try
//! connectors.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use crate::access::{self, Deed};
use crate::connector::Connector;
use crate::diagnostic::{chain, render};
use crate::live::{Attempt, NotTried, Order, Refusal};
use crate::name::{AccountRef, Purpose, SessionId};
use crate::plan::Request;
use crate::portal::examined::Examined;
use crate::portal::guard::{Client, Person, Trier};
use crate::portal::may::denied;
use crate::portal::problem::Problem;
use crate::portal::{Portal, problem};
use crate::session::{self, report};

/// A connector of the folders.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct ConnectorBody {
    /// Its path, by which it is tried.
    pub(in crate::portal) file: String,
    /// Its id; none where it has errors.
    pub(in crate::portal) id: Option<String>,
    pub(in crate::portal) name: String,
    pub(in crate::portal) errors: usize,
    pub(in crate::portal) warnings: usize,
    /// Whether a connector before it has its id, so that it is never offered.
    pub(in crate::portal) hidden: bool,
}

/// A trial that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TrialWanted {
    /// The path of a connector.
    file: String,
    /// `[vault:][safe/]name`
    account: String,
    /// The number of the last row that is run; without it no secret is typed and nothing is submitted.
    #[serde(default)]
    until: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    ticket: String,
}

/// What came of a trial.
#[derive(Serialize, ToSchema)]
pub(super) struct TriedBody {
    session: String,
    /// The word of the outcome: `tried`, `signed-in`, `refused`, `stuck`, ….
    outcome: String,
    /// Whether every row that was looked at would work.
    good: bool,
    /// As `doorward try` prints it.
    text: String,
    /// As `doorward try --format json` prints them.
    rows: Vec<serde_json::Value>,
}

/// The connectors of the folders, with how much is wrong with each
#[utoipa::path(get, path = "/api/v1/connectors", responses(
    (status = 200, body = Vec<ConnectorBody>), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
))]
pub(super) async fn list(State(portal): State<Portal>, _trier: Trier) -> Json<Vec<ConnectorBody>> {
    Json(examined(&portal.catalogue.examined()))
}

/// What lists show of them.
pub(in crate::portal) fn examined(all: &[Examined]) -> Vec<ConnectorBody> {
    let mut seen = std::collections::BTreeSet::new();
    let body = |one: &Examined| {
        let connector = one.connector.as_ref();
        let (errors, warnings) = one.counts();
        ConnectorBody {
            file: one.file.clone(),
            id: connector.map(|connector| connector.id.to_string()),
            name: connector.map_or_else(String::new, |connector| connector.display_name.clone()),
            errors,
            warnings,
            hidden: connector.is_some_and(|connector| !seen.insert(connector.id.clone())),
        }
    };
    all.iter().map(body).collect()
}

/// Try a connector with an account that one may use, in a browser that nobody sees; on record as a session
#[utoipa::path(post, path = "/api/v1/connectors/try", request_body = TrialWanted, responses(
    (status = 200, body = TriedBody), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 422, body = problem::Body), (status = 429, body = problem::Body),
    (status = 503, body = problem::Body),
))]
pub(super) async fn attempt(
    State(portal): State<Portal>,
    Trier(person): Trier,
    Client(client): Client,
    Body(wanted): Body<TrialWanted>,
) -> Result<Json<TriedBody>, Problem> {
    let mut all = portal.catalogue.examined().into_iter();
    let connector = all.find(|one| one.file == wanted.file).ok_or_else(|| {
        let help = "the page Connectors lists them by their files";
        Problem::new(StatusCode::NOT_FOUND, "there is no such connector", help)
    })?;
    let Some(connector) = connector.connector else {
        let help = "mend them first: the page of the connector shows them";
        return Err(Problem::unfit("this connector has errors", help));
    };
    let until =
        match wanted.until.trim() {
            "" => None,
            number => Some(number.parse().ok().filter(|row| *row >= 1).ok_or_else(|| {
                Problem::unfit("this is no number of a row", "the first row is 1")
            })?),
        };
    let order = order(&portal, &person, client, connector, &wanted).await?;
    let broker = portal.ground.broker.clone();
    // It comes to its end, and on record, also when the one who asked goes away.
    let tried = tokio::spawn(async move { broker.attempt(order, until).await });
    let tried = tried.await.map_err(|error| Problem::failed(&error))?;
    let Attempt { session, source, outcome, url, tried } = tried.map_err(untried)?;
    let text = report::text(&source, &tried, &outcome, &[], false);
    let rows = match report::json(session, &tried, &outcome, &url, &[]).get_mut("rows") {
        Some(serde_json::Value::Array(rows)) => std::mem::take(rows),
        _ => Vec::new(),
    };
    Ok(Json(TriedBody {
        session: session.to_string(),
        outcome: outcome.word().to_owned(),
        good: report::is_good(&tried, &outcome),
        text,
        rows,
    }))
}

/// What the broker is asked for, once the policies permit the account.
async fn order(
    portal: &Portal,
    person: &Person,
    client: std::net::IpAddr,
    connector: Arc<Connector>,
    wanted: &TrialWanted,
) -> Result<Order, Problem> {
    let default = portal.ground.sources.default_vault();
    let account: AccountRef =
        wanted.account.trim().parse().map_err(|error: crate::name::Invalid| {
            Problem::unfit(error.to_string(), "name an account that you may use, such as web/shop")
        })?;
    let account = account.within(default);
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let (reason, ticket) = (text(&wanted.reason), text(&wanted.ticket));
    let purpose = Purpose { reason, ticket, ticketing_system: None };
    let may = portal.may(&person.user, client);
    let deed = Deed::Connect { account: &account, connector: &connector.id, purpose: &purpose };
    let permissions = &connector.settings.permissions;
    // It could go as far as a sign-in, which nobody else would approve of or watch.
    let wants = (permissions.requires_approver || permissions.requires_watcher)
        .then_some(access::Refusal::FourEyes("a second person"));
    let decision = may.decide(deed);
    let granted = wants.map_or_else(|| may.grant(deed), Err);
    let request = Request {
        user: person.user.name.clone(),
        purpose,
        links: portal.ground.links.get(&account).cloned().unwrap_or_default(),
        params: Default::default(),
        account,
        token: None,
    };
    match granted {
        Ok(grant) => Ok(Order { connector, request, grant, client_address: client.to_string() }),
        Err(refusal) => {
            let (store, clock) = (&portal.ground.store, portal.ground.clock);
            let (id, from) = (connector.id.as_str(), client.to_string());
            let (session, why) = (SessionId::fresh(), refusal.on_record());
            session::refused(store, clock, session, &request, id, &from, &why).await?;
            if matches!(refusal, access::Refusal::FourEyes(_)) {
                let detail =
                    "a session through this connector wants a second person, and a trial has none";
                let help = "try a copy of it without `RequireApprover` and `RequireWatcher`";
                return Err(Problem::new(StatusCode::FORBIDDEN, detail, help));
            }
            let help = "try with one that you may use: the page Accounts has them";
            // It is on record already, as a session that was refused.
            let problem = denied(&decision, "you may not use this account", help);
            Err(Problem { denied: None, ..problem })
        }
    }
}

fn untried(error: NotTried) -> Problem {
    match &error {
        NotTried::Busy => {
            let help = error.help().unwrap_or_default();
            Problem::new(StatusCode::TOO_MANY_REQUESTS, error.to_string(), help).after(10)
        }
        NotTried::Refused(Refusal::Unfit(found)) => {
            let first = found.iter().find(|problem| problem.is_error());
            let said = first.map_or_else(String::new, |problem| problem.message.clone());
            Problem::unfit(said, "connectors that ask for parameters are tried with `doorward try`")
        }
        NotTried::Failed(session::Error::Unfit { stop, source_file }) => {
            let text = render(&stop.diagnostic(source_file), false);
            Problem::unfit(text, "see the row that it names")
        }
        NotTried::Failed(failed) => {
            Problem::unfit(chain(failed, ": "), error.help().unwrap_or_default())
        }
        NotTried::Refused(_) | NotTried::Unrecorded(_) => Problem::failed(&error),
    }
}
