//! `/api/v1/me`: who has signed in, and their password.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Body, TokenBody};
use crate::access::Role;
use crate::activity::Action;
use crate::portal::guard::{Client, Person};
use crate::portal::problem::Problem;
use crate::portal::{Error, Note, Portal, Typed, problem};

/// Who has signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    name: String,
    role: Role,
    /// The groups that policies can name.
    groups: Vec<String>,
    /// Patterns of the accounts that may be used.
    accounts: Vec<String>,
    /// For the header `x-csrf-token` of what changes something; empty with an API token, which needs none.
    csrf: String,
    /// The API token by which this is asked.
    token: Option<TokenBody>,
}

/// Who has signed in
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, body = Me), (status = 401, body = problem::Body)))]
pub(super) async fn me(person: Person) -> Json<Me> {
    Json(Me {
        name: person.user.name.to_string(),
        role: person.user.role,
        groups: person.user.groups.iter().map(ToString::to_string).collect(),
        accounts: person.user.accounts.iter().map(ToString::to_string).collect(),
        csrf: person.csrf,
        token: person.token.as_deref().map(TokenBody::from),
    })
}

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// The password so far.
    #[schema(value_type = String, format = Password)]
    current: Typed,
    /// 12 characters or more.
    #[schema(value_type = String, format = Password)]
    password: Typed,
}

/// Change one's own password; all one's sign-ins end
#[utoipa::path(put, path = "/api/v1/me/password", request_body = Change, responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 409, body = problem::Body), (status = 422, body = problem::Body), (status = 429, body = problem::Body),
))]
pub(super) async fn password(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Body(change): Body<Change>,
) -> Result<StatusCode, Problem> {
    let (users, name) = (&portal.ground.users, &person.user.name);
    if person.user.issuer.is_some() {
        return Err(Error::KeptElsewhere(name.clone()).into());
    }
    let key = name.as_str().to_lowercase();
    portal.wait(&key, client)?;
    if users.verify(name.as_str(), change.current).await?.is_none() {
        return Err(Problem::denied(
            "password",
            "the current password is not right",
            "type the password that you signed in with",
        ));
    }
    portal.forgive(&key, client);
    users.set_password(name, change.password).await?;
    Note::new(Action::UserChanged, name, client)
        .detail("changed", name)
        .detail("what", "password")
        .keep(&portal.ground.store, portal.ground.clock)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
