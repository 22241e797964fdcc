//! The users of the portal and their sign-ins, in `portal.db` of the state folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, Row as _, Sqlite, Transaction};
use tokio::sync::Mutex;

use super::Error;
use super::password::{self, Typed};
use super::sign_ins::{IDLE, LONGEST};
use super::token::{self, Hash, Token};
use crate::access::{Person, Role};
use crate::clock::{Clock, Timestamp};
use crate::factor;
use crate::name::{GroupName, Pattern, UserName};

/// How long an API token is still listed that has expired.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long a set-up link works.
const SET_UP: Duration = Duration::from_secs(60 * 60);

/// One who may sign in.
#[derive(Debug, Clone)]
pub struct User {
    /// Their name; no other differs from it by case alone.
    pub name: UserName,
    /// What they may do.
    pub role: Role,
    /// The groups that they are in, which policies can name.
    pub groups: Vec<GroupName>,
    /// Which accounts they may use, where no policies are configured; none without a pattern.
    pub accounts: Vec<Pattern>,
    /// The provider through which they sign in; `None` for one who has a password here.
    pub issuer: Option<String>,
    /// Whether they may not sign in.
    pub blocked: bool,
}

impl User {
    /// One who has a password here.
    pub fn local(
        name: UserName,
        role: Role,
        groups: Vec<GroupName>,
        accounts: Vec<Pattern>,
    ) -> Self {
        Self { name, role, groups, accounts, issuer: None, blocked: false }
    }
}

impl From<User> for Person {
    fn from(user: User) -> Self {
        let User { name, role, groups, accounts, .. } = user;
        Self { name, role: Some(role), groups, accounts }
    }
}

/// All users, open for reading and writing. Other processes may be at it, too.
pub struct Users {
    pub(super) connection: Mutex<SqliteConnection>,
    pub(super) path: PathBuf,
    clock: Clock,
}

