//! The DevTools side channel: one socket to the browser that is ours, and the sessions on it.
//!
//! It is full control of a signed-in browser and has no authentication, so it is opened only to a
//! browser that this process started, on loopback.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::Error;
use super::author::Snapshot;
use super::confine::{Attempts, Confinement, Order, Rules};
use super::date::{Dated, Dates};
use super::fault::Fault;
use super::noise::Noise;
use super::paused::{Paused, fulfilled};
use super::seal::{BasicAuth, Seal};

/// How long the browser may take for one command. A page that is blocked blocks the commands to it.
const DEADLINE: Duration = Duration::from_secs(10);

/// How much of what a page reports is kept between two looks.
const MOST_NOISE: usize = 100;

/// A connection to the browser. Cheap to clone; the socket closes with the last clone.
#[derive(Clone)]
pub(super) struct DevTools {
    send: mpsc::UnboundedSender<Message>,
    shared: Arc<Mutex<Shared>>,
    changes: watch::Receiver<u64>,
}

/// What the reader of the socket has learned.
#[derive(Default)]
struct Shared {
    last_id: u64,
    waiting: HashMap<u64, oneshot::Sender<Result<Value, Fault>>>,
    /// Frames with a navigation under way. A frame keeps its id when it moves to another process.
    navigating: HashSet<String>,
    /// Texts of JavaScript dialogs that were answered, oldest first.
    dialogs: Vec<String>,
    /// Who gets every event, as it came.
    subscriber: Option<mpsc::UnboundedSender<Value>>,
    /// What the page reported of itself, where somebody listens.
    noise: Option<Vec<Noise>>,
    /// What sites say of the time, where somebody asks.
    dates: Option<Dates>,
    /// Whether navigations are held, because a value is being typed.
    holding: bool,
    /// The requests that are held.
    held: Vec<Paused>,
    /// What the network is, where pages are served from memory.
    served: Option<Vec<Snapshot>>,
    /// What stands for secrets, while a sign-in is sealed.
    seal: Option<Seal>,
    /// What is answered to HTTP authentication.
    basic_auth: Option<BasicAuth>,
    /// Whether dialogs are answered here, or left to the person.
    answers_dialogs: bool,
    /// Where the session may go, once it is the person's.
    confinement: Option<Confinement>,
    /// What the confinement wants done, and was not sent yet.
    orders: Vec<Order>,
    /// Page targets that exist.
    pages: HashSet<String>,
    /// Whether the browser has closed the socket.
    closed: bool,
}

