//! A page: what a session does with it, over the DevTools side channel where there is one and by
//! WebDriver commands elsewhere. Both run the same functions of `page.js`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use super::date::{self, Dated};
use super::fault::Fault;
use super::keys::physical;
use super::side::Side;
use super::sight::{Look, Sight, Survey};
use super::webdriver::Wire;
use super::{Error, sight};
use crate::key::Key;

/// What doorward asks of a page, without the comment at its head.
pub(super) const SOURCE: &str = include_str!("page.js");

/// The page of a session, and the frame of it that the rows are in.
pub struct Page {
    pub(super) wire: Wire,
    pub(super) side: Option<Side>,
    /// How many frames deep the rows are; counted apart for WebDriver, which has a frame of its own.
    depth: usize,
}

/// What came of a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clicked {
    /// The element was pressed.
    Done,
    /// The element has gone away before; look again.
    Gone,
    /// Something else came under the mouse, and the press was kept from the page; look again.
    Missed,
}

/// Whether an option was chosen.
#[derive(Debug, Clone, Deserialize)]
pub struct Chosen {
    /// Whether it was.
    pub chosen: bool,
    /// How many options have the text or value.
    #[serde(default)]
    pub count: usize,
    /// What there is.
    #[serde(default)]
    pub options: Vec<String>,
}

impl Page {
    pub(super) fn new(wire: Wire, side: Option<Side>) -> Self {
        Self { wire, side, depth: 0 }
    }

    /// Goes to `url` and waits until the site has answered, at most `limit`. `Ok(Some(reason))` when it
    /// has not: the browser's own word for it, or that time was over.
    ///
    /// # Errors
    /// [`Error::Gone`] and the like when the browser fails.
    pub async fn goto(&mut self, url: &url::Url, limit: Duration) -> Result<Option<String>, Error> {
        const DURING: &str = "the navigation";
        self.reset_frames().await?;
        let late = || Ok(Some(format!("no answer within {} s", limit.as_secs_f32())));
        let Some(side) = &mut self.side else {
            return self.wire.visit(url, limit).await.map_err(|fault| fault.during(DURING));
        };
        let Some(top) = side.places.first_mut() else { return Ok(None) };
        top.world = None;
        let session = top.session.clone();
        let went = side.tools.call(Some(&session), "Page.navigate", json!({"url": url.as_str()}));
        match tokio::time::timeout(limit, went).await {
            Ok(Ok(answer)) => Ok(answer["errorText"].as_str().map(str::to_owned)),
            Ok(Err(Fault::Refused(reason))) => Ok(Some(reason)),
            Ok(Err(fault)) => Err(fault.during(DURING)),
            Err(_) => {
                let _ = side.tools.call(Some(&session), "Page.stopLoading", json!({})).await;
                late()
            }
        }
    }

    /// From now on what sites say of the time is kept, for [`Page::dated`]; without `on` no more. Nothing happens where
    /// there is no side channel.
    ///
    /// # Errors
    /// [`Error::Gone`] and the like when the browser fails.
    pub async fn keep_dates(&mut self, on: bool) -> Result<(), Error> {
        let Some(side) = &self.side else { return Ok(()) };
        side.tools.keep_dates(on);
        let command = if on { "Network.enable" } else { "Network.disable" };
        let sessions: BTreeSet<&str> =
            side.places.iter().map(|place| place.session.as_str()).collect();
        for session in sessions {
            match side.tools.call(Some(session), command, date::told()).await {
                // A frame that went away meanwhile tells nothing more.
                Ok(_) | Err(Fault::DocumentGone) => {}
                Err(fault) => return Err(fault.during("asking for the time of sites")),
            }
        }
        Ok(())
    }

    /// What `origin` has said of the time, where it is kept.
    pub fn dated(&self, origin: &str) -> Option<Dated> {
        self.side.as_ref()?.tools.dated(origin)
    }

