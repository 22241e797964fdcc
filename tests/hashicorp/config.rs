//! The settings of a vault: what is wrong with them is said before anything is asked.

use doorward::vault::hashicorp::Hashicorp;
use serde_json::{Value, json};

use super::{TOKEN, all_of, assert_nothing_leaks, lab, variant_of};

/// Opens a vault with exactly these settings.
fn opened(settings: Value) -> Result<Hashicorp, Box<doorward::vault::Error>> {
    let name = "corp".parse().unwrap();
    Hashicorp::open(name, settings.as_object().unwrap().clone(), lab().path()).map_err(Box::new)
}

#[tokio::test]
async fn wrong_settings_are_named_by_their_key() {
    let https = "https://vault.example:8200";
    let auth = json!({ "token-file": "token" });
    let with = |key: &str, value: Value| {
        let mut settings = json!({ "address": https, "auth": auth.clone() });
        settings[key] = value;
        settings
    };
    let auth_of = |value: Value| with("auth", value);
    let rows = [
        (
            json!({ "auth": auth.clone() }),
            "`address` is missing: the vault's URL, such as `https://vault.example:8200`",
        ),
        (with("address", json!("")), "`address` is empty"),
        (with("address", json!(8200)), "`address` has to be a text, and is a number"),
        (
            with("address", json!("vault.example:8200")),
            "`address` has to be a URL such as `https://vault.example:8200`",
        ),
        (
            with("address", json!("ftp://vault.example")),
            "`address` has to be a URL such as `https://vault.example:8200`",
        ),
        (
            with("address", json!("https://anna:MARKED@vault.example")),
            "`address` cannot hold a user name or password: `auth` says who asks",
        ),
        (
            with("address", json!("https://vault.example?x=MARKED")),
            "`address` cannot hold `?` or `#`",
        ),
        (
            with("address", json!("http://vault.example:8200")),
            "`address` is plain http, which would show the token and every password to the network: use https, or say `allow-insecure: true`",
        ),
        (
            with("address", json!("http://127.0.0.1.evil.example")),
            "`address` is plain http, which would show the token and every password to the network: use https, or say `allow-insecure: true`",
        ),
        (
            with("allow-insecure", json!("yes")),
            "`allow-insecure` has to be `true` or `false`, and is a text",
        ),
        (
            with("auth", json!({ "token-env": "hvs.MARKED" })),
            "`auth.token-env` has to be the name of an environment variable, of letters, digits and `_`: the variable holds the token",
        ),
        (with("engine", json!("kv3")), "`engine` has to be `kv` or `totp`"),
        (with("mount", json!("/")), "`mount` has to be the path of a mount, such as `secret`"),
        (
            with("mount", json!("a/../sys")),
            "`mount` has to be the path of a mount, such as `secret`",
        ),
        (with("mont", json!("secret")), "`mont` is unknown; `mount` is the nearest key"),
        (
            with("password", json!("MARKED")),
            "`password` is unknown; the keys here are allow-insecure, address, trusted-hosts, ca-file, timeout, deadline, engine, mount, namespace, public-properties, keys, auth",
        ),
        (with("namespace", json!("a\nb")), "`namespace` cannot hold control characters"),
        (
            with("timeout", json!(5)),
            "`timeout` has to be a duration with its unit, such as `5s` or `200ms`, and is a number",
        ),
        (
            with("timeout", json!("5")),
            "`timeout` has to be a duration with its unit, such as `5s` or `200ms`",
        ),
        (
            with("deadline", json!("-3s")),
            "`deadline` has to be a duration with its unit, such as `5s` or `200ms`",
        ),
        (
            with("deadline", json!("0s")),
            "`deadline` has to be a duration with its unit, such as `5s` or `200ms`",
        ),
        (
            with("trusted-hosts", json!("a")),
            "`trusted-hosts` has to be a list of texts, and is a text",
        ),
        (
            with("trusted-hosts", json!(["a/b"])),
            "`trusted-hosts` has to hold hosts, as `host` or `host:port`",
        ),
        (
            with("trusted-hosts", json!(["https://a"])),
            "`trusted-hosts` has to hold hosts, as `host` or `host:port`",
        ),
        (
            with("public-properties", json!([5])),
            "`public-properties` has to be a list of texts, and is a number",
        ),
        (
            with("keys", json!({ "user": "u" })),
            "`keys.user` is unknown; the keys here are username, password, address, logon-account, reconcile-account",
        ),
        (
            with("keys", json!({ "logon_account": "u" })),
            "`keys.logon_account` is unknown; `logon-account` is the nearest key",
        ),
        (
            json!({ "address": https }),
            "`auth` is missing: it takes one of `approle: { role-id, secret-id-file }`, `token-file` and `token-env`",
        ),
        (
            auth_of(json!({})),
            "`auth` names no way to sign in: it takes one of `approle: { role-id, secret-id-file }`, `token-file` and `token-env`",
        ),
        (
            auth_of(json!({ "token-file": "a", "token-env": "B" })),
            "`auth` names several ways to sign in: it takes one of `approle: { role-id, secret-id-file }`, `token-file` and `token-env`",
        ),
        (auth_of(json!(TOKEN)), "`auth` has to be a table of keys, and is a text"),
        (
            auth_of(json!({ "token": TOKEN })),
            "`auth.token` would be a secret in the configuration: put it into a file and name that, with `token-file` or `secret-id-file`",
        ),
        (
            auth_of(json!({ "approle": { "role-id": "r", "secret-id": "MARKED" } })),
            "`auth.approle.secret-id` would be a secret in the configuration: put it into a file and name that, with `token-file` or `secret-id-file`",
        ),
        (
            auth_of(json!({ "approle": { "secret-id-file": "s" } })),
            "`auth.approle.role-id` is missing",
        ),
        (
            auth_of(json!({ "approle": { "role-id": "r" } })),
            "`auth.approle.secret-id-file` is missing",
        ),
        (
            auth_of(json!({ "approle": { "role-id": "r", "secret-id-file": "s", "path": "x" } })),
            "`auth.approle.path` is unknown; the keys here are mount, role-id, secret-id-file",
        ),
        (
            auth_of(json!({ "tokenfile": "token" })),
            "`auth.tokenfile` is unknown; `token-file` is the nearest key",
        ),
    ];
    for (settings, message) in rows {
        let Err(error) = opened(settings.clone()) else { panic!("taken: {settings}") };
        let expected = format!("the configuration of vault `corp` is wrong: {message}");
        assert_eq!(error.to_string(), expected, "{settings}");
        assert_eq!(
            error.help().as_deref(),
            Some("it stands in the configuration, below `vaults` and `corp`")
        );
        assert_nothing_leaks(&all_of(&error), message);
    }
}

