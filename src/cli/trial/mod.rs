//! `doorward try`: a connector on the live page, as far as its author wants, with a look at every row.

mod trace;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::failure::colour;
use super::launch::{Ready, page};
use super::output::{self, Readers};
use super::signals::Signals;
use super::stage::Stage;
use super::world::World;
use super::{Exit, Failure, connectors, eprint, fixture, print, progress};
use crate::browser::Kind;
use crate::clock::Clock;
use crate::connector::{Connector, Object, Template};
use crate::meter::Meter;
use crate::name::{AccountRef, SessionId};
use crate::plan::{self, Request};
use crate::session::{self, Course, Ended, Launch, Progress, Trial, Tried, report};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward try demo --url https://shop.example/login          no account: every row of the first page is looked at
  doorward try demo --account web/shop                        stops before the password; on record
  doorward try demo --account web/shop --until 3              rows 1 to 3 are run, then the next page is looked at
  doorward try demo --url https://shop.example/login --sealing
                                                              tells whether `Injection: Sealed` works there
  doorward try demo --account web/shop --until 9 --trace out  a report for any browser: out/index.html

Each row tells what it hits, whether that is ready, and which locators would be better. Nothing secret is typed \
and nothing is submitted, unless --until says further. With --account the account's vault is asked, so the trial is on \
record as a session.

Ends with 0 when every row that was looked at would work, 1 when one would not, and otherwise as `connect` does.")]
pub(super) struct Arguments {
    /// The connector: its name in a connectors folder, or the path of its file
    connector: String,
    /// The account to try with: [vault:][safe/]name; without it nothing of an account is typed
    #[arg(long, value_name = "REF")]
    account: Option<AccountRef>,
    /// The page to begin at, instead of the connector's LogonURL
    #[arg(long, value_name = "URL", value_parser = page)]
    url: Option<url::Url>,
    /// Run the rows up to this one, secrets and submits included
    #[arg(long, value_name = "ROW", value_parser = clap::value_parser!(u32).range(1..))]
    until: Option<u32>,
    #[command(flatten)]
    links: super::links::Arguments,
    #[command(flatten)]
    purpose: super::purpose::Arguments,
    /// A value for one of the connector's UserParameters, as often as there are some
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = super::connect::parameter)]
    params: Vec<(String, String)>,
    /// Save a picture of each page with the hits numbered; the second page goes to FILE-2.png
    #[arg(long, value_name = "FILE")]
    screenshot: Option<PathBuf>,
    /// Write a report with a picture before and after each row into this folder
    #[arg(long, value_name = "DIR")]
    trace: Option<PathBuf>,
    /// Save the pages into this folder, without scripts and without secrets: `doorward test` runs the connector on them
    #[arg(long, value_name = "DIR")]
    fixture: Option<PathBuf>,
    /// Find out which rows can be sealed (`Injection: Sealed`): stand-ins are typed and submitted, and every request of
    /// the page is stopped from then on, so that the site sees no attempt
    #[arg(long)]
    sealing: bool,
    /// Show the browser's window
    #[arg(long)]
    window: bool,
    /// How it is printed
    #[arg(long, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object with every row
    Json,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    fits(&arguments)?;
    let (connector, diagnostics) = connectors::load(&world, &arguments.connector)?;
    let Some(mut connector) = connector else {
        connectors::show(&diagnostics);
        return Ok(Exit::Connector);
    };
    if let Some(url) = &arguments.url {
        connector.settings.logon_url =
            Template::literal(url.as_str(), connector.settings.logon_url.span);
    }
    world.run(attempt(&world, arguments, connector))?
}