    /// Looks for what a row waits for. The waiting happens in the page; a document that goes away
    /// meanwhile is followed by its successor at once.
    ///
    /// # Errors
    /// [`Error::Gone`], [`Error::Unresponsive`], [`Error::Refused`].
    pub async fn look(&mut self, look: &Look) -> Result<Sight, Error> {
        const DURING: &str = "a look at the page";
        let until = Instant::now() + Duration::from_millis(look.budget);
        let mut look = look.clone();
        loop {
            // What is seen of a page that is being left is not the row's: the next one is awaited.
            self.navigated(until.saturating_duration_since(Instant::now())).await;
            if self.is_navigating() {
                return Ok(Sight::leaving());
            }
            let asked = json!([serde_json::to_value(&look).unwrap_or_default()]);
            match self.call("look", &asked).await {
                Ok(value) => match serde_json::from_value::<Sight>(value) {
                    Ok(sight) if sight.end == Some(sight::End::Ready) && self.is_navigating() => {}
                    Ok(sight) => return Ok(sight),
                    Err(_) => {}
                },
                Err(Fault::DocumentGone) => {}
                // A driver may answer with anything while a document is being left.
                Err(Fault::Refused(_)) if self.side.is_none() && Instant::now() < until => {}
                Err(fault) => return Err(fault.during(DURING)),
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Sight::leaving());
            }
            look.budget = u64::try_from(left.as_millis()).unwrap_or(0);
            if self.side.is_none() {
                // Nothing tells when the next document is there; the driver's own answer takes its time.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// The same in the top document, where the rows are in a frame: a sign-in can end outside of it.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn look_at_top(&mut self, look: &Look) -> Result<Option<Sight>, Error> {
        let Some(side) = &mut self.side else { return Ok(None) };
        if side.places.len() < 2 {
            return Ok(None);
        }
        let asked = json!([serde_json::to_value(look).unwrap_or_default()]);
        match side.call_at(0, "look", &asked).await {
            Ok(value) => Ok(serde_json::from_value(value).ok()),
            Err(Fault::DocumentGone) => Ok(None),
            Err(fault) => Err(fault.during("a look at the page")),
        }
    }

    /// Clicks the element that the last look found, where it found it.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn click(&mut self, sight: &Sight) -> Result<Clicked, Error> {
        match sight.point {
            Some(point) => self.click_at(point.x, point.y).await,
            None => Ok(Clicked::Gone),
        }
    }

