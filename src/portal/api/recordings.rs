//! `/api/v1/recordings`: the recordings that one may watch, and the proof that they are as they were written.

use std::net::IpAddr;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};

use super::activity::moment;
use crate::activity::Action;
use crate::name::SessionId;
use crate::portal::archive::{Found, blocking, may_replay, told};
use crate::portal::guard::{Client, Person};
use crate::portal::problem::Problem;
use crate::portal::{Portal, problem};
use crate::recording::{self, Break, Reader, Shelved, State as Stage, Verdict};

/// How many an answer has.
const PAGE: usize = 50;

/// How many recordings are read from end to end at the same time.
static PLACES: Semaphore = Semaphore::const_new(2);

/// Which recordings.
#[derive(Deserialize, IntoParams, Default, Clone)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::portal) struct Wanted {
    /// Whose account holds this text
    pub(in crate::portal) account: String,
    /// Of the person whose name holds this text
    pub(in crate::portal) user: String,
    /// Whose connector holds this text
    pub(in crate::portal) connector: String,
    /// That began at this moment or later: 2026-03-01, or 2026-03-01T08:00:00Z
    pub(in crate::portal) since: String,
    /// That began before this moment, or up to the end of this day
    pub(in crate::portal) until: String,
    /// Of sessions before this one
    pub(in crate::portal) before: String,
}

/// A recording.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct Card {
    pub(in crate::portal) session: String,
    /// Whose session it is of.
    pub(in crate::portal) user: String,
    pub(in crate::portal) account: String,
    pub(in crate::portal) connector: String,
    /// When the person first saw the page.
    pub(in crate::portal) began: String,
    /// `live` (being written), `sealed` (came to its end), `failed` (could not be written on, which ended its session),
    /// `unsealed` (the broker died), `removed` (on record), `missing` (its file is gone), `unknown` (the record has no
    /// such recording).
    pub(in crate::portal) state: &'static str,
    /// When the person first saw the page, in milliseconds since the session was asked for.
    pub(in crate::portal) starts: u32,
    /// When its last entry is, in the same.
    pub(in crate::portal) length: u32,
    /// How large its file is.
    pub(in crate::portal) bytes: u64,
    /// How many pieces can be found in it.
    pub(in crate::portal) pieces: usize,
}

/// Recordings, the newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Cards {
    recordings: Vec<Card>,
    /// `before` of the next page, where there is one.
    next: Option<String>,
}

/// What checking a recording found.
#[derive(Serialize, ToSchema)]
pub(super) struct RecordingChecked {
    session: String,
    /// Whether nothing was changed, cut, exchanged or removed.
    whole: bool,
    /// The same in words.
    text: String,
    /// Whether each piece was opened, too; without a key the chain of hashes alone is checked.
    opened: bool,
    pieces: usize,
    bytes: u64,
    /// What was found.
    breaks: Vec<Broken>,
}

/// One thing that is not as it was written.
#[derive(Serialize, ToSchema)]
struct Broken {
    text: String,
    /// Where, in milliseconds since the session was asked for.
    time: Option<u32>,
}

impl Card {
    /// What can be told of one without a key. It reads the heads of its pieces.
    pub(in crate::portal) fn of(shelved: &Shelved) -> Self {
        let known = shelved.known.as_ref();
        let text = |of: Option<String>| of.unwrap_or_default();
        let reader = shelved.file.as_ref().and_then(|file| Reader::open(&file.path).ok());
        let length = reader.as_ref().map_or(0, Reader::length);
        let starts = reader.as_ref().and_then(|reader| {
            // What it is of stands at 0, before the sign-in; and heads are in plain.
            let shown = reader.pieces().iter().filter(|piece| piece.head.number > 0);
            shown.map(|piece| piece.head.begin).find(|begin| *begin <= length)
        });
        Self {
            session: shelved.session.to_string(),
            user: text(known.map(|known| known.user.clone())),
            account: text(known.and_then(|known| known.account.as_ref()).map(ToString::to_string)),
            connector: text(known.map(|known| known.connector.clone())),
            began: text(known.map(|known| format!("{:.0}", known.began))),
            state: shelved.state().word(),
            starts: starts.unwrap_or(0),
            length,
            bytes: shelved.bytes(),
            pieces: reader.as_ref().map_or(0, |reader| reader.pieces().len()),
        }
    }
}

