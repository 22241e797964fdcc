//! A world: a desk whose every secret is marked, and the watch over all that comes out of it.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use memchr::memmem;

use crate::lab::Lab;
use crate::lab::desk::Desk;
use crate::lab::marks::{Marks, files, holds_code};
use crate::site::{Site, USERNAME};

/// The password of the target account: long, of every kind of character, unlike all else.
pub(super) const PASSWORD: &str = "Tq7 Wm&Zf\"x9<K'vB2>é+4%pR\\nG~{y}!j";
/// The seed of the logon account; valid base32.
pub(super) const SEED: &str = "QZ7XVTSEEDK4MWPNB6HYJ2DRLC3GAF5U";
/// A protected property of the target account.
pub(super) const PIN: &str = "pIn-Hj4kQ0wZt8Yx<&\"=c";
/// The password of the KDBX vault, beside its key file.
pub(super) const VAULT_PASSWORD: &str = "kD-bX Vw7fXq2LmZ9 uC";
/// The token of the HashiCorp vault.
pub(super) const TOKEN: &str = "hvs.CAESmArKtOkQ7Zx3wV9yB5nL2";
/// The secret id of its AppRole.
pub(super) const SECRET_ID: &str = "5c1f0e9a-7b3d-4e86-mArK-9a2fd0c4b7e1";
/// The password of its account.
pub(super) const CORP_PASSWORD: &str = "cOrP-p4sS\"w0rD>{x}&9hJ2m";

/// The driver's log, below the desk.
const LOG: &str = "driver.log";

/// A desk and its site; what came out is searched when it is asked, and when it goes.
pub(super) struct World {
    pub(super) desk: Desk,
    pub(super) site: Site,
    pub(super) marks: Marks,
    spared: Vec<PathBuf>,
    watch: Option<Watch>,
}

