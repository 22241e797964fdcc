//! `doorward activity`: what it shows, and what it refuses.

use doorward::activity::{Action, Event, Store};
use doorward::clock::Timestamp;

use super::{SESSION, event, record, tamper};
use crate::lab::Lab;

/// A session that used a logon account, a refused one of somebody else, and an old one elsewhere.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("doorward.yaml", "state: state\n");
    let connect = Event {
        action: Action::Connect,
        reason: "audit 7".into(),
        details: vec![("logon-account".into(), "anna".into())],
        ..event(0)
    };
    let code = Event {
        action: Action::UseOneTimeCode,
        account: Some("codes:acme".parse().unwrap()),
        details: vec![("row".into(), "4".into()), ("target".into(), "local:web/shop".into())],
        ..event(2)
    };
    let end = Event {
        action: Action::Disconnect,
        outcome: "closed".into(),
        details: vec![("duration".into(), "7.125s".into())],
        ..event(9)
    };
    let refused = Event {
        session: Some("01890a5d-ac96-774b-bcce-b302099a9999".parse().unwrap()),
        user: "joe".parse().unwrap(),
        action: Action::ConnectRefused,
        account: Some("local:db".parse().unwrap()),
        outcome: "refused".into(),
        details: vec![],
        ..event(20)
    };
    let recent = Event { time: Timestamp::now(), ..refused.clone() };
    block(async {
        let store = Store::open(&lab.path().join("state")).await.unwrap();
        store.append(&[connect, event(1), code, end, refused, recent]).await.unwrap();
        store.close().await.unwrap();
    });
    lab
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn the_table_is_aligned() {
    let ended = lab().run(&["activity", "--session", SESSION]);
    assert_eq!(
        ended.stdout,
        "\
Time                  Session   User  Action          Account         Connector  Outcome  Details
2026-03-01T08:00:00Z  099a8057  jane  Connect         local:web/shop  shop                logon-account=anna; reason=audit 7
2026-03-01T08:00:01Z  099a8057  jane  UsePassword     local:web/shop  shop                row=1
2026-03-01T08:00:02Z  099a8057  jane  UseOneTimeCode  codes:acme      shop                row=4; target=local:web/shop
2026-03-01T08:00:09Z  099a8057  jane  Disconnect      local:web/shop  shop       closed   duration=7.125s
"
    );
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
}

/// Options, and the numbers of the rows that are left.
#[test]
fn filters_leave_what_fits() {
    let lab = lab();
    for (options, expected) in [
        (&[][..], &[1, 2, 3, 4, 5, 6][..]),
        (&["--account", "web/shop"], &[1, 2, 4]),
        (&["--account", "local:web/shop"], &[1, 2, 4]),
        (&["--account", "codes:acme"], &[3]),
        (&["--account", "acme"], &[]),
        (&["--account", "shop"], &[]),
        (&["--logon-account", "codes:acme"], &[1, 2, 3, 4]),
        (&["--logon-account", "codes:acme", "--account", "web/shop"], &[1, 2, 4]),
        (&["--logon-account", "web/shop"], &[]),
        (&["--connector", "shop"], &[1, 2, 3, 4, 5, 6]),
        (&["--connector", "sho"], &[]),
        (&["--action", "connectrefused"], &[5, 6]),
        (&["--action", "UsePassword", "--user", "joe"], &[]),
        (&["--until", "2026-03-01T08:00:02Z"], &[1, 2]),
        (&["--since", "2026-03-01T08:00:01Z", "--until", "2026-03-01T08:00:09Z"], &[2, 3]),
        (&["--user", "joe"], &[5, 6]),
        (&["--user", "jo"], &[]),
        (&["--session", "099A8057"], &[1, 2, 3, 4]),
        (&["--session", "01890a5d-ac96-774b-bcce-b302099a9999"], &[5, 6]),
        (&["--since", "2026-03-01T08:00:09Z"], &[4, 5, 6]),
        (&["--since", "2026-03-01T10:00:09+02:00"], &[4, 5, 6]),
        (&["--since", "2026-03-01T08:00:09"], &[4, 5, 6]),
        (&["--since", "2026-03-01"], &[1, 2, 3, 4, 5, 6]),
        (&["--since", "2h"], &[6]),
        (&["--since", "7d"], &[6]),
        (&["--since", "1w 2 days ago"], &[6]),
        (&["--since", "PT2H"], &[6]),
        (&["--since", "2999-01-01"], &[]),
        (&["--user", "jane", "--account", "codes:acme", "--since", "2026-01-01"], &[3]),
    ] {
        let ended = lab.run(&[&["activity", "--format", "json"], options].concat());
        assert_eq!(ended.code, 0, "{options:?}: {}", ended.stderr);
        let rows: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        let numbers: Vec<i64> =
            rows.as_array().unwrap().iter().map(|row| row["Number"].as_i64().unwrap()).collect();
        assert_eq!(numbers, expected, "{options:?}");
    }
    assert_eq!(lab.run(&["activity", "--user", "jo"]).stdout, "no activity matches\n");
}

