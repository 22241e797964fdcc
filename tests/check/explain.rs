//! `doorward explain`: every code is explained, and every example has the problem that it stands for.

use doorward::diagnostic::{Code, Example};

use crate::lab::Lab;

/// A connector with `rows`, and one more that says how success looks where none does.
fn with_rows(rows: &str) -> String {
    let mut text = "ConnectorId: acme\nTargetSettings:\n  LogonURL: https://<address>/login\n\
                    WebFormFields: |\n"
        .to_owned();
    for row in rows.lines() {
        text.push_str(&format!("  {row}\n"));
    }
    if !rows.contains("(Validation)") {
        text.push_str("  end > (Validation) (SearchBy=id)\n");
    }
    text
}

#[test]
fn every_code_is_explained_with_an_example_that_has_it() {
    let lab = Lab::new();
    for code in Code::ALL {
        let ended = lab.run(&["explain", code.name()]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{}", code.name());
        let explained = code.explanation();
        assert!(ended.stdout.starts_with(&format!("{}\n", code.name())), "{}", ended.stdout);
        assert!(!explained.mend.is_empty() && explained.meaning.contains('.'), "{}", code.name());
        assert!(ended.stdout.lines().all(|line| line.chars().count() <= 120), "{}", ended.stdout);
        let (wrong, right) = match explained.example {
            Example::Rows(wrong, right) => (with_rows(wrong), with_rows(right)),
            Example::Files(wrong, right) => (wrong.to_owned(), right.to_owned()),
            Example::Case(case) => {
                let told =
                    code.at_run_time() || code.is_of_policies() || *code == Code::DuplicateId;
                assert!(!case.is_empty() && told, "{}", code.name());
                continue;
            }
        };
        lab.write("wrong.yaml", &wrong);
        let ended = lab.run(&["check", "wrong.yaml"]);
        let shown = format!("[{}]", code.name());
        assert!(ended.stderr.contains(&shown), "{}:\n{wrong}{}", code.name(), ended.stderr);
        assert_eq!(ended.stderr.matches("-->").count(), 1, "{}: {}", code.name(), ended.stderr);
        lab.write("right.yaml", &right);
        let ended = lab.run(&["check", "right.yaml"]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{}:\n{right}", code.name());
    }
}

#[test]
fn all_are_listed_and_a_slip_is_recognised() {
    let lab = Lab::new();
    let ended = lab.run(&["explain"]);
    for code in Code::ALL {
        assert!(ended.stdout.contains(&format!("  {} ", code.name())), "{}", code.name());
    }
    for (word, said) in [
        ("unknown-kee", "did you mean `unknown-key`?"),
        ("UNCLER", "did you mean `unclear`?"),
        ("wombat", "lists them all"),
        ("", "lists them all"),
    ] {
        let ended = lab.run(&["explain", word]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{word}");
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    for word in ["error[unknown-key]:", "Unknown-Key", " unknown-key "] {
        let ended = lab.run(&["explain", word]);
        assert!(ended.stdout.starts_with("unknown-key\n"), "{}", ended.stderr);
    }
}
