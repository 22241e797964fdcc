//! The store of second factors: who has one, what was begun and what was removed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};
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

    /// Begins an enrolment of `owner`, in the place of one that was not confirmed, once `row` has put it on record: the new
    /// seed, which counts once a code of it was right. `account` at `issuer` is what the app calls it.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::TooManySubjects`], [`Error::Random`], [`Error::Failed`] and those of `row`.
    pub async fn begin<E: From<Error>>(
        &self,
        owner: &Owner,
        issuer: &str,
        account: &str,
        row: impl Future<Output = Result<(), E>>,
    ) -> Result<Offer, E> {
        let (offer, bytes) = Offer::fresh(issuer, account)?;
        let sealed = self.key.seal(owner, bytes.as_ref())?;
        let mut connection = self.connection.lock().await;
        let mut transaction = self.change(&mut connection).await?;
        // What was refused stays: to begin anew must not be a way around waiting.
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
        .execute(&mut *transaction)
        .await
        .map_err(Error::of(&self.path))?;
        if done.rows_affected() > 0 {
            self.hold(transaction, row).await?;
            return Ok(offer);
        }
        let known: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM factor WHERE realm = ? AND subject = ?)",
        )
        .bind(&owner.realm)
        .bind(&owner.subject)
        .fetch_one(&mut *transaction)
        .await
        .map_err(Error::of(&self.path))?;
        let refused =
            if known { Error::Exists(owner.subject.clone()) } else { Error::TooManySubjects };
        Err(refused.into())
    }

    /// Confirms the enrolment of `owner` by a code of it: from then on it counts, once `row` has put it on record. With it
    /// come ten recovery codes.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::NotBegun`], those of [`Self::verify`] and those of `row`.
    pub async fn confirm<E: From<Error>>(
        &self,
        owner: &Owner,
        typed: &str,
        row: impl Future<Output = Result<(), E>>,
    ) -> Result<(Verdict, Option<RecoveryCodes>), E> {
        if self.standing(owner).await?.is_some() {
            return Err(Error::Exists(owner.subject.clone()).into());
        }
        let mut connection = self.connection.lock().await;
        let mut transaction = self.change(&mut connection).await?;
        let now = self.clock.unix_millis();
        let verdict = self.judge(&mut transaction, owner, typed, now, true).await?;
        match verdict {
            Verdict::Refused(Cause::Absent) => Err(Error::NotBegun(owner.subject.clone()).into()),
            Verdict::Passed(_) => {
                let codes = self.renewed(&mut transaction, owner).await?;
                self.hold(transaction, row).await?;
                Ok((verdict, Some(codes)))
            }
            _ => {
                transaction.commit().await.map_err(Error::of(&self.path))?;
                Ok((verdict, None))
            }
        }
    }

    /// Ten new recovery codes for `owner`, once `row` has put it on record; those before work no more.
    ///
    /// # Errors
    /// [`Error::Random`], [`Error::Failed`] and those of `row`.
    pub async fn renew_codes<E: From<Error>>(
        &self,
        owner: &Owner,
        row: impl Future<Output = Result<(), E>>,
    ) -> Result<RecoveryCodes, E> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.change(&mut connection).await?;
        let codes = self.renewed(&mut transaction, owner).await?;
        self.hold(transaction, row).await?;
        Ok(codes)
    }

    async fn renewed(
        &self,
        connection: &mut SqliteConnection,
        owner: &Owner,
    ) -> Result<RecoveryCodes, Error> {
        let (codes, all) = RecoveryCodes::fresh()?;
        let failed = |error| Error::of(&self.path)(error);
        sqlx::query("DELETE FROM recovery_code WHERE realm = ? AND subject = ?")
            .bind(&owner.realm)
            .bind(&owner.subject)
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
        for code in all {
            sqlx::query("INSERT INTO recovery_code (realm, subject, hash) VALUES (?, ?, ?)")
                .bind(&owner.realm)
                .bind(&owner.subject)
                .bind(self.key.hash(owner, code.as_ref()).to_vec())
                .execute(&mut *connection)
                .await
                .map_err(failed)?;
        }
        Ok(codes)
    }

    /// Removes what `owner` has, recovery codes and passkeys with it, once `row` has put it on record; also what was only
    /// begun. `false` where there is nothing.
    ///
    /// # Errors
    /// [`Error::Failed`] and those of `row`.
    pub async fn remove<E: From<Error>>(
        &self,
        owner: &Owner,
        row: impl Future<Output = Result<(), E>>,
    ) -> Result<bool, E> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.change(&mut connection).await?;
        let is_there = self.removed(&mut transaction, owner).await?;
        if is_there {
            self.hold(transaction, row).await?;
        }
        Ok(is_there)
    }

    async fn removed(
        &self,
        connection: &mut SqliteConnection,
        owner: &Owner,
    ) -> Result<bool, Error> {
        let done = sqlx::query("DELETE FROM factor WHERE realm = ? AND subject = ?")
            .bind(&owner.realm)
            .bind(&owner.subject)
            .execute(connection)
            .await
            .map_err(Error::of(&self.path))?;
        Ok(done.rows_affected() > 0)
    }

    /// Asks for a reset of what `user` has, once `row` has put it on record; somebody else has a day to confirm it.
    ///
    /// # Errors
    /// [`Error::Absent`], [`Error::ResetAsked`], [`Error::Failed`] and those of `row`.
    pub async fn ask_reset<E: From<Error>>(
        &self,
        user: &UserName,
        by: &UserName,
        row: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        if self.standing(&Owner::user(user)).await?.is_none() {
            return Err(Error::Absent(user.to_string()).into());
        }
        let now = self.seconds();
        let mut connection = self.connection.lock().await;
        let mut transaction = self.change(&mut connection).await?;
        let done = sqlx::query(
            "INSERT INTO factor_reset (user, asked_by, expires) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET asked_by = excluded.asked_by, expires = excluded.expires WHERE expires <= ?4",
        )
        .bind(user.as_str())
        .bind(by.as_str())
        .bind(now + RESET)
        .bind(now)
        .execute(&mut *transaction)
        .await
        .map_err(Error::of(&self.path))?;
        if done.rows_affected() == 0 {
            let by = self.asked_by(&mut transaction, user).await?;
            return Err(Error::ResetAsked { by: by.unwrap_or_default() }.into());
        }
        self.hold(transaction, row).await
    }

    /// Confirms a reset: what `user` has is removed, once `row` has put on record who asked for it.
    ///
    /// # Errors
    /// [`Error::NoReset`], [`Error::SamePerson`], [`Error::Failed`] and those of `row`.
    pub async fn confirm_reset<E: From<Error>, F: Future<Output = Result<(), E>>>(
        &self,
        user: &UserName,
        by: &UserName,
        row: impl FnOnce(&str) -> F,
    ) -> Result<(), E> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.change(&mut connection).await?;
        let asked_by = self.asked_by(&mut transaction, user).await?;
        let asked_by = asked_by.ok_or_else(|| Error::NoReset(user.to_string()))?;
        if asked_by == by.as_str() || user == by {
            return Err(Error::SamePerson.into());
        }
        self.withdrawn(&mut transaction, user).await?;
        self.removed(&mut transaction, &Owner::user(user)).await?;
        self.hold(transaction, row(&asked_by)).await
    }

    /// Takes a request for a reset back, once `row` has put it on record; `false` where there is none.
    ///
    /// # Errors
    /// [`Error::Failed`] and those of `row`.
    pub async fn withdraw_reset<E: From<Error>>(
        &self,
        user: &UserName,
        row: impl Future<Output = Result<(), E>>,
    ) -> Result<bool, E> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.change(&mut connection).await?;
        let is_there = self.withdrawn(&mut transaction, user).await?;
        if is_there {
            self.hold(transaction, row).await?;
        }
        Ok(is_there)
    }

    async fn withdrawn(
        &self,
        connection: &mut SqliteConnection,
        user: &UserName,
    ) -> Result<bool, Error> {
        let done = sqlx::query("DELETE FROM factor_reset WHERE user = ? AND expires > ?")
            .bind(user.as_str())
            .bind(self.seconds())
            .execute(connection)
            .await
            .map_err(Error::of(&self.path))?;
        Ok(done.rows_affected() > 0)
    }

    /// Who has asked for a reset that can be confirmed.
    async fn asked_by(
        &self,
        connection: &mut SqliteConnection,
        user: &UserName,
    ) -> Result<Option<String>, Error> {
        sqlx::query_scalar("SELECT asked_by FROM factor_reset WHERE user = ? AND expires > ?")
            .bind(user.as_str())
            .bind(self.seconds())
            .fetch_optional(connection)
            .await
            .map_err(Error::of(&self.path))
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

    /// Begins a change: nobody else writes meanwhile.
    pub(super) async fn change<'c>(
        &self,
        connection: &'c mut SqliteConnection,
    ) -> Result<Transaction<'c, Sqlite>, Error> {
        connection.begin_with("BEGIN IMMEDIATE").await.map_err(Error::of(&self.path))
    }

    /// Ends a change once `row` has put it on record; otherwise it never was.
    pub(super) async fn hold<E: From<Error>>(
        &self,
        transaction: Transaction<'_, Sqlite>,
        row: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        row.await?;
        Ok(transaction.commit().await.map_err(Error::of(&self.path))?)
    }

    /// Now, as the tables have it.
    pub(super) fn seconds(&self) -> i64 {
        self.clock.now().as_second()
    }
}
