//! `doorward test`: connectors on saved pages, with made-up accounts and a clock that stands; or on the live
//! application with a test account.

mod junit;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::launch::Ready;
use super::output::{self, Readers};
use super::signals::Signals;
use super::stage::Stage;
use super::world::World;
use super::{Exit, Failure, connectors, eprint, fixture, print, progress};
use crate::browser::Kind;
use crate::clock::{Clock, Timestamp};
use crate::connector::{Act, Connector, Template, Verb};
use crate::diagnostic::{Diagnostic, render};
use crate::name::{AccountRef, Links, Purpose, SessionId};
use crate::plan::{self, Plan, Request};
use crate::session::{self, Course, Launch, Outcome, Progress, SavedPage};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("on").required(true))]
#[command(after_help = "\
Examples:
  doorward try shop --account web/shop --until 9 --fixture fixtures/shop    saves the pages once
  doorward test shop --fixture fixtures/shop                                no network, no vault, no real account
  doorward test shop --fixture fixtures/shop --format junit -o shop.xml
  doorward test shop --account web/test                                     the live application; on record

On saved pages every row is run: fields are filled with made-up values and hold them, buttons are pressed, the \
checkpoints decide; scripts of the pages do not run, so what only a script does is not tested. The made-up secret must \
come out nowhere.

Ends with 0 when the connector signs in, 1 when it does not, and otherwise as `connect` does.")]
pub(super) struct Arguments {
    /// The connector: its name in a connectors folder, or the path of its file
    connector: String,
    /// The saved pages
    #[arg(long, value_name = "DIR", group = "on")]
    fixture: Option<PathBuf>,
    /// A test account of the live application: [vault:][safe/]name
    #[arg(long, value_name = "REF", group = "on")]
    account: Option<AccountRef>,
    /// A value for one of the connector's UserParameters, as often as there are some
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = super::connect::parameter)]
    params: Vec<(String, String)>,
    /// How the result is printed
    #[arg(long, default_value = "text")]
    format: Format,
    /// Where to write the result [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A line a row
    Text,
    /// JUnit XML: a test suite, with a test case a row
    Junit,
}

/// A row, as it went.
pub(super) struct Case {
    pub(super) row: usize,
    pub(super) text: String,
    pub(super) state: State,
}

/// How a row went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Passed,
    Failed(String),
    NotReached,
}

/// What a test is of.
pub(super) struct Suite {
    pub(super) name: String,
    pub(super) cases: Vec<Case>,
    pub(super) outcome: String,
    pub(super) took: Duration,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    arguments.output.as_deref().map_or(Ok(()), output::file_fits)?;
    let (connector, diagnostics) = connectors::load(&world, &arguments.connector)?;
    let Some(connector) = connector else {
        connectors::show(&diagnostics);
        return Ok(Exit::Connector);
    };
    let pages = arguments.fixture.as_deref().map(fixture::load).transpose()?;
    world.run(attempt(&world, &arguments, connector, pages))?
}

