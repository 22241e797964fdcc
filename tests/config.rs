//! The configuration as the binary meets it: which file is read, and what is printed of a wrong one.

use crate::lab::{Ended, Lab};

const ACCOUNTS: [&str; 2] = ["account", "list"];

/// A configuration whose one vault has its file at `path`, which is not there: an error that names it.
fn naming(path: &str) -> String {
    format!("vaults: {{ v: {{ kind: kdbx, path: {path}, key-file: k }} }}\n")
}

fn stdout_and_stderr(ended: &Ended) -> String {
    format!("{}{}", ended.stdout, ended.stderr)
}

#[test]
fn the_files_are_looked_for_in_their_order() {
    let lab = Lab::new();
    let xdg = lab.path().join("xdg");
    lab.write("option.yaml", naming("by-option"));
    lab.write("variable.yaml", naming("by-variable"));
    lab.write("doorward.yaml", naming("here"));
    lab.write("xdg/doorward/doorward.yaml", naming("by-xdg"));
    let run = |arguments: &[&str], variable: Option<&str>| {
        let mut command = lab.command(arguments);
        command.env("XDG_CONFIG_HOME", &xdg);
        if let Some(variable) = variable {
            command.env("DOORWARD_CONFIG", variable);
        }
        let ended = Ended::from(command.output().unwrap());
        assert_eq!(ended.code, 5, "{ended:?}");
        ended.stderr
    };
    let option = ["--config", "option.yaml", "account", "list"];
    assert!(run(&option, Some("variable.yaml")).contains("there is no file ./by-option"));
    assert!(run(&ACCOUNTS, Some("variable.yaml")).contains("there is no file ./by-variable"));
    assert!(run(&ACCOUNTS, None).contains("there is no file ./here"));
    std::fs::remove_file(lab.path().join("doorward.yaml")).unwrap();
    let by_xdg = xdg.join("doorward/by-xdg").display().to_string();
    assert!(run(&ACCOUNTS, None).contains(&by_xdg));
    std::fs::remove_file(xdg.join("doorward/doorward.yaml")).unwrap();
    let own = lab.path().join(".local/share/doorward/vault.kdbx").display().to_string();
    let none = run(&ACCOUNTS, None);
    assert!(none.contains(&own) && none.contains("`doorward vault init` makes it"), "{none}");
}

#[test]
fn a_wrong_file_is_told_by_its_place_and_never_quoted() {
    let cases = [
        ("password: MARKED\n", "c.yaml is wrong at line 1, column 1: unknown key `password`"),
        ("state: 'MARKED\n", "c.yaml is wrong at line 2, column 1: a quote is never closed"),
        ("vaults:\n  v: { kind: MARKED }\n", "  --> c.yaml:2:8\n"),
        ("vaults:\n  v: { kind: kdbx, path: p, pasword: MARKED }\n", "  --> c.yaml:2:29\n"),
        ("vaults:\n  v: { kind: kdbx, path: p, password: MARKED }\n", "  --> c.yaml:2:29\n"),
        (
            "vaults:\n  v:\n    kind: hashicorp\n    address: https://v.example\n    auth: { tokn: MARKED }\n",
            "  --> c.yaml:5:13\n",
        ),
        (
            "vaults:\n  v:\n    kind: hashicorp\n    engine: MARKED\n    address: https://v.example\n",
            "  --> c.yaml:4:5\n",
        ),
    ];
    for (text, part) in cases {
        let lab = Lab::new();
        lab.write("c.yaml", text);
        // Whatever reads it says the same.
        let list = lab.run(&["--config", "c.yaml", "account", "list"]);
        let show = lab.run(&["--config", "c.yaml", "account", "show", "a"]);
        for ended in [list, show] {
            assert_eq!(ended.code, 2, "{text}: {ended:?}");
            assert!(ended.stderr.contains(part), "{text}: {ended:?}");
            assert!(ended.stderr.contains("\nhelp: "), "{text}: {ended:?}");
            assert!(!stdout_and_stderr(&ended).contains("MARKED"), "{text}: {ended:?}");
        }
        let left: Vec<_> = std::fs::read_dir(lab.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{text}: {left:?}");
    }
}

#[test]
fn what_is_named_has_to_be_there() {
    let lab = Lab::new();
    std::fs::create_dir(lab.path().join("folder")).unwrap();
    for (name, part) in [("gone.yaml", "a file that is there"), ("folder", "it is a folder")] {
        let named = lab.run(&["account", "list", "--config", name]);
        let variable = lab.command(&ACCOUNTS).env("DOORWARD_CONFIG", name).output().unwrap();
        for ended in [named, Ended::from(variable)] {
            assert_eq!(ended.code, 2, "{name}: {ended:?}");
            assert!(ended.stderr.contains(part), "{name}: {ended:?}");
        }
    }
}
