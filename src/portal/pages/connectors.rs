//! The pages of connectors: all of them with their problems, and one with its text, its problems and a trial.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::super::Portal;
use super::super::api::{self, ConnectorBody};
use super::super::examined::Line;
use super::super::guard::{Client, Person, Trier};
use super::super::problem::{Problem, sentence};
use super::listing::query;
use super::view::{Frame, page};

#[derive(Template)]
#[template(path = "connectors.html", config = "src/portal/pages/askama.toml")]
struct ConnectorsPage {
    frame: Frame,
    connectors: Vec<(ConnectorBody, String)>,
    folders: Vec<String>,
}

#[derive(Template)]
#[template(path = "connector.html", config = "src/portal/pages/askama.toml")]
struct ConnectorPage {
    frame: Frame,
    connector: ConnectorBody,
    lines: Vec<Line>,
    unread: Option<String>,
    /// Those with which it may be tried.
    accounts: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    file: String,
}

pub(super) async fn connectors(
    State(portal): State<Portal>,
    Trier(person): Trier,
    Client(client): Client,
    Query(Wanted { file }): Query<Wanted>,
) -> Result<Response, Problem> {
    let all = portal.catalogue.examined();
    let listed = api::examined(&all);
    if !file.is_empty() {
        let at = all.iter().position(|one| one.file == file);
        let found = at.and_then(|at| Some((all.into_iter().nth(at)?, listed.into_iter().nth(at)?)));
        let (one, connector) = found.ok_or_else(|| Problem::missing("connector"))?;
        return page(&ConnectorPage {
            lines: one.lines(),
            unread: one.unread.as_deref().map(sentence),
            accounts: accounts(&portal, &person, client, connector.id.is_some()).await,
            frame: Frame::of(Some(&person)),
            connector,
        });
    }
    let link = |one: ConnectorBody| {
        let link = query("/connectors", &[("file", &one.file)]);
        (one, link)
    };
    page(&ConnectorsPage {
        frame: Frame::of(Some(&person)),
        connectors: listed.into_iter().map(link).collect(),
        folders: portal.ground.connectors.iter().map(|path| path.display().to_string()).collect(),
    })
}

async fn accounts(
    portal: &Portal,
    person: &Person,
    client: std::net::IpAddr,
    wanted: bool,
) -> Vec<String> {
    if !wanted {
        return Vec::new();
    }
    let (found, _) = api::found(portal, person, client, "").await;
    found.into_iter().map(|found| found.account).collect()
}
