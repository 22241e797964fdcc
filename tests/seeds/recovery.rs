//! Recovery codes of applications: kept beside the seed, shown one at a time and to one person each, marked, on record.

use std::process::Stdio;

use super::{SEED, lab, ok, record, rows, totp, whoami, words};
use crate::lab::marks::Marks;
use crate::lab::{Ended, Lab};

/// Codes as applications spell them, marked so that they can be looked for.
const CODES: [&str; 3] = ["m4rk-3d01-aaaa", "8472 9911 m4rked02", "m4rk-3d03<&\"'>"];

fn recovery(lab: &Lab, line: &str, input: &str) -> Ended {
    let line = format!("totp recovery {line}");
    lab.run_with_input(&words(&line), input)
}

fn marks() -> Marks {
    let named = ["first", "second", "third"];
    let marked: Vec<_> = named.into_iter().zip(CODES).collect();
    Marks::of(&marked)
}

/// A lab whose `web/shop` has a seed, and these codes.
fn stocked(codes: &[&str]) -> Lab {
    let lab = lab();
    ok(lab.run_with_input(&words("totp add web/shop --setup-code-stdin --yes"), SEED));
    let added = ok(recovery(&lab, "add web/shop --codes-stdin", &codes.join("\n")));
    let count = codes.len();
    let text =
        format!("added {count} recovery codes to local:web/shop: kept in local:totp/web/shop\n");
    assert_eq!(added.stdout, text);
    lab
}

#[test]
fn each_is_shown_once_marked_and_on_record() {
    let lab = stocked(&CODES);
    let mut said = String::new();
    let mut run = |line: &str, input: &str, code: i32| {
        let ended = recovery(&lab, line, input);
        assert_eq!(ended.code, code, "{line}: {ended:?}");
        said.push_str(&ended.stderr);
        if !line.starts_with("show") {
            said.push_str(&ended.stdout);
        }
        (ended.stdout, ended.stderr)
    };
    let listed = run("list web/shop", "", 0).0;
    assert!(listed.contains("kept in    local:totp/web/shop\ncode 1     not shown\n"), "{listed}");
    let first = run("show web/shop --reason phone-lost", "", 0);
    assert_eq!(first.0, format!("{}\n", CODES[0]));
    assert!(first.1.contains("recovery code 1, which counts as used now; 2 left"), "{first:?}");
    assert!(first.1.contains("let the application make new ones"), "{first:?}");
    let listed = run("list web/shop", "", 0).0;
    let told = format!("code 1     shown to {} at 20", whoami());
    assert!(listed.contains(&told) && listed.contains("code 2     not shown"), "{listed}");
    let twice = run("add web/shop --codes-stdin", "abcd-efgh", 5).1;
    assert!(twice.contains("has 2 recovery codes that nobody was shown"), "{twice}");
    for code in &CODES[1..] {
        assert_eq!(run("show web/shop", "", 0).0, format!("{code}\n"));
    }
    let spent = run("show web/shop", "", 5).1;
    assert!(spent.contains("all 3 recovery codes of `local:web/shop` have been shown"), "{spent}");
    assert!(ok(totp(&lab, "show web/shop")).stdout.contains("recovery   0 of 3 codes left\n"));
    // They outlive the seed, and new ones take the place of those that were all shown.
    ok(totp(&lab, "remove web/shop --yes"));
    run("add web/shop --codes-stdin", "n3w-c0de\n", 0);
    let unsure = run("remove web/shop", "", 2).1;
    assert!(unsure.contains("no terminal to ask on"), "{unsure}");
    run("remove web/shop --yes", "", 0);
    let none = run("show web/shop", "", 5).1;
    assert!(none.contains("`local:web/shop` has no recovery codes of its application"), "{none}");
    // An account without a seed keeps them itself.
    let at = run("add web/acme --codes-stdin", "abcd-efgh", 0).0;
    assert!(at.ends_with("kept in local:web/acme\n"), "{at}");

    let all = record(&lab);
    let of = |action: &str| {
        let outcome = |row: &serde_json::Value| {
            let text = |name: &str| row["Details"][name].as_str().unwrap_or_default().to_owned();
            let outcome = row["Outcome"].as_str().unwrap_or_default();
            format!("{outcome} {} {} {}", text("codes"), text("number"), text("left"))
        };
        let own = |row: &&serde_json::Value| {
            row["Action"] == action && row["Safe"] == "web" && row["Account"] != "local:web/acme"
        };
        all.iter().filter(own).map(outcome).map(|told| told.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("AddRecoveryCodes")[..2], ["3", "1"]);
    let shown = ["", "shown  1 2", "", "shown  2 1", "", "shown  3 0"];
    assert_eq!(of("ReadRecoveryCode"), shown);
    assert_eq!(of("RemoveRecoveryCodes"), ["1"]);
    assert!(all.iter().any(|row| row["Reason"] == "phone-lost"));
    // On the account and on the one that keeps them.
    let rows = rows(&lab);
    assert!(rows.contains(&"ReadRecoveryCode totp/web/shop shown".to_owned()), "{rows:#?}");
    ok(lab.run(&["activity", "verify"]));
    assert!(marks().within(said.as_bytes()).is_empty(), "{said}");
    assert_eq!(marks().below(lab.path(), &[]), [""; 0]);
}

#[test]
fn wrong_ones_are_told_and_change_nothing() {
    let lab = stocked(&CODES);
    let vault = lab.path().join(".local/share/doorward/vault.kdbx");
    let before = std::fs::read(&vault).unwrap();
    let many: String = (0..51).map(|at| format!("hunter-{at}\n")).collect();
    let cases = [
        ("add web/acme --codes-stdin", "", 2, "there is no recovery code"),
        ("add web/acme --codes-stdin", "\n \n", 2, "there is no recovery code"),
        (
            "add web/acme --codes-stdin",
            "hunter2-a\nhunter2-b\nhunter2-a",
            2,
            "line 3 is the same as line 1",
        ),
        ("add web/acme --codes-stdin", "hunter2-a\n2.\n", 2, "line 2 is shorter"),
        (
            "add web/acme --codes-stdin",
            "otpauth://totp/x?secret=hunter2",
            2,
            "and no recovery code",
        ),
        ("add web/acme --codes-stdin", &many, 2, "there are 51 recovery codes; 50 are the most"),
        ("add web/acme --codes-stdin", &"hunter2 ".repeat(9000), 2, "longer than 64 KiB"),
        ("add web/acme", "", 2, "no terminal to ask for the recovery codes on"),
        ("add web/acme hunter2-abcd", "", 2, "unexpected argument '…'"),
        ("add web/acme --codes hunter2-abcd", "", 2, "no option takes a secret"),
        ("add web/shop --codes-stdin", "hunter2-abcd", 5, "3 recovery codes that nobody was shown"),
        ("add web/nope --codes-stdin", "hunter2-abcd", 5, "holds no account"),
        ("show web/acme", "", 5, "has no recovery codes"),
        ("show web/nope", "", 5, "holds no account"),
        ("show nope:web/shop", "", 2, "has no vault `nope`"),
        ("remove web/acme --yes", "", 5, "has no recovery codes"),
        ("remove web/shop", "", 2, "no terminal to ask on"),
    ];
    for (line, input, code, part) in cases {
        let ended = recovery(&lab, line, input);
        assert_eq!(ended.code, code, "{line}: {ended:?}");
        assert!(ended.stderr.contains(part), "{line}: {}", ended.stderr);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!said.contains("hunter2"), "{line}: {said}");
    }
    assert_eq!(std::fs::read(&vault).unwrap(), before, "nothing was changed");
}

