//! How the vault is called: what is sent to whom, how often, and what good answers become.

use doorward::vault::{Password, Vault};
use serde_json::json;

use super::{
    Ask, PASSWORD, SECRET_ID, TOKEN, all_of, alone, approle, assert_nothing_leaks, grant, lab,
    login, lookup, mount, open, shop, variant_of, well, with,
};
use crate::lab::server::{Reply, StandIn, empty, errors, html, json_of, ok, redirect};

const LOGIN: &str = "POST /v1/auth/approle/login";
const LOOKUP: &str = "GET /v1/auth/token/lookup-self";
const MOUNT: &str = "GET /v1/sys/internal/ui/mounts/secret";
const RENEW: &str = "POST /v1/auth/token/renew-self";
const SHOP: &str = "GET /v1/secret/data/web/shop";
const OLD_SHOP: &str = "GET /v1/secret/web/shop";

fn forbidden() -> Reply {
    errors(403, &["1 error occurred:\n\t* permission denied\n\n"])
}

fn v1() -> Reply {
    ok(json!({ "lease_duration": 2_764_800, "data": { "username": "anna", "password": PASSWORD } }))
}

#[tokio::test]
async fn an_account_is_made_of_its_fields() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let more = json!({ "public-properties": ["PIN"], "namespace": "team-a/" });
    let vault = open(&lab, &server.address, more);
    let account = vault.account(&grant("web/shop")).await.unwrap();
    assert_eq!(account.reference.to_string(), "corp:web/shop");
    assert_eq!(account.username.as_deref(), Some("anna"));
    assert_eq!(account.address.as_deref(), Some("shop.example:8443"));
    assert_eq!(account.logon_account.as_ref().unwrap().to_string(), "codes:acme");
    assert!(account.reconcile_account.is_none());
    let Password::Value(password) = &account.password else { panic!("no password") };
    assert_eq!(password.expose(), PASSWORD);
    let properties: Vec<_> = account
        .properties
        .iter()
        .map(|(n, p)| (n.as_str(), p.value.expose(), p.protected))
        .collect();
    assert_eq!(properties, [("pin", "0007", false), ("port", "8443", false)]);
    assert!(!format!("{account:?}").contains("MARKED"));
    for seen in server.seen() {
        assert_eq!(seen.header("x-vault-token"), Some(TOKEN), "{}", seen.call);
        assert_eq!(seen.header("x-vault-namespace"), Some("team-a"), "{}", seen.call);
        assert_eq!(seen.header("x-vault-request"), Some("true"), "{}", seen.call);
    }
}

#[tokio::test]
async fn keys_are_named_by_the_configuration_and_ignore_case() {
    let secret = super::v2(json!({ "User": "anna", "PASSWORD": PASSWORD, "extra": "x" }));
    let server = StandIn::start(with(well(), vec![(SHOP, vec![secret])])).await;
    let lab = lab();
    let vault = open(&lab, &server.address, json!({ "keys": { "username": "user" } }));
    let account = vault.account(&grant("web/shop")).await.unwrap();
    assert_eq!(account.username.as_deref(), Some("anna"));
    assert!(matches!(account.password, Password::Value(_)));
    assert!(account.properties["extra"].protected);
}

#[tokio::test]
async fn without_a_password_there_is_none() {
    let secret = super::v2(json!({ "username": "anna", "password": null }));
    let server = StandIn::start(with(well(), vec![(SHOP, vec![secret])])).await;
    let lab = lab();
    let account = open(&lab, &server.address, json!({})).account(&grant("web/shop")).await.unwrap();
    assert!(matches!(account.password, Password::Absent));
}

#[tokio::test]
async fn names_are_encoded() {
    let server = StandIn::start(well()).await;
    server.script(vec![("GET /v1/secret/data/web%20eu/a%20b%25%3F%23", vec![shop()])]);
    let lab = lab();
    let vault = open(&lab, &server.address, json!({}));
    vault.account(&grant("web eu/a b%?#")).await.unwrap();
}

