//! The Conjur vault against a stand-in server: good answers, and mostly bad ones.

mod answers;
mod calls;
mod config;

use doorward::vault::conjur::Conjur;
use serde_json::{Map, Value, json};

use crate::lab::Lab;
use crate::lab::asked::{Ask, all_of, grant, with};
use crate::lab::product::Product;
use crate::lab::server::{Reply, Script, json_of, ok};

/// Secrets that are searched for in everything that comes out.
const KEY: &str = "MARKEDapikey3s8k1v2p0w9x7y6z5t4r3q2n1m0k9j8h7g6f5d4s3a2";
const JWT: &str = "MARKED.eyJzdWIiOiJhbm5hIn0.c2ln";
const PASSWORD: &str = "MARKED-pass\"word>{x}-91";
/// A token as Conjur issues it, and as it travels.
const TOKEN: &str = r#"{"protected":"MARKEDeyJ","payload":"eyJz","signature":"c2ln"}"#;

const LOGIN: &str = "POST /authn/acme/host%2Fdoorward/authenticate";
const LOGIN_JWT: &str = "POST /authn-jwt/k8s/acme/authenticate";
const WHOAMI: &str = "GET /whoami";
/// All variables at once: the names in the order of the alphabet.
const ALL: &str = "GET /secrets?variable_ids=acme%3Avariable%3Adw%2Fweb%2Fshop%2Faddress%2Cacme%3Avariable%3Adw%2Fweb%2Fshop%2Flogon_account%2Cacme%3Avariable%3Adw%2Fweb%2Fshop%2Fpassword%2Cacme%3Avariable%3Adw%2Fweb%2Fshop%2Freconcile_account%2Cacme%3Avariable%3Adw%2Fweb%2Fshop%2Fusername";
/// Those that are there.
const THREE: &str = "GET /secrets?variable_ids=acme%3Avariable%3Adw%2Fweb%2Fshop%2Faddress%2Cacme%3Avariable%3Adw%2Fweb%2Fshop%2Fpassword%2Cacme%3Avariable%3Adw%2Fweb%2Fshop%2Fusername";
const SEARCH: &str = "GET /resources/acme?kind=variable&search=shop&limit=500&offset=0";
const LIST: &str = "GET /resources/acme?kind=variable&limit=500&offset=0";

fn settings(address: &str, more: Value) -> Map<String, Value> {
    let mut settings = json!({
        "address": address, "account": "acme", "prefix": "dw",
        "auth": { "api-key": { "login": "host/doorward", "file": "api-key" } },
        "timeout": "10s", "deadline": "20s",
    });
    let settings = settings.as_object_mut().unwrap();
    settings.extend(more.as_object().unwrap().clone());
    settings.clone()
}

fn open(lab: &Lab, address: &str, more: Value) -> Conjur {
    Conjur::open("apps".parse().unwrap(), settings(address, more), lab.path()).unwrap()
}

fn prepare(lab: &Lab) {
    lab.write("api-key", format!("{KEY}\n"));
    lab.write("jwt", format!("{JWT}\n"));
}

fn lab() -> Lab {
    let lab = Lab::new();
    prepare(&lab);
    lab
}

fn by_jwt() -> Value {
    json!({ "auth": { "jwt": { "service": "k8s", "file": "jwt" } } })
}

/// The header that carries [`TOKEN`].
fn header() -> String {
    format!("Token token=\"{}\"", data_encoding::BASE64.encode(TOKEN.as_bytes()))
}

fn text(status: u16, text: &str) -> Reply {
    Reply::Send(status, vec![("content-type", "text/plain".to_owned())], text.as_bytes().to_vec())
}

/// An error in Conjur's shape.
fn error(status: u16, code: &str, message: &str) -> Reply {
    json_of(status, json!({ "error": { "code": code, "message": message } }))
}

fn missing() -> Reply {
    error(
        404,
        "not_found",
        "CONJ00076E Variable acme:variable:dw/web/shop/logon_account is empty or not found.",
    )
}

