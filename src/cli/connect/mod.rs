//! `doorward connect`: signs in through a connector and hands the session over.

mod report;
mod stay;

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::launch::Ready;
use super::signals::Signals;
use super::world::World;
use super::{Exit, Failure, connectors, eprint, permission, print, progress};
use crate::activity::Store;
use crate::browser;
use crate::clock::Clock;
use crate::connector::{Connector, Verb};
use crate::diagnostic::{Code, Diagnostic};
use crate::meter::Meter;
use crate::name::{AccountRef, SessionId, UserName};
use crate::plan::{self, Request};
use crate::session::{self, Course, Ended, Launch, Outcome};
use report::{Ending, Format, Report};
use stay::{Hold, hold, stay};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward connect demo --account web/shop --reason 'ticket 4711'
  doorward connect ./connectors/demo.yaml --account corp:web/shop --headless --screenshot shop.png
  doorward connect demo --account web/shop --headless --format json

Without --headless the signed-in window is yours: the session ends when you close it, or with Ctrl-C.

Ends with 0 when the session was signed in, 1 when the site refused or a row stopped, 2 for a wrong \
command line or configuration, 3 for a connector with problems, 4 when access was refused, 5 for the \
vault, 6 for the browser, 7 when the record cannot be written.")]
pub(super) struct Arguments {
    /// The connector: its name in a connectors folder, or the path of its file
    connector: String,
    /// The account to sign in with: [vault:][safe/]name
    #[arg(long, value_name = "REF")]
    account: AccountRef,
    #[command(flatten)]
    links: super::links::Arguments,
    #[command(flatten)]
    purpose: super::purpose::Arguments,
    /// A value for one of the connector's UserParameters, as often as there are some; on a terminal you are
    /// asked for those that are missing
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    params: Vec<(String, String)>,
    /// No window: sign in, take the screenshot if --screenshot asks for one, end
    #[arg(long)]
    headless: bool,
    /// Save a picture of the page, once the sign-in is confirmed
    #[arg(long, value_name = "FILE")]
    screenshot: Option<PathBuf>,
    /// How long the session stays: a duration such as `10m`, or until its window is closed [default:
    /// until-closed; with --headless not at all]
    #[arg(long, value_name = "DURATION|until-closed", value_parser = hold)]
    hold: Option<Hold>,
    /// A remote WebDriver endpoint, such as a Selenium Grid, instead of a browser of this machine
    #[arg(long, value_name = "URL")]
    webdriver: Option<url::Url>,
    /// What is printed on stdout at the end
    #[arg(long, default_value = "text")]
    format: Format,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let began = Instant::now();
    let mut report = Report {
        format: arguments.format,
        connector: arguments.connector.clone(),
        account: arguments.account.clone(),
        began,
        session: None,
        planned: None,
        timings: None,
    };
    let ended = attempt(config, &arguments, &mut report);
    if let Err(failure) = &ended {
        // Nothing is on record, so there is no session to name.
        let cause = Some(failure.exit.word());
        report.print(&Ending { outcome: "failed", cause, ..Ending::default() });
    }
    ended
}

/// An error is one that came before the session was on record; all others are told here.
fn attempt(
    config: Option<&Path>,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    report.account = world.vault_of(&arguments.account)?.1;
    let user = world.user().ok_or_else(|| Failure::from(crate::access::Refusal::Nameless))?;
    let (loaded, diagnostics) = connectors::load(&world, &arguments.connector)?;
    world.run(connect(&world, arguments, user, loaded, &diagnostics, report))?
}

