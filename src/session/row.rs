//! A row: waits until its element is ready, and does the one thing that its verb says.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::code::{is_secret, object};
use super::run::{Next, Run};
use super::sealed::Injected;
use super::{Error, Outcome, Progress, Stop};
use crate::activity::Action;
use crate::browser::{Clicked, End, Look, Need, Sight, Target, Typed};
use crate::connector::{Act, LocatorTemplate, Step, Template, Verb};
use crate::diagnostic::{Code, Span};
use crate::plan::Checkpoint;
use crate::secret::Secret;

/// How long a page may wait for itself in one look. Between two looks the deadline is checked.
const BUDGET: Duration = Duration::from_millis(1000);

/// The same in a frame: between two looks the document around it is seen after.
const FRAME_BUDGET: Duration = Duration::from_millis(250);

/// How long a person may take in a `(Handover=…)`.
const HANDOVER: Duration = Duration::from_secs(300);

/// How often a field may be replaced while it is typed into.
const MOST_REPLACEMENTS: usize = 5;

/// How long a field that was filled before may take to be there again, after the site refused a code.
const REFILL: Duration = Duration::from_millis(500);

/// How long a document may go on being read after its element is there. Some never end.
const READING: Duration = Duration::from_secs(5);

/// When a row has waited this long, the wait is told.
const TELL_AFTER: Duration = Duration::from_secs(2);

/// What came of waiting for a row's element.
pub(super) enum Found {
    Ready(Box<Sight>),
    Elsewhere(Next),
}