impl World {
    /// A world with an account `web/site`, its logon account `web/seed`, and the vaults `corp` (a token
    /// file), `role` (an AppRole) and `env` (a token in `$DW_TOKEN`) at `vault`.
    pub(super) fn with_vault(vault: &str) -> Self {
        let site = Site::start_for(&[(USERNAME, PASSWORD, Some(SEED))]);
        let lab = Lab::new();
        for (name, secret) in [("pw", VAULT_PASSWORD), ("token", TOKEN), ("secret-id", SECRET_ID)] {
            let path = lab.write(&format!("keys/{name}"), format!("{secret}\n"));
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        std::fs::create_dir_all(lab.path().join("t")).unwrap();
        std::fs::create_dir_all(lab.path().join("connectors")).unwrap();
        let driver = lab.write("driver", driver(lab.path(), "--log-level=WARNING"));
        std::fs::set_permissions(driver, std::fs::Permissions::from_mode(0o755)).unwrap();
        lab.write("doorward.yaml", configuration(vault));
        let desk = Desk { lab };
        let mut world = Self {
            spared: ["pw", "token", "secret-id", "vault.key"]
                .map(|name| desk.lab.path().join("keys").join(name))
                .into(),
            watch: Some(Watch::over(desk.lab.path())),
            desk,
            site,
            marks: Marks::of(&[
                ("password", PASSWORD),
                ("seed", SEED),
                ("pin", PIN),
                ("vault password", VAULT_PASSWORD),
                ("token", TOKEN),
                ("secret id", SECRET_ID),
                ("corp password", CORP_PASSWORD),
            ]),
        };
        assert_eq!(world.run("vault init", world.desk.lab.command(&["vault", "init"])).0, 0);
        let key = std::fs::read_to_string(world.desk.lab.path().join("keys/vault.key")).unwrap();
        let (_, key) = key.split_once("<Data").and_then(|(_, key)| key.split_once('>')).unwrap();
        let key: String = key.split('<').next().unwrap().split_whitespace().collect();
        assert_eq!(key.len(), 64, "the key file holds 32 bytes in hex");
        world.marks.add("key file", &key);
        let address = world.site.address();
        let line = ["--username", USERNAME, "--address", &address, "--protected", "pin"];
        world.desk.add("web/site", &line, &format!("{PASSWORD}\n{PIN}"));
        world.desk.add("web/seed", &["--username", "operator-totp"], SEED);
        let link = ["account", "link", "web/site", "--logon-account", "web/seed"];
        assert_eq!(world.desk.lab.run(&link).code, 0);
        world
    }

    /// The same where no other vault is asked.
    pub(super) fn new() -> Self {
        Self::with_vault("http://127.0.0.1:9")
    }

    /// Lets the driver log all that it does.
    pub(super) fn let_the_driver_log_everything(&self) {
        let text = driver(self.desk.lab.path(), "--log-level=ALL");
        std::fs::write(self.desk.lab.path().join("driver"), text).unwrap();
    }

    /// The command `connect`, as talkative as it can be.
    pub(super) fn connect(&self, connector: &str, account: &str, arguments: &[&str]) -> Command {
        let mut line = vec!["connect", connector, "--account", account, "--headless"];
        line.extend(arguments);
        let mut command = self.desk.lab.command(&line);
        command.env("TMPDIR", self.desk.lab.path().join("t")).env("RUST_LOG", "trace");
        // For the vault `env`; no child may inherit it.
        command.env("DW_TOKEN", TOKEN);
        command
    }

    /// Runs a command to its end, and searches what it printed; its exit code and that.
    pub(super) fn run(&self, case: &str, mut command: Command) -> (i32, String) {
        let output = command.output().unwrap();
        if let Some(leak) = self.leak(&output) {
            panic!("{case}: {leak}");
        }
        let Output { stdout, stderr, status } = output;
        let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (status.code().unwrap_or(-1), text.concat())
    }

    /// The secrets that a command has printed, with the text; `None` when there is none.
    pub(super) fn leak(&self, output: &Output) -> Option<String> {
        [("stdout", &output.stdout), ("stderr", &output.stderr)].iter().find_map(|(name, bytes)| {
            let mut found: Vec<String> =
                self.marks.within(bytes).into_iter().map(str::to_owned).collect();
            found.extend(self.codes().into_iter().filter(|code| holds_code(bytes, code)));
            let text = || String::from_utf8_lossy(bytes);
            (!found.is_empty()).then(|| format!("{name} shows {found:?}:\n{}", text()))
        })
    }

    /// Searches every file below the desk.
    pub(super) fn search_files(&self, case: &str) {
        let folder = self.desk.lab.path();
        let leaks = self.marks.below(folder, &self.spared);
        assert!(leaks.is_empty(), "{case}: {}", leaks.join("\n"));
        for code in self.codes() {
            for path in files(folder) {
                let bytes = std::fs::read(&path).unwrap_or_default();
                assert!(!holds_code(&bytes, &code), "{case}: {} holds a code", path.display());
            }
        }
    }

    /// Ends the watch, and searches everything once more.
    pub(super) fn end(mut self) -> Seen {
        self.search_files("at the end");
        let seen = self.watch.take().unwrap().end();
        for bytes in &seen.0 {
            let found = self.marks.within(bytes);
            let text = String::from_utf8_lossy(bytes);
            assert!(found.is_empty(), "a process holds {found:?}:\n{text}");
            for code in self.codes() {
                assert!(!holds_code(bytes, &code), "a process holds a code:\n{text}");
            }
        }
        seen
    }

    /// The one-time codes that have reached the site.
    pub(super) fn codes(&self) -> Vec<String> {
        let visits = self.site.visits();
        let codes = visits.iter().filter_map(|visit| visit.fields.value("otp"));
        codes.filter(|code| code.len() == 6).map(str::to_owned).collect()
    }
}

/// What was seen of processes: each different set of arguments or environment, once.
pub(super) struct Seen(HashSet<Vec<u8>>);

impl Seen {
    /// Whether a process was seen with this in its arguments or its environment.
    pub(super) fn names(&self, text: &str) -> bool {
        self.0.iter().any(|bytes| String::from_utf8_lossy(bytes).contains(text))
    }
}

/// Looks at the arguments and environments of the processes of a folder, again and again, until it is dropped.
struct Watch {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<HashSet<Vec<u8>>>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    fn over(folder: &Path) -> Self {
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::default()));
        let (stopped, kept) = (Arc::clone(&stop), Arc::clone(&seen));
        let folder = folder.to_string_lossy().into_owned().into_bytes();
        // Nobody knew of the folder before: who runs already does not belong to it.
        let mut strangers: HashSet<u32> = processes().collect();
        let thread = std::thread::spawn(move || {
            let folder = memmem::Finder::new(&folder);
            while !stopped.load(Ordering::Relaxed) {
                // A number that is free may be given to a process of the folder's.
                let running: HashSet<u32> = processes().collect();
                strangers.retain(|process| running.contains(process));
                for process in running.difference(&strangers) {
                    look(*process, &folder, &kept);
                }
                std::thread::park_timeout(Duration::from_millis(5));
            }
        });
        Self { stop, seen, thread: Some(thread) }
    }

    fn end(mut self) -> Seen {
        self.stop().unwrap();
        Seen(std::mem::take(&mut *self.seen.lock().unwrap()))
    }

    fn stop(&mut self) -> std::thread::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().map_or(Ok(()), JoinHandle::join)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// The numbers of all processes.
