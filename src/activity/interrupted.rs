//! An interrupted session: one that began, did not end, and that no process runs any more.

use jiff::SignedDuration;
use sqlx::sqlite::SqliteConnection;

use super::live::{self, Found};
use super::{Action, Error, Event, Row, Store};
use crate::clock::Timestamp;
use crate::name::SessionId;

impl Store {
    /// Writes the end of every session whose process died: a `Disconnect` with outcome
    /// `interrupted` on each account that the session has rows on. Several processes may do so at
    /// once; each session is closed once. Cheap when there is nothing to do.
    ///
    /// # Errors
    /// [`Error::Folder`] when a mark cannot be read, and what writing a database can meet.
    pub async fn close_interrupted(&self, now: Timestamp) -> Result<Vec<SessionId>, Error> {
        let mut connection = self.record.connection.lock().await;
        let closed = if self.dead(&mut connection).await?.is_empty() {
            Vec::new()
        } else {
            self.close_dead(&mut connection, now).await?
        };
        // After the rows, so that a mark never goes before its session has its end.
        let marks = live::marks(&self.state);
        live::sweep(&self.state).map_err(Error::folder(&marks))?;
        Ok(closed)
    }

    /// The sessions that are open on record and run by nobody.
    async fn dead(&self, connection: &mut SqliteConnection) -> Result<Vec<SessionId>, Error> {
        let open: Vec<String> =
            sqlx::query_scalar("SELECT session FROM open_session ORDER BY session")
                .fetch_all(connection)
                .await
                .map_err(|error| Error::of(&self.record.path, error))?;
        let mut dead = Vec::new();
        // What is no id was put there by hand and belongs to no session.
        for session in open.iter().filter_map(|text| text.parse::<SessionId>().ok()) {
            let path = live::marks(&self.state).join(session.to_string());
            match live::find(&path).map_err(Error::folder(&path))? {
                Found::Held => {}
                Found::Absent | Found::Left(_) => dead.push(session),
            }
        }
        Ok(dead)
    }

    /// Closes them, looked at again where nobody else can write.
    async fn close_dead(
        &self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, Error> {
        let path = &self.record.path;
        let failed = |error| Error::of(path, error);
        let mut transaction = self.transaction(connection).await?;
        let dead = self.dead(&mut transaction).await?;
        let mut closed = Vec::new();
        for session in dead {
            let rows = sqlx::query("SELECT * FROM activity WHERE session = ? ORDER BY number")
                .bind(session.to_string())
                .fetch_all(&mut *transaction)
                .await
                .map_err(failed)?;
            // A row that somebody made unreadable is for `verify` to name, and stops no launch.
            let rows: Vec<_> = rows.iter().filter_map(|row| Row::read(path, row).ok()).collect();
            let ends = ends(&rows, now);
            if !ends.is_empty() {
                self.write(&mut transaction, &ends).await?;
                closed.push(session);
            }
        }
        transaction.commit().await.map_err(failed)?;
        Ok(closed)
    }
}

/// The last rows of a session that has these: one for each of its accounts, in the order in which
/// they came to be used.
fn ends(rows: &[Row], now: Timestamp) -> Vec<Event> {
    let mut ends: Vec<Event> = Vec::new();
    for Row { event, .. } in rows {
        if ends.iter().any(|end| end.account == event.account) {
            continue;
        }
        let lasted = rows.first().map_or(now, |first| first.event.time);
        // Every row of a session says by which token it was started.
        let token = event.details.iter().find(|(name, _)| name == "token").cloned();
        let facts = [
            ("duration".to_owned(), duration(lasted, now)),
            ("ended".to_owned(), "unknown, at the latest when it was found".to_owned()),
        ];
        ends.push(Event {
            time: now,
            action: Action::Disconnect,
            outcome: "interrupted".to_owned(),
            details: facts.into_iter().chain(token).collect(),
            ..event.clone()
        });
    }
    ends
}

/// The time from `start` to `end` as the record has it: seconds with three places, `7.125s`; zero
/// where the clock went back.
pub fn duration(start: Timestamp, end: Timestamp) -> String {
    let lasted = end.duration_since(start).max(SignedDuration::ZERO);
    format!("{}.{:03}s", lasted.as_secs(), lasted.subsec_millis())
}
