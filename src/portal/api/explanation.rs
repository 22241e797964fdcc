//! `/api/v1/policies/explain`: what the access policies decide, and which of them.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use crate::access::{Ask, Cited, Explained, Person as Asker, Question, Role, Verdict};
use crate::clock::Moment;
use crate::name::{AccountRef, GroupName, Purpose};
use crate::portal::guard::{Client, Ruler};
use crate::portal::problem::Problem;
use crate::portal::{Portal, problem};

/// What is asked.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PolicyQuestion {
    /// Who: role, groups and patterns are those of the user of this name.
    user: String,
    /// What: `connect`, `end-session`, …; `connect` where nothing is said.
    action: String,
    /// With which account: `[vault:][safe/]name`
    account: String,
    /// Through which connector: its id, where policies look at it
    connector: String,
    /// Of whom the session is, for what is done to one of somebody else
    of: String,
    /// When: 2026-03-01T08:00 as a clock there shows it, or 2026-03-01T08:00:00Z; now where nothing is said
    at: String,
    /// From where; from where you are where nothing is said
    address: String,
    reason: String,
    ticket: String,
    /// As if they had this role
    role: String,
    /// As if they were in these groups and in no other
    groups: Vec<String>,
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
pub(super) struct PolicyAnswer {
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
    /// All of it, as `doorward policy explain` prints it.
    text: String,
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
    Body(asked): Body<PolicyQuestion>,
) -> Result<Json<PolicyAnswer>, Problem> {
    let set = portal.ground.policies.now();
    let default = portal.ground.sources.default_vault();
    let person = asker(&portal, &asked).await?;
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let account: Option<AccountRef> = read(&asked.account, "write the account as `web/shop`")?;
    let question = Question {
        action: text(&asked.action).unwrap_or_else(|| "connect".to_owned()),
        account: account.map(|account| account.within(default)),
        of: read(&asked.of, "name a user")?,
        connector: read(
            &asked.connector,
            "name the connector by its id, which is the name of its file",
        )?,
        purpose: Purpose {
            reason: text(&asked.reason),
            ticket: text(&asked.ticket),
            ticketing_system: None,
        },
    };
    let deed = question.deed(&set).map_err(|open| Problem::unfit(open.to_string(), open.help()))?;
    let at = match asked.at.trim() {
        "" => Moment::here(portal.ground.clock.now()),
        at => Moment::read(at).ok_or_else(|| {
            let help = "write it as 2026-03-01T08:00, or 2026-03-01T08:00:00Z";
            Problem::unfit("this is no moment", help)
        })?,
    };
    let address = read(&asked.address, "write it as 192.0.2.7")?.unwrap_or(client);
    let ask = Ask { person: &person, deed, at, address, default };
    let explained = set.explain(&ask);
    let text = explained.told(&set, &ask);
    let places = |cited: &[Cited]| cited.iter().map(Place::from).collect();
    let Explained { decision, overruled, near } = &explained;
    let failed = decision.erred.iter();
    let failed = failed.map(|(cited, why)| Place { why: Some(why.clone()), ..cited.into() });
    Ok(Json(PolicyAnswer {
        permitted: decision.is_permitted(),
        verdict: match decision.verdict {
            Verdict::Permitted => "permitted",
            Verdict::Forbidden => "forbidden",
            Verdict::Unpermitted => "not-permitted",
            Verdict::Erred => "failed",
            Verdict::Broken => "broken",
        },
        by: places(&decision.by),
        overruled: places(overruled),
        near: places(near),
        failed: failed.collect(),
        configured: decision.configured,
        wants_words: decision.wants_words,
        trouble: set.trouble(),
        text,
    }))
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
