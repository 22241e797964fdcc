//! Signing in through a provider, and API tokens: what either proves itself by comes out nowhere.

use serde_json::json;

use crate::lab::marks::Marks;
use crate::lab::portal::Portal;
use crate::lab::provider::{Provider, Sign};
use crate::portal::provider::{SECRET, begun, desk_of, returned, sign_in, visitor};

#[test]
fn tokens_codes_and_the_secret_of_the_client_come_out_nowhere() {
    let provider = Provider::start(SECRET);
    let desk = desk_of(&provider, "roles: { staff: operator }");
    assert_eq!(desk.lab.run(&["user", "remove", "ann"]).code, 0);
    let portal = Portal::start_with(&desk.lab, &[("RUST_LOG", "trace")]);
    let mut marks = Marks::of(&[("the secret of the client", SECRET), ("a code", "MARKED-code-")]);
    let (back, cookie) = begun(&portal, &provider, "192.0.2.1").unwrap();
    let state = back.split("state=").nth(1).unwrap().split('&').next().unwrap();
    marks.add("a state", state);
    marks.add("the cookie of an attempt", cookie.split_once('=').unwrap().1);
    let ann = visitor(&portal, &returned(&portal, &back, &cookie, "192.0.2.1"));
    marks.add("the cookie of a sign-in", ann.cookie.split_once('=').unwrap().1);
    let body = json!({"name": "ci", "scopes": ["sessions:start", "accounts:read"]}).to_string();
    let made = portal.act(&ann, "POST", "/api/v1/tokens", &body);
    let token = made.json()["token"].as_str().unwrap().to_owned();
    marks.add("an API token", &token[4..]);
    let line = ["token", "add", "ann", "other", "--scope", "activity:read"];
    let other = desk.lab.run(&line);
    marks.add("another API token", other.stdout.trim().strip_prefix("dwt_").unwrap());
    // Every way that it is used, and that it fails.
    let bearer = format!("Bearer {token}");
    for (method, path, header) in [
        ("GET", "/api/v1/accounts", bearer.as_str()),
        ("POST", "/api/v1/sessions", &bearer),
        ("GET", "/api/v1/users", &bearer),
        ("GET", "/accounts", &bearer),
        ("GET", "/api/v1/accounts", &bearer[..bearer.len() - 1]),
    ] {
        let kind = ("content-type", "application/json");
        let body = r#"{"account":"local:nowhere/x"}"#;
        let answer = portal.ask(method, path, &[("authorization", header), kind], body);
        assert!(marks.within(format!("{answer:?}").as_bytes()).is_empty(), "{path}: {answer:?}");
    }
    for path in ["/me", "/users", "/activity", "/api/v1/tokens", "/api/v1/me"] {
        let answer = portal.read(Some(&ann), path);
        assert!(marks.within(answer.body.as_bytes()).is_empty(), "{path}: {}", answer.body);
    }
    let wrong = desk.lab.run(&["token", "remove", "ann", &token]);
    assert_eq!((wrong.code, wrong.stderr.contains(&token[8..])), (2, false), "{}", wrong.stderr);
    for (number, sign) in [Sign::Stranger, Sign::Unsigned, Sign::Shared].into_iter().enumerate() {
        provider.play().sign = sign;
        let answer = sign_in(&portal, &provider, &format!("192.0.2.{}", 10 + number));
        assert!(marks.within(answer.body.as_bytes()).is_empty(), "{}", answer.body);
    }
    provider.play().secret = "another".to_owned();
    assert_eq!(sign_in(&portal, &provider, "192.0.2.20").status, 502);
    let ended = portal.stop();
    assert!(ended.stderr.contains("nobody was signed in by the provider"), "{}", ended.stderr);
    for issued in &provider.play().issued {
        marks.add("an ID token", issued);
    }
    for (what, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        let found = marks.within(text.as_bytes());
        assert!(found.is_empty(), "{what} shows {found:?}: {text}");
    }
    let leaks = marks.below(desk.lab.path(), &[desk.lab.path().join("oidc.secret")]);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}
