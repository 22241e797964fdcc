//! Deeds of a viewer, handed to the browser. Nobody waits for an answer: the picture is the answer.

use serde_json::{Value, json};

use super::{MOST_PIXELS, Pointer, Screen, Size};
use crate::stream::{Deed, Key, Modifiers, MouseButton, MouseKind, Touch, TouchKind};

/// The sides of a page, in CSS pixels.
const SIDES: std::ops::RangeInclusive<u32> = 200..=4096;

impl Screen {
    /// Does what a person did at a viewer. What the broker has a policy for (texts of the clipboard, printing,
    /// the end) is asked of it before.
    pub fn deed(&mut self, deed: &Deed) {
        match deed {
            Deed::Key(key) => {
                self.deed = key.number.max(self.deed);
                if key.down && key.key == "Escape" {
                    self.drop_nothing();
                }
                self.post("Input.dispatchKeyEvent", pressed(key));
            }
            Deed::Compose { text } => {
                let end = text.encode_utf16().count();
                let params = json!({"text": text, "selectionStart": end, "selectionEnd": end});
                self.post("Input.imeSetComposition", params);
            }
            Deed::Text { text, number } => {
                self.deed = (*number).max(self.deed);
                self.post("Input.insertText", json!({"text": text}));
            }
            Deed::Paste { text } => self.paste(text),
            Deed::Mouse { kind, x, y, button, buttons, clicks, modifiers, number } => {
                self.deed = (*number).max(self.deed);
                let (x, y) = (self.drawn(*x), self.drawn(*y));
                self.pointer = Pointer { x, y, buttons: *buttons, modifiers: modifiers.0 };
                if self.dragged(*kind, self.pointer) {
                    return;
                }
                let kind = match kind {
                    MouseKind::Move => "mouseMoved",
                    MouseKind::Down => "mousePressed",
                    MouseKind::Up => "mouseReleased",
                };
                let held = if kind == "mouseMoved" { held(*buttons) } else { *button };
                let params = json!({
                    "type": kind, "x": x, "y": y, "button": name(held), "buttons": buttons,
                    "clickCount": clicks, "modifiers": modifiers.0,
                });
                self.post("Input.dispatchMouseEvent", params);
            }
            Deed::Wheel { x, y, dx, dy, modifiers, number } => {
                self.deed = (*number).max(self.deed);
                let [x, y, dx, dy] = [x, y, dx, dy].map(|length| self.drawn(*length));
                let params = json!({
                    "type": "mouseWheel", "x": x, "y": y, "deltaX": dx, "deltaY": dy,
                    "modifiers": modifiers.0,
                });
                self.post("Input.dispatchMouseEvent", params);
            }
            Deed::Touch { kind, points, modifiers } => {
                let kind = match kind {
                    TouchKind::Start => "touchStart",
                    TouchKind::Move => "touchMove",
                    TouchKind::End => "touchEnd",
                    TouchKind::Cancel => "touchCancel",
                };
                let point =
                    |at: &Touch| json!({"x": self.drawn(at.x), "y": self.drawn(at.y), "id": at.id});
                let points: Vec<_> = points.iter().map(point).collect();
                let params = json!({"type": kind, "touchPoints": points, "modifiers": modifiers.0});
                self.post("Input.dispatchTouchEvent", params);
            }
            Deed::Resize { width, height, scale } => self.resize(*width, *height, *scale),
            Deed::Back => self.travel(-1),
            Deed::Forward => self.travel(1),
            Deed::Reload => self.post("Page.reload", json!({})),
            Deed::Stop => self.post("Page.stopLoading", json!({})),
            Deed::Show { tab } => self.show(tab),
            Deed::Close { tab } => {
                // The last one stays: with it the browser would end.
                if self.tabs.len() > 1 && self.tabs.iter().any(|open| open.id == *tab) {
                    self.tools.post_to_browser("Target.closeTarget", json!({"targetId": tab}));
                }
            }
            Deed::Answer { accept, text } => {
                if let Some(session) = &self.dialog {
                    let params = json!({"accept": accept, "promptText": text});
                    self.tools.post(session, "Page.handleJavaScriptDialog", params);
                }
            }
            Deed::Choose { index } => {
                if let Some((session, world)) = self.chooser.take() {
                    self.tools.post(
                        &session,
                        "Runtime.evaluate",
                        called("choose", &json!(index), world),
                    );
                }
            }
            Deed::Drawn { .. } | Deed::Print | Deed::End => {}
        }
    }

