//! A body: the JSON of a request, read strictly. What is wrong with it is told without repeating a value.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use crate::portal::problem::Problem;

/// A request's JSON.
pub(in crate::portal) struct Body<T>(pub(in crate::portal) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(error) => Err(problem(&error)),
        }
    }
}

fn problem(error: &JsonRejection) -> Problem {
    const HELP: &str = "GET /api/v1/openapi.json says what is taken";
    match error {
        JsonRejection::JsonDataError(error) => Problem::unfit(shape(&last(error)), HELP),
        JsonRejection::JsonSyntaxError(_) => {
            Problem::new(StatusCode::BAD_REQUEST, "the body is not JSON", HELP)
        }
        JsonRejection::MissingJsonContentType(_) => Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body has to be `content-type: application/json`",
            HELP,
        ),
        error if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            crate::portal::server::too_large()
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "the body cannot be read", HELP),
    }
}

/// The last of its causes: the reader's own words.
fn last(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = source.to_string();
        cause = source.source();
    }
    text
}

/// The reader's words where they name keys alone. Others quote what was sent, and that may be a password.
fn shape(said: &str) -> String {
    let about_keys = ["unknown field", "missing field", "duplicate field"];
    let said = said.split(" at line ").next().unwrap_or_default();
    let short: String = said.chars().filter(|c| !c.is_control()).take(300).collect();
    match about_keys.iter().any(|known| said.starts_with(known)) {
        true => short,
        false => "a value of the body is not of its type".to_owned(),
    }
}
