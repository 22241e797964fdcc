//! The vaults: down, slow, sealed, refusing, answering nonsense or half; a vault file that is missing,
//! locked with another key, or cut off.

use super::*;

/// What `corp` answers to a call, and what must come of it.
struct Case {
    name: &'static str,
    /// The calls that are answered badly.
    calls: &'static [&'static str],
    reply: fn() -> Reply,
    code: i32,
    cause: &'static str,
    says: &'static str,
}

const ACCOUNT: &str = "GET /v1/secret/data/web/site";
const MOUNT: &str = "GET /v1/sys/internal/ui/mounts/secret";
const TOKEN: &str = "GET /v1/auth/token/lookup-self";

const CASES: &[Case] = &[
    Case {
        name: "404",
        calls: &[ACCOUNT],
        reply: || errors(404, &[]),
        code: 5,
        cause: "account-not-found",
        says: "error: vault `corp` holds no account `corp:web/site`\n\
               help: `doorward account list corp:` shows what it holds\n",
    },
    Case {
        name: "403",
        calls: &[ACCOUNT],
        reply: || errors(403, &["1 error occurred:\n\t* permission denied\n\n"]),
        code: 4,
        cause: "access-denied",
        says: "error: vault `corp` does not allow `corp:web/site` to be used: permission denied; \
               the token's policies: default\n\
               help: ask the vault's owner for the permission to read it\n",
    },
    Case {
        name: "a token that was revoked",
        calls: &[TOKEN, MOUNT, ACCOUNT, "GET /v1/secret/web/site"],
        reply: || errors(403, &["permission denied", "invalid token"]),
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` does not accept the token in ./token: invalid token\n\
               help: a wrong, an expired, a revoked and a used-up one are refused in the same words; the vault's owner \
               issues a fresh one\n",
    },
    Case {
        name: "sealed",
        calls: &[TOKEN, MOUNT, ACCOUNT],
        reply: || errors(503, &["Vault is sealed"]),
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` at CORP is sealed\n\
               help: its owners have to unseal it; nothing was wrong with the question\n",
    },
    Case {
        name: "sealed meanwhile",
        calls: &[ACCOUNT],
        reply: || errors(503, &["Vault is sealed"]),
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` at CORP is sealed\n\
               help: its owners have to unseal it; nothing was wrong with the question\n",
    },
    Case {
        name: "HTML",
        calls: &[ACCOUNT],
        reply: || html(200),
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` answered `GET secret/data/web/site` with 20 bytes of text/html, \
               not the JSON of a vault\n\
               help: is `address` the vault itself? a proxy or another server answers like this\n",
    },
    Case {
        name: "HTML at first",
        calls: &[TOKEN],
        reply: || html(502),
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` answered `GET auth/token/lookup-self` with status 502: 20 bytes of \
               text/html, not the JSON of a vault\n\
               help: that is a fault of the server; its log says more\n",
    },
    Case {
        name: "truncated",
        calls: &[ACCOUNT],
        reply: || Reply::BreakOff,
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` answered `GET secret/data/web/site` with status 200 and a body that \
               breaks off after 8 bytes\n\
               help: is `address` the vault itself? a proxy or another server answers like this\n",
    },
    Case {
        name: "an answer that does not go on",
        calls: &[ACCOUNT],
        reply: || Reply::Stall,
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` did not answer `GET secret/data/web/site` within 2s\n\
               help: `timeout` (one call) and `deadline` (all calls for one account) in the vault's configuration give \
               it longer\n",
    },
    Case {
        name: "no answer",
        calls: &[ACCOUNT],
        reply: || Reply::Hang,
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` did not answer `GET secret/data/web/site` within 2s\n\
               help: `timeout` (one call) and `deadline` (all calls for one account) in the vault's configuration give \
               it longer\n",
    },
    Case {
        name: "no answer at first",
        calls: &[TOKEN],
        reply: || Reply::Hang,
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` did not answer `GET auth/token/lookup-self` within 2s\n\
               help: `timeout` (one call) and `deadline` (all calls for one account) in the vault's configuration give \
               it longer\n",
    },
    Case {
        name: "JSON of another kind",
        calls: &[ACCOUNT],
        reply: || ok(json!([1, 2])),
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` answered `GET secret/data/web/site` with JSON of another shape \
               (line 1, column 2)\n\
               help: is `address` the vault itself? a proxy or another server answers like this\n",
    },
    Case {
        name: "more than anybody reads",
        calls: &[ACCOUNT],
        reply: || Reply::Flood,
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` answered `GET secret/data/web/site` with more than 1 MiB\n\
               help: is `address` the vault itself? a proxy or another server answers like this\n",
    },
    Case {
        name: "too busy",
        calls: &[ACCOUNT],
        reply: || errors(429, &["request limited"]),
        code: 5,
        cause: "vault-failed",
        says: "error: vault `corp` is too busy for `GET secret/data/web/site` (status 429)\n\
               help: try again later; its owners see its load and its quotas\n",
    },
];

#[test]
fn a_vault_that_does_not_answer_as_it_should() {
    let floor = Floor::new();
    let mut problems = Vec::new();
    for case in CASES {
        // Only where an answer has to be missing; the others take as long as a loaded machine does.
        let times = match case.says.contains("did not answer") {
            true => ", timeout: 2s, deadline: 20s",
            false => "",
        };
        floor.configure(times, "sandbox: false");
        floor.corp.script(good(&floor.site.address(), json!({})));
        floor.corp.script(case.calls.iter().map(|call| (*call, vec![(case.reply)()])).collect());
        let launched = floor.connect("plain", "corp:web/site");
        let object = format!("failed/{}", case.cause);
        let failed = format!("ConnectFailed corp:web/site {}", case.cause);
        let must = Must {
            code: case.code,
            object: &object,
            says: case.says,
            record: &["Connect corp:web/site", &failed],
        };
        problems.extend(floor.problem(&launched, &must).map(|p| format!("{}: {p}", case.name)));
        floor.desk.assert_clean();
    }
    assert_none(&problems);
    assert_eq!(floor.site.visits(), [], "a page was opened");
}

#[test]
fn a_vault_that_is_down() {
    let mut floor = Floor::new();
    let address = std::mem::replace(&mut floor.corp, Corp::start()).server.address.clone();
    // Its port is free again, and nobody listens.
    let text = std::fs::read_to_string(floor.desk.lab.path().join("doorward.yaml")).unwrap();
    assert!(text.contains(&address));
    let launched = floor.connect("plain", "corp:web/site");
    let says = format!(
        "error: cannot reach vault `corp` at {address}\n\
         caused by: Connection refused (os error 111)\n\
         help: is {address} right, host, port and https or http, and is the server up? `doorward doctor` asks again\n"
    );
    let must = Must {
        code: 5,
        object: "failed/vault-failed",
        says: &says,
        record: &["Connect corp:web/site", "ConnectFailed corp:web/site vault-failed"],
    };
    let problem = floor.problem(&launched, &must);
    floor.desk.assert_clean();
    assert_eq!(problem, None);
}

/// What is done to the vault file and its key, which the functions get.
type Spoil = fn(&Path, &Path);

const FILES: &[(&str, Spoil, &str)] = &[
    (
        "no vault file",
        |vault, _| std::fs::remove_file(vault).unwrap(),
        "caused by: there is no file ./vault.kdbx\nhelp: `doorward vault init` makes it; or correct `path` in the configuration\n",
    ),
    (
        "no key file",
        |_, key| std::fs::remove_file(key).unwrap(),
        "caused by: there is no key file ./vault.key\nhelp: restore it from a copy, or correct `key-file` in the configuration; without it the vault cannot be opened\n",
    ),
    (
        "another key",
        |_, key| std::fs::write(key, "another key").unwrap(),
        "caused by: the key file ./vault.key does not open ./vault.kdbx\nhelp: is it the key of this vault? `key-file` and `password-file` are in the configuration\n",
    ),
    (
        "cut off",
        |vault, _| {
            let bytes = std::fs::read(vault).unwrap();
            std::fs::write(vault, &bytes[..bytes.len() / 2]).unwrap();
        },
        "caused by: ./vault.kdbx is cut off: it ends in the middle\nhelp: restore it from a copy\n",
    ),
    (
        "empty",
        |vault, _| std::fs::write(vault, "").unwrap(),
        "caused by: ./vault.kdbx is not a KeePass database\nhelp: `path` has to name a .kdbx file; `doorward vault init` makes one\n",
    ),
    (
        "one bit",
        |vault, _| {
            let mut bytes = std::fs::read(vault).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            let middle = bytes.len() - 200;
            bytes[middle] ^= 1;
            std::fs::write(vault, bytes).unwrap();
        },
        "caused by: ./vault.kdbx is damaged or was altered: its contents cannot be trusted\nhelp: restore it from a copy\n",
    ),
    (
        "something else",
        |vault, _| std::fs::write(vault, "PK no vault at all".repeat(100)).unwrap(),
        "caused by: ./vault.kdbx is not a KeePass database\nhelp: `path` has to name a .kdbx file; `doorward vault init` makes one\n",
    ),
    (
        "a folder",
        |vault, _| {
            std::fs::remove_file(vault).unwrap();
            std::fs::create_dir(vault).unwrap();
        },
        "caused by: ./vault.kdbx is not a KeePass database\nhelp: `path` has to name a .kdbx file; `doorward vault init` makes one\n",
    ),
];

#[test]
fn a_vault_file_that_is_no_good() {
    let floor = Floor::new();
    let vault = floor.desk.lab.path().join("vault.kdbx");
    let key = floor.desk.lab.path().join("vault.key");
    let kept = [std::fs::read(&vault).unwrap(), std::fs::read(&key).unwrap()];
    let mut problems = Vec::new();
    for (name, spoil, says) in FILES {
        spoil(&vault, &key);
        let launched = floor.connect("plain", "web/site");
        let says = format!("error: vault `local` cannot be used\n{says}");
        let must = Must {
            code: 5,
            object: "failed/vault-failed",
            says: &says,
            record: &["Connect local:web/site", "ConnectFailed local:web/site vault-failed"],
        };
        problems.extend(floor.problem(&launched, &must).map(|p| format!("{name}: {p}")));
        floor.desk.assert_clean();
        let _ = std::fs::remove_dir(&vault);
        std::fs::write(&vault, &kept[0]).unwrap();
        let _ = std::fs::remove_file(&key);
        std::fs::write(&key, &kept[1]).unwrap();
        std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    }
    assert_none(&problems);
    assert_eq!(floor.site.visits(), [], "a page was opened");
}
