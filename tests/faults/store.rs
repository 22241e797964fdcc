//! The record: it cannot be begun, or it cannot be gone on with. No record, no session.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};

use super::*;

const RECORDED: &str = "help: without a record there is no session: make the folder writable for you; another folder can \
    be named with `state:` in the configuration\n";

/// What a session says whose end the disk had no room for.
const UNRECORDED: &str = "\
error: the session has ended, and its end is not on record
caused by: the record LAB/state/activity.db cannot be written: the disk is full
caused by: database or disk is full (SQLite code 13)
help: without a record there is no session: make room on the disk; another folder can be named with `state:` in the \
configuration; the next start writes the end as `interrupted`
";

impl Floor {
    /// That a launch which ended with exit 7 and `says` has reached nothing.
    fn refused(&self, launched: &Launched, says: &str) -> Option<String> {
        let must = Must { code: 7, object: "failed/record-failed", says, record: &[] };
        self.assert_untouched(says);
        let said = self.named(&launched.stderr);
        let object = format!("{}/{}", launched.outcome(), launched.cause());
        let told = (launched.code, object.as_str(), said.as_str());
        (told != (must.code, must.object, must.says))
            .then(|| format!("exit {} {object}, and said:\n{said}", launched.code))
    }

    /// Writes the configuration with another state folder.
    fn state(&self, folder: &str) {
        self.configure("", "sandbox: false");
        let path = self.desk.lab.path().join("doorward.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replace("state: state", &format!("state: {folder}"))).unwrap();
    }
}

#[test]
fn a_folder_that_cannot_be_written() {
    let floor = Floor::new();
    let lab = floor.desk.lab.path().to_owned();
    let _ = std::fs::remove_dir_all(lab.join("state"));
    std::fs::write(lab.join("state"), "a file").unwrap();
    let mut problems = Vec::new();
    let cases = [
        (
            "state",
            "error: cannot use LAB/state, which the record needs\ncaused by: File exists (os error 17)\n",
        ),
        (
            "/proc/doorward",
            "error: cannot use /proc/doorward, which the record needs\n\
             caused by: No such file or directory (os error 2)\n",
        ),
    ];
    for (folder, says) in cases {
        floor.state(folder);
        let launched = floor.connect("plain", "corp:web/site");
        problems.extend(floor.refused(&launched, &format!("{says}{RECORDED}")));
    }
    assert_none(&problems);
}

#[test]
fn a_record_that_another_process_locks() {
    let floor = Floor::new();
    let state = floor.desk.lab.path().join("state");
    assert_eq!(floor.connect("plain", "web/nobody").code, 5);
    floor.desk.assert_clean();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lock = runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(state.join("activity.db"));
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        connection.execute("BEGIN IMMEDIATE").await.unwrap();
        connection
    });
    let launched = floor.connect("plain", "corp:web/site");
    let problem = floor.refused(
        &launched,
        "error: the record LAB/state/activity.db is locked by another process, and did not become free\n\
         caused by: database is locked (SQLite code 5)\n\
         help: end the program that holds it (`fuser LAB/state/activity.db` names it), then try again\n",
    );
    runtime.block_on(lock.close()).unwrap();
    assert_eq!(problem, None);
    assert_eq!(floor.connect("plain", "corp:web/site").code, 0, "it is free again");
}

/// A mount namespace of its own, in which the desk's state folder is a small disk; gone with its value.
struct Disk {
    holder: Child,
}

