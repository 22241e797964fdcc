//! A session that is held: what its browser keeps, what its process allows, what a kill leaves.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use super::world::World;
use crate::lab::marks::{files, holds_code};
use crate::lab::wait;

/// Types every secret into plain text fields of a page that keeps them, and one into a URL.
const ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
(Navigate=http://<address>/kept-form)
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
pin > <pin> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
";

/// A session that runs; what it prints is in a file of the desk.
struct Held {
    child: Child,
    printed: PathBuf,
}

impl Held {
    fn start(world: &World) -> Self {
        world.desk.connector("kept", "http://<address>/get-form", "", ROWS);
        let printed = world.desk.lab.path().join("printed");
        let file = || std::fs::File::create(&printed).unwrap();
        let mut command = world.connect("kept", "web/site", &["--hold", "1h"]);
        let child = command.stdout(Stdio::null()).stderr(file()).spawn().unwrap();
        Self { child, printed }
    }

    fn wait_until_it_is_yours(&self) {
        let printed = || std::fs::read_to_string(&self.printed).unwrap();
        assert!(wait(|| printed().contains("the session is yours")), "{}", printed());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The files of the running browser that hold a secret, or a code.
fn kept(world: &World) -> Vec<String> {
    let folder = world.desk.lab.path().join("t");
    let mut kept = world.marks.below(&folder, &[]);
    for code in world.codes() {
        for path in files(&folder) {
            if holds_code(&std::fs::read(&path).unwrap_or_default(), &code) {
                kept.push(format!("{}: a code", path.display()));
            }
        }
    }
    kept
}

/// Beside it runs a browser that is not told to keep nothing. When that one has written down all that
/// browsers do, ours has had the time to.
#[test]
fn a_browser_keeps_nothing() {
    let (world, other) = (World::new(), World::new());
    let browser = other.desk.lab.write("browser", FORGETFUL_OF_ITS_ORDERS);
    std::fs::set_permissions(browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let configuration = other.desk.lab.path().join("doorward.yaml");
    let text = std::fs::read_to_string(&configuration).unwrap();
    let text = text.replace("driver: driver", "driver: driver, binary: browser");
    std::fs::write(configuration, text).unwrap();
    let (held, beside) = (Held::start(&world), Held::start(&other));
    held.wait_until_it_is_yours();
    beside.wait_until_it_is_yours();
    let wrote = || {
        let kept = kept(&other).join("\n");
        ["History", "Sessions/Session_", "Cache/", "Local Storage", "chrome_debug.log", "a code"]
            .iter()
            .all(|file| kept.contains(file))
    };
    assert!(wait(wrote), "the other browser has kept only {:#?}", kept(&other));
    assert_eq!(kept(&world), Vec::<String>::new());
    world.search_files("held");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", held.child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let values: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(values, ["0", "0"], "{core}");
    if !rustix::process::geteuid().is_root() {
        // Not dumpable: not even its own user may read it. Root may read everything.
        let memory = std::fs::read(format!("/proc/{}/environ", held.child.id()));
        assert!(memory.is_err(), "the process can be read by others of its user");
    }
    // Killed, it leaves no browser either; the next start clears the rest away, and puts it on record.
    drop((held, beside));
    assert!(wait(|| world.desk.processes().is_empty() && other.desk.processes().is_empty()));
    world.search_files("killed");
    world.desk.connector("plain", "http://<address>/plain", "", crate::lab::desk::ROWS);
    let (code, text) = world.run("the next start", world.connect("plain", "web/site", &[]));
    assert_eq!(code, 0, "{text}");
    world.desk.assert_clean();
    let rows = world.desk.record(&["--account", "web/seed"]);
    assert!(format!("{rows:?}").contains("interrupted"), "{rows:?}");
    let seen = world.end();
    assert!(seen.names("--incognito"), "no browser was seen");
}

/// A browser that does as browsers do.
const FORGETFUL_OF_ITS_ORDERS: &str = "\
#!/bin/sh
for argument; do
  shift
  case \"$argument\" in --incognito) ;; *) set -- \"$@\" \"$argument\" ;; esac
done
exec chromium \"$@\" --enable-logging --log-level=0
";

/// What the driver is told, and its log at its most talkative: keys do not pass through it.
#[test]
fn a_driver_never_sees_what_is_typed() {
    let world = World::new();
    world.let_the_driver_log_everything();
    let rows = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
";
    world.desk.connector("code", "http://<address>/otp-same-form", "", rows);
    let (code, text) = world.run("the driver's log", world.connect("code", "web/site", &[]));
    assert_eq!(code, 0, "{text}");
    let log = std::fs::read_to_string(world.desk.lab.path().join("driver.log")).unwrap();
    assert!(log.contains("COMMAND InitSession"), "the driver logged nothing: {log}");
    world.search_files("the driver's log");
    world.end();
}

/// Whatever ends first: the driver, the browser, or doorward.
#[test]
fn a_process_is_killed_while_a_secret_is_on_the_page() {
    let world = World::new();
    let rows = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
nowhere > (Click) (SearchBy=id)
";
    for (victim, code) in [("--port=0", 6), ("--user-data-dir=", 6), ("", 1)] {
        // The first one's row waits out its time.
        let timeout = if victim == "--port=0" { "10s" } else { "60s" };
        let settings = format!("ActionTimeout: {timeout}");
        world.desk.connector("waits", "http://<address>/plain", &settings, rows);
        let printed = world.desk.lab.path().join("printed");
        let file = || std::fs::File::options().create(true).append(true).open(&printed).unwrap();
        std::fs::write(&printed, "").unwrap();
        let mut command = world.connect("waits", "web/site", &["--screenshot", "picture.png"]);
        let mut child = command.stdout(file()).stderr(file()).spawn().unwrap();
        let text = || std::fs::read_to_string(&printed).unwrap();
        assert!(wait(|| text().contains("row 3 of 3")), "{}", text());
        let killed = match victim {
            "" => child.id(),
            victim => process(&world, victim),
        };
        let signal = match victim {
            "" => rustix::process::Signal::TERM,
            _ => rustix::process::Signal::KILL,
        };
        let killed = rustix::process::Pid::from_raw(killed.try_into().unwrap()).unwrap();
        rustix::process::kill_process(killed, signal).unwrap();
        let ended = child.wait().unwrap();
        // A driver that is gone has no part in it: its rows go past it, to their own end.
        if victim != "--port=0" {
            assert_eq!(ended.code(), Some(code), "{victim}: {}", text());
        }
        world.desk.assert_clean();
        world.search_files(victim);
        assert!(!world.desk.lab.path().join("picture.png").exists());
    }
    world.end();
}

/// The process of the desk, and child of no other such one, with `argument` among its own.
fn process(world: &World, argument: &str) -> u32 {
    let folder = world.desk.lab.path().to_string_lossy().into_owned();
    let mut found: Vec<u32> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|process| {
            let number = process.file_name().to_string_lossy().parse().ok()?;
            let read = |name: &str| std::fs::read(process.path().join(name)).unwrap_or_default();
            let line = String::from_utf8_lossy(&read("cmdline")).into_owned();
            let ours = line.contains(&folder)
                || String::from_utf8_lossy(&read("environ")).contains(&folder);
            // Chromium's other processes say their type.
            (ours && line.contains(argument) && !line.contains("--type=")).then_some(number)
        })
        .collect();
    found.sort_unstable();
    found[0]
}
