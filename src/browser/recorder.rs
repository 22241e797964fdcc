//! A recorder: what a person does on the pages of a browser, document by document and frame by frame. It
//! hears which field and which button; what is typed never leaves the page.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Error;
use super::author::{self, Snapshot};
use super::devtools::DevTools;
use super::fault::Fault;
use super::page::SOURCE;

const DURING: &str = "the watching of a sign-in";

/// The name by which pages tell.
const BINDING: &str = "doorwardHeard";

/// The name of the isolated worlds.
const WORLD: &str = "doorward";

/// Listens to one page, and to every frame in it.
pub struct Recorder {
    tools: DevTools,
    heard: mpsc::UnboundedReceiver<Value>,
    /// The session of the top frame's first process.
    session: String,
    /// The top frame.
    top: String,
    /// Which frame a world is of, by session and world.
    worlds: HashMap<(String, i64), String>,
    /// Where a frame is: session and world.
    homes: HashMap<String, (String, i64)>,
    /// The frame around a frame.
    parents: HashMap<String, String>,
    /// How a frame is found in the one around it.
    found: HashMap<String, Spotted>,
    /// Whether documents are sent, too.
    saving: bool,
}

/// One thing that was heard.
#[derive(Debug)]
pub enum Heard {
    /// Something was done.
    Deed(Box<HeardDeed>),
    /// A page is there, or has changed.
    Page {
        /// Whether it is another document than before.
        fresh: bool,
        /// Its URL without query and fragment.
        url: String,
        /// What stands on it, the surest first.
        landmarks: Vec<Spotted>,
    },
    /// A document as it stood before something was done that may lead away from it; where it was asked for.
    Document {
        /// Whether it is the top one.
        top: bool,
        /// The document.
        document: Snapshot,
    },
    /// The page has opened a window of its own; what is done there is not heard.
    Window,
    /// The window was closed.
    Closed,
}

/// What was done, as a page tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct HeardDeed {
    /// `type`, `click`, `enter`, `select`, `check`, `uncheck`.
    pub kind: String,
    /// The element, as nothing else is called.
    pub element: String,
    /// `username`, `password`, `code`, `other`.
    pub role: String,
    /// The words around it.
    pub hint: String,
    /// Its label.
    pub label: String,
    /// How it is found.
    pub spot: Option<Spotted>,
    /// The origin of its document.
    pub origin: String,
    /// How the form around a field is sent, `get` or `post`; `None` for one in no form.
    pub form: Option<String>,
    /// The text of the option that was chosen.
    #[serde(default)]
    pub option: String,
    /// Whether it submits a form.
    #[serde(default)]
    pub submits: bool,
    /// Whether the browser clicked it because Enter was pressed.
    #[serde(default)]
    pub implied: bool,
    /// How the frames around it are found, the outermost first.
    #[serde(skip)]
    pub frames: Vec<Spotted>,
}

/// How an element is found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Spotted {
    /// The strategy, as `SearchBy` names it.
    pub by: String,
    /// What it looks for.
    pub text: String,
    /// Whether it holds in another language and another layout.
    pub stable: bool,
}

impl Recorder {
    /// Begins to listen on the page `top` of `session`.
    pub(super) async fn start(
        tools: &DevTools,
        session: &str,
        top: &str,
        saving: bool,
    ) -> Result<Self, Error> {
        tools.leave_dialogs();
        let heard = tools.subscribe();
        let mut recorder = Self {
            tools: tools.clone(),
            heard,
            session: session.to_owned(),
            top: top.to_owned(),
            worlds: HashMap::new(),
            homes: HashMap::new(),
            parents: HashMap::new(),
            found: HashMap::new(),
            saving,
        };
        recorder.listen(session).await.map_err(|fault| fault.during(DURING))?;
        Ok(recorder)
    }

