//! The page of one's own name: what one may use, one's password, one's API tokens.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::super::api::{FactorBody, TokenBody};
use super::super::guard::Person;
use super::super::problem::Problem;
use super::super::{LONGEST, Portal, Scope, USUAL};
use super::listing::UserView;
use super::view::{Frame, page};

#[derive(Template)]
#[template(path = "me.html", config = "src/portal/pages/askama.toml")]
struct MePage {
    frame: Frame,
    user: UserView,
    factor: FactorBody,
    tokens: Vec<TokenBody>,
    scopes: [Scope; 8],
    longest: u16,
    usual: u16,
}

pub(super) async fn me(State(portal): State<Portal>, person: Person) -> Result<Response, Problem> {
    let tokens = portal.ground.users.tokens(Some(&person.user.name)).await?;
    page(&MePage {
        factor: FactorBody::of(&portal, &person.user).await?,
        user: UserView::of(&person.user, &person),
        frame: Frame::of(Some(&person)),
        tokens: tokens.iter().map(TokenBody::from).collect(),
        scopes: Scope::ALL,
        longest: LONGEST,
        usual: USUAL,
    })
}
