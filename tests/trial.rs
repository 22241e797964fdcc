//! `plan` and `try`: what an author is told of a connector, on real pages; and that a trial does no more
//! than it was asked for.

use std::path::Path;

use serde_json::Value;

use crate::lab::desk::{Desk, ROWS};
use crate::lab::marks::{Marks, files};
use crate::lab::{Ended, Lab};
use crate::site::{PASSWORD, SEED, Site};

/// A trial and what is said of it.
struct Case {
    name: &'static str,
    page: &'static str,
    rows: &'static str,
    /// More of the command line.
    arguments: &'static [&'static str],
    code: i32,
    /// For each row: its state, how many elements it hits (`-` where nothing was looked at), and the code of its
    /// problem or `early`.
    says: &'static str,
    /// How many forms arrive.
    submits: usize,
    /// The actions on the target account's record.
    record: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "without an account nothing of one is typed, and nothing is on record",
        page: "plain",
        rows: ROWS,
        arguments: &[],
        code: 0,
        says: "looked-at 1, looked-at 1, looked-at 1, not-reached -, not-reached -",
        submits: 0,
        record: &[],
    },
    Case {
        name: "with an account it stops before the password",
        page: "plain",
        rows: ROWS,
        arguments: &["--account", "web/site"],
        code: 0,
        says: "run 1, looked-at 1, looked-at 1, not-reached -, not-reached -",
        submits: 0,
        record: &["Connect", "Disconnect"],
    },
    Case {
        name: "up to the password, which is used and goes nowhere",
        page: "plain",
        rows: ROWS,
        arguments: &["--account", "web/site", "--until", "2"],
        code: 0,
        says: "run 1, run 1, looked-at 1, not-reached -, not-reached -",
        submits: 0,
        record: &["Connect", "UsePassword", "Disconnect"],
    },
    Case {
        name: "to the end",
        page: "plain",
        rows: ROWS,
        arguments: &["--account", "web/site", "--until", "5"],
        code: 0,
        says: "run 1, run 1, run 1, run 1, run 0",
        submits: 1,
        record: &["Connect", "UsePassword", "Disconnect"],
    },
    Case {
        name: "a form that the page draws anew is filled again",
        page: "drawn-anew",
        rows: ROWS,
        arguments: &["--account", "web/site", "--until", "5"],
        code: 0,
        says: "run 1, run 1, run 1, run 1, run 0",
        submits: 1,
        record: &["Connect", "UsePassword", "UsePassword", "Disconnect"],
    },
    Case {
        name: "a refused code is followed by another one",
        page: "code-spa?period=6&seen=1",
        rows: "username > <username>\notp > (TOTP) <logonaccount\\password> (SearchBy=id) (Period=6s)\ngo > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n#error > (Failure=wrong code) (SearchBy=css)",
        arguments: &["--account", "web/site", "--until", "5"],
        code: 0,
        says: "run 1, run 1, run 1, run 1, run 1",
        submits: 2,
        record: &["Connect", "UseOneTimeCode", "UseOneTimeCode", "Disconnect"],
    },
    Case {
        name: "a locator that hits nothing does not hide the next row's",
        page: "plain",
        rows: "user > <username> (SearchBy=id) (Timeout=300ms)\npassword > <password>\nsubmit > (Button)\n#welcome > (Validation) (SearchBy=css)",
        arguments: &["--account", "web/site"],
        code: 1,
        says: "looked-at 0 not-found, looked-at 1, looked-at 0 not-found, not-reached -",
        submits: 0,
        record: &["Connect", "Disconnect"],
    },
    Case {
        name: "a locator that hits two",
        page: "twins-visible",
        rows: "username > <username>\npassword > <password> (SearchBy=name)\ngo > (Button)\n#welcome > (Validation) (SearchBy=css)",
        arguments: &[],
        code: 1,
        says: "looked-at 1, looked-at 2 ambiguous-locator, looked-at 1, not-reached -",
        submits: 0,
        record: &[],
    },
    Case {
        name: "a locator that cannot be read",
        page: "plain",
        rows: "input:wombat > <username> (SearchBy=css)\npassword > <password>\n#welcome > (Validation) (SearchBy=css)",
        arguments: &[],
        code: 1,
        says: "looked-at 0 invalid-locator, looked-at 1, looked-at 0",
        submits: 0,
        record: &[],
    },
    Case {
        name: "a validation that shows before the sign-in",
        page: "plain",
        rows: "username > <username>\n#form > (Validation) (SearchBy=css)\n#error > (Failure=refused) (SearchBy=css)",
        arguments: &[],
        code: 1,
        says: "looked-at 1, looked-at 1 early, looked-at 0",
        submits: 0,
        record: &[],
    },
    Case {
        name: "inside a frame",
        page: "frame-same",
        rows: "login-frame > (Frame) (SearchBy=id)\nusername > <username>\npassword > <password>\ngo > (Button)\n(Frame=top)\n#framed-welcome > (Validation) (SearchBy=css)",
        arguments: &[],
        code: 0,
        says: "run 1, looked-at 1, looked-at 1, looked-at 1, not-reached -, not-reached -",
        submits: 0,
        record: &[],
    },
    Case {
        name: "a click on a submit button is a submit",
        page: "plain",
        rows: "go > (Click)\n#welcome > (Validation) (SearchBy=css)",
        arguments: &[],
        code: 0,
        says: "looked-at 1, looked-at 0",
        submits: 0,
        record: &[],
    },
];

