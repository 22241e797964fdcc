//! Sealing: a page is typed a stand-in, and the secret takes its place in the one request that carries it.
//!
//! The interception is the browser's own, after that of every page and closest to the network: requests of
//! documents, frames, scripts, beacons and workers of every kind pass it with their whole bodies, and what goes
//! on from there is seen by no page (measured with Chromium 156). What it does not see, a secret is never put
//! into: the stand-in goes out instead, which is worth nothing.

mod basic_auth;
mod body;
mod disguise;
mod page;
mod stand_in;

use std::collections::HashMap;
use std::sync::Arc;

use data_encoding::BASE64;
use serde_json::{Value, json};
use url::{Origin, Url};

use self::body::{Body, Put};
use crate::secret::Secret;

pub(super) use basic_auth::BasicAuth;
pub use page::{Answered, Unsealable};

/// A URL that no request has: until something is sealed, nothing is intercepted.
const NEVER: &str = "doorward:never";

/// How much is told of what a page did; the first of it ends the session.
const MOST: usize = 50;

/// What is held back from a page, and what became of it.
pub(super) struct Seal {
    /// Where secrets may go.
    origins: Vec<Origin>,
    /// The headers that they may stand in, in lower case.
    headers: Vec<String>,
    held: Vec<Held>,
    /// The requests that carry a secret and have not been answered, by id: a redirect repeats one under another.
    carrying: HashMap<String, Carrying>,
    told: Vec<Carriage>,
    /// It is only found out what would become of them: nothing that a page sends goes out.
    probing: bool,
}

/// What a request carries.
#[derive(Default)]
struct Carrying {
    rows: Vec<usize>,
    /// Whether some of it is in the body, which the browser repeats as it went out. A header it repeats as the page
    /// has set it.
    in_body: bool,
}

/// One secret and what stands for it.
struct Held {
    row: usize,
    stand_in: String,
    secret: Arc<Secret>,
    /// What the field is called, in its form.
    names: Vec<String>,
    disguises: Vec<(&'static str, String)>,
    left: bool,
}

/// What became of a stand-in on its way out.
#[derive(Debug, Clone)]
pub struct Carriage {
    /// The row that typed it, from 1.
    pub row: usize,
    /// Where the request went, or was to go.
    pub url: String,
    /// How it ended.
    pub end: Carried,
}

/// How a stand-in's way out ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// The secret went out in its place, in a body or header of this writing.
    Sealed(&'static str),
    /// The request was for an origin that the secret may not go to; it was failed.
    Foreign,
    /// A redirect would have carried the secret to such an origin; it was failed.
    Redirected,
    /// The stand-in was in the URL; the request was failed.
    InUrl,
    /// It was in a header that the connector does not name; the request was failed.
    InHeader(String),
    /// It was sent a second time, or stood in several places; the request was failed.
    Twice,
    /// It was in a body that nothing can be put into: which; the request was failed.
    Unfit(String),
    /// The page sent it in another form, encoded, hashed or packed: which; the request was failed.
    Disguised(String),
    /// The field of that name held something else; the request was failed.
    Altered(String),
    /// It went out in a message of a WebSocket, which nothing can hold.
    WebSocket,
}

impl Carried {
    /// Whether the page tried to carry the secret away.
    pub fn is_diverted(&self) -> bool {
        matches!(self, Self::Foreign | Self::Redirected)
    }
}

/// What is done with a request.
enum Verdict {
    /// It goes on as it is.
    On,
    /// The same, and it carries a secret already: a redirect repeats it.
    Repeated,
    /// It goes on with this in the place of its body and headers.
    Changed { body: Option<Body>, headers: Option<Value> },
    /// It is failed.
    Failed,
}

/// A request as the browser tells of it.
struct Request<'a> {
    url: &'a str,
    method: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: Vec<u8>,
    /// Some of the body does not come: a file of the disk, a stream.
    is_partial: bool,
    is_allowed: bool,
}

