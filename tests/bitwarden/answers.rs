//! Every answer but the good one has an error of its own: what was asked, what came back, what to do.
//! The rows say what happens; the texts that come out stand in `answers.txt`.

use serde_json::json;

use super::{
    Ask, CODES, ITEM, MASTER, PASSWORD, SEARCH, SHOP, TOTP, assert_nothing_leaks, data, lab, list,
    now, open, refused, shop, shop_with, status, string, well, with,
};
use crate::lab::asked::{Row, assert_texts, errors_of};
use crate::lab::server::{Reply, Script, empty, html, json_of, ok, redirect};

/// An item read by its id, answered by `reply`.
fn read(name: &'static str, reply: Reply, variant: &'static str) -> Row {
    Row {
        name,
        settings: json!({}),
        script: vec![(ITEM, vec![reply])],
        ask: Ask::Account(SHOP),
        variant,
    }
}

/// A code asked for, answered by `reply`.
fn code(name: &'static str, reply: Reply, variant: &'static str) -> Row {
    Row {
        script: vec![(TOTP, vec![reply])],
        ask: Ask::Code(SHOP),
        ..read(name, empty(200), variant)
    }
}

/// The start of a visit, answered by `script`.
fn begun(name: &'static str, script: Script, variant: &'static str) -> Row {
    Row { script, ..read(name, empty(200), variant) }
}

const BROKEN: &str = "Internal Server Error";
const LONG_AGO: &str = "2026-01-01T00:00:00.000Z";

fn text(status: u16, text: &str) -> Reply {
    let media = vec![("content-type", "text/plain; charset=utf-8".to_owned())];
    Reply::Send(status, media, text.as_bytes().to_vec())
}

