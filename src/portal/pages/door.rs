//! The door: the pages to sign in, to sign out, and to set up the first administrator.

use std::net::IpAddr;
use std::time::Instant;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::entry::Entry;
use super::super::guard::{Client, Person, check_csrf};
use super::super::problem::{Problem, sentence};
use super::super::token::Token;
use super::super::{Error, Note, Portal, Role, Typed};
use super::view::{Frame, page, page_with};
use crate::activity::Action;
use crate::name::UserName;

#[derive(Template)]
#[template(path = "sign-in.html", config = "src/portal/pages/askama.toml")]
struct SignInPage {
    frame: Frame,
    name: String,
    next: String,
    /// What was wrong, and what to do.
    wrong: Option<(String, String)>,
    /// Nobody can sign in yet.
    nobody: bool,
    /// What the provider is called, and the way there.
    provider: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "set-up.html", config = "src/portal/pages/askama.toml")]
struct SetUpPage {
    frame: Frame,
    token: String,
    name: String,
    demo: bool,
    wrong: Option<(String, String)>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Next {
    pub(super) next: String,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    name: String,
    password: Typed,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct SignOut {
    #[serde(default)]
    csrf: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Link {
    token: String,
}

#[derive(Deserialize)]
pub(super) struct SetUp {
    token: String,
    name: String,
    password: Typed,
    again: Typed,
    #[serde(default)]
    demo: Option<String>,
}

impl Portal {
    /// Counts an attempt against a user's name and an address, or says that they have to wait.
    pub(in crate::portal) fn wait(&self, key: &str, client: IpAddr) -> Result<(), Problem> {
        let now = Instant::now();
        let address = client.to_string();
        let waits = [self.names.attempt(key, now), self.addresses.attempt(&address, now)];
        let Some(wait) = waits.into_iter().filter_map(Result::err).max() else { return Ok(()) };
        let seconds = wait.as_secs() + 1;
        let detail = "too many attempts were wrong";
        let help = format!("wait {seconds} seconds, then try again");
        Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail, help).after(seconds))
    }

    /// Takes it back: the attempt was right.
    pub(in crate::portal) fn forgive(&self, key: &str, client: IpAddr) {
        self.names.forgive(key);
        self.addresses.undo(&client.to_string());
    }

    /// The button of the provider, where there is one, on the way to `next`.
    fn provider_button(&self, next: &str) -> Option<(String, String)> {
        let way = super::listing::query("/sign-in/provider", &[("next", next)]);
        self.provider_name().map(|name| (name, way))
    }

    /// The cookie with `value`. It lasts as long as the browser, or `age` seconds.
    pub(in crate::portal) fn cookie(
        &self,
        value: &str,
        age: Option<u32>,
    ) -> Result<HeaderValue, Problem> {
        let secure = if self.origin.secure { "; Secure" } else { "" };
        let age = age.map(|age| format!("; Max-Age={age}")).unwrap_or_default();
        let name = self.origin.cookie();
        let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
        let mut cookie = HeaderValue::from_str(&cookie).map_err(|error| Problem::failed(&error))?;
        cookie.set_sensitive(true);
        Ok(cookie)
    }
}

/// The path to go on to: one of this portal.
pub(super) fn onward(next: &str) -> &str {
    let plain = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t'])
        && !next.starts_with("/sign-")
        && !next.starts_with("/api/");
    if plain { next } else { "/accounts" }
}

pub(super) async fn sign_in_page(
    State(portal): State<Portal>,
    person: Option<Person>,
    Query(Next { next }): Query<Next>,
) -> Result<Response, Problem> {
    if person.is_some() {
        return Ok(Redirect::to(onward(&next)).into_response());
    }
    let nobody = portal.ground.users.is_empty().await?;
    let provider = portal.provider_button(&next);
    let (frame, name) = (Frame::of(None), String::new());
    page(&SignInPage { frame, name, next, wrong: None, nobody, provider })
}

pub(super) async fn sign_in(
    State(portal): State<Portal>,
    Client(client): Client,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Result<Response, Problem> {
    let SignIn { name, password, next } = form;
    let name = name.trim().to_owned();
    let key: String = name.to_lowercase().chars().take(128).collect();
    let again = |status, wrong: (&str, String), retry: Option<u64>| {
        let wrong = Some((wrong.0.to_owned(), wrong.1));
        let (name, next) = (name.clone(), next.clone());
        let provider = portal.provider_button(&next);
        let frame = Frame::of(None);
        let view = SignInPage { frame, name, next, wrong, nobody: false, provider };
        let mut response = page_with(status, &view)?;
        if let Some(seconds) = retry {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        Ok(response)
    };
    if let Err(problem) = portal.wait(&key, client) {
        return again(
            problem.status,
            ("Too many attempts were wrong.", problem.advice()),
            problem.retry_after,
        );
    }
    let Ground { users, store, clock } = Ground::of(&portal);
    let Some(user) = users.verify(&name, password).await? else {
        // A name that nobody has may be a password in the wrong field: it is not kept.
        let known = match name.parse::<UserName>() {
            Ok(name) => users.find(&name).await.ok(),
            Err(_) => None,
        };
        let note = match known {
            Some(user) => Note::new(Action::SignInFailed, &user.name, client),
            None => Note::of_nobody(Action::SignInFailed, client)?,
        };
        note.outcome("refused").keep(store, clock).await?;
        let help = "Check both; capital letters count in the password. An administrator can set a new one.";
        return again(
            StatusCode::UNAUTHORIZED,
            ("Name or password is not right.", help.to_owned()),
            None,
        );
    };
    if user.blocked {
        let note = Note::new(Action::SignInFailed, &user.name, client).outcome("refused");
        note.detail("cause", "blocked").keep(store, clock).await?;
        let help = "Ask an administrator.".to_owned();
        return again(StatusCode::FORBIDDEN, ("This user is blocked.", help), None);
    }
    portal.forgive(&key, client);
    Ok(onto(portal.enter(&user, client, &headers, onward(&next)).await?))
}

/// The answer that goes on, with a cookie of its own, whatever cookie came with the request.
pub(super) fn onto(Entry { cookie, next }: Entry) -> Response {
    let mut response = Redirect::to(&next).into_response();
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}

/// What the door needs of the ground.
struct Ground<'a> {
    users: &'a super::super::Users,
    store: &'a crate::activity::Store,
    clock: crate::clock::Clock,
}

impl<'a> Ground<'a> {
    fn of(portal: &'a Portal) -> Self {
        let ground = &portal.ground;
        Self { users: &ground.users, store: &ground.store, clock: ground.clock }
    }
}

pub(super) async fn sign_out(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Form(form): Form<SignOut>,
) -> Result<Response, Problem> {
    check_csrf(&person, &form.csrf)?;
    let Ground { users, store, clock } = Ground::of(&portal);
    users.sign_out(&person.sign_in).await?;
    portal.keyring.forget(&person.sign_in);
    Note::new(Action::SignOut, &person.user.name, client).keep(store, clock).await?;
    let end = match (&person.user.issuer, portal.provider()) {
        (Some(issuer), Ok(provider)) if provider.settings().issuer == *issuer => {
            provider.end(&format!("{}/sign-in", portal.url)).await
        }
        _ => None,
    };
    // A form may lead nowhere but here, so a page goes on to the provider.
    let mut response = match end {
        Some(end) => super::provider::onwards(end.into())?,
        None => Redirect::to("/sign-in").into_response(),
    };
    response.headers_mut().insert(SET_COOKIE, portal.cookie("", Some(0))?);
    Ok(response)
}

fn link(text: &str) -> Result<Token, Problem> {
    Token::read(text).ok_or_else(|| Error::SetUpOver.into())
}

pub(super) async fn set_up_page(
    State(portal): State<Portal>,
    Query(Link { token }): Query<Link>,
) -> Result<Response, Problem> {
    portal.ground.users.check_set_up(&link(&token)?).await?;
    page(&SetUpPage { frame: Frame::of(None), token, name: String::new(), demo: true, wrong: None })
}

pub(super) async fn set_up(
    State(portal): State<Portal>,
    Client(client): Client,
    Form(form): Form<SetUp>,
) -> Result<Response, Problem> {
    let SetUp { token: text, name, password, again, demo } = form;
    portal.wait("\u{0}set-up", client)?;
    let token = link(&text)?;
    let users = &portal.ground.users;
    users.check_set_up(&token).await?;
    portal.forgive("\u{0}set-up", client);
    let demo = demo.is_some();
    let wrong = |detail: String, help: &str| {
        let wrong = Some((sentence(&detail), help.to_owned()));
        let (token, name) = (text.clone(), name.clone());
        let view = SetUpPage { frame: Frame::of(None), token, name, demo, wrong };
        page_with(StatusCode::UNPROCESSABLE_ENTITY, &view)
    };
    let named = match name.trim().parse::<UserName>() {
        Ok(named) => named,
        Err(error) => return wrong(error.to_string(), "Take a name such as ann.smith."),
    };
    if !password.equals(&again) {
        return wrong("The two passwords differ.".into(), "Type the same one twice.");
    }
    let note = Note::new(Action::UserAdded, &named, client)
        .detail("changed", &named)
        .detail("role", Role::Admin.word())
        .detail("accounts", "*")
        .detail("by", "set-up link");
    let made =
        portal.witnessed(|witness| users.set_up(&token, named, password, demo, witness.keep(note)));
    let user = match made.await {
        Ok(user) => user,
        Err(error @ Error::Weak(_)) => {
            return wrong(error.to_string(), "Take 12 characters or more; several words do well.");
        }
        Err(error) => return Err(error.into()),
    };
    if demo && let Err(error) = portal.ground.sources.start_demo().await {
        return Err(Problem::failed(&error));
    }
    Ok(onto(portal.admit(&user, client, "/accounts", None).await?))
}
