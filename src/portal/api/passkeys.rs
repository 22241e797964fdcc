//! `/api/v1/me/passkeys`: one's own passkeys, beside the authenticator. For people alone.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Body;
use super::factor::Code;
use crate::activity::Action;
use crate::factor::{Owner, Relying};
use crate::portal::guard::{Client, Person};
use crate::portal::problem::Problem;
use crate::portal::{Error, Note, Portal, Typed, problem};

/// A new passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPasskey {
    /// What it is called; each of a person's has a name of its own.
    name: String,
    /// A code of the authenticator, or a recovery code.
    #[schema(value_type = String, format = Password)]
    code: Typed,
}

/// What the browser answered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    /// The credential of `navigator.credentials.create`, as its `toJSON` writes it.
    answer: Value,
}

/// A passkey that was registered.
#[derive(Serialize, ToSchema)]
pub(super) struct PasskeyMade {
    name: String,
}

fn relying(portal: &Portal) -> Result<&Relying, Problem> {
    portal.relying.as_ref().ok_or_else(|| {
        let help = "whoever runs doorward can give it one with `portal.public-url`";
        let problem = Problem::unfit("passkeys need a portal that has a name", help);
        Problem { status: StatusCode::CONFLICT, ..problem }
    })
}

/// Begin to register a passkey: what `navigator.credentials.create` takes. Takes a code
#[utoipa::path(post, path = "/api/v1/me/passkeys", request_body = NewPasskey, responses(
    (status = 200, body = Value), (status = 401, body = problem::Body), (status = 409, body = problem::Body),
    (status = 422, body = problem::Body), (status = 429, body = problem::Body),
))]
pub(super) async fn begin(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Body(NewPasskey { name, code }): Body<NewPasskey>,
) -> Result<Json<Value>, Problem> {
    let (relying, owner) = (relying(&portal)?, Owner::user(&person.user.name));
    // Before the code: one that was right is used up.
    let (asked, offered) = portal.ground.factors.offer_passkey(relying, &owner, &name).await?;
    portal.prove(&person.user, client, code.text()).await?;
    portal.enrolments.keep(person.sign_in, offered);
    Ok(Json(asked))
}

/// Register the passkey that the browser answered with
#[utoipa::path(put, path = "/api/v1/me/passkeys", request_body = Answer, responses(
    (status = 200, body = PasskeyMade), (status = 401, body = problem::Body), (status = 409, body = problem::Body),
    (status = 422, body = problem::Body),
))]
pub(super) async fn finish(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Body(Answer { answer }): Body<Answer>,
) -> Result<Json<PasskeyMade>, Problem> {
    let relying = relying(&portal)?;
    let Some(offered) = portal.enrolments.end(&person.sign_in) else {
        let problem = Problem::unfit(
            "no passkey is being registered: none was begun, or more than five minutes ago",
            "begin again",
        );
        return Err(Problem { status: StatusCode::CONFLICT, ..problem });
    };
    let ground = &portal.ground;
    let note = Note::new(Action::FactorAdded, &person.user.name, client);
    let note = note.detail("factor", "passkey");
    let kept = portal.witnessed(|witness| {
        ground.factors.keep_passkey(relying, offered, answer, |name| {
            witness.keep(note.detail("passkey", name))
        })
    });
    let name = match kept.await {
        Ok(name) => name,
        Err(error @ Error::Factor(_)) => {
            let note = Note::new(Action::FactorRefused, &person.user.name, client);
            let note = note.outcome("refused").detail("cause", "passkey");
            note.keep(&ground.store, ground.clock).await?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Json(PasskeyMade { name }))
}

/// Remove a passkey. Takes a code
#[utoipa::path(delete, path = "/api/v1/me/passkeys/{id}", params(("id" = i64, Path)), request_body = Code, responses(
    (status = 204), (status = 401, body = problem::Body), (status = 404, body = problem::Body),
    (status = 422, body = problem::Body), (status = 429, body = problem::Body),
))]
pub(super) async fn remove(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(id): Path<String>,
    Body(Code { code }): Body<Code>,
) -> Result<StatusCode, Problem> {
    let (factors, owner) = (&portal.ground.factors, Owner::user(&person.user.name));
    let passkeys = factors.passkeys(&owner).await?;
    let missing = || Problem::missing("passkey");
    let id = id.parse().map_err(|_| missing())?;
    // Before the code: one that was right is used up.
    let passkey = passkeys.iter().find(|passkey| passkey.id == id).ok_or_else(missing)?;
    portal.prove(&person.user, client, code.text()).await?;
    let note = Note::new(Action::FactorRemoved, &person.user.name, client);
    let note = note.detail("factor", "passkey").detail("passkey", &passkey.name);
    match portal.witnessed(|witness| factors.remove_passkey(&owner, id, witness.keep(note))).await?
    {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(missing()),
    }
}
