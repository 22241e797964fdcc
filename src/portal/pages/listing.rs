//! The listings: accounts, activity, users, and what is one's own.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::super::Portal;
use super::super::api::{self, Asked, Found, Line, TokenBody};
use super::super::guard::{Admin, Client, Person};
use super::super::may;
use super::super::problem::{Problem, sentence};
use super::super::users::User;
use super::view::{Frame, page};
use crate::access::Role;

#[derive(Template)]
#[template(path = "accounts.html", config = "src/portal/pages/askama.toml")]
struct AccountsPage {
    frame: Frame,
    search: String,
    safes: Vec<Safe>,
    silent: Vec<(String, String, String)>,
    count: usize,
    admin: bool,
    /// No pattern is there for the person, and patterns decide.
    nothing: bool,
    /// Policies of the configuration decide.
    policies: bool,
    /// They have errors.
    broken: bool,
}

/// The accounts of one safe.
struct Safe {
    title: String,
    accounts: Vec<(Found, String, String)>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Search {
    search: String,
}

pub(super) async fn accounts(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Query(Search { search }): Query<Search>,
) -> Result<Response, Problem> {
    let state = portal.may(&person.user, client).state();
    let (found, silent) = api::found(&portal, &person, client, &search).await;
    let count = found.len();
    let mut safes: Vec<Safe> = Vec::new();
    for account in found {
        let title = match account.safe.as_str() {
            "" => account.vault.clone(),
            safe => format!("{}:{safe}", account.vault),
        };
        let link = query("/connect", &[("account", &account.account)]);
        let words = [Some(&account.account), account.username.as_ref(), account.address.as_ref()];
        let words: Vec<String> =
            words.into_iter().flatten().map(|word| word.to_lowercase()).collect();
        let entry = (account, link, words.join(" "));
        match safes.last_mut().filter(|safe| safe.title == title) {
            Some(safe) => safe.accounts.push(entry),
            None => safes.push(Safe { title, accounts: vec![entry] }),
        }
    }
    page(&AccountsPage {
        frame: Frame::of(Some(&person)),
        search,
        safes,
        silent: silent
            .into_iter()
            .map(|silent| (silent.vault, sentence(&silent.detail), sentence(&silent.help)))
            .collect(),
        count,
        admin: person.duties.users,
        nothing: state == may::State::Patterns && person.user.accounts.is_empty(),
        policies: state == may::State::Policies,
        broken: state == may::State::Broken,
    })
}

/// `path` with these in its query.
pub(super) fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    format!("{path}?{}", query.finish())
}

