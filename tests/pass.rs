//! The store of `pass`, read by the real `pass`, `pass otp` and GnuPG, and by programs that misbehave.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use doorward::access::{self, Grant};
use doorward::otp::Parameters;
use doorward::secret::Secret;
use doorward::vault::pass::Pass;
use doorward::vault::totp::Seed;
use doorward::vault::{Error, Password, Vault};
use serde_json::{Value, json};

use crate::lab::{Lab, wait};

const PASSWORD: &str = "MARKED>pass {x} & \"91\"";
const SEED: &str = "otpauth://totp/shop:anna?secret=JBSWY3DPEHPK3PXPMARKED22&period=30&digits=6";

/// A store with a key of its own that has no passphrase; the agent that GnuPG starts ends with it.
pub(crate) struct Store {
    pub(crate) lab: Lab,
}

impl Store {
    /// A store with nothing in it.
    pub(crate) fn new() -> Self {
        let store = Self { lab: Lab::new() };
        let home = store.lab.path().join(".gnupg");
        std::fs::create_dir(&home).unwrap();
        std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o700)).unwrap();
        let key = ["--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "anna@example.org"];
        store.gnupg("gpg", &[&key[..], &["default", "default", "never"]].concat());
        store.pass(&["init", "anna@example.org"], "");
        store
    }

    /// Puts an entry into it.
    pub(crate) fn insert(&self, name: &str, text: &str) {
        self.pass(&["insert", "--multiline", "--force", "--", name], text);
    }

    fn pass(&self, arguments: &[&str], input: &str) {
        use std::io::Write;
        let mut child = self
            .command("pass")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`pass` is installed by tests/run.sh");
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn gnupg(&self, program: &str, arguments: &[&str]) {
        let output = self.command(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.lab.path()).env("GNUPGHOME", self.lab.path().join(".gnupg"));
        command.current_dir(self.lab.path()).stdin(Stdio::null());
        command
    }

    fn open(&self, more: Value) -> Pass {
        let mut settings = json!({ "store": ".password-store", "gnupg-home": ".gnupg" });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let settings = settings.as_object().unwrap().clone();
        Pass::open("own".parse().unwrap(), settings, self.lab.path()).unwrap()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.command("gpgconf").args(["--kill", "all"]).output();
    }
}

