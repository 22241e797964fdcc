//! The entry: what happens between a right password, or the word of a provider, and a sign-in.

use std::net::IpAddr;
use std::time::Instant;

use axum::http::header::HeaderValue;
use axum::http::{HeaderMap, StatusCode};

use super::guard::{cookie, token};
use super::halves::LONGEST;
use super::problem::Problem;
use super::token::Token;
use super::users::User;
use super::{Note, Portal};
use crate::activity::Action;
use crate::factor::{Owner, Proof, Verdict};

/// Where the other half of a sign-in is asked for.
pub(super) const SECOND: &str = "/sign-in/second";

/// Where a browser goes on, and with which cookie.
pub(super) struct Entry {
    pub(super) cookie: HeaderValue,
    pub(super) next: String,
}

impl Portal {
    /// Whether `user` proves a second factor here, where they have one: who signs in through a provider proves it there,
    /// unless the configuration says otherwise.
    pub(super) fn asks_factor(&self, user: &User) -> bool {
        let settings = &self.ground.settings;
        user.issuer.is_none() || settings.oidc.as_ref().is_some_and(|oidc| oidc.second_factor)
    }

    /// Whether `user` has to have one.
    pub(super) fn requires_factor(&self, user: &User) -> bool {
        let roles = &self.ground.settings.second_factor;
        self.asks_factor(user) && roles.iter().any(|role| role == user.role.word())
    }

    /// Whether `user` has one.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn has_factor(&self, user: &User) -> Result<bool, Problem> {
        Ok(self.ground.factors.standing(&Owner::user(&user.name)).await?.is_some())
    }

    /// Takes in `user`, who has shown who they are by their first factor: as a half where a second one is to come.
    ///
    /// # Errors
    /// Those of the stores.
    pub(super) async fn enter(
        &self,
        user: &User,
        client: IpAddr,
        headers: &HeaderMap,
        next: &str,
    ) -> Result<Entry, Problem> {
        // Whatever sign-in the browser had, it has it no more.
        if let Some(old) = token(self, headers) {
            self.ground.users.sign_out(&old.hash()).await?;
            self.keyring.forget(&old.hash());
        }
        if self.asks_factor(user) && self.has_factor(user).await? {
            let half = Token::fresh()?;
            let password = self.ground.users.print(&user.name).await?;
            self.halves.keep(&half, user.name.clone(), password, next.to_owned(), client);
            let cookie = self.half_cookie(half.text(), LONGEST.as_secs())?;
            return Ok(Entry { cookie, next: SECOND.to_owned() });
        }
        self.admit(user, client, next, None).await
    }

    /// Signs `user` in, who has proved all that is asked of them.
    ///
    /// # Errors
    /// Those of the stores.
    pub(super) async fn admit(
        &self,
        user: &User,
        client: IpAddr,
        next: &str,
        proof: Option<(Proof, String)>,
    ) -> Result<Entry, Problem> {
        let ground = &self.ground;
        let note = Note::new(Action::SignIn, &user.name, client).outcome("signed-in");
        let note = if user.issuer.is_some() { note.of_user(user) } else { note };
        let note = proof.iter().fold(note, |note, (proof, name)| note.of_proof(*proof, name));
        note.keep(&ground.store, ground.clock).await?;
        let token = ground.users.sign_in(&user.name).await?;
        Ok(Entry { cookie: self.cookie(token.text(), None)?, next: next.to_owned() })
    }

    /// Checks a code of a person's own before something of theirs is changed; refused ones are on record.
    ///
    /// # Errors
    /// That it is wrong, or that they have to wait.
    pub(super) async fn prove(
        &self,
        user: &User,
        client: IpAddr,
        typed: &str,
    ) -> Result<Proof, Problem> {
        self.wait_at(client)?;
        let verdict = self.ground.factors.verify(&Owner::user(&user.name), typed).await?;
        self.judge(user, client, verdict).await
    }

    /// What a verdict means for a person who is signed in.
    ///
    /// # Errors
    /// That it is no proof.
    pub(super) async fn judge(
        &self,
        user: &User,
        client: IpAddr,
        verdict: Verdict,
    ) -> Result<Proof, Problem> {
        match verdict {
            Verdict::Passed(proof) => {
                self.addresses.undo(&client.to_string());
                Ok(proof)
            }
            Verdict::Wait(left) => {
                self.addresses.undo(&client.to_string());
                Err(too_many(left.as_secs() + 1))
            }
            Verdict::Refused(cause) => {
                let note = Note::new(Action::FactorRefused, &user.name, client).outcome("refused");
                let note = note.detail("cause", cause.word());
                note.keep(&self.ground.store, self.ground.clock).await?;
                Err(Problem::unfit("this code is not accepted", WRONG))
            }
        }
    }

    /// Counts an attempt against an address, or says that it has to wait.
    ///
    /// # Errors
    /// That it has to wait.
    pub(super) fn wait_at(&self, client: IpAddr) -> Result<(), Problem> {
        let waits = self.addresses.attempt(&client.to_string(), Instant::now());
        waits.map_err(|left| too_many(left.as_secs() + 1))
    }

    /// The cookie of a half.
    pub(super) fn half_cookie(&self, value: &str, age: u64) -> Result<HeaderValue, Problem> {
        let secure = if self.origin.secure { "; Secure" } else { "" };
        let name = self.origin.half_cookie();
        let cookie =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}");
        let mut cookie = HeaderValue::from_str(&cookie).map_err(|error| Problem::failed(&error))?;
        cookie.set_sensitive(true);
        Ok(cookie)
    }

    /// The token of a half, in its cookie.
    pub(super) fn half(&self, headers: &HeaderMap) -> Option<Token> {
        cookie(headers, self.origin.half_cookie())
    }
}

/// What to do about a code that was refused.
pub(super) const WRONG: &str = "wait for the next code of your app, and type that: each code counts once, for half a \
                                minute; is the clock of your device right?";

/// That somebody has to wait.
pub(super) fn too_many(seconds: u64) -> Problem {
    let help = format!("wait {seconds} seconds, then try again");
    let detail = "too many attempts were wrong";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail, help).after(seconds)
}
