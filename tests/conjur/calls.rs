//! How Conjur is called: what is sent, how often, and what good answers become.

use doorward::vault::{Password, Vault};
use serde_json::json;

use super::{
    ALL, JWT, KEY, LIST, LOGIN, LOGIN_JWT, PASSWORD, SEARCH, THREE, TOKEN, by_jwt, grant, header,
    lab, missing, open, resources, shop, text, well,
};
use crate::lab::server::{Reply, StandIn, empty};

#[tokio::test]
async fn an_account_is_one_call_beside_the_login() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({}));
    let account = vault.account(&grant("web/shop")).await.unwrap();
    assert_eq!(account.reference.to_string(), "apps:web/shop");
    assert_eq!(account.username.as_deref(), Some("anna"));
    assert_eq!(account.address.as_deref(), Some("shop.example:8443"));
    assert_eq!(account.logon_account.as_ref().unwrap().to_string(), "codes:acme");
    assert_eq!(account.reconcile_account.as_ref().unwrap().to_string(), "web/admin");
    let Password::Value(password) = &account.password else { panic!("no password") };
    assert_eq!(password.expose(), PASSWORD);
    assert!(!format!("{account:?}").contains("MARKED"));
    vault.account(&grant("web/shop")).await.unwrap();
    let calls: Vec<_> = server.seen().iter().map(|seen| seen.call.clone()).collect();
    assert_eq!(calls, [LOGIN, ALL, ALL]);
    assert_eq!(server.seen()[0].body, KEY);
    assert!(server.seen()[0].header("authorization").is_none());
    assert_eq!(server.seen()[1].header("authorization"), Some(header().as_str()));
}

#[tokio::test]
async fn a_token_file_signs_in_by_a_form() {
    for (login, call) in
        [(None, LOGIN_JWT), (Some("host/web"), "POST /authn-jwt/k8s/acme/host%2Fweb/authenticate")]
    {
        let (lab, server) = (lab(), StandIn::start(well()).await);
        server.script(vec![(call, vec![text(200, TOKEN)])]);
        let mut settings = by_jwt();
        settings["auth"]["jwt"]["login"] = login.into();
        let vault = open(&lab, &server.address, settings);
        vault.account(&grant("web/shop")).await.unwrap();
        let seen = &server.seen()[0];
        assert_eq!((seen.call.as_str(), seen.body.as_str()), (call, &*format!("jwt={JWT}")));
        assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    }
}

#[tokio::test]
async fn a_token_may_come_encoded() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let encoded = data_encoding::BASE64.encode(TOKEN.as_bytes());
    server.script(vec![(LOGIN, vec![text(200, &format!("{encoded}\n"))])]);
    open(&lab, &server.address, json!({})).account(&grant("web/shop")).await.unwrap();
    assert_eq!(server.seen()[1].header("authorization"), Some(header().as_str()));
}

#[tokio::test]
async fn only_variables_that_are_there_are_read_when_one_is_not() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    server.script(vec![(ALL, vec![missing()])]);
    let vault = open(&lab, &server.address, json!({}));
    let account = vault.account(&grant("web/shop")).await.unwrap();
    assert_eq!(account.address.as_deref(), Some("shop.example"));
    assert!(account.logon_account.is_none());
    let calls: Vec<_> = server.seen().iter().map(|seen| seen.call.clone()).collect();
    assert_eq!(calls, [LOGIN, ALL, SEARCH, THREE]);
}

#[tokio::test]
async fn a_search_that_misses_is_no_absence() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let three = ["dw/web/shop/username", "dw/web/shop/password", "dw/web/shop/address"];
    server.script(vec![
        (ALL, vec![missing()]),
        (SEARCH, vec![resources(&[])]),
        (LIST, vec![resources(&three)]),
    ]);
    let vault = open(&lab, &server.address, json!({}));
    let account = vault.account(&grant("web/shop")).await.unwrap();
    assert_eq!(account.address.as_deref(), Some("shop.example"));
}

