//! `doorward doctor`: checks configuration, browser, driver, vaults, store and clock, and says what to do.
//!
//! It leaves the machine as it was: where there is no state folder yet, it makes none.

mod findings;

use std::path::Path;
use std::sync::Arc;

use self::findings::Findings;
use super::world::World;
use super::{Exit, Failure, print};
use crate::access::{self, Set};
use crate::activity::{self, Filter, Record, Store};
use crate::browser::{self, Binaries, Browser, Program, Settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::connector;
use crate::diagnostic::Diagnostic;
use crate::factor;
use crate::name::SessionId;
use crate::recording::{Folder, Identities};
use jiff::SignedDuration;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is changed: where no session was ever asked for, no record and no folder is made.

Examples:
  doorward doctor
  doorward doctor --config ./doorward.yaml
  doorward doctor --site https://shop.example/login    its clock, too, by which it checks codes

Ends with 0 when everything is fine, and otherwise with the code of the first thing that is not: 2 for \
the configuration, 3 for a connector, 4 when a vault refuses access, 5 for a vault, 6 for the browser, \
7 for the record. A `note` is no problem.")]
pub(super) struct Arguments {
    /// A site whose clock is compared with this machine's, as often as there are some: it checks one-time codes by it
    #[arg(long = "site", value_name = "URL", value_parser = super::launch::page)]
    sites: Vec<url::Url>,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let mut findings = Findings::default();
    match World::load(config) {
        Ok(world) => world.run(examine(&world, &arguments.sites, &mut findings))?,
        Err(failure) => {
            findings.failed("configuration", &failure);
            findings.note("the rest", "not checked: it hangs on the configuration", "");
        }
    }
    print(&findings.shown());
    Ok(findings.first().unwrap_or(Exit::Done))
}

async fn examine(world: &World, sites: &[url::Url], findings: &mut Findings) {
    let config = &world.config;
    match &config.file {
        Some(file) => findings.good("configuration", &file.display().to_string()),
        None => {
            let text = format!(
                "none: the defaults hold, in {}; one of your own would be ./doorward.yaml",
                config.base.display()
            );
            findings.good("configuration", &text);
        }
    }
    match world.user() {
        Some(user) => findings.good("user", user.as_str()),
        None => findings.failed("user", &crate::access::Refusal::Nameless.into()),
    }
    connectors(world, findings);
    policies(world, findings);
    browser(world, findings).await;
    for name in config.vaults.keys() {
        let what = format!("vault {name}");
        match world.vault(name) {
            Ok(vault) => {
                match vault.health().await {
                    Ok(news) => findings.good(&what, &news),
                    Err(error) => findings.failed(&what, &error.into()),
                }
                if let Some(skew) = vault.clock_skew() {
                    apart(&what, skew, findings);
                }
            }
            Err(failure) => findings.failed(&what, &failure),
        }
    }
    record(&config.state, findings).await;
    recordings(config, findings);
    factors(&config.state, findings);
    clock(findings);
    for url in sites {
        site(url, config.browser.proxy.as_ref(), findings).await;
    }
}

/// Compares this machine's clock with what a site says of the time (`Date`, RFC 9110, section 6.6.1).
async fn site(url: &url::Url, proxy: Option<&url::Url>, findings: &mut Findings) {
    let what = format!("site {}", url.origin().ascii_serialization());
    let asked = async {
        let mut client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(SITE)
            .no_proxy();
        if let Some(proxy) = proxy {
            client = client.proxy(reqwest::Proxy::all(proxy.as_str())?);
        }
        let before = Clock::System.now();
        let answer = client.build()?.head(url.as_str()).send().await?;
        Ok::<_, reqwest::Error>((before, answer, Clock::System.now()))
    };
    let (before, answer, after) = match asked.await {
        Ok(answered) => answered,
        Err(error) => {
            let why = crate::diagnostic::chain(&error.without_url(), ": ");
            let help = "check its address, and the way to it from this machine";
            findings.note(&what, &format!("its clock is not known: {why}"), help);
            return;
        }
    };
    let date = answer.headers().get(reqwest::header::DATE).and_then(|date| date.to_str().ok());
    let Some(date) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) else {
        findings.note(&what, "its answers do not say what time it is", "");
        return;
    };
    let skew = crate::clock::apart(date.timestamp(), before, after);
    if skew.abs() <= SKEW {
        findings.good(&what, "its clock is this machine's, as far as an answer tells");
    } else {
        apart(&what, skew, findings);
    }
}

