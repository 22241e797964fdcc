//! A moment: one thing that happened, as a timeline shows it and a search finds it.

use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// When, in milliseconds since the session's begin.
    pub time: u32,
    /// What.
    pub what: What,
    /// Which: an address, a title, the text that was typed.
    pub text: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Another page shows: origin and path of its address.
    Url,
    /// The page that shows has another title.
    Title,
    /// A button of the pointer, or a finger, went down: which, and where.
    Click,
    /// Text was typed; `•` for each key where a secret belongs.
    Typed,
    /// A key that types nothing and means something: `Ctrl+S`, `F5`.
    Key,
    /// One of a list was chosen.
    Chosen,
    /// The page asked or said something.
    Dialog,
    /// What was answered.
    Answer,
    /// Text was copied on the page: how much.
    Copied,
    /// Text was pasted into it: how much.
    Pasted,
    /// A file was saved by the page.
    Download,
    /// A file was given to the page.
    Upload,
    /// What the broker told the person.
    Notice,
    /// Back, forward, reload, print and the like.
    Command,
    /// How the session ended.
    End,
}

impl What {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Title => "title",
            Self::Click => "click",
            Self::Typed => "typed",
            Self::Key => "key",
            Self::Chosen => "chosen",
            Self::Dialog => "dialog",
            Self::Answer => "answer",
            Self::Copied => "copied",
            Self::Pasted => "pasted",
            Self::Download => "download",
            Self::Upload => "upload",
            Self::Notice => "notice",
            Self::Command => "command",
            Self::End => "end",
        }
    }
}
