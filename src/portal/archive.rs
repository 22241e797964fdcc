//! The archive: the recordings of this broker, and which of them somebody may watch.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use axum::http::StatusCode;

use super::guard::Person;
use super::may::May;
use super::problem::Problem;
use super::{Note, Portal};
use crate::access::{Decision, Deed};
use crate::activity::{Action, Filter};
use crate::name::{AccountRef, SessionId, UserName};
use crate::recording::{Error, Folder, Identities, Known, Reader, Shelved, State};

/// A recording that somebody may watch.
pub(super) struct Found {
    pub(super) shelved: Shelved,
    pub(super) account: AccountRef,
    pub(super) connector: String,
    pub(super) user: UserName,
}

impl Portal {
    /// Every recording that folder and record have, the newest first.
    pub(super) async fn shelf(&self) -> Result<Vec<Shelved>, Problem> {
        let folder = Folder::of(&self.ground.state);
        // The files first: one that begins between the two is not missed in the record.
        let files = blocking(move || folder.files()).await?.map_err(|error| told(&error))?;
        let rows = self.ground.record.rows_of(&Known::ACTIONS).await?;
        let mut all = Shelved::all(files, Known::all(&rows));
        all.reverse();
        Ok(all)
    }

    /// The recording of the session with this id, if `person` may watch it.
    ///
    /// # Errors
    /// As if there were none, where they may not; that is on record.
    pub(super) async fn found(
        &self,
        person: &Person,
        client: IpAddr,
        session: &str,
    ) -> Result<Found, Problem> {
        let missing = || Problem::missing("recording");
        let session: SessionId = session.parse().map_err(|_| missing())?;
        let folder = Folder::of(&self.ground.state);
        let file = blocking(move || folder.find(session)).await?.map_err(|error| told(&error))?;
        let filter = Filter { session: Some(session), ..Filter::default() };
        let rows = self.ground.record.rows(&filter).await?;
        let known = Known::all(&rows).remove(&session);
        let may = self.may(&person.user, client);
        let decision = may_replay(&may, known.as_ref()).ok_or_else(missing)?;
        if !decision.is_permitted() {
            let facts = decision.on_record();
            return Err(Problem { denied: Some("recording"), facts, ..missing() });
        }
        let known = known.ok_or_else(missing)?;
        let (user, account) = whose(&known).ok_or_else(missing)?;
        let connector = known.connector.clone();
        Ok(Found {
            shelved: Shelved { session, file, known: Some(known) },
            account,
            connector,
            user,
        })
    }

    /// The keys with which `person` opens recordings.
    ///
    /// # Errors
    /// That there are none yet.
    pub(super) fn keys(&self, person: &Person) -> Result<Arc<Identities>, Problem> {
        let keys = self.keyring.keys(&person.sign_in, Instant::now());
        keys.map(|(keys, _)| keys).ok_or_else(|| {
            Problem::new(
                StatusCode::LOCKED,
                "recordings are encrypted, and you have given no key that opens them",
                "load your identity on the page Recordings, or by PUT /api/v1/me/recording-key; \
                 15 minutes without use take it away again",
            )
        })
    }
}

impl Found {
    /// Its file.
    ///
    /// # Errors
    /// That it is gone, and why.
    pub(super) fn path(&self) -> Result<PathBuf, Problem> {
        let known = self.shelved.known.as_ref();
        match (&self.shelved.file, known.and_then(|known| known.removed.as_ref())) {
            (Some(file), _) => Ok(file.path.clone()),
            (None, Some(removed)) => Err(Problem::new(
                StatusCode::GONE,
                format!("this recording was removed at {:.0}: {}", removed.time, removed.why),
                "the configuration says how long recordings are kept: `keep-days` and `keep-bytes` below `recording`",
            )),
            (None, None) => Err(Problem::new(
                StatusCode::GONE,
                "the file of this recording is missing, and nothing on record says who removed it",
                "tell the one who runs doorward: somebody took it away; a backup may have it",
            )),
        }
    }

    /// Whether it is being written.
    pub(super) fn is_live(&self) -> bool {
        self.shelved.state() == State::Live
    }

    /// That `person` did something with it, for the record.
    pub(super) fn note(&self, action: Action, person: &Person, client: IpAddr) -> Note {
        let note = Note::new(action, &person.user.name, client)
            .session(self.shelved.session, &self.account, &self.connector)
            .detail("of", &self.user);
        person.token.iter().fold(note, |note, token| note.detail("token", &token.name))
    }

    /// Does `work` with it, opened, where waiting for a disk holds nobody up; that `person` opens it is on record before.
    ///
    /// # Errors
    /// That there is no key, that none fits, or what reading can meet.
    pub(super) async fn opened<T: Send + 'static>(
        &self,
        portal: &Portal,
        person: &Person,
        client: IpAddr,
        work: impl FnOnce(&mut Reader, &Identities) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let keys = portal.keys(person)?;
        let path = self.path()?;
        let note = self.note(Action::ReplayRecording, person, client).outcome("opened");
        let keep = note.keep(&portal.ground.store, portal.ground.clock);
        let tried = Arc::clone(&keys);
        let mut reader = blocking(move || {
            let mut reader = Reader::open(&path)?;
            // Before it is put on record that somebody watches it.
            reader.slice(0, 0, &tried)?;
            Ok(reader)
        })
        .await?
        .map_err(|error| told(&error))?;
        portal.keyring.open(person.sign_in, self.shelved.session, keep).await?;
        blocking(move || work(&mut reader, &keys)).await?.map_err(|error| told(&error))
    }
}

/// Whether somebody may watch this recording; `None` of one that the record does not know, which is nobody's.
pub(super) fn may_replay(may: &May<'_>, known: Option<&Known>) -> Option<Decision> {
    let (user, account) = whose(known?)?;
    Some(may.decide(Deed::Replay { of: &user, account: &account }))
}

/// Whose it is, and with which account.
fn whose(known: &Known) -> Option<(UserName, AccountRef)> {
    Some((known.user.parse().ok()?, known.account.clone()?))
}

/// Runs what waits for a disk, or computes for long.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Problem::failed(&error))
}

/// What a person is told who cannot be shown a recording: nothing of where its file is.
pub(super) fn told(error: &Error) -> Problem {
    match error {
        Error::WrongKey { .. } => Problem::new(
            StatusCode::CONFLICT,
            "your key does not open this recording",
            "it is encrypted to the auditors that the configuration named when its session began: `recipients` of its \
             row RecordingBegun in Activity names their public keys",
        ),
        Error::Foreign { .. } | Error::Damaged { .. } => Problem::new(
            StatusCode::CONFLICT,
            "there is nothing left in the file of this recording that can be read",
            "check it: that says what was altered; keep the file, it is evidence",
        ),
        Error::Unread { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            Problem::missing("recording")
        }
        error => Problem::failed(error),
    }
}
