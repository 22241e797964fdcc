//! The page Policy: the files, what is wrong with them, an editor, and who may what.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::super::Portal;
use super::super::api::{self, FileBody, PolicyBody};
use super::super::guard::Ruler;
use super::super::problem::Problem;
use super::listing::query;
use super::view::{Frame, page};
use crate::access::{Deed, Role};

/// A longer text does not fit into a request, and is changed where doorward runs.
const LONGEST: usize = 56 * 1024;

#[derive(Template)]
#[template(path = "policy.html", config = "src/portal/pages/askama.toml")]
struct PolicyPage {
    frame: Frame,
    policy: PolicyBody,
    /// Each file with its link, and whether it is the one that is open.
    files: Vec<(String, String, usize, bool)>,
    open: Option<FileBody>,
    actions: [&'static str; Deed::WORDS.len()],
    roles: Vec<&'static str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    file: String,
}

pub(super) async fn policy(
    State(portal): State<Portal>,
    Ruler(person): Ruler,
    Query(Wanted { file }): Query<Wanted>,
) -> Result<Response, Problem> {
    let mut policy = api::policy_now(&portal);
    let index = match file.as_str() {
        "" => 0,
        wanted => policy
            .files
            .iter()
            .position(|known| known.file == wanted)
            .ok_or_else(|| Problem::missing("file of policies"))?,
    };
    let links = policy.files.iter().enumerate().map(|(at, known)| {
        let link = query("/policy", &[("file", &known.file)]);
        (known.file.clone(), link, known.problems, at == index)
    });
    let files = links.collect();
    let mut open = (index < policy.files.len()).then(|| policy.files.swap_remove(index));
    if let Some(open) = open.as_mut().filter(|open| open.text.len() > LONGEST) {
        open.kept.get_or_insert("is too long to be changed here");
    }
    page(&PolicyPage {
        frame: Frame::of(Some(&person)),
        policy,
        files,
        open,
        actions: Deed::WORDS,
        roles: Role::ALL.into_iter().map(Role::word).collect(),
    })
}
