//! `policy explain`: whether, and by which policy in which line.

use super::lab;

const POLICIES: &[(&str, &str)] = &[
    (
        "team.cedar",
        "// The team.\n@id(\"day\")\npermit (principal in Group::\"db\", action == Action::\"connect\", resource in Safe::\"local:db\")\n\
         when { context.hour >= 8 && context.hour < 18 };\n\n\
         @id(\"incident\") permit (principal in Group::\"db\", action == Action::\"connect\", resource in Safe::\"local:db\")\n\
         when { context.ticket like \"INC-*\" };\n",
    ),
    (
        "wall.cedar",
        "@id(\"sunday\") forbid (principal, action, resource) when { context.weekday == 7 };\n\
         @id(\"far\") forbid (principal, action == Action::\"connect\", resource)\n\
         unless { context.address.isLoopback() || context.address.isInRange(ip(\"10.0.0.0/8\")) };\n\
         @id(\"fails\") permit (principal in Group::\"x\", action, resource) when { context.hour * 9223372036854775807 > 0 };\n",
    ),
];

#[test]
fn it_says_whether_and_by_what() {
    let lab = lab(POLICIES);
    let usual =
        ["--user", "ann", "--group", "db", "--account", "db/shop", "--at", "2026-03-02T10:00"];
    let with = |more: &[&'static str]| [&usual[..], more].concat();
    let cases: Vec<(Vec<&str>, i32, &[&str])> = vec![
        (
            usual.to_vec(),
            0,
            &[
                "permitted: ann may open a session with local:db/shop\n",
                "  permitted by  `day` (policies/team.cedar:3)\n",
                "asked as no user of the portal, so without a role in db; at 2026-03-02T10:00:00Z, hour 10, weekday 1; from 127.0.0.1\n",
            ],
        ),
        (
            with(&["--address", "10.1.2.3", "--role", "operator"]),
            0,
            &["asked as operator in db;", "from 10.1.2.3"],
        ),
        (
            with(&["--address", "192.0.2.1"]),
            4,
            &[
                "denied: a policy forbids that ann may open a session with local:db/shop\n",
                "  forbidden by  `far` (policies/wall.cedar:2)\n",
                "  permitted by  `day` (policies/team.cedar:3), in vain\n",
            ],
        ),
        (
            vec![
                "--user",
                "ann",
                "--group",
                "db",
                "--account",
                "db/shop",
                "--at",
                "2026-03-02T20:00:00Z",
            ],
            4,
            &[
                "denied: no policy permits that ann may open a session with local:db/shop\n",
                "  near          `day` (policies/team.cedar:3): who, what and which account fit, and its conditions do not hold\n",
                "  near          `incident` (policies/team.cedar:6):",
                "with another reason or ticket it would be permitted\n",
            ],
        ),
        (
            vec![
                "--user",
                "ann",
                "--group",
                "db",
                "--account",
                "db/shop",
                "--at",
                "2026-03-02T20:00",
                "--ticket",
                "INC-7",
            ],
            0,
            &["  permitted by  `incident` (policies/team.cedar:6)\n"],
        ),
        (
            vec![
                "--user",
                "ann",
                "--group",
                "x",
                "--account",
                "web/shop",
                "--at",
                "2026-03-02T10:00",
            ],
            4,
            &[
                "denied: no policy permits",
                "  failed        `fails` (policies/wall.cedar:4): ",
                "overflow",
            ],
        ),
        (
            vec!["--user", "bob", "--account", "db/shop", "--at", "2026-03-02T10:00"],
            4,
            &["denied: no policy permits"],
        ),
        (
            vec![
                "--user",
                "eve",
                "--role",
                "auditor",
                "--action",
                "read-activity",
                "--at",
                "2026-03-02T10:00",
            ],
            0,
            &["`doorward.auditors` (built in:"],
        ),
        (
            vec![
                "--user",
                "eve",
                "--role",
                "admin",
                "--action",
                "manage-users",
                "--at",
                "2026-03-01T10:00",
            ],
            4,
            &["forbidden by  `sunday`"],
        ),
        (
            vec![
                "--user",
                "eve",
                "--role",
                "admin",
                "--action",
                "end-session",
                "--of",
                "ann",
                "--account",
                "db/shop",
                "--at",
                "2026-03-02T10:00",
            ],
            0,
            &["permitted: eve may end the session of ann with local:db/shop\n"],
        ),
        // Wrong command lines.
        (vec!["--user", "ann"], 2, &["--account"]),
        (vec!["--user", "ann", "--account", "a", "--at", "noon"], 2, &["2026-03-01T08:00"]),
        (
            vec!["--user", "ann", "--account", "a", "--action", "fly"],
            2,
            &["connect", "manage-users"],
        ),
        (
            vec!["--user", "ann", "--account", "a", "--role", "root"],
            2,
            &["`operator`, `approver`, `auditor` or `admin`"],
        ),
        (vec!["--user", "ann", "--account", "a", "--address", "here"], 2, &["--address"]),
        (vec!["--user", "ann", "--account", "a", "--action", "end-session"], 2, &["--of"]),
    ];
    for (arguments, code, says) in cases {
        let mut command = lab.command(&[&["policy", "explain"], arguments.as_slice()].concat());
        let ended = crate::lab::Ended::from(command.env("TZ", "UTC").output().unwrap());
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert_eq!(ended.code, code, "{arguments:?}\n{said}");
        for text in says {
            assert!(said.contains(text), "{arguments:?} does not say {text:?}:\n{said}");
        }
    }
}

#[test]
fn hours_are_those_of_the_machine() {
    let lab = lab(POLICIES);
    let line =
        ["policy", "explain", "--user", "ann", "--group", "db", "--account", "db/shop", "--at"];
    for (zone, at, code) in [
        ("UTC", "2026-03-02T07:30:00Z", 4),
        ("Europe/Berlin", "2026-03-02T07:30:00Z", 0),
        ("Europe/Berlin", "2026-03-02T08:30", 0),
        ("America/New_York", "2026-03-02T08:30", 0),
        ("America/New_York", "2026-03-02T12:30:00Z", 4),
    ] {
        let mut command = lab.command(&[&line[..], &[at]].concat());
        let ended = crate::lab::Ended::from(command.env("TZ", zone).output().unwrap());
        assert_eq!(ended.code, code, "{zone} {at} {}", ended.stdout);
    }
}

#[test]
fn the_portals_users_are_known_and_policies_with_errors_are_told() {
    let lab = lab(POLICIES);
    let line = [
        "user",
        "add",
        "ann",
        "--group",
        "db",
        "--group",
        "db",
        "--role",
        "operator",
        "--password-stdin",
    ];
    let added = lab.run_with_input(&line, "a long enough password\n");
    assert_eq!(added.code, 0, "{}", added.stderr);
    let explain =
        ["policy", "explain", "--user", "ANN", "--account", "db/shop", "--at", "2026-03-02T10:00"];
    let ended = lab.run(&explain);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    assert!(
        ended.stdout.contains("ann may open") && ended.stdout.contains("asked as operator in db;"),
        "{}",
        ended.stdout
    );
    lab.write("policies/more.cedar", "permit");
    let ended = lab.run(&explain);
    assert_eq!(ended.code, 4);
    assert!(
        ended.stdout.contains("the access policies have errors")
            && ended.stdout.contains("more.cedar:1:"),
        "{}",
        ended.stdout
    );
    // A look makes no file.
    let other = super::lab(POLICIES);
    assert_eq!(other.run(&explain).code, 4);
    assert!(!other.path().join("state").exists());
}

#[test]
fn a_connector_is_asked_for_where_it_decides() {
    let lab = lab(&[(
        "a.cedar",
        "@id(\"a\") permit (principal, action == Action::\"connect\", resource) when { context.connector == Connector::\"pgadmin\" };",
    )]);
    let line = ["policy", "explain", "--user", "ann", "--account", "db/shop"];
    let ended = lab.run(&line);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("name one with --connector"), "{}", ended.stderr);
    for (connector, code) in [("pgadmin", 0), ("raw", 4)] {
        assert_eq!(
            lab.run(&[&line[..], &["--connector", connector]].concat()).code,
            code,
            "{connector}"
        );
    }
}

#[test]
fn without_policies_the_patterns_decide() {
    let lab = crate::lab::Lab::new();
    lab.write("doorward.yaml", "state: state\n");
    let line = ["user", "add", "ann", "--accounts", "web/*", "--password-stdin"];
    assert_eq!(lab.run_with_input(&line, "a long enough password\n").code, 0);
    for (account, code, says) in
        [("web/shop", 0, "`doorward.listed`"), ("db/shop", 4, "the patterns of users decide")]
    {
        let ended = lab.run(&["policy", "explain", "--user", "ann", "--account", account]);
        assert_eq!(ended.code, code, "{}", ended.stdout);
        assert!(ended.stdout.contains(says), "{}", ended.stdout);
    }
}
