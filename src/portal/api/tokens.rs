//! `/api/v1/tokens`: one's own API tokens; those of everybody for administrators. For people alone.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Body;
use crate::access::Deed;
use crate::activity::Action;
use crate::name::TokenName;
use crate::portal::guard::{Client, Person};
use crate::portal::may::denied;
use crate::portal::problem::Problem;
use crate::portal::{ApiToken, Note, Portal, Scope, USUAL, problem};

/// An API token, without the token.
#[derive(Serialize, ToSchema, Clone)]
pub(in crate::portal) struct TokenBody {
    pub(in crate::portal) id: i64,
    pub(in crate::portal) user: String,
    pub(in crate::portal) name: String,
    pub(in crate::portal) scopes: Vec<Scope>,
    pub(in crate::portal) created: String,
    pub(in crate::portal) expires: String,
    pub(in crate::portal) expired: bool,
    /// When it was used last, to the minute.
    pub(in crate::portal) used: Option<String>,
    /// From where it was used last.
    pub(in crate::portal) used_from: Option<String>,
}

impl From<&ApiToken> for TokenBody {
    fn from(token: &ApiToken) -> Self {
        let (used, used_from) = token.used.clone().unzip();
        Self {
            id: token.id,
            user: token.user.to_string(),
            name: token.name.to_string(),
            scopes: token.scopes.clone(),
            created: format!("{:.0}", token.created),
            expires: format!("{:.0}", token.expires),
            expired: token.is_expired,
            used: used.map(|used| format!("{used:.0}")),
            used_from,
        }
    }
}

/// A new token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// What it is called; each of a person's has a name of its own.
    name: String,
    /// What it may do of that which its person may.
    scopes: Vec<Scope>,
    /// After how many days it ends: 1 to 366.
    #[serde(default = "usual")]
    days: u16,
}

fn usual() -> u16 {
    USUAL
}

/// A token that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct TokenMade {
    /// The token itself, which is shown this once.
    token: String,
    #[serde(flatten)]
    about: TokenBody,
}

/// Whose.
#[derive(Deserialize, IntoParams, Default)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// Those of everybody; for administrators
    all: bool,
}

/// One's own API tokens; for administrators those of everybody
#[utoipa::path(get, path = "/api/v1/tokens", params(Whose), responses(
    (status = 200, body = Vec<TokenBody>), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
))]
pub(super) async fn list(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Query(Whose { all }): Query<Whose>,
) -> Result<Json<Vec<TokenBody>>, Problem> {
    if all {
        let decision = portal.may(&person.user, client).decide(Deed::ManageUsers);
        if !decision.is_permitted() {
            let detail = "the API tokens of others are for those who may manage users";
            return Err(denied(&decision, detail, "leave `all` away for your own"));
        }
    }
    let whose = (!all).then_some(&person.user.name);
    let tokens = portal.ground.users.tokens(whose).await?;
    Ok(Json(tokens.iter().map(TokenBody::from).collect()))
}

/// Make an API token of one's own
#[utoipa::path(post, path = "/api/v1/tokens", request_body = NewToken, responses(
    (status = 201, body = TokenMade), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 409, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn add(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Body(NewToken { name, scopes, days }): Body<NewToken>,
) -> Result<(StatusCode, Json<TokenMade>), Problem> {
    let users = &portal.ground.users;
    let name: TokenName = name.trim().parse().map_err(|error: crate::name::Invalid| {
        Problem::unfit(error.to_string(), "take a word for what uses it, such as nightly-report")
    })?;
    let note = Note::new(Action::TokenAdded, &person.user.name, client);
    let (shown, token) = portal
        .witnessed(|witness| {
            users.add_token(&person.user.name, name, &scopes, days, |token| {
                witness.keep(note.of_token(token))
            })
        })
        .await?;
    let made = TokenMade { token: shown.text().to_owned(), about: TokenBody::from(&token) };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Remove an API token of one's own; for administrators that of anybody. It ends at once
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", params(("id" = i64, Path)), responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body),
))]
pub(super) async fn remove(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let users = &portal.ground.users;
    let tokens = users.tokens(None).await?;
    let id = id.parse::<i64>().ok();
    let token = tokens.into_iter().find(|token| Some(token.id) == id);
    let token = token.ok_or_else(|| Problem::missing("API token"))?;
    if token.user != person.user.name && !person.duties.users {
        // As if there were none, and on record.
        let hidden = Problem::missing("API token");
        return Err(Problem { denied: Some("token of another person"), ..hidden });
    }
    let note = Note::new(Action::TokenRemoved, &person.user.name, client).of_token(&token);
    portal.witnessed(|witness| users.remove_token(token.id, witness.keep(note))).await?;
    Ok(StatusCode::NO_CONTENT)
}
