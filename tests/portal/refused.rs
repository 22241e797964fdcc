//! What the portal refuses: a table of wrong requests, each with its answer, and on record where it is denied.

use super::{PASSWORD, desk};
use crate::lab::portal::Portal;

/// Every route for those who have signed in: method, path, a body that would do.
const ROUTES: &[(&str, &str, &str)] = &[
    ("GET", "/", ""),
    ("GET", "/accounts", ""),
    ("GET", "/connect?account=web/site", ""),
    ("GET", "/sessions", ""),
    ("GET", "/sessions/01890a5d-ac96-774b-bcce-b302099a8057", ""),
    ("GET", "/activity", ""),
    ("GET", "/users", ""),
    ("GET", "/me", ""),
    ("POST", "/sign-out", "csrf=x"),
    ("GET", "/no-such-page", ""),
    ("GET", "/api/v1/me", ""),
    ("PUT", "/api/v1/me/password", r#"{"current":"a","password":"b"}"#),
    ("GET", "/api/v1/accounts", ""),
    ("GET", "/api/v1/sessions", ""),
    ("POST", "/api/v1/sessions", r#"{"account":"web/site"}"#),
    ("GET", "/api/v1/sessions/01890a5d-ac96-774b-bcce-b302099a8057", ""),
    ("DELETE", "/api/v1/sessions/01890a5d-ac96-774b-bcce-b302099a8057", ""),
    ("GET", "/api/v1/sessions/01890a5d-ac96-774b-bcce-b302099a8057/stream", ""),
    ("POST", "/api/v1/sessions/01890a5d-ac96-774b-bcce-b302099a8057/files", ""),
    ("GET", "/api/v1/sessions/01890a5d-ac96-774b-bcce-b302099a8057/files/x", ""),
    ("GET", "/api/v1/activity", ""),
    ("GET", "/api/v1/activity/export", ""),
    ("GET", "/api/v1/activity/verdict", ""),
    ("GET", "/api/v1/users", ""),
    ("POST", "/api/v1/users", r#"{"name":"x","password":"y"}"#),
    ("PATCH", "/api/v1/users/ann", "{}"),
    ("DELETE", "/api/v1/users/ann", ""),
    ("GET", "/api/v1/tokens", ""),
    ("POST", "/api/v1/tokens", r#"{"name":"x","scopes":["sessions:read"]}"#),
    ("DELETE", "/api/v1/tokens/1", ""),
    ("GET", "/api/v1/policies", ""),
    ("POST", "/api/v1/policies", r#"{"file":"x.cedar","text":""}"#),
    ("PUT", "/api/v1/policies", r#"{"file":"x.cedar","text":""}"#),
    ("DELETE", "/api/v1/policies", r#"{"file":"x.cedar"}"#),
    ("POST", "/api/v1/policies/check", r#"{"text":""}"#),
    ("POST", "/api/v1/policies/explain", r#"{"user":"ann","account":"web/site"}"#),
    ("GET", "/api/v1/openapi.json", ""),
    ("GET", "/api/v1/no-such-thing", ""),
];

/// Method, path, headers, and the status of the answer.
type Case<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>, u16);

const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

#[test]
fn nothing_is_there_without_a_sign_in() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let json = [("origin", portal.url.as_str()), ("content-type", "application/json")];
    for (method, path, body) in ROUTES {
        let answer = portal.ask(method, path, &json, body);
        let is_page = !path.starts_with("/api/") && *method == "GET";
        assert_eq!(answer.status, if is_page { 303 } else { 401 }, "{method} {path}");
        if is_page {
            assert!(answer.header("location").starts_with("/sign-in"), "{path}");
        } else if path.starts_with("/api/") {
            assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
            assert!(answer.json()["help"].as_str().is_some_and(|help| !help.is_empty()), "{path}");
        }
        for (name, value) in [
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("strict-transport-security", ""),
        ] {
            assert_eq!(answer.header(name), value, "{method} {path} {name}");
        }
        assert!(!answer.header("permissions-policy").is_empty(), "{path}");
    }
    assert_eq!(portal.read(None, "/healthz").status, 200);
}

#[test]
fn foreign_pages_and_forged_requests_are_denied_and_on_record() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let root = portal.sign_in("root", PASSWORD);
    let own = portal.url.clone();
    let socket = ("upgrade", "websocket");
    let cookie = ("cookie", root.cookie.as_str());
    let token = ("x-csrf-token", root.csrf.as_str());
    let other = portal.sign_in("ann", PASSWORD);
    let json = ("content-type", "application/json");
    let cases: Vec<Case<'_>> = vec![
        // Without any origin, with another one, with one that only begins alike.
        ("POST", "/api/v1/sessions", vec![cookie, token, json], 403),
        (
            "POST",
            "/api/v1/sessions",
            vec![cookie, token, json, ("origin", "http://evil.example")],
            403,
        ),
        ("POST", "/api/v1/sessions", vec![cookie, token, json, ("origin", "null")], 403),
        (
            "POST",
            "/api/v1/sessions",
            vec![cookie, token, json, ("sec-fetch-site", "cross-site")],
            403,
        ),
        (
            "POST",
            "/api/v1/sessions",
            vec![cookie, token, json, ("sec-fetch-site", "same-site")],
            403,
        ),
        (
            "POST",
            "/api/v1/sessions",
            vec![
                cookie,
                token,
                json,
                ("origin", "http://evil.example"),
                ("sec-fetch-site", "same-origin"),
            ],
            403,
        ),
        ("POST", "/sign-in", vec![("origin", "http://evil.example")], 403),
        ("POST", "/set-up", vec![("origin", "http://evil.example")], 403),
        ("POST", "/sign-out", vec![cookie, ("origin", "http://evil.example")], 403),
        // A socket from elsewhere, or that does not say from where.
        ("GET", "/api/v1/sessions/x/stream", vec![cookie, socket], 403),
        (
            "GET",
            "/api/v1/sessions/x/stream",
            vec![cookie, socket, ("sec-fetch-site", "same-origin")],
            403,
        ),
        (
            "GET",
            "/api/v1/sessions/x/stream",
            vec![cookie, socket, ("origin", "http://evil.example")],
            403,
        ),
        // Without the token of the sign-in, or with another's.
        ("DELETE", "/api/v1/users/ann", vec![cookie, ("origin", &own)], 403),
        ("DELETE", "/api/v1/users/ann", vec![cookie, ("origin", &own), ("x-csrf-token", "")], 403),
        (
            "DELETE",
            "/api/v1/users/ann",
            vec![cookie, ("origin", &own), ("x-csrf-token", &other.csrf)],
            403,
        ),
        // Under a name that somebody else has given to this address.
        ("GET", "/accounts", vec![cookie, ("host", "evil.example")], 421),
        ("GET", "/sign-in", vec![("host", "evil.example")], 421),
    ];
    let count = cases.len();
    for (method, path, headers, status) in cases {
        let body = if method == "POST" { r#"{"account":"web/site"}"# } else { "" };
        let answer = portal.ask(method, path, &headers, body);
        assert_eq!(answer.status, status, "{method} {path} {headers:?} {}", answer.body);
    }
    let rows = desk.record(&[]);
    let denied: Vec<_> = rows.iter().filter(|row| row["Action"] == "Denied").collect();
    assert_eq!(denied.len(), count, "{denied:#?}");
    for cause in ["origin", "csrf", "host"] {
        assert!(denied.iter().any(|row| row["Details"]["cause"] == cause), "{cause}");
    }
    assert!(desk.lab.run(&["user", "list"]).stdout.contains("ann"));
}

#[test]
fn roles_and_patterns_hold() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let (ann, bob) = (portal.sign_in("ann", PASSWORD), portal.sign_in("bob", PASSWORD));
    for path in ["/users", "/api/v1/users", "/api/v1/activity/verdict"] {
        assert_eq!(portal.read(Some(&ann), path).status, 403, "{path}");
    }
    let new =
        format!(r#"{{"name":"eve","role":"admin","accounts":["*"],"password":"{PASSWORD}"}}"#);
    for (method, path, body) in [
        ("POST", "/api/v1/users", new.as_str()),
        ("PATCH", "/api/v1/users/ann", r#"{"role":"admin"}"#),
        ("DELETE", "/api/v1/users/bob", ""),
    ] {
        assert_eq!(portal.act(&ann, method, path, body).status, 403, "{method} {path}");
    }
    let names = |visitor| {
        let found = portal.read(Some(visitor), "/api/v1/accounts").json();
        let list = found["accounts"].as_array().unwrap().iter();
        list.map(|account| account["account"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // The account with the seed is there for the other one, and not to be signed in with.
    assert_eq!(names(&ann), ["local:web/site"]);
    assert_eq!(names(&bob), [""; 0]);
    assert!(portal.read(Some(&bob), "/accounts").body.contains("You may not use any account yet"));
    assert_eq!(portal.read(Some(&bob), "/connect?account=web/site").status, 404);
    for (visitor, body, status) in [
        (&bob, r#"{"account":"web/site"}"#, 403),
        (&ann, r#"{"account":"local:other/site"}"#, 403),
        (&ann, r#"{"account":"corp:web/site"}"#, 403),
        (&ann, r#"{"account":"web/site","connector":"none"}"#, 403),
        (&ann, r#"{"account":"web/site","connector":"../site"}"#, 403),
        (&ann, r#"{"account":"web/../site"}"#, 422),
        (&ann, r#"{"account":""}"#, 422),
        (&ann, r#"{"account":"web/site","reason":"a\nb"}"#, 422),
        (&ann, r#"{"account":"web/site","params":{"tenant":"x"}}"#, 422),
        (&ann, r#"{"account":"web/site","password":"x"}"#, 422),
        (&ann, r#"{"account":7}"#, 422),
        (&ann, "{}", 422),
        (&ann, "[", 400),
        (&ann, "", 400),
    ] {
        let answer = portal.act(visitor, "POST", "/api/v1/sessions", body);
        assert_eq!(answer.status, status, "{body} {}", answer.body);
        assert!(!answer.json()["help"].as_str().unwrap_or_default().is_empty(), "{body}");
    }
    let refused = desk.record(&[]);
    let refused: Vec<_> = refused.iter().filter(|row| row["Action"] == "ConnectRefused").collect();
    let causes = |cause| refused.iter().filter(|row| row["Details"]["cause"] == cause).count();
    assert_eq!((causes("not-permitted"), causes("not-offered")), (3, 2), "{refused:#?}");
    // What is of others is not theirs to see.
    let seen = portal.read(Some(&bob), "/api/v1/activity?user=ann").json();
    assert!(seen["rows"].as_array().unwrap().iter().all(|row| row["user"] == "bob"), "{seen}");
    assert!(!seen["rows"].as_array().unwrap().is_empty());
}

#[test]
fn requests_that_hold_too_much_or_lead_elsewhere_are_refused() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let root = portal.sign_in("root", PASSWORD);
    let large = format!(r#"{{"account":"{}"}}"#, "x".repeat(70_000));
    assert_eq!(portal.act(&root, "POST", "/api/v1/sessions", &large).status, 413);
    let headers = [
        ("origin", portal.url.as_str()),
        ("x-csrf-token", root.csrf.as_str()),
        ("cookie", root.cookie.as_str()),
        ("content-type", "text/plain"),
    ];
    assert_eq!(portal.ask("POST", "/api/v1/sessions", &headers, "{}").status, 415);
    let page = portal.read(Some(&root), "/accounts").body;
    let (_, rest) = page.split_once("href=\"/assets/").unwrap();
    let base = format!("/assets/{}", rest.split('/').next().unwrap());
    for name in ["app.css", "app.js", "icon.svg", "viewer.css", "viewer.js"] {
        let asset = portal.read(None, &format!("{base}/{name}"));
        assert_eq!(asset.status, 200, "{name}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
    }
    for path in [
        "/assets/../portal.db",
        "/assets/x/app.css",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%2f..%2fetc/passwd",
        &format!("{base}/../../doorward.yaml"),
        &format!("{base}/..%2f..%2fdoorward.yaml"),
        &format!("{base}/"),
    ] {
        assert_eq!(portal.read(Some(&root), path).status, 404, "{path}");
    }
    for (method, path, status) in [
        ("DELETE", "/accounts", 405),
        ("GET", "/activity?session=zzz", 200),
        ("GET", "/api/v1/activity?session=zzz", 422),
        ("GET", "/api/v1/activity?since=yesterday", 422),
        ("GET", "/api/v1/activity?since=2026-03-01", 200),
        ("GET", "/api/v1/activity?until=never", 422),
        ("GET", "/api/v1/activity?action=Conect", 422),
        ("GET", "/api/v1/activity?logon_account=%3A", 422),
        ("GET", "/api/v1/activity/export?format=xls", 422),
        ("GET", "/api/v1/activity/export?format=csv&colour=red", 422),
        ("GET", "/api/v1/activity/export?format=json&since=yesterday", 422),
        ("GET", "/api/v1/activity?account=%3A", 422),
        ("GET", "/api/v1/sessions/not-an-id", 404),
        ("GET", "/sessions/not-an-id", 404),
        ("GET", "/connect?account=%00", 404),
        ("PATCH", "/api/v1/users/nobody", 404),
        ("DELETE", "/api/v1/users/root", 409),
        ("PATCH", "/api/v1/users/root", 409),
    ] {
        let body = if method == "PATCH" { r#"{"role":"operator"}"# } else { "" };
        assert_eq!(portal.act(&root, method, path, body).status, status, "{method} {path}");
    }
    let description = portal.read(Some(&root), "/api/v1/openapi.json").json();
    let paths = description["paths"].as_object().unwrap();
    for (_, path, _) in ROUTES.iter().filter(|(_, path, _)| path.starts_with("/api/")) {
        let plain = path
            .replace("01890a5d-ac96-774b-bcce-b302099a8057", "{session}")
            .replace("files/x", "files/{id}")
            .replace("users/ann", "users/{name}")
            .replace("tokens/1", "tokens/{id}");
        let beside = plain.ends_with("no-such-thing") || plain.ends_with("openapi.json");
        assert!(beside || paths.contains_key(&plain), "{plain}");
    }
    // Who is added can be changed and removed, and all of it is on record.
    let new = format!(r#"{{"name":"eve","accounts":["web/*"],"password":"{PASSWORD}"}}"#);
    assert_eq!(portal.act(&root, "POST", "/api/v1/users", &new).status, 201);
    assert_eq!(portal.act(&root, "POST", "/api/v1/users", &new.replace("eve", "EVE")).status, 409);
    assert_eq!(
        portal.act(&root, "PATCH", "/api/v1/users/eve", r#"{"accounts":["a b:c"]}"#).status,
        422
    );
    assert_eq!(portal.act(&root, "PATCH", "/api/v1/users/eve", r#"{"accounts":[]}"#).status, 200);
    assert_eq!(portal.act(&root, "DELETE", "/api/v1/users/eve", "").status, 204);
    let rows = desk.record(&[]);
    for action in ["UserAdded", "UserChanged", "UserRemoved"] {
        assert!(
            rows.iter().any(|row| row["Action"] == action && row["User"] == "root"),
            "{action}"
        );
    }
    let checked = portal.read(Some(&root), "/api/v1/activity/verdict").json();
    assert_eq!(checked["intact"], true, "{checked}");
}

#[test]
fn a_network_is_not_served_in_the_clear() {
    let desk = desk();
    let ended = desk.lab.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("there is no TLS"), "{}", ended.stderr);
    assert!(ended.stderr.contains("help: name a certificate"), "{}", ended.stderr);
}
