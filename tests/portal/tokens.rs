//! API tokens: what they open, what they never open, how they end, and what of them is on record.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use super::{PASSWORD, add, desk};
use crate::lab::desk::{Desk, ROWS};
use crate::lab::portal::{Answer, Portal, Visitor};
use crate::site::Site;

const NOWHERE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// The routes that need a person: no token opens them.
const FOR_PEOPLE: &[(&str, &str)] = &[
    ("PUT", "/api/v1/me/password"),
    ("GET", "/api/v1/me/factor"),
    ("POST", "/api/v1/me/factor"),
    ("DELETE", "/api/v1/me/factor"),
    ("POST", "/api/v1/me/factor/confirmation"),
    ("POST", "/api/v1/me/factor/recovery-codes"),
    ("POST", "/api/v1/me/passkeys"),
    ("PUT", "/api/v1/me/passkeys"),
    ("DELETE", "/api/v1/me/passkeys/{id}"),
    ("GET", "/api/v1/me/recording-key"),
    ("PUT", "/api/v1/me/recording-key"),
    ("DELETE", "/api/v1/me/recording-key"),
    ("GET", "/api/v1/accounts/{account}/totp"),
    ("POST", "/api/v1/accounts/{account}/totp"),
    ("DELETE", "/api/v1/accounts/{account}/totp"),
    ("POST", "/api/v1/accounts/{account}/totp/code"),
    ("POST", "/api/v1/accounts/{account}/totp/restore"),
    ("POST", "/api/v1/accounts/{account}/totp/recovery"),
    ("DELETE", "/api/v1/accounts/{account}/totp/recovery"),
    ("POST", "/api/v1/accounts/{account}/totp/recovery/code"),
    ("POST", "/api/v1/accounts/{account}/totp/offers"),
    ("GET", "/api/v1/accounts/{account}/totp/offers/{offer}"),
    ("GET", "/api/v1/sessions/{session}/stream"),
    ("POST", "/api/v1/sessions/{session}/approval"),
    ("PUT", "/api/v1/sessions/{session}/control"),
    ("POST", "/api/v1/sessions/{session}/messages"),
    ("GET", "/api/v1/sessions/{session}/files/{id}"),
    ("POST", "/api/v1/sessions/{session}/files"),
    ("GET", "/api/v1/connectors"),
    ("POST", "/api/v1/connectors/try"),
    ("GET", "/api/v1/policies"),
    ("PUT", "/api/v1/policies"),
    ("POST", "/api/v1/policies"),
    ("DELETE", "/api/v1/policies"),
    ("GET", "/api/v1/users"),
    ("POST", "/api/v1/users"),
    ("PATCH", "/api/v1/users/{name}"),
    ("DELETE", "/api/v1/users/{name}"),
    ("POST", "/api/v1/users/{name}/factor-reset"),
    ("PUT", "/api/v1/users/{name}/factor-reset"),
    ("DELETE", "/api/v1/users/{name}/factor-reset"),
    ("GET", "/api/v1/tokens"),
    ("POST", "/api/v1/tokens"),
    ("DELETE", "/api/v1/tokens/{id}"),
];

const SCOPES: [&str; 8] = [
    "sessions:start",
    "sessions:read",
    "sessions:end",
    "activity:read",
    "accounts:read",
    "recordings:read",
    "policy:check",
    "factors",
];

/// Makes a token by the API: the token itself.
fn token(portal: &Portal, visitor: &Visitor, name: &str, scopes: &[&str]) -> String {
    let new = json!({"name": name, "scopes": scopes}).to_string();
    let made = portal.act(visitor, "POST", "/api/v1/tokens", &new);
    assert_eq!(made.status, 201, "{}", made.body);
    made.json()["token"].as_str().unwrap().to_owned()
}

/// A request as a script sends it: no cookie, no origin, no token against forged requests.
fn by(portal: &Portal, token: &str, method: &str, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    portal.ask(method, path, &headers, body)
}

