//! One-time codes from the vault to the site, in real Chromium: each is used once, none is tried again.

mod clock;
pub(crate) mod engine;
mod kinds;
mod lease;
mod refusals;

use std::path::PathBuf;

use doorward::secret::Secret;

use crate::lab::Ended;
use crate::lab::desk::Desk;
use crate::site::codes::{Codes, Kind};
use crate::site::{Fields, SEED, Site};

/// The rows for the pages that ask for a code alone.
const ROWS: &str = "\
username > <username> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
#error[data-cause=code] > (Failure=wrong code) (SearchBy=css)
";

/// A seed of 80 bits that no site knows.
const WRONG_SEED: &str = "KRSXG5CTMVRXEZLU";

/// The seed with what an `otpauth://` URI can say of it.
fn uri(seed: &str, parameters: &str) -> String {
    format!("otpauth://totp/Acme:operator?secret={seed}&issuer=Acme&{parameters}")
}

/// Gives the logon account another secret.
fn reseed(desk: &Desk, seed: &str) {
    let line = ["account", "edit", "web/seed", "--secret-stdin"];
    let edited = desk.lab.run_with_input(&line, &format!("{seed}\n"));
    assert_eq!(edited.code, 0, "{}", edited.stderr);
}

/// The periods of the codes that arrived at `page`, oldest first.
fn counters(site: &Site, page: &str, seed: &str, kind: &Kind) -> Vec<u64> {
    let codes = Codes::new(&Secret::new(seed.into()), kind);
    let now = now() / 1000;
    let typed = |form: &Fields| form.value("otp").unwrap().to_owned();
    let submitted: Vec<_> = site.submissions(page).iter().map(typed).collect();
    let found = submitted.iter().map(|code| {
        // Two minutes are enough for the slowest of these tests.
        (0..120 / kind.seconds()).find_map(|back| codes.counter(code, now - back * kind.seconds()))
    });
    found.map(|counter| counter.unwrap_or_else(|| panic!("no code: {submitted:?}"))).collect()
}

fn now() -> u64 {
    doorward::clock::Clock::System.unix_millis()
}

/// The word behind `name` in the details of a row of the record.
fn detail<'a>(row: &'a serde_json::Value, name: &str) -> &'a str {
    row["Details"][name].as_str().unwrap_or_default()
}

/// The actions on `account` in their order.
fn actions(rows: &[serde_json::Value], account: &str) -> Vec<String> {
    let of = rows.iter().filter(|row| row["Account"] == account);
    of.map(|row| row["Action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_demo_is_signed_in_to_and_both_accounts_know_it() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let demo = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/connectors/demo.yaml"));
    let launched = desk.connect(&demo.to_string_lossy(), &["--reason", "ticket 4711"]);
    assert_eq!((launched.code, launched.outcome()), (0, "signed-in"), "{}", launched.stderr);
    assert_eq!(site.submissions("login").len(), 1);
    assert_eq!(site.submissions("otp").len(), 1);

    let session = launched.object["session"].as_str().unwrap();
    let rows = desk.record(&[]);
    assert!(rows.iter().all(|row| row["SessionId"] == session && row["Connector"] == "demo"));
    assert!(rows.iter().all(|row| row["Reason"] == "ticket 4711"));
    let expected = ["Connect", "UsePassword", "UseOneTimeCode", "Disconnect"];
    assert_eq!(actions(&rows, "local:web/site"), expected);
    assert_eq!(
        actions(&rows, "local:web/seed"),
        ["Connect", "UseOneTimeCode", "Disconnect"],
        "{rows:#?}"
    );
    for row in &rows {
        let action = row["Action"].as_str().unwrap();
        match row["Account"].as_str().unwrap() {
            "local:web/site" if action != "Connect" => {
                assert_eq!(detail(row, "logonaccount"), "local:web/seed", "{row}");
                assert_eq!(detail(row, "logonaccount_username"), "operator-totp", "{row}");
            }
            "local:web/seed" => assert_eq!(detail(row, "target"), "local:web/site", "{row}"),
            _ => {}
        }
        if action == "Disconnect" {
            assert_eq!(row["Outcome"], "signed-in");
            assert!(!detail(row, "duration").is_empty() && !detail(row, "ended_by").is_empty());
        }
    }
    for account in ["web/site", "web/seed", "local:web/seed"] {
        let of = desk.record(&["--account", account]);
        assert!(!of.is_empty() && of.iter().all(|row| row["SessionId"] == session), "{account}");
    }
    let verified = desk.lab.run(&["activity", "verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    desk.assert_clean();
}

/// What `totp add` keeps is found by the connectors that ship, without a word to either.
#[test]
fn a_seed_that_was_added_is_typed() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let unlinked = desk.lab.run(&["account", "unlink", "web/site", "--logon-account"]);
    assert_eq!(unlinked.code, 0, "{}", unlinked.stderr);
    let add = ["totp", "add", "web/site", "--setup-code-stdin", "--yes"];
    let added = desk.lab.run_with_input(&add, SEED);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let demo = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/connectors/demo.yaml"));
    let launched = desk.connect(&demo.to_string_lossy(), &[]);
    assert_eq!((launched.code, launched.outcome()), (0, "signed-in"), "{}", launched.stderr);
    let rows = desk.record(&["--account", "totp/web/site"]);
    assert!(rows.iter().any(|row| row["Action"] == "UseOneTimeCode"), "{rows:#?}");
    // Once it was removed, the launch says where it was looked for.
    assert_eq!(desk.lab.run(&["totp", "remove", "web/site", "--yes"]).code, 0);
    let launched = desk.connect(&demo.to_string_lossy(), &[]);
    assert_eq!(launched.code, 5, "{}", launched.stderr);
    assert!(launched.stderr.contains("totp/web/site"), "{}", launched.stderr);
    desk.assert_clean();
}
