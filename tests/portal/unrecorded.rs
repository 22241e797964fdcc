//! A change of users, tokens and second factors that the record does not take: it is not there afterwards.

use serde_json::json;

use super::{PASSWORD, add, desk};
use crate::factor::{alter, ask, enrol, rewind};
use crate::lab::Lab;
use crate::lab::device::Device;
use crate::lab::portal::Portal;

/// Lets the record take nothing, as a full disk would, or everything again.
pub(crate) fn record_takes(lab: &Lab, takes: bool) {
    let query = match takes {
        true => "DROP TRIGGER full",
        false => {
            "CREATE TRIGGER full BEFORE INSERT ON activity BEGIN SELECT RAISE(ABORT, 'full'); END"
        }
    };
    alter(lab, "activity.db", query);
}

/// All that these changes change.
fn kept(lab: &Lab) -> String {
    let all = [
        "quote(name) || quote(role) || quote(password) || quote(accounts) || quote(groups) || blocked FROM user",
        "quote(token) || user FROM sign_in",
        "id || quote(user) || quote(name) || quote(scopes) FROM api_token",
        "quote(realm) || quote(subject) || quote(seed) || quote(enabled) FROM factor",
        "quote(realm) || quote(subject) || quote(hash) FROM recovery_code",
        "id || quote(name) FROM passkey",
        "quote(user) || quote(asked_by) FROM factor_reset",
    ];
    let queries = all.map(|query| format!("SELECT {query}"));
    queries
        .into_iter()
        .flat_map(|query| ask(lab, "portal.db", query))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn nobody_is_made_by_a_set_up_link_whose_use_is_not_on_record() {
    let lab = Lab::new();
    lab.write(
        "doorward.yaml",
        "vaults: { local: { kind: kdbx, path: v.kdbx, key-file: v.key } }\nstate: state\n",
    );
    assert_eq!(lab.run(&["vault", "init"]).code, 0);
    let portal = Portal::start(&lab);
    let token = portal.link.as_ref().unwrap().strip_prefix("/set-up?token=").unwrap();
    let fields = [("token", token), ("name", "root"), ("password", PASSWORD), ("again", PASSWORD)];
    record_takes(&lab, false);
    let before = kept(&lab);
    let refused = portal.send(None, "/set-up", &fields);
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert_eq!(kept(&lab), before);
    record_takes(&lab, true);
    // The link works still.
    assert_eq!(portal.send(None, "/set-up", &fields).status, 303);
    portal.sign_in("root", PASSWORD);
}

#[test]
fn a_change_that_is_not_on_record_was_not_made() {
    let desk = desk();
    let lab = &desk.lab;
    add(lab, &["kim", "--role", "admin"]);
    let portal = Portal::start(lab);
    let [root, kim, bob] = ["root", "kim", "bob"].map(|name| portal.sign_in(name, PASSWORD));
    let mut ann = portal.sign_in("ann", PASSWORD);
    let begin = |ann| {
        let begun = portal.act(ann, "POST", "/api/v1/me/factor", "").json();
        Device::of(begun["setup_code"].as_str().unwrap())
    };
    let mut device = begin(&ann);
    let other = "marked-pass-of-another-3K";
    let reset = "/api/v1/users/ann/factor-reset";
    for (who, method, path, body, status) in [
        ("root", "POST", "/api/v1/users", json!({"name": "eve", "password": PASSWORD}), 201),
        ("root", "PATCH", "/api/v1/users/eve", json!({"role": "auditor"}), 200),
        ("root", "PATCH", "/api/v1/users/eve", json!({"blocked": true}), 200),
        ("root", "PATCH", "/api/v1/users/eve", json!({"password": other}), 200),
        ("root", "DELETE", "/api/v1/users/eve", json!(null), 204),
        ("bob", "PUT", "/api/v1/me/password", json!({"current": PASSWORD, "password": other}), 204),
        ("ann", "POST", "/api/v1/tokens", json!({"name": "t", "scopes": ["factors"]}), 201),
        ("ann", "DELETE", "/api/v1/tokens/{token}", json!(null), 204),
        ("ann", "POST", "/api/v1/me/factor/confirmation", json!({"code": "{code}"}), 200),
        ("ann", "POST", "/api/v1/me/factor/recovery-codes", json!({"code": "{code}"}), 200),
        ("ann", "DELETE", "/api/v1/me/passkeys/{passkey}", json!({"code": "{code}"}), 204),
        ("root", "POST", reset, json!(null), 202),
        ("root", "DELETE", reset, json!(null), 204),
        ("kim", "POST", reset, json!(null), 202),
        ("root", "PUT", reset, json!(null), 204),
        ("ann again", "DELETE", "/api/v1/me/factor", json!({"code": "{code}"}), 204),
        ("ann", "POST", "/api/v1/factors", json!({"subject": "x"}), 201),
        ("ann", "DELETE", "/api/v1/factors/x", json!(null), 204),
    ] {
        if who == "ann again" {
            ann = portal.sign_in("ann", PASSWORD);
            device = enrol(lab, &portal, &ann).0;
        }
        if path.contains("passkey") {
            let query = "INSERT INTO passkey (realm, subject, name, credential, passkey, made)
                         VALUES ('', 'ann', 'key', x'00', '{}', 0)";
            alter(lab, "portal.db", query);
        }
        let number =
            |table| ask(lab, "portal.db", format!("SELECT ifnull(max(id), '') || '' FROM {table}"));
        let path = match path {
            "/api/v1/tokens/{token}" => path.replace("{token}", &number("api_token")[0]),
            path => path.replace("{passkey}", &number("passkey").concat()),
        };
        let visitor = match who {
            "root" => &root,
            "kim" => &kim,
            "bob" => &bob,
            _ => &ann,
        };
        let act = || {
            rewind(lab);
            let body = body.to_string().replace("{code}", &device.code(0));
            portal.act(visitor, method, &path, if body == "null" { "" } else { &body })
        };
        let case = format!("{method} {path}");
        record_takes(lab, false);
        let before = kept(lab);
        let refused = act();
        assert_eq!(refused.status, 503, "{case}: {}", refused.body);
        assert_eq!(kept(lab), before, "{case}");
        record_takes(lab, true);
        let done = act();
        assert_eq!(done.status, status, "{case}: {}", done.body);
        assert_ne!(kept(lab), before, "{case}");
    }
    // No row of it is left behind either: each change is on record once.
    let rows = desk.record(&[]);
    let count = |action: &str| rows.iter().filter(|row| row["Action"] == action).count();
    assert_eq!(count("TokenRemoved"), 1);
    assert_eq!(count("FactorReset"), 1);
    assert!(rows.iter().all(|row| row["Outcome"] != "failed"), "{rows:#?}");

    for line in [
        &["user", "add", "eve", "--password-stdin"][..],
        &["user", "change", "eve", "--block"],
        &["user", "password", "eve", "--password-stdin"],
        &["token", "add", "eve", "t", "--scope", "factors"],
        &["token", "remove", "eve", "t"],
        &["user", "remove", "eve"],
    ] {
        record_takes(lab, false);
        let before = kept(lab);
        let refused = lab.run_with_input(line, &format!("{other}\n"));
        assert_eq!(refused.code, 7, "{line:?}: {}", refused.stderr);
        assert_eq!(kept(lab), before, "{line:?}");
        record_takes(lab, true);
        let done = lab.run_with_input(line, &format!("{other}\n"));
        assert_eq!(done.code, 0, "{line:?}: {}", done.stderr);
        assert_ne!(kept(lab), before, "{line:?}");
    }
}
