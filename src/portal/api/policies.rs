//! `/api/v1/policies`: the access policies: what they are, what is wrong with them, what they would decide; for those who
//! may change them.

use std::net::IpAddr;
use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use crate::access::{Ask, Deed, Person as Asker, Role, Set, Unwritten, hash};
use crate::activity::Action;
use crate::clock::Moment;
use crate::diagnostic::{Diagnostic, Severity, chain, render};
use crate::name::{AccountRef, ConnectorId, GroupName, Purpose};
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
    /// Every problem, as `doorward policy check` prints it.
    pub(in crate::portal) text: String,
}

/// A text for a file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyDraft {
    /// The path of one of the files.
    file: String,
    #[serde(default)]
    text: String,
    /// The hash of the text that was changed; only to save.
    #[serde(default)]
    before: String,
}

/// What checking found.
#[derive(Serialize, ToSchema)]
pub(super) struct DraftChecked {
    /// Whether nothing of it is an error.
    good: bool,
    /// How many policies there would be, of all files.
    policies: usize,
    /// The problems of all files, as `doorward policy check` prints them.
    text: String,
}

/// What was saved.
#[derive(Serialize, ToSchema)]
pub(super) struct DraftSaved {
    /// The hash of the new text.
    hash: String,
    /// How many policies hold now, of all files.
    policies: usize,
}

/// What is asked, for an explanation.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PolicyQuestion {
    /// Who: role, groups and patterns are those of the user of this name.
    user: String,
    /// What: `connect`, `end-session`, …; `connect` where nothing is said.
    action: String,
    /// With which account: `[vault:][safe/]name`
    account: String,
    /// Through which connector: its id
    connector: String,
    /// Of whom the session is, for what is done to one of somebody else
    of: String,
    /// When: 2026-03-01T08:00, or 2026-03-01T08:00:00Z; now where nothing is said
    at: String,
    /// From where; from where you are where nothing is said
    address: String,
    reason: String,
    ticket: String,
    /// As if they had this role
    role: String,
    /// As if they were in these groups
    groups: Vec<String>,
}

