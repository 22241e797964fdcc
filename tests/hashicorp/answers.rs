//! Every answer but the good one has an error of its own: what was asked, what came back, what to do.
//! The rows say what happens; the texts that come out stand in `answers.txt`.

use serde_json::json;

use super::{
    Ask, PASSWORD, SECRET_ID, TOKEN, approle, assert_nothing_leaks, lab, lookup, mount, open, v2,
    well,
};
use crate::lab::asked::{Row, assert_texts, errors_of};
use crate::lab::server::{Reply, empty, errors, html, json_of, ok, redirect};

/// An account read with a token from a version 2 mount, answered by `reply`.
fn read(name: &'static str, reply: Reply, variant: &'static str) -> Row {
    Row {
        name,
        settings: json!({}),
        script: vec![(SHOP, vec![reply])],
        ask: Ask::Account("web/shop"),
        variant,
    }
}

/// A login answered by `reply`.
fn signing_in(name: &'static str, reply: Reply, variant: &'static str) -> Row {
    Row {
        settings: approle(),
        script: vec![("POST /v1/auth/approle/login", vec![reply])],
        ..read(name, empty(200), variant)
    }
}

/// A code asked of the TOTP engine, answered by `reply`.
fn code(name: &'static str, reply: Reply, variant: &'static str) -> Row {
    Row {
        settings: json!({ "engine": "totp" }),
        script: vec![
            ("GET /v1/totp/code/acme", vec![reply]),
            ("LIST /v1/totp/keys", vec![ok(json!({ "data": { "keys": ["acne", "zebra"] } }))]),
        ],
        ask: Ask::Code("codes:acme"),
        ..read(name, empty(200), variant)
    }
}

fn health(name: &'static str, reply: Reply, variant: &'static str) -> Row {
    Row {
        script: vec![("GET /v1/sys/health?standbyok=true&perfstandbyok=true", vec![reply])],
        ask: Ask::Health,
        ..read(name, empty(200), variant)
    }
}

const LOOKUP: &str = "GET /v1/auth/token/lookup-self";
const SHOP: &str = "GET /v1/secret/data/web/shop";

