//! The browser and its driver: missing, not fitting, ending, saying nothing or nonsense.

use super::*;

/// Where a case takes browser and driver from.
struct Case {
    name: &'static str,
    /// The body of a shell script that is the browser; empty: there is none. `VERSION` is chromedriver's.
    browser: &'static str,
    /// The same for the driver; `real`: the one on the PATH.
    driver: &'static str,
    /// Whether the configuration names them; else they are looked for on the PATH.
    named: bool,
    says: &'static str,
}

const INSTALL: &str = "help: install both from the same source: `apt-get install chromium chromium-driver` (Debian), \
    `dnf install chromium chromedriver` (Fedora), `apk add chromium chromium-chromedriver` (Alpine), \
    `brew install --cask chromium chromedriver` (macOS); or name their paths in the configuration: \
    `browser: { binary: …, driver: … }`\n";

pub(super) const BROWSER: &str = "echo Chromium 156.0.1.2";
/// Says its version, and then does what follows.
macro_rules! driver {
    ($then:literal) => {
        concat!("case $1 in --version) echo 'ChromeDriver 156.0.1.2 (x)'; exit;; esac; ", $then)
    };
}

/// A driver that never says its port.
pub(super) const SILENT: &str = driver!("sleep 600");

/// What is found before anything is on record.
const BEFORE: &[Case] = &[
    Case {
        name: "no browser on the PATH",
        browser: "",
        driver: driver!("touch started"),
        named: false,
        says: "error: the browser was not found: looked for chromium, chromium-browser, google-chrome-stable, \
               google-chrome, chrome on the PATH\n",
    },
    Case {
        name: "no driver on the PATH",
        browser: BROWSER,
        driver: "",
        named: false,
        says: "error: its driver was not found: looked for chromedriver on the PATH\n",
    },
    Case {
        name: "no browser where the configuration names it",
        browser: "",
        driver: driver!("touch started"),
        named: true,
        says: "error: the browser was not found: looked for LAB/bin/chromium, which the configuration names\n",
    },
    Case {
        name: "no driver where the configuration names it",
        browser: BROWSER,
        driver: "",
        named: true,
        says: "error: its driver was not found: looked for LAB/bin/chromedriver, which the configuration names\n",
    },
    Case {
        name: "versions that do not fit",
        browser: "echo Chromium 99.0.4844.51 built on Debian",
        driver: driver!("touch started"),
        named: true,
        says: "error: LAB/bin/chromium is version 99.0.4844.51 and LAB/bin/chromedriver is version 156.0.1.2: \
               a driver works with the browser of its own major version only\n\
               help: update both from the same source, or name a pair that fits in the configuration: \
               `browser: { binary: …, driver: … }`\n",
    },
    Case {
        name: "a browser that says no version",
        browser: "echo cannot open shared object file: libnss3.so >&2; exit 127",
        driver: driver!("touch started"),
        named: true,
        says: "error: cannot start LAB/bin/chromium\n\
               caused by: `--version` printed no version, but: cannot open shared object file: libnss3.so\n\
               help: `doorward doctor` checks browser and driver one by one\n",
    },
    Case {
        name: "a driver that says nothing",
        browser: BROWSER,
        driver: "exit 1",
        named: true,
        says: "error: cannot start LAB/bin/chromedriver\n\
               caused by: `--version` printed no version\n\
               help: `doorward doctor` checks browser and driver one by one\n",
    },
];

