//! The pages, made on the server from the HTML files of this folder.

mod connectors;
mod door;
mod listing;
mod policy;
mod session;
mod view;

pub(super) use view::problem;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};

use super::Portal;

/// The routes.
pub(super) fn router() -> Router<Portal> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/accounts") }))
        .route("/sign-in", get(door::sign_in_page).post(door::sign_in))
        .route("/sign-out", post(door::sign_out))
        .route("/set-up", get(door::set_up_page).post(door::set_up))
        .route("/accounts", get(listing::accounts))
        .route("/connect", get(session::connect))
        .route("/sessions", get(session::sessions))
        .route("/sessions/{session}", get(session::session))
        .route("/sessions/{session}/approval", get(session::approval))
        .route("/activity", get(listing::activity))
        .route("/users", get(listing::users))
        .route("/connectors", get(connectors::connectors))
        .route("/policy", get(policy::policy))
        .route("/me", get(listing::me))
}
