//! How the service is called, and what good answers become.

use doorward::vault::{Password, Vault};
use serde_json::json;

use super::*;
use crate::lab::server::StandIn;

#[tokio::test]
async fn an_object_is_an_account() {
    let (lab, server) = (Lab::new(), StandIn::start(well()).await);
    let account = open(&lab, &server.address, json!({})).account(&grant("WEB/shop")).await.unwrap();
    assert_eq!(account.reference.to_string(), "apps:WEB/shop");
    assert_eq!(account.username.as_deref(), Some("anna"));
    assert_eq!(account.address.as_deref(), Some("shop.example:8443"));
    assert_eq!(account.logon_account.unwrap().to_string(), "codes:web/shop");
    assert!(account.reconcile_account.is_none());
    let Password::Value(password) = &account.password else { panic!("no password") };
    assert_eq!(password.expose(), PASSWORD);
    assert!(account.properties.values().all(|property| !property.protected));
    let names: Vec<_> = account.properties.keys().map(String::as_str).collect();
    let expected = [
        "cpmstatus",
        "creationmethod",
        "devicetype",
        "folder",
        "name",
        "policyid",
        "retriescount",
        "safe",
    ];
    assert_eq!(names, expected);
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].header("authorization")), (1, None));
}

/// What each reference and each setting asks the service for.
#[tokio::test]
async fn a_reference_becomes_criteria() {
    let reason = Purpose { reason: Some("disk full".into()), ..Purpose::default() };
    let none = Purpose::default();
    for (account, more, purpose, query) in [
        ("WEB/shop", json!({}), &none, "Safe=WEB&Object=shop"),
        ("shop", json!({}), &none, "Object=shop"),
        ("WEB/eu/west/shop", json!({}), &none, "Safe=WEB&Folder=eu%5Cwest&Object=shop"),
        ("WEB/shop", json!({ "folder": "Root" }), &none, "Safe=WEB&Folder=Root&Object=shop"),
        ("WEB/shop", json!({}), &reason, "Safe=WEB&Object=shop&Reason=disk+full"),
        ("My Safe/a&b=c", json!({}), &none, "Safe=My+Safe&Object=a%26b%3Dc"),
        (
            "WEB/shop",
            json!({ "query": "Safe={safe};Folder={folder};Object={name}" }),
            &none,
            "Query=Safe%3DWEB%3BFolder%3DRoot%3BObject%3Dshop",
        ),
    ] {
        let call = format!("GET /AIMWebService/api/Accounts?AppID=Doorward&{query}");
        let call: &'static str = Box::leak(call.into_boxed_str());
        let server = StandIn::start(vec![(call, vec![ok(shop(json!({})))])]).await;
        let lab = Lab::new();
        let vault = open(&lab, &server.address, more);
        let found = vault.account(&grant_for(account, purpose)).await;
        found.unwrap_or_else(|error| panic!("{query}: {error}\n{:?}", server.seen()));
    }
}