/// A program that is run in the place of `pass`, in a store with one empty file `web/shop.gpg`.
fn fake(script: &str) -> Lab {
    let lab = Lab::new();
    lab.write("store/.gpg-id", "anna\n");
    lab.write("store/web/shop.gpg", "");
    let program = lab.write("fake", format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    lab
}

fn faked(lab: &Lab, more: Value) -> Pass {
    let mut settings = json!({ "command": "./fake", "store": "store" });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let settings = settings.as_object().unwrap().clone();
    Pass::open("own".parse().unwrap(), settings, lab.path()).unwrap()
}

fn grant(account: &str) -> Grant {
    access::decide(Some(&"anna".parse().unwrap()), &account.parse().unwrap(), &Default::default())
        .unwrap()
}

fn told(error: &Error) -> String {
    let mut text = error.to_string();
    if let Some(cause) = std::error::Error::source(error) {
        text.push_str(&format!(": {cause}"));
    }
    format!("{text}\n{}", error.help().unwrap_or_default())
}

#[tokio::test]
async fn real_entries_are_accounts_and_their_codes_are_of_pass_otp() {
    let store = Store::new();
    store.insert(
        "web/shop",
        &format!("{PASSWORD}\nlogin: anna\nurl: https://shop.example\n{SEED}\n"),
    );
    store.insert("-c", "dashed\n");
    store.insert("web/deep/bank", "x\n");
    let vault = store.open(json!({}));
    let account = vault.account(&grant("web/shop")).await.unwrap();
    let Password::WithCodes(password) = &account.password else { panic!("no codes") };
    assert_eq!((password.expose(), account.username.as_deref()), (PASSWORD, Some("anna")));
    assert!(!format!("{account:?}").contains("MARKED"));

    let seed = Seed::read(&Secret::new(SEED.to_owned()), Parameters::default()).unwrap();
    let code = vault.code(&grant("web/shop")).await.unwrap();
    let millis = code.counter.unwrap() * 30_000;
    assert_eq!(code.digits.expose(), seed.code_at(millis).digits.expose());
    assert_eq!(code.expires, seed.code_at(millis).expires);

    // What looks like an option is a name.
    let dashed = vault.account(&grant("-c")).await.unwrap();
    assert_eq!(dashed.password.secret().unwrap().expose(), "dashed");
    for (safe, expected) in [
        (None, "own:-c own:web/deep/bank own:web/shop"),
        (Some("web/deep"), "own:web/deep/bank"),
        (Some("we"), ""),
    ] {
        let listed = vault.list(safe).await.unwrap();
        let names: Vec<_> = listed.iter().map(|s| s.reference.to_string()).collect();
        assert_eq!(names.join(" "), expected);
    }
    let line = vault.health().await.unwrap();
    assert!(line.starts_with("3 entries in ") && line.ends_with("codes by pass otp"), "{line}");

    for (name, ask_code, expected) in [
        (
            "web/shpo",
            false,
            "vault `own` holds no account `web/shpo`\nthe nearest names are `own:web/shop`",
        ),
        (
            "bank",
            false,
            "vault `own` holds no account `bank`\nthe nearest names are `own:web/deep/bank`",
        ),
        (
            "web/deep/bank",
            true,
            "vault `own` has no seed for `web/deep/bank`, and so no one-time codes\n`pass otp append NAME` adds the `otpauth://` line of its QR code to the entry",
        ),
    ] {
        let error = match ask_code {
            true => vault.code(&grant(name)).await.map(drop).unwrap_err(),
            false => vault.account(&grant(name)).await.map(drop).unwrap_err(),
        };
        assert_eq!(told(&error), expected);
    }

    // Somebody else's key ring.
    std::fs::create_dir(store.lab.path().join("other")).unwrap();
    let other = store.open(json!({ "gnupg-home": "other" }));
    let error = other.account(&grant("web/shop")).await.map(drop).unwrap_err();
    let text = told(&error);
    assert!(
        text.contains("`pass show web/shop` failed: ") && text.contains("No secret key"),
        "{text}"
    );
    assert!(text.contains("import it"), "{text}");
    let _ = store
        .command("gpgconf")
        .env("GNUPGHOME", store.lab.path().join("other"))
        .args(["--kill", "all"])
        .output();
}

#[tokio::test]
async fn the_whole_program_reads_the_store_of_the_home_folder() {
    let store = Store::new();
    store.insert("web/shop", &format!("{PASSWORD}\nuser: anna\n{SEED}\n"));
    store.lab.write("doorward.yaml", "vaults: { own: { kind: pass } }\nstate: state\n");
    let shown = store.lab.run(&["account", "show", "web/shop"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    assert!(
        shown.stdout.contains("set, and one-time codes, computed by the vault"),
        "{}",
        shown.stdout
    );
    assert!(!shown.stdout.contains("MARKED"), "{}", shown.stdout);
}

#[tokio::test]
async fn without_the_extension_codes_are_computed_here() {
    let lab = fake(&format!(
        "case $1 in show) printf 'pw\\n{}\\n' ;; otp) echo 'Error: otp is not in the password store.' >&2; exit 1 ;; esac",
        SEED.replace('%', "%%")
    ));
    let vault = faked(&lab, json!({}));
    let code = vault.code(&grant("web/shop")).await.unwrap();
    let seed = Seed::read(&Secret::new(SEED.to_owned()), Parameters::default()).unwrap();
    let millis = code.counter.unwrap() * 30_000;
    assert_eq!(code.digits.expose(), seed.code_at(millis).digits.expose());
}

#[tokio::test]
async fn a_program_gets_few_variables_and_no_secret() {
    let lab = fake("{ env; echo \"$@\"; } > seen; echo pw");
    let script = lab.path().join("seen");
    let text = std::fs::read_to_string(lab.path().join("fake")).unwrap();
    lab.write("fake", text.replace("> seen", &format!("> {}", script.display())));
    faked(&lab, json!({})).account(&grant("web/shop")).await.unwrap();
    let seen = std::fs::read_to_string(script).unwrap();
    // What the shell itself adds is beside it.
    const KNOWN: [&str; 21] = [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "TERM",
        "TMPDIR",
        "GNUPGHOME",
        "GPG_TTY",
        "GPG_AGENT_INFO",
        "DISPLAY",
        "XAUTHORITY",
        "WAYLAND_DISPLAY",
        "XDG_RUNTIME_DIR",
        "DBUS_SESSION_BUS_ADDRESS",
        "LC_ALL",
        "PASSWORD_STORE_DIR",
        "PASSWORD_STORE_ENABLE_EXTENSIONS",
        "PASSWORD_STORE_EXTENSIONS_DIR",
        "PWD",
        "SHLVL",
        "_",
    ];
    let mut lines: Vec<&str> = seen.lines().collect();
    assert_eq!(lines.pop(), Some("show -- web/shop"));
    for line in lines {
        let name = line.split('=').next().unwrap();
        assert!(KNOWN.contains(&name), "{name} reaches the program");
    }
}

#[tokio::test]
async fn a_program_that_hangs_is_ended_with_its_children() {
    let lab = fake("");
    let pids = lab.path().join("pids");
    lab.write(
        "fake",
        format!("#!/bin/sh\nsleep 600 & echo $! > {0}.new; mv {0}.new {0}\nwait\n", pids.display()),
    );
    let vault = faked(&lab, json!({ "timeout": "2s" }));
    let error = vault.account(&grant("web/shop")).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("did not answer `fake show web/shop` within 2s"), "{error}");
    let pid = std::fs::read_to_string(pids).unwrap();
    let stat = format!("/proc/{}/stat", pid.trim());
    let ended = || match std::fs::read_to_string(&stat) {
        Ok(stat) => stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')),
        Err(_) => true,
    };
    assert!(wait(ended), "`sleep` goes on");
}

#[tokio::test]
async fn what_goes_wrong_with_the_program_is_told() {
    for (script, expected) in [
        ("exit 3", "it ended with an error and said nothing\nrun that command yourself"),
        (
            "echo 'gpg: decryption failed: No pinentry' >&2; exit 2",
            "failed: gpg: decryption failed: No pinentry\nGnuPG has no program to ask for the passphrase with",
        ),
        (
            "echo 'gpg: public key decryption failed: Inappropriate ioctl for device' >&2; exit 2",
            "GnuPG wants to ask for the passphrase and knows no terminal: `export GPG_TTY=$(tty)`",
        ),
        (
            "echo 'gpg: public key decryption failed: Operation cancelled' >&2; exit 2",
            "the question for the passphrase was closed",
        ),
        (
            "echo 'Error: web/shop is not in the password store.' >&2; exit 1",
            "vault `own` holds no account `web/shop`",
        ),
        ("printf '\\377\\376'", "answered `fake show web/shop` with what is not text"),
        ("head -c 3000000 /dev/zero", "it printed more than 1 MiB"),
    ] {
        let lab = fake(script);
        let error = faked(&lab, json!({})).account(&grant("web/shop")).await.map(drop).unwrap_err();
        let text = told(&error);
        assert!(text.contains(expected), "{script}: {text}");
    }
    for (entry, expected) in [
        ("otpauth://hotp/x?secret=JBSWY3DP&counter=1", "of the counter-based kind (HOTP)"),
        ("otpauth://totp/x?secret=0189", "is not base32"),
        ("otpauth://totp/x?secret=JBSWY3DP&encoder=steam", "of Steam's own kind"),
    ] {
        let lab = fake(&format!("printf 'pw\\n{entry}\\n'"));
        let error = faked(&lab, json!({})).code(&grant("web/shop")).await.map(drop).unwrap_err();
        assert!(told(&error).contains(expected), "{entry}: {}", told(&error));
    }
    let lab = fake(
        "case $1 in show) printf 'pw\\notpauth://totp/x?secret=JBSWY3DP\\n' ;; *) echo MARKED ;; esac",
    );
    let error = faked(&lab, json!({})).code(&grant("web/shop")).await.map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "vault `own` answered `fake otp code web/shop` with a code that is not made of digits"
    );
}

#[tokio::test]
async fn what_is_missing_is_told_before_anything_is_run() {
    let lab = fake("touch ran");
    for (settings, account, expected) in [
        (
            json!({ "command": "./absent" }),
            "web/shop",
            "absent`, the command of vault `own`: No such file or directory (os error 2)\ninstall it, or name it with its path as `command`",
        ),
        (
            json!({ "command": "doorward-no-such-program" }),
            "web/shop",
            "cannot start `doorward-no-such-program`",
        ),
        (
            json!({ "store": "absent" }),
            "web/shop",
            "which is no store: `pass init GPG-ID` makes one",
        ),
        (json!({}), "web/shops", "the nearest names are `own:web/shop`"),
        (json!({}), "web", "vault `own` holds no account `web`"),
    ] {
        let vault = faked(&lab, settings.clone());
        let error = vault.account(&grant(account)).await.map(drop).unwrap_err();
        assert!(told(&error).contains(expected), "{settings}: {}", told(&error));
    }
    assert!(!lab.path().join("ran").exists());
    for (settings, expected) in [
        (json!({ "command": "pass show" }), "`command` has to be a program, without arguments"),
        (json!({ "password": "MARKED" }), "`password` is unknown"),
        (json!({ "timeout": 5 }), "`timeout` has to be a duration with its unit"),
    ] {
        let settings = settings.as_object().unwrap().clone();
        let Err(error) = Pass::open("own".parse().unwrap(), settings, lab.path()) else {
            panic!("taken");
        };
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!told(&error).contains("MARKED"));
    }
}
