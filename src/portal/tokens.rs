//! The API tokens: what scripts show in place of a sign-in. Each is somebody's, has scopes, and expires.

use std::net::IpAddr;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use zeroize::Zeroizing;

use super::scope::Scope;
use super::token::{Hash, Token};
use super::{Error, User, Users};
use crate::clock::Timestamp;
use crate::name::{TokenName, UserName};

/// How many tokens one person may have, expired ones among them.
const MOST: i64 = 50;
/// The longest life of a token, in days.
pub const LONGEST: u16 = 366;
/// Its life where nobody says another, in days.
pub const USUAL: u16 = 30;
/// What a token begins with: scanners for secrets know it by that.
const PREFIX: &str = "dwt_";

/// An API token as it is kept: without the token.
#[derive(Debug, Clone)]
pub struct ApiToken {
    /// Its number; no other has ever had it.
    pub id: i64,
    /// Whose it is.
    pub user: UserName,
    /// What they call it; no other of theirs is called so.
    pub name: TokenName,
    /// What it may do of that which they may.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Whether that was before now.
    pub is_expired: bool,
    /// When it was used last, to the minute, and from where.
    pub used: Option<(Timestamp, String)>,
}

/// The text of a token, shown once: `dwt_` and 64 hexadecimal digits. Neither `Clone`, `Debug` nor `Display`.
pub struct Shown(Zeroizing<String>);

