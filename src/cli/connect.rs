//! `doorward connect`: signs in through a connector and hands the session over.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};

use super::world::World;
use super::{Exit, Failure, eprint, print, progress};
use crate::activity::Store;
use crate::browser::{self, Browser};
use crate::clock::Clock;
use crate::connector::{self, Connector, Verb};
use crate::diagnostic::{Code, Diagnostic, Source, render};
use crate::name::{AccountRef, ConnectorId, SessionId, UserName};
use crate::plan::{self, Plan, Request};
use crate::session::{self, Launch, Outcome, Signed};

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
    /// Why you need it; it goes on record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
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

/// How long a signed-in session stays.
#[derive(Debug, Clone, Copy)]
enum Hold {
    For(Duration),
    UntilClosed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Where it signed in, as whom, in what time
    Text,
    /// One object with outcome, cause, row and timings, however it ended
    Json,
}

/// What `--format json` prints of a launch, besides its timings.
#[derive(Default)]
struct Summary<'a> {
    outcome: &'a str,
    cause: Option<&'a str>,
    row: Option<usize>,
    url: Option<&'a str>,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let began = Instant::now();
    let ended = attempt(config, &arguments, began);
    if let (Err(failure), Format::Json) = (&ended, arguments.format) {
        // Nothing is on record, so there is no session to name.
        let summary =
            Summary { outcome: "failed", cause: Some(failure.exit.word()), ..Summary::default() };
        let (connector, account) = (&arguments.connector, &arguments.account);
        print(&json(None, connector, account, &summary, began.elapsed(), None, began));
    }
    ended
}

/// An error is one that came before the session was on record; all others are told here.
fn attempt(config: Option<&Path>, arguments: &Arguments, began: Instant) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    let account = world.vault_of(&arguments.account)?.1;
    let user = world.user().ok_or_else(|| Failure::from(crate::access::Refusal::Nameless))?;
    let (loaded, diagnostics) = load(&world, &arguments.connector)?;
    world.runtime()?.block_on(connect(
        &world,
        arguments,
        account,
        user,
        loaded,
        &diagnostics,
        began,
    ))
}

