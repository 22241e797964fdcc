//! A step: one row of `WebFormFields`, resolved.

use std::time::Duration;

use super::template::Template;
use crate::diagnostic::Span;
use crate::key::Key;
use crate::locator::By;
use crate::otp;

/// One row.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its number among the rows, from 1.
    pub row: usize,
    /// The whole row in the file, without the blanks around it.
    pub span: Span,
    /// What it does.
    pub verb: Verb,
    /// The options that any row may have.
    pub options: Options,
}

/// The options that any row may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// `(Timeout=5s)`; otherwise the connector's `ActionTimeout`.
    pub timeout: Option<Duration>,
    /// `(Optional)`: skipped when its element does not come in time.
    pub optional: bool,
    /// `(Sealed)`, or `Injection: Sealed`: the page is typed a stand-in, and the secret takes its place in the
    /// request that carries it.
    pub sealed: bool,
}

/// Where a row's element is: a locator whose text may have placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatorTemplate {
    /// `SearchBy`.
    pub by: By,
    /// What it looks for; its span is the place of the caret when the row stops.
    pub text: Template,
    /// `(Nth=2)`, from 1.
    pub nth: Option<usize>,
}

/// What a row does.
#[derive(Debug, Clone)]
pub enum Verb {
    /// Something to one element.
    Act(LocatorTemplate, Act),
    /// `(Validation)`: one way to see that the sign-in succeeded.
    Validation(LocatorTemplate),
    /// `(Failure=cause)`: one way to see that the site refused, and why.
    Failure(LocatorTemplate, String),
    /// `(Frame=top)`: back to the top document.
    FrameTop,
    /// `(Press=Enter)` without a locator: a key for whatever has the focus.
    PressFocused(Key),
    /// `(Wait=2s)`: nothing but time.
    Wait(Duration),
    /// `(Navigate=url)`.
    Navigate(Template),
    /// `(Handover=text)`: a person does one thing, then the rows go on.
    Handover(String),
}

/// What happens to the one element of a row.
#[derive(Debug, Clone)]
pub enum Act {
    /// Types a value as key events, after the field is cleared.
    Type(Template),
    /// `(TOTP) <secret>`: types the one-time code of the secret.
    Totp(Template, otp::Parameters),
    /// `(Button)`: presses what is expected to submit or to change the page.
    Button,
    /// `(Click)`.
    Click,
    /// `(ScriptClick)`: a click by script, for an element that an ordinary one does not reach.
    ScriptClick,
    /// `(Select) option`: chooses the option with this text or value.
    Select(Template),
    /// `(Check)`.
    Check,
    /// `(Uncheck)`.
    Uncheck,
    /// `(Press=Enter)`: a key for this element.
    Press(Key),
    /// `(Frame)`: the rows that follow mean elements inside this frame.
    Frame,
}