impl Run<'_, '_> {
    /// Runs one row. `checkpoint`: the next one ahead, whose failures are watched meanwhile.
    pub(super) async fn row(
        &mut self,
        stage: usize,
        step: &Step,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Next, Error> {
        match &step.verb {
            Verb::Act(locator, act) => self.act(stage, step, locator, act, checkpoint).await,
            Verb::FrameTop => {
                self.page.reset_frames().await?;
                Ok(Next::On)
            }
            Verb::Handover(text) => {
                (self.progress)(Progress::Handover(text.clone()));
                self.patience = Some(step.options.timeout.unwrap_or(HANDOVER));
                Ok(Next::On)
            }
            Verb::Navigate(template) => {
                let url = match self.armed.values.url(Some(step.row), template) {
                    Ok(url) => url,
                    Err(stop) => return Ok(stuck(stop)),
                };
                let stop = self.open(Some(step.row), template.span, &url).await?;
                Ok(stop.map_or(Next::On, stuck))
            }
            Verb::PressFocused(key) => {
                self.page.press(*key, false).await?;
                Ok(Next::On)
            }
            Verb::Wait(time) => {
                tokio::time::sleep(*time).await;
                Ok(Next::On)
            }
            // Only a checkpoint holds these; the plan has put them there.
            Verb::Validation(_) | Verb::Failure(..) => Ok(Next::On),
        }
    }

    async fn act(
        &mut self,
        stage: usize,
        step: &Step,
        locator: &LocatorTemplate,
        act: &Act,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Next, Error> {
        let target = match self.armed.locator(step.row, locator) {
            Ok(locator) => Target::from(&locator),
            Err(stop) => return Ok(stuck(stop)),
        };
        if self.refilling.is_some_and(|to| stage >= to) {
            self.refilling = None;
        }
        let mut missed = 0;
        for _ in 0..MOST_REPLACEMENTS {
            let sight = match self.find(step, &target, need(act), checkpoint).await? {
                Found::Ready(sight) => sight,
                Found::Elsewhere(next) => return Ok(next),
            };
            if let Some(back) = self.emptied(stage, &sight) {
                return Ok(back);
            }
            match act {
                Act::Type(template) => {
                    let secret = match self.armed.values.typed(Some(step.row), template) {
                        Ok(secret) => Arc::new(secret),
                        Err(stop) => return Ok(stuck(stop)),
                    };
                    if is_secret(template, &self.armed.values) {
                        let facts = self.facts(step);
                        self.record.used(Action::UsePassword, object(template), &facts).await?;
                    }
                    let text = match self.injected(step, &secret).await? {
                        Injected::Text(text) => text,
                        Injected::Gone => continue,
                        Injected::Stop(next) => return Ok(next),
                    };
                    if let Some(next) = self.type_text(step, template, &text, &sight).await? {
                        return Ok(next);
                    }
                }
                Act::Totp(template, parameters) => {
                    let skew = self.skew(&sight.whereabouts.origin, template);
                    let leased = match self.code(step.row, template, *parameters, skew).await? {
                        Ok(leased) => leased,
                        Err(stop) => return Ok(stuck(stop)),
                    };
                    let mut facts = self.facts(step);
                    facts.extend(skew.on_record());
                    self.record.used(Action::UseOneTimeCode, object(template), &facts).await?;
                    self.last_code = Some((stage, leased.id, leased.counter));
                    let next =
                        self.type_code(step, template, &target, leased.code.digits, &sight).await?;
                    return Ok(next);
                }
                Act::Button | Act::Click => {
                    if sight.emptied {
                        break;
                    }
                    match self.page.click(&sight).await? {
                        Clicked::Done => {
                            self.deaf = false;
                            return Ok(Next::On);
                        }
                        Clicked::Missed => missed += 1,
                        Clicked::Gone => {}
                    }
                }
                Act::ScriptClick => {
                    self.page.script_click().await?;
                    self.deaf = false;
                    return Ok(Next::On);
                }
                Act::Press(key) => {
                    if self.page.press(*key, true).await? {
                        self.deaf = false;
                        return Ok(Next::On);
                    }
                }
                Act::Select(template) => {
                    if let Some(next) = self.select(step, template, &sight).await? {
                        return Ok(next);
                    }
                }
                Act::Check | Act::Uncheck => {
                    let on = matches!(act, Act::Check);
                    match self.page.tick(on).await? {
                        Some(Clicked::Done) => return Ok(Next::On),
                        Some(Clicked::Missed) => {
                            missed += 1;
                            continue;
                        }
                        Some(Clicked::Gone) => continue,
                        None => {}
                    }
                    let stop = self.stop(
                        Code::NotReady,
                        step,
                        "the check box stayed as it was after it was clicked",
                        &sight,
                    );
                    return Ok(stuck(
                        stop.help("does the page set it back? `(ScriptClick)` on its label may do"),
                    ));
                }
                Act::Frame => {
                    if self.page.enter_frame().await? {
                        return Ok(Next::On);
                    }
                }
            }
        }
        let (code, message, help) = if missed > 0 {
            (
                Code::NotReady,
                "something else came under the mouse each time the element was clicked".to_owned(),
                "does it move when the mouse comes near? `(ScriptClick)` clicks it wherever it is",
            )
        } else {
            (
                Code::AlwaysReplaced,
                format!("the element was replaced {MOST_REPLACEMENTS} times while it was used"),
                "does the page go on loading? wait for what it shows last by a row before this one",
            )
        };
        let stop = Stop::new(code, Some(step.row), caret(step), message).label(self.counted(step));
        Ok(stuck(stop.help(help)))
    }

    /// Where to begin again when the page has drawn anew, and empty, what was filled before `stage`.
    pub(super) fn emptied(&mut self, stage: usize, sight: &Sight) -> Option<Next> {
        if !sight.emptied || self.emptied == MOST_REPLACEMENTS {
            return None;
        }
        self.emptied += 1;
        self.refilling = Some(stage);
        Some(Next::Back(self.form_start(stage)))
    }

    /// Types a value; `None` when the element has to be looked for again.
    async fn type_text(
        &mut self,
        step: &Step,
        template: &Template,
        text: &Secret,
        sight: &Sight,
    ) -> Result<Option<Next>, Error> {
        let guard = &self.armed.guard;
        let bound = template.placeholders().next().is_some();
        let secret = is_secret(template, &self.armed.values);
        let typed = self.page.type_text(text, secret, |at| !bound || guard.allows(at)).await?;
        Ok(self.typed(step, typed, sight))
    }

    /// Types a code. It is typed a second time only into a field that was replaced before it was complete.
    async fn type_code(
        &mut self,
        step: &Step,
        template: &Template,
        target: &Target,
        code: Secret,
        sight: &Sight,
    ) -> Result<Next, Error> {
        let code = Arc::new(code);
        // Before it is typed: what the page says meanwhile may repeat it.
        self.codes.push(Arc::clone(&code));
        for _ in 0..MOST_REPLACEMENTS {
            let bound = template.placeholders().next().is_some();
            let typed = match self.injected(step, &code).await? {
                Injected::Text(text) => {
                    let guard = &self.armed.guard;
                    self.page.type_text(&text, true, |at| !bound || guard.allows(at)).await?
                }
                Injected::Gone => Typed::Gone,
                Injected::Stop(next) => return Ok(next),
            };
            // A code that sends itself takes its field with it.
            let next = match typed {
                Typed::Left => Some(Next::On),
                typed => self.typed(step, typed, sight),
            };
            if let Some(next) = next {
                return Ok(next);
            }
            let found = self.find(step, target, Need::Type, None).await?;
            if let Found::Elsewhere(next) = found {
                return Ok(next);
            }
        }
        Ok(stuck(self.stop(
            Code::AlwaysReplaced,
            step,
            "the field was replaced each time the code was typed",
            sight,
        )))
    }

    fn typed(&self, step: &Step, typed: Typed, sight: &Sight) -> Option<Next> {
        let stop = match typed {
            Typed::Done => return Some(Next::On),
            // A value that went away with its field has to be typed again, where the row says.
            Typed::Gone | Typed::Left | Typed::Replaced => return None,
            Typed::Foreign(at) => {
                let foreign = self.armed.guard.foreign(&at);
                let shown = if foreign.is_empty() || foreign == "?" { "an origin that the browser does not tell" } else { foreign };
                let page = self.clean(&super::scrub::place(&at.url));
                let message = format!("the page is of {shown}, and the account's values may not be typed there");
                Stop::new(Code::ForeignOrigin, Some(step.row), caret(step), message)
                    .label(format!("{}: nothing was typed", self.counted(step)))
                    .note("page", page)
                    .note("allowed", self.armed.guard.shown())
                    .help(format!(
                        "if the application does sign in there, add it: `AllowedOrigins: [{}, {shown}]`; if not, somebody wants the password",
                        self.armed.guard.shown()
                    ))
            }
            Typed::Cut { held, typed, elsewhere: Some(other), .. } => {
                let other = self.clean(&other);
                let message = format!(
                    "the page moved the focus to {other} while the value was typed: the field holds {held} of {typed} characters"
                );
                self.stop(Code::StrayedFocus, step, message, sight).help(
                    "nothing was submitted; if the application has one field a character, name the first box in the row",
                )
            }
            Typed::Cut { held, typed, most, elsewhere: None } => {
                let why =
                    most.map_or_else(String::new, |most| format!(" (its maxlength is {most})"));
                let message = format!("the field kept {held} of the {typed} characters of the value{why}");
                self.stop(Code::ValueCut, step, message, sight).help(
                    "the application takes no longer values: shorten the one in the vault, or find the right field; nothing was submitted",
                )
            }
            Typed::Untypable => self
                .stop(Code::UntypableCharacter, step, "the value holds a character that WebDriver takes for a key", sight)
                .help("use a Chromium that doorward starts itself, which is sent such characters as text; or change the value"),
            Typed::Strayed => self
                .stop(Code::StrayedFocus, step, "the page took the focus away again and again while the value was typed", sight)
                .help("nothing more was typed; if the frame belongs to the sign-in, enter it by a `(Frame)` row first"),
        };
        Some(stuck(stop))
    }

    /// Chooses an option; `None` when the element has to be looked for again.
    async fn select(
        &mut self,
        step: &Step,
        template: &Template,
        sight: &Sight,
    ) -> Result<Option<Next>, Error> {
        let option = match self.armed.values.public(Some(step.row), template) {
            Ok(option) => option,
            Err(stop) => return Ok(Some(stuck(stop))),
        };
        let Some(chosen) = self.page.choose(&option).await? else { return Ok(None) };
        if chosen.chosen {
            return Ok(Some(Next::On));
        }
        let message = match chosen.count {
            0 => format!("the select has no option `{option}`"),
            1 => format!("the option `{option}` is disabled"),
            count => format!("{count} options are `{option}`"),
        };
        let options = self.clean(&chosen.options.join(", "));
        let stop =
            self.stop(Code::OptionNotFound, step, message, sight).note("options", options).help(
                "write the text or the value of one option that can be chosen, as the page has it",
            );
        Ok(Some(stuck(stop)))
    }

    /// Waits until the element of a row is ready for what will be done with it.
    pub(super) async fn find(
        &mut self,
        step: &Step,
        target: &Target,
        need: Need,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Found, Error> {
        let settings = &self.armed.plan.connector.settings;
        let (action, load) = (settings.action_timeout, settings.page_load_timeout);
        let timeout = match self.refilling {
            Some(_) => REFILL,
            None if self.glance.is_some() => self.glance.unwrap_or_default(),
            None => step.options.timeout.or(self.patience.take()).unwrap_or(action),
        };
        let failures = checkpoint.map_or(&[][..], |checkpoint| &checkpoint.failures);
        let seen = checkpoint.map_or(&[][..], |checkpoint| &checkpoint.validations);
        let (watch, validations) = match (self.targets(failures), self.targets(seen)) {
            (Ok(watch), Ok(validations)) => (watch, validations),
            (Err(stop), _) | (_, Err(stop)) => return Ok(Found::Elsewhere(stuck(stop))),
        };
        let began = Instant::now();
        let (mut until, mut told) = (began + timeout, began + TELL_AFTER);
        let mut reasons = std::collections::BTreeMap::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let most = if self.page.in_frame() { FRAME_BUDGET } else { BUDGET };
            let look = Look {
                find: Some(target.clone()),
                need,
                watch: if self.deaf { Vec::new() } else { watch.clone() },
                // A row that may be skipped is skipped as soon as the sign-in is seen to be over.
                validations: if step.options.optional { validations.clone() } else { Vec::new() },
                budget: u64::try_from(left.min(most).as_millis()).unwrap_or(0),
                reading: u64::try_from(READING.min(timeout / 2).as_millis()).unwrap_or(0),
            };
            let sight = self.sight(&look).await?;
            for (reason, count) in &sight.reasons {
                *reasons.entry(reason.clone()).or_insert(0) += count;
            }
            self.waited = (began.elapsed(), reasons.clone());
            if let Some(next) = self.heard(failures, &sight, &watch).await? {
                return Ok(Found::Elsewhere(next));
            }
            match sight.end {
                Some(End::Ready) => return Ok(Found::Ready(Box::new(sight))),
                Some(End::Failure) => {
                    if let Some(Step { verb: Verb::Failure(_, cause), .. }) =
                        failures.get(sight.index)
                        && let Some(failed) = failures.get(sight.index)
                    {
                        return self
                            .refusal(failed, cause, &sight, &watch)
                            .await
                            .map(Found::Elsewhere);
                    }
                }
                Some(End::Validation) => {
                    self.skipped(step, "the sign-in is over");
                    return Ok(Found::Elsewhere(Next::ToCheckpoint));
                }
                Some(End::Invalid) => {
                    let stop = self
                        .stop(
                            Code::InvalidLocator,
                            step,
                            "the browser cannot read this locator",
                            &sight,
                        )
                        .note("saw", self.clean(&sight.reason))
                        .help("check the selector, and that `SearchBy` names what it is");
                    return Ok(Found::Elsewhere(stuck(stop)));
                }
                None => {}
            }
            if sight.whereabouts.loading {
                until = until.max((Instant::now() + timeout).min(began + load + timeout));
            }
            let now = Instant::now();
            if now >= until {
                return self.late(step, &sight, &reasons, began.elapsed(), &validations).await;
            }
            if now >= told {
                told = now + TELL_AFTER;
                let reason = self.clean(&sight.reason);
                (self.progress)(Progress::StillWaiting { number: step.row, reason });
            }
        }
    }

    /// The time of a row is over: it is skipped, or the sign-in is over already, or it is stuck.
    async fn late(
        &mut self,
        step: &Step,
        sight: &Sight,
        reasons: &std::collections::BTreeMap<String, u32>,
        waited: Duration,
        validations: &[Target],
    ) -> Result<Found, Error> {
        if self.refilling.is_some() {
            self.skipped(step, "the page does not ask for it again");
            return Ok(Found::Elsewhere(Next::On));
        }
        if step.options.optional {
            self.skipped(step, "it did not come");
            return Ok(Found::Elsewhere(Next::On));
        }
        if !validations.is_empty() {
            let look = Look {
                find: None,
                need: Need::See,
                watch: Vec::new(),
                validations: validations.to_vec(),
                budget: 0,
                reading: 0,
            };
            if self.sight(&look).await?.end == Some(End::Validation) {
                self.skipped(step, "the sign-in is over");
                return Ok(Found::Elsewhere(Next::ToCheckpoint));
            }
        }
        let waited = seconds(waited);
        let (code, message, help) = match sight.count {
            0 if sight.whereabouts.loading => (
                Code::SiteUnreachable,
                format!("the page was still loading after {waited}"),
                "the site is slow or hangs: a larger PageLoadTimeout gives it more time",
            ),
            0 => (
                Code::NotFound,
                format!("no element that can be seen matched within {waited}"),
                "is this the page that the row expects? the locator may have changed with the application",
            ),
            1 => (
                Code::NotReady,
                format!(
                    "the element was found but was not ready within {waited}: {}",
                    self.clean(&sight.reason)
                ),
                "does the page need another row before this one?",
            ),
            count => (
                Code::AmbiguousLocator,
                format!("{count} elements match, and a row needs exactly one"),
                "make the locator more precise, or choose one with (Nth=1)",
            ),
        };
        let mut stop = self.stop(code, step, message, sight);
        let mut seen: Vec<_> = reasons.iter().collect();
        seen.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let seen: Vec<_> = seen
            .into_iter()
            .take(5)
            .map(
                |(reason, count)| {
                    if *count == 1 { reason.clone() } else { format!("{reason} ({count} times)") }
                },
            )
            .collect();
        if !seen.is_empty() {
            stop = stop.note("saw", self.clean(&seen.join(", ")));
        }
        if !sight.candidates.is_empty() {
            stop = stop.note(
                if sight.count == 0 { "hidden" } else { "matches" },
                self.clean(&sight.candidates.join(", ")),
            );
        }
        if sight.count == 0 && self.page.has_other_window() {
            let words = "the site has opened a window of its own, and rows act in the first";
            stop = stop.note("window", words);
        }
        if sight.count == 0 {
            let survey = self.page.survey().await;
            if !survey.heading.is_empty() {
                stop = stop.note("page says", self.clean(&survey.heading));
            }
            if !survey.parts.is_empty() {
                stop = stop.note("has", self.clean(&survey.parts.join(", ")));
            }
        }
        Ok(Found::Elsewhere(stuck(stop.help(help))))
    }

    /// What the record says of a secret that a row uses.
    fn facts(&self, step: &Step) -> Vec<(String, String)> {
        let mut facts = vec![("row".to_owned(), step.row.to_string())];
        if self.seals(step) {
            facts.push(("injection".to_owned(), "sealed".to_owned()));
        }
        facts
    }

    fn skipped(&self, step: &Step, why: &'static str) {
        (self.progress)(Progress::Skipped { number: step.row, why });
    }

    fn stop(&self, code: Code, step: &Step, message: impl Into<String>, sight: &Sight) -> Stop {
        let stop = Stop::new(code, Some(step.row), caret(step), message).label(self.counted(step));
        self.whereabouts(stop, sight)
    }

    fn counted(&self, step: &Step) -> String {
        format!("row {} of {}", step.row, self.armed.plan.rows())
    }
}

fn stuck(stop: Stop) -> Next {
    Next::End(Outcome::Stuck(stop))
}

pub(super) fn need(act: &Act) -> Need {
    match act {
        Act::Button => Need::Button,
        Act::Check | Act::Uncheck => Need::Check,
        Act::Click => Need::Click,
        Act::Frame => Need::Frame,
        Act::Press(_) | Act::ScriptClick => Need::Script,
        Act::Select(_) => Need::Select,
        Act::Totp(..) | Act::Type(_) => Need::Type,
    }
}

/// Where the caret of a row stands: under its locator where it has one.
pub(super) fn caret(step: &Step) -> Span {
    super::armed::locator(step).map_or(step.span, |locator| locator.text.span)
}

/// A time for people: `10s`, `1.5s`.
pub(super) fn seconds(time: Duration) -> String {
    let tenths = (time.as_secs_f64() * 10.0).round() / 10.0;
    format!("{tenths}s")
}
