//! Clients of other people against our stand-ins: what they understand, a real server could have said.
//! `tests/clients.sh` installs them and runs these tests; without it there is nobody to ask, and they pass.

use serde_json::json;

use crate::hashicorp::tls::{acceptor, authority};
use crate::lab::Lab;
use crate::lab::server::{Script, Seen, StandIn, ok};

/// Runs the client `name` (`tests/clients/NAME.py HOST:PORT CA-FILE`) against a stand-in with TLS. It ends
/// with 0 where it found what it expects. Returns what the stand-in was asked; `None` without clients.
pub(crate) fn asks(name: &str, script: Script) -> Option<Vec<Seen>> {
    let python = std::env::var_os("CLIENTS")?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let ours = authority("ours");
    let tls = acceptor(&ours, "127.0.0.1", false);
    let server = runtime.block_on(StandIn::start_with(script, Some(tls)));
    let lab = Lab::new();
    let authorities = lab.write("ca.pem", ours.pem());
    let client = format!("{}/tests/clients/{name}.py", env!("CARGO_MANIFEST_DIR"));
    let output = std::process::Command::new(python)
        // Isolated: a client has the name of its package, and must not be found in its place.
        .args(["-I", &client, server.address.strip_prefix("https://").unwrap()])
        .arg(authorities)
        .current_dir(lab.path())
        .output()
        .unwrap();
    let ended = crate::lab::Ended::from(output);
    assert_eq!(ended.code, 0, "{name}: {}{}\n{:#?}", ended.stdout, ended.stderr, server.seen());
    Some(server.seen())
}

#[test]
fn aiobastion() {
    let Some(seen) = asks("aiobastion", crate::cyberark::for_clients()) else { return };
    let logon = seen.iter().find(|seen| seen.call.to_lowercase().ends_with("/logon")).unwrap();
    let body: serde_json::Value = serde_json::from_str(&logon.body).unwrap();
    // What it sends, we send.
    let ours = json!({ "username": "broker", "password": "MARKED-logon\"pass&word-77aa", "concurrentSession": true });
    assert_eq!(body, ours);
    assert!(seen.iter().any(|seen| seen.call == "POST /PasswordVault/API/Auth/Logoff"));
}

#[test]
fn pyaim() {
    const READ: &str = "GET /AIMWebService/api/Accounts?appid=Doorward&safe=WEB&object=shop";
    let good = vec![ok(crate::ccp::shop(json!({})))];
    let missing =
        vec![crate::ccp::error(404, "APPAP004E", "Password object matching query was not found")];
    let changing =
        vec![crate::ccp::error(500, "APPAP282E", "is currently being changed by the CPM")];
    let refused =
        vec![crate::ccp::error(403, "APPAP306E", "Authentication error for App ID [Doorward].")];
    asks(
        "pyaim",
        vec![
            (READ, good),
            ("GET /AIMWebService/api/Accounts?appid=Doorward&safe=WEB&object=missing", missing),
            ("GET /AIMWebService/api/Accounts?appid=Doorward&safe=WEB&object=changing", changing),
            ("GET /AIMWebService/api/Accounts?appid=Doorward&safe=WEB&object=refused", refused),
        ],
    );
}

#[test]
fn hvac() {
    let Some(seen) = asks("hvac", crate::hashicorp::for_clients()) else { return };
    let login = seen.iter().find(|seen| seen.call == "POST /v1/auth/approle/login").unwrap();
    let body: serde_json::Value = serde_json::from_str(&login.body).unwrap();
    // What it sends, we send.
    assert_eq!(body, json!({ "role_id": "web-broker", "secret_id": "MARKED-secret-id-77aa" }));
    assert!(seen.iter().any(|seen| seen.header("x-vault-token") == Some("hvs.MARKED-token-5e1f")));
}

#[test]
fn conjur() {
    let Some(seen) = asks("conjur", crate::conjur::for_clients()) else { return };
    let read = seen.iter().find(|seen| seen.call.starts_with("GET /secrets/")).unwrap();
    assert!(read.header("authorization").unwrap().starts_with("Token token=\""), "{seen:?}");
}
