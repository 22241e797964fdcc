//! What is sealed: a page is typed stand-ins, and the browser puts the secrets into what it sends. Here is what
//! a run makes of that: when it begins and ends, and why it stops.

use std::sync::Arc;

use super::row::caret;
use super::run::{Next, Run};
use super::scrub::place;
use super::{Error, Outcome, Progress, Stop};
use crate::activity::Action;
use crate::browser::{Carriage, Carried, Unsealable};
use crate::connector::Step;
use crate::diagnostic::Code;
use crate::secret::Secret;

/// What is typed for a secret.
pub(super) enum Injected {
    /// The secret itself, or what stands for it.
    Text(Arc<Secret>),
    /// The field has gone away: look again.
    Gone,
    /// Nothing can be.
    Stop(Next),
}

/// Whether a row can be sealed, as a trial found out.
#[derive(Debug, Clone)]
pub struct Sealability {
    /// From 1.
    pub row: usize,
    /// `None` where it was not found out.
    pub sealable: Option<bool>,
    /// Where its value goes, or why it cannot be sealed.
    pub why: String,
}

const TYPED: &str = "say `Injection: Typed`, or `(Sealed=no)` in this row: then the page is typed the secret itself";

impl Run<'_, '_> {
    /// Before the first page: what is sealed later, and what is answered to HTTP authentication.
    pub(super) async fn begin_injection(&mut self) -> Result<(), Error> {
        if self.rehearsing {
            // Saved pages send nothing.
            return Ok(());
        }
        let connector = Arc::clone(&self.armed.plan.connector);
        if connector.seals() || self.probing {
            let headers = connector.settings.sealed_headers.clone();
            let origins = self.armed.guard.origins().to_vec();
            self.page.allow_seals(origins, headers, self.probing).await?;
        }
        if let Some((object, username, password)) = self.armed.basic_auth.take() {
            let how = [("injection".to_owned(), "basic-auth".to_owned())];
            self.record.used(Action::UsePassword, object, &how).await?;
            self.page.answer_with(self.armed.guard.origins().to_vec(), username, password)?;
        }
        Ok(())
    }

    /// After the last row: nothing of the session is put into requests any more.
    pub(super) async fn end_injection(&mut self) -> Result<(), Error> {
        self.page.forget_answer();
        Ok(self.page.end_seals().await?)
    }

    /// What to type for `secret` in this row.
    pub(super) async fn injected(
        &mut self,
        step: &Step,
        secret: &Arc<Secret>,
    ) -> Result<Injected, Error> {
        if !self.seals(step) {
            return Ok(Injected::Text(Arc::clone(secret)));
        }
        Ok(match self.page.seal(step.row, secret).await? {
            Ok(stand_in) => Injected::Text(Arc::new(stand_in)),
            Err(Unsealable::Gone) => Injected::Gone,
            Err(Unsealable::Charset(charset)) => {
                let message = format!(
                    "the page is written in {}, and the secret has characters that its form would write otherwise than \
                     UTF-8 does",
                    self.clean(&charset)
                );
                Injected::Stop(Next::End(Outcome::Stuck(
                    self.not_sealable(step, message).help(TYPED),
                )))
            }
        })
    }

    /// Whether a secret of this row is sealed.
    pub(super) fn seals(&self, step: &Step) -> bool {
        !self.rehearsing && (step.options.sealed || (self.probing && step.verb.types_secret()))
    }

    /// What became of stand-ins and of HTTP authentication meanwhile; the end, where one cannot go on.
    pub(super) async fn carried(&mut self) -> Result<Option<Next>, Error> {
        if let Some(next) = self.answered() {
            return Ok(Some(next));
        }
        let carriages = self.page.carriages();
        if self.probing && !carriages.is_empty() {
            self.probed.extend(carriages);
            return Ok(Some(Next::End(Outcome::Tried)));
        }
        for Carriage { row, url, end } in carriages {
            let to = self.clean(&place(&url));
            let Some(step) = self.armed.plan.connector.steps.iter().find(|step| step.row == row)
            else {
                continue;
            };
            let step = step.clone();
            if let Carried::Sealed(writing) = end {
                (self.progress)(Progress::Sealed { number: row, to, writing });
                continue;
            }
            if end.is_diverted() {
                let details = [("row".to_owned(), row.to_string()), ("url".to_owned(), to.clone())];
                self.record.note(Action::ExfiltrationDenied, "denied", &details).await?;
            }
            let stop = self.uncarried(&step, &end, &to);
            return Ok(Some(Next::End(Outcome::Stuck(stop))));
        }
        Ok(None)
    }

    /// What a trial found out: of each row that types a secret, whether it can be sealed.
    pub(super) fn sealing(&self) -> Vec<Sealability> {
        let unsent = self.page.unsent();
        let steps = self.armed.plan.connector.steps.iter().filter(|step| step.verb.types_secret());
        steps
            .map(|step| {
                let carriage = self.probed.iter().find(|carriage| carriage.row == step.row);
                let (sealable, why) = match carriage {
                    Some(Carriage { url, end: Carried::Sealed(writing), .. }) => {
                        (Some(true), format!("it goes to {} ({writing})", self.clean(&place(url))))
                    }
                    Some(Carriage { url, end, .. }) => {
                        let to = self.clean(&place(url));
                        (Some(false), self.uncarried(step, end, &to).message)
                    }
                    None if unsent.contains(&step.row) => (
                        Some(false),
                        "nothing that was typed left the page in a form that can be looked into"
                            .to_owned(),
                    ),
                    None => (None, "it is on a page that only a sign-in leads to".to_owned()),
                };
                Sealability { row: step.row, sealable, why }
            })
            .collect()
    }

