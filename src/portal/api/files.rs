//! `/api/v1/sessions/{session}/files`: takes what a live session saved or printed, and gives its page files.

use axum::body::{Body, Bytes};
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, Path, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::io::AsyncReadExt;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::owned;
use crate::live::{LARGEST, NotTaken};
use crate::portal::guard::Person;
use crate::portal::problem::Problem;
use crate::portal::{Portal, problem};

/// How much of a file is read at once, in bytes.
const PIECE: usize = 64 * 1024;

/// The largest request: the largest file, and what stands around it.
const LARGEST_REQUEST: usize = LARGEST as usize + 64 * 1024;

/// What is sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the request, whose parts are read one by one")]
struct Files {
    /// Each file is a part with this name and a file name.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<u8>,
}

/// Whether a request brings files, which may be larger than all others.
pub(super) fn is_upload(request: &Request) -> bool {
    let path = request.uri().path();
    let within =
        path.strip_prefix("/api/v1/sessions/").and_then(|rest| rest.strip_suffix("/files"));
    request.method() == Method::POST && within.is_some_and(|session| !session.contains('/'))
}

/// The route that takes files, with a limit of its own.
pub(super) fn uploads() -> OpenApiRouter<Portal> {
    OpenApiRouter::new().routes(routes!(give)).layer(DefaultBodyLimit::max(LARGEST_REQUEST))
}

/// A file that the page of one's own session saved, or that was printed of it
#[utoipa::path(get, path = "/api/v1/sessions/{session}/files/{id}",
    params(("session" = String, Path), ("id" = String, Path)), responses(
    (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 401, body = problem::Body), (status = 404, body = problem::Body),
))]
pub(super) async fn file(
    State(portal): State<Portal>,
    person: Person,
    Path((session, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let card = owned(&portal, &person, &session)?;
    let missing = || Problem::missing("file: those of a session are gone with it");
    let saved = portal.ground.broker.file(card.session, &id).ok_or_else(missing)?;
    let file = tokio::fs::File::open(&saved.path).await.map_err(|_| missing())?;
    let length = file.metadata().await.map_err(|error| Problem::failed(&error))?.len();
    let headers = [
        // Never a kind that a browser would show or run.
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, attachment(&saved.name)),
        (CONTENT_LENGTH, length.to_string()),
    ];
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(piece), file)))
    });
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// Give files to the page of one's own session, which has asked for them
#[utoipa::path(post, path = "/api/v1/sessions/{session}/files", params(("session" = String, Path)),
    request_body(content = Files, content_type = "multipart/form-data"), responses(
    (status = 204), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 404, body = problem::Body), (status = 409, body = problem::Body),
    (status = 413, body = problem::Body), (status = 422, body = problem::Body),
))]
pub(super) async fn give(
    State(portal): State<Portal>,
    person: Person,
    Path(session): Path<String>,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<StatusCode, Problem> {
    let card = owned(&portal, &person, &session)?;
    let mut intake = portal.ground.broker.intake(card.session).map_err(untaken)?;
    let mut parts = parts.map_err(|_| no_parts())?;
    while let Some(mut part) = parts.next_field().await.map_err(|error| unread(&error))? {
        if part.name() != Some("file") {
            return Err(no_parts());
        }
        // A form without a choice sends an empty part without a name.
        let name = part.file_name().unwrap_or_default().to_owned();
        if name.is_empty() {
            continue;
        }
        intake.begin(&name).map_err(untaken)?;
        while let Some(piece) = part.chunk().await.map_err(|error| unread(&error))? {
            intake.write(&piece).await.map_err(untaken)?;
        }
    }
    intake.give().await.map_err(untaken)?;
    Ok(StatusCode::NO_CONTENT)
}

fn untaken(why: NotTaken) -> Problem {
    let (detail, help) = (why.to_string(), why.help());
    let status = match &why {
        NotTaken::NotAllowed => {
            return Problem::denied("uploads", &detail, help);
        }
        NotTaken::Disk(error) => return Problem::failed(error),
        NotTaken::Over | NotTaken::Held | NotTaken::NotAsked => StatusCode::CONFLICT,
        NotTaken::Full(_) => StatusCode::PAYLOAD_TOO_LARGE,
        NotTaken::Nothing | NotTaken::TooMany(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem::new(status, detail, help)
}

fn no_parts() -> Problem {
    let detail = "the body has to be `multipart/form-data` with parts `file`";
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        detail,
        "GET /api/v1/openapi.json says what is taken",
    )
}

fn unread(error: &MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = "these files are larger than any that a session takes (256 MiB)";
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail, "send less, or one after the other")
        }
        _ => Problem::new(
            StatusCode::BAD_REQUEST,
            "the body ends too early, or is no multipart/form-data",
            "send it again",
        ),
    }
}

/// A file to be saved, under a name in any script (RFC 6266, with `filename*` of RFC 8187).
fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' })
        .collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                whole.push(char::from(byte));
            }
            byte => whole.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn a_name_in_any_script_is_one_header() {
        let cases = [
            ("a b.csv", "filename=\"a b.csv\"; filename*=UTF-8''a%20b.csv"),
            ("März.pdf", "filename=\"M_rz.pdf\"; filename*=UTF-8''M%C3%A4rz.pdf"),
            ("a\"\r\nb", "filename=\"a___b\"; filename*=UTF-8''a%22%0D%0Ab"),
        ];
        for (name, expected) in cases {
            assert_eq!(attachment(name), format!("attachment; {expected}"), "{name:?}");
        }
    }
}
