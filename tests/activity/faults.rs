//! A state folder that is no good: the command says what is wrong and what to do, and changes nothing.

use std::path::Path;

use doorward::activity::Store;

use super::{all, event, record, tamper};
use crate::lab::Lab;

/// A lab whose configuration keeps the state in `state`.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("doorward.yaml", "state: state\n");
    lab
}

/// What is done to a state folder.
type Spoil = fn(&Path);

/// What is done to the folder, and what `doorward activity` and opening for writing say of it.
/// `STATE` stands for the folder.
const CASES: &[(Spoil, &str)] = &[
    (
        |state| std::fs::write(state, "a file").unwrap(),
        "error: cannot use STATE/activity.key, which the record needs\n\
         caused by: Not a directory (os error 20)\n\
         help: without a record there is no session: make the folder writable for you; another \
         folder can be named with `state:` in the configuration\n",
    ),
    (
        |state| {
            std::fs::create_dir_all(state).unwrap();
            std::fs::write(state.join("activity.db"), "no database at all".repeat(100)).unwrap();
        },
        "error: STATE/activity.db is not a record of doorward\n\
         help: move STATE/activity.db away and doorward makes a record there, or name another \
         folder with `state:` in the configuration\n",
    ),
    (
        |state| {
            std::fs::create_dir_all(state).unwrap();
            std::fs::write(state.join("activity.db"), "").unwrap();
            block(tamper(state, "CREATE TABLE bookmarks (url TEXT)"));
        },
        "error: STATE/activity.db is not a record of doorward\n\
         help: move STATE/activity.db away and doorward makes a record there, or name another \
         folder with `state:` in the configuration\n",
    ),
    (
        |state| {
            block(record(state, 2));
            block(tamper(state, "PRAGMA user_version = 7"));
        },
        "error: the record STATE/activity.db has schema 7, this doorward knows up to 2\n\
         help: use the doorward that wrote it, or a later one; nothing was changed\n",
    ),
    (
        |state| {
            block(record(state, 2));
            std::fs::write(state.join("activity.key"), "short").unwrap();
        },
        "error: the record's key STATE/activity.key is not 64 hexadecimal digits\n\
         help: restore STATE/activity.key from a backup; only to begin a new record, move the old \
         one out of the folder\n",
    ),
    (
        |state| {
            block(record(state, 2));
            std::fs::remove_file(state.join("activity.db")).unwrap();
        },
        "error: the record STATE/activity.db was removed: its key STATE/activity.key is still there\n\
         help: restore the record from a backup and report that it was gone; only to begin a new \
         one, move STATE/activity.key away too\n",
    ),
    (
        |state| {
            std::fs::create_dir_all(state.join("activity.db")).unwrap();
        },
        "error: the record STATE/activity.db cannot be read or written\n\
         caused by: disk I/O error (SQLite code 266)\n\
         help: check the disk that it lies on, and the limits of this shell; another folder can be \
         named with `state:` in the configuration\n",
    ),
];

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn each_fault_is_named_with_the_way_out() {
    for (spoil, expected) in CASES {
        let lab = lab();
        let state = lab.path().join("state");
        spoil(&state);
        let ended = lab.run(&["activity"]);
        let said = ended.stderr.replace(state.to_str().unwrap(), "STATE");
        assert_eq!((said.as_str(), ended.code, ended.stdout.as_str()), (*expected, 7, ""));
        let verified = lab.run(&["activity", "verify"]);
        assert_eq!((verified.stderr, verified.code), (ended.stderr, 7));
        assert!(block(Store::open(&state)).is_err(), "a session would begin after {expected}");
    }
}

#[test]
fn tables_that_were_dropped_are_missed() {
    let lab = lab();
    let state = lab.path().join("state");
    block(record(&state, 2));
    block(tamper(&state, "DROP TABLE activity"));
    let ended = lab.run(&["activity", "verify"]);
    assert_eq!(
        ended.stderr.replace(state.to_str().unwrap(), "STATE"),
        "error: the tables of the record STATE/activity.db were altered\n\
         caused by: no such table: activity (SQLite code 1)\n\
         help: keep STATE/activity.db as it is, it is evidence; restore the whole state folder from \
         a backup\n"
    );
    assert_eq!(ended.code, 7);
    assert!(block(async { Store::open(&state).await.unwrap().append(&[event(1)]).await }).is_err());
}