#[test]
fn a_trial_says_what_each_row_hits() {
    let mut wrong = Vec::new();
    for case in CASES {
        let site = Site::start();
        let desk = Desk::at(&site.address());
        let url = format!("http://<address>/{}", case.page);
        desk.connector("tried", &url, "", case.rows);
        let whole = site.url(&format!("/{}", case.page));
        let mut line = vec!["tried", "--url", &whole, "--format", "json"];
        line.extend(case.arguments);
        let ended = tries(&desk, &line);
        let object: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        let said = said(&object);
        let record: Vec<String> = desk
            .record(&["--account", "web/site"])
            .iter()
            .map(|row| row["Action"].as_str().unwrap().to_owned())
            .collect();
        let (page, _) = case.page.split_once('?').unwrap_or((case.page, ""));
        let submits = site.submissions(page).len() + site.submissions("framed").len();
        let got = (ended.code, said.as_str(), submits, record);
        let must = (
            case.code,
            case.says,
            case.submits,
            case.record.iter().map(|action| (*action).to_owned()).collect(),
        );
        if got != must {
            wrong.push(format!("{}: {got:?} and not {must:?}\n{}", case.name, ended.stderr));
        }
        desk.assert_clean();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `run 1, looked-at 0 not-found`.
fn said(object: &Value) -> String {
    let rows = object["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let seen = row["seen"].as_u64().map_or_else(|| "-".to_owned(), |seen| seen.to_string());
            let problem = match row["problem"]["code"].as_str() {
                Some(code) => format!(" {code}"),
                None if row["too_early"] == true => " early".to_owned(),
                None => String::new(),
            };
            format!("{} {seen}{problem}", row["state"].as_str().unwrap())
        })
        .collect();
    rows.join(", ")
}

fn tries(desk: &Desk, arguments: &[&str]) -> Ended {
    let mut line = vec!["try"];
    line.extend(arguments);
    let mut command = desk.lab.command(&line);
    command.env("TMPDIR", desk.lab.path().join("t"));
    Ended::from(command.output().unwrap())
}

#[test]
fn better_locators_are_ranked() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    // The page, a locator of the author's, and the locators that are offered before it.
    let cases: [(&str, &str, &[&str]); 4] = [
        (
            "plain",
            "#form > input > <username> (SearchBy=css) (Nth=1)",
            &["id username", "name username", "css input[autocomplete=\"username\"]"],
        ),
        ("generated-ids", "input[type=text] > <username> (SearchBy=css)", &["label User name"]),
        ("generated-ids", "button > (Button) (SearchBy=css)", &[]),
        (
            "frame-same",
            "iframe > (Frame) (SearchBy=css)",
            &["id login-frame", "name login", "css iframe[title=\"Sign in\"]"],
        ),
    ];
    for (page, row, expected) in cases {
        let whole = site.url(&format!("/{page}"));
        desk.connector(
            "tried",
            &whole,
            "",
            &format!("{row}\n#welcome > (Validation) (SearchBy=css)"),
        );
        let ended = tries(&desk, &["tried", "--format", "json"]);
        let object: Value = serde_json::from_str(&ended.stdout).expect(&ended.stderr);
        let better = object["rows"][0]["better"].as_array().expect(&ended.stdout);
        let better: Vec<String> = better
            .iter()
            .filter(|better| better["stable"] == true || page == "generated-ids")
            .map(|b| format!("{} {}", b["by"].as_str().unwrap(), b["text"].as_str().unwrap()))
            .collect();
        if page == "generated-ids" {
            let steady =
                better.iter().position(|b| !b.starts_with("id ") && !b.starts_with("name "));
            let made_up =
                better.iter().position(|b| b.starts_with("id f") || b.starts_with("name f"));
            assert!(steady.is_some() && made_up.is_none_or(|at| Some(at) > steady), "{better:?}");
        } else {
            let first: Vec<&str> = better.iter().take(expected.len()).map(String::as_str).collect();
            assert_eq!(first, expected, "{page}");
        }
    }
}