/// Reads every connector of the configuration's folders.
fn connectors(world: &World, findings: &mut Findings) {
    let folders = &world.config.connectors;
    let shown = folders.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(" and ");
    let files: Vec<_> = folders
        .iter()
        .flat_map(|folder| {
            super::connectors::names_in(folder).into_iter().flat_map(move |name| {
                ["yaml", "yml"].map(|ending| folder.join(format!("{name}.{ending}")))
            })
        })
        .filter(|file| file.is_file())
        .collect();
    if files.is_empty() {
        let text = format!("none yet: looked in {shown}");
        findings.note(
            "connectors",
            &text,
            "put one there, or name its folder in the configuration: `connectors: [FOLDER]`",
        );
        return;
    }
    let broken: Vec<_> = files
        .iter()
        .filter(|file| match connector::read(file) {
            Ok(source) => connector::load(Arc::clone(&source)).1.iter().any(Diagnostic::is_error),
            Err(_) => true,
        })
        .map(|file| file.display().to_string())
        .collect();
    if broken.is_empty() {
        findings.good("connectors", &format!("{} in {shown}", files.len()));
        return;
    }
    let text = format!("{} of {} cannot be used: {}", broken.len(), files.len(), broken.join(", "));
    let help = format!("`doorward check {}` shows why", broken.join(" "));
    findings.bad("connectors", Exit::Connector, &text, &help);
}

/// Reads the policies that the configuration names.
fn policies(world: &World, findings: &mut Findings) {
    let Some(paths) = &world.config.policies else { return };
    let shown =
        paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ");
    let files = match access::files(paths) {
        Ok(files) => files,
        Err(error) => return findings.failed("policies", &unread(&error)),
    };
    let mut sources = Vec::new();
    for file in files {
        match access::source(&file) {
            Ok(source) => sources.push(source),
            Err(error) => return findings.failed("policies", &unread(&error)),
        }
    }
    let set = Set::read(&sources, Vec::new());
    if set.is_broken() {
        let help = "`doorward policy check` shows all that is wrong";
        findings.bad("policies", Exit::Connector, &set.trouble(), help);
    } else if set.is_empty() {
        let help = "put *.cedar files there; examples/policies has some";
        findings.note("policies", &format!("none in {shown}, so no account can be used"), help);
    } else {
        findings.good("policies", &format!("{} in {shown}", set.len()));
    }
}

fn unread(error: &access::Unread) -> Failure {
    Failure::new(Exit::Usage, error, error.help())
}

