//! Seeds that go into the TOTP engine: what is sent, what is never overwritten, and what cannot be done.

use doorward::clock::Timestamp;
use doorward::secret::Secret;
use doorward::vault::Vault;
use serde_json::{Value, json};

use super::{assert_nothing_leaks, grant, lab, open, v2, variant_of, well, with};
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

/// A vault that keeps no links is told of the one that the configuration needs; and its clock is told, where it is apart.
#[tokio::test(flavor = "multi_thread")]
async fn a_seed_for_its_account_needs_a_link_of_the_configuration() {
    let Reply::Send(status, mut headers, body) = v2(json!({ "username": "anna" })) else {
        unreachable!()
    };
    headers.push(("date", "Sat, 01 Jan 2000 00:00:00 GMT".to_owned()));
    let account = vec![("GET /v1/secret/data/web/shop", vec![Reply::Send(status, headers, body)])];
    let server = StandIn::start(with(well(), account)).await;
    let lab = lab();
    let configuration = format!(
        "vaults:\n  corp: {{ kind: hashicorp, address: '{}', auth: {{ token-file: token }} }}\n  \
         local: {{ kind: kdbx, path: v.kdbx, key-file: v.key }}\ndefault-vault: local\nseeds: local\nstate: state\n",
        server.address
    );
    lab.write("doorward.yaml", &configuration);
    let told = tokio::task::spawn_blocking(move || {
        let add = ["totp", "add", "corp:web/shop", "--setup-code-stdin", "--yes"];
        let seed = "MARKEDSEEDMARKED";
        assert_eq!(lab.run(&["vault", "init", "local"]).code, 0);
        let linkless = lab.run_with_input(&add, seed);
        assert_eq!(linkless.code, 5, "{linkless:?}");
        let link = r#"links: { "corp:web/shop": { logon-account: "local:totp/corp/web/shop" } }"#;
        assert!(linkless.stderr.contains(link), "{linkless:?}");
        lab.write("doorward.yaml", format!("{configuration}{link}\n"));
        let added = lab.run_with_input(&add, seed);
        assert!(added.stdout.ends_with("kept in local:totp/corp/web/shop\n"), "{added:?}");
        let spare = ["totp", "recovery", "add", "corp:web/shop", "--codes-stdin"];
        let spare = lab.run_with_input(&spare, "MARKED-code");
        assert!(spare.stdout.ends_with("kept in local:totp/corp/web/shop\n"), "{spare:?}");
        let shown = lab.run(&["totp", "show", "corp:web/shop"]);
        assert_eq!(shown.code, 0, "{shown:?}");
        let parts = [
            "clock      the clock of vault `corp` is ",
            " s behind this machine's",
            "1 of 1 codes left",
        ];
        assert!(parts.iter().all(|part| shown.stdout.contains(part)), "{shown:?}");
        format!("{linkless:?}{added:?}{spare:?}{shown:?}")
    });
    assert_nothing_leaks(&told.await.unwrap(), "totp");
}
