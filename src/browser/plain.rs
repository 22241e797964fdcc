//! The plain path: what a page needs beyond single commands where there is no side channel. The functions
//! of `page.js` run in the page's own world there, so what decides about a secret, the origins, is asked of
//! the driver, or comes as a text that a page cannot forge.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fault::Fault;
use super::sight::Whereabouts;
use super::webdriver::Wire;

/// How long between two looks at a page that nothing tells of.
const PAUSE: Duration = Duration::from_millis(10);

impl Wire {
    /// Goes to `url` and waits until another document is there, at most `limit`. `Some(reason)` when none came.
    pub(super) async fn visit(
        &self,
        url: &url::Url,
        limit: Duration,
    ) -> Result<Option<String>, Fault> {
        let until = Instant::now() + limit;
        let late = Some(format!("no answer within {} s", limit.as_secs_f32()));
        // With `pageLoadStrategy: none` a driver answers at once: the old document is told apart by a mark.
        match self.call("leave", &json!([url.as_str()])).await {
            Ok(_) | Err(Fault::DocumentGone | Fault::Interrupted) => {}
            Err(fault) => return Err(fault),
        }
        let went = self.within(self.client.goto(url.as_str()));
        match tokio::time::timeout(limit, went).await {
            Ok(Ok(()) | Err(Fault::DocumentGone | Fault::Interrupted)) => {}
            Ok(Err(Fault::Refused(reason))) => return Ok(Some(reason)),
            Ok(Err(Fault::Silent)) | Err(_) => return Ok(late),
            Ok(Err(fault)) => return Err(fault),
        }
        loop {
            match self.call("arrived", &json!([])).await {
                Ok(page) => {
                    if let Some(reason) = page["failed"].as_str() {
                        return Ok(Some(reason.to_owned()));
                    }
                    // Firefox shows the document behind a prompt of its own that was closed, Chromium an error.
                    if page["left"] == true && page["status"] == 401 && self.has_dialogs() {
                        return Ok(Some("HTTP ERROR 401".to_owned()));
                    }
                    if page["left"] == true {
                        return Ok(None);
                    }
                }
                // Between two documents a driver may answer with anything.
                Err(Fault::DocumentGone | Fault::Interrupted | Fault::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
            if Instant::now() >= until {
                return Ok(late);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Enters the frame that the last look found.
    pub(super) async fn enter_frame(&mut self) -> Result<(), Fault> {
        let element = self.element().await?;
        let origin = self.origin().await?;
        // The element is of the document whose origin this is, or the driver does not know it any more.
        self.within(element.enter_frame()).await?;
        self.around.push(origin);
        Ok(())
    }

    /// Back to the top document.
    pub(super) async fn leave_frames(&mut self) -> Result<(), Fault> {
        self.to_top().await?;
        self.around.clear();
        Ok(())
    }

    /// The same whereabouts with the origins as they are, whatever the page says of them.
    ///
    /// The documents around a frame cannot have changed since it was entered: a frame ends with its parent.
    pub(super) async fn proven(&self, mut at: Whereabouts) -> Result<Whereabouts, Fault> {
        at.origin = self.origin().await?;
        at.ancestors = self.around.iter().rev().cloned().collect();
        Ok(at)
    }

    /// The origin of the document that the rows are in.
    async fn origin(&self) -> Result<String, Fault> {
        if self.around.is_empty() {
            let url = self.within(self.client.current_url()).await?;
            return Ok(url.origin().ascii_serialization());
        }
        // `location` cannot be replaced by a page (HTML, LegacyUnforgeable), and a text has no `toJSON`.
        let origin = self.within(self.client.execute("return location.origin", Vec::new())).await?;
        Ok(origin.as_str().unwrap_or("null").to_owned())
    }

    /// Calls a function of `page.js`; a frame that is gone leaves the rows in the top document.
    pub(super) async fn ask(&mut self, function: &str, arguments: &Value) -> Result<Value, Fault> {
        match self.call(function, arguments).await {
            Err(Fault::Closed) if !self.around.is_empty() => {
                self.leave_frames().await?;
                Err(Fault::DocumentGone)
            }
            // The script has not run: a further look is what follows.
            Err(Fault::Interrupted) => Err(Fault::DocumentGone),
            answer => answer,
        }
    }
}
