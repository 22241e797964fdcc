//! Reading: from the texts of files to policies that fit the schema, with everything that is wrong with them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cedar_policy::ffi::DetailedError;
use cedar_policy::{Policy, PolicyId, PolicySet, ValidationMode, Validator};

use super::decision::Cited;
use super::text::{Statement, statements};
use super::world::CHECKED;
use crate::diagnostic::{Code, Diagnostic, Source, Span};

/// The longest `@id`, in characters: it goes on record.
const LONGEST_ID: usize = 100;

/// How many problems of one kind of reading are told; a file of something else has as many as it has words.
const MOST: usize = 100;

/// What the files turned out to be.
#[derive(Default)]
pub(super) struct Read {
    /// The policies, under their ids.
    pub(super) policies: PolicySet,
    /// Where each of them is.
    pub(super) cited: HashMap<PolicyId, Cited>,
    /// Everything that is wrong or doubtful, in the order of the files.
    pub(super) found: Vec<Diagnostic>,
}

/// A policy in its file.
struct Place {
    /// The number of the file.
    file: usize,
    source: Arc<Source>,
    /// The whole policy, in bytes of the file.
    whole: Span,
    /// Its `@id`, or its first word where it has none.
    name: Span,
}

/// Reads the policies of `sources`.
pub(super) fn read(sources: &[Arc<Source>]) -> Read {
    let mut read = Read::default();
    let mut places: HashMap<PolicyId, Place> = HashMap::new();
    let mut found: Vec<(usize, Diagnostic)> = Vec::new();
    for (file, source) in sources.iter().enumerate() {
        let mut wrong = Vec::new();
        for Statement { range, refused } in statements(&source.text) {
            let whole = Span::new(range.start, range.end);
            if let Some(message) = refused {
                let help = "write it as several policies";
                wrong.push(problem(Code::InvalidPolicy, source, whole, message).help(help));
                continue;
            }
            let text = &source.text[range];
            let policy = match Policy::parse(None, text) {
                Ok(policy) => policy,
                Err(errors) => {
                    let errors = DetailedError::from(&errors);
                    unread(&errors, source, whole, &mut wrong);
                    continue;
                }
            };
            let place = Place { file, source: Arc::clone(source), whole, name: name(text, whole) };
            let Some(id) = id(&policy) else {
                wrong.push(nameless(&policy, &place));
                continue;
            };
            if let Some(first) = places.get(&id) {
                wrong.push(repeated(&id, &place, first));
                continue;
            }
            let line = source.position(effect(text, whole)).0;
            let cited =
                Cited { id: AsRef::<str>::as_ref(&id).to_owned(), path: source.path.clone(), line };
            // An id that is there already was told above.
            if read.policies.add(policy.new_id(id.clone())).is_ok() {
                read.cited.insert(id.clone(), cited);
                places.insert(id, place);
            }
        }
        wrong.truncate(MOST);
        found.extend(wrong.into_iter().map(|wrong| (file, wrong)));
    }
    found.extend(checked(&read.policies, &places));
    // The validator goes through actions in an order of its own.
    found.sort_by(|(file, one), (other_file, other)| {
        let key = |found: &Diagnostic| (found.primary.span.start, found.code);
        (file, key(one), &one.message).cmp(&(other_file, key(other), &other.message))
    });
    read.found = found.into_iter().map(|(_, found)| found).collect();
    read
}

/// What does not fit the schema, and what Cedar doubts.
fn checked(policies: &PolicySet, places: &HashMap<PolicyId, Place>) -> Vec<(usize, Diagnostic)> {
    let result = Validator::new(CHECKED.clone()).validate(policies, ValidationMode::Strict);
    // What has an error is doubted, too, and its author need not hear of both.
    let wrong: HashSet<&PolicyId> =
        result.validation_errors().map(|error| error.policy_id()).collect();
    let errors = result
        .validation_errors()
        .map(|error| (Code::PolicyMismatch, error.policy_id().clone(), DetailedError::from(error)));
    let doubts = result.validation_warnings();
    let warnings = doubts.filter(|doubt| !wrong.contains(doubt.policy_id())).map(|warning| {
        (Code::DoubtfulPolicy, warning.policy_id().clone(), DetailedError::from(warning))
    });
    let told = errors.chain(warnings).take(MOST).filter_map(|(code, id, error)| {
        let place = places.get(&id)?;
        Some((place.file, told(code, &error, &place.source, place.whole, place.name)))
    });
    told.collect()
}

/// The `@id` of a policy, if the record can have it.
fn id(policy: &Policy) -> Option<PolicyId> {
    let id = policy.annotation("id")?;
    let plain = |c: char| !c.is_control() && !c.is_whitespace();
    let holds = !id.is_empty() && id.chars().count() <= LONGEST_ID && id.chars().all(plain);
    holds.then(|| PolicyId::new(id))
}

