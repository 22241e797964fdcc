//! What the site refuses is not tried again, and at most twice in all.

use crate::site::{PASSWORD, USERNAME};

use super::{Desk, Kind, ROWS, SEED, Site, WRONG_SEED, actions, counters, detail, reseed, uri};

#[test]
fn two_codes_are_tried_and_then_none() {
    let site = Site::start();
    let kind = Kind::of_period(6);
    let desk = Desk::with(&site.address(), PASSWORD, &uri(WRONG_SEED, "period=6"));
    desk.connector("wrong", "http://<address>/code-kinds?period=6", "", ROWS);

    let ended = desk.says("wrong", &[]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    for says in [
        "the site refused the one-time code; the next one is tried once",
        "the site refused the sign-in: wrong code",
        "two one-time codes were refused; no third is tried, because sites lock accounts",
        "doorward doctor",
    ] {
        assert!(ended.stderr.contains(says), "{says}: {}", ended.stderr);
    }
    let first = counters(&site, "code-kinds", WRONG_SEED, &kind);
    assert!(first.len() == 2 && first[0] < first[1], "{first:?}");
    let rows = desk.record(&["--account", "web/seed"]);
    assert_eq!(
        actions(&rows, "local:web/seed"),
        ["Connect", "UseOneTimeCode", "UseOneTimeCode", "ConnectFailed"]
    );
    let last = rows.last().unwrap();
    assert_eq!((&last["Outcome"], detail(last, "cause")), (&"refused".into(), "wrong code"));

    let launched = desk.connect("wrong", &[]);
    assert_eq!(launched.code, 5, "{}", launched.stderr);
    assert_eq!((launched.outcome(), launched.cause()), ("failed", "codes-refused"));
    for says in [
        "the last 2 one-time codes of `local:web/seed` were refused by the site within 10 minutes",
        "wait: sites lock accounts",
    ] {
        assert!(launched.stderr.contains(says), "{says}: {}", launched.stderr);
    }
    assert_eq!(site.submissions("code-kinds").len(), 2, "a third code was typed");
    let rows = desk.record(&["--session", launched.object["session"].as_str().unwrap()]);
    let last = rows.last().unwrap();
    assert_eq!(
        (&last["Action"], &last["Outcome"]),
        (&"ConnectFailed".into(), &"codes-refused".into())
    );

    reseed(&desk, &uri(SEED, "period=6"));
    let launched = desk.connect("wrong", &[]);
    assert_eq!((launched.code, launched.outcome()), (0, "signed-in"), "{}", launched.stderr);
    desk.assert_clean();
}

/// A code that somebody has used already is refused by the site; the next one is right.
#[test]
fn a_refused_code_is_followed_by_the_next() {
    for page in ["code-kinds", "code-spa"] {
        let site = Site::start();
        let desk = Desk::with(&site.address(), PASSWORD, &uri(SEED, "period=6"));
        desk.connector("used", &format!("http://<address>/{page}?period=6&seen=1"), "", ROWS);
        let ended = desk.says("used", &[]);
        assert_eq!(ended.code, 0, "{page}: {}", ended.stderr);
        let told = "the site refused the one-time code; the next one is tried once";
        assert!(ended.stderr.contains(told), "{page}: {}", ended.stderr);
        let counters = counters(&site, page, SEED, &Kind::of_period(6));
        assert!(counters.len() == 2 && counters[0] < counters[1], "{page}: {counters:?}");
        // The page came back with an empty form, or with what was in it; both arrive whole.
        let second = site.submissions(page).remove(1);
        assert_eq!(second.value("username"), Some(USERNAME), "{page}");
        assert_eq!(actions(&desk.record(&[]), "local:web/seed").len(), 4);
        // What went well in the end is held against nobody.
        let ended = desk.says("used", &[]);
        assert_eq!(ended.code, 0, "{page}: {}", ended.stderr);
        desk.assert_clean();
    }
}

/// A page that says the same of the second code, in the same place, has refused it all the same.
#[test]
fn the_same_message_twice_is_two_refusals() {
    let site = Site::start();
    let desk = Desk::with(&site.address(), PASSWORD, &uri(WRONG_SEED, "period=6"));
    let url = "http://<address>/code-spa?period=6";
    desk.connector("same", url, "ActionTimeout: 3s", ROWS);
    let launched = desk.connect("same", &[]);
    assert_eq!(
        (launched.outcome(), launched.cause()),
        ("refused", "wrong code"),
        "{}",
        launched.stderr
    );
    assert_eq!(site.submissions("code-spa").len(), 2);
    assert_eq!(desk.connect("same", &[]).cause(), "codes-refused");
    assert_eq!(site.submissions("code-spa").len(), 2);
}