/// The answer.
#[derive(Serialize, ToSchema)]
pub(super) struct PolicyAnswer {
    permitted: bool,
    /// The ids of the policies that decide.
    policies: Vec<String>,
    /// The same with what came near, as `doorward policy explain` prints it.
    text: String,
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

/// Check a text in the place of a file, with all other files; nothing changes
#[utoipa::path(post, path = "/api/v1/policies/check", request_body = PolicyDraft, responses(
    (status = 200, body = DraftChecked), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn check(
    State(portal): State<Portal>,
    _ruler: Ruler,
    Body(draft): Body<PolicyDraft>,
) -> Result<Json<DraftChecked>, Problem> {
    let set = portal.ground.policies.with(&draft.file, &draft.text).ok_or_else(no_file)?;
    Ok(Json(DraftChecked { good: !set.is_broken(), policies: set.len(), text: told(&set) }))
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
    Body(draft): Body<PolicyDraft>,
) -> Result<Json<DraftSaved>, Problem> {
    let policies = &portal.ground.policies;
    let files = policies.files().map_err(|error| Problem::failed(&error))?;
    let file = files.iter().find(|file| file.source.path == draft.file).ok_or_else(no_file)?;
    file.fits(&draft.before, &draft.text).map_err(|error| unwritten(&error))?;
    let set = policies.with(&draft.file, &draft.text).ok_or_else(no_file)?;
    if set.is_broken() {
        let errors = set.found().iter().filter(|found| found.is_error()).count();
        let detail = format!(
            "this is not saved, because nothing would be permitted with its errors ({errors})"
        );
        return Err(Problem::unfit(detail, "Check shows them, each with its place"));
    }
    if !still_may(&portal, &person, client, &set) {
        let detail = "this is not saved, because you could not change the policies any more";
        let help = "change the file where doorward runs, if that is what you want";
        return Err(Problem::unfit(detail, help));
    }
    let after = hash(&draft.text);
    let note = || {
        Note::new(Action::PolicyChanged, &person.user.name, client)
            .detail("file", &draft.file)
            .detail("before", &file.hash)
            .detail("after", &after)
    };
    // Nothing holds that is not on record.
    note().keep(&portal.ground.store, portal.ground.clock).await?;
    if let Err(error) = file.write(&draft.before, &draft.text) {
        note().outcome("failed").keep(&portal.ground.store, portal.ground.clock).await?;
        return Err(unwritten(&error));
    }
    Ok(Json(DraftSaved { hash: after, policies: policies.now().len() }))
}

/// Whether they could change the policies with `set`, too.
fn still_may(portal: &Portal, person: &Person, client: IpAddr, set: &Set) -> bool {
    let asker: Asker = person.user.clone().into();
    let at = Moment::here(portal.ground.clock.now());
    let default = portal.ground.sources.default_vault();
    let deed = Deed::ManagePolicies;
    set.decide(&Ask { person: &asker, deed, at, address: client, default }).is_permitted()
}

fn no_file() -> Problem {
    let help = "the page Policy lists them; a new one is made where doorward runs";
    let detail = "the configuration leads to no file of policies of this name";
    Problem::new(StatusCode::NOT_FOUND, detail, help)
}

fn unwritten(error: &Unwritten) -> Problem {
    let status = match error {
        Unwritten::Changed { .. } => StatusCode::CONFLICT,
        Unwritten::Kept { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Unwritten::Failed { .. } => StatusCode::SERVICE_UNAVAILABLE,
    };
    tracing::warn!("{}", chain(error, ": "));
    Problem::new(status, error.to_string(), error.help())
}

/// Whether somebody may do something, and which policies decide; nobody is asked and nothing changes
#[utoipa::path(post, path = "/api/v1/policies/explain", request_body = PolicyQuestion, responses(
    (status = 200, body = PolicyAnswer), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 422, body = problem::Body),
))]
pub(super) async fn explain(
    State(portal): State<Portal>,
    _ruler: Ruler,
    Client(client): Client,
    Body(question): Body<PolicyQuestion>,
) -> Result<Json<PolicyAnswer>, Problem> {
    let set = portal.ground.policies.now();
    let default = portal.ground.sources.default_vault();
    let person = asker(&portal, &question).await?;
    let action = if question.action.is_empty() { "connect" } else { question.action.as_str() };
    let account: Option<AccountRef> = read(&question.account, "write the account as `web/shop`")?;
    let to_session =
        matches!(action, "approve" | "watch-session" | "control-session" | "end-session");
    if account.is_none() && (to_session || action == "connect") {
        return Err(Problem::unfit("with which account?", "name it, such as web/shop"));
    }
    let account = account.map(|account| account.within(default));
    let connector: Option<ConnectorId> =
        read(&question.connector, "name the connector by its id, which is the name of its file")?;
    if action == "connect" && connector.is_none() && set.looks_at_connector() {
        let help = "name one by its id: the policies look at it";
        return Err(Problem::unfit("through which connector?", help));
    }
    let of = read(&question.of, "name a user")?;
    if to_session && of.is_none() {
        return Err(Problem::unfit("of whom is the session?", "name the user"));
    }
    let none: AccountRef = "none".parse().map_err(|_| Problem::missing("account"))?;
    let any: ConnectorId = "any".parse().map_err(|_| Problem::missing("connector"))?;
    let (account, connector) = (account.unwrap_or(none), connector.unwrap_or(any));
    let of = of.unwrap_or_else(|| person.name.clone());
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (reason, ticket) = (text(&question.reason), text(&question.ticket));
    let purpose = Purpose { reason, ticket, ticketing_system: None };
    let deed = match action {
        "connect" => Deed::Connect { account: &account, connector: &connector, purpose: &purpose },
        "approve" => Deed::Approve { of: &of, account: &account },
        "watch-session" => Deed::WatchSession { of: &of, account: &account },
        "control-session" => Deed::ControlSession { of: &of, account: &account },
        "end-session" => Deed::EndSession { of: &of, account: &account },
        "read-activity" => Deed::ReadActivity,
        "manage-users" => Deed::ManageUsers,
        "manage-policies" => Deed::ManagePolicies,
        "try-connector" => Deed::TryConnector,
        _ => {
            let help = format!("the actions are {}", Deed::WORDS.join(", "));
            return Err(Problem::unfit("there is no such action", help));
        }
    };
    let at = match question.at.trim() {
        "" => Moment::here(portal.ground.clock.now()),
        at => Moment::read(at).ok_or_else(|| {
            let help = "write it as 2026-03-01T08:00, or 2026-03-01T08:00:00Z";
            Problem::unfit("this is no moment", help)
        })?,
    };
    let address = read(&question.address, "write it as 192.0.2.7")?.unwrap_or(client);
    let ask = Ask { person: &person, deed, at, address, default };
    let explained = set.explain(&ask);
    let (permitted, policies) = (explained.decision.is_permitted(), explained.decision.ids());
    Ok(Json(PolicyAnswer { permitted, policies, text: explained.told(&set, &ask) }))
}

/// The person as policies know them, changed as the question wants it.
async fn asker(portal: &Portal, question: &PolicyQuestion) -> Result<Asker, Problem> {
    let Some(name) = read(&question.user, "name a user, or somebody who is none yet")? else {
        return Err(Problem::unfit("who?", "name a user, or somebody who is none yet"));
    };
    let mut person = match portal.ground.users.find(&name).await {
        Ok(user) => Asker::from(user),
        Err(crate::portal::Error::Unknown(_)) => {
            Asker { name, role: None, groups: Vec::new(), accounts: Vec::new() }
        }
        Err(error) => return Err(error.into()),
    };
    let role: Option<Role> = match question.role.trim() {
        "" => None,
        role => Some(role.parse().map_err(|help| Problem::unfit("there is no such role", help))?),
    };
    person.role = role.or(person.role);
    if !question.groups.is_empty() {
        let groups: Result<Vec<GroupName>, _> =
            question.groups.iter().map(|group| group.parse()).collect();
        person.groups = groups.map_err(|error: crate::name::Invalid| {
            Problem::unfit(error.to_string(), "write one group a line, such as databases")
        })?;
    }
    Ok(person)
}

fn read<T: FromStr>(text: &str, help: &str) -> Result<Option<T>, Problem> {
    match text.trim() {
        "" => Ok(None),
        text => {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
            let unfit = |_| Problem::unfit(format!("`{shown}` cannot be read"), help);
            text.parse().map(Some).map_err(unfit)
        }
    }
}
