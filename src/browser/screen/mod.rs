//! The screen of a browser without a window: its pictures, its tabs, and what a person does at it from
//! afar. DevTools' screencast sends a picture when the page has drawn one, and nothing while it has not.

mod deed;
mod download;
mod tab;

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::devtools::DevTools;
use super::fault::Fault;
use crate::stream::{self, MouseKind, QUALITY};
pub use download::Download;
use tab::Open;

/// What runs in every document of a live session, in a world of its own.
const AGENT: &str = include_str!("agent.js");

/// The name of that world.
const WORLD: &str = "doorward-viewer";

/// The name by which documents tell.
const BINDING: &str = "doorwardTell";

/// How a PNG begins.
const PNG: &[u8] = b"\x89PNG";

/// The size of a page until a viewer says its own, in CSS pixels.
const SIZE: Size = Size { width: 1280, height: 720, scale: 1.0 };

/// The most pixels of a picture: a viewer with a large screen of high density gets it scaled.
const MOST_PIXELS: f64 = 4_200_000.0;

/// The size of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Size {
    /// In CSS pixels.
    width: u32,
    height: u32,
    /// Device pixels to a CSS pixel.
    scale: f64,
}

/// How often the browser is to send pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Not at all.
    Paused,
    /// Each one that the page draws.
    Full,
    /// One for each [`Screen::glimpse`]: something moves, and nobody touches it. The browser takes each
    /// picture that a page draws from the compositor before it leaves some out (`everyNthFrame`), and that
    /// is most of the work; so it is told to stop between two.
    Trickle,
}

/// What came from the browser.
#[derive(Debug)]
pub enum Seen {
    /// A picture of the tab that shows, as JPEG.
    Picture(Arc<[u8]>),
    /// A picture that was asked for, without loss, as PNG.
    Exact {
        /// What it was asked for with.
        of: u64,
        /// It.
        png: Vec<u8>,
    },
    /// The tabs, a title or an address changed.
    Tabs,
    /// Whether there is a page to go back or forward to.
    History {
        /// Back.
        back: bool,
        /// Forward.
        forward: bool,
    },
    /// The pointer has this shape over the page.
    Cursor(String),
    /// A list is to be shown.
    Choices(stream::Note),
    /// A dialog waits for an answer, as a note tells it.
    Dialog(stream::Note),
    /// The dialog is gone.
    DialogClosed,
    /// A text was copied on the page.
    Copied(String),
    /// A document got what was typed.
    Typed(Echo),
    /// The page asks for files.
    FilesAsked {
        /// Whether it takes several.
        multiple: bool,
    },
    /// The page that shows has crashed.
    Crashed,
    /// A page saves a file.
    Download(Download),
    /// A page has been printed.
    Printed {
        /// Its title.
        title: String,
        /// As PDF; `None` when the browser did not do it.
        pdf: Option<Vec<u8>>,
    },
    /// The browser, or its last tab, is gone.
    Gone,
}

/// Something of the page's that a person drags: a browser without a window leaves it to us.
struct Drag {
    /// As the browser has it.
    data: Value,
    /// Whether it has been over the page.
    entered: bool,
}

/// The pointer: its place as it is drawn, and what is held.
#[derive(Debug, Clone, Copy, Default)]
struct Pointer {
    x: f64,
    y: f64,
    buttons: u8,
    modifiers: u8,
}

/// What the browser answered.
enum Answer {
    /// Something to be seen.
    Seen(Seen),
    /// The window of a tab.
    Window {
        /// The tab's id.
        tab: String,
        window: i64,
    },
}

/// What a document tells of what was typed into it; `None` where a secret belongs.
#[derive(Debug)]
pub enum Echo {
    /// A key, by its name.
    Key(Option<String>),
    /// A text that came without keys.
    Text(Option<String>),
}

