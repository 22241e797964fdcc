//! Settings of a CyberArk vault: what is taken, and what is wrong with the others.

use serde_json::{Value, json};

use super::*;

fn opened(settings: Value) -> Result<(), doorward::vault::Error> {
    let settings = settings.as_object().unwrap().clone();
    let base = std::path::Path::new("/nowhere");
    Cyberark::open("corp".parse().unwrap(), settings, base, Arc::new(Says::default())).map(drop)
}

fn auth(auth: Value) -> Value {
    json!({ "address": "https://pvwa.example", "auth": auth })
}

fn more(key: &str, value: Value) -> Value {
    let way = json!({ "cyberark": { "username": "broker", "password-file": "password" } });
    json!({ "address": "https://pvwa.example", "auth": way, key: value })
}

#[test]
fn wrong_settings_are_named() {
    let methods = "it takes one of `cyberark`, `ldap`, `radius`, `windows`, `bearer` and `oauth`";
    let references = "would be a secret in the configuration: put it into a file and name that, with `password-file`, `token-file` or `client-secret-file`";
    let user = || json!({ "username": "a", "password-file": "p" });
    let rows = [
        (json!({}), "`address` is missing: the vault's URL, such as `https://pvwa.example/PasswordVault`".to_owned()),
        (json!({ "address": "https://pvwa.example" }), format!("`auth` is missing: {methods}")),
        (auth(json!({})), format!("`auth` names no way to sign in: {methods}")),
        (auth(json!({ "cyberark": user(), "ldap": user() })), format!("`auth` names several ways to sign in: {methods}")),
        (auth(json!({ "saml": user() })), "`auth.saml` is unknown; the keys here are cyberark, ldap, radius, windows, bearer, oauth".into()),
        (auth(json!({ "cyberark": {} })), "`auth.cyberark.username` is missing".into()),
        (auth(json!({ "cyberark": { "username": "a", "password": "MARKED" } })), format!("`auth.cyberark.password` {references}")),
        (auth(json!({ "password": "MARKED" })), format!("`auth.password` {references}")),
        (auth(json!({ "bearer": { "token": "MARKED" } })), format!("`auth.bearer.token` {references}")),
        (auth(json!({ "bearer": { "token-file": "eyJMARKED" } })), format!("`auth.bearer.token-file` {references}")),
        (auth(json!({ "bearer": {} })), "`auth.bearer.token-file` is missing: one of `token-file` and `token-env` says where the token is".into()),
        (
            auth(json!({ "bearer": { "token-env": "MARKED.x" } })),
            "`auth.bearer.token-env` has to be the name of an environment variable, of letters, digits and `_`: the variable holds the token".into(),
        ),
        (auth(json!({ "ldap": { "username": "a", "totp-account": "x:y" } })), "`auth.ldap.totp-account` is unknown; the keys here are username, password-file".into()),
        (
            auth(json!({ "radius": { "username": "a", "totp-account": "web/seed" } })),
            "`auth.radius.totp-account` has to name the vault that it is in, and another than this one: `vault:safe/name`".into(),
        ),
        (
            auth(json!({ "radius": { "username": "a", "totp-account": "corp:web/seed" } })),
            "`auth.radius.totp-account` has to name the vault that it is in, and another than this one: `vault:safe/name`".into(),
        ),
        (
            auth(json!({ "radius": { "username": "a", "totp-account": "MARKED//" } })),
            "`auth.radius.totp-account` has to be a reference to an account, `[vault:][safe/]name`".into(),
        ),
        (auth(json!({ "oauth": {} })), "`auth.oauth.url` is missing: a URL such as `https://abc123.id.cyberark.cloud`".into()),
        (
            auth(json!({ "oauth": { "url": "http://abc123.example" } })),
            "`auth.oauth.url` is plain http, which would show the token and every password to the network: use https, or say `allow-insecure: true`".into(),
        ),
        (auth(json!({ "oauth": { "url": "https://a.example" } })), "`auth.oauth.client-id` is missing".into()),
        (auth(json!({ "oauth": { "url": "https://a.example", "client-id": "c" } })), "`auth.oauth.client-secret-file` is missing".into()),
        (auth(json!({ "oauth": { "client-secret": "MARKED" } })), format!("`auth.oauth.client-secret` {references}")),
        (more("check-in", json!("sometimes")), "`check-in` has to be `when-exclusive`, `always` or `never`".into()),
        (more("exclusive-platforms", json!("WinDomain")), "`exclusive-platforms` has to be a list of texts, and is a text".into()),
        (more("links", json!({ "logon": {} })), "`links.logon` takes one of `index: NUMBER` and `name: TEXT`, as the platform has it".into()),
        (more("links", json!({ "logon": { "index": 1, "name": "x" } })), "`links.logon` takes one of `index: NUMBER` and `name: TEXT`, as the platform has it".into()),
        (more("links", json!({ "logon": { "index": "1" } })), "`links.logon.index` has to be a whole number, and is a text".into()),
        (more("links", json!({ "logon": { "index": -1 } })), "`links.logon.index` has to be a whole number, and is a number".into()),
        (more("links", json!({ "logons": {} })), "`links.logons` is unknown; `logon` is the nearest key".into()),
        (more("links", json!({ "platforms": [] })), "`links.platforms` has to be a table of keys, and is a list".into()),
        (more("links", json!({ "platforms": { "Win": 1 } })), "`links.platforms.Win` has to be a table of keys, and is a number".into()),
        (
            more("links", json!({ "platforms": { "Win": { "logon": { "indx": 1 } } } })),
            "`links.platforms.Win.logon` takes one of `index: NUMBER` and `name: TEXT`, as the platform has it".into(),
        ),
        (
            more("links", json!({ "accounts": { "other:WEB/shop": {} } })),
            "`links.accounts.other:WEB/shop` has to be an account of this vault, as `safe/name` or by its id".into(),
        ),
        (
            more("links", json!({ "accounts": { "WEB/shop": { "logon": "x" } } })),
            "`links.accounts.WEB/shop.logon` is unknown; the keys here are logon-account, reconcile-account".into(),
        ),
        (
            more("links", json!({ "accounts": { "WEB/shop": { "logon-account": "MARKED//" } } })),
            "`links.accounts.WEB/shop.logon-account` has to be a reference to an account, `[vault:][safe/]name`".into(),
        ),
        (more("conection", json!("x")), "`conection` is unknown; the keys here are".into()),
    ];
    for (settings, message) in rows {
        let Err(error) = opened(settings.clone()) else { panic!("taken: {settings}") };
        let expected = format!("the configuration of vault `corp` is wrong: {message}");
        assert!(error.to_string().starts_with(&expected), "{settings}\n{error}\n{expected}");
        assert_nothing_leaks(&all_of(&error), &message);
    }
}

#[tokio::test]
async fn right_settings_are_taken_and_read_nothing() {
    for settings in [
        auth(json!({ "cyberark": { "username": "broker", "password-file": "not-there-yet" } })),
        auth(json!({ "radius": { "username": "anna", "totp-account": "codes:vpn/anna" } })),
        auth(json!({ "windows": { "username": "ACME\\anna" } })),
        auth(json!({ "bearer": { "token-env": "CYBERARK_TOKEN" } })),
        auth(json!({ "oauth": {
            "url": "https://a.id.cyberark.cloud/oauth2/platformtoken", "client-id": "c@acme",
            "client-secret-file": "s",
        } })),
        more(
            "links",
            json!({
                "logon": { "index": 2 }, "reconcile": { "name": "Reconcile Account" },
                "platforms": { "WinDomain": { "logon": { "name": "Jump" } } },
                "accounts": { "WEB/shop": { "logon-account": "codes:web/shop" }, "12_3": {} },
            }),
        ),
        more("check-in", json!("never")),
    ] {
        if let Err(error) = opened(settings.clone()) {
            panic!("{settings}: {error}");
        }
    }
}
