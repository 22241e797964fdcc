//! Every answer but the good one has an error of its own: what was asked, what came back, what to do.
//! The rows say what happens; the texts that come out stand in `answers.txt`.

use doorward::vault::Vault;
use serde_json::{Value, json};

use super::*;
use crate::lab::asked::{assert_texts, told};
use crate::lab::server::{StandIn, empty, html, redirect};

/// A situation and its error.
struct Row {
    name: &'static str,
    settings: Value,
    script: Script,
    /// The account that is asked for; `list` and `health` are what they say.
    ask: &'static str,
    variant: &'static str,
}

/// An account read, `call` being answered by `reply`.
fn read(name: &'static str, call: &'static str, reply: Reply, variant: &'static str) -> Row {
    let script = vec![(call, vec![reply])];
    Row { name, settings: json!({}), script, ask: "WEB/shop", variant }
}

fn radius(name: &'static str, reply: Reply, variant: &'static str) -> Row {
    let way = json!({ "username": "anna", "password-file": "password" });
    let settings = json!({ "auth": { "radius": way } });
    Row { settings, ..read(name, "POST /PasswordVault/API/Auth/RADIUS/Logon", reply, variant) }
}

const LIST: &str = "GET /PasswordVault/API/Accounts?filter=safeName+eq+WEB&limit=1000&offset=0";

