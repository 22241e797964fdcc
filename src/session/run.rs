//! A run: the rows of an armed plan, one after another, to an outcome.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::armed::Armed;
use super::record::Record;
use super::scrub::{place, scrub};
use super::trial::SavedPage;
use super::{Error, Outcome, Progress, Stop, Vaults};
use crate::access::Grant;
use crate::activity::Store;
use crate::browser::{self, Page, Sight};
use crate::clock::Clock;
use crate::connector::{Act, Step, Verb};
use crate::diagnostic::Code;
use crate::plan::{Checkpoint, Stage};
use crate::secret::Secret;

/// After the site has refused one code, one more is tried, in the next period.
const MOST_CODES: u32 = 2;

/// An armed plan on its way.
pub(super) struct Run<'a, 'r> {
    pub(super) armed: Armed,
    pub(super) page: &'a mut Page,
    pub(super) record: &'a Record<'r>,
    pub(super) store: &'a Store,
    pub(super) vaults: &'a dyn Vaults,
    pub(super) clock: Clock,
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
    pub(super) grant: &'a Grant,
    /// The codes that were typed, to be kept out of what the page says.
    pub(super) codes: Vec<Arc<Secret>>,
    /// The last code: at which stage, of which secret and period.
    pub(super) last_code: Option<(usize, [u8; 32], u64)>,
    /// How many codes the site has refused in this session.
    pub(super) refused_codes: u32,
    /// While true, failures that show are not believed: they are of the code before.
    pub(super) deaf: bool,
    /// What showed of a refusal then is not believed until it shows anew.
    pub(super) ignoring: bool,
    /// On the way back to this stage, for another code or because the form was emptied: the fields before it are filled again where the
    /// page has emptied its form, and passed over where it does not ask for them again.
    pub(super) refilling: Option<usize>,
    /// How often a form was filled again that the page had exchanged for an empty one.
    pub(super) emptied: usize,
    /// A person is doing something in the window: the next row waits this long.
    pub(super) patience: Option<Duration>,
    /// Rows are only looked at: each waits this long at most.
    pub(super) glance: Option<Duration>,
    /// How long the last row waited, and how often for which reason.
    pub(super) waited: (Duration, BTreeMap<String, u32>),
    /// What dialogs of the page said.
    pub(super) dialogs: Vec<String>,
    /// It is only found out what can be sealed: nothing secret is sent.
    pub(super) probing: bool,
    /// What was found out.
    pub(super) probed: Vec<browser::Carriage>,
    /// The pages are saved ones.
    pub(super) rehearsing: bool,
    /// Saved pages that are still to come, by their first row.
    pub(super) turns: BTreeMap<usize, url::Url>,
    /// The URL of the document in which the last validation showed.
    pub(super) arrived: Option<String>,
}

/// Where to go after a stage.
pub(super) enum Next {
    /// Back to a stage, for another code.
    Back(usize),
    /// The end.
    End(Outcome),
    /// The next stage.
    On,
    /// To the next checkpoint: what it waits for shows already.
    ToCheckpoint,
}

