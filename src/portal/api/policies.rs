//! `/api/v1/policies`: the access policies: what they are, what is wrong with them, and how they are changed; for those
//! who may change them.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use crate::access::{Ask, Deed, File, Person as Asker, Set, Unwritten, hash};
use crate::activity::Action;
use crate::clock::Moment;
use crate::diagnostic::{Diagnostic, Severity, Source, Told, chain, render};
use crate::portal::guard::{Client, Person, Ruler};
use crate::portal::problem::Problem;
use crate::portal::{Note, Portal, problem};

/// A file of policies.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct FileBody {
    /// Its path, as the configuration leads to it.
    pub(in crate::portal) file: String,
    pub(in crate::portal) text: String,
    /// SHA-256 of the text, in hexadecimal digits.
    pub(in crate::portal) hash: String,
    /// Why it cannot be changed here, where it cannot.
    pub(in crate::portal) kept: Option<&'static str>,
    /// How many errors and warnings are in it.
    pub(in crate::portal) problems: usize,
}

/// The policies that hold now.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct PolicyBody {
    /// Whether the configuration names policies; without them the patterns of users decide.
    pub(in crate::portal) configured: bool,
    /// Whether they have errors; nothing new is permitted then.
    pub(in crate::portal) broken: bool,
    /// How many there are.
    pub(in crate::portal) policies: usize,
    pub(in crate::portal) files: Vec<FileBody>,
    /// The folders that a new file can be made in.
    pub(in crate::portal) folders: Vec<String>,
    /// Every problem, as `doorward policy check` prints it.
    pub(in crate::portal) text: String,
}

/// A text for a file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyDraft {
    /// The path of the file, as the list has it, or of a new one. Without it a text is checked for itself.
    #[serde(default)]
    file: String,
    #[serde(default)]
    text: String,
    /// The hash of the text that was there; to save and to remove.
    #[serde(default)]
    before: String,
}

/// What checking found.
#[derive(Serialize, ToSchema)]
pub(super) struct DraftChecked {
    /// Whether nothing would be permitted, because of errors.
    broken: bool,
    /// How many policies there would be.
    policies: usize,
    /// Every problem, as `doorward policy check --format json` has it.
    problems: Vec<Told>,
    /// The same, as `doorward policy check` prints it.
    text: String,
}

/// What was saved.
#[derive(Serialize, ToSchema)]
pub(super) struct DraftSaved {
    /// The path of the file.
    file: String,
    /// The hash of the new text.
    hash: String,
    /// How many policies hold now, of all files.
    policies: usize,
}

/// The access policies that hold now; for those who may change them
#[utoipa::path(get, path = "/api/v1/policies", responses(
    (status = 200, body = PolicyBody), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
))]
pub(super) async fn policies(State(portal): State<Portal>, _ruler: Ruler) -> Json<PolicyBody> {
    Json(now(&portal))
}

/// The policies of this moment.
pub(in crate::portal) fn now(portal: &Portal) -> PolicyBody {
    let policies = &portal.ground.policies;
    let set = policies.now();
    let files = policies.files().unwrap_or_default().into_iter().map(|file| {
        let own = |found: &&Diagnostic| found.source.path == file.source.path;
        FileBody {
            problems: set.found().iter().filter(own).count(),
            file: file.source.path.clone(),
            text: file.source.text.clone(),
            hash: file.hash,
            kept: file.kept,
        }
    });
    PolicyBody {
        configured: policies.is_configured(),
        broken: set.is_broken(),
        policies: set.len(),
        files: files.collect(),
        folders: policies.folders(),
        text: told(&set),
    }
}

/// Every problem of a set, and how many there are.
fn told(set: &Set) -> String {
    let mut text: String =
        set.unread().iter().map(|error| format!("error: {}\n", chain(error, ": "))).collect();
    for found in set.found() {
        text.push_str(&render(found, false));
        text.push('\n');
    }
    let count = |severity| set.found().iter().filter(|found| found.severity == severity).count();
    let number = |count: usize, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    text.push_str(&format!(
        "{}, {}, {}\n",
        number(set.len(), "policy", "policies"),
        number(count(Severity::Error) + set.unread().len(), "error", "errors"),
        number(count(Severity::Warning), "warning", "warnings"),
    ));
    text
}

/// Check a text in the place of a file or as a new one, with all other files, or for itself; nothing changes
#[utoipa::path(post, path = "/api/v1/policies/check", request_body = PolicyDraft, responses(
    (status = 200, body = DraftChecked), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 409, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn check(
    State(portal): State<Portal>,
    _ruler: Ruler,
    Body(PolicyDraft { file, text, .. }): Body<PolicyDraft>,
) -> Result<Json<DraftChecked>, Problem> {
    // The validator computes for a while; others are not to wait for it.
    let read = tokio::task::spawn_blocking(move || {
        let policies = &portal.ground.policies;
        if file.is_empty() {
            let source = Source { path: "policies.cedar".to_owned(), text };
            return Ok(Set::read(&[Arc::new(source)], Vec::new()));
        }
        let files = policies.files().map_err(|error| Problem::failed(&error))?;
        if !files.iter().any(|known| known.source.path == file) {
            policies.place(&file).map_err(|error| unwritten(&error))?;
        }
        policies.with(&file, Some(&text)).map_err(|error| Problem::failed(&error))
    });
    let set = read.await.map_err(|error| Problem::failed(&error))??;
    Ok(Json(DraftChecked {
        broken: set.is_broken(),
        policies: set.len(),
        problems: set.found().iter().map(Told::from).collect(),
        text: told(&set),
    }))
}

