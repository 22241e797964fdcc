//! A decision: whether something may be done, and which policies say so.

use std::fmt;

/// A policy, by its id and its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cited {
    /// Its `@id`.
    pub id: String,
    /// The file, as it was named.
    pub path: String,
    /// The line of its `permit` or `forbid`, from 1.
    pub line: usize,
}

impl fmt::Display for Cited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}:{})", self.id, self.path, self.line)
    }
}

/// How it was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A policy permits it, and none forbids it.
    Permitted,
    /// A policy forbids it.
    Forbidden,
    /// No policy permits it.
    Unpermitted,
    /// A `forbid` could not be evaluated: it might have forbidden it.
    Erred,
    /// The policies cannot be used, so nothing is permitted.
    Broken,
}

/// Whether something may be done.
#[derive(Debug, Clone)]
pub struct Decision {
    /// How it was decided.
    pub verdict: Verdict,
    /// The policies that decided: those that permit it, or those that forbid it.
    pub by: Vec<Cited>,
    /// Policies that could not be evaluated, each with why. A `permit` among them permits nothing.
    pub erred: Vec<(Cited, String)>,
    /// Whether the configuration names policies; without them the patterns of users decide.
    pub configured: bool,
    /// Whether it would be permitted with another reason or ticket.
    pub wants_words: bool,
}

/// A decision, and what came near it.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The decision.
    pub decision: Decision,
    /// Policies that permit it, where others forbid it.
    pub overruled: Vec<Cited>,
    /// Policies whose person, action and resource fit, and whose conditions do not hold.
    pub near: Vec<Cited>,
}

impl Decision {
    /// Whether it is permitted.
    pub fn is_permitted(&self) -> bool {
        self.verdict == Verdict::Permitted
    }

    /// The ids of the policies that decided.
    pub fn ids(&self) -> Vec<String> {
        self.by.iter().map(|cited| cited.id.clone()).collect()
    }

    /// Why it is not permitted, to be put after what is not: `: the policy …`; empty where no policies are configured.
    pub fn because(&self) -> String {
        let first = |cited: Option<&Cited>| cited.map_or("?", |cited| cited.id.as_str()).to_owned();
        match self.verdict {
            Verdict::Permitted => String::new(),
            Verdict::Unpermitted if !self.configured => String::new(),
            Verdict::Unpermitted if self.wants_words => {
                ": the access policies ask for a reason or a ticket, or for another one".to_owned()
            }
            Verdict::Unpermitted => ": no access policy permits it".to_owned(),
            Verdict::Forbidden => {
                format!(": the access policy `{}` forbids it", first(self.by.first()))
            }
            Verdict::Erred => {
                let erred = self.erred.first().map(|(cited, _)| cited);
                format!(": the access policy `{}` could not be evaluated", first(erred))
            }
            Verdict::Broken => {
                ": the access policies have errors, so nothing new is permitted".to_owned()
            }
        }
    }

    /// What to do next.
    pub fn help(&self) -> String {
        match self.verdict {
            _ if !self.configured => {
                "ask an administrator of the portal: `doorward user change NAME --accounts PATTERN`, or the page Users"
            }
            Verdict::Broken => "ask the one who runs doorward: `doorward policy check` says what is wrong",
            _ if self.wants_words => "say why you need it, and name the ticket if there is one",
            _ => "ask an administrator; `doorward policy explain` tells them which policies decide",
        }
        .to_owned()
    }

    /// The facts for the record.
    pub fn on_record(&self) -> Vec<(String, String)> {
        let mut facts = Vec::new();
        if !self.by.is_empty() {
            facts.push(("policies".to_owned(), self.ids().join(" ")));
        }
        if !self.erred.is_empty() {
            let erred: Vec<&str> = self.erred.iter().map(|(cited, _)| cited.id.as_str()).collect();
            facts.push(("policies_erred".to_owned(), erred.join(" ")));
        }
        facts
    }
}
