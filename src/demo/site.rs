//! The demo site itself: its routes, and what each of them asks of the [`Desk`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Form, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, SET_COOKIE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Router, middleware};

use super::desk::{Desk, Refusal, Stage};
use super::page;
use super::people::People;
use crate::clock::Clock;

/// Nothing from elsewhere, no inline script, never in a frame: as strict as a careful site is.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const COOKIE_NAME: &str = "demo-visit";

/// The site for `people`: `/login`, `/otp`, `/`, `/logout`.
pub fn router(people: People) -> Router {
    Router::new()
        .route("/", get(dashboard))
        .route("/login", get(login).post(sign_in))
        .route("/otp", get(ask_for_code).post(verify))
        .route("/logout", get(leave).post(leave))
        .route("/style.css", get(|| async { asset("text/css", include_str!("pages/style.css")) }))
        .route(
            "/sign-in.js",
            get(|| async { asset("text/javascript", include_str!("pages/sign-in.js")) }),
        )
        .layer(middleware::map_response(harden))
        .with_state(Shared(Arc::new(Mutex::new(Desk::new(people)))))
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Desk>>);

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        // The desk is changed in single steps; a panic in between leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The visit that the request's cookie names: who, and how far they are.
    fn visit(&self, headers: &HeaderMap) -> Option<(String, Stage)> {
        self.desk().visit(&cookie(headers)?)
    }
}

#[derive(serde::Deserialize)]
struct SignIn {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
}

#[derive(serde::Deserialize)]
struct Verify {
    #[serde(default)]
    otp: String,
}

async fn login(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    match shared.visit(&headers) {
        Some((_, Stage::SignedIn)) => Redirect::to("/").into_response(),
        _ => Html(page::login(None, "")).into_response(),
    }
}

async fn sign_in(State(shared): State<Shared>, Form(form): Form<SignIn>) -> Response {
    let arrived = shared.desk().sign_in(&form.username, &form.password);
    match arrived {
        Ok((visit, Stage::SignedIn)) => go("/", &visit),
        Ok((visit, Stage::CodeAsked)) => go("/otp", &visit),
        Err(refusal) => refuse(refusal, page::login(Some(refusal), &form.username)),
    }
}

async fn ask_for_code(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    match shared.visit(&headers) {
        Some((who, Stage::CodeAsked)) => Html(page::otp(None, &who)).into_response(),
        Some((_, Stage::SignedIn)) => Redirect::to("/").into_response(),
        None => Redirect::to("/login").into_response(),
    }
}

async fn verify(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<Verify>,
) -> Response {
    let (Some(visit), Some((who, Stage::CodeAsked))) = (cookie(&headers), shared.visit(&headers))
    else {
        return Redirect::to("/login").into_response();
    };
    let seconds = Clock::System.unix_millis() / 1000;
    let verified = shared.desk().verify(&visit, &form.otp, seconds);
    match verified {
        Ok(visit) => go("/", &visit),
        // The visit is over: only the first page is left.
        Err(Refusal::Locked) => refuse(Refusal::Locked, page::login(Some(Refusal::Locked), &who)),
        Err(refusal) => refuse(refusal, page::otp(Some(refusal), &who)),
    }
}

async fn dashboard(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    match shared.visit(&headers) {
        Some((who, Stage::SignedIn)) => Html(page::dashboard(&who)).into_response(),
        Some((_, Stage::CodeAsked)) => Redirect::to("/otp").into_response(),
        None => Redirect::to("/login").into_response(),
    }
}

async fn leave(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if let Some(visit) = cookie(&headers) {
        shared.desk().leave(&visit);
    }
    go("/login", "")
}

/// On to `path`, with the cookie of `visit`. A new one at every stage: an old cookie is worth nothing.
fn go(path: &'static str, visit: &str) -> Response {
    let cookie = format!("{COOKIE_NAME}={visit}; Path=/; HttpOnly; SameSite=Lax");
    ([(SET_COOKIE, cookie)], Redirect::to(path)).into_response()
}

fn refuse(refusal: Refusal, page: String) -> Response {
    let status = match refusal {
        Refusal::Locked => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Html(page)).into_response()
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind)], text).into_response()
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, value)| value.to_owned())
}

async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