#[test]
fn a_damaged_page_is_an_error_and_no_crash() {
    let lab = lab();
    let state = lab.path().join("state");
    block(record(&state, 400));
    let path = state.join("activity.db");
    let kept = std::fs::read(&path).unwrap();
    let pages = kept.len() / 4096;
    for page in 1..pages {
        let mut damaged = kept.clone();
        damaged[page * 4096..page * 4096 + 64].fill(0xa5);
        std::fs::write(&path, damaged).unwrap();
        let opened = block(async {
            let store = Store::open(&state).await?;
            store.verify().await
        });
        // A page that only the indexes use holds no row, and reading misses nothing.
        if let Ok(verdict) = opened {
            assert_eq!((verdict.rows, verdict.breaks.len()), (400, 0), "page {page}");
        }
    }
    std::fs::write(&path, &kept[..kept.len() / 2]).unwrap();
    let ended = lab.run(&["activity", "verify"]);
    assert_eq!(ended.code, 7, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("STATE") || ended.stderr.contains("activity.db"));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    // Not even root makes a folder there.
    let error = block(Store::open(Path::new("/proc/doorward/state"))).unwrap_err();
    assert_eq!(error.to_string(), "cannot use /proc/doorward/state, which the record needs");
}

#[test]
fn reading_makes_nothing() {
    let lab = lab();
    for arguments in [&["activity"][..], &["activity", "verify"]] {
        let ended = lab.run(arguments);
        assert_eq!(ended.code, 0);
        assert!(ended.stdout.starts_with("no activity yet"), "{}", ended.stdout);
        assert!(!lab.path().join("state").exists());
    }
    assert_eq!(lab.run(&["activity", "--format", "json"]).stdout, "[]\n");
    assert!(lab.run(&["activity", "--format", "csv"]).stdout.starts_with("Number,Time,SessionId,"));
}

#[cfg(unix)]
#[test]
fn the_record_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("deep/state");
    block(async {
        let store = Store::open(&state).await.unwrap();
        let session = event(0).session.unwrap();
        let _live = store.begin(session).await.unwrap();
        store.append(&[event(1)]).await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&state), 0o700);
        assert_eq!(mode(&state.join("live")), 0o700);
        for name in ["activity.db", "activity.db-wal", "activity.db-shm", "activity.key"] {
            assert_eq!(mode(&state.join(name)), 0o600, "{name}");
        }
        assert_eq!(mode(&state.join("live").join(session.to_string())), 0o600);
    });
}

/// An auditor gets a copy on a medium, or a folder that only others write.
#[test]
fn a_copy_of_the_file_alone_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    block(record(folder.path(), 3));
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(folder.path().join("activity.db"), copy.path().join("activity.db")).unwrap();
    block(async {
        let record = doorward::activity::Record::open(copy.path()).await.unwrap().unwrap();
        assert_eq!(record.rows(&doorward::activity::Filter::default()).await.unwrap().len(), 3);
        let found = record.verify().await.unwrap().breaks;
        assert_eq!(found, [doorward::activity::Break::KeyMissing]);
    });
}

/// A folder that is spoilt while a session runs gives errors, and no panic.
#[test]
fn marks_that_cannot_be_made_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    block(async {
        let store = Store::open(folder.path()).await.unwrap();
        std::fs::write(folder.path().join("live"), "a file").unwrap();
        let live = folder.path().join("live");
        let expected = format!("cannot use {}, which the record needs", live.display());
        let error = store.begin(event(1).session.unwrap()).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        let error = store.close_interrupted(event(1).time).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        store.append(&[event(1)]).await.unwrap();
        assert_eq!(all(&store).await.len(), 1);
    });
}

/// An auditor may read the record and write nothing, not even the files that SQLite keeps beside it.
#[cfg(unix)]
#[test]
fn a_read_only_folder_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let lab = lab();
    let state = lab.path().join("state");
    block(record(&state, 3));
    let allow = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(lab.path(), 0o755);
    allow(&state, 0o555);
    allow(&state.join("activity.db"), 0o444);
    allow(&state.join("activity.key"), 0o000);
    // Modes do not bind root, so root tries it as nobody.
    let nobody = |arguments: &[&str]| {
        let mut command = std::process::Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        command.arg(env!("CARGO_BIN_EXE_doorward")).args(arguments).current_dir(lab.path());
        command.output()
    };
    let ended = |arguments: &[&str]| {
        if rustix::process::geteuid().is_root() {
            crate::lab::Ended::from(nobody(arguments).unwrap())
        } else {
            lab.run(arguments)
        }
    };
    let root = rustix::process::geteuid().is_root();
    if root && !nobody(&["--version"]).is_ok_and(|ended| ended.status.success()) {
        let why = b"skipped: nobody cannot run the binary from here (setpriv)\n";
        std::io::Write::write_all(&mut std::io::stderr(), why).unwrap();
        return;
    }
    let shown = ended(&["activity"]);
    assert_eq!((shown.code, shown.stdout.lines().count()), (0, 4), "{}", shown.stderr);
    let verified = ended(&["activity", "verify"]);
    assert_eq!(verified.code, 7);
    assert!(verified.stdout.contains("`activity.key` is missing or cannot be read"));
    let names: Vec<_> =
        std::fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    allow(&state, 0o755);
}
