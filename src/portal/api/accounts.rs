//! `/api/v1/accounts`: what one may use, and through which connectors.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::Deed;
use crate::name::{ConnectorId, Purpose};
use crate::portal::guard::{Client, Person};
use crate::portal::{Portal, problem};

/// What is looked for.
#[derive(Deserialize, IntoParams, Default)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(in crate::portal) struct Search {
    /// A part of name, safe, user name or address, case aside
    search: String,
}

/// An account that may be used.
#[derive(Serialize, ToSchema, Clone)]
pub(in crate::portal) struct Found {
    /// `vault:safe/name`.
    pub(in crate::portal) account: String,
    pub(in crate::portal) vault: String,
    /// Its segments are joined by `/`; empty where there is none.
    pub(in crate::portal) safe: String,
    pub(in crate::portal) name: String,
    pub(in crate::portal) username: Option<String>,
    pub(in crate::portal) address: Option<String>,
    /// The connectors that are offered for it, the first one first.
    pub(in crate::portal) connectors: Vec<Offered>,
}

/// A connector that is offered.
#[derive(Serialize, ToSchema, Clone)]
pub(in crate::portal) struct Offered {
    pub(in crate::portal) id: String,
    pub(in crate::portal) name: String,
}

/// A vault that does not answer.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct Silent {
    pub(in crate::portal) vault: String,
    /// Why.
    pub(in crate::portal) detail: String,
    /// What to do next.
    pub(in crate::portal) help: String,
}

/// The accounts that may be used.
#[derive(Serialize, ToSchema)]
pub(super) struct Accounts {
    accounts: Vec<Found>,
    /// Vaults whose accounts are missing here.
    silent: Vec<Silent>,
}

/// The accounts that one may use
#[utoipa::path(get, path = "/api/v1/accounts", params(Search), responses(
    (status = 200, body = Accounts), (status = 401, body = problem::Body),
))]
pub(super) async fn accounts(
    State(portal): State<Portal>,
    person: Person,
    Client(client): Client,
    Query(Search { search }): Query<Search>,
) -> Json<Accounts> {
    let (accounts, silent) = found(&portal, &person, client, &search).await;
    Json(Accounts { accounts, silent })
}

/// The accounts that `person` may use now, of those that `search` is a part of, each with the connectors that they may
/// use it through. Where the policies ask for a reason or a ticket, it is taken for given.
pub(in crate::portal) async fn found(
    portal: &Portal,
    person: &Person,
    client: IpAddr,
    search: &str,
) -> (Vec<Found>, Vec<Silent>) {
    let sources = &portal.ground.sources;
    let default = sources.default_vault();
    let listing = sources.list().await;
    let search = search.trim().to_lowercase();
    let mut found = Vec::new();
    let catalogue = portal.catalogue.now();
    let (may, purpose) = (portal.may(&person.user, client), Purpose::default());
    // For an account that no connector is there for.
    let none: Option<ConnectorId> = "none".parse().ok();
    for summary in listing.accounts {
        let reference = summary.reference.within(default);
        let texts =
            [Some(reference.to_string()), summary.username.clone(), summary.address.clone()];
        if !texts.iter().flatten().any(|text| text.to_lowercase().contains(&search)) {
            continue;
        }
        let mut offered = catalogue.offered(&reference, sources.is_demo(&reference));
        let offers = |connector: &ConnectorId| {
            may.offers(Deed::Connect { account: &reference, connector, purpose: &purpose })
        };
        let listed = match offered.first() {
            Some(_) if may.looks_at_connector() => {
                offered.retain(|connector| offers(&connector.id));
                !offered.is_empty()
            }
            Some(first) => offers(&first.id),
            None => none.as_ref().is_some_and(offers),
        };
        if !listed {
            continue;
        }
        found.push(Found {
            account: reference.to_string(),
            vault: reference.vault().unwrap_or(default).to_string(),
            safe: reference.safe().unwrap_or_default().to_owned(),
            name: reference.name().to_owned(),
            username: summary.username,
            address: summary.address,
            connectors: offered
                .iter()
                .map(|connector| Offered {
                    id: connector.id.to_string(),
                    name: connector.display_name.clone(),
                })
                .collect(),
        });
    }
    let silent = listing.silent.into_iter();
    let silent =
        silent.map(|(vault, detail, help)| Silent { vault: vault.to_string(), detail, help });
    (found, silent.collect())
}
