//! The whole program with a PVWA: a session in real Chromium, and logons that need a one-time code.

use serde_json::{Value, json};

use super::*;
use crate::lab::Ended;
use crate::lab::desk::{Desk, Launched};
use crate::lab::server::StandIn;
use crate::site::{PASSWORD as SITE_PASSWORD, SEED, Site, USERNAME};

const ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
#error > (Failure=refused) (SearchBy=css)
";

const RADIUS: &str = "POST /PasswordVault/API/Auth/RADIUS/Logon";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A desk whose vault `corp` is at `server`, beside the KDBX vault `local`, which is the default.
fn configure(desk: &Desk, server: &StandIn, auth: &Value) {
    prepare(&desk.lab);
    desk.lab.write(
        "doorward.yaml",
        format!(
            "vaults:\n  local: {{ kind: kdbx, path: vault.kdbx, key-file: vault.key }}\n  \
             corp: {{ kind: cyberark, address: '{}', auth: {auth} }}\ndefault-vault: local\n\
             connectors: [connectors]\nstate: state\nbrowser: {{ sandbox: false }}\n",
            server.address
        ),
    );
}

/// The target account and, linked to it, the seed as the password of another one.
fn accounts(site: &Site) -> Script {
    let mut target = account("12_3", "WEB", "shop");
    target["userName"] = json!(USERNAME);
    target["address"] = json!(site.address());
    let linked = json!([{ "extraPasswordIndex": 1, "Name": "LogonAccount", "AccountID": "12_7" }]);
    with(
        well(),
        vec![
            (FIND, vec![page(&[target])]),
            (RETRIEVE, vec![ok(json!(SITE_PASSWORD))]),
            (LINKED, vec![ok(json!({ "LinkedAccounts": linked }))]),
            ("GET /PasswordVault/API/Accounts/12_7", vec![ok(account("12_7", "CODES", "acme"))]),
            ("POST /PasswordVault/API/Accounts/12_7/Password/Retrieve", vec![ok(json!(SEED))]),
            (
                "GET /PasswordVault/API/ExtendedAccounts/12_7/LinkedAccounts",
                vec![ok(json!({ "LinkedAccounts": [] }))],
            ),
        ],
    )
}

#[test]
fn a_session_has_password_and_seed_from_one_logon() {
    let runtime = runtime();
    let site = Site::start();
    let server = runtime.block_on(StandIn::start(accounts(&site)));
    let desk = Desk::at(&site.address());
    let auth = json!({ "cyberark": { "username": "broker", "password-file": "password" } });
    configure(&desk, &server, &auth);
    desk.connector("code", "http://<address>/otp-same-form", "ActionTimeout: 4s", ROWS);
    let line = [
        "code",
        "--account",
        "corp:WEB/shop",
        "--headless",
        "--format",
        "json",
        "--reason",
        "disk full",
    ];
    let launched = Launched::from(Ended::from(desk.typed(&line).output().unwrap()));
    assert_eq!((launched.code, launched.outcome()), (0, "signed-in"), "{}", launched.stderr);
    assert_eq!(site.submissions("otp-same-form").len(), 1);

    assert_eq!((server.count(LOGON), server.count(LOGOFF)), (1, 1), "{:#?}", server.seen());
    let seen = server.seen();
    assert_eq!(seen.last().unwrap().call, LOGOFF);
    for seen in seen.iter().filter(|seen| seen.call.ends_with("/Retrieve")) {
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        assert_eq!(body, json!({ "Reason": "disk full" }), "{}", seen.call);
    }
    let mut calls: Vec<_> = seen.iter().map(|seen| seen.call.as_str()).collect();
    calls.sort();
    calls.dedup();
    assert_eq!(calls.len(), seen.len(), "asked twice: {seen:#?}");
    // By their names on record, and not by numbers.
    for (account, other) in [("corp:WEB/shop", "logonaccount"), ("corp:CODES/acme", "target")] {
        let rows = desk.record(&["--account", account]);
        assert!(rows.len() >= 3, "{account}: {rows:#?}");
        assert!(rows.iter().any(|row| row["Details"][other].is_string()), "{account}: {rows:#?}");
    }
    desk.assert_clean();
}

