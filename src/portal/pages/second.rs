//! The second half of a sign-in: the page that asks for a code, a recovery code or a passkey.

use askama::Template;
use axum::extract::{Form, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::entry::{WRONG, too_many};
use super::super::guard::Client;
use super::super::problem::{Problem, sentence};
use super::super::token::Token;
use super::super::users::User;
use super::super::{Error, Note, Portal, Typed};
use super::door::onto;
use super::view::{Frame, page_with};
use crate::activity::Action;
use crate::factor::{Cause, Owner, Verdict};

#[derive(Template)]
#[template(path = "second.html", config = "src/portal/pages/askama.toml")]
struct SecondPage {
    frame: Frame,
    name: String,
    /// What is asked of their passkeys, as JSON; `None` where they have none.
    passkey: Option<String>,
    /// Where passkeys can be used.
    origin: String,
    /// What was wrong, and what to do.
    wrong: Option<(String, String)>,
}

/// What somebody proves it by: one of both.
#[derive(Deserialize)]
pub(super) struct Proved {
    code: Option<Typed>,
    /// What a passkey answered, as JSON.
    assertion: Option<String>,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match begun(&portal, &headers).await? {
        Some((half, user)) => ask(&portal, &half, &user, None, StatusCode::OK).await,
        None => Ok(Redirect::to("/sign-in").into_response()),
    }
}

pub(super) async fn check(
    State(portal): State<Portal>,
    Client(client): Client,
    headers: HeaderMap,
    Form(Proved { code, assertion }): Form<Proved>,
) -> Result<Response, Problem> {
    let Some((half, user)) = begun(&portal, &headers).await? else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    if let Err(problem) = portal.wait_at(client) {
        return waits(&portal, &half, &user, &problem).await;
    }
    let factors = &portal.ground.factors;
    let (verdict, name) = match (assertion, code) {
        (Some(text), _) => {
            let answer = serde_json::from_str(&text).unwrap_or_default();
            match (portal.halves.asked(&half), &portal.relying) {
                (Some(asked), Some(relying)) => {
                    factors.check_passkey(relying, asked, answer).await?
                }
                _ => (Verdict::Refused(Cause::Passkey("challenge")), String::new()),
            }
        }
        (None, Some(code)) => {
            (factors.verify(&Owner::user(&user.name), code.text()).await?, String::new())
        }
        (None, None) => return Ok(Redirect::to("/sign-in/second").into_response()),
    };
    match verdict {
        Verdict::Passed(proof) => {
            portal.addresses.undo(&client.to_string());
            // Of two that come at once one signs in.
            let Some(ended) = portal.halves.end(&half) else {
                return Ok(Redirect::to("/sign-in").into_response());
            };
            let entry = portal.admit(&user, client, &ended.next, Some((proof, name))).await?;
            let mut response = onto(entry);
            response.headers_mut().append(SET_COOKIE, portal.half_cookie("", 0)?);
            Ok(response)
        }
        Verdict::Wait(left) => {
            portal.addresses.undo(&client.to_string());
            waits(&portal, &half, &user, &too_many(left.as_secs() + 1)).await
        }
        Verdict::Refused(cause) => {
            let note = Note::new(Action::SignInFailed, &user.name, client).outcome("refused");
            let note = note.detail("cause", "second-factor").detail("factor", cause.word());
            note.keep(&portal.ground.store, portal.ground.clock).await?;
            let wrong = match cause {
                Cause::Passkey(_) => (
                    "This passkey is not accepted.".to_owned(),
                    "Try again, or type a code of your app.".to_owned(),
                ),
                _ => ("This code is not accepted.".to_owned(), sentence(WRONG)),
            };
            ask(&portal, &half, &user, Some(wrong), StatusCode::UNAUTHORIZED).await
        }
    }
}

/// The half of this browser, and whose it is as they are now; `None` where there is none.
async fn begun(portal: &Portal, headers: &HeaderMap) -> Result<Option<(Token, User)>, Problem> {
    let Some(half) = portal.half(headers) else { return Ok(None) };
    let Some((name, password)) = portal.halves.whose(&half) else { return Ok(None) };
    let users = &portal.ground.users;
    let now = async { Ok((users.find(&name).await?, users.print(&name).await?)) };
    match now.await {
        // A password that was given on the command line ends halves, too.
        Ok((user, now)) if !user.blocked && now == password => Ok(Some((half, user))),
        Ok(_) | Err(Error::Unknown(_)) => {
            portal.halves.end(&half);
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

async fn waits(
    portal: &Portal,
    half: &Token,
    user: &User,
    problem: &Problem,
) -> Result<Response, Problem> {
    let wrong = (problem.said(), problem.advice());
    let mut response = ask(portal, half, user, Some(wrong), problem.status).await?;
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// The page, with a question of its own for passkeys.
async fn ask(
    portal: &Portal,
    half: &Token,
    user: &User,
    wrong: Option<(String, String)>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let asked = match &portal.relying {
        Some(relying) => {
            portal.ground.factors.ask_passkey(relying, &Owner::user(&user.name)).await?
        }
        None => None,
    };
    let (passkey, asked) = asked.unzip();
    portal.halves.ask(half, asked);
    let origin = portal.relying.as_ref().map(|relying| relying.origin().to_owned());
    let view = SecondPage {
        frame: Frame::of(None),
        name: user.name.to_string(),
        passkey: passkey.map(|passkey| passkey.to_string()),
        origin: origin.unwrap_or_default(),
        wrong,
    };
    page_with(status, &view)
}