/// Wrong options, and what is said.
#[test]
fn what_cannot_be_understood_is_refused_with_the_way_out() {
    let lab = lab();
    let since = "give a moment (2026-03-01T08:00:00Z), a date (2026-03-01, from 00:00 UTC), or a span \
                 back from now (90m, 2h, 7d)";
    let session = "give a session id, or its last 8 characters as `doorward activity` shows them";
    for (option, value, error, help) in [
        ("--since", "yesterday", "--since cannot be `yesterday`", since),
        ("--since", "7", "--since cannot be `7`", since),
        ("--since", "0s", "--since cannot be `0s`", since),
        ("--since", "", "--since cannot be ``", since),
        ("--since", "2026-13-01", "--since cannot be `2026-13-01`", since),
        ("--since", "99999999y", "--since cannot be `99999999y`", since),
        ("--since", "\u{1b}[2J", "--since cannot be `\\u{1b}[2J`", since),
        ("--session", "last", "--session cannot be `last`", session),
        ("--session", "057", "--session cannot be `057`", session),
        (
            "--session",
            "00000000",
            "no activity of a session `00000000` is on record, or none that fits",
            "`doorward activity` shows all sessions; leave the other filters out to look everywhere",
        ),
        (
            "--session",
            "01890a5d-ac96-774b-bcce-b302099a0000",
            "no activity of a session `01890a5d-ac96-774b-bcce-b302099a0000` is on record, or none \
             that fits",
            "`doorward activity` shows all sessions; leave the other filters out to look everywhere",
        ),
        (
            "--account",
            "web//shop",
            "--account cannot be `web//shop`: a safe cannot be empty",
            "write it as [vault:][safe/]name; `doorward account list` shows the accounts",
        ),
    ] {
        let ended = lab.run(&["activity", option, value]);
        assert_eq!(ended.stderr, format!("error: {error}\nhelp: {help}\n"));
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{option} {value}");
    }
    for arguments in [
        &["activity", "--format", "xml"][..],
        &["activity", "verify", "--user", "jane"],
        &["activity", "--user", "jane", "verify"],
        &["activity", "prove"],
    ] {
        assert_eq!(lab.run(arguments).code, 2, "{arguments:?}");
    }
    assert_eq!(lab.run(&["activity", "--config", "doorward.yaml", "verify"]).code, 0);
    assert_eq!(lab.run(&["--config", "doorward.yaml", "activity", "verify"]).code, 0);
    assert_eq!(lab.run(&["activity", "verify", "--config", "doorward.yaml"]).code, 0);
}

#[test]
fn an_end_that_several_sessions_share_names_them() {
    let lab = lab();
    let other = Event {
        session: Some("01890a5d-ac96-774b-0000-b302099a8057".parse().unwrap()),
        ..event(1)
    };
    block(async {
        let store = Store::open(&lab.path().join("state")).await.unwrap();
        store.append(&[other]).await.unwrap();
        store.close().await.unwrap();
    });
    let ended = lab.run(&["activity", "--session", "099a8057"]);
    assert_eq!(
        ended.stderr,
        "error: 2 sessions end in `099a8057`\nhelp: give one of them whole: \
         01890a5d-ac96-774b-0000-b302099a8057, 01890a5d-ac96-774b-bcce-b302099a8057\n"
    );
    assert_eq!(ended.code, 2);
}

