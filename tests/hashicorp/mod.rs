//! The HashiCorp vault against a stand-in server: good answers, and mostly bad ones.

mod answers;
mod calls;
mod config;
mod doctor;
mod real;
mod seeds;
pub(crate) mod tls;

use doorward::vault::hashicorp::Hashicorp;
use serde_json::{Map, Value, json};

use crate::lab::Lab;
pub(crate) use crate::lab::asked::{Ask, all_of, grant, variant_of, with};
use crate::lab::product::Product;
use crate::lab::server::{Reply, Script, errors, json_of, ok};

/// Secrets that are searched for in everything that comes out.
const TOKEN: &str = "hvs.MARKED-token-5e1f";
const SECRET_ID: &str = "MARKED-secret-id-77aa";
const PASSWORD: &str = "MARKED-pass\"word>{x}-91";

/// The settings of a vault at `address` with a token file, and `more` over them.
fn settings(address: &str, more: Value) -> Map<String, Value> {
    let mut settings = json!({
        "address": address,
        "auth": { "token-file": "token" },
        "timeout": "10s",
        "deadline": "20s",
    });
    let settings = settings.as_object_mut().unwrap();
    settings.extend(more.as_object().unwrap().clone());
    settings.clone()
}

/// Signs in with an AppRole.
fn approle() -> Value {
    json!({ "auth": { "approle": { "role-id": "web-broker", "secret-id-file": "secret-id" } } })
}

/// A lab with both credentials, each with the line feed that editors leave.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("token", format!("{TOKEN}\n"));
    lab.write("secret-id", format!("{SECRET_ID}\n"));
    lab
}

fn open(lab: &Lab, address: &str, more: Value) -> Hashicorp {
    let name = "corp".parse().unwrap();
    Hashicorp::open(name, settings(address, more), lab.path()).unwrap()
}

/// A server on which everything that is not the point of a test goes well.
fn well() -> Script {
    vec![
        ("GET /v1/auth/token/lookup-self", vec![lookup(3600, 3600, true)]),
        ("GET /v1/sys/internal/ui/mounts/secret", vec![mount("kv", "secret/", Some("2"))]),
        ("POST /v1/auth/approle/login", vec![login(TOKEN, 1200, true)]),
        ("GET /v1/secret/data/web/shop", vec![shop()]),
        ("LIST /v1/secret/metadata/web", vec![errors(404, &[])]),
    ]
}

/// What another client finds here, too.
pub(crate) fn for_clients() -> Script {
    let gone = json!({ "data": { "data": null, "metadata": {
        "deletion_time": "2026-05-04T10:20:30.123456Z", "destroyed": false, "version": 3 } } });
    with(
        well(),
        vec![
            (
                "LIST /v1/secret/metadata/web",
                vec![ok(json!({ "data": { "keys": ["shop", "shops"] } }))],
            ),
            ("GET /v1/secret/data/web/missing", vec![errors(404, &[])]),
            ("GET /v1/secret/data/web/gone", vec![json_of(404, gone)]),
            (
                "GET /v1/secret/data/web/secret",
                vec![errors(403, &["1 error occurred:\n\t* permission denied\n\n"])],
            ),
            ("GET /v1/totp/code/acme", vec![ok(json!({ "data": { "code": "123456" } }))]),
            (
                "GET /v1/sys/health",
                vec![ok(json!({ "initialized": true, "sealed": false, "standby": false }))],
            ),
        ],
    )
}

/// What the table of faults needs to know.
pub(crate) fn product() -> Product {
    Product {
        kind: "hashicorp",
        settings: |address| {
            let mut settings = settings(address, approle());
            settings.remove("timeout");
            settings.remove("deadline");
            Value::Object(settings)
        },
        prepare: |lab| {
            lab.write("token", format!("{TOKEN}\n"));
            lab.write("secret-id", format!("{SECRET_ID}\n"));
        },
        account: "web/shop",
        well,
        login: Some("POST /v1/auth/approle/login"),
        read: "GET /v1/secret/data/web/shop",
        password: PASSWORD,
        copes: &[],
        marks: &[TOKEN, SECRET_ID],
        empty: || v2(json!({ "username": "anna", "password": "", "address": "127.0.0.1:9" })),
        mistyped: || v2(json!({ "username": "anna", "password": 90_210 })),
    }
}

fn lookup(ttl: u64, creation_ttl: u64, renewable: bool) -> Reply {
    ok(json!({ "data": {
        "id": TOKEN, "ttl": ttl, "creation_ttl": creation_ttl, "renewable": renewable,
        "policies": ["default", "web"], "num_uses": 0, "expire_time": null,
    } }))
}

fn mount(kind: &str, path: &str, version: Option<&str>) -> Reply {
    let options = version.map(|version| json!({ "version": version }));
    ok(json!({ "data": { "type": kind, "path": path, "options": options } }))
}

fn login(token: &str, seconds: u64, renewable: bool) -> Reply {
    ok(json!({ "data": null, "auth": {
        "client_token": token, "lease_duration": seconds, "renewable": renewable,
        "token_type": if renewable { "service" } else { "batch" }, "num_uses": 0,
        "policies": ["web"], "mfa_requirement": null,
    } }))
}

/// An account in a version 2 mount.
fn shop() -> Reply {
    v2(json!({
        "username": "anna", "password": PASSWORD, "address": "shop.example:8443",
        "logon_account": "codes:acme", "Port": 8443, "pin": "0007", "note": null, "tags": ["a"],
    }))
}

fn v2(data: Value) -> Reply {
    ok(json!({ "data": {
        "data": data,
        "metadata": { "created_time": "2026-01-01T00:00:00Z", "custom_metadata": null,
                      "deletion_time": "", "destroyed": false, "version": 3 },
    }, "warnings": null }))
}

fn assert_nothing_leaks(text: &str, at: &str) {
    for secret in [TOKEN, SECRET_ID, PASSWORD, "MARKED"] {
        assert!(!text.contains(secret), "{at}: a secret shows in {text}");
    }
}

/// Runs the test `name` once more in a process of its own, with `variables` in its environment, and
/// returns what it printed; `None` in that process. For what a process has only one of.
pub(crate) fn alone(name: &str, variables: &[(&str, &str)]) -> Option<String> {
    const MARK: &str = "DOORWARD_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        return None;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .envs(variables.iter().copied())
        .env(MARK, "1")
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    let printed = printed.join("\n");
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
    Some(printed)
}