impl Disk {
    /// `options` are those of the mount; `None` where the system does not let us.
    fn mount(floor: &Floor, options: &str) -> Option<Self> {
        use std::io::{BufRead, BufReader};
        let state = floor.desk.lab.path().join("state");
        std::fs::create_dir_all(&state).unwrap();
        let mut command = Command::new("unshare");
        command.arg(if is_root() { "-m" } else { "-rm" });
        // It ends with its input.
        let script = "mount -t tmpfs -o \"$0\" none state && echo ready && read -r _";
        command.args(["/bin/sh", "-c", script, options]).current_dir(floor.desk.lab.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut holder = command.spawn().ok()?;
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let disk = Self { holder };
        (said == "ready\n").then_some(disk)
    }

    /// `command`, where the disk is.
    fn inside(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.arg(format!("--target={}", self.holder.id())).arg("--mount");
        if !is_root() {
            inside.args(["--user", "--preserve-credentials"]);
        }
        let folder = command.get_current_dir().unwrap();
        inside.args(["--", "/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh"]).arg(folder);
        inside.arg(command.get_program()).args(command.get_args()).env_clear();
        for (name, value) in command.get_envs() {
            inside.env(name, value.unwrap_or_default());
        }
        inside.stdin(Stdio::null());
        inside
    }

    /// Runs a shell script in the state folder.
    fn sh(&self, floor: &Floor, script: &str) -> Ended {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).current_dir(floor.desk.lab.path().join("state"));
        Ended::from(self.inside(&command).env("PATH", "/usr/bin:/bin").output().unwrap())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

/// Takes all the room that there is.
const FILL: &str = "cat /dev/zero > filler 2>/dev/null; sync; df . >&2";

#[test]
fn a_disk_that_is_full_or_read_only() {
    let floor = Floor::new();
    let _ = std::fs::remove_dir_all(floor.desk.lab.path().join("state"));
    let mut problems = Vec::new();
    for (options, fill, says) in [
        (
            "size=16k",
            FILL,
            "error: the record LAB/state/activity.db cannot be written: the disk is full\n\
             caused by: database or disk is full (SQLite code 13)\n\
             help: without a record there is no session: make room on the disk; another folder can be named with \
             `state:` in the configuration\n",
        ),
        (
            "size=1m,ro",
            "",
            "error: cannot use LAB/state/activity.db, which the record needs\n\
             caused by: Read-only file system (os error 30)\n\
             help: without a record there is no session: make the folder writable for you; another folder can be \
             named with `state:` in the configuration\n",
        ),
    ] {
        let Some(disk) = Disk::mount(&floor, options) else {
            return skipped("a disk that is full or read-only", "this system lets us mount none");
        };
        disk.sh(&floor, fill);
        let launched = ended(&mut disk.inside(&floor.command("plain", "corp:web/site", &[])));
        problems.extend(floor.refused(&launched, says).map(|p| format!("{options}: {p}")));
    }
    assert_none(&problems);
}

/// The disk becomes full while a row waits, or while the session is held.
#[test]
fn a_disk_that_becomes_full_in_the_middle() {
    let floor = Floor::new();
    let _ = std::fs::remove_dir_all(floor.desk.lab.path().join("state"));
    let Some(disk) = Disk::mount(&floor, "size=4m") else {
        return skipped("a disk that becomes full", "this system lets us mount none");
    };
    let connector = |name: &str, rows: &str| {
        floor.desk.connector(name, "http://<address>/plain", "ActionTimeout: 20s", rows);
    };
    // The row after the wait is the first that uses a secret.
    let (first, rest) = ROWS.split_once('\n').unwrap();
    connector(
        "waits",
        &format!("{first}\n#never > (Click) (SearchBy=css) (Optional) (Timeout=5s)\n{rest}"),
    );
    let mut problems = Vec::new();
    for (name, connector, more, object) in [
        ("a row", "waits", &[][..], "failed/record-failed"),
        (
            "held",
            "plain",
            &["--hold", "5s", "--screenshot", "held.png"][..],
            "signed-in/record-failed",
        ),
    ] {
        let visits = floor.site.visits().len();
        let picture = floor.desk.lab.path().join("held.png");
        let mut command = disk.inside(&floor.command(connector, "corp:web/site", more));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let come = || match name {
            "held" => picture.exists(),
            _ => floor.site.visits()[visits..].iter().any(|visit| visit.path == "/plain"),
        };
        assert!((0..9).any(|_| wait(come)), "{name}: never signed in");
        disk.sh(&floor, FILL);
        let launched = Launched::from(Ended::from(child.wait_with_output().unwrap()));
        let told = format!("{}/{}", launched.outcome(), launched.cause());
        let said = floor.named(&launched.stderr);
        if (launched.code, told.as_str(), said.as_str()) != (7, object, UNRECORDED) {
            problems.push(format!("{name}: exit {}, {told}, and said:\n{said}", launched.code));
        }
        if connector == "waits" {
            assert_eq!(floor.site.submissions("plain"), [], "a secret was used off the record");
        }
        // There is room again: the next start writes the end.
        disk.sh(&floor, "rm filler");
        let next = ended(&mut disk.inside(&floor.command("plain", "corp:web/site", &[])));
        assert_eq!(next.code, 0, "{}", next.stderr);
        let session = launched.object["session"].as_str().unwrap();
        let line = ["activity", "--format", "json", "--session", session];
        let shown = Ended::from(disk.inside(&floor.desk.lab.command(&line)).output().unwrap());
        let record = rows(&serde_json::from_str::<Vec<Value>>(&shown.stdout).unwrap());
        if record.last().map(String::as_str) != Some("Disconnect corp:web/site interrupted") {
            problems.push(format!("{name}: {record:#?}"));
        }
        let verified =
            disk.inside(&floor.desk.lab.command(&["activity", "verify"])).output().unwrap();
        assert!(verified.status.success());
        floor.desk.assert_clean();
    }
    assert_none(&problems);
}
