//! `/api/v1/accounts/{account}/totp`: the seed of an account, added, read as codes, removed and restored.

use std::net::IpAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Body;
use super::recovery::RecoveryState;
use super::visit::{Visit, Why, Wish};
use crate::custody::{Apart, Codes, Kept, Reading, Shape, Whose, preview};
use crate::name::Purpose;
use crate::offer::{self, LARGEST, Offered};
use crate::portal::guard::Person;
use crate::portal::problem::Problem;
use crate::portal::{Portal, problem};

/// What may be shown of the codes of an account.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct Totp {
    /// The account that holds the seed; without it there is none.
    pub(in crate::portal) at: Option<String>,
    /// Whether the vault computes the codes, and tells no more of them.
    pub(in crate::portal) computed: bool,
    /// The parameters, where the seed is known here.
    pub(in crate::portal) parameters: Option<Parameters>,
    /// Until when a seed that was removed can be restored.
    pub(in crate::portal) removed_until: Option<String>,
    /// Whether one that is removed can be restored for a week.
    pub(in crate::portal) restorable: bool,
    /// The recovery codes of the application, never themselves.
    pub(in crate::portal) recovery: RecoveryState,
    /// Clocks that the codes hang on and that are apart from this machine's.
    pub(in crate::portal) clocks: Vec<ClockApart>,
}

/// A clock that shows another time than this machine's.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct ClockApart {
    /// The vault whose clock it is; without it, it is that of the application.
    pub(in crate::portal) vault: Option<String>,
    /// When it was seen, for that of the application: at the last code that a session typed.
    pub(in crate::portal) seen: Option<String>,
    /// How far it is ahead, in seconds; negative where it is behind.
    pub(in crate::portal) ahead: i64,
}

impl Totp {
    /// That of an account of which nothing is told yet.
    pub(in crate::portal) fn unknown() -> Self {
        Self {
            at: Some(String::new()),
            computed: false,
            parameters: None,
            removed_until: None,
            restorable: false,
            recovery: RecoveryState::default(),
            clocks: Vec::new(),
        }
    }
}

/// The parameters of a seed: all of it that is ever shown.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct Parameters {
    /// The application, in its own words.
    pub(in crate::portal) issuer: Option<String>,
    /// The user of it.
    pub(in crate::portal) issued_to: Option<String>,
    /// `SHA1`, `SHA256` or `SHA512`.
    pub(in crate::portal) algorithm: &'static str,
    pub(in crate::portal) digits: u8,
    /// Seconds.
    pub(in crate::portal) period: u64,
}

/// A code.
#[derive(Serialize, ToSchema)]
pub(super) struct CodeBody {
    code: String,
    /// The one after it, where it can be known.
    next: Option<String>,
    /// Milliseconds.
    left: u128,
    /// Milliseconds.
    period: u128,
    /// Whether nobody else has it: a session has typed it otherwise, or somebody has read it.
    free: bool,
}

/// A seed that is not kept yet.
#[derive(Serialize, ToSchema)]
pub(super) struct SeedOffer {
    /// By which it is kept, within a quarter of an hour.
    offer: String,
    parameters: Parameters,
    /// Its code of now, for the application that wants to see one.
    code: CodeBody,
}

/// Which offer is to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedWanted {
    /// Its id.
    offer: String,
    /// It goes on record.
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    ticket: Option<String>,
}

/// How long a removed seed can be restored.
#[derive(Serialize, ToSchema)]
pub(super) struct Removed {
    /// Without it, it is gone.
    until: Option<String>,
}

/// Whether a request brings a picture, which may be larger than others.
pub(super) fn is_picture(request: &Request) -> bool {
    let within = request.uri().path().strip_prefix("/api/v1/accounts/");
    let account = within.and_then(|rest| rest.strip_suffix("/totp/offers"));
    request.method() == Method::POST && account.is_some_and(|account| !account.contains('/'))
}

/// The route that takes pictures, with a limit of its own.
pub(super) fn pictures() -> OpenApiRouter<Portal> {
    OpenApiRouter::new().routes(routes!(bring)).layer(DefaultBodyLimit::max(LARGEST + 1))
}

