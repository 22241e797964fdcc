//! A verdict: whether what somebody typed is their second factor. Each code counts once, among all processes.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::code::{self, Found};
use super::store::ENROLMENT;
use super::{Error, Factors, Owner, offer, recovery};

/// How many refusals cost nothing.
const FREE: u32 = 3;
/// The longest that somebody waits.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was right.
    Passed(Proof),
    /// It was not. Why is for the record; who typed it is told nothing more.
    Refused(Cause),
    /// Too much was refused: nothing was looked at, and nothing is for so long.
    Wait(Duration),
}

/// What was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A code of the authenticator.
    Code,
    /// A recovery code, which works no more.
    RecoveryCode {
        /// How many are left.
        left: u32,
    },
    /// A passkey.
    Passkey,
}

impl Proof {
    /// The word in the record.
    pub fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::RecoveryCode { .. } => "recovery-code",
            Self::Passkey => "passkey",
        }
    }
}

/// Why something was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It is neither a code nor a recovery code that is theirs.
    Wrong,
    /// It was right once, and was used; or it is of before one that was used.
    Used,
    /// There is nothing to compare it with.
    Absent,
    /// It would be right on a device whose clock is so many seconds ahead; told only while somebody enrols.
    Ahead(i64),
    /// What a passkey answered does not hold, for the reason that the word names: `challenge` (it answers something
    /// else), `origin`, `site`, `frame` (from another address), `not-verified`, `unknown`, `counter` (it went back: there
    /// is a copy), `signature`, `malformed`.
    Passkey(&'static str),
}

impl Cause {
    /// The word in the record.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Used => "used",
            Self::Absent => "none",
            Self::Ahead(_) => "clock",
            Self::Passkey(word) => word,
        }
    }
}

/// The row of one owner.
struct Kept {
    sealed: Vec<u8>,
    begun: i64,
    enabled: bool,
    last: i64,
    drift: i64,
    refused: u32,
    refused_at: i64,
}

impl Factors {
    /// Checks what somebody typed: a code, or a recovery code. Of a subject of an application the first right code
    /// enables what was begun.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Sealed`].
    pub async fn verify(&self, owner: &Owner, typed: &str) -> Result<Verdict, Error> {
        self.verify_at(owner, typed, self.clock.unix_millis()).await
    }

    /// The same at a moment, in milliseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// The same.
    pub async fn verify_at(&self, owner: &Owner, typed: &str, now: u64) -> Result<Verdict, Error> {
        self.judged(owner, typed, now, !owner.realm.is_empty()).await
    }