/// The recordings that one may watch
#[utoipa::path(get, path = "/api/v1/recordings", params(Wanted), responses(
    (status = 200, body = Cards), (status = 401, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn list(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Cards>, Problem> {
    let (recordings, next) = listed(&portal, &person, client, &wanted).await?;
    Ok(Json(Cards { recordings, next }))
}

/// The recordings that `wanted` names and `person` may watch, and where the next page begins.
pub(in crate::portal) async fn listed(
    portal: &Portal,
    person: &Person,
    client: IpAddr,
    wanted: &Wanted,
) -> Result<(Vec<Card>, Option<String>), Problem> {
    let (from, until) = (moment(&wanted.since, 0)?, moment(&wanted.until, 1)?);
    let before: Option<SessionId> =
        match wanted.before.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                Problem::unfit("this is no session", "take `next` of the page before")
            })?),
        };
    let has =
        |text: &str, wanted: &str| text.to_lowercase().contains(&wanted.trim().to_lowercase());
    let fits = |shelved: &Shelved| {
        let Some(known) = &shelved.known else {
            // One that nobody knows may be anybody's: it is shown where nothing is asked for, to those who see all.
            let all = [&wanted.account, &wanted.user, &wanted.connector, &wanted.since];
            let asked = all.into_iter().chain([&wanted.until]).any(|text| !text.trim().is_empty());
            return shelved.state() == Stage::Unknown && person.duties.activity && !asked;
        };
        let account = known.account.as_ref().map(ToString::to_string).unwrap_or_default();
        has(&account, &wanted.account)
            && has(&known.user, &wanted.user)
            && has(&known.connector, &wanted.connector)
            && from.is_none_or(|from| known.began >= from)
            && until.is_none_or(|until| known.began < until)
    };
    let all = portal.shelf().await?.into_iter();
    let rules = portal.may(&person.user, client);
    let may = |shelved: &Shelved| {
        let decision = may_replay(&rules, shelved.known.as_ref());
        shelved.known.is_none() || decision.is_some_and(|decision| decision.is_permitted())
    };
    let all = all.filter(|shelved| before.is_none_or(|before| shelved.session < before));
    let mut page: Vec<_> =
        all.filter(|shelved| fits(shelved) && may(shelved)).take(PAGE + 1).collect();
    let more = page.len() > PAGE;
    page.truncate(PAGE);
    let next = page.last().map(|last| last.session.to_string()).filter(|_| more);
    let cards = blocking(move || page.iter().map(Card::of).collect()).await?;
    Ok((cards, next))
}

/// One recording
#[utoipa::path(get, path = "/api/v1/recordings/{session}", params(("session" = String, Path)), responses(
    (status = 200, body = Card), (status = 401, body = problem::Body), (status = 404, body = problem::Body),
))]
pub(super) async fn one(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
) -> Result<Json<Card>, Problem> {
    let found = portal.found(&person, client, &session).await?;
    Ok(Json(blocking(move || Card::of(&found.shelved)).await?))
}

/// Check the chain of a recording against itself and the record; with a key each piece is opened, too
#[utoipa::path(post, path = "/api/v1/recordings/{session}/verify", params(("session" = String, Path)), responses(
    (status = 200, body = RecordingChecked), (status = 401, body = problem::Body), (status = 404, body = problem::Body),
))]
pub(super) async fn verify(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
) -> Result<Json<RecordingChecked>, Problem> {
    let found = portal.found(&person, client, &session).await?;
    let note = found.note(Action::VerifyRecording, &person, client);
    let keys = portal.keyring.keys(&person.sign_in, Instant::now());
    let place = PLACES.acquire().await.map_err(|error| Problem::failed(&error))?;
    let checked = blocking(move || {
        let Found { shelved, .. } = &found;
        let (verdict, opened) = match &shelved.file {
            None => (gone(shelved), false),
            Some(file) => {
                let known = shelved.known.as_ref();
                let live = file.is_live;
                let mut verdict = recording::check(&file.path, shelved.session, known, live)?;
                let opened = keys.is_some_and(|(keys, _)| {
                    recording::decrypted(&file.path, &keys, &mut verdict).is_ok()
                });
                (verdict, opened)
            }
        };
        Ok(checked(shelved, &verdict, opened))
    });
    let checked = checked.await?.map_err(|error| told(&error))?;
    drop(place);
    let note = note.outcome(if checked.whole { "whole" } else { "broken" });
    let note = match checked.breaks.first() {
        Some(first) => note.detail("breaks", checked.breaks.len()).detail("first", &first.text),
        None => note,
    };
    note.keep(&portal.ground.store, portal.ground.clock).await?;
    Ok(Json(checked))
}

/// The verdict on one that has no file.
fn gone(shelved: &Shelved) -> Verdict {
    let removed = shelved.state() == Stage::Removed;
    let breaks = if removed { Vec::new() } else { vec![Break::NoFile] };
    Verdict { pieces: 0, bytes: 0, length: 0, breaks }
}

fn checked(shelved: &Shelved, verdict: &Verdict, opened: bool) -> RecordingChecked {
    let Verdict { pieces, bytes, breaks, .. } = verdict;
    let text = match (breaks.len(), shelved.state()) {
        (0, Stage::Live) => "Whole so far: the session goes on.".to_owned(),
        (0, Stage::Failed) => {
            "Whole up to where it could not be written on, which ended its session.".to_owned()
        }
        (0, Stage::Removed) => "Removed, on record.".to_owned(),
        (0, _) => format!("Whole: all {pieces} pieces are as they were written."),
        (1, _) => "Not as it was written.".to_owned(),
        (count, _) => format!("Not as it was written, in {count} ways."),
    };
    let broken = |found: &Break| Broken { text: found.to_string(), time: found.time() };
    RecordingChecked {
        session: shelved.session.to_string(),
        whole: breaks.is_empty(),
        text,
        opened,
        pieces: *pieces,
        bytes: *bytes,
        breaks: breaks.iter().take(100).map(broken).collect(),
    }
}
