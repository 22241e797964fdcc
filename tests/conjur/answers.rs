//! Every answer but the good one has an error of its own: what was asked, what came back, what to do.
//! The rows say what happens; the texts that come out stand in `answers.txt`.

use serde_json::json;

use super::{
    ALL, Ask, KEY, LIST, LOGIN, LOGIN_JWT, PASSWORD, SEARCH, THREE, TOKEN, WHOAMI,
    assert_nothing_leaks, batch, by_jwt, error, lab, missing, open, resources, text, well,
};
use crate::lab::asked::{Row, assert_texts, errors_of};
use crate::lab::server::{Reply, empty, html, ok, redirect};

/// All variables read at once, answered by `reply`.
fn read(name: &'static str, reply: Reply, variant: &'static str) -> Row {
    let ask = Ask::Account("web/shop");
    Row { name, settings: json!({}), script: vec![(ALL, vec![reply])], ask, variant }
}

/// A login answered by `reply`.
fn signing_in(name: &'static str, reply: Reply, variant: &'static str) -> Row {
    Row { script: vec![(LOGIN, vec![reply])], ..read(name, empty(200), variant) }
}

fn rows() -> Vec<Row> {
    vec![
        // shapes
        read("a page instead of JSON", html(200), "Garbled"),
        read("an empty body", empty(200), "Garbled"),
        read("a list", ok(json!([PASSWORD])), "Garbled"),
        read("a password that is a number", batch(json!({ "password": 90_210 })), "Garbled"),
        read("no content", empty(204), "Garbled"),
        read("a body that breaks off", Reply::BreakOff, "Garbled"),
        read("a link that is none", batch(json!({ "logon_account": "MARKED:/" })), "WrongType"),
        read("bytes that are no text", error(406, "not_acceptable", "CONJ00x"), "WrongType"),
        // absence
        Row {
            script: vec![
                (ALL, vec![missing()]),
                (SEARCH, vec![resources(&[])]),
                (LIST, vec![resources(&["dw/web/shops/password", "dw/eu/shop/password"])]),
            ],
            ..read("nothing there", empty(200), "NotFound")
        },
        Row {
            script: vec![
                (ALL, vec![missing()]),
                (SEARCH, vec![resources(&["dw/web/shop/notes"])]),
                (LIST, vec![resources(&[])]),
            ],
            ..read("nothing there, and nothing near", empty(200), "NotFound")
        },
        Row {
            script: vec![(ALL, vec![missing()]), (SEARCH, vec![html(200)])],
            ..read("a list that is a page", empty(200), "Garbled")
        },
        read("somebody else's 404", html(404), "Garbled"),
        // refusals
        read(
            "forbidden",
            error(
                403,
                "forbidden",
                "CONJ00122E Role has insufficient privileges over the resource",
            ),
            "Denied",
        ),
        read("a token that is not taken", empty(401), "Unauthenticated"),
        Row {
            script: vec![(ALL, vec![missing()]), (THREE, vec![error(403, "forbidden", "no")])],
            ..read("those that are there are forbidden", empty(200), "Denied")
        },
        // signing in
        signing_in("a wrong key", empty(401), "Unauthenticated"),
        signing_in(
            "a wrong key, with a reason that repeats it",
            error(401, "unauthorized", &format!("CONJ00002E Authentication Error {KEY}")),
            "Unauthenticated",
        ),
        signing_in("a host that may not come from here", empty(403), "Unauthenticated"),
        signing_in("a page instead of a token", html(200), "Garbled"),
        signing_in("no token", empty(200), "Garbled"),
        signing_in("a token that is none", text(200, "MARKED\"\r\nx: y"), "Garbled"),
        signing_in("JSON that is no token", text(200, "[1]"), "Garbled"),
        signing_in("half a token", text(200, &TOKEN[..20]), "Garbled"),
        signing_in("no such account", error(404, "not_found", "Account not found"), "Settings"),
        Row {
            settings: by_jwt(),
            script: vec![(LOGIN_JWT, vec![empty(401)])],
            ..read("a wrong token file", empty(200), "Unauthenticated")
        },
        Row {
            settings: json!({ "auth": { "api-key": { "login": "a", "file": "absent" } } }),
            ..read("no file of the key", empty(200), "Unreadable")
        },
        Row {
            settings: json!({ "auth": { "api-key": { "login": "a", "env": "DOORWARD_TEST_UNSET" } } }),
            ..read("no key in the environment", empty(200), "Settings")
        },
        // state, time and place
        read("broken", error(500, "internal_error", "oh"), "Refused"),
        read("too many calls", empty(429), "Busy"),
        Row { settings: json!({ "timeout": "200ms" }), ..read("a slow call", Reply::Hang, "Slow") },
        Row { settings: json!({ "deadline": "300ms" }), ..read("slow calls", Reply::Hang, "Slow") },
        read("a redirect to a stranger", redirect("https://evil.example/?t=MARKED"), "Redirected"),
        Row {
            settings: json!({ "address": "http://127.0.0.1:1" }),
            ..read("nobody listens", empty(200), "Unreachable")
        },
        // codes, lists and health
        Row { ask: Ask::Code("web/shop"), ..read("a code", empty(200), "NoCodes") },
        Row {
            script: vec![(LIST, vec![error(403, "forbidden", "no")])],
            ask: Ask::List(None),
            ..read("a list that is forbidden", empty(200), "Refused")
        },
        Row {
            script: vec![(WHOAMI, vec![empty(401)])],
            ask: Ask::Health,
            ..read("the health of a stranger", empty(200), "Unauthenticated")
        },
    ]
}

#[tokio::test]
async fn every_wrong_answer_has_its_own_error() {
    let lab = lab();
    let texts = errors_of(rows(), well, &lab, open, assert_nothing_leaks).await;
    assert_texts("conjur/answers.txt", &texts);
}
