//! A draft: what a source means, in doorward's terms, before it is written.

use std::time::Duration;

use super::report::Report;
use crate::connector::{Keyword, Object, Part, Permissions, Placeholder, Template};
use crate::diagnostic::Span;
use crate::locator::By;
use crate::otp;

/// A connector to be.
#[derive(Debug)]
pub(super) struct Draft {
    /// Its name in the source.
    pub(super) name: String,
    /// What people call it.
    pub(super) title: Option<String>,
    /// Where it begins in the source.
    pub(super) at: usize,
    pub(super) logon_url: Template,
    pub(super) origins: Vec<Template>,
    pub(super) allowed_urls: Vec<Template>,
    pub(super) allow_insecure: bool,
    pub(super) action_timeout: Option<Duration>,
    pub(super) page_load_timeout: Option<Duration>,
    pub(super) run_validations: bool,
    pub(super) enforce_certificates: bool,
    pub(super) permissions: Permissions,
    pub(super) parameters: Vec<Parameter>,
    pub(super) lines: Vec<Line>,
    pub(super) report: Report,
    /// Why nothing can be made of it, whatever the rows are.
    pub(super) refused: Option<super::Refusal>,
}

impl Draft {
    /// A draft with doorward's own defaults.
    pub(super) fn new(name: impl Into<String>, at: usize, logon_url: Template) -> Self {
        Self {
            name: name.into(),
            title: None,
            at,
            logon_url,
            origins: Vec::new(),
            allowed_urls: Vec::new(),
            allow_insecure: false,
            action_timeout: None,
            page_load_timeout: None,
            run_validations: true,
            enforce_certificates: true,
            permissions: Permissions::default(),
            parameters: Vec::new(),
            lines: Vec::new(),
            report: Report::default(),
            refused: None,
        }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, at: usize, locator: Option<Locator>, action: Action) {
        self.lines.push(Line::Row(Row { at, locator, action, optional: false }));
    }

    /// Adds a remark for a person, where rows stand.
    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Note(text.into()));
    }

    /// Declares what is asked at connect, once.
    pub(super) fn parameter(&mut self, name: &str, title: Option<&str>, default: Option<&str>) {
        if !self.parameters.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
            self.parameters.push(Parameter {
                name: name.to_owned(),
                title: title.filter(|title| !title.trim().is_empty()).map(str::to_owned),
                default: default.filter(|default| !default.trim().is_empty()).map(str::to_owned),
            });
        }
    }

    /// The rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.lines.iter().filter_map(|line| match line {
            Line::Row(row) => Some(row),
            Line::Note(_) => None,
        })
    }
}

/// One of `UserParameters`.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) title: Option<String>,
    pub(super) default: Option<String>,
}

/// A line of `WebFormFields`.
#[derive(Debug)]
pub(super) enum Line {
    Row(Row),
    /// A comment: something that needs a person.
    Note(String),
}

/// A row.
#[derive(Debug)]
pub(super) struct Row {
    /// Where it stands in the source.
    pub(super) at: usize,
    pub(super) locator: Option<Locator>,
    pub(super) action: Action,
    pub(super) optional: bool,
}

/// Where the element of a row is.
#[derive(Debug, Clone)]
pub(super) struct Locator {
    pub(super) by: By,
    pub(super) text: Template,
    pub(super) nth: Option<usize>,
}

impl Locator {
    /// A locator without placeholders.
    pub(super) fn new(by: By, text: &str) -> Self {
        Self { by, text: literal(text), nth: None }
    }

    /// What it looks for, its placeholders left out.
    pub(super) fn words(&self) -> String {
        words(&self.text)
    }
}

/// What a row does.
#[derive(Debug)]
pub(super) enum Action {
    Type(Template),
    Totp(Template, otp::Parameters),
    /// `(Button)` and the like, or `(Press=Enter)` with its argument.
    Do(Keyword, Option<String>),
    Navigate(Template),
    /// `(Select)` of an option.
    Choose(Template),
}

/// Tells when no row says what success is: no other system wants one, and doorward calls nothing a success without.
pub(super) fn success(draft: &mut Draft, at: usize) {
    if draft.rows().any(|row| matches!(row.action, Action::Do(Keyword::Validation, _))) {
        return;
    }
    draft.note(
        "Add what only a signed-in page has, such as: .avatar-menu > (Validation) (SearchBy=css)",
    );
    draft.report.review(
        at,
        "no `(Validation)`",
        "the source does not say what a successful sign-in looks like, so none will be called one",
        "add a row for something that only a signed-in page has: `.avatar-menu > (Validation) (SearchBy=css)`; \
         and `(Failure=wrong password)` for what a refused one shows",
    );
}

/// A template of text alone.
pub(super) fn literal(text: &str) -> Template {
    template([Part::Literal(text.to_owned())])
}

/// A template of one placeholder.
pub(super) fn place(object: Object, property: &str) -> Template {
    template([placeholder(object, property)])
}

/// A placeholder as a part; account properties ignore case, parameters keep it.
pub(super) fn placeholder(object: Object, property: &str) -> Part {
    let property = match object {
        Object::Param => property.to_owned(),
        _ => property.to_lowercase(),
    };
    Part::Placeholder(Placeholder { object, property, span: Span::default() })
}

/// A template of `parts`; neighbouring texts become one, empty ones go.
pub(super) fn template(parts: impl IntoIterator<Item = Part>) -> Template {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        match (part, joined.last_mut()) {
            (Part::Literal(text), _) if text.is_empty() => {}
            (Part::Literal(text), Some(Part::Literal(before))) => before.push_str(&text),
            (part, _) => joined.push(part),
        }
    }
    Template { parts: joined, span: Span::default() }
}

/// The texts of a template.
pub(super) fn words(template: &Template) -> String {
    template
        .parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.as_str(),
            Part::Placeholder(_) => "",
        })
        .collect()
}
