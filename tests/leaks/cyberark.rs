//! CyberArk, answering well and badly: PVWA with a logon, and a Central Credential Provider.

use serde_json::json;

use super::world::{CORP_PASSWORD, SECRET_ID, SEED, TOKEN, World};
use crate::lab::server::{Reply, Script, StandIn, json_of, ok, redirect};

const LOGON: &str = "POST /PasswordVault/API/Auth/LDAP/Logon";
const LOGOFF: &str = "POST /PasswordVault/API/Auth/Logoff";
const SHOP: &str = "GET /PasswordVault/API/Accounts/12_3";
const RETRIEVE: &str = "POST /PasswordVault/API/Accounts/12_3/Password/Retrieve";
const LINKED: &str = "GET /PasswordVault/API/ExtendedAccounts/12_3/LinkedAccounts";
const CHECK_IN: &str = "POST /PasswordVault/API/Accounts/12_3/CheckIn";
const OBJECT: &str = "GET /AIMWebService/api/Accounts?AppID=Doorward&Safe=WEB&Object=shop";

fn well(address: &str) -> Script {
    let account = |id: &str| {
        ok(json!({ "id": id, "name": id.replace('_', "-"), "safeName": "WEB", "platformId": "Web",
                   "userName": "operator", "address": address, "secretType": "password" }))
    };
    let linked = json!([{ "Name": "LogonAccount", "AccountID": "12_7" }]);
    vec![
        (LOGON, vec![ok(json!(TOKEN))]),
        (SHOP, vec![account("12_3")]),
        (RETRIEVE, vec![ok(json!(CORP_PASSWORD))]),
        (LINKED, vec![ok(json!({ "LinkedAccounts": linked }))]),
        ("GET /PasswordVault/API/Accounts/12_7", vec![account("12_7")]),
        ("POST /PasswordVault/API/Accounts/12_7/Password/Retrieve", vec![ok(json!(SEED))]),
        (
            "GET /PasswordVault/API/ExtendedAccounts/12_7/LinkedAccounts",
            vec![ok(json!({ "LinkedAccounts": [] }))],
        ),
        (CHECK_IN, vec![ok(json!({}))]),
        ("POST /PasswordVault/API/Accounts/12_7/CheckIn", vec![ok(json!({}))]),
        (LOGOFF, vec![ok(json!({ "LogoffUrl": "" }))]),
        (OBJECT, vec![ok(json!({ "Content": CORP_PASSWORD, "UserName": "operator" }))]),
    ]
}

fn error(status: u16, words: &str) -> Reply {
    json_of(status, json!({ "ErrorCode": "PASWS999E", "ErrorMessage": words, "ErrorMsg": words }))
}

fn garbled(text: &str) -> Reply {
    let media = vec![("content-type", "application/json".to_owned())];
    Reply::Send(200, media, text.replace("SECRET", CORP_PASSWORD).into_bytes())
}

#[test]
fn cyberark_answers_well_or_badly() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(StandIn::start(Vec::new()));
    let world = World::new();
    let file = world.desk.lab.path().join("doorward.yaml");
    let configuration = std::fs::read_to_string(&file).unwrap();
    let ours = format!(
        "  pvwa: {{ kind: cyberark, address: '{at}', check-in: always, auth: {{ ldap: {{ username: broker, password-file: keys/secret-id }} }} }}\n  \
         apps: {{ kind: ccp, address: '{at}', app-id: Doorward }}\ndefault-vault:",
        at = server.address
    );
    world.desk.lab.write("doorward.yaml", configuration.replace("default-vault:", &ours));
    let show = |name: &str, account: &str| {
        let mut command = world.desk.lab.command(&["account", "show", account]);
        command.env("RUST_LOG", "trace");
        let (code, text) = world.run(name, command);
        world.search_files(name);
        (code, text)
    };
    let script = |script: Script| {
        let _inside = runtime.enter();
        server.script(well(&world.site.address()));
        server.script(script);
    };
    script(Vec::new());
    for account in ["pvwa:12_3", "apps:WEB/shop"] {
        let (code, text) = show(account, account);
        assert_eq!(code, 0, "{account}: {text}");
    }
    let seen = server.seen();
    assert!(seen.iter().any(|seen| seen.body.contains(SECRET_ID)));
    assert!(seen.iter().any(|seen| seen.header("authorization") == Some(TOKEN)));
    assert!(seen.iter().any(|seen| seen.call == LOGOFF));

    let bad: Vec<(&'static str, Reply)> = vec![
        (LOGON, error(403, &format!("Authentication failure: {SECRET_ID}"))),
        (LOGON, error(500, SECRET_ID)),
        (LOGON, garbled("\"SECRET and blanks\"")),
        (LOGON, garbled("{\"CyberArkLogonResult\": [\"SECRET\"]}")),
        (SHOP, error(403, TOKEN)),
        (SHOP, garbled("{\"id\": {\"SECRET\": 1}}")),
        (SHOP, redirect(&format!("https://elsewhere.example/{TOKEN}?token={TOKEN}"))),
        (RETRIEVE, error(403, TOKEN)),
        (RETRIEVE, error(400, &format!("PASWS088E Reason {TOKEN}"))),
        (RETRIEVE, error(400, &format!("PASWS143E {TOKEN}"))),
        (RETRIEVE, garbled("\"SECRET")),
        (RETRIEVE, garbled("{\"password\": \"SECRET\"}")),
        (RETRIEVE, garbled("SECRET")),
        (LINKED, garbled("{\"links\": \"SECRET\"}")),
        (LINKED, error(403, TOKEN)),
        (CHECK_IN, error(400, TOKEN)),
        (LOGOFF, error(500, TOKEN)),
        (OBJECT, garbled("{\"Content\": [\"SECRET\"]}")),
        (OBJECT, garbled("{\"Content\": \"SECRET")),
        (OBJECT, ok(json!({ "Content": "x", "LogonAccountRef": format!("a//{CORP_PASSWORD}") }))),
    ];
    for (number, (call, reply)) in bad.into_iter().enumerate() {
        script(vec![(call, vec![reply])]);
        let account = if call == OBJECT { "apps:WEB/shop" } else { "pvwa:12_3" };
        let (code, text) = show(&format!("answer {number}, {call}"), account);
        // What only cannot be seen or ended is warned of, and the account is shown.
        let is_good = code == 0;
        let may_be_good = [CHECK_IN, LOGOFF, LINKED].contains(&call);
        assert!(
            !is_good || (may_be_good && (text.contains("WARN") || text.contains("warning"))),
            "{number}: {text}"
        );
    }
    world.end();
}
