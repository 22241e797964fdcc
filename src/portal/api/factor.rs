//! `/api/v1/me/factor`: one's own second factor. For people alone.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use crate::activity::Action;
use crate::factor::{Cause, Offer, Owner, RecoveryCodes, Verdict};
use crate::portal::entry::WRONG;
use crate::portal::guard::{Client, Person};
use crate::portal::problem::Problem;
use crate::portal::{Note, Portal, Typed, User, problem};

/// What somebody has as a second factor.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct FactorBody {
    /// Whether there is one that counts.
    pub(in crate::portal) enrolled: bool,
    /// Since when.
    pub(in crate::portal) since: Option<String>,
    /// Whether people of this role have to have one.
    pub(in crate::portal) required: bool,
    /// How many recovery codes are left.
    pub(in crate::portal) recovery_codes: u32,
    pub(in crate::portal) passkeys: Vec<PasskeyBody>,
    /// The address at which passkeys can be used; none where the portal has no name.
    pub(in crate::portal) passkey_origin: Option<String>,
}

/// A passkey.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct PasskeyBody {
    pub(in crate::portal) id: i64,
    pub(in crate::portal) name: String,
    pub(in crate::portal) made: String,
    /// When it was used last.
    pub(in crate::portal) used: Option<String>,
}

impl FactorBody {
    /// What `user` has.
    pub(in crate::portal) async fn of(portal: &Portal, user: &User) -> Result<Self, Problem> {
        let (factors, owner) = (&portal.ground.factors, Owner::user(&user.name));
        let standing = factors.standing(&owner).await?;
        let passkeys = factors.passkeys(&owner).await?;
        let passkeys = passkeys.into_iter().map(|passkey| PasskeyBody {
            id: passkey.id,
            name: passkey.name,
            made: format!("{:.0}", passkey.made),
            used: passkey.used.map(|used| format!("{used:.0}")),
        });
        Ok(Self {
            enrolled: standing.is_some(),
            since: standing.as_ref().map(|standing| format!("{:.0}", standing.since)),
            required: portal.requires_factor(user),
            recovery_codes: standing.map_or(0, |standing| standing.recovery_codes),
            passkeys: passkeys.collect(),
            passkey_origin: portal.relying.as_ref().map(|relying| relying.origin().to_owned()),
        })
    }

    /// Since when, or nothing.
    pub(in crate::portal) fn since(&self) -> &str {
        self.since.as_deref().unwrap_or_default()
    }
}

/// A new seed, shown this once. It counts when a code of it was right.
#[derive(Serialize, ToSchema)]
pub(super) struct FactorOffer {
    /// What a QR code holds: `otpauth://totp/…`.
    uri: String,
    /// The seed in base32, in groups of four.
    setup_code: String,
    /// The URI as a QR code: a `data:` URL of an SVG picture.
    picture: String,
}

impl From<&Offer> for FactorOffer {
    fn from(offer: &Offer) -> Self {
        Self {
            uri: offer.uri().to_owned(),
            setup_code: offer.setup_code().to_owned(),
            picture: offer.picture().as_str().to_owned(),
        }
    }
}

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    /// Six digits; or a recovery code, where those count.
    #[schema(value_type = String, format = Password)]
    pub(super) code: Typed,
}

/// Recovery codes, shown this once.
#[derive(Serialize, ToSchema)]
pub(super) struct CodesBody {
    /// Ten, a line each; each of them counts once.
    recovery_codes: String,
}

impl From<RecoveryCodes> for CodesBody {
    fn from(codes: RecoveryCodes) -> Self {
        Self { recovery_codes: codes.lines().as_str().to_owned() }
    }
}

/// What one has as a second factor
#[utoipa::path(get, path = "/api/v1/me/factor", responses(
    (status = 200, body = FactorBody), (status = 401, body = problem::Body),
))]
pub(super) async fn state(
    State(portal): State<Portal>,
    person: Person,
) -> Result<Json<FactorBody>, Problem> {
    Ok(Json(FactorBody::of(&portal, &person.user).await?))
}

