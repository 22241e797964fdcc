//! How the vault is called: what is sent, how often, and what good answers become.

use doorward::vault::{Password, Vault};
use serde_json::{Value, json};

use super::*;
use crate::lab::server::{StandIn, empty};

fn body(seen: &crate::lab::server::Seen) -> Value {
    serde_json::from_str(&seen.body).unwrap()
}

#[tokio::test]
async fn an_account_is_made_of_its_parts() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({}));
    let account = vault.account(&grant("WEB/shop")).await.unwrap();
    assert_eq!(account.reference.to_string(), "corp:WEB/shop");
    assert_eq!(account.username.as_deref(), Some("anna"));
    assert_eq!(account.address.as_deref(), Some("shop.example:8443"));
    assert!(account.logon_account.is_none() && account.reconcile_account.is_none());
    let Password::Value(password) = &account.password else { panic!("no password") };
    assert_eq!(password.expose(), PASSWORD);
    let properties: Vec<_> = account
        .properties
        .iter()
        .map(|(name, p)| (name.as_str(), p.value.expose(), p.protected))
        .collect();
    let expected = [
        ("count", "3", false),
        ("logondomain", "ACME", false),
        ("name", "shop", false),
        ("platformid", "WebApp", false),
        ("port", "8443", false),
        ("safe", "WEB", false),
    ];
    assert_eq!(properties, expected);
    assert_nothing_leaks(&format!("{account:?}"), "the account");
    vault.close().await.unwrap();
    vault.close().await.unwrap();

    let calls: Vec<_> = server.seen().iter().map(|seen| seen.call.clone()).collect();
    assert_eq!(calls[..2], [LOGON, FIND]);
    let mut both = calls[2..4].to_vec();
    both.sort();
    assert_eq!(both, [LINKED, RETRIEVE]);
    assert_eq!(calls[4..], [PLATFORMS, LOGOFF], "closed twice, logged off once");
    let seen = server.seen();
    assert_eq!(
        body(&seen[0]),
        json!({ "username": "broker", "password": LOGON_PASSWORD, "concurrentSession": true })
    );
    assert_eq!(seen[0].header("authorization"), None);
    for seen in &seen[1..] {
        assert_eq!(seen.header("authorization"), Some(TOKEN), "{}", seen.call);
    }
    assert_eq!(seen.iter().find(|seen| seen.call == RETRIEVE).unwrap().body, "{}");
}

#[tokio::test]
async fn one_logon_serves_every_account_and_its_cookies_are_kept() {
    let cookie = |value: &str| vec![("set-cookie", format!("node={value}; path=/; HttpOnly"))];
    let logon = Reply::Send(200, cookie("seven"), json!(TOKEN).to_string().into_bytes());
    let server = StandIn::start(with(well(), vec![(LOGON, vec![logon])])).await;
    let lab = lab();
    let vault = open(&lab, &server.address, json!({}));
    let (one, other) = (grant("WEB/shop"), grant("WEB/12_3"));
    let (one, other) = tokio::join!(vault.account(&one), vault.account(&other));
    one.and(other).unwrap();
    vault.close().await.unwrap();
    assert_eq!((server.count(LOGON), server.count(LOGOFF)), (1, 1));
    for seen in server.seen().iter().filter(|seen| seen.call != LOGON) {
        assert_eq!(seen.header("cookie"), Some("node=seven"), "{}", seen.call);
    }
}

#[tokio::test]
async fn it_logs_off_after_a_failure_too() {
    for (call, reply) in [
        (FIND, empty(500)),
        (RETRIEVE, error(403, "PASWS041E", "You are not authorized to perform this action.")),
        (LINKED, Reply::BreakOff),
        (RETRIEVE, Reply::Flood),
    ] {
        let server = StandIn::start(with(well(), vec![(call, vec![reply])])).await;
        let lab = lab();
        let vault = open(&lab, &server.address, json!({}));
        vault.account(&grant("WEB/shop")).await.unwrap_err();
        vault.close().await.unwrap();
        assert_eq!((server.count(LOGON), server.count(LOGOFF)), (1, 1), "{call}");
    }
}