    /// What happens next.
    ///
    /// # Errors
    /// [`Error::Unresponsive`], [`Error::Refused`].
    pub async fn next(&mut self) -> Result<Heard, Error> {
        loop {
            let event = tokio::select! {
                event = self.heard.recv() => event,
                () = self.tools.closed() => None,
            };
            let Some(event) = event else { return Ok(Heard::Closed) };
            let heard = self.take(&event).await;
            if let Some(heard) = heard.map_err(|fault| fault.during(DURING))? {
                return Ok(heard);
            }
        }
    }

    /// From now on requests go their way unseen: what is typed is in them. Until the first page is there they
    /// are paused as in every session.
    ///
    /// # Errors
    /// [`Error::Unresponsive`], [`Error::Refused`].
    pub async fn look_away(&self) -> Result<(), Error> {
        let disabled = self.tools.call(Some(&self.session), "Fetch.disable", json!({})).await;
        disabled.map(|_| ()).map_err(|fault| fault.during(DURING))
    }

    /// Asks the top document to tell how it stands; [`Recorder::next`] brings it.
    ///
    /// # Errors
    /// [`Error::Unresponsive`], [`Error::Refused`].
    pub async fn ask(&self) -> Result<(), Error> {
        let Some((session, world)) = self.homes.get(&self.top) else { return Ok(()) };
        let asked = json!({"expression": "doorward.author.save?.()", "contextId": world});
        match self.tools.call(Some(session), "Runtime.evaluate", asked).await {
            Ok(_) | Err(Fault::DocumentGone) => Ok(()),
            Err(fault) => Err(fault.during(DURING)),
        }
    }

