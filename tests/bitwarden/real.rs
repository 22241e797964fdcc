//! The real `bw serve`, which `tests/vaults.sh` starts before a small server of Bitwarden
//! (`tests/vaults/real/backend.js`). It says by a variable in which folder they are.

use std::path::PathBuf;

use doorward::clock::Clock;
use doorward::otp::Parameters;
use doorward::secret::Secret;
use doorward::vault::totp::Seed;
use doorward::vault::{Password, Vault};
use serde_json::json;

use super::{grant, open};
use crate::lab::Lab;

#[tokio::test]
#[ignore = "tests/vaults.sh starts what it asks"]
async fn the_real_bw_serve_is_understood() {
    let folder = PathBuf::from(std::env::var_os("DOORWARD_TEST_BW").expect("the folder"));
    let address = std::fs::read_to_string(folder.join("serve")).unwrap();
    let lab = Lab::new();
    std::fs::copy(folder.join("master"), lab.path().join("master")).unwrap();
    let fresh = |more| open(&lab, address.trim(), more);

    // Locked, and nothing to unlock it with.
    let error = fresh(json!({})).account(&grant("shop")).await.map(drop).unwrap_err();
    assert!(error.to_string().ends_with("is locked"), "{error}");
    lab.write("wrong", "MARKED wrong\n");
    let error = fresh(json!({ "password-file": "wrong" })).health().await.unwrap_err();
    assert!(error.to_string().contains("does not accept the master password in"), "{error}");

    let vault = fresh(json!({ "password-file": "master" }));
    for name in ["shop", "web/eu/shop", "6d1c0f5e-0b1f-4d8e-9c54-3a5f6c1e0001"] {
        let account = vault.account(&grant(name)).await.unwrap();
        let Password::WithCodes(password) = &account.password else { panic!("{name}") };
        assert_eq!(password.expose(), "MARKED-pass>{x} & 91");
        assert_eq!(account.username.as_deref(), Some("anna"));
        assert_eq!(account.address.as_deref(), Some("shop.example:8443"));
        assert_eq!(account.logon_account.as_ref().unwrap().to_string(), "codes:acme");
        assert_eq!(account.properties["region"].shown(), Some("eu"));
        assert!(account.properties["pin"].protected);
    }
    let seed = Secret::new("JBSWY3DPEHPK3PXP".to_owned());
    let seed = Seed::read(&seed, Parameters::default()).unwrap();
    let before = seed.code_at(Clock::System.unix_millis());
    let code = vault.code(&grant("shop")).await.unwrap();
    let after = seed.code_at(Clock::System.unix_millis());
    let either = [before.digits.expose(), after.digits.expose()];
    assert!(either.contains(&code.digits.expose()));

    let error = vault.account(&grant("twin")).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("holds 2 accounts named `twin`"), "{error}");
    vault.account(&grant("web/eu/twin")).await.unwrap();
    for name in ["sho", "Shop", "6d1c0f5e-0b1f-4d8e-9c54-3a5f6c1e0007", "No Folder/twin"] {
        let error = vault.account(&grant(name)).await.map(drop).unwrap_err();
        assert!(error.to_string().contains("holds no account"), "{name}: {error}");
    }
    let error = vault.code(&grant("web/eu/twin")).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("has no authenticator key"), "{error}");
    let listed = vault.list(None).await.unwrap();
    let names: Vec<_> = listed.iter().map(|s| s.reference.to_string()).collect();
    assert_eq!(names, ["team:twin", "team:web/eu/shop", "team:web/eu/twin"]);
    let line = vault.health().await.unwrap();
    assert!(line.starts_with("unlocked, user anna@example.org of https://127.0.0.1:"), "{line}");
    vault.close().await.unwrap();
    let error = fresh(json!({})).health().await.unwrap_err();
    assert!(error.to_string().ends_with("is locked"), "{error}");

    // Its server is down: a young copy does, an old one does not.
    std::fs::write(folder.join("down"), "").unwrap();
    let vault = fresh(json!({ "password-file": "master" }));
    vault.account(&grant("shop")).await.unwrap();
    vault.close().await.unwrap();
    let strict = fresh(json!({ "password-file": "master", "max-age": "1ms" }));
    let error = strict.account(&grant("shop")).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("was last synchronised"), "{error}");
    strict.close().await.unwrap();
    std::fs::remove_file(folder.join("down")).unwrap();

    // Its server does not know the login any more.
    std::fs::write(folder.join("out"), "").unwrap();
    let error = fresh(json!({ "password-file": "master", "max-age": "1ms" }))
        .account(&grant("shop"))
        .await
        .map(drop)
        .unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("is logged out") || text.contains("cannot be now"), "{text}");
}
