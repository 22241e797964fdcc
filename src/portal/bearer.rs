//! A bearer: a request that shows an API token in the header `Authorization` (RFC 6750), in place of a sign-in.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};

use super::Portal;
use super::guard::Person;
use super::problem::Problem;
use super::scope::{Need, need};
use super::tokens::{self, ApiToken};

/// What a request without a token is told (RFC 6750, section 3).
pub(super) const REALM: &str = "Bearer realm=\"doorward\"";

/// What stands behind `Bearer`; `None` where the request shows no token. Other schemes are for proxies.
pub(super) fn text(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(AUTHORIZATION).iter();
    values.filter_map(|value| value.to_str().ok()).find_map(|value| {
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
    })
}

/// Who asks by the token `text`. Wrong ones make their address wait; right ones never do.
pub(super) async fn person(portal: &Portal, text: &str, client: IpAddr) -> Result<Person, Problem> {
    let users = &portal.ground.users;
    let Some(token) = tokens::read(text) else {
        let detail = "this is no API token of this portal";
        return Err(wrong(portal, client, detail, Vec::new()));
    };
    let hash = token.hash();
    let Some((user, token)) = users.by_token(&hash, client).await? else {
        let detail = "this API token is none, or was removed";
        return Err(wrong(portal, client, detail, Vec::new()));
    };
    if token.is_expired {
        let detail = format!("this API token expired at {:.0}", token.expires);
        let facts = [("token", token.name.to_string()), ("of", user.name.to_string())];
        let facts = facts.map(|(name, value)| (name.to_owned(), value));
        return Err(wrong(portal, client, &detail, facts.into()));
    }
    let duties = portal.may(&user, client).duties();
    let (token, csrf) = (Some(Arc::new(token)), String::new());
    // A token is made by somebody who had what is asked of them, and is no way to sign in.
    Ok(Person { user, sign_in: hash, token, csrf, lacks_factor: false, duties })
}

/// That a token does not hold, on record; or that its address has to wait.
fn wrong(portal: &Portal, client: IpAddr, detail: &str, facts: Vec<(String, String)>) -> Problem {
    if let Err(wait) = portal.bearers.attempt(&client.to_string(), Instant::now()) {
        let seconds = wait.as_secs() + 1;
        let help = format!("wait {seconds} seconds, and show another one");
        let detail = "too many wrong API tokens came from this address";
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, detail, help).after(seconds);
    }
    let help = "make one on the page of your own name, or with `doorward token add`, and send it as \
                `Authorization: Bearer dwt_…`";
    let problem = Problem { facts, ..Problem::denied("invalid-token", detail, help) };
    Problem { status: StatusCode::UNAUTHORIZED, ..problem }.challenge(&refused("invalid_token"))
}

/// Whether `token` may be used for this request.
pub(super) fn admitted(token: &ApiToken, request: &Request) -> Result<(), Problem> {
    let path = request.extensions().get::<MatchedPath>();
    // What is nowhere is told as such further in.
    let Some(path) = path else { return Ok(()) };
    let scope = match need(request.method(), path.as_str()) {
        Need::Any => return Ok(()),
        Need::Scope(scope) if token.scopes.contains(&scope) => return Ok(()),
        Need::Scope(scope) => scope.word(),
        Need::Person => {
            let detail = "this is for people who have signed in, and for no API token";
            let help = "open it in a browser; GET /api/v1/openapi.json says what tokens may do";
            let problem = Problem::denied("token", detail, help);
            return Err(problem.challenge(&refused("insufficient_scope")));
        }
    };
    let detail = format!("this API token has not the scope {scope}");
    let help = "make one that has it; what a token may do is chosen once";
    let facts = vec![("scope".to_owned(), scope.to_owned())];
    let problem = Problem { facts, ..Problem::denied("insufficient-scope", &detail, help) };
    let challenge = format!("{}, scope=\"{scope}\"", refused("insufficient_scope"));
    Err(problem.challenge(&challenge))
}

/// The challenge with one of the error words of RFC 6750, section 3.1.
fn refused(error: &str) -> String {
    format!("{REALM}, error=\"{error}\"")
}