#[tokio::test]
async fn a_variable_without_a_value_is_left_out() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let raw = |text: &str| {
        let media = vec![("content-type", "application/octet-stream".to_owned())];
        vec![Reply::Send(200, media, text.as_bytes().to_vec())]
    };
    server.script(vec![
        (ALL, vec![missing()]),
        (THREE, vec![missing()]),
        ("GET /secrets/acme/variable/dw/web/shop/username", raw("anna")),
        ("GET /secrets/acme/variable/dw/web/shop/password", raw(PASSWORD)),
        ("GET /secrets/acme/variable/dw/web/shop/address", vec![missing()]),
    ]);
    let vault = open(&lab, &server.address, json!({}));
    let account = vault.account(&grant("web/shop")).await.unwrap();
    assert_eq!((account.username.as_deref(), account.address), (Some("anna"), None));
    assert_eq!(account.password.secret().unwrap().expose(), PASSWORD);
    assert_eq!(server.count(LOGIN), 1);
}

#[tokio::test]
async fn variables_have_the_names_that_the_configuration_says() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let call = "GET /secrets?variable_ids=acme%3Avariable%3Ashop%2FPort%2Cacme%3Avariable%3Ashop%2Fa%2Cacme%3Avariable%3Ashop%2Fl%2Cacme%3Avariable%3Ashop%2Fp%2Cacme%3Avariable%3Ashop%2Fpin%2Cacme%3Avariable%3Ashop%2Fr%2Cacme%3Avariable%3Ashop%2Fu";
    let values = json!({
        "acme:variable:shop/u": "anna", "acme:variable:shop/p": PASSWORD,
        "acme:variable:shop/Port": "8443", "acme:variable:shop/pin": "0007",
    });
    server.script(vec![(call, vec![crate::lab::server::ok(values)])]);
    let vault = open(
        &lab,
        &server.address,
        json!({ "prefix": null, "properties": ["Port", "pin"], "keys": { "username": "u",
            "password": "p", "address": "a", "logon-account": "l", "reconcile-account": "r" } }),
    );
    let account = vault.account(&grant("shop")).await.unwrap();
    let properties: Vec<_> = account
        .properties
        .iter()
        .map(|(n, p)| (n.as_str(), p.value.expose(), p.protected))
        .collect();
    assert_eq!(properties, [("pin", "0007", true), ("port", "8443", false)]);
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({}));
    vault.account(&grant("web/shop")).await.unwrap();
    server.script(vec![(ALL, vec![empty(401), shop()])]);
    vault.account(&grant("web/shop")).await.unwrap();
    assert_eq!((server.count(LOGIN), server.count(ALL)), (2, 3));
    server.script(vec![(ALL, vec![empty(401)])]);
    let error = vault.account(&grant("web/shop")).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("does not accept `host/doorward`"), "{error}");
    assert_eq!((server.count(LOGIN), server.count(ALL)), (3, 5));
}

#[tokio::test]
async fn questions_at_once_sign_in_once() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let vault = open(&lab, &server.address, json!({}));
    let grant = grant("web/shop");
    let (first, second) = tokio::join!(vault.account(&grant), vault.account(&grant));
    first.and(second).unwrap();
    assert_eq!((server.count(LOGIN), server.count(ALL)), (1, 2));
}

#[tokio::test]
async fn the_list_is_made_of_variables_page_by_page() {
    let many: Vec<String> = (0..499).map(|n| format!("dw/many/{n:03}/password")).collect();
    let mut first: Vec<&str> = many.iter().map(String::as_str).collect();
    first.push("dw/web/shop/password");
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let next = "GET /resources/acme?kind=variable&limit=500&offset=500";
    server.script(vec![
        (LIST, vec![resources(&first)]),
        (
            next,
            vec![resources(&[
                "dw/web/shop/port",
                "dw/web/notes/text",
                "x/web/y/password",
                "dw/top",
            ])],
        ),
    ]);
    let vault = open(&lab, &server.address, json!({}));
    assert_eq!(vault.list(None).await.unwrap().len(), 500);
    let web = vault.list(Some("web")).await.unwrap();
    assert_eq!(web.len(), 1);
    assert_eq!(
        (web[0].reference.to_string().as_str(), &*web[0].properties),
        ("apps:web/shop", &["port".to_owned()][..])
    );
}

#[tokio::test]
async fn health_says_who_doorward_is() {
    let (lab, server) = (lab(), StandIn::start(well()).await);
    let line = open(&lab, &server.address, json!({})).health().await.unwrap();
    assert_eq!(line, "signed in as host/doorward of account acme");
}
