//! `/api/v1/sessions/{session}/stream`: the socket between a live session and the page that shows it.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use axum::extract::{Path, State, WebSocketUpgrade};
use axum::response::Response;
use tokio::time::{Instant, interval};

use super::owned;
use crate::live::{Out, Viewer};
use crate::portal::guard::Person;
use crate::portal::problem::Problem;
use crate::portal::{Portal, problem};

/// The largest message of a viewer's, in bytes: what is pasted goes in one.
const LARGEST: usize = 1024 * 1024;
/// How often it is asked whether the viewer is there, and whether the sign-in still holds.
const LOOK: Duration = Duration::from_secs(10);
/// A viewer that answers nothing for this time is gone.
const SILENCE: Duration = Duration::from_secs(45);

/// Watch and use one's own session, by WebSocket
#[utoipa::path(get, path = "/api/v1/sessions/{session}/stream", params(("session" = String, Path)), responses(
    (status = 101), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn stream(
    State(portal): State<Portal>,
    person: Person,
    Path(session): Path<String>,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let card = owned(&portal, &person, &session)?;
    let Ok(socket) = socket else {
        return Err(Problem::unfit("this is a WebSocket", "open it from the page of the session"));
    };
    let viewer =
        portal.ground.broker.view(card.session).ok_or_else(|| Problem::missing("session"))?;
    let socket = socket.max_message_size(LARGEST).max_frame_size(LARGEST);
    Ok(socket.on_upgrade(move |socket| pump(socket, viewer, portal, person)))
}

/// Carries messages both ways until one side ends, or the sign-in does.
async fn pump(mut socket: WebSocket, mut viewer: Viewer, portal: Portal, person: Person) {
    let mut look = interval(LOOK);
    let mut heard = Instant::now();
    let mut used = false;
    let (code, why) = loop {
        tokio::select! {
            out = viewer.next() => {
                let message = match out {
                    Some(Out::Text(text)) => Message::Text(text.into()),
                    Some(Out::Binary(bytes)) => Message::Binary(Bytes::from_owner(bytes)),
                    None => break (close_code::NORMAL, "the session is over"),
                };
                if socket.send(message).await.is_err() {
                    return;
                }
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
                // Working in a session is using the portal: the sign-in does not end by idling meanwhile.
                let signed_in = portal.ground.users.signed_in(&person.sign_in, used).await;
                used = false;
                if !matches!(signed_in, Ok(Some(_))) {
                    break (close_code::POLICY, "the sign-in has ended");
                }
                if socket.send(Message::Ping(Bytes::new())).await.is_err() {
                    return;
                }
            }
        }
    };
    let close = CloseFrame { code, reason: why.into() };
    let _ = socket.send(Message::Close(Some(close))).await;
}
