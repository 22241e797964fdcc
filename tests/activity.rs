//! The record: tampered with, fought for by several processes, cut off in the middle, and read.

mod faults;
mod listing;
mod processes;
mod tampering;

use std::path::Path;

use doorward::activity::{Action, Event, Filter, Row, Store};
use doorward::clock::Timestamp;
use doorward::name::SessionId;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};

/// A session id that never changes.
const SESSION: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// An event of jane's session on `local:web/shop`, `second` seconds after eight.
fn event(second: i64) -> Event {
    let eight: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
    Event {
        time: Timestamp::from_second(eight.as_second() + second).unwrap(),
        session: Some(SESSION.parse().unwrap()),
        user: "jane".parse().unwrap(),
        action: Action::UsePassword,
        account: Some("local:web/shop".parse().unwrap()),
        connector: "shop".into(),
        address: "shop.example".into(),
        reason: String::new(),
        client_address: "local".into(),
        outcome: String::new(),
        details: vec![("row".into(), second.to_string())],
    }
}

/// The first row of `session`.
fn connect(session: SessionId) -> Event {
    Event { session: Some(session), action: Action::Connect, ..event(0) }
}

async fn all(store: &Store) -> Vec<Row> {
    store.rows(&Filter::default()).await.unwrap()
}

/// A record of `rows` rows in the folder `state`, closed.
async fn record(state: &Path, rows: i64) {
    let store = Store::open(state).await.unwrap();
    store.append(&(1..=rows).map(event).collect::<Vec<_>>()).await.unwrap();
    store.close().await.unwrap();
}

/// The database in `state`, past doorward.
async fn raw(state: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(state.join("activity.db"));
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Changes the record in `state` as somebody would who is not doorward: past the triggers.
async fn tamper(state: &Path, sql: &str) {
    let mut connection = raw(state).await;
    let triggers: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    for trigger in triggers {
        connection.execute(sqlx::AssertSqlSafe(format!("DROP TRIGGER {trigger}"))).await.unwrap();
    }
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
