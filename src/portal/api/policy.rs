//! `/api/v1/policy`: access policies checked before they hold, and decisions explained.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use crate::access::{self, Ask, Cited, Deed, Explained, Role, Set, Verdict};
use crate::clock::Moment;
use crate::diagnostic::{Source, Told};
use crate::name::{AccountRef, ConnectorId, GroupName, Invalid, Purpose, UserName, VaultName};
use crate::portal::guard::{Admin, Person};
use crate::portal::problem::Problem;
use crate::portal::{self, Portal, problem};

/// Policies that are to be checked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    /// The policies, in Cedar.
    text: String,
    /// What the file is called in the answer.
    #[serde(default)]
    path: Option<String>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(super) struct Checked {
    /// How many policies were read.
    policies: usize,
    /// Whether none of them would hold.
    broken: bool,
    /// Every problem, as `doorward policy check --format json` has it.
    problems: Vec<Told>,
}

/// Check access policies, as `doorward policy check` does; they do not come to hold by it
#[utoipa::path(post, path = "/api/v1/policy/check", request_body = Text, responses(
    (status = 200, body = Checked), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 413, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn check(
    _person: Person,
    Body(Text { text, path }): Body<Text>,
) -> Result<Json<Checked>, Problem> {
    let clean = |path: String| path.chars().filter(|c| !c.is_control()).take(200).collect();
    let path = path.map_or_else(|| "policies.cedar".to_owned(), clean);
    let source = Arc::new(Source { path, text });
    // The validator computes for a while; others are not to wait for it.
    let checked = tokio::task::spawn_blocking(move || {
        let set = Set::read(&[source], Vec::new());
        let problems = set.found().iter().map(Told::from).collect();
        Checked { policies: set.len(), broken: set.is_broken(), problems }
    });
    checked.await.map(Json).map_err(|error| Problem::failed(&error))
}

/// What is to be explained: who wants to do what, when, and from where.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Who; role, groups and patterns are those of the user of this name.
    user: String,
    /// `connect`, `approve`, `watch-session`, `control-session`, `end-session`, `read-activity` or `manage-users`.
    #[serde(default = "connect")]
    action: String,
    /// `[vault:][safe/]name`, for what is about a session.
    #[serde(default)]
    account: Option<String>,
    /// The id of a connector, where policies look at it.
    #[serde(default)]
    connector: Option<String>,
    /// Whose session it is, where it is somebody else's.
    #[serde(default)]
    of: Option<String>,
    /// When: 2026-03-01T08:00 as a clock there shows it, or 2026-03-01T08:00:00Z; now without.
    #[serde(default)]
    at: Option<String>,
    /// From which address; the loopback one without.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    address: Option<IpAddr>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    ticket: Option<String>,
    /// As if they had this role.
    #[serde(default)]
    role: Option<Role>,
    /// As if they were in these groups and in no other.
    #[serde(default)]
    groups: Option<Vec<String>>,
}

fn connect() -> String {
    "connect".to_owned()
}

/// A policy, by its id and its place.
#[derive(Serialize, ToSchema)]
pub(super) struct Place {
    id: String,
    /// The file, as the configuration names it.
    path: String,
    line: usize,
    /// Why it could not be evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl From<&Cited> for Place {
    fn from(cited: &Cited) -> Self {
        Self { id: cited.id.clone(), path: cited.path.clone(), line: cited.line, why: None }
    }
}

/// A decision, and what came near it.
#[derive(Serialize, ToSchema)]
pub(super) struct Answer {
    permitted: bool,
    /// `permitted`, `forbidden` (by a policy), `not-permitted` (by none), `failed` (a `forbid` could not be evaluated)
    /// or `broken` (the policies have errors).
    verdict: &'static str,
    /// The policies that decided.
    by: Vec<Place>,
    /// Policies that permit it, where others forbid it.
    overruled: Vec<Place>,
    /// Policies whose person, action and account fit, and whose conditions do not hold.
    near: Vec<Place>,
    /// Policies that could not be evaluated.
    failed: Vec<Place>,
    /// Whether the configuration names policies; without them the patterns of users decide.
    configured: bool,
    /// Whether it would be permitted with another reason or ticket.
    wants_words: bool,
    /// What is wrong with the policies, where they have errors.
    trouble: String,
}

