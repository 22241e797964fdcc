//! A trial: the rows of an armed plan on the live page, as far as the author wants, with a look at each:
//! what it hits, whether that is ready and why not, and which locators would be better.

use std::collections::BTreeMap;
use std::time::Duration;

use super::row::{Found, need};
use super::run::{Next, Run, ahead};
use super::scrub::place;
use super::sealed::Sealability;
use super::{Error, Outcome, Stop};
use crate::browser::{Inspection, Mark, Need, Snapshot, Target};
use crate::connector::{Act, Object, Step, Verb};
use crate::diagnostic::Code;
use crate::plan::{Checkpoint, Class, Plan, Stage};

/// How long a row that is only looked at may take to find its element: the page is there already.
const GLANCE: Duration = Duration::from_millis(1000);

/// How far a trial goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trial {
    /// The last row that is run. Without it the trial stops before the first row that types a secret, or
    /// submits.
    pub until: Option<usize>,
    /// The account is made up: nothing of it is typed.
    pub specimen: bool,
    /// Pictures before and after each row, and what the page reported meanwhile.
    pub traced: bool,
    /// The pages themselves, to be tested on later.
    pub saved: bool,
    /// It is found out which rows can be sealed: stand-ins are typed and submitted, and no request with one of them
    /// goes out.
    pub sealing: bool,
}

/// What a trial saw.
#[derive(Debug, Default)]
pub struct Tried {
    /// Every row, in its order.
    pub rows: Vec<TriedRow>,
    /// One picture a page, with the hits numbered by their rows.
    pub pages: Vec<Shot>,
    /// The pages themselves, each with the first row that is on it; empty unless they were asked for.
    pub saved: Vec<SavedPage>,
    /// Which rows can be sealed; empty unless it was asked for.
    pub sealing: Vec<Sealability>,
}

/// A picture without secrets.
#[derive(Debug)]
pub struct Shot {
    /// Origin and path of the page.
    pub url: String,
    /// As PNG.
    pub png: Vec<u8>,
}

/// A page as it stood, without scripts and without secrets.
#[derive(Debug, Clone)]
pub struct SavedPage {
    /// The first row that is on it, from 1.
    pub row: usize,
    /// The document, and those of the frames that rows went into.
    pub documents: Vec<Snapshot>,
}

/// What was seen of one row.
#[derive(Debug)]
pub struct TriedRow {
    /// From 1.
    pub row: usize,
    /// What it does, as templates.
    pub text: String,
    /// Whether it decides a checkpoint.
    pub decides: bool,
    /// What its locator hits; `None` for a row without one, or one that was not looked at.
    pub inspection: Option<Inspection>,
    /// What became of it.
    pub done: Done,
    /// Why it stopped, or would.
    pub stop: Option<Stop>,
    /// How long it waited for its element, and for which reasons.
    pub waited: Duration,
    /// How often each reason was seen meanwhile.
    pub reasons: BTreeMap<String, u32>,
    /// Origin and path of the page; empty where nothing was looked at.
    pub url: String,
    /// Before and after, where the trial is traced.
    pub before: Option<Vec<u8>>,
    /// See `before`.
    pub after: Option<Vec<u8>>,
    /// What the page reported meanwhile.
    pub noise: Vec<Noise>,
}

/// What a page reported of itself, without secrets.
#[derive(Debug, Clone)]
pub struct Noise {
    /// `console`, `exception`, `network` and the like.
    pub source: String,
    /// What it says.
    pub text: String,
    /// Origin and path of what it is about.
    pub url: String,
}

/// What became of a row in a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It was run.
    Run,
    /// It was looked at and not run; why.
    Looked(&'static str),
    /// It is of a page that the trial did not come to: the row that leads there was not run.
    NotReached(usize),
}

/// Where a trial is.
struct Course {
    trial: Trial,
    tried: Tried,
    /// Rows are run; otherwise why not.
    idle: Option<&'static str>,
    /// The row that was not run and leads to another page.
    left: Option<usize>,
    /// What is marked on the page that shows.
    marks: Vec<Mark>,
}

impl Run<'_, '_> {
    /// Tries every row. The armed plan ends here, and what it holds is wiped.
    pub(super) async fn try_rows(
        mut self,
        trial: Trial,
    ) -> Result<(Outcome, String, Tried), Error> {
        if trial.traced {
            self.page.listen().await?;
        }
        self.probing = trial.sealing;
        if trial.specimen {
            // Nobody is asked to believe a password that was made up.
            self.armed.basic_auth = None;
        }
        let mut course =
            Course { trial, tried: Tried::default(), idle: None, left: None, marks: Vec::new() };
        self.keep_dates(true).await?;
        let outcome = self.try_stages(&mut course).await;
        let outcome = outcome.map_err(|error| self.cleaned(error))?;
        if trial.sealing {
            course.tried.sealing = self.sealing();
        }
        self.end_injection().await?;
        self.keep_dates(false).await?;
        self.shoot(&mut course).await?;
        Ok((outcome, self.here().await, course.tried))
    }

