//! Logging on: every way, and what the server asks back.

use doorward::vault::{Password, Vault};
use serde_json::{Value, json};

use super::*;
use crate::lab::server::{StandIn, empty};

const RADIUS: &str = "POST /PasswordVault/API/Auth/RADIUS/Logon";

fn way(method: &str) -> Value {
    json!({ "auth": { method: { "username": "anna", "password-file": "password" } } })
}

fn challenge() -> Reply {
    let cookie = ("set-cookie", "radius=state-1; path=/".to_owned());
    let media = ("content-type", "application/json".to_owned());
    let body = json!({ "ErrorCode": "ITATS542I", "ErrorMessage": "Enter your one time code:" });
    Reply::Send(500, vec![cookie, media], body.to_string().into_bytes())
}

#[tokio::test]
async fn each_way_has_its_own_call() {
    for (method, call) in [
        ("cyberark", LOGON),
        ("ldap", "POST /PasswordVault/API/Auth/LDAP/Logon"),
        ("windows", "POST /PasswordVault/API/Auth/Windows/Logon"),
        ("radius", RADIUS),
    ] {
        let server = StandIn::start(with(well(), vec![(call, vec![ok(json!(TOKEN))])])).await;
        let lab = lab();
        let vault = open(&lab, &server.address, way(method));
        vault.account(&grant("WEB/shop")).await.unwrap();
        vault.close().await.unwrap();
        assert_eq!((server.count(call), server.count(LOGOFF)), (1, 1), "{method}");
    }
}

/// The token as three generations of servers send it.
#[tokio::test]
async fn a_token_comes_in_three_shapes() {
    let text = |media: &str, body: &str| {
        Reply::Send(200, vec![("content-type", media.to_owned())], body.as_bytes().to_vec())
    };
    for reply in [
        ok(json!(TOKEN)),
        ok(json!({ "CyberArkLogonResult": TOKEN })),
        text("text/plain", TOKEN),
        text("application/json", &format!("\"{TOKEN}\"\r\n")),
    ] {
        let server = StandIn::start(with(well(), vec![(LOGON, vec![reply])])).await;
        let lab = lab();
        open(&lab, &server.address, json!({})).account(&grant("WEB/shop")).await.unwrap();
        assert_eq!(server.seen().last().unwrap().header("authorization"), Some(TOKEN));
    }
}

#[tokio::test]
async fn without_a_file_the_password_is_asked_for() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let says = Says::these(&[LOGON_PASSWORD]);
    let more = json!({ "auth": { "cyberark": { "username": "broker" } } });
    let vault = open_with(&lab, &server.address, more.clone(), &says);
    vault.account(&grant("WEB/shop")).await.unwrap();
    assert_eq!(says.asked(), ["unseen: password of `broker` at vault `corp`: "]);
    assert!(server.seen()[0].body.contains("MARKED-logon"));
    // Nobody there.
    let error = open(&lab, &server.address, more).account(&grant("WEB/shop")).await.unwrap_err();
    assert_eq!(variant_of(&error), "Unanswered");
}

#[tokio::test]
async fn a_challenge_is_answered_at_the_terminal() {
    let replies = vec![challenge(), challenge(), ok(json!(TOKEN))];
    let server = StandIn::start(with(well(), vec![(RADIUS, replies)])).await;
    let lab = lab();
    let says = Says::these(&["MARKED-1111", "MARKED-2222"]);
    let vault = open_with(&lab, &server.address, way("radius"), &says);
    vault.account(&grant("WEB/shop")).await.unwrap();
    assert_eq!(says.asked(), vec!["unseen: vault `corp` says: Enter your one time code: "; 2]);
    let logons: Vec<_> = server.seen().into_iter().filter(|seen| seen.call == RADIUS).collect();
    let passwords: Vec<Value> = logons
        .iter()
        .map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap()["password"].clone())
        .collect();
    assert_eq!(passwords, [LOGON_PASSWORD, "MARKED-1111", "MARKED-2222"]);
    assert_eq!(logons[0].header("cookie"), None);
    for answer in &logons[1..] {
        assert_eq!(answer.header("cookie"), Some("radius=state-1"), "another logon to the server");
    }
}

#[tokio::test]
async fn a_challenge_is_answered_with_a_code_of_an_account_once() {
    let mut more = way("radius");
    more["auth"]["radius"]["totp-account"] = json!("codes:vpn/anna");
    let server = StandIn::start(well()).await;
    let lab = lab();
    for (replies, codes, variant, logons) in [
        (vec![challenge(), ok(json!(TOKEN))], &["MARKED-1111", "MARKED-2222"][..], "", 2),
        // A wrong code is not followed by another one.
        (vec![challenge()], &["MARKED-1111", "MARKED-2222"][..], "Unauthenticated", 2),
        (vec![challenge()], &[][..], "NoCode", 1),
    ] {
        server.script(vec![(RADIUS, replies)]);
        let before = server.count(RADIUS);
        let says = Says::these(codes);
        let vault = open_with(&lab, &server.address, more.clone(), &says);
        let found = vault.account(&grant("WEB/shop")).await.map_err(|error| {
            assert_nothing_leaks(&all_of(&error), "a challenge");
            variant_of(&error)
        });
        assert_eq!(found.err().unwrap_or_default(), variant);
        assert_eq!(says.asked(), ["code of codes:vpn/anna"]);
        assert_eq!(server.count(RADIUS) - before, logons);
    }
}