/// Explain a decision, as `doorward policy explain` does; for administrators
#[utoipa::path(post, path = "/api/v1/policy/explain", request_body = Asked, responses(
    (status = 200, body = Answer), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 422, body = problem::Body),
))]
pub(super) async fn explain(
    State(portal): State<Portal>,
    _admin: Admin,
    Body(asked): Body<Asked>,
) -> Result<Json<Answer>, Problem> {
    const NAME: &str = "write it as the pages show it";
    let user: UserName = read(&asked.user, NAME)?;
    let mut person = match portal.ground.users.find(&user).await {
        Ok(user) => access::Person::from(user),
        Err(portal::Error::Unknown(name)) => {
            access::Person { name, role: None, groups: Vec::new(), accounts: Vec::new() }
        }
        Err(error) => return Err(error.into()),
    };
    person.role = asked.role.or(person.role);
    if let Some(groups) = &asked.groups {
        person.groups =
            groups.iter().map(|group| read(group, NAME)).collect::<Result<Vec<GroupName>, _>>()?;
    }
    let set = portal.ground.policies.now();
    let default = portal.ground.sources.default_vault();
    let purpose = Purpose { reason: asked.reason, ticket: asked.ticket, ticketing_system: None };
    let (account, connector, of);
    let deed = match asked.action.as_str() {
        "connect" => {
            account = named_account(&asked.account, default)?;
            let named = match set.looks_at_connector() {
                true => with(&asked.connector, "connector")?,
                false => asked.connector.as_deref().unwrap_or("any"),
            };
            connector = read::<ConnectorId>(named, "a connector is named by its id")?;
            Deed::Connect { account: &account, connector: &connector, purpose: &purpose }
        }
        action @ ("approve" | "watch-session" | "control-session" | "end-session") => {
            account = named_account(&asked.account, default)?;
            of = read::<UserName>(with(&asked.of, "of")?, NAME)?;
            let (of, account) = (&of, &account);
            match action {
                "approve" => Deed::Approve { of, account },
                "watch-session" => Deed::WatchSession { of, account },
                "control-session" => Deed::ControlSession { of, account },
                _ => Deed::EndSession { of, account },
            }
        }
        "read-activity" => Deed::ReadActivity,
        "manage-users" => Deed::ManageUsers,
        _ => {
            let help = format!("it is one of {}", Deed::WORDS.join(", "));
            return Err(Problem::unfit("there is no such action", help));
        }
    };
    let at = match &asked.at {
        None => Moment::here(portal.ground.clock.now()),
        Some(text) => Moment::read(text).ok_or_else(|| {
            let help = "write it as 2026-03-01T08:00, or 2026-03-01T08:00:00Z";
            Problem::unfit("`at` is no moment", help)
        })?,
    };
    let address = asked.address.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    let ask = Ask { person: &person, deed, at, address, default };
    Ok(Json(answer(&set, set.explain(&ask))))
}

/// The value of the key `what`, which is needed here.
fn with<'a>(text: &'a Option<String>, what: &str) -> Result<&'a str, Problem> {
    let missing = || Problem::unfit(format!("`{what}` is missing"), "this action needs it");
    text.as_deref().ok_or_else(missing)
}

fn named_account(text: &Option<String>, default: &VaultName) -> Result<AccountRef, Problem> {
    let account: AccountRef = read(with(text, "account")?, "write it as `[vault:][safe/]name`")?;
    Ok(account.within(default))
}

fn read<T: FromStr<Err = Invalid>>(text: &str, help: &str) -> Result<T, Problem> {
    text.trim().parse().map_err(|error: Invalid| Problem::unfit(error.to_string(), help))
}

fn answer(set: &Set, explained: Explained) -> Answer {
    let places = |cited: &[Cited]| cited.iter().map(Place::from).collect();
    let Explained { decision, overruled, near } = explained;
    let failed = decision.erred.iter();
    let failed = failed.map(|(cited, why)| Place { why: Some(why.clone()), ..cited.into() });
    Answer {
        permitted: decision.is_permitted(),
        verdict: match decision.verdict {
            Verdict::Permitted => "permitted",
            Verdict::Forbidden => "forbidden",
            Verdict::Unpermitted => "not-permitted",
            Verdict::Erred => "failed",
            Verdict::Broken => "broken",
        },
        by: places(&decision.by),
        overruled: places(&overruled),
        near: places(&near),
        failed: failed.collect(),
        configured: decision.configured,
        wants_words: decision.wants_words,
        trouble: set.trouble(),
    }
}
