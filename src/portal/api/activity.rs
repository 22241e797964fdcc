//! `/api/v1/activity`: what is on record, as far as one may see it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::activity::{Filter, Record, Row};
use crate::clock::Timestamp;
use crate::portal::guard::{Auditor, Person};
use crate::portal::problem::Problem;
use crate::portal::{Portal, problem};

/// How many rows an answer has.
const PAGE: u32 = 50;

/// Which rows.
#[derive(Deserialize, IntoParams, Default, Clone)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::portal) struct Asked {
    /// Of this account: `[vault:][safe/]name`
    pub(in crate::portal) account: String,
    /// Of this person; for those who may see the activity of others
    pub(in crate::portal) user: String,
    /// Of this session
    pub(in crate::portal) session: String,
    /// From this moment on: 2026-03-01, or 2026-03-01T08:00:00Z
    pub(in crate::portal) since: String,
    /// Written before the row of this number
    pub(in crate::portal) before: String,
}

/// A row of the record.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct Line {
    pub(in crate::portal) number: i64,
    pub(in crate::portal) time: String,
    pub(in crate::portal) session: Option<String>,
    pub(in crate::portal) user: String,
    pub(in crate::portal) action: &'static str,
    pub(in crate::portal) account: Option<String>,
    pub(in crate::portal) connector: String,
    pub(in crate::portal) address: String,
    pub(in crate::portal) reason: String,
    pub(in crate::portal) client_address: String,
    pub(in crate::portal) outcome: String,
    pub(in crate::portal) details: BTreeMap<String, String>,
}

/// Rows, the newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Lines {
    rows: Vec<Line>,
    /// `before` of the next page, where there is one.
    next: Option<i64>,
}

impl From<Row> for Line {
    fn from(row: Row) -> Self {
        let event = row.event;
        Self {
            number: row.number,
            time: format!("{:.0}", event.time),
            session: event.session.map(|session| session.to_string()),
            user: event.user.to_string(),
            action: event.action.word(),
            account: event.account.map(|account| account.to_string()),
            connector: event.connector,
            address: event.address,
            reason: event.reason,
            client_address: event.client_address,
            outcome: event.outcome,
            details: event.details.into_iter().collect(),
        }
    }
}

/// What is on record, the newest first; of others for those who may see it
#[utoipa::path(get, path = "/api/v1/activity", params(Asked), responses(
    (status = 200, body = Lines), (status = 401, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn activity(
    State(portal): State<Portal>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Json<Lines>, Problem> {
    let (rows, next) = lines(&portal, &person, &asked).await?;
    Ok(Json(Lines { rows, next }))
}

/// The rows that `asked` names and `person` may see, and where the next page begins.
pub(in crate::portal) async fn lines(
    portal: &Portal,
    person: &Person,
    asked: &Asked,
) -> Result<(Vec<Line>, Option<i64>), Problem> {
    let filter = Filter {
        account: read(&asked.account, "account", "write it as `[vault:][safe/]name`")?,
        session: read(&asked.session, "session", "it is the whole id, as a row shows it")?,
        user: match person.duties.activity {
            true => Some(asked.user.trim().to_owned()).filter(|user| !user.is_empty()),
            // Whatever was asked for: others' rows are not theirs to see.
            false => Some(person.user.name.to_string()),
        },
        since: since(&asked.since)?,
    };
    let before = read(
        &asked.before,
        "number before which rows are asked for",
        "take `next` of the page before",
    )?;
    let mut rows = portal.ground.record.newest(&filter, before, PAGE + 1).await?;
    let more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let next = rows.last().map(|row| row.number).filter(|_| more);
    Ok((rows.into_iter().map(Line::from).collect(), next))
}

fn read<T: std::str::FromStr>(text: &str, what: &str, help: &str) -> Result<Option<T>, Problem> {
    match text.trim() {
        "" => Ok(None),
        text => {
            text.parse().map(Some).map_err(|_| Problem::unfit(format!("this is no {what}"), help))
        }
    }
}

fn since(text: &str) -> Result<Option<Timestamp>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(moment) = text.parse() {
        return Ok(Some(moment));
    }
    let day = text.parse::<jiff::civil::Date>().ok();
    let day = day.and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok());
    day.map(|day| Some(day.timestamp())).ok_or_else(|| {
        let help = "write it as 2026-03-01 (from 00:00 UTC) or 2026-03-01T08:00:00Z";
        Problem::unfit("this is no moment", help)
    })
}

/// What checking the whole record found.
#[derive(Serialize, ToSchema)]
pub(super) struct Checked {
    /// How many rows there are.
    rows: u64,
    /// Whether nothing was changed, removed, inserted or moved.
    intact: bool,
    /// The hash of the last row.
    head: Option<String>,
    /// What was found.
    breaks: Vec<String>,
}

/// Check every row, the chain and its end; for those who may see the activity of others
#[utoipa::path(get, path = "/api/v1/activity/verdict", responses(
    (status = 200, body = Checked), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
))]
pub(super) async fn verdict(
    State(portal): State<Portal>,
    _auditor: Auditor,
) -> Result<Json<Checked>, Problem> {
    // A connection of its own: it reads everything, and others need not wait for it.
    let record = Record::open(&portal.ground.state).await?;
    let Some(record) = record else { return Err(Problem::missing("record")) };
    let verdict = record.verify().await?;
    record.close().await?;
    Ok(Json(Checked {
        rows: verdict.rows,
        intact: verdict.breaks.is_empty(),
        head: verdict.head,
        breaks: verdict.breaks.iter().take(100).map(ToString::to_string).collect(),
    }))
}