async fn browser(world: &World, findings: &mut Findings) {
    let mut settings = world.browser_settings(SessionId::fresh(), true);
    // What a browser needs of the state folder goes elsewhere where there is none.
    let scratch = tempfile::tempdir();
    if let Ok(scratch) = &scratch
        && !is_writable(&settings.state)
    {
        settings.state = scratch.path().to_owned();
    }
    let failed = |error: browser::Error| Failure::from(error);
    if let Some(endpoint) = &settings.webdriver {
        findings.good("browser", &format!("at {}", endpoint.origin().ascii_serialization()));
    } else {
        match Binaries::find(&settings).await {
            Ok(found) => {
                findings.good("browser", &shown(&found.browser));
                findings.good("driver", &shown(&found.driver));
            }
            Err(error) => return findings.failed("browser", &failed(error)),
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
        Err(error) => return findings.failed("browser starts", &failed(error)),
    }
    let windowed = Settings { headless: false, ..settings };
    if let Err(error @ browser::Error::NoScreen) = Browser::check(&windowed).await {
        findings.note(
            "screen",
            "none: sessions can be opened with --headless only",
            &error.help().unwrap_or_default(),
        );
    }
}

fn shown(program: &Program) -> String {
    format!("{} {}", program.path.display(), program.version)
}

/// The record, where there is one; else whether one can be made.
async fn record(state: &Path, findings: &mut Findings) {
    let opened = async {
        let Some(record) = Record::open(state).await? else { return Ok(None) };
        record.close().await?;
        let store = Store::open(state).await?;
        let rows = store.rows(&Filter::default()).await?.len();
        // An append of nothing needs all that an append of a row does, and leaves no row.
        store.append(&[]).await?;
        store.close().await?;
        Ok::<_, activity::Error>(Some(rows))
    };
    match opened.await {
        Ok(Some(rows)) => {
            let text = format!("{rows} rows in {}; `doorward activity verify` checks them", state.display());
            findings.good("record", &text);
        }
        Ok(None) if can_be_made(state) => {
            findings.good("record", &format!("none yet: the first session makes it in {}", state.display()));
        }
        Ok(None) => findings.bad(
            "record",
            Exit::Store,
            &format!("none yet, and none can be made in {}", state.display()),
            "without a record there is no session: make the folder writable for you, or name another one with `state:` in the configuration",
        ),
        Err(error) => findings.failed("record", &error.into()),
    }
}

/// Where live sessions are to be recorded: whether they can be.
fn recordings(config: &Config, findings: &mut Findings) {
    let Some(recording) = &config.recording else { return };
    let folder = Folder::of(&config.state);
    let (path, auditors) = (folder.path().display(), recording.recipients.len());
    match folder.files() {
        Ok(files) if can_be_made(folder.path()) => findings.good(
            "recordings",
            &format!("{} in {path}, for {auditors} auditors; `doorward recording verify` checks them", files.len()),
        ),
        Ok(_) => findings.bad(
            "recordings",
            Exit::Store,
            &format!("none can be made in {path}"),
            "without its recording there is no session: make the folder writable for you, or take `recording` out of the configuration",
        ),
        Err(error) => findings.failed("recordings", &error.into()),
    }
    let Some(path) = &recording.identity else { return };
    match Identities::load(path) {
        Err(error) => findings.failed("recording.identity", &error.into()),
        Ok(keys) if keys.recipients().iter().any(|key| recording.recipients.contains(key)) => {
            findings.note(
                "recording.identity",
                "the broker itself opens recordings, for those whom policies and roles let watch them",
                "who can read that file and the recordings can watch all of them; without it auditors load a key of \
                 their own in the portal",
            );
        }
        Ok(_) => findings.bad(
            "recording.identity",
            Exit::Usage,
            "its key is none of `recording.recipients`, so it opens no new recording",
            "name the identity of one of them, or add its public key to `recipients`",
        ),
    }
}

/// The key of second factors, where the portal has run.
fn factors(state: &Path, findings: &mut Findings) {
    use std::os::unix::fs::PermissionsExt;
    let path = state.join("factor.key");
    let shown = path.display();
    match factor::has_key(state) {
        Ok(true) => {
            let mode = std::fs::metadata(&path).map_or(0, |found| found.permissions().mode());
            match mode & 0o077 {
                0 => findings.good("second factors", &format!("{shown} is a key, for its owner alone")),
                _ => findings.bad(
                    "second factors",
                    Exit::Store,
                    &format!("others than its owner may use {shown} (mode {:o})", mode & 0o777),
                    &format!("`chmod 600 {shown}`: with it and portal.db everybody's codes can be computed"),
                ),
            }
        }
        Ok(false) if state.join("portal.db").exists() => findings.note(
            "second factors",
            &format!("no {shown} yet: the portal makes one when it starts"),
            "where people have second factors already, bring it back from the backup before: a new one opens none of them",
        ),
        Ok(false) => {}
        Err(error) => findings.failed("second factors", &error.into()),
    }
}

/// Whether the folder `path` is there and takes new files.
fn is_writable(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    path.is_dir() && access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Whether the folder `path` takes new files, or could be made.
fn can_be_made(path: &Path) -> bool {
    let Ok(path) = std::path::absolute(path) else { return false };
    // A link that leads nowhere is in the way.
    path.ancestors().find(|above| above.symlink_metadata().is_ok()).is_some_and(is_writable)
}

/// Whether a vault's clock shows another time than this machine's.
fn apart(what: &str, skew: SignedDuration, findings: &mut Findings) {
    if skew.abs() <= SKEW {
        return;
    }
    let side = if skew.is_positive() { "ahead of" } else { "behind" };
    findings.note(
        &format!("{what}, clock"),
        &format!("{} s {side} this machine's", skew.abs().as_secs()),
        "one of the two is wrong: one-time codes count the seconds of UTC, and those of a wrong clock are refused; synchronise both (NTP)",
    );
}

/// How long a site may take to say what time it is.
const SITE: std::time::Duration = std::time::Duration::from_secs(10);

/// How far clocks may be apart without a word.
const SKEW: SignedDuration = SignedDuration::from_secs(1);

/// One-time codes count in UTC. Whether the clock is right only another clock can tell; whether the
/// machine keeps it right, systemd says in a file.
fn clock(findings: &mut Findings) {
    let now = Clock::System.now();
    let shown = now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    if Path::new("/run/systemd/timesync/synchronized").exists() {
        findings.good("clock", &format!("{shown}, synchronised"));
    } else {
        findings.note(
            "clock",
            &format!("{shown}; this machine does not say whether it is synchronised"),
            "one-time codes count in UTC, whatever the zone: compare it with another clock, for half a minute off they are refused",
        );
    }
}
