//! The guard: what every request passes. It knows who asks, keeps foreign pages out, and puts on record what it denies.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::header::{COOKIE, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::may::{Duties, denied};
use super::problem::Problem;
use super::token::{Hash, Token, same};
use super::tokens::ApiToken;
use super::users::User;
use super::{Note, Portal, bearer, client, headers, pages};
use crate::access::{Decision, Deed};
use crate::activity::Action;

/// What is there for those who have not signed in; all else asks for a sign-in first.
fn is_public(path: &str) -> bool {
    const PUBLIC: [&str; 7] = [
        "/sign-in",
        "/sign-in/second",
        "/sign-in/provider",
        "/sign-in/provider/back",
        "/set-up",
        "/healthz",
        "/readyz",
    ];
    PUBLIC.contains(&path) || path.starts_with("/assets/")
}

/// One who has signed in.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) user: User,
    /// The hash of the token of their sign-in, or of the API token.
    pub(super) sign_in: Hash,
    /// The API token by which they ask, where it is not themself.
    pub(super) token: Option<Arc<ApiToken>>,
    /// What their requests have to carry.
    pub(super) csrf: String,
    /// Whether they have to have a second factor, and have none: then they may enrol one, and nothing else.
    pub(super) lacks_factor: bool,
    /// What the policies let them do, for what pages show.
    pub(super) duties: Duties,
}

/// One who has signed in and may manage users.
pub(super) struct Admin(pub(super) Person);

/// One who has signed in and may see sessions and activity of others.
pub(super) struct Auditor;

/// One who has signed in and may find recordings to watch; of each it is decided for itself.
pub(super) struct Replayer(pub(super) Person);
/// One who has signed in and may see and change the access policies.
pub(super) struct Ruler(pub(super) Person);

/// One who has signed in and may see and try connectors.
pub(super) struct Trier(pub(super) Person);

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client(pub(super) IpAddr);

impl<S: Sync> FromRequestParts<S> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(signed_out)
    }
}

impl FromRequestParts<Portal> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Problem> {
        let (person, decision) = decided(parts, portal, Deed::ManageUsers).await?;
        if decision.is_permitted() {
            return Ok(Self(person));
        }
        let help = "ask one of them; the page Accounts has what you may use";
        Err(denied(&decision, "this is for those who may manage users", help))
    }
}

impl FromRequestParts<Portal> for Auditor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Problem> {
        let (_, decision) = decided(parts, portal, Deed::ReadActivity).await?;
        if decision.is_permitted() {
            return Ok(Self);
        }
        let help = "ask an auditor or administrator; the page Activity has what is yours";
        Err(denied(&decision, "this is for those who may see the activity of others", help))
    }
}

impl FromRequestParts<Portal> for Replayer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Problem> {
        let (person, decision) = decided(parts, portal, Deed::ReadActivity).await?;
        if person.duties.recordings {
            return Ok(Self(person));
        }
        let help = "ask an auditor or administrator";
        Err(denied(&decision, "this is for those who may watch recordings", help))
    }
}

impl FromRequestParts<Portal> for Ruler {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Problem> {
        let (person, decision) = decided(parts, portal, Deed::ManagePolicies).await?;
        if decision.is_permitted() {
            return Ok(Self(person));
        }
        let detail = "this is for those who may change the access policies";
        Err(denied(
            &decision,
            detail,
            "ask an administrator; the page Accounts has what you may use",
        ))
    }
}

impl FromRequestParts<Portal> for Trier {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Problem> {
        let (person, decision) = decided(parts, portal, Deed::TryConnector).await?;
        if decision.is_permitted() {
            return Ok(Self(person));
        }
        let detail = "this is for those who may try connectors";
        Err(denied(
            &decision,
            detail,
            "ask an administrator; the page Accounts has what you may use",
        ))
    }
}

