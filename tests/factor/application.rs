//! Another application that asks doorward: its own subjects, one use of a code, and the example.

use std::process::Command;

use serde_json::{Value, json};

use super::{alter, rewind};
use crate::lab::device::Device;
use crate::lab::portal::{Answer, Portal};
use crate::portal::{add, desk};

fn by(portal: &Portal, token: &str, method: &str, path: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    portal.ask(method, &format!("/api/v1/factors{path}"), &headers, &body)
}

#[test]
fn an_application_keeps_second_factors_of_its_own_people() {
    let desk = desk();
    add(&desk.lab, &["peoplesoft"]);
    let token = |user: &str, name: &str, scope: &str| {
        let made = desk.lab.run(&["token", "add", user, name, "--scope", scope]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        made.stdout.trim().to_owned()
    };
    let [own, renewed] = ["2026", "2027"].map(|name| token("peoplesoft", name, "factors"));
    let (other, without) =
        (token("bob", "x", "factors"), token("peoplesoft", "y", "accounts:read"));
    let portal = Portal::start(&desk.lab);
    for wrong in [
        json!({}),
        json!({"subject": ""}),
        json!({"subject": "x\ny"}),
        json!({"subject": "x".repeat(129)}),
        json!({"subject": "x", "issuer": ""}),
        json!({"subject": "x", "secret": "y"}),
    ] {
        let answer = by(&portal, &own, "POST", "", wrong.clone());
        assert_eq!(answer.status, 422, "{wrong} {}", answer.body);
    }
    let enrolled =
        by(&portal, &own, "POST", "", json!({"subject": "PS 42/ü", "issuer": "PeopleSoft"}));
    assert_eq!(enrolled.status, 201, "{}", enrolled.body);
    let offer = enrolled.json();
    let uri = offer["uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/PeopleSoft:PS%2042%2F%C3%BC?secret="), "{uri}");
    assert!(offer["picture"].as_str().unwrap().starts_with("data:image/svg+xml;base64,"));
    let device = Device::of(offer["setup_code"].as_str().unwrap());
    let at = "/PS%2042%2F%C3%BC";
    let verify = |token: &str, code: &str| {
        by(&portal, token, "POST", &format!("{at}/verify"), json!({"code": code}))
    };
    let enrolled =
        |token: &str| by(&portal, token, "GET", at, Value::Null).json()["enrolled"].clone();
    assert_eq!(enrolled(&own), json!(false));
    assert_eq!(verify(&own, &device.wrong()).json(), json!({"verified": false}));
    // Nobody else's, and with the right scope alone.
    assert_eq!(verify(&other, &device.code(0)).json(), json!({"verified": false}));
    assert_eq!(by(&portal, &other, "DELETE", at, Value::Null).status, 404);
    assert_eq!(verify(&without, &device.code(0)).status, 403);
    assert_eq!(verify(&own, &device.code(0)).json(), json!({"verified": true}));
    assert_eq!(verify(&renewed, &device.code(0)).json(), json!({"verified": false}), "used");
    assert_eq!(
        (enrolled(&own), enrolled(&renewed), enrolled(&other)),
        (json!(true), json!(true), json!(false))
    );
    assert_eq!(by(&portal, &own, "POST", "", json!({"subject": "PS 42/ü"})).status, 409);
    // The same on the command line, which counts there as well.
    rewind(&desk.lab);
    let line = ["totp", "verify", "PS 42/ü", "--application", "PeopleSoft"];
    assert_eq!(desk.lab.run_with_input(&line, &device.code(0)).code, 0);
    assert_eq!(verify(&own, &device.code(0)).json(), json!({"verified": false}));
    // Its people wait, each for themself; its address never.
    rewind(&desk.lab);
    assert_eq!(verify(&own, &device.wrong()).json(), json!({"verified": false}));
    alter(&desk.lab, "portal.db", "UPDATE factor SET refused = 12");
    let waits = verify(&own, &device.code(0));
    assert_eq!(waits.status, 429);
    assert!(waits.header("retry-after").parse::<u64>().unwrap() >= 1);
    let ended = desk.lab.run_with_input(&line, &device.code(0));
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.contains("too many attempts were wrong"), "{}", ended.stderr);
    let next = by(&portal, &own, "POST", "", json!({"subject": "next"})).json();
    let next = Device::of(next["setup_code"].as_str().unwrap());
    let answer = by(&portal, &own, "POST", "/next/verify", json!({"code": next.code(0)}));
    assert_eq!(answer.json(), json!({"verified": true}));
    assert_eq!(by(&portal, &own, "DELETE", at, Value::Null).status, 204);
    assert_eq!(enrolled(&own), json!(false));
    assert_eq!(verify(&own, &device.code(1)).json(), json!({"verified": false}));
    // With the application its people go.
    assert_eq!(desk.lab.run(&["user", "remove", "peoplesoft"]).code, 0);
    add(&desk.lab, &["peoplesoft"]);
    let ended = desk
        .lab
        .run_with_input(&["totp", "verify", "next", "--application", "peoplesoft"], &next.code(1));
    assert_eq!(ended.code, 4);
    let rows = desk.record(&[]);
    let of = |action: &str, user: &str| {
        rows.iter().filter(|row| row["Action"] == action && row["User"] == user).collect::<Vec<_>>()
    };
    let verified = of("FactorVerified", "peoplesoft");
    assert_eq!((verified.len(), of("FactorRemoved", "peoplesoft").len()), (2, 1));
    assert_eq!(
        verified[0]["Details"],
        json!({"subject": "PS 42/ü", "token": "2026", "factor": "code"})
    );
    let causes: Vec<_> = of("FactorRefused", "peoplesoft")
        .iter()
        .map(|row| row["Details"]["cause"].as_str().unwrap())
        .collect();
    assert_eq!(causes, ["wrong", "used", "used", "wrong", "none"]);
}

