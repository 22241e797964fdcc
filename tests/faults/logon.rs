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
               help: the nearest names are `local:web/site`\n",
        record: &["Connect local:web/sight", "ConnectFailed local:web/sight account-not-found"],
    },
    Case {
        name: "target not allowed",
        account: "corp:web/secret",
        holds: || json!({}),
        code: 4,
        object: "failed/access-denied",
        says: "error: vault `corp` does not allow `corp:web/secret` to be used: permission denied; \
               the token's policies: default\n\
               help: ask the vault's owner for the permission to read it\n",
        record: &["Connect corp:web/secret", "ConnectFailed corp:web/secret access-denied"],
    },
    Case {
        name: "no logon account linked",
        account: "corp:web/site",
        holds: || json!({}),
        code: 5,
        object: "failed/no-account-linked",
        says: "error: account `corp:web/site` has no logon account linked, and row 3 of the connector needs it\n\
               help: link one in its vault (`doorward account link corp:web/site --logon-account REF` for KDBX, the key \
               `logon_account` of a secret elsewhere), below `links:` in the configuration, or for this time with \
               `--logon-account REF`\n",
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
               help: the nearest names are `local:web/seed`\n",
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
               caused by: vault `corp` does not allow `corp:web/secret` to be used: permission denied; \
               the token's policies: default\n\
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
        says: "error: `logon_account` of `corp:web/site` has to be a reference to an account, `[vault:][safe/]name`\n\
               help: correct `logon_account` in the vault\n",
        record: &["Connect corp:web/site", "ConnectFailed corp:web/site vault-failed"],
    },
    Case {
        name: "secret of the logon account empty",
        account: "corp:web/site",
        holds: || json!({ "logon_account": "web/empty" }),
        code: 5,
        object: "failed/secret-empty",
        says: "error[secret-empty]: the password of account `corp:web/empty` is empty\n \
               --> ./connectors/code.yaml:9:16\n  |\n\
               9 |   otp > (TOTP) <logonaccount\\password> (SearchBy=id)\n  \
               |                ^^^^^^^^^^^^^^^^^^^^^^^ there is nothing to type\n  |\n  \
               = help: set it in the vault; for a KDBX vault: `doorward account edit corp:web/empty --secret`\n",
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
        says: "error[not-a-totp-secret]: what account `corp:web/words` holds is no secret for one-time codes: the \
               one-time-code secret is not base32: character 18 is none of A–Z and 2–7\n \
               --> ./connectors/code.yaml:9:16\n  |\n\
               9 |   otp > (TOTP) <logonaccount\\password> (SearchBy=id)\n  \
               |                ^^^^^^^^^^^^^^^^^^^^^^^ is not a TOTP secret\n  |\n  \
               = help: is it the password instead of the seed? a seed that is plain text needs `(Encoding=raw)`\n",
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
        says: "error[secret-empty]: the password of account `corp:web/site` is empty\n \
               --> ./connectors/code.yaml:8:14\n  |\n\
               8 |   password > <password> (SearchBy=id)\n  \
               |              ^^^^^^^^^^ there is nothing to type\n  |\n  \
               = help: set it in the vault; for a KDBX vault: `doorward account edit corp:web/site --secret`\n",
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

/// What does not fit an account that is there. `holds`: keys of `corp:web/site` over the usual ones.
struct Unfit {
    name: &'static str,
    account: &'static str,
    url: &'static str,
    /// The rows; empty for the usual ones.
    rows: &'static str,
    holds: fn() -> Value,
    code: i32,
    cause: &'static str,
    /// What the renderer prints.
    says: &'static str,
}

const UNFIT: &[Unfit] = &[
    Unfit {
        name: "a property that the account has not",
        account: "corp:web/site",
        url: "http://<address>/plain",
        rows: "realm > <department> (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n",
        holds: || json!({ "port": 8443, "tags": "a" }),
        code: 5,
        cause: "property-missing",
        says: "error[property-missing]: account `corp:web/site` has no property `department`\n \
               --> ./connectors/unfit.yaml:6:11\n  |\n\
               6 |   realm > <department> (SearchBy=id)\n  \
               |           ^^^^^^^^^^^^ has no value\n  |\n  \
               = has: port, tags\n  \
               = help: set it in the vault; for a KDBX vault: `doorward account edit corp:web/site \
               --property department=VALUE`\n",
    },
    Unfit {
        name: "no address",
        account: "corp:web/site",
        url: "http://<address>/plain",
        rows: "",
        holds: || json!({ "address": null }),
        code: 5,
        cause: "property-missing",
        says: "error[property-missing]: account `corp:web/site` has no property `address`\n \
               --> ./connectors/unfit.yaml:4:20\n  |\n\
               4 |   LogonURL: http://<address>/plain\n  \
               |                    ^^^^^^^^^ has no value\n  |\n  \
               = has: no properties beside the standard ones\n  \
               = help: set it in the vault; for a KDBX vault: `doorward account edit corp:web/site --address HOST`\n",
    },
    Unfit {
        name: "a protected property in a URL",
        account: "local:web/guarded",
        url: "http://127.0.0.1:<port>/plain",
        rows: "",
        holds: || json!({}),
        code: 5,
        cause: "property-protected",
        says: "error[property-protected]: property `port` is protected and would be shown here\n \
               --> ./connectors/unfit.yaml:4:30\n  |\n\
               4 |   LogonURL: http://127.0.0.1:<port>/plain\n  \
               |                              ^^^^^^ a URL, a locator or an option is no place for it\n  |\n  \
               = help: type it into a field; or, if it is no secret, unprotect it in the vault (for HashiCorp Vault: \
               name it in `public-properties`)\n",
    },
    Unfit {
        name: "an address that is not this machine, over plain http",
        account: "corp:web/site",
        url: "http://<address>/plain",
        rows: "",
        holds: || json!({ "address": "192.0.2.1" }),
        code: 3,
        cause: "insecure-origin",
        says: "error[insecure-origin]: secrets would go to http://192.0.2.1 over plain http, where everybody on the way can read them\n \
               --> ./connectors/unfit.yaml:4:13\n  |\n\
               4 |   LogonURL: http://<address>/plain\n  \
               |             ^^^^^^^^^^^^^^^^^^^^^^ not encrypted, and not this machine\n  |\n  \
               = help: use https; or, where the application has none, say `AllowInsecure: true` in TargetSettings: \
               every activity row then shows it\n",
    },
    Unfit {
        name: "an address that is no host",
        account: "corp:web/site",
        url: "http://<address>/plain",
        rows: "",
        holds: || json!({ "address": "127.0.0.1/other?x=" }),
        code: 3,
        cause: "wrong-address",
        says: "error[wrong-address]: `127.0.0.1/other?x=` cannot be a host\n \
               --> ./connectors/unfit.yaml:4:20\n  |\n\
               4 |   LogonURL: http://<address>/plain\n  \
               |                    ^^^^^^^^^ stands where the URL has its host\n  |\n  \
               = help: the property has to be a host name or an IP address, with `:port` where it needs one\n",
    },
    Unfit {
        name: "an address with a user in it",
        account: "corp:web/site",
        url: "http://<address>/plain",
        rows: "",
        holds: || json!({ "address": "admin@127.0.0.1" }),
        code: 3,
        cause: "wrong-address",
        says: "error[wrong-address]: `admin@127.0.0.1` cannot be a host\n \
               --> ./connectors/unfit.yaml:4:20\n  |\n\
               4 |   LogonURL: http://<address>/plain\n  \
               |                    ^^^^^^^^^ stands where the URL has its host\n  |\n  \
               = help: the property has to be a host name or an IP address, with `:port` where it needs one\n",
    },
];

#[test]
fn what_does_not_fit_the_account_opens_no_page() {
    let floor = Floor::new();
    floor.desk.add(
        "web/guarded",
        &["--username", USERNAME, "--protected", "port"],
        &format!("{PASSWORD}\nMARKED-4711"),
    );
    let mut problems = Vec::new();
    for case in UNFIT {
        let rows = if case.rows.is_empty() { ROWS } else { case.rows };
        floor.desk.connector("unfit", case.url, "", rows);
        floor.corp.script(good(&floor.site.address(), (case.holds)()));
        let launched = floor.connect("unfit", case.account);
        let object = format!("failed/{}", case.cause);
        let record = [
            format!("Connect {}", case.account),
            format!("ConnectFailed {} {}", case.account, case.cause),
        ];
        let record = record.each_ref().map(String::as_str);
        let must = Must { code: case.code, object: &object, says: case.says, record: &record };
        problems.extend(floor.problem(&launched, &must).map(|p| format!("{}: {p}", case.name)));
        assert!(!format!("{:?}", floor.desk.record(&[])).contains("MARKED"), "{}", case.name);
        floor.desk.assert_clean();
    }
    assert_none(&problems);
    assert_eq!(floor.site.visits(), [], "a page was opened");
}

/// Refused before the vault is asked and before a browser starts.
#[test]
fn a_capability_that_is_not_declared_reaches_nothing() {
    let floor = Floor::new();
    let bin = floor.desk.lab.path().join("bin");
    floor.configure("", &format!("sandbox: false, driver: {}/chromedriver", bin.display()));
    super::browser::script(&bin.join("chromedriver"), "touch started");
    let path = floor.desk.connector("bare", "http://<address>/otp-same-form", "", CODE_ROWS);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("SupportedCapabilities: [LogonAccount]\n", "")).unwrap();
    let launched = floor.connect("bare", "corp:web/site");
    let must = Must {
        code: 3,
        object: "refused-to-connect/capability-not-declared",
        says: "error[capability-not-declared]: row 3 of `bare` names `logonaccount`, and the connector does not declare \
               the capability `LogonAccount`\n \
               --> ./connectors/bare.yaml:7:16\n  |\n\
               7 |   otp > (TOTP) <logonaccount\\password> (SearchBy=id)\n  \
               |                ^^^^^^^^^^^^^^^^^^^^^^^ needs `LogonAccount`\n  |\n  \
               = help: add the line `SupportedCapabilities: [LogonAccount]`\n",
        record: &["ConnectRefused corp:web/site refused"],
    };
    let problem = floor.problem(&launched, &must);
    floor.assert_untouched("capability");
    assert!(!floor.desk.lab.path().join("started").exists(), "the driver was started");
    assert_eq!(problem, None);
}