/// What goes wrong when they are started, the session on record.
const STARTING: &[Case] = &[
    Case {
        name: "a driver that ends at once",
        browser: BROWSER,
        driver: driver!("exit 3"),
        named: true,
        says: "caused by: it ended before it listened on a port (exit status: 3)\n",
    },
    Case {
        name: "a driver that never says its port",
        browser: BROWSER,
        driver: SILENT,
        named: true,
        says: "caused by: it did not say within 30 s on which port it listens\n",
    },
    Case {
        name: "a driver that prints garbage, and ends",
        browser: BROWSER,
        driver: driver!(
            "head -c 100000 /dev/urandom; echo; echo was started successfully on port 99999999."
        ),
        named: true,
        says: "caused by: it ended before it listened on a port (exit status: 0)\n",
    },
    Case {
        name: "a driver that prints garbage for ever",
        browser: BROWSER,
        // What comes at once costs both processors for as long as it comes, so it comes late: the time is
        // over in the midst of it.
        driver: driver!("sleep 27; exec cat /dev/zero"),
        named: true,
        says: "caused by: it did not say within 30 s on which port it listens\n",
    },
    Case {
        name: "a driver that closes its output",
        browser: BROWSER,
        driver: driver!("exec sleep 600 >/dev/null"),
        named: true,
        says: "caused by: it closed its output before it said on which port it listens\n",
    },
    Case {
        name: "a driver that is killed",
        browser: BROWSER,
        driver: driver!("kill -9 $$"),
        named: true,
        says: "caused by: it ended before it listened on a port (signal: 9 (SIGKILL))\n",
    },
];

/// Makes an executable. The shell writes it, for a file that this process has open to write could be
/// handed on to another test's child in that moment, and then nobody could start it.
pub(super) fn script(path: &Path, body: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let write = "printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod +x \"$1\"";
    let done = Command::new("/bin/sh").args(["-c", write, "sh"]).arg(path).arg(body).status();
    assert!(done.unwrap().success());
}

/// Puts browser and driver of `case` where it wants them, and connects.
fn connect(floor: &Floor, case: &Case) -> Launched {
    let bin = floor.desk.lab.path().join("bin");
    let _ = std::fs::remove_dir_all(&bin);
    std::fs::create_dir_all(&bin).unwrap();
    for (name, body) in [("chromium", case.browser), ("chromedriver", case.driver)] {
        if !body.is_empty() {
            script(&bin.join(name), body);
        }
    }
    let (named, path) = match case.named {
        true => {
            let bin = bin.display();
            let named = format!(", binary: {bin}/chromium, driver: {bin}/chromedriver");
            (named, std::env::var_os("PATH"))
        }
        false => (String::new(), Some(bin.clone().into_os_string())),
    };
    floor.configure("", &format!("sandbox: false{named}"));
    let mut command = floor.command("plain", "corp:web/site", &[]);
    ended(command.env("PATH", path.unwrap_or_default()))
}

#[test]
fn what_cannot_work_is_told_before_anything_else() {
    let floor = Floor::new();
    let mut problems = Vec::new();
    for case in BEFORE {
        let launched = connect(&floor, case);
        let help = if case.says.contains("help:") { "" } else { INSTALL };
        let says = format!("{}{help}", case.says);
        let must = Must { code: 6, object: "failed/browser-failed", says: &says, record: &[] };
        problems.extend(floor.problem(&launched, &must).map(|p| format!("{}: {p}", case.name)));
        assert!(launched.object["session"].is_null(), "{}", launched.object);
        floor.assert_untouched(case.name);
        assert_eq!(floor.desk.record(&[]), [] as [Value; 0], "{}", case.name);
        assert!(!floor.desk.lab.path().join("started").exists(), "{}", case.name);
    }
    assert_none(&problems);
}

#[test]
fn root_and_a_missing_screen_are_told_before_anything_else() {
    let floor = Floor::new();
    let mut problems = Vec::new();
    if is_root() {
        floor.configure("", "sandbox: true");
        let must = Must {
            code: 6,
            object: "failed/browser-failed",
            says: "error: the browser's own sandbox does not work when doorward runs as root\n\
                   help: run doorward as an ordinary user, or say `browser: { sandbox: false }` in the configuration: \
                   then a page that breaks out of the browser has root's rights\n",
            record: &[],
        };
        problems.extend(floor.problem(&floor.connect("plain", "corp:web/site"), &must));
    } else {
        skipped("the sandbox and root", "this is not root");
    }
    floor.configure("", "sandbox: false");
    let line = ["connect", "plain", "--account", "corp:web/site", "--format", "json"];
    let launched = ended(&mut floor.desk.lab.command(&line));
    let must = Must {
        code: 6,
        object: "failed/browser-failed",
        says: "error: there is no screen for the browser's window\n\
               help: use --headless, or run doorward on a desktop (DISPLAY or WAYLAND_DISPLAY is not set)\n",
        record: &[],
    };
    problems.extend(floor.problem(&launched, &must));
    floor.assert_untouched("before");
    assert_eq!(floor.desk.record(&[]), [] as [Value; 0]);
    assert_none(&problems);
}