#[tokio::test]
async fn an_address_may_have_a_path() {
    let server = StandIn::start(vec![
        ("GET /proxy/v1/auth/token/lookup-self", vec![lookup(3600, 3600, true)]),
        ("GET /proxy/v1/sys/internal/ui/mounts/secret", vec![mount("kv", "secret/", Some("2"))]),
        ("GET /proxy/v1/secret/data/web/shop", vec![shop()]),
    ])
    .await;
    let lab = lab();
    for path in ["/proxy", "/proxy/", "/proxy/v1", "/proxy/v1/"] {
        let vault = open(&lab, &format!("{}{path}", server.address), json!({}));
        vault.account(&grant("web/shop")).await.unwrap();
    }
}

#[tokio::test]
async fn no_part_of_an_answer_is_taken_for_the_whole() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({}));
    let Reply::Send(status, headers, whole) = shop() else { panic!("no body") };
    for end in 0..whole.len() {
        let part = Reply::Send(status, headers.clone(), whole[..end].to_vec());
        server.script(vec![(SHOP, vec![part])]);
        let error = vault.account(&grant("web/shop")).await.unwrap_err();
        assert_eq!(variant_of(&error), "Garbled", "{end}");
        assert_nothing_leaks(&all_of(&error), "a part of an answer");
    }
}

/// How a server tells, or hides, which version a mount is.
#[tokio::test]
async fn both_versions_are_read_however_the_server_tells() {
    let invalid_path = || {
        json_of(
            404,
            json!({ "data": null, "warnings": ["Invalid path for a versioned K/V secrets engine."] }),
        )
    };
    let nothing = || errors(404, &[]);
    let no_metadata = ok(json!({ "data": { "data": { "password": PASSWORD } } }));
    let under_data = ok(json!({ "data": { "password": "another" } }));
    for (name, told, two, one, calls) in [
        ("told: 2", mount("kv", "secret/", Some("2")), shop(), errors(500, &[]), 1),
        ("told: 1", mount("kv", "secret/", Some("1")), errors(500, &[]), v1(), 1),
        ("told: none", mount("kv", "secret/", None), errors(500, &[]), v1(), 1),
        ("told: generic", mount("generic", "secret/", None), errors(500, &[]), v1(), 1),
        ("hidden: 2", forbidden(), shop(), errors(500, &[]), 1),
        ("hidden: 1", forbidden(), nothing(), v1(), 2),
        ("hidden: 1, other paths forbidden", forbidden(), forbidden(), v1(), 2),
        ("hidden: 1, a secret at data/", forbidden(), under_data, v1(), 2),
        ("no such page: 1", empty(404), empty(404), v1(), 2),
        ("RustyVault's version 2", empty(404), no_metadata, errors(500, &[]), 1),
        ("a page: 2", html(404), shop(), invalid_path(), 1),
    ] {
        let script = vec![(MOUNT, vec![told]), (SHOP, vec![two]), (OLD_SHOP, vec![one])];
        let server = StandIn::start(with(well(), script)).await;
        let lab = lab();
        let vault = open(&lab, &server.address, json!({}));
        for round in 1..=2 {
            let account = vault.account(&grant("web/shop")).await;
            let account = account.unwrap_or_else(|error| panic!("{name}: {error}"));
            let Password::Value(password) = account.password else { panic!("{name}: none") };
            assert_eq!(password.expose(), PASSWORD, "{name}");
            assert_eq!(server.count(MOUNT), 1, "{name}: asked again");
            let reads = server.count(SHOP) + server.count(OLD_SHOP);
            assert_eq!(reads, calls + round - 1, "{name}: the version was not remembered");
        }
    }
}

