//! The desk: who has arrived, how far they are, and who is locked.

use std::collections::HashMap;

use ring::rand::{SecureRandom, SystemRandom};

use super::code::Refused;
use super::people::People;

/// Wrong passwords and codes in a row until a person is locked.
const MOST_WRONG: u32 = 5;

/// Why somebody did not get on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Code,
    Locked,
    Password,
    UsedCode,
}

impl Refusal {
    /// The `data-cause` of the page's error.
    pub(super) fn cause(self) -> &'static str {
        match self {
            Self::Code | Self::UsedCode => "code",
            Self::Locked => "locked",
            Self::Password => "password",
        }
    }

    /// What the page tells the person.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Code => "Wrong code",
            Self::Locked => "Locked after 5 wrong attempts",
            Self::Password => "Wrong user name or password",
            Self::UsedCode => "This code was used already",
        }
    }
}

/// How far a visit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    CodeAsked,
    SignedIn,
}

/// The people, their visits by the value of their cookie, and how often each was wrong.
pub(super) struct Desk {
    people: People,
    visits: HashMap<String, (String, Stage)>,
    wrong: HashMap<String, u32>,
    random: SystemRandom,
}

impl Desk {
    pub(super) fn new(people: People) -> Self {
        Self { people, visits: HashMap::new(), wrong: HashMap::new(), random: SystemRandom::new() }
    }

    /// The first page: a new visit, and what comes next.
    pub(super) fn sign_in(
        &mut self,
        username: &str,
        password: &str,
    ) -> Result<(String, Stage), Refusal> {
        let Some((person, codes)) = self.people.0.get(username) else {
            return Err(Refusal::Password);
        };
        let stage = if codes.is_some() { Stage::CodeAsked } else { Stage::SignedIn };
        let right = person.password.expose() == password;
        if self.is_locked(username) {
            return Err(Refusal::Locked);
        }
        if !right {
            return Err(self.miss(username, Refusal::Password));
        }
        if stage == Stage::SignedIn {
            self.wrong.remove(username);
        }
        Ok((self.arrive(username, stage), stage))
    }

    /// The second page: the visit goes on under a new cookie.
    pub(super) fn verify(
        &mut self,
        visit: &str,
        code: &str,
        seconds: u64,
    ) -> Result<String, Refusal> {
        let Some((username, Stage::CodeAsked)) = self.visits.get(visit).cloned() else {
            return Err(Refusal::Password);
        };
        if self.is_locked(&username) {
            self.visits.remove(visit);
            return Err(Refusal::Locked);
        }
        let verified = match self.people.0.get_mut(&username) {
            Some((_, Some(codes))) => codes.verify(code, seconds),
            _ => Err(Refused::Wrong),
        };
        match verified {
            Ok(()) => {
                self.visits.remove(visit);
                self.wrong.remove(&username);
                Ok(self.arrive(&username, Stage::SignedIn))
            }
            Err(Refused::Used) => Err(Refusal::UsedCode),
            Err(Refused::Wrong) => {
                let refusal = self.miss(&username, Refusal::Code);
                if refusal == Refusal::Locked {
                    self.visits.remove(visit);
                }
                Err(refusal)
            }
        }
    }

    pub(super) fn visit(&self, visit: &str) -> Option<(String, Stage)> {
        self.visits.get(visit).cloned()
    }

    pub(super) fn leave(&mut self, visit: &str) {
        self.visits.remove(visit);
    }

    fn arrive(&mut self, username: &str, stage: Stage) -> String {
        let mut bytes = [0_u8; 32];
        // Without random numbers there is no cookie that cannot be guessed, so there is no visit:
        // an empty cookie names none.
        if self.random.fill(&mut bytes).is_err() {
            return String::new();
        }
        let visit = data_encoding::HEXLOWER.encode(&bytes);
        self.visits.insert(visit.clone(), (username.to_owned(), stage));
        visit
    }

    fn is_locked(&self, username: &str) -> bool {
        self.wrong.get(username).is_some_and(|wrong| *wrong >= MOST_WRONG)
    }

    fn miss(&mut self, username: &str, refusal: Refusal) -> Refusal {
        *self.wrong.entry(username.to_owned()).or_default() += 1;
        if self.is_locked(username) { Refusal::Locked } else { refusal }
    }
}