impl DevTools {
    /// Connects to `url`, the browser's own endpoint.
    pub(super) async fn connect(url: &str) -> Result<Self, Error> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(64 << 20))
            .max_frame_size(Some(64 << 20));
        let (socket, _) = tokio_tungstenite::connect_async_with_config(url, Some(config), true)
            .await
            .map_err(|source| Error::NoSideChannel { source: Box::new(source) })?;
        let (mut sink, mut stream) = socket.split();
        let (send, mut outgoing) = mpsc::unbounded_channel::<Message>();
        let (changed, changes) = watch::channel(0);
        let shared = Arc::new(Mutex::new(Shared { answers_dialogs: true, ..Shared::default() }));
        tokio::spawn(async move {
            while let Some(message) = outgoing.recv().await {
                // Everything that is waiting goes out in one write: a whole password is one packet.
                if sink.feed(message).await.is_err() {
                    return;
                }
                while let Ok(message) = outgoing.try_recv() {
                    if sink.feed(message).await.is_err() {
                        return;
                    }
                }
                if sink.flush().await.is_err() {
                    return;
                }
            }
            let _ = sink.close().await;
        });
        let (reader_shared, reader_send) = (Arc::clone(&shared), send.downgrade());
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let Message::Text(text) = message else { continue };
                let Ok(value) = serde_json::from_str::<Value>(text.as_str()) else { continue };
                let answers = lock(&reader_shared).take(value);
                if let Some(send) = reader_send.upgrade() {
                    for answer in answers {
                        let _ = send.send(answer);
                    }
                }
                changed.send_modify(|count| *count += 1);
            }
            let mut shared = lock(&reader_shared);
            shared.closed = true;
            // No event comes any more: who reads them hears of the end by that.
            shared.subscriber = None;
            // Dropping the senders wakes every waiter with `Closed`.
            shared.waiting.clear();
            shared.pages.clear();
            // No document comes any more, so nobody is to wait for one.
            shared.navigating.clear();
            drop(shared);
            changed.send_modify(|count| *count += 1);
        });
        Ok(Self { send, shared, changes })
    }

    /// Sends a command and leaves its answer to be awaited, so that several can go out together.
    pub(super) fn send(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> impl Future<Output = Result<Value, Fault>> + Send + use<> {
        let (tell, told) = oneshot::channel();
        let id = {
            let mut shared = lock(&self.shared);
            shared.last_id += 1;
            let id = shared.last_id;
            if !shared.closed {
                shared.waiting.insert(id, tell);
            }
            id
        };
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let _ = self.send.send(Message::text(message.to_string()));
        let deadline = deadline(method);
        let shared = Arc::clone(&self.shared);
        async move {
            match tokio::time::timeout(deadline, told).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => Err(Fault::Closed),
                Err(_) => {
                    lock(&shared).waiting.remove(&id);
                    Err(Fault::Silent)
                }
            }
        }
    }

    /// Sends a command and awaits its answer.
    pub(super) async fn call(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, Fault> {
        // Names only: parameters can hold what is typed.
        tracing::trace!("round trip: {method}");
        self.send(session, method, params).await
    }

    /// From now on no request goes out that could exchange a document for another.
    pub(super) fn hold(&self) {
        lock(&self.shared).holding = true;
    }

    /// Lets the requests go out that were held.
    pub(super) fn release(&self) {
        let mut shared = lock(&self.shared);
        shared.holding = false;
        for paused in std::mem::take(&mut shared.held) {
            let go_on = shared.go_on(&paused);
            let _ = self.send.send(go_on);
        }
        for order in shared.due() {
            let _ = self.send.send(order);
        }
    }

    /// Waits until no navigation of `frame` is under way, or until `limit` is over.
    pub(super) async fn settled(&self, frame: &str, limit: Duration) {
        let mut changes = self.changes.clone();
        let wait = async {
            loop {
                changes.mark_unchanged();
                if !self.is_navigating(frame) || changes.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(limit, wait).await;
    }

    /// Whether a navigation of `frame` is under way.
    pub(super) fn is_navigating(&self, frame: &str) -> bool {
        lock(&self.shared).navigating.contains(frame)
    }

    /// What was known of `frame` in another process does not hold any more.
    pub(super) fn forget(&self, frame: &str) {
        lock(&self.shared).navigating.remove(frame);
    }

    /// The texts of the dialogs that were answered since the last call.
    pub(super) fn take_dialogs(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.shared).dialogs)
    }

    /// From now on the network is `pages`.
    pub(super) fn serve(&self, pages: Vec<Snapshot>) {
        lock(&self.shared).served = Some(pages);
    }

    /// Every event from now on, as it comes.
    pub(super) fn subscribe(&self) -> mpsc::UnboundedReceiver<Value> {
        let (tell, heard) = mpsc::unbounded_channel();
        lock(&self.shared).subscriber = Some(tell);
        heard
    }

    /// From now on the pages of a live session are made ready to be shown to viewers.
    pub(super) fn show(&self) {
        if let Some(confinement) = &mut lock(&self.shared).confinement {
            confinement.show();
        }
    }

    /// Sends a command to a page whose answer nobody waits for.
    pub(super) fn post(&self, session: &str, method: &str, params: Value) {
        let command = lock(&self.shared).command(session, method, params);
        let _ = self.send.send(command);
    }

    /// The same, to the browser itself.
    pub(super) fn post_to_browser(&self, method: &str, params: Value) {
        let id = {
            let mut shared = lock(&self.shared);
            shared.last_id += 1;
            shared.last_id
        };
        let command = json!({"id": id, "method": method, "params": params});
        let _ = self.send.send(Message::text(command.to_string()));
    }

    /// From now on what the page reports of itself is kept.
    pub(super) fn listen(&self) {
        lock(&self.shared).noise.get_or_insert_default();
    }

    /// What the page has reported since the last call.
    pub(super) fn take_noise(&self) -> Vec<Noise> {
        lock(&self.shared).noise.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// What holds while a sign-in is sealed, to look at or to change.
    pub(super) fn seal<T>(&self, with: impl FnOnce(&mut Option<Seal>) -> T) -> T {
        with(&mut lock(&self.shared).seal)
    }

    /// Returns when what is sealed, or answered to HTTP authentication, did not go well.
    pub(super) async fn alarmed(&self) {
        self.until(Shared::is_alarmed).await;
    }

    /// Returns when no request carries a secret any more, or as [`Self::alarmed`].
    pub(super) async fn carried(&self) {
        let carried = |shared: &Shared| !shared.seal.as_ref().is_some_and(Seal::is_carrying);
        self.until(|shared| carried(shared) || shared.is_alarmed()).await;
    }

    /// Returns when `holds` of what the socket brought; never, once it is closed.
    async fn until(&self, holds: impl Fn(&Shared) -> bool) {
        let mut changes = self.changes.clone();
        loop {
            changes.mark_unchanged();
            if holds(&lock(&self.shared)) {
                return;
            }
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// What is answered to HTTP authentication, to look at or to change.
    pub(super) fn basic_auth<T>(&self, with: impl FnOnce(&mut Option<BasicAuth>) -> T) -> T {
        with(&mut lock(&self.shared).basic_auth)
    }

    /// From now on what sites say of the time is kept, or, without `on`, nothing of it.
    pub(super) fn keep_dates(&self, on: bool) {
        lock(&self.shared).dates = on.then(Dates::default);
    }

    /// Whether it is kept.
    pub(super) fn keeps_dates(&self) -> bool {
        lock(&self.shared).dates.is_some()
    }

    /// What `origin` has said of the time last.
    pub(super) fn dated(&self, origin: &str) -> Option<Dated> {
        lock(&self.shared).dates.as_ref()?.of(origin)
    }

    /// From now on the person answers dialogs.
    pub(super) fn leave_dialogs(&self) {
        lock(&self.shared).answers_dialogs = false;
    }

    /// A live session begins: its pages are kept to `rules`, and what they try is told.
    pub(super) async fn begin(&self, rules: Rules) -> Result<Attempts, Fault> {
        let (attempts, beginning) = (Attempts::default(), rules.beginning());
        lock(&self.shared).confinement = Some(Confinement::begun(rules, attempts.clone()));
        for (method, params) in beginning {
            self.call(None, method, params).await?;
        }
        Ok(attempts)
    }

    /// From now on navigations go only where `patterns` say, in every tab and frame.
    pub(super) async fn confine(&self, patterns: Vec<String>) -> Result<(), Fault> {
        let closing = {
            let mut shared = lock(&self.shared);
            let confinement = shared.confinement.get_or_insert_default();
            confinement.close(patterns);
            confinement.closing()
        };
        self.call(None, "Target.setAutoAttach", closing).await?;
        // What the pages that there are have been told meanwhile stands before this in the same socket.
        self.call(None, "Browser.getVersion", json!({})).await.map(|_| ())
    }

    /// Returns when a navigation was refused, with its URL.
    pub(super) async fn refused(&self) -> String {
        let mut changes = self.changes.clone();
        loop {
            changes.mark_unchanged();
            if let Some(url) = lock(&self.shared).confinement.as_mut().and_then(|c| c.refused.pop())
            {
                return url;
            }
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// A page of the browser, as soon as it has one.
    ///
    /// # Errors
    /// [`Fault::Closed`], [`Fault::Silent`].
    pub(super) async fn page(&self) -> Result<String, Fault> {
        let mut changes = self.changes.clone();
        let wait = async {
            loop {
                changes.mark_unchanged();
                if let Some(page) = lock(&self.shared).pages.iter().next() {
                    return Ok(page.clone());
                }
                if self.is_closed() || changes.changed().await.is_err() {
                    return Err(Fault::Closed);
                }
            }
        };
        tokio::time::timeout(DEADLINE, wait).await.unwrap_or(Err(Fault::Silent))
    }

    /// Returns when the browser, or its last page, has been closed.
    pub(super) async fn closed(&self) {
        self.until(|shared| shared.closed || shared.pages.is_empty()).await;
    }

    /// Whether the page `target` is there: not closed, by a person or by itself.
    pub(super) fn has_page(&self, target: &str) -> bool {
        lock(&self.shared).pages.contains(target)
    }

    /// How many pages there are, each in a window or tab of its own.
    pub(super) fn pages(&self) -> usize {
        lock(&self.shared).pages.len()
    }

    /// Whether the connection is gone.
    pub(super) fn is_closed(&self) -> bool {
        lock(&self.shared).closed
    }
}

impl Shared {
    fn is_alarmed(&self) -> bool {
        self.seal.as_ref().is_some_and(Seal::is_alarmed)
            || self.basic_auth.as_ref().is_some_and(BasicAuth::is_alarmed)
    }

    /// Takes one message of the browser in; what has to be answered at once is returned.
    fn take(&mut self, message: Value) -> Vec<Message> {
        if let Some(confinement) = &mut self.confinement
            && message.get("method").is_some()
        {
            let heard = confinement.heard(&message);
            self.orders.extend(heard);
        }
        let mut answers = self.read(message);
        answers.extend(self.due());
        answers
    }

    /// What the confinement wants done.
    fn due(&mut self) -> Vec<Message> {
        let orders = std::mem::take(&mut self.orders);
        let message = |(session, method, params): Order| self.command(&session, method, params);
        orders.into_iter().map(message).collect()
    }

    fn read(&mut self, mut message: Value) -> Vec<Message> {
        if let Some(id) = message.get("id").and_then(Value::as_u64) {
            let answer = match message.get_mut("error") {
                Some(error) => Err(Fault::read(error)),
                None => Ok(message.get_mut("result").map(Value::take).unwrap_or_default()),
            };
            if let Some(waiting) = self.waiting.remove(&id) {
                let _ = waiting.send(answer);
            }
            return Vec::new();
        }
        if message["method"] == "Page.screencastFrame" {
            // Pictures are large, come sixty times a second, and are nobody's but the screen's.
            let session = message["sessionId"].as_str().unwrap_or_default().to_owned();
            let params = json!({"sessionId": message["params"]["sessionId"]});
            if let Some(subscriber) = &self.subscriber {
                let _ = subscriber.send(message);
            }
            return vec![self.command(&session, "Page.screencastFrameAck", params)];
        }
        if let Some(dates) = &mut self.dates {
            dates.heard(message["method"].as_str().unwrap_or_default(), &message["params"]);
        }
        if let Some(subscriber) = &self.subscriber {
            let _ = subscriber.send(message.clone());
        }
        let session = message["sessionId"].as_str().unwrap_or_default().to_owned();
        let params = &message["params"];
        let frame = || params["frameId"].as_str().unwrap_or_default().to_owned();
        match message["method"].as_str().unwrap_or_default() {
            "Page.frameStartedNavigating" if params["navigationType"] != "sameDocument" => {
                self.navigating.insert(frame());
            }
            "Page.frameRequestedNavigation" if params["disposition"] == "currentTab" => {
                self.navigating.insert(frame());
            }
            "Page.frameDetached" | "Page.frameStoppedLoading" | "Page.navigatedWithinDocument" => {
                self.navigating.remove(&frame());
            }
            "Page.frameNavigated" => {
                let id = params["frame"]["id"].as_str().unwrap_or_default().to_owned();
                self.navigating.remove(&id);
            }
            "Page.javascriptDialogOpening" if self.answers_dialogs => {
                if params["type"] != "beforeunload" {
                    self.dialogs.push(params["message"].as_str().unwrap_or_default().to_owned());
                }
                // An alert has one answer; a page that asks whether to leave is left; a question is
                // answered with "cancel", as a person who did not read it should.
                let accept = matches!(params["type"].as_str(), Some("alert" | "beforeunload"));
                let params = json!({"accept": accept});
                return vec![self.command(&session, "Page.handleJavaScriptDialog", params)];
            }
            "Fetch.requestPaused" => {
                // The browser's own interception is there for seals alone, after that of every page.
                if session.is_empty() {
                    let id = &params["requestId"];
                    let (method, params) = match &mut self.seal {
                        Some(seal) => seal.verdict(params),
                        None => ("Fetch.continueRequest", json!({"requestId": id})),
                    };
                    return vec![self.command("", method, params)];
                }
                let paused = Paused::read(session, params);
                if self.holding && paused.document {
                    self.held.push(paused);
                    return Vec::new();
                }
                return vec![self.go_on(&paused)];
            }
            "Fetch.authRequired" => {
                // A prompt of the browser's own would block the page, and nobody could answer it.
                let challenge = &params["authChallenge"];
                let response = match &mut self.basic_auth {
                    Some(auth) => auth.answer(challenge),
                    None => None,
                };
                if response.is_none() {
                    let scheme = challenge["scheme"].as_str().unwrap_or_default();
                    self.dialogs.push(format!(
                        "the browser was to ask for a name and password (HTTP {scheme})"
                    ));
                }
                let params = json!({
                    "requestId": params["requestId"],
                    "authChallengeResponse": response.unwrap_or(json!({"response": "CancelAuth"})),
                });
                return vec![self.command(&session, "Fetch.continueWithAuth", params)];
            }
            "Network.webSocketFrameSent" => {
                if let Some(seal) = &mut self.seal {
                    let payload = params["response"]["payloadData"].as_str().unwrap_or_default();
                    seal.said(payload);
                }
            }
            "Log.entryAdded" | "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" => {
                let heard = self.noise.is_some().then(|| Noise::read(params)).flatten();
                if let (Some(noise), Some(heard)) = (&mut self.noise, heard)
                    && noise.len() < MOST_NOISE
                {
                    noise.push(heard);
                }
            }
            "Target.targetCreated" if params["targetInfo"]["type"] == "page" => {
                self.pages.extend(params["targetInfo"]["targetId"].as_str().map(str::to_owned));
            }
            "Target.targetDestroyed" => {
                let target = params["targetId"].as_str().unwrap_or_default();
                self.pages.remove(target);
                // The id of a page's target is that of its top frame.
                self.navigating.remove(target);
            }
            _ => {}
        }
        Vec::new()
    }

    /// The answer to a request that is paused: on to the network, or what stands for it.
    fn go_on(&mut self, paused: &Paused) -> Message {
        let id = &paused.request;
        let (method, params) = match (&mut self.confinement, &self.served) {
            (Some(confinement), _) if paused.document => {
                let Paused { session, frame, url, .. } = paused;
                confinement.verdict(session, frame, id, url, &mut self.orders)
            }
            (_, Some(pages)) => match pages.iter().find(|page| paused.is_for(page)) {
                Some(page) if paused.document => ("Fetch.fulfillRequest", fulfilled(id, page)),
                _ => (
                    "Fetch.failRequest",
                    json!({"requestId": id, "errorReason": "BlockedByClient"}),
                ),
            },
            _ => ("Fetch.continueRequest", json!({"requestId": id})),
        };
        self.command(&paused.session, method, params)
    }

    /// A command that nobody waits for.
    fn command(&mut self, session: &str, method: &str, params: Value) -> Message {
        self.last_id += 1;
        let mut command = json!({"id": self.last_id, "method": method, "params": params});
        if !session.is_empty() {
            command["sessionId"] = session.into();
        }
        Message::text(command.to_string())
    }
}

/// A navigation is answered when the site has answered, which `PageLoadTimeout` bounds.
fn deadline(method: &str) -> Duration {
    if method == "Page.navigate" { Duration::from_secs(3600) } else { DEADLINE }
}

/// A lock that a panic elsewhere does not close: every change under it is complete in itself.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
