//! Typing: the one place where a secret goes to a page.
//!
//! The origins are compared once more in the same breath as the focus is set, and while the keys are
//! under way no document can be exchanged for another: navigations are held at the network until the
//! field has all of them. Keys go out in one go; on a page with frames one by one, because the focus may
//! be taken into a frame of another origin, and keys follow it.

use serde::Deserialize;
use serde_json::json;

use super::Error;
use super::fault::Fault;
use super::keys::{is_typable, is_webdriver_key};
use super::page::{Page, key_events};
use super::sight::Whereabouts;
use crate::secret::Secret;

/// How it went.
#[derive(Debug)]
pub enum Typed {
    /// The field holds as many characters as were typed, or the page has gone on with them.
    Done,
    /// The page is not where the value may be typed; no key was sent.
    Foreign(Box<Whereabouts>),
    /// The element had gone away before the first key; look again.
    Gone,
    /// The page went away, or the field did, when all was typed: a code that sends itself does that.
    Left,
    /// The field was replaced while it was typed into, so it may hold a part only; look again.
    Replaced,
    /// The field keeps fewer characters than were typed.
    Cut {
        /// How many it holds.
        held: usize,
        /// How many were typed.
        typed: usize,
        /// Its `maxlength`, where that is the reason.
        most: Option<usize>,
        /// The field that has the focus now, where the page moved it: it may hold the rest.
        elsewhere: Option<String>,
    },
    /// This browser cannot be sent a character as text, only as a key. No key was sent.
    Untypable,
    /// The focus went into a foreign frame while the keys were under way.
    Strayed,
}

/// What the page says at the moment of typing.
#[derive(Debug, Deserialize)]
struct Focus {
    #[serde(default)]
    gone: bool,
    #[serde(default)]
    focused: bool,
    #[serde(default)]
    filled: bool,
    #[serde(default)]
    single: bool,
    #[serde(default)]
    frames: bool,
    #[serde(flatten)]
    whereabouts: Whereabouts,
}

/// What the page says after typing.
#[derive(Debug, Default, Deserialize)]
struct Held {
    #[serde(default)]
    same: bool,
    #[serde(default)]
    connected: bool,
    #[serde(default)]
    length: usize,
    #[serde(default)]
    most: i64,
    #[serde(default)]
    strayed: bool,
    elsewhere: Option<String>,
}

/// Into how many portions a text is divided that goes by "Element Send Keys"; each costs a round trip.
const PORTIONS: usize = 64;

const DURING: &str = "the typing of a value";

impl Page {
    /// Types `text` into the element that the last look found, as trusted key events, after what it
    /// held before is gone. `secret`: while the element holds it, the page is not shown to anybody.
    /// `allows` says whether the value may be typed where the page is now.
    ///
    /// # Errors
    /// [`Error::Gone`], [`Error::Unresponsive`], [`Error::Refused`]; none holds a part of the text.
    pub async fn type_text(
        &mut self,
        text: &Secret,
        secret: bool,
        allows: impl Fn(&Whereabouts) -> bool,
    ) -> Result<Typed, Error> {
        if let Some(side) = &self.side {
            side.tools.hold();
        }
        let typed = self.focus_and_type(text, secret, allows).await;
        if let Some(side) = &self.side {
            side.tools.release();
        }
        typed.map_err(|fault| fault.during(DURING))
    }

    async fn focus_and_type(
        &mut self,
        text: &Secret,
        secret: bool,
        allows: impl Fn(&Whereabouts) -> bool,
    ) -> Result<Typed, Fault> {
        let focus = match self.call("focus", &json!([secret])).await {
            Ok(focus) => focus,
            Err(Fault::DocumentGone) => return Ok(Typed::Gone),
            Err(fault) => return Err(fault),
        };
        let Ok(focus) = serde_json::from_value::<Focus>(focus) else { return Ok(Typed::Gone) };
        // A navigation that began before the hold is not held, and would bring another document.
        if focus.gone || self.is_navigating() {
            return Ok(Typed::Gone);
        }
        let whereabouts = match &self.side {
            Some(_) => focus.whereabouts.clone(),
            None => match self.wire.proven(focus.whereabouts.clone()).await {
                Ok(whereabouts) => whereabouts,
                Err(Fault::DocumentGone | Fault::Interrupted) => return Ok(Typed::Gone),
                Err(fault) => return Err(fault),
            },
        };
        if !allows(&whereabouts) {
            return Ok(Typed::Foreign(Box::new(whereabouts)));
        }
        self.keys(text, &focus).await
    }

    async fn keys(&mut self, text: &Secret, focus: &Focus) -> Result<Typed, Fault> {
        let count = text.expose().chars().count();
        if self.side.is_none() {
            return self.send_keys(text, focus).await;
        }
        if !focus.focused {
            return Ok(Typed::Gone);
        }
        if focus.single && count > 1 {
            return self.fill_boxes(text).await;
        }
        let mut events = Vec::with_capacity(2 * count + 2);
        if text.is_empty() && focus.filled {
            events.extend(backspace());
        }
        for character in text.expose().chars() {
            if focus.frames {
                if let Some(typed) = self.still().await? {
                    return Ok(typed);
                }
                self.input(typed_character(character)).await?;
            } else {
                events.extend(typed_character(character));
            }
        }
        self.input(events).await?;
        self.verdict(count).await
    }

