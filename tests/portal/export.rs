//! The record as a file: whole, and only what one may see.

use doorward::activity::{Action, Event, Store};
use doorward::clock::Timestamp;

use super::{PASSWORD, desk};
use crate::lab::portal::{Portal, Visitor};

/// More than are read at once, by two people.
const ROWS: usize = 1203;

#[test]
fn a_file_has_every_row_that_one_may_see_and_that_fits() {
    let desk = desk();
    let events: Vec<Event> = (0..ROWS).map(event).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&desk.lab.path().join("state")).await.unwrap();
        store.append(&events).await.unwrap();
        store.close().await.unwrap();
    });
    let portal = Portal::start(&desk.lab);
    let [ann, root] = ["ann", "root"].map(|name| portal.sign_in(name, PASSWORD));
    // As the command line has it, to the last byte.
    for (format, filter, arguments) in [
        ("json", "", &[][..]),
        ("csv", "", &[]),
        ("csv", "&connector=shop&user=bob", &["--connector", "shop", "--user", "bob"]),
        (
            "json",
            "&action=usepassword&until=2026-03-01T08:05:00Z",
            &["--action", "UsePassword", "--until", "2026-03-01T08:05:00Z"],
        ),
        ("json", "&connector=none", &["--connector", "none"]),
    ] {
        let line = [&["activity", "--format", format], arguments].concat();
        let expected = desk.lab.run(&line).stdout;
        let (head, body) = file(&portal, &root, &format!("format={format}{filter}"));
        let same = body.split_whitespace().eq(expected.split_whitespace());
        assert!(same, "{format} {filter}: {} and {} bytes", body.len(), expected.len());
        assert!(head.contains(&format!("attachment; filename=\"activity.{format}\"")), "{head}");
    }
    let (_, own) = file(&portal, &ann, "format=json&user=bob");
    let own: serde_json::Value = serde_json::from_str(&own).unwrap();
    let own = own.as_array().unwrap();
    assert!(own.len() > ROWS / 2 && own.iter().all(|row| row["User"] == "ann"), "{}", own.len());
}

fn event(number: usize) -> Event {
    Event {
        time: Timestamp::from_second(1_772_352_000 + number as i64).unwrap(),
        session: None,
        user: ["ann", "bob"][number % 2].parse().unwrap(),
        action: [Action::UsePassword, Action::Denied][number % 3 % 2],
        account: Some("local:web/shop".parse().unwrap()),
        connector: "shop".into(),
        address: String::new(),
        reason: "=1+1 \u{202e}".into(),
        client_address: "local".into(),
        outcome: String::new(),
        details: vec![("row".into(), number.to_string())],
    }
}

/// The head of the answer, and the file in its pieces put together.
fn file(portal: &Portal, visitor: &Visitor, query: &str) -> (String, String) {
    let answer = portal.read(Some(visitor), &format!("/api/v1/activity/export?{query}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("transfer-encoding"), "chunked");
    let (mut body, mut rest) = (String::new(), answer.body.as_str());
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        body.push_str(&after[..length]);
        rest = after[length..].trim_start_matches("\r\n");
    }
    (answer.header("content-disposition").to_owned(), body)
}