/// The screen.
pub struct Screen {
    tools: DevTools,
    events: mpsc::UnboundedReceiver<Value>,
    /// What was asked of the browser, once it has answered.
    asked: (mpsc::UnboundedSender<Answer>, mpsc::UnboundedReceiver<Answer>),
    tabs: Vec<Open>,
    /// The id of the tab that shows.
    active: Option<String>,
    size: Size,
    pace: Pace,
    /// The document that the focus is in: session and world.
    focus: Option<(String, i64)>,
    /// The document whose list is open.
    chooser: Option<(String, i64)>,
    /// The field that asks for files: session and node.
    files: Option<(String, i64)>,
    /// The session whose dialog waits for its answer; it can be of a tab that does not show.
    dialog: Option<String>,
    /// What is being dragged.
    drag: Option<Drag>,
    /// Where the pointer is.
    pointer: Pointer,
    /// The change of the picture that a screencast without loss was begun for.
    exact: Option<u64>,
    /// The last deed that was handed to the browser.
    deed: u32,
}

impl Screen {
    /// The screen of the browser behind `tools`. Its tabs come with the next events.
    pub(super) fn new(tools: DevTools) -> Self {
        let events = tools.subscribe();
        Self {
            tools,
            events,
            asked: mpsc::unbounded_channel(),
            tabs: Vec::new(),
            active: None,
            size: SIZE,
            pace: Pace::Paused,
            focus: None,
            chooser: None,
            files: None,
            dialog: None,
            drag: None,
            pointer: Pointer::default(),
            exact: None,
            deed: 0,
        }
    }

