//! The settings: what is wrong with them is said before anything is asked.

use doorward::vault::conjur::Conjur;
use serde_json::{Value, json};

use super::{all_of, assert_nothing_leaks, lab};

fn opened(settings: Value) -> Result<Conjur, Box<doorward::vault::Error>> {
    let settings = settings.as_object().unwrap().clone();
    Conjur::open("apps".parse().unwrap(), settings, lab().path()).map_err(Box::new)
}

fn with(key: &str, value: Value) -> Value {
    let mut settings = json!({
        "address": "https://conjur.example", "account": "acme",
        "auth": { "api-key": { "login": "host/doorward", "file": "api-key" } },
    });
    settings[key] = value;
    settings
}

#[tokio::test]
async fn wrong_settings_are_named_by_their_key() {
    let auth = |value: Value| with("auth", value);
    let key = |value: Value| with("auth", json!({ "api-key": value }));
    let jwt = |value: Value| with("auth", json!({ "jwt": value }));
    const ONE_OF: &str = "it takes one of `api-key: { login, file }` and `jwt: { service, file }`";
    const SECRET: &str =
        "would be a secret in the configuration: put it into a file and name that, with `file`";
    for (settings, message) in [
        (with("account", json!(null)), "`account` is missing: the organisation account, as in Conjur's own configuration".to_owned()),
        (with("account", json!("a:b")), "`account` cannot hold `:` or `/`".into()),
        (with("address", json!(null)), "`address` is missing: the vault's URL, such as `https://conjur.example`".into()),
        (with("prefix", json!("a/../b")), "`prefix` has to be the id of a policy, such as `apps/web`".into()),
        (with("properties", json!(["a:b"])), "`properties` has to be the id of a policy, such as `apps/web`".into()),
        (with("keys", json!({ "user": "x" })), "`keys.user` is unknown; the keys here are username, password, address, logon-account, reconcile-account".into()),
        (with("auth", json!(null)), format!("`auth` is missing: {ONE_OF}")),
        (auth(json!({})), format!("`auth` names no way to sign in: {ONE_OF}")),
        (
            auth(json!({ "api-key": { "login": "a", "file": "b" }, "jwt": { "service": "a", "file": "b" } })),
            format!("`auth` names several ways to sign in: {ONE_OF}"),
        ),
        (key(json!({ "file": "b" })), "`auth.api-key.login` is missing, such as `host/doorward`".into()),
        (key(json!({ "login": "a" })), "`auth.api-key.file` or `env` has to be there, one of them".into()),
        (key(json!({ "login": "a", "file": "b", "env": "C" })), "`auth.api-key.file` or `env` has to be there, one of them".into()),
        (key(json!({ "login": "a", "env": "MARKED key" })), "`auth.api-key.env` has to be the name of an environment variable, of letters, digits and `_`: the variable holds the API key".into()),
        (key(json!({ "login": "a", "key": "MARKED" })), format!("`auth.api-key.key` {SECRET}")),
        (jwt(json!({ "file": "a" })), "`auth.jwt.service` has to be the id of the authenticator, as in `authn-jwt/ID`".into()),
        (jwt(json!({ "service": "a/b", "file": "a" })), "`auth.jwt.service` has to be the id of the authenticator, as in `authn-jwt/ID`".into()),
        (jwt(json!({ "service": "a" })), "`auth.jwt.file` is missing: the file with the token".into()),
        (jwt(json!({ "service": "a", "token": "MARKED" })), format!("`auth.jwt.token` {SECRET}")),
        (with("mount", json!("x")), "`mount` is unknown; `account` is the nearest key".into()),
    ] {
        let Err(error) = opened(settings.clone()) else { panic!("taken: {settings}") };
        if message.starts_with("`mount`") {
            assert!(error.to_string().contains("`mount` is unknown"), "{error}");
            continue;
        }
        let expected = format!("the configuration of vault `apps` is wrong: {message}");
        assert_eq!(error.to_string(), expected, "{settings}");
        assert_nothing_leaks(&all_of(&error), &message);
    }
}