async fn connect(
    world: &World,
    arguments: &Arguments,
    user: UserName,
    loaded: Option<Connector>,
    diagnostics: &[Diagnostic],
    report: &mut Report,
) -> Result<Exit, Failure> {
    let session = SessionId::fresh();
    let mut request = Request {
        account: report.account.clone(),
        user,
        token: None,
        purpose: (&arguments.purpose).into(),
        links: world.links(&report.account, &arguments.links)?,
        params: arguments.params.iter().cloned().collect(),
    };
    let Some(connector) = loaded else {
        return refuse(world, report, session, &request, diagnostics, Exit::Connector).await;
    };
    if let Some(problem) = needs_person(&connector).filter(|_| arguments.headless) {
        return refuse(world, report, session, &request, &[problem], Exit::Usage).await;
    }
    ask_for_parameters(&connector, &mut request.params)?;
    let plan = match plan::build(Arc::new(connector), request.clone()) {
        Ok(plan) => plan,
        Err(problems) => {
            return refuse(world, report, session, &request, &problems, Exit::Usage).await;
        }
    };
    let grant = match permission::granted(world, session, &request, &plan.connector).await {
        Ok(grant) => grant,
        Err(failure) if failure.exit == Exit::Access => {
            plan.connector.id.as_str().clone_into(&mut report.connector);
            report.session = Some(session);
            let (outcome, cause) = ("refused-to-connect", Some("not-permitted"));
            report.print(&Ending { outcome, cause, ..Ending::default() });
            eprint(&failure.text);
            return Ok(failure.exit);
        }
        Err(failure) => return Err(failure),
    };
    let configured = world.browser_settings(session, arguments.headless);
    let permissions = &plan.connector.settings.permissions;
    let rules = browser::Rules {
        // There is nobody to save, choose or print anything.
        downloads: None,
        uploads: false,
        print: false,
        service_workers: permissions.service_workers,
        webrtc: permissions.webrtc,
    };
    let webdriver = arguments.webdriver.clone().or(configured.webdriver.clone());
    let ours = webdriver.is_none() && configured.kind == browser::Kind::Chromium;
    let confined = ours && arguments.headless && arguments.hold.is_some();
    let settings = browser::Settings { webdriver, rules: confined.then_some(rules), ..configured };
    let Ready { settings, binaries, store } =
        world.ready(&plan, settings, &world.config.state).await?;
    report.planned = Some(report.began.elapsed());
    let source = Arc::clone(&plan.connector.source);
    plan.connector.id.as_str().clone_into(&mut report.connector);
    report.session = Some(session);
    let validates = plan.connector.settings.run_validations;
    let quiet = arguments.format == Format::Json && !std::io::stderr().is_terminal();
    let tracer = super::tracer(&Arc::new(Meter::default()));
    let trace = tracer.begin(session, &plan);
    let tell = move |step: session::Progress| {
        if !quiet {
            eprint(&progress::line(&step));
        }
    };
    let told = |step: session::Progress| {
        trace.step(&step);
        tell(step);
    };
    let mut signals = Signals::new()?;
    let launch = Launch {
        session,
        plan,
        grant,
        course: Course::SignIn,
        client_address: session::LOCAL.to_owned(),
        store: &store,
        vaults: world,
        browser: settings,
        binaries,
        clock: Clock::System,
        progress: &told,
    };
    let launched = session::launch(launch, signals.next()).await;
    trace.end(launched.as_ref().map(|signed| (&signed.outcome, &signed.timings)));
    let mut signed = match launched {
        Ok(signed) => signed,
        Err(error) => {
            let (cause, row) = (Some(error.word()), error.row());
            report.print(&Ending { outcome: "failed", cause, row, url: None });
            let _ = store.close().await;
            let failure = Failure::from(error);
            eprint(&failure.text);
            tracer.flush(super::TRACED).await;
            return Ok(failure.exit);
        }
    };
    let total = report.began.elapsed();
    report.timings = Some((signed.timings, total));
    let stayed = stay(arguments, &mut signed, &mut signals, validates, &tell).await;
    let (how, mut failed) = match stayed {
        Ok(how) => (how, None),
        Err(failure) => ("a failure", Some(failure)),
    };
    let Ended { outcome, url, lasted, recorded } = signed.disconnect(how).await;
    let _ = store.close().await;
    tracer.flush(super::TRACED).await;
    if let Some(stop) = outcome.stop() {
        connectors::show(&[stop.diagnostic(&source)]);
    }
    if let Err(error) = recorded {
        // The picture is the smaller matter, and both are told.
        let before = failed.map_or_else(String::new, |failure: Failure| failure.text);
        let failure = Failure::unrecorded(&error);
        failed = Some(Failure { text: before + &failure.text, ..failure });
    }
    let word = failed.as_ref().map(|failure| failure.exit.word());
    report.print(&Ending {
        outcome: outcome.word(),
        cause: outcome.cause().or(word),
        row: outcome.stop().and_then(|stop| stop.row),
        url: Some(&url),
    });
    let succeeded = matches!(outcome, Outcome::SignedIn);
    if arguments.format == Format::Text && succeeded {
        print(&format!(
            "signed in to {url} as {} in {:.2} s; the session lasted {:.1} s\nsession {session}\n",
            report.account,
            total.as_secs_f64(),
            lasted.as_secs_f64(),
        ));
    }
    match failed {
        Some(failure) => {
            eprint(&failure.text);
            Ok(failure.exit)
        }
        None if succeeded => Ok(Exit::Done),
        None => Ok(Exit::NotSignedIn),
    }
}

/// A refusal before there is a session: on record, then told.
async fn refuse(
    world: &World,
    report: &mut Report,
    session: SessionId,
    request: &Request,
    problems: &[Diagnostic],
    exit: Exit,
) -> Result<Exit, Failure> {
    connectors::show(problems);
    let store = Store::open(&world.config.state).await?;
    let first = problems.iter().find(|problem| problem.is_error());
    let code = first.map_or("invalid-yaml", |problem| problem.code.name());
    let mut why = vec![("cause".to_owned(), code.to_owned())];
    why.extend(first.map(|problem| ("line".to_owned(), problem.position().0.to_string())));
    let client = session::LOCAL;
    let connector = &report.connector;
    session::refused(&store, Clock::System, session, request, connector, client, &why).await?;
    report.session = Some(session);
    report.print(&Ending { outcome: "refused-to-connect", cause: Some(code), ..Ending::default() });
    Ok(exit)
}

/// Asks the terminal for the parameters that were not given; without one, the plan says which are missing.
fn ask_for_parameters(
    connector: &Connector,
    given: &mut BTreeMap<String, String>,
) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Ok(());
    }
    for (name, parameter) in &connector.parameters {
        let known = given.keys().any(|given| given.eq_ignore_ascii_case(name));
        if known || parameter.default.is_some() {
            continue;
        }
        eprint(&format!("{}: ", parameter.display_name.as_deref().unwrap_or(name)));
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .map_err(|error| Failure::new(Exit::Usage, &error, None))?;
        let value = line.trim_end_matches(['\r', '\n']);
        if !value.is_empty() {
            given.insert(name.clone(), value.to_owned());
        }
    }
    Ok(())
}

/// What is wrong with a launch without a window, where a row needs a person at one.
fn needs_person(connector: &Connector) -> Option<Diagnostic> {
    let step = connector.steps.iter().find(|step| matches!(step.verb, Verb::Handover(_)))?;
    let message = "this row hands over to a person, and --headless has no window for one";
    let problem =
        Diagnostic::error(Code::HandoverWithoutWindow, &connector.source, step.span, message);
    Some(problem.label(format!("row {}", step.row)).help("leave --headless away"))
}

pub(super) fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("it has to be NAME=VALUE".to_owned()),
    }
}
