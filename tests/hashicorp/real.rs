//! A real server, which `tests/vaults.sh` starts (`bao server -dev`). It says by variables where it listens and
//! which file holds its root token. What doorward may do there is what `examples/vaults/` says it needs.

use doorward::clock::Clock;
use doorward::otp::Parameters;
use doorward::secret::Secret;
use doorward::vault::totp::Seed;
use doorward::vault::{Password, Vault};
use serde_json::{Value, json};

use super::{PASSWORD, approle, grant, open, variant_of};
use crate::lab::Lab;

const SEED: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/// The server, for its owner.
struct Owner {
    address: String,
    token: String,
    http: reqwest::Client,
}

impl Owner {
    fn new() -> Self {
        let variable =
            |name| std::env::var_os(name).unwrap_or_else(|| panic!("${name} is not set"));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let token = std::fs::read_to_string(variable("DOORWARD_TEST_BAO_TOKEN")).unwrap();
        Self {
            address: variable("DOORWARD_TEST_BAO").into_string().unwrap(),
            token: token.trim().to_owned(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// Sends a call; what came back.
    async fn call(&self, method: &str, path: &str, body: Value) -> Value {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}/v1/{path}", self.address));
        let request = request.header("x-vault-token", &self.token).body(body.to_string());
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Mounts what is needed, once for each server.
    async fn furnish(&self, lab: &Lab) -> Value {
        let policy = include_str!("../../examples/vaults/hashicorp-policy.hcl");
        let policy = format!("{policy}\npath \"old/web/*\" {{ capabilities = [\"read\"] }}");
        self.call("POST", "sys/policies/acl/doorward", json!({ "policy": policy })).await;
        self.call("POST", "sys/mounts/old", json!({ "type": "kv", "options": { "version": "1" } }))
            .await;
        self.call("POST", "sys/mounts/totp", json!({ "type": "totp" })).await;
        self.call("POST", "sys/auth/approle", json!({ "type": "approle" })).await;
        let role = json!({ "token_policies": "doorward", "token_ttl": "20m" });
        self.call("POST", "auth/approle/role/web-broker", role).await;
        let shop = json!({
            "username": "anna", "password": PASSWORD, "address": "shop.example:8443",
            "logon_account": "codes:acme", "port": 8443, "pin": "0007",
        });
        for name in ["web/shop", "web/gone", "web/destroyed", "elsewhere/shop"] {
            self.call("POST", &format!("secret/data/{name}"), json!({ "data": shop })).await;
        }
        self.call("DELETE", "secret/data/web/gone", json!({})).await;
        self.call("POST", "secret/destroy/web/destroyed", json!({ "versions": [1] })).await;
        self.call("POST", "old/web/shop", shop.clone()).await;
        let url = format!("otpauth://totp/Acme:anna?secret={SEED}&issuer=Acme");
        self.call("POST", "totp/keys/acme", json!({ "url": url })).await;
        let role_id = self.call("GET", "auth/approle/role/web-broker/role-id", json!({})).await;
        let secret = self.call("POST", "auth/approle/role/web-broker/secret-id", json!({})).await;
        lab.write("secret-id", secret["data"]["secret_id"].as_str().unwrap());
        lab.write("wrong", "5c1f0e9a-7b3d-4e86-9a2f-d0c4b7e19a2f");
        let mut auth = approle();
        auth["auth"]["approle"]["role-id"] = role_id["data"]["role_id"].clone();
        auth
    }
}

#[tokio::test]
#[ignore = "tests/vaults.sh starts what it asks"]
async fn a_real_server_is_understood() {
    let (owner, lab) = (Owner::new(), Lab::new());
    let auth = owner.furnish(&lab).await;
    let with = |more: Value| {
        let mut settings = auth.clone();
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        open(&lab, &owner.address, settings)
    };

    for vault in [with(json!({})), with(json!({ "mount": "old" }))] {
        let account = vault.account(&grant("web/shop")).await.unwrap();
        let Password::Value(password) = &account.password else { panic!("{account:?}") };
        assert_eq!(password.expose(), PASSWORD);
        assert_eq!(account.username.as_deref(), Some("anna"));
        assert_eq!(account.address.as_deref(), Some("shop.example:8443"));
        assert_eq!(account.logon_account.as_ref().unwrap().to_string(), "codes:acme");
        assert_eq!(account.properties["port"].shown(), Some("8443"));
        assert!(account.properties["pin"].protected);
    }

    let vault = with(json!({}));
    let listed = vault.list(Some("web")).await.unwrap();
    let listed: Vec<String> = listed.iter().map(|found| found.reference.to_string()).collect();
    assert_eq!(listed, ["corp:web/destroyed", "corp:web/gone", "corp:web/shop"]);
    let health = vault.health().await.unwrap();
    for word in ["unsealed", "active", "token valid for", "KV version 2 at `secret`"] {
        assert!(health.contains(word), "{health}");
    }

    for (account, variant, says) in [
        ("web/shap", "NotFound", "holds no account"),
        ("web/gone", "Gone", "version 1 was deleted at 20"),
        ("web/destroyed", "Gone", "version 1 was destroyed"),
        ("elsewhere/shop", "Denied", "the token's policies: default, doorward"),
    ] {
        let error = vault.account(&grant(account)).await.map(drop).unwrap_err();
        assert_eq!(variant_of(&error), variant, "{account}: {error}");
        assert!(error.to_string().contains(says), "{account}: {error}");
    }
    let error = vault.account(&grant("web/shap")).await.map(drop).unwrap_err();
    assert!(error.help().unwrap().contains("`web/shop`"), "{:?}", error.help());

    let codes = with(json!({ "engine": "totp" }));
    assert!(matches!(codes.account(&grant("acme")).await.unwrap().password, Password::Computed));
    let seed = Secret::new(SEED.to_owned());
    let seed = Seed::read(&seed, Parameters::default()).unwrap();
    let before = seed.code_at(Clock::System.unix_millis());
    let code = codes.code(&grant("acme")).await.unwrap();
    let after = seed.code_at(Clock::System.unix_millis());
    assert!([before.digits.expose(), after.digits.expose()].contains(&code.digits.expose()));
    let error = codes.code(&grant("nobody")).await.map(drop).unwrap_err();
    assert_eq!(variant_of(&error), "NotFound", "{error}");

    let mut wrong = auth.clone();
    wrong["auth"]["approle"]["secret-id-file"] = "wrong".into();
    let error = open(&lab, &owner.address, wrong).health().await.unwrap_err();
    assert_eq!(variant_of(&error), "Unauthenticated", "{error}");
    assert!(error.to_string().contains("invalid role or secret ID"), "{error}");
}