#[test]
fn a_code_is_marked_and_on_record_before_it_is_shown_and_goes_to_one_process() {
    let codes: Vec<String> = (1..=6).map(|at| format!("spare-code-{at}")).collect();
    let lab = stocked(&codes.iter().map(String::as_str).collect::<Vec<_>>());
    // Where nothing can be put on record, nothing is shown nor marked.
    let usual = "vaults: { local: { kind: kdbx, path: .local/share/doorward/vault.kdbx, key-file: .local/share/doorward/vault.key } }\n";
    lab.write("broken.yaml", format!("{usual}state: /dev/null/state\n"));
    let unrecorded = lab.run(&words("totp recovery show web/shop --config broken.yaml"));
    assert_eq!((unrecorded.code, unrecorded.stdout.as_str()), (7, ""), "{unrecorded:?}");
    let listed = ok(recovery(&lab, "list web/shop", "")).stdout;
    assert_eq!(listed.matches("not shown").count(), 6, "{listed}");
    // A code that could not be printed is marked all the same.
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut lost = lab.command(&words("totp recovery show web/shop"));
    lost.stdout(full).stderr(Stdio::null()).spawn().unwrap().wait().unwrap();
    let listed = ok(recovery(&lab, "list web/shop", "")).stdout;
    assert!(listed.contains("code 1     shown to "), "{listed}");
    // Eight at once want the five that are left.
    let all: Vec<_> = (0..8)
        .map(|_| {
            let mut command = lab.command(&words("totp recovery show web/shop"));
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let all: Vec<Ended> =
        all.into_iter().map(|child| Ended::from(child.wait_with_output().unwrap())).collect();
    let mut shown: Vec<&str> = all.iter().map(|ended| ended.stdout.trim()).collect();
    shown.retain(|code| !code.is_empty());
    shown.sort_unstable();
    assert_eq!(shown, codes[1..], "{all:?}");
    for ended in all.iter().filter(|ended| ended.code != 0) {
        assert!(ended.code == 5 && ended.stderr.contains("have been shown"), "{ended:?}");
    }
    ok(lab.run(&["activity", "verify"]));
}

#[test]
fn who_may_read_codes_may_not_change_them_and_the_other_way_round() {
    let lab = stocked(&CODES);
    let usual = "policies: [policies]\nvaults: { local: { kind: kdbx, path: .local/share/doorward/vault.kdbx, key-file: .local/share/doorward/vault.key } }\nstate: .local/share/doorward/state\n";
    lab.write("doorward.yaml", usual);
    let me = whoami().to_string();
    let refused = |action: &str, cases: [(&str, i32); 4]| {
        let policy = format!(
            "@id(\"codes\") permit (principal == User::\"{me}\", action == Action::\"{action}\", resource in Safe::\"local:web\");"
        );
        lab.write("policies/a.cedar", policy);
        for (line, code) in cases {
            let ended = recovery(&lab, line, "abcd-efgh");
            assert_eq!(ended.code, code, "{action} {line}: {ended:?}");
        }
    };
    refused(
        "read-code",
        [
            ("show web/shop", 0),
            ("list web/shop", 0),
            ("add web/acme --codes-stdin", 4),
            ("remove web/shop --yes", 4),
        ],
    );
    refused(
        "totp-change",
        [
            ("show web/shop", 4),
            ("list web/shop", 4),
            ("remove web/shop --yes", 0),
            ("add web/shop --codes-stdin", 0),
        ],
    );
    let denied: Vec<_> = record(&lab)
        .into_iter()
        .filter(|row| row["Action"] == "Denied")
        .map(|row| row["Details"]["wanted"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(denied, ["totp-change", "totp-change", "read-code", "read-code"]);
}