/// Make a file of policies. What has errors is not saved.
#[utoipa::path(post, path = "/api/v1/policies", request_body = PolicyDraft, responses(
    (status = 201, body = DraftSaved), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 409, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn make(
    State(portal): State<Portal>,
    Ruler(person): Ruler,
    Client(client): Client,
    Body(PolicyDraft { file, text, .. }): Body<PolicyDraft>,
) -> Result<(StatusCode, Json<DraftSaved>), Problem> {
    let policies = &portal.ground.policies;
    policies.place(&file).map_err(|error| unwritten(&error))?;
    may_hold(&portal, &person, client, &file, Some(&text))?;
    let hash = hash(&text);
    let note = Note::new(Action::PolicyAdded, &person.user.name, client);
    let note = note.detail("file", &file).detail("after", &hash);
    kept(&portal, note, || policies.make(&file, &text)).await?;
    Ok((StatusCode::CREATED, Json(DraftSaved { file, hash, policies: policies.now().len() })))
}

/// Save a text in the place of a file; what was there stays beside it as `.bak`. What has errors is not saved.
#[utoipa::path(put, path = "/api/v1/policies", request_body = PolicyDraft, responses(
    (status = 200, body = DraftSaved), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn save(
    State(portal): State<Portal>,
    Ruler(person): Ruler,
    Client(client): Client,
    Body(PolicyDraft { file, text, before }): Body<PolicyDraft>,
) -> Result<Json<DraftSaved>, Problem> {
    let known = known(&portal, &file)?;
    known.fits(&before, &text).map_err(|error| unwritten(&error))?;
    may_hold(&portal, &person, client, &file, Some(&text))?;
    let hash = hash(&text);
    let note = Note::new(Action::PolicyChanged, &person.user.name, client);
    let note = note.detail("file", &file).detail("before", &known.hash).detail("after", &hash);
    kept(&portal, note, || known.write(&before, &text)).await?;
    let policies = portal.ground.policies.now().len();
    Ok(Json(DraftSaved { file, hash, policies }))
}

/// Remove a file of policies; it stays beside its place as `.bak`
#[utoipa::path(delete, path = "/api/v1/policies", request_body = PolicyDraft, responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn remove(
    State(portal): State<Portal>,
    Ruler(person): Ruler,
    Client(client): Client,
    Body(PolicyDraft { file, before, .. }): Body<PolicyDraft>,
) -> Result<StatusCode, Problem> {
    let known = known(&portal, &file)?;
    known.fits(&before, "").map_err(|error| unwritten(&error))?;
    may_hold(&portal, &person, client, &file, None)?;
    let note = Note::new(Action::PolicyRemoved, &person.user.name, client);
    let note = note.detail("file", &file).detail("before", &known.hash);
    kept(&portal, note, || known.remove(&before)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The file that the list has as `path`.
fn known(portal: &Portal, path: &str) -> Result<File, Problem> {
    let files = portal.ground.policies.files().map_err(|error| Problem::failed(&error))?;
    files.into_iter().find(|file| file.source.path == path).ok_or_else(|| {
        let detail = "the configuration leads to no file of policies of this name";
        Problem::new(StatusCode::NOT_FOUND, detail, "the page Policy lists them")
    })
}

/// Puts a change on record and makes it: nothing holds that is not on record.
async fn kept(
    portal: &Portal,
    note: Note,
    change: impl FnOnce() -> Result<(), Unwritten>,
) -> Result<(), Problem> {
    portal
        .witnessed(async |witness| {
            witness.keep(note).await?;
            change().map_err(|error| unwritten(&error))
        })
        .await
}

/// Whether the policies can hold with `text` in this file, or without the file.
fn may_hold(
    portal: &Portal,
    person: &Person,
    client: IpAddr,
    file: &str,
    text: Option<&str>,
) -> Result<(), Problem> {
    let set = portal.ground.policies.with(file, text).map_err(|error| Problem::failed(&error))?;
    if set.is_broken() {
        let errors = set.found().iter().filter(|found| found.is_error()).count();
        let detail = format!(
            "this is not saved, because nothing would be permitted with its errors ({errors})"
        );
        return Err(Problem::unfit(detail, "Check shows them, each with its place"));
    }
    if !still_may(portal, person, client, &set) {
        let detail = "this is not saved, because you could not change the policies any more";
        let help = "change the file where doorward runs, if that is what you want";
        return Err(Problem::unfit(detail, help));
    }
    Ok(())
}

/// Whether they could change the policies with `set`, too.
fn still_may(portal: &Portal, person: &Person, client: IpAddr, set: &Set) -> bool {
    let asker: Asker = person.user.clone().into();
    let at = Moment::here(portal.ground.clock.now());
    let default = portal.ground.sources.default_vault();
    let deed = Deed::ManagePolicies;
    set.decide(&Ask { person: &asker, deed, at, address: client, default }).is_permitted()
}

fn unwritten(error: &Unwritten) -> Problem {
    let status = match error {
        Unwritten::Changed { .. } | Unwritten::There { .. } => StatusCode::CONFLICT,
        Unwritten::Kept { .. } | Unwritten::Misplaced { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Unwritten::Failed { .. } => StatusCode::SERVICE_UNAVAILABLE,
    };
    tracing::warn!("{}", chain(error, ": "));
    Problem::new(status, error.to_string(), error.help())
}