/// A sign-in that fails leaves no session at the vault.
#[test]
fn a_launch_that_fails_logs_off() {
    let runtime = runtime();
    let site = Site::start();
    let server = runtime.block_on(StandIn::start(accounts(&site)));
    let desk = Desk::at(&site.address());
    let auth = json!({ "cyberark": { "username": "broker", "password-file": "password" } });
    configure(&desk, &server, &auth);
    desk.connector("code", "http://<address>/otp-same-form", "ActionTimeout: 4s", ROWS);
    {
        let _inside = runtime.enter();
        server.script(vec![(RETRIEVE, vec![error(403, "PASWS041E", "You are not authorized.")])]);
    }
    let line = ["code", "--account", "corp:WEB/shop", "--headless"];
    let ended = Ended::from(desk.typed(&line).output().unwrap());
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert_eq!((server.count(LOGON), server.count(LOGOFF)), (1, 1));
    desk.assert_clean();
}

fn challenge() -> Reply {
    error(500, "ITATS542I", "Enter your one time code")
}

/// Two launches in one period: the second waits, because servers refuse a code that was used.
#[test]
fn two_launches_never_send_the_same_code() {
    let runtime = runtime();
    let site = Site::start();
    let desk = Desk::with(
        &site.address(),
        SITE_PASSWORD,
        &format!("otpauth://totp/vpn?secret={SEED}&period=8"),
    );
    let logons = (0..4).map(|round| if round % 2 == 0 { challenge() } else { ok(json!(TOKEN)) });
    let script = with(well(), vec![(RADIUS, logons.collect())]);
    let server = runtime.block_on(StandIn::start(script));
    let auth = json!({ "radius": {
        "username": "anna", "password-file": "password", "totp-account": "local:web/seed",
    } });
    configure(&desk, &server, &auth);
    for _ in 0..2 {
        let shown = desk.lab.run(&["account", "show", "corp:WEB/shop"]);
        assert_eq!(shown.code, 0, "{}", shown.stderr);
    }
    let codes: Vec<String> = server
        .seen()
        .iter()
        .filter(|seen| seen.call == RADIUS)
        .map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap()["password"].to_string())
        .filter(|password| !password.contains("MARKED"))
        .collect();
    assert_eq!(codes.len(), 2, "{codes:?}");
    assert_ne!(codes[0], codes[1], "the same code twice");
}

/// What keeps a code from being had is said, with what to do.
#[test]
fn an_account_without_a_code_says_why() {
    let runtime = runtime();
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let server = runtime.block_on(StandIn::start(with(well(), vec![(RADIUS, vec![challenge()])])));
    for (account, cause) in [
        (
            "local:web/site",
            "`local:web/site` gives no one-time code: the one-time-code secret is not base32",
        ),
        ("local:web/nobody", "vault `local` holds no account `local:web/nobody`"),
        ("codes:web/seed", "the configuration has no vault `codes`"),
    ] {
        let auth = json!({ "radius": {
            "username": "anna", "password-file": "password", "totp-account": account,
        } });
        configure(&desk, &server, &auth);
        let shown = desk.lab.run(&["account", "show", "corp:WEB/shop"]);
        assert_eq!(shown.code, 5, "{account}: {}", shown.stderr);
        let expected =
            format!("error: vault `corp` asks for a one-time code, and `{account}` gave none\n");
        assert!(shown.stderr.contains(&expected), "{}", shown.stderr);
        assert!(
            shown.stderr.contains(&format!("caused by: {cause}")),
            "{account}: {}",
            shown.stderr
        );
        assert_nothing_leaks(&shown.stderr, account);
    }
}