    /// Origin and path of the page.
    async fn here(&mut self) -> String {
        let url = self.page.survey().await.whereabouts.url;
        self.clean(&place(&url))
    }

    async fn try_stages(&mut self, course: &mut Course) -> Result<Outcome, Error> {
        self.begin_injection().await?;
        let url = self.armed.logon_url.clone();
        let span = self.armed.plan.connector.settings.logon_url.span;
        if let Some(end) = self.begin(span, &url).await? {
            return Ok(end);
        }
        let stages = self.armed.plan.stages.clone();
        let mut confirmed = false;
        for (at, stage) in stages.iter().enumerate() {
            match stage {
                Stage::Row(step, watch) => {
                    let checkpoint = ahead(&stages, *watch);
                    self.tell_row(step);
                    if let Some(outcome) = self.try_row(course, at, step, checkpoint).await? {
                        return Ok(outcome);
                    }
                }
                Stage::Checkpoint(checkpoint) => {
                    match self.try_checkpoint(course, at, checkpoint).await? {
                        Some(outcome @ Outcome::SignedIn) if at + 1 == stages.len() => {
                            return Ok(outcome);
                        }
                        Some(Outcome::SignedIn) => confirmed = true,
                        Some(outcome) => return Ok(outcome),
                        None => confirmed = false,
                    }
                }
            }
        }
        let whole = course.idle.is_none() && course.left.is_none();
        Ok(if whole && confirmed { Outcome::SignedIn } else { Outcome::Tried })
    }

