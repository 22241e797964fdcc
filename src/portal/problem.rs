//! A problem: why a request was not done, and what to do next (RFC 9457). Scripts get it as JSON, people as a page.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Error;
use crate::activity;
use crate::diagnostic::chain;
use crate::factor;
use crate::name::AccountRef;

/// Why a request was not done.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    /// The status of the answer.
    pub(super) status: StatusCode,
    /// What is wrong.
    pub(super) detail: String,
    /// What to do next.
    pub(super) help: String,
    /// After how many seconds it may be tried again.
    pub(super) retry_after: Option<u64>,
    /// Why this goes on record as denied; `None` where it does not.
    pub(super) denied: Option<&'static str>,
    /// What else of it goes on record.
    pub(super) facts: Vec<(String, String)>,
    /// The account that it is about; it goes on record there.
    pub(super) account: Option<Box<AccountRef>>,
    /// What the header `WWW-Authenticate` says, where who asks has to show something else.
    pub(super) challenge: Option<String>,
}

/// `text` with a capital letter and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String =
        chars.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if text.is_empty() || text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

/// A problem as `application/problem+json`.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Body {
    /// What kind of problem it is: the words of the status.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What is wrong.
    detail: String,
    /// What to do next.
    help: String,
}

impl Problem {
    /// What is wrong, as a sentence.
    pub(super) fn said(&self) -> String {
        sentence(&self.detail)
    }

    /// What to do next, as a sentence.
    pub(super) fn advice(&self) -> String {
        sentence(&self.help)
    }

    /// A problem with a status.
    pub(super) fn new(
        status: StatusCode,
        detail: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            status,
            detail: detail.into(),
            help: help.into(),
            retry_after: None,
            denied: None,
            facts: Vec::new(),
            account: None,
            challenge: None,
        }
    }

    /// Something that does not exist for the one who asks.
    pub(super) fn missing(what: &str) -> Self {
        let help = "go back to the list, and choose from what is there now";
        Self::new(StatusCode::NOT_FOUND, format!("there is no such {what}"), help)
    }

    /// Something that is not allowed; on record with the word `cause`.
    pub(super) fn denied(cause: &'static str, detail: &str, help: &str) -> Self {
        Self { denied: Some(cause), ..Self::new(StatusCode::FORBIDDEN, detail, help) }
    }

    /// Something in the request that does not hold.
    pub(super) fn unfit(detail: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail, help)
    }

    /// The same, with a time after which it may be tried again.
    pub(super) fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..self }
    }

    /// The same, with what has to be shown.
    pub(super) fn challenge(self, challenge: &str) -> Self {
        Self { challenge: Some(challenge.to_owned()), ..self }
    }

    /// That something failed here; what it was goes to the log, for it may name files.
    pub(super) fn failed(error: &dyn std::error::Error) -> Self {
        tracing::error!("{}", chain(error, ": "));
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "doorward cannot do this now",
            "try again in a minute; if it stays, tell the one who runs doorward: its log says why",
        )
        .after(60)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let help = error.help().unwrap_or_default();
        let status = match error {
            Error::Exists(_)
            | Error::LastAdmin(_)
            | Error::TokenExists(_)
            | Error::NameTaken(_)
            | Error::KeptElsewhere(_)
            | Error::TooManyTokens(_) => StatusCode::CONFLICT,
            Error::Unknown(_) | Error::NoToken { .. } => StatusCode::NOT_FOUND,
            Error::Weak(_) | Error::Lifetime | Error::Scopeless => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Blocked => StatusCode::FORBIDDEN,
            Error::Factor(error) => return error.into(),
            Error::SetUpOver => StatusCode::GONE,
            error => return Self::failed(&error),
        };
        Self::new(status, error.to_string(), help)
    }
}

impl From<factor::Error> for Problem {
    fn from(error: factor::Error) -> Self {
        use factor::Error as E;
        let help = error.help().unwrap_or_default();
        let status = match error {
            E::Exists(_)
            | E::NotBegun(_)
            | E::PasskeyNamed
            | E::PasskeyKnown
            | E::TooManyPasskeys
            | E::TooManySubjects
            | E::ResetAsked { .. } => StatusCode::CONFLICT,
            E::Absent(_) | E::NoReset(_) => StatusCode::NOT_FOUND,
            E::PasskeyName | E::Unfit(_) => StatusCode::UNPROCESSABLE_ENTITY,
            E::SamePerson => return Self::denied("second-person", &error.to_string(), &help),
            error => return Self::failed(&error),
        };
        Self::new(status, error.to_string(), help)
    }
}

impl From<activity::Error> for Problem {
    fn from(error: activity::Error) -> Self {
        Self::failed(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            title: self.status.canonical_reason().unwrap_or("Problem"),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            help: self.help.clone(),
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        let challenge = self.challenge.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(challenge)) = challenge {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(self);
        response
    }
}