    /// Whether the button that the last look found was reached by a press; so it was when its page is gone.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn was_pressed(&mut self) -> Result<bool, Error> {
        match self.call("here", &json!([])).await {
            Ok(here) => Ok(here["pressed"] == true),
            Err(Fault::DocumentGone) => Ok(true),
            Err(fault) => Err(fault.during("a look at the page")),
        }
    }

    /// Clicks the element that the last look found by script.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn script_click(&mut self) -> Result<(), Error> {
        match self.call("scriptClick", &json!([])).await {
            Ok(_) | Err(Fault::DocumentGone) => Ok(()),
            Err(fault) => Err(fault.during("a click by script")),
        }
    }

    /// Chooses the option with this text or value in the select that the last look found. `None` when the
    /// select has gone away.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn choose(&mut self, option: &str) -> Result<Option<Chosen>, Error> {
        match self.call("choose", &json!([option])).await {
            // An answer without a choice: the element has gone away.
            Ok(chosen) => Ok(serde_json::from_value(chosen).ok()),
            Err(Fault::DocumentGone) => Ok(None),
            Err(fault) => Err(fault.during("the choice of an option")),
        }
    }

    /// Ticks or unticks the check box that the last look found, by a click when it has to change.
    /// `None` when it stayed as it was.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn tick(&mut self, on: bool) -> Result<Option<Clicked>, Error> {
        const DURING: &str = "the ticking of a check box";
        for _ in 0..2 {
            let box_now = match self.call("ticked", &json!([])).await {
                Ok(box_now) => box_now,
                Err(Fault::DocumentGone) => return Ok(Some(Clicked::Gone)),
                Err(fault) => return Err(fault.during(DURING)),
            };
            if box_now["on"].as_bool() == Some(on) {
                return Ok(Some(Clicked::Done));
            }
            let (Some(x), Some(y)) = (box_now["x"].as_f64(), box_now["y"].as_f64()) else {
                return Ok(Some(Clicked::Gone));
            };
            let clicked = self.click_at(x, y).await?;
            if clicked != Clicked::Done {
                return Ok(Some(clicked));
            }
        }
        Ok(None)
    }

    /// Presses a key: on the element that the last look found, or wherever the focus is. `false` when the
    /// element has gone away.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn press(&mut self, key: Key, on_element: bool) -> Result<bool, Error> {
        const DURING: &str = "the press of a key";
        if on_element {
            match self.call("focusOnly", &json!([])).await {
                Ok(focus) if focus["gone"] == true => return Ok(false),
                Ok(_) => {}
                Err(Fault::DocumentGone) => return Ok(false),
                Err(fault) => return Err(fault.during(DURING)),
            }
        }
        let Some(side) = &self.side else {
            return match self.wire.press(key.code_point).await {
                // A page that leaves for the key has taken it.
                Ok(()) | Err(Fault::DocumentGone) => Ok(true),
                Err(fault) => Err(fault.during(DURING)),
            };
        };
        let Key { name, virtual_key, .. } = key;
        let text = match name {
            "Enter" => "\r",
            "Space" => " ",
            _ => "",
        };
        let key = if name == "Space" { " " } else { name };
        let down = json!({
            "type": if text.is_empty() { "rawKeyDown" } else { "keyDown" },
            "key": key, "code": name, "text": text, "windowsVirtualKeyCode": virtual_key,
        });
        let up = json!({"type": "keyUp", "key": key, "code": name, "windowsVirtualKeyCode": virtual_key});
        side.input([("Input.dispatchKeyEvent", down), ("Input.dispatchKeyEvent", up)])
            .await
            .map_err(|f| f.during(DURING))?;
        Ok(true)
    }

    /// Enters the frame that the last look found. `false` when it has gone away.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn enter_frame(&mut self) -> Result<bool, Error> {
        let entered = match &mut self.side {
            Some(side) => side.enter_frame().await,
            None => self.wire.enter_frame().await,
        };
        match entered {
            Ok(()) => {
                self.depth += 1;
                Ok(true)
            }
            Err(Fault::DocumentGone | Fault::Interrupted) => Ok(false),
            Err(fault) => Err(fault.during("the way into a frame")),
        }
    }

    /// Back to the top document.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn reset_frames(&mut self) -> Result<(), Error> {
        if self.depth == 0 {
            return Ok(());
        }
        self.depth = 0;
        match &mut self.side {
            Some(side) => side.places.truncate(1),
            None => {
                self.wire.leave_frames().await.map_err(|f| f.during("the way out of a frame"))?
            }
        }
        Ok(())
    }

    /// What shows of `watch` now is old: it does not count until the page shows it anew. What was old
    /// before counts again.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn ignore(&mut self, watch: &[sight::Target]) -> Result<(), Error> {
        let watch = serde_json::to_value(watch).unwrap_or_default();
        match self.call("ignore", &json!([watch])).await {
            Ok(_) | Err(Fault::DocumentGone) => Ok(()),
            Err(fault) => Err(fault.during("a look at the page")),
        }
    }

    /// Whether the rows are in a frame.
    pub fn in_frame(&self) -> bool {
        self.depth > 0
    }

    /// The texts of the JavaScript dialogs that were answered since the last call.
    pub fn take_dialogs(&mut self) -> Vec<String> {
        let mut dialogs = self.wire.take_dialogs();
        if let Some(side) = &self.side {
            dialogs.extend(side.tools.take_dialogs());
        }
        dialogs
    }

    /// Whether a password or one-time-code field that can be seen still holds something.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn holds_secret(&mut self) -> Result<bool, Error> {
        match self.call("secrets", &json!([])).await {
            Ok(answer) => Ok(answer["held"].as_bool().unwrap_or(true)),
            Err(Fault::DocumentGone) => Ok(true),
            Err(fault) => Err(fault.during("a look at the page")),
        }
    }

    /// What there is on the page, for a person to recognise it; empty when it does not say.
    pub async fn survey(&mut self) -> Survey {
        if let (true, Some(side)) = (self.is_navigating(), &self.side)
            && let Some(top) = side.places.first()
        {
            // A page that is being left for a site which does not answer says nothing until it stays.
            let _ = side.tools.call(Some(&top.session), "Page.stopLoading", json!({})).await;
        }
        let nothing = json!([]);
        let answer = self.call("survey", &nothing);
        match tokio::time::timeout(Duration::from_secs(2), answer).await {
            Ok(Ok(value)) => serde_json::from_value(value).unwrap_or_default(),
            _ => Survey::default(),
        }
    }

    /// Whether there is a window beside the page's own; `false` where there is no side channel to tell.
    pub fn has_other_window(&self) -> bool {
        self.side.as_ref().is_some_and(|side| side.tools.pages() > 1)
    }

    /// A picture of the window, as PNG.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn screenshot(&mut self) -> Result<Vec<u8>, Error> {
        const DURING: &str = "the screenshot";
        let Some(side) = &self.side else {
            let shot = self.wire.within(self.wire.client.screenshot()).await;
            return shot.map_err(|f| f.during(DURING));
        };
        let Some(top) = side.places.first() else {
            return Err(Error::Gone { during: DURING });
        };
        let answer = side
            .tools
            .call(Some(&top.session), "Page.captureScreenshot", json!({"format": "png"}))
            .await
            .map_err(|f| f.during(DURING))?;
        data_encoding::BASE64
            .decode(answer["data"].as_str().unwrap_or_default().as_bytes())
            .map_err(|_| Error::Refused { during: DURING, detail: "no picture came".to_owned() })
    }

    /// Calls a function of `page.js` in the document that the rows are in.
    pub(super) async fn call(&mut self, function: &str, arguments: &Value) -> Result<Value, Fault> {
        let Some(side) = &mut self.side else {
            let answer = self.wire.ask(function, arguments).await;
            self.depth = self.wire.around.len();
            return answer;
        };
        loop {
            let depth = side.places.len().saturating_sub(1);
            match side.call_at(depth, function, arguments).await {
                // A frame that is gone leaves the rows in the document around it.
                Err(Fault::DocumentGone) if depth > 0 && !side.has_frame(depth).await => {
                    side.places.truncate(depth);
                    self.depth = depth - 1;
                }
                answer => return answer,
            }
        }
    }

    /// Whether the document that the rows are in, or the one at the top, is being left.
    pub(super) fn is_navigating(&self) -> bool {
        self.side.as_ref().is_some_and(|side| {
            side.places.iter().any(|place| side.tools.is_navigating(&place.frame))
        })
    }

    /// Waits until a navigation that is under way has its document, at most `limit`.
    async fn navigated(&mut self, limit: Duration) {
        if let Some(side) = &self.side {
            for place in &side.places {
                side.tools.settled(&place.frame, limit).await;
            }
        }
    }

    /// Clicks the target, which is at this point.
    async fn click_at(&mut self, x: f64, y: f64) -> Result<Clicked, Error> {
        const DURING: &str = "a click";
        let Some(side) = &mut self.side else {
            return match self.wire.click().await {
                Ok(()) => self.clicked().await,
                // A page that leaves for the click has taken it; an element that was replaced has not.
                Err(Fault::DocumentGone) => match self.call("here", &json!([])).await {
                    Ok(here) if here["left"] == true => Ok(Clicked::Done),
                    Ok(_) => Ok(Clicked::Gone),
                    Err(Fault::DocumentGone) => Ok(Clicked::Done),
                    Err(fault) => Err(fault.during(DURING)),
                },
                Err(fault) => Err(fault.during(DURING)),
            };
        };
        let (mut x, mut y) = (x, y);
        for depth in 0..side.places.len().saturating_sub(1) {
            let inside = side.call_at(depth, "frameBox", &json!([])).await;
            let inside = inside.map_err(|f| f.during(DURING))?;
            x += inside["x"].as_f64().unwrap_or(0.0);
            y += inside["y"].as_f64().unwrap_or(0.0);
        }
        let event = |kind: &str, buttons: u8| {
            let params = json!({
                "type": kind, "x": x, "y": y, "button": if kind == "mouseMoved" { "none" } else { "left" },
                "buttons": buttons, "clickCount": u8::from(kind != "mouseMoved"),
            });
            ("Input.dispatchMouseEvent", params)
        };
        side.input([event("mouseMoved", 0), event("mousePressed", 1), event("mouseReleased", 0)])
            .await
            .map_err(|f| f.during(DURING))?;
        self.clicked().await
    }

    /// What came of a click that was sent. A page that is gone has taken it.
    async fn clicked(&mut self) -> Result<Clicked, Error> {
        match self.call("missed", &json!([])).await {
            Ok(press) if press["missed"] == true => Ok(Clicked::Missed),
            Ok(_) | Err(Fault::DocumentGone) => Ok(Clicked::Done),
            Err(fault) => Err(fault.during("a click")),
        }
    }
}

/// The key events of one character: down with its text, and up.
pub(super) fn key_events(character: char) -> [(&'static str, Value); 2] {
    let mut text = [0; 4];
    let text = character.encode_utf8(&mut text);
    let mut down = json!({"type": "keyDown", "key": text, "text": text, "unmodifiedText": text});
    let mut up = json!({"type": "keyUp", "key": text});
    if let Some((code, virtual_key)) = physical(character) {
        for event in [&mut down, &mut up] {
            event["code"] = code.as_str().into();
            event["windowsVirtualKeyCode"] = virtual_key.into();
        }
    }
    [("Input.dispatchKeyEvent", down), ("Input.dispatchKeyEvent", up)]
}