    /// Tries one row; an outcome where the site refused the sign-in meanwhile.
    async fn try_row(
        &mut self,
        course: &mut Course,
        stage: usize,
        step: &Step,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Option<Outcome>, Error> {
        let mut look = TriedRow::of(step);
        if let Some(row) = course.left {
            look.done = Done::NotReached(row);
            course.tried.rows.push(look);
            return Ok(None);
        }
        if !self.probed.is_empty() {
            look.done = Done::Looked(STOPPED);
            course.tried.rows.push(look);
            return Ok(None);
        }
        if course.idle.is_none() {
            course.idle = reserved(&self.armed.plan, step, course.trial);
        }
        self.page.take_noise();
        if matches!(step.verb, Verb::Act(..)) {
            self.glance = course.idle.map(|_| GLANCE);
            self.look_at(course, stage, step, checkpoint, &mut look).await?;
            let submits = look.inspection.as_ref().is_some_and(|seen| {
                seen.meant.and_then(|at| seen.hits.get(at)).is_some_and(|hit| hit.submits)
            });
            let stops = course.trial.until.is_none() && !course.trial.sealing;
            if course.idle.is_none() && stops && submits {
                course.idle = Some(SUBMITS);
            }
        }
        self.glance = None;
        if course.trial.traced {
            look.before = self.page.covered_screenshot(&[]).await?;
        }
        // To look into a frame, it has to be entered; nothing happens to the page by that.
        let harmless = matches!(step.verb, Verb::FrameTop | Verb::Act(_, Act::Frame));
        let mut outcome = None;
        match course.idle {
            None => {
                if leaves(step) {
                    self.shoot(course).await?;
                }
                outcome = self.run_row(course, stage, step, checkpoint, &mut look).await?;
            }
            Some(_) if harmless && look.stop.is_none() => {
                self.run_row(course, stage, step, checkpoint, &mut look).await?;
            }
            Some(why) => {
                look.done = Done::Looked(why);
                if leaves(step) || matches!(step.verb, Verb::Handover(_)) {
                    course.left = Some(step.row);
                }
            }
        }
        if course.trial.traced {
            look.after = self.page.covered_screenshot(&[]).await?;
            look.noise = self.noise();
        }
        course.tried.rows.push(look);
        Ok(outcome)
    }

    async fn run_row(
        &mut self,
        course: &mut Course,
        stage: usize,
        step: &Step,
        checkpoint: Option<&Checkpoint>,
        look: &mut TriedRow,
    ) -> Result<Option<Outcome>, Error> {
        let next = self.row(stage, step, checkpoint).await?;
        match self.again(next, stage).await? {
            Next::End(Outcome::Stuck(stop)) => {
                look.done = Done::Looked("it stopped");
                look.stop = Some(stop);
                course.idle.get_or_insert("a row before it stopped");
                Ok(None)
            }
            Next::End(outcome) => {
                look.done = Done::Run;
                look.stop = outcome.stop().cloned();
                Ok(Some(outcome))
            }
            Next::Back(_) | Next::On | Next::ToCheckpoint => {
                look.done = Done::Run;
                Ok(None)
            }
        }
    }

    /// Where a sign-in goes back, runs those rows again, `last` among them, and says what came of that.
    async fn again(&mut self, next: Next, last: usize) -> Result<Next, Error> {
        let Next::Back(mut at) = next else { return Ok(next) };
        let stages = self.armed.plan.stages.clone();
        while at <= last {
            let next = match stages.get(at) {
                Some(Stage::Row(step, watch)) => {
                    let checkpoint = ahead(&stages, *watch);
                    self.row(at, step, checkpoint).await?
                }
                _ => Next::On,
            };
            match next {
                Next::Back(to) => at = to,
                Next::On => at += 1,
                other => return Ok(other),
            }
        }
        Ok(Next::On)
    }

    /// Waits for the element of a row as a sign-in would, and looks at what its locator hits.
    async fn look_at(
        &mut self,
        course: &mut Course,
        stage: usize,
        step: &Step,
        checkpoint: Option<&Checkpoint>,
        look: &mut TriedRow,
    ) -> Result<(), Error> {
        let Verb::Act(locator, act) = &step.verb else { return Ok(()) };
        let need = need(act);
        let target = match self.armed.locator(step.row, locator) {
            Ok(locator) => Target::from(&locator),
            Err(stop) => {
                look.stop = Some(stop);
                course.idle.get_or_insert("a row before it stopped");
                return Ok(());
            }
        };
        let found = self.find(step, &target, need, checkpoint).await?;
        if matches!(found, Found::Elsewhere(Next::End(Outcome::Tried))) {
            course.idle = Some(STOPPED);
            return Ok(());
        }
        if let Found::Ready(sight) = &found
            && course.idle.is_none()
            && let Some(back) = self.emptied(stage, sight)
            && let Some(before) = stage.checked_sub(1)
        {
            // That it was told of once, it is not told of when the row is run.
            if let Next::End(Outcome::Stuck(stop)) = self.again(back, before).await? {
                look.stop = Some(stop);
                course.idle = Some("a row before it stopped");
            }
        }
        if let Found::Elsewhere(Next::End(Outcome::Stuck(stop))) = found {
            // A button that waits for fields which were left empty is as it should be.
            let waits_for_fields =
                course.idle.is_some() && self.waited.1.keys().all(|reason| reason == NOT_ENABLED);
            if !(waits_for_fields && stop.code == Code::NotReady) {
                look.stop = Some(stop);
                course.idle.get_or_insert("a row before it stopped");
            }
        }
        (look.waited, look.reasons) = std::mem::take(&mut self.waited);
        look.reasons =
            look.reasons.iter().map(|(reason, count)| (self.clean(reason), *count)).collect();
        self.inspected(course, step, &target, need, look).await
    }

    async fn inspected(
        &mut self,
        course: &mut Course,
        step: &Step,
        target: &Target,
        need: Need,
        look: &mut TriedRow,
    ) -> Result<(), Error> {
        let mut seen = self.page.inspect(target, need).await?;
        for hit in &mut seen.hits {
            hit.shown = self.clean(&hit.shown);
            hit.label = self.clean(&hit.label);
            hit.reason = hit.reason.as_deref().map(|reason| self.clean(reason));
        }
        for better in &mut seen.better {
            better.text = self.clean(&better.text);
        }
        let boxes: Vec<_> =
            seen.hits.iter().filter(|hit| hit.visible).map(|hit| hit.place).collect();
        if !boxes.is_empty() {
            course.marks.push(Mark { number: step.row, boxes });
        }
        look.url = self.here().await;
        look.inspection = Some(seen);
        Ok(())
    }

    /// Decides a checkpoint where all rows before it were run; looks for its elements where not.
    async fn try_checkpoint(
        &mut self,
        course: &mut Course,
        stage: usize,
        checkpoint: &Checkpoint,
    ) -> Result<Option<Outcome>, Error> {
        let mut steps: Vec<&Step> =
            checkpoint.validations.iter().chain(&checkpoint.failures).collect();
        steps.sort_by_key(|step| step.row);
        let first = steps.first().map_or(0, |step| step.row);
        let beyond = course.trial.until.is_some_and(|until| until < first);
        if beyond && course.idle.is_none() {
            course.idle = Some(BEYOND);
        }
        let mut outcome = None;
        if !self.probed.is_empty() {
            course.idle = Some(STOPPED);
        }
        if course.idle.is_none() && course.left.is_none() {
            let mut next = self.checkpoint(checkpoint).await?;
            // A refused code is followed by another one.
            while let (Next::Back(_), Some(before)) = (&next, stage.checked_sub(1)) {
                next = match self.again(next, before).await? {
                    Next::On => self.checkpoint(checkpoint).await?,
                    other => other,
                };
            }
            outcome = match next {
                Next::End(outcome) => Some(outcome),
                Next::On if !checkpoint.validations.is_empty() => Some(Outcome::SignedIn),
                Next::On | Next::Back(_) | Next::ToCheckpoint => None,
            };
        }
        for step in steps {
            let mut look = TriedRow::of(step);
            if let Some(row) = course.left {
                look.done = Done::NotReached(row);
                course.tried.rows.push(look);
                continue;
            }
            look.done = course.idle.map_or(Done::Run, Done::Looked);
            if let Verb::Validation(locator) | Verb::Failure(locator, _) = &step.verb
                && let Ok(locator) = self.armed.locator(step.row, locator)
                && locator.by != crate::locator::By::Url
            {
                let target = Target::from(&locator);
                self.inspected(course, step, &target, Need::See, &mut look).await?;
            }
            course.tried.rows.push(look);
        }
        Ok(outcome)
    }

    /// Takes the picture of the page with all that was marked on it.
    async fn shoot(&mut self, course: &mut Course) -> Result<(), Error> {
        let marks = std::mem::take(&mut course.marks);
        if let Some(first) = marks.first().filter(|_| course.trial.saved) {
            let mut documents = self.page.snapshots().await?;
            for document in &mut documents {
                document.html = self.clean(&document.html);
            }
            course.tried.saved.push(SavedPage { row: first.number, documents });
        }
        if marks.is_empty() {
            return Ok(());
        }
        if let Some(png) = self.page.covered_screenshot(&marks).await? {
            let url = self.here().await;
            course.tried.pages.push(Shot { url, png });
        }
        Ok(())
    }

    fn noise(&self) -> Vec<Noise> {
        let heard = self.page.take_noise();
        let cleaned = heard.iter().map(|noise| Noise {
            source: noise.source.clone(),
            text: self.clean(&noise.text),
            url: self.clean(&place(&noise.url)),
        });
        cleaned.collect()
    }
}

impl TriedRow {
    fn of(step: &Step) -> Self {
        Self {
            row: step.row,
            text: step.describe(),
            decides: matches!(step.verb, Verb::Validation(_) | Verb::Failure(..)),
            inspection: None,
            done: Done::Looked("nothing was done"),
            stop: None,
            waited: Duration::ZERO,
            reasons: BTreeMap::new(),
            url: String::new(),
            before: None,
            after: None,
            noise: Vec::new(),
        }
    }
}

/// The reason of `page.js` for an element that is disabled.
const NOT_ENABLED: &str = "not enabled";

const SUBMITS: &str = "it submits";
const BEYOND: &str = "it is beyond --until";
const STOPPED: &str = "what the page sent before it was stopped";

/// Why a row is not run, where that can be known before the page is looked at.
fn reserved(plan: &Plan, step: &Step, trial: Trial) -> Option<&'static str> {
    let of_account =
        |object| matches!(object, Object::Target | Object::LogonAccount | Object::ReconcileAccount);
    let types = matches!(step.verb, Verb::Act(_, Act::Type(_) | Act::Totp(..)));
    let slots = || plan.slots.iter().filter(|slot| slot.row == Some(step.row));
    if trial.specimen
        && types
        && !trial.sealing
        && slots().any(|slot| of_account(slot.placeholder.object))
    {
        return Some("there is no account whose value could be typed");
    }
    if matches!(step.verb, Verb::Handover(_)) {
        return Some("it needs a person");
    }
    if let Some(until) = trial.until {
        return (step.row > until).then_some(BEYOND);
    }
    if trial.sealing {
        return None;
    }
    if types && slots().any(|slot| slot.class == Class::Secret) {
        return Some("it types a secret");
    }
    let opens = matches!(step.verb, Verb::Navigate(_));
    (leaves(step) && !opens).then_some(SUBMITS)
}

/// Whether a row is expected to lead to another page.
fn leaves(step: &Step) -> bool {
    match &step.verb {
        Verb::Act(_, Act::Button | Act::ScriptClick) | Verb::Navigate(_) => true,
        Verb::Act(_, Act::Press(key)) | Verb::PressFocused(key) => key.name == "Enter",
        _ => false,
    }
}