#[tokio::test]
async fn a_refused_logon_is_tried_once_and_leaves_nothing_to_end() {
    let refused = error(403, "PASWS013E", "Authentication failure for User [broker].");
    let server = StandIn::start(with(well(), vec![(LOGON, vec![refused])])).await;
    let lab = lab();
    let vault = open(&lab, &server.address, json!({}));
    for _ in 0..2 {
        let error = vault.account(&grant("WEB/shop")).await.unwrap_err();
        assert_eq!(variant_of(&error), "Unauthenticated");
    }
    vault.close().await.unwrap();
    assert_eq!((server.count(LOGON), server.seen().len()), (1, 1), "accounts get locked");
}

#[tokio::test]
async fn a_session_that_ended_is_begun_anew_once() {
    let ended = || error(401, "PASWS006E", "Session Timed out");
    let server = StandIn::start(with(
        well(),
        vec![
            (LOGON, vec![ok(json!(TOKEN)), ok(json!("MARKED-second"))]),
            (RETRIEVE, vec![ended(), ok(json!(PASSWORD))]),
        ],
    ))
    .await;
    let lab = lab();
    let vault = open(&lab, &server.address, json!({}));
    vault.account(&grant("WEB/shop")).await.unwrap();
    assert_eq!((server.count(LOGON), server.count(RETRIEVE)), (2, 2));
    vault.close().await.unwrap();
    assert_eq!(server.seen().last().unwrap().header("authorization"), Some("MARKED-second"));

    // A balancer that loses the session every time.
    let server = StandIn::start(with(well(), vec![(FIND, vec![ended()])])).await;
    server.script(vec![(LOGON, vec![ok(json!(TOKEN)), ok(json!("MARKED-second"))])]);
    let vault = open(&lab, &server.address, json!({}));
    let error = vault.account(&grant("WEB/shop")).await.unwrap_err();
    assert_eq!(variant_of(&error), "Unauthenticated");
    assert_eq!((server.count(LOGON), server.count(FIND)), (2, 2));
}

#[tokio::test]
async fn the_purpose_reaches_the_vault() {
    let purpose = Purpose {
        reason: Some("disk \"full\"".into()),
        ticket: Some("INC-1".into()),
        ticketing_system: Some("ServiceNow".into()),
    };
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({}));
    vault.account(&grant_for("WEB/shop", &purpose)).await.unwrap();
    let seen = server.seen();
    let retrieve = seen.iter().find(|seen| seen.call == RETRIEVE).unwrap();
    let expected = json!({
        "Reason": "disk \"full\"", "TicketingSystem": "ServiceNow", "TicketId": "INC-1",
    });
    assert_eq!(body(retrieve), expected);
}

fn missing(parameter: &str) -> Reply {
    error(400, "PASWS088E", &format!("Missing mandatory parameter - {parameter}."))
}

#[tokio::test]
async fn what_a_platform_wants_to_know_is_asked() {
    let replies = vec![missing("Reason"), missing("TicketId"), ok(json!(PASSWORD))];
    let server = StandIn::start(with(well(), vec![(RETRIEVE, replies)])).await;
    let lab = lab();
    let says = Says::these(&["disk full", "INC-1"]);
    let vault = open_with(&lab, &server.address, json!({}), &says);
    vault.account(&grant("WEB/shop")).await.unwrap();
    let expected = [
        "seen: vault `corp` wants a reason for `WEB/shop`: ",
        "seen: vault `corp` wants the id of a ticket for `WEB/shop`: ",
    ];
    assert_eq!(says.asked(), expected);
    let bodies: Vec<_> =
        server.seen().iter().filter(|seen| seen.call == RETRIEVE).map(body).collect();
    let expected = [
        json!({}),
        json!({ "Reason": "disk full" }),
        json!({ "Reason": "disk full", "TicketId": "INC-1" }),
    ];
    assert_eq!(bodies, expected);
}