/// Who has signed in, and whether they may do this.
async fn decided(
    parts: &mut Parts,
    portal: &Portal,
    deed: Deed<'_>,
) -> Result<(Person, Decision), Problem> {
    let person = <Person as FromRequestParts<Portal>>::from_request_parts(parts, portal).await?;
    let Client(client) =
        <Client as FromRequestParts<Portal>>::from_request_parts(parts, portal).await?;
    let decision = portal.may(&person.user, client).decide(deed);
    Ok((person, decision))
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // The guard has put it there.
        parts.extensions.get::<Self>().copied().ok_or_else(signed_out)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Person {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

fn signed_out() -> Problem {
    let help = "sign in on the page /sign-in; a sign-in ends after 30 minutes without use, and after 12 hours";
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "you are not signed in", help);
    problem.challenge(bearer::REALM)
}

/// The middleware around every route.
pub(super) async fn guard(
    State(portal): State<Portal>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let trusted = &portal.ground.settings.trusted_proxies;
    let client = client::address(peer.ip(), request.headers(), trusted);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let text = bearer::text(request.headers())
        .filter(|_| !matches!(path.as_str(), "/healthz" | "/readyz"));
    let by_token = text.is_some();
    let ruled = if is_public(&path) { Ok(()) } else { portal.ruled().await };
    let asks = match (ruled, text) {
        (Err(problem), _) => Err(problem),
        (Ok(()), Some(text)) => bearer::person(&portal, text, client).await.map(Some),
        (Ok(()), None) => person(&portal, request.headers(), client).await,
    };
    let (person, response) = match asks {
        Err(problem) => (None, problem.into_response()),
        Ok(person) => match admitted(&portal, &request, person.as_ref()) {
            Err(refused) => (person, refused),
            Ok(()) => {
                request.extensions_mut().insert(Client(client));
                if let Some(person) = &person {
                    request.extensions_mut().insert(person.clone());
                }
                (person, next.run(request).await)
            }
        },
    };
    let response = kept(&portal, person.as_ref(), client, &method, &path, response).await;
    // Who shows a token reads no pages.
    let pages = !by_token && !path.starts_with("/api/");
    finished(&portal, person.as_ref(), pages, response)
}

/// Whose sign-in the cookie stands for.
async fn person(
    portal: &Portal,
    headers: &HeaderMap,
    client: IpAddr,
) -> Result<Option<Person>, Problem> {
    let Some(token) = token(portal, headers) else { return Ok(None) };
    let sign_in = token.hash();
    let user = portal.ground.users.signed_in(&sign_in, true).await?;
    let Some(user) = user else { return Ok(None) };
    let lacks_factor = portal.requires_factor(&user) && !portal.has_factor(&user).await?;
    let duties = portal.may(&user, client).duties();
    Ok(Some(Person { user, sign_in, token: None, csrf: token.csrf(), lacks_factor, duties }))
}

/// The token of a sign-in, in its cookie.
pub(super) fn token(portal: &Portal, headers: &HeaderMap) -> Option<Token> {
    cookie(headers, portal.origin.cookie())
}

/// The token in the cookie `name`.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<Token> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .and_then(|(_, value)| Token::read(value))
}

/// Whether a request may go on to its route.
fn admitted(portal: &Portal, request: &Request, person: Option<&Person>) -> Result<(), Response> {
    let (headers, path) = (request.headers(), request.uri().path());
    let is_api = path.starts_with("/api/");
    // Who looks after doorward asks from where it runs, under whatever name.
    if matches!(path, "/healthz" | "/readyz") {
        return Ok(());
    }
    let Some(host) = portal.origin.host(headers) else {
        let mut problem = Problem::denied(
            "host",
            "this portal is not at the address that you asked for",
            "use the address that `doorward serve` printed; one of a proxy is named with `portal: { public-url: … }`",
        );
        problem.status = StatusCode::MISDIRECTED_REQUEST;
        return Err(problem.into_response());
    };
    if let Some(token) = person.and_then(|person| person.token.as_ref()) {
        // No page of others can make a browser show one, so nothing has to prove where the request comes from.
        return bearer::admitted(token, request).map_err(IntoResponse::into_response);
    }
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let upgrade = headers.contains_key(UPGRADE);
    if !safe || upgrade {
        let site = headers.get("sec-fetch-site").map(|value| value.as_bytes() == b"same-origin");
        let own = match (portal.origin.is_own(headers, host), site) {
            (Some(own), _) => own,
            // A socket always says where it comes from.
            (None, Some(own)) => own && !upgrade,
            (None, None) => false,
        };
        if !own {
            let help = "open the portal itself and try again; a script sends the header `Origin` with its address";
            let detail = "this request does not come from a page of this portal";
            return Err(Problem::denied("origin", detail, help).into_response());
        }
    }
    let Some(person) = person else {
        return match is_public(path) {
            true => Ok(()),
            false if is_api || !safe => Err(signed_out().into_response()),
            false => Err(to_sign_in(request)),
        };
    };
    if person.lacks_factor && !is_public(path) && !ENROLMENT.contains(&path) {
        return match is_api || !safe {
            true => Err(unenrolled().into_response()),
            false => Err(Redirect::to("/second-factor").into_response()),
        };
    }
    if is_api && !safe {
        let given = headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
        check_csrf(person, given.unwrap_or_default()).map_err(IntoResponse::into_response)?;
    }
    Ok(())
}