#[tokio::test]
async fn a_hidden_version_leaves_a_clear_absence() {
    let invalid_path =
        json_of(404, json!({ "warnings": ["Invalid path for a versioned K/V secrets engine."] }));
    for (two, one, variant) in [
        (errors(404, &[]), invalid_path.clone(), "NotFound"),
        (errors(404, &[]), forbidden(), "NotFound"),
        (forbidden(), errors(404, &[]), "NotFound"),
        (forbidden(), invalid_path, "Denied"),
        (forbidden(), forbidden(), "Denied"),
    ] {
        let script = vec![(MOUNT, vec![forbidden()]), (SHOP, vec![two]), (OLD_SHOP, vec![one])];
        let server = StandIn::start(with(well(), script)).await;
        let lab = lab();
        let error =
            open(&lab, &server.address, json!({})).account(&grant("web/shop")).await.unwrap_err();
        assert_eq!(variant_of(&error), variant);
    }
}

#[tokio::test]
async fn an_approle_signs_in_once_for_many_questions() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, approle());
    let (grant, other) = (grant("web/shop"), grant("web/shop"));
    let (one, two) = tokio::join!(vault.account(&grant), vault.account(&other));
    one.and(two).unwrap();
    assert_eq!(server.count(LOGIN), 1);
    assert_eq!(server.count(LOOKUP), 0, "the login has told all");
    let login = server.seen().into_iter().find(|seen| seen.call == LOGIN).unwrap();
    assert_eq!(login.header("x-vault-token"), None);
    let body: serde_json::Value = serde_json::from_str(&login.body).unwrap();
    assert_eq!(body, json!({ "role_id": "web-broker", "secret_id": SECRET_ID }));
}

#[tokio::test]
async fn a_refused_token_is_replaced_exactly_once() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, approle());
    vault.account(&grant("web/shop")).await.unwrap();
    // The token has ended meanwhile: the next one is good.
    let second = "hvs.MARKED-second";
    server.script(vec![
        (LOGIN, vec![login(second, 1200, true)]),
        (SHOP, vec![errors(403, &["permission denied"]), shop()]),
    ]);
    vault.account(&grant("web/shop")).await.unwrap();
    assert_eq!(server.count(LOGIN), 2);
    assert_eq!(server.seen().last().unwrap().header("x-vault-token"), Some(second));
    // The policy has changed: a new token does not help, and only one is tried.
    server.script(vec![(SHOP, vec![forbidden()])]);
    let error = vault.account(&grant("web/shop")).await.unwrap_err();
    assert_eq!(variant_of(&error), "Denied");
    assert_eq!(server.count(LOGIN), 3);
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_is_not_replaced() {
    let server = StandIn::start(with(well(), vec![(SHOP, vec![forbidden()])])).await;
    let lab = lab();
    let vault = open(&lab, &server.address, approle());
    let error = vault.account(&grant("web/shop")).await.unwrap_err();
    assert_eq!((variant_of(&error).as_str(), server.count(LOGIN)), ("Denied", 1));
}

#[tokio::test]
async fn a_token_of_few_uses_is_replaced_once_in_a_question() {
    let few = ok(json!({ "auth": { "client_token": TOKEN, "lease_duration": 60, "num_uses": 2 } }));
    let refused = || vec![errors(403, &["permission denied"])];
    let script =
        vec![(LOGIN, vec![few]), (MOUNT, refused()), (SHOP, refused()), (OLD_SHOP, refused())];
    let server = StandIn::start(with(well(), script)).await;
    let lab = lab();
    let vault = open(&lab, &server.address, approle());
    let error = vault.account(&grant("web/shop")).await.unwrap_err();
    assert_eq!((variant_of(&error).as_str(), server.count(LOGIN)), ("Denied", 2));
}

