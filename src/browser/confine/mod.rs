//! Confinement: where a signed-in session may go, and, where it is handed to a viewer, what its pages may do.
//!
//! In a window of the person's own `AllowedURLs` holds for every tab and frame of the browser: what leads
//! elsewhere is failed on its way to the network. A live session has [`Rules`] besides: every page, pop-up and
//! frame is attached to before its first request, and what it tries comes out as an [`Attempt`].

mod attempt;
mod rules;

use std::collections::HashMap;

use serde_json::{Value, json};

pub use attempt::{Attempt, Attempts, Wanted};
pub(super) use rules::FEATURES_OFF;
pub use rules::Rules;
use rules::{allows, may_go};

use super::screen::Screen;

/// The script of a live session's documents: a function of the binding's name and the rules.
const SCRIPT: &str = include_str!("confine.js");

/// The binding by which that script tells what a page tries.
const BINDING: &str = "__doorward";

/// How many tabs there may be; a page that opens windows in a loop gets no more.
const MOST_TABS: usize = 20;

/// The permissions that pages ask for by a call; words of the Permissions API.
const PERMISSIONS: [&str; 14] = [
    "notifications",
    "geolocation",
    "camera",
    "microphone",
    "display-capture",
    "clipboard-read",
    "midi",
    "usb",
    "serial",
    "hid",
    "bluetooth",
    "idle-detection",
    "local-fonts",
    "window-management",
];

/// Where a session may go, and what has to be told of it.
#[derive(Debug, Default)]
pub(super) struct Confinement {
    patterns: Vec<String>,
    /// What was refused in a window of the person's own and has not been told yet.
    pub(super) refused: Vec<String>,
    /// Of a live session.
    live: Option<Live>,
}

/// What a live session knows of its pages.
#[derive(Debug)]
struct Live {
    rules: Rules,
    attempts: Attempts,
    /// Whether it was handed over: `AllowedURLs` holds from then on, and every page is attached to.
    whole: bool,
    /// Whether viewers see the pages.
    shown: bool,
    /// The pages and frames by the session that confines them.
    seats: HashMap<String, Seat>,
    /// Where each target is.
    urls: HashMap<String, String>,
}

/// A page or frame.
#[derive(Debug)]
struct Seat {
    target: String,
    is_page: bool,
    /// Whether it has had a document: a window that is refused its first one is closed.
    settled: bool,
}