fn rows() -> Vec<Row> {
    let long = "x".repeat(10_000);
    let forbidden = || errors(403, &["1 error occurred:\n\t* permission denied\n\n"]);
    vec![
        // shapes
        read("a page instead of JSON", html(200), "Garbled"),
        read("an empty body", empty(200), "Garbled"),
        read("no content", empty(204), "Garbled"),
        read("JSON cut short", raw(200, r#"{"data":{"data":{"password":"MARKED"#), "Garbled"),
        read("a body that breaks off", Reply::BreakOff, "Garbled"),
        read("ten megabytes", Reply::Flood, "Garbled"),
        read("data that is null", ok(json!({ "data": null })), "Garbled"),
        read("data that is a text", ok(json!({ "data": { "data": PASSWORD } })), "Garbled"),
        read("a list of answers", ok(json!([{ "data": PASSWORD }])), "Garbled"),
        read("a password that is a number", v2(json!({ "password": 90_210 })), "WrongType"),
        read("a password that is a list", v2(json!({ "password": [PASSWORD] })), "WrongType"),
        read("a user name that is an object", v2(json!({ "username": { "a": 1 } })), "WrongType"),
        read("a link that is none", v2(json!({ "logon_account": "MARKED\n:/" })), "WrongType"),
        // absence
        read("nothing there", errors(404, &[]), "NotFound"),
        Row {
            script: vec![
                (SHOP, vec![errors(404, &[])]),
                (
                    "LIST /v1/secret/metadata/web",
                    vec![ok(json!({ "data": { "keys": ["shops", "shop/", "bank"] } }))],
                ),
            ],
            ..read("nothing there, with a neighbour", empty(404), "NotFound")
        },
        read(
            "a deleted version",
            json_of(
                404,
                json!({ "data": { "data": null, "metadata": {
            "deletion_time": "2026-05-04T10:20:30.123456Z", "destroyed": false, "version": 3 } } }),
            ),
            "Gone",
        ),
        read(
            "a destroyed version",
            json_of(
                404,
                json!({ "data": { "data": null, "metadata": {
            "deletion_time": "", "destroyed": true, "version": 4 } } }),
            ),
            "Gone",
        ),
        read("somebody else's 404", html(404), "Garbled"),
        read(
            "no such mount",
            errors(404, &["no handler for route \"secret/data/web/shop\". route entry not found."]),
            "Settings",
        ),
        Row {
            script: vec![(
                "GET /v1/sys/internal/ui/mounts/secret",
                vec![mount("pki", "secret/", None)],
            )],
            ..read("a mount of another engine", empty(200), "Settings")
        },
        Row {
            script: vec![(
                "GET /v1/sys/internal/ui/mounts/secret",
                vec![mount("totp", "secret/", None)],
            )],
            ..read("a TOTP mount read as KV", empty(200), "Settings")
        },
        Row {
            settings: json!({ "mount": "secret/web" }),
            script: vec![(
                "GET /v1/sys/internal/ui/mounts/secret/web",
                vec![mount("kv", "secret/", Some("2"))],
            )],
            ..read("a mount that reaches too deep", empty(200), "Settings")
        },
        // refusals
        read("forbidden by policy", forbidden(), "Denied"),
        Row {
            script: vec![(SHOP, vec![forbidden()]), (LOOKUP, vec![forbidden()])],
            ..read("forbidden by policy, looking up too", empty(200), "Denied")
        },
        Row {
            script: vec![
                (LOOKUP, vec![errors(403, &["permission denied", "invalid token"])]),
                (
                    "GET /v1/sys/internal/ui/mounts/secret",
                    vec![errors(403, &["permission denied", "invalid token"])],
                ),
                (SHOP, vec![errors(403, &["permission denied", "invalid token"])]),
                (
                    "GET /v1/secret/web/shop",
                    vec![errors(403, &["permission denied", "invalid token"])],
                ),
            ],
            ..read("an expired token, newer servers", empty(200), "Unauthenticated")
        },
        Row {
            script: vec![
                (LOOKUP, vec![errors(403, &["permission denied"])]),
                (
                    "GET /v1/sys/internal/ui/mounts/secret",
                    vec![errors(403, &["permission denied"])],
                ),
                (SHOP, vec![errors(403, &["permission denied"])]),
                ("GET /v1/secret/web/shop", vec![errors(403, &["permission denied"])]),
            ],
            ..read("an expired token, older servers", empty(200), "Unauthenticated")
        },
        Row { settings: approle(), ..read("an AppRole without the policy", forbidden(), "Denied") },
        signing_in(
            "a wrong secret id",
            errors(400, &["invalid role or secret ID"]),
            "Unauthenticated",
        ),
        signing_in(
            "a login that repeats what it was sent",
            errors(400, &[&format!("no secret id {SECRET_ID}")]),
            "Unauthenticated",
        ),
        signing_in("a login without a token", ok(json!({ "auth": null })), "Unauthenticated"),
        signing_in(
            "a login that wants a second factor",
            ok(
                json!({ "auth": { "client_token": "", "mfa_requirement": { "mfa_request_id": "1" } } }),
            ),
            "Unauthenticated",
        ),
        signing_in(
            "a login with an empty token",
            ok(json!({ "auth": { "client_token": "" } })),
            "Unauthenticated",
        ),
        signing_in(
            "RustyVault's way to refuse a login",
            ok(json!({ "data": { "error": "MARKED" } })),
            "Unauthenticated",
        ),
        signing_in(
            "no AppRole there",
            errors(404, &["no handler for route \"auth/approle/login\""]),
            "Settings",
        ),
        signing_in("a login answered with a page", html(200), "Garbled"),
        signing_in(
            "a login with a token that is none",
            ok(json!({ "auth": { "client_token": "a b\n" } })),
            "Garbled",
        ),
        signing_in("a login with no content", empty(204), "Garbled"),
        read("another status", errors(400, &["weird\u{7}\n\tthing"]), "Refused"),
        read(
            "an error that repeats the token",
            errors(400, &[&format!("bad token {TOKEN}")]),
            "Refused",
        ),
        read("a long error", errors(400, &[&long]), "Refused"),
        read("RustyVault's error", json_of(400, json!({ "error": "no token" })), "Refused"),
        read("a firewall's 403", html(403), "Garbled"),
        read("a method that is not allowed", errors(405, &["unsupported operation"]), "Refused"),
        read("a server that broke", errors(500, &["internal error"]), "Refused"),
        read("a bad gateway", html(502), "Refused"),
        read("a balancer without nodes", html(503), "Refused"),
        read("too many calls", errors(429, &["request path rate limit quota exceeded"]), "Busy"),
        read(
            "too many calls, for an hour",
            Reply::Send(429, vec![("retry-after", "3600".into())], b"{\"errors\":[]}".to_vec()),
            "Busy",
        ),
        // the state of the server
        read("sealed", errors(503, &["Vault is sealed"]), "Unready"),
        read("a standby", empty(473), "Unready"),
        health(
            "health: sealed",
            json_of(503, json!({ "initialized": true, "sealed": true, "standby": true })),
            "Unready",
        ),
        health(
            "health: not initialised",
            json_of(501, json!({ "initialized": false, "sealed": true, "standby": true })),
            "Unready",
        ),
        health(
            "health: standby",
            json_of(472, json!({ "initialized": true, "sealed": false, "standby": true })),
            "Unready",
        ),
        health("health: a page", html(200), "Garbled"),
        health("health: broken", errors(500, &["no storage"]), "Refused"),
        // time and place
        Row {
            settings: json!({ "timeout": "200ms" }),
            script: vec![(LOOKUP, vec![Reply::Hang])],
            ..read("a slow call", Reply::Hang, "Slow")
        },
        Row {
            settings: json!({ "timeout": "200ms" }),
            script: vec![(LOOKUP, vec![Reply::Stall])],
            ..read("a body that never ends", Reply::Hang, "Slow")
        },
        Row {
            settings: json!({ "deadline": "300ms" }),
            script: vec![(LOOKUP, vec![Reply::Hang])],
            ..read("slow calls", Reply::Hang, "Slow")
        },
        read(
            "a redirect to a stranger",
            redirect("http://127.0.0.1:9/v1/secret/data/web/shop?token=MARKED"),
            "Redirected",
        ),
        read(
            "a redirect to another host",
            redirect("https://user:MARKED@evil.example/"),
            "Redirected",
        ),
        read("a redirect in a circle", redirect("/v1/secret/data/web/shop"), "Redirected"),
        read("a redirect to nowhere", empty(307), "Garbled"),
        read("a redirect to another scheme", redirect("file:///etc/passwd"), "Garbled"),
        Row {
            settings: json!({ "address": "http://127.0.0.1:1" }),
            ..read("nobody listens", empty(200), "Unreachable")
        },
        Row {
            settings: json!({ "auth": { "token-file": "absent" } }),
            ..read("no token file", empty(200), "Unreadable")
        },
        Row {
            settings: json!({ "auth": { "token-file": "blank" } }),
            ..read("an empty token file", empty(200), "Unreadable")
        },
        Row {
            settings: json!({ "auth": { "token-file": "two-lines" } }),
            ..read("a token file of two lines", empty(200), "Unreadable")
        },
        Row {
            settings: json!({ "auth": { "token-env": "DOORWARD_TEST_UNSET" } }),
            ..read("no token in the environment", empty(200), "Settings")
        },
        // codes
        code("an unknown key", errors(400, &["unknown key: acme"]), "NotFound"),
        code("a code that is a number", ok(json!({ "data": { "code": 123_456 } })), "Garbled"),
        code("a code that is none", ok(json!({ "data": { "code": "MARKED" } })), "Garbled"),
        code("no code", ok(json!({ "data": null })), "Garbled"),
        code(
            "an engine that is not there",
            errors(404, &["no handler for route \"totp/code/acme\""]),
            "Settings",
        ),
        Row {
            script: vec![
                ("GET /v1/totp/code/acme", vec![forbidden()]),
                (LOOKUP, vec![lookup(60, 60, false)]),
            ],
            ..code("a code that is forbidden", empty(200), "Denied")
        },
        Row { ask: Ask::Code("acme"), ..read("a code of a KV mount", empty(200), "Unsupported") },
        // lists
        Row {
            script: vec![("LIST /v1/secret/metadata/web", vec![forbidden()])],
            ask: Ask::List(Some("web")),
            ..read("a list that is forbidden", empty(200), "Refused")
        },
        Row {
            ask: Ask::List(Some("../sys")),
            ..read("a safe that climbs", empty(200), "Unsupported")
        },
    ]
}

fn raw(status: u16, body: &str) -> Reply {
    Reply::Send(status, vec![("content-type", "application/json".into())], body.as_bytes().to_vec())
}

#[tokio::test]
async fn every_wrong_answer_has_its_own_error() {
    let lab = lab();
    lab.write("blank", " \n");
    lab.write("two-lines", format!("{TOKEN}\n{TOKEN}\n"));
    let texts = errors_of(rows(), well, &lab, open, assert_nothing_leaks).await;
    assert_texts("hashicorp/answers.txt", &texts);
}
