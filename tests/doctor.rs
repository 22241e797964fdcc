//! The doctor: a fresh machine, a machine where all is well, and each thing broken by itself.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::lab::desk::Desk;
use crate::lab::{Ended, Lab};

/// What is in `folder` and below, by its path in it.
fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(at).unwrap().flatten() {
            found.push(entry.path().strip_prefix(folder).unwrap().display().to_string());
            if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// A program that answers `--version`, and ends at once otherwise.
fn program(lab: &Lab, name: &str, version: &str) {
    let path = lab.write(&format!("bin/{name}"), format!("#!/bin/sh\necho '{name} {version}'\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs the doctor with no programs but those of `program`.
fn examined(lab: &Lab) -> Ended {
    let mut command = lab.command(&["doctor"]);
    command.env("PATH", lab.path().join("bin"));
    Ended::from(command.output().unwrap())
}

/// The text without its line breaks, which depend on how long the paths of this test are.
fn flat(ended: &Ended) -> String {
    ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn on_a_fresh_machine_it_says_what_to_do_and_makes_nothing() {
    let lab = Lab::new();
    let ended = examined(&lab);
    assert_eq!((ended.code, ended.stderr.as_str()), (6, ""), "{ended:?}");
    let text = flat(&ended);
    for part in [
        "ok configuration none: the defaults hold, in",
        "note connectors none yet: looked in connectors and",
        "BAD browser the browser was not found: looked for chromium, ",
        "apt-get install chromium chromium-driver",
        "BAD vault local vault `local` cannot be used caused by: there is no file",
        "help: `doorward vault init` makes it",
        "ok record none yet: the first session makes it in",
        "2 problems: do what the first `help` says",
    ] {
        assert!(text.contains(part), "{part}: {}", ended.stdout);
    }
    assert_eq!(tree(lab.path()), [""; 0]);
    // The advice is good.
    assert_eq!(lab.run(&["vault", "init"]).code, 0);
    let ended = examined(&lab);
    assert!(flat(&ended).contains("ok vault local"), "{ended:?}");
    assert!(!tree(lab.path()).iter().any(|path| path.contains("state")), "{:?}", tree(lab.path()));
}

#[test]
fn what_keeps_a_browser_from_starting_is_told_apart() {
    let rooted = rustix::process::geteuid().is_root();
    let cases = [
        ("", &[][..], "BAD browser the browser was not found"),
        (
            "",
            &[("chromium", "156.0.1.2")],
            "BAD browser its driver was not found: looked for chromedriver",
        ),
        (
            "",
            &[("chromium", "156.0.1.2"), ("chromedriver", "155.0.1.2")],
            "is version 155.0.1.2: a driver works with the browser of its own major version only help: update both",
        ),
        (
            "",
            &[("chromium", "one"), ("chromedriver", "155.0.1.2")],
            "chromium caused by: `--version` printed no version",
        ),
        ("binary: gone", &[], "looked for ./gone, which the configuration names"),
        (
            "sandbox: false",
            &[("chromium", "156.0.1.2"), ("chromedriver", "156.0.1.3")],
            "chromedriver caused by: it ended before it listened on a port",
        ),
        ("kind: firefox", &[], "looked for firefox, firefox-esr on the PATH"),
        (
            "webdriver: 'http://127.0.0.1:1/'",
            &[],
            "the WebDriver endpoint http://127.0.0.1:1 cannot be reached caused by: ",
        ),
        (
            "sandbox: true",
            &[("chromium", "156.0.1.2"), ("chromedriver", "156.0.1.3")],
            if rooted {
                "sandbox does not work when doorward runs as root help: "
            } else {
                "caused by: it ended before"
            },
        ),
    ];
    for (browser, programs, part) in cases {
        let lab = Lab::new();
        lab.write("doorward.yaml", format!("browser: {{ {browser} }}\n"));
        for (name, version) in programs {
            program(&lab, name, version);
        }
        let before = tree(lab.path());
        let ended = examined(&lab);
        assert_eq!(ended.code, 6, "{browser} {programs:?}: {ended:?}");
        assert!(flat(&ended).contains(part), "{browser} {programs:?}: {}", ended.stdout);
        assert_eq!(tree(lab.path()), before, "{browser} {programs:?}");
    }
}

#[test]
fn a_wrong_configuration_is_told_and_nothing_else_is_checked() {
    let lab = Lab::new();
    lab.write("doorward.yaml", "vautls: {}\n");
    let ended = examined(&lab);
    assert_eq!(ended.code, 2, "{ended:?}");
    let text = flat(&ended);
    assert!(
        text.starts_with("BAD configuration the configuration doorward.yaml is wrong at line 1,"),
        "{text}"
    );
    assert!(text.contains("help: did you mean `vaults`? note the rest not checked"), "{text}");
    assert!(text.ends_with("1 problem: do what its `help` says, then run this again"), "{text}");
}

#[test]
fn each_broken_thing_has_its_exit_code() {
    type Break = fn(&Desk);
    let write = |_: &Desk| {};
    let cases: [(Break, i32, &str); 13] = [
        (write, 0, "ok record none yet: the first session makes it in"),
        (
            |desk| {
                desk.connector(
                    "broken",
                    "https://x.example",
                    "ActionTimeuot: 1s",
                    "a > b > c > (Button)",
                );
            },
            3,
            "BAD connectors 1 of 1 cannot be used: ./connectors/broken.yaml help: `doorward check ./connectors/broken.yaml` shows why",
        ),
        (
            |desk| std::fs::remove_file(desk.lab.path().join("vault.kdbx")).unwrap(),
            5,
            "BAD vault local vault `local` cannot be used caused by: there is no file ./vault.kdbx",
        ),
        (
            |desk| std::fs::remove_file(desk.lab.path().join("vault.key")).unwrap(),
            5,
            "caused by: there is no key file",
        ),
        (
            |desk| drop(desk.lab.write("vault.key", "another key of thirty-two bytes!")),
            5,
            "does not open ./vault.kdbx help: is it the key of this vault?",
        ),
        (
            |desk| drop(desk.lab.write("vault.kdbx", "no vault")),
            5,
            "./vault.kdbx is not a KeePass database",
        ),
        (
            |desk| {
                let path = desk.lab.path().join("doorward.yaml");
                let text = std::fs::read_to_string(&path).unwrap();
                std::fs::write(path, text.replace("key-file", "kee-file")).unwrap();
            },
            2,
            "`kee-file` is no setting of a kdbx vault; did you mean `key-file`? --> doorward.yaml:2:42",
        ),
        (|desk| drop(desk.lab.write("state", "a file in the way")), 7, "BAD record"),
        (
            |desk| drop(desk.lab.write("state/activity.db", "no record, but longer than nothing")),
            7,
            "activity.db is not a record of doorward",
        ),
        (
            |desk| drop(desk.lab.write("state/factor.key", "no key")),
            7,
            "factor.key is no key of second factors: it has to hold 64 hexadecimal digits help: bring it back",
        ),
        (
            |desk| keyed(desk, 0o644),
            7,
            "others than its owner may use ./state/factor.key (mode 644)",
        ),
        (|desk| keyed(desk, 0o600), 0, "ok second factors ./state/factor.key is a key"),
        (
            |desk| drop(desk.lab.write("state/portal.db", "")),
            0,
            "note second factors no ./state/factor.key yet",
        ),
    ];
    for (spoil, code, part) in cases {
        let desk = Desk::at("127.0.0.1");
        spoil(&desk);
        let before = tree(desk.lab.path());
        let ended = Ended::from(doctor(&desk).output().unwrap());
        assert_eq!(ended.code, code, "{part}: {}", ended.stdout);
        assert!(flat(&ended).contains(part), "{part}: {}", ended.stdout);
        assert!(flat(&ended).contains("ok browser starts chrome "), "{part}: {}", ended.stdout);
        desk.assert_clean();
        // The cache of the desktop's settings is its own.
        let kept = |path: &String| !path.starts_with("state/") && !path.starts_with(".cache");
        let after: Vec<_> = tree(desk.lab.path()).into_iter().filter(kept).collect();
        assert_eq!(after, before.into_iter().filter(kept).collect::<Vec<_>>(), "{part}");
    }
}

#[test]
fn the_first_problem_decides() {
    let desk = Desk::at("127.0.0.1");
    desk.connector("broken", "https://x.example", "", "a");
    desk.lab.write("state", "a file in the way");
    let ended = Ended::from(doctor(&desk).output().unwrap());
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(
        ended
            .stdout
            .ends_with("\n2 problems: do what the first `help` says, then run this again\n")
    );
}

/// Writes a key of second factors, for these to use.
fn keyed(desk: &Desk, mode: u32) {
    let path = desk.lab.write("state/factor.key", "0f".repeat(32));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The doctor at a desk, with the temporary folder that the desk watches.
fn doctor(desk: &Desk) -> std::process::Command {
    let mut command = desk.lab.command(&["doctor"]);
    command.env("TMPDIR", desk.lab.path().join("t"));
    command
}