/// Values by the names of their variables, as the batch answers.
fn batch(values: Value) -> Reply {
    let full = |name: &String| format!("acme:variable:dw/web/shop/{name}");
    let values = values.as_object().unwrap();
    ok(values.iter().map(|(name, value)| (full(name), value.clone())).collect::<Map<_, _>>().into())
}

fn resources(ids: &[&str]) -> Reply {
    ok(ids
        .iter()
        .map(|id| {
            json!({
                "id": format!("acme:variable:{id}"), "created_at": "2026-01-01T00:00:00.000Z",
                "owner": "acme:policy:dw", "policy": "acme:policy:root", "permissions": [],
                "annotations": [], "secrets": [{ "version": 1, "expires_at": null }],
            })
        })
        .collect::<Vec<_>>()
        .into())
}

fn shop() -> Reply {
    batch(json!({
        "username": "anna", "password": PASSWORD, "address": "shop.example:8443",
        "logon_account": "codes:acme", "reconcile_account": "web/admin",
    }))
}

/// A server on which all goes well.
fn well() -> Script {
    vec![
        (LOGIN, vec![text(200, TOKEN)]),
        (LOGIN_JWT, vec![text(200, TOKEN)]),
        (
            WHOAMI,
            vec![ok(json!({
                "client_ip": "127.0.0.1", "user_agent": "x", "account": "acme",
                "username": "host/doorward", "token_issued_at": "2026-01-01T00:00:00.000+00:00",
            }))],
        ),
        (ALL, vec![shop()]),
        (
            SEARCH,
            vec![resources(&[
                "dw/web/shop/username",
                "dw/web/shop/password",
                "dw/web/shop/address",
                "dw/web/shop/deeper/password",
                "dw/web/shop-2/password",
                "other/web/shop/password",
            ])],
        ),
        (LIST, vec![resources(&["dw/web/shop/password", "dw/web/shops/password"])]),
        (
            THREE,
            vec![batch(json!({
            "username": "anna", "password": PASSWORD, "address": "shop.example" }))],
        ),
    ]
}

fn assert_nothing_leaks(text: &str, at: &str) {
    for secret in [KEY, JWT, PASSWORD, TOKEN, "MARKED"] {
        assert!(!text.contains(secret), "{at}: a secret shows in {text}");
    }
}

/// What another client finds here, too; it reads when its token was issued, and writes its queries in
/// another spelling.
pub(crate) fn for_clients() -> Script {
    let issued = json!({
        "protected": data_encoding::BASE64.encode(br#"{"alg":"conjur.org/slosilo/v2","kid":"1"}"#),
        "payload": data_encoding::BASE64.encode(br#"{"sub":"host/doorward","iat":4102444800}"#),
        "signature": "c2ln",
    });
    with(
        well(),
        vec![
            (LOGIN, vec![text(200, &issued.to_string())]),
            ("GET /secrets/acme/variable/dw%2Fweb%2Fshop%2Fpassword", vec![text(200, PASSWORD)]),
            ("GET /secrets/acme/variable/dw%2Fweb%2Fshop%2Fabsent", vec![missing()]),
            (
                "GET /secrets?variable_ids=acme:variable:dw/web/shop/password,acme:variable:dw/web/shop/username",
                vec![batch(json!({ "password": PASSWORD, "username": "anna" }))],
            ),
        ],
    )
}

/// What the table of faults needs to know.
pub(crate) fn product() -> Product {
    Product {
        kind: "conjur",
        settings: |address| {
            json!({
                "address": address, "account": "acme", "prefix": "dw",
                "auth": { "api-key": { "login": "host/doorward", "file": "api-key" } },
            })
        },
        prepare,
        account: "web/shop",
        well,
        login: Some(LOGIN),
        read: ALL,
        password: PASSWORD,
        copes: &["404"],
        marks: &[KEY, TOKEN, PASSWORD],
        empty: || batch(json!({ "username": "anna", "password": "" })),
        mistyped: || batch(json!({ "username": "anna", "password": 90_210 })),
    }
}
