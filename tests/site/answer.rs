//! The answers: what the site does with a form. The form's own action says which rule holds, so a
//! page's file tells its whole story: `/submit/NAME?answer=RULE&then=URL`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::post;
use doorward::clock::Clock;
use doorward::secret::Secret;

use super::codes::{Codes, Kind, Refused};

/// What the site knows of its forms: the codes that each page has taken, and what it keeps for later.
pub(super) struct Rules {
    seed: Secret,
    codes: Mutex<HashMap<(String, Kind, String), Codes>>,
    kept: Mutex<HashMap<String, Judgement>>,
}

impl Rules {
    pub(super) fn new(seed: Secret) -> Self {
        Self { seed, codes: Mutex::default(), kept: Mutex::default() }
    }

    /// The cause of the refusal, if it is one: a password `wrong` is wrong, and a code is verified.
    fn judge(&self, page: &str, kind: &Kind, fields: &HashMap<String, String>) -> Judgement {
        if fields.get("password").is_some_and(|password| password == "wrong") {
            return Err("password");
        }
        let Some(code) = fields.get("otp").filter(|_| !page.is_empty()) else { return Ok(()) };
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        // Each person has used codes of their own.
        let whose = fields.get("username").cloned().unwrap_or_default();
        let codes = codes
            .entry((page.to_owned(), kind.clone(), whose))
            .or_insert_with(|| Codes::new(&self.seed, kind));
        let now =
            (Clock::System.unix_millis() / 1000).saturating_add_signed(kind.ahead.parse().unwrap());
        codes.verify(code, now).map_err(|refused| match refused {
            Refused::Used => "used",
            Refused::Wrong => "code",
        })
    }
}

type Judgement = Result<(), &'static str>;

pub(super) fn router(rules: Rules) -> Router {
    Router::new()
        .route("/submit/{page}", post(submit))
        .route("/noted/{page}", post(|| async { StatusCode::NO_CONTENT }))
        .with_state(Arc::new(rules))
}

#[derive(serde::Deserialize)]
struct Said {
    #[serde(default)]
    answer: Rule,
    then: Option<String>,
    /// Where the form is, if it is not where its name says.
    back: Option<String>,
    #[serde(flatten)]
    kind: Kind,
}

/// What happens with a form.
#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Rule {
    /// 401 and Basic where it is refused; otherwise as `go`.
    Basic,
    /// The connection ends without an answer.
    Close,
    /// A page with the bytes of the password in hexadecimal.
    Echo,
    /// 500.
    #[serde(rename = "500")]
    Fail,
    /// On to `then`, or to `/welcome`; back to the form, with the cause, where it is refused.
    #[default]
    Go,
    /// No answer.
    Hang,
    /// On to `then` whatever comes of it; `kept` will tell.
    Keep,
    /// As `go`, and refuses what `keep` has kept.
    Kept,
    /// As `go`, half a second later.
    Slow,
    /// 204, or 403 where it is refused: for scripts.
    Status,
}

async fn submit(
    State(rules): State<Arc<Rules>>,
    Path(page): Path<String>,
    Query(said): Query<Said>,
    Form(fields): Form<HashMap<String, String>>,
) -> Response {
    let judgement = rules.judge(&page, &said.kind, &fields);
    let then = said.then.as_deref().unwrap_or("/welcome");
    match said.answer {
        Rule::Basic if judgement.is_err() => basic(),
        // The browser comes back with the credentials of its prompt, by GET or POST.
        Rule::Basic | Rule::Go => match (&said.back, judgement) {
            (Some(back), Err(cause)) => {
                Redirect::to(&format!("{back}&error={cause}")).into_response()
            }
            _ => go(&page, judgement, then),
        },
        Rule::Close => close(),
        Rule::Echo => echo(fields.get("password").map_or("", String::as_str)),
        Rule::Fail => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response(),
        Rule::Hang => std::future::pending().await,
        Rule::Keep => {
            let mut kept = rules.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.insert(page, judgement);
            Redirect::to(then).into_response()
        }
        Rule::Kept => {
            let kept = rules.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&page);
            go(&page, kept.unwrap_or(Err("password")).and(judgement), then)
        }
        Rule::Slow => {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            go(&page, judgement, then)
        }
        Rule::Status => match judgement {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(cause) => (StatusCode::FORBIDDEN, cause).into_response(),
        },
    }
}

fn go(page: &str, judgement: Judgement, then: &str) -> Response {
    match judgement {
        Ok(()) => Redirect::to(then).into_response(),
        Err(cause) => Redirect::to(&format!("/{page}?error={cause}")).into_response(),
    }
}

fn basic() -> Response {
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, r#"Basic realm="console""#)]).into_response()
}

/// Unwinds the connection's task: the client sees the connection end. No panic message is printed.
fn close() -> ! {
    std::panic::resume_unwind(Box::new("the page closes the connection"))
}

fn echo(password: &str) -> Response {
    let bytes = data_encoding::HEXLOWER.encode(password.as_bytes());
    Html(format!(r#"<!doctype html><title>Echo</title><p id="welcome">{bytes}</p>"#))
        .into_response()
}