/// What may be shown of the codes of an account that one may read or change
#[utoipa::path(get, path = "/api/v1/accounts/{account}/totp", params(("account" = String, Path)), responses(
    (status = 200, body = Totp), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 503, body = problem::Body),
))]
pub(super) async fn show(visit: Visit) -> Result<Json<Totp>, Problem> {
    told(visit).await.map(Json)
}

/// The same for a page.
pub(in crate::portal) async fn shown(
    portal: &Portal,
    person: Person,
    client: IpAddr,
    account: &str,
) -> Result<Totp, Problem> {
    told(Visit::of(portal, person, client, account)?).await
}

async fn told(visit: Visit) -> Result<Totp, Problem> {
    let none = Purpose::default();
    let grant = match visit.grant(&none, Wish::Change) {
        Ok(grant) => grant,
        Err(_) => visit.grant(&none, Wish::Read)?,
    };
    let kept = visit.custody().show(&grant).await;
    Ok(visit.leave(kept).await?.into())
}

/// The code of now; that it is read is on record
#[utoipa::path(post, path = "/api/v1/accounts/{account}/totp/code", params(("account" = String, Path)),
    request_body = Why, responses(
    (status = 200, body = CodeBody), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 503, body = problem::Body),
))]
pub(super) async fn code(visit: Visit, Body(why): Body<Why>) -> Result<Json<CodeBody>, Problem> {
    let grant = visit.grant(&why.purpose(), Wish::Read)?;
    let read = visit.custody().code(&grant).await;
    Ok(Json(visit.leave(read).await?.into()))
}

/// Bring a seed: a picture of its QR code (PNG, JPEG, WebP), or its text; it is shown, and not kept yet
#[utoipa::path(post, path = "/api/v1/accounts/{account}/totp/offers", params(("account" = String, Path)),
    request_body(content(("image/png"), ("text/plain"))), responses(
    (status = 201, body = SeedOffer), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 413, body = problem::Body),
    (status = 422, body = problem::Body), (status = 503, body = problem::Body),
))]
pub(super) async fn bring(
    visit: Visit,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<(StatusCode, Json<SeedOffer>), Problem> {
    let grant = visit.grant(&Purpose::default(), Wish::Change)?;
    let body = body.map_err(|_| unread(&offer::Error::TooLarge { bytes: LARGEST + 1 }))?;
    // What could not be kept is told before the application is set up with it.
    let seat = visit.custody().seat(&grant).await;
    visit.leave(seat).await?;
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_text = kind.starts_with("text/");
    // One at a time: a picture takes memory, and time to look through.
    let permit = visit.portal.pictures.acquire().await.map_err(|error| Problem::failed(&error))?;
    let looked = tokio::task::spawn_blocking(move || {
        let offered = match (is_text, String::from_utf8(body.to_vec())) {
            (true, Ok(text)) => Offered::of_text(&text.into()),
            _ => Offered::of_picture(&body),
        };
        offered.and_then(Offered::one)
    });
    let looked = looked.await.map_err(|error| Problem::failed(&error))?;
    drop(permit);
    let offer = looked.map_err(|error| unread(&error))?;
    let (parameters, code) =
        (Shape::from(&offer).into(), preview(&offer, visit.portal.ground.clock).into());
    let offer = visit.portal.offers.put(&visit.person.user.name, &visit.account, offer);
    Ok((StatusCode::CREATED, Json(SeedOffer { offer, parameters, code })))
}

/// The code of now of a seed that was brought and is not kept yet
#[utoipa::path(get, path = "/api/v1/accounts/{account}/totp/offers/{offer}",
    params(("account" = String, Path), ("offer" = String, Path)), responses(
    (status = 200, body = CodeBody), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body),
))]
pub(super) async fn offered(
    visit: Visit,
    path: Path<(String, String)>,
) -> Result<Json<CodeBody>, Problem> {
    let Path((_, offer)) = path;
    visit.grant(&Purpose::default(), Wish::Change)?;
    let clock = visit.portal.ground.clock;
    let look = |offer: &offer::Offer| preview(offer, clock);
    let read = visit.portal.offers.look(&offer, &visit.person.user.name, &visit.account, look);
    Ok(Json(read.ok_or_else(too_late)?.into()))
}