/// Each route that the API describes takes a token with one scope, or is one that needs a person; and what the
/// description says is what holds.
#[test]
fn every_route_has_its_scope_or_needs_a_person() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let root = portal.sign_in("root", PASSWORD);
    let all = token(&portal, &root, "all", &SCOPES);
    let tokens: Vec<(&str, String)> = SCOPES
        .map(|scope| (scope, token(&portal, &root, &scope.replace(':', " "), &[scope])))
        .into();
    let description = by(&portal, &all, "GET", "/api/v1/openapi.json", "").json();
    let schemes = &description["components"]["securitySchemes"];
    assert_eq!(
        (&schemes["token"]["type"], &schemes["token"]["scheme"]),
        (&json!("http"), &json!("bearer"))
    );
    let mut people = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method = method.to_uppercase();
            let takes = operation["security"].as_array().unwrap();
            let needs = takes.iter().find_map(|one| one.get("token"));
            let at = path
                .replace("{session}", NOWHERE)
                .replace("{id}", "x")
                .replace("{name}", "x")
                .replace("{account}", "x")
                .replace("{offer}", "x")
                .replace("{subject}", "x");
            let Some(needs) = needs else {
                assert_eq!(by(&portal, &all, &method, &at, "{}").status, 403, "{method} {path}");
                people.insert((method, path.clone()));
                continue;
            };
            let needs = needs[0].as_str();
            for (scope, token) in &tokens {
                let answer = by(&portal, token, &method, &at, "{}");
                let opens = needs.is_none_or(|needs| needs == *scope);
                assert_eq!(answer.status != 403, opens, "{method} {path} {scope} {}", answer.body);
                if !opens {
                    let challenge = format!(
                        "Bearer realm=\"doorward\", error=\"insufficient_scope\", scope=\"{}\"",
                        needs.unwrap()
                    );
                    assert_eq!(answer.header("www-authenticate"), challenge);
                }
            }
        }
    }
    let listed = FOR_PEOPLE.iter().map(|(method, path)| ((*method).into(), (*path).into()));
    assert_eq!(people, listed.collect::<BTreeSet<(String, String)>>());
    // No page is for tokens, and none is shown as a page.
    for path in ["/", "/accounts", "/users", "/me", "/sign-in"] {
        let answer = by(&portal, &all, "GET", path, "");
        let kind = answer.header("content-type");
        assert_eq!((answer.status, kind), (403, "application/problem+json"), "{path}");
    }
    assert_eq!(by(&portal, &all, "GET", "/api/v1/nothing", "").status, 404);
    assert_eq!(by(&portal, "x", "GET", "/healthz", "").status, 200);
}

