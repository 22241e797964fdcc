//! The people who sign in: one for each launch, with a password and a seed of their own.

use std::collections::HashMap;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use doorward::demo::{self, People, Person};
use doorward::secret::Secret;
use ring::rand::{SecureRandom, SystemRandom};

use super::Trouble;

/// One of them.
pub(crate) struct Someone {
    pub(crate) username: String,
    pub(crate) password: String,
    /// Base32.
    pub(crate) seed: String,
}

/// All of them, by the name of the contestant.
pub(crate) struct Town(HashMap<&'static str, Vec<Someone>>);

impl Town {
    pub(crate) fn new<const N: usize>(
        names: [&'static str; N],
        rounds: usize,
    ) -> Result<Self, Trouble> {
        let mut town = HashMap::new();
        for name in names {
            let people: Result<Vec<_>, _> =
                (0..rounds).map(|round| Someone::new(format!("{name}-{round}"))).collect();
            town.insert(name, people?);
        }
        Ok(Self(town))
    }

    pub(crate) fn of(&self, name: &str) -> &[Someone] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn someone(&self, name: &str, round: usize) -> &Someone {
        &self.0[name][round]
    }

    /// Starts the demo site for all of them, in this process; its URL.
    pub(crate) async fn serve(&self) -> Result<String, Trouble> {
        let people = self.0.values().flatten().map(|someone| Person {
            username: someone.username.clone(),
            password: Secret::new(someone.password.clone()),
            seed: Some(Secret::new(someone.seed.clone())),
        });
        let router = demo::router(People::new(people.collect())?);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async { axum::serve(listener, router).await });
        Ok(url)
    }
}

impl Someone {
    fn new(username: String) -> Result<Self, Trouble> {
        let mut bytes = [0_u8; 26];
        SystemRandom::new().fill(&mut bytes).map_err(|_| "no random numbers")?;
        let (password, seed) = bytes.split_at(6);
        // Eleven characters or so: what the measured step in the README types.
        let (password, seed) = (HEXLOWER.encode(password), BASE32_NOPAD.encode(seed));
        Ok(Self { username, password, seed })
    }

    /// The code of this period.
    pub(crate) fn code(&self) -> Result<String, Trouble> {
        let seed = BASE32_NOPAD.decode(self.seed.as_bytes())?;
        let totp = totp_rs::Builder::new().with_secret(seed).build_noncompliant();
        Ok(totp.generate_current().to_string())
    }
}