/// Where a policy is named in its `text`, which is at `whole`.
fn name(text: &str, whole: Span) -> Span {
    let named = text.find("@id").map(|at| (at, text[at..].find(')').map_or(3, |end| end + 1)));
    let (at, length) = named.unwrap_or_else(|| {
        let at = effect(text, whole) - whole.start;
        let word = text[at..].find(|c: char| !c.is_alphabetic());
        (at, word.unwrap_or(text.len() - at))
    });
    Span::new(whole.start + at, whole.start + at + length)
}

/// Where the `permit` or `forbid` of a policy stands, which follows its annotations.
fn effect(text: &str, whole: Span) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let word = line.trim_start();
        if word.starts_with("permit") || word.starts_with("forbid") {
            return whole.start + at + line.len() - word.len();
        }
        at += line.len();
    }
    whole.start
}

fn problem(code: Code, source: &Arc<Source>, span: Span, message: impl Into<String>) -> Diagnostic {
    match code {
        Code::DoubtfulPolicy => Diagnostic::warning(code, source, span, message),
        _ => Diagnostic::error(code, source, span, message),
    }
}

/// What the parser says of a policy at `whole`.
fn unread(error: &DetailedError, source: &Arc<Source>, whole: Span, wrong: &mut Vec<Diagnostic>) {
    wrong.push(told(Code::InvalidPolicy, error, source, whole, whole));
    for error in &error.related {
        unread(error, source, whole, wrong);
    }
}

/// What Cedar says of the policy at `whole`, with its places; `otherwise` where it has none.
fn told(
    code: Code,
    error: &DetailedError,
    source: &Arc<Source>,
    whole: Span,
    otherwise: Span,
) -> Diagnostic {
    let mut labels = error.source_locations.iter();
    let within = |start: usize, end: usize| {
        let most = whole.end;
        Span::new((whole.start + start).min(most), (whole.start + end).min(most))
    };
    let mut diagnostic = match labels.next() {
        Some(label) => {
            let span = within(label.loc.start, label.loc.end);
            let told = problem(code, source, span, message(&error.message));
            told.label(label.label.clone().unwrap_or_default())
        }
        None => problem(code, source, otherwise, message(&error.message)),
    };
    for label in labels {
        let span = within(label.loc.start, label.loc.end);
        diagnostic = diagnostic.related(span, label.label.clone().unwrap_or_default());
    }
    let written = source.text.get(diagnostic.primary.span.range()).unwrap_or_default();
    match (error.help.as_ref().filter(|help| is_near(help, written)), code) {
        (Some(help), _) => diagnostic.help(help.clone()),
        (None, Code::PolicyMismatch) => {
            diagnostic.help("`doorward policy schema` prints all that a policy can name")
        }
        (None, _) => diagnostic,
    }
}

/// Whether a help is one that helps: Cedar suggests the nearest name, however far that is, and of several one by chance.
fn is_near(help: &str, written: &str) -> bool {
    let suggested = help.strip_prefix("did you mean `").and_then(|rest| rest.split_once('`'));
    let Some((suggested, _)) = suggested else { return true };
    let written = written.rsplit('.').next().unwrap_or_default();
    written.len() < 200 && strsim::damerau_levenshtein(suggested, written) <= 1 + written.len() / 4
}

/// The message without the id of the policy, whose place is shown.
fn message(text: &str) -> String {
    let named = text.strip_prefix("for policy `");
    let rest = named.and_then(|rest| rest.split_once("`, ").or_else(|| rest.split_once("`: ")));
    rest.map_or(text, |(_, rest)| rest).to_owned()
}

fn nameless(policy: &Policy, place: &Place) -> Diagnostic {
    let message = match policy.annotation("id") {
        None => "this policy has no `@id`, by which the record names what decided",
        Some("") => "the `@id` of this policy is empty",
        Some(_) => "the `@id` of this policy holds a blank, or is longer than 100 characters",
    };
    problem(Code::MissingPolicyId, &place.source, place.name, message)
        .help("write one before it, such as `@id(\"databases-by-day\")`")
}

fn repeated(id: &PolicyId, place: &Place, first: &Place) -> Diagnostic {
    let message = format!("another policy has the id `{}`", AsRef::<str>::as_ref(id));
    let told = problem(Code::DuplicatePolicyId, &place.source, place.name, message)
        .help("an id names one policy in every record: give this one another");
    match Arc::ptr_eq(&place.source, &first.source) {
        true => told.related(first.name, "first here"),
        false => told.elsewhere(&first.source, first.name, "first here"),
    }
}
