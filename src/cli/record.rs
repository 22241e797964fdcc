//! `doorward record`: the author signs in once by hand, and doorward writes the connector.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::launch::page;
use super::signals::Signals;
use super::world::World;
use super::{Exit, Failure, connectors, eprint, fixture, output, print, progress};
use crate::browser::{self, Browser, Heard, HeardDeed, Kind, Recorder, Snapshot, Spotted};
use crate::connector;
use crate::diagnostic::Source;
use crate::import::{self, Deed, Doing, Import, Role, Spot, Watched};
use crate::locator::By;
use crate::name::SessionId;
use crate::session::SavedPage;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward record https://shop.example/login -o connectors/shop.yaml
  doorward record https://shop.example/                        the connector goes to stdout

A browser of its own opens the page. Sign in there once, with a test account; then press Enter in the terminal, or close \
the window. What you type stays in the page: doorward hears which field it was, and writes <username>, <password> and \
(TOTP) in its place. The connector passes `doorward check`; `doorward try` shows what each of its rows hits.

Ends with 0 when a connector was written, 2 for a wrong command line, 3 when nothing was done that a connector could be \
made of, 6 for the browser.")]
pub(super) struct Arguments {
    /// The page to begin at
    #[arg(value_name = "URL", value_parser = page)]
    url: url::Url,
    /// Where to write the connector [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Save the pages into this folder, without scripts and without what was typed, for `doorward test`
    #[arg(long, value_name = "DIR")]
    fixture: Option<PathBuf>,
    /// The ConnectorId [default: the name of the file, or the host of the page]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Replace the file when it is there already
    #[arg(long)]
    force: bool,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    fits(&arguments)?;
    let sight = world.run(watch(&world, &arguments))??;
    let sealing = sight.sealing();
    let (watched, documents) = sight.into_parts();
    let (made, rows) = import::watched(&watched);
    tell(&made);
    eprint(&sealing);
    let text = match &made.connector {
        Ok(text) => text,
        Err(refusal) => {
            return Err(Failure {
                exit: Exit::Connector,
                text: format!("error: no connector was made: {refusal}\nhelp: {}\n", refusal.help),
            });
        }
    };
    let path = arguments
        .output
        .as_ref()
        .map_or_else(|| "the connector".to_owned(), |path| path.display().to_string());
    let (_, found) = connector::load(Arc::new(Source { path, text: text.clone() }));
    connectors::show(&found);
    match &arguments.output {
        Some(path) => {
            if let Err(failure) = output::connector(path, text, arguments.force) {
                // The author's work is not lost.
                print(text);
                return Err(failure);
            }
            eprint(&format!(
                "written: {0}\nnext: doorward try {0} --url {1} --sealing\n      which looks at its rows, and tells whether the \
                 application can be sealed\n",
                path.display(),
                arguments.url
            ));
        }
        None => print(text),
    }
    if let Some(folder) = &arguments.fixture {
        fixture::save(folder, &pages(documents, &rows))?;
    }
    Ok(Exit::Done)
}

/// What can be known to be wrong before the author has worked for it.
fn fits(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(path) = &arguments.output
        && path.exists()
        && !arguments.force
    {
        return Err(Failure::usage(
            format!("{} is there already", path.display()),
            "name another file, or replace it with --force",
        ));
    }
    arguments.output.as_deref().map_or(Ok(()), output::file_fits)?;
    arguments.fixture.as_deref().map_or(Ok(()), output::folder_fits)
}

async fn watch(world: &World, arguments: &Arguments) -> Result<Sighted, Failure> {
    let session = SessionId::fresh();
    let settings = world.browser_settings(session, false);
    if settings.kind != Kind::Chromium || settings.webdriver.is_some() {
        return Err(Failure::usage(
            "`record` watches a Chromium that doorward starts itself",
            "leave `kind` and `webdriver` out of `browser:` in the configuration for it",
        ));
    }
    let binaries = Browser::check(&settings).await?;
    browser::reap(&world.config.state);
    let mut signals = Signals::new()?;
    let started = tokio::select! {
        started = Browser::start(&settings, binaries.as_ref()) => started?,
        by = signals.next() => return Err(ended(by)),
    };
    let mut browser = started;
    let watched = tokio::select! {
        watched = followed(&mut browser, arguments) => watched,
        by = signals.next() => Err(ended(by)),
    };
    browser.end().await;
    watched
}

fn ended(by: &str) -> Failure {
    Failure {
        exit: Exit::NotSignedIn,
        text: format!("error: {by} ended the recording; nothing was written\n"),
    }
}