#[tokio::test]
async fn what_was_said_is_not_asked_again() {
    let purpose = Purpose { reason: Some("x".into()), ..Purpose::default() };
    let server = StandIn::start(with(well(), vec![(RETRIEVE, vec![missing("Reason")])])).await;
    let lab = lab();
    let says = Says::these(&["disk full", "disk full", "disk full"]);
    let vault = open_with(&lab, &server.address, json!({}), &says);
    let error = vault.account(&grant_for("WEB/shop", &purpose)).await.unwrap_err();
    assert_eq!((variant_of(&error).as_str(), server.count(RETRIEVE)), ("Refused", 1));
    assert_eq!(says.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn every_page_of_a_search_is_read() {
    const SECOND: &str =
        "GET /PasswordVault/API/Accounts?search=shop&filter=safeName+eq+WEB&limit=1000&offset=2";
    let next = "api/Accounts?offset=2&limit=1000&search=shop";
    let first = ok(json!({
        "value": [account("12_1", "WEB", "shop-old"), account("12_2", "WEB", "shopping")],
        "count": 3, "nextLink": next,
    }));
    let server =
        StandIn::start(with(well(), vec![(FIND, vec![first]), (SECOND, vec![page(&[shop()])])]))
            .await;
    let lab = lab();
    let vault = open(&lab, &server.address, json!({}));
    let account = vault.account(&grant("WEB/shop")).await.unwrap();
    assert_eq!(account.properties["name"].value.expose(), "shop");
    assert_eq!((server.count(FIND), server.count(SECOND)), (1, 1));
}

#[tokio::test]
async fn a_link_to_the_next_page_sends_the_token_nowhere_else() {
    const SECOND: &str =
        "GET /PasswordVault/API/Accounts?search=shop&filter=safeName+eq+WEB&limit=1000&offset=1";
    for next in
        ["https://elsewhere.example/api/Accounts?limit=9", "//x?offset=0", "nonsense", "?offset=1"]
    {
        let first = ok(json!({
            "value": [account("12_1", "WEB", "shop-old")], "nextLink": next,
        }));
        let script = vec![(FIND, vec![first]), (SECOND, vec![page(&[shop()])])];
        let server = StandIn::start(with(well(), script)).await;
        let lab = lab();
        let vault = open(&lab, &server.address, json!({}));
        vault.account(&grant("WEB/shop")).await.unwrap_or_else(|error| panic!("{next}: {error}"));
        assert_eq!(server.count(SECOND), 1, "{next}");
    }
}

/// Which accounts a search finds, and which one is meant.
#[tokio::test]
async fn a_name_means_one_account_and_an_id_is_one() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let neighbours =
        page(&[account("12_1", "WEB", "shop2"), shop(), account("12_9", "WEB", "Shop")]);
    server.script(vec![
        (FIND, vec![neighbours]),
        (
            "GET /PasswordVault/API/Accounts?search=SHOP&filter=safeName+eq+web&limit=1000&offset=0",
            vec![page(&[shop()])],
        ),
        (
            "GET /PasswordVault/API/Accounts?search=shop&limit=1000&offset=0",
            vec![page(&[shop()])],
        ),
    ]);
    for (name, finds) in [
        ("WEB/shop", 1),
        ("web/SHOP", 1),
        ("shop", 1),
        ("12_3", 0),
        ("WEB/12_3", 0),
        ("web/12_3", 0),
    ] {
        let before = server.seen().len();
        let vault = open(&lab, &server.address, json!({}));
        let account = vault.account(&grant(name)).await;
        let account = account.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(account.reference.to_string(), format!("corp:{name}"));
        assert_eq!(account.properties["name"].value.expose(), "shop", "{name}");
        let seen = server.seen();
        let found = seen[before..].iter().filter(|s| s.call.contains("/Accounts?")).count();
        assert_eq!(found, finds, "{name}");
    }
}

#[tokio::test]
async fn an_account_is_looked_up_once() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({}));
    for name in ["WEB/shop", "WEB/shop", "12_3"] {
        vault.account(&grant(name)).await.unwrap();
    }
    assert_eq!((server.count(FIND), server.count(SHOP)), (1, 0));
}