impl Users {
    /// Opens `portal.db` in the folder `state`, and makes both where they are missing.
    ///
    /// # Errors
    /// [`Error::Folder`], [`Error::Failed`], [`Error::Foreign`].
    pub async fn open(state: &Path, clock: Clock) -> Result<Self, Error> {
        let folder = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Folder { path, source }
        };
        let state = std::path::absolute(state).map_err(folder(state))?;
        make_private(&state).map_err(folder(&state))?;
        let path = state.join("portal.db");
        touch_private(&path).map_err(folder(&path))?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .synchronous(SqliteSynchronous::Full)
            // What is removed is overwritten: hashes of old passwords do not stay.
            .pragma("secure_delete", "on")
            .disable_statement_logging();
        let mut connection =
            SqliteConnection::connect_with(&options).await.map_err(Error::of(&path))?;
        migrate(&mut connection, &path).await?;
        Ok(Self { connection: Mutex::new(connection), path, clock })
    }

    /// Whether there is nobody.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn is_empty(&self) -> Result<bool, Error> {
        let mut connection = self.connection.lock().await;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM user")
            .fetch_one(&mut *connection)
            .await
            .map_err(Error::of(&self.path))?;
        Ok(count == 0)
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Foreign`].
    pub async fn list(&self) -> Result<Vec<User>, Error> {
        let mut connection = self.connection.lock().await;
        let rows = sqlx::query(
            "SELECT name, role, groups, accounts, issuer, blocked FROM user ORDER BY name",
        )
        .fetch_all(&mut *connection)
        .await
        .map_err(Error::of(&self.path))?;
        rows.iter().map(|row| self.user(row)).collect()
    }

    /// The user `name`, case aside.
    ///
    /// # Errors
    /// [`Error::Unknown`] and what reading can meet.
    pub async fn find(&self, name: &UserName) -> Result<User, Error> {
        let mut connection = self.connection.lock().await;
        self.found(&mut connection, name).await
    }

    /// Adds `user`, once `row` has put it on record.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Weak`], those of `row` and what writing can meet.
    pub async fn add(
        &self,
        user: &User,
        password: Typed,
        row: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        password.strong(user.name.as_str())?;
        let hash = password::hash(password).await?;
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        self.insert(&mut transaction, user, &hash).await?;
        self.commit(transaction, row).await
    }

    /// Gives the user of that name the role, the groups and the accounts of `user`, a new password where there is one, and
    /// says whether they may not sign in, where that is asked for; once `row` has put it on record. With a new password,
    /// or blocked, they have no sign-in any more.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::LastAdmin`], [`Error::Weak`], [`Error::KeptElsewhere`], those of `row` and what writing
    /// can meet.
    pub async fn change(
        &self,
        user: &User,
        blocked: Option<bool>,
        password: Option<Typed>,
        row: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        let hash = match password {
            Some(password) => {
                password.strong(user.name.as_str())?;
                Some(password::hash(password).await?)
            }
            None => None,
        };
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        let before = self.found(&mut transaction, &user.name).await?;
        if user.role != Role::Admin || blocked == Some(true) {
            self.not_last_admin(&mut transaction, &before).await?;
        }
        if let Some(hash) = &hash {
            self.give_password(&mut transaction, &before, hash).await?;
        }
        sqlx::query(
            "UPDATE user SET role = ?, groups = ?, accounts = ?, blocked = ifnull(?, blocked) WHERE name = ?",
        )
        .bind(user.role.word())
        .bind(lines(&user.groups))
        .bind(lines(&user.accounts))
        .bind(blocked)
        .bind(user.name.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(Error::of(&self.path))?;
        if blocked == Some(true) {
            self.forget_sign_ins(&mut transaction, &user.name).await?;
        }
        self.commit(transaction, row).await
    }

    /// Gives them a new password, and ends all their sign-ins, once `row` has put it on record.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Weak`], [`Error::KeptElsewhere`], those of `row` and what writing can meet.
    pub async fn set_password(
        &self,
        name: &UserName,
        password: Typed,
        row: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        password.strong(name.as_str())?;
        let hash = password::hash(password).await?;
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        let user = self.found(&mut transaction, name).await?;
        self.give_password(&mut transaction, &user, &hash).await?;
        self.commit(transaction, row).await
    }

    /// What stands for the password of `name`, without a way back to it: another password has another.
    ///
    /// # Errors
    /// [`Error::Unknown`] and what reading can meet.
    pub(super) async fn print(&self, name: &UserName) -> Result<Hash, Error> {
        let password: Option<String> =
            sqlx::query_scalar("SELECT password FROM user WHERE name = ?")
                .bind(name.as_str())
                .fetch_optional(&mut *self.connection.lock().await)
                .await
                .map_err(Error::of(&self.path))?;
        let password = password.ok_or_else(|| Error::Unknown(name.clone()))?;
        Ok(token::hash(password.as_bytes()))
    }

    /// Removes them with all their sign-ins, once `row` has put it on record.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::LastAdmin`], those of `row` and what writing can meet.
    pub async fn remove(
        &self,
        name: &UserName,
        row: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        let user = self.found(&mut transaction, name).await?;
        self.not_last_admin(&mut transaction, &user).await?;
        sqlx::query("DELETE FROM user WHERE name = ?")
            .bind(name.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(Error::of(&self.path))?;
        self.commit(transaction, row).await
    }

    /// The user of that name, if `password` is theirs. It takes as long where there is none.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Unhashed`].
    pub async fn verify(&self, name: &str, password: Typed) -> Result<Option<User>, Error> {
        let row = {
            let mut connection = self.connection.lock().await;
            sqlx::query(
                "SELECT name, role, groups, accounts, issuer, blocked, password FROM user WHERE name = ?",
            )
            .bind(name)
            .fetch_optional(&mut *connection)
            .await
            .map_err(Error::of(&self.path))?
        };
        let hash = row.as_ref().and_then(|row| row.try_get::<String, _>("password").ok());
        // Who signs in through a provider has none.
        let hash = hash.filter(|hash| !hash.is_empty());
        let right = password::verify(password, hash).await?;
        row.filter(|_| right).map(|row| self.user(&row)).transpose()
    }

    /// Forgets the sign-ins and API tokens that have ended by themselves.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn sweep(&self) -> Result<(), Error> {
        let now = self.seconds();
        let mut connection = self.connection.lock().await;
        sqlx::query("DELETE FROM sign_in WHERE began <= ? OR seen <= ?")
            .bind(now - seconds(LONGEST))
            .bind(now - seconds(IDLE))
            .execute(&mut *connection)
            .await
            .map_err(Error::of(&self.path))?;
        sqlx::query("DELETE FROM api_token WHERE expires <= ?")
            .bind(now - seconds(REMEMBERED))
            .execute(&mut *connection)
            .await
            .map_err(Error::of(&self.path))?;
        Ok(())
    }

    /// The token of a new set-up link, which takes the place of the one before; `None` when there is somebody.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Random`].
    pub async fn set_up_link(&self) -> Result<Option<Token>, Error> {
        if !self.is_empty().await? {
            return Ok(None);
        }
        let token = Token::fresh()?;
        let mut connection = self.connection.lock().await;
        sqlx::query("INSERT OR REPLACE INTO set_up (id, token, expires) VALUES (1, ?, ?)")
            .bind(token.hash().as_slice())
            .bind(self.seconds() + seconds(SET_UP))
            .execute(&mut *connection)
            .await
            .map_err(Error::of(&self.path))?;
        Ok(Some(token))
    }

    /// Whether a set-up link works.
    ///
    /// # Errors
    /// [`Error::SetUpOver`] and [`Error::Failed`].
    pub(super) async fn check_set_up(&self, token: &Token) -> Result<(), Error> {
        let mut connection = self.connection.lock().await;
        self.set_up_holds(&mut connection, token).await
    }

    /// Makes the first administrator, who may use everything, by a set-up link that works no more then; once `row` has put
    /// it on record.
    ///
    /// # Errors
    /// [`Error::SetUpOver`], [`Error::Weak`], those of `row` and what writing can meet.
    pub(super) async fn set_up(
        &self,
        token: &Token,
        name: UserName,
        password: Typed,
        demo: bool,
        row: impl Future<Output = Result<(), Error>>,
    ) -> Result<User, Error> {
        self.check_set_up(token).await?;
        password.strong(name.as_str())?;
        let hash = password::hash(password).await?;
        let everything = "*".parse().map_err(|_| Error::SetUpOver)?;
        let user = User::local(name, Role::Admin, Vec::new(), vec![everything]);
        let mut connection = self.connection.lock().await;
        let mut transaction = self.begin(&mut connection).await?;
        // Looked at again where nobody else can write.
        self.set_up_holds(&mut transaction, token).await?;
        self.insert(&mut transaction, &user, &hash).await?;
        let wanted = if demo {
            "INSERT OR IGNORE INTO wanted (name) VALUES ('demo')"
        } else {
            "DELETE FROM wanted"
        };
        for query in ["DELETE FROM set_up", wanted] {
            transaction.execute(query).await.map_err(Error::of(&self.path))?;
        }
        self.commit(transaction, row).await?;
        Ok(user)
    }

    /// Whether the demo site is wanted.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn wants_demo(&self) -> Result<bool, Error> {
        let mut connection = self.connection.lock().await;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM wanted WHERE name = 'demo'")
            .fetch_one(&mut *connection)
            .await
            .map_err(Error::of(&self.path))?;
        Ok(count > 0)
    }

    /// Closes the database.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn close(self) -> Result<(), Error> {
        self.connection.into_inner().close().await.map_err(Error::of(&self.path))
    }

    /// Begins a change: nobody else writes meanwhile.
    pub(super) async fn begin<'c>(
        &self,
        connection: &'c mut SqliteConnection,
    ) -> Result<Transaction<'c, Sqlite>, Error> {
        connection.begin_with("BEGIN IMMEDIATE").await.map_err(Error::of(&self.path))
    }

    /// Ends a change once `row` has put it on record; otherwise it never was.
    pub(super) async fn commit(
        &self,
        transaction: Transaction<'_, Sqlite>,
        row: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        row.await?;
        transaction.commit().await.map_err(Error::of(&self.path))
    }

    async fn give_password(
        &self,
        connection: &mut SqliteConnection,
        user: &User,
        hash: &str,
    ) -> Result<(), Error> {
        if user.issuer.is_some() {
            return Err(Error::KeptElsewhere(user.name.clone()));
        }
        sqlx::query("UPDATE user SET password = ? WHERE name = ?")
            .bind(hash)
            .bind(user.name.as_str())
            .execute(&mut *connection)
            .await
            .map_err(Error::of(&self.path))?;
        self.forget_sign_ins(connection, &user.name).await
    }

    /// Ends all sign-ins of `user`.
    pub(super) async fn forget_sign_ins(
        &self,
        connection: &mut SqliteConnection,
        user: &UserName,
    ) -> Result<(), Error> {
        sqlx::query("DELETE FROM sign_in WHERE user = ?")
            .bind(user.as_str())
            .execute(connection)
            .await
            .map(drop)
            .map_err(Error::of(&self.path))
    }

    async fn set_up_holds(
        &self,
        connection: &mut SqliteConnection,
        token: &Token,
    ) -> Result<(), Error> {
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM set_up WHERE token = ? AND expires > ? AND NOT EXISTS (SELECT 1 FROM user)",
        )
        .bind(token.hash().as_slice())
        .bind(self.seconds())
        .fetch_one(connection)
        .await
        .map_err(Error::of(&self.path))?;
        if count == 1 { Ok(()) } else { Err(Error::SetUpOver) }
    }

    async fn insert(
        &self,
        connection: &mut SqliteConnection,
        user: &User,
        hash: &str,
    ) -> Result<(), Error> {
        let done = sqlx::query(
            "INSERT INTO user (name, role, password, accounts, groups) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(user.name.as_str())
        .bind(user.role.word())
        .bind(hash)
        .bind(lines(&user.accounts))
        .bind(lines(&user.groups))
        .execute(connection)
        .await;
        match done {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                Err(Error::Exists(user.name.clone()))
            }
            done => done.map(drop).map_err(Error::of(&self.path)),
        }
    }

    /// The user `name`, case aside.
    pub(super) async fn found(
        &self,
        connection: &mut SqliteConnection,
        name: &UserName,
    ) -> Result<User, Error> {
        let row = sqlx::query(
            "SELECT name, role, groups, accounts, issuer, blocked FROM user WHERE name = ?",
        )
        .bind(name.as_str())
        .fetch_optional(connection)
        .await
        .map_err(Error::of(&self.path))?;
        self.user(&row.ok_or_else(|| Error::Unknown(name.clone()))?)
    }

    /// That there is another administrator beside `user`.
    pub(super) async fn not_last_admin(
        &self,
        connection: &mut SqliteConnection,
        user: &User,
    ) -> Result<(), Error> {
        let others: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM user WHERE role = 'admin' AND blocked = 0 AND name <> ?",
        )
        .bind(user.name.as_str())
        .fetch_one(connection)
        .await
        .map_err(Error::of(&self.path))?;
        if user.role == Role::Admin && others == 0 {
            return Err(Error::LastAdmin(user.name.clone()));
        }
        Ok(())
    }

    /// The user in a row of name, role, groups, accounts, issuer and blocked.
    pub(super) fn user(&self, row: &sqlx::sqlite::SqliteRow) -> Result<User, Error> {
        let text = |column: &str| row.try_get::<String, _>(column).map_err(Error::of(&self.path));
        let foreign = || Error::Foreign { path: self.path.clone() };
        Ok(User {
            name: text("name")?.parse().map_err(|_| foreign())?,
            role: text("role")?.parse().map_err(|_| foreign())?,
            groups: read_lines(&text("groups")?).ok_or_else(foreign)?,
            accounts: read_lines(&text("accounts")?).ok_or_else(foreign)?,
            issuer: row.try_get("issuer").map_err(Error::of(&self.path))?,
            blocked: row.try_get("blocked").map_err(Error::of(&self.path))?,
        })
    }

    /// Now, as the tables have it.
    pub(super) fn seconds(&self) -> i64 {
        Timestamp::as_second(self.clock.now())
    }
}