    /// What comes next from the browser. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Seen {
        loop {
            let event = tokio::select! {
                event = self.events.recv() => event,
                // Its sender is here, so it never closes.
                Some(answer) = self.asked.1.recv() => match answer {
                    Answer::Seen(seen) => return seen,
                    Answer::Window { tab: id, window } => {
                        if let Some(tab) = self.tabs.iter_mut().find(|tab| tab.id == id) {
                            tab.window = Some(window);
                            self.fit();
                        }
                        continue;
                    }
                },
            };
            let Some(event) = event else { return Seen::Gone };
            if let Some(seen) = self.hear(event) {
                if matches!(seen, Seen::Tabs) {
                    self.ask_history();
                }
                return seen;
            }
        }
    }

    /// The number of the last deed that the browser has been handed.
    pub fn last_deed(&self) -> u32 {
        self.deed
    }

    /// The tabs and the one that shows.
    pub fn tabs(&self) -> stream::Note {
        let tabs = self.tabs.iter().map(Open::told).collect();
        stream::Note::Tabs { tabs, active: self.active.clone().unwrap_or_default() }
    }

    /// The size of the page.
    pub fn size(&self) -> stream::Note {
        let Size { width, height, scale } = self.size;
        stream::Note::Screen { width, height, scale }
    }

    /// The address of the page that shows; empty without one.
    pub fn url(&self) -> &str {
        self.tab().map_or("", |tab| tab.url.as_str())
    }

    /// Pictures at another pace.
    pub fn pace(&mut self, pace: Pace) {
        if pace == self.pace {
            return;
        }
        self.pace = pace;
        self.exact = None;
        self.cast();
    }

    /// Asks for a picture of the page as it is now, without loss; it comes as [`Seen::Exact`] with `of`. It is one of
    /// the screencast: for a screenshot the browser gives a page another size for a while, what is clicked
    /// meanwhile lands elsewhere (measured at two pixels to one: 34 of 80 clicks arrived), and a new size is lost.
    pub fn exact(&mut self, of: u64) {
        self.exact = Some(of);
        self.start("png");
    }

    /// Asks for the picture of now; it comes as [`Seen::Picture`]. At [`Pace::Trickle`] no other follows.
    pub fn glimpse(&self) {
        self.start("jpeg");
    }

    /// What a page needs before its first document so that it can be shown, beside what confines it.
    pub(super) fn commands() -> [(&'static str, Value); 3] {
        [
            ("Emulation.setFocusEmulationEnabled", json!({"enabled": true})),
            ("Runtime.addBinding", json!({"name": BINDING, "executionContextName": WORLD})),
            (
                "Page.addScriptToEvaluateOnNewDocument",
                json!({"source": AGENT, "worldName": WORLD, "runImmediately": true}),
            ),
        ]
    }

    /// Asks whether there is a page to go back and forward to.
    fn ask_history(&self) {
        let Some(tab) = self.tab() else { return };
        let answer = self.tools.send(Some(&tab.session), "Page.getNavigationHistory", json!({}));
        let tell = self.asked.0.clone();
        tokio::spawn(async move {
            let Ok(answer) = answer.await else { return };
            let at = answer["currentIndex"].as_u64().unwrap_or(0);
            let count = answer["entries"].as_array().map_or(0, Vec::len) as u64;
            let seen = Seen::History { back: at > 0, forward: at + 1 < count };
            let _ = tell.send(Answer::Seen(seen));
        });
    }

    fn tab(&self) -> Option<&Open> {
        let active = self.active.as_ref()?;
        self.tabs.iter().find(|tab| tab.id == *active)
    }

    /// Sends a command to the tab that shows.
    fn post(&self, method: &'static str, params: Value) {
        if let Some(tab) = self.tab() {
            self.tools.post(&tab.session, method, params);
        }
    }

    /// Shows the tab `id`.
    fn show(&mut self, id: &str) {
        if self.active.as_deref() == Some(id) || !self.tabs.iter().any(|tab| tab.id == id) {
            return;
        }
        self.post("Page.stopScreencast", json!({}));
        self.active = Some(id.to_owned());
        (self.focus, self.chooser, self.files, self.drag) = (None, None, None, None);
        self.post("Page.bringToFront", json!({}));
        self.fit();
        self.cast();
    }

    /// Gives the page the viewer's size, and the window that of the picture: a screencast has as many pixels as
    /// the window, and the page is drawn at the scale of the picture (the factor is only what the page is told).
    fn fit(&self) {
        let Some(Open { window: Some(window), .. }) = self.tab() else { return };
        let Size { width, height, scale } = self.size;
        let [across, down] = [width, height].map(|side| (f64::from(side) * scale).round());
        let contents = json!({"windowId": window, "width": across, "height": down});
        self.tools.post_to_browser("Browser.setContentsSize", contents);
        let params = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false,
            "scale": scale, "dontSetVisibleSize": true,
        });
        self.post("Emulation.setDeviceMetricsOverride", params);
    }

    /// Asks which window the tab is in.
    fn ask_window(&self, tab: &str) {
        let tab = tab.to_owned();
        let asked = json!({"targetId": tab});
        let answer = self.tools.send(None, "Browser.getWindowForTarget", asked);
        let tell = self.asked.0.clone();
        tokio::spawn(async move {
            let Ok(answer) = answer.await else { return };
            if let Some(window) = answer["windowId"].as_i64() {
                let _ = tell.send(Answer::Window { tab, window });
            }
        });
    }

    /// Starts or stops the pictures of the tab that shows.
    fn cast(&self) {
        match self.pace {
            Pace::Paused | Pace::Trickle => self.post("Page.stopScreencast", json!({})),
            Pace::Full => self.start("jpeg"),
        }
    }

    /// Starts pictures of a format, from that of now: the browser does so only anew.
    fn start(&self, format: &str) {
        self.post("Page.stopScreencast", json!({}));
        self.post("Page.startScreencast", json!({"format": format, "quality": QUALITY}));
    }

    fn hear(&mut self, mut event: Value) -> Option<Seen> {
        let session = event["sessionId"].as_str().unwrap_or_default().to_owned();
        let mut params = event["params"].take();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event["method"].as_str().unwrap_or_default() {
            "Page.screencastFrame" => {
                if self.tab().is_none_or(|tab| tab.session != session) {
                    return None;
                }
                let data = params["data"].as_str().unwrap_or_default();
                let picture = data_encoding::BASE64.decode(data.as_bytes()).ok()?;
                if picture.starts_with(PNG) {
                    // One is enough; those that follow are as before.
                    let of = self.exact.take()?;
                    self.cast();
                    return Some(Seen::Exact { of, png: picture });
                }
                if self.pace == Pace::Trickle {
                    self.post("Page.stopScreencast", json!({}));
                }
                return Some(Seen::Picture(picture.into()));
            }
            "Target.attachedToTarget" if params["targetInfo"]["type"] == "page" => {
                let info = &params["targetInfo"];
                let id = text(&info["targetId"]);
                if self.tabs.iter().any(|tab| tab.id == id) {
                    return None;
                }
                let tab = Open::new(id.clone(), text(&params["sessionId"]), info);
                self.tabs.push(tab);
                let session = params["sessionId"].as_str().unwrap_or_default();
                self.tools.post(session, "Input.setInterceptDrags", json!({"enabled": true}));
                self.ask_window(&id);
                self.show(&id);
                return Some(Seen::Tabs);
            }
            "Target.detachedFromTarget" | "Target.targetDestroyed" => {
                // A target can have other sessions, which end by themselves.
                let gone = match event["method"] == "Target.targetDestroyed" {
                    true => text(&params["targetId"]),
                    false => text(&params["sessionId"]),
                };
                let at = self.tabs.iter().position(|tab| tab.id == gone || tab.session == gone)?;
                let closed = self.tabs.remove(at);
                // Its dialog has gone with it.
                if let Some(over) = self.dialog_over(&closed.session) {
                    let _ = self.asked.0.send(Answer::Seen(over));
                }
                if self.active == Some(closed.id) {
                    self.active = None;
                    let next = self.tabs.get(at.saturating_sub(1)).map(|tab| tab.id.clone());
                    if let Some(next) = next {
                        self.show(&next);
                    }
                }
                return Some(if self.tabs.is_empty() { Seen::Gone } else { Seen::Tabs });
            }
            "Target.targetInfoChanged" => {
                let info = &params["targetInfo"];
                let id = text(&info["targetId"]);
                let tab = self.tabs.iter_mut().find(|tab| tab.id == id)?;
                return tab.learn(info).then_some(Seen::Tabs);
            }
            "Page.frameStartedLoading" | "Page.frameStoppedLoading" => {
                let loading = event["method"] == "Page.frameStartedLoading";
                let tab = self.tabs.iter_mut().find(|tab| params["frameId"] == tab.id.as_str())?;
                let before = std::mem::replace(&mut tab.loading, loading);
                return (before != loading).then_some(Seen::Tabs);
            }
            "Page.javascriptDialogOpening" => {
                self.dialog = Some(session);
                return Some(Seen::Dialog(stream::Note::Dialog {
                    kind: text(&params["type"]),
                    message: text(&params["message"]),
                    default: text(&params["defaultPrompt"]),
                }));
            }
            "Target.targetCrashed" => {
                let id = params["targetId"].as_str()?;
                let tab = self.tabs.iter_mut().find(|tab| tab.id == id)?;
                tab.crashed = true;
                let session = tab.session.clone();
                if let Some(over) = self.dialog_over(&session) {
                    let _ = self.asked.0.send(Answer::Seen(over));
                }
                return (self.active.as_deref() == Some(id)).then_some(Seen::Crashed);
            }
            "Page.frameNavigated" if params["frame"]["parentId"].is_null() => {
                let tab = self.tabs.iter_mut().find(|tab| tab.session == session)?;
                if std::mem::take(&mut tab.crashed) {
                    self.fit();
                }
                // Pictures that were begun while one page took the place of another never come (measured), and those
                // of a page that crashed have ended.
                self.begin_anew(&session);
                return None;
            }
            // On a machine that has much to do they were begun too early even so.
            "Page.loadEventFired" => {
                self.begin_anew(&session);
                return None;
            }
            "Page.javascriptDialogClosed" => return self.dialog_over(&session),
            "Input.dragIntercepted" => {
                self.drag = Some(Drag { data: params["data"].take(), entered: false });
                if self.pointer.buttons == 0 {
                    // It was let go before the browser said that something is dragged.
                    self.dragged(MouseKind::Up, self.pointer);
                }
                return None;
            }
            "Page.fileChooserOpened" => {
                let node = params["backendNodeId"].as_i64()?;
                self.files = Some((session, node));
                return Some(Seen::FilesAsked { multiple: params["mode"] == "selectMultiple" });
            }
            method @ ("Browser.downloadWillBegin" | "Browser.downloadProgress") => {
                return Download::read(method, &params).map(Seen::Download);
            }
            "Runtime.bindingCalled" if params["name"] == BINDING => {
                let world = params["executionContextId"].as_i64()?;
                let told: Value = serde_json::from_str(params["payload"].as_str()?).ok()?;
                return self.told(session, world, told);
            }
            _ => {}
        }
        None
    }

    /// Begins the pictures anew, if the tab of `session` is the one that shows.
    fn begin_anew(&mut self, session: &str) {
        if self.tab().is_some_and(|tab| tab.session == session) {
            match self.exact {
                Some(of) => self.exact(of),
                None => self.cast(),
            }
        }
    }

    /// The dialog of `session` waits no more.
    fn dialog_over(&mut self, session: &str) -> Option<Seen> {
        self.dialog.take_if(|waiting| waiting == session).map(|_| Seen::DialogClosed)
    }

    /// What a document told.
    fn told(&mut self, session: String, world: i64, mut told: Value) -> Option<Seen> {
        match told["type"].as_str()? {
            "cursor" => Some(Seen::Cursor(told["shape"].as_str()?.to_owned())),
            "title" => {
                let tab = self.tabs.iter_mut().find(|tab| tab.session == session)?;
                told["title"].as_str()?.clone_into(&mut tab.title);
                told["url"].as_str()?.clone_into(&mut tab.url);
                Some(Seen::Tabs)
            }
            "key" => Some(Seen::Typed(Echo::Key(told["key"].as_str().map(str::to_owned)))),
            "text" => Some(Seen::Typed(Echo::Text(told["text"].as_str().map(str::to_owned)))),
            "copied" => Some(Seen::Copied(told["text"].as_str()?.to_owned())),
            "focus" => {
                self.focus = Some((session, world));
                None
            }
            "choices" => {
                self.chooser = Some((session, world));
                let field = |value: Value| serde_json::from_value(value).ok();
                Some(Seen::Choices(stream::Note::Choices {
                    options: serde_json::from_value(told["options"].take()).ok()?,
                    disabled: serde_json::from_value(told["disabled"].take()).ok()?,
                    chosen: told["chosen"].as_i64()?,
                    // A frame does not know where it is: the viewer shows the list at the pointer.
                    place: if told["top"] == true {
                        field(told["place"].take())?
                    } else {
                        [0.0; 4]
                    },
                }))
            }
            _ => None,
        }
    }

    /// Whether a field of a page asks for files.
    pub fn asks_files(&self) -> bool {
        self.files.is_some()
    }

    /// Gives the files at `paths` to the field that asked for them. What comes back tells whether the browser
    /// has done so; a page that asks something in turn keeps it waiting.
    pub fn give_files(&mut self, paths: &[String]) -> impl Future<Output = bool> + Send + use<> {
        let answer = self.files.take().map(|(session, node)| {
            let params = json!({"files": paths, "backendNodeId": node});
            self.tools.send(Some(&session), "DOM.setFileInputFiles", params)
        });
        async move {
            match answer {
                Some(answer) => answer.await.is_ok(),
                None => false,
            }
        }
    }

    /// Prints the page that shows; [`Seen::Printed`] follows.
    pub fn print(&self) {
        let asked = json!({"printBackground": true, "preferCSSPageSize": true});
        let tab = self.tab();
        let title = tab.map_or_else(String::new, |tab| tab.told().title);
        let answer = tab.map(|tab| self.tools.send(Some(&tab.session), "Page.printToPDF", asked));
        let tell = self.asked.0.clone();
        tokio::spawn(async move {
            let answer: Option<Result<Value, Fault>> = match answer {
                Some(answer) => Some(answer.await),
                None => None,
            };
            let data = answer.and_then(Result::ok);
            let data = data.as_ref().and_then(|answer| answer["data"].as_str());
            let pdf = data.and_then(|data| data_encoding::BASE64.decode(data.as_bytes()).ok());
            let _ = tell.send(Answer::Seen(Seen::Printed { title, pdf }));
        });
    }
}