#[test]
fn a_wrong_token_is_told_and_on_record_and_has_to_wait() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let ann = portal.sign_in("ann", PASSWORD);
    let live = token(&portal, &ann, "live", &["sessions:read"]);
    let gone = token(&portal, &ann, "gone", &["sessions:read"]);
    let over = token(&portal, &ann, "over", &["sessions:read"]);
    let mine = portal.read(Some(&ann), "/api/v1/tokens").json();
    let id = |name: &str| {
        let found = mine.as_array().unwrap().iter().find(|token| token["name"] == name).unwrap();
        found["id"].to_string()
    };
    // Nobody else's: as if it were not there.
    let bob = portal.sign_in("bob", PASSWORD);
    let path = format!("/api/v1/tokens/{}", id("gone"));
    assert_eq!(portal.act(&bob, "DELETE", &path, "").status, 404);
    assert_eq!(portal.act(&ann, "DELETE", &path, "").status, 204);
    assert_eq!(portal.act(&ann, "DELETE", &path, "").status, 404);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::Connection;
        let file = format!("sqlite:{}", desk.lab.path().join("state/portal.db").display());
        let mut database = sqlx::SqliteConnection::connect(&file).await.unwrap();
        let query = "UPDATE api_token SET expires = created WHERE name = 'over'";
        sqlx::query(query).execute(&mut database).await.unwrap();
    });
    let shorter = &live[..live.len() - 1];
    let other = format!("dwt_{}", "0".repeat(64));
    let cases = [
        (gone.as_str(), "is none, or was removed"),
        (&over, "expired at"),
        (&other, "is none, or was removed"),
        (shorter, "is no API token"),
        ("", "is no API token"),
        ("ghp_0123456789", "is no API token"),
        (&live[4..], "is no API token"),
    ];
    for (wrong, says) in &cases {
        let answer = by(&portal, wrong, "GET", "/api/v1/sessions", "");
        assert_eq!(answer.status, 401, "{}", answer.body);
        let challenge = "Bearer realm=\"doorward\", error=\"invalid_token\"";
        assert_eq!(answer.header("www-authenticate"), challenge);
        assert!(answer.json()["detail"].as_str().unwrap().contains(says), "{}", answer.body);
    }
    // A cookie beside a wrong token does not help, nor is a token one in a cookie.
    let bearer = format!("Bearer {gone}");
    let both = [("authorization", bearer.as_str()), ("cookie", ann.cookie.as_str())];
    assert_eq!(portal.ask("GET", "/api/v1/sessions", &both, "").status, 401);
    let cookie = format!("doorward={}", &live[4..]);
    assert_eq!(portal.ask("GET", "/api/v1/sessions", &[("cookie", &cookie)], "").status, 401);
    let without = portal.read(None, "/api/v1/sessions");
    assert_eq!(without.header("www-authenticate"), "Bearer realm=\"doorward\"");
    // The scheme ignores case; another scheme is for a proxy.
    for scheme in ["bearer", "BEARER "] {
        let bearer = format!("{scheme} {live}");
        let answer = portal.ask("GET", "/api/v1/sessions", &[("authorization", &bearer)], "");
        assert_eq!(answer.status, 200, "{scheme}");
    }
    let basic = [("authorization", "Basic eDp5"), ("cookie", ann.cookie.as_str())];
    assert_eq!(portal.ask("GET", "/api/v1/sessions", &basic, "").status, 200);
    let waits: Vec<_> =
        (0..30).map(|_| by(&portal, &other, "GET", "/api/v1/sessions", "")).collect();
    let last = waits.last().unwrap();
    assert_eq!(last.status, 429);
    assert!(last.header("retry-after").parse::<u64>().unwrap() >= 1);
    // Those that are right do not wait for those that are wrong.
    assert_eq!(by(&portal, &live, "GET", "/api/v1/sessions", "").status, 200);
    let rows = desk.record(&[]);
    let denied = |fact: &str, value: &str| {
        rows.iter().any(|row| row["Action"] == "Denied" && row["Details"][fact] == value)
    };
    assert!(denied("cause", "invalid-token") && denied("token", "over") && denied("of", "ann"));
    assert!(denied("cause", "token of another person"));
    let text = serde_json::to_string(&rows).unwrap();
    for token in [&live, &gone, &over, &other] {
        assert!(!text.contains(&token[4..]));
    }
    // Whoever is removed takes their tokens along.
    assert_eq!(desk.lab.run(&["user", "remove", "ann"]).code, 0);
    assert_eq!(by(&portal, &live, "GET", "/api/v1/sessions", "").status, 429);
    assert_eq!(desk.lab.run(&["token", "list"]).stdout.lines().count(), 1);
}

