//! Roles: each on every page and every route of the API, as the API describes itself.

use std::collections::BTreeSet;

use super::{PASSWORD, add, desk};
use crate::lab::desk::Desk;
use crate::lab::portal::{Portal, Visitor};

/// A session that is nowhere.
const NOWHERE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A page or route, and the status for operator, auditor and admin. What a role may do is asked with something that
/// does not fit, so that nothing changes: 422, 400 and 404 say that it was let as far as that.
type Row = (&'static str, &'static str, &'static str, [u16; 3]);

const PAGES: &[Row] = &[
    ("GET", "/", "", [303, 303, 303]),
    ("GET", "/accounts", "", [200, 200, 200]),
    ("GET", "/connect?account=web/site", "", [200, 404, 200]),
    ("GET", "/codes?account=web/site", "", [403, 403, 200]),
    ("GET", "/codes", "", [404, 404, 404]),
    ("GET", "/sessions", "", [200, 200, 200]),
    ("GET", "/sessions/{session}", "", [404, 404, 404]),
    ("GET", "/sessions/{session}/approval", "", [404, 404, 404]),
    ("GET", "/recordings", "", [200, 200, 200]),
    ("GET", "/recordings/{session}", "", [404, 404, 404]),
    ("GET", "/activity", "", [200, 200, 200]),
    ("GET", "/activity?user=root", "", [200, 200, 200]),
    ("GET", "/users", "", [403, 403, 200]),
    ("GET", "/connectors", "", [403, 403, 200]),
    ("GET", "/connectors?file=x", "", [403, 403, 404]),
    ("GET", "/policy", "", [403, 403, 200]),
    ("GET", "/me", "", [200, 200, 200]),
    ("GET", "/second-factor", "", [200, 200, 200]),
    ("GET", "/sign-in/second", "", [303, 303, 303]),
    ("POST", "/sign-in/second", "", [415, 415, 415]),
    ("GET", "/no-such-page", "", [404, 404, 404]),
];

const ROUTES: &[Row] = &[
    ("GET", "/api/v1/me", "", [200, 200, 200]),
    ("PUT", "/api/v1/me/password", "{}", [422, 422, 422]),
    ("GET", "/api/v1/me/factor", "", [200, 200, 200]),
    ("POST", "/api/v1/me/factor", "", [201, 201, 201]),
    ("DELETE", "/api/v1/me/factor", "{}", [422, 422, 422]),
    ("POST", "/api/v1/me/factor/confirmation", "{}", [422, 422, 422]),
    ("POST", "/api/v1/me/factor/recovery-codes", "{}", [422, 422, 422]),
    ("POST", "/api/v1/me/passkeys", "{}", [422, 422, 422]),
    ("PUT", "/api/v1/me/passkeys", "{}", [422, 422, 422]),
    ("DELETE", "/api/v1/me/passkeys/{id}", "{}", [422, 422, 422]),
    ("POST", "/api/v1/factors", "{}", [422, 422, 422]),
    ("GET", "/api/v1/factors/{subject}", "", [200, 200, 200]),
    ("POST", "/api/v1/factors/{subject}/verify", "{}", [422, 422, 422]),
    ("DELETE", "/api/v1/factors/{subject}", "", [404, 404, 404]),
    ("GET", "/api/v1/accounts", "", [200, 200, 200]),
    ("GET", "/api/v1/accounts/{account}/totp", "", [403, 403, 404]),
    ("POST", "/api/v1/accounts/{account}/totp", r#"{"offer":"x"}"#, [403, 403, 404]),
    ("DELETE", "/api/v1/accounts/{account}/totp", "", [403, 403, 404]),
    ("POST", "/api/v1/accounts/{account}/totp/code", "{}", [403, 403, 404]),
    ("POST", "/api/v1/accounts/{account}/totp/restore", "{}", [403, 403, 404]),
    (
        "POST",
        "/api/v1/accounts/{account}/totp/recovery",
        r#"{"codes":"abcd-efgh"}"#,
        [403, 403, 404],
    ),
    ("DELETE", "/api/v1/accounts/{account}/totp/recovery", "", [403, 403, 404]),
    ("POST", "/api/v1/accounts/{account}/totp/recovery/code", "{}", [403, 403, 404]),
    ("POST", "/api/v1/accounts/{account}/totp/offers", "", [403, 403, 404]),
    ("GET", "/api/v1/accounts/{account}/totp/offers/{offer}", "", [403, 403, 404]),
    ("GET", "/api/v1/sessions", "", [200, 200, 200]),
    ("POST", "/api/v1/sessions", r#"{"account":"web/site","connector":"none"}"#, [403, 403, 403]),
    ("GET", "/api/v1/sessions/{session}", "", [404, 404, 404]),
    ("DELETE", "/api/v1/sessions/{session}", "", [404, 404, 404]),
    ("GET", "/api/v1/sessions/{session}/stream", "", [404, 404, 404]),
    ("POST", "/api/v1/sessions/{session}/approval", r#"{"approve":true}"#, [404, 404, 404]),
    ("PUT", "/api/v1/sessions/{session}/control", r#"{"hold":"paused"}"#, [404, 404, 404]),
    ("POST", "/api/v1/sessions/{session}/messages", r#"{"text":"hello"}"#, [404, 404, 404]),
    ("GET", "/api/v1/sessions/{session}/files/{id}", "", [404, 404, 404]),
    ("POST", "/api/v1/sessions/{session}/files", "", [404, 404, 404]),
    ("GET", "/api/v1/me/recording-key", "", [200, 200, 200]),
    ("PUT", "/api/v1/me/recording-key", "{}", [403, 422, 422]),
    ("DELETE", "/api/v1/me/recording-key", "", [204, 204, 204]),
    ("GET", "/api/v1/recordings", "", [200, 200, 200]),
    ("GET", "/api/v1/recordings/{session}", "", [404, 404, 404]),
    ("POST", "/api/v1/recordings/{session}/verify", "", [404, 404, 404]),
    ("GET", "/api/v1/recordings/{session}/play", "", [404, 404, 404]),
    ("GET", "/api/v1/recordings/{session}/moments", "", [404, 404, 404]),
    ("GET", "/api/v1/activity", "", [200, 200, 200]),
    ("GET", "/api/v1/activity/export", "", [422, 422, 422]),
    ("GET", "/api/v1/activity/verdict", "", [403, 200, 200]),
    ("GET", "/api/v1/users", "", [403, 403, 200]),
    ("POST", "/api/v1/users", "{}", [403, 403, 422]),
    ("PATCH", "/api/v1/users/{name}", r#"{"role":"root"}"#, [403, 403, 422]),
    ("DELETE", "/api/v1/users/{name}", "", [403, 403, 404]),
    ("POST", "/api/v1/users/{name}/factor-reset", "", [403, 403, 404]),
    ("PUT", "/api/v1/users/{name}/factor-reset", "", [403, 403, 404]),
    ("DELETE", "/api/v1/users/{name}/factor-reset", "", [403, 403, 404]),
    ("GET", "/api/v1/tokens", "", [200, 200, 200]),
    ("POST", "/api/v1/tokens", "{}", [422, 422, 422]),
    ("DELETE", "/api/v1/tokens/{id}", "", [404, 404, 404]),
    ("GET", "/api/v1/connectors", "", [403, 403, 200]),
    ("POST", "/api/v1/connectors/try", r#"{"file":"x","account":"a"}"#, [403, 403, 404]),
    ("GET", "/api/v1/policies", "", [403, 403, 200]),
    ("POST", "/api/v1/policies", r#"{"file":"x"}"#, [403, 403, 422]),
    ("PUT", "/api/v1/policies", r#"{"file":"x"}"#, [403, 403, 404]),
    ("DELETE", "/api/v1/policies", r#"{"file":"x"}"#, [403, 403, 404]),
    ("POST", "/api/v1/policies/check", r#"{"file":"x"}"#, [403, 403, 422]),
    ("POST", "/api/v1/policies/explain", "{}", [403, 403, 422]),
];

/// The three of a desk: ann (operator), eve (auditor), root (admin).
fn three(desk: &Desk, portal: &Portal) -> [Visitor; 3] {
    add(&desk.lab, &["eve", "--role", "auditor", "--accounts", "*"]);
    ["ann", "eve", "root"].map(|name| portal.sign_in(name, PASSWORD))
}

#[test]
fn every_role_on_every_page_and_route() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let visitors = three(&desk, &portal);
    let description = portal.read(Some(&visitors[0]), "/api/v1/openapi.json").json();
    let mut described = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            if ["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                described.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    let listed: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|(method, path, ..)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(listed, described, "the table has the routes that the API describes");
    let mut denied = 0;
    for (method, path, body, expected) in PAGES.iter().chain(ROUTES) {
        let path = path.replace("{session}", NOWHERE).replace("{account}", "web%2Fnowhere");
        let path = path.replace("{id}", "x").replace("{offer}", "x").replace("{name}", "nobody");
        for (visitor, expected) in visitors.iter().zip(expected) {
            let answer = portal.act(visitor, method, &path, body);
            assert_eq!(answer.status, *expected, "{method} {path} {}", answer.body);
            denied += usize::from(answer.status == 403 && path != "/api/v1/sessions");
        }
    }
    let rows = desk.record(&[]);
    let kept: Vec<_> = rows.iter().filter(|row| row["Action"] == "Denied").collect();
    assert_eq!(kept.len(), denied, "{kept:#?}");
    assert!(kept.iter().all(|row| row["Details"]["cause"] == "not-permitted"), "{kept:#?}");
    // What a page leads to is what one may do.
    for (visitor, leads) in visitors.iter().zip([false, false, true]) {
        let page = portal.read(Some(visitor), "/accounts").body;
        assert_eq!(page.contains("href=\"/users\""), leads);
    }
    for (visitor, leads) in visitors.iter().zip([false, true, true]) {
        let page = portal.read(Some(visitor), "/accounts").body;
        assert_eq!(page.contains("href=\"/recordings\""), leads);
    }
    for (visitor, others) in visitors.iter().zip([false, true, true]) {
        let seen = portal.read(Some(visitor), "/api/v1/activity?user=root").json();
        let rows = seen["rows"].as_array().unwrap();
        assert_eq!(rows.iter().any(|row| row["user"] == "root"), others, "{seen}");
        let page = portal.read(Some(visitor), "/activity").body;
        assert_eq!(page.contains("Check the chain"), others);
    }
}

#[test]
fn a_session_of_another_is_seen_by_auditors_and_ended_by_administrators() {
    let desk = desk();
    // It fails before there is a browser, and is told of for ten minutes.
    let text = std::fs::read_to_string(desk.lab.path().join("doorward.yaml")).unwrap();
    desk.lab.write(
        "doorward.yaml",
        text.replace("{ sandbox: false }", "{ binary: none, driver: none }"),
    );
    let portal = Portal::start(&desk.lab);
    let [ann, eve, root] = three(&desk, &portal);
    let bob = portal.sign_in("bob", PASSWORD);
    let started = portal.act(&ann, "POST", "/api/v1/sessions", r#"{"account":"web/site"}"#);
    assert_eq!(started.status, 201, "{}", started.body);
    let session = started.json()["session"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/sessions/{session}");
    for (visitor, seen, ended) in
        [(&bob, 404, 404), (&eve, 200, 403), (&root, 200, 204), (&ann, 200, 204)]
    {
        assert_eq!(portal.read(Some(visitor), &path).status, seen);
        let list = portal.read(Some(visitor), "/api/v1/sessions").json();
        assert_eq!(list.as_array().unwrap().len(), usize::from(seen == 200));
        let page = portal.read(Some(visitor), "/sessions").body;
        assert_eq!(page.contains("local:web/site"), seen == 200);
        assert_eq!(portal.act(visitor, "DELETE", &path, "").status, ended);
    }
    let rows = desk.record(&[]);
    let denied: Vec<_> = rows.iter().filter(|row| row["Action"] == "Denied").collect();
    let who: Vec<&str> = denied.iter().map(|row| row["User"].as_str().unwrap()).collect();
    assert_eq!(who, ["bob", "bob", "eve"], "{denied:#?}");
}

#[test]
fn groups_of_users_are_kept_and_on_record() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let root = portal.sign_in("root", PASSWORD);
    let new = format!(
        r#"{{"name":"eve","role":"auditor","groups":["security","night shift"],"password":"{PASSWORD}"}}"#
    );
    let added = portal.act(&root, "POST", "/api/v1/users", &new);
    assert_eq!(
        (added.status, &added.json()["groups"]),
        (201, &serde_json::json!(["security", "night shift"]))
    );
    for (body, status) in [
        (r#"{"groups":["a/b"]}"#, 422),
        (r#"{"groups":"security"}"#, 422),
        (r#"{"groups":[" ops "," ","ops"]}"#, 200),
        (r#"{"role":"operator"}"#, 200),
    ] {
        let changed = portal.act(&root, "PATCH", "/api/v1/users/eve", body);
        assert_eq!(changed.status, status, "{body} {}", changed.body);
    }
    let listed = desk.lab.run(&["user", "list"]).stdout;
    assert!(listed.starts_with("NAME  ROLE      GROUPS  ACCOUNTS\n"), "{listed}");
    assert!(listed.contains("eve   operator  ops"), "{listed}");
    let page = portal.read(Some(&root), "/users").body;
    assert!(
        page.contains("<code>ops</code>") && page.contains("<option>auditor</option>"),
        "{page}"
    );
    let own = portal.sign_in("eve", PASSWORD);
    assert!(portal.read(Some(&own), "/me").body.contains("<code>ops</code>"));
    assert_eq!(portal.read(Some(&own), "/api/v1/me").json()["groups"], serde_json::json!(["ops"]));
    let run = |line: &[&str]| desk.lab.run(&[&["user", "change", "eve"], line].concat());
    assert_eq!(run(&["--group", "x", "--group", "y", "--group", "x"]).code, 0);
    assert!(desk.lab.run(&["user", "list"]).stdout.contains("eve   operator  x, y"));
    assert_eq!(run(&["--no-groups"]).code, 0);
    assert_eq!(run(&["--group", "a/b"]).code, 2);
    let rows = desk.record(&[]);
    let groups: Vec<&str> = rows
        .iter()
        .filter(|row| row["Details"]["changed"] == "eve")
        .map(|row| row["Details"]["groups"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(groups, ["security, night shift", "ops", "ops", "x, y", ""]);
}

/// A file of the version before keeps its users, their passwords, patterns and sign-ins.
#[test]
fn users_of_the_version_before_are_carried_over() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let root = portal.sign_in("root", PASSWORD);
    let before = desk.lab.run(&["user", "list"]).stdout;
    assert_eq!(portal.stop().code, 0);
    let path = desk.lab.path().join("state/portal.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(back_to_version_1(&path));
    let portal = Portal::start(&desk.lab);
    assert_eq!(desk.lab.run(&["user", "list"]).stdout, before);
    assert_eq!(portal.read(Some(&root), "/users").status, 200, "the sign-in holds");
    portal.sign_in("ann", PASSWORD);
    let changed =
        portal.act(&root, "PATCH", "/api/v1/users/bob", r#"{"role":"auditor","groups":["x"]}"#);
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(portal.act(&root, "DELETE", "/api/v1/users/ann", "").status, 204);
    assert_eq!(portal.stop().code, 0);
    // What is of a later version is left alone.
    runtime.block_on(async {
        use sqlx::{Connection, Executor};
        let mut file =
            sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        file.execute("PRAGMA user_version = 99").await.unwrap();
        file.close().await.unwrap();
    });
    let ended = desk.lab.run(&["user", "list"]);
    assert_eq!(ended.code, 7, "{}", ended.stdout);
    assert!(ended.stderr.contains("is not a list of users of this doorward"), "{}", ended.stderr);
}

/// Makes the file one as the version before wrote it, with what is in it.
async fn back_to_version_1(path: &std::path::Path) {
    use sqlx::{Connection, Executor};
    let old = path.with_extension("old");
    std::fs::rename(path, &old).unwrap();
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut file = sqlx::SqliteConnection::connect(&url).await.unwrap();
    file.execute(include_str!("../cases/portal/version-1.sql")).await.unwrap();
    file.execute(sqlx::AssertSqlSafe(format!("ATTACH '{}' AS new", old.display()))).await.unwrap();
    for line in [
        "INSERT INTO user SELECT name, role, password, accounts FROM new.user",
        "INSERT INTO sign_in SELECT token, user, began, seen FROM new.sign_in",
        "INSERT INTO wanted SELECT name FROM new.wanted",
        "PRAGMA user_version = 1",
    ] {
        file.execute(line).await.unwrap();
    }
    file.close().await.unwrap();
    std::fs::remove_file(old).unwrap();
}
