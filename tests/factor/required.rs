//! A second factor that a role has to have.

use super::{enrol, half, second, visitor};
use crate::lab::portal::Portal;
use crate::lab::provider::Provider;
use crate::portal::provider::{SECRET, desk_of, sign_in as through};
use crate::portal::{PASSWORD, desk};

#[test]
fn who_has_to_have_one_can_do_nothing_before() {
    let desk = desk();
    let config = desk.lab.path().join("doorward.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text + "portal: { second-factor: [admin, auditor] }\n").unwrap();
    let made = desk.lab.run(&["token", "add", "root", "ci", "--scope", "accounts:read"]);
    let portal = Portal::start(&desk.lab);
    portal.sign_in("ann", PASSWORD);
    let root = portal.sign_in("root", PASSWORD);
    for path in ["/", "/accounts", "/users", "/me", "/no-such-page"] {
        let answer = portal.read(Some(&root), path);
        assert_eq!((answer.status, answer.header("location")), (303, "/second-factor"), "{path}");
    }
    for (method, path, body) in [
        ("GET", "/api/v1/users", ""),
        ("POST", "/api/v1/tokens", r#"{"name":"x","scopes":["accounts:read"]}"#),
        ("PUT", "/api/v1/me/password", "{}"),
        ("POST", "/api/v1/me/passkeys", r#"{"name":"x","code":"123456"}"#),
    ] {
        let answer = portal.act(&root, method, path, body);
        assert_eq!(answer.status, 403, "{path} {}", answer.body);
        assert!(
            answer.body.contains("people of your role need a second factor"),
            "{}",
            answer.body
        );
    }
    let page = portal.read(Some(&root), "/second-factor");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("People of your role need a second factor."), "{}", page.body);
    assert!(!page.body.contains("href=\"/users\""));
    // What scripts show is something else.
    let bearer = format!("Bearer {}", made.stdout.trim());
    let answer = portal.ask("GET", "/api/v1/accounts", &[("authorization", &bearer)], "");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (device, _) = enrol(&desk.lab, &portal, &root);
    assert_eq!(portal.read(Some(&root), "/users").status, 200);
    visitor(&portal, &second(&portal, &half(&portal, "root"), &device.code(0)));
    let rows = desk.record(&["--action", "Denied"]);
    let causes: Vec<_> = rows.iter().map(|row| row["Details"]["cause"].as_str().unwrap()).collect();
    assert_eq!(causes, ["second-factor"; 4]);
}

/// People of a provider prove it there; where the configuration says so, here as well.
#[test]
fn people_of_a_provider_are_asked_where_the_configuration_says_so() {
    for (asks, more) in [(false, ""), (true, "second-factor: true, ")] {
        let provider = Provider::start(SECRET);
        let desk = desk_of(&provider, &format!("{more}roles: {{ staff: admin }}"));
        assert_eq!(desk.lab.run(&["user", "remove", "ann"]).code, 0);
        let config = desk.lab.path().join("doorward.yaml");
        let text = std::fs::read_to_string(&config).unwrap();
        let text = text.replace("portal: {", "portal: { second-factor: [admin],");
        std::fs::write(&config, text).unwrap();
        let portal = Portal::start(&desk.lab);
        let ann =
            crate::portal::provider::visitor(&portal, &through(&portal, &provider, "192.0.2.1"));
        let begun = portal.act(&ann, "POST", "/api/v1/me/factor", "");
        let status = portal.read(Some(&ann), "/users").status;
        if !asks {
            assert_eq!((begun.status, status), (409, 200), "{}", begun.body);
            continue;
        }
        assert_eq!((begun.status, status), (201, 303), "{}", begun.body);
        let (device, _) = enrol(&desk.lab, &portal, &ann);
        let arrived = through(&portal, &provider, "192.0.2.2");
        assert!(arrived.body.contains("url=/sign-in/second"), "{}", arrived.body);
        let half = crate::lab::portal::Visitor { cookie: arrived.cookie(), csrf: String::new() };
        assert_eq!(portal.read(Some(&half), "/users").status, 303);
        let ann = visitor(&portal, &second(&portal, &half, &device.code(0)));
        assert_eq!(portal.read(Some(&ann), "/users").status, 200);
    }
}