/// The body of an answer as real servers and their helpers send it.
#[tokio::test]
async fn a_secret_is_a_json_string_or_the_text_as_it_is() {
    let send = |media: &str, body: &str| {
        let headers = match media {
            "" => vec![],
            media => vec![("content-type", media.to_owned())],
        };
        Reply::Send(200, headers, body.as_bytes().to_vec())
    };
    for (reply, expected) in [
        (send("application/json; charset=utf-8", r#""p&ss \"w\u00f6rd\\""#), "p&ss \"wörd\\"),
        (send("application/json", "\"\""), ""),
        (send("", "\"quoted\""), "quoted"),
        (send("text/plain", "a raw \"text\" "), "a raw \"text\" "),
        (send("text/plain; charset=utf-8", "\"kept\""), "\"kept\""),
        (send("", "{not: json"), "{not: json"),
    ] {
        let server = StandIn::start(with(well(), vec![(RETRIEVE, vec![reply])])).await;
        let lab = lab();
        let account = open(&lab, &server.address, json!({})).account(&grant("WEB/shop")).await;
        let Password::Value(found) = account.unwrap().password else { panic!("no password") };
        assert_eq!(found.expose(), expected);
    }
}

#[tokio::test]
async fn no_part_of_an_answer_is_taken_for_the_whole() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({}));
    let Reply::Send(status, headers, whole) = ok(json!(PASSWORD)) else { panic!("no body") };
    for end in 0..whole.len() {
        let part = Reply::Send(status, headers.clone(), whole[..end].to_vec());
        server.script(vec![(RETRIEVE, vec![part])]);
        let error = vault.account(&grant("WEB/shop")).await.unwrap_err();
        assert_eq!(variant_of(&error), "Garbled", "{end}");
        assert_nothing_leaks(&all_of(&error), "a part of an answer");
    }
}

#[tokio::test]
async fn an_address_may_have_a_path() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    for path in
        ["", "/", "/PasswordVault", "/PasswordVault/", "/PasswordVault/API", "/PasswordVault/api/"]
    {
        let vault = open(&lab, &format!("{}{path}", server.address), json!({}));
        vault.account(&grant("WEB/shop")).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

#[tokio::test]
async fn a_list_has_every_account_and_no_secret() {
    const ALL: &str = "GET /PasswordVault/API/Accounts?limit=1000&offset=0";
    const REST: &str = "GET /PasswordVault/API/Accounts?limit=1000&offset=3";
    let first = ok(json!({
        "value": [shop(), account("9_1", "OPS", "a/b:c"), account("9_2", "OPS", "7_7")],
        "nextLink": "api/accounts?limit=1000&offset=3",
    }));
    let bare = json!({ "id": "9_3", "safeName": "OPS", "name": "bare" });
    let server =
        StandIn::start(with(well(), vec![(ALL, vec![first]), (REST, vec![page(&[bare])])])).await;
    let lab = lab();
    let vault = open(&lab, &server.address, json!({}));
    let list = vault.list(None).await.unwrap();
    let names: Vec<_> = list.iter().map(|summary| summary.reference.to_string()).collect();
    assert_eq!(names, ["corp:OPS/9_1", "corp:OPS/9_2", "corp:OPS/bare", "corp:WEB/shop"]);
    assert_eq!(list[3].username.as_deref(), Some("anna"));
    assert_eq!(list[2].username, None);
    assert_eq!(server.count(RETRIEVE), 0);
}

#[tokio::test]
async fn the_doctor_hears_of_version_and_logon() {
    const SERVER: &str = "GET /PasswordVault/WebServices/PIMServices.svc/Server";
    let version = ok(json!({ "ServerName": "Vault", "ExternalVersion": "14.2.1" }));
    for (reply, expected) in [
        (
            version,
            "version 14.2.1, the CyberArk logon of `broker` with the password in {} works and ends",
        ),
        (
            empty(404),
            "reachable, the CyberArk logon of `broker` with the password in {} works and ends",
        ),
    ] {
        let server = StandIn::start(with(well(), vec![(SERVER, vec![reply])])).await;
        let lab = lab();
        let line = open(&lab, &server.address, json!({})).health().await.unwrap();
        let file = lab.path().join("password").display().to_string();
        assert_eq!(line, expected.replace("{}", &file));
        assert_eq!((server.count(LOGON), server.count(LOGOFF)), (1, 1));
    }
}

/// When an account goes back, and when it is left alone.
#[tokio::test]
async fn what_is_exclusive_is_checked_in() {
    let forbidden = || error(403, "PASWS041E", "You are not authorized to perform this action.");
    for (more, platform, checked_in, asked) in [
        (json!({}), platforms(json!(true)), 1, 1),
        (json!({}), platforms(json!({ "IsActive": true, "IsAnException": false })), 1, 1),
        (json!({}), platforms(json!(false)), 0, 1),
        (json!({}), forbidden(), 0, 1),
        (json!({}), ok(json!([])), 0, 1),
        (json!({ "exclusive-platforms": ["webapp"] }), forbidden(), 1, 0),
        (json!({ "check-in": "always" }), forbidden(), 1, 0),
        (json!({ "check-in": "never" }), platforms(json!(true)), 0, 0),
        (json!({ "check-in": "never", "exclusive-platforms": ["WebApp"] }), forbidden(), 0, 0),
    ] {
        let script = vec![(PLATFORMS, vec![platform]), (CHECK_IN, vec![empty(200)])];
        let server = StandIn::start(with(well(), script)).await;
        let lab = lab();
        let vault = open(&lab, &server.address, more.clone());
        vault.account(&grant("WEB/shop")).await.unwrap();
        assert_eq!(server.count(CHECK_IN), 0);
        vault.close().await.unwrap();
        assert_eq!(
            (server.count(CHECK_IN), server.count(PLATFORMS)),
            (checked_in, asked),
            "{more}"
        );
        assert_eq!(server.seen().last().unwrap().call, LOGOFF, "{more}");
    }
}

#[tokio::test]
async fn who_cannot_check_in_says_so_and_logs_off() {
    let refused = error(400, "PASWS167E", "The account is not checked out.");
    let server = StandIn::start(with(well(), vec![(CHECK_IN, vec![refused])])).await;
    let lab = lab();
    let vault = open(&lab, &server.address, json!({ "check-in": "always" }));
    vault.account(&grant("WEB/shop")).await.unwrap();
    let error = vault.close().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "vault `corp` did not check `WEB/shop` in: PASWS167E The account is not checked out."
    );
    assert_eq!(server.count(LOGOFF), 1);
}

