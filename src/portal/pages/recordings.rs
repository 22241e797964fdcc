//! The pages of recordings: the list of them, and the one that is watched.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::super::Portal;
use super::super::api::{self, Card, KeyState, Wanted};
use super::super::archive::blocking;
use super::super::guard::{Client, Person};
use super::super::problem::Problem;
use super::listing::query;
use super::view::{Frame, page};

#[derive(Template)]
#[template(path = "recordings.html", config = "src/portal/pages/askama.toml")]
struct RecordingsPage {
    frame: Frame,
    key: KeyState,
    wanted: Wanted,
    cards: Vec<Shown>,
    older: Option<String>,
    wrong: Option<Problem>,
    filtered: bool,
    /// Whether they see all activity, and so all recordings.
    auditor: bool,
}

/// A recording, in words.
struct Shown {
    card: Card,
    length: String,
    size: String,
    tone: &'static str,
    /// What its state means, where that is not plain.
    means: &'static str,
    /// Whether there is a file to watch.
    plays: bool,
}

impl Shown {
    fn of(card: Card) -> Self {
        let (tone, means) = match card.state {
            "live" => ("good", "being written: it can be watched up to now"),
            "sealed" => ("plain", ""),
            "failed" => ("open", "it could not be written on, which ended its session"),
            "unsealed" => ("open", "doorward died: its end was never sealed"),
            "removed" => ("plain", "on record, because of its age or the room that all take"),
            "missing" => ("bad", "the record has it, and its file is gone"),
            _ => ("bad", "there is a file, and the record has no such recording"),
        };
        Self {
            length: clock(card.length.saturating_sub(card.starts)),
            size: size(card.bytes),
            plays: !matches!(card.state, "removed" | "missing" | "unknown"),
            tone,
            means,
            card,
        }
    }
}

/// A length of time: `1:02:03`.
fn clock(time: u32) -> String {
    let seconds = time / 1_000;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// An amount of bytes, in the unit that people read it in.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

pub(super) async fn list(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let (cards, next, wrong) = match api::listed(&portal, &person, client, &wanted).await {
        Ok((cards, next)) => (cards, next, None),
        // The form stays, with what was typed.
        Err(problem) if problem.status.is_client_error() => (Vec::new(), None, Some(problem)),
        Err(problem) => return Err(problem),
    };
    let Wanted { account, user, connector, since, until, .. } = &wanted;
    let filters = [
        ("account", account.as_str()),
        ("user", user),
        ("connector", connector),
        ("since", since),
        ("until", until),
    ];
    let older = next.map(|next| {
        let mut pairs = filters.to_vec();
        pairs.push(("before", &next));
        query("/recordings", &pairs)
    });
    page(&RecordingsPage {
        frame: Frame::of(Some(&person)),
        key: KeyState::of(&portal, &person),
        cards: cards.into_iter().map(Shown::of).collect(),
        older,
        wrong,
        filtered: filters.iter().any(|(_, value)| !value.is_empty()),
        auditor: person.duties.activity,
        wanted,
    })
}

#[derive(Template)]
#[template(path = "recording.html", config = "src/portal/pages/askama.toml")]
struct RecordingPage {
    frame: Frame,
    shown: Shown,
    key: KeyState,
}

pub(super) async fn one(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
) -> Result<Response, Problem> {
    let found = portal.found(&person, client, &session).await?;
    // That it is gone is told as a page of its own.
    found.path()?;
    let card = blocking(move || Card::of(&found.shelved)).await?;
    page(&RecordingPage {
        frame: Frame::of(Some(&person)),
        key: KeyState::of(&portal, &person),
        shown: Shown::of(card),
    })
}
