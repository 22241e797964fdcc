//! `/api/v1/accounts/{account}/totp/recovery`: the recovery codes of an application, added, shown one at a time, removed.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use super::codes::Totp;
use super::visit::{Visit, Why, Wish};
use crate::custody::{Recovery, RecoveryReading};
use crate::name::Purpose;
use crate::offer::{RecoveryCodes, RecoveryError};
use crate::portal::password::Typed;
use crate::portal::problem::{self, Problem};

/// What may be told of the recovery codes of an account.
#[derive(Serialize, ToSchema, Default)]
pub(in crate::portal) struct RecoveryState {
    /// The account that keeps them; without it there are none.
    pub(in crate::portal) at: Option<String>,
    /// How many are left that nobody was shown.
    pub(in crate::portal) left: usize,
    /// How many there are.
    pub(in crate::portal) count: usize,
    /// Those that were shown, in their order.
    pub(in crate::portal) shown: Vec<ShownRecoveryCode>,
}

/// That a recovery code was shown; it counts as used.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct ShownRecoveryCode {
    /// From 1.
    pub(in crate::portal) number: usize,
    /// When; without it somebody has marked it elsewhere.
    pub(in crate::portal) at: Option<String>,
    /// To whom.
    pub(in crate::portal) by: String,
}

/// Recovery codes that are to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRecoveryCodes {
    /// A line each, as the application shows them.
    #[schema(value_type = String)]
    codes: Typed,
    /// It goes on record.
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    ticket: Option<String>,
}

/// A recovery code, shown this once.
#[derive(Serialize, ToSchema)]
pub(super) struct RecoveryCodeBody {
    code: String,
    /// Which of the account's codes it is, from 1.
    number: usize,
    /// How many are left that nobody was shown.
    left: usize,
}

/// Keep the recovery codes that an application gave out, beside the seed
#[utoipa::path(post, path = "/api/v1/accounts/{account}/totp/recovery", params(("account" = String, Path)),
    request_body = NewRecoveryCodes, responses(
    (status = 201, body = Totp), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 422, body = problem::Body),
    (status = 503, body = problem::Body),
))]
pub(super) async fn add(
    visit: Visit,
    Body(NewRecoveryCodes { codes, reason, ticket }): Body<NewRecoveryCodes>,
) -> Result<(StatusCode, Json<Totp>), Problem> {
    let purpose = Why { reason, ticket }.purpose();
    let grant = visit.grant(&purpose, Wish::Change)?;
    let unfit = |error: RecoveryError| Problem::unfit(error.to_string(), error.help());
    let codes = RecoveryCodes::read(&codes.text().to_owned().into()).map_err(unfit)?;
    let custody = visit.custody();
    let kept = match custody.add_recovery(&grant, &codes).await {
        Ok(_) => custody.show(&grant).await,
        Err(error) => Err(error),
    };
    Ok((StatusCode::CREATED, Json(visit.leave(kept).await?.into())))
}

/// Show the next recovery code; it counts as used, and that it is read is on record
#[utoipa::path(post, path = "/api/v1/accounts/{account}/totp/recovery/code", params(("account" = String, Path)),
    request_body = Why, responses(
    (status = 200, body = RecoveryCodeBody), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 503, body = problem::Body),
))]
pub(super) async fn take(
    visit: Visit,
    Body(why): Body<Why>,
) -> Result<Json<RecoveryCodeBody>, Problem> {
    let grant = visit.grant(&why.purpose(), Wish::Read)?;
    let taken = visit.custody().take_recovery(&grant).await;
    Ok(Json(visit.leave(taken).await?.into()))
}

/// Remove the recovery codes, for good
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/totp/recovery", params(("account" = String, Path)), responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 503, body = problem::Body),
))]
pub(super) async fn remove(visit: Visit) -> Result<StatusCode, Problem> {
    let grant = visit.grant(&Purpose::default(), Wish::Change)?;
    let removed = visit.custody().remove_recovery(&grant).await;
    visit.leave(removed).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<RecoveryReading> for RecoveryCodeBody {
    fn from(reading: RecoveryReading) -> Self {
        Self { code: reading.code.to_string(), number: reading.number, left: reading.left }
    }
}

impl From<Recovery> for RecoveryState {
    fn from(recovery: Recovery) -> Self {
        let (left, count) = (recovery.left(), recovery.codes.len());
        let shown = recovery.codes.into_iter().enumerate().filter_map(|(at, shown)| {
            let shown = shown?;
            let at_moment = shown.at.map(|moment| format!("{moment:.0}"));
            Some(ShownRecoveryCode { number: at + 1, at: at_moment, by: shown.by })
        });
        Self { at: recovery.at.map(|at| at.to_string()), left, count, shown: shown.collect() }
    }
}
