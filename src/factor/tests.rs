//! What is accepted and what is not, as sequences of what people type at which moment.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use tempfile::TempDir;

use super::{Cause, Error, Factors, Offer, Owner, Proof, Verdict};
use crate::clock::{Clock, Timestamp};

/// The moment at which everything begins, in seconds: the begin of a period.
const BEGIN: u64 = 1_795_000_020;

const PASSED: Verdict = Verdict::Passed(Proof::Code);
const WRONG: Verdict = Verdict::Refused(Cause::Wrong);
const USED: Verdict = Verdict::Refused(Cause::Used);
const ABSENT: Verdict = Verdict::Refused(Cause::Absent);

fn wait(seconds: u64) -> Verdict {
    Verdict::Wait(Duration::from_secs(seconds))
}

async fn made(state: &Path) {
    let options =
        SqliteConnectOptions::new().filename(state.join("portal.db")).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    connection
        .execute("CREATE TABLE user (name TEXT PRIMARY KEY COLLATE NOCASE) STRICT")
        .await
        .unwrap();
    connection.execute(super::SCHEMA).await.unwrap();
    connection
        .execute("INSERT INTO user VALUES ('ann'), ('app'), ('root'), ('eve')")
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// A clock that stands still so many seconds after the begin.
fn clock(after: i64) -> Clock {
    Clock::Fixed(Timestamp::from_second(BEGIN.cast_signed() + after).unwrap())
}

async fn opened() -> (TempDir, Factors) {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path()).await;
    let factors = Factors::open(folder.path(), clock(0)).await.unwrap();
    (folder, factors)
}

/// The row of a change.
async fn kept() -> Result<(), Error> {
    Ok(())
}

fn ann() -> Owner {
    Owner::user(&"ann".parse().unwrap())
}

/// What a device shows, whose clock is `ahead` periods ahead.
fn code(offer: &Offer, seconds: u64, ahead: i64) -> String {
    let key = BASE32_NOPAD.decode(offer.setup_code().replace(' ', "").as_bytes()).unwrap();
    let device = totp_rs::Builder::new().with_secret(key).build_noncompliant();
    device.generate(seconds.checked_add_signed(ahead * 30).unwrap()).to_string()
}

/// An authenticator that was confirmed in the period before `BEGIN`.
async fn enrolled(folder: &TempDir) -> (Offer, Vec<String>) {
    let factors = Factors::open(folder.path(), clock(-30)).await.unwrap();
    let offer = factors.begin(&ann(), "Doorward", "ann", kept()).await.unwrap();
    let (verdict, codes) =
        factors.confirm(&ann(), &code(&offer, BEGIN - 30, 0), kept()).await.unwrap();
    assert_eq!(verdict, PASSED);
    let lines = codes.unwrap().lines();
    (offer, lines.lines().map(str::to_owned).collect())
}

#[tokio::test]
async fn codes_count_once_and_in_their_time() {
    // Seconds after the begin, by how many periods the device is ahead, what comes of it.
    let stories: [&[(u64, i64, Verdict)]; 6] = [
        // Each code once; no earlier one after a later one.
        &[(0, 0, PASSED), (0, 0, USED), (10, -1, USED), (29, 1, PASSED), (30, 0, USED)],
        // The window.
        &[(0, 2, WRONG), (0, -2, WRONG), (0, 1, PASSED)],
        // A device that goes fast is followed, and one that was set right again is let in.
        &[(0, 1, PASSED), (60, 2, PASSED), (120, 3, PASSED), (240, 0, PASSED), (300, 3, WRONG)],
        // No further than two minutes and a period.
        &[
            (0, 1, PASSED),
            (60, 2, PASSED),
            (120, 3, PASSED),
            (180, 4, PASSED),
            (240, 5, PASSED),
            (300, 6, WRONG),
        ],
        // Slow.
        &[(60, -1, PASSED), (120, -2, PASSED), (180, -3, PASSED), (240, -5, WRONG)],
        // Waiting doubles, what is right does not help meanwhile, and clears it afterwards.
        &[
            (0, 9, WRONG),
            (1, 9, WRONG),
            (2, 9, WRONG),
            (3, 9, WRONG),
            (3, 0, wait(2)),
            (5, 9, WRONG),
            (5, 0, wait(4)),
            (9, 9, WRONG),
            (16, 0, wait(1)),
            (17, 0, PASSED),
            (30, 9, WRONG),
            (30, 9, WRONG),
            (30, 9, WRONG),
            (30, 0, PASSED),
        ],
    ];
    for (number, story) in stories.into_iter().enumerate() {
        let (folder, factors) = opened().await;
        let (offer, _) = enrolled(&folder).await;
        for (seconds, ahead, expected) in story {
            let now = BEGIN + seconds;
            let typed = code(&offer, now, *ahead);
            let verdict = factors.verify_at(&ann(), &typed, now * 1000).await.unwrap();
            assert_eq!(verdict, *expected, "story {number}, {seconds} s, {ahead}");
        }
    }
}