#[test]
fn a_token_may_what_its_person_may_and_no_more() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let [root, ann, bob] = ["root", "ann", "bob"].map(|name| portal.sign_in(name, PASSWORD));
    for (body, status) in [
        (json!({"name": "x", "scopes": []}), 422),
        (json!({"name": "x", "scopes": ["everything"]}), 422),
        (json!({"name": "", "scopes": ["sessions:read"]}), 422),
        (json!({"name": "a/b", "scopes": ["sessions:read"]}), 422),
        (json!({"name": format!("dwt_{}", "0".repeat(64)), "scopes": ["sessions:read"]}), 422),
        (json!({"name": "x", "scopes": ["sessions:read"], "days": 0}), 422),
        (json!({"name": "x", "scopes": ["sessions:read"], "days": 367}), 422),
        (json!({"name": "x", "scopes": ["sessions:read"], "days": 366}), 201),
        (json!({"name": "x", "scopes": ["sessions:read"]}), 409),
    ] {
        let answer = portal.act(&ann, "POST", "/api/v1/tokens", &body.to_string());
        assert_eq!(answer.status, status, "{body} {}", answer.body);
        assert!(status == 201 || !answer.json()["help"].as_str().unwrap().is_empty(), "{body}");
    }
    let [root, ann, bob] =
        [&root, &ann, &bob].map(|visitor| token(&portal, visitor, "all", &SCOPES));
    let start = r#"{"account":"web/site","connector":"none"}"#;
    let accounts = |token: &str| by(&portal, token, "GET", "/api/v1/accounts", "").json();
    assert_eq!(accounts(&ann)["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(accounts(&bob)["accounts"], json!([]));
    for token in [&ann, &bob] {
        assert_eq!(by(&portal, token, "POST", "/api/v1/sessions", start).status, 403);
        assert_eq!(by(&portal, token, "GET", "/api/v1/activity/verdict", "").status, 403);
        assert_eq!(by(&portal, token, "POST", "/api/v1/policies/explain", "{}").status, 403);
        let rows = by(&portal, token, "GET", "/api/v1/activity?user=root", "").json();
        assert!(rows["rows"].as_array().unwrap().iter().all(|row| row["user"] != "root"));
    }
    assert_eq!(by(&portal, &root, "GET", "/api/v1/activity/verdict", "").status, 200);
    let me = by(&portal, &ann, "GET", "/api/v1/me", "").json();
    assert_eq!((&me["name"], &me["csrf"]), (&json!("ann"), &json!("")));
    assert_eq!(me["token"]["used_from"], "127.0.0.1");
    // A policy is checked and a decision explained as the command line does it.
    let text = "@id(\"a\")\npermit (principal, action == Action::\"conect\", resource);\n";
    let asked = json!({"text": text}).to_string();
    assert_eq!(by(&portal, &ann, "POST", "/api/v1/policies/check", &asked).status, 403);
    let checked = by(&portal, &root, "POST", "/api/v1/policies/check", &asked).json();
    desk.lab.write("policies.cedar", text);
    let line = desk.lab.run(&["policy", "check", "policies.cedar", "--format", "json"]).stdout;
    assert_eq!(checked["problems"], serde_json::from_str::<Value>(&line).unwrap());
    assert_eq!((&checked["broken"], &checked["policies"]), (&json!(true), &json!(1)));
    let explain =
        |asked: Value| by(&portal, &root, "POST", "/api/v1/policies/explain", &asked.to_string());
    let told = explain(json!({"user": "ann", "account": "web/site"})).json();
    assert_eq!((&told["permitted"], &told["verdict"]), (&json!(true), &json!("permitted")));
    let told = explain(json!({"user": "bob", "account": "web/site"})).json();
    assert_eq!((&told["permitted"], &told["verdict"]), (&json!(false), &json!("not-permitted")));
    for wrong in [
        json!({"user": "ann"}),
        json!({"user": "ann", "account": ":"}),
        json!({"user": "ann", "action": "fly"}),
        json!({"user": "ann", "action": "end-session", "account": "web/site"}),
        json!({"user": "ann", "account": "web/site", "at": "yesterday"}),
    ] {
        assert_eq!(explain(wrong.clone()).status, 422, "{wrong}");
    }
    let rows = desk.record(&[]);
    let kept = |action: &str| rows.iter().filter(|row| row["Action"] == action).collect::<Vec<_>>();
    assert!(kept("Denied").iter().all(|row| row["Details"]["token"] == "all"), "{rows:#?}");
    assert!(kept("ConnectRefused").iter().all(|row| row["Details"]["token"] == "all"));
    assert_eq!((kept("TokenAdded").len(), kept("ConnectRefused").len()), (4, 2));
}

#[test]
fn the_command_line_keeps_tokens() {
    let desk = desk();
    add(&desk.lab, &["eve", "--role", "auditor"]);
    let run = |line: &[&str]| desk.lab.run(&[&["token"], line].concat());
    let marked = format!("dwt_{}", "9a".repeat(32));
    for (line, code, says) in [
        (&["add", "eve", "report"][..], 2, "--scope <SCOPE>"),
        (&["add", "eve", "report", "--scope", "all"], 2, "a scope is one of sessions:start"),
        (&["add", "eve", "report", "--scope", "activity:read", "--days", "400"], 2, "1..=366"),
        (&["add", "eve", &marked, "--scope", "activity:read"], 2, "never the token itself"),
        (&["add", "nobody", "report", "--scope", "activity:read"], 2, "there is no user nobody"),
        (&["remove", "eve", "report"], 2, "eve has no API token `report`"),
    ] {
        let ended = run(line);
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{}", ended.stderr);
        assert!(ended.stderr.contains(says) && !ended.stderr.contains(&marked), "{}", ended.stderr);
    }
    let made = run(&["add", "EVE", "report", "--scope", "activity:read"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let token = made.stdout.trim().to_owned();
    assert!(token.len() == 68 && token.starts_with("dwt_"), "{token}");
    assert_eq!(run(&["add", "eve", "report", "--scope", "activity:read"]).code, 2);
    let portal = Portal::start(&desk.lab);
    let rows = by(&portal, &token, "GET", "/api/v1/activity?user=root", "");
    assert_eq!(rows.status, 200, "{}", rows.body);
    let listed = run(&["list", "eve"]).stdout;
    assert!(listed.contains("eve   report") && listed.contains(" 127.0.0.1"), "{listed}");
    assert!(!listed.contains(&token[4..]));
    assert_eq!(run(&["remove", "eve", "report"]).code, 0);
    assert_eq!(by(&portal, &token, "GET", "/api/v1/activity", "").status, 401);
    let rows = desk.record(&[]);
    for action in ["TokenAdded", "TokenRemoved"] {
        let row = rows.iter().find(|row| row["Action"] == action).unwrap();
        assert_eq!(
            (&row["Details"]["of"], &row["Details"]["token"]),
            (&json!("eve"), &json!("report"))
        );
    }
}

/// The script of the examples, in a real browser; and each row of its session names the token.
#[test]
fn the_example_starts_lists_and_ends_a_session() {
    let site = Site::start();
    let desk = Desk::at(site.origin().strip_prefix("http://").unwrap());
    desk.connector("site", "http://<address>/plain", "", ROWS);
    add(&desk.lab, &["ann", "--accounts", "web/*"]);
    let scopes =
        ["--scope", "sessions:start", "--scope", "sessions:read", "--scope", "sessions:end"];
    let made = desk.lab.run(&[&["token", "add", "ann", "ci"][..], &scopes].concat());
    desk.lab.write("token", &made.stdout);
    let portal = Portal::start(&desk.lab);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/portal/session.sh");
    let run = |account: &str| {
        let mut command = Command::new(script);
        let arguments = [portal.url.as_str(), "token", account, "nightly check"];
        let output = command.args(arguments).current_dir(desk.lab.path()).output().unwrap();
        crate::lab::Ended::from(output)
    };
    let ended = run("web/site");
    assert_eq!(ended.code, 0, "{} {}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("it is live") && ended.stdout.contains("ended "),
        "{}",
        ended.stdout
    );
    let refused = run("other/site");
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("ann may not use"), "{}", refused.stderr);
    let rows = desk.record(&[]);
    let rows: Vec<_> =
        rows.iter().filter(|row| !row["SessionId"].is_null() && row["SessionId"] != "").collect();
    let actions: BTreeSet<&str> = rows.iter().map(|row| row["Action"].as_str().unwrap()).collect();
    for action in ["Connect", "UsePassword", "Disconnect", "ConnectRefused"] {
        assert!(actions.contains(action), "{actions:?}");
    }
    assert!(rows.iter().all(|row| row["Details"]["token"] == "ci"), "{rows:#?}");
    portal.stop();
    desk.assert_clean();
}
