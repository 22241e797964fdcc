//! CyberArk's PVWA against a stand-in server: good answers, and mostly bad ones.

mod answers;
mod calls;
mod config;
mod connect;
mod links;
mod logon;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use doorward::access::{self, Grant};
use doorward::name::{AccountRef, Purpose};
use doorward::secret::Secret;
use doorward::vault::cyberark::Cyberark;
use doorward::vault::{Cause, Responder};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use crate::hashicorp::{all_of, alone, variant_of};
use crate::lab::Lab;
use crate::lab::asked::with;
use crate::lab::product::Product;
use crate::lab::server::{Reply, Script, json_of, ok};

/// Secrets that are searched for in everything that comes out.
const TOKEN: &str = "MARKED-session-token-5e1f";
const LOGON_PASSWORD: &str = "MARKED-logon\"pass&word-77aa";
const PASSWORD: &str = "MARKED-pass\"word>{x}-91";

const LOGON: &str = "POST /PasswordVault/API/Auth/CyberArk/Logon";
pub(crate) const LOGOFF: &str = "POST /PasswordVault/API/Auth/Logoff";
const FIND: &str =
    "GET /PasswordVault/API/Accounts?search=shop&filter=safeName+eq+WEB&limit=1000&offset=0";
const SHOP: &str = "GET /PasswordVault/API/Accounts/12_3";
pub(crate) const RETRIEVE: &str = "POST /PasswordVault/API/Accounts/12_3/Password/Retrieve";
const LINKED: &str = "GET /PasswordVault/API/ExtendedAccounts/12_3/LinkedAccounts";
const PLATFORMS: &str = "GET /PasswordVault/API/Platforms?Active=true&Search=WebApp";
const CHECK_IN: &str = "POST /PasswordVault/API/Accounts/12_3/CheckIn";

/// The settings of a vault at `address` with a password file, and `more` over them.
fn settings(address: &str, more: Value) -> Map<String, Value> {
    let mut settings = json!({
        "address": address,
        "auth": { "cyberark": { "username": "broker", "password-file": "password" } },
        "timeout": "10s",
        "deadline": "20s",
    });
    let settings = settings.as_object_mut().unwrap();
    settings.extend(more.as_object().unwrap().clone());
    settings.clone()
}

/// A lab with the credential, with the line feed that editors leave.
fn lab() -> Lab {
    let lab = Lab::new();
    prepare(&lab);
    lab
}

pub(crate) fn prepare(lab: &Lab) {
    lab.write("password", format!("{LOGON_PASSWORD}\n"));
}

fn open(lab: &Lab, address: &str, more: Value) -> Cyberark {
    open_with(lab, address, more, &Arc::new(Says::default()))
}

fn open_with(lab: &Lab, address: &str, more: Value, says: &Arc<Says>) -> Cyberark {
    let says = Arc::clone(says);
    Cyberark::open("corp".parse().unwrap(), settings(address, more), lab.path(), says).unwrap()
}

fn grant(account: &str) -> Grant {
    grant_for(account, &Purpose::default())
}

fn grant_for(account: &str, purpose: &Purpose) -> Grant {
    access::decide(Some(&"anna".parse().unwrap()), &account.parse().unwrap(), purpose).unwrap()
}

/// Somebody who says these answers, one after the other, and then nothing.
#[derive(Default)]
struct Says {
    answers: Mutex<VecDeque<&'static str>>,
    asked: Mutex<Vec<String>>,
}

impl Says {
    fn these(answers: &[&'static str]) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.iter().copied().collect()), ..Self::default() })
    }

    /// What was asked so far.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn next(&self, question: String) -> Option<Secret> {
        self.asked.lock().unwrap().push(question);
        self.answers.lock().unwrap().pop_front().map(|answer| Secret::new(answer.to_owned()))
    }
}

impl Responder for Says {
    fn ask<'a>(&'a self, question: &'a str, hidden: bool) -> BoxFuture<'a, Option<Secret>> {
        let kind = if hidden { "unseen" } else { "seen" };
        Box::pin(std::future::ready(self.next(format!("{kind}: {question}"))))
    }

    fn code<'a>(&'a self, account: &'a AccountRef) -> BoxFuture<'a, Result<Secret, Cause>> {
        let code = self.next(format!("code of {account}"));
        Box::pin(std::future::ready(code.ok_or_else(|| "nobody has one".into())))
    }
}

