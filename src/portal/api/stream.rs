//! `/api/v1/sessions/{session}/stream`: the socket between a live session and the page that shows it.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use axum::extract::{Path, State, WebSocketUpgrade};
use axum::response::Response;
use tokio::time::{Instant, interval};

use super::sessions::{WATCHING, of_another, reach};
use super::{owned, supervision};
use crate::activity::Action;
use crate::live::{Card, Out, Viewer};
use crate::portal::guard::{Client, Person};
use crate::portal::problem::Problem;
use crate::portal::{Portal, problem};

/// The largest message of a viewer's, in bytes: what is pasted goes in one.
const LARGEST: usize = 1024 * 1024;
/// How often it is asked whether the viewer is there, and whether the sign-in still holds.
const LOOK: Duration = Duration::from_secs(10);
/// A viewer that answers nothing for this time is gone.
const SILENCE: Duration = Duration::from_secs(45);

/// See and use one's own session, or watch one of somebody else, by WebSocket
#[utoipa::path(get, path = "/api/v1/sessions/{session}/stream", params(("session" = String, Path)), responses(
    (status = 101), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn stream(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(session): Path<String>,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let (card, is_own) = match owned(&portal, &person, &session) {
        Ok(card) => (card, true),
        Err(_) => (of_another(&portal, &person, client, &session, WATCHING)?, false),
    };
    let Ok(socket) = socket else {
        return Err(Problem::unfit("this is a WebSocket", "open it from the page of the session"));
    };
    let broker = &portal.ground.broker;
    let viewer = match is_own {
        true => broker.view(card.session),
        false => {
            // Who watched is on record before there is a picture.
            let note = supervision::of_session(Action::WatchSession, &person, client, &card);
            note.keep(&portal.ground.store, portal.ground.clock).await?;
            broker.watch(card.session, &person.user.name)
        }
    };
    let viewer = viewer.ok_or_else(|| Problem::missing("session"))?;
    let socket = socket.max_message_size(LARGEST).max_frame_size(LARGEST);
    let seat = Seat { portal, person, client, watched: (!is_own).then_some(card) };
    Ok(socket.on_upgrade(move |socket| async move {
        pump(socket, viewer, &seat).await;
        seat.left().await;
    }))
}

/// Who sits at a viewer.
struct Seat {
    portal: Portal,
    person: Person,
    client: IpAddr,
    /// The session, where it is of somebody else.
    watched: Option<Card>,
}

impl Seat {
    /// Why they may not stay, if they may not: the sign-in ended, or they may no longer watch.
    async fn denied(&self, used: bool) -> Option<&'static str> {
        let Self { portal, person, client, watched } = self;
        // Working in a session is using the portal: the sign-in does not end by idling meanwhile.
        let signed_in = portal.ground.users.signed_in(&person.sign_in, used).await;
        let Ok(Some(user)) = signed_in else { return Some("the sign-in has ended") };
        let person = Person { user, ..person.clone() };
        let may = |card: &Card| reach(portal, &person, *client, card).watches;
        match watched {
            Some(card) if !may(card) => Some("you may not watch this session any more"),
            _ => None,
        }
    }

    /// Puts on record that somebody watches no more.
    async fn left(&self) {
        let Some(card) = &self.watched else { return };
        let note = supervision::of_session(Action::WatchEnded, &self.person, self.client, card);
        let ground = &self.portal.ground;
        if let Err(error) = note.keep(&ground.store, ground.clock).await {
            tracing::error!("{error}");
        }
    }
}

/// Carries messages both ways until one side ends, or the sign-in does.
async fn pump(mut socket: WebSocket, mut viewer: Viewer, seat: &Seat) {
    let mut look = interval(LOOK);
    let mut heard = Instant::now();
    let mut used = false;
    let (code, why) = loop {
        tokio::select! {
            out = viewer.next() => {
                let length = match &out {
                    Some(Out::Text(text)) => text.len(),
                    Some(Out::Binary(bytes)) => bytes.len(),
                    None => 0,
                };
                let message = match out {
                    Some(Out::Text(text)) => Message::Text(text.into()),
                    Some(Out::Binary(bytes)) => Message::Binary(Bytes::from_owner(bytes)),
                    None => break (close_code::NORMAL, "the session is over"),
                };
                if socket.send(message).await.is_err() {
                    return;
                }
                seat.portal.ground.meter.sent.add(&[], length as u64);
            }
            message = socket.recv() => {
                heard = Instant::now();
                match message {
                    Some(Ok(Message::Text(text))) => {
                        // That a picture was drawn is no deed of a person's.
                        used |= !text.as_str().contains("\"drawn\"");
                        if viewer.take(text.as_str()).is_err() {
                            break (close_code::POLICY, "this message is none of a viewer's");
                        }
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Binary(_))) => {
                        break (close_code::UNSUPPORTED, "a viewer sends text");
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                }
            }
            _ = look.tick() => {
                if heard.elapsed() > SILENCE {
                    return;
                }
                if let Some(why) = seat.denied(used).await {
                    break (close_code::POLICY, why);
                }
                used = false;
                if socket.send(Message::Ping(Bytes::new())).await.is_err() {
                    return;
                }
            }
        }
    };
    let close = CloseFrame { code, reason: why.into() };
    let _ = socket.send(Message::Close(Some(close))).await;
}
