//! CyberArk's Central Credential Provider against a stand-in server: good answers, and mostly bad ones.

mod answers;
mod calls;
mod config;

use doorward::access::{self, Grant};
use doorward::name::Purpose;
use doorward::vault::ccp::Ccp;
use serde_json::{Map, Value, json};

use crate::hashicorp::{all_of, variant_of};
use crate::lab::Lab;
use crate::lab::product::Product;
use crate::lab::server::{Reply, Script, json_of, ok};

/// The secret that is searched for in everything that comes out.
const PASSWORD: &str = "MARKED-pass\"word>{x}-91";

const SHOP: &str = "GET /AIMWebService/api/Accounts?AppID=Doorward&Safe=WEB&Object=shop";

fn settings(address: &str, more: Value) -> Map<String, Value> {
    let mut settings = json!({
        "address": address, "app-id": "Doorward", "timeout": "10s", "deadline": "20s",
    });
    let settings = settings.as_object_mut().unwrap();
    settings.extend(more.as_object().unwrap().clone());
    settings.clone()
}

fn open(lab: &Lab, address: &str, more: Value) -> Ccp {
    Ccp::open("apps".parse().unwrap(), settings(address, more), lab.path()).unwrap()
}

fn grant(account: &str) -> Grant {
    grant_for(account, &Purpose::default())
}

fn grant_for(account: &str, purpose: &Purpose) -> Grant {
    access::decide(Some(&"anna".parse().unwrap()), &account.parse().unwrap(), purpose).unwrap()
}

fn well() -> Script {
    vec![(SHOP, vec![ok(shop(json!({})))])]
}

/// An object as a real server answers, with `more` over it.
pub(crate) fn shop(more: Value) -> Value {
    let mut shop = json!({
        "Content": PASSWORD, "UserName": "anna", "Address": "shop.example:8443", "Safe": "WEB",
        "Folder": "Root", "Name": "shop", "PolicyID": "WebApp", "DeviceType": "Application",
        "CreationMethod": "PVWA", "CPMStatus": "success", "RetriesCount": -1,
        "PasswordChangeInProcess": "False", "LogonAccountRef": "codes:web/shop",
    });
    shop.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shop
}

/// An error in the service's shape.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    json_of(status, json!({ "ErrorCode": code, "ErrorMsg": message }))
}

fn changing() -> Reply {
    error(500, "APPAP282E", "Password [shop] is currently being changed by the CPM.")
}

fn assert_nothing_leaks(text: &str, at: &str) {
    assert!(!text.contains("MARKED"), "{at}: a secret shows in {text}");
}

/// What the table of faults needs to know.
pub(crate) fn product() -> Product {
    Product {
        kind: "ccp",
        settings: |address| json!({ "address": address, "app-id": "Doorward" }),
        prepare: |_| {},
        account: "WEB/shop",
        well,
        login: None,
        read: SHOP,
        password: PASSWORD,
        copes: &[],
        marks: &[PASSWORD],
        empty: || ok(shop(json!({ "Content": "", "Address": "127.0.0.1:9" }))),
        mistyped: || ok(shop(json!({ "Content": [PASSWORD] }))),
    }
}