async fn attempt(
    world: &World,
    arguments: Arguments,
    connector: Connector,
) -> Result<Exit, Failure> {
    let session = SessionId::fresh();
    let settings = world.browser_settings(session, !arguments.window);
    if settings.kind != Kind::Chromium || settings.webdriver.is_some() {
        return Err(Failure::usage(
            "`try` looks at pages through a Chromium that doorward starts itself",
            "leave `kind` and `webdriver` out of `browser:` in the configuration for it",
        ));
    }
    let user = world.user().ok_or_else(|| Failure::from(crate::access::Refusal::Nameless))?;
    let source = Arc::clone(&connector.source);
    let stage = stage(world, &arguments, &connector)?;
    let request = Request {
        account: stage.account.clone(),
        user,
        token: None,
        purpose: (&arguments.purpose).into(),
        links: world.links(&stage.account, &arguments.links)?,
        params: arguments.params.iter().cloned().collect(),
    };
    let plan = match plan::build(Arc::new(connector), request.clone()) {
        Ok(plan) => plan,
        Err(problems) => {
            connectors::show(&problems);
            return Ok(Exit::Usage);
        }
    };
    let grant = stage.granted(world, session, &request, &plan.connector).await?;
    let Ready { settings, binaries, store } = world.ready(&plan, settings, &stage.state).await?;
    let specimen = stage.is_made_up();
    let tracer = super::tracer(&Arc::new(Meter::default()));
    let traced = tracer.begin(session, &plan);
    let tell = |step: session::Progress| {
        traced.step(&step);
        // Of a made-up account nothing is to be told.
        if !(specimen && matches!(step, Progress::Recorded | Progress::Account { .. })) {
            eprint(&progress::line(&step));
        }
    };
    let mut signals = Signals::new()?;
    let trial = Trial {
        until: arguments.until.map(|row| row as usize),
        specimen,
        traced: arguments.trace.is_some(),
        saved: arguments.fixture.is_some(),
        sealing: arguments.sealing,
    };
    let began = Instant::now();
    let launch = Launch {
        session,
        plan,
        grant,
        course: Course::Trial(trial),
        client_address: session::LOCAL.to_owned(),
        store: &store,
        vaults: stage.vaults(world),
        browser: settings,
        binaries,
        clock: Clock::System,
        progress: &tell,
    };
    let launched = session::launch(launch, signals.next()).await;
    traced.end(launched.as_ref().map(|signed| (&signed.outcome, &signed.timings)));
    let mut signed = match launched {
        Ok(signed) => signed,
        Err(error) => {
            let _ = store.close().await;
            tracer.flush(super::TRACED).await;
            return Err(error.into());
        }
    };
    let tried = std::mem::take(&mut signed.tried);
    let Ended { outcome, url, recorded, .. } = signed.disconnect("the end of a trial").await;
    let _ = store.close().await;
    tracer.flush(super::TRACED).await;
    recorded.map_err(|error| Failure::unrecorded(&error))?;
    let saved = saved(&arguments, &tried)?;
    if let Some(folder) = &arguments.trace {
        trace::write_report(folder, &source, &tried, &outcome, &url, began.elapsed())?;
    }
    if let Some(folder) = &arguments.fixture {
        fixture::save(folder, &tried.saved)?;
    }
    match arguments.format {
        Format::Text => print(&report::text(&source, &tried, &outcome, &saved, colour())),
        Format::Json => {
            print(&format!("{:#}\n", report::json(session, &tried, &outcome, &url, &saved)));
        }
    }
    if let Some(folder) = &arguments.trace {
        eprint(&format!("trace: {}\n", folder.join("index.html").display()));
    }
    Ok(if report::is_good(&tried, &outcome) { Exit::Done } else { Exit::NotSignedIn })
}

/// The account that a trial plays with: a real one, or one made up, because no real one is touched.
fn stage(world: &World, arguments: &Arguments, connector: &Connector) -> Result<Stage, Failure> {
    if let Some(account) = &arguments.account {
        return Stage::real(world, account);
    }
    let named = connector
        .settings
        .logon_url
        .placeholders()
        .find(|placeholder| !matches!(placeholder.object, Object::User | Object::Param));
    match named {
        None => Stage::made_up(connector, None),
        Some(placeholder) => Err(Failure::usage(
            format!("the LogonURL of `{}` takes `{placeholder}` from an account", connector.id),
            "name the page with --url, or an account with --account",
        )),
    }
}

/// What can be known to be wrong before a session begins.
fn fits(arguments: &Arguments) -> Result<(), Failure> {
    arguments.screenshot.as_deref().map_or(Ok(()), output::file_fits)?;
    arguments.trace.as_deref().map_or(Ok(()), output::folder_fits)?;
    arguments.fixture.as_deref().map_or(Ok(()), output::folder_fits)
}

/// Saves the pictures that were asked for, and says where.
fn saved(arguments: &Arguments, tried: &Tried) -> Result<Vec<PathBuf>, Failure> {
    let Some(path) = &arguments.screenshot else { return Ok(Vec::new()) };
    let mut saved = Vec::new();
    for (index, shot) in tried.pages.iter().enumerate() {
        let path = if index == 0 { path.clone() } else { numbered(path, index + 1) };
        output::replace(&path, &shot.png, Readers::Person)?;
        saved.push(path);
    }
    Ok(saved)
}

/// `shop.png` as `shop-2.png`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending =
        path.extension().map_or_else(String::new, |end| format!(".{}", end.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number}{ending}"))
}
