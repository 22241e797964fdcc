//! A browser of one session: started with an empty profile, ended with everything that belongs to it.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::chromium::{self, Socket};
use super::confine::{Attempts, Rules};
use super::devtools::DevTools;
use super::driver::Driver;
use super::fault::Fault;
use super::page::Page;
use super::recorder::Recorder;
use super::remote::Endpoint;
use super::screen::Screen;
use super::side::{Place, Side, attach};
use super::webdriver::Wire;
use super::{Binaries, Error, Kind, Settings};

/// How long a browser may take until it is there. A loaded machine takes its time, and geckodriver itself
/// waits a minute for its Firefox: it says better than this deadline what was wrong.
const START: Duration = Duration::from_secs(90);

/// How long a script may run that is asked of a page; a look waits at most a second.
const SCRIPT: Duration = Duration::from_secs(5);

/// A browser with one page, nobody else's.
pub struct Browser {
    page: Page,
    driver: Option<Driver>,
    endpoint: Endpoint,
    /// What it says of itself, as `chrome 156.0.8078.79`.
    name: String,
    /// What the pages of a live session try.
    attempts: Option<Attempts>,
}

impl Browser {
    /// Checks what can be known before anything is started.
    ///
    /// # Errors
    /// [`Error::RootSandbox`], [`Error::NoScreen`], and those of [`Binaries::find`].
    pub async fn check(settings: &Settings) -> Result<Option<Binaries>, Error> {
        if settings.webdriver.is_some() {
            return Ok(None);
        }
        let binaries = Binaries::find(settings).await?;
        if settings.sandbox
            && settings.kind == Kind::Chromium
            && rustix::process::geteuid().is_root()
        {
            return Err(Error::RootSandbox);
        }
        let screen = cfg!(not(target_os = "linux"))
            || ["DISPLAY", "WAYLAND_DISPLAY"]
                .iter()
                .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        if !settings.headless && !screen {
            return Err(Error::NoScreen);
        }
        Ok(Some(binaries))
    }

