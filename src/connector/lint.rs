//! Lint: what is wrong, or doubtful, only when the connector is seen as a whole.

use super::capability::Line;
use super::report::Report;
use super::step::{Act, LocatorTemplate, Step, Verb};
use super::template::{Object, Part, Placeholder, Template};
use super::{Capability, Settings, pattern, reach, xpath};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::locator::By;

/// Refuses rows whose object needs a capability that is not declared; warns of one that no row needs.
pub(super) fn capabilities(
    id: Option<&str>,
    settings: Option<&Settings>,
    steps: &[Step],
    declared: &[(Capability, Span)],
    written: &Line<'_>,
    report: &mut Report,
) {
    let has = |capability| declared.iter().any(|(declared, _)| *declared == capability);
    let id = id.unwrap_or("this connector");
    let settings =
        settings.map(|settings| ("a setting".to_owned(), settings.templates().collect()));
    let rows = steps.iter().map(|step| (format!("row {}", step.row), step.templates()));
    let places: Vec<(String, Vec<&Template>)> = settings.into_iter().chain(rows).collect();
    let mut needs: Vec<(Capability, &Placeholder, &str)> = Vec::new();
    for (place, templates) in &places {
        for capability in Capability::ALL {
            let mut all = templates.iter().flat_map(|template| template.placeholders());
            if let Some(first) = all.find(|found| found.object == capability.object()) {
                needs.push((capability, first, place));
            }
        }
    }
    let used = |capability| needs.iter().any(|(needed, ..)| *needed == capability);
    let line: Vec<&str> = Capability::ALL
        .into_iter()
        .filter(|capability| has(*capability) || used(*capability))
        .map(Capability::word)
        .collect();
    let line = format!("SupportedCapabilities: [{}]", line.join(", "));
    for (capability, placeholder, place) in needs.iter().filter(|(needed, ..)| !has(*needed)) {
        let (word, object) = (capability.word(), placeholder.object.word());
        let message = format!(
            "{place} of `{id}` names `{object}`, and the connector does not declare the capability `{word}`"
        );
        let span = placeholder.span;
        let found = Diagnostic::error(Code::CapabilityNotDeclared, &report.source, span, message)
            .label(format!("needs `{word}`"));
        let found = match written.add(word, &report.source) {
            Some(edits) => found.fix(format!("declare the capability `{word}`"), edits),
            None => found,
        };
        report.push(match written.key() {
            Some(key) => found
                .related(key, format!("lacks `{word}`"))
                .help(format!("change this line to `{line}`")),
            None => found.help(format!("add the line `{line}`")),
        });
    }
    for (capability, span) in declared {
        // A row that could not be read may have been the one that needs it.
        if !used(*capability) && !report.has_errors() {
            let word = capability.word();
            let message = format!("no row needs the capability `{word}`");
            let help = format!(
                "remove it, or use it in a row: `<{}\\password>`",
                capability.object().word()
            );
            let found = Diagnostic::warning(Code::CapabilityUnused, &report.source, *span, message)
                .help(help);
            report.push(match written.remove(*span, &report.source) {
                Some(edits) => found.fix(format!("remove the capability `{word}`"), edits),
                None => found,
            });
        }
    }
}

/// Warns of rows that work and should not be there, and of what should be there and is not.
pub(super) fn steps(settings: &Settings, steps: &[Step], key: Span, report: &mut Report) {
    for step in steps {
        if matches!(step.verb, Verb::Wait(_)) {
            let message = "this row waits for time, which is too long on a good day and too short on a bad one";
            let help = "remove it: every row waits until its own element is ready; `(Timeout=20s)` on the \
                        next row gives it longer";
            report.warning(Code::WaitRow, step.span, message, help);
        }
    }
    for step in steps {
        if let Verb::Validation(locator) = &step.verb
            && settings.run_validations
            && !report.has_within(step.span)
            && reads_text(locator)
        {
            let message = "this validation depends on the language of the page";
            let help = "name an element that only a signed-in page has, by its id or class: \
                        `.avatar-menu > (Validation) (SearchBy=css)`";
            report.warning(Code::TextValidation, locator.text.span, message, help);
        }
    }
    pattern::check(settings, steps, report);
    reach::check(steps, report);
    let sign = |step: &Step| matches!(step.verb, Verb::Validation(_) | Verb::Failure(..));
    let last = steps.iter().rposition(sign).map_or(0, |at| at + 1);
    let from = steps[..last].iter().rposition(|step| !sign(step)).map_or(0, |at| at + 1);
    let last = &steps[from..last];
    let has_validation = steps.iter().any(|step| matches!(step.verb, Verb::Validation(_)));
    if settings.run_validations && !has_validation && !steps.is_empty() && !report.has_errors() {
        let message = "no row says how a successful sign-in looks, so none will be called one";
        let help = "add a row for something that only a signed-in page has: \
                    `.avatar-menu > (Validation) (SearchBy=css)`";
        report.warning(Code::NoValidation, key, message, help);
    } else if settings.run_validations
        && !report.has_errors()
        && let Some(first) = last.first()
        && !last.iter().any(|step| matches!(step.verb, Verb::Validation(_)))
    {
        let message =
            "the last checkpoint has failures alone, so no sign-in will be called successful";
        let help =
            "put a `(Validation)` row beside it, for something that only a signed-in page has";
        report.warning(Code::NoValidation, first.span, message, help);
    }
}

/// Whether it looks for words, which are others in another language.
fn reads_text(locator: &LocatorTemplate) -> bool {
    let words = |part: &Part| match part {
        Part::Literal(text) => text.contains(char::is_alphabetic),
        Part::Placeholder(_) => false,
    };
    match locator.by {
        By::Text | By::LinkText | By::Label | By::Placeholder => {
            locator.text.parts.iter().any(words)
        }
        By::XPath => xpath::compares_text(&pattern::text(&locator.text)),
        _ => false,
    }
}

impl Settings {
    /// The templates in it: `LogonURL` first.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        let answered = self.basic_auth.as_ref().map(|auth| [&auth.username, &auth.password]);
        std::iter::once(&self.logon_url)
            .chain(&self.allowed_origins)
            .chain(&self.allowed_urls)
            .chain(answered.into_iter().flatten())
    }
}

impl Step {
    /// The templates in it: the locator first.
    pub fn templates(&self) -> Vec<&Template> {
        match &self.verb {
            Verb::Act(locator, act) => {
                let mut all = vec![&locator.text];
                if let Act::Type(value) | Act::Totp(value, _) | Act::Select(value) = act {
                    all.push(value);
                }
                all
            }
            Verb::Validation(locator) | Verb::Failure(locator, _) => vec![&locator.text],
            Verb::Navigate(url) => vec![url],
            Verb::FrameTop | Verb::PressFocused(_) | Verb::Wait(_) | Verb::Handover(_) => {
                Vec::new()
            }
        }
    }
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 2] = [Self::LogonAccount, Self::ReconcileAccount];

    /// The word under `SupportedCapabilities`.
    pub fn word(self) -> &'static str {
        match self {
            Self::LogonAccount => "LogonAccount",
            Self::ReconcileAccount => "ReconcileAccount",
        }
    }

    /// The object that it lets rows name.
    pub fn object(self) -> Object {
        match self {
            Self::LogonAccount => Object::LogonAccount,
            Self::ReconcileAccount => Object::ReconcileAccount,
        }
    }
}
