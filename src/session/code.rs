//! A one-time code: computed at the moment it is typed, used once, and never in its last seconds.

use std::time::Duration;

use super::lease::{Leased, Lessor, Origin, PATIENCE};
use super::run::Run;
use super::skew::Skew;
use super::{Error, Stop};
use crate::connector::{Object, Part, Template};
use crate::diagnostic;
use crate::otp::Parameters;
use crate::vault::totp::Seed;

/// After this many refused codes within [`REFUSALS_SPAN`] no further one is typed: sites lock accounts.
const MOST_REFUSALS: u32 = 2;

/// How far back refused codes count.
const REFUSALS_SPAN: Duration = Duration::from_secs(600);

impl Run<'_, '_> {
    /// The code of `template`, leased, for a clock that is apart by `skew`. It waits for the next period where this one
    /// is nearly over, or has been used.
    pub(super) async fn code(
        &mut self,
        row: usize,
        template: &Template,
        parameters: Parameters,
        skew: Skew,
    ) -> Result<Result<Leased, Stop>, Error> {
        let object = object(template);
        let origin = match self.origin(row, template, parameters, object)? {
            Ok(origin) => origin,
            Err(stop) => return Ok(Err(stop)),
        };
        let id = origin.id(self.store.lease_key());
        let now = self.clock.now();
        let since = now.checked_sub(REFUSALS_SPAN).unwrap_or(now);
        let refused = self.store.refusals(&id, since).await?;
        // The second code of this very session is the one that is still allowed.
        if refused >= MOST_REFUSALS {
            let account =
                self.armed.values.account(object).map(|account| account.reference.clone());
            return Err(Error::CodesRefused {
                account: account.unwrap_or_else(|| self.armed.values.target.reference.clone()),
                refused,
                minutes: i64::try_from(REFUSALS_SPAN.as_secs() / 60).unwrap_or(10),
            });
        }
        let lessor = Lessor {
            store: self.store,
            clock: self.clock,
            ahead: skew.millis(),
            progress: self.progress,
        };
        if let Some(leased) = lessor.lease(&origin).await? {
            return Ok(Ok(leased));
        }
        let stop = Stop::new(
            diagnostic::Code::NotReady,
            Some(row),
            template.span,
            format!(
                "no one-time code was free for {PATIENCE} periods: other sessions use the same secret"
            ),
        );
        Ok(Err(stop
            .help("wait until they have signed in, or give each person an account of their own")))
    }

    fn origin(
        &self,
        row: usize,
        template: &Template,
        parameters: Parameters,
        object: Object,
    ) -> Result<Result<Origin, Stop>, Error> {
        if self.armed.is_computed(template)
            && let Some(account) = self.armed.values.account(object)
        {
            let grant = self.grant.linked(account.reference.clone());
            let Some(vault) = self.vaults.find(grant.account())? else {
                return Err(Error::UnknownVault {
                    account: self.armed.values.target.reference.clone(),
                    linked: grant.account().clone(),
                });
            };
            return Ok(Ok(Origin::Vault(vault, grant)));
        }
        let secret = match self.armed.values.typed(Some(row), template) {
            Ok(secret) => secret,
            Err(stop) => return Ok(Err(stop)),
        };
        let seed = Seed::read(&secret, parameters);
        Ok(seed.map(Origin::Seed).map_err(|error| {
            Stop::new(diagnostic::Code::NotATotpSecret, Some(row), template.span, error.to_string())
        }))
    }
}

/// Whose secret a template holds.
pub(super) fn object(template: &Template) -> Object {
    template
        .parts
        .iter()
        .find_map(|part| match part {
            Part::Placeholder(placeholder) => Some(placeholder.object),
            Part::Literal(_) => None,
        })
        .unwrap_or(Object::Target)
}

/// Whether `password` of an account stands behind `template`, or another property that is protected.
pub(super) fn is_secret(template: &Template, values: &super::value::Values) -> bool {
    template.parts.iter().any(|part| match part {
        Part::Literal(_) => false,
        Part::Placeholder(placeholder) => {
            values.account(placeholder.object).is_some_and(|account| {
                (placeholder.property == "password" && account.password.secret().is_some())
                    || account.properties.get(&placeholder.property).is_some_and(|p| p.protected)
            })
        }
    })
}
