//! `policy check` and `policy schema`: every problem with its place, as data in `tests/cases/policy`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use doorward::diagnostic::Code;

use super::lab;
use crate::lab::Lab;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/policy")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Each case prints what its text says, and has the problem that its folder is named for.
#[test]
fn every_case_prints_what_its_text_says() {
    let update = std::env::var_os("UPDATE").is_some();
    let lab = Lab::new();
    let mut wrong = Vec::new();
    let codes: BTreeSet<String> = Code::ALL
        .iter()
        .filter(|code| code.is_of_policies())
        .map(|code| code.name().to_owned())
        .collect();
    assert_eq!(names(&cases()), codes, "each code of policies has a folder");
    for code in &codes {
        let folder = cases().join(code);
        let inputs = names(&folder).into_iter().filter(|name| name.ends_with(".cedar"));
        for name in inputs {
            lab.write("case.cedar", std::fs::read(folder.join(&name)).unwrap());
            let ended = lab.run(&["policy", "check", "case.cedar"]);
            let actual = format!("{}{}", ended.stderr, ended.stdout);
            let warns = code == Code::DoubtfulPolicy.name();
            assert_eq!(ended.code, if warns { 0 } else { 3 }, "{name}: {actual}");
            assert!(actual.contains(&format!("[{code}]")), "{name}: {actual}");
            let text = folder.join(&name).with_extension("txt");
            if update {
                std::fs::write(&text, &actual).unwrap();
            } else if std::fs::read_to_string(&text).ok().as_deref() != Some(actual.as_str()) {
                wrong.push(format!("--- {code}/{name} now prints\n{actual}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}(UPDATE=1 rewrites the texts)", wrong.join("\n"));
}

#[test]
fn the_examples_have_no_problems_alone_and_together() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/policies");
    let lab = Lab::new();
    let mut files = vec![folder.to_str().unwrap().to_owned()];
    for name in names(&folder).into_iter().filter(|name| name.ends_with(".cedar")) {
        files.push(folder.join(name).to_str().unwrap().to_owned());
    }
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        let ended = lab.run(&["policy", "check", &file]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{file}");
        assert!(ended.stdout.ends_with("checked, no problems\n"), "{}", ended.stdout);
    }
    let text = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for name in names(&folder).into_iter().filter(|name| name.ends_with(".cedar")) {
        assert!(text.contains(&name), "examples/policies/README.md does not name {name}");
    }
}

#[test]
fn the_schema_is_the_one_that_the_documents_name() {
    let ended = Lab::new().run(&["policy", "schema"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, include_str!("../../src/access/schema.cedarschema"));
}

#[test]
fn files_and_folders_are_found_and_what_cannot_be_read_is_said() {
    let good = "@id(\"a\") permit (principal, action == Action::\"connect\", resource);\n";
    let lab = lab(&[
        ("a.cedar", good),
        ("deep/b.cedar", &good.replace("\"a\"", "\"b\"")),
        (".hidden/c.cedar", "broken"),
        ("README.md", "no policy"),
    ]);
    lab.write("latin.cedar", b"// \xe4\n");
    lab.write("empty/README.md", "");
    let cases: [(&[&str], i32, &str, &str); 8] = [
        (&[], 0, "2 policies checked, no problems\n", ""),
        (&["policies/a.cedar"], 0, "1 policy checked, no problems\n", ""),
        (&["policies", "policies/a.cedar"], 0, "2 policies checked, no problems\n", ""),
        (&["empty"], 0, "0 policies checked, no problems\n", "note: there is no *.cedar in empty"),
        (&["nowhere"], 2, "", "cannot read the access policies nowhere"),
        (&["nowhere"], 2, "", "help: `policies` of the configuration names"),
        (&["latin.cedar"], 2, "", "latin.cedar is not UTF-8 text"),
        (&["--format", "json", "policies"], 0, "[]\n", ""),
    ];
    for (arguments, code, stdout, stderr) in cases {
        let ended = lab.run(&[&["policy", "check"], arguments].concat());
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (code, stdout),
            "{arguments:?} {}",
            ended.stderr
        );
        assert!(
            ended.stderr.contains(stderr) && ended.stderr.is_empty() == stderr.is_empty(),
            "{}",
            ended.stderr
        );
    }
    lab.write("policies/a.cedar", good.replace("connect", "conect"));
    let ended = lab.run(&["policy", "check", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        (ended.code, &found[0]["code"], &found[0]["line"]),
        (3, &"policy-mismatch".into(), &1.into())
    );
    let none = Lab::new().run(&["policy", "check"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("names no access policies"), "{}", none.stderr);
}

#[test]
fn an_empty_list_in_the_configuration_is_told() {
    let lab = Lab::new();
    lab.write("doorward.yaml", "policies: []\n");
    let ended = lab.run(&["policy", "check"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("line 1, column 11: `policies` is an empty list"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_doctor_looks_at_policies() {
    let good = "@id(\"a\") permit (principal, action == Action::\"connect\", resource);\n";
    for (policies, says) in [
        (&[("a.cedar", good)][..], "ok    policies          1 in"),
        (&[("a.cedar", "permit")], "BAD   policies          the access policies have errors"),
        (&[], "note  policies          none in"),
    ] {
        let lab = lab(policies);
        // Nothing is to be started here.
        let text = std::fs::read_to_string(lab.path().join("doorward.yaml")).unwrap();
        lab.write("doorward.yaml", format!("{text}browser: {{ binary: none }}\n"));
        let ended = lab.run(&["doctor"]);
        assert!(ended.stdout.contains(says), "{}", ended.stdout);
    }
}
