//! W3C WebDriver by fantoccini: the commands of a session, each under a deadline. It works with every
//! browser and endpoint; where there is a DevTools side channel, that is quicker.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fantoccini::Client;
use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
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

/// A WebDriver session.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) client: Client,
    /// The name under which the functions of `page.js` stand in a document: other in every session.
    key: Arc<str>,
    dialogs: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    pub(super) fn new(client: Client) -> Self {
        let key = format!("_{}", uuid::Uuid::now_v7().simple());
        Self { client, key: key.into(), dialogs: Arc::default() }
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
             if (!d) {{ d = {source}; Object.defineProperty(window, {key:?}, {{ value: d, configurable: true }}); }}\
             return d.{function}(...arguments);"
        );
        let arguments = arguments.as_array().cloned().unwrap_or_default();
        self.within(self.client.execute(&script, arguments)).await
    }

    /// The element that the last look found.
    pub(super) async fn element(&self) -> Result<Element, Fault> {
        let value = self.call("element", &json!([])).await?;
        match value.get(ELEMENT).and_then(Value::as_str) {
            Some(id) => {
                Ok(Element::from_element_id(self.client.clone(), ElementRef::from(id.to_owned())))
            }
            None => Err(Fault::DocumentGone),
        }
    }

    /// Presses and releases the left button at a point of the window of the current document.
    pub(super) async fn click_at(&self, x: f64, y: f64) -> Result<(), Fault> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "WebDriver counts whole CSS pixels of a window"
        )]
        let (x, y) = (x.round() as i64, y.round() as i64);
        let actions = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveTo {
                duration: Some(Duration::ZERO),
                x: x as f64,
                y: y as f64,
            })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.within(self.client.perform_actions(actions)).await
    }

    /// Presses and releases a key, by its WebDriver code point, wherever the focus is.
    pub(super) async fn press(&self, key: char) -> Result<(), Fault> {
        let actions = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.within(self.client.perform_actions(actions)).await
    }

    /// Back to the top document.
    pub(super) async fn leave_frames(&self) -> Result<(), Fault> {
        self.within(self.client.issue_cmd(SwitchToTop)).await.map(|_| ())
    }

    /// The texts of the dialogs that the driver closed since the last call.
    pub(super) fn take_dialogs(&self) -> Vec<String> {
        std::mem::take(&mut *self.dialogs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn fault(&self, error: &CmdError) -> Fault {
        match error {
            CmdError::Standard(answer) => {
                match answer.error {
                    ErrorStatus::UnexpectedAlertOpen => {
                        // "… {Alert text : Wrong password}": the driver has closed it, as was asked of it.
                        let text = answer
                            .message
                            .split_once("Alert text : ")
                            .map_or(answer.message.as_ref(), |(_, text)| {
                                text.trim_end().trim_end_matches('}')
                            });
                        let mut dialogs =
                            self.dialogs.lock().unwrap_or_else(PoisonError::into_inner);
                        dialogs.push(cut(text, 300));
                        Fault::DocumentGone
                    }
                    ErrorStatus::StaleElementReference
                    | ErrorStatus::NoSuchElement
                    | ErrorStatus::NoSuchFrame
                    | ErrorStatus::DetachedShadowRoot => Fault::DocumentGone,
                    ErrorStatus::InvalidSessionId | ErrorStatus::NoSuchWindow => Fault::Closed,
                    _ if answer.message.contains("aborted by navigation")
                        || answer.message.contains("navigated or closed")
                        || answer.message.contains("AbortError")
                        || answer.message.contains("Document was unloaded") =>
                    {
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