/// A line each: neither groups nor patterns hold a line feed.
pub(super) fn lines<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join("\n")
}

fn read_lines<T: std::str::FromStr>(text: &str) -> Option<Vec<T>> {
    text.lines().map(|line| line.parse().ok()).collect()
}

pub(super) fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// The schema of today, in a file that is empty, has it, or has one before.
async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), Error> {
    const APPLICATION: i64 = 1_685_024_624;
    /// What makes the version 2 of version 1, the version 3 of version 2, ….
    const STEPS: [&str; 5] = [
        include_str!("groups.sql"),
        include_str!("roles.sql"),
        include_str!("api-tokens.sql"),
        include_str!("provider.sql"),
        factor::SCHEMA,
    ];
    let mut transaction =
        connection.begin_with("BEGIN IMMEDIATE").await.map_err(Error::of(path))?;
    let found: (i64, i64, i64) = sqlx::query_as(
        "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)
         FROM pragma_user_version, pragma_application_id",
    )
    .fetch_one(&mut *transaction)
    .await
    .map_err(Error::of(path))?;
    let steps = match found {
        (0, 0, 0) => &[include_str!("schema.sql"), factor::SCHEMA][..],
        (version, APPLICATION, _) => {
            let done = usize::try_from(version - 1).ok();
            let steps = done.and_then(|done| STEPS.get(done..));
            steps.ok_or_else(|| Error::Foreign { path: path.to_owned() })?
        }
        _ => return Err(Error::Foreign { path: path.to_owned() }),
    };
    if steps.is_empty() {
        return Ok(());
    }
    for step in steps {
        transaction.execute(*step).await.map_err(Error::of(path))?;
    }
    let version = format!("PRAGMA user_version = {}", STEPS.len() + 1);
    transaction.execute(sqlx::AssertSqlSafe(version)).await.map_err(Error::of(path))?;
    transaction.commit().await.map_err(Error::of(path))
}

/// Makes the folder and what is missing above it, for its owner alone.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes the file for its owner alone, where it is not there.
fn touch_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
