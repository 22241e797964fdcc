//! The page of an account's one-time codes.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::super::Portal;
use super::super::api::{self, Totp};
use super::super::guard::{Client, Person};
use super::super::problem::Problem;
use super::listing::query;
use super::view::{Frame, page};
use crate::access::Deed;
use crate::name::{AccountRef, Purpose};

#[derive(Template)]
#[template(path = "codes.html", config = "src/portal/pages/askama.toml")]
struct CodesPage {
    frame: Frame,
    name: String,
    /// Below it is the API of the account's codes.
    path: String,
    /// Where one connects with it.
    connect: String,
    totp: Totp,
    /// Whether that is known: where policies ask for a reason, nothing is before one is given.
    known: bool,
    /// Whether they may read codes.
    reads: bool,
    /// Whether they may change the seed.
    changes: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    account: String,
}

pub(super) async fn codes(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Query(Wanted { account }): Query<Wanted>,
) -> Result<Response, Problem> {
    let account: AccountRef = account.parse().map_err(|_| Problem::missing("account"))?;
    let account = account.within(portal.ground.sources.default_vault());
    let shown = api::shown(&portal, person.clone(), client, &account.to_string()).await;
    let (reads, changes) = (may_read(&portal, &person, client, &account), {
        let purpose = Purpose::default();
        let deed = Deed::ChangeSeed { account: &account, purpose: &purpose };
        portal.may(&person.user, client).offers(deed)
    });
    let (totp, known) = match shown {
        Ok(totp) => (totp, true),
        Err(problem) if problem.denied.is_some() && reads => (Totp::unknown(), false),
        Err(problem) => return Err(problem),
    };
    let whole = account.to_string();
    let mut path = String::from("/api/v1/accounts/");
    path.extend(
        url::form_urlencoded::byte_serialize(whole.as_bytes()).map(|part| part.replace('+', "%20")),
    );
    path.push_str("/totp");
    page(&CodesPage {
        frame: Frame::of(Some(&person)),
        name: account.name().to_owned(),
        path,
        connect: query("/connect", &[("account", &whole)]),
        totp,
        known,
        reads,
        changes,
    })
}

/// Whether somebody may read codes of an account, with the right words as reason where policies ask for some.
fn may_read(
    portal: &Portal,
    person: &Person,
    client: std::net::IpAddr,
    account: &AccountRef,
) -> bool {
    let purpose = Purpose::default();
    portal.may(&person.user, client).offers(Deed::ReadCode { account, purpose: &purpose })
}

/// Where the codes of an account are, for somebody who may read or change them.
pub(super) fn link(
    portal: &Portal,
    person: &Person,
    client: std::net::IpAddr,
    account: &AccountRef,
) -> Option<String> {
    let purpose = Purpose::default();
    let change = Deed::ChangeSeed { account, purpose: &purpose };
    let may = may_read(portal, person, client, account)
        || portal.may(&person.user, client).offers(change);
    may.then(|| query("/codes", &[("account", &account.to_string())]))
}