/// Pictures of a trial are the same whatever the password and the code are, also where the page shows them.
#[test]
fn no_picture_and_no_file_of_a_trace_holds_a_secret() {
    let mut pictures = Vec::new();
    for password in [PASSWORD, "another-one_7 quite&long"] {
        let site = Site::start();
        let desk = Desk::with(&site.address(), password, SEED);
        // A password in a field that hides nothing.
        desk.connector(
            "tried",
            "http://<address>/plain",
            "",
            &format!("username > <password>\n{ROWS}"),
        );
        let marks = Marks::of(&[("password", password), ("seed", SEED)]);
        let line = [
            "tried",
            "--account",
            "web/site",
            "--until",
            "1",
            "--trace",
            "trace",
            "--screenshot",
            "page.png",
        ];
        let ended = tries(&desk, &line);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let trace = desk.lab.path().join("trace");
        let page = std::fs::read_to_string(trace.join("index.html")).unwrap();
        assert!(page.contains("row-1-after.png") && !page.contains("<script"), "{page}");
        let found = marks.below(desk.lab.path(), &[]);
        assert_eq!(found, [""; 0], "in files");
        for text in [&ended.stdout, &ended.stderr] {
            assert!(marks.within(text.as_bytes()).is_empty(), "{text}");
        }
        let of = |name: &str| std::fs::read(trace.join(name)).unwrap();
        pictures.push((of("row-1-before.png"), of("row-1-after.png"), files(&trace).len()));
    }
    assert!(pictures[0].1.starts_with(b"\x89PNG"));
    assert!(pictures[0].1 == pictures[1].1, "the picture after the row depends on the password");
    assert!(pictures[0].0 != pictures[0].1, "nothing was covered");
    assert_eq!(pictures[0].2, pictures[1].2);
}

#[test]
fn a_trace_tells_what_the_page_reported() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.connector("tried", "http://<address>/noisy", "", ROWS);
    let line = ["tried", "--account", "web/site", "--until", "5", "--trace", "trace"];
    let ended = tries(&desk, &line);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let page = std::fs::read_to_string(desk.lab.path().join("trace/index.html")).unwrap();
    for part in ["noisy on purpose", "thrown on purpose", "404", "/nothing-is-here"] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    desk.assert_clean();
}

