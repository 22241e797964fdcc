//! A view: what goes into the HTML file of a page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::super::assets;
use super::super::guard::Person;
use super::super::problem::Problem;

/// What is around every page.
pub(super) struct Frame {
    /// The folder of the assets.
    pub(super) assets: String,
    /// Who has signed in.
    pub(super) signed: Option<Signed>,
}

/// Who has signed in, as a page needs them.
pub(super) struct Signed {
    pub(super) name: String,
    /// Whether they may manage users.
    pub(super) admin: bool,
    /// Whether they may find recordings to watch.
    pub(super) recordings: bool,
    /// Whether they may see and change the access policies.
    pub(super) policies: bool,
    /// Whether they may see and try connectors.
    pub(super) connectors: bool,
    /// What is wrong with the policies, for those who can do something about it.
    pub(super) trouble: String,
    /// Whether they have to enrol a second factor before anything else.
    pub(super) lacks_factor: bool,
    pub(super) csrf: String,
}

impl Frame {
    /// For `person`, or for somebody who has not signed in.
    pub(super) fn of(person: Option<&Person>) -> Self {
        let signed = person.map(|person| Signed {
            name: person.user.name.to_string(),
            admin: person.duties.users,
            recordings: person.duties.recordings,
            policies: person.duties.policies,
            connectors: person.duties.connectors,
            trouble: person.duties.trouble.clone(),
            lacks_factor: person.lacks_factor,
            csrf: person.csrf.clone(),
        });
        Self { assets: assets::base(), signed }
    }
}

/// The page of a view.
pub(super) fn page(view: &impl Template) -> Result<Response, Problem> {
    page_with(StatusCode::OK, view)
}

/// The page of a view, with a status.
pub(super) fn page_with(status: StatusCode, view: &impl Template) -> Result<Response, Problem> {
    let text = view.render().map_err(|error| Problem::failed(&error))?;
    Ok((status, Html(text)).into_response())
}

#[derive(Template)]
#[template(path = "problem.html", config = "src/portal/pages/askama.toml")]
struct ProblemPage<'a> {
    frame: Frame,
    title: &'a str,
    problem: &'a Problem,
}

/// A problem as a page.
pub(in crate::portal) fn problem(problem: &Problem, person: Option<&Person>) -> Response {
    let title = match problem.status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST => "Not allowed",
        StatusCode::UNAUTHORIZED => "Not signed in",
        StatusCode::GONE => "No longer there",
        StatusCode::TOO_MANY_REQUESTS => "Too many at once",
        StatusCode::SERVICE_UNAVAILABLE => "Not now",
        _ => "This cannot be done",
    };
    let view = ProblemPage { frame: Frame::of(person), title, problem };
    page_with(problem.status, &view).unwrap_or_else(|_| problem.status.into_response())
}
