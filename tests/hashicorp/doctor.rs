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
