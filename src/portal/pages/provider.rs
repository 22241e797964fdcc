//! The sign-in through a provider: the way there, and the way back.

use std::net::IpAddr;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::{HOST, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::attempts::LONGEST;
use super::super::guard::{Client, cookie};
use super::super::problem::Problem;
use super::super::token::Token;
use super::super::{Error, Note, Portal, Role};
use super::door::{Next, onward};
use super::view::{Frame, page};
use crate::activity::Action;
use crate::oidc::{self, Answer, Proof};

/// Where a browser comes back to, after the address of the portal.
const BACK: &str = "/sign-in/provider/back";

/// A page that goes on by itself. A redirect would not do: the way here began at the provider, and along such a way no
/// browser sends a cookie that is strictly ours.
#[derive(Template)]
#[template(path = "arrived.html", config = "src/portal/pages/askama.toml")]
struct ArrivedPage {
    frame: Frame,
    next: String,
}

/// What a browser comes back with.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Back {
    state: String,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

impl Portal {
    /// What the button of the provider says; `None` where there is no provider.
    pub(super) fn provider_name(&self) -> Option<String> {
        self.provider.as_ref().map(|provider| provider.settings().display_name.clone())
    }

    /// Where browsers come back to: to the letter what the provider has on its list.
    fn back(&self) -> String {
        format!("{}{BACK}", self.url)
    }

    /// The provider.
    pub(super) fn provider(&self) -> Result<&oidc::Provider, Problem> {
        self.provider.as_ref().ok_or_else(|| Problem::missing("page"))
    }

    /// The cookie that ties an attempt to its browser. It comes along on the way back from the provider, and nowhere
    /// else than here.
    fn attempt_cookie(&self, value: &str, age: u64) -> Result<HeaderValue, Problem> {
        let secure = if self.origin.secure { "; Secure" } else { "" };
        let name = self.origin.attempt_cookie();
        let cookie =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
        let mut cookie = HeaderValue::from_str(&cookie).map_err(|error| Problem::failed(&error))?;
        cookie.set_sensitive(true);
        Ok(cookie)
    }
}

/// Sends the browser to the provider.
pub(super) async fn leave(
    State(portal): State<Portal>,
    Client(client): Client,
    headers: HeaderMap,
    Query(Next { next }): Query<Next>,
) -> Result<Response, Problem> {
    let provider = portal.provider()?;
    let next = onward(&next).to_owned();
    // The provider sends everybody back to one address, and the cookie has to be there.
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let here = portal.url.split_once("://").map_or("", |(_, host)| host);
    if !host.eq_ignore_ascii_case(here) {
        let path = super::listing::query("/sign-in/provider", &[("next", &next)]);
        return Ok(Redirect::to(&format!("{}{path}", portal.url)).into_response());
    }
    portal.wait(&key("there", client), client)?;
    let (state, browser) = (Token::fresh()?, Token::fresh()?);
    let begun = async {
        let proof = Proof::fresh()?;
        let url = provider.begin(&portal.back(), state.text(), &proof).await?;
        Ok((proof, url))
    };
    let (proof, url) = match begun.await {
        Ok(begun) => begun,
        Err(error) => return Err(refused(&portal, client, error).await),
    };
    portal.forgive(&key("there", client), client);
    portal.attempts.keep(&state, &browser, proof, next, client);
    let mut response = Redirect::to(url.as_str()).into_response();
    let cookie = portal.attempt_cookie(browser.text(), LONGEST.as_secs())?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// Takes in who comes back from the provider.
pub(super) async fn back(
    State(portal): State<Portal>,
    Client(client): Client,
    headers: HeaderMap,
    Query(Back { state, code, iss, error }): Query<Back>,
) -> Result<Response, Problem> {
    let provider = portal.provider()?;
    portal.wait(&key("back", client), client)?;
    let browser = cookie(&headers, portal.origin.attempt_cookie());
    let Some(attempt) = portal.attempts.end(&state, browser.as_ref()) else {
        note(&portal, client, "unknown-state", &[]).await?;
        let detail =
            "this sign-in did not begin in this browser, is over, or was begun too long ago";
        let help = "sign in again; if it stays, let the browser take cookies of this portal";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail, help));
    };
    let answer = Answer { code, issuer: iss, error };
    let arrival = match provider.finish(&portal.back(), &answer, &attempt.proof).await {
        Ok(arrival) => arrival,
        Err(error) => return Err(refused(&portal, client, error).await),
    };
    let users = &portal.ground.users;
    let role: Role = arrival.role.parse().map_err(|_| Problem::missing("role"))?;
    let arrived = portal.witnessed(|witness| {
        users.arrive(&arrival, role, |user| {
            let note = Note::new(Action::UserAdded, &user.name, client);
            witness.keep(note.detail("changed", &user.name).of_user(user))
        })
    });
    let user = match arrived.await {
        Ok(user) => user,
        Err(error) => {
            let cause = match error {
                Error::NameTaken(_) => "name-taken",
                Error::Blocked => "blocked",
                _ => "failed",
            };
            note(&portal, client, cause, &[("name", arrival.name.as_str())]).await?;
            return Err(error.into());
        }
    };
    portal.forgive(&key("back", client), client);
    let entry = portal.enter(&user, client, &headers, &attempt.next).await?;
    let mut response = onwards(entry.next)?;
    for cookie in [entry.cookie, portal.attempt_cookie("", 0)?] {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The page that goes on to `next` by itself.
pub(super) fn onwards(next: String) -> Result<Response, Problem> {
    page(&ArrivedPage { frame: Frame::of(None), next })
}

/// What an address has to wait by that fails again and again.
fn key(way: &str, client: IpAddr) -> String {
    format!("\u{0}provider {way} {client}")
}

/// A problem for the person, and a row for the record.
async fn refused(portal: &Portal, client: IpAddr, error: oidc::Error) -> Problem {
    let name = match &error {
        oidc::Error::NoRole { name } => Some(("name", name.as_str())),
        _ => None,
    };
    if let Err(problem) = note(portal, client, error.word(), name.as_slice()).await {
        return problem;
    }
    let status = match &error {
        oidc::Error::Silent { .. } | oidc::Error::Status { .. } => StatusCode::SERVICE_UNAVAILABLE,
        oidc::Error::NoRole { .. } | oidc::Error::Declined(_) => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_GATEWAY,
    };
    tracing::warn!("nobody was signed in by the provider: {error}");
    Problem::new(status, error.to_string(), error.help())
}

async fn note(
    portal: &Portal,
    client: IpAddr,
    cause: &str,
    facts: &[(&str, &str)],
) -> Result<(), Problem> {
    let issuer = &portal.provider()?.settings().issuer;
    let note = Note::of_nobody(Action::SignInFailed, client)?.outcome("refused");
    let note = note.detail("cause", cause).detail("issuer", issuer);
    let note = facts.iter().fold(note, |note, (name, value)| note.detail(name, value));
    Ok(note.keep(&portal.ground.store, portal.ground.clock).await?)
}