fn processes() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn look(process: u32, folder: &memmem::Finder<'_>, seen: &Mutex<HashSet<Vec<u8>>>) {
    let path = PathBuf::from(format!("/proc/{process}"));
    // What may not be read is a process that others cannot read either.
    let read = |name: &str| std::fs::read(path.join(name)).unwrap_or_default();
    let (arguments, mut environment) = (read("cmdline"), read("environ"));
    if folder.find(&arguments).is_none() && folder.find(&environment).is_none() {
        return;
    }
    // The token is in doorward's environment by intent, and may be in no other's. A process that ends
    // meanwhile no longer has a program; then its name, which was read before, tells who it was.
    let program = std::fs::read_link(path.join("exe")).unwrap_or_default();
    let doorward = env!("CARGO_BIN_EXE_doorward");
    let named = arguments.split(|byte| *byte == 0).next() == Some(doorward.as_bytes());
    if named || program == Path::new(doorward) {
        let text = String::from_utf8_lossy(&environment);
        environment = text.replace(&format!("DW_TOKEN={TOKEN}"), "").into_bytes();
    }
    let mut seen = seen.lock().unwrap();
    seen.insert(arguments);
    seen.insert(environment);
}

/// A driver that writes down what it is started with, and its log where it can be searched.
fn driver(folder: &Path, level: &str) -> String {
    let folder = folder.display();
    format!(
        "#!/bin/sh\nenv >> {folder}/driver.seen\necho \"$@\" >> {folder}/driver.seen\n\
         case \"$1\" in --version) exec chromedriver --version;; esac\n\
         exec chromedriver \"$@\" {level} --log-path={folder}/{LOG} --append-log\n"
    )
}

/// Root has no sandbox in Chromium, and CI is root.
fn configuration(vault: &str) -> String {
    format!(
        "vaults:
  local: {{ kind: kdbx, path: keys/vault.kdbx, key-file: keys/vault.key, password-file: keys/pw }}
  corp: {{ kind: hashicorp, address: '{vault}', auth: {{ token-file: keys/token }} }}
  role: {{ kind: hashicorp, address: '{vault}', auth: {{ approle: {{ role-id: web, secret-id-file: keys/secret-id }} }} }}
  env: {{ kind: hashicorp, address: '{vault}', auth: {{ token-env: DW_TOKEN }} }}
  codes: {{ kind: hashicorp, engine: totp, address: '{vault}', mount: totp, auth: {{ token-file: keys/token }} }}
default-vault: local
connectors: [connectors]
state: state
browser: {{ sandbox: false, driver: driver }}
"
    )
}
