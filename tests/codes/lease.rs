//! A code is used once, whoever asks for it, and never in its last seconds.

use doorward::activity::{Lease, Store};
use doorward::clock::Clock;
use doorward::secret::Secret;
use doorward::vault::totp::Seed;

use super::{Desk, Ended, Kind, ROWS, SEED, Site, counters, now, uri};
use crate::site::PASSWORD;

/// Two accounts with a seed in common, as a team has them.
#[test]
fn two_sessions_of_one_seed_never_submit_the_same_code() {
    let site = Site::start();
    let kind = Kind::of_period(10);
    let desk = Desk::with(&site.address(), PASSWORD, &uri(SEED, "period=10"));
    desk.add("web/second", &["--username", "second", "--address", &site.address()], PASSWORD);
    let link = ["account", "link", "web/second", "--logon-account", "web/seed"];
    assert_eq!(desk.lab.run(&link).code, 0);
    desk.connector("shared", "http://<address>/code-kinds?period=10", "", ROWS);
    let spawn = |account: &str| {
        let mut command = desk.typed(&["shared", "--account", account, "--headless"]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let both = [spawn("web/site"), spawn("web/second")];
    for child in both {
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    }
    let mut counters = counters(&site, "code-kinds", SEED, &kind);
    assert_eq!(counters.len(), 2);
    counters.dedup();
    assert_eq!(counters.len(), 2, "the same code twice");
    desk.assert_clean();
}

#[test]
fn who_comes_second_waits_and_says_so() {
    let site = Site::start();
    let kind = Kind::of_period(10);
    let desk = Desk::with(&site.address(), PASSWORD, &uri(SEED, "period=10"));
    desk.connector("shared", "http://<address>/code-kinds?period=10", "", ROWS);
    // Another process has used the codes of now and of the next half minute.
    let taken = now() / 10_000 + 3;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&desk.lab.path().join("state")).await.unwrap();
        let secret = Secret::new(uri(SEED, "period=10"));
        let seed = Seed::read(&secret, Default::default()).unwrap();
        let id = seed.fingerprint(store.lease_key());
        let clock = Clock::System.now();
        for counter in taken - 3..=taken {
            let lease = store.lease(&id, counter, clock, clock).await.unwrap();
            assert_eq!(lease, Lease::Yours);
        }
        store.close().await.unwrap();
    });
    let ended = desk.says("shared", &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("one-time code: it has been used already, waiting "),
        "{}",
        ended.stderr
    );
    let counters = counters(&site, "code-kinds", SEED, &kind);
    assert!(counters.len() == 1 && counters[0] > taken, "{counters:?}, and {taken} was taken");
}

/// The page shows the field when less than 3 s of a period are left, and tells which one it was.
#[test]
fn a_code_is_not_typed_in_its_last_seconds() {
    let site = Site::start();
    let desk = Desk::with(&site.address(), PASSWORD, &uri(SEED, "period=10"));
    desk.connector("late", "http://<address>/code-late?period=10", "ActionTimeout: 15s", ROWS);
    let ended = desk.says("late", &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let forms = site.submissions("code-late");
    let shown: u64 = forms[0].value("shown").unwrap().parse().unwrap();
    let counters = counters(&site, "code-late", SEED, &Kind::of_period(10));
    assert!(counters[0] > shown, "typed {counters:?}, shown in {shown}: {}", ended.stderr);
    desk.assert_clean();
}

/// Periods that are shorter than what has to be left of others are nothing to give up on.
#[test]
fn a_very_short_period_is_enough() {
    let site = Site::start();
    let desk = Desk::with(&site.address(), PASSWORD, &uri(SEED, "period=3"));
    desk.connector("short", "http://<address>/code-kinds?period=3", "", ROWS);
    let launched = desk.connect("short", &[]);
    assert_eq!((launched.code, launched.outcome()), (0, "signed-in"), "{}", launched.stderr);
}
