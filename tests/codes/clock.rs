//! Sites whose clock is apart from this machine's: codes are computed for the clock that they are checked by.

use super::{Desk, ROWS, SEED, Site, detail};
use crate::lab::portal::Portal;
use crate::portal;
use crate::site::PASSWORD;

/// What is typed where, and what is told of it.
struct Case {
    /// The page's query: the clock that codes are checked by, and the date that is told.
    query: &'static str,
    /// How many codes are typed.
    codes: usize,
    /// What the terminal is told; nothing of clocks where it is empty.
    told: &'static str,
    /// `corrected` in the record, for each code; empty where nothing is known.
    corrected: &'static [&'static str],
}

#[test]
fn a_code_is_computed_for_the_clock_that_the_site_shows() {
    let corrected = "this machine's: the code is computed for its time";
    let cases = [
        Case { query: "ahead=0", codes: 1, told: "", corrected: &[""] },
        Case { query: "ahead=120&date=120", codes: 1, told: corrected, corrected: &["true"] },
        Case { query: "ahead=-120&date=-120", codes: 1, told: corrected, corrected: &["true"] },
        // A second is what dates do not tell.
        Case { query: "ahead=1&date=1", codes: 1, told: "", corrected: &[""] },
        // A front tells a wrong time, and codes are checked by a right one: the second is of this machine's time.
        Case {
            query: "ahead=0&date=120",
            codes: 2,
            told: "the code is of this machine's time all the same",
            corrected: &["true", "false"],
        },
        // Too far to be a clock that somebody keeps.
        Case {
            query: "ahead=0&date=86400",
            codes: 1,
            told: "s ahead of this machine's: the code is of this machine's time all the same",
            corrected: &["false"],
        },
        // A copy, which somebody on the way has kept.
        Case { query: "ahead=0&date=-120&age=120", codes: 1, told: "", corrected: &[""] },
    ];
    for Case { query, codes, told, corrected } in cases {
        let site = Site::start();
        let desk = Desk::with(&site.address(), PASSWORD, SEED);
        desk.connector("clock", &format!("http://<address>/code-kinds?{query}"), "", ROWS);
        let ended = desk.says("clock", &[]);
        assert_eq!(ended.code, 0, "{query}: {}", ended.stderr);
        assert_eq!(site.submissions("code-kinds").len(), codes, "{query}: {}", ended.stderr);
        match told {
            "" => assert!(!ended.stderr.contains("clock is"), "{query}: {}", ended.stderr),
            told => assert!(ended.stderr.contains(told), "{query}: {}", ended.stderr),
        }
        for account in ["web/site", "web/seed"] {
            let rows = desk.record(&["--account", account, "--action", "UseOneTimeCode"]);
            let kept: Vec<_> = rows.iter().map(|row| detail(row, "corrected")).collect();
            assert_eq!(kept, corrected, "{query}: {rows:#?}");
            let known = |row| detail(row, "site_clock_ahead").ends_with('s');
            assert!(rows.iter().all(|row| known(row) != detail(row, "corrected").is_empty()));
        }
        desk.assert_clean();
    }
}

/// What a session has seen of the application's clock is there for those who read its codes.
#[test]
fn a_clock_that_is_apart_is_told_where_codes_are_read() {
    let site = Site::start();
    let desk = Desk::with(&site.address(), PASSWORD, SEED);
    desk.connector("clock", "http://<address>/code-kinds?ahead=-90&date=-90", "", ROWS);
    portal::add(&desk.lab, &["root", "--role", "admin", "--accounts", "*"]);
    let served = Portal::start(&desk.lab);
    let root = served.sign_in("root", portal::PASSWORD);
    let page = || served.read(Some(&root), "/codes?account=web/site").body;
    assert!(!page().contains("this machine's"), "nobody has seen it");
    assert_eq!(desk.connect("clock", &[]).code, 0);
    let shown = desk.lab.run(&["totp", "show", "web/site"]).stdout;
    assert!(shown.contains("clock      the application's clock, at 20"), "{shown}");
    assert!(shown.contains(" s behind this machine's; synchronise both (NTP)"), "{shown}");
    let page = page();
    let parts = [
        "The clock of the application is",
        " s behind</strong> this machine",
        "as sessions saw it",
    ];
    assert!(parts.iter().all(|part| page.contains(part)), "{page}");
    let clocks = served.read(Some(&root), "/api/v1/accounts/web%2Fsite/totp").json();
    let ahead = clocks["clocks"][0]["ahead"].as_i64().unwrap();
    assert!((-93..=-89).contains(&ahead), "{clocks}");
    // Right again: the last code tells.
    desk.connector("clock", "http://<address>/code-kinds", "", ROWS);
    assert_eq!(desk.connect("clock", &[]).code, 0);
    assert!(!desk.lab.run(&["totp", "show", "web/site"]).stdout.contains("clock"));
}

/// `doctor` compares the clock of a site that it is told of with this machine's.
#[test]
fn doctor_compares_the_clock_of_a_site() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cases = [
        (site.url("/code-kinds"), "its clock is this machine's, as far as an answer tells"),
        (site.url("/code-kinds?date=-90"), " s behind this machine's"),
        (site.url("/code-kinds?date=90"), " s ahead of this machine's"),
        (format!("http://{closed}/"), "its clock is not known: "),
    ];
    for (url, says) in cases {
        let ended = desk.lab.run(&["doctor", "--site", &url]);
        // Lines are as wide as a terminal.
        let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, told) = told.split_once("site http://127.0.0.1:").unwrap();
        assert!(told.contains(says), "{url}: {told}");
        assert_eq!(ended.code, 0, "{url}: {}", ended.stdout);
    }
    let ended = desk.lab.run(&["doctor", "--site", "ftp://shop.example"]);
    assert!(ended.code == 2 && ended.stderr.contains("https:// or http://"), "{}", ended.stderr);
}
