//! A sight: what one look at a page brought back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::locator::Locator;

/// What a row waits for.
#[derive(Debug, Clone, Serialize)]
pub struct Look {
    /// The element of the row; a checkpoint has none.
    pub find: Option<Target>,
    /// What is to be done with it, which says when it is ready.
    pub need: Need,
    /// What a failure looks like.
    pub watch: Vec<Target>,
    /// What the end of the sign-in looks like.
    pub validations: Vec<Target>,
    /// How long the page itself may wait, in milliseconds.
    pub budget: u64,
    /// How long an element that is ready is left alone while its document is still being read, in
    /// milliseconds: the scripts that listen to it stand further down.
    pub reading: u64,
}

/// A locator on its way into the page.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    by: &'static str,
    text: String,
    nth: Option<usize>,
}

impl From<&Locator> for Target {
    fn from(locator: &Locator) -> Self {
        Self { by: locator.by.word(), text: locator.text.clone(), nth: locator.nth }
    }
}

/// What is to be done with an element. All need it visible and stable; see the readiness table in
/// `connectors/README.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// Press what changes the page: as `Click`, and not the button that was pressed last while the
    /// page has not changed since.
    Button,
    /// Tick or untick: as `Click`, and it is a check box.
    Check,
    /// Press: enabled, and it receives the event at its centre.
    Click,
    /// Enter: it is a frame.
    Frame,
    /// Click by script: enabled.
    Script,
    /// Nothing but that it shows.
    See,
    /// Choose an option: enabled, and it is a select.
    Select,
    /// Type: as `Click`, and it takes text and is not read-only.
    Type,
}

/// How a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// One of `watch` shows.
    Failure,
    /// The browser could not read a locator.
    Invalid,
    /// The element is ready.
    Ready,
    /// One of `validations` shows.
    Validation,
}

/// What a look brought back.
#[derive(Debug, Clone, Deserialize)]
pub struct Sight {
    /// How it ended; `None` when the time was over.
    pub end: Option<End>,
    /// Which failure or validation.
    #[serde(default)]
    pub index: usize,
    /// What the failure says on the page.
    #[serde(default)]
    pub text: String,
    /// Why the element was not ready at the last look.
    #[serde(default)]
    pub reason: String,
    /// How many elements the locator hits.
    #[serde(default)]
    pub count: usize,
    /// What they are, for a person to recognise.
    #[serde(default)]
    pub candidates: Vec<String>,
    /// The middle of the element, in CSS pixels of its document's window.
    #[serde(default)]
    pub point: Option<Point>,
    /// How often each reason was seen.
    #[serde(default)]
    pub reasons: BTreeMap<String, u32>,
    /// Whether the page has exchanged a field that was typed into for an empty one; told of buttons.
    #[serde(default)]
    pub emptied: bool,
    /// Where the page is.
    #[serde(flatten)]
    pub whereabouts: Whereabouts,
}

/// A place in the window of a document, in CSS pixels.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// Where a page is. URL and title can hold what was typed: they are not for people as they are.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Whereabouts {
    /// The document's URL.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its origin, as the browser serialises it; `null` for an opaque one.
    pub origin: String,
    /// The origins of the documents around it, the nearest first; `?` where the browser does not tell.
    pub ancestors: Vec<String>,
    /// Whether the document is still being parsed.
    pub loading: bool,
    /// The HTTP status of the document; 0 where the browser does not tell.
    pub status: u16,
}

impl Sight {
    /// Nothing was seen: the page is being left, and the next one is not there.
    pub fn leaving() -> Self {
        const REASON: &str = "the site has not answered yet";
        Self {
            end: None,
            index: 0,
            text: String::new(),
            reason: REASON.to_owned(),
            count: 0,
            candidates: Vec::new(),
            point: None,
            reasons: [(REASON.to_owned(), 1)].into(),
            emptied: false,
            whereabouts: Whereabouts { loading: true, ..Whereabouts::default() },
        }
    }
}

/// What there is on a page, for a person to recognise it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Survey {
    /// Its fields, buttons and frames.
    pub parts: Vec<String>,
    /// Its headings and alerts.
    pub heading: String,
    /// Where it is.
    #[serde(flatten)]
    pub whereabouts: Whereabouts,
}
