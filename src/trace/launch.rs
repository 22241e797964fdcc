//! The trace of a launch: its progress becomes spans.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use serde_json::Value;

use super::collector::Collector;
use super::span::{Span, random};
use crate::connector::{Act, Step, Verb};
use crate::name::SessionId;
use crate::plan::{Plan, Stage};
use crate::session::{Error, Outcome, Progress, Timings};

/// A trace has no more rows than this; a connector that goes in circles must not fill the memory.
const MOST: usize = 500;

/// The trace of one launch; nothing where there is no collector.
pub struct Trace(Option<(Arc<Collector>, Mutex<Option<Open>>)>);

struct Open {
    launch: Span,
    vault: Option<Span>,
    browser: Option<Span>,
    sign_in: Option<Span>,
    rows: Vec<Span>,
    /// The number of the row that is under way, which is the last of `rows`.
    row: usize,
    verbs: BTreeMap<usize, &'static str>,
}

impl Trace {
    pub(super) fn begin(
        collector: Option<&Arc<Collector>>,
        session: SessionId,
        plan: &Plan,
    ) -> Self {
        let Some(collector) = collector else { return Self(None) };
        let mut launch = Span::begin("launch", None);
        launch.text("doorward.session", &session.to_string());
        launch.text("doorward.connector", plan.connector.id.as_str());
        let steps = plan.stages.iter().flat_map(|stage| match stage {
            Stage::Row(step, _) => vec![step],
            Stage::Checkpoint(checkpoint) => {
                checkpoint.validations.iter().chain(&checkpoint.failures).collect()
            }
        });
        let verbs = steps.map(|step| (step.row, verb(step))).collect();
        let (vault, browser, sign_in) = (None, None, None);
        let open = Open { launch, vault, browser, sign_in, rows: Vec::new(), row: 0, verbs };
        Self(Some((Arc::clone(collector), Mutex::new(Some(open)))))
    }

    /// Takes in what happened.
    pub fn step(&self, progress: &Progress) {
        let Some((_, open)) = &self.0 else { return };
        if let Some(open) = &mut *open.lock().unwrap_or_else(PoisonError::into_inner) {
            open.step(progress);
        }
    }

    /// Ends it, once, and sends it off; nobody waits for that. `ended` is how the launch came out, with how long its
    /// phases took.
    pub fn end(&self, ended: Result<(&Outcome, &Timings), &Error>) {
        let Some((collector, open)) = &self.0 else { return };
        let open = open.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(open) = open {
            Arc::clone(collector).send(open.end(ended));
        }
    }
}

impl Open {
    fn step(&mut self, progress: &Progress) {
        let launch = Some(self.launch.id);
        match progress {
            Progress::Recorded => {
                self.vault = Some(Span::begin("vault", launch));
                self.browser = Some(Span::begin("browser", launch));
            }
            Progress::Browser(_) => {
                for span in [&mut self.vault, &mut self.browser].into_iter().flatten() {
                    span.end();
                }
                self.sign_in = Some(Span::begin("sign-in", launch));
            }
            Progress::Row { number, .. } => {
                self.end_row();
                if self.rows.len() < MOST {
                    let mut row = Span::begin("row", self.sign_in.as_ref().map(|span| span.id));
                    row.number("doorward.row", *number);
                    row.text("doorward.verb", self.verbs.get(number).copied().unwrap_or("row"));
                    self.rows.push(row);
                    self.row = *number;
                }
            }
            Progress::Skipped { why, .. } => {
                if let Some(row) = self.rows.last_mut() {
                    row.text("doorward.skipped", why);
                }
            }
            Progress::Sealed { writing, .. } => {
                if let Some(row) = self.rows.last_mut() {
                    row.text("doorward.sealed", writing);
                }
            }
            Progress::CodeRefused => {
                if let Some(row) = self.rows.last_mut() {
                    row.text("doorward.code", "refused");
                }
            }
            Progress::SignedIn => self.end_row(),
            _ => {}
        }
    }

    fn end_row(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.end();
        }
    }

    /// All spans as they are sent.
    fn end(mut self, ended: Result<(&Outcome, &Timings), &Error>) -> Vec<Value> {
        let (word, cause, stopped) = match ended {
            Ok((outcome, timings)) => {
                // As they were measured; what was told of them came a little later.
                for (span, lasted) in
                    [(&mut self.vault, timings.vault), (&mut self.browser, timings.browser)]
                {
                    if let Some(span) = span {
                        span.lasted(lasted);
                    }
                }
                (outcome.word(), outcome.cause(), outcome.stop().map(|stop| stop.row))
            }
            Err(error) => (error.word(), None, Some(error.row())),
        };
        self.end_row();
        if let (Some(row), Some(stopped)) = (self.rows.last_mut(), stopped)
            // Of a checkpoint the first row is told of, and any of it may decide.
            && stopped.is_none_or(|stopped| stopped >= self.row)
        {
            row.fail();
        }
        self.launch.text("doorward.outcome", word);
        if let Some(cause) = cause {
            self.launch.text("doorward.cause", cause);
        }
        let phases = [&mut self.vault, &mut self.browser, &mut self.sign_in];
        for span in phases.into_iter().flatten().filter(|span| stopped.is_some() && span.is_open())
        {
            span.fail();
        }
        if stopped.is_some() {
            self.launch.fail();
        }
        let trace = HEXLOWER.encode(&random::<16>());
        let phases = [self.vault, self.browser, self.sign_in].into_iter().flatten();
        std::iter::once(self.launch)
            .chain(phases)
            .chain(self.rows)
            .map(|mut span| {
                span.end();
                span.json(&trace)
            })
            .collect()
    }
}

/// What a row does, in the words of the language.
fn verb(step: &Step) -> &'static str {
    match &step.verb {
        Verb::Validation(_) => "Validation",
        Verb::Failure(..) => "Failure",
        Verb::FrameTop => "Frame",
        Verb::PressFocused(_) => "Press",
        Verb::Wait(_) => "Wait",
        Verb::Navigate(_) => "Navigate",
        Verb::Handover(_) => "Handover",
        Verb::Act(_, act) => match act {
            Act::Type(_) => "Type",
            Act::Totp(..) => "TOTP",
            Act::Button => "Button",
            Act::Click => "Click",
            Act::ScriptClick => "ScriptClick",
            Act::Select(_) => "Select",
            Act::Check => "Check",
            Act::Uncheck => "Uncheck",
            Act::Press(_) => "Press",
            Act::Frame => "Frame",
        },
    }
}
