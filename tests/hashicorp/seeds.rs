//! Seeds that go into the TOTP engine: what is sent, what is never overwritten, and what cannot be done.

use doorward::clock::Timestamp;
use doorward::secret::Secret;
use doorward::vault::Vault;
use serde_json::{Value, json};

use super::{grant, lab, open, variant_of, well, with};
use crate::lab::server::{Reply, Script, StandIn, empty, errors, ok};

const SEED: &str = "otpauth://totp/Acme:alice?secret=MARKEDSEEDMARKED&issuer=Acme&algorithm=SHA1&digits=6&period=30";
const KEY: &str = "GET /v1/totp/keys/web.shop";
const MAKE: &str = "POST /v1/totp/keys/web.shop";
const DELETE: &str = "DELETE /v1/totp/keys/web.shop";

fn denied() -> Reply {
    errors(403, &["1 error occurred:\n\t* permission denied\n\n"])
}

#[tokio::test]
async fn a_seed_is_written_once_and_never_read_again() {
    let key = ok(json!({ "data": { "account_name": "alice" } }));
    let missing = || errors(404, &[]);
    let cases: Vec<(Script, &str, usize)> = vec![
        (vec![(KEY, vec![missing()]), (MAKE, vec![empty(204)])], "ok", 1),
        (vec![(KEY, vec![key])], "Seeded", 0),
        (vec![(KEY, vec![denied()])], "Denied", 0),
        (vec![(KEY, vec![missing()]), (MAKE, vec![denied()])], "Denied", 1),
        (
            vec![
                (KEY, vec![missing()]),
                (MAKE, vec![errors(400, &["invalid key value: MARKEDSEEDMARKED"])]),
            ],
            "Refused",
            1,
        ),
    ];
    for (script, expected, calls) in cases {
        let server = StandIn::start(with(well(), script)).await;
        let lab = lab();
        let vault = open(&lab, &server.address, json!({ "engine": "totp" }));
        let seed = Secret::new(SEED.to_owned());
        let kept = vault.keep_seed(&grant("web.shop"), &seed, Some("alice")).await;
        let variant = kept.as_ref().err().map_or_else(|| "ok".to_owned(), variant_of);
        assert_eq!(variant, expected, "{kept:?}");
        if let Err(error) = kept {
            let text = format!("{error} {error:?} {}", error.help().unwrap_or_default());
            assert!(!text.contains("MARKEDSEED"), "{text}");
        }
        let sent: Vec<_> = server.seen().into_iter().filter(|seen| seen.call == MAKE).collect();
        assert_eq!(sent.len(), calls, "{expected}");
        for seen in &sent {
            let body: Value = serde_json::from_str(&seen.body).unwrap();
            assert_eq!(body, json!({ "url": SEED, "generate": false }));
        }
    }
}

#[tokio::test]
async fn a_seed_is_removed_for_good() {
    let until: Timestamp = "2026-11-29T12:00:00Z".parse().unwrap();
    for (reply, expected) in
        [(empty(204), "ok"), (denied(), "Denied"), (errors(404, &[]), "NotFound")]
    {
        let server = StandIn::start(with(
            well(),
            vec![(DELETE, vec![reply]), ("LIST /v1/totp/keys", vec![errors(404, &[])])],
        ))
        .await;
        let lab = lab();
        let vault = open(&lab, &server.address, json!({ "engine": "totp" }));
        assert!(!vault.restores_seeds());
        let removed = vault.remove_seed(&grant("web.shop"), until).await;
        match removed {
            Ok(until) => assert_eq!((until, expected), (None, "ok")),
            Err(error) => assert_eq!(variant_of(&error), expected),
        }
    }
}

#[tokio::test]
async fn an_engine_of_keys_and_values_keeps_none() {
    let server = StandIn::start(well()).await;
    let lab = lab();
    let kv = open(&lab, &server.address, json!({}));
    let seed = Secret::new(SEED.to_owned());
    assert_eq!(kv.seat_of_seed(&"web/shop".parse().unwrap()), None);
    let error = kv.keep_seed(&grant("web/shop"), &seed, None).await.unwrap_err();
    assert!(error.to_string().contains("keeps no seeds"), "{error}");
    assert!(error.help().unwrap().contains("`seeds:`"));
    let codes = [Secret::new("MARKED-code".to_owned())];
    let error = kv.keep_recovery_codes(&grant("web/shop"), &codes).await.unwrap_err();
    assert!(error.to_string().ends_with("keeps no recovery codes for doorward"), "{error}");
    assert!(error.help().unwrap().contains("a vault of kind kdbx"));
    assert!(!kv.keeps_recovery_codes());
    assert_eq!(kv.recovery_codes(&grant("web/shop")).await.unwrap(), []);
    assert_eq!(server.seen().len(), 0, "nothing was asked");
    let totp = open(&lab, &server.address, json!({ "engine": "totp" }));
    for (account, seat) in [
        ("corp:web/shop", "corp:web.shop"),
        ("local:web/eu/shop one", "corp:local.web.eu.shop.one"),
    ] {
        assert_eq!(totp.seat_of_seed(&account.parse().unwrap()).unwrap().to_string(), seat);
    }
}