    /// Judges, counts and keeps, in one transaction: two that come at once meet one after the other, whichever
    /// process they are in. `enables` says whether a right code enables what was begun.
    pub(super) async fn judged(
        &self,
        owner: &Owner,
        typed: &str,
        now: u64,
        enables: bool,
    ) -> Result<Verdict, Error> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.change(&mut connection).await?;
        let verdict = self.judge(&mut transaction, owner, typed, now, enables).await?;
        transaction.commit().await.map_err(Error::of(&self.path))?;
        Ok(verdict)
    }

    /// The same within a change.
    pub(super) async fn judge(
        &self,
        connection: &mut SqliteConnection,
        owner: &Owner,
        typed: &str,
        now: u64,
        enables: bool,
    ) -> Result<Verdict, Error> {
        let moment = i64::try_from(now).unwrap_or(i64::MAX);
        let kept = self
            .kept(connection, owner)
            .await?
            .filter(|kept| kept.enabled || (enables && moment / 1000 - kept.begun < ENROLMENT));
        let Some(kept) = kept else {
            // As long as it would have taken otherwise.
            let _ = self.compared(owner, None, typed, now)?;
            return Ok(Verdict::Refused(Cause::Absent));
        };
        let left = wait(kept.refused).saturating_sub(since(kept.refused_at, moment));
        if !left.is_zero() {
            return Ok(Verdict::Wait(left));
        }
        let verdict = match self.compared(owner, Some(&kept), typed, now)? {
            Some(Found::Fresh { counter, drift }) => {
                match self.accept(connection, owner, counter, drift, moment / 1000).await? {
                    true => Verdict::Passed(Proof::Code),
                    false => Verdict::Refused(Cause::Used),
                }
            }
            Some(Found::Used) => Verdict::Refused(Cause::Used),
            Some(Found::Wrong) if !kept.enabled => {
                Verdict::Refused(self.far(owner, &kept, typed, now))
            }
            Some(Found::Wrong) => Verdict::Refused(Cause::Wrong),
            None => self.redeemed(connection, owner, typed, moment / 1000).await?,
        };
        let (refused, at) = match verdict {
            Verdict::Passed(_) => (0, 0),
            _ => (kept.refused.saturating_add(1), moment),
        };
        sqlx::query(
            "UPDATE factor SET refused = ?, refused_at = ? WHERE realm = ? AND subject = ?",
        )
        .bind(refused)
        .bind(at)
        .bind(&owner.realm)
        .bind(&owner.subject)
        .execute(connection)
        .await
        .map_err(Error::of(&self.path))?;
        Ok(verdict)
    }

    /// What a text is among the codes that are accepted now; `None` where it is no code at all.
    fn compared(
        &self,
        owner: &Owner,
        kept: Option<&Kept>,
        typed: &str,
        now: u64,
    ) -> Result<Option<Found>, Error> {
        // Where there is nothing to compare with, a seed that nobody has.
        let sealed = || Error::Sealed { owner: owner.to_string() };
        let seed = match kept {
            Some(kept) => {
                let bytes = self.key.open_seed(owner, &kept.sealed).ok_or_else(sealed)?;
                offer::seed(&bytes)
            }
            None => offer::seed(&self.key.handle(owner)),
        };
        let seed = seed.ok_or_else(sealed)?;
        let (drift, last) = kept.map_or((0, i64::MAX), |kept| (kept.drift, kept.last));
        Ok(code::digits(typed).map(|digits| code::find(&seed, &digits, now, drift, last)))
    }

    /// Whether a code that is wrong now is right by a wrong clock.
    fn far(&self, owner: &Owner, kept: &Kept, typed: &str, now: u64) -> Cause {
        let seed = self.key.open_seed(owner, &kept.sealed).and_then(|bytes| offer::seed(&bytes));
        let ahead = seed
            .zip(code::digits(typed))
            .and_then(|(seed, digits)| code::ahead(&seed, &digits, now));
        ahead.map_or(Cause::Wrong, Cause::Ahead)
    }

    /// Keeps that the code of `counter` was used, unless it or a later one was; whether it did.
    async fn accept(
        &self,
        connection: &mut SqliteConnection,
        owner: &Owner,
        counter: i64,
        drift: i64,
        now: i64,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "UPDATE factor SET counter = ?1, drift = ?2, enabled = ifnull(enabled, ?3)
             WHERE realm = ?4 AND subject = ?5 AND counter < ?1",
        )
        .bind(counter)
        .bind(drift)
        .bind(now)
        .bind(&owner.realm)
        .bind(&owner.subject)
        .execute(connection)
        .await
        .map_err(Error::of(&self.path))?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes a recovery code, once.
    async fn redeemed(
        &self,
        connection: &mut SqliteConnection,
        owner: &Owner,
        typed: &str,
        now: i64,
    ) -> Result<Verdict, Error> {
        let Some(code) = recovery::read(typed) else { return Ok(Verdict::Refused(Cause::Wrong)) };
        let hash = self.key.hash(owner, &code);
        let done = sqlx::query(
            "UPDATE recovery_code SET used = ? WHERE realm = ? AND subject = ? AND hash = ? AND used IS NULL",
        )
        .bind(now)
        .bind(&owner.realm)
        .bind(&owner.subject)
        .bind(hash.as_slice())
        .execute(&mut *connection)
        .await
        .map_err(Error::of(&self.path))?;
        let (left, known): (u32, bool) = sqlx::query_as(
            "SELECT count(*) FILTER (WHERE used IS NULL), ifnull(max(hash = ?3), 0)
             FROM recovery_code WHERE realm = ?1 AND subject = ?2",
        )
        .bind(&owner.realm)
        .bind(&owner.subject)
        .bind(hash.as_slice())
        .fetch_one(connection)
        .await
        .map_err(Error::of(&self.path))?;
        Ok(match (done.rows_affected(), known) {
            (1, _) => Verdict::Passed(Proof::RecoveryCode { left }),
            (_, true) => Verdict::Refused(Cause::Used),
            _ => Verdict::Refused(Cause::Wrong),
        })
    }

    async fn kept(
        &self,
        connection: &mut SqliteConnection,
        owner: &Owner,
    ) -> Result<Option<Kept>, Error> {
        let row = sqlx::query(
            "SELECT seed, begun, enabled IS NOT NULL AS enabled, counter, drift, refused, refused_at
             FROM factor WHERE realm = ? AND subject = ?",
        )
        .bind(&owner.realm)
        .bind(&owner.subject)
        .fetch_optional(connection)
        .await
        .map_err(Error::of(&self.path))?;
        let Some(row) = row else { return Ok(None) };
        let read = || {
            Ok(Kept {
                sealed: row.try_get("seed")?,
                begun: row.try_get("begun")?,
                enabled: row.try_get("enabled")?,
                last: row.try_get("counter")?,
                drift: row.try_get("drift")?,
                refused: row.try_get("refused")?,
                refused_at: row.try_get("refused_at")?,
            })
        };
        read().map(Some).map_err(Error::of(&self.path))
    }
}

/// How long somebody waits after so many refusals in a row: twice as long each time. Only what is right ends it: who
/// guesses has the password already, and must not begin anew each hour.
fn wait(refused: u32) -> Duration {
    match refused.checked_sub(FREE) {
        None | Some(0) => Duration::ZERO,
        Some(over) => Duration::from_secs(1 << over.min(16)).min(LONGEST),
    }
}

/// The time from `at` to `now`; none where the clock was set back.
fn since(at: i64, now: i64) -> Duration {
    Duration::from_millis(u64::try_from(now.saturating_sub(at)).unwrap_or(0))
}
