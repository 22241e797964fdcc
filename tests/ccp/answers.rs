//! Every answer but the good one has an error of its own: what was asked, what came back, what to do.
//! The rows say what happens; the texts that come out stand in `answers.txt`.

use doorward::vault::Vault;
use serde_json::json;

use super::*;
use crate::lab::asked::{assert_texts, told};
use crate::lab::server::{StandIn, empty, html, redirect};

fn rows() -> Vec<(&'static str, Reply, &'static str)> {
    let cut = raw(r#"{"Content":"MARKED-pa"#);
    vec![
        (
            "nothing there, or no permission",
            error(
                404,
                "APPAP004E",
                "Password object matching query [Safe=WEB;Object=shop] was not found (Diagnostic Info: 9).",
            ),
            "Unseen",
        ),
        ("not found by a newer code", error(400, "APPAP249E", "x"), "Unseen"),
        (
            "too many",
            error(400, "APPAP227E", "Too many password objects matching query"),
            "Several",
        ),
        ("too many of another kind", error(400, "APPAP229E", "Too many objects"), "Several"),
        (
            "a certificate that is not known",
            error(
                403,
                "APPAP306E",
                "Authentication error for App ID [Doorward]. Reason: APPAP133E Failed to verify application authentication data: CertificateSN is unauthorized",
            ),
            "Unauthenticated",
        ),
        (
            "an application that is not known",
            error(403, "APPAP008E", "ITATS982E User Doorward is not defined."),
            "Unauthenticated",
        ),
        (
            "no application",
            error(400, "AIMWS031E", "Invalid request. The AppID parameter is required."),
            "Unauthenticated",
        ),
        ("no permission", error(403, "APPAP132E", "The application may not"), "Denied"),
        ("a refusal of its own", error(403, "X1", "no"), "Denied"),
        ("a bad query", error(400, "AIMWS030E", "Invalid query format"), "Refused"),
        ("a bad character", error(400, "CASVL010E", "Invalid characters in User Name."), "Refused"),
        (
            "the vault behind it is lost",
            error(400, "APPAP007E", "Connection to the Vault has failed."),
            "Unready",
        ),
        ("a broken server", error(500, "APPAP999E", "x"), "Refused"),
        ("too busy", error(429, "X1", "slow down"), "Busy"),
        ("no such service", html(404), "Garbled"),
        ("a page of a proxy", html(200), "Garbled"),
        ("a certificate is wanted", html(403), "Garbled"),
        ("sign in first", empty(401), "Unauthenticated"),
        ("an empty body", empty(200), "Garbled"),
        ("no content", empty(204), "Garbled"),
        ("JSON cut short", cut, "Garbled"),
        ("no secret in it", ok(json!({ "UserName": "anna", "Note": "MARKED" })), "Garbled"),
        ("a secret that is a list", ok(shop(json!({ "Content": [PASSWORD] }))), "Garbled"),
        ("a secret that is a number", ok(shop(json!({ "Content": 90_210 }))), "Garbled"),
        ("a list of objects", ok(json!([shop(json!({}))])), "Garbled"),
        ("a link that is none", ok(shop(json!({ "LogonAccountRef": "MARKED//" }))), "WrongType"),
        ("ten megabytes", Reply::Flood, "Garbled"),
        ("elsewhere", redirect("https://elsewhere.example/x"), "Redirected"),
    ]
}

fn raw(body: &str) -> Reply {
    Reply::Send(200, vec![("content-type", "application/json".into())], body.as_bytes().to_vec())
}

#[tokio::test]
async fn every_wrong_answer_has_its_own_error() {
    let lab = Lab::new();
    let mut texts = String::new();
    let mut tell = |name: &str, error: &doorward::vault::Error, address: &str| {
        assert_nothing_leaks(&all_of(error), name);
        texts.push_str(&told(name, error).replace(address, "{at}"));
    };
    for (name, reply, variant) in rows() {
        let server = StandIn::start(vec![(SHOP, vec![reply])]).await;
        let vault = open(&lab, &server.address, json!({}));
        let error = match vault.account(&grant("WEB/shop")).await {
            Ok(good) => panic!("{name}: taken as good: {good:?}"),
            Err(error) => error,
        };
        assert_eq!(variant_of(&error), variant, "{name}: {error}");
        tell(name, &error, &server.address);
    }
    let server = StandIn::start(vec![(SHOP, vec![changing()])]).await;
    let vault = open(&lab, &server.address, json!({ "deadline": "300ms" }));
    let error = vault.account(&grant("WEB/shop")).await.unwrap_err();
    tell("a change that does not end", &error, &server.address);
    tell("a list", &vault.list(None).await.unwrap_err(), &server.address);
    tell("a code", &vault.code(&grant("WEB/shop")).await.unwrap_err(), &server.address);
    let vault = open(&lab, &server.address, json!({ "query": "Object={name}" }));
    let error = vault.account(&grant("WEB/a;b")).await.unwrap_err();
    tell("a name that is a query", &error, &server.address);

    assert_texts("ccp/answers.txt", &texts);
}