#[tokio::test]
async fn no_way_of_writing_makes_a_used_code_new() {
    let (folder, factors) = opened().await;
    let (offer, recovery) = enrolled(&folder).await;
    let typed = code(&offer, BEGIN, 0);
    assert_eq!(factors.verify(&ann(), &format!(" {typed}\n")).await.unwrap(), PASSED);
    let wide: String =
        typed.chars().map(|digit| char::from_u32(u32::from(digit) + 0xFEE0).unwrap()).collect();
    let [first, last] = [&typed[..3], &typed[3..]];
    for (at, again) in [
        typed.clone(),
        format!("{first} {last}"),
        format!("{first}-{last}"),
        wide,
        format!("\u{feff}{typed}"),
    ]
    .into_iter()
    .enumerate()
    {
        // Whenever nobody has to wait any more.
        let now = (BEGIN + at as u64) * 1000;
        let verdict = factors.verify_at(&ann(), &again, now).await.unwrap();
        assert!(matches!(verdict, USED | Verdict::Wait(_)), "{again:?} {verdict:?}");
    }
    let later = (BEGIN + 3600) * 1000;
    let passed = factors.verify_at(&ann(), &recovery[0].to_uppercase(), later).await.unwrap();
    assert_eq!(passed, Verdict::Passed(Proof::RecoveryCode { left: 9 }));
    for again in [recovery[0].clone(), recovery[0].replace('-', "")] {
        assert_eq!(factors.verify_at(&ann(), &again, later).await.unwrap(), USED);
    }
    assert_eq!(factors.verify_at(&ann(), "aaaa-aaaa-aaaa-aaaa", later).await.unwrap(), WRONG);
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_those_before() {
    let (folder, factors) = opened().await;
    let (_, old) = enrolled(&folder).await;
    let new = factors.renew_codes(&ann(), kept()).await.unwrap().lines();
    assert_eq!(factors.verify(&ann(), &old[3]).await.unwrap(), WRONG);
    for (used, line) in new.lines().enumerate() {
        let left = 9 - u32::try_from(used).unwrap();
        let verdict = factors.verify(&ann(), line).await.unwrap();
        assert_eq!(verdict, Verdict::Passed(Proof::RecoveryCode { left }));
    }
    assert_eq!(factors.standing(&ann()).await.unwrap().unwrap().recovery_codes, 0);
}

#[tokio::test]
async fn an_enrolment_counts_when_a_code_was_right() {
    let (folder, factors) = opened().await;
    assert!(matches!(factors.confirm(&ann(), "123456", kept()).await, Err(Error::NotBegun(_))));
    let first = factors.begin(&ann(), "Doorward", "ann", kept()).await.unwrap();
    assert_eq!(factors.verify(&ann(), &code(&first, BEGIN, 0)).await.unwrap(), ABSENT);
    assert_eq!(factors.standing(&ann()).await.unwrap(), None);
    // Another one takes its place.
    let offer = factors.begin(&ann(), "Doorward", "ann", kept()).await.unwrap();
    let confirm = async |typed: String| factors.confirm(&ann(), &typed, kept()).await.unwrap().0;
    assert!(matches!(confirm(code(&first, BEGIN, 0)).await, Verdict::Refused(_)));
    assert_eq!(confirm(code(&offer, BEGIN, 8)).await, Verdict::Refused(Cause::Ahead(240)));
    assert_eq!(confirm(code(&offer, BEGIN, -8)).await, Verdict::Refused(Cause::Ahead(-240)));
    assert_eq!(confirm(code(&offer, BEGIN, 0)).await, PASSED);
    assert_eq!(factors.standing(&ann()).await.unwrap().unwrap().recovery_codes, 10);
    assert!(matches!(
        factors.begin(&ann(), "Doorward", "ann", kept()).await,
        Err(Error::Exists(_))
    ));
    assert!(matches!(factors.confirm(&ann(), "123456", kept()).await, Err(Error::Exists(_))));
    // The code that confirmed it is used.
    assert_eq!(factors.verify(&ann(), &code(&offer, BEGIN, 0)).await.unwrap(), USED);
    assert!(factors.remove(&ann(), kept()).await.unwrap());
    assert!(!factors.remove(&ann(), kept()).await.unwrap());
    assert_eq!(factors.verify(&ann(), &code(&offer, BEGIN, 1)).await.unwrap(), ABSENT);
    // Too late.
    let offer = factors.begin(&ann(), "Doorward", "ann", kept()).await.unwrap();
    let later = Factors::open(folder.path(), clock(3600)).await.unwrap();
    let confirmed = later.confirm(&ann(), &code(&offer, BEGIN + 3600, 0), kept()).await;
    assert!(matches!(confirmed, Err(Error::NotBegun(_))));
    later.sweep().await.unwrap();
    assert!(!later.remove(&ann(), kept()).await.unwrap());
}

#[tokio::test]
async fn a_subject_is_of_one_application_and_enabled_by_its_first_code() {
    let (_folder, factors) = opened().await;
    let [app, other] = ["app", "eve"].map(|name| {
        let subject = "ann".parse().unwrap();
        Owner::of(&name.parse().unwrap(), &subject)
    });
    let offer = factors.begin(&app, "Shop", "ann", kept()).await.unwrap();
    let typed = code(&offer, BEGIN, 0);
    assert_eq!(factors.verify(&other, &typed).await.unwrap(), ABSENT);
    assert_eq!(factors.verify(&ann(), &typed).await.unwrap(), ABSENT);
    assert_eq!(
        factors.verify(&app, &code(&offer, BEGIN, 3)).await.unwrap(),
        Verdict::Refused(Cause::Ahead(90))
    );
    assert_eq!(factors.standing(&app).await.unwrap(), None);
    assert_eq!(factors.verify(&app, &typed).await.unwrap(), PASSED);
    assert!(factors.standing(&app).await.unwrap().is_some());
    assert_eq!(factors.verify(&app, &typed).await.unwrap(), USED);
    assert!(factors.holders().await.unwrap().is_empty());
    for name in ["", " ann", "ann\n", &"x".repeat(129)] {
        assert!(name.parse::<super::Subject>().is_err(), "{name:?}");
    }
}

#[tokio::test]
async fn many_at_once_pass_once() {
    let (folder, _factors) = opened().await;
    let (offer, _) = enrolled(&folder).await;
    let typed = Arc::new(code(&offer, BEGIN, 0));
    let mut tasks = Vec::new();
    for _ in 0..8 {
        // Each with a connection of its own, as a process has.
        let (state, typed) = (folder.path().to_owned(), Arc::clone(&typed));
        tasks.push(tokio::spawn(async move {
            let factors = Factors::open(&state, clock(0)).await.unwrap();
            factors.verify(&ann(), &typed).await.unwrap()
        }));
    }
    let mut passed = 0;
    for task in tasks {
        passed += usize::from(task.await.unwrap() == PASSED);
    }
    assert_eq!(passed, 1);
}

#[tokio::test]
async fn a_seed_that_was_moved_or_altered_opens_for_nobody() {
    let (folder, factors) = opened().await;
    let (offer, _) = enrolled(&folder).await;
    let file = SqliteConnectOptions::new().filename(folder.path().join("portal.db"));
    let mut database = file.connect().await.unwrap();
    database
        .execute("INSERT INTO factor (realm, subject, seed, begun, enabled) SELECT '', 'eve', seed, begun, enabled FROM factor")
        .await
        .unwrap();
    let eve = Owner::user(&"eve".parse().unwrap());
    let typed = code(&offer, BEGIN, 0);
    assert!(matches!(factors.verify(&eve, &typed).await, Err(Error::Sealed { .. })));
    std::fs::write(folder.path().join("factor.key"), "0".repeat(64)).unwrap();
    let other = Factors::open(folder.path(), clock(0)).await.unwrap();
    assert!(matches!(other.verify(&ann(), &typed).await, Err(Error::Sealed { .. })));
    assert_eq!(factors.verify(&ann(), &typed).await.unwrap(), PASSED);
    // Whoever is removed takes everything along.
    database.execute("DELETE FROM user WHERE name = 'ann'").await.unwrap();
    assert_eq!(factors.standing(&ann()).await.unwrap(), None);
}

#[tokio::test]
async fn a_reset_takes_two_others() {
    let (folder, factors) = opened().await;
    let name = |text: &str| text.parse::<crate::name::UserName>().unwrap();
    let [ann_, root, eve] = ["ann", "root", "eve"].map(name);
    assert!(matches!(factors.ask_reset(&ann_, &root, kept()).await, Err(Error::Absent(_))));
    enrolled(&folder).await;
    // Who asked goes on record.
    let told = |by: &str| {
        assert_eq!(by, "root");
        kept()
    };
    assert!(matches!(factors.confirm_reset(&ann_, &eve, told).await, Err(Error::NoReset(_))));
    factors.ask_reset(&ann_, &root, kept()).await.unwrap();
    let again = factors.ask_reset(&ann_, &eve, kept()).await;
    assert!(matches!(again, Err(Error::ResetAsked { by }) if by == "root"));
    for same in [&root, &ann_] {
        assert!(matches!(factors.confirm_reset(&ann_, same, told).await, Err(Error::SamePerson)));
    }
    let later = Factors::open(folder.path(), clock(24 * 60 * 60)).await.unwrap();
    assert!(matches!(later.confirm_reset(&ann_, &eve, told).await, Err(Error::NoReset(_))));
    later.ask_reset(&ann_, &eve, kept()).await.unwrap();
    assert!(later.withdraw_reset(&ann_, kept()).await.unwrap());
    factors.ask_reset(&ann_, &root, kept()).await.unwrap();
    factors.confirm_reset(&ann_, &eve, told).await.unwrap();
    assert_eq!(factors.standing(&ann()).await.unwrap(), None);
    assert!(factors.resets().await.unwrap().is_empty());
}
