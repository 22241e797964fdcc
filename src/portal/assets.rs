//! The assets: what the pages load, built into the binary and served under the hash of all of them.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use ring::digest;

use super::problem::Problem;

/// Name, kind and content.
const ALL: [(&str, &str, &str); 12] = [
    ("app.css", "text/css; charset=utf-8", include_str!("assets/app.css")),
    ("app.js", "text/javascript; charset=utf-8", include_str!("assets/app.js")),
    ("canvas.js", "text/javascript; charset=utf-8", include_str!("assets/canvas.js")),
    ("codes.css", "text/css; charset=utf-8", include_str!("assets/codes.css")),
    ("codes.js", "text/javascript; charset=utf-8", include_str!("assets/codes.js")),
    ("factor.js", "text/javascript; charset=utf-8", include_str!("assets/factor.js")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
    ("player.css", "text/css; charset=utf-8", include_str!("assets/player.css")),
    ("player.js", "text/javascript; charset=utf-8", include_str!("assets/player.js")),
    ("recordings.js", "text/javascript; charset=utf-8", include_str!("assets/recordings.js")),
    ("viewer.css", "text/css; charset=utf-8", include_str!("assets/viewer.css")),
    ("viewer.js", "text/javascript; charset=utf-8", include_str!("assets/viewer.js")),
];

/// The hash of all of them: a new build has new URLs, so that browsers may keep what they have.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut context = digest::Context::new(&digest::SHA256);
    for (name, _, text) in ALL {
        context.update(name.as_bytes());
        context.update(text.as_bytes());
    }
    HEXLOWER.encode(&context.finish().as_ref()[..8])
});

/// The folder that pages load them from.
pub(super) fn base() -> String {
    format!("/assets/{}", *VERSION)
}

/// One of them.
pub(super) async fn asset(
    Path((version, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let asset = ALL.iter().find(|(known, ..)| *known == name && version == *VERSION);
    let (_, kind, text) = asset.ok_or_else(|| Problem::missing("file"))?;
    let headers = [(CONTENT_TYPE, *kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, *text).into_response())
}
