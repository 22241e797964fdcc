//! Vaults that answer well and badly, and seeds that are none.

use serde_json::{Value, json};

use super::world::{CORP_PASSWORD, PASSWORD, PIN, SECRET_ID, SEED, TOKEN, World};
use crate::lab::desk::ROWS;
use crate::lab::server::{Reply, Script, StandIn, errors, ok, redirect};

const LOGIN: &str = "POST /v1/auth/approle/login";
const LOOKUP: &str = "GET /v1/auth/token/lookup-self";
const MOUNT: &str = "GET /v1/sys/internal/ui/mounts/secret";
const SHOP: &str = "GET /v1/secret/data/web/shop";
const CODE: &str = "GET /v1/totp/code/acme";

/// A code that the vault computes.
const COMPUTED: &str = "739154";

/// The keys of the engine that computes codes, as calls for the key and for its code. Each is for one launch:
/// a code is used once, and the stand-in has no other to give.
const KEYS: [(&str, &str, &str); 3] = [
    ("acme", "GET /v1/totp/keys/acme", CODE),
    ("beta", "GET /v1/totp/keys/beta", "GET /v1/totp/code/beta"),
    ("gamma", "GET /v1/totp/keys/gamma", "GET /v1/totp/code/gamma"),
];

/// A vault where all goes well; the codes of its account are of `key`.
fn well(address: &str, key: usize) -> Script {
    let (key, described, code) = KEYS[key];
    let token = json!({ "client_token": TOKEN, "lease_duration": 3600, "renewable": true,
        "token_type": "service", "num_uses": 0, "policies": ["web"], "mfa_requirement": null });
    let lookup = json!({ "data": { "id": TOKEN, "ttl": 3600, "creation_ttl": 3600, "renewable": true,
        "policies": ["web"], "num_uses": 0, "expire_time": null } });
    vec![
        (LOGIN, vec![ok(json!({ "data": null, "auth": token }))]),
        (LOOKUP, vec![ok(lookup)]),
        (
            MOUNT,
            vec![ok(
                json!({ "data": { "type": "kv", "path": "secret/", "options": { "version": "2" } } }),
            )],
        ),
        (
            "GET /v1/sys/internal/ui/mounts/totp",
            vec![ok(json!({ "data": { "type": "totp", "path": "totp/", "options": null } }))],
        ),
        (
            described,
            vec![ok(
                json!({ "data": { "period": 30, "digits": 6, "algorithm": "SHA1", "issuer": "", "account_name": "operator" } }),
            )],
        ),
        (code, vec![ok(json!({ "data": { "code": COMPUTED } }))]),
        (
            SHOP,
            vec![shop(
                json!({ "username": "operator", "password": CORP_PASSWORD, "address": address,
            "logon_account": format!("codes:{key}"), "pin": PIN }),
            )],
        ),
    ]
}

fn shop(data: Value) -> Reply {
    ok(
        json!({ "data": { "data": data, "metadata": { "version": 3, "destroyed": false, "deletion_time": "",
        "created_time": "2026-01-01T00:00:00Z", "custom_metadata": { "owner": TOKEN } } }, "warnings": [TOKEN] }),
    )
}

/// Bytes that begin an answer, and hold the password.
fn garbled(text: &str) -> Reply {
    let media = vec![("content-type", "application/json".to_owned())];
    Reply::Send(200, media, text.replace("SECRET", CORP_PASSWORD).into_bytes())
}

#[test]
fn a_vault_answers_well_or_badly() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(StandIn::start(Vec::new()));
    let world = World::with_vault(&server.address);
    let rows = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#error > (Failure=refused) (SearchBy=css)
