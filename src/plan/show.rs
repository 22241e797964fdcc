//! Show: a plan as text for people. Templates only: there is no value in a plan.

use std::fmt::Write;
use std::time::Duration;

use super::{Class, Plan, Stage};
use crate::connector::{Act, LocatorTemplate, Object, Options, Part, Step, Template, Verb};
use crate::locator::By;
use crate::name::AccountRef;

impl Plan {
    /// How many rows the connector has.
    pub fn rows(&self) -> usize {
        self.connector.steps.last().map_or(0, |step| step.row)
    }

    /// A line for progress: ``row 2 of 6: type <password> into `password` ``.
    pub fn progress(&self, step: &Step) -> String {
        format!("row {} of {}: {}", step.row, self.rows(), step.describe())
    }

    /// Where values of accounts may be typed, as templates; empty means the origin of `LogonURL`.
    pub fn origins(&self) -> Vec<String> {
        self.connector.settings.allowed_origins.iter().map(ToString::to_string).collect()
    }

    /// Where the values of a row come from, in words.
    pub fn sources(&self, row: usize) -> Vec<String> {
        let mut sources: Vec<String> = Vec::new();
        let account = &self.request.account;
        for slot in self.slots.iter().filter(|slot| slot.row == Some(row)) {
            let property = &slot.placeholder.property;
            let source = match slot.placeholder.object {
                Object::Target => format!("{account}: {property}"),
                object @ (Object::LogonAccount | Object::ReconcileAccount) => {
                    match self.link(object) {
                        Some(linked) => format!("{linked}, the {}: {property}", object.role()),
                        None => {
                            format!("the {} that {account} links to: {property}", object.role())
                        }
                    }
                }
                Object::User => format!("the person who asks: {property}"),
                Object::Param => format!("--param {property}"),
            };
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        sources
    }

    /// The account that is linked as `object`, where that is known before a vault is asked.
    pub fn link(&self, object: Object) -> Option<&AccountRef> {
        let links = &self.request.links;
        match object {
            Object::LogonAccount => links.logon_account.as_ref(),
            Object::ReconcileAccount => links.reconcile_account.as_ref(),
            _ => None,
        }
    }

    /// The whole plan as a plain table: what is opened, where secrets may go, every row.
    pub fn show(&self) -> String {
        let settings = &self.connector.settings;
        let mut text = String::new();
        let _ = writeln!(text, "{} ({})", self.connector.display_name, self.connector.id);
        let _ = writeln!(text, "account  {}", self.request.account);
        let _ = writeln!(text, "opens    {}", settings.logon_url);
        let origins = match self.origins().as_slice() {
            [] => "the origin of the page above".to_owned(),
            origins => origins.join(", "),
        };
        let _ = writeln!(text, "types    values of accounts only into {origins}");
        if let Some(auth) = &settings.basic_auth {
            let _ = writeln!(
                text,
                "answers  HTTP Basic or Digest with {} and {}",
                auth.username, auth.password
            );
        }
        let live = settings.permissions.words();
        if !live.is_empty() {
            let _ = writeln!(text, "live     {} (under `doorward serve`)", live.join(", "));
        }
        for (name, value) in &self.request.params {
            let _ = writeln!(text, "param    {name} = {value}");
        }
        let mut steps: Vec<&Step> = Vec::new();
        for stage in &self.stages {
            match stage {
                Stage::Row(step, _) => steps.push(step),
                Stage::Checkpoint(checkpoint) => {
                    let before = steps.len();
                    steps.extend(checkpoint.validations.iter().chain(&checkpoint.failures));
                    steps[before..].sort_by_key(|step| step.row);
                }
            }
        }
        text.push('\n');
        for step in steps {
            let secret = self
                .slots
                .iter()
                .any(|slot| slot.row == Some(step.row) && slot.class == Class::Secret);
            let mark = if secret { "  [secret]" } else { "" };
            let _ = writeln!(text, "{:>3}  {}{mark}", step.row, step.describe());
            let types = matches!(&step.verb, Verb::Act(_, Act::Type(_) | Act::Totp(..)));
            for source in self.sources(step.row).iter().filter(|_| types) {
                let _ = writeln!(text, "     from {source}");
            }
        }
        text
    }
}

impl Step {
    /// What the row does, as one line of text; placeholders stand for themselves.
    pub fn describe(&self) -> String {
        let mut text = match &self.verb {
            Verb::Act(locator, act) => describe_act(locator, act),
            Verb::Validation(locator) => format!("signed in if {} shows", element(locator)),
            Verb::Failure(locator, cause) => {
                format!("refused ({cause}) if {} shows", element(locator))
            }
            Verb::FrameTop => "leave all frames".to_owned(),
            Verb::PressFocused(key) => format!("press {key}"),
            Verb::Wait(duration) => format!("wait {}", time(*duration)),
            Verb::Navigate(url) => format!("open {url}"),
            Verb::Handover(task) => format!("hand over to a person: {task}"),
        };
        let Options { timeout, optional, sealed } = self.options;
        if sealed {
            text.push_str(", sealed");
        }
        if let Some(timeout) = timeout {
            let _ = write!(text, ", within {}", time(timeout));
        }
        if optional {
            text.push_str(", if it comes");
        }
        text
    }
}

fn describe_act(locator: &LocatorTemplate, act: &Act) -> String {
    let element = element(locator);
    match act {
        Act::Type(value) => format!("type {value} into {element}"),
        Act::Totp(secret, _) => format!("type the one-time code of {secret} into {element}"),
        Act::Button => format!("press {element}"),
        Act::Click => format!("click {element}"),
        Act::ScriptClick => format!("click {element} by script"),
        Act::Select(option) => format!("select {option} in {element}"),
        Act::Check => format!("check {element}"),
        Act::Uncheck => format!("uncheck {element}"),
        Act::Press(key) => format!("press {key} in {element}"),
        Act::Frame => format!("enter the frame {element}"),
    }
}

/// The element of a row: `` `username` ``, or with its strategy where that is no attribute's name.
fn element(locator: &LocatorTemplate) -> String {
    let text = plain(&locator.text);
    let nth = locator.nth.map_or_else(String::new, |nth| format!(" (match {nth})"));
    match locator.by {
        By::Auto | By::Id | By::Name | By::Class | By::Css | By::XPath => format!("`{text}`{nth}"),
        By::Text => format!("the text `{text}`{nth}"),
        By::Label => format!("the field labelled `{text}`{nth}"),
        By::Placeholder => format!("the field with the placeholder `{text}`{nth}"),
        By::LinkText => format!("the link `{text}`{nth}"),
        By::Url => format!("the page `{text}`"),
    }
}

/// A template as its author thinks of it: without the escapes that a row needs.
fn plain(template: &Template) -> String {
    let parts = template.parts.iter().map(|part| match part {
        Part::Literal(text) => text.clone(),
        Part::Placeholder(placeholder) => placeholder.to_string(),
    });
    parts.collect()
}

/// A duration in the words of a connector.
fn time(duration: Duration) -> String {
    match (duration.as_millis(), duration.as_secs()) {
        (milliseconds, seconds) if milliseconds != u128::from(seconds) * 1000 => {
            format!("{milliseconds}ms")
        }
        (_, seconds) if seconds % 60 == 0 => format!("{}m", seconds / 60),
        (_, seconds) => format!("{seconds}s"),
    }
}