async fn connect(
    world: &World,
    arguments: &Arguments,
    account: AccountRef,
    user: UserName,
    loaded: Option<Connector>,
    diagnostics: &[Diagnostic],
    began: Instant,
) -> Result<Exit, Failure> {
    let session = SessionId::fresh();
    let mut request = Request {
        account,
        user,
        reason: arguments.reason.clone(),
        params: arguments.params.iter().cloned().collect(),
    };
    let state = &world.config.state;
    let Some(connector) = loaded else {
        show(diagnostics);
        let store = Store::open(state).await?;
        return refuse(&store, arguments, session, &request, diagnostics, Exit::Connector, began)
            .await;
    };
    if let Some(problem) = needs_person(&connector).filter(|_| arguments.headless) {
        let problems = [problem];
        show(&problems);
        let store = Store::open(state).await?;
        return refuse(&store, arguments, session, &request, &problems, Exit::Usage, began).await;
    }
    ask_for_parameters(&connector, &mut request.params)?;
    let plan = match plan::build(Arc::new(connector), request.clone()) {
        Ok(plan) => plan,
        Err(problems) => {
            show(&problems);
            let store = Store::open(state).await?;
            return refuse(&store, arguments, session, &request, &problems, Exit::Usage, began)
                .await;
        }
    };
    let settings = browser_settings(world, arguments, &plan, session)?;
    let binaries = Browser::check(&settings).await?;
    browser::reap(state);
    let store = Store::open(state).await?;
    store.close_interrupted(Clock::System.now()).await?;
    let planned = began.elapsed();
    let connector_id = plan.connector.id.clone();
    let source = Arc::clone(&plan.connector.source);
    let validates = plan.connector.settings.run_validations;
    let quiet = arguments.format == Format::Json && !std::io::stderr().is_terminal();
    let tell = move |step: session::Progress| {
        if !quiet {
            eprint(&progress::line(&step));
        }
    };
    let mut signals = Signals::new()?;
    let launch = Launch {
        session,
        plan,
        store: &store,
        vaults: world,
        browser: settings,
        binaries,
        clock: Clock::System,
        progress: &tell,
    };
    let launched = session::launch(launch, signals.next()).await;
    let mut signed = match launched {
        Ok(signed) => signed,
        Err(error) => {
            let summary = Summary {
                outcome: "failed",
                cause: Some(error.word()),
                row: error.row(),
                url: None,
            };
            report(
                arguments,
                session,
                &connector_id,
                &request.account,
                &summary,
                planned,
                None,
                began,
            );
            let _ = store.close().await;
            let failure = Failure::from(error);
            eprint(&failure.text);
            return Ok(failure.exit);
        }
    };
    let timings = signed.timings;
    let total = began.elapsed();
    let how = stay(arguments, &mut signed, &mut signals, validates, &tell).await;
    let (how, mut failed) = match how {
        Ok(how) => (how, None),
        Err(failure) => ("a failure", Some(failure)),
    };
    let outcome_word = signed.outcome.word();
    let cause = signed.outcome.cause().map(str::to_owned);
    let stop = signed.outcome.stop().cloned();
    let url = signed.url.clone();
    let succeeded = matches!(signed.outcome, Outcome::SignedIn);
    let lasted = signed.lasted();
    let unrecorded = signed.disconnect(how).await.err();
    let _ = store.close().await;
    if let Some(stop) = &stop {
        show(&[stop.diagnostic(&source)]);
    }
    if let Some(error) = unrecorded {
        // The picture is the smaller matter, and both are told.
        let before = failed.map_or_else(String::new, |failure: Failure| failure.text);
        let failure = Failure::unrecorded(&error);
        failed = Some(Failure { text: before + &failure.text, ..failure });
    }
    let word = failed.as_ref().map(|failure| failure.exit.word());
    let summary = Summary {
        outcome: outcome_word,
        cause: cause.as_deref().or(word),
        row: stop.as_ref().and_then(|stop| stop.row),
        url: Some(&url),
    };
    report(
        arguments,
        session,
        &connector_id,
        &request.account,
        &summary,
        planned,
        Some((timings, total)),
        began,
    );
    if arguments.format == Format::Text && succeeded {
        let lasted = lasted.as_secs_f64();
        print(&format!(
            "signed in to {url} as {} in {:.2} s; the session lasted {lasted:.1} s\nsession {session}\n",
            request.account,
            total.as_secs_f64(),
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

/// The session while it is the operator's; says how it ended.
async fn stay(
    arguments: &Arguments,
    signed: &mut Signed<'_>,
    signals: &mut Signals,
    validates: bool,
    tell: &(dyn Fn(session::Progress) + Sync),
) -> Result<&'static str, Failure> {
    let succeeded = matches!(signed.outcome, Outcome::SignedIn);
    // `RunValidations: No` is the author's word that the outcome stays open; the window is handed over.
    let open = matches!(signed.outcome, Outcome::Unclear(_)) && !validates;
    if !succeeded && !open {
        return Ok("");
    }
    if let (Some(path), true) = (&arguments.screenshot, succeeded) {
        screenshot(&mut signed.browser, path).await?;
        tell(session::Progress::Screenshot(path.display().to_string()));
    }
    let hold = match (arguments.hold, arguments.headless) {
        (Some(hold), _) => hold,
        (None, true) => return Ok("the end of a headless session"),
        (None, false) => Hold::UntilClosed,
    };
    signed.browser.hand_over(std::mem::take(&mut signed.allowed_urls)).await?;
    tell(session::Progress::HandedOver);
    let time = async {
        match hold {
            Hold::For(time) => tokio::time::sleep(time).await,
            Hold::UntilClosed => std::future::pending().await,
        }
    };
    tokio::pin!(time);
    loop {
        return Ok(tokio::select! {
            () = signed.browser.closed() => "the window was closed",
            () = &mut time => "--hold is over",
            name = signals.next() => name,
            url = signed.browser.refused() => {
                tell(session::Progress::NavigationRefused(url));
                continue;
            }
        });
    }
}

/// Takes the picture; not while a field that can be seen still holds a password or a code.
async fn screenshot(browser: &mut Browser, path: &Path) -> Result<(), Failure> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let until = Instant::now() + PATIENCE;
    while browser.page().holds_secret().await? {
        if Instant::now() >= until {
            return Err(Failure {
                exit: Exit::Browser,
                text: "error: no screenshot was taken: a field of the page still holds a password or a code\n\
                       help: let the connector's `(Validation)` name something that shows only after the form is gone\n"
                    .into(),
            });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let picture = browser.page().screenshot().await?;
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(&picture)?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map(|_| ()).map_err(|error| Failure {
        exit: Exit::Usage,
        text: format!(
            "error: cannot write the screenshot {}\ncaused by: {error}\nhelp: is its folder there, and may you write to it?\n",
            path.display()
        ),
    })
}

/// A refusal before there is a session: on record, then told.
async fn refuse(
    store: &Store,
    arguments: &Arguments,
    session: SessionId,
    request: &Request,
    problems: &[Diagnostic],
    exit: Exit,
    began: Instant,
) -> Result<Exit, Failure> {
    let first = problems.iter().find(|problem| problem.is_error());
    let code = first.map_or("invalid-yaml", |problem| problem.code.name());
    let mut why = vec![("cause".to_owned(), code.to_owned())];
    why.extend(first.map(|problem| ("line".to_owned(), problem.position().0.to_string())));
    session::refused(store, Clock::System, session, request, &arguments.connector, &why).await?;
    if arguments.format == Format::Json {
        let summary =
            Summary { outcome: "refused-to-connect", cause: Some(code), row: None, url: None };
        let name = &arguments.connector;
        print(&json(Some(session), name, &request.account, &summary, began.elapsed(), None, began));
    }
    Ok(exit)
}

/// The connector, or what is wrong with it.
fn load(world: &World, named: &str) -> Result<(Option<Connector>, Vec<Diagnostic>), Failure> {
    let path = find(world, named)?;
    let source: Arc<Source> = match connector::read(&path) {
        Ok(source) => source,
        Err(error) => {
            return match error.diagnostic() {
                Some(diagnostic) => Ok((None, vec![diagnostic])),
                None => Err(Failure::new(Exit::Connector, &error, error.help())),
            };
        }
    };
    let (connector, diagnostics) = connector::load(source);
    let refused = diagnostics.iter().any(Diagnostic::is_error);
    Ok((connector.filter(|_| !refused), diagnostics))
}

/// The file of a connector: a path as it is, a name in the folders of the configuration.
fn find(world: &World, named: &str) -> Result<PathBuf, Failure> {
    let looks_like_path =
        named.contains(['/', '\\']) || named.ends_with(".yaml") || named.ends_with(".yml");
    if looks_like_path {
        return Ok(PathBuf::from(named));
    }
    let name: ConnectorId = named.parse().map_err(|error: crate::name::Invalid| {
        Failure::usage(error, "name a connector by its id, or by the path of its file")
    })?;
    let folders = &world.config.connectors;
    let candidates = folders
        .iter()
        .flat_map(|folder| ["yaml", "yml"].map(|ending| folder.join(format!("{name}.{ending}"))));
    if let Some(path) = candidates.into_iter().find(|path| path.is_file()) {
        return Ok(path);
    }
    let known: Vec<String> = folders.iter().flat_map(|folder| names_in(folder)).collect();
    let nearest = known
        .iter()
        .filter(|known| strsim::damerau_levenshtein(known, named) <= 1 + known.len() / 3)
        .min_by_key(|known| strsim::damerau_levenshtein(known, named));
    let searched: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    let help = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => {
            "put it there, name another folder with `connectors: [FOLDER]` in the configuration, or give the path of its file".into()
        }
        None => format!("the connectors are: {}", known.join(", ")),
    };
    Err(Failure {
        exit: Exit::Connector,
        text: format!(
            "error: there is no connector `{named}`: looked for {named}.yaml in {}\nhelp: {help}\n",
            searched.join(", ")
        ),
    })
}

pub(super) fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml" || e == "yml"))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
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

fn browser_settings(
    world: &World,
    arguments: &Arguments,
    plan: &Plan,
    session: SessionId,
) -> Result<browser::Settings, Failure> {
    let configured = world.browser_settings(session, arguments.headless);
    Ok(browser::Settings {
        webdriver: arguments.webdriver.clone().or(configured.webdriver),
        insecure_certificates: !plan.connector.settings.enforce_certificate_validation,
        ..configured
    })
}

fn show(diagnostics: &[Diagnostic]) {
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    for diagnostic in diagnostics {
        eprint(&render(diagnostic, colour));
    }
}

#[expect(clippy::too_many_arguments, reason = "each is one member of the object that is printed")]
fn report(
    arguments: &Arguments,
    session: SessionId,
    connector: &ConnectorId,
    account: &AccountRef,
    summary: &Summary<'_>,
    planned: Duration,
    timings: Option<(session::Timings, Duration)>,
    began: Instant,
) {
    if arguments.format == Format::Json {
        print(&json(Some(session), connector.as_str(), account, summary, planned, timings, began));
    }
}

fn json(
    session: Option<SessionId>,
    connector: &str,
    account: &AccountRef,
    summary: &Summary<'_>,
    planned: Duration,
    timings: Option<(session::Timings, Duration)>,
    began: Instant,
) -> String {
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let (times, total) = timings.unwrap_or_else(|| (session::Timings::default(), began.elapsed()));
    let object = serde_json::json!({
        "session": session.map(|session| session.to_string()),
        "connector": connector,
        "account": account.to_string(),
        "outcome": summary.outcome,
        "cause": summary.cause,
        "row": summary.row,
        "url": summary.url,
        "timings": {
            "plan_ms": ms(planned),
            "vault_ms": ms(times.vault),
            "browser_ms": ms(times.browser),
            "sign_in_ms": ms(times.sign_in),
            "total_ms": ms(total),
        },
    });
    format!("{object}\n")
}

/// The signals that end a session in good order.
struct Signals {
    hangup: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::new(Exit::Bug, &error, None));
        Ok(Self {
            hangup: listen(SignalKind::hangup())?,
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// The name of the next one.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.hangup.recv() => "SIGHUP",
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("it has to be NAME=VALUE".to_owned()),
    }
}

fn hold(text: &str) -> Result<Hold, String> {
    if text.eq_ignore_ascii_case("until-closed") {
        return Ok(Hold::UntilClosed);
    }
    let duration: jiff::SignedDuration = text.parse().map_err(|_| {
        "it has to be a duration as `90s`, `10m`, `1h`, or `until-closed`".to_owned()
    })?;
    Duration::try_from(duration).map(Hold::For).map_err(|_| "it cannot be negative".to_owned())
}
