//! The store of second factors: who has one, what was begun and what was removed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Mutex;

use super::key::Key;
use super::{Cause, Error, Offer, Owner, RecoveryCodes, Standing, Verdict};
use crate::clock::{Clock, Timestamp};
use crate::name::UserName;

/// How long an enrolment that was begun can be confirmed, in seconds.
pub(super) const ENROLMENT: i64 = 60 * 60;
/// How long a reset that somebody asked for can be confirmed, in seconds.
const RESET: i64 = 24 * 60 * 60;
/// How many people one application may enrol: a script in a loop must not fill the disk.
pub(super) const MOST_SUBJECTS: i64 = 100_000;

/// All second factors, open for reading and writing. Other processes may be at it, too.
pub struct Factors {
    pub(super) connection: Mutex<SqliteConnection>,
    pub(super) path: PathBuf,
    pub(super) key: Key,
    pub(super) clock: Clock,
}

impl Factors {
    /// Opens those in `portal.db` of the folder `state`, which has to be there with [`super::SCHEMA`]; makes `factor.key`
    /// where it is missing.
    ///
    /// # Errors
    /// [`Error::Key`], [`Error::KeyBroken`], [`Error::Failed`].
    pub async fn open(state: &Path, clock: Clock) -> Result<Self, Error> {
        let key = Key::open(state)?;
        let path = state.join("portal.db");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .synchronous(SqliteSynchronous::Full)
            // As durable as to delete the journal each time, and a sync of the folder less.
            .journal_mode(SqliteJournalMode::Truncate)
            // What is removed is overwritten: sealed seeds do not stay.
            .pragma("secure_delete", "on")
            .disable_statement_logging();
        let connection = SqliteConnection::connect_with(&options).await;
        let connection = Mutex::new(connection.map_err(Error::of(&path))?);
        Ok(Self { connection, path, key, clock })
    }

