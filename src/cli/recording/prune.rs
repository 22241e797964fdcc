//! `doorward recording prune`: removes the recordings that are older or larger than the configuration keeps. Each is on
//! record before it goes.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::short;
use crate::activity::{Action, Event, Store};
use crate::cli::{Exit, Failure, eprint, print};
use crate::clock::Clock;
use crate::config::{Config, Recording};
use crate::name::{SessionId, UserName};
use crate::recording::{Folder, Known, Shelved};

/// How often `serve` looks.
pub(in crate::cli) const HOURLY: Duration = Duration::from_secs(60 * 60);

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
First those that were written last before `recording.keep-days`, then the oldest until all of them are smaller than \
`recording.keep-bytes`. One that is being written stays. `doorward serve` does the same when it starts, and every hour.

Example:
  doorward recording prune")]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config, _arguments: &Arguments) -> Result<Exit, Failure> {
    let Some(recording) = &config.recording else {
        return Err(Failure::usage(
            "the configuration has no `recording:`, so nothing says how long recordings are kept",
            "add `recording: { recipients: [age1…], keep-days: 90, keep-bytes: 20GB }`",
        ));
    };
    if Folder::of(&config.state).files()?.is_empty() {
        print("no recordings, so nothing to remove\n");
        return Ok(Exit::Done);
    }
    let store = Store::open(&config.state).await?;
    let removed = prune(&store, &config.state, recording).await?;
    for (session, why) in &removed {
        print(&format!("{}  removed: {why}\n", short(*session)));
    }
    if removed.is_empty() {
        print("nothing to remove\n");
    }
    Ok(Exit::Done)
}

/// Removes what is not kept; says which, and why.
///
/// # Errors
/// Exit 7 when the record does not take it, or a file does not go.
pub(in crate::cli) async fn prune(
    store: &Store,
    state: &Path,
    recording: &Recording,
) -> Result<Vec<(SessionId, &'static str)>, Failure> {
    let folder = Folder::of(state);
    let known = Known::all(&store.record().rows_of(&Known::ACTIONS).await?);
    let all = Shelved::all(folder.files()?, known);
    let mut removed = Vec::new();
    for (shelved, why) in due(&all, recording, Clock::System.now().into()) {
        // One whose row was written, and whose file stayed, has its row.
        if shelved.known.as_ref().is_none_or(|known| known.removed.is_none()) {
            store.append(&[event(shelved, why)?]).await?;
        }
        folder.remove(shelved.session)?;
        removed.push((shelved.session, why));
    }
    Ok(removed)
}

/// Prunes after each `pause`, until it is dropped. What cannot be removed is told, and tried again.
pub(in crate::cli) async fn housekeeping(
    store: &Store,
    state: &Path,
    recording: &Recording,
    pause: Duration,
) {
    loop {
        tokio::time::sleep(pause).await;
        if let Err(failure) = prune(store, state, recording).await {
            unpruned(&failure);
        }
    }
}

/// Warns that recordings stay which should have gone.
pub(in crate::cli) fn unpruned(failure: &Failure) {
    eprint(&format!("warning: recordings that are not kept cannot be removed\n{}", failure.text));
}

/// Which recordings have to go, and why; the oldest first.
fn due<'s>(
    all: &'s [Shelved],
    recording: &Recording,
    now: SystemTime,
) -> Vec<(&'s Shelved, &'static str)> {
    let mut left: Vec<_> = all
        .iter()
        .filter_map(|shelved| Some((shelved, shelved.file.as_ref().filter(|file| !file.is_live)?)))
        .collect();
    left.sort_by_key(|(shelved, file)| (file.written, shelved.session));
    let mut bytes: u64 = all.iter().map(Shelved::bytes).sum();
    let mut due = Vec::new();
    for (shelved, file) in left {
        // A clock that went back makes nothing old.
        let age = now.duration_since(file.written).unwrap_or_default();
        let why = match (age > recording.keep, bytes > recording.keep_bytes) {
            (true, _) => "age",
            (false, true) => "size",
            (false, false) => break,
        };
        bytes -= file.bytes;
        due.push((shelved, why));
    }
    due
}

fn event(shelved: &Shelved, why: &str) -> Result<Event, Failure> {
    let known = shelved.known.as_ref();
    let own = whoami::username().ok().and_then(|name| name.parse::<UserName>().ok());
    let user = own.ok_or_else(|| Failure::from(crate::access::Refusal::Nameless))?;
    Ok(Event {
        time: Clock::System.now(),
        session: Some(shelved.session),
        user,
        action: Action::RecordingRemoved,
        account: known.and_then(|known| known.account.clone()),
        connector: known.map(|known| known.connector.clone()).unwrap_or_default(),
        address: String::new(),
        reason: String::new(),
        client_address: crate::session::LOCAL.to_owned(),
        outcome: String::new(),
        details: vec![
            ("why".to_owned(), why.to_owned()),
            ("bytes".to_owned(), shelved.bytes().to_string()),
        ],
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Clock, Duration, Folder, Recording, SessionId, Store, SystemTime, housekeeping};
    use crate::activity::Action;
    use crate::recording::{About, KeyPair, Writer};

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    /// A recording that was written last so many days ago, and has come to its end where it `is_whole`.
    fn recording(
        folder: &Folder,
        pair: &KeyPair,
        days: u32,
        is_whole: bool,
    ) -> (PathBuf, Option<Writer>) {
        let session = SessionId::fresh();
        let about = About {
            session: session.to_string(),
            began: String::new(),
            user: "ann".into(),
            account: "web/site".into(),
            connector: "site".into(),
        };
        let writer = Writer::create(folder.path(), session, about, &[pair.public()]).unwrap();
        let path = writer.path().to_owned();
        let open = match is_whole {
            true => writer.finish(1_000).map(|_| None).unwrap(),
            false => Some(writer),
        };
        let file = std::fs::File::options().append(true).open(&path).unwrap();
        let now = SystemTime::from(Clock::System.now());
        file.set_modified(now - DAY * days).unwrap();
        (path, open)
    }

    #[tokio::test]
    async fn what_grows_old_while_doorward_runs_is_removed_each_time() {
        let state = tempfile::tempdir().unwrap();
        let store = Store::open(state.path()).await.unwrap();
        let (folder, pair) = (Folder::of(state.path()), KeyPair::generate());
        let settings = Recording {
            recipients: vec![pair.public()],
            identity: None,
            keep: DAY * 30,
            keep_bytes: u64::MAX,
        };
        let (young, _) = recording(&folder, &pair, 29, true);
        let (under_way, _open) = recording(&folder, &pair, 31, false);
        let looked = housekeeping(&store, state.path(), &settings, Duration::from_millis(1));
        let grows_old = async {
            for _ in 0..2 {
                let (old, _) = recording(&folder, &pair, 31, true);
                while old.exists() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        };
        tokio::select! {
            () = looked => {}
            () = grows_old => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => panic!("an old recording stays"),
        }
        assert!(young.exists() && under_way.exists());
        let rows = store.record().rows_of(&[Action::RecordingRemoved]).await.unwrap();
        assert_eq!(rows.len(), 2);
    }
}
