//! The side of a page: the documents that a session has been in, each with a world of its own that the
//! page can neither see nor change.

use std::time::Duration;

use serde_json::{Value, json};

use super::date;
use super::devtools::DevTools;
use super::fault::Fault;
use super::page::SOURCE;
use super::typing::intercepted;

/// How long a document may take to answer when it is being left.
const LEAVING: Duration = Duration::from_millis(100);

/// The side channel, and the documents that it has been in.
pub(super) struct Side {
    pub(super) tools: DevTools,
    /// The top document first, then each frame inside the one before.
    pub(super) places: Vec<Place>,
}

/// A document, by the session of its process and its frame.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) session: String,
    pub(super) frame: String,
    /// The isolated world in it; gone with the document.
    pub(super) world: Option<i64>,
}

impl Place {
    pub(super) fn new(session: String, frame: String) -> Self {
        Self { session, frame, world: None }
    }
}

impl Side {
    /// Calls a function of `page.js` in the document at `depth`, in a world that the page cannot see.
    pub(super) async fn call_at(
        &mut self,
        depth: usize,
        function: &str,
        arguments: &Value,
    ) -> Result<Value, Fault> {
        self.evaluate_at(depth, &format!("doorward.{function}"), arguments).await
    }

    /// Calls what the expression `callee` is, where the functions of `page.js` are `doorward`.
    pub(super) async fn evaluate_at(
        &mut self,
        depth: usize,
        callee: &str,
        arguments: &Value,
    ) -> Result<Value, Fault> {
        let top = self.places.first().ok_or(Fault::DocumentGone)?.clone();
        if !self.tools.has_page(&top.frame) {
            return Err(Fault::Closed);
        }
        let known = self.places.get(depth).ok_or(Fault::DocumentGone)?.world;
        let list = arguments.as_array().map_or(&[] as &[Value], Vec::as_slice);
        let list = list.iter().map(Value::to_string).collect::<Vec<_>>().join(",");
        let (world, expression) = match known {
            Some(world) => (world, format!("{callee}({list})")),
            None => {
                let world = self.enter_world(depth).await?;
                (world, format!("globalThis.doorward = {SOURCE}; {callee}({list})"))
            }
        };
        let place = self.places.get_mut(depth).ok_or(Fault::DocumentGone)?;
        place.world = Some(world);
        tracing::trace!("round trip: {}", callee.rsplit('.').next().unwrap_or_default());
        let answer = self.tools.send(
            Some(&place.session),
            "Runtime.evaluate",
            json!({
                "expression": expression, "contextId": world, "returnByValue": true,
                "awaitPromise": true, "userGesture": true,
            }),
        );
        match unless_leaving(&self.tools, &top, &place.clone(), answer).await {
            Ok(answer) if answer.get("exceptionDetails").is_some() => {
                let details = &answer["exceptionDetails"];
                let said = details["exception"]["description"].as_str().unwrap_or_default();
                Err(Fault::Refused(super::fault::first_words(said)))
            }
            Ok(mut answer) => Ok(answer["result"]["value"].take()),
            Err(fault) => {
                if matches!(fault, Fault::DocumentGone) {
                    place.world = None;
                }
                Err(fault)
            }
        }
    }

    /// Makes a world in the document at `depth`; a frame that has moved to a process of its own is followed.
    async fn enter_world(&mut self, depth: usize) -> Result<i64, Fault> {
        let place = self.places.get_mut(depth).ok_or(Fault::DocumentGone)?;
        let asked = json!({"frameId": place.frame, "worldName": "doorward"});
        let made =
            self.tools.call(Some(&place.session), "Page.createIsolatedWorld", asked.clone()).await;
        let made = match made {
            Err(Fault::DocumentGone | Fault::Refused(_)) if depth > 0 => {
                place.session = attach(&self.tools, &place.frame).await?;
                self.tools.call(Some(&place.session), "Page.createIsolatedWorld", asked).await?
            }
            other => other?,
        };
        made["executionContextId"].as_i64().ok_or(Fault::DocumentGone)
    }

    /// Enters the frame that the last look found in the document where the rows are.
    pub(super) async fn enter_frame(&mut self) -> Result<(), Fault> {
        let place = self.places.last().ok_or(Fault::DocumentGone)?;
        let world = place.world.ok_or(Fault::DocumentGone)?;
        let session = Some(place.session.as_str());
        let element = self
            .tools
            .call(
                session,
                "Runtime.evaluate",
                json!({"expression": "doorward.element()", "contextId": world}),
            )
            .await?;
        let object = &element["result"]["objectId"];
        let node =
            self.tools.call(session, "DOM.describeNode", json!({"objectId": object})).await?;
        let frame = node["node"]["frameId"].as_str().ok_or(Fault::DocumentGone)?;
        let place = Place::new(place.session.clone(), frame.to_owned());
        self.places.push(place);
        Ok(())
    }

    /// Whether the frame at `depth` is still there, in its parent's process or in one of its own.
    pub(super) async fn has_frame(&mut self, depth: usize) -> bool {
        if let Some(place) = self.places.get_mut(depth) {
            place.world = None;
        }
        self.enter_world(depth).await.is_ok()
    }

    /// Sends input events to the page in one go, and awaits that the page has taken them.
    pub(super) async fn input(
        &self,
        events: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<(), Fault> {
        // Input goes to the page as a whole; the browser hands it to the frame it is meant for.
        let session = self.places.first().map(|place| place.session.clone());
        let sent: Vec<_> = events
            .into_iter()
            .map(|(method, params)| self.tools.send(session.as_deref(), method, params))
            .collect();
        tracing::trace!("round trip: input, {} events", sent.len());
        for answer in futures_util::future::join_all(sent).await {
            match answer {
                // A page that leaves while it takes the last event has taken it.
                Ok(_) | Err(Fault::DocumentGone) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }
}

/// The answer of a document, unless it is being left: while a navigation is under way the browser keeps
/// what is asked of the document to itself, for as long as the site takes to answer.
async fn unless_leaving<T>(
    tools: &DevTools,
    top: &Place,
    place: &Place,
    answer: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let mut answer = std::pin::pin!(answer);
    loop {
        match tokio::time::timeout(LEAVING, &mut answer).await {
            Ok(answer) => return answer,
            Err(_) => {
                // What was asked of a page that is closed meanwhile is not always answered.
                if !tools.has_page(&top.frame) {
                    return Err(Fault::Closed);
                }
                let leaving = [top, place].iter().any(|at| tools.is_navigating(&at.frame));
                if leaving {
                    return Err(Fault::DocumentGone);
                }
            }
        }
    }
}

/// A session with the process of `target`, ready for use.
pub(super) async fn attach(tools: &DevTools, target: &str) -> Result<String, Fault> {
    tools.forget(target);
    let attached = tools
        .call(None, "Target.attachToTarget", json!({"targetId": target, "flatten": true}))
        .await
        .map_err(|fault| match fault {
            // "No target with given id found": no such process, so no such frame.
            Fault::Refused(_) => Fault::DocumentGone,
            other => other,
        })?;
    let session = attached["sessionId"].as_str().unwrap_or_default().to_owned();
    let enable = tools.send(Some(&session), "Page.enable", json!({}));
    let focus =
        tools.send(Some(&session), "Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
    let prompts = tools.send(Some(&session), "Fetch.enable", intercepted());
    let (enabled, _, prompts) = tokio::join!(enable, focus, prompts);
    enabled?;
    prompts?;
    if tools.keeps_dates() {
        tools.call(Some(&session), "Network.enable", date::told()).await?;
    }
    Ok(session)
}