    /// Takes what is being dragged to where the pointer is, and drops it there when the button is let go.
    /// Whether that was all that the deed meant.
    pub(super) fn dragged(&mut self, kind: MouseKind, pointer: Pointer) -> bool {
        let Some(mut drag) = self.drag.take() else { return false };
        let Pointer { x, y, modifiers, .. } = pointer;
        let at =
            |kind| json!({"type": kind, "x": x, "y": y, "data": drag.data, "modifiers": modifiers});
        if !drag.entered {
            self.post("Input.dispatchDragEvent", at("dragEnter"));
        }
        // A place that was not passed over takes nothing.
        self.post("Input.dispatchDragEvent", at("dragOver"));
        if kind == MouseKind::Up {
            self.post("Input.dispatchDragEvent", at("drop"));
            return false;
        }
        drag.entered = true;
        self.drag = Some(drag);
        kind == MouseKind::Move
    }

    /// Lets go of what is being dragged, as if it had never been.
    fn drop_nothing(&mut self) {
        if let Some(drag) = self.drag.take() {
            let params = json!({"type": "dragCancel", "x": 0, "y": 0, "data": drag.data});
            self.post("Input.dispatchDragEvent", params);
        }
    }

    /// A length of the page's, as it is drawn: so the browser takes places.
    fn drawn(&self, length: f64) -> f64 {
        length * self.size.scale
    }

    /// Puts a text in: by the document that has the focus, so that it hears of a paste.
    fn paste(&self, text: &str) {
        match &self.focus {
            Some((session, world)) => {
                self.tools.post(session, "Runtime.evaluate", called("paste", &json!(text), *world));
            }
            None => self.post("Input.insertText", json!({"text": text})),
        }
    }

    fn resize(&mut self, width: u32, height: u32, scale: f64) {
        let side = |pixels: u32| pixels.clamp(*SIDES.start(), *SIDES.end());
        let (width, height) = (side(width), side(height));
        let largest = (MOST_PIXELS / (f64::from(width) * f64::from(height))).sqrt();
        let scale =
            if scale.is_finite() { scale.clamp(0.5, 4.0).min(largest.max(0.5)) } else { 1.0 };
        let size = Size { width, height, scale };
        if size != self.size {
            self.size = size;
            self.fit();
        }
    }

    /// Goes back or forward.
    fn travel(&self, by: i64) {
        let Some(tab) = self.tab() else { return };
        let (tools, session) = (self.tools.clone(), tab.session.clone());
        tokio::spawn(async move {
            let asked = tools.call(Some(&session), "Page.getNavigationHistory", json!({}));
            let Ok(history) = asked.await else { return };
            let at = history["currentIndex"].as_i64().unwrap_or(0) + by;
            let entry = usize::try_from(at).ok().and_then(|at| history["entries"].get(at));
            if let Some(entry) = entry {
                tools.post(
                    &session,
                    "Page.navigateToHistoryEntry",
                    json!({"entryId": entry["id"]}),
                );
            }
        });
    }
}

/// The call of a function of the agent's, in the world that it is in.
fn called(function: &str, argument: &Value, world: i64) -> Value {
    json!({
        "expression": format!("doorwardViewer.{function}({argument})"),
        "contextId": world, "userGesture": true,
    })
}

/// The button with which a pointer is moved: without one the browser drags and selects nothing.
fn held(buttons: u8) -> MouseButton {
    match buttons {
        all if all & 1 != 0 => MouseButton::Left,
        all if all & 2 != 0 => MouseButton::Right,
        all if all & 4 != 0 => MouseButton::Middle,
        _ => MouseButton::None,
    }
}

fn name(button: MouseButton) -> &'static str {
    match button {
        MouseButton::None => "none",
        MouseButton::Left => "left",
        MouseButton::Middle => "middle",
        MouseButton::Right => "right",
        MouseButton::Back => "back",
        MouseButton::Forward => "forward",
    }
}

/// A key as `Input.dispatchKeyEvent` takes it. What puts in a text says which.
fn pressed(key: &Key) -> Value {
    let printable = key.key.chars().count() == 1 && !key.modifiers.is_command();
    let text = match key.key.as_str() {
        "Enter" if !key.modifiers.is_command() => "\r",
        text if printable => text,
        _ => "",
    };
    // AltGr is told as Ctrl and Alt, by which a page would take the character for a command.
    let modifiers = match key.modifiers {
        Modifiers(all) if printable && all & 3 == 3 => all & !3,
        Modifiers(all) => all,
    };
    let kind = match (key.down, text.is_empty()) {
        (true, false) => "keyDown",
        (true, true) => "rawKeyDown",
        (false, _) => "keyUp",
    };
    let mut event = json!({
        "type": kind, "key": key.key, "code": key.code, "windowsVirtualKeyCode": key.windows,
        "location": key.location, "autoRepeat": key.repeat, "modifiers": modifiers,
        "isKeypad": key.location == 3,
    });
    if key.down && !text.is_empty() {
        event["text"] = text.into();
        event["unmodifiedText"] = text.into();
    }
    event
}