#[tokio::test]
async fn a_token_file_that_was_changed_is_read_again() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({}));
    vault.account(&grant("web/shop")).await.unwrap();
    lab.write("token", "hvs.MARKED-rotated\r\n");
    server.script(vec![(SHOP, vec![errors(403, &["permission denied", "invalid token"]), shop()])]);
    vault.account(&grant("web/shop")).await.unwrap();
    assert_eq!(server.seen().last().unwrap().header("x-vault-token"), Some("hvs.MARKED-rotated"));
}

#[tokio::test]
async fn a_token_comes_from_the_environment() {
    let name = "hashicorp::calls::a_token_comes_from_the_environment";
    if alone(name, &[("DOORWARD_TEST_TOKEN", "hvs.MARKED-env")]).is_some() {
        return;
    }
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let auth = json!({ "auth": { "token-env": "DOORWARD_TEST_TOKEN" } });
    open(&lab, &server.address, auth).account(&grant("web/shop")).await.unwrap();
    assert_eq!(server.seen().last().unwrap().header("x-vault-token"), Some("hvs.MARKED-env"));
}

/// Which standing of a token leads to its renewal.
#[tokio::test]
async fn a_token_is_renewed_under_half_of_its_life() {
    let renewed = ok(json!({ "auth": { "lease_duration": 1000, "renewable": true } }));
    let not_renewable = errors(400, &["lease is not renewable"]);
    let rusty = errors(500, &["path not supported"]);
    for (name, standing, answer, renewals) in [
        ("most is left", lookup(900, 1000, true), renewed.clone(), 0),
        ("little is left", lookup(100, 1000, true), renewed.clone(), 1),
        ("little is left, a batch token", lookup(100, 1000, false), renewed.clone(), 0),
        ("it does not end", lookup(0, 0, true), renewed.clone(), 0),
        ("nobody says", forbidden(), renewed.clone(), 0),
        ("no such page", empty(404), renewed, 0),
        ("the vault does not renew", lookup(100, 1000, true), not_renewable, 1),
        ("the server cannot", lookup(100, 1000, true), rusty, 1),
    ] {
        let script = vec![(LOOKUP, vec![standing]), (RENEW, vec![answer])];
        let server = StandIn::start(with(well(), script)).await;
        let lab = lab();
        let vault = open(&lab, &server.address, json!({}));
        for _ in 0..2 {
            let account = vault.account(&grant("web/shop")).await;
            account.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        assert_eq!(server.count(RENEW), renewals, "{name}");
    }
}

#[tokio::test]
async fn what_passes_is_asked_again_and_nothing_else() {
    let busy = || errors(429, &["quota"]);
    let patient = Reply::Send(429, vec![("retry-after", "3600".into())], vec![]);
    for (name, replies, variant, asked) in [
        ("busy once", vec![busy(), shop()], "", 2),
        ("a gateway without its server", vec![html(502), html(502), shop()], "", 3),
        ("a balancer without nodes", vec![html(503), shop()], "", 2),
        ("busy for ever", vec![busy()], "Busy", 4),
        ("busy for longer than we wait", vec![patient], "Busy", 1),
        ("sealed", vec![errors(503, &["Vault is sealed"])], "Unready", 1),
        ("broken", vec![errors(500, &["x"]), shop()], "Refused", 1),
        ("garbled", vec![html(200), shop()], "Garbled", 1),
    ] {
        let server = StandIn::start(with(well(), vec![(SHOP, replies)])).await;
        let lab = lab();
        let vault = open(&lab, &server.address, json!({}));
        let found = vault.account(&grant("web/shop")).await.map_err(|error| variant_of(&error));
        assert_eq!(found.err().unwrap_or_default(), variant, "{name}");
        assert_eq!(server.count(SHOP), asked, "{name}");
    }
}

#[tokio::test]
async fn a_login_is_not_asked_twice() {
    let server = StandIn::start(with(well(), vec![(LOGIN, vec![errors(429, &["quota"])])])).await;
    let lab = lab();
    let vault = open(&lab, &server.address, approle());
    let error = vault.account(&grant("web/shop")).await.unwrap_err();
    assert_eq!((variant_of(&error).as_str(), server.count(LOGIN)), ("Busy", 1));
}

#[tokio::test]
async fn a_lost_connection_is_opened_again() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    server.drop_connections(3);
    open(&lab, &server.address, json!({})).account(&grant("web/shop")).await.unwrap();
    assert_eq!(server.undropped(), 0);
    // More often than that is no accident any more.
    server.drop_connections(1000);
    let error =
        open(&lab, &server.address, json!({})).account(&grant("web/shop")).await.unwrap_err();
    assert_eq!(variant_of(&error), "Unreachable");
}