fn rows() -> Vec<Row> {
    let not_allowed = || error(403, "PASWS041E", "You are not authorized to perform this action.");
    let not_found = || error(404, "PASWS999E", "The account was not found.");
    let key = json!({ "id": "12_3", "name": "shop", "safeName": "WEB", "secretType": "key" });
    let twins = page(&[account("12_3", "WEB", "shop"), account("12_4", "WEB", "shop")]);
    let spread = page(&[account("12_3", "WEB", "shop"), account("9_4", "OPS", "shop")]);
    let near = page(&[account("12_5", "WEB", "shops"), account("12_6", "WEB", "bank")]);
    let far = |more: Value| Row { settings: more, ..read("", FIND, page(&[]), "") };
    vec![
        // the logon
        read(
            "a wrong password",
            LOGON,
            error(403, "PASWS013E", "Authentication failure for User [broker]."),
            "Unauthenticated",
        ),
        read(
            "a logon that repeats what it was sent",
            LOGON,
            error(403, "ITATS004E", &format!("Authentication failure: {LOGON_PASSWORD}")),
            "Unauthenticated",
        ),
        read(
            "a suspended user",
            LOGON,
            error(403, "PASWS268E", "The user is suspended."),
            "Unauthenticated",
        ),
        read(
            "an expired password",
            LOGON,
            error(409, "PASWS053E", "Your password has expired."),
            "Unauthenticated",
        ),
        read(
            "a refusal as a fault of the server",
            LOGON,
            error(500, "ITATS004E", "Authentication failure for User broker."),
            "Unauthenticated",
        ),
        read(
            "a challenge where none is answered",
            LOGON,
            error(500, "ITATS542I", "Enter your code"),
            "Unanswered",
        ),
        radius(
            "a challenge and no terminal",
            error(500, "ITATS542I", "Enter your code"),
            "Unanswered",
        ),
        read("a page instead of the logon", LOGON, html(404), "Garbled"),
        read("a page of a proxy", LOGON, html(200), "Garbled"),
        read("a logon without a token", LOGON, empty(200), "Garbled"),
        read("a logon with an empty token", LOGON, ok(json!("")), "Garbled"),
        read("a logon with a token that is none", LOGON, ok(json!("MARKED a b")), "Garbled"),
        read("a logon with an object", LOGON, ok(json!({ "token": TOKEN })), "Garbled"),
        read("a logon that breaks", LOGON, error(500, "PASWS011E", "x"), "Refused"),
        read("a logon of a wrong form", LOGON, error(400, "PASWS167E", "Wrong method"), "Refused"),
        read("a logon elsewhere", LOGON, redirect("https://elsewhere.example/x"), "Redirected"),
        Row {
            settings: json!({ "auth": { "cyberark": { "username": "broker", "password-file": "absent" } } }),
            ..read("no password file", LOGON, empty(500), "Unreadable")
        },
        Row {
            settings: json!({ "auth": { "cyberark": { "username": "broker" } } }),
            ..read("no password and no terminal", LOGON, empty(500), "Unanswered")
        },
        Row {
            settings: json!({ "auth": { "bearer": { "token-env": "DOORWARD_TEST_UNSET" } } }),
            ..read("no token in the environment", LOGON, empty(500), "Settings")
        },
        Row {
            settings: json!({ "auth": { "bearer": { "token-file": "password" } } }),
            ..read("a bearer token that has ended", FIND, empty(401), "Unauthenticated")
        },
        // finding
        Row {
            name: "nothing there",
            variant: "NotFound",
            script: vec![(FIND, vec![page(&[])]), (LIST, vec![page(&[])])],
            ..far(json!({}))
        },
        Row {
            name: "nothing there, with a neighbour",
            variant: "NotFound",
            script: vec![(FIND, vec![page(&[])]), (LIST, vec![near])],
            ..far(json!({}))
        },
        Row {
            name: "no such safe",
            variant: "NotFound",
            script: vec![(FIND, vec![not_found()]), (LIST, vec![not_found()])],
            ..far(json!({}))
        },
        read("two of one name", FIND, twins, "Several"),
        Row {
            ask: "shop",
            ..read(
                "one in each of two safes",
                "GET /PasswordVault/API/Accounts?search=shop&limit=1000&offset=0",
                spread,
                "Several",
            )
        },
        read("a safe that may not be listed", FIND, not_allowed(), "Denied"),
        read("a search that breaks", FIND, error(500, "PASWS011E", "Internal"), "Refused"),
        read("a search answered with a page", FIND, html(200), "Garbled"),
        read("a search of another shape", FIND, ok(json!({ "accounts": [PASSWORD] })), "Garbled"),
        Row { ask: "12_3", ..read("an id that is none", SHOP, not_found(), "NotFound") },
        Row { ask: "OPS/12_3", ..read("an id in another safe", SHOP, ok(shop()), "NotFound") },
        Row { ask: "12_3", ..read("an id that may not be seen", SHOP, not_allowed(), "Denied") },
        read("an SSH key", FIND, page(&[key]), "Unsupported"),
        // retrieving
        read("not allowed to retrieve", RETRIEVE, not_allowed(), "Denied"),
        read(
            "dual control",
            RETRIEVE,
            error(
                403,
                "PASWS004E",
                "A request has to be confirmed before this account can be used.",
            ),
            "Denied",
        ),
        read("deleted meanwhile", RETRIEVE, not_found(), "NotFound"),
        read(
            "checked out by somebody else",
            RETRIEVE,
            error(400, "PASWS143E", "Password is locked by another user."),
            "InUse",
        ),
        read(
            "a reason, and nobody to ask",
            RETRIEVE,
            error(400, "PASWS088E", "Missing mandatory parameter - Reason."),
            "Wanted",
        ),
        read(
            "a ticket, and nobody to ask",
            RETRIEVE,
            error(400, "PASWS088E", "Missing mandatory parameter - TicketId."),
            "Wanted",
        ),
        read(
            "a ticketing system, and nobody to ask",
            RETRIEVE,
            error(400, "PASWS088E", "Missing mandatory parameter - TicketingSystem."),
            "Wanted",
        ),
        read("an empty body", RETRIEVE, empty(200), "Garbled"),
        read("no content", RETRIEVE, empty(204), "Garbled"),
        read("a page instead of the password", RETRIEVE, html(200), "Garbled"),
        read(
            "a password that is an object",
            RETRIEVE,
            ok(json!({ "password": PASSWORD })),
            "Garbled",
        ),
        read("a password that is a number", RETRIEVE, ok(json!(90_210)), "Garbled"),
        read("JSON cut short", RETRIEVE, raw(r#""MARKED-pa"#), "Garbled"),
        read(
            "bytes that are no text",
            RETRIEVE,
            Reply::Send(200, vec![], vec![0xff, 0xfe]),
            "Garbled",
        ),
        read("ten megabytes", RETRIEVE, Reply::Flood, "Garbled"),
        read("too busy", RETRIEVE, error(429, "PASWS999E", "Too many requests"), "Busy"),
        read(
            "a session that is lost each time",
            RETRIEVE,
            error(401, "PASWS006E", "Session Timed out"),
            "Unauthenticated",
        ),
        // the links
        read("links without a list", LINKED, ok(json!({ "links": "MARKED" })), "Garbled"),
        read("links that break", LINKED, error(500, "PASWS011E", "x"), "Refused"),
        // lists
        Row { ask: "list", ..read("a list that is forbidden", LIST, not_allowed(), "Refused") },
        Row {
            ask: "health",
            ..read(
                "a health that is a page",
                "GET /PasswordVault/WebServices/PIMServices.svc/Server",
                html(200),
                "Garbled",
            )
        },
    ]
}

fn raw(body: &str) -> Reply {
    Reply::Send(200, vec![("content-type", "application/json".into())], body.as_bytes().to_vec())
}

#[tokio::test]
async fn every_wrong_answer_has_its_own_error() {
    let lab = lab();
    let folder = lab.path().display().to_string();
    let mut texts = String::new();
    for row in rows() {
        let server = StandIn::start(with(well(), row.script)).await;
        let vault = open(&lab, &server.address, row.settings);
        let outcome = match row.ask {
            "list" => vault.list(Some("WEB")).await.map(|list| format!("{list:?}")),
            "health" => vault.health().await,
            account => vault.account(&grant(account)).await.map(|found| format!("{found:?}")),
        };
        let error = match outcome {
            Ok(good) => panic!("{}: taken as good: {good}", row.name),
            Err(error) => error,
        };
        assert_nothing_leaks(&all_of(&error), row.name);
        assert_eq!(variant_of(&error), row.variant, "{}: {error}", row.name);
        vault.close().await.unwrap();
        let began = server.seen().iter().any(|seen| seen.header("authorization").is_some());
        assert!(!began || server.count(LOGOFF) > 0 || row.name.contains("bearer"), "{}", row.name);
        texts.push_str(&told(row.name, &error));
        texts = texts.replace(&server.address, "{at}").replace(&folder, "{lab}");
    }
    assert_texts("cyberark/answers.txt", &texts);
}
