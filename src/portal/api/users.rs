//! `/api/v1/users`: who may sign in; for administrators.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use crate::access::Role;
use crate::activity::Action;
use crate::live::Stage;
use crate::name::{GroupName, Pattern, UserName};
use crate::portal::guard::{Admin, Client};
use crate::portal::problem::Problem;
use crate::portal::users::User;
use crate::portal::{Note, Portal, Typed, problem};

/// One who may sign in.
#[derive(Serialize, ToSchema)]
pub(super) struct UserBody {
    name: String,
    role: Role,
    /// The groups that policies can name.
    groups: Vec<String>,
    /// Patterns of the accounts that they may use, where no policies are configured.
    accounts: Vec<String>,
    /// The provider through which they sign in; without it they have a password here.
    issuer: Option<String>,
    /// Whether they may not sign in.
    blocked: bool,
    /// Whether they have a second factor.
    second_factor: bool,
}

impl UserBody {
    fn of(user: User, second_factor: bool) -> Self {
        let groups = user.groups.iter().map(ToString::to_string).collect();
        let accounts = user.accounts.iter().map(ToString::to_string).collect();
        let User { name, role, issuer, blocked, .. } = user;
        Self { name: name.to_string(), role, groups, accounts, issuer, blocked, second_factor }
    }
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    name: String,
    #[serde(default = "operator")]
    role: Role,
    /// The groups that policies can name.
    #[serde(default)]
    groups: Vec<String>,
    /// Patterns such as `web/*`; none means no account.
    #[serde(default)]
    accounts: Vec<String>,
    /// 12 characters or more.
    #[schema(value_type = String, format = Password)]
    password: Typed,
}

fn operator() -> Role {
    Role::Operator
}

/// What changes; the rest stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    #[serde(default)]
    role: Option<Role>,
    #[serde(default)]
    groups: Option<Vec<String>>,
    #[serde(default)]
    accounts: Option<Vec<String>>,
    /// All their sign-ins end then.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Typed>,
    /// Whether they may not sign in; their sign-ins and sessions end then, and their API tokens do not work.
    #[serde(default)]
    blocked: Option<bool>,
}

/// Who may sign in; for administrators
#[utoipa::path(get, path = "/api/v1/users", responses(
    (status = 200, body = Vec<UserBody>), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
))]
pub(super) async fn list(
    State(portal): State<Portal>,
    _admin: Admin,
) -> Result<Json<Vec<UserBody>>, Problem> {
    let holders = portal.ground.factors.holders().await?;
    let users = portal.ground.users.list().await?.into_iter();
    let has = |user: &User| holders.contains(user.name.as_str());
    Ok(Json(
        users
            .map(|user| {
                let has = has(&user);
                UserBody::of(user, has)
            })
            .collect(),
    ))
}

/// Add a user; for administrators
#[utoipa::path(post, path = "/api/v1/users", request_body = New, responses(
    (status = 201, body = UserBody), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 409, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn add(
    State(portal): State<Portal>,
    Admin(person): Admin,
    Client(client): Client,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<UserBody>), Problem> {
    let (groups, accounts) = (groups(&new.groups)?, patterns(&new.accounts)?);
    let user = User::local(name(&new.name)?, new.role, groups, accounts);
    portal.ground.users.add(&user, new.password).await?;
    noted(Note::new(Action::UserAdded, &person.user.name, client), &user)
        .keep(&portal.ground.store, portal.ground.clock)
        .await?;
    Ok((StatusCode::CREATED, Json(UserBody::of(user, false))))
}

/// Change a user; for administrators
#[utoipa::path(patch, path = "/api/v1/users/{name}", params(("name" = String, Path)), request_body = Change, responses(
    (status = 200, body = UserBody), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn change(
    State(portal): State<Portal>,
    Admin(person): Admin,
    Client(client): Client,
    Path(wanted): Path<String>,
    Body(change): Body<Change>,
) -> Result<Json<UserBody>, Problem> {
    let users = &portal.ground.users;
    let mut user = users.find(&named(&wanted)?).await?;
    user.role = change.role.unwrap_or(user.role);
    if let Some(groups) = &change.groups {
        user.groups = self::groups(groups)?;
    }
    if let Some(accounts) = &change.accounts {
        user.accounts = patterns(accounts)?;
    }
    // The password first: where it will not do, nothing has changed.
    let has_password = change.password.is_some();
    if let Some(password) = change.password {
        users.set_password(&user.name, password).await?;
    }
    users.change(&user).await?;
    if let Some(blocked) = change.blocked {
        users.block(&user, blocked).await?;
        user.blocked = blocked;
    }
    let note = noted(Note::new(Action::UserChanged, &person.user.name, client), &user);
    let note = if has_password { note.detail("what", "password") } else { note };
    note.keep(&portal.ground.store, portal.ground.clock).await?;
    if user.blocked {
        end_all(&portal, &user, &person.user.name).await;
    }
    let has = portal.has_factor(&user).await?;
    Ok(Json(UserBody::of(user, has)))
}

/// Remove a user, and end their sessions; for administrators
#[utoipa::path(delete, path = "/api/v1/users/{name}", params(("name" = String, Path)), responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body),
))]
pub(super) async fn remove(
    State(portal): State<Portal>,
    Admin(person): Admin,
    Client(client): Client,
    Path(wanted): Path<String>,
) -> Result<StatusCode, Problem> {
    let user = portal.ground.users.find(&named(&wanted)?).await?;
    portal.ground.users.remove(&user.name).await?;
    noted(Note::new(Action::UserRemoved, &person.user.name, client), &user)
        .keep(&portal.ground.store, portal.ground.clock)
        .await?;
    end_all(&portal, &user, &person.user.name).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends every session of `user`.
async fn end_all(portal: &Portal, user: &User, by: &UserName) {
    for card in portal.ground.broker.cards() {
        if card.user == user.name && !matches!(card.stage, Stage::Ended { .. }) {
            portal.ground.broker.end(card.session, by).await;
        }
    }
}

fn noted(note: Note, user: &User) -> Note {
    note.detail("changed", &user.name).of_user(user)
}

fn groups(texts: &[String]) -> Result<Vec<GroupName>, Problem> {
    if texts.len() > 200 {
        return Err(Problem::unfit("these are more than 200 groups", "leave some of them away"));
    }
    let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    let mut seen = BTreeSet::new();
    texts
        .filter(|text| seen.insert(*text))
        .map(|text| {
            text.parse().map_err(|error: crate::name::Invalid| {
                Problem::unfit(error.to_string(), "write one group a line, such as databases")
            })
        })
        .collect()
}

fn name(text: &str) -> Result<UserName, Problem> {
    text.trim().parse().map_err(|error: crate::name::Invalid| {
        Problem::unfit(
            error.to_string(),
            "take the name that they have elsewhere, such as ann.smith",
        )
    })
}

fn named(text: &str) -> Result<UserName, Problem> {
    text.parse().map_err(|_| Problem::missing("user"))
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>, Problem> {
    if texts.len() > 200 {
        let help = "let `*` stand for what they have in common";
        return Err(Problem::unfit("these are more than 200 patterns", help));
    }
    let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    texts
        .map(|text| {
            text.parse().map_err(|error: crate::name::NoPattern| {
                Problem::unfit(
                    error.to_string(),
                    "write one pattern a line; `*` alone means every account",
                )
            })
        })
        .collect()
}