fn rows() -> Vec<Row> {
    let twins = || {
        list(json!([
            shop(),
            shop_with(json!({ "id": CODES })),
            shop_with(json!({ "name": "shop 2" })),
        ]))
    };
    let locked = || vec![("GET /status", vec![status("locked", &now())])];
    let failing = |last: &str| {
        vec![
            ("GET /status", vec![status("unlocked", last)]),
            ("POST /sync", vec![refused("Syncing failed: TypeError: fetch failed")]),
        ]
    };
    vec![
        // shapes
        read("a page instead of JSON", html(200), "Garbled"),
        read("an empty body", empty(200), "Garbled"),
        read("no data", ok(json!({ "success": true })), "Garbled"),
        read("data of another shape", data(json!([PASSWORD])), "Garbled"),
        read(
            "a password that is a number",
            data(shop_with(json!({ "login": { "password": 90_210 } }))),
            "Garbled",
        ),
        read(
            "another item than was asked for",
            data(shop_with(json!({ "id": CODES }))),
            "NotFound",
        ),
        read(
            "a link that is none",
            data(shop_with(
                json!({ "fields": [{ "name": "logon_account", "value": "MARKED:/", "type": 1 }] }),
            )),
            "WrongType",
        ),
        // absence
        read("nothing of that id", refused("Not found."), "NotFound"),
        read("in the trash", data(shop_with(json!({ "deletedDate": LONG_AGO }))), "Gone"),
        Row { ask: Ask::Account("shops"), ..read("nothing of that name", empty(200), "NotFound") },
        Row { ask: Ask::Account("web/shop"), ..read("no such folder", empty(200), "NotFound") },
        Row {
            script: vec![(SEARCH, vec![list(json!([shop_with(json!({ "name": "Shop" }))]))])],
            ask: Ask::Account("web/eu/shop"),
            ..read("a name spelt otherwise", empty(200), "NotFound")
        },
        Row {
            script: vec![("GET /list/object/items?search=shop", vec![twins()])],
            ask: Ask::Account("shop"),
            ..read("two of one name", empty(200), "Several")
        },
        // the state of the vault
        begun("locked", locked(), "Unready"),
        begun("locked meanwhile", vec![(ITEM, vec![refused("Vault is locked.")])], "Unready"),
        Row {
            settings: json!({ "password-file": "master" }),
            ..begun(
                "a wrong master password",
                with(
                    locked(),
                    vec![(
                        "POST /unlock",
                        vec![refused(&format!(
                            "Cryptography error, The decryption operation failed {MASTER}"
                        ))],
                    )],
                ),
                "Unauthenticated",
            )
        },
        Row {
            settings: json!({ "password-file": "absent" }),
            ..begun("no file of the master password", locked(), "Unreadable")
        },
        begun("logged out", vec![("GET /status", vec![status("unauthenticated", "")])], "Unready"),
        begun(
            "logged out by the synchronisation",
            vec![
                ("GET /status", vec![status("unlocked", &now()), status("unauthenticated", "")]),
                ("POST /sync", vec![refused("You are not logged in.")]),
            ],
            "Unready",
        ),
        begun(
            "logged out meanwhile",
            vec![
                ("GET /status", vec![status("unlocked", &now()), status("unauthenticated", "")]),
                (ITEM, vec![text(500, BROKEN)]),
            ],
            "Unready",
        ),
        read("broken", text(500, BROKEN), "Refused"),
        begun("a state that nobody knows", vec![("GET /status", vec![status("x", "")])], "Garbled"),
        begun("a copy that is too old", failing(LONG_AGO), "Stale"),
        begun("a copy of unknown age", failing(""), "Stale"),
        Row {
            settings: json!({ "max-age": "1s" }),
            ..begun("a copy older than it may be", failing(LONG_AGO), "Stale")
        },
        read("somebody else's 403", text(403, "Forbidden"), "Garbled"),
        // codes
        code("an item without codes", refused("Not found."), "Unsupported"),
        code(
            "codes that cost",
            refused("Premium status is required to use this feature."),
            "Denied",
        ),
        code("a code of Steam", string("2K3YB"), "Unsupported"),
        code("a code that is none", string("MARKED"), "Garbled"),
        code(
            "a code that is a number",
            data(json!({ "object": "string", "data": 204_318 })),
            "Garbled",
        ),
        Row {
            script: vec![(
                ITEM,
                vec![data(shop_with(json!({ "login": { "password": PASSWORD } })))],
            )],
            ..code("an item without a seed", empty(200), "Unsupported")
        },
        // time and place
        Row { settings: json!({ "timeout": "200ms" }), ..read("a slow call", Reply::Hang, "Slow") },
        Row { settings: json!({ "deadline": "300ms" }), ..read("slow calls", Reply::Hang, "Slow") },
        Row {
            settings: json!({ "address": "http://127.0.0.1:1" }),
            ..read("nobody listens", empty(200), "Unreachable")
        },
        read("a redirect", redirect("http://127.0.0.1:9/?x=MARKED"), "Redirected"),
        read("too many calls", json_of(429, json!({})), "Busy"),
        // lists and health
        Row {
            script: vec![("GET /list/object/items", vec![html(200)])],
            ask: Ask::List(None),
            ..read("a list that is a page", empty(200), "Garbled")
        },
        Row { ask: Ask::Health, ..begun("the health of a locked one", locked(), "Unready") },
    ]
}

#[tokio::test]
async fn every_wrong_answer_has_its_own_error() {
    let lab = lab();
    let texts = errors_of(rows(), well, &lab, open, assert_nothing_leaks).await;
    let texts: Vec<String> = texts.split("\n\n").map(without_age).collect();
    assert_texts("bitwarden/answers.txt", &texts.join("\n\n"));
}

/// A text without the age that it tells, which grows.
fn without_age(text: &str) -> String {
    match (text.find("synchronised "), text.find(" ago")) {
        (Some(from), Some(to)) if !text.contains("unknown time") => {
            format!("{}synchronised {{age}}{}", &text[..from], &text[to..])
        }
        _ => text.to_owned(),
    }
}
