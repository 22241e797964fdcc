//! The pages, made on the server from the HTML files of this folder.

mod codes;
mod connectors;
mod door;
mod factor;
mod listing;
mod me;
mod policy;
mod provider;
mod recordings;
mod second;
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
        .route("/sign-in/second", get(second::page).post(second::check))
        .route("/sign-in/provider", get(provider::leave))
        .route("/sign-in/provider/back", get(provider::back))
        .route("/sign-out", post(door::sign_out))
        .route("/set-up", get(door::set_up_page).post(door::set_up))
        .route("/accounts", get(listing::accounts))
        .route("/codes", get(codes::codes))
        .route("/connect", get(session::connect))
        .route("/sessions", get(session::sessions))
        .route("/sessions/{session}", get(session::session))
        .route("/sessions/{session}/approval", get(session::approval))
        .route("/recordings", get(recordings::list))
        .route("/recordings/{session}", get(recordings::one))
        .route("/activity", get(listing::activity))
        .route("/users", get(listing::users))
        .route("/me", get(me::me))
        .route("/second-factor", get(factor::page))
        .route("/connectors", get(connectors::connectors))
        .route("/policy", get(policy::policy))
}