";
    world.desk.connector("code", "http://<address>/otp-same-form", "ActionTimeout: 3s", rows);
    // The stand-in's code is none that the site takes; it was typed, and comes out nowhere.
    for (account, key) in [("corp:web/shop", 0), ("role:web/shop", 1), ("env:web/shop", 0)] {
        server.script(well(&world.site.address(), key));
        let mut command = world.connect("code", account, &[]);
        if account.starts_with("env:") {
            // What is in the environment by intent is in this process' own, and no other's.
            command = world.desk.lab.command(&["account", "show", account]);
            command.env("DW_TOKEN", TOKEN).env("RUST_LOG", "trace");
        }
        let (code, text) = world.run(account, command);
        assert_eq!(code, i32::from(!account.starts_with("env:")), "{account}: {text}");
        world.search_files(account);
    }
    let forms = world.site.submissions("otp-same-form");
    assert!(forms.iter().any(|form| form.value("otp") == Some(COMPUTED)), "{forms:?}");
    assert!(forms.iter().all(|form| form.value("password") == Some(CORP_PASSWORD)));
    let seen = server.seen();
    assert!(seen.iter().any(|seen| seen.body.contains(SECRET_ID)));
    assert!(seen.iter().any(|seen| seen.header("x-vault-token") == Some(TOKEN)));
    // A server that repeats what it was sent.
    let (echo, login) = (TOKEN, SECRET_ID);
    let bad: Vec<(&'static str, Reply)> = vec![
        (LOGIN, errors(400, &[&format!("invalid secret id: {login}")])),
        (LOGIN, errors(500, &[login])),
        (LOGIN, garbled("{\"auth\": {\"client_token\": \"SECRET")),
        (LOGIN, garbled("{\"auth\": {\"client_token\": [\"SECRET\"]}}")),
        (LOOKUP, errors(403, &[&format!("permission denied: {echo}")])),
        (LOOKUP, garbled("{\"data\": \"SECRET\"}")),
        (MOUNT, errors(403, &[echo])),
        (MOUNT, garbled("{\"data\": {\"type\": \"SECRET\", \"options\": \"SECRET\"}}")),
        (SHOP, errors(403, &[&format!("1 error occurred: {echo}")])),
        (SHOP, errors(404, &[echo])),
        (SHOP, errors(503, &[echo])),
        (SHOP, garbled("{\"data\": {\"data\": {\"password\": \"SECRET")),
        (SHOP, garbled("{\"data\": {\"data\": {\"password\": {\"value\": \"SECRET\"}}}}")),
        (SHOP, garbled("{\"data\": {\"data\": \"SECRET\"}}")),
        (SHOP, garbled("<html>SECRET</html>")),
        (SHOP, garbled("SECRET")),
        (SHOP, shop(json!({ "password": [CORP_PASSWORD] }))),
        (SHOP, shop(json!({ "password": "x", "username": { "is": CORP_PASSWORD } }))),
        (SHOP, shop(json!({ "password": "x", "logon_account": format!("a//{CORP_PASSWORD}") }))),
        (SHOP, redirect(&format!("https://elsewhere.example/{TOKEN}?token={TOKEN}"))),
        (SHOP, redirect(&format!("https://{TOKEN}:x@elsewhere.example/"))),
        (CODE, errors(400, &[echo])),
        (CODE, garbled("{\"data\": {\"code\": {\"SECRET\": 1}}}")),
        (CODE, garbled("{\"data\": {\"code\": \"SECRET\"}}")),
    ];
    for (number, (call, reply)) in bad.into_iter().enumerate() {
        // A vault that does not describe its token is used all the same, up to the code.
        let key = if call == LOOKUP { 2 } else { 0 };
        server.script(well(&world.site.address(), key));
        server.script(vec![(call, vec![reply])]);
        let name = format!("answer {number}, {call}");
        let account = if call == LOGIN { "role:web/shop" } else { "corp:web/shop" };
        let mut command = world.desk.lab.command(&["account", "show", account]);
        command.env("RUST_LOG", "trace");
        world.run(&name, command);
        // A launch says it in other words, and on record. One of each call is enough.
        if matches!(number, 0 | 4 | 8 | 11 | 18 | 19 | 23) {
            let (code, text) = world.run(&name, world.connect("code", account, &[]));
            assert!(code > 0, "{name}: {text}");
        }
        world.search_files(&name);
    }
    let mut doctor = world.desk.lab.command(&["doctor"]);
    doctor.env("RUST_LOG", "trace").env("DW_TOKEN", TOKEN);
    doctor.env("TMPDIR", world.desk.lab.path().join("t"));
    let (_, text) = world.run("doctor", doctor);
    assert!(text.contains("corp"), "{text}");
    world.search_files("doctor");
}

#[test]
fn a_seed_is_none() {
    let world = World::new();
    let rows = "otp > (TOTP) <logonaccount\\password> (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n";
    world.desk.connector("code", "http://<address>/otp-same-form", "ActionTimeout: 3s", rows);
    world.desk.connector("plain", "http://<address>/plain", "ActionTimeout: 3s", ROWS);
    for (number, seed) in [
        format!("{SEED}1"),
        format!("{SEED}2"),
        format!("otpauth://totp/x?secret={SEED}&digits=99"),
        format!("otpauth://totp/x?secret={SEED}&algorithm={SEED}"),
        format!("otpauth://totp/{SEED}?period={SEED}"),
        format!("otpauth://hotp/x?secret={SEED}&counter=1"),
        format!("otpauth://{SEED}"),
        format!("otpauth-migration://offline?data={SEED}"),
        PASSWORD.to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let edited = ["account", "edit", "web/seed", "--secret-stdin"];
        let edited = world.desk.lab.run_with_input(&edited, &format!("{seed}\n"));
        assert_eq!(edited.code, 0, "{}", edited.stderr);
        let name = format!("seed {number}");
        let (code, text) = world.run(&name, world.connect("code", "web/site", &[]));
        assert_eq!(code, 5, "{name}: {text}");
        world.search_files(&name);
    }
    // A secret where a host is needed.
    let line = ["account", "edit", "web/site", "--protected", "address", "--secret-stdin"];
    let edited = world.desk.lab.run_with_input(&line, &format!("{PASSWORD}\n"));
    assert_eq!(edited.code, 2, "{}", edited.stderr);
    world.desk.connector("shown", "http://<pin>/plain", "", ROWS);
    let (code, text) = world.run("a URL of a secret", world.connect("shown", "web/site", &[]));
    assert!(code == 3 && text.contains("secret-outside-field"), "{code} {text}");
    world.end();
}