#[tokio::test]
async fn a_standby_leads_to_a_node_that_is_trusted() {
    let leader = StandIn::start(well()).await;
    let to = format!("{}/v1/secret/data/web/shop", leader.address);
    let standby = StandIn::start(with(well(), vec![(SHOP, vec![redirect(&to)])])).await;
    let host = leader.address.strip_prefix("http://").unwrap();
    let lab = lab();
    let vault =
        open(&lab, &standby.address, json!({ "trusted-hosts": [host], "namespace": "team-a" }));
    vault.account(&grant("web/shop")).await.unwrap();
    let seen = leader.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("x-vault-token"), Some(TOKEN));
    assert_eq!(seen[0].header("x-vault-namespace"), Some("team-a"));
}

#[tokio::test]
async fn a_login_follows_a_trusted_redirect_with_its_body() {
    let leader = StandIn::start(well()).await;
    let to = format!("{}/v1/auth/approle/login", leader.address);
    let standby = StandIn::start(with(well(), vec![(LOGIN, vec![redirect(&to)])])).await;
    let host = leader.address.strip_prefix("http://").unwrap();
    let lab = lab();
    let settings = json!({ "trusted-hosts": [host], "auth": approle()["auth"] });
    open(&lab, &standby.address, settings).account(&grant("web/shop")).await.unwrap();
    assert!(leader.seen()[0].body.contains(SECRET_ID));
}

/// The stranger is on another port, or the same server under another name.
#[tokio::test]
async fn a_stranger_never_hears_anything() {
    let stranger = StandIn::start(well()).await;
    let by_name = stranger.address.replace("127.0.0.1", "localhost");
    for (to, call) in [
        (stranger.address.clone(), SHOP),
        (by_name, SHOP),
        (stranger.address.clone(), LOGIN),
        (stranger.address.replace("http://", "http://127.0.0.1@"), SHOP),
        (stranger.address.replace("http:", ""), SHOP),
    ] {
        let reply = redirect(&format!("{to}/v1/secret/data/web/shop"));
        let server = StandIn::start(with(well(), vec![(call, vec![reply])])).await;
        let lab = lab();
        let settings = if call == LOGIN { approle() } else { json!({}) };
        let error =
            open(&lab, &server.address, settings).account(&grant("web/shop")).await.unwrap_err();
        assert_eq!(variant_of(&error), "Redirected", "{to}");
    }
    assert!(stranger.seen().is_empty(), "the stranger heard {:?}", stranger.seen());
}

#[tokio::test]
async fn the_own_address_under_another_name_is_a_stranger_too() {
    let server = StandIn::start(well()).await;
    let by_name = server.address.replace("127.0.0.1", "localhost");
    server.script(vec![(SHOP, vec![redirect(&format!("{by_name}/v1/secret/data/web/shop"))])]);
    let lab = lab();
    let error =
        open(&lab, &server.address, json!({})).account(&grant("web/shop")).await.unwrap_err();
    assert_eq!((variant_of(&error).as_str(), server.count(SHOP)), ("Redirected", 1));
}

