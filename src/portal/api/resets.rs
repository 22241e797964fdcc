//! `/api/v1/users/{name}/factor-reset`: takes the second factor of somebody who has lost it. One administrator asks, and
//! another confirms.

use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::activity::Action;
use crate::factor::Error;
use crate::portal::guard::{Admin, Client};
use crate::portal::problem::Problem;
use crate::portal::{Note, Portal, User, problem};

async fn user(portal: &Portal, name: &str) -> Result<User, Problem> {
    let name = name.parse().map_err(|_| Problem::missing("user"))?;
    Ok(portal.ground.users.find(&name).await?)
}

/// Ask for the second factor of a user to be reset; another administrator has a day to confirm it
#[utoipa::path(post, path = "/api/v1/users/{name}/factor-reset", params(("name" = String, Path)), responses(
    (status = 202), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body),
))]
pub(super) async fn ask(
    State(portal): State<Portal>,
    Admin(person): Admin,
    Client(client): Client,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let (user, ground) = (user(&portal, &name).await?, &portal.ground);
    let note = Note::new(Action::FactorResetAsked, &person.user.name, client);
    let note = note.detail("changed", &user.name);
    portal
        .witnessed(|witness| {
            ground.factors.ask_reset(&user.name, &person.user.name, witness.keep(note))
        })
        .await?;
    Ok(StatusCode::ACCEPTED)
}

/// Confirm a reset that another administrator has asked for: the second factor is gone, and all sign-ins end
#[utoipa::path(put, path = "/api/v1/users/{name}/factor-reset", params(("name" = String, Path)), responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body),
))]
pub(super) async fn confirm(
    State(portal): State<Portal>,
    Admin(person): Admin,
    Client(client): Client,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let (user, ground) = (user(&portal, &name).await?, &portal.ground);
    let note = Note::new(Action::FactorReset, &person.user.name, client);
    let note = note.detail("changed", &user.name);
    portal
        .witnessed(|witness| {
            ground.factors.confirm_reset(&user.name, &person.user.name, |asked_by| {
                witness.keep(note.detail("asked-by", asked_by))
            })
        })
        .await?;
    ground.users.end_sign_ins(&user.name).await?;
    portal.halves.forget(&user.name);
    Ok(StatusCode::NO_CONTENT)
}

/// Take back, or decline, a reset that somebody has asked for
#[utoipa::path(delete, path = "/api/v1/users/{name}/factor-reset", params(("name" = String, Path)), responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body),
))]
pub(super) async fn withdraw(
    State(portal): State<Portal>,
    Admin(person): Admin,
    Client(client): Client,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let (user, ground) = (user(&portal, &name).await?, &portal.ground);
    let note = Note::new(Action::FactorResetAsked, &person.user.name, client);
    let note = note.outcome("withdrawn").detail("changed", &user.name);
    let withdraw =
        portal.witnessed(|witness| ground.factors.withdraw_reset(&user.name, witness.keep(note)));
    match withdraw.await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Error::NoReset(user.name.to_string()).into()),
    }
}