/// A script in a loop does not fill the disk; who is there already may begin anew.
#[test]
fn an_application_enrols_a_bounded_number_of_people() {
    let desk = desk();
    let made = desk.lab.run(&["token", "add", "bob", "app", "--scope", "factors"]);
    let token = made.stdout.trim();
    let portal = Portal::start(&desk.lab);
    let enrol = |subject: &str| by(&portal, token, "POST", "", json!({ "subject": subject }));
    assert_eq!(enrol("first").status, 201);
    alter(
        &desk.lab,
        "portal.db",
        "INSERT INTO factor (realm, subject, seed, begun) \
         WITH RECURSIVE many (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM many WHERE i < 99999) \
         SELECT (SELECT realm FROM factor), 'other ' || i, x'00', 0 FROM many",
    );
    let refused = enrol("one more");
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.json()["detail"].as_str().unwrap().contains("may enrol (100000)"));
    assert!(refused.json()["help"].as_str().unwrap().contains("DELETE /api/v1/factors/"));
    assert_eq!(enrol("first").status, 201);
    assert_eq!(by(&portal, token, "DELETE", "/first", Value::Null).status, 204);
    assert_eq!(enrol("one more").status, 201);
    // People of the portal are not of the application.
    let ann = portal.sign_in("ann", crate::portal::PASSWORD);
    assert_eq!(portal.act(&ann, "POST", "/api/v1/me/factor", "").status, 201);
}

/// The script of the examples, as an application without a second factor of its own would call it.
#[test]
fn the_example_enrols_and_verifies() {
    let desk = desk();
    let made = desk.lab.run(&["token", "add", "bob", "app", "--scope", "factors"]);
    desk.lab.write("token", &made.stdout);
    let portal = Portal::start(&desk.lab);
    let run = |action: &str, input: &str| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/portal/second-factor.sh");
        let mut command = Command::new(script);
        command.args([portal.url.as_str(), "token", action, "ps42"]).current_dir(desk.lab.path());
        let input = desk.lab.write("input", input);
        command.stdin(std::fs::File::open(input).unwrap());
        crate::lab::Ended::from(command.output().unwrap())
    };
    let enrolled = run("enrol", "");
    assert_eq!(enrolled.code, 0, "{}", enrolled.stderr);
    let secret = enrolled.stdout.split("secret=").nth(1).unwrap().split('&').next().unwrap();
    let device = Device::of(secret);
    for (typed, code) in [(device.wrong(), 1), (device.code(0), 0), (device.code(0), 1)] {
        let ended = run("verify", &format!("{typed}\n"));
        assert_eq!(ended.code, code, "{} {}", ended.stdout, ended.stderr);
    }
    assert_eq!(run("remove", "").code, 0);
    let gone = run("remove", "");
    assert_eq!(gone.code, 2);
    assert!(gone.stderr.contains("ps42 has no second factor"), "{}", gone.stderr);
}
