//! `/api/v1/factors`: second factors of the people of another application, which asks doorward instead of building its
//! own. Whom it asks about are its subjects: each user of the portal has subjects of their own, so an application is a
//! user, and a new token of it finds what one before has enrolled.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use super::factor::{Code, FactorOffer};
use crate::activity::Action;
use crate::factor::{Error, NoSubject, Owner, Subject, Verdict};
use crate::portal::entry::too_many;
use crate::portal::guard::{Client, Person};
use crate::portal::problem::Problem;
use crate::portal::{Note, Portal, problem};

/// Whom to enrol.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSubject {
    /// What the application calls them: 1 to 128 characters, and letters count as they are written.
    subject: String,
    /// What their app shows above the codes: the application's name.
    #[serde(default)]
    issuer: Option<String>,
}

/// Whether somebody has a second factor.
#[derive(Serialize, ToSchema)]
pub(super) struct SubjectBody {
    subject: String,
    /// Whether one counts: it was enrolled, and a code of it was right.
    enrolled: bool,
    since: Option<String>,
}

/// What came of a code.
#[derive(Serialize, ToSchema)]
pub(super) struct Verified {
    /// Whether it was right. Why it was not is on record.
    verified: bool,
}

fn subject(text: &str) -> Result<Subject, Problem> {
    text.parse().map_err(|error: NoSubject| {
        Problem::unfit(error.to_string(), "send the name that the application has for them")
    })
}

/// What a note says of a subject; what a token is called goes on record, too.
fn note(action: Action, person: &Person, client: std::net::IpAddr, subject: &Subject) -> Note {
    let note = Note::new(action, &person.user.name, client).detail("subject", subject);
    person.token.iter().fold(note, |note, token| note.detail("token", &token.name))
}

/// Enrol somebody: the seed of a new authenticator, shown once. It counts when the first code of it was verified
#[utoipa::path(post, path = "/api/v1/factors", request_body = NewSubject, responses(
    (status = 201, body = FactorOffer), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 409, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn enrol(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Body(NewSubject { subject, issuer }): Body<NewSubject>,
) -> Result<(StatusCode, Json<FactorOffer>), Problem> {
    let subject = self::subject(&subject)?;
    let issuer = issuer.unwrap_or_else(|| person.user.name.to_string());
    if !(1..=64).contains(&issuer.chars().count()) || issuer.chars().any(char::is_control) {
        let detail = "`issuer` has 1 to 64 characters, and no control characters";
        return Err(Problem::unfit(detail, "send the name of the application"));
    }
    let (ground, owner) = (&portal.ground, Owner::of(&person.user.name, &subject));
    let note = note(Action::FactorAdded, &person, client, &subject);
    let note = note.outcome("begun").detail("factor", "authenticator");
    let shown = subject.to_string();
    // On record before it is shown: it cannot be taken back then.
    let offer = portal
        .witnessed(|witness| ground.factors.begin(&owner, &issuer, &shown, witness.keep(note)))
        .await?;
    Ok((StatusCode::CREATED, Json((&offer).into())))
}

/// Whether somebody has a second factor
#[utoipa::path(get, path = "/api/v1/factors/{subject}", params(("subject" = String, Path)), responses(
    (status = 200, body = SubjectBody), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 422, body = problem::Body),
))]
pub(super) async fn state(
    State(portal): State<Portal>,
    person: Person,
    Path(name): Path<String>,
) -> Result<Json<SubjectBody>, Problem> {
    let subject = subject(&name)?;
    let owner = Owner::of(&person.user.name, &subject);
    let standing = portal.ground.factors.standing(&owner).await?;
    Ok(Json(SubjectBody {
        subject: subject.to_string(),
        enrolled: standing.is_some(),
        since: standing.map(|standing| format!("{:.0}", standing.since)),
    }))
}

/// Verify a code: each counts once. The first right one enables what was enrolled. After some wrong ones the subject has
/// to wait, twice as long each time
#[utoipa::path(post, path = "/api/v1/factors/{subject}/verify", params(("subject" = String, Path)), request_body = Code,
    responses(
        (status = 200, body = Verified), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
        (status = 422, body = problem::Body), (status = 429, body = problem::Body),
    ))]
pub(super) async fn verify(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(name): Path<String>,
    Body(Code { code }): Body<Code>,
) -> Result<Json<Verified>, Problem> {
    let subject = subject(&name)?;
    let (ground, owner) = (&portal.ground, Owner::of(&person.user.name, &subject));
    // The address is the application's, for all of its people: it has to wait for none of them.
    let (note, verified) = match ground.factors.verify(&owner, code.text()).await? {
        Verdict::Wait(left) => return Err(too_many(left.as_secs() + 1)),
        Verdict::Passed(proof) => {
            let note = note(Action::FactorVerified, &person, client, &subject);
            (note.outcome("verified").of_proof(proof, ""), true)
        }
        Verdict::Refused(cause) => {
            let note = note(Action::FactorRefused, &person, client, &subject);
            (note.outcome("refused").detail("cause", cause.word()), false)
        }
    };
    note.keep(&ground.store, ground.clock).await?;
    Ok(Json(Verified { verified }))
}

/// Remove somebody's second factor
#[utoipa::path(delete, path = "/api/v1/factors/{subject}", params(("subject" = String, Path)), responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn remove(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let subject = subject(&name)?;
    let (ground, owner) = (&portal.ground, Owner::of(&person.user.name, &subject));
    let note = note(Action::FactorRemoved, &person, client, &subject);
    if !portal.witnessed(|witness| ground.factors.remove(&owner, witness.keep(note))).await? {
        return Err(Error::Absent(subject.to_string()).into());
    }
    Ok(StatusCode::NO_CONTENT)
}