impl<'a> Request<'a> {
    fn read(request: &'a Value, origins: &[Origin]) -> Self {
        let text = |value: &'a Value| value.as_str().unwrap_or_default();
        let url = text(&request["url"]);
        let headers = request["headers"].as_object().into_iter().flatten();
        let entries = request["postDataEntries"].as_array().map_or(&[] as &[Value], Vec::as_slice);
        let pieces: Vec<_> = entries
            .iter()
            .map(|entry| BASE64.decode(text(&entry["bytes"]).as_bytes()).unwrap_or_default())
            .collect();
        let is_partial = request["hasPostData"] == true
            && (entries.is_empty() || entries.iter().any(|entry| entry.get("bytes").is_none()));
        let origin = Url::parse(url).map(|url| url.origin());
        let is_allowed = origin.is_ok_and(|origin| origin.is_tuple() && origins.contains(&origin));
        Self {
            url,
            method: text(&request["method"]),
            headers: headers.map(|(name, value)| (name.as_str(), text(value))).collect(),
            body: pieces.concat(),
            is_partial,
            is_allowed,
        }
    }

    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| *value)
    }

    /// Whether it says `text` anywhere.
    fn says(&self, text: &str) -> bool {
        self.url.contains(text)
            || self.headers.iter().any(|(_, value)| value.contains(text))
            || body::has(&self.body, text.as_bytes())
    }
}

impl Seal {
    fn new(origins: Vec<Origin>, headers: Vec<String>, probing: bool) -> Self {
        let (held, carrying, told) = (Vec::new(), HashMap::new(), Vec::new());
        Self { origins, headers, held, carrying, told, probing }
    }

    /// What is to be done with the request of `Fetch.requestPaused`.
    pub(super) fn verdict(&mut self, params: &Value) -> (&'static str, Value) {
        let id = params["requestId"].clone();
        let status = params["responseStatusCode"].as_u64();
        if status.is_some() || params.get("responseErrorReason").is_some() {
            // Only what carries a secret is asked for its answer. What is to be repeated elsewhere comes again.
            if !is_redirect(status, &params["responseHeaders"]) {
                self.carrying.remove(id.as_str().unwrap_or_default());
            }
            return ("Fetch.continueResponse", json!({"requestId": id}));
        }
        match self.judge(params) {
            Verdict::On => ("Fetch.continueRequest", json!({"requestId": id})),
            Verdict::Repeated => {
                ("Fetch.continueRequest", json!({"requestId": id, "interceptResponse": true}))
            }
            Verdict::Failed => {
                // A page that was to be left stays: what it shows belongs to the reason.
                ("Fetch.failRequest", json!({"requestId": id, "errorReason": "Aborted"}))
            }
            Verdict::Changed { body, headers } => {
                let mut answer = json!({"requestId": id, "interceptResponse": true});
                if let Some(body) = body {
                    answer["postData"] = BASE64.encode(&body.bytes).into();
                }
                if let Some(headers) = headers {
                    answer["headers"] = headers;
                }
                ("Fetch.continueRequest", answer)
            }
        }
    }