#[tokio::test]
async fn a_query_takes_no_more_than_names() {
    let (lab, server) = (Lab::new(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({ "query": "Safe={safe};Object={name}" }));
    for account in ["WEB/shop;Object=root", "WEB;Safe=OPS/shop", "WEB/{safe}", "W=B/shop"] {
        let error = vault.account(&grant(account)).await.unwrap_err();
        assert_eq!(variant_of(&error), "Unsupported", "{account}");
    }
    assert_eq!(server.seen().len(), 0);
}

/// A change that is under way is waited for, however it is told.
#[tokio::test]
async fn a_change_is_waited_for() {
    let flag = |value| ok(shop(json!({ "PasswordChangeInProcess": value })));
    for (name, replies, asked) in [
        ("a text", vec![flag(json!("True")), flag(json!("False"))], 2),
        ("a text in lower case", vec![flag(json!("true")), flag(json!("false"))], 2),
        ("a boolean", vec![flag(json!(true)), flag(json!(false))], 2),
        ("an error", vec![changing(), changing(), ok(shop(json!({})))], 3),
        ("another error", vec![error(500, "APPAP286E", "x"), ok(shop(json!({})))], 2),
        ("no change", vec![flag(json!(null)), changing()], 1),
    ] {
        let server = StandIn::start(vec![(SHOP, replies)]).await;
        let lab = Lab::new();
        let account = open(&lab, &server.address, json!({})).account(&grant("WEB/shop")).await;
        account.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(server.count(SHOP), asked, "{name}");
    }
}

#[tokio::test]
async fn a_change_that_does_not_end_is_said() {
    for reply in [changing(), ok(shop(json!({ "PasswordChangeInProcess": "True" })))] {
        let server = StandIn::start(vec![(SHOP, vec![reply])]).await;
        let lab = Lab::new();
        let vault = open(&lab, &server.address, json!({ "deadline": "900ms" }));
        let error = vault.account(&grant("WEB/shop")).await.unwrap_err();
        assert_eq!(variant_of(&error), "Changing");
        assert!(server.count(SHOP) > 1);
        assert_nothing_leaks(&all_of(&error), "a change");
    }
}

#[tokio::test]
async fn a_lost_vault_is_asked_for_again_and_not_for_ever() {
    let lost = || error(400, "APPAP007E", "Connection to the Vault has failed.");
    for (replies, variant) in [(vec![lost(), ok(shop(json!({})))], ""), (vec![lost()], "Unready")] {
        let server = StandIn::start(vec![(SHOP, replies)]).await;
        let lab = Lab::new();
        let found = open(&lab, &server.address, json!({})).account(&grant("WEB/shop")).await;
        assert_eq!(found.map_err(|e| variant_of(&e)).err().unwrap_or_default(), variant);
        assert!((2..=4).contains(&server.count(SHOP)), "{}", server.count(SHOP));
    }
}

#[tokio::test]
async fn a_logon_account_is_configured_or_a_property() {
    let (lab, server) = (Lab::new(), StandIn::start(well()).await);
    for (more, logon) in [
        (json!({}), "codes:web/shop"),
        (json!({ "links": { "web/SHOP": { "logon-account": "WEB/shop-seed" } } }), "WEB/shop-seed"),
        (json!({ "links": { "WEB/shop": { "reconcile-account": "x" } } }), "codes:web/shop"),
        (json!({ "links": { "WEB/bank": { "logon-account": "x" } } }), "codes:web/shop"),
        (json!({ "keys": { "logon-account": "name" } }), "shop"),
        (json!({ "keys": { "logon-account": "absent" } }), ""),
    ] {
        let vault = open(&lab, &server.address, more.clone());
        let account = vault.account(&grant("WEB/shop")).await.unwrap();
        let found = account.logon_account.map(|link| link.to_string()).unwrap_or_default();
        assert_eq!(found, logon, "{more}");
    }
}

#[tokio::test]
async fn no_part_of_an_answer_is_taken_for_the_whole() {
    let (lab, server) = (Lab::new(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({}));
    let Reply::Send(status, headers, whole) = ok(shop(json!({}))) else { panic!("no body") };
    for end in 0..whole.len() {
        let part = Reply::Send(status, headers.clone(), whole[..end].to_vec());
        server.script(vec![(SHOP, vec![part])]);
        let error = vault.account(&grant("WEB/shop")).await.unwrap_err();
        assert_eq!(variant_of(&error), "Garbled", "{end}");
        assert_nothing_leaks(&all_of(&error), "a part of an answer");
    }
}

#[tokio::test]
async fn the_doctor_hears_whether_the_application_is_known() {
    const NOBODY: &str =
        "GET /AIMWebService/api/Accounts?AppID=Doorward&Object=doorward-health-check";
    for (reply, expected) in [
        (
            error(404, "APPAP004E", "Password object matching query was not found"),
            "reachable, the application `Doorward` without a client certificate is known",
        ),
        (error(403, "APPAP306E", "Authentication error for App ID [Doorward]"), "Unauthenticated"),
        (ok(shop(json!({}))), "Garbled"),
        (crate::lab::server::html(404), "Garbled"),
    ] {
        let server = StandIn::start(vec![(NOBODY, vec![reply])]).await;
        let lab = Lab::new();
        let health = open(&lab, &server.address, json!({})).health().await;
        assert_eq!(health.unwrap_or_else(|error| variant_of(&error)), expected);
    }
}