    /// Starts the browser. `binaries` are those of [`Browser::check`]; `None` asks the remote endpoint.
    ///
    /// # Errors
    /// [`Error::NotStarted`], [`Error::NoSession`], [`Error::NoSideChannel`], [`Error::Certificates`].
    pub async fn start(settings: &Settings, binaries: Option<&Binaries>) -> Result<Self, Error> {
        let mut driver = match (&settings.webdriver, binaries) {
            (Some(_), _) => None,
            (None, Some(binaries)) => Some(Driver::spawn(settings, binaries).await?),
            (None, None) => {
                let found = Binaries::find(settings).await?;
                Some(Driver::spawn(settings, &found).await?)
            }
        };
        let endpoint = match (&driver, &settings.webdriver) {
            (None, Some(remote)) => {
                let endpoint = Endpoint::remote(remote, settings)?;
                endpoint.check().await?;
                endpoint
            }
            (Some(driver), _) => Endpoint::ours(driver.url.clone(), settings.kind.driver()),
            (None, None) => return Err(Error::Gone { during: "its start" }),
        };
        let socket = match &mut driver {
            Some(driver) => driver.listening().await?,
            None => None,
        };
        let asked = async {
            let capabilities = capabilities(settings, binaries, socket.as_ref());
            match tokio::time::timeout(START, endpoint.session(capabilities)).await {
                Ok(client) => client,
                Err(_) => Err(endpoint.silent(START)),
            }
        };
        let side = async {
            match &socket {
                Some(socket) => side_channel(socket, settings.rules.as_ref()).await.map(Some),
                // Nothing else holds a page to rules.
                None if settings.rules.is_some() => Err(Error::Unconfined),
                None => Ok(None),
            }
        };
        let (client, side) = tokio::try_join!(asked, side)?;
        let name = client.capabilities().map_or_else(String::new, |capabilities| {
            let word = |name: &str| {
                capabilities.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            format!("{} {}", word("browserName"), word("browserVersion"))
        });
        let (side, attempts) = side.map_or((None, None), |(side, told)| (Some(side), told));
        Ok(Self { page: Page::new(Wire::new(client), side), driver, endpoint, name, attempts })
    }

    /// The page.
    pub fn page(&mut self) -> &mut Page {
        &mut self.page
    }

    /// What it says of itself, as `chrome 156.0.8078.79`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its pages are kept to [`Settings::rules`].
    pub fn has_rules(&self) -> bool {
        self.attempts.is_some()
    }

    /// Leaves the page to the person: dialogs and prompts are theirs from now on. With `allowed`, which
    /// may hold `*`, the session goes only there, in every tab and frame.
    ///
    /// # Errors
    /// [`Error::Gone`] and the like, when the session could not be confined; [`Error::Unconfined`] for a
    /// browser without a side channel.
    pub async fn hand_over(&mut self, allowed: Vec<String>) -> Result<(), Error> {
        const DURING: &str = "the confinement to AllowedURLs";
        let Some(side) = &mut self.page.side else {
            return if allowed.is_empty() { Ok(()) } else { Err(Error::Unconfined) };
        };
        side.tools.leave_dialogs();
        let confined = !allowed.is_empty();
        if confined {
            // The tabs and frames that there are, are attached to once more, each with its interception.
            side.tools.confine(allowed).await.map_err(|fault| fault.during(DURING))?;
        }
        for place in side.places.drain(..).collect::<Vec<_>>() {
            let detach = json!({"sessionId": place.session});
            let _ = side.tools.call(None, "Target.detachFromTarget", detach).await;
        }
        Ok(())
    }

    /// Hands a live session over: its pages go only to `allowed`, which may hold `*` and is everywhere on the
    /// web when empty; the way back to the pages of the sign-in is closed. What the pages try and do not get
    /// is told by the answer. Dialogs and file choosers are the viewer's from now on.
    ///
    /// # Errors
    /// [`Error::Unconfined`] for a browser that was started without [`Settings::rules`]; [`Error::Gone`] and
    /// the like.
    pub async fn confine(&mut self, allowed: Vec<String>) -> Result<Attempts, Error> {
        const DURING: &str = "the confinement of the session";
        let (Some(side), Some(attempts)) = (&mut self.page.side, &self.attempts) else {
            return Err(Error::Unconfined);
        };
        side.tools.leave_dialogs();
        // Nothing leaves between this and the confinement.
        side.tools.hold();
        let confined = side.tools.confine(allowed).await;
        for place in side.places.drain(..).collect::<Vec<_>>() {
            let detach = json!({"sessionId": place.session});
            let _ = side.tools.call(None, "Target.detachFromTarget", detach).await;
        }
        side.tools.release();
        confined.map_err(|fault| fault.during(DURING))?;
        Ok(attempts.clone())
    }

    /// The same, for people at viewers: the first answer is what they see and use.
    ///
    /// # Errors
    /// As [`Browser::confine`].
    pub async fn screen(&mut self, allowed: Vec<String>) -> Result<(Screen, Attempts), Error> {
        let side = self.page.side.as_ref().ok_or(Error::Unconfined)?;
        side.tools.show();
        let screen = Screen::new(side.tools.clone());
        Ok((screen, self.confine(allowed).await?))
    }

    /// Listens to what a person does on the page, which is theirs from now on. `saving`: documents are sent, too.
    ///
    /// # Errors
    /// [`Error::Unconfined`] for a browser without a side channel; [`Error::Gone`] and the like.
    pub async fn record(&mut self, saving: bool) -> Result<Recorder, Error> {
        let side = self.page.side.as_ref().ok_or(Error::Unconfined)?;
        let top = side.places.first().ok_or(Error::Gone { during: "its start" })?;
        Recorder::start(&side.tools, &top.session, &top.frame, saving).await
    }

    /// Returns when a navigation of the person was refused, with its URL.
    pub async fn refused(&self) -> String {
        match &self.page.side {
            Some(side) => side.tools.refused().await,
            None => std::future::pending().await,
        }
    }

    /// Returns when the person has closed the window, or the browser has ended.
    pub async fn closed(&self) {
        match &self.page.side {
            Some(side) => side.tools.closed().await,
            None => {
                // WebDriver has no event for it; a look a second is what there is.
                while matches!(self.page.wire.within(self.page.wire.client.windows()).await, Ok(windows) if !windows.is_empty())
                {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Whether the browser has ended.
    pub fn is_gone(&self) -> bool {
        self.page.side.as_ref().is_some_and(|side| side.tools.is_closed())
    }

    /// Ends the browser and all that belongs to it. A browser that is ours has an empty profile which
    /// goes with it, so its process group is ended at once; a remote session is deleted.
    pub async fn end(self) {
        match self.driver {
            Some(driver) => driver.end().await,
            None => self.endpoint.end(self.page.wire.client).await,
        }
    }
}

fn capabilities(
    settings: &Settings,
    binaries: Option<&Binaries>,
    socket: Option<&Socket>,
) -> Map<String, Value> {
    let mut capabilities = Map::new();
    // The rows have waits of their own; a driver that waits for a load blocks all that follows.
    capabilities.insert("pageLoadStrategy".into(), "none".into());
    capabilities.insert("acceptInsecureCerts".into(), settings.insecure_certificates.into());
    // With the side channel dialogs are answered there; elsewhere the driver closes and tells them: an alert
    // has one answer, and a question gets "cancel", as a person who did not read it should.
    let prompts = if socket.is_some() { "ignore" } else { "dismiss and notify" };
    capabilities.insert("unhandledPromptBehavior".into(), prompts.into());
    // A page that blocks its scripts must not block the end of its session.
    capabilities.insert("timeouts".into(), json!({"script": SCRIPT.as_millis()}));
    if let (Some(proxy), Kind::Firefox) = (&settings.proxy, settings.kind) {
        let host = &proxy[url::Position::BeforeHost..url::Position::AfterPort];
        let all = json!({"proxyType": "manual", "httpProxy": host, "sslProxy": host});
        capabilities.insert("proxy".into(), all);
    }
    let binary = binaries.map(|binaries| binaries.browser.path.to_string_lossy().into_owned());
    match settings.kind {
        Kind::Chromium => {
            let options = match socket {
                // It runs already.
                Some(socket) => json!({"debuggerAddress": socket.address}),
                None => json!({
                    "args": chromium::arguments(settings),
                    // Its log is a file in the profile, with all that pages write to their consoles.
                    "excludeSwitches": ["enable-automation", "enable-logging", "log-level"],
                    "prefs": Map::from_iter(
                        chromium::preferences().map(|(name, value)| (name.to_owned(), value)),
                    ),
                }),
            };
            capabilities.insert("browserName".into(), "chrome".into());
            capabilities.insert("goog:chromeOptions".into(), options);
        }
        Kind::Firefox => {
            let mut arguments = vec!["-no-remote".to_owned()];
            if settings.headless {
                arguments.push("-headless".to_owned());
            }
            let mut options = json!({
                "args": arguments,
                "prefs": {
                    "signon.rememberSignons": false,
                    "signon.autofillForms": false,
                    "browser.formfill.enable": false,
                    "identity.fxaccounts.enabled": false,
                    "datareporting.policy.dataSubmissionEnabled": false,
                    "toolkit.telemetry.enabled": false,
                    "app.update.auto": false,
                    "app.normandy.enabled": false,
                    "browser.safebrowsing.downloads.remote.enabled": false,
                    "network.captive-portal-service.enabled": false,
                    "network.connectivity-service.enabled": false,
                    "browser.startup.homepage_override.mstone": "ignore",
                    "browser.aboutwelcome.enabled": false,
                },
            });
            if let Some(binary) = binary {
                options["binary"] = binary.into();
            }
            capabilities.insert("browserName".into(), "firefox".into());
            capabilities.insert("moz:firefoxOptions".into(), options);
        }
    }
    capabilities
}

/// Opens the side channel, to the one page that a browser has which was just started.
async fn side_channel(
    socket: &Socket,
    rules: Option<&Rules>,
) -> Result<(Side, Option<Attempts>), Error> {
    const DURING: &str = "the opening of the side channel";
    let tools = DevTools::connect(&socket.url).await?;
    let discover = json!({"discover": true});
    let opened = async {
        tools.call(None, "Target.setDiscoverTargets", discover).await?;
        let attempts = match rules {
            Some(rules) => Some(tools.begin(rules.clone()).await?),
            None => None,
        };
        let page = tools.page().await?;
        // The id of a page's target is that of its top frame.
        let place = Place::new(attach(&tools, &page).await?, page);
        for (method, params) in rules.map(|rules| rules.commands(true, false)).unwrap_or_default() {
            tools.call(Some(&place.session), method, params).await?;
        }
        Ok((place, attempts))
    };
    let (place, attempts) = opened.await.map_err(|fault: Fault| fault.during(DURING))?;
    Ok((Side { tools, places: vec![place] }, attempts))
}