/// The answer may have got lost: the account is checked out all the same.
#[tokio::test]
async fn what_was_retrieved_in_vain_is_checked_in() {
    let script = vec![(RETRIEVE, vec![Reply::BreakOff]), (CHECK_IN, vec![empty(200)])];
    let server = StandIn::start(with(well(), script)).await;
    let lab = lab();
    let vault = open(&lab, &server.address, json!({ "exclusive-platforms": ["WebApp"] }));
    vault.account(&grant("WEB/shop")).await.unwrap_err();
    vault.close().await.unwrap();
    assert_eq!(server.count(CHECK_IN), 1);
}

#[tokio::test]
async fn what_passes_is_asked_again_and_nothing_else() {
    let busy = || error(429, "PASWS999E", "Too many requests");
    for (name, call, replies, variant, asked) in [
        ("busy once", RETRIEVE, vec![busy(), ok(json!(PASSWORD))], "", 2),
        ("busy for ever", RETRIEVE, vec![busy()], "Busy", 4),
        (
            "a broken server",
            RETRIEVE,
            vec![error(500, "PASWS011E", "x"), ok(json!(PASSWORD))],
            "Refused",
            1,
        ),
        ("a search in a busy moment", FIND, vec![empty(503), page(&[shop()])], "", 2),
        ("a logon in a busy moment", LOGON, vec![busy(), ok(json!(TOKEN))], "Busy", 1),
    ] {
        let server = StandIn::start(with(well(), vec![(call, replies)])).await;
        let lab = lab();
        let vault = open(&lab, &server.address, json!({}));
        let found = vault.account(&grant("WEB/shop")).await.map_err(|error| variant_of(&error));
        assert_eq!(found.err().unwrap_or_default(), variant, "{name}");
        assert_eq!(server.count(call), asked, "{name}");
    }
}