/// Who types takes time, which is not the server's.
#[tokio::test]
async fn what_a_person_takes_is_not_counted() {
    struct Slow;
    impl Responder for Slow {
        fn ask<'a>(&'a self, _: &'a str, _: bool) -> BoxFuture<'a, Option<Secret>> {
            Box::pin(async {
                tokio::time::sleep(std::time::Duration::from_secs(3)).await;
                Some(Secret::new("MARKED-1111".to_owned()))
            })
        }
    }
    let replies = vec![challenge(), ok(json!(TOKEN))];
    let server = StandIn::start(with(well(), vec![(RADIUS, replies)])).await;
    let lab = lab();
    let mut more = settings(&server.address, way("radius"));
    more.insert("deadline".into(), json!("2500ms"));
    let vault = Cyberark::open("corp".parse().unwrap(), more, lab.path(), Arc::new(Slow)).unwrap();
    vault.account(&grant("WEB/shop")).await.unwrap();
}

#[tokio::test]
async fn a_bearer_token_is_carried_and_not_ended() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    lab.write("token", format!("{TOKEN}\n"));
    let more = json!({ "auth": { "bearer": { "token-file": "token" } } });
    let vault = open(&lab, &server.address, more);
    let account = vault.account(&grant("WEB/shop")).await.unwrap();
    assert!(matches!(account.password, Password::Value(_)));
    for seen in server.seen() {
        assert_eq!(seen.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    }
    // Refused, it is read anew, because somebody may have renewed it.
    lab.write("token", "MARKED-rotated");
    server.script(vec![(RETRIEVE, vec![empty(401), ok(json!(PASSWORD))])]);
    vault.account(&grant("WEB/shop")).await.unwrap();
    let seen = server.seen();
    let last = seen.iter().rfind(|seen| seen.call == RETRIEVE).unwrap();
    assert_eq!(last.header("authorization"), Some("Bearer MARKED-rotated"));
    vault.close().await.unwrap();
    assert_eq!((server.count(LOGON), server.count(LOGOFF)), (0, 0));
}

#[tokio::test]
async fn a_bearer_token_comes_from_the_environment() {
    let name = "cyberark::logon::a_bearer_token_comes_from_the_environment";
    if alone(name, &[("DOORWARD_TEST_TOKEN", "MARKED-env")]).is_some() {
        return;
    }
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let more = json!({ "auth": { "bearer": { "token-env": "DOORWARD_TEST_TOKEN" } } });
    open(&lab, &server.address, more).account(&grant("WEB/shop")).await.unwrap();
    assert_eq!(server.seen().last().unwrap().header("authorization"), Some("Bearer MARKED-env"));
}

#[tokio::test]
async fn client_credentials_become_a_bearer_token() {
    const EXCHANGE: &str = "POST /oauth2/platformtoken";
    let issued = ok(json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 900 }));
    let tenant = StandIn::start(vec![(EXCHANGE, vec![issued])]).await;
    let server = StandIn::start(well()).await;
    let lab = lab();
    lab.write("client-secret", "MARKED s&cret=+\n");
    let more = json!({ "auth": { "oauth": {
        "url": tenant.address, "client-id": "broker@acme.example", "client-secret-file": "client-secret",
    } } });
    let vault = open(&lab, &server.address, more);
    vault.account(&grant("WEB/shop")).await.unwrap();
    let seen = &tenant.seen()[0];
    assert_eq!(
        seen.body,
        "grant_type=client_credentials&client_id=broker%40acme.example&client_secret=MARKED+s%26cret%3D%2B"
    );
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(seen.header("authorization"), None);
    let bearer = format!("Bearer {TOKEN}");
    assert!(server.seen().iter().all(|seen| seen.header("authorization") == Some(&bearer)));
    // A token that has ended is replaced.
    let second = ok(json!({ "access_token": "MARKED-second" }));
    tenant.script(vec![(EXCHANGE, vec![second])]);
    server.script(vec![(RETRIEVE, vec![empty(401), ok(json!(PASSWORD))])]);
    vault.account(&grant("WEB/shop")).await.unwrap();
    assert_eq!(server.seen().last().unwrap().header("authorization"), Some("Bearer MARKED-second"));
    vault.close().await.unwrap();
    assert_eq!(server.count(LOGOFF), 0);
}

/// Ctrl-C while the server thinks: the session that it then begins has to be ended all the same.
#[tokio::test]
async fn a_logon_that_nobody_waits_for_is_ended() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({}));
    let grant = grant("WEB/shop");
    // One poll is enough to begin, and not enough for an answer.
    let given_up = tokio::time::timeout(std::time::Duration::ZERO, vault.account(&grant)).await;
    assert!(given_up.is_err());
    vault.close().await.unwrap();
    let calls: Vec<_> = server.seen().into_iter().map(|seen| seen.call).collect();
    assert_eq!(calls, [LOGON, LOGOFF]);
}