/// Command lines that cannot be, and what is said of them.
#[test]
fn what_cannot_be_tried_is_told() {
    let lab = Lab::new();
    lab.write("doorward.yaml", "connectors: [connectors]\nbrowser: { kind: firefox }\n");
    lab.write(
        "connectors/tried.yaml",
        "ConnectorId: tried\nTargetSettings:\n  LogonURL: https://<address>/\nWebFormFields: |\n  u > <username>\n  \
         #w > (Validation) (SearchBy=css)\n",
    );
    lab.write("connectors/bad.yaml", "ConnectorId: bad\n");
    let cases: [(&[&str], i32, &str); 6] = [
        (
            &["try", "tried", "--url", "https://a.example/"],
            2,
            "`try` looks at pages through a Chromium",
        ),
        (&["try", "bad", "--url", "https://a.example/"], 3, "missing-key"),
        (&["try", "nobody"], 3, "there is no connector `nobody`"),
        (&["try", "tried", "--until", "0"], 2, "--until"),
        (&["try", "tried", "--url", "no url"], 2, "--url"),
        (&["plan", "tried", "--account", "nowhere:a"], 2, "no vault `nowhere`"),
    ];
    for (line, code, says) in cases {
        let ended = lab.run(line);
        assert_eq!(ended.code, code, "{line:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{line:?}: {}", ended.stderr);
    }
    lab.write("doorward.yaml", "connectors: [connectors]\nbrowser: { sandbox: false }\n");
    let ended = lab.run(&["try", "tried"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("takes `<address>` from an account"), "{}", ended.stderr);
    assert!(ended.stderr.contains("name the page with --url"), "{}", ended.stderr);
}

/// A plan needs no vault: here is none.
#[test]
fn a_plan_says_what_goes_where() {
    let lab = Lab::new();
    lab.write(
        "doorward.yaml",
        "vaults: { v: { kind: kdbx, path: none.kdbx } }\ndefault-vault: v\nconnectors: [.]\n",
    );
    lab.write(
        "p.yaml",
        "ConnectorId: p\nSupportedCapabilities: [LogonAccount]\nTargetSettings:\n  LogonURL: https://<address>/\n  \
         AllowedOrigins: [https://<address>, https://sso.example]\nUserParameters:\n  Region: { Default: eu }\nWebFormFields: |\n  \
         u > <domain>^\\<username>\n  p > <password>\n  r > <param\\Region>\n  o > (TOTP) <logonaccount\\password>\n  \
         #w > (Validation) (SearchBy=css)\n",
    );
    let ended = lab.run(&["plan", "p", "--account", "web/a", "--format", "json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let plan: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(plan["origins"], serde_json::json!(["https://<address>", "https://sso.example"]));
    let rows: Vec<(u64, bool, bool, String)> = plan["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let from: Vec<&str> =
                row["from"].as_array().unwrap().iter().map(|from| from.as_str().unwrap()).collect();
            (
                row["row"].as_u64().unwrap(),
                row["secret"].as_bool().unwrap(),
                row["origin_checked"].as_bool().unwrap(),
                from.join("; "),
            )
        })
        .collect();
    let logon = "the logon account that v:web/a links to: password".to_owned();
    assert_eq!(
        rows,
        [
            (1, false, true, "v:web/a: domain; v:web/a: username".to_owned()),
            (2, true, true, "v:web/a: password".to_owned()),
            (3, false, false, "--param Region".to_owned()),
            (4, true, true, logon),
            (5, false, false, String::new()),
        ]
    );
    let text = lab.run(&["plan", "p", "--account", "web/a"]).stdout;
    for part in [
        "opens    https://<address>/",
        "only into https://<address>, https://sso.example",
        "  2  type <password> into `p`  [secret]\n     from v:web/a: password\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!Path::new(lab.path()).join("none.kdbx").exists());
}