/// Begin to enrol an authenticator: its seed, shown once. It counts when a code of it was confirmed within an hour
#[utoipa::path(post, path = "/api/v1/me/factor", responses(
    (status = 201, body = FactorOffer), (status = 401, body = problem::Body), (status = 409, body = problem::Body),
))]
pub(super) async fn begin(
    State(portal): State<Portal>,
    person: Person,
) -> Result<(StatusCode, Json<FactorOffer>), Problem> {
    if let Some(issuer) = person.user.issuer.as_ref().filter(|_| !portal.asks_factor(&person.user))
    {
        let detail = format!("you sign in through {issuer}, which asks for your second factor");
        let problem = Problem::unfit(detail, "set it up there");
        return Err(Problem { status: StatusCode::CONFLICT, ..problem });
    }
    let host = portal.url.split_once("://").map_or("", |(_, host)| host);
    let (owner, name) = (Owner::user(&person.user.name), person.user.name.as_str());
    let issuer = format!("Doorward {host}");
    // Nothing that counts: confirming it goes on record.
    let nothing = std::future::ready(Ok::<_, Problem>(()));
    let offer = portal.ground.factors.begin(&owner, &issuer, name, nothing).await?;
    Ok((StatusCode::CREATED, Json((&offer).into())))
}

/// Confirm an enrolment by a code of it: from now on it counts, and one's other sign-ins end. Answers ten recovery
/// codes, shown once
#[utoipa::path(post, path = "/api/v1/me/factor/confirmation", request_body = Code, responses(
    (status = 200, body = CodesBody), (status = 401, body = problem::Body), (status = 409, body = problem::Body),
    (status = 422, body = problem::Body), (status = 429, body = problem::Body),
))]
pub(super) async fn confirm(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Body(Code { code }): Body<Code>,
) -> Result<Json<CodesBody>, Problem> {
    portal.wait_at(client)?;
    let owner = Owner::user(&person.user.name);
    let factors = &portal.ground.factors;
    let note = Note::new(Action::FactorAdded, &person.user.name, client);
    let note = note.detail("factor", "authenticator");
    let confirmed =
        portal.witnessed(|witness| factors.confirm(&owner, code.text(), witness.keep(note))).await;
    let (verdict, codes) = match confirmed {
        Ok(confirmed) => confirmed,
        Err(error) => {
            portal.addresses.undo(&client.to_string());
            return Err(error.into());
        }
    };
    let judged = portal.judge(&person.user, client, verdict).await;
    let codes = match (judged, verdict, codes) {
        (Ok(_), _, Some(codes)) => codes,
        // Whoever enrols holds the seed, so it helps nobody else.
        (Err(problem), Verdict::Refused(Cause::Ahead(seconds)), _) => {
            let way = if seconds > 0 { "ahead" } else { "behind" };
            let help = format!(
                "the clock of your device is about {} s {way}: let it set itself by the network",
                seconds.abs()
            );
            return Err(Problem { help, ..problem });
        }
        (Err(problem), ..) => return Err(problem),
        (Ok(_), ..) => return Err(Problem::unfit("this code is not accepted", WRONG)),
    };
    // Those others were made by the password alone.
    portal.ground.users.end_other_sign_ins(&person.user.name, &person.sign_in).await?;
    Ok(Json(codes.into()))
}

/// Make ten new recovery codes, shown once; those before stop working. Takes a code
#[utoipa::path(post, path = "/api/v1/me/factor/recovery-codes", request_body = Code, responses(
    (status = 200, body = CodesBody), (status = 401, body = problem::Body), (status = 422, body = problem::Body),
    (status = 429, body = problem::Body),
))]
pub(super) async fn renew(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Body(Code { code }): Body<Code>,
) -> Result<Json<CodesBody>, Problem> {
    let proof = portal.prove(&person.user, client, code.text()).await?;
    let note = Note::new(Action::FactorAdded, &person.user.name, client);
    let note = note.of_proof(proof, "").detail("what", "recovery codes");
    let (factors, owner) = (&portal.ground.factors, Owner::user(&person.user.name));
    let codes = portal.witnessed(|witness| factors.renew_codes(&owner, witness.keep(note))).await?;
    Ok(Json(codes.into()))
}

/// Remove one's second factor, with its recovery codes and passkeys. Takes a code or a recovery code
#[utoipa::path(delete, path = "/api/v1/me/factor", request_body = Code, responses(
    (status = 204), (status = 401, body = problem::Body), (status = 422, body = problem::Body),
    (status = 429, body = problem::Body),
))]
pub(super) async fn remove(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Body(Code { code }): Body<Code>,
) -> Result<StatusCode, Problem> {
    let proof = portal.prove(&person.user, client, code.text()).await?;
    let note = Note::new(Action::FactorRemoved, &person.user.name, client).of_proof(proof, "");
    let (factors, owner) = (&portal.ground.factors, Owner::user(&person.user.name));
    portal.witnessed(|witness| factors.remove(&owner, witness.keep(note))).await?;
    Ok(StatusCode::NO_CONTENT)
}