/// A command to the browser, to a session or, where that is empty, to the browser as a whole.
pub(super) type Order = (String, &'static str, Value);

impl Confinement {
    /// A live session, before it is handed over.
    pub(super) fn begun(rules: Rules, attempts: Attempts) -> Self {
        let live = Live {
            rules,
            attempts,
            whole: false,
            shown: false,
            seats: HashMap::new(),
            urls: HashMap::new(),
        };
        Self { live: Some(live), ..Self::default() }
    }

    /// From now on navigations go only where `patterns` say.
    pub(super) fn close(&mut self, patterns: Vec<String>) {
        self.patterns = patterns;
        if let Some(live) = &mut self.live {
            live.whole = true;
        }
    }

    /// From now on pages are made ready for viewers.
    pub(super) fn show(&mut self) {
        if let Some(live) = &mut self.live {
            live.shown = true;
        }
    }

    /// What the browser as a whole is told when the session is handed over.
    pub(super) fn closing(&self) -> Value {
        match &self.live {
            None => auto_attach(),
            Some(_) => {
                let mut attach = auto_attach();
                // A service worker waits for us even where it is excluded (measured): one that is allowed is let go.
                let kinds = ["browser", "tab", "worker", "shared_worker"];
                attach["filter"] = kinds
                    .into_iter()
                    .map(|kind| json!({"type": kind, "exclude": true}))
                    .chain([json!({})])
                    .collect();
                attach
            }
        }
    }

    /// The answer to a navigation that is held: on to `url`, or nowhere. What has to be done beside it goes
    /// to `orders`.
    pub(super) fn verdict(
        &mut self,
        session: &str,
        frame: &str,
        request: &str,
        url: &str,
        orders: &mut Vec<Order>,
    ) -> (&'static str, Value) {
        let go_on = ("Fetch.continueRequest", json!({"requestId": request}));
        let Some(live) = &mut self.live else {
            if self.patterns.iter().any(|pattern| allows(pattern, url)) {
                return go_on;
            }
            self.refused.push(url.to_owned());
            return fail(request, "BlockedByClient");
        };
        if !live.whole || may_go(&self.patterns, url) {
            return go_on;
        }
        live.denied(session, frame, url, orders);
        // An aborted navigation leaves the page where it is; a blocked one puts an error page in its place.
        fail(request, "Aborted")
    }

    /// Takes in an event of the browser; what has to be done about it is returned.
    pub(super) fn heard(&mut self, message: &Value) -> Vec<Order> {
        let params = &message["params"];
        let method = message["method"].as_str().unwrap_or_default();
        let Some(live) = &mut self.live else {
            return match method {
                "Target.attachedToTarget" => in_a_window(params),
                _ => Vec::new(),
            };
        };
        let session = message["sessionId"].as_str().unwrap_or_default();
        live.heard(session, method, params)
    }
}

impl Live {
    fn heard(&mut self, session: &str, method: &str, params: &Value) -> Vec<Order> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut orders = Vec::new();
        match method {
            "Target.targetCreated" | "Target.targetInfoChanged" => {
                let info = &params["targetInfo"];
                self.urls.insert(text(&info["targetId"]), text(&info["url"]));
            }
            "Target.targetDestroyed" => {
                self.urls.remove(params["targetId"].as_str().unwrap_or_default());
            }
            "Target.detachedFromTarget" => {
                self.seats.remove(params["sessionId"].as_str().unwrap_or_default());
            }
            "Target.attachedToTarget" => self.attached(params, &mut orders),
            "Page.frameNavigated" => {
                let frame = &params["frame"];
                let url = frame["url"].as_str().unwrap_or_default();
                let had = url.starts_with("http") || url.starts_with("blob:");
                if let Some(seat) = self.seats.get_mut(session)
                    && frame["id"] == seat.target.as_str()
                    && had
                {
                    seat.settled = true;
                }
            }
            "Page.frameRequestedNavigation" => {
                let url = params["url"].as_str().unwrap_or_default();
                let scheme = url.split(':').next().unwrap_or_default();
                let stays = ["http", "https", "about", "blob", "data", "javascript", ""];
                if self.seats.contains_key(session) && !stays.contains(&scheme) {
                    // The browser starts nothing for it: the list of schemes is its own.
                    self.denied(session, &text(&params["frameId"]), url, &mut orders);
                }
            }
            "Log.entryAdded" => {
                let said = params["entry"]["text"].as_str().unwrap_or_default();
                let target = self.seats.get(session).map(|seat| seat.target.clone());
                if let (Some(target), Some(url)) = (target, refused_by_itself(said)) {
                    self.denied(session, &target, url, &mut orders);
                }
            }
            "Page.fileChooserOpened" if !self.rules.uploads => {
                self.attempt(Wanted::Upload, session);
            }
            "Browser.downloadWillBegin" if self.rules.downloads.is_none() => {
                self.attempts.push(
                    Wanted::Download,
                    params["url"].as_str().unwrap_or_default(),
                    false,
                );
            }
            "Runtime.bindingCalled" if params["name"] == BINDING => {
                self.told(session, params["payload"].as_str().unwrap_or_default());
            }
            _ => {}
        }
        orders
    }

    /// A target that the browser has attached us to: it is confined, and only then goes on.
    fn attached(&mut self, params: &Value, orders: &mut Vec<Order>) {
        let info = &params["targetInfo"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (session, target) = (text(&params["sessionId"]), text(&info["targetId"]));
        let (kind, url) = (info["type"].as_str().unwrap_or_default(), text(&info["url"]));
        let waits = params["waitingForDebugger"] == true;
        let close = || (String::new(), "Target.closeTarget", json!({"targetId": info["targetId"]}));
        if kind == "service_worker" && !self.rules.service_workers {
            // It waits before its first line and never goes on, so it never controls a page.
            self.attempts.push(Wanted::ServiceWorker, &url, false);
            orders.push(close());
            return;
        }
        if !self.whole {
            return;
        }
        let is_page = kind == "page";
        // Whoever else attaches to a page finds it confined.
        let known = self.seats.values().any(|seat| seat.target == target);
        if known && !waits {
            return;
        }
        if is_page {
            let scheme = url.split(':').next().unwrap_or_default();
            if is_of_the_browser(scheme) {
                self.attempts.push(Wanted::DeveloperTools, &url, false);
                orders.push(close());
                return;
            }
            if self.seats.values().filter(|seat| seat.is_page).count() >= MOST_TABS {
                let opener = info["openerId"].as_str().and_then(|opener| self.urls.get(opener));
                let opener = opener.cloned().unwrap_or_default();
                self.attempts.push(Wanted::Popup, &opener, false);
                orders.push((session.clone(), "Fetch.enable", documents()));
                orders.push(close());
                // The page that opened it is of the same process, and waits with it (measured).
                orders.push((session, "Runtime.runIfWaitingForDebugger", json!({})));
                return;
            }
        }
        if is_page || kind == "iframe" {
            let settled = !waits && url.starts_with("http");
            self.urls.insert(target.clone(), url);
            self.seats.insert(session.clone(), Seat { target, is_page, settled });
            let mut commands = self.rules.commands(is_page, true);
            commands.extend(self.shown.then(Screen::commands).into_iter().flatten());
            orders
                .extend(commands.into_iter().map(|(name, params)| (session.clone(), name, params)));
            if is_page && !waits {
                // Behind it may be the page that held the password.
                orders.push((session.clone(), "Page.resetNavigationHistory", json!({})));
            }
        }
        orders.push((session, "Runtime.runIfWaitingForDebugger", json!({})));
    }

    /// A frame of the page or frame of `session` does not get to `url`; a window that has never been
    /// anywhere else is closed.
    fn denied(&mut self, session: &str, frame: &str, url: &str, orders: &mut Vec<Order>) {
        let fresh = self
            .seats
            .get(session)
            .is_some_and(|seat| seat.is_page && !seat.settled && seat.target == frame);
        let scheme = url.split(':').next().unwrap_or_default();
        let wanted = match fresh {
            _ if is_of_the_browser(scheme) => Wanted::DeveloperTools,
            true => Wanted::Popup,
            false => Wanted::Navigation,
        };
        self.attempts.push(wanted, url, false);
        if fresh {
            orders.push((String::new(), "Target.closeTarget", json!({"targetId": frame})));
        }
    }

    /// What `confine.js` tells. A page could call the binding itself, so only words that are known count.
    fn told(&self, session: &str, word: &str) {
        match word {
            "print" => {
                let url = self.url(session);
                self.attempts.push(Wanted::Print, &url, self.rules.print);
            }
            "webrtc" => self.attempt(Wanted::WebRtc, session),
            "service-worker" => self.attempt(Wanted::ServiceWorker, session),
            "program" => self.attempt(Wanted::Navigation, session),
            word => {
                let name = word.strip_prefix("permission:").unwrap_or_default();
                if let Some(name) = PERMISSIONS.into_iter().find(|known| *known == name) {
                    self.attempt(Wanted::Permission(name), session);
                }
            }
        }
    }

    /// The page or frame of `session` wanted something where it is.
    fn attempt(&self, wanted: Wanted, session: &str) {
        self.attempts.push(wanted, &self.url(session), false);
    }

    fn url(&self, session: &str) -> String {
        let target = self.seats.get(session).map(|seat| &seat.target);
        target.and_then(|target| self.urls.get(target)).cloned().unwrap_or_default()
    }
}

impl Rules {
    /// What the session of a page or frame is told. `whole`: its navigations are asked for, too.
    pub(super) fn commands(&self, is_page: bool, whole: bool) -> Vec<(&'static str, Value)> {
        let rules = json!({"webrtc": self.webrtc, "serviceWorkers": self.service_workers});
        let script = format!("({SCRIPT})({}, {rules})", json!(BINDING));
        // A binding reaches only a session whose `Runtime` is enabled (measured).
        let mut commands = vec![
            ("Page.enable", json!({})),
            ("Runtime.enable", json!({})),
            ("Runtime.addBinding", json!({"name": BINDING})),
            (
                "Page.addScriptToEvaluateOnNewDocument",
                json!({"source": script, "runImmediately": true}),
            ),
            (
                "Page.setInterceptFileChooserDialog",
                json!({"enabled": true, "cancel": !self.uploads}),
            ),
        ];
        if is_page {
            // The browser-wide command reaches only windows that are not incognito (measured).
            commands.push(("Page.setDownloadBehavior", self.download_behavior()));
        }
        if whole {
            let mut attach = auto_attach();
            let kinds = ["service_worker", "worker", "shared_worker"];
            attach["filter"] = kinds
                .into_iter()
                .map(|kind| json!({"type": kind, "exclude": true}))
                .chain([json!({})])
                .collect();
            commands.extend([
                ("Log.enable", json!({})),
                ("Fetch.enable", documents()),
                ("Target.setAutoAttach", attach),
            ]);
        }
        commands
    }

    fn download_behavior(&self) -> Value {
        match &self.downloads {
            // Each file is named by an id of the browser's: equal names would overwrite each other (measured).
            Some(folder) => json!({"behavior": "allowAndName", "downloadPath": folder}),
            None => json!({"behavior": "deny"}),
        }
    }

    /// What the browser as a whole is told at its start.
    pub(super) fn beginning(&self) -> Vec<(&'static str, Value)> {
        let mut commands = vec![(
            "Browser.setDownloadBehavior",
            json!({"behavior": "deny", "eventsEnabled": true}),
        )];
        if !self.service_workers {
            let mut attach = auto_attach();
            attach["filter"] = json!([{"type": "service_worker"}]);
            commands.push(("Target.setAutoAttach", attach));
        }
        commands
    }
}

/// What a page or frame needs in a window of the person's own, so that its navigations are asked for.
fn in_a_window(params: &Value) -> Vec<Order> {
    let session = params["sessionId"].as_str().unwrap_or_default().to_owned();
    vec![
        (session.clone(), "Fetch.enable", documents()),
        (session.clone(), "Target.setAutoAttach", auto_attach()),
        (session, "Runtime.runIfWaitingForDebugger", json!({})),
    ]
}

fn fail(request: &str, reason: &str) -> (&'static str, Value) {
    ("Fetch.failRequest", json!({"requestId": request, "errorReason": reason}))
}

/// Whether a scheme is of the browser's own pages.
fn is_of_the_browser(scheme: &str) -> bool {
    let own = ["chrome", "chrome-untrusted", "chrome-extension", "devtools", "view-source"];
    own.contains(&scheme)
}

/// The URL that the browser says it did not go to, by rules of its own.
fn refused_by_itself(said: &str) -> Option<&str> {
    const WORDS: [&str; 3] = [
        "Not allowed to load local resource: ",
        "Not allowed to navigate top frame to data URL: ",
        "Not allowed to navigate top frame to filesystem URL: ",
    ];
    WORDS.iter().find_map(|words| said.strip_prefix(words))
}

/// Every document is asked for before it is.
fn documents() -> Value {
    json!({"patterns": [{"resourceType": "Document"}]})
}

/// New tabs and frames of other processes stop before their first request, until they are confined, too.
fn auto_attach() -> Value {
    json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true})
}