#[tokio::test]
async fn codes_come_from_the_engine() {
    let key = ok(json!({ "data": {
        "account_name": "anna@acme", "issuer": "Acme", "period": 30, "digits": 6 } }));
    let openbao = ok(json!({ "data": {
        "code": "012345", "generated": 1_800_000_005, "expire_time": 1_800_000_030, "period": "30s" } }));
    let hashicorp = ok(json!({ "data": { "code": "678901" } }));
    let server = StandIn::start(with(
        well(),
        vec![
            ("GET /v1/totp/keys/acme", vec![key, forbidden()]),
            ("GET /v1/totp/code/acme", vec![openbao, hashicorp]),
        ],
    ))
    .await;
    let lab = lab();
    let vault = open(&lab, &server.address, json!({ "engine": "totp" }));
    let account = vault.account(&grant("codes:acme")).await.unwrap();
    assert!(matches!(account.password, Password::Computed));
    assert_eq!(account.username.as_deref(), Some("anna@acme"));
    assert_eq!(account.properties["issuer"].value.expose(), "Acme");
    assert!(!account.properties["issuer"].protected);
    // A policy for codes alone is enough.
    let account = vault.account(&grant("codes:acme")).await.unwrap();
    assert!(matches!(account.password, Password::Computed) && account.username.is_none());
    let code = vault.code(&grant("codes:acme")).await.unwrap();
    assert_eq!(code.digits.expose(), "012345");
    assert_eq!(code.expires.unwrap().as_second(), 1_800_000_030);
    assert_eq!(code.counter, Some(1_800_000_005 / 30));
    let code = vault.code(&grant("codes:acme")).await.unwrap();
    assert_eq!((code.digits.expose(), code.counter, code.expires), ("678901", None, None));
}

#[tokio::test]
async fn lists_walk_the_folders_without_a_look_at_secrets() {
    let keys = |keys: &[&str]| ok(json!({ "data": { "keys": keys } }));
    let top = || keys(&["web/", "mail", "a:b"]);
    let below = || keys(&["shop", "eu/"]);
    let deepest = || keys(&["bank"]);
    let metadata = vec![
        ("LIST /v1/secret/metadata", vec![top()]),
        ("LIST /v1/secret/metadata/web", vec![below()]),
        ("LIST /v1/secret/metadata/web/eu", vec![deepest()]),
    ];
    let queries = vec![
        ("LIST /v1/secret/metadata", vec![html(405)]),
        ("GET /v1/secret/metadata?list=true", vec![top()]),
        ("LIST /v1/secret/metadata/web", vec![html(400)]),
        ("GET /v1/secret/metadata/web?list=true", vec![below()]),
        ("LIST /v1/secret/metadata/web/eu", vec![html(501)]),
        ("GET /v1/secret/metadata/web/eu?list=true", vec![deepest()]),
    ];
    let plain = || {
        vec![
            (MOUNT, vec![mount("kv", "secret/", None)]),
            ("LIST /v1/secret", vec![top()]),
            ("LIST /v1/secret/web", vec![below()]),
            ("LIST /v1/secret/web/eu", vec![deepest()]),
        ]
    };
    let none = || ("LIST /v1/secret/metadata", vec![errors(404, &[])]);
    let hidden = with(
        plain(),
        vec![
            (MOUNT, vec![empty(404)]),
            none(),
            ("LIST /v1/secret/metadata/web", vec![empty(404)]),
            ("LIST /v1/secret/metadata/web/eu", vec![forbidden()]),
        ],
    );
    let all = "corp:mail corp:web/eu/bank corp:web/shop";
    let codes = vec![("LIST /v1/totp/keys", vec![keys(&["acme", "zoo"])])];
    for (name, script, more, safe, expected) in [
        ("version 2", metadata.clone(), json!({}), None, all),
        ("version 2, a safe", metadata, json!({}), Some("web"), "corp:web/eu/bank corp:web/shop"),
        ("a proxy without LIST", queries, json!({}), None, all),
        ("version 1", plain(), json!({}), None, all),
        ("a hidden version", hidden, json!({}), None, all),
        ("nothing", vec![none()], json!({}), None, ""),
        ("codes", codes, json!({ "engine": "totp" }), None, "corp:acme corp:zoo"),
    ] {
        let server = StandIn::start(with(well(), script)).await;
        let lab = lab();
        let vault = open(&lab, &server.address, more);
        let list = Ask::List(safe).of(&vault).await;
        let list = list.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(list, expected, "{name}");
        let read = server.seen().iter().any(|seen| seen.call.contains("/data/"));
        assert!(!read, "{name}: a secret was read for a list");
    }
}

