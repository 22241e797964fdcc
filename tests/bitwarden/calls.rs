//! How `bw serve` is called: what is asked, how often, and what good answers become.

use doorward::vault::{Password, Vault};
use serde_json::json;

use super::{
    CODES, ITEM, MASTER, PASSWORD, SEARCH, SEED, SESSION, SHOP, TOTP, data, grant, lab, list, now,
    open, refused, shop, shop_with, status, string, well,
};
use crate::lab::server::StandIn;

#[tokio::test]
async fn an_account_is_made_of_an_item() {
    for name in ["web/eu/shop", "shop", SHOP] {
        let (lab, server) = (lab(), StandIn::start(well()).await);
        let vault = open(&lab, &server.address, json!({}));
        let account = vault.account(&grant(name)).await.unwrap();
        assert_eq!(account.reference.to_string(), format!("team:{name}"));
        assert_eq!(account.username.as_deref(), Some("anna"));
        assert_eq!(account.address.as_deref(), Some("shop.example:8443"));
        assert_eq!(account.logon_account.as_ref().unwrap().to_string(), "codes:acme");
        let Password::WithCodes(password) = &account.password else { panic!("no codes") };
        assert_eq!(password.expose(), PASSWORD);
        let properties: Vec<_> = account
            .properties
            .iter()
            .map(|(n, p)| (n.as_str(), p.value.expose(), p.protected))
            .collect();
        let expected = [
            ("pin", "0007", true),
            ("region", "eu", false),
            ("staff", "true", false),
            ("url", "https://shop.example:8443/login", false),
        ];
        assert_eq!(properties, expected);
        // The seed is in the item's JSON and nowhere else.
        assert!(account.properties.values().all(|p| p.value.expose() != SEED));
        let code = vault.code(&grant(name)).await.unwrap();
        assert_eq!(code.digits.expose(), "204318");
        assert!(code.counter.is_none() && code.expires.is_none());
        vault.close().await.unwrap();
        // Nothing is asked twice, and nothing is locked that was unlocked before.
        for seen in server.seen() {
            assert_eq!(server.count(&seen.call), 1, "{}", seen.call);
        }
        assert_eq!(server.count("POST /sync"), 1);
        assert_eq!(server.count("POST /lock"), 0);
    }
}

#[tokio::test]
async fn what_an_item_has_decides_what_stands_for_its_password() {
    let login = |login| shop_with(json!({ "login": login }));
    for (item, expected) in [
        (login(json!({ "password": PASSWORD })), "Value(Secret(…))"),
        (login(json!({ "password": PASSWORD, "totp": "" })), "Value(Secret(…))"),
        (login(json!({ "password": PASSWORD, "totp": SEED })), "WithCodes(Secret(…))"),
        (login(json!({ "password": null, "totp": SEED })), "Computed"),
        (login(json!({ "password": "", "totp": null })), "Absent"),
        (login(json!(null)), "Absent"),
        (shop_with(json!({ "login": null, "fields": null, "reprompt": 1 })), "Absent"),
    ] {
        let (lab, server) = (lab(), StandIn::start(well()).await);
        server.script(vec![(ITEM, vec![data(item.clone())])]);
        let vault = open(&lab, &server.address, json!({}));
        let account = vault.account(&grant(SHOP)).await.unwrap();
        assert_eq!(format!("{:?}", account.password), expected, "{item}");
    }
}

#[tokio::test]
async fn hidden_fields_are_public_where_the_configuration_says_so() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({ "public-properties": ["Pin"] }));
    let account = vault.account(&grant(SHOP)).await.unwrap();
    assert_eq!(account.properties["pin"].shown(), Some("0007"));
}

#[tokio::test]
async fn a_search_is_no_match() {
    // The word is in the notes of one, in the name of another, and one is spelt otherwise.
    let others = json!([
        shop_with(json!({ "id": CODES, "name": "shop admin" })),
        shop(),
        shop_with(json!({ "id": CODES, "name": "Shop" })),
    ]);
    let (lab, server) = (lab(), StandIn::start(well()).await);
    server.script(vec![("GET /list/object/items?search=shop", vec![list(others)])]);
    let vault = open(&lab, &server.address, json!({}));
    vault.account(&grant("shop")).await.unwrap();
    assert_eq!(vault.code(&grant("shop")).await.unwrap().digits.expose(), "204318");
    assert_eq!(server.count(TOTP), 1);
}

#[tokio::test]
async fn a_locked_vault_is_unlocked_and_locked_again() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    server.script(vec![("GET /status", vec![status("locked", &now())])]);
    let vault = open(&lab, &server.address, json!({ "password-file": "master" }));
    vault.account(&grant(SHOP)).await.unwrap();
    vault.code(&grant(SHOP)).await.unwrap();
    vault.close().await.unwrap();
    vault.close().await.unwrap();
    let seen = server.seen();
    let unlock = seen.iter().find(|seen| seen.call == "POST /unlock").unwrap();
    assert_eq!(unlock.body, json!({ "password": MASTER }).to_string());
    assert_eq!((server.count("POST /unlock"), server.count("POST /lock")), (1, 1));
    assert!(seen.iter().all(|seen| seen.header("authorization").is_none()));
    assert!(seen.iter().all(|seen| !seen.body.contains(SESSION)));
}

#[tokio::test]
async fn a_vault_that_somebody_locks_meanwhile_is_unlocked_once_more() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    server.script(vec![(ITEM, vec![refused("Vault is locked."), data(shop())])]);
    let vault = open(&lab, &server.address, json!({ "password-file": "master" }));
    vault.account(&grant(SHOP)).await.unwrap();
    assert_eq!(server.count("POST /unlock"), 1);
}

#[tokio::test]
async fn a_copy_that_is_young_enough_is_used_without_its_server() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    server.script(vec![("POST /sync", vec![refused("Syncing failed: fetch failed")])]);
    let vault = open(&lab, &server.address, json!({}));
    vault.account(&grant(SHOP)).await.unwrap();
    vault.code(&grant(SHOP)).await.unwrap();
    assert_eq!(server.count("POST /sync"), 1);
}

#[tokio::test]
async fn the_list_names_what_no_reference_can_hold_by_its_id() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let items = json!([
        shop(),
        shop_with(json!({ "id": CODES, "name": "a/b: c", "folderId": null })),
        shop_with(json!({ "name": "alone", "folderId": null })),
    ]);
    server.script(vec![("GET /list/object/items", vec![list(items)])]);
    let vault = open(&lab, &server.address, json!({}));
    for (safe, expected) in [
        (None, format!("team:{CODES} team:alone team:web/eu/shop")),
        (Some("web"), "team:web/eu/shop".to_owned()),
        (Some("web/eu"), "team:web/eu/shop".to_owned()),
        (Some("we"), String::new()),
    ] {
        let listed = vault.list(safe).await.unwrap();
        let names: Vec<_> = listed.iter().map(|s| s.reference.to_string()).collect();
        assert_eq!(names.join(" "), expected, "{safe:?}");
        assert!(!format!("{listed:?}").contains("MARKED"));
    }
}

#[tokio::test]
async fn health_says_whose_vault_it_is_and_how_old() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let line = open(&lab, &server.address, json!({})).health().await.unwrap();
    let start = "unlocked, user anna@example.org of https://bitwarden.example, synchronised ";
    assert!(line.starts_with(start), "{line}");
    server.script(vec![(TOTP, vec![string("1")])]);
    assert_eq!(server.count(SEARCH), 0);
}
