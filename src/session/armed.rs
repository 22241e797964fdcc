//! An armed plan: the plan with its secrets. It is neither cloned, shown nor stored; its run consumes
//! it, and what it holds is wiped with it.

use url::Url;

use super::Stop;
use super::code::object;
use super::guard::{Guard, is_safe};
use super::scrub::scrub;
use super::value::Values;
use crate::connector::{Act, LocatorTemplate, Object, Part, Step, Template, Verb};
use crate::diagnostic::Code;
use crate::locator::Locator;
use crate::plan::{Plan, Stage};
use crate::secret::Secret;
use crate::vault::totp::Seed;

/// A plan whose every value is there.
pub(super) struct Armed {
    pub(super) plan: Plan,
    pub(super) values: Values,
    pub(super) guard: Guard,
    pub(super) logon_url: Url,
    /// `AllowedURLs` with their values.
    pub(super) allowed_urls: Vec<String>,
    /// What is answered to HTTP authentication: name and password, and whose; once.
    pub(super) basic_auth: Option<(Object, Secret, Secret)>,
}

impl Armed {
    /// Takes the values into the plan, and finds out before a browser shows anything whether they fit.
    pub(super) fn new(plan: Plan, values: Values) -> Result<Self, Box<Stop>> {
        let settings = &plan.connector.settings;
        let logon_url = values.url(None, &settings.logon_url)?;
        let mut allowed = vec![(logon_url.clone(), settings.logon_url.span)];
        if !settings.allowed_origins.is_empty() {
            allowed.clear();
            for origin in &settings.allowed_origins {
                allowed.push((values.url(None, origin)?, origin.span));
            }
        }
        if let Some((url, span)) = allowed.iter().find(|(url, _)| !is_safe(url))
            && !settings.allow_insecure
        {
            let origin = url.origin().ascii_serialization();
            return Err(Box::new(
                Stop::new(
                    Code::InsecureOrigin,
                    None,
                    *span,
                    format!("secrets would go to {origin} over plain http, where everybody on the way can read them"),
                )
                .label("not encrypted, and not this machine")
                .help("use https; or, where the application has none, say `AllowInsecure: true` in TargetSettings: every activity row then shows it"),
            ));
        }
        let origins: Vec<Url> = allowed.into_iter().map(|(url, _)| url).collect();
        let allowed_urls = settings
            .allowed_urls
            .iter()
            .map(|template| values.public(None, template))
            .collect::<Result<Vec<_>, _>>()?;
        let basic_auth = match &settings.basic_auth {
            Some(auth) => {
                let (username, password) =
                    (values.typed(None, &auth.username)?, values.typed(None, &auth.password)?);
                Some((object(&auth.password), username, password))
            }
            None => None,
        };
        let armed =
            Self { allowed_urls, basic_auth, guard: Guard::new(&origins), plan, values, logon_url };
        armed.fits()?;
        Ok(armed)
    }

    /// Every value of every row is asked for once, and every seed of one-time codes is read.
    fn fits(&self) -> Result<(), Box<Stop>> {
        for step in self.steps() {
            let row = Some(step.row);
            if let Some(locator) = locator(step) {
                self.values.public(row, &locator.text)?;
            }
            match &step.verb {
                Verb::Act(_, Act::Type(template)) => {
                    self.values.typed(row, template)?;
                }
                Verb::Act(_, Act::Totp(template, parameters)) if !self.is_computed(template) => {
                    let secret = self.values.typed(row, template)?;
                    Seed::read(&secret, *parameters).map_err(|error| {
                        let message = format!(
                            "what {} holds is no secret for one-time codes: {error}",
                            self.values.holder(template)
                        );
                        Stop::new(Code::NotATotpSecret, row, template.span, message)
                            .label("is not a TOTP secret")
                            .help(error.help())
                    })?;
                }
                Verb::Act(_, Act::Select(template)) => {
                    self.values.public(row, template)?;
                }
                Verb::Navigate(template) => {
                    self.values.url(row, template)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether `template` names an account whose vault computes the codes itself.
    pub(super) fn is_computed(&self, template: &Template) -> bool {
        matches!(template.parts.as_slice(), [Part::Placeholder(placeholder)]
            if placeholder.property == "password"
                && self.values.account(placeholder.object).is_some_and(|account| account.password.is_computed()))
    }

    /// A locator with its values.
    pub(super) fn locator(&self, row: usize, locator: &LocatorTemplate) -> Result<Locator, Stop> {
        let text = self.values.public(Some(row), &locator.text)?;
        Ok(Locator { by: locator.by, text, nth: locator.nth })
    }

    /// A text of the page without the session's secrets.
    pub(super) fn scrub(&self, text: &str) -> String {
        scrub(text, self.values.secrets())
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.plan.stages.iter().flat_map(|stage| match stage {
            Stage::Row(step, _) => std::slice::from_ref(step).iter().chain(&[]),
            Stage::Checkpoint(checkpoint) => {
                checkpoint.validations.iter().chain(&checkpoint.failures)
            }
        })
    }
}

/// The locator of a row that has one.
pub(super) fn locator(step: &Step) -> Option<&LocatorTemplate> {
    match &step.verb {
        Verb::Act(locator, _) | Verb::Validation(locator) | Verb::Failure(locator, _) => {
            Some(locator)
        }
        _ => None,
    }
}