    async fn listen(&mut self, session: &str) -> Result<(), Fault> {
        let source = format!(
            "globalThis.doorward = {SOURCE}; doorward.author = {}; doorward.author.watch((heard) => globalThis.{BINDING}(JSON.stringify(heard)), {});",
            author::SOURCE,
            self.saving
        );
        let follow = json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true});
        for (method, params) in [
            ("Page.enable", json!({})),
            ("Runtime.enable", json!({})),
            ("Runtime.addBinding", json!({"name": BINDING, "executionContextName": WORLD})),
            (
                "Page.addScriptToEvaluateOnNewDocument",
                json!({"source": source, "worldName": WORLD, "runImmediately": true}),
            ),
            ("Target.setAutoAttach", follow),
        ] {
            self.tools.call(Some(session), method, params).await?;
        }
        Ok(())
    }

    async fn take(&mut self, event: &Value) -> Result<Option<Heard>, Fault> {
        let session = event["sessionId"].as_str().unwrap_or_default().to_owned();
        let params = &event["params"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event["method"].as_str().unwrap_or_default() {
            "Runtime.executionContextCreated" if params["context"]["name"] == WORLD => {
                let frame = text(&params["context"]["auxData"]["frameId"]);
                let world = params["context"]["id"].as_i64().unwrap_or_default();
                self.worlds.insert((session.clone(), world), frame.clone());
                self.homes.insert(frame, (session, world));
            }
            "Runtime.executionContextDestroyed" => {
                let world = params["executionContextId"].as_i64().unwrap_or_default();
                self.forget(|home| *home == (session.clone(), world));
            }
            "Runtime.executionContextsCleared" => self.forget(|home| home.0 == session),
            "Target.detachedFromTarget" => {
                let gone = text(&params["sessionId"]);
                self.forget(|home| home.0 == gone);
            }
            // A frame that is swapped lives on in another process.
            "Page.frameDetached" if params["reason"] != "swap" => {
                let frame = text(&params["frameId"]);
                self.parents.remove(&frame);
                self.found.remove(&frame);
                self.homes.remove(&frame);
            }
            "Page.frameAttached" => {
                self.parents.insert(text(&params["frameId"]), text(&params["parentFrameId"]));
            }
            "Page.frameNavigated" => {
                let frame = &params["frame"];
                if let Some(parent) = frame["parentId"].as_str() {
                    self.parents.insert(text(&frame["id"]), parent.to_owned());
                }
            }
            "Target.attachedToTarget" if params["targetInfo"]["type"] == "iframe" => {
                // A frame in a process of its own waits until it is listened to.
                let child = text(&params["sessionId"]);
                let listened = self.listen(&child).await;
                let run =
                    self.tools.call(Some(&child), "Runtime.runIfWaitingForDebugger", json!({}));
                let _ = run.await;
                match listened {
                    Ok(()) | Err(Fault::DocumentGone | Fault::Refused(_)) => {}
                    Err(fault) => return Err(fault),
                }
            }
            "Target.targetCreated" => {
                let info = &params["targetInfo"];
                let other = info["type"] == "page" && info["targetId"] != self.top.as_str();
                // The browser tells of those that are there already, too, and they are nobody's.
                return Ok((other && info["openerId"].is_string()).then_some(Heard::Window));
            }
            "Target.attachedToTarget" => {
                // A worker: nothing is done in it by hand.
                let child = text(&params["sessionId"]);
                let run =
                    self.tools.call(Some(&child), "Runtime.runIfWaitingForDebugger", json!({}));
                let _ = run.await;
            }
            "Runtime.bindingCalled" if params["name"] == BINDING => {
                let world = params["executionContextId"].as_i64().unwrap_or_default();
                let frame = self.worlds.get(&(session, world)).cloned().unwrap_or_default();
                return Ok(self.told(params["payload"].as_str().unwrap_or_default(), &frame).await);
            }
            _ => {}
        }
        Ok(None)
    }

    /// Worlds that are no more; every document has one, and a recording may see any number of them.
    fn forget(&mut self, gone: impl Fn(&(String, i64)) -> bool) {
        self.worlds.retain(|home, _| !gone(home));
        self.homes.retain(|_, home| !gone(home));
    }

    async fn told(&mut self, payload: &str, frame: &str) -> Option<Heard> {
        let value: Value = serde_json::from_str(payload).ok()?;
        if value["kind"] == "page" {
            let landmarks = serde_json::from_value(value["landmarks"].clone()).unwrap_or_default();
            let url = value["url"].as_str().unwrap_or_default().to_owned();
            let fresh = value["fresh"] == true;
            return Some(Heard::Page { fresh, url, landmarks });
        }
        if value["kind"] == "document" {
            let top = value["top"] == true;
            return serde_json::from_value(value)
                .ok()
                .map(|document| Heard::Document { top, document });
        }
        let mut deed: HeardDeed = serde_json::from_value(value).ok()?;
        deed.frames = self.frames(frame).await;
        Some(Heard::Deed(Box::new(deed)))
    }

    /// How the frames around `frame` are found, the outermost first.
    async fn frames(&mut self, frame: &str) -> Vec<Spotted> {
        let mut found = Vec::new();
        let mut at = frame.to_owned();
        while at != self.top {
            let Some(parent) = self.parents.get(&at).cloned() else { break };
            if !self.found.contains_key(&at)
                && let Ok(Some(spot)) = self.find(&at, &parent).await
            {
                self.found.insert(at.clone(), spot);
            }
            found.extend(self.found.get(&at).cloned());
            at = parent;
        }
        found.reverse();
        found
    }

    async fn find(&self, frame: &str, parent: &str) -> Result<Option<Spotted>, Fault> {
        let Some((session, world)) = self.homes.get(parent) else { return Ok(None) };
        let session = Some(session.as_str());
        let owner =
            self.tools.call(session, "DOM.getFrameOwner", json!({"frameId": frame})).await?;
        let asked = json!({"backendNodeId": owner["backendNodeId"], "executionContextId": world});
        let element = self.tools.call(session, "DOM.resolveNode", asked).await?;
        let asked = json!({
            "objectId": element["object"]["objectId"], "returnByValue": true,
            "functionDeclaration": "function() { return doorward.author.locators(this)[0]; }",
        });
        let answer = self.tools.call(session, "Runtime.callFunctionOn", asked).await?;
        Ok(serde_json::from_value(answer["result"]["value"].clone()).ok())
    }
}