#[derive(Template)]
#[template(path = "activity.html", config = "src/portal/pages/askama.toml")]
struct ActivityPage {
    frame: Frame,
    /// Whether they may see what is of others.
    auditor: bool,
    asked: Asked,
    rows: Vec<(Line, Tone, String, String)>,
    older: Option<String>,
    /// As CSV and as JSON.
    exports: [String; 2],
    actions: [&'static str; crate::activity::Action::ALL.len()],
    wrong: Option<Problem>,
    filtered: bool,
}

/// How a row reads at a glance.
type Tone = &'static str;

pub(super) async fn activity(
    State(portal): State<Portal>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (rows, next, wrong) = match api::lines(&portal, &person, &asked).await {
        Ok((rows, next)) => (rows, next, None),
        // The form stays, with what was typed.
        Err(problem) if problem.status.is_client_error() => (Vec::new(), None, Some(problem)),
        Err(problem) => return Err(problem),
    };
    let Asked { account, logon_account, connector, action, user, session, since, until, .. } =
        &asked;
    let filters = [
        ("account", account.as_str()),
        ("logon_account", logon_account),
        ("connector", connector),
        ("action", action),
        ("user", user),
        ("session", session),
        ("since", since),
        ("until", until),
    ];
    let exports = ["csv", "json"].map(|format| {
        let mut pairs = filters.to_vec();
        pairs.push(("format", format));
        query("/api/v1/activity/export", &pairs)
    });
    let older = next.map(|next| {
        let mut pairs = filters.to_vec();
        let next = next.to_string();
        pairs.push(("before", &next));
        query("/activity", &pairs)
    });
    let rows = rows.into_iter().map(|line| {
        let tone = tone(&line);
        let link =
            line.session.as_deref().map(|session| query("/activity", &[("session", session)]));
        let id = line.session.as_deref().unwrap_or_default();
        // The last characters, as the command line shows them: the first ones are of the time.
        let short = id.get(id.len().saturating_sub(8)..).unwrap_or_default().to_owned();
        (line, tone, link.unwrap_or_default(), short)
    });
    page(&ActivityPage {
        frame: Frame::of(Some(&person)),
        auditor: person.duties.activity,
        rows: rows.collect(),
        older,
        exports,
        actions: crate::activity::Action::ALL.map(crate::activity::Action::word),
        wrong,
        filtered: filters.iter().any(|(_, value)| !value.is_empty()),
        asked,
    })
}

fn tone(line: &Line) -> Tone {
    match (line.action, line.outcome.as_str()) {
        ("ConnectRefused" | "ConnectFailed" | "SignInFailed" | "Denied", _) => "bad",
        (_, "signed-in") => "good",
        (_, "interrupted" | "unclear") => "open",
        _ => "plain",
    }
}

#[derive(Template)]
#[template(path = "users.html", config = "src/portal/pages/askama.toml")]
struct UsersPage {
    frame: Frame,
    users: Vec<UserView>,
    /// Policies decide, and not the patterns.
    policies: bool,
    roles: [&'static str; 4],
    /// The API tokens of everybody.
    tokens: Vec<TokenBody>,
}

pub(super) struct UserView {
    pub(super) name: String,
    /// The name as a part of a path.
    path: String,
    pub(super) role: &'static str,
    pub(super) groups: Vec<String>,
    group_lines: String,
    pub(super) accounts: Vec<String>,
    lines: String,
    own: bool,
    /// The provider through which they sign in.
    pub(super) issuer: Option<String>,
    blocked: bool,
    /// Whether they have a second factor.
    second_factor: bool,
    /// Who has asked for it to be reset.
    reset: Option<String>,
    /// Whether this is for the one who looks to confirm.
    confirms: bool,
}

impl UserView {
    pub(super) fn of(user: &User, person: &Person) -> Self {
        let accounts: Vec<String> = user.accounts.iter().map(ToString::to_string).collect();
        let groups: Vec<String> = user.groups.iter().map(ToString::to_string).collect();
        let name = user.name.to_string();
        let mut path = url::Url::parse("http://x/").ok();
        if let Some(mut segments) = path.as_mut().and_then(|path| path.path_segments_mut().ok()) {
            segments.pop_if_empty().push(&name);
        }
        Self {
            path: path.map(|path| path.path().to_owned()).unwrap_or_default(),
            role: user.role.word(),
            group_lines: groups.join("\n"),
            groups,
            lines: accounts.join("\n"),
            accounts,
            own: user.name == person.user.name,
            issuer: user.issuer.clone(),
            blocked: user.blocked,
            second_factor: false,
            reset: None,
            confirms: false,
            name,
        }
    }
}

pub(super) async fn users(
    State(portal): State<Portal>,
    Admin(person): Admin,
) -> Result<Response, Problem> {
    let users = portal.ground.users.list().await?;
    let (holders, resets) =
        (portal.ground.factors.holders().await?, portal.ground.factors.resets().await?);
    let users = users.iter().map(|user| {
        let view = UserView::of(user, &person);
        let asked = resets.iter().find(|(of, _)| *of == view.name).map(|(_, by)| by.clone());
        let confirms =
            asked.as_ref().is_some_and(|by| by != person.user.name.as_str()) && !view.own;
        let second_factor = holders.contains(&view.name);
        UserView { second_factor, reset: asked, confirms, ..view }
    });
    let users = users.collect();
    let policies = portal.ground.policies.is_configured();
    let roles = Role::ALL.map(Role::word);
    let tokens = portal.ground.users.tokens(None).await?;
    let tokens = tokens.iter().map(TokenBody::from).collect();
    page(&UsersPage { frame: Frame::of(Some(&person)), users, policies, roles, tokens })
}