#[test]
fn a_driver_that_does_not_start_is_named() {
    // Two of them take 30 s each, so all go at the same time.
    let problems: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = STARTING
            .iter()
            .map(|case| {
                scope.spawn(move || {
                    let floor = Floor::new();
                    let launched = connect(&floor, case);
                    let says = format!(
                        "error: cannot start LAB/bin/chromedriver\n{}\
                         help: `doorward doctor` checks browser and driver one by one\n",
                        case.says
                    );
                    let must = Must {
                        code: 6,
                        object: "failed/browser-failed",
                        says: &says,
                        record: &[
                            "Connect corp:web/site",
                            "ConnectFailed corp:web/site browser-failed",
                        ],
                    };
                    floor.desk.assert_clean();
                    assert_eq!(floor.site.visits(), [], "{}", case.name);
                    floor.problem(&launched, &must).map(|p| format!("{}: {p}", case.name))
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    assert_none(&problems);
}

/// The versions fit, and yet there is no session to be had.
#[test]
fn a_session_that_does_not_come_is_named() {
    let floor = Floor::new();
    let bin = floor.desk.lab.path().join("bin");
    let port = floor.site.address().rsplit_once(':').unwrap().1.to_owned();
    let real = Command::new("chromedriver").arg("--version").output().unwrap();
    let real = String::from_utf8_lossy(&real.stdout).split(' ').nth(1).unwrap().to_owned();
    let chromium =
        "case $1 in --version) echo Chromium 156.0.1.2;; *) exec chromium \"$@\";; esac".to_owned();
    let says_port = |port: &str| {
        format!(
            "{}{}",
            driver!("echo was started successfully on port "),
            format_args!("{port}; exec sleep 600")
        )
    };
    let cases = [
        (
            "a browser that ends at once",
            format!("case $1 in --version) echo Chromium {real};; *) echo no >&2; exit 1;; esac"),
            String::new(),
            "error: cannot start LAB/bin/chromium\n\
             caused by: it ended before it listened for DevTools (exit status: 1); it said: no\n",
        ),
        (
            "a browser that never listens, and ends",
            format!("case $1 in --version) echo Chromium {real};; *) exec cat /dev/null;; esac"),
            String::new(),
            "error: cannot start LAB/bin/chromium\n\
             caused by: it ended before it listened for DevTools (exit status: 0)\n",
        ),
        (
            "a port where nobody listens",
            chromium.clone(),
            says_port("1"),
            "error: chromedriver gave no browser session: it cannot be reached: Connection refused (os error 111)\n",
        ),
        (
            "a port where somebody else listens",
            chromium,
            says_port(&port),
            "error: chromedriver gave no browser session: its answer is not WebDriver's\n",
        ),
    ];
    let mut problems = Vec::new();
    for (name, browser, driver, says) in cases {
        script(&bin.join("chromium"), &browser);
        let mut settings = format!("sandbox: false, binary: {}/chromium", bin.display());
        if !driver.is_empty() {
            script(&bin.join("chromedriver"), &driver);
            settings.push_str(&format!(", driver: {}/chromedriver", bin.display()));
        }
        floor.configure("", &settings);
        let launched = floor.connect("plain", "corp:web/site");
        let says = format!("{says}help: `doorward doctor` checks browser and driver one by one\n");
        let must = Must {
            code: 6,
            object: "failed/browser-failed",
            says: &says,
            record: &["Connect corp:web/site", "ConnectFailed corp:web/site browser-failed"],
        };
        problems.extend(floor.problem(&launched, &must).map(|p| format!("{name}: {p}")));
        floor.desk.assert_clean();
    }
    assert_none(&problems);
}