    fn judge(&mut self, params: &Value) -> Verdict {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (id, before) = (text(&params["requestId"]), text(&params["redirectedRequestId"]));
        let mut request = Request::read(&params["request"], &self.origins);
        let carried = self.carrying.remove(&before).unwrap_or_default();
        // The browser repeats the body, secret and all, where the site says 307 or 308.
        let repeated = carried.in_body && params["request"]["hasPostData"] == true;
        if repeated {
            if !request.is_allowed {
                for row in carried.rows {
                    self.tell(row, request.url, Carried::Redirected);
                }
                return Verdict::Failed;
            }
            request.body.clear();
        }
        let (mut changed, mut headers, mut rows) = (None, None, Vec::new());
        for at in 0..self.held.len() {
            let Some(held) = self.held.get(at) else { break };
            let again = carried.rows.contains(&held.row);
            match exchange(held, &request, &self.headers, again, changed.as_ref(), headers.as_ref())
            {
                Ok(None) => {}
                Ok(Some((body, header, writing))) => {
                    let row = held.row;
                    changed = body.or(changed);
                    headers = header.or(headers);
                    rows.push((at, row, writing, again));
                }
                Err(end) => {
                    let row = held.row;
                    self.tell(row, request.url, end);
                    return Verdict::Failed;
                }
            }
        }
        if repeated && rows.is_empty() {
            self.carrying.insert(id, carried);
            return Verdict::Repeated;
        }
        if rows.is_empty() {
            let asks = matches!(request.method, "GET" | "HEAD" | "OPTIONS");
            let kept = self.probing && !self.held.is_empty() && !asks;
            return if kept { Verdict::Failed } else { Verdict::On };
        }
        for (at, row, writing, again) in &rows {
            if let Some(held) = self.held.get_mut(*at) {
                held.left = true;
            }
            if !again {
                self.tell(*row, request.url, Carried::Sealed(writing));
            }
        }
        if self.probing {
            return Verdict::Failed;
        }
        let before = if repeated { carried.rows } else { Vec::new() };
        let rows = before.into_iter().chain(rows.into_iter().map(|(_, row, ..)| row)).collect();
        self.carrying.insert(id, Carrying { rows, in_body: repeated || changed.is_some() });
        let headers = headers.map(|headers: Vec<(String, String)>| {
            headers.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
        });
        Verdict::Changed { body: changed, headers }
    }

    /// A page said this in a message of a WebSocket.
    pub(super) fn said(&mut self, payload: &str) {
        let said = |held: &&Held| !held.left && payload.contains(&held.stand_in);
        if let Some(row) = self.held.iter().find(said).map(|held| held.row) {
            self.tell(row, "", Carried::WebSocket);
        }
    }

    /// Whether a request that carries a secret has not been answered.
    pub(super) fn is_carrying(&self) -> bool {
        !self.carrying.is_empty()
    }

    /// Whether something is told that did not go as it should.
    pub(super) fn is_alarmed(&self) -> bool {
        self.told.iter().any(|told| !matches!(told.end, Carried::Sealed(_)))
    }

    fn tell(&mut self, row: usize, url: &str, end: Carried) {
        if self.told.len() < MOST {
            self.told.push(Carriage { row, url: url.to_owned(), end });
        }
    }
}

type Exchanged = (Option<Body>, Option<Vec<(String, String)>>, &'static str);

/// Puts one secret into `request`, of which `body` and `headers` have changed already; `None` where its
/// stand-in is not there. `again`: a redirect repeats it.
fn exchange(
    held: &Held,
    request: &Request<'_>,
    allowed: &[String],
    again: bool,
    body: Option<&Body>,
    headers: Option<&Vec<(String, String)>>,
) -> Result<Option<Exchanged>, Carried> {
    let stand_in = held.stand_in.as_str();
    let body = body.map_or(request.body.as_slice(), |body| body.bytes.as_slice());
    let in_url = is_word(request.url, stand_in);
    let in_header = request.headers.iter().find(|(_, value)| {
        is_word(value, stand_in)
            || disguise::wrapped(value).is_some_and(|(_, said)| is_word(&said, stand_in))
    });
    let put = body::put(request.header("content-type"), body, stand_in, held.secret.expose());
    if !in_url && in_header.is_none() && put == Put::Absent {
        return match disguised(held, request) {
            Some(end) => Err(end),
            None => Ok(None),
        };
    }
    if !request.is_allowed {
        return Err(Carried::Foreign);
    }
    if in_url {
        return Err(Carried::InUrl);
    }
    if held.left && !again {
        return Err(Carried::Twice);
    }
    match (in_header, put) {
        (Some(_), Put::Done(_)) | (_, Put::Twice) => Err(Carried::Twice),
        (_, Put::Unfit(why)) => Err(Carried::Unfit(why)),
        (None, Put::Done(_)) if request.is_partial => {
            Err(Carried::Unfit("a body with a file or a stream".to_owned()))
        }
        (None, Put::Done(body)) => {
            let writing = body.writing;
            Ok(Some((Some(body), None, writing)))
        }
        (None, Put::Absent) => Ok(None),
        (Some((name, _)), Put::Absent) => {
            if !allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name)) {
                return Err(Carried::InHeader((*name).to_owned()));
            }
            let before = headers.cloned().unwrap_or_else(|| {
                request.headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
            });
            sealed_header(held, name, before).map(|headers| Some((None, Some(headers), "header")))
        }
    }
}

