//! The accounts: the target and the logon account that are missing, not allowed, empty or no fit. Each
//! stop has words of its own, and the logon account's five are five.

use super::*;

const CODE_ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
";

/// An account that a session asks for, and what must come of it. The connector is `code`.
struct Case {
    name: &'static str,
    account: &'static str,
    /// Keys of `corp:web/site` over the usual ones.
    holds: fn() -> Value,
    code: i32,
    object: &'static str,
    says: &'static str,
    record: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "target not found",
        account: "web/nobody",
        holds: || json!({}),
        code: 5,
        object: "failed/account-not-found",
        says: "error: vault `local` holds no account `local:web/nobody`\n\
               help: `doorward account list local:` shows what it holds\n",
        record: &["Connect local:web/nobody", "ConnectFailed local:web/nobody account-not-found"],
    },
    Case {
        name: "target misspelt",
        account: "web/sight",
        holds: || json!({}),
        code: 5,
        object: "failed/account-not-found",
        says: "error: vault `local` holds no account `local:web/sight`\n\
               help: the nearest names are local:web/site\n",
        record: &["Connect local:web/sight", "ConnectFailed local:web/sight account-not-found"],
    },
    Case {
        name: "target not allowed",
        account: "corp:web/secret",
        holds: || json!({}),
        code: 4,
        object: "failed/access-denied",
        says: "error: vault `corp` does not allow `corp:web/secret` to be used: permission denied\n\
               help: ask the vault's owner for the permission to read it\n",
        record: &["Connect corp:web/secret", "ConnectFailed corp:web/secret access-denied"],
    },
    Case {
        name: "no logon account linked",
        account: "corp:web/site",
        holds: || json!({}),
        code: 5,
        object: "failed/no-account-linked",
        says: "error: account `corp:web/site` has no logon account linked, and row 3 of the connector needs it\n",
        record: &["Connect corp:web/site", "ConnectFailed corp:web/site no-account-linked"],
    },
    Case {
        name: "logon account not found",
        account: "corp:web/site",
        holds: || json!({ "logon_account": "local:web/sed" }),
        code: 5,
        object: "failed/account-not-found",
        says: "error: the logon account of `corp:web/site` cannot be used\n\
               caused by: vault `local` holds no account `local:web/sed`\n\
               help: the nearest names are local:web/seed\n",
        record: &[
            "Connect corp:web/site",
            "Connect local:web/sed",
            "ConnectFailed corp:web/site account-not-found",
            "ConnectFailed local:web/sed account-not-found",
        ],
    },
    Case {
        name: "logon account not found beside its target",
        account: "corp:web/site",
        holds: || json!({ "logon_account": "web/gone" }),
        code: 5,
        object: "failed/account-not-found",
        says: "error: the logon account of `corp:web/site` cannot be used\n\
               caused by: vault `corp` holds no account `corp:web/gone`\n\
               help: `doorward account list corp:` shows what it holds\n",
        record: &[
            "Connect corp:web/site",
            "Connect corp:web/gone",
            "ConnectFailed corp:web/site account-not-found",
            "ConnectFailed corp:web/gone account-not-found",
        ],
    },
    Case {
        name: "logon account in a vault that there is not",
        account: "corp:web/site",
        holds: || json!({ "logon_account": "codes:acme" }),
        code: 5,
        object: "failed/unknown-vault",
        says: "error: account `corp:web/site` is linked to `codes:acme`, and the configuration has no such vault\n\
               help: add the vault to the configuration, or link another account than `codes:acme`\n",
        record: &[
            "Connect corp:web/site",
            "Connect codes:acme",
            "ConnectFailed corp:web/site unknown-vault",
            "ConnectFailed codes:acme unknown-vault",
        ],
    },
    Case {
        name: "logon account not allowed",
        account: "corp:web/site",
        holds: || json!({ "logon_account": "web/secret" }),
        code: 4,
        object: "failed/access-denied",
        says: "error: the logon account of `corp:web/site` cannot be used\n\
               caused by: vault `corp` does not allow `corp:web/secret` to be used: permission denied\n\
               help: ask the vault's owner for the permission to read it\n",
        record: &[
            "Connect corp:web/site",
            "Connect corp:web/secret",
            "ConnectFailed corp:web/site access-denied",
            "ConnectFailed corp:web/secret access-denied",
        ],
    },
    Case {
        name: "link that is no reference",
        account: "corp:web/site",
        holds: || json!({ "logon_account": "a:b:c" }),
        code: 5,
        object: "failed/vault-failed",
        says: "",
        record: &["Connect corp:web/site", "ConnectFailed corp:web/site vault-failed"],
    },
    Case {
        name: "secret of the logon account empty",
        account: "corp:web/site",
        holds: || json!({ "logon_account": "web/empty" }),
        code: 5,
        object: "failed/secret-empty",
        says: "",
        record: &[
            "Connect corp:web/site",
            "Connect corp:web/empty",
            "ConnectFailed corp:web/site secret-empty",
            "ConnectFailed corp:web/empty secret-empty",
        ],
    },
    Case {
        name: "secret of the logon account no TOTP secret",
        account: "corp:web/site",
        holds: || json!({ "logon_account": "web/words" }),
        code: 5,
        object: "failed/not-a-totp-secret",
        says: "",
        record: &[
            "Connect corp:web/site",
            "Connect corp:web/words",
            "ConnectFailed corp:web/site not-a-totp-secret",
            "ConnectFailed corp:web/words not-a-totp-secret",
        ],
    },
    Case {
        name: "password of the target empty",
        account: "corp:web/site",
        holds: || json!({ "logon_account": "local:web/seed", "password": "" }),
        code: 5,
        object: "failed/secret-empty",
        says: "",
        record: &[
            "Connect corp:web/site",
            "Connect local:web/seed",
            "ConnectFailed corp:web/site secret-empty",
            "ConnectFailed local:web/seed secret-empty",
        ],
    },
];

#[test]
fn each_stop_has_words_of_its_own() {
    let floor = Floor::new();
    floor.desk.connector("code", "http://<address>/otp-same-form", "ActionTimeout: 4s", CODE_ROWS);
    let account = |password: &str| json!({ "username": "totp", "password": password });
    floor.corp.script(vec![
        ("GET /v1/secret/data/web/empty", vec![account_of(account(""))]),
        ("GET /v1/secret/data/web/words", vec![account_of(account("MARKED not base32!"))]),
    ]);
    let mut problems = Vec::new();
    let mut said = Vec::new();
    for case in CASES {
        floor.corp.script(good(&floor.site.address(), (case.holds)()));
        let launched = floor.connect("code", case.account);
        let Case { code, object, says, record, .. } = *case;
        let must = Must { code, object, says, record };
        problems.extend(floor.problem(&launched, &must).map(|p| format!("{}: {p}", case.name)));
        floor.desk.assert_clean();
        said.push(launched.stderr);
    }
    assert_none(&problems);
    assert_eq!(floor.site.visits(), [], "a page was opened");
    said.sort();
    said.dedup();
    assert_eq!(said.len(), CASES.len(), "two stops have the same words");
}
