//! `doorward doctor`: checks configuration, browser, driver, vaults, store and clock, and says what to do.

use std::error::Error;
use std::path::Path;

use super::world::World;
use super::{Exit, Failure, print};
use crate::activity::{Filter, Store};
use crate::browser::{Binaries, Browser};
use crate::clock::Clock;
use crate::name::SessionId;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Ends with 0 when everything is fine, and otherwise with the code of the first thing that is not: 2 for the
configuration, 3 for a connector, 5 for a vault, 6 for the browser, 7 for the record.")]
pub(super) struct Arguments {}

/// The checks that were made so far.
struct Findings {
    text: String,
    worst: Option<Exit>,
}

pub(super) fn run(config: Option<&Path>, _arguments: Arguments) -> Result<Exit, Failure> {
    let mut findings = Findings { text: String::new(), worst: None };
    let world = match World::load(config) {
        Ok(world) => world,
        Err(failure) => {
            findings.bad("configuration", failure.exit, failure.text.trim_end());
            print(&findings.text);
            return Ok(failure.exit);
        }
    };
    world.runtime()?.block_on(examine(&world, &mut findings));
    print(&findings.text);
    Ok(findings.worst.unwrap_or(Exit::Done))
}

async fn examine(world: &World, findings: &mut Findings) {
    let config = &world.config;
    match &config.file {
        Some(file) => findings.good("configuration", &file.display().to_string()),
        None => findings.good(
            "configuration",
            &format!("none; the defaults hold, in {}", config.base.display()),
        ),
    }
    match world.user() {
        Some(user) => findings.good("user", user.as_str()),
        None => findings.bad(
            "user",
            Exit::Access,
            "this machine has no name for the user who runs doorward",
        ),
    }
    connectors(world, findings);
    browser(world, findings).await;
    for name in config.vaults.keys() {
        let what = format!("vault {name}");
        match world.vault(name) {
            Ok(vault) => match vault.health().await {
                Ok(news) => findings.good(&what, &news),
                Err(error) => {
                    let help = error.help();
                    findings.error(&what, Exit::Vault, &error, help);
                }
            },
            Err(failure) => findings.bad(&what, failure.exit, failure.text.trim_end()),
        }
    }
    store(world, findings).await;
    clock(findings);
}

fn connectors(world: &World, findings: &mut Findings) {
    let folders: Vec<_> = world.config.connectors.iter().filter(|folder| folder.is_dir()).collect();
    let shown = world.config.connectors.iter().map(|f| f.display().to_string()).collect::<Vec<_>>();
    if folders.is_empty() {
        findings.warn(
            "connectors",
            &format!("no folder: looked for {}", shown.join(", ")),
            "make one, or name one with `connectors: [FOLDER]`",
        );
        return;
    }
    let files = folders.iter().map(|folder| super::connect::names_in(folder).len()).sum::<usize>();
    findings.good(
        "connectors",
        &format!("{files} in {}; `doorward check` reads them", shown.join(", ")),
    );
}

async fn browser(world: &World, findings: &mut Findings) {
    let settings = world.browser_settings(SessionId::fresh(), true);
    if settings.webdriver.is_none() {
        match Binaries::find(&settings).await {
            Ok(found) => {
                let program =
                    |p: &crate::browser::Program| format!("{} {}", p.path.display(), p.version);
                findings.good("browser", &program(&found.browser));
                findings.good("driver", &program(&found.driver));
            }
            Err(error) => {
                let help = error.help();
                findings.error("browser", Exit::Browser, &error, help);
                return;
            }
        }
    }
    // Only a start shows that it starts: a sandbox, a missing library, a full /dev/shm.
    let started = async {
        let binaries = Browser::check(&settings).await?;
        Browser::start(&settings, binaries.as_ref()).await
    };
    match started.await {
        Ok(browser) => {
            findings.good("browser starts", browser.name());
            browser.end().await;
        }
        Err(error) => {
            let help = error.help();
            findings.error("browser starts", Exit::Browser, &error, help);
        }
    }
}

async fn store(world: &World, findings: &mut Findings) {
    let state = &world.config.state;
    let opened = async {
        let store = Store::open(state).await?;
        let rows = store.rows(&Filter::default()).await?.len();
        store.close().await?;
        Ok::<usize, crate::activity::Error>(rows)
    };
    match opened.await {
        Ok(rows) => findings.good(
            "record",
            &format!(
                "{rows} rows in {}; `doorward activity verify` checks the chain",
                state.display()
            ),
        ),
        Err(error) => {
            let help = error.help();
            findings.error("record", Exit::Store, &error, help);
        }
    }
}

/// One-time codes count in UTC. Whether the clock is right only another clock can tell; whether the
/// machine keeps it right, systemd says in a file.
fn clock(findings: &mut Findings) {
    let now = Clock::System.now();
    let synchronised = Path::new("/run/systemd/timesync/synchronized").exists();
    let shown = now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    if synchronised {
        findings.good("clock", &format!("{shown}, synchronised"));
    } else {
        findings.warn(
            "clock",
            &format!("{shown}; this machine does not say whether it is synchronised"),
            "compare it with another one: a one-time code of a clock that is half a minute off is refused",
        );
    }
}

impl Findings {
    fn good(&mut self, what: &str, text: &str) {
        self.line("ok", what, text);
    }

    fn warn(&mut self, what: &str, text: &str, help: &str) {
        self.line("note", what, text);
        self.line("", "", &format!("help: {help}"));
    }

    fn bad(&mut self, what: &str, exit: Exit, text: &str) {
        self.worst.get_or_insert(exit);
        let mut lines = text.lines();
        self.line("BAD", what, lines.next().unwrap_or_default());
        for line in lines {
            self.line("", "", line);
        }
    }

    fn error(&mut self, what: &str, exit: Exit, error: &dyn Error, help: Option<String>) {
        let failure = Failure::new(exit, error, help);
        self.bad(what, exit, failure.text.trim_end());
    }

    fn line(&mut self, mark: &str, what: &str, text: &str) {
        use std::fmt::Write;
        let _ = writeln!(self.text, "{mark:<5} {what:<16} {text}");
    }
}