async fn attempt(
    world: &World,
    arguments: &Arguments,
    mut connector: Connector,
    pages: Option<Vec<SavedPage>>,
) -> Result<Exit, Failure> {
    let session = SessionId::fresh();
    let settings = world.browser_settings(session, true);
    if pages.is_some() && (settings.kind != Kind::Chromium || settings.webdriver.is_some()) {
        return Err(Failure::usage(
            "saved pages are tested in a Chromium that doorward starts itself",
            "leave `kind` and `webdriver` out of `browser:` in the configuration for it",
        ));
    }
    let user = world.user().ok_or_else(|| Failure::from(crate::access::Refusal::Nameless))?;
    let stage = stage(world, arguments, &mut connector, pages.as_deref())?;
    let request = Request {
        account: stage.account.clone(),
        user,
        token: None,
        purpose: Purpose { reason: Some("doorward test".to_owned()), ..Purpose::default() },
        links: Links::default(),
        params: arguments.params.iter().cloned().collect(),
    };
    let plan = match plan::build(Arc::new(connector), request.clone()) {
        Ok(plan) => plan,
        Err(problems) => {
            connectors::show(&problems);
            return Ok(Exit::Usage);
        }
    };
    let source = Arc::clone(&plan.connector.source);
    let (name, mut cases) = (plan.connector.id.to_string(), cases(&plan));
    let grant = stage.granted(world, session, &request, &plan.connector).await?;
    let Ready { settings, binaries, store } = world.ready(&plan, settings, &stage.state).await?;
    let said = Mutex::new(String::new());
    let tell = |step: Progress| {
        let line = progress::line(&step);
        // Of a made-up account nothing is to be told.
        let told =
            !stage.is_made_up() || !matches!(step, Progress::Recorded | Progress::Account { .. });
        if arguments.format == Format::Text && told {
            eprint(&line);
        }
        said.lock().unwrap_or_else(PoisonError::into_inner).push_str(&line);
    };
    let mut signals = Signals::new()?;
    let began = Instant::now();
    let launch = Launch {
        session,
        plan,
        grant,
        course: pages.map_or(Course::SignIn, Course::Rehearsal),
        client_address: session::LOCAL.to_owned(),
        store: &store,
        vaults: stage.vaults(world),
        browser: settings,
        binaries,
        clock: if stage.is_made_up() { standing() } else { Clock::System },
        progress: &tell,
    };
    let ended = match session::launch(launch, signals.next()).await {
        Ok(signed) => signed.disconnect("the end of a test").await,
        Err(error) => {
            let _ = store.close().await;
            return Err(error.into());
        }
    };
    let _ = store.close().await;
    ended.recorded.map_err(|error| Failure::unrecorded(&error))?;
    let problem = ended.outcome.stop().map(|stop| stop.diagnostic(&source));
    mark(&mut cases, &ended.outcome, problem.as_ref());
    let suite =
        Suite { name, cases, outcome: ended.outcome.word().to_owned(), took: began.elapsed() };
    let text = match arguments.format {
        Format::Text => text(&suite),
        Format::Junit => junit::xml(&suite),
    };
    let said = said.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = stage.leaked(&[("what was told", &said), ("the result", &text)]) {
        return Err(Failure {
            exit: Exit::Bug,
            text: format!(
                "error: the made-up secret came out in {place}; the result is not printed\n\
                 help: this is a bug of doorward: please report it with the connector\n"
            ),
        });
    }
    match &arguments.output {
        Some(path) => output::replace(path, text.as_bytes(), Readers::Everyone)?,
        None => print(&text),
    }
    if let (Some(problem), Format::Text) = (problem, arguments.format) {
        connectors::show(&[problem]);
    }
    let good = matches!(ended.outcome, Outcome::SignedIn);
    Ok(if good { Exit::Done } else { Exit::NotSignedIn })
}

/// The clock of a test on saved pages: ten seconds into a period of codes, on the day when RFC 6238's own vectors end.
fn standing() -> Clock {
    Clock::Fixed(Timestamp::from_second(1_111_111_120).unwrap_or_default())
}

/// The account that a test plays with: that of the live application, or one made up for saved pages, which
/// begin at the first of them.
fn stage(
    world: &World,
    arguments: &Arguments,
    connector: &mut Connector,
    pages: Option<&[SavedPage]>,
) -> Result<Stage, Failure> {
    let first = pages.and_then(|pages| pages.first()?.documents.first());
    match (first, &arguments.account) {
        (Some(first), _) => {
            let span = connector.settings.logon_url.span;
            connector.settings.logon_url = Template::literal(&first.url, span);
            for step in &mut connector.steps {
                // The made-up seed is base32, whatever that of the application is.
                if let Verb::Act(_, Act::Totp(_, code)) = &mut step.verb {
                    code.encoding = None;
                }
            }
            let address = url::Url::parse(&first.url).ok().map(|url| url.authority().to_owned());
            Stage::made_up(connector, address)
        }
        (None, Some(account)) => Stage::real(world, account),
        (None, None) => Err(Failure::usage("there is nothing to test on", "name a --fixture")),
    }
}

fn cases(plan: &Plan) -> Vec<Case> {
    let steps = plan.connector.steps.iter();
    steps
        .map(|step| Case { row: step.row, text: step.describe(), state: State::NotReached })
        .collect()
}

/// Every row before the one that stopped has passed; after a sign-in all have.
fn mark(cases: &mut [Case], outcome: &Outcome, problem: Option<&Diagnostic>) {
    let stop = outcome.stop().and_then(|stop| stop.row);
    let failed = problem.map_or_else(
        || format!("the outcome is {}", outcome.word()),
        |problem| render(problem, false),
    );
    for case in cases {
        case.state = match (outcome, stop) {
            (Outcome::SignedIn, _) => State::Passed,
            (_, Some(row)) if case.row < row => State::Passed,
            (_, Some(row)) if case.row == row => State::Failed(failed.clone()),
            (_, None) if case.row == 1 => State::Failed(failed.clone()),
            _ => State::NotReached,
        };
    }
}

fn text(suite: &Suite) -> String {
    let mut text = String::new();
    for case in &suite.cases {
        let word = match case.state {
            State::Passed => "ok  ",
            State::Failed(_) => "FAIL",
            State::NotReached => "-   ",
        };
        text.push_str(&format!("{word} {:>3}  {}\n", case.row, case.text));
    }
    text.push_str(&format!(
        "{}: {} in {:.1} s\n",
        suite.name,
        suite.outcome,
        suite.took.as_secs_f64()
    ));
    text
}
