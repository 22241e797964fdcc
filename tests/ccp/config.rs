//! Settings of a Central Credential Provider: what is taken, and what is wrong with the others.

use serde_json::{Value, json};

use super::*;

fn opened(more: Value) -> Result<(), doorward::vault::Error> {
    let mut settings = json!({ "address": "https://ccp.example", "app-id": "Doorward" });
    let settings = settings.as_object_mut().unwrap();
    settings.extend(more.as_object().unwrap().clone());
    let base = std::path::Path::new("/nowhere");
    Ccp::open("apps".parse().unwrap(), settings.clone(), base).map(drop)
}

#[test]
fn wrong_settings_are_named() {
    for (settings, message) in [
        (
            json!({ "address": null }),
            "`address` is missing: the vault's URL, such as `https://ccp.example/AIMWebService`",
        ),
        (
            json!({ "app-id": null }),
            "`app-id` is missing: the id that the vault has for doorward as an application",
        ),
        (json!({ "client-key": "k" }), "`client-key` is there without its `client-certificate`"),
        (
            json!({ "query": "Safe=WEB" }),
            "`query` has to hold `{name}`, which stands for the account's name, as in `Safe={safe};Object={name}`",
        ),
        (
            json!({ "keys": { "password": "x" } }),
            "`keys.password` is unknown; the keys here are logon-account, reconcile-account",
        ),
        (
            json!({ "links": { "v:a": {} } }),
            "`links.v:a` has to be an account of this vault, as `safe/object`",
        ),
        (
            json!({ "links": { "a/b": { "logon-account": "MARKED//" } } }),
            "`links.a/b.logon-account` has to be a reference to an account, `[vault:][safe/]name`",
        ),
        (json!({ "appid": "x" }), "`appid` is unknown; `app-id` is the nearest key"),
    ] {
        let Err(error) = opened(settings.clone()) else { panic!("taken: {settings}") };
        let expected = format!("the configuration of vault `apps` is wrong: {message}");
        assert_eq!(error.to_string(), expected, "{settings}");
        assert_nothing_leaks(&all_of(&error), message);
    }
}

#[test]
fn a_client_certificate_has_to_be_one() {
    let lab = Lab::new();
    lab.write("no.pem", "MARKED");
    for file in ["no.pem", "absent.pem"] {
        let more = settings("https://ccp.example", json!({ "client-certificate": file }));
        let error = Ccp::open("apps".parse().unwrap(), more, lab.path()).unwrap_err();
        assert_eq!(variant_of(&error), "Unreadable", "{file}");
        assert_nothing_leaks(&all_of(&error), file);
    }
}