/// A server on which everything that is not the point of a test goes well.
pub(crate) fn well() -> Script {
    vec![
        (LOGON, vec![ok(json!(TOKEN))]),
        (FIND, vec![page(&[shop()])]),
        (SHOP, vec![ok(shop())]),
        (RETRIEVE, vec![ok(json!(PASSWORD))]),
        (LINKED, vec![ok(json!({ "LinkedAccounts": [] }))]),
        (PLATFORMS, vec![platforms(json!(false))]),
        (LOGOFF, vec![ok(json!({ "LogoffUrl": "" }))]),
    ]
}

/// An account as PVWA shows it.
fn shop() -> Value {
    account("12_3", "WEB", "shop")
}

fn account(id: &str, safe: &str, name: &str) -> Value {
    json!({
        "id": id, "name": name, "safeName": safe, "platformId": "WebApp",
        "userName": "anna", "address": "shop.example:8443", "secretType": "password",
        "platformAccountProperties": { "LogonDomain": "ACME", "Port": "8443", "Count": 3 },
        "secretManagement": { "automaticManagementEnabled": true, "lastModifiedTime": 1_700_000_000 },
        "createdTime": 1_700_000_000,
    })
}

fn page(accounts: &[Value]) -> Reply {
    ok(json!({ "value": accounts, "count": accounts.len() }))
}

fn platforms(exclusive: Value) -> Reply {
    ok(json!({ "Platforms": [
        { "general": { "id": "WebAppOld" },
          "privilegedAccessWorkflows": { "enforceCheckinCheckoutExclusiveAccess": true } },
        { "general": { "id": "WebApp", "name": "Web" },
          "privilegedAccessWorkflows": { "enforceCheckinCheckoutExclusiveAccess": exclusive } },
    ], "Total": 2 }))
}

/// An error in PVWA's shape.
fn error(status: u16, code: &str, message: &str) -> Reply {
    json_of(status, json!({ "ErrorCode": code, "ErrorMessage": message }))
}

fn assert_nothing_leaks(text: &str, at: &str) {
    assert!(!text.contains("MARKED"), "{at}: a secret shows in {text}");
}

/// What the table of faults needs to know.
pub(crate) fn product() -> Product {
    Product {
        kind: "cyberark",
        settings: |address| {
            json!({
                "address": address,
                "auth": { "cyberark": { "username": "broker", "password-file": "password" } },
            })
        },
        prepare,
        account: "WEB/shop",
        well: || {
            let mut shop = shop();
            shop["address"] = json!("127.0.0.1:9");
            with(well(), vec![(FIND, vec![page(&[shop])])])
        },
        login: Some(LOGON),
        read: RETRIEVE,
        password: PASSWORD,
        copes: &[],
        marks: &[TOKEN, LOGON_PASSWORD, PASSWORD],
        empty: || ok(json!("")),
        mistyped: || ok(json!({ "password": PASSWORD })),
    }
}

/// What other people's clients ask for, in the same shapes.
pub(crate) fn for_clients() -> Script {
    let version = json!({ "ServerName": "Vault", "ExternalVersion": "14.2.1" });
    let linked = json!([{ "extraPasswordIndex": 1, "Name": "LogonAccount", "AccountID": "12_7" }]);
    with(
        well(),
        vec![
            (
                "POST /PasswordVault/API/Auth/LDAP/Logon",
                vec![error(403, "PASWS013E", "Authentication failure for User [broker].")],
            ),
            (
                // It puts a blank before the words.
                "GET /PasswordVault/API/Accounts?search=+shop&filter=safeName+eq+WEB&limit=1000&offset=0",
                vec![page(&[shop()])],
            ),
            (
                "POST /PasswordVault/API/Auth/RADIUS/Logon",
                vec![error(500, "ITATS542I", "Enter your one time code:")],
            ),
            ("GET /PasswordVault/WebServices/PIMServices.svc/Server", vec![ok(version)]),
            (LINKED, vec![ok(json!({ "LinkedAccounts": linked }))]),
            (
                "POST /PasswordVault/API/Accounts/12_8/Password/Retrieve",
                vec![error(400, "PASWS088E", "Missing mandatory parameter - Reason.")],
            ),
            (
                "POST /PasswordVault/API/Accounts/12_9/Password/Retrieve",
                vec![error(403, "PASWS041E", "You are not authorized to perform this action.")],
            ),
        ],
    )
}