/// The headers with the secret in the one that is called `name`.
fn sealed_header(
    held: &Held,
    name: &str,
    mut headers: Vec<(String, String)>,
) -> Result<Vec<(String, String)>, Carried> {
    let secret = held.secret.expose();
    for (other, value) in headers.iter_mut().filter(|(other, _)| other.eq_ignore_ascii_case(name)) {
        *value = match disguise::wrapped(value) {
            Some((before, said)) => {
                let sealed = said.replacen(&held.stand_in, secret, 1);
                format!("{before}{}", BASE64.encode(sealed.as_bytes()))
            }
            // RFC 9110, section 5.5: a field value is visible ASCII and blanks.
            None if secret.bytes().all(|byte| (0x20..0x7f).contains(&byte)) => {
                value.replacen(&held.stand_in, secret, 1)
            }
            None => return Err(Carried::Unfit(format!("the header `{other}`, which is ASCII"))),
        };
    }
    Ok(headers)
}

/// Whether the request carries the stand-in of what has not left yet in another form.
fn disguised(held: &Held, request: &Request<'_>) -> Option<Carried> {
    if held.left {
        return None;
    }
    if let Some((name, _)) = held.disguises.iter().find(|(_, text)| request.says(text)) {
        return Some(match request.is_allowed {
            true => Carried::Disguised((*name).to_owned()),
            false => Carried::Foreign,
        });
    }
    let packing = request.header("content-encoding").to_ascii_lowercase();
    if !packing.is_empty()
        && let Some(body) = disguise::unpacked(&packing, &request.body)
        && body::has(&body, held.stand_in.as_bytes())
    {
        return Some(Carried::Disguised(packing));
    }
    if !request.is_allowed || !matches!(request.method, "POST" | "PUT" | "PATCH") {
        return None;
    }
    if request.is_partial && request.body.is_empty() {
        return Some(Carried::Unfit("a stream, which nothing can look into".to_owned()));
    }
    let values = body::fields(request.header("content-type"), &request.body, &held.names);
    // A page may look at what was typed so far; a part of a stand-in is worth as little as the whole.
    let altered = values.iter().any(|value| !value.is_empty() && !held.stand_in.contains(value));
    altered.then(|| Carried::Altered(held.names.first().cloned().unwrap_or_default()))
}

/// Whether an answer sends the browser elsewhere (a "redirect status" of the Fetch standard, with a `Location`).
fn is_redirect(status: Option<u64>, headers: &Value) -> bool {
    let mut headers = headers.as_array().into_iter().flatten();
    let is_location = |header: &Value| {
        header["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case("location"))
    };
    matches!(status, Some(301 | 302 | 303 | 307 | 308)) && headers.any(is_location)
}

/// Whether `stand_in` is in `text`, and not as a part of a longer word or number.
fn is_word(text: &str, stand_in: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(stand_in).any(|(at, found)| {
        let (before, after) = (&text[..at], &text[at + found.len()..]);
        found.len() >= body::UNMISTAKABLE
            || !(part(before.chars().next_back()) || part(after.chars().next()))
    })
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
