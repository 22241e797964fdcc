//! The Bitwarden vault against a stand-in of `bw serve`: good answers, and mostly bad ones.

mod answers;
mod calls;
mod config;
mod linked;
mod real;

use doorward::vault::bitwarden::Bitwarden;
use serde_json::{Map, Value, json};

use crate::lab::Lab;
use crate::lab::asked::{Ask, all_of, grant, with};
use crate::lab::product::Product;
use crate::lab::server::{Reply, Script, json_of, ok};

/// Secrets that are searched for in everything that comes out.
const MASTER: &str = "MARKED master pass 4c";
const PASSWORD: &str = "MARKED-pass\"word>{x}-91";
const SEED: &str = "MARKEDSEED234567";
const SESSION: &str = "MARKED-session-key==";

/// The ids of the items.
const SHOP: &str = "6d1c0f5e-0b1f-4d8e-9c54-3a5f6c1e0001";
const CODES: &str = "6d1c0f5e-0b1f-4d8e-9c54-3a5f6c1e0002";
const FOLDER: &str = "6d1c0f5e-0b1f-4d8e-9c54-3a5f6c1e0f00";

const SEARCH: &str =
    "GET /list/object/items?search=shop&folderid=6d1c0f5e-0b1f-4d8e-9c54-3a5f6c1e0f00";
const ITEM: &str = "GET /object/item/6d1c0f5e-0b1f-4d8e-9c54-3a5f6c1e0001";
const TOTP: &str = "GET /object/totp/6d1c0f5e-0b1f-4d8e-9c54-3a5f6c1e0001";

fn settings(address: &str, more: Value) -> Map<String, Value> {
    let mut settings = json!({ "address": address, "timeout": "10s", "deadline": "20s" });
    let settings = settings.as_object_mut().unwrap();
    settings.extend(more.as_object().unwrap().clone());
    settings.clone()
}

fn open(lab: &Lab, address: &str, more: Value) -> Bitwarden {
    Bitwarden::open("team".parse().unwrap(), settings(address, more), lab.path()).unwrap()
}

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("master", format!("{MASTER}\n"));
    lab
}

/// An answer with `data`.
fn data(data: Value) -> Reply {
    ok(json!({ "success": true, "data": data }))
}

/// A refusal: always status 400.
fn refused(message: &str) -> Reply {
    json_of(400, json!({ "success": false, "message": message }))
}

fn status(status: &str, last_sync: &str) -> Reply {
    data(json!({ "object": "template", "template": {
        "serverUrl": "https://bitwarden.example", "lastSync": last_sync,
        "userEmail": "anna@example.org", "userId": SHOP, "status": status,
    } }))
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

fn list(items: Value) -> Reply {
    data(json!({ "object": "list", "data": items }))
}

fn string(text: &str) -> Reply {
    data(json!({ "object": "string", "data": text }))
}

/// An item with a password and a seed.
fn shop() -> Value {
    json!({
        "object": "item", "id": SHOP, "organizationId": null, "folderId": FOLDER, "type": 1,
        "reprompt": 0, "name": "shop", "notes": "MARKED", "favorite": false, "collectionIds": [],
        "revisionDate": "2026-01-01T00:00:00.000Z", "deletedDate": null,
        "login": {
            "username": "anna", "password": PASSWORD, "totp": SEED, "passwordRevisionDate": null,
            "uris": [{ "match": null, "uri": "https://shop.example:8443/login" }],
        },
        "fields": [
            { "name": "Region", "value": "eu", "type": 0, "linkedId": null },
            { "name": "PIN", "value": "0007", "type": 1, "linkedId": null },
            { "name": "staff", "value": "true", "type": 2, "linkedId": null },
            { "name": "same", "value": null, "type": 3, "linkedId": 100 },
            { "name": "Logon Account", "value": "codes:acme", "type": 0, "linkedId": null },
        ],
    })
}

/// `shop` with other parts.
fn shop_with(more: Value) -> Value {
    let mut item = shop();
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

/// A server on which all goes well.
fn well() -> Script {
    vec![
        ("GET /status", vec![status("unlocked", &now())]),
        ("POST /sync", vec![data(json!({ "title": "Syncing complete." }))]),
        (
            "POST /unlock",
            vec![data(json!({ "title": "unlocked", "message": SESSION, "raw": SESSION }))],
        ),
        ("POST /lock", vec![data(json!({ "title": "locked" }))]),
        (
            "GET /list/object/folders",
            vec![list(json!([
                { "object": "folder", "id": null, "name": "No Folder" },
                { "object": "folder", "id": FOLDER, "name": "web/eu" },
            ]))],
        ),
        (SEARCH, vec![list(json!([shop()]))]),
        ("GET /list/object/items?search=shop", vec![list(json!([shop()]))]),
        ("GET /list/object/items?search=shops", vec![list(json!([]))]),
        (ITEM, vec![data(shop())]),
        (TOTP, vec![string("204318")]),
    ]
}

fn assert_nothing_leaks(text: &str, at: &str) {
    for secret in [MASTER, PASSWORD, SEED, SESSION, "MARKED"] {
        assert!(!text.contains(secret), "{at}: a secret shows in {text}");
    }
}

/// What the table of faults needs to know.
pub(crate) fn product() -> Product {
    Product {
        kind: "bitwarden",
        settings: |address| json!({ "address": address }),
        prepare: |_| {},
        account: "web/eu/shop",
        well,
        login: None,
        read: SEARCH,
        password: PASSWORD,
        copes: &[],
        marks: &[MASTER, PASSWORD, SEED, SESSION],
        empty: || {
            list(json!([shop_with(json!({ "login": { "username": "anna", "password": "" } }))]))
        },
        mistyped: || list(json!([shop_with(json!({ "login": { "password": 90_210 } }))])),
    }
}
