//! W3C WebDriver by fantoccini: the commands of a session, each under a deadline. It works with every
//! browser and endpoint; where there is a DevTools side channel, that is quicker.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fantoccini::Client;
use fantoccini::actions::{
    Actions, InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};

use super::fault::{Fault, cut, first_words};

/// How long one command may take. A blocked page blocks every command of its session.
const DEADLINE: Duration = Duration::from_secs(15);

/// The key under which WebDriver hands an element over (W3C WebDriver, "web element identifier").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What drivers say when a document goes away under a command: chromedriver, then geckodriver.
const LEAVING: [&str; 13] = [
    "aborted by navigation",
    "navigated or closed",
    "Cannot find context",
    "Cannot find execution context",
    "Execution context was destroyed",
    "document unloaded while waiting for result",
    "frame was detached",
    "loader has changed",
    "No frame for given id",
    "Node with given id",
    "AbortError",
    "Document was unloaded",
    "dead object",
];

/// A WebDriver session.
pub(super) struct Wire {
    pub(super) client: Client,
    /// The name under which the functions of `page.js` stand in a document: other in every session.
    key: String,
    /// The origins of the documents around the frame that the rows are in, the top one first.
    pub(super) around: Vec<String>,
    dialogs: Mutex<Vec<String>>,
}

impl Wire {
    pub(super) fn new(client: Client) -> Self {
        let key = format!("_{}", uuid::Uuid::now_v7().simple());
        Self { client, key, around: Vec::new(), dialogs: Mutex::default() }
    }

    /// Awaits one command, at most as long as a command may take.
    pub(super) async fn within<T>(
        &self,
        command: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<T, Fault> {
        tracing::trace!("round trip: WebDriver");
        match tokio::time::timeout(DEADLINE, command).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.fault(&error)),
            Err(_) => Err(Fault::Silent),
        }
    }

    /// Calls a function of `page.js` in the document, or frame, that the session is in.
    pub(super) async fn call(&self, function: &str, arguments: &Value) -> Result<Value, Fault> {
        let source = super::page::SOURCE;
        let key = &self.key;
        let script = format!(
            "let d = window[{key:?}];\
             if (!d) {{ d = {source}; d.follow(); Object.defineProperty(window, {key:?}, {{ value: d, configurable: true }}); }}\
             return d.{function}(...arguments);"
        );
        let arguments = arguments.as_array().cloned().unwrap_or_default();
        self.within(self.client.execute(&script, arguments)).await
    }

    /// The element that the last look found.
    pub(super) async fn element(&self) -> Result<Element, Fault> {
        self.handed("element").await
    }

    /// The element that a function of `page.js` hands over.
    async fn handed(&self, function: &str) -> Result<Element, Fault> {
        let value = self.call(function, &json!([])).await?;
        match value.get(ELEMENT).and_then(Value::as_str) {
            Some(id) => {
                Ok(Element::from_element_id(self.client.clone(), ElementRef::from(id.to_owned())))
            }
            None => Err(Fault::DocumentGone),
        }
    }

    /// Presses and releases the left button on the target: in the middle of what can be seen of it. By its
    /// place in the window it would not be met in a frame in a frame, where chromedriver counts one frame only.
    pub(super) async fn click(&self) -> Result<(), Fault> {
        let element = self.handed("target").await?;
        let actions = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveToElement {
                element,
                duration: Some(Duration::ZERO),
                x: 0.0,
                y: 0.0,
            })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.act(actions).await
    }

    /// Presses and releases a key, by its WebDriver code point, wherever the focus is.
    pub(super) async fn press(&self, key: char) -> Result<(), Fault> {
        let actions = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.act(actions).await
    }

    /// Performs actions, once more where a dialog was in the way: they have not begun then.
    async fn act(&self, actions: impl Into<Actions> + Clone) -> Result<(), Fault> {
        match self.within(self.client.perform_actions(actions.clone())).await {
            Err(Fault::Interrupted) => self.within(self.client.perform_actions(actions)).await,
            done => done,
        }
    }

    /// Switches to the top document.
    pub(super) async fn to_top(&self) -> Result<(), Fault> {
        self.within(self.client.issue_cmd(SwitchToTop)).await.map(|_| ())
    }

    /// The texts of the dialogs that the driver closed since the last call.
    pub(super) fn take_dialogs(&self) -> Vec<String> {
        std::mem::take(&mut *self.dialogs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the driver has closed a dialog since they were taken last.
    pub(super) fn has_dialogs(&self) -> bool {
        !self.dialogs.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn fault(&self, error: &CmdError) -> Fault {
        match error {
            CmdError::Standard(answer) => {
                match answer.error {
                    ErrorStatus::UnexpectedAlertOpen => {
                        // The driver has closed it, as was asked of it. chromedriver also quotes it in its
                        // message, as "… {Alert text : Wrong password}".
                        let text = answer
                            .data
                            .as_ref()
                            .and_then(|data| data["text"].as_str())
                            .or_else(|| {
                                let (_, text) = answer.message.split_once("Alert text : ")?;
                                Some(text.trim_end().trim_end_matches('}'))
                            })
                            .unwrap_or(answer.message.as_ref());
                        let mut dialogs =
                            self.dialogs.lock().unwrap_or_else(PoisonError::into_inner);
                        dialogs.push(cut(text, 300));
                        Fault::Interrupted
                    }
                    ErrorStatus::StaleElementReference
                    | ErrorStatus::NoSuchElement
                    | ErrorStatus::NoSuchFrame
                    // A page that is being left keeps its scripts to itself until the site answers.
                    | ErrorStatus::ScriptTimeout
                    | ErrorStatus::ElementNotInteractable
                    | ErrorStatus::ElementClickIntercepted
                    | ErrorStatus::MoveTargetOutOfBounds
                    | ErrorStatus::DetachedShadowRoot => Fault::DocumentGone,
                    ErrorStatus::InvalidSessionId | ErrorStatus::NoSuchWindow => Fault::Closed,
                    _ if LEAVING.iter().any(|words| answer.message.contains(words)) => {
                        Fault::DocumentGone
                    }
                    _ => Fault::Refused(first_words(&answer.message)),
                }
            }
            CmdError::Failed(_) | CmdError::FailedC(_) | CmdError::Lost(_) => Fault::Closed,
            // The others can carry what was sent or received, so only their kind is told.
            CmdError::NotJson(_) | CmdError::NotW3C(_) | CmdError::Json(_) => {
                Fault::Refused("an answer that is not WebDriver's".to_owned())
            }
            _ => Fault::Refused("a command that it does not know".to_owned()),
        }
    }
}

/// "Switch To Frame" with a null id, which fantoccini lacks.
#[derive(Debug)]
struct SwitchToTop;

impl WebDriverCompatibleCommand for SwitchToTop {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/frame", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(r#"{"id":null}"#.to_owned()))
    }
}
