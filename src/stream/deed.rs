//! A deed: what a person does at a viewer, as the viewer sends it.

use serde::{Deserialize, Serialize};

/// One thing that a person did, as `{"type": "…", …}`. Places are in CSS pixels of the page.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Deed {
    /// A key went down or up.
    Key(Key),
    /// A text is being composed (input methods, dead keys), not yet put in.
    Compose {
        /// It.
        text: String,
    },
    /// A text was composed, or came without keys, and is put in.
    Text {
        /// It.
        text: String,
        /// Counted by the viewer, from 1.
        #[serde(default)]
        number: u32,
    },
    /// A text of the viewer's clipboard is put in.
    Paste {
        /// It.
        text: String,
    },
    /// The pointer.
    Mouse {
        /// What it did.
        kind: MouseKind,
        /// From the left.
        x: f64,
        /// From the top.
        y: f64,
        /// Which button, where one did something.
        #[serde(default)]
        button: MouseButton,
        /// Which buttons are down, as the DOM counts them.
        #[serde(default)]
        buttons: u8,
        /// How many times in a row.
        #[serde(default)]
        clicks: u8,
        /// The modifier keys.
        #[serde(default)]
        modifiers: Modifiers,
        /// Counted by the viewer, from 1.
        #[serde(default)]
        number: u32,
    },
    /// The wheel.
    Wheel {
        /// From the left.
        x: f64,
        /// From the top.
        y: f64,
        /// How far to the right, in CSS pixels.
        dx: f64,
        /// How far down.
        dy: f64,
        /// The modifier keys.
        #[serde(default)]
        modifiers: Modifiers,
        /// Counted by the viewer, from 1.
        #[serde(default)]
        number: u32,
    },
    /// Fingers.
    Touch {
        /// What they did.
        kind: TouchKind,
        /// Those that touch now.
        points: Vec<Touch>,
        /// The modifier keys.
        #[serde(default)]
        modifiers: Modifiers,
    },
    /// The viewer has this size, in CSS pixels, and so many of its own to one of them.
    Resize {
        /// Width.
        width: u32,
        /// Height.
        height: u32,
        /// Device pixels to a CSS pixel.
        scale: f64,
    },
    /// The viewer has drawn the picture of this change.
    Drawn {
        /// The change.
        number: u64,
    },
    /// Back.
    Back,
    /// Forward.
    Forward,
    /// Reload the page.
    Reload,
    /// Stop loading.
    Stop,
    /// Show this tab.
    Show {
        /// Its id.
        tab: String,
    },
    /// Close this tab.
    Close {
        /// Its id.
        tab: String,
    },
    /// The answer to a dialog.
    Answer {
        /// Whether it was accepted.
        accept: bool,
        /// What stands in the field of a prompt.
        #[serde(default)]
        text: String,
    },
    /// The choice of a list; `None` when none was made.
    Choose {
        /// The index.
        index: Option<usize>,
    },
    /// The page is to be printed.
    Print,
    /// The person ends the session.
    End,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Whether it went down.
    pub down: bool,
    /// What it means: `a`, `Enter`, ….
    pub key: String,
    /// Which one it is: `KeyA`, `Enter`, ….
    pub code: String,
    /// Its number on Windows, which pages still ask for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub windows: u16,
    /// Where it is: 1 left, 2 right, 3 number pad.
    #[serde(default, skip_serializing_if = "is_default")]
    pub location: u8,
    /// Whether it came by being held down.
    #[serde(default, skip_serializing_if = "is_default")]
    pub repeat: bool,
    /// The modifier keys.
    #[serde(default, skip_serializing_if = "is_default")]
    pub modifiers: Modifiers,
    /// Counted by the viewer, from 1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub number: u32,
}

/// Whether a value says nothing: a recording is the smaller for it.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Modifier keys, as DevTools counts them: Alt 1, Ctrl 2, Meta 4, Shift 8.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Modifiers(pub u8);

impl Modifiers {
    /// Whether a key with them is a command and puts in no text. AltGr, which is Ctrl and Alt, does.
    pub fn is_command(self) -> bool {
        let (control, meta, alt) = (self.0 & 2 != 0, self.0 & 4 != 0, self.0 & 1 != 0);
        meta || (control && !alt)
    }
}

/// What the pointer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MouseKind {
    /// Moved.
    Move,
    /// A button went down.
    Down,
    /// A button went up.
    Up,
}

/// A button of the pointer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MouseButton {
    /// None.
    #[default]
    None,
    /// The left one.
    Left,
    /// The middle one.
    Middle,
    /// The right one.
    Right,
    /// The one that goes back.
    Back,
    /// The one that goes forward.
    Forward,
}

/// What fingers did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TouchKind {
    /// One came down.
    Start,
    /// They moved.
    Move,
    /// One was lifted.
    End,
    /// The viewer took them away.
    Cancel,
}

/// A finger.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Touch {
    /// Which one.
    pub id: i32,
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}