    /// Sends input events, where there is a side channel for them.
    async fn input(&self, events: Vec<(&'static str, serde_json::Value)>) -> Result<(), Fault> {
        match &self.side {
            Some(side) => side.input(events).await,
            None => Ok(()),
        }
    }

    /// One box a character: the page moves the focus on, or it is moved for it.
    async fn fill_boxes(&mut self, text: &Secret) -> Result<Typed, Fault> {
        for (index, character) in text.expose().chars().enumerate() {
            if index > 0 {
                let next = self.call("next", &json!([index - 1])).await;
                match next {
                    Ok(next) if next["moved"] == true => {}
                    // The page went on before the last box: it has what it wanted.
                    Err(Fault::DocumentGone) => return Ok(Typed::Left),
                    Ok(_) => {
                        let typed = text.expose().chars().count();
                        return Ok(Typed::Cut {
                            held: index,
                            typed,
                            most: Some(1),
                            elsewhere: None,
                        });
                    }
                    Err(fault) => return Err(fault),
                }
            }
            match &self.side {
                Some(_) => self.input(typed_character(character)).await?,
                None => match self.wire.press(character).await {
                    Ok(()) | Err(Fault::DocumentGone) => {}
                    Err(fault) => return Err(fault),
                },
            }
        }
        self.verdict(1).await
    }

    /// By "Element Send Keys", where there is no side channel. Nothing can hold navigations here, so the
    /// text goes out in small portions: an element that is gone refuses the next one, while a whole text
    /// would go on into whatever document comes.
    async fn send_keys(&mut self, text: &Secret, focus: &Focus) -> Result<Typed, Fault> {
        let value = text.expose();
        if value.chars().any(|c| is_webdriver_key(c) || c.is_control()) {
            return Ok(Typed::Untypable);
        }
        let count = value.chars().count();
        if focus.single && count > 1 {
            return self.fill_boxes(text).await;
        }
        let element = match self.wire.element().await {
            Ok(element) => element,
            Err(Fault::DocumentGone | Fault::Interrupted) => return Ok(Typed::Gone),
            Err(fault) => return Err(fault),
        };
        let mut rest = value;
        if value.is_empty() && focus.filled {
            rest = "\u{E003}"; // Backspace: the old text is selected
        }
        let most = count.div_ceil(PORTIONS).max(1);
        while !rest.is_empty() {
            let end = rest.char_indices().nth(most).map_or(rest.len(), |(at, _)| at);
            let (portion, later) = rest.split_at(end);
            if focus.frames {
                match self.still().await? {
                    None => {}
                    Some(typed) => return Ok(typed),
                }
            }
            match self.wire.within(element.send_keys(portion)).await {
                Ok(()) => {}
                // A code that sends itself takes its field with it.
                Err(Fault::DocumentGone) if later.is_empty() => return Ok(Typed::Left),
                Err(Fault::DocumentGone | Fault::Interrupted) => return Ok(Typed::Replaced),
                Err(fault) => return Err(fault),
            }
            rest = later;
        }
        self.verdict(count).await
    }

    /// Whether the focus is still where the keys are meant for; otherwise how the typing ends.
    async fn still(&mut self) -> Result<Option<Typed>, Fault> {
        match self.call("still", &json!([])).await {
            Ok(still) if still["focused"] == true => Ok(None),
            Ok(still) if still["gone"] == true => Ok(Some(Typed::Replaced)),
            Ok(_) => Ok(Some(Typed::Strayed)),
            Err(Fault::DocumentGone) => Ok(Some(Typed::Left)),
            Err(fault) => Err(fault),
        }
    }

    /// Compares how much the field holds with how much was typed.
    async fn verdict(&mut self, typed: usize) -> Result<Typed, Fault> {
        let held = match self.call("typed", &json!([])).await {
            Ok(held) => serde_json::from_value::<Held>(held).unwrap_or_default(),
            Err(Fault::DocumentGone) => return Ok(Typed::Left),
            Err(fault) => return Err(fault),
        };
        if !held.same || (!held.connected && held.length == typed) {
            return Ok(Typed::Left);
        }
        if held.strayed {
            return Ok(Typed::Strayed);
        }
        if !held.connected {
            return Ok(Typed::Replaced);
        }
        // A field that holds more has formatted the text, as an "123 456" of a code; that is its right.
        if held.length < typed {
            let most = usize::try_from(held.most).ok().filter(|most| *most < typed);
            return Ok(Typed::Cut { held: held.length, typed, most, elsewhere: held.elsewhere });
        }
        Ok(Typed::Done)
    }
}

/// What is intercepted on the way to the network: the requests that can exchange a document, and those
/// that can bring up the browser's own prompt for HTTP authentication. Images, styles and scripts are not.
pub(super) fn intercepted() -> serde_json::Value {
    let kinds = ["Document", "Fetch", "XHR"].map(|kind| json!({"resourceType": kind}));
    json!({"handleAuthRequests": true, "patterns": kinds})
}

/// The events that bring one character into the focused field.
fn typed_character(character: char) -> Vec<(&'static str, serde_json::Value)> {
    if is_typable(character) {
        return key_events(character).into();
    }
    vec![("Input.insertText", json!({"text": character.to_string()}))]
}

fn backspace() -> [(&'static str, serde_json::Value); 2] {
    let event = |kind: &str| json!({"type": kind, "key": "Backspace", "code": "Backspace", "windowsVirtualKeyCode": 8});
    [("Input.dispatchKeyEvent", event("rawKeyDown")), ("Input.dispatchKeyEvent", event("keyUp"))]
}