impl Shown {
    /// The text itself.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// The token in `text`, if it can be one.
pub(super) fn read(text: &str) -> Option<Token> {
    text.strip_prefix(PREFIX).and_then(Token::read)
}

impl Users {
    /// Makes a token of `user` that ends after `days`, once `row` has put it on record: its text, which nobody can have
    /// again, and what is kept of it.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::TokenExists`], [`Error::TooManyTokens`], [`Error::Lifetime`],
    /// [`Error::Scopeless`], those of `row` and what writing can meet.
    pub async fn add_token<F: Future<Output = Result<(), Error>>>(
        &self,
        user: &UserName,
        name: TokenName,
        scopes: &[Scope],
        days: u16,
        row: impl FnOnce(&ApiToken) -> F,
    ) -> Result<(Shown, ApiToken), Error> {
        if days == 0 || days > LONGEST {
            return Err(Error::Lifetime);
        }
        if scopes.is_empty() {
            return Err(Error::Scopeless);
        }
        let user = self.find(user).await?.name;
        let scopes: Vec<Scope> =
            Scope::ALL.into_iter().filter(|scope| scopes.contains(scope)).collect();
        let words: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
        let token = Token::fresh()?;
        let now = self.seconds();
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM api_token WHERE user = ?")
            .bind(user.as_str())
            .fetch_one(&mut *transaction)
            .await
            .map_err(Error::of(&self.path))?;
        if count >= MOST {
            return Err(Error::TooManyTokens(user));
        }
        let done = sqlx::query(
            "INSERT INTO api_token (hash, user, name, scopes, created, expires) VALUES (?, ?, ?, ?, ?, ?)
             RETURNING id, user, name, scopes, created, expires, used, used_from",
        )
        .bind(token.hash().as_slice())
        .bind(user.as_str())
        .bind(name.as_str())
        .bind(words.join(" "))
        .bind(now)
        .bind(now + i64::from(days) * 24 * 60 * 60)
        .fetch_one(&mut *transaction)
        .await;
        let found = match done {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                return Err(Error::TokenExists(name));
            }
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                return Err(Error::Unknown(user));
            }
            done => done.map_err(Error::of(&self.path))?,
        };
        let made = self.api_token(&found)?;
        self.commit(transaction, row(&made)).await?;
        Ok((Shown(Zeroizing::new(format!("{PREFIX}{}", token.text()))), made))
    }

    /// The tokens of `user`, or of everybody, by person and name. Those that have expired a short while ago are
    /// among them.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Foreign`].
    pub async fn tokens(&self, user: Option<&UserName>) -> Result<Vec<ApiToken>, Error> {
        let mut connection = self.connection.lock().await;
        let rows = sqlx::query(
            "SELECT id, user, name, scopes, created, expires, used, used_from FROM api_token
             WHERE ?1 IS NULL OR user = ?1 ORDER BY user, name",
        )
        .bind(user.map(UserName::as_str))
        .fetch_all(&mut *connection)
        .await
        .map_err(Error::of(&self.path))?;
        rows.iter().map(|row| self.api_token(row)).collect()
    }

    /// Removes the token of this number, once `row` has put it on record: it ends at once. `false` where there is none.
    ///
    /// # Errors
    /// [`Error::Failed`] and those of `row`.
    pub async fn remove_token(
        &self,
        id: i64,
        row: impl Future<Output = Result<(), Error>>,
    ) -> Result<bool, Error> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        let done = sqlx::query("DELETE FROM api_token WHERE id = ?")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(Error::of(&self.path))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        self.commit(transaction, row).await?;
        Ok(true)
    }

    /// The token with this hash and whose it is, as they are now; whether it has expired is the asker's to see. That
    /// it was used, and from where, is kept once a minute.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Foreign`].
    pub(super) async fn by_token(
        &self,
        hash: &Hash,
        client: IpAddr,
    ) -> Result<Option<(User, ApiToken)>, Error> {
        let mut connection = self.connection.lock().await;
        let row = sqlx::query(
            "SELECT api_token.name AS token, id, user, scopes, created, expires, used, used_from,
                    user.name, role, groups, accounts, issuer, blocked
             FROM api_token JOIN user ON user.name = api_token.user WHERE hash = ? AND blocked = 0",
        )
        .bind(hash.as_slice())
        .fetch_optional(&mut *connection)
        .await
        .map_err(Error::of(&self.path))?;
        let Some(row) = row else { return Ok(None) };
        let token = self.token_of(&row, "token")?;
        let (now, client) = (self.seconds(), client.to_string());
        let noted = token
            .used
            .as_ref()
            .is_some_and(|(used, from)| now - used.as_second() < 60 && *from == client);
        if !noted && !token.is_expired {
            sqlx::query("UPDATE api_token SET used = ?, used_from = ? WHERE id = ?")
                .bind(now)
                .bind(&client)
                .bind(token.id)
                .execute(&mut *connection)
                .await
                .map_err(Error::of(&self.path))?;
        }
        Ok(Some((self.user(&row)?, token)))
    }

    fn api_token(&self, row: &SqliteRow) -> Result<ApiToken, Error> {
        self.token_of(row, "name")
    }

    /// The token in a row, whose name is in the column `name`.
    fn token_of(&self, row: &SqliteRow, name: &str) -> Result<ApiToken, Error> {
        let text = |column: &str| row.try_get::<String, _>(column).map_err(Error::of(&self.path));
        let foreign = || Error::Foreign { path: self.path.clone() };
        let moment = |seconds: i64| Timestamp::from_second(seconds).map_err(|_| foreign());
        let seconds = |column: &str| row.try_get::<i64, _>(column).map_err(Error::of(&self.path));
        let scopes: Option<Vec<Scope>> =
            text("scopes")?.split(' ').map(|word| word.parse().ok()).collect();
        let used: Option<i64> = row.try_get("used").map_err(Error::of(&self.path))?;
        let expires = seconds("expires")?;
        Ok(ApiToken {
            id: seconds("id")?,
            user: text("user")?.parse().map_err(|_| foreign())?,
            name: text(name)?.parse().map_err(|_| foreign())?,
            scopes: scopes.ok_or_else(foreign)?,
            created: moment(seconds("created")?)?,
            expires: moment(expires)?,
            is_expired: expires <= self.seconds(),
            used: match used {
                Some(used) => Some((moment(used)?, text("used_from")?)),
                None => None,
            },
        })
    }
}
