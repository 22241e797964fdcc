//! `/api/v1/activity`: what is on record, as far as one may see it.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body as AxumBody;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::activity::{self, Action, Filter, Record, Row, listing};
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
    /// Of sessions that used this account as their logon account, or another linked one: `[vault:][safe/]name`
    pub(in crate::portal) logon_account: String,
    /// Through this connector: its id
    pub(in crate::portal) connector: String,
    /// With this action: `Connect`, `UsePassword`, …
    pub(in crate::portal) action: String,
    /// Of this person; for those who may see the activity of others
    pub(in crate::portal) user: String,
    /// Of this session
    pub(in crate::portal) session: String,
    /// From this moment on: 2026-03-01, or 2026-03-01T08:00:00Z
    pub(in crate::portal) since: String,
    /// Before this moment: the same; of a date its end
    pub(in crate::portal) until: String,
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
    let filter = filter(person, asked)?;
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

/// What `asked` names, as far as `person` may see it.
fn filter(person: &Person, asked: &Asked) -> Result<Filter, Problem> {
    const REF: &str = "write it as `[vault:][safe/]name`";
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let action = some(&asked.action).map(|word| {
        let mut all = Action::ALL.into_iter();
        all.find(|action| action.word().eq_ignore_ascii_case(&word)).ok_or_else(|| {
            let words: Vec<_> = Action::ALL.into_iter().map(Action::word).collect();
            Problem::unfit("there is no such action", format!("there are {}", words.join(", ")))
        })
    });
    Ok(Filter {
        account: read(&asked.account, "account", REF)?,
        linked: read(&asked.logon_account, "account", REF)?,
        connector: some(&asked.connector),
        action: action.transpose()?,
        session: read(&asked.session, "session", "it is the whole id, as a row shows it")?,
        user: match person.duties.activity {
            true => some(&asked.user),
            // Whatever was asked for: others' rows are not theirs to see.
            false => Some(person.user.name.to_string()),
        },
        since: moment(&asked.since, 0)?,
        until: moment(&asked.until, 1)?,
    })
}

/// How rows are written.
#[derive(Clone, Copy)]
enum Format {
    Csv,
    Json,
}

/// All rows that fit, as a file, the oldest first; with every column, as `doorward activity` writes them
#[utoipa::path(get, path = "/api/v1/activity/export", params(
    ("format" = String, Query, description = "`csv`, with a header and safe to open in a spreadsheet, or `json`, an array"),
    Asked,
), responses(
    (status = 200), (status = 401, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn export(
    State(portal): State<Portal>,
    person: Person,
    Query(mut asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let format = match asked.remove("format").as_deref() {
        Some("csv") => Format::Csv,
        Some("json") => Format::Json,
        _ => {
            return Err(Problem::unfit(
                "in which format?",
                "ask with `format=csv` or `format=json`",
            ));
        }
    };
    let asked = serde_json::to_value(asked).and_then(serde_json::from_value::<Asked>);
    let asked = asked.map_err(|error| {
        Problem::unfit(
            format!("the query does not fit: {error}"),
            "the filters are those of GET /api/v1/activity",
        )
    })?;
    let filter = filter(&person, &asked)?;
    // A connection of its own: others need not wait for it.
    let record = Record::open(&portal.ground.state).await?;
    let record = record.ok_or_else(|| Problem::missing("record"))?;
    let (kind, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "activity.csv"),
        Format::Json => ("application/json", "activity.json"),
    };
    let pieces = futures_util::stream::unfold(
        Some(Written { record, filter, format, after: None }),
        |left| async {
            let mut left = left?;
            match left.piece().await {
                Ok((piece, true)) => Some((Ok(piece), Some(left))),
                Ok((piece, false)) => Some((Ok(piece), None)),
                // The answer has begun: it breaks off, and a client sees that it is not whole.
                Err(error) => {
                    tracing::error!("{error}");
                    Some((Err(error), None))
                }
            }
        },
    );
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, AxumBody::from_stream(pieces)).into_response())
}

/// A file that is being written.
struct Written {
    record: Record,
    filter: Filter,
    format: Format,
    /// The last row that is in it; `None` before its head.
    after: Option<i64>,
}

impl Written {
    /// The next piece of it, and whether there are more.
    async fn piece(&mut self) -> Result<(String, bool), activity::Error> {
        const ROWS: u32 = 500;
        let rows = self.record.following(&self.filter, self.after.unwrap_or(0), ROWS).await?;
        let goes_on = rows.len() == ROWS as usize;
        let is_first = self.after.is_none();
        self.after = rows.last().map(|row| row.number).or(Some(0));
        let text = match self.format {
            Format::Csv => {
                let head = if is_first { listing::csv_header() } else { String::new() };
                head + &listing::csv_lines(&rows)
            }
            Format::Json => {
                let head = match (is_first, rows.is_empty()) {
                    (true, _) => "[",
                    (false, true) => "",
                    (false, false) => ",",
                };
                let end = match (goes_on, is_first && rows.is_empty()) {
                    (true, _) => "",
                    (false, true) => "]\n",
                    (false, false) => "\n]\n",
                };
                format!("{head}{}{end}", listing::json_items(&rows))
            }
        };
        Ok((text, goes_on))
    }
}

fn read<T: std::str::FromStr>(text: &str, what: &str, help: &str) -> Result<Option<T>, Problem> {
    match text.trim() {
        "" => Ok(None),
        text => {
            text.parse().map(Some).map_err(|_| Problem::unfit(format!("this is no {what}"), help))
        }
    }
}

/// A moment, or the begin of a date, so many days later.
pub(super) fn moment(text: &str, days: i64) -> Result<Option<Timestamp>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(moment) = text.parse() {
        return Ok(Some(moment));
    }
    let day = text.parse::<jiff::civil::Date>().ok();
    let day = day.and_then(|day| day.checked_add(jiff::Span::new().days(days)).ok());
    let day = day.and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok());
    day.map(|day| Some(day.timestamp())).ok_or_else(|| {
        let help = "write it as 2026-03-01 (a day in UTC) or 2026-03-01T08:00:00Z";
        Problem::unfit("this is no moment", help)
    })
}

/// What checking the whole record found.
#[derive(Serialize, ToSchema)]
pub(super) struct RecordChecked {
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
    (status = 200, body = RecordChecked), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
))]
pub(super) async fn verdict(
    State(portal): State<Portal>,
    _auditor: Auditor,
) -> Result<Json<RecordChecked>, Problem> {
    // A connection of its own: it reads everything, and others need not wait for it.
    let record = Record::open(&portal.ground.state).await?;
    let Some(record) = record else { return Err(Problem::missing("record")) };
    let verdict = record.verify().await?;
    record.close().await?;
    Ok(Json(RecordChecked {
        rows: verdict.rows,
        intact: verdict.breaks.is_empty(),
        head: verdict.head,
        breaks: verdict.breaks.iter().take(100).map(ToString::to_string).collect(),
    }))
}