/// What is open to those who have to have a second factor, and have none.
const ENROLMENT: [&str; 5] = [
    "/second-factor",
    "/sign-out",
    "/api/v1/me",
    "/api/v1/me/factor",
    "/api/v1/me/factor/confirmation",
];

fn unenrolled() -> Problem {
    let help = "enrol one on the page /second-factor; then sign-ins and this go on";
    Problem::denied(
        "second-factor",
        "people of your role need a second factor, and you have none",
        help,
    )
}

/// Whether `given` is the token of this sign-in against forged requests.
pub(super) fn check_csrf(person: &Person, given: &str) -> Result<(), Problem> {
    if same(given, &person.csrf) {
        return Ok(());
    }
    Err(Problem::denied(
        "csrf",
        "this request does not carry the token of your sign-in",
        "reload the page and try again; a script sends the header `x-csrf-token` with `csrf` of GET /api/v1/me",
    ))
}

fn to_sign_in(request: &Request) -> Response {
    let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
    if wanted == "/" {
        return Redirect::to("/sign-in").into_response();
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    Redirect::to(&format!("/sign-in?{}", query.append_pair("next", wanted).finish()))
        .into_response()
}

/// Puts a denied request on record. Where one client is denied again and again, not each time.
async fn kept(
    portal: &Portal,
    person: Option<&Person>,
    client: IpAddr,
    method: &Method,
    path: &str,
    response: Response,
) -> Response {
    let problem = response.extensions().get::<Problem>();
    let Some((cause, problem)) = problem.and_then(|problem| Some((problem.denied?, problem)))
    else {
        return response;
    };
    let (facts, account) = (problem.facts.clone(), problem.account.clone());
    if portal.denials.attempt(&client.to_string(), Instant::now()).is_err() {
        return response;
    }
    let note = match person {
        Some(person) => Ok(Note::new(Action::Denied, &person.user.name, client)),
        None => Note::of_nobody(Action::Denied, client),
    };
    let short: String = path.chars().take(200).collect();
    let note = note.map(|note| {
        let note = note.outcome("denied").detail("cause", cause);
        let note = account.iter().fold(note, |note, account| note.of_account(account));
        let note = note.detail("request", format!("{method} {short}"));
        let token = person.and_then(|person| person.token.as_ref());
        let note = token.into_iter().fold(note, |note, token| note.detail("token", &token.name));
        facts.iter().fold(note, |note, (name, value)| note.detail(name, value))
    });
    let kept = match note {
        Ok(note) => {
            note.keep(&portal.ground.store, portal.ground.clock).await.map_err(Problem::from)
        }
        Err(error) => Err(Problem::from(error)),
    };
    match kept {
        Ok(()) => response,
        Err(problem) => problem.into_response(),
    }
}

/// A problem becomes a page where people are, and every answer gets its headers.
fn finished(portal: &Portal, person: Option<&Person>, pages: bool, response: Response) -> Response {
    let mut response = match response.extensions().get::<Problem>() {
        Some(problem) if pages => {
            let retry = response.headers().get(axum::http::header::RETRY_AFTER).cloned();
            let mut page = pages::problem(problem, person);
            if let Some(retry) = retry {
                page.headers_mut().insert(axum::http::header::RETRY_AFTER, retry);
            }
            page
        }
        _ => response,
    };
    headers::harden(response.headers_mut(), portal.origin.secure);
    response
}
