//! The logon account by link: recognised by name or index, per platform, or configured.

use doorward::vault::Vault;
use serde_json::{Value, json};

use super::*;
use crate::lab::server::{StandIn, empty, html};

const CODES: &str = "GET /PasswordVault/API/Accounts/12_7";

fn linked(elements: Value) -> Reply {
    ok(json!({ "LinkedAccounts": elements }))
}

/// Which accounts are linked, by what the vault says and the configuration means by it.
#[tokio::test]
async fn a_link_is_recognised() {
    let by_name = json!([
        { "extraPasswordIndex": 3, "Name": "ReconcileAccount", "DisplayName": "Reconcile", "AccountID": "12_8" },
        { "extraPasswordIndex": 1, "Name": "LogonAccount", "DisplayName": "Logon Account", "AccountID": "12_7" },
    ]);
    let displayed =
        json!([{ "extraPasswordIndex": 2, "DisplayName": "logon account", "accountId": "12_7" }]);
    let numbers = json!([
        { "ExtraPassID": "1", "id": "12_8" }, { "ExtraPassID": "2", "id": "12_7", "SafeName": "CODES" },
    ]);
    let no_id = json!([{ "Name": "LogonAccount", "safe": "CODES", "objectName": "acme" }]);
    let useless = json!([{ "Name": "LogonAccount", "Broken": true }, 7, null]);
    let two = json!({ "logon": { "index": 2 } });
    for (name, links, elements, logon, reconcile) in [
        ("by name", json!({}), by_name.clone(), "corp:CODES/acme", "corp:12_8"),
        ("by its display name", json!({}), displayed, "corp:CODES/acme", ""),
        ("by index", json!({ "links": two.clone() }), numbers.clone(), "corp:CODES/acme", ""),
        ("an index is a custom", json!({}), numbers.clone(), "", ""),
        (
            "by the platform's index",
            json!({ "links": { "platforms": { "webapp": two.clone() } } }),
            numbers.clone(),
            "corp:CODES/acme",
            "",
        ),
        (
            "another platform's index",
            json!({ "links": { "platforms": { "WinDomain": two.clone() } } }),
            by_name.clone(),
            "corp:CODES/acme",
            "corp:12_8",
        ),
        (
            "both by the platform",
            json!({ "links": { "logon": { "name": "x" }, "platforms": { "WebApp": {
                "logon": { "name": "LOGONACCOUNT" }, "reconcile": { "index": 3 } } } } }),
            by_name,
            "corp:CODES/acme",
            "corp:12_8",
        ),
        ("by safe and name", json!({}), no_id, "corp:CODES/acme", ""),
        ("a broken one", json!({}), useless, "", ""),
        ("none", json!({}), json!([]), "", ""),
    ] {
        let codes = ok(account("12_7", "CODES", "acme"));
        let script = vec![(LINKED, vec![linked(elements)]), (CODES, vec![codes])];
        let server = StandIn::start(with(well(), script)).await;
        let lab = lab();
        let vault = open(&lab, &server.address, links);
        let account = vault.account(&grant("WEB/shop")).await;
        let account = account.unwrap_or_else(|error| panic!("{name}: {error}"));
        let shown =
            |link: &Option<AccountRef>| link.as_ref().map(ToString::to_string).unwrap_or_default();
        assert_eq!(shown(&account.logon_account), logon, "{name}");
        assert_eq!(shown(&account.reconcile_account), reconcile, "{name}");
    }
}

/// What was looked at to name the link is not looked up again.
#[tokio::test]
async fn a_linked_account_costs_three_calls() {
    const SEED: &str = "POST /PasswordVault/API/Accounts/12_7/Password/Retrieve";
    const MORE: &str = "GET /PasswordVault/API/ExtendedAccounts/12_7/LinkedAccounts";
    let elements = json!([{ "Name": "LogonAccount", "AccountID": "12_7" }]);
    let server = StandIn::start(with(
        well(),
        vec![
            (LINKED, vec![linked(elements)]),
            (CODES, vec![ok(account("12_7", "CODES", "acme"))]),
            (SEED, vec![ok(json!("MARKED-seed"))]),
            (MORE, vec![linked(json!([]))]),
        ],
    ))
    .await;
    let lab = lab();
    let vault = open(&lab, &server.address, json!({}));
    let target = vault.account(&grant("WEB/shop")).await.unwrap();
    let logon = target.logon_account.unwrap();
    vault.account(&grant("WEB/shop").linked(logon)).await.unwrap();
    let calls = server.seen().iter().filter(|seen| seen.call.contains("12_7")).count();
    assert_eq!(calls, 3, "{:?}", server.seen());
}

#[tokio::test]
async fn a_configured_link_is_not_asked_for() {
    let server = StandIn::start(with(well(), vec![(LINKED, vec![empty(500)])])).await;
    let lab = lab();
    let link = json!({ "logon-account": "codes:web/shop", "reconcile-account": "WEB/admin" });
    for (key, asked) in
        [("WEB/shop", "WEB/shop"), ("web/SHOP", "WEB/shop"), ("12_3", "12_3"), ("WEB/shop", "12_3")]
    {
        let more = json!({ "links": { "accounts": { key: link.clone() } } });
        let vault = open(&lab, &server.address, more);
        let account = vault.account(&grant(asked)).await.unwrap();
        assert_eq!(account.logon_account.unwrap().to_string(), "codes:web/shop", "{key}");
        assert_eq!(account.reconcile_account.unwrap().to_string(), "WEB/admin", "{key}");
    }
    assert_eq!(server.count(LINKED), 0);
}

/// The account itself can be used: who needs its logon account is told that none is known.
#[tokio::test]
async fn links_that_cannot_be_seen_are_none() {
    for reply in [
        error(403, "PASWS041E", "You are not authorized to perform this action."),
        html(404),
        empty(405),
    ] {
        let server = StandIn::start(with(well(), vec![(LINKED, vec![reply])])).await;
        let lab = lab();
        let account = open(&lab, &server.address, json!({})).account(&grant("WEB/shop")).await;
        assert!(account.unwrap().logon_account.is_none());
    }
}

/// It may not be looked at: its id is all that is known, and whether it can be used shows later.
#[tokio::test]
async fn a_link_that_may_not_be_looked_at_keeps_its_id() {
    let elements = json!([{ "Name": "LogonAccount", "AccountID": "12_7" }]);
    let script = vec![(LINKED, vec![linked(elements)]), (CODES, vec![empty(403)])];
    let server = StandIn::start(with(well(), script)).await;
    let lab = lab();
    let account = open(&lab, &server.address, json!({})).account(&grant("WEB/shop")).await.unwrap();
    assert_eq!(account.logon_account.unwrap().to_string(), "corp:12_7");
}