/// Follows the author until Enter is pressed in the terminal, or the window is closed.
async fn followed(browser: &mut Browser, arguments: &Arguments) -> Result<Sighted, Failure> {
    const OPENS: std::time::Duration = std::time::Duration::from_secs(30);
    let mut recorder = browser.record(arguments.fixture.is_some()).await?;
    if let Some(reason) = browser.page().goto(&arguments.url, OPENS).await? {
        return Err(Failure {
            exit: Exit::NotSignedIn,
            text: format!(
                "error: {} could not be opened: {reason}\nhelp: check the address and the way to the site\n",
                arguments.url
            ),
        });
    }
    recorder.look_away().await?;
    eprint(
        "Sign in with a test account in the window. What you type stays in the page.\n\
         When you are signed in, press Enter here, or close the window.\n",
    );
    let mut enter = enter();
    let mut sight = Sighted::new(arguments);
    loop {
        tokio::select! {
            heard = recorder.next() => match heard? {
                Heard::Closed => break,
                heard => {
                    // The page around a frame belongs to it.
                    let inner = matches!(heard, Heard::Document { top: false, .. });
                    sight.take(heard);
                    if inner {
                        recorder.ask().await?;
                    }
                }
            },
            _ = &mut enter => {
                recorder.ask().await?;
                settle(&mut recorder, &mut sight).await?;
                break;
            }
        }
    }
    Ok(sight)
}

/// What the page has told already is taken in; a page that goes on telling is not waited for.
async fn settle(recorder: &mut Recorder, sight: &mut Sighted) -> Result<(), Failure> {
    const QUIET: std::time::Duration = std::time::Duration::from_millis(400);
    for _ in 0..20 {
        match tokio::time::timeout(QUIET, recorder.next()).await {
            Err(_) => break,
            Ok(heard) => match heard? {
                Heard::Closed => break,
                heard => sight.take(heard),
            },
        }
    }
    Ok(())
}

/// Resolves when a line comes from stdin; never when stdin is closed. The thread that waits for it ends with
/// the process.
fn enter() -> tokio::sync::oneshot::Receiver<()> {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        if std::io::stdin().read_line(&mut line).is_ok_and(|read| read > 0) {
            let _ = tell.send(());
        } else {
            // No terminal: the window says when it is over.
            std::thread::park();
        }
    });
    told
}

/// What was seen so far.
struct Sighted {
    watched: Watched,
    /// What stood on pages on which something was done.
    before: Vec<Spotted>,
    /// What stands on the page that shows.
    now: Vec<Spotted>,
    /// Documents, each with the number of deeds before it, and whether it is a top one.
    documents: Vec<(usize, bool, Snapshot)>,
    /// What was typed that is a secret, and how the form around it is sent.
    secrets: Vec<(&'static str, Option<String>)>,
}

impl Sighted {
    fn new(arguments: &Arguments) -> Self {
        let stem = arguments.output.as_ref().and_then(|path| path.file_stem());
        let host = arguments.url.host_str().unwrap_or_default();
        let name = arguments
            .id
            .clone()
            .or_else(|| stem.map(|stem| stem.to_string_lossy().into_owned()))
            .unwrap_or_else(|| host.to_owned());
        let url = arguments.url.to_string();
        let watched = Watched { name, end: url.clone(), url, ..Watched::default() };
        let (before, now, documents, secrets) = Default::default();
        Self { watched, before, now, documents, secrets }
    }

    fn take(&mut self, heard: Heard) {
        match heard {
            Heard::Closed => {}
            Heard::Window => eprint(
                "warning: the page has opened a window of its own; what you do there is not recorded\n\
                 help: rows act in one window. If the sign-in is in the new one, record its own address\n",
            ),
            Heard::Document { top, document } => self.keep(top, document),
            Heard::Page { fresh, url, landmarks } => {
                let moved = fresh || url != self.watched.end;
                if moved
                    && let Some(last) = self.watched.deeds.last_mut()
                    && matches!(last.doing, Doing::Click { .. } | Doing::Enter)
                {
                    last.leads = true;
                }
                self.watched.end = url;
                self.now = landmarks;
            }
            Heard::Deed(deed) => {
                for spot in &self.now {
                    if !self.before.contains(spot) {
                        self.before.push(spot.clone());
                    }
                }
                let secret = match (deed.kind.as_str(), deed.role.as_str()) {
                    ("type", "password") => Some("password"),
                    ("type", "code") => Some("one-time code"),
                    _ => None,
                };
                if let Some(what) = secret {
                    let secret = (what, deed.form.clone());
                    if !self.secrets.contains(&secret) {
                        self.secrets.push(secret);
                    }
                }
                if let Some(deed) = deed_of(&deed) {
                    eprint(&progress::printable_line(&format!("  {}", told(&deed))));
                    self.watched.deeds.push(deed);
                }
            }
        }
    }

