//! Several processes and one record. Each test starts its own binary again in the role of a process:
//! it then finds the record's folder in the environment.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use doorward::activity::{Action, Event, Lease, Store};
use doorward::clock::Timestamp;
use doorward::name::SessionId;

use super::{all, connect, event};

const STATE: &str = "DOORWARD_TEST_STATE";
const ROLE: &str = "DOORWARD_TEST_ROLE";

/// The folder and the number of this process, where it is one of those that a test started.
fn role() -> Option<(PathBuf, i64)> {
    let number = std::env::var_os(ROLE)?.into_string().unwrap().parse().unwrap();
    Some((std::env::var_os(STATE)?.into(), number))
}

/// The command that runs the test `name` of this file in a role.
fn role_command(name: &str, state: &Path, number: i64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([&format!("activity::processes::{name}"), "--exact", "--nocapture"]);
    in_role(command, state, number)
}

fn in_role(mut command: Command, state: &Path, number: i64) -> Command {
    command.env(STATE, state).env(ROLE, number.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A process in a role; killed when the test is done with it.
struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it says next with [`say`]; `None` when it ended.
    fn hear(&mut self) -> Option<String> {
        self.lines.find_map(|line| line.unwrap().strip_prefix("says ").map(str::to_owned))
    }

    /// Everything that it still says; then it must have ended well.
    fn end(mut self) -> Vec<String> {
        let said = std::iter::from_fn(|| self.hear()).collect();
        let status = self.child.wait().unwrap();
        let mut complaint = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        assert!(status.success(), "{status}: {complaint}");
        said
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tells the test that started this process.
fn say(text: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nsays {text}").unwrap();
    out.flush().unwrap();
}

/// Waits until the test that started this process is gone or kills it.
fn wait_for_the_end() {
    let _ = std::io::stdin().read(&mut [0]);
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// They even make the record at the same time.
#[test]
fn eight_processes_append_one_chain() {
    async fn append(state: &Path, number: i64) {
        let store = Store::open(state).await.unwrap();
        for row in 0..50 {
            let connector = format!("{number}");
            store.append(&[Event { connector, ..event(row) }]).await.unwrap();
        }
    }
    if let Some((state, number)) = role() {
        return run(append(&state, number));
    }
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let processes: Vec<Process> = (0..8)
        .map(|n| Process::start(&mut role_command("eight_processes_append_one_chain", &state, n)))
        .collect();
    std::thread::scope(|scope| {
        for number in 8..11 {
            let state = &state;
            scope.spawn(move || run(append(state, number)));
        }
    });
    processes.into_iter().for_each(|process| drop(process.end()));
    run(async {
        let store = Store::open(&state).await.unwrap();
        let verdict = store.verify().await.unwrap();
        assert_eq!((verdict.rows, verdict.breaks), (11 * 50, vec![]));
        let mut of_each: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
        for (row, expected) in all(&store).await.into_iter().zip(1..) {
            assert_eq!(row.number, expected);
            of_each.entry(row.event.connector).or_default().push(row.event.time);
        }
        assert_eq!(of_each.len(), 11);
        for (number, times) in of_each {
            let expected: Vec<_> = (0..50).map(|row| event(row).time).collect();
            assert_eq!(times, expected, "the rows of {number} are not in its order");
        }
    });
}

#[test]
fn a_kill_in_the_middle_of_appending_leaves_a_whole_chain() {
    if let Some((state, _)) = role() {
        return run(async {
            let store = Store::open(&state).await.unwrap();
            for row in 0.. {
                store.append(&[event(row), event(row), event(row)]).await.unwrap();
                say(row);
            }
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let mut said = 0;
    for heard in [1, 2, 5, 10, 20, 40, 3, 7] {
        let mut process = Process::start(&mut role_command(
            "a_kill_in_the_middle_of_appending_leaves_a_whole_chain",
            folder.path(),
            0,
        ));
        for _ in 0..heard {
            process.hear().expect("a row");
        }
        process.kill();
        said += heard;
        run(async {
            let store = Store::open(folder.path()).await.unwrap();
            let verdict = store.verify().await.unwrap();
            assert_eq!(verdict.breaks, []);
            assert!(verdict.rows >= said * 3, "{} rows of {said} batches", verdict.rows);
            assert_eq!(verdict.rows % 3, 0, "half a batch");
        });
    }
}

#[test]
fn each_code_is_leased_to_one_process() {
    const CODES: u64 = 20;
    if let Some((state, _)) = role() {
        return run(async {
            let store = Store::open(&state).await.unwrap();
            let now = Timestamp::UNIX_EPOCH;
            for counter in 0..CODES {
                if store.lease(&[7; 32], counter, now, now).await.unwrap() == Lease::Yours {
                    say(counter);
                }
            }
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let command =
        |number| role_command("each_code_is_leased_to_one_process", folder.path(), number);
    let processes: Vec<Process> = (0..8).map(|n| Process::start(&mut command(n))).collect();
    let mut won: Vec<u64> = processes
        .into_iter()
        .flat_map(Process::end)
        .map(|counter| counter.parse().unwrap())
        .collect();
    won.sort_unstable();
    assert_eq!(won, (0..CODES).collect::<Vec<_>>());
    run(async {
        let store = Store::open(folder.path()).await.unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let again = store.lease(&[7; 32], 3, now, now).await.unwrap();
        assert_eq!(again, Lease::Taken);
        let other = store.lease(&[8; 32], 3, now, now).await.unwrap();
        assert_eq!(other, Lease::Yours, "another secret has codes of its own");
    });
}

#[test]
fn a_session_whose_process_died_is_closed_once() {
    if let Some((state, _)) = role() {
        return run(async {
            let store = Store::open(&state).await.unwrap();
            let session = SessionId::fresh();
            let live = store.begin(session).await.unwrap();
            let logon = Event {
                account: Some("codes:acme".parse().unwrap()),
                action: Action::UseOneTimeCode,
                ..connect(session)
            };
            store.append(&[connect(session), logon]).await.unwrap();
            say(session);
            wait_for_the_end();
            drop(live);
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "a_session_whose_process_died_is_closed_once";
    let mut dying = Process::start(&mut role_command(name, folder.path(), 0));
    let mut living = Process::start(&mut role_command(name, folder.path(), 1));
    let died: SessionId = dying.hear().unwrap().parse().unwrap();
    let lives: SessionId = living.hear().unwrap().parse().unwrap();

    let now = event(3_725).time;
    let ended = run(async {
        let store = Store::open(folder.path()).await.unwrap();
        // Sessions that ended, each in its own way, and one that is run by this process.
        for action in [Action::Disconnect, Action::ConnectFailed, Action::ConnectRefused] {
            let session = SessionId::fresh();
            store.append(&[connect(session), Event { action, ..connect(session) }]).await.unwrap();
        }
        let own = SessionId::fresh();
        let live = store.begin(own).await.unwrap();
        store.append(&[connect(own)]).await.unwrap();
        assert_eq!(store.close_interrupted(now).await.unwrap(), [], "all of them live or ended");
        dying.kill();
        let ended = std::thread::scope(|scope| {
            let close = || {
                run(async {
                    let store = Store::open(folder.path()).await.unwrap();
                    store.close_interrupted(now).await.unwrap()
                })
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(close)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        drop(live);
        ended
    });
    assert_eq!(ended, [died]);

    run(async {
        let store = Store::open(folder.path()).await.unwrap();
        let rows = all(&store).await;
        let last = |session| {
            let rows = rows.iter().filter(move |row| row.event.session == Some(session)).skip(2);
            rows.map(|row| {
                let details = row.event.details.clone();
                (
                    row.event.action,
                    row.event.account.as_ref().unwrap().to_string(),
                    row.event.outcome.clone(),
                    details,
                )
            })
            .collect::<Vec<_>>()
        };
        let details = vec![
            ("duration".to_owned(), "3725.000s".to_owned()),
            ("ended".to_owned(), "unknown, at the latest when it was found".to_owned()),
        ];
        let end = |account: &str| {
            (Action::Disconnect, account.to_owned(), "interrupted".to_owned(), details.clone())
        };
        assert_eq!(last(died), [end("local:web/shop"), end("codes:acme")]);
        assert_eq!(last(lives), []);
        assert!(!folder.path().join("live").join(died.to_string()).exists());
        assert!(folder.path().join("live").join(lives.to_string()).exists());
        assert_eq!(store.verify().await.unwrap().breaks, []);
    });
    living.kill();
    let ended = run(async {
        let store = Store::open(folder.path()).await.unwrap();
        store.close_interrupted(now).await.unwrap()
    });
    // The session of this process was given up above without a last row.
    assert_eq!(ended.len(), 2);
    assert!(ended.contains(&lives));
}

/// Sessions begin and end in several processes, and starts look for the dead all the time: nobody
/// who lives is closed.
#[test]
fn a_session_that_just_began_is_not_taken_for_dead() {
    if let Some((state, number)) = role() {
        return run(async {
            let store = Store::open(&state).await.unwrap();
            for _ in 0..25 {
                if number % 2 == 0 {
                    let closed = store.close_interrupted(event(9).time).await.unwrap();
                    closed.iter().for_each(say);
                } else {
                    let session = SessionId::fresh();
                    let live = store.begin(session).await.unwrap();
                    store.append(&[connect(session)]).await.unwrap();
                    let end = Event { action: Action::Disconnect, ..connect(session) };
                    store.append(&[end]).await.unwrap();
                    drop(live);
                }
            }
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "a_session_that_just_began_is_not_taken_for_dead";
    let processes: Vec<Process> =
        (0..6).map(|n| Process::start(&mut role_command(name, folder.path(), n))).collect();
    let closed: Vec<String> = processes.into_iter().flat_map(Process::end).collect();
    assert_eq!(closed, [""; 0]);
    run(async {
        let store = Store::open(folder.path()).await.unwrap();
        assert_eq!(all(&store).await.len(), 3 * 25 * 2);
        let left = std::fs::read_dir(folder.path().join("live")).unwrap().count();
        assert_eq!(left, 0);
    });
}

/// Appends until the record takes no more, under a limit that the command sets; says the error.
#[test]
fn a_disk_without_room_stops_the_record_and_spoils_nothing() {
    if let Some((state, _)) = role() {
        return run(async {
            let store = Store::open(&state).await.unwrap();
            let large = Event { reason: "x".repeat(2_000), ..event(1) };
            for taken in 0.. {
                if let Err(error) = store.append(std::slice::from_ref(&large)).await {
                    say(taken);
                    say(error);
                    // The connection is still good for what needs no room.
                    say(store.verify().await.unwrap().rows);
                    // Where the disk itself is gone with this process, so is the record.
                    say(store.verify().await.unwrap().breaks.len());
                    return;
                }
            }
        });
    }
    let name = "a_disk_without_room_stops_the_record_and_spoils_nothing";
    // A limit on the size of files acts like a failing disk; a small file system is a full one.
    let limits = [
        ("trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\"", "cannot be read or written"),
        (
            "mount -t tmpfs -o size=512k none \"$DOORWARD_TEST_STATE\" && exec \"$0\" \"$@\"",
            "cannot be written: the disk is full",
        ),
    ];
    for (limit, expected) in limits {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().to_str().unwrap();
        let mounts = limit.starts_with("mount");
        if mounts && !own_mounts() {
            let why = b"skipped: a small file system cannot be mounted here (unshare -m)\n";
            std::io::stderr().write_all(why).unwrap();
            continue;
        }
        let mut command = Command::new(if mounts { "unshare" } else { "sh" });
        command.args(if mounts { &["-m", "sh", "-c"][..] } else { &["-c"] });
        command.arg(limit).arg(std::env::current_exe().unwrap());
        command.args([&format!("activity::processes::{name}"), "--exact", "--nocapture"]);
        let said = Process::start(&mut in_role(command, folder.path(), 0)).end();
        let [taken, error, rows, breaks] = said.as_slice() else { panic!("it said {said:?}") };
        assert_eq!(*error, format!("the record {state}/activity.db {expected}"));
        assert_eq!((rows, breaks.as_str()), (taken, "0"));
        assert_ne!(taken, "0", "the limit left no room for a row");
        if !mounts {
            run(async {
                let store = Store::open(folder.path()).await.unwrap();
                store.append(&[event(2)]).await.unwrap();
                let verdict = store.verify().await.unwrap();
                assert_eq!(verdict.breaks, []);
                assert_eq!(
                    verdict.rows.to_string(),
                    (taken.parse::<u64>().unwrap() + 1).to_string()
                );
            });
        }
    }
}

/// Whether this user may mount in a name space of its own.
fn own_mounts() -> bool {
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", "mount -t tmpfs none /mnt"]);
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