#[tokio::test]
async fn a_list_that_never_ends_is_cut() {
    let server = StandIn::start(well()).await;
    // Every folder holds itself: only the depth ends this.
    let mut path = "LIST /v1/secret/metadata".to_owned();
    for _ in 0..40 {
        let call: &'static str = Box::leak(path.clone().into_boxed_str());
        server.script(vec![(call, vec![ok(json!({ "data": { "keys": ["f/", "x"] } }))])]);
        path.push_str("/f");
    }
    let lab = lab();
    let list = open(&lab, &server.address, json!({})).list(None).await.unwrap();
    assert_eq!(list.len(), 17);
}

#[tokio::test]
async fn health_is_one_line() {
    let health = |standby: bool| {
        ok(json!({ "initialized": true, "sealed": false, "standby": standby, "version": "1.20.0" }))
    };
    let page = "GET /v1/sys/health?standbyok=true&perfstandbyok=true";
    for (script, expected) in [
        (
            vec![(page, vec![health(false)]), (LOOKUP, vec![lookup(2523, 3600, true)])],
            "unsealed, active, version 1.20.0, token valid for 42m (renewable), KV version 2 at `secret`",
        ),
        (
            vec![(page, vec![health(true)]), (LOOKUP, vec![lookup(0, 0, false)])],
            "unsealed, standby, version 1.20.0, token that does not expire, KV version 2 at `secret`",
        ),
        (
            vec![(page, vec![empty(404)]), (LOOKUP, vec![forbidden()]), (MOUNT, vec![forbidden()])],
            "reachable, tells nothing of its health, token accepted, for how long is not said",
        ),
    ] {
        let server = StandIn::start(with(well(), script)).await;
        let lab = lab();
        let vault = open(&lab, &server.address, json!({ "namespace": "team-a" }));
        assert_eq!(vault.health().await.unwrap(), expected);
        let seen = server.seen();
        let asked = seen.iter().find(|seen| seen.call == page).unwrap();
        // That page is of the root namespace and for everybody.
        assert_eq!(asked.header("x-vault-token"), None);
        assert_eq!(asked.header("x-vault-namespace"), None);
    }
}

#[tokio::test]
async fn the_log_knows_no_secret_even_when_it_tells_everything() {
    let name = "hashicorp::calls::the_log_knows_no_secret_even_when_it_tells_everything";
    if let Some(log) = alone(name, &[]) {
        for expected in ["chmod 600", "asking again", "was not renewed", "left out: it is a list"] {
            assert!(log.contains(expected), "{expected} is not in the log: {log}");
        }
        return assert_nothing_leaks(&log, "the log");
    }
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).init();
    let lab = lab();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open_to_all = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(lab.path().join("token"), open_to_all).unwrap();
    }
    for settings in [approle(), json!({})] {
        let refused = errors(400, &[&format!("not renewable: {TOKEN}")]);
        let script = vec![
            (SHOP, vec![html(502), shop(), forbidden()]),
            (LOOKUP, vec![lookup(100, 1000, true)]),
            (RENEW, vec![refused]),
        ];
        let server = StandIn::start(with(well(), script)).await;
        let vault = open(&lab, &server.address, settings);
        vault.account(&grant("web/shop")).await.unwrap();
        vault.account(&grant("web/shop")).await.unwrap_err();
    }
}
