//! A sign-in: who has shown who they are, in one browser, until it ends. Of its token only a hash is kept.

use std::time::Duration;

use sqlx::Row as _;

use super::token::{Hash, Token};
use super::users::seconds;
use super::{Error, User, Users};
use crate::name::UserName;

/// A sign-in that is not used for this time ends.
pub(super) const IDLE: Duration = Duration::from_secs(30 * 60);
/// A sign-in ends after this time (OWASP ASVS 5.0, 7.3).
pub(super) const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

impl Users {
    /// Signs `user` in: the token for their cookie.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Random`].
    pub async fn sign_in(&self, user: &UserName) -> Result<Token, Error> {
        let token = Token::fresh()?;
        let now = self.seconds();
        let mut connection = self.connection.lock().await;
        sqlx::query("INSERT INTO sign_in (token, user, began, seen) VALUES (?, ?, ?3, ?3)")
            .bind(token.hash().as_slice())
            .bind(user.as_str())
            .bind(now)
            .execute(&mut *connection)
            .await
            .map_err(Error::of(&self.path))?;
        Ok(token)
    }

    /// Whose sign-in has this hash, as they are now; `used` says that they did something. `None` when it has ended.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Foreign`].
    pub(super) async fn signed_in(&self, token: &Hash, used: bool) -> Result<Option<User>, Error> {
        let now = self.seconds();
        let mut connection = self.connection.lock().await;
        let row = sqlx::query(
            "SELECT name, role, groups, accounts, issuer, blocked, seen
             FROM sign_in JOIN user ON user.name = sign_in.user
             WHERE token = ? AND began > ? AND seen > ? AND blocked = 0",
        )
        .bind(token.as_slice())
        .bind(now - seconds(LONGEST))
        .bind(now - seconds(IDLE))
        .fetch_optional(&mut *connection)
        .await
        .map_err(Error::of(&self.path))?;
        let Some(row) = row else { return Ok(None) };
        // Once a minute is often enough for a limit of thirty.
        if used && row.try_get::<i64, _>("seen").is_ok_and(|seen| now - seen >= 60) {
            sqlx::query("UPDATE sign_in SET seen = ? WHERE token = ?")
                .bind(now)
                .bind(token.as_slice())
                .execute(&mut *connection)
                .await
                .map_err(Error::of(&self.path))?;
        }
        self.user(&row).map(Some)
    }

    /// Ends a sign-in.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub(super) async fn sign_out(&self, token: &Hash) -> Result<(), Error> {
        let mut connection = self.connection.lock().await;
        sqlx::query("DELETE FROM sign_in WHERE token = ?")
            .bind(token.as_slice())
            .execute(&mut *connection)
            .await
            .map_err(Error::of(&self.path))?;
        Ok(())
    }

    /// Ends all sign-ins of `user`.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn end_sign_ins(&self, user: &UserName) -> Result<(), Error> {
        self.forget_sign_ins(&mut *self.connection.lock().await, user).await
    }

    /// Ends all sign-ins of `user` but one.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub(super) async fn end_other_sign_ins(
        &self,
        user: &UserName,
        kept: &Hash,
    ) -> Result<(), Error> {
        let mut connection = self.connection.lock().await;
        sqlx::query("DELETE FROM sign_in WHERE user = ? AND token <> ?")
            .bind(user.as_str())
            .bind(kept.as_slice())
            .execute(&mut *connection)
            .await
            .map_err(Error::of(&self.path))?;
        Ok(())
    }
}
