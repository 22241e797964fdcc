//! A note: what a viewer is told beside the picture.

use serde::{Deserialize, Serialize};

/// One thing that a viewer is told, as `{"type": "…", …}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Note {
    /// The curtain is down: no picture, and no deed is taken.
    Curtain {
        /// The row that is being done, from 1; 0 before the rows.
        row: usize,
        /// How many there are.
        of: usize,
        /// What is being done, as templates; never a value.
        text: String,
    },
    /// The curtain is up.
    Live {
        /// What the connector allows of the clipboard: `no`, `in`, `out`, `yes`.
        clipboard: String,
        /// Whether files may be sent to the page.
        uploads: bool,
        /// Whether files may be taken from it.
        downloads: bool,
        /// Whether pages may be printed.
        print: bool,
    },
    /// The tabs, and which of them shows.
    Tabs {
        /// In the order in which they were opened.
        tabs: Vec<Tab>,
        /// The one that shows.
        active: String,
    },
    /// The size of the page.
    Screen {
        /// In CSS pixels.
        width: u32,
        /// In CSS pixels.
        height: u32,
        /// Device pixels to a CSS pixel.
        scale: f64,
    },
    /// Whether there is a page to go back or forward to.
    History {
        /// Back.
        back: bool,
        /// Forward.
        forward: bool,
    },
    /// The pointer's shape, as CSS has it.
    Cursor {
        /// `default`, `pointer`, `text`, ….
        shape: String,
    },
    /// A list of the page's to choose from, which its own browser cannot show here.
    Choices {
        /// The texts.
        options: Vec<String>,
        /// Which of them cannot be chosen.
        disabled: Vec<usize>,
        /// The one that is chosen.
        chosen: i64,
        /// Where the control is, in pixels of the page: x, y, width, height.
        place: [f64; 4],
    },
    /// A dialog of the page's waits for an answer; nothing goes on before it.
    Dialog {
        /// `alert`, `confirm`, `prompt`, `beforeunload`.
        kind: String,
        /// What it says.
        message: String,
        /// What stands in the field of a prompt.
        default: String,
    },
    /// The dialog has been answered.
    DialogClosed,
    /// A text for the viewer's clipboard.
    Clipboard {
        /// It.
        text: String,
    },
    /// The page asks for files.
    Upload {
        /// Whether it takes several.
        multiple: bool,
    },
    /// A file can be had at the session's `files/` under this id.
    Download {
        /// The id.
        id: String,
        /// Its name, as the page has it.
        name: String,
    },
    /// Who else is there, and who uses the page.
    Company {
        /// The names of those who watch.
        watchers: Vec<String>,
        /// Who uses the page.
        hold: Hold,
        /// Who has stopped it or taken it over; empty where nobody has.
        by: String,
    },
    /// Somebody who watches says something to the person.
    Message {
        /// Who.
        from: String,
        /// What.
        text: String,
    },
    /// The end has been asked for: no picture follows, and no deed is taken.
    Ending {
        /// By whom.
        by: String,
    },
    /// Something that the person is to know: what was denied and why, how long is left.
    Notice {
        /// A sentence.
        text: String,
    },
    /// The session is over, and so is the stream.
    Ended {
        /// The word of the outcome.
        outcome: String,
        /// Why, and what to do next.
        text: String,
    },
}

/// Who uses the page of a live session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// The person whose session it is.
    #[default]
    Free,
    /// Nobody, until somebody who may lets them go on.
    Paused,
    /// Somebody who watches, in their place.
    Taken,
    /// Nobody, and nobody sees it: the connector wants somebody who watches, and there is nobody.
    Unwatched,
}

impl Hold {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Paused => "paused",
            Self::Taken => "taken",
            Self::Unwatched => "unwatched",
        }
    }
}

/// A tab of the browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tab {
    /// Its id.
    pub id: String,
    /// The title of its page; the address where it has none.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Whether it is still loading.
    pub loading: bool,
}