#[test]
fn json_has_every_column() {
    let ended = lab().run(&["activity", "--session", "099a8057", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let mut first = rows[0].clone();
    let hash = first["Hash"].take();
    assert_eq!(hash.as_str().unwrap().len(), 64);
    assert_eq!(
        first,
        serde_json::json!({
            "Number": 1, "Time": "2026-03-01T08:00:00Z", "SessionId": SESSION, "User": "jane",
            "Action": "Connect", "Safe": "web", "Account": "local:web/shop", "Connector": "shop",
            "Address": "shop.example", "Reason": "audit 7", "ClientAddress": "local", "Outcome": "",
            "Details": {"logon-account": "anna"}, "Hash": null
        })
    );
}

#[test]
fn csv_has_every_column_and_no_formula() {
    let lab = Lab::new();
    lab.write("doorward.yaml", "state: state\n");
    let reasons = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        " =1",
        "\t=1",
        "\r=1",
        "a,\"b\"",
        "two\nlines",
        "1-1",
        "ä=1",
    ];
    let expected = [
        "'=1+1",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "' =1",
        "\\u{9}=1",
        "\\u{d}=1",
        "a,\"b\"",
        "two\\u{a}lines",
        "1-1",
        "ä=1",
    ];
    block(async {
        let store = Store::open(&lab.path().join("state")).await.unwrap();
        let events = reasons.map(|reason| Event { reason: reason.into(), ..event(1) });
        store.append(&events).await.unwrap();
        let formulas = Event {
            connector: "=A1".into(),
            address: "-B1".into(),
            outcome: "@c".into(),
            details: vec![("=d".into(), "1".into()), ("e".into(), "2".into())],
            ..event(2)
        };
        store.append(&[formulas]).await.unwrap();
        store.close().await.unwrap();
    });
    let text = lab.run(&["activity", "--format", "csv"]).stdout;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(
        reader.headers().unwrap().iter().collect::<Vec<_>>().join(" "),
        "Number Time SessionId User Action Safe Account Connector Address Reason ClientAddress \
         Outcome Details Hash"
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let found: Vec<&str> = rows.iter().take(reasons.len()).map(|row| &row[9]).collect();
    assert_eq!(found, expected);
    let last: Vec<&str> = rows.last().unwrap().iter().collect();
    assert_eq!(
        last[..13],
        [
            "12",
            "2026-03-01T08:00:02Z",
            SESSION,
            "jane",
            "UsePassword",
            "web",
            "local:web/shop",
            "'=A1",
            "'-B1",
            "",
            "local",
            "'@c",
            "'=d=1; e=2"
        ]
    );
}

/// What was stored could turn the auditor's terminal against them.
#[test]
fn nothing_stored_acts_on_the_terminal() {
    let hostile = "a\u{1b}[2J\u{7}b\r\n\u{9b}31m\u{202e}c\u{7f}\u{2066}d\u{200b}\0e";
    let lab = Lab::new();
    lab.write("doorward.yaml", "state: state\n");
    block(async {
        let store = Store::open(&lab.path().join("state")).await.unwrap();
        let event = Event {
            connector: hostile.into(),
            address: hostile.into(),
            reason: hostile.into(),
            client_address: hostile.into(),
            outcome: hostile.into(),
            details: vec![(hostile.into(), hostile.into())],
            ..event(1)
        };
        store.append(&[event]).await.unwrap();
        store.close().await.unwrap();
    });
    for format in ["text", "json", "csv"] {
        let ended = lab.run(&["activity", "--format", format]);
        assert_eq!(ended.code, 0);
        let raw: Vec<char> = ended
            .stdout
            .chars()
            .filter(|c| *c != '\n' && (c.is_control() || hostile.contains(*c) && !c.is_ascii()))
            .collect();
        assert!(raw.is_empty(), "in {format}: {}", ended.stdout.escape_debug());
        let lines = ended.stdout.lines().count();
        assert!(format == "json" || lines == 2, "{lines} lines in {format}");
        if format == "json" {
            let rows: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
            assert_eq!(rows[0]["Reason"], hostile);
            assert_eq!(rows[0]["Details"][hostile], hostile);
        }
    }
}

#[test]
fn verify_says_what_it_checked() {
    let lab = lab();
    let ended = lab.run(&["activity", "verify"]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(
        lines[0]
            .starts_with("checked 6 rows in ./state/activity.db, from 2026-03-01T08:00:00Z to ")
            || lines[0].contains("/state/activity.db, from 2026-03-01T08:00:00Z to "),
        "{}",
        ended.stdout
    );
    assert_eq!(lines[1], "nothing was changed, removed, inserted or moved");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));

    let last = lab.run(&["activity", "--format", "json"]).stdout;
    let last: serde_json::Value = serde_json::from_str(&last).unwrap();
    assert_eq!(lines[2], format!("last hash {}", last[5]["Hash"].as_str().unwrap()));
}

#[test]
fn verify_names_each_break_and_fails() {
    let lab = Lab::new();
    lab.write("doorward.yaml", "state: state\n");
    let state = lab.path().join("state");
    block(record(&state, 4));
    block(tamper(
        &state,
        "UPDATE activity SET user = 'eve', session = 'none' WHERE number = 2; DELETE FROM activity WHERE number = 4",
    ));
    let ended = lab.run(&["activity", "verify"]);
    let shown = |text: &str| text.replace(state.to_str().unwrap(), "STATE");
    assert_eq!(
        shown(&ended.stdout),
        "checked 3 rows in STATE/activity.db, from 2026-03-01T08:00:01Z to 2026-03-01T08:00:03Z\n\
         row 2 (2026-03-01T08:00:02Z) was changed\n\
         row 4 was cut off at the end, after 2026-03-01T08:00:03Z\n"
    );
    assert_eq!(
        shown(&ended.stderr),
        "error: the record STATE/activity.db is not as it was written: 2 things were found\n\
         help: keep a copy of the state folder as it is now, it is evidence; compare it with a \
         backup to see what the rows said\n"
    );
    assert_eq!(ended.code, 7);

    let ended = lab.run(&["activity"]);
    assert_eq!(
        shown(&ended.stderr),
        "error: row 2 of the record STATE/activity.db cannot be read: its session is not as written\n\
         help: `doorward activity verify` checks every row; the other rows can be shown with \
         --session, --user or --since\n"
    );
    assert_eq!(ended.code, 7);
    assert_eq!(lab.run(&["activity", "--user", "jane"]).code, 0);
}
