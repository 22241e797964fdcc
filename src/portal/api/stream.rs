//! `/api/v1/sessions/{session}/stream`: the socket between a live session and the page that shows it.

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, State, WebSocketUpgrade};
use axum::response::Response;

use super::owned;
use crate::portal::guard::Person;
use crate::portal::problem::Problem;
use crate::portal::{Portal, problem};

/// Watch and use one's own session, by WebSocket
#[utoipa::path(get, path = "/api/v1/sessions/{session}/stream", params(("session" = String, Path)), responses(
    (status = 101), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body),
))]
pub(super) async fn stream(
    State(portal): State<Portal>,
    person: Person,
    Path(session): Path<String>,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let _card = owned(&portal, &person, &session)?;
    let Ok(_socket) = socket else {
        return Err(Problem::unfit("this is a WebSocket", "open it from the page of the session"));
    };
    Err(Problem::missing("live session"))
}