#[tokio::test]
async fn right_settings_are_taken_and_read_nothing() {
    let auth = json!({ "token-file": "not-there-yet" });
    for settings in [
        json!({ "address": "https://vault.example:8200", "auth": auth.clone() }),
        json!({ "address": "https://vault.example/v1/", "auth": auth.clone(), "namespace": null }),
        json!({ "address": "http://localhost:8200", "auth": auth.clone() }),
        json!({ "address": "http://[::1]:8200", "auth": auth.clone() }),
        json!({ "address": "http://vault.example", "allow-insecure": true, "auth": auth.clone() }),
        json!({
            "address": "https://vault.example:8200", "mount": "/team/kv/", "engine": "kv",
            "namespace": "team-a", "timeout": "1m", "deadline": "2m 30s",
            "trusted-hosts": ["node-1.example", "node-2.example:8201", "[::1]:8200"],
            "public-properties": ["Region"], "keys": { "password": "pw" },
            "auth": { "approle": { "role-id": "r", "secret-id-file": "s", "mount": "auth-2" } },
        }),
    ] {
        if let Err(error) = opened(settings.clone()) {
            panic!("{settings}: {error}");
        }
    }
}

#[tokio::test]
async fn a_ca_file_has_to_be_one() {
    let lab = lab();
    lab.write("no.pem", "not PEM");
    for (file, cause) in [
        ("no.pem", "it holds no certificate in PEM form"),
        ("absent.pem", "No such file or directory (os error 2)"),
    ] {
        let settings = json!({
            "address": "https://vault.example", "ca-file": file, "auth": { "token-file": "token" },
        });
        let settings = settings.as_object().unwrap().clone();
        let Err(error) = Hashicorp::open("corp".parse().unwrap(), settings, lab.path()) else {
            panic!("{file} was taken");
        };
        assert_eq!(variant_of(&error), "Unreadable");
        let path = lab.path().join(file);
        let expected = format!("cannot read {}, the ca-file of vault `corp`", path.display());
        assert_eq!(error.to_string(), expected);
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), cause);
    }
}
