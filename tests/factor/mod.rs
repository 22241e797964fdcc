//! Second factors: enrolled, asked for, reset, and asked by other applications.

mod application;
mod passkeys;
mod required;
mod reset;
mod sign_in;

use crate::lab::Lab;
use crate::lab::device::Device;
use crate::lab::portal::{Answer, Portal, Visitor};
use crate::portal::PASSWORD;

/// Does something to a database of the state.
pub(crate) fn alter(lab: &Lab, database: &str, query: &str) {
    ask(lab, database, query.to_owned());
}

/// The first column of what a database of the state answers.
pub(crate) fn ask(lab: &Lab, database: &str, query: String) -> Vec<String> {
    let file = format!("sqlite:{}", lab.path().join("state").join(database).display());
    // A thread of its own: tests of pages run in a runtime, and another one cannot begin there.
    let asked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            use sqlx::{AssertSqlSafe, Connection};
            let mut database = sqlx::SqliteConnection::connect(&file).await.unwrap();
            let query = sqlx::query_scalar(AssertSqlSafe(query));
            let found = query.fetch_all(&mut database).await.unwrap();
            database.close().await.unwrap();
            found
        })
    });
    asked.join().unwrap()
}

/// Makes the code of this moment one that nobody has used, and lets nobody wait: a test does not sleep.
pub(crate) fn rewind(lab: &Lab) {
    alter(lab, "portal.db", "UPDATE factor SET counter = -1, drift = 0, refused = 0");
}

/// Enrols somebody who is signed in: their device and their recovery codes.
pub(crate) fn enrol(lab: &Lab, portal: &Portal, visitor: &Visitor) -> (Device, Vec<String>) {
    let begun = portal.act(visitor, "POST", "/api/v1/me/factor", "");
    assert_eq!(begun.status, 201, "{}", begun.body);
    let device = Device::of(begun.json()["setup_code"].as_str().unwrap());
    let confirmed = portal.act(
        visitor,
        "POST",
        "/api/v1/me/factor/confirmation",
        &format!(r#"{{"code":"{}"}}"#, device.code(0)),
    );
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    let json = confirmed.json();
    let codes = json["recovery_codes"].as_str().unwrap().lines().map(str::to_owned).collect();
    rewind(lab);
    (device, codes)
}

/// The first half of a sign-in: it opens nothing.
pub(crate) fn half(portal: &Portal, name: &str) -> Visitor {
    let answer = portal.send(None, "/sign-in", &[("name", name), ("password", PASSWORD)]);
    assert_eq!((answer.status, answer.header("location")), (303, "/sign-in/second"), "{name}");
    Visitor { cookie: answer.cookie(), csrf: String::new() }
}

/// The second half, by what is typed.
pub(crate) fn second(portal: &Portal, half: &Visitor, code: &str) -> Answer {
    portal.send(Some(half), "/sign-in/second", &[("code", code)])
}

/// Who has come in by it.
pub(crate) fn visitor(portal: &Portal, answer: &Answer) -> Visitor {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let mut visitor = Visitor { cookie: answer.cookie(), csrf: String::new() };
    let me = portal.read(Some(&visitor), "/api/v1/me").json();
    visitor.csrf = me["csrf"].as_str().unwrap().to_owned();
    visitor
}
