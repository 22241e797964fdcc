//! `/api/v1/recordings/{session}/play` and `…/moments`: what is in a recording, in slices, and what happened in it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::portal::guard::{Client, Person};
use crate::portal::problem::Problem;
use crate::portal::{Portal, problem};
use crate::recording::{About, Entry, Error, Gap, Identities, Reader, Slice, What};

/// The most moments of an answer.
const MOST: usize = 2_000;

/// How long a slice is, where nobody says, and at most, in milliseconds.
const LONG: u32 = 10_000;
const LONGEST: u32 = 10 * 60_000;

/// Which slice.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// From this time on, in milliseconds since the session was asked for: the slice begins with the last whole picture
    /// before, and what has changed since
    #[serde(default)]
    from: Option<u32>,
    /// From this piece on: `next` of the slice before
    #[serde(default)]
    piece: Option<usize>,
    /// How long, in milliseconds (10000 without it, 600000 at most); a slice ends sooner where it becomes large
    #[serde(default, rename = "for")]
    length: Option<u32>,
}

/// What stands before the entries of a slice.
#[derive(Serialize, ToSchema)]
pub(super) struct Head {
    /// The piece to go on with.
    next: usize,
    /// Whether there is nothing behind it now.
    end: bool,
    /// Whether the recording is still being written: more may come.
    live: bool,
    /// The time up to which this slice is everything, in milliseconds since the session was asked for.
    until: u32,
    /// The time of the last entry of the recording.
    length: u32,
    /// What is missing in this slice.
    gaps: Vec<Hole>,
}

/// Pieces that cannot be played.
#[derive(Serialize, ToSchema)]
pub(super) struct Hole {
    /// Between this time
    time: u32,
    /// and this one.
    until: u32,
    text: String,
}

impl From<Gap> for Hole {
    fn from(gap: Gap) -> Self {
        Self { time: gap.time, until: gap.until, text: gap.to_string() }
    }
}

/// A slice of a recording. Binary: for each entry its time (u32, milliseconds since the session was asked for), kind (u8),
/// length (u32) and bytes, numbers little-endian. Kind 0, the first, is the head of the slice (JSON, `Head`); 1 a picture and
/// 2 a whole one, as the stream of a live session has them; 3 a note and 4 a deed, as the stream has them (JSON); 5 a
/// moment (JSON). That somebody opens a recording is on record.
#[utoipa::path(get, path = "/api/v1/recordings/{session}/play", params(("session" = String, Path), Asked), responses(
    (status = 200, body = Head, content_type = "application/octet-stream"), (status = 401, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 410, body = problem::Body),
    (status = 422, body = problem::Body), (status = 423, body = problem::Body),
))]
pub(super) async fn play(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let found = portal.found(&person, client, &session).await?;
    let live = found.is_live();
    let slice = move |reader: &mut Reader, keys: &Identities| slice(reader, keys, &asked, live);
    let slice = found.opened(&portal, &person, client, slice).await?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], Bytes::from_owner(slice)).into_response())
}

fn slice(
    reader: &mut Reader,
    keys: &Identities,
    asked: &Asked,
    live: bool,
) -> Result<Vec<u8>, Error> {
    let long = asked.length.unwrap_or(LONG).min(LONGEST);
    let piece = asked.piece.unwrap_or_else(|| {
        let from = asked.from.unwrap_or(0);
        let piece = reader.at(from);
        // Before the first picture there may be deeds.
        let is_before = reader.pieces().get(piece).is_some_and(|piece| piece.head.begin <= from);
        if is_before { piece } else { 0 }
    });
    let begin = reader.pieces().get(piece).map_or(0, |piece| piece.head.begin);
    let from = asked.from.filter(|_| asked.piece.is_none()).unwrap_or(begin);
    let Slice { entries, next, gaps } = reader.slice(piece, from.saturating_add(long), keys)?;
    let end = next >= reader.pieces().len();
    let length = reader.length();
    // What comes next begins there; nothing is missing before.
    let until = reader.pieces().get(next).map_or(length, |piece| piece.head.begin.min(length));
    let head =
        Head { next, end, live, until, length, gaps: gaps.into_iter().map(Hole::from).collect() };
    // Strings and numbers under string keys: there is nothing in it that JSON cannot say.
    let head = serde_json::to_vec(&head).unwrap_or_default();
    let mut bytes = vec![0; 5];
    bytes.extend_from_slice(&u32::try_from(head.len()).unwrap_or(0).to_le_bytes());
    bytes.extend_from_slice(&head);
    for (time, entry) in entries {
        if !matches!(entry, Entry::About(_) | Entry::Index(_)) {
            entry.write(time, &mut bytes);
        }
    }
    Ok(bytes)
}