    /// Keeps a document; of one that is told again and again the first and the last, since a page is as it was
    /// when it was left.
    fn keep(&mut self, top: bool, document: Snapshot) {
        let like = |(_, other, known): &(usize, bool, Snapshot)| {
            *other == top && known.url == document.url
        };
        // How far back it is the same page.
        let page = self.documents.iter().rev().take_while(|known| !known.1 || (top && like(known)));
        let since = self.documents.len() - page.count();
        let same: Vec<usize> =
            (since..self.documents.len()).filter(|at| like(&self.documents[*at])).collect();
        if let [_, .., last] = same.as_slice() {
            self.documents.remove(*last);
        }
        self.documents.push((self.watched.deeds.len(), top, document));
    }

    /// Whether the application can be sealed, as far as its forms tell.
    fn sealing(&self) -> String {
        let told = self.secrets.iter().map(|(what, form)| {
            let how = match form.as_deref() {
                Some("get") => {
                    "stands in a form that is sent by GET: unless a script sends it otherwise, it comes into a URL, and \
                     cannot be sealed"
                }
                Some(_) => "stands in a form that is sent by POST: it can be sealed, unless a script changes it before",
                None => "stands in no form: a script sends it, so only a trial tells whether it can be sealed",
            };
            format!("sealing: the {what} {how}\n")
        });
        told.collect()
    }

    fn into_parts(self) -> (Watched, Vec<(usize, bool, Snapshot)>) {
        let landmarks = self.now.iter().filter(|spot| !self.before.contains(spot));
        let landmarks = landmarks.filter_map(spot).collect();
        (Watched { landmarks, ..self.watched }, self.documents)
    }
}

/// The documents as pages: those that were taken between two that lead away belong together, and begin with
/// the first row after the page before.
fn pages(documents: Vec<(usize, bool, Snapshot)>, rows: &[usize]) -> Vec<SavedPage> {
    let mut pages: Vec<(usize, SavedPage)> = Vec::new();
    let mut frames: Vec<Snapshot> = Vec::new();
    for (deeds, top, document) in documents {
        let same = pages.last_mut().filter(|(_, page)| {
            page.documents.first().is_some_and(|first| !top || first.url == document.url)
        });
        match same {
            // The last look at a document has all that was on it; a frame is kept beside its page.
            Some((last, page)) if top => {
                *last = deeds;
                page.documents[0] = document;
            }
            Some((last, page)) => {
                *last = deeds;
                page.documents.retain(|known| known.url != document.url);
                page.documents.push(document);
            }
            None if top => {
                let begun = pages.last().map_or(0, |(last, _)| last + 1);
                let row = rows.iter().skip(begun).copied().find(|row| *row > 0).unwrap_or(1);
                let documents = std::iter::once(document).chain(frames.drain(..)).collect();
                pages.push((deeds, SavedPage { row, documents }));
            }
            // Its page comes next.
            None => frames.push(document),
        }
    }
    pages.into_iter().map(|(_, page)| page).collect()
}

fn deed_of(deed: &HeardDeed) -> Option<Deed> {
    let role = match deed.role.as_str() {
        "username" => Role::Username,
        "password" => Role::Password,
        "code" => Role::Code,
        _ => Role::Other,
    };
    let doing = match deed.kind.as_str() {
        "type" => Doing::Type(role),
        "click" => Doing::Click { submits: deed.submits, implied: deed.implied },
        "enter" => Doing::Enter,
        "select" => Doing::Select(deed.option.clone()),
        "check" => Doing::Check,
        "uncheck" => Doing::Uncheck,
        _ => return None,
    };
    Some(Deed {
        doing,
        element: deed.element.clone(),
        spot: spot(deed.spot.as_ref()?)?,
        frames: deed.frames.iter().map(spot).collect::<Option<_>>()?,
        hint: deed.hint.clone(),
        label: deed.label.clone(),
        origin: deed.origin.clone(),
        leads: false,
    })
}

fn spot(spotted: &Spotted) -> Option<Spot> {
    let by = By::ALL.into_iter().find(|by| by.word() == spotted.by)?;
    Some(Spot { by, text: spotted.text.clone(), stable: spotted.stable })
}

/// A deed for the author, as it was understood.
fn told(deed: &Deed) -> String {
    let element = &deed.spot.text;
    match &deed.doing {
        Doing::Type(Role::Username) => format!("typed into {element}: the user name"),
        Doing::Type(Role::Password) => format!("typed into {element}: the password"),
        Doing::Type(Role::Code) => format!("typed into {element}: the one-time code"),
        Doing::Type(Role::Other) => format!("typed into {element}"),
        Doing::Click { .. } => format!("clicked {element}"),
        Doing::Enter => format!("pressed Enter in {element}"),
        Doing::Select(option) => format!("chose {option} in {element}"),
        Doing::Check => format!("ticked {element}"),
        Doing::Uncheck => format!("unticked {element}"),
    }
}

/// What the author should look at.
fn tell(made: &Import) {
    for item in &made.items {
        eprint(&format!(
            "{}: {}: {}\n  help: {}\n",
            item.fate.word(),
            item.what,
            item.why,
            item.help
        ));
    }
}
