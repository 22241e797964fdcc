//! The documents: what README.md and `--help` print works as printed.

use std::path::Path;

use doorward::config::Config;

use crate::lab::Lab;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The fenced blocks of `text` in the language `language`.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match (&mut open, line.trim().strip_prefix("```")) {
            (None, Some(name)) => open = Some(format!("{name}\n")),
            (Some(block), Some(_)) => {
                blocks.extend(block.strip_prefix(&format!("{language}\n")).map(str::to_owned));
                open = None;
            }
            (Some(block), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

#[test]
fn every_configuration_of_the_readme_is_one() {
    let blocks = blocks(&readme(), "yaml");
    assert!(blocks.len() >= 2, "{blocks:?}");
    for block in blocks {
        opens(&block);
    }
}

#[test]
fn every_example_of_a_vault_is_a_configuration() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/vaults");
    let mut examples = 0;
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        if file.path().extension().is_some_and(|ending| ending == "yaml") {
            opens(&std::fs::read_to_string(file.path()).unwrap());
            examples += 1;
        }
    }
    assert!(examples >= 2, "{examples}");
}

/// Opens every vault of a configuration.
fn opens(text: &str) {
    let lab = Lab::new();
    // The files that are read when a vault is opened, and not when it is asked.
    let own = rcgen::generate_simple_self_signed(["vault.example".to_owned()]).unwrap();
    lab.write("ca.pem", own.cert.pem());
    lab.write("doorward.pem", format!("{}{}", own.cert.pem(), own.signing_key.serialize_pem()));
    let path = lab.write("doorward.yaml", text);
    let config = Config::load(Some(&path)).unwrap_or_else(|error| panic!("{text}\n{error}"));
    for (name, entry) in config.vaults {
        let nobody = std::sync::Arc::new(crate::lab::responder::Nobody);
        let opened =
            doorward::vault::open(&name, &entry.kind, entry.settings, &config.base, nobody)
                .map(drop);
        assert!(opened.is_ok(), "{text}\n{opened:?}");
    }
}

#[test]
fn every_command_of_the_readme_is_understood() {
    let lab = Lab::new();
    let blocks = blocks(&readme(), "sh");
    let mut commands = 0;
    for line in blocks.iter().flat_map(|block| block.lines()) {
        let line = line.split(" #").next().unwrap_or_default();
        let line = line.rsplit("| ").next().unwrap_or_default().trim();
        let Some(arguments) = line.strip_prefix("doorward ") else { continue };
        let quoted: Vec<&str> = arguments.split('\'').collect();
        let mut words: Vec<&str> = Vec::new();
        for (index, part) in quoted.into_iter().enumerate() {
            if index % 2 == 1 { words.push(part) } else { words.extend(part.split_whitespace()) }
        }
        // The parser reads from left to right: what it does not know comes before the help.
        words.push("--help");
        let ended = lab.run(&words);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{line}");
        commands += 1;
    }
    assert!(commands >= 8, "{commands}");
}

#[test]
fn every_command_has_help_with_an_example() {
    let lab = Lab::new();
    let mut commands = vec![vec![]];
    let mut seen = 0;
    while let Some(command) = commands.pop() {
        let mut line: Vec<String> = command.clone();
        line.push("--help".into());
        let ended = lab.run(&line);
        assert_eq!(ended.code, 0, "{command:?}");
        let example = ["Example:\n", "Examples:\n", "First steps:\n"];
        assert!(example.iter().any(|word| ended.stdout.contains(word)), "{command:?}");
        let below = ended.stdout.split("\nCommands:\n").nth(1).unwrap_or_default();
        // What is indented deeper goes on with the line before it.
        let names = below.lines().take_while(|line| !line.is_empty());
        for name in names.filter(|line| !line.starts_with("   ")) {
            let name = name.split_whitespace().next().unwrap_or_default();
            if name != "help" {
                commands.push([command.clone(), vec![name.to_owned()]].concat());
            }
        }
        seen += 1;
    }
    assert!(seen >= 15, "{seen}");
}

#[test]
fn documents_stay_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["README.md", "src/README.md", "tests/README.md", "benches/README.md"] {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        // Decisions are kept for good: only what stands before them is to be read in one go.
        let text = text.split("\n## Decisions\n").next().unwrap();
        assert!(text.lines().count() < 200, "{name} has {} lines", text.lines().count());
    }
}

/// A test that the table of threats names.
fn tests_of(document: &str) -> Vec<String> {
    let table = document.split("## Threats").nth(1).unwrap_or_default();
    table
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter_map(|line| line.trim_end_matches(" |").rsplit(" | ").next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        // A page, or the folder of a case, stands in parentheses beside its test.
        .filter(|name| name.contains('_') && !name.contains(['/', '-', '.']))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_tests_that_prove_something_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    let mut folders = vec![root.join("src"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let named = tests_of(&std::fs::read_to_string(root.join("tests/README.md")).unwrap());
    assert!(named.len() >= 10, "{named:?}");
    for name in named {
        let function = name.rsplit("::").next().unwrap_or_default();
        assert!(sources.contains(&format!("fn {function}(")), "there is no test `{name}`");
    }
}

#[test]
fn the_import_table_is_the_one_that_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("src/README.md")).unwrap();
    let section = text.split("## Who may name whom").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let quoted = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let mut written = Vec::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let (modules, names) = row.trim_matches('|').split_once(" | ").unwrap();
        for module in quoted(modules) {
            written.push((module, quoted(names), names.contains("everything")));
        }
    }
    assert_eq!(written.len(), crate::layers::MAY_NAME.len());
    for (module, names, everything) in written {
        let (_, held) = crate::layers::MAY_NAME
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("`{module}` is no module"));
        let mut held: Vec<_> = held.iter().map(ToString::to_string).collect();
        let mut names = names;
        held.sort();
        names.sort();
        assert!(
            everything && held.len() + 1 == crate::layers::MAY_NAME.len() || held == names,
            "{module}: {names:?}"
        );
    }
}
