//! Seeds of accounts, whole binary: added from pictures and texts, read as codes, removed, restored and imported.

mod oathtool;
mod recovery;

use doorward::secret::Secret;
use serde_json::Value;

use crate::lab::marks::Marks;
use crate::lab::{Ended, Lab};
use crate::site::codes::{Codes, Kind};

/// The seed of the pictures in `cases/qr`.
const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A lab with a vault that holds `web/shop` and `web/acme`.
fn lab() -> Lab {
    let lab = Lab::new();
    ok(lab.run(&["vault", "init"]));
    for account in ["web/shop", "web/acme"] {
        let line = ["account", "add", account, "--username", "alice", "--secret-stdin"];
        ok(lab.run_with_input(&line, "p4ss-w0rd!\n"));
    }
    lab
}

fn ok(ended: Ended) -> Ended {
    assert_eq!(ended.code, 0, "{ended:?}");
    ended
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn totp(lab: &Lab, line: &str) -> Ended {
    let line = format!("totp {line}");
    lab.run(&words(&line))
}

/// The path of a picture.
fn qr(name: &str) -> String {
    format!("{}/tests/cases/qr/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn record(lab: &Lab) -> Vec<Value> {
    let ended = ok(lab.run(&["activity", "--format", "json"]));
    serde_json::from_str(&ended.stdout).unwrap()
}

/// Action, account and outcome of each row.
fn rows(lab: &Lab) -> Vec<String> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let of = |row: &Value| {
        let safe = text(row, "Safe");
        let all = [
            text(row, "Action"),
            format!(
                "{safe}/{}",
                text(row, "Account")
                    .trim_start_matches("local:")
                    .trim_start_matches(&format!("{safe}/"))
            ),
            text(row, "Outcome"),
        ];
        all.join(" ").trim().to_owned()
    };
    record(lab).iter().map(of).collect()
}

/// Whether a code is one of this minute.
fn is_code(code: &str, seed: &str, kind: &Kind) -> bool {
    let codes = Codes::new(&Secret::new(seed.to_owned()), kind);
    let now = doorward::clock::Clock::System.unix_millis() / 1000;
    [0, kind.seconds()].iter().any(|back| codes.counter(code, now - back).is_some())
}

#[test]
fn a_seed_lives_from_add_to_restore_and_all_of_it_is_on_record() {
    let lab = lab();
    let marks = Marks::of(&[("seed", SEED)]);
    let mut said = String::new();
    let mut run = |line: &str, code: i32| {
        let ended = totp(&lab, line);
        assert_eq!(ended.code, code, "{line}: {ended:?}");
        said.push_str(&format!("{}{}", ended.stdout, ended.stderr));
        (ended.stdout, ended.stderr)
    };
    let none = run("code web/shop", 5).1;
    assert!(none.contains("has no seed of one-time codes"), "{none}");
    let (added, told) = run(&format!("add web/shop --qr {} --yes", qr("qrencode.png")), 0);
    assert_eq!(added, "added a seed to local:web/shop: kept in local:totp/web/shop\n");
    for part in ["issuer     Acme", "alice@acme.example", "6 digits every 30 s, SHA1"] {
        assert!(told.contains(part), "{told}");
    }
    let code = run("code web/shop --reason repair", 0).0;
    assert!(is_code(code.trim(), SEED, &Kind::default()), "{code}");
    let again = run("code web/shop", 0);
    let warned = again.0 == code;
    assert_eq!(warned, again.1.contains("somebody has read it"), "{again:?}");
    let shown = run("show web/shop", 0).0;
    assert!(
        shown.contains("kept in    local:totp/web/shop") && shown.contains("issuer     Acme"),
        "{shown}"
    );
    let twice = run(&format!("add web/shop --qr {} --yes", qr("python.png")), 5).1;
    assert!(
        twice.contains("has a seed of one-time codes already, in `local:totp/web/shop`"),
        "{twice}"
    );

    let unsure = run("remove web/shop", 2).1;
    assert!(unsure.contains("no terminal to ask on"), "{unsure}");
    let removed = run("remove web/shop --yes", 0);
    assert!(removed.0.contains("brings it back until 20"), "{removed:?}");
    assert!(removed.1.contains("switch its second factor off there first"), "{removed:?}");
    let gone = run("code web/shop", 5).1;
    assert!(gone.contains("`local:totp/web/shop` holds no secret"), "{gone}");
    assert!(run("show web/shop", 0).0.contains("can be restored until 20"));
    assert_eq!(run("restore web/shop", 0).0, "restored the seed of local:web/shop\n");
    assert!(is_code(run("code web/shop", 0).0.trim(), SEED, &Kind::default()));
    let nothing = run("restore web/shop", 5).1;
    assert!(nothing.contains("no seed that was removed"), "{nothing}");
    // Another may take the place of one that was removed.
    run("remove web/shop --yes", 0);
    run(&format!("add web/shop --qr {} --yes", qr("python.png")), 0);
    let taken = run("restore web/shop", 5).1;
    assert!(taken.contains("holds a secret already"), "{taken}");

    let rows = rows(&lab);
    let expected = [
        "ReadCode web/shop",
        "ReadCode web/shop failed",
        "AddSeed web/shop",
        "AddSeed totp/web/shop",
        "ReadCode web/shop",
        "ReadCode totp/web/shop",
        "ReadCode web/shop",
        "ReadCode totp/web/shop",
        "RemoveSeed web/shop",
        "RemoveSeed totp/web/shop",
        "ReadCode web/shop",
        "ReadCode web/shop failed",
        "RestoreSeed web/shop",
        "RestoreSeed totp/web/shop",
    ];
    assert_eq!(
        rows.get(..expected.len()),
        Some(expected.map(str::to_owned).as_slice()),
        "{rows:#?}"
    );
    let all = record(&lab);
    let added = all.iter().find(|row| row["Action"] == "AddSeed").unwrap();
    assert_eq!(added["Details"]["seed"], "local:totp/web/shop");
    assert_eq!(
        (&added["Details"]["issuer"], &added["Details"]["digits"]),
        (&"Acme".into(), &"6".into())
    );
    assert!(all.iter().any(|row| row["Action"] == "ReadCode" && row["Reason"] == "repair"));
    ok(lab.run(&["activity", "verify"]));
    assert!(marks.within(said.as_bytes()).is_empty(), "{said}");
    assert_eq!(
        marks.below(lab.path(), &[]),
        [""; 0],
        "the vault is encrypted, and all else has no seed"
    );
}

#[test]
fn wrong_offers_are_told_and_change_nothing() {
    let lab = lab();
    let vault = lab.path().join(".local/share/doorward/vault.kdbx");
    let before = std::fs::read(&vault).unwrap();
    let picture = |name: &str| format!("add web/shop --yes --qr {}", qr(name));
    let cases = [
        (picture("none.png"), "", 2, "there is no QR code in the picture"),
        (picture("hotp.png"), "", 2, "counter-based"),
        (picture("two.png"), "", 2, "holds 2 seeds"),
        (picture("foreign-wifi.png"), "", 2, "the access to a wireless network"),
        (picture("cut-off.png"), "", 2, "cut-off.png: the PNG picture is damaged"),
        (picture("export.png"), "", 2, "`doorward totp import` takes an export"),
        (picture("missing.png"), "", 2, "cannot read"),
        (format!("add web/shop --yes --qr {SEED}"), "", 2, "no option takes a seed"),
        (format!("add web/shop --yes --seed {SEED}"), "", 2, "no option takes a secret"),
        (format!("add web/shop {SEED}"), "", 2, "unexpected argument '…'"),
        ("add web/shop --yes --setup-code-stdin".into(), "hunter2!\n", 2, "is it the password"),
        ("add web/shop --yes --setup-code-stdin".into(), "", 2, "is empty where"),
        ("add web/shop --yes --uri-stdin".into(), "otpauth://totp/x?issuer=y\n", 2, "no `secret=`"),
        ("add web/shop --yes --setup-code-stdin --uri-stdin".into(), "", 2, "cannot be used with"),
        ("add web/shop --setup-code-stdin".into(), SEED, 2, "no terminal to ask on"),
        ("add web/shop".into(), "", 2, "no terminal to ask for the setup code on"),
        ("add web/nope --yes --setup-code-stdin".into(), SEED, 5, "holds no account"),
        ("add nope:web/shop --yes --setup-code-stdin".into(), SEED, 2, "has no vault `nope`"),
        ("code web/nope".into(), "", 5, "holds no account"),
        ("remove web/shop --yes".into(), "", 5, "has no seed of one-time codes"),
        ("import /dev/null".into(), "", 2, "the picture is empty"),
        (format!("import {}", qr("export.png")), "", 2, "`--map NAME=REF`"),
        (
            format!("import {} --map Nobody=web/shop", qr("export.png")),
            "",
            2,
            "no seed of the export is named `Nobody`",
        ),
        (format!("import {} --map Acme=", qr("export.png")), "", 2, "NAME=REF"),
        (
            format!("import {} --map Acme=web/shop --map bob=web/shop --yes", qr("export.png")),
            "",
            2,
            "two seeds are meant for local:web/shop",
        ),
    ];
    for (line, input, code, part) in cases {
        let line = format!("totp {line}");
        let ended = lab.run_with_input(&words(&line), input);
        assert_eq!(ended.code, code, "{line}: {ended:?}");
        assert!(ended.stderr.contains(part), "{line}: {}", ended.stderr);
        for secret in ["GEZDGNBV", "hunter2"] {
            assert!(!ended.stderr.contains(secret) && !ended.stdout.contains(secret), "{ended:?}");
        }
    }
    assert_eq!(std::fs::read(&vault).unwrap(), before, "nothing was changed");
}

#[test]
fn an_export_goes_to_the_accounts_that_are_said() {
    let lab = lab();
    let line = format!(
        "import {} --map Acme:alice@acme.example=web/acme --map BOB=web/shop --yes",
        qr("export.png")
    );
    let ended = ok(totp(&lab, &line));
    assert_eq!(
        ended.stdout,
        "added a seed to local:web/acme: kept in local:totp/web/acme\n\
         added a seed to local:web/shop: kept in local:totp/web/shop\n"
    );
    for part in [
        "picture 1 of 2",
        "Counter (carol): left out",
        "dave: left out",
        "Beta (bob): 8 digits every 30 s, SHA256",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    let code = ok(totp(&lab, "code web/acme")).stdout;
    assert!(is_code(code.trim(), SEED, &Kind::default()), "{code}");
    assert_eq!(ok(totp(&lab, "code web/shop")).stdout.trim().len(), 8);
    // A picture is piped in as well, and one seed is an export of one.
    ok(totp(&lab, "remove web/acme --yes"));
    let mut child = lab
        .command(&words("totp import - --map Acme=web/acme --yes"))
        .stdin(std::fs::File::open(qr("page-dark.png")).unwrap())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert!(is_code(ok(totp(&lab, "code web/acme")).stdout.trim(), SEED, &Kind::default()));
}

#[test]
fn seeds_go_to_the_vault_that_the_configuration_names() {
    let lab = Lab::new();
    lab.write(
        "doorward.yaml",
        "vaults:\n  local: { kind: kdbx, path: v.kdbx, key-file: v.key }\n  \
         codes: { kind: kdbx, path: codes.kdbx, key-file: codes.key }\n  \
         bw: { kind: bitwarden, address: 'http://127.0.0.1:1' }\n\
         default-vault: local\nseeds: codes\nstate: state\n",
    );
    for vault in ["local", "codes"] {
        ok(lab.run(&["vault", "init", vault]));
    }
    let line = ["account", "add", "web/shop", "--username", "alice", "--secret-stdin"];
    ok(lab.run_with_input(&line, "p4ss-w0rd!\n"));
    let line = words("totp add web/shop --setup-code-stdin --yes");
    let ended = ok(lab.run_with_input(&line, SEED));
    assert!(ended.stdout.ends_with("kept in codes:totp/local/web/shop\n"), "{ended:?}");
    let shown = ok(lab.run(&words("account show web/shop"))).stdout;
    assert!(shown.contains("logon account      codes:totp/local/web/shop"), "{shown}");
    assert!(is_code(ok(totp(&lab, "code web/shop")).stdout.trim(), SEED, &Kind::default()));
    // The seed's own account answers as well, and is not given another.
    assert!(is_code(
        ok(totp(&lab, "code codes:totp/local/web/shop")).stdout.trim(),
        SEED,
        &Kind::default()
    ));
}

/// Where the configuration names the logon account, the seed goes there, and nothing is noted in the vault.
#[test]
fn a_link_of_the_configuration_says_where_a_seed_goes() {
    let lab = Lab::new();
    let configuration = |links: &str| {
        format!(
            "vaults:\n  local: {{ kind: kdbx, path: v.kdbx, key-file: v.key }}\n  \
             codes: {{ kind: kdbx, path: codes.kdbx, key-file: codes.key }}\n\
             default-vault: local\nseeds: codes\nstate: state\nlinks:\n  {links}\n"
        )
    };
    lab.write(
        "doorward.yaml",
        configuration("\"local:web/shop\": { logon-account: \"codes:people/alice\" }"),
    );
    for vault in ["local", "codes"] {
        ok(lab.run(&["vault", "init", vault]));
    }
    let line = ["account", "add", "web/shop", "--username", "alice", "--secret-stdin"];
    ok(lab.run_with_input(&line, "p4ss-w0rd!\n"));
    let before = std::fs::read(lab.path().join("v.kdbx")).unwrap();
    let add = words("totp add web/shop --setup-code-stdin --yes");
    let ended = ok(lab.run_with_input(&add, SEED));
    assert!(ended.stdout.ends_with("kept in codes:people/alice\n"), "{ended:?}");
    assert!(is_code(ok(totp(&lab, "code web/shop")).stdout.trim(), SEED, &Kind::default()));
    let twice = lab.run_with_input(&add, SEED);
    assert!(twice.code == 5 && twice.stderr.contains("in `codes:people/alice`"), "{twice:?}");
    ok(totp(&lab, "remove web/shop --yes"));
    ok(totp(&lab, "restore web/shop"));
    assert_eq!(std::fs::read(lab.path().join("v.kdbx")).unwrap(), before, "it is not touched");
    // A logon account with another secret is not touched either, and a vault that there is not is told.
    let line = ["account", "add", "codes:people/bob", "--username", "bob", "--secret-stdin"];
    ok(lab.run_with_input(&line, "another p4ss-w0rd!\n"));
    for (links, code, part) in [
        ("codes:people/bob", 5, "holds a secret that is no seed"),
        ("nope:people/bob", 2, "`logon-account` names a vault that is not in this file"),
    ] {
        let links = format!("\"local:web/shop\": {{ logon-account: \"{links}\" }}");
        lab.write("doorward.yaml", configuration(&links));
        let ended = lab.run_with_input(&add, SEED);
        assert_eq!(ended.code, code, "{ended:?}");
        assert!(ended.stderr.contains(part), "{ended:?}");
    }
}

#[test]
fn what_policies_do_not_permit_is_denied_and_on_record() {
    let lab = lab();
    let line = words("totp add web/shop --setup-code-stdin --yes");
    ok(lab.run_with_input(&line, SEED));
    let me = doorward::name::UserName::to_string(&whoami());
    let policy = format!(
        "@id(\"codes\") permit (principal == User::\"{me}\", action == Action::\"read-code\", resource in Safe::\"local:web\")\n\
         when {{ context.reason != \"\" }};"
    );
    lab.write("policies/a.cedar", policy);
    lab.write("doorward.yaml", "policies: [policies]\nvaults: { local: { kind: kdbx, path: .local/share/doorward/vault.kdbx, key-file: .local/share/doorward/vault.key } }\nstate: .local/share/doorward/state\n");
    let silent = totp(&lab, "code web/shop");
    assert_eq!(silent.code, 4, "{silent:?}");
    assert!(silent.stderr.contains("may not read codes of local:web/shop"), "{silent:?}");
    assert!(silent.stderr.contains("ask for a reason"), "{silent:?}");
    assert_eq!(totp(&lab, "code web/shop --reason repair").code, 0);
    let removed = totp(&lab, "remove web/shop --yes");
    assert_eq!(removed.code, 4, "{removed:?}");
    assert!(
        removed.stderr.contains("may not change the one-time codes of local:web/shop"),
        "{removed:?}"
    );
    let denied: Vec<_> = record(&lab).into_iter().filter(|row| row["Action"] == "Denied").collect();
    let wanted: Vec<_> =
        denied.iter().map(|row| row["Details"]["wanted"].as_str().unwrap()).collect();
    assert_eq!(wanted, ["read-code", "totp-change"]);
    assert!(
        denied.iter().all(|row| row["Account"].as_str().unwrap().ends_with("shop")),
        "{denied:?}"
    );
}

fn whoami() -> doorward::name::UserName {
    let id = std::process::Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(id.stdout).unwrap().trim().parse().unwrap()
}
