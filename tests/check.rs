//! `doorward check`: every case under `tests/cases/check/<code>/` prints exactly what its `.txt` says.
//! `UPDATE=1 cargo test` rewrites the texts; review reads them.

mod explain;
mod fix;
mod reference;
mod sarif;
mod schema;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use doorward::diagnostic::Code;

use crate::lab::{Ended, Lab};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check")
}

/// The files in `folder` that end in `extension`, in the order of their names.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    found
}

/// What `check` prints, the problems before the summary, and its exit code.
fn printed(ended: &Ended) -> String {
    format!("{}{}exit {}\n", ended.stderr, ended.stdout, ended.code)
}

#[test]
fn every_case_prints_what_its_text_says() {
    let lab = Lab::new();
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let code = folder.file_name().unwrap().to_str().unwrap();
        for case in files(&folder, "yaml") {
            let name = case.file_name().unwrap().to_str().unwrap();
            lab.write(name, std::fs::read(&case).unwrap());
            // A file of the same name that ends in `yml` is checked before it.
            let before = case.with_extension("yml");
            let actual = if before.exists() {
                lab.write("first.yaml", std::fs::read(&before).unwrap());
                printed(&lab.run(&["check", "first.yaml", name]))
            } else {
                printed(&lab.run(&["check", name]))
            };
            if code != "none" {
                assert!(actual.contains(&format!("[{code}]")), "{code}/{name}:\n{actual}");
            }
            let text = case.with_extension("txt");
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
fn every_code_of_check_has_a_case() {
    let folders: BTreeSet<String> = std::fs::read_dir(cases())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let codes: BTreeSet<String> = Code::ALL
        .iter()
        .filter(|code| !code.at_run_time() && !code.is_of_policies())
        .map(|code| code.name().to_owned())
        .chain(["none".to_owned()])
        .collect();
    assert_eq!(folders, codes);
    for code in codes {
        assert!(!files(&cases().join(&code), "yaml").is_empty(), "{code} has no case");
    }
}

#[test]
fn folders_are_searched_and_problems_counted() {
    let lab = Lab::new();
    let demo = include_str!("../connectors/demo.yaml");
    lab.write("connectors/demo.yaml", demo);
    let other =
        demo.replace("verify >", "verify").replace("ConnectorId: demo", "ConnectorId: other");
    lab.write("connectors/deep/other.yml", other);
    lab.write("connectors/.hidden/x.yaml", "broken: [");
    lab.write("connectors/README.md", "no connector");
    let ended = lab.run::<&str>(&["check"]);
    assert_eq!(ended.code, 3);
    assert_eq!(ended.stdout, "2 connectors checked, 1 error\n");
    let place = format!("{}:13:3", Path::new("connectors/deep/other.yml").display());
    assert!(ended.stderr.contains(&place), "{}", ended.stderr);
    assert!(!ended.stderr.contains('\u{1b}'), "colour without a terminal");
}

#[test]
fn json_is_one_array_with_places() {
    let lab = Lab::new();
    lab.write("ok.yaml", include_str!("../connectors/demo.yaml"));
    let ended = lab.run(&["check", "--format", "json", "ok.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "[]\n"));

    let text = include_str!("../connectors/demo.yaml").replace("(Validation)", "(Validaton)");
    lab.write("bad.yaml", text.replace("ConnectorId: demo", "ConnectorId: evil"));
    let ended = lab.run(&["check", "--format", "json", "ok.yaml", "bad.yaml"]);
    let found: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let expected = serde_json::json!([{
        "path": "bad.yaml",
        "code": "unknown-keyword",
        "severity": "error",
        "line": 14,
        "column": 18,
        "end_line": 14,
        "end_column": 29,
        "message": "there is no action `(Validaton)`",
        "help": "write `(Validation)`",
        "fix": "write `Validation` for `Validaton`",
    }]);
    assert_eq!((ended.code, found, ended.stderr.as_str()), (3, expected, ""));
}

#[test]
fn what_cannot_be_read_is_said() {
    let lab = Lab::new();
    lab.write("empty/README.md", "");
    let none = lab.run(&["check"]);
    assert_eq!((none.code, none.stdout.as_str()), (2, ""));
    assert!(none.stderr.contains("no folder `connectors` here"), "{}", none.stderr);
    for (arguments, said) in [
        (["check", "missing.yaml"], "cannot read the connector missing.yaml"),
        (["check", "empty"], "there is no connector in empty"),
        (["check", "/dev/null"], "/dev/null is not a file"),
    ] {
        let ended = lab.run(&arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{}", ended.stderr);
        assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

/// Files that no author means: a clear error at a place, and no crash.
#[test]
fn nasty_files_get_one_clear_error() {
    let lab = Lab::new();
    let bomb = (1..30).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
        let before = n - 1;
        text + &format!("a{n}: &a{n} [*a{before}, *a{before}, *a{before}, *a{before}]\n")
    });
    let many_bad_rows = format!(
        "ConnectorId: a\nTargetSettings: {{ LogonURL: 'https://a' }}\nWebFormFields: |\n{}",
        "  x\n".repeat(100_000)
    );
    let parentheses = format!(
        "ConnectorId: a\nTargetSettings: {{ LogonURL: 'https://a' }}\nWebFormFields: |\n  x > {}{}\n",
        "(".repeat(200_000),
        ")".repeat(200_000)
    );
    let placeholders = format!(
        "ConnectorId: a\nTargetSettings: {{ LogonURL: 'https://a' }}\nWebFormFields: |\n  x > {}\n",
        "<a".repeat(300_000),
    );
    let nasty: [(&str, Vec<u8>, &str); 17] = [
        ("bomb", bomb.into_bytes(), "invalid-yaml"),
        ("recursive", b"a: &a [*a]\n".to_vec(), "invalid-yaml"),
        ("merge", b"<<: { a: 1 }\n".to_vec(), "invalid-yaml"),
        ("deep-flow", "[".repeat(100_000).into_bytes(), "invalid-yaml"),
        (
            "deep-block",
            (0..5_000).map(|n| " ".repeat(n.min(90)) + "- \n").collect::<String>().into_bytes(),
            "error",
        ),
        ("large", vec![b'#'; 10 * 1024 * 1024], "larger than a connector may be"),
        ("one-line", "x".repeat(1_000_000).into_bytes(), "invalid-yaml"),
        ("nul", b"ConnectorId: a\0b\n".to_vec(), "NUL byte"),
        ("utf16", b"\xff\xfeC\0o\0".to_vec(), "UTF-16"),
        ("latin1", b"ConnectorId: a\nDisplayName: \xe4\n".to_vec(), "latin1.yaml:2:14"),
        ("binary", (0..=255u8).cycle().take(4096).collect(), "not UTF-8"),
        ("empty", Vec::new(), "the file is empty"),
        ("blank", b" \n\n# nothing\n".to_vec(), "the file is empty"),
        ("rows", many_bad_rows.into_bytes(), "100 errors"),
        ("parentheses", parentheses.into_bytes(), "error"),
        ("placeholders", placeholders.into_bytes(), "longer than a row may be"),
        ("escape", b"\"\\e[31mred\": 1\n".to_vec(), "unknown-key"),
    ];
    for (name, bytes, said) in nasty {
        let file = format!("{name}.yaml");
        lab.write(&file, bytes);
        let ended = lab.run(&["check", &file]);
        assert_eq!(ended.code, 3, "{name}: {}", ended.stderr);
        let all = ended.stderr + &ended.stdout;
        assert!(all.contains(said), "{name}: {all}");
        assert!(!all.contains('\u{1b}'), "{name} speaks to the terminal");
        assert!(all.len() < 200_000, "{name} prints {} bytes", all.len());
    }
}

#[test]
fn marks_and_line_ends_of_windows_change_nothing() {
    let lab = Lab::new();
    let text = include_str!("../connectors/demo.yaml").replace("(TOTP)", "(TOPT)");
    lab.write("a.yaml", &text);
    let plain = lab.run(&["check", "a.yaml"]);
    assert!(plain.stderr.contains("a.yaml:12:9"), "{}", plain.stderr);
    lab.write("a.yaml", format!("\u{feff}{}", text.replace('\n', "\r\n")));
    let windows = lab.run(&["check", "a.yaml"]);
    assert_eq!(plain.stderr, windows.stderr);
}

#[test]
fn the_connectors_that_ship_have_no_problems() {
    let lab = Lab::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors");
    let ended = lab.run(&[Path::new("check"), &folder]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert!(ended.stdout.ends_with("no problems\n"), "{}", ended.stdout);
}

#[test]
fn standard_input_is_a_file() {
    let lab = Lab::new();
    let text = include_str!("../connectors/demo.yaml");
    let ended = lab.run_with_input(&["check", "-"], text);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "1 connector checked, no problems\n"));
    let ended = lab.run_with_input(&["check", "-"], &text.replace("verify >", "verify"));
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("<stdin>:13:3"), "{}", ended.stderr);
    let ended = lab.run_with_input(&["check", "-"], &"#".repeat(2 * 1024 * 1024));
    assert!(ended.code == 3 && ended.stderr.contains("larger than"), "{}", ended.stderr);
    let ended = lab.run_with_input(&["check", "--fix", "-"], "");
    assert_eq!(ended.code, 2);
}

#[test]
fn a_file_that_is_named_twice_is_checked_once() {
    let lab = Lab::new();
    lab.write("connectors/demo.yaml", include_str!("../connectors/demo.yaml"));
    let ended =
        lab.run(&["check", "connectors", "connectors/demo.yaml", "./connectors/../connectors"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "1 connector checked, no problems\n"));
}
