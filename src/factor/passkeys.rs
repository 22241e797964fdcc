//! The passkeys of somebody, beside their authenticator: with a name each, and a counter that only goes up.

use serde_json::Value;
use sqlx::Row as _;
use webauthn_rs::prelude::{Passkey as Key, PasskeyAuthentication, PasskeyRegistration};

use super::passkey::Relying;
use super::{Cause, Error, Factors, Owner, Proof, Verdict};
use crate::clock::Timestamp;

/// How many somebody may have.
const MOST: usize = 20;

/// A passkey, as people see it.
#[derive(Debug, Clone)]
pub struct Passkey {
    /// Its number; no other has ever had it.
    pub id: i64,
    /// What they call it.
    pub name: String,
    /// When it was registered.
    pub made: Timestamp,
    /// When it was used last.
    pub used: Option<Timestamp>,
}

/// A registration that is under way. Whoever holds it can end it once.
pub struct Offered {
    owner: Owner,
    name: String,
    state: PasskeyRegistration,
}

/// A question for a passkey that is under way. Whoever holds it can have it answered once.
pub struct Asked {
    owner: Owner,
    /// Number, name and text of each that may answer.
    keys: Vec<(i64, String, String)>,
    state: PasskeyAuthentication,
}

impl Factors {
    /// The passkeys of `owner`, the oldest first.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn passkeys(&self, owner: &Owner) -> Result<Vec<Passkey>, Error> {
        let rows: Vec<(i64, String, i64, Option<i64>)> = sqlx::query_as(
            "SELECT id, name, made, used FROM passkey WHERE realm = ? AND subject = ? ORDER BY id",
        )
        .bind(&owner.realm)
        .bind(&owner.subject)
        .fetch_all(&mut *self.connection.lock().await)
        .await
        .map_err(Error::of(&self.path))?;
        let moment = |seconds| Timestamp::from_second(seconds).unwrap_or_default();
        Ok(rows
            .into_iter()
            .map(|(id, name, made, used)| Passkey {
                id,
                name,
                made: moment(made),
                used: used.map(moment),
            })
            .collect())
    }

    /// Asks the browser of `owner` for a new passkey that is called `name`: what `navigator.credentials.create` takes,
    /// and what the answer is held against.
    ///
    /// # Errors
    /// [`Error::PasskeyName`], [`Error::PasskeyNamed`], [`Error::TooManyPasskeys`], [`Error::Absent`].
    pub async fn offer_passkey(
        &self,
        relying: &Relying,
        owner: &Owner,
        name: &str,
    ) -> Result<(Value, Offered), Error> {
        let name = name.trim();
        if !(1..=64).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(Error::PasskeyName);
        }
        if self.standing(owner).await?.is_none() {
            return Err(Error::Absent(owner.subject.clone()));
        }
        let known = self.keys(owner).await?;
        if known.len() >= MOST {
            return Err(Error::TooManyPasskeys);
        }
        if known.iter().any(|(_, other, _)| other == name) {
            return Err(Error::PasskeyNamed);
        }
        let known = read(&known).iter().map(|key| key.cred_id().clone()).collect();
        let (asked, state) = relying.register(self.key.handle(owner), &owner.subject, known)?;
        Ok((asked, Offered { owner: owner.clone(), name: name.to_owned(), state }))
    }

    /// Keeps the passkey that the browser answered with, once `row` has put its name on record; the name.
    ///
    /// # Errors
    /// [`Error::Unfit`], [`Error::PasskeyNamed`], [`Error::PasskeyKnown`], [`Error::Absent`] and those of `row`.
    pub async fn keep_passkey<E: From<Error>, F: Future<Output = Result<(), E>>>(
        &self,
        relying: &Relying,
        offered: Offered,
        answer: Value,
        row: impl FnOnce(&str) -> F,
    ) -> Result<String, E> {
        let Offered { owner, name, state } = offered;
        let key = relying.registered(answer, &state)?;
        let text = serde_json::to_string(&key).map_err(|_| Error::Unfit("it cannot be kept"))?;
        let mut connection = self.connection.lock().await;
        let mut transaction = self.change(&mut connection).await?;
        let done = sqlx::query(
            "INSERT INTO passkey (realm, subject, name, credential, passkey, made) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&owner.realm)
        .bind(&owner.subject)
        .bind(&name)
        .bind(AsRef::<[u8]>::as_ref(key.cred_id()).to_vec())
        .bind(text)
        .bind(self.seconds())
        .execute(&mut *transaction)
        .await;
        done.map_err(|error| match error {
            sqlx::Error::Database(error) if error.is_unique_violation() => {
                match error.message().contains("credential") {
                    true => Error::PasskeyKnown,
                    false => Error::PasskeyNamed,
                }
            }
            sqlx::Error::Database(error) if error.is_foreign_key_violation() => {
                Error::Absent(owner.subject)
            }
            error => Error::of(&self.path)(error),
        })?;
        self.hold(transaction, row(&name)).await?;
        Ok(name)
    }

    /// Removes the passkey `id` of `owner`, once `row` has put it on record; `false` where it is not theirs.
    ///
    /// # Errors
    /// [`Error::Failed`] and those of `row`.
    pub async fn remove_passkey<E: From<Error>>(
        &self,
        owner: &Owner,
        id: i64,
        row: impl Future<Output = Result<(), E>>,
    ) -> Result<bool, E> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.change(&mut connection).await?;
        let done = sqlx::query("DELETE FROM passkey WHERE id = ? AND realm = ? AND subject = ?")
            .bind(id)
            .bind(&owner.realm)
            .bind(&owner.subject)
            .execute(&mut *transaction)
            .await
            .map_err(Error::of(&self.path))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        self.hold(transaction, row).await?;
        Ok(true)
    }

    /// Asks for a passkey of `owner`: what `navigator.credentials.get` takes, and what the answer is held against. `None`
    /// where they have none.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Unfit`].
    pub async fn ask_passkey(
        &self,
        relying: &Relying,
        owner: &Owner,
    ) -> Result<Option<(Value, Asked)>, Error> {
        let keys = self.keys(owner).await?;
        let read = read(&keys);
        if read.is_empty() {
            return Ok(None);
        }
        let (asked, state) = relying.challenge(&read)?;
        Ok(Some((asked, Asked { owner: owner.clone(), keys, state })))
    }

    /// Checks the answer to what was asked; with it the name of the passkey. Nobody waits for what others guessed: a
    /// passkey cannot be guessed.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Unfit`].
    pub async fn check_passkey(
        &self,
        relying: &Relying,
        asked: Asked,
        answer: Value,
    ) -> Result<(Verdict, String), Error> {
        let Asked { owner, keys, state } = asked;
        let refused = |word| Ok((Verdict::Refused(Cause::Passkey(word)), String::new()));
        let result = match relying.answered(answer, &state) {
            Ok(result) => result,
            Err(word) => return refused(word),
        };
        for (id, name, text) in keys {
            let Ok(mut key) = serde_json::from_str::<Key>(&text) else { continue };
            if key.update_credential(&result).is_none() {
                continue;
            }
            let after =
                serde_json::to_string(&key).map_err(|_| Error::Unfit("it cannot be kept"))?;
            // Only over what the answer was compared with: of two with one counter, one is a copy.
            let done = sqlx::query(
                "UPDATE passkey SET passkey = ?, used = ? WHERE id = ? AND passkey = ? AND realm = ? AND subject = ?",
            )
            .bind(after)
            .bind(self.seconds())
            .bind(id)
            .bind(text)
            .bind(&owner.realm)
            .bind(&owner.subject)
            .execute(&mut *self.connection.lock().await)
            .await
            .map_err(Error::of(&self.path))?;
            return match done.rows_affected() {
                1 => Ok((Verdict::Passed(Proof::Passkey), name)),
                _ => refused("counter"),
            };
        }
        refused("unknown")
    }

    /// Number, name and text of each.
    async fn keys(&self, owner: &Owner) -> Result<Vec<(i64, String, String)>, Error> {
        let rows = sqlx::query(
            "SELECT id, name, passkey FROM passkey WHERE realm = ? AND subject = ? ORDER BY id",
        )
        .bind(&owner.realm)
        .bind(&owner.subject)
        .fetch_all(&mut *self.connection.lock().await)
        .await
        .map_err(Error::of(&self.path))?;
        rows.iter()
            .map(|row| Ok((row.try_get("id")?, row.try_get("name")?, row.try_get("passkey")?)))
            .collect::<Result<_, _>>()
            .map_err(Error::of(&self.path))
    }
}

fn read(keys: &[(i64, String, String)]) -> Vec<Key> {
    keys.iter().filter_map(|(.., text)| serde_json::from_str(text).ok()).collect()
}