impl<'a, 'r> Run<'a, 'r> {
    #[expect(
        clippy::too_many_arguments,
        reason = "each is used by itself; a bag of them would hide that"
    )]
    pub(super) fn new(
        armed: Armed,
        page: &'a mut Page,
        record: &'a Record<'r>,
        store: &'a Store,
        vaults: &'a dyn Vaults,
        clock: Clock,
        progress: &'a (dyn Fn(Progress) + Sync),
        grant: &'a Grant,
    ) -> Self {
        Self {
            armed,
            page,
            record,
            store,
            vaults,
            clock,
            progress,
            grant,
            codes: Vec::new(),
            last_code: None,
            refused_codes: 0,
            deaf: false,
            ignoring: false,
            refilling: None,
            emptied: 0,
            patience: None,
            glance: None,
            waited: (Duration::ZERO, BTreeMap::new()),
            dialogs: Vec::new(),
            probing: false,
            probed: Vec::new(),
            rehearsing: false,
            turns: BTreeMap::new(),
            arrived: None,
        }
    }

    /// Runs every stage. The armed plan ends here, and what it holds is wiped.
    pub(super) async fn finish(mut self) -> Result<(Outcome, String), Error> {
        self.keep_dates(true).await?;
        let outcome = self.stages().await.map_err(|error| self.cleaned(error))?;
        self.end_injection().await?;
        self.keep_dates(false).await?;
        let url = match self.arrived.take() {
            Some(url) if matches!(outcome, Outcome::SignedIn) => url,
            _ => self.page.survey().await.whereabouts.url,
        };
        let url = self.clean(&place(&url));
        Ok((outcome, url))
    }

    /// The same on saved pages: the next one comes when its first row does, because no script and no form of
    /// a saved page leads to it.
    pub(super) async fn rehearse(
        mut self,
        pages: Vec<SavedPage>,
    ) -> Result<(Outcome, String), Error> {
        for page in &pages {
            if let Some(url) = page.documents.first().and_then(|page| page.url.parse().ok()) {
                self.turns.insert(page.row, url);
            }
        }
        // The first page is opened as the connector says.
        self.turns.pop_first();
        let documents = pages.into_iter().flat_map(|page| page.documents).collect();
        self.page.serve(documents).await?;
        self.rehearsing = true;
        self.finish().await
    }

    /// Goes to the saved page that begins with one of these rows.
    async fn turn(&mut self, stage: &Stage) -> Result<Option<Stop>, Error> {
        let rows: Vec<&Step> = match stage {
            Stage::Row(step, _) => vec![step],
            Stage::Checkpoint(checkpoint) => {
                checkpoint.validations.iter().chain(&checkpoint.failures).collect()
            }
        };
        for step in rows {
            if let Some(url) = self.turns.remove(&step.row) {
                // A link that was clicked may still be on its way to nowhere, and takes the first one with it.
                return match self.open(Some(step.row), step.span, &url).await? {
                    Some(_) => self.open(Some(step.row), step.span, &url).await,
                    None => Ok(None),
                };
            }
        }
        Ok(None)
    }

    /// On saved pages nothing else tells that a button was reached: no page follows it.
    async fn unpressed(&mut self, step: &Step, next: &Next) -> Result<Option<Stop>, Error> {
        let button = matches!(step.verb, Verb::Act(_, Act::Button)) && matches!(next, Next::On);
        if !self.rehearsing || !button || self.page.was_pressed().await? {
            return Ok(None);
        }
        let stop = Stop::new(
            Code::NotReady,
            Some(step.row),
            super::row::caret(step),
            "the button was clicked, and the press did not reach it",
        );
        Ok(Some(
            stop.label(format!("row {} of {}", step.row, self.armed.plan.rows()))
                .help("does something lie over it in the saved page? `doorward try --trace DIR` shows the page"),
        ))
    }

    async fn stages(&mut self) -> Result<Outcome, Error> {
        self.begin_injection().await?;
        let url = self.armed.logon_url.clone();
        let span = self.armed.plan.connector.settings.logon_url.span;
        if let Some(end) = self.begin(span, &url).await? {
            return Ok(end);
        }
        let stages = self.armed.plan.stages.clone();
        let mut confirmed = false;
        let mut at = 0;
        while let Some(stage) = stages.get(at) {
            if let Some(stop) = self.turn(stage).await? {
                return Ok(Outcome::Stuck(stop));
            }
            let next = match stage {
                Stage::Row(step, watch) => {
                    let checkpoint = ahead(&stages, *watch);
                    self.tell_row(step);
                    let next = self.row(at, step, checkpoint).await?;
                    match self.unpressed(step, &next).await? {
                        Some(stop) => return Ok(Outcome::Stuck(stop)),
                        None => next,
                    }
                }
                Stage::Checkpoint(checkpoint) => {
                    if let Some(step) =
                        checkpoint.validations.first().or(checkpoint.failures.first())
                    {
                        self.tell_row(step);
                    }
                    let next = self.checkpoint(checkpoint).await?;
                    confirmed = matches!(next, Next::On) && !checkpoint.validations.is_empty();
                    if confirmed {
                        // A page may show what it likes before the site has answered.
                        let limit = self.armed.plan.connector.settings.action_timeout;
                        self.page.carried(limit).await;
                        if let Some(next) = self.carried().await? {
                            return Ok(match next {
                                Next::End(outcome) => outcome,
                                _ => Outcome::Tried,
                            });
                        }
                        if self.page.unsent().is_empty() {
                            self.page.unseal().await?;
                        }
                    }
                    next
                }
            };
            match next {
                Next::Back(to) => at = to,
                Next::End(outcome) => return Ok(outcome),
                Next::On => at += 1,
                Next::ToCheckpoint => {
                    let ahead =
                        stages.iter().skip(at).position(|s| matches!(s, Stage::Checkpoint(_)));
                    at += ahead.unwrap_or(1);
                }
            }
        }
        if confirmed {
            (self.progress)(Progress::SignedIn);
            return Ok(Outcome::SignedIn);
        }
        Ok(Outcome::Unclear(self.unclear(&stages)))
    }

    /// Opens the first page; the outcome where it does not get so far.
    pub(super) async fn begin(
        &mut self,
        span: crate::diagnostic::Span,
        url: &url::Url,
    ) -> Result<Option<Outcome>, Error> {
        let stop = self.open(None, span, url).await?;
        Ok(match (self.answered(), stop) {
            (Some(Next::End(outcome)), _) => Some(outcome),
            (_, stop) => stop.map(Outcome::Stuck),
        })
    }

    /// Opens a page; a stop when the site does not answer.
    pub(super) async fn open(
        &mut self,
        row: Option<usize>,
        span: crate::diagnostic::Span,
        url: &url::Url,
    ) -> Result<Option<Stop>, Error> {
        let shown = self.clean(&place(url.as_str()));
        (self.progress)(Progress::Page(shown.clone()));
        let limit = self.armed.plan.connector.settings.page_load_timeout;
        let Some(reason) = self.page.goto(url, limit).await? else { return Ok(None) };
        self.hear();
        let prompted = self.dialogs.iter().any(|dialog| dialog.contains("(HTTP "));
        let help = if reason.contains("ERR_CERT") || reason.contains("SSL") {
            "the certificate of the site does not hold: have it renewed or its authority trusted on this machine; \
             `EnforceCertificateValidation: No` turns the check off"
        } else if prompted
            || ["AUTH_CREDENTIALS", "HTTP ERROR 401"].iter().any(|word| reason.contains(word))
        {
            "the site asks by a prompt of the browser's own (HTTP Basic or Digest) and not by a form: \
             `BasicAuth: { Username: <username>, Password: <password> }` in TargetSettings answers it"
        } else {
            "check the address of the account, the name service and the way to the site from this machine"
        };
        Ok(Some(
            Stop::new(Code::SiteUnreachable, row, span, format!("{shown} could not be opened"))
                .label("is not answered")
                .note("saw", self.clean(&reason))
                .help(help),
        ))
    }

    /// A `(Failure=cause)` row showed, with `text` of the page. A refused code is followed by one more.
    pub(super) async fn refusal(
        &mut self,
        step: &Step,
        cause: &str,
        sight: &Sight,
        watch: &[crate::browser::Target],
    ) -> Result<Next, Error> {
        if let Some(stop) = self.unsent() {
            let stop = stop.note("refused", cause).note("page says", self.clean(&sight.text));
            return Ok(Next::End(Outcome::Stuck(stop)));
        }
        if is_code_refusal(cause)
            && let Some((stage, id, counter)) = self.last_code.take()
        {
            self.store.refused(&id, counter).await?;
            self.refused_codes += 1;
            if self.refused_codes < MOST_CODES {
                (self.progress)(Progress::CodeRefused);
                self.page.ignore(watch).await?;
                (self.deaf, self.ignoring) = (true, true);
                self.refilling = Some(stage);
                return Ok(Next::Back(self.form_start(stage)));
            }
        }
        let said = self.clean(&sight.text);
        let mut stop = Stop::new(
            Code::Refused,
            Some(step.row),
            super::row::caret(step),
            format!("the site refused the sign-in: {cause}"),
        )
        .label(format!("row {} of {}", step.row, self.armed.plan.rows()));
        stop = self.whereabouts(stop, sight);
        if !said.is_empty() {
            stop = stop.note("page says", said);
        }
        if self.refused_codes >= MOST_CODES {
            stop = stop.note(
                "codes",
                "two one-time codes were refused; no third is tried, because sites lock accounts",
            );
            stop = stop.help(
                "check the secret of the codes, and this machine's clock with `doorward doctor`",
            );
        } else {
            stop = stop.help(format!(
                "`{cause}` is the connector's word for what the page shows; before another try, correct what is wrong \
                 with the account: sites lock accounts"
            ));
        }
        Ok(Next::End(Outcome::Refused { cause: cause.to_owned(), stop }))
    }

    /// The first stage of those before `stage` that fill in the form that it is of.
    pub(super) fn form_start(&self, stage: usize) -> usize {
        let stages = self.armed.plan.stages.get(..stage).unwrap_or_default();
        let fills = |stage: &&Stage| {
            let Stage::Row(step, _) = stage else { return false };
            matches!(
                &step.verb,
                Verb::Act(_, Act::Type(_) | Act::Select(_) | Act::Check | Act::Uncheck)
            )
        };
        stage - stages.iter().rev().take_while(fills).count()
    }

    /// A text of the page, without the session's secrets and codes.
    pub(super) fn clean(&self, text: &str) -> String {
        scrub(&self.armed.scrub(text), self.codes.iter().map(Arc::as_ref))
    }

    /// An error of the browser, whose words may be the page's.
    pub(super) fn cleaned(&self, error: Error) -> Error {
        match error {
            Error::Browser(browser::Error::Refused { during, detail }) => {
                let detail = self.clean(&detail);
                Error::Browser(browser::Error::Refused { during, detail })
            }
            other => other,
        }
    }

    /// `stop`, with where the page was and what its dialogs said.
    pub(super) fn whereabouts(&self, mut stop: Stop, sight: &Sight) -> Stop {
        let page = self.clean(&place(&sight.whereabouts.url));
        if !page.is_empty() {
            let status = match sight.whereabouts.status {
                0 | 200..=299 => String::new(),
                status => format!(" (HTTP {status})"),
            };
            stop = stop.note("page", format!("{page}{status}"));
        }
        let title = self.clean(&sight.whereabouts.title);
        if !title.is_empty() {
            stop = stop.note("title", title);
        }
        for dialog in &self.dialogs {
            stop = stop.note("dialog", self.clean(dialog));
        }
        stop
    }

    /// Takes in what dialogs of the page have said meanwhile.
    pub(super) fn hear(&mut self) -> &[String] {
        let before = self.dialogs.len();
        for text in self.page.take_dialogs() {
            (self.progress)(Progress::Dialog(self.clean(&text)));
            self.dialogs.push(text);
        }
        self.dialogs.get(before..).unwrap_or_default()
    }

    pub(super) fn tell_row(&self, step: &Step) {
        (self.progress)(Progress::Row {
            number: step.row,
            of: self.armed.plan.rows(),
            text: step.describe(),
        });
    }

    fn unclear(&self, stages: &[Stage]) -> Stop {
        let connector = &self.armed.plan.connector;
        let last = stages.iter().rev().find_map(|stage| match stage {
            Stage::Row(step, _) => Some(step),
            Stage::Checkpoint(checkpoint) => checkpoint.failures.last(),
        });
        let (row, span) = last
            .map_or((None, connector.settings.logon_url.span), |step| (Some(step.row), step.span));
        let help = if connector.settings.run_validations {
            "add a `(Validation)` row for something that only a signed-in page shows"
        } else {
            "`RunValidations: No` leaves the outcome open; with it doorward cannot say that the sign-in succeeded"
        };
        Stop::new(
            Code::Unclear,
            row,
            span,
            "every row was run, and nothing says whether the sign-in succeeded",
        )
        .label("the last row")
        .help(help)
    }
}

/// Whether a cause means that the one-time code was not taken. The causes that have a meaning of their
/// own are named in the language reference.
fn is_code_refusal(cause: &str) -> bool {
    let cause = cause.to_ascii_lowercase().replace(['-', '_'], " ");
    ["wrong code", "invalid code", "code refused", "expired code"].contains(&cause.trim())
}

/// The checkpoint whose failures are watched while a row runs.
pub(super) fn ahead(stages: &[Stage], watch: Option<usize>) -> Option<&Checkpoint> {
    match stages.get(watch?) {
        Some(Stage::Checkpoint(checkpoint)) => Some(checkpoint),
        _ => None,
    }
}
