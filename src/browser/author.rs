//! The author's look at a page: what a locator hits, which locators would be better, and pictures that
//! show no secret. Only where there is a side channel.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Error;
use super::fault::Fault;
use super::noise::Noise;
use super::page::Page;
use super::sight::{Need, Target};

/// What an author asks of a page; loaded beside `page.js` in documents where it is asked.
pub(super) const SOURCE: &str = include_str!("author.js");

const DURING: &str = "a look at the page";

/// What a locator hits.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Inspection {
    /// How many elements, seen or not.
    pub total: usize,
    /// How many of them can be seen.
    #[serde(default)]
    pub seen: usize,
    /// Those that can be seen, or all where none can; at most twenty.
    pub hits: Vec<Hit>,
    /// Which of `hits` the row means, where there is no doubt.
    #[serde(default)]
    pub meant: Option<usize>,
    /// Locators that hit the same element and no other, the best first.
    pub better: Vec<Suggestion>,
    /// Why the browser cannot read the locator.
    #[serde(default)]
    pub invalid: Option<String>,
}

/// One element.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Hit {
    /// Its tag in lower case.
    pub tag: String,
    /// Its `id`; may be empty.
    pub id: String,
    /// Its `name`; may be empty.
    pub name: String,
    /// Its `type`; may be empty.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its label; may be empty.
    pub label: String,
    /// What a person would recognise it by.
    pub shown: String,
    /// Where it is.
    #[serde(rename = "box")]
    pub place: Area,
    /// Whether it can be seen.
    pub visible: bool,
    /// Whether a click on it submits a form.
    pub submits: bool,
    /// Why it is not ready; `None` when it is.
    pub reason: Option<String>,
}

/// A rectangle in the window of a document, in CSS pixels.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
pub struct Area {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// To the right.
    pub width: f64,
    /// Down.
    pub height: f64,
}

/// A locator that would do.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Suggestion {
    /// The strategy, as `SearchBy` names it.
    pub by: String,
    /// What it looks for.
    pub text: String,
    /// Why it stands where it stands.
    pub why: String,
    /// Whether it holds in another language and another layout.
    pub stable: bool,
}

/// A document as it stood.
#[derive(Debug, Clone, Deserialize)]
pub struct Snapshot {
    /// Its URL without query and fragment; where it is served, with all of them.
    pub url: String,
    /// The document.
    pub html: String,
}

/// A number in a picture, and where.
#[derive(Debug, Clone, Serialize)]
pub struct Mark {
    /// The row.
    pub number: usize,
    /// Its elements.
    pub boxes: Vec<Area>,
}

impl Page {
    /// Whether an author's look is possible here.
    pub fn can_inspect(&self) -> bool {
        self.side.is_some()
    }

    /// What `target` hits now.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn inspect(&mut self, target: &Target, need: Need) -> Result<Inspection, Error> {
        let asked = json!([
            serde_json::to_value(target).unwrap_or_default(),
            serde_json::to_value(need).unwrap_or_default(),
        ]);
        match self.ask_author("inspect", &asked).await {
            Ok(value) => Ok(serde_json::from_value(value).unwrap_or_default()),
            Err(Fault::DocumentGone) => Ok(Inspection::default()),
            Err(fault) => Err(fault.during(DURING)),
        }
    }

    /// A picture of the window, as PNG: with numbers at `marks`, and with opaque boxes over every field that
    /// holds a secret or is made for one. `None` when the page went away meanwhile.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn covered_screenshot(&mut self, marks: &[Mark]) -> Result<Option<Vec<u8>>, Error> {
        let marks = json!([serde_json::to_value(marks).unwrap_or_default()]);
        let depths = self.side.as_ref().map_or(0, |side| side.places.len());
        for depth in 0..depths {
            let last = depth + 1 == depths;
            let asked = if last { marks.clone() } else { json!([[]]) };
            match self.ask_author_at(depth, "cover", &asked).await {
                Ok(_) => {}
                // What is not covered is not shown.
                Err(Fault::DocumentGone) => return Ok(None),
                Err(fault) => return Err(fault.during(DURING)),
            }
        }
        let picture = self.screenshot().await;
        for depth in 0..depths {
            match self.ask_author_at(depth, "uncover", &json!([])).await {
                Ok(_) | Err(Fault::DocumentGone) => {}
                Err(fault) => return Err(fault.during(DURING)),
            }
        }
        picture.map(Some)
    }

    /// The documents that the rows are in, as they stand: the top one first. Without scripts, values and hidden
    /// fields, but with the page's own texts, which can repeat what was typed.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn snapshots(&mut self) -> Result<Vec<Snapshot>, Error> {
        let mut snapshots = Vec::new();
        let depths = self.side.as_ref().map_or(0, |side| side.places.len());
        for depth in 0..depths {
            match self.ask_author_at(depth, "snapshot", &json!([])).await {
                Ok(value) => snapshots.extend(serde_json::from_value::<Snapshot>(value).ok()),
                Err(Fault::DocumentGone) => {}
                Err(fault) => return Err(fault.during(DURING)),
            }
        }
        Ok(snapshots)
    }

    /// From now on the network is `pages` and nothing else: each document by its URL, everything else fails.
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn serve(&mut self, pages: Vec<Snapshot>) -> Result<(), Error> {
        let Some((side, top)) =
            self.side.as_ref().and_then(|side| Some((side, side.places.first()?)))
        else {
            return Err(Error::Unconfined);
        };
        side.tools.serve(pages);
        let everything = json!({"handleAuthRequests": true, "patterns": [{"urlPattern": "*"}]});
        let enabled = side.tools.call(Some(&top.session), "Fetch.enable", everything).await;
        enabled.map(|_| ()).map_err(|fault| fault.during(DURING))
    }

    /// From now on what the page reports of itself is kept for [`Page::take_noise`].
    ///
    /// # Errors
    /// As [`Page::look`].
    pub async fn listen(&mut self) -> Result<(), Error> {
        let Some((side, top)) =
            self.side.as_ref().and_then(|side| Some((side, side.places.first()?)))
        else {
            return Ok(());
        };
        side.tools.listen();
        for method in ["Log.enable", "Runtime.enable"] {
            let enabled = side.tools.call(Some(&top.session), method, json!({})).await;
            enabled.map_err(|fault| fault.during(DURING))?;
        }
        Ok(())
    }

    /// What the page has reported of itself since the last call.
    pub fn take_noise(&self) -> Vec<Noise> {
        self.side.as_ref().map(|side| side.tools.take_noise()).unwrap_or_default()
    }

    async fn ask_author(&mut self, function: &str, arguments: &Value) -> Result<Value, Fault> {
        let depth = self.side.as_ref().map_or(0, |side| side.places.len().saturating_sub(1));
        self.ask_author_at(depth, function, arguments).await
    }

    async fn ask_author_at(
        &mut self,
        depth: usize,
        function: &str,
        arguments: &Value,
    ) -> Result<Value, Fault> {
        let Some(side) = &mut self.side else {
            return Err(Fault::Refused("this browser has no side channel".to_owned()));
        };
        let callee = format!("(doorward.author ??= {SOURCE}).{function}");
        side.evaluate_at(depth, &callee, arguments).await
    }
}