    /// What `owner` has; `None` where nothing is enabled.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn standing(&self, owner: &Owner) -> Result<Option<Standing>, Error> {
        let row: Option<(i64, u32, u32)> = sqlx::query_as(
            "SELECT enabled,
                    (SELECT count(*) FROM recovery_code AS r
                     WHERE r.realm = factor.realm AND r.subject = factor.subject AND used IS NULL),
                    (SELECT count(*) FROM passkey AS p WHERE p.realm = factor.realm AND p.subject = factor.subject)
             FROM factor WHERE realm = ? AND subject = ? AND enabled IS NOT NULL",
        )
        .bind(&owner.realm)
        .bind(&owner.subject)
        .fetch_optional(&mut *self.connection.lock().await)
        .await
        .map_err(Error::of(&self.path))?;
        Ok(row.map(|(since, recovery_codes, passkeys)| Standing {
            since: Timestamp::from_second(since).unwrap_or_default(),
            recovery_codes,
            passkeys,
        }))
    }

    /// The names of the users of the portal who have one.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn holders(&self) -> Result<BTreeSet<String>, Error> {
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT subject FROM factor WHERE realm = '' AND enabled IS NOT NULL",
        )
        .fetch_all(&mut *self.connection.lock().await)
        .await
        .map_err(Error::of(&self.path))?;
        Ok(names.into_iter().collect())
    }

    /// Begins an enrolment of `owner`, in the place of one that was not confirmed: the new seed, which counts once a
    /// code of it was right. `account` at `issuer` is what the app calls it.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::TooManySubjects`], [`Error::Random`], [`Error::Failed`].
    pub async fn begin(&self, owner: &Owner, issuer: &str, account: &str) -> Result<Offer, Error> {
        let (offer, bytes) = Offer::fresh(issuer, account)?;
        let sealed = self.key.seal(owner, bytes.as_ref())?;
        // What was refused stays: to begin anew must not be a way around waiting.
        let mut connection = self.connection.lock().await;
        // The users of the portal have no realm; their number is what administrators make of it.
        let done = sqlx::query(
            "INSERT INTO factor (realm, subject, seed, begun) SELECT ?1, ?2, ?3, ?4
             WHERE ?1 = '' OR (SELECT count(*) FROM factor WHERE realm = ?1 AND subject != ?2) < ?5
             ON CONFLICT DO UPDATE SET seed = excluded.seed, begun = excluded.begun, counter = -1, drift = 0
             WHERE enabled IS NULL",
        )
        .bind(&owner.realm)
        .bind(&owner.subject)
        .bind(sealed)
        .bind(self.seconds())
        .bind(MOST_SUBJECTS)
        .execute(&mut *connection)
        .await
        .map_err(Error::of(&self.path))?;
        if done.rows_affected() > 0 {
            return Ok(offer);
        }
        let known: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM factor WHERE realm = ? AND subject = ?)",
        )
        .bind(&owner.realm)
        .bind(&owner.subject)
        .fetch_one(&mut *connection)
        .await
        .map_err(Error::of(&self.path))?;
        Err(if known { Error::Exists(owner.subject.clone()) } else { Error::TooManySubjects })
    }

    /// Confirms the enrolment of `owner` by a code of it: from then on it counts. With it come ten recovery codes.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::NotBegun`] and those of [`Self::verify`].
    pub async fn confirm(
        &self,
        owner: &Owner,
        typed: &str,
    ) -> Result<(Verdict, Option<RecoveryCodes>), Error> {
        if self.standing(owner).await?.is_some() {
            return Err(Error::Exists(owner.subject.clone()));
        }
        let verdict = self.judged(owner, typed, self.clock.unix_millis(), true).await?;
        match verdict {
            Verdict::Refused(Cause::Absent) => Err(Error::NotBegun(owner.subject.clone())),
            Verdict::Passed(_) => Ok((verdict, Some(self.renew_codes(owner).await?))),
            _ => Ok((verdict, None)),
        }
    }

    /// Ten new recovery codes for `owner`; those before work no more.
    ///
    /// # Errors
    /// [`Error::Random`], [`Error::Failed`].
    pub async fn renew_codes(&self, owner: &Owner) -> Result<RecoveryCodes, Error> {
        let (codes, all) = RecoveryCodes::fresh()?;
        let failed = |error| Error::of(&self.path)(error);
        let mut connection = self.connection.lock().await;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        sqlx::query("DELETE FROM recovery_code WHERE realm = ? AND subject = ?")
            .bind(&owner.realm)
            .bind(&owner.subject)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        for code in all {
            sqlx::query("INSERT INTO recovery_code (realm, subject, hash) VALUES (?, ?, ?)")
                .bind(&owner.realm)
                .bind(&owner.subject)
                .bind(self.key.hash(owner, code.as_ref()).to_vec())
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(codes)
    }

    /// Removes what `owner` has, recovery codes and passkeys with it; also what was only begun. `false` where there is
    /// nothing.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn remove(&self, owner: &Owner) -> Result<bool, Error> {
        let done = sqlx::query("DELETE FROM factor WHERE realm = ? AND subject = ?")
            .bind(&owner.realm)
            .bind(&owner.subject)
            .execute(&mut *self.connection.lock().await)
            .await
            .map_err(Error::of(&self.path))?;
        Ok(done.rows_affected() > 0)
    }

    /// Asks for a reset of what `user` has; somebody else has a day to confirm it.
    ///
    /// # Errors
    /// [`Error::Absent`], [`Error::ResetAsked`], [`Error::Failed`].
    pub async fn ask_reset(&self, user: &UserName, by: &UserName) -> Result<(), Error> {
        if self.standing(&Owner::user(user)).await?.is_none() {
            return Err(Error::Absent(user.to_string()));
        }
        let now = self.seconds();
        let mut connection = self.connection.lock().await;
        let done = sqlx::query(
            "INSERT INTO factor_reset (user, asked_by, expires) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET asked_by = excluded.asked_by, expires = excluded.expires WHERE expires <= ?4",
        )
        .bind(user.as_str())
        .bind(by.as_str())
        .bind(now + RESET)
        .bind(now)
        .execute(&mut *connection)
        .await
        .map_err(Error::of(&self.path))?;
        drop(connection);
        if done.rows_affected() == 0 {
            let by = self.resets().await?.into_iter().find(|(of, _)| of == user.as_str());
            return Err(Error::ResetAsked { by: by.map(|(_, by)| by).unwrap_or_default() });
        }
        Ok(())
    }

    /// Confirms a reset: what `user` has is removed. Who asked for it is told.
    ///
    /// # Errors
    /// [`Error::NoReset`], [`Error::SamePerson`], [`Error::Failed`].
    pub async fn confirm_reset(&self, user: &UserName, by: &UserName) -> Result<String, Error> {
        let asked = self.resets().await?.into_iter().find(|(of, _)| of == user.as_str());
        let (_, asked_by) = asked.ok_or_else(|| Error::NoReset(user.to_string()))?;
        if asked_by == by.as_str() || user == by {
            return Err(Error::SamePerson);
        }
        // Whoever removes the request does it, so that it is done once.
        if !self.withdraw_reset(user).await? {
            return Err(Error::NoReset(user.to_string()));
        }
        self.remove(&Owner::user(user)).await?;
        Ok(asked_by)
    }

    /// Takes a request for a reset back; `false` where there is none.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn withdraw_reset(&self, user: &UserName) -> Result<bool, Error> {
        let done = sqlx::query("DELETE FROM factor_reset WHERE user = ? AND expires > ?")
            .bind(user.as_str())
            .bind(self.seconds())
            .execute(&mut *self.connection.lock().await)
            .await
            .map_err(Error::of(&self.path))?;
        Ok(done.rows_affected() > 0)
    }

    /// The requests that can be confirmed: of whom, and who asked.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn resets(&self) -> Result<Vec<(String, String)>, Error> {
        sqlx::query_as("SELECT user, asked_by FROM factor_reset WHERE expires > ? ORDER BY user")
            .bind(self.seconds())
            .fetch_all(&mut *self.connection.lock().await)
            .await
            .map_err(Error::of(&self.path))
    }

    /// Forgets enrolments that were never confirmed, and requests for resets that have expired.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn sweep(&self) -> Result<(), Error> {
        let now = self.seconds();
        let mut connection = self.connection.lock().await;
        for (query, before) in [
            ("DELETE FROM factor WHERE enabled IS NULL AND begun <= ?", now - ENROLMENT),
            ("DELETE FROM factor_reset WHERE expires <= ?", now),
        ] {
            sqlx::query(query)
                .bind(before)
                .execute(&mut *connection)
                .await
                .map_err(Error::of(&self.path))?;
        }
        Ok(())
    }

    /// Closes the database.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn close(self) -> Result<(), Error> {
        self.connection.into_inner().close().await.map_err(Error::of(&self.path))
    }

    /// Now, as the tables have it.
    pub(super) fn seconds(&self) -> i64 {
        self.clock.now().as_second()
    }
}
