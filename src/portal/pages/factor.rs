//! The page of one's own second factor: enrolled here, renewed and removed.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::super::Portal;
use super::super::api::FactorBody;
use super::super::guard::Person;
use super::super::problem::Problem;
use super::view::{self, Frame};

#[derive(Template)]
#[template(path = "factor.html", config = "src/portal/pages/askama.toml")]
struct FactorPage {
    frame: Frame,
    factor: FactorBody,
    /// The provider that asks for it, and doorward does not.
    provider: Option<String>,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    person: Person,
) -> Result<Response, Problem> {
    let provider = person.user.issuer.clone().filter(|_| !portal.asks_factor(&person.user));
    view::page(&FactorPage {
        factor: FactorBody::of(&portal, &person.user).await?,
        frame: Frame::of(Some(&person)),
        provider,
    })
}