    fn uncarried(&self, step: &Step, end: &Carried, to: &str) -> Stop {
        let allowed = self.armed.guard.shown();
        let origin = url::Url::parse(to).map(|url| url.origin().ascii_serialization());
        let origin = origin.unwrap_or_else(|_| to.to_owned());
        let (code, message, help) = match end {
            Carried::Foreign => (
                Code::SecretDiverted,
                format!("the page was about to send the value of this row to {origin}, which it may not go to"),
                format!(
                    "if the application does sign in there, add it: `AllowedOrigins: [{allowed}, {origin}]`; if not, somebody \
                     wants the password"
                ),
            ),
            Carried::Redirected => (
                Code::SecretDiverted,
                format!("the site answered with a redirect that carries the secret on to {origin}, which it may not go to"),
                format!(
                    "the first request had the secret already; if the application does sign in there, add it: \
                     `AllowedOrigins: [{allowed}, {origin}]`; if not, change the password"
                ),
            ),
            Carried::InUrl => (
                Code::NotSealable,
                "the page puts the value of this row into a URL, as a form with `method=get` does, where histories and \
                 logs keep it"
                    .to_owned(),
                TYPED.to_owned(),
            ),
            Carried::InHeader(name) => (
                Code::NotSealable,
                format!("the page puts the value of this row into the request header `{}`", self.clean(name)),
                format!("if that is how the application signs in, add `SealedHeaders: [{}]`", self.clean(name)),
            ),
            Carried::Twice => (
                Code::NotSealable,
                "the page sends the value of this row more than once, and a secret is put into one place of one request"
                    .to_owned(),
                TYPED.to_owned(),
            ),
            Carried::Unfit(what) => (
                Code::NotSealable,
                format!("the page sends the value of this row in {}", self.clean(what)),
                format!("forms, JSON, XML and plain text can be sealed; {TYPED}"),
            ),
            Carried::Disguised(how) => (
                Code::NotSealable,
                format!("the page does not send the value of this row as it is, but in the form of {}", self.clean(how)),
                TYPED.to_owned(),
            ),
            Carried::Altered(name) => (
                Code::NotSealable,
                format!(
                    "the page sends something else in `{}` than what was typed there: it hashes or encrypts it",
                    self.clean(name)
                ),
                TYPED.to_owned(),
            ),
            Carried::WebSocket => (
                Code::NotSealable,
                "the page sends the value of this row through a WebSocket, where nothing can be put in its place".to_owned(),
                format!("the site was sent a stand-in, which it may count as a wrong password; {TYPED}"),
            ),
            // It went as it should.
            Carried::Sealed(_) => (Code::NotSealable, String::new(), String::new()),
        };
        let sent = match end {
            Carried::WebSocket | Carried::Redirected => "not the secret's place",
            _ => "the request was stopped",
        };
        let row = format!("row {} of {}: {sent}", step.row, self.armed.plan.rows());
        let stop = Stop::new(code, Some(step.row), caret(step), message).label(row);
        let stop = if to.is_empty() { stop } else { stop.note("request", to) };
        stop.note("allowed", allowed).help(help)
    }

    /// A stop for a sign-in that did not succeed, where the site was sent a stand-in, or nothing, in the place
    /// of a secret.
    pub(super) fn unsent(&self) -> Option<Stop> {
        let row = self.page.unsent().into_iter().next()?;
        let step = self.armed.plan.connector.steps.iter().find(|step| step.row == row)?;
        let message = "the value of this row never left the page as it was typed, so the secret was never sent: the page \
                       hashes or encrypts it, or sends it in a way that cannot be looked into"
            .to_owned();
        Some(self.not_sealable(step, message).help(format!(
            "before another try, {TYPED}; the site may have counted a wrong password"
        )))
    }

    fn not_sealable(&self, step: &Step, message: String) -> Stop {
        let row = format!("row {} of {}", step.row, self.armed.plan.rows());
        Stop::new(Code::NotSealable, Some(step.row), caret(step), message).label(row)
    }

    /// How HTTP authentication went, where it did not go well.
    pub(super) fn answered(&self) -> Option<Next> {
        let answered = self.page.answered();
        let auth = self.armed.plan.connector.settings.basic_auth.as_ref()?;
        let span = auth.password.span;
        if let Some(origin) = answered.foreign {
            let origin = self.clean(&origin);
            let allowed = self.armed.guard.shown();
            let message = format!(
                "{origin} asks for a name and password by HTTP, and the account's values may not go there"
            );
            let stop = Stop::new(Code::ForeignOrigin, None, span, message)
                .label("nothing was sent")
                .note("allowed", allowed.clone())
                .help(format!(
                    "if it belongs to the application, or is the proxy before it, add it: `AllowedOrigins: [{allowed}, {origin}]`"
                ));
            return Some(Next::End(Outcome::Stuck(stop)));
        }
        let (origin, realm) = answered.refused?;
        let (origin, realm) = (self.clean(&origin), self.clean(&realm));
        let message = format!("{origin} refused the name and password of `BasicAuth`");
        let stop = Stop::new(Code::Refused, None, span, message)
            .label("was answered once, and asked for again")
            .note("realm", realm)
            .help("correct the account before another try: sites lock accounts");
        Some(Next::End(Outcome::Refused { cause: "wrong password".to_owned(), stop }))
    }
}
