//! `doorward import`: every case under `tests/cases/import/` becomes the connectors and the report that lie beside
//! it. `UPDATE=1 cargo test` rewrites those; review reads them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorward::connector;
use doorward::diagnostic::Source;
use proptest::prelude::*;

use crate::lab::{Ended, Lab};

#[path = "../fuzz/harness.rs"]
#[allow(dead_code, reason = "each test calls its part of it")]
mod harness;

/// The folders of cases: system and path.
fn cases() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/import");
    let mut found = Vec::new();
    for system in ["cyberark", "jumpserver", "keeper"] {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(root.join(system))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        assert!(paths.len() > 3, "{system} has no cases");
        found.extend(paths.into_iter().map(|path| (system.to_owned(), path)));
    }
    found
}

/// The source of a case.
fn input(case: &Path) -> PathBuf {
    let found = std::fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path());
    found
        .into_iter()
        .find(|path| path.file_stem().is_some_and(|stem| stem == "input"))
        .unwrap_or_else(|| panic!("{} has no input", case.display()))
}

/// The files of a folder with their texts, in order; none where it is not there.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<(String, String)> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect();
    found.sort();
    found
}

/// What a report is, and the exit code.
fn printed(ended: &Ended) -> String {
    assert_eq!(ended.stdout, "", "connectors go into the folder");
    format!("{}exit {}\n", ended.stderr, ended.code)
}

#[test]
fn every_case_becomes_its_connectors_and_its_report() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for (system, case) in cases() {
        let lab = Lab::new();
        let input = input(&case);
        let name = input.file_name().unwrap().to_str().unwrap();
        lab.write(name, std::fs::read(&input).unwrap());
        let report = printed(&lab.run(&["import", &system, name, "-o", "out"]));
        let written = texts(&lab.path().join("out"));
        for (name, text) in &written {
            let source = Source { path: name.clone(), text: text.clone() };
            let (connector, found) = connector::load(Arc::new(source));
            let said: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
            assert!(connector.is_some(), "{}: {name}: {}", case.display(), said.join("; "));
        }
        let (folder, beside) = (case.join("out"), case.join("report.txt"));
        if update {
            let _ = std::fs::remove_dir_all(&folder);
            if !written.is_empty() {
                std::fs::create_dir(&folder).unwrap();
            }
            for (name, text) in &written {
                std::fs::write(folder.join(name), text).unwrap();
            }
            std::fs::write(&beside, &report).unwrap();
        } else {
            let expected = std::fs::read_to_string(&beside).unwrap_or_default();
            if report != expected || written != texts(&folder) {
                let written: Vec<String> =
                    written.into_iter().map(|(name, text)| format!("{name}:\n{text}")).collect();
                wrong.push(format!("--- {}\n{report}{}", case.display(), written.join("\n")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE=1 rewrites what lies beside)", wrong.join("\n"));
}