/// Keep a seed that was brought
#[utoipa::path(post, path = "/api/v1/accounts/{account}/totp", params(("account" = String, Path)),
    request_body = SeedWanted, responses(
    (status = 201, body = Totp), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 503, body = problem::Body),
))]
pub(super) async fn keep(
    visit: Visit,
    Body(SeedWanted { offer: id, reason, ticket }): Body<SeedWanted>,
) -> Result<(StatusCode, Json<Totp>), Problem> {
    let purpose = Why { reason, ticket }.purpose();
    let grant = visit.grant(&purpose, Wish::Change)?;
    let Visit { portal, person, account, .. } = &visit;
    let name = &person.user.name;
    let offer = portal.offers.take(&id, name, account).ok_or_else(too_late)?;
    let custody = visit.custody();
    let kept = match custody.add(&grant, &offer).await {
        Ok(_) => custody.show(&grant).await,
        Err(error) => {
            // Nothing is lost by it: it may be tried again.
            portal.offers.put_back(&id, name, account, offer);
            Err(error)
        }
    };
    Ok((StatusCode::CREATED, Json(visit.leave(kept).await?.into())))
}

/// Take the seed out of use
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/totp", params(("account" = String, Path)), responses(
    (status = 200, body = Removed), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 503, body = problem::Body),
))]
pub(super) async fn remove(visit: Visit) -> Result<Json<Removed>, Problem> {
    let grant = visit.grant(&Purpose::default(), Wish::Change)?;
    let removed = visit.custody().remove(&grant).await;
    let until = visit.leave(removed).await?.map(|until| format!("{until:.0}"));
    Ok(Json(Removed { until }))
}

/// Bring the seed back that was taken out of use
#[utoipa::path(post, path = "/api/v1/accounts/{account}/totp/restore", params(("account" = String, Path)),
    request_body = Why, responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 503, body = problem::Body),
))]
pub(super) async fn restore(visit: Visit, Body(why): Body<Why>) -> Result<StatusCode, Problem> {
    let grant = visit.grant(&why.purpose(), Wish::Change)?;
    let restored = visit.custody().restore(&grant).await;
    visit.leave(restored).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn too_late() -> Problem {
    let detail = "this seed does not wait any more to be kept";
    Problem::new(StatusCode::NOT_FOUND, detail, "bring the picture or the text again")
}

fn unread(error: &offer::Error) -> Problem {
    let status = match error {
        offer::Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem::new(status, error.to_string(), error.help())
}

impl From<Reading> for CodeBody {
    fn from(reading: Reading) -> Self {
        Self {
            code: reading.digits.to_string(),
            next: reading.next.map(|next| next.to_string()),
            left: reading.left.as_millis(),
            period: reading.period.as_millis(),
            free: reading.free,
        }
    }
}

impl From<Shape> for Parameters {
    fn from(shape: Shape) -> Self {
        Self {
            issuer: shape.label.issuer,
            issued_to: shape.label.account,
            algorithm: shape.algorithm.word(),
            digits: shape.digits,
            period: shape.period.as_secs(),
        }
    }
}

impl From<Apart> for ClockApart {
    fn from(Apart { whose, seconds: ahead }: Apart) -> Self {
        match whose {
            Whose::Vault(name) => Self { vault: Some(name.to_string()), seen: None, ahead },
            Whose::Application(at) => Self { vault: None, seen: Some(format!("{at:.0}")), ahead },
        }
    }
}

impl From<Kept> for Totp {
    fn from(kept: Kept) -> Self {
        let computed = kept.codes == Codes::Computed;
        Self {
            at: kept.at.map(|at| at.to_string()),
            computed,
            parameters: match kept.codes {
                Codes::Of(shape) => Some(shape.into()),
                Codes::None | Codes::Computed => None,
            },
            removed_until: kept.removed_until.map(|until| format!("{until:.0}")),
            restorable: kept.restorable,
            recovery: kept.recovery.into(),
            clocks: kept.clocks.into_iter().map(ClockApart::from).collect(),
        }
    }
}
