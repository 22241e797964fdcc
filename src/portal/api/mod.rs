//! The REST API below `/api/v1/`, and its description (OpenAPI), which is made from the same list.

mod accounts;
mod activity;
mod body;
mod codes;
mod connectors;
mod explanation;
mod factor;
mod factors;
mod files;
mod key;
mod me;
mod passkeys;
mod policies;
mod recordings;
mod recovery;
mod replay;
mod resets;
mod security;
mod sessions;
mod stream;
mod supervision;
mod tokens;
mod users;
mod visit;

pub(super) use accounts::{Found, found};
pub(super) use activity::{Asked, Line, lines};
pub(super) use body::Body;
pub(super) use codes::{Totp, shown};
pub(super) use connectors::{ConnectorBody, examined};
pub(super) use factor::FactorBody;
pub(super) use key::KeyState;
pub(super) use policies::{FileBody, PolicyBody, now as policy_now};
pub(super) use recordings::{Card, Wanted, listed};
pub(super) use sessions::{APPROVING, CardBody, Reach, WATCHING, of_another, owned, reach, seen};
pub(super) use supervision::late;
pub(super) use tokens::TokenBody;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Portal;

/// The parts of the description that are of no route.
#[derive(OpenApi)]
#[openapi(info(
    title = "Doorward",
    description = "Opens privileged web sessions. Scripts send an API token as `Authorization: Bearer dwt_…`, where a \
                   route names the scope that it needs. A sign-in is the cookie that the page /sign-in sets; what changes \
                   something then carries the header `x-csrf-token` with `csrf` of GET /api/v1/me, and the `Origin` of \
                   the portal. Problems are `application/problem+json` (RFC 9457) with a `help`."
))]
struct About;

/// The routes.
pub(super) fn router() -> Router<Portal> {
    let (router, mut described) = OpenApiRouter::<Portal>::with_openapi(About::openapi())
        .routes(routes!(me::me))
        .routes(routes!(me::password))
        .routes(routes!(factor::state, factor::begin, factor::remove))
        .routes(routes!(factor::confirm))
        .routes(routes!(factor::renew))
        .routes(routes!(passkeys::begin, passkeys::finish))
        .routes(routes!(passkeys::remove))
        .routes(routes!(accounts::accounts))
        .routes(routes!(codes::show, codes::keep, codes::remove))
        .routes(routes!(codes::code))
        .routes(routes!(codes::restore))
        .routes(routes!(codes::offered))
        .merge(codes::pictures())
        .routes(routes!(recovery::add, recovery::remove))
        .routes(routes!(recovery::take))
        .routes(routes!(sessions::list, sessions::start))
        .routes(routes!(sessions::one, sessions::end))
        .routes(routes!(stream::stream))
        .routes(routes!(supervision::approve))
        .routes(routes!(supervision::control))
        .routes(routes!(supervision::message))
        .routes(routes!(files::file))
        .merge(files::uploads())
        .routes(routes!(key::state, key::unlock, key::forget))
        .routes(routes!(recordings::list))
        .routes(routes!(recordings::one))
        .routes(routes!(recordings::verify))
        .routes(routes!(replay::moments))
        .routes(routes!(replay::play))
        .routes(routes!(activity::activity))
        .routes(routes!(activity::export))
        .routes(routes!(activity::verdict))
        .routes(routes!(connectors::list))
        .routes(routes!(connectors::attempt))
        .routes(routes!(policies::policies, policies::make, policies::save, policies::remove))
        .routes(routes!(policies::check))
        .routes(routes!(explanation::explain))
        .routes(routes!(users::list, users::add))
        .routes(routes!(users::change, users::remove))
        .routes(routes!(resets::ask, resets::confirm, resets::withdraw))
        .routes(routes!(factors::enrol))
        .routes(routes!(factors::state, factors::remove))
        .routes(routes!(factors::verify))
        .routes(routes!(tokens::list, tokens::add))
        .routes(routes!(tokens::remove))
        .split_for_parts();
    described.info.version = env!("CARGO_PKG_VERSION").to_owned();
    security::describe(&mut described);
    let description = std::sync::Arc::new(described);
    let openapi = move |State(_): State<Portal>| {
        let description = std::sync::Arc::clone(&description);
        async move { described_as(&description) }
    };
    router.route("/api/v1/openapi.json", get(openapi))
}

/// Whether a request may be larger than others: its route bounds it.
pub(super) fn is_large(request: &Request) -> bool {
    files::is_upload(request) || codes::is_picture(request)
}

fn described_as(description: &utoipa::openapi::OpenApi) -> Response {
    Json(description).into_response()
}
