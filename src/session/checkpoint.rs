//! A checkpoint: consecutive `(Validation)` and `(Failure=cause)` rows, of which the first that shows decides.

use std::time::{Duration, Instant};

use super::row::caret;
use super::run::{Next, Run};
use super::{Error, Outcome, Stop};
use crate::browser::{End, Look, Need, Target};
use crate::connector::{LocatorTemplate, Step, Verb};
use crate::diagnostic::Code;
use crate::locator::By;
use crate::plan::Checkpoint;

/// How long a page may wait for itself in one look.
const BUDGET: Duration = Duration::from_millis(1000);

/// How long a failure is given to show where there is no validation to wait for.
const NO_VALIDATION: Duration = Duration::from_millis(1500);

impl Run<'_, '_> {
    /// Waits until a row of the checkpoint shows.
    pub(super) async fn checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<Next, Error> {
        let settings = &self.armed.plan.connector.settings;
        let (patience, load) = (self.patience.take(), settings.page_load_timeout);
        let own = checkpoint
            .validations
            .iter()
            .chain(&checkpoint.failures)
            .filter_map(|s| s.options.timeout)
            .max();
        let timeout = if checkpoint.validations.is_empty() {
            NO_VALIDATION
        } else {
            patience.unwrap_or_else(|| own.unwrap_or(settings.action_timeout))
        };
        let watch = match self.targets(&checkpoint.failures) {
            Ok(targets) => targets,
            Err(stop) => return Ok(Next::End(Outcome::Stuck(stop))),
        };
        let validations = match self.targets(&checkpoint.validations) {
            Ok(targets) => targets,
            Err(stop) => return Ok(Next::End(Outcome::Stuck(stop))),
        };
        let began = Instant::now();
        let mut until = began + timeout;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let look = Look {
                find: None,
                need: Need::See,
                watch: watch.clone(),
                validations: validations.clone(),
                budget: u64::try_from(left.min(BUDGET).as_millis()).unwrap_or(0),
                reading: 0,
            };
            let sight = self.sight(&look).await?;
            if let Some(next) = self.heard(&checkpoint.failures, &sight, &watch).await? {
                return Ok(next);
            }
            match sight.end {
                Some(End::Failure) => {
                    if let Some((step, cause)) = failure(checkpoint, sight.index) {
                        return self.refusal(step, cause, &sight, &watch).await;
                    }
                }
                Some(End::Validation | End::Ready) => {
                    self.deaf = false;
                    self.arrived = Some(sight.whereabouts.url);
                    return Ok(Next::On);
                }
                Some(End::Invalid) => {
                    return Ok(Next::End(Outcome::Stuck(self.invalid(checkpoint, &sight.reason))));
                }
                None => {}
            }
            // A page that is still loading has its own time.
            if sight.whereabouts.loading {
                until = until.max((Instant::now() + timeout).min(began + load + timeout));
            }
            if Instant::now() >= until {
                if let Some(next) = self.still_refused(checkpoint, &watch).await? {
                    return Ok(next);
                }
                if validations.is_empty() {
                    return Ok(Next::On);
                }
                if let Some(stop) = self.unsent() {
                    return Ok(Next::End(Outcome::Stuck(self.whereabouts(stop, &sight))));
                }
                let survey = self.page.survey().await;
                let first = checkpoint.validations.first().or(checkpoint.failures.first());
                let (row, span) =
                    first.map_or((None, Default::default()), |s| (Some(s.row), caret(s)));
                let mut stop = Stop::new(
                    Code::Unclear,
                    row,
                    span,
                    format!(
                        "neither a validation nor a failure showed within {}",
                        super::row::seconds(began.elapsed())
                    ),
                )
                .label(format!(
                    "row {} of {}",
                    row.unwrap_or(0),
                    self.armed.plan.rows()
                ));
                stop = self.whereabouts(stop, &sight);
                if !survey.heading.is_empty() {
                    stop = stop.note("page says", self.clean(&survey.heading));
                }
                if !survey.parts.is_empty() {
                    stop = stop.note("has", self.clean(&survey.parts.join(", ")));
                }
                stop = stop.help(
                    "if the sign-in did succeed, name something of this page in a `(Validation)` row; if it was refused, \
                     name the message in a `(Failure=cause)` row",
                );
                return Ok(Next::End(Outcome::Unclear(stop)));
            }
        }
    }

    /// A page may answer a second code with the words of the first refusal, where they still stood: when
    /// nothing else has come, they are meant.
    async fn still_refused(
        &mut self,
        checkpoint: &Checkpoint,
        watch: &[Target],
    ) -> Result<Option<Next>, Error> {
        if !std::mem::take(&mut self.ignoring) {
            return Ok(None);
        }
        self.page.ignore(&[]).await?;
        let look = Look {
            find: None,
            need: Need::See,
            watch: watch.to_vec(),
            validations: Vec::new(),
            budget: 0,
            reading: 0,
        };
        let sight = self.sight(&look).await?;
        match failure(checkpoint, sight.index) {
            Some((step, cause)) if sight.end == Some(End::Failure) => {
                self.refusal(step, cause, &sight, watch).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// One look; in a frame also at the top document, where a sign-in in a frame often ends.
    pub(super) async fn sight(&mut self, look: &Look) -> Result<crate::browser::Sight, Error> {
        let alarm = self.page.alarm();
        tokio::select! {
            sight = self.all_looked_at(look) => sight,
            // A stand-in did not leave as it should: nothing that the page shows matters any more.
            () = alarm => Ok(crate::browser::Sight::leaving()),
        }
    }

    async fn all_looked_at(&mut self, look: &Look) -> Result<crate::browser::Sight, Error> {
        if look.watch.is_empty() && look.validations.is_empty() {
            return Ok(self.page.look(look).await?);
        }
        let top = Look { find: None, need: Need::See, budget: 0, ..look.clone() };
        if let Some(sight) = self.page.look_at_top(&top).await?
            && sight.end.is_some()
        {
            return Ok(sight);
        }
        Ok(self.page.look(look).await?)
    }

    /// The locators of these rows, on their way into the page.
    pub(super) fn targets(&self, steps: &[Step]) -> Result<Vec<Target>, Stop> {
        let mut targets = Vec::with_capacity(steps.len());
        for step in steps {
            if let Some(template) = super::armed::locator(step) {
                targets.push(Target::from(&self.armed.locator(step.row, template)?));
            }
        }
        Ok(targets)
    }

    /// Whether a dialog of the page says what a failure row looks for, or a stand-in did not leave as it should.
    pub(super) async fn heard(
        &mut self,
        failures: &[Step],
        sight: &crate::browser::Sight,
        watch: &[Target],
    ) -> Result<Option<Next>, Error> {
        if let Some(next) = self.carried().await? {
            return Ok(Some(next));
        }
        let said: Vec<String> = self.hear().to_vec();
        for text in said {
            let hit = failures.iter().find_map(|step| match &step.verb {
                Verb::Failure(locator, cause) if self.says(step, locator, &text) => {
                    Some((step, cause))
                }
                _ => None,
            });
            if let Some((step, cause)) = hit {
                let mut sight = sight.clone();
                sight.text = text;
                return self.refusal(step, cause, &sight, watch).await.map(Some);
            }
        }
        Ok(None)
    }

    fn says(&self, step: &Step, locator: &LocatorTemplate, text: &str) -> bool {
        locator.by == By::Text
            && self
                .armed
                .locator(step.row, locator)
                .is_ok_and(|locator| text.to_lowercase().contains(&locator.text.to_lowercase()))
    }

    fn invalid(&self, checkpoint: &Checkpoint, reason: &str) -> Stop {
        let steps = checkpoint.failures.iter().chain(&checkpoint.validations);
        let step = steps
            .filter(|step| {
                super::armed::locator(step).is_some_and(|l| matches!(l.by, By::Css | By::XPath))
            })
            .find(|step| {
                super::armed::locator(step)
                    .and_then(|locator| self.armed.locator(step.row, locator).ok())
                    .is_some_and(|locator| reason.contains(&locator.text))
            })
            .or(checkpoint.validations.first())
            .or(checkpoint.failures.first());
        let (row, span) =
            step.map_or((None, Default::default()), |step| (Some(step.row), caret(step)));
        Stop::new(Code::InvalidLocator, row, span, "the browser cannot read this locator")
            .note("saw", self.clean(reason))
            .help("check the selector, and that `SearchBy` names what it is")
    }
}

fn failure(checkpoint: &Checkpoint, index: usize) -> Option<(&Step, &str)> {
    let step = checkpoint.failures.get(index)?;
    match &step.verb {
        Verb::Failure(_, cause) => Some((step, cause)),
        _ => None,
    }
}
