//! Arrivals: users who sign in through a provider. Issuer and subject are who they are; their name is only what they
//! are called, and the first one that they came with stays theirs.

use super::{Error, User, Users};
use crate::access::Role;
use crate::oidc::Arrival;

impl Users {
    /// The user who has arrived, with the role and the groups that the provider says; made where they come for the
    /// first time, once `row` has put it on record.
    ///
    /// # Errors
    /// [`Error::NameTaken`], [`Error::Blocked`], those of `row` and what writing can meet.
    pub(super) async fn arrive<F: Future<Output = Result<(), Error>>>(
        &self,
        arrival: &Arrival,
        role: Role,
        row: impl FnOnce(&User) -> F,
    ) -> Result<User, Error> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        let known: Option<(String, bool)> =
            sqlx::query_as("SELECT name, blocked FROM user WHERE issuer = ? AND subject = ?")
                .bind(&arrival.issuer)
                .bind(&arrival.subject)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(Error::of(&self.path))?;
        let groups = super::users::lines(&arrival.groups);
        let is_new = known.is_none();
        let name = match known {
            Some((_, true)) => return Err(Error::Blocked),
            Some((name, false)) => {
                sqlx::query("UPDATE user SET role = ?, groups = ? WHERE name = ?")
                    .bind(role.word())
                    .bind(groups)
                    .bind(&name)
                    .execute(&mut *transaction)
                    .await
                    .map_err(Error::of(&self.path))?;
                name.parse().map_err(|_| Error::Foreign { path: self.path.clone() })?
            }
            None => {
                let done = sqlx::query(
                    "INSERT INTO user (name, role, password, accounts, groups, issuer, subject)
                     VALUES (?, ?, '', '', ?, ?, ?)",
                )
                .bind(arrival.name.as_str())
                .bind(role.word())
                .bind(groups)
                .bind(&arrival.issuer)
                .bind(&arrival.subject)
                .execute(&mut *transaction)
                .await;
                match done {
                    Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                        return Err(Error::NameTaken(arrival.name.clone()));
                    }
                    done => done.map_err(Error::of(&self.path))?,
                };
                arrival.name.clone()
            }
        };
        let user = self.found(&mut transaction, &name).await?;
        if is_new {
            self.commit(transaction, row(&user)).await?;
        } else {
            transaction.commit().await.map_err(Error::of(&self.path))?;
        }
        Ok(user)
    }
}