/// Which moments.
#[derive(Deserialize, IntoParams, Default)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Searched {
    /// Those that hold this text: an address, a title, what was typed
    find: String,
    /// Of these kinds, with commas between: `url,title`
    what: String,
}

/// One thing that happened.
#[derive(Serialize, ToSchema)]
struct Moment {
    /// When, in milliseconds since the session was asked for.
    time: u32,
    /// `url`, `title`, `click`, `typed`, `key`, `chosen`, `dialog`, `answer`, `copied`, `pasted`, `download`, `upload`,
    /// `notice`, `command`, `end`.
    what: &'static str,
    text: String,
}

/// What happened in a recording.
#[derive(Serialize, ToSchema)]
pub(super) struct Moments {
    /// When the session was asked for; times count from then.
    began: String,
    /// The time of the last entry of the recording.
    length: u32,
    /// Whether it is still being written.
    live: bool,
    /// How many there are; the first 2,000 of them are told.
    count: usize,
    moments: Vec<Moment>,
    /// What is missing in the recording.
    gaps: Vec<Hole>,
}

/// What happened in a recording: pages, titles, clicks, typed texts, dialogs, files
#[utoipa::path(get, path = "/api/v1/recordings/{session}/moments", params(("session" = String, Path), Searched), responses(
    (status = 200, body = Moments), (status = 401, body = problem::Body), (status = 404, body = problem::Body),
    (status = 409, body = problem::Body), (status = 410, body = problem::Body), (status = 422, body = problem::Body),
    (status = 423, body = problem::Body),
))]
pub(super) async fn moments(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
    Query(Searched { find, what }): Query<Searched>,
) -> Result<Json<Moments>, Problem> {
    let kinds = kinds(&what)?;
    let found = portal.found(&person, client, &session).await?;
    let live = found.is_live();
    let known = found.shelved.known.as_ref().map(|known| format!("{:.0}", known.began));
    let moments = found.opened(&portal, &person, client, move |reader, keys| {
        let about = reader.about(keys).map(|About { began, .. }| began).ok();
        let (moments, gaps) = reader.survey(keys)?;
        let fit = moments.into_iter().filter(|moment| moment.fits(&kinds, find.trim()));
        let mut fit: Vec<_> = fit.collect();
        let count = fit.len();
        fit.truncate(MOST);
        let shown = |moment: crate::recording::Moment| Moment {
            time: moment.time,
            what: moment.what.word(),
            text: moment.text,
        };
        Ok(Moments {
            began: about.or(known).unwrap_or_default(),
            length: reader.length(),
            live,
            count,
            moments: fit.into_iter().map(shown).collect(),
            gaps: gaps.into_iter().map(Hole::from).collect(),
        })
    });
    Ok(Json(moments.await?))
}

fn kinds(text: &str) -> Result<Vec<What>, Problem> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let kinds = words.map(|word| serde_json::from_value::<What>(word.into()));
    kinds.collect::<Result<_, _>>().map_err(|_| {
        let help = "they are url, title, click, typed, key, chosen, dialog, answer, copied, pasted, download, upload, \
                    notice, command and end";
        Problem::unfit("this is no kind of moment", help)
    })
}
