//! A lease: the right to use one one-time code, given once among all processes.
//!
//! A session of a shared account asks before it types a code; who comes second waits for the next
//! period. The store knows the secret by an id only: an HMAC that the caller makes with
//! [`Store::lease_key`].

use jiff::SignedDuration;

use super::{Error, Store};
use crate::clock::Timestamp;

/// How long a lease is remembered after its code expired. Codes are refused long before; the
/// refusals are counted over minutes.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Whose code it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It was given out before: wait for the next period.
    Taken,
    /// It is the caller's, and nobody else gets it.
    Yours,
}

impl Store {
    /// The key that ids of leases are made with (HMAC of the secret): 32 bytes, the same as long as
    /// the record lives, derived from the key in the state folder.
    pub fn lease_key(&self) -> &[u8; 32] {
        &self.key.lease
    }

    /// Asks for the code of the secret `id` in the period `counter`, which ends at `expires`.
    ///
    /// # Errors
    /// What writing a database can meet; the code is then nobody's.
    pub async fn lease(
        &self,
        id: &[u8; 32],
        counter: u64,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<Lease, Error> {
        let failed = |error| Error::of(&self.record.path, error);
        let mut connection = self.record.connection.lock().await;
        let mut transaction = self.transaction(&mut connection).await?;
        let forgotten = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        sqlx::query("DELETE FROM lease WHERE expires < ?")
            .bind(forgotten.as_microsecond())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let inserted = sqlx::query(
            "INSERT INTO lease (id, counter, taken, expires) VALUES (?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
        )
        .bind(id.as_slice())
        .bind(counter.cast_signed())
        .bind(now.as_microsecond())
        .bind(expires.as_microsecond())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?
        .rows_affected();
        transaction.commit().await.map_err(failed)?;
        Ok(if inserted == 1 { Lease::Yours } else { Lease::Taken })
    }

    /// Puts down that the site refused the leased code of `counter`.
    ///
    /// # Errors
    /// What writing a database can meet.
    pub async fn refused(&self, id: &[u8; 32], counter: u64) -> Result<(), Error> {
        sqlx::query("UPDATE lease SET refused = 1 WHERE id = ? AND counter = ?")
            .bind(id.as_slice())
            .bind(counter.cast_signed())
            .execute(&mut *self.record.connection.lock().await)
            .await
            .map_err(|error| Error::of(&self.record.path, error))?;
        Ok(())
    }

    /// How many codes in a row, the last among them, the site refused of those leased at `since` or
    /// later: 0 once a later one was not refused.
    ///
    /// # Errors
    /// What reading a database can meet.
    pub async fn refusals(&self, id: &[u8; 32], since: Timestamp) -> Result<u32, Error> {
        sqlx::query_scalar(
            "SELECT count(*) FROM lease WHERE id = ?1 AND taken >= ?2 AND refused = 1
             AND counter > ifnull((SELECT max(counter) FROM lease
                                   WHERE id = ?1 AND taken >= ?2 AND refused = 0), -1)",
        )
        .bind(id.as_slice())
        .bind(since.as_microsecond())
        .fetch_one(&mut *self.record.connection.lock().await)
        .await
        .map_err(|error| Error::of(&self.record.path, error))
    }
}
