//! What the doctor says of a HashiCorp vault.

use super::*;
use crate::lab::server::{StandIn, empty, errors};

/// A command needs a runtime of its own; the server answers from another thread.
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_how_a_vault_is() {
    const HEALTH: &str = "GET /v1/sys/health?standbyok=true&perfstandbyok=true";
    let healthy =
        ok(json!({ "initialized": true, "sealed": false, "standby": false, "version": "1.20.0" }));
    let cases = [
        (
            healthy.clone(),
            lookup(3600, 3600, true),
            0,
            "ok vault corp unsealed, active, version 1.20.0, token valid for",
        ),
        (errors(503, &[]), lookup(3600, 3600, true), 5, "BAD vault corp"),
        (empty(500), lookup(3600, 3600, true), 5, "BAD vault corp"),
        (healthy.clone(), errors(403, &["permission denied"]), 5, "BAD vault corp"),
    ];
    for (health, token, code, part) in cases {
        let script = vec![(HEALTH, vec![health]), ("GET /v1/auth/token/lookup-self", vec![token])];
        let server = StandIn::start(with(well(), script)).await;
        let lab = lab();
        lab.write(
            "doorward.yaml",
            format!(
                "vaults:\n  corp: {{ kind: hashicorp, address: '{}', auth: {{ token-file: token }} }}\nstate: state\nbrowser: {{ sandbox: false }}\n",
                server.address
            ),
        );
        let ended = tokio::task::spawn_blocking(move || lab.run(&["doctor"])).await.unwrap();
        let text = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(ended.code, code, "{part}: {}", ended.stdout);
        assert!(text.contains(part), "{part}: {}", ended.stdout);
        assert_nothing_leaks(&format!("{ended:?}"), part);
    }
}

/// One-time codes count in seconds: a clock that is wrong is told, whoever's it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_of_a_clock_that_is_apart() {
    for (date, part) in [
        (Some("Sat, 01 Jan 2000 00:00:00 GMT"), Some("s behind this machine's")),
        (Some("Tue, 01 Jan 2097 00:00:00 GMT"), Some("s ahead of this machine's")),
        (Some("no date"), None),
        (None, None),
    ] {
        let crate::lab::server::Reply::Send(status, mut headers, body) =
            mount("kv", "secret/", Some("2"))
        else {
            unreachable!()
        };
        headers.extend(date.map(|date| ("date", date.to_owned())));
        let told = crate::lab::server::Reply::Send(status, headers, body);
        let healthy = ok(json!({ "initialized": true, "sealed": false, "standby": false }));
        let script = vec![
            ("GET /v1/sys/health?standbyok=true&perfstandbyok=true", vec![healthy]),
            ("GET /v1/sys/internal/ui/mounts/secret", vec![told]),
        ];
        let server = StandIn::start(with(well(), script)).await;
        let lab = lab();
        let vault = format!(
            "{{ kind: hashicorp, address: '{}', auth: {{ token-file: token }} }}",
            server.address
        );
        lab.write(
            "doorward.yaml",
            format!("vaults:\n  corp: {vault}\nstate: state\nbrowser: {{ sandbox: false }}\n"),
        );
        let ended = tokio::task::spawn_blocking(move || lab.run(&["doctor"])).await.unwrap();
        let text = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(text.contains("note vault corp, clock"), part.is_some(), "{date:?}: {text}");
        assert!(part.is_none_or(|part| text.contains(part)), "{date:?}: {text}");
        assert_eq!(ended.code, 0, "{text}");
    }
}
