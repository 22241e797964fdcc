//! A set of policies as they were read at one moment: it decides.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;

use cedar_policy::{AuthorizationError, Authorizer, Effect, Policy, PolicyId, PolicySet};
use serde_json::Value;

use super::ask::{Ask, Deed};
use super::decision::{Cited, Decision, Explained, Verdict};
use super::grant::{Grant, Refusal};
use super::index::Index;
use super::policies::{Unread, first};
use super::read::{Read, read};
use super::world::Question;
use crate::diagnostic::{Diagnostic, Source, chain};

/// What roles do beside using accounts.
const DUTIES: &str = include_str!("duties.cedar");
/// Who may use which account while no policies are configured.
const LISTED: &str = include_str!("listed.cedar");

/// A set of policies.
pub struct Set {
    /// All of them, for a decision.
    all: Index,
    /// The same as they count for a list of what may be used: as if the reason and the ticket were what they ask for.
    offers: Index,
    /// Those that are built in: they decide alone who may end a session while the others have errors.
    duties: Index,
    cited: HashMap<PolicyId, Cited>,
    found: Vec<Diagnostic>,
    unread: Vec<Unread>,
    configured: bool,
    by_connector: bool,
    own: usize,
    hash: String,
}

impl std::fmt::Debug for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Set").field("len", &self.own).finish_non_exhaustive()
    }
}

/// Cedar's syntax trees are walked as deep as a policy is nested, which the 2 MiB of a thread of the runtime are not made
/// for.
const STACK: usize = 64 * 1024 * 1024;

/// Does this where there is room for depth. A machine that gives no thread for it does it here.
fn deep<T: Send>(work: impl Fn() -> T + Sync) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("policies".to_owned()).stack_size(STACK);
        match thread.spawn_scoped(scope, &work).map(|thread| thread.join()) {
            Ok(Ok(done)) => done,
            Ok(Err(bug)) => std::panic::resume_unwind(bug),
            Err(_) => work(),
        }
    })
}

/// The names and texts of the files, and why others could not be read, each behind its length.
fn hash_of(sources: &[Arc<Source>], unread: &[Unread]) -> String {
    let mut text = String::new();
    let named = sources.iter().flat_map(|source| [source.path.clone(), source.text.clone()]);
    for part in named.chain(unread.iter().map(|error| chain(error, ": "))) {
        let _ = write!(text, "{}:{part}", part.len());
    }
    super::file::hash(&text)
}

fn built(path: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { path: path.into(), text: text.into() })
}

impl Set {
    /// The policies that hold where none are configured: the patterns of users decide, and roles have their duties.
    pub fn built_in() -> Self {
        Self::of(&[built("built in", LISTED)], Vec::new(), false)
    }

    /// The policies of `sources`, beside the duties of roles. What could not be read is told in `unread`, and makes
    /// the set one with errors.
    pub fn read(sources: &[Arc<Source>], unread: Vec<Unread>) -> Self {
        Self::of(sources, unread, true)
    }

    fn of(sources: &[Arc<Source>], unread: Vec<Unread>, configured: bool) -> Self {
        let hash = hash_of(sources, &unread);
        Self { unread, configured, hash, ..deep(|| Self::checked(sources)) }
    }

    /// What the policies themselves say.
    fn checked(sources: &[Arc<Source>]) -> Self {
        let own = built("built in", DUTIES);
        let duties = read(std::slice::from_ref(&own)).policies;
        let together: Vec<Arc<Source>> =
            std::iter::once(own).chain(sources.iter().cloned()).collect();
        let Read { policies: all, cited, found } = read(&together);
        let mut offers = PolicySet::new();
        let mut by_connector = false;
        for policy in all.policies() {
            let written = policy.to_json().ok();
            let conditions = written.as_ref().map_or(&Value::Null, |json| &json["conditions"]);
            by_connector |= written.is_none() || mentions(conditions, &["connector"]);
            if let Some(policy) = for_lists(policy, written.as_ref()) {
                // Each id is there once.
                let _ = offers.add(policy);
            }
        }
        let own = all.policies().count() - duties.policies().count();
        let (all, offers, duties) = (Index::new(all), Index::new(offers), Index::new(duties));
        let (unread, configured, hash) = (Vec::new(), true, String::new());
        Self { all, offers, duties, cited, found, unread, configured, by_connector, own, hash }
    }

    /// The hash of all that was read, and of what could not be: SHA-256, in hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// How many policies were read from files.
    pub fn len(&self) -> usize {
        if self.configured { self.own } else { 0 }
    }

    /// Whether no policy was read from a file.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything that is wrong or doubtful, in the order of the files.
    pub fn found(&self) -> &[Diagnostic] {
        &self.found
    }

    /// Files and folders that could not be read.
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// Whether something in it is an error: it permits nothing new then.
    pub fn is_broken(&self) -> bool {
        !self.unread.is_empty() || self.found.iter().any(Diagnostic::is_error)
    }

    /// What is wrong with it, in one line; empty where nothing is.
    pub fn trouble(&self) -> String {
        let what = match (self.unread.first(), first(&self.found)) {
            (Some(error), _) => chain(error, ": "),
            (None, Some(first)) => first,
            (None, None) => return String::new(),
        };
        format!(
            "the access policies have errors, so nothing new is permitted: {what} (`doorward policy check` tells all)"
        )
    }

    /// Decides.
    pub fn decide(&self, ask: &Ask<'_>) -> Decision {
        if self.is_broken() && !matches!(ask.deed, Deed::EndSession { .. }) {
            return self.without_question(Verdict::Broken, None);
        }
        // What takes access away stays possible, to those whom the program itself lets.
        let policies = if self.is_broken() { &self.duties } else { &self.all };
        let question = match Question::of(ask) {
            Ok(question) => question,
            Err(why) => return self.without_question(Verdict::Erred, Some(why)),
        };
        let mut decision = self.answer(policies, &question);
        if decision.verdict != Verdict::Permitted && ask.deed.purpose().is_some() {
            decision.wants_words = self.answer(&self.offers, &question).is_permitted();
        }
        for (cited, why) in &decision.erred {
            tracing::warn!("the access policy {cited} could not be evaluated: {why}");
        }
        decision
    }

    /// Decides whether a session may be opened, or the codes of an account be read or changed, and gives the proof.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`].
    pub fn grant(&self, ask: &Ask<'_>) -> Result<Grant, Refusal> {
        let decision = self.decide(ask);
        if decision.is_permitted()
            && let Some(purpose) = ask.deed.purpose()
            && let Some((account, None)) = ask.deed.account()
        {
            let user = &ask.person.name;
            return Ok(Grant::new(user, account.clone(), purpose, decision.ids()));
        }
        // What is of no account is no way to one.
        let (account, _) = ask.deed.account().ok_or(Refusal::Nameless)?;
        let user = ask.person.name.clone();
        let (account, what) = (account.clone(), ask.deed.refused());
        Err(Refusal::NotPermitted { user, what, account, decision: Box::new(decision) })
    }

    /// Whether an account belongs into the list of what may be used: with the right words as reason and ticket, if the
    /// policies ask for some.
    pub fn offers(&self, ask: &Ask<'_>) -> bool {
        if self.is_broken() {
            return false;
        }
        Question::of(ask).is_ok_and(|question| self.answer(&self.offers, &question).is_permitted())
    }

    /// Whether a decision can hang on the connector; where not, one stands for all.
    pub fn looks_at_connector(&self) -> bool {
        self.by_connector
    }

    /// Decides, and tells what came near.
    pub fn explain(&self, ask: &Ask<'_>) -> Explained {
        let decision = self.decide(ask);
        let (mut overruled, mut near) = (Vec::new(), Vec::new());
        let question = if self.is_broken() { None } else { Question::of(ask).ok() };
        if let (Some(question), false) = (&question, decision.is_permitted()) {
            for policy in
                self.all.all().policies().filter(|policy| policy.effect() == Effect::Permit)
            {
                let alone = |policy: Policy| {
                    let mut set = PolicySet::new();
                    set.add(policy).is_ok() && self.judge(&set, question).is_permitted()
                };
                let cited = self.cited(policy.id());
                if alone(policy.clone()) {
                    overruled.push(cited);
                } else if without_conditions(policy).is_some_and(alone)
                    && !decision.erred.iter().any(|(erred, _)| *erred == cited)
                {
                    near.push(cited);
                }
            }
            overruled.sort();
            near.sort();
        }
        Explained { decision, overruled, near }
    }

    fn answer(&self, policies: &Index, question: &Question) -> Decision {
        self.judge(&policies.about(question), question)
    }

    fn judge(&self, policies: &PolicySet, question: &Question) -> Decision {
        let Question { request, entities, .. } = question;
        let response = Authorizer::new().is_authorized(request, policies, entities);
        let mut by: Vec<Cited> = response.diagnostics().reason().map(|id| self.cited(id)).collect();
        by.sort();
        let mut erred = BTreeMap::new();
        let mut guarded = false;
        for error in response.diagnostics().errors() {
            let AuthorizationError::PolicyEvaluationError(error) = error;
            let id = error.policy_id();
            // Cedar passes over what fails. A `forbid` that fails might have forbidden it.
            guarded |= policies.policy(id).is_none_or(|policy| policy.effect() == Effect::Forbid);
            erred.insert(self.cited(id), error.inner().to_string());
        }
        let permitted = response.decision() == cedar_policy::Decision::Allow;
        let verdict = match (permitted, by.is_empty()) {
            (true, _) if guarded => Verdict::Erred,
            (true, _) => Verdict::Permitted,
            (false, false) => Verdict::Forbidden,
            (false, true) if guarded => Verdict::Erred,
            (false, true) => Verdict::Unpermitted,
        };
        if verdict == Verdict::Erred {
            by.clear();
        }
        Decision {
            verdict,
            by,
            erred: erred.into_iter().collect(),
            configured: self.configured,
            wants_words: false,
        }
    }

    fn without_question(&self, verdict: Verdict, why: Option<String>) -> Decision {
        if let Some(why) = &why {
            tracing::error!("an access decision could not be made: {why}");
        }
        let configured = self.configured;
        Decision { verdict, by: Vec::new(), erred: Vec::new(), configured, wants_words: false }
    }

    fn cited(&self, id: &PolicyId) -> Cited {
        let unknown =
            || Cited { id: AsRef::<str>::as_ref(id).to_owned(), path: String::new(), line: 0 };
        self.cited.get(id).cloned().unwrap_or_else(unknown)
    }
}

/// The policy as it counts for a list: without the conditions that ask for a reason or a ticket. A `forbid` that looks
/// at them is none there, because other words may pass it.
fn for_lists(policy: &Policy, written: Option<&Value>) -> Option<Policy> {
    let Some(written) = written else { return Some(policy.clone()) };
    let asks = |condition: &Value| mentions(condition, &["reason", "ticket"]);
    let conditions = written["conditions"].as_array()?;
    if !conditions.iter().any(asks) {
        return Some(policy.clone());
    }
    if policy.effect() == Effect::Forbid {
        return None;
    }
    let kept = conditions.iter().filter(|condition| !asks(condition)).cloned().collect();
    with_conditions(policy, written, kept)
}

/// The policy for whoever its person, action and resource fit.
fn without_conditions(policy: &Policy) -> Option<Policy> {
    with_conditions(policy, &policy.to_json().ok()?, Vec::new())
}

fn with_conditions(policy: &Policy, written: &Value, conditions: Vec<Value>) -> Option<Policy> {
    let mut written = written.clone();
    written["conditions"] = Value::Array(conditions);
    Policy::from_json(Some(policy.id().clone()), written).ok()
}

/// Whether one of `words` stands anywhere in a policy's JSON, where every name and text is spelt out.
fn mentions(json: &Value, words: &[&str]) -> bool {
    match json {
        Value::String(text) => words.contains(&text.as_str()),
        Value::Array(items) => items.iter().any(|item| mentions(item, words)),
        Value::Object(entries) => entries
            .iter()
            .any(|(key, value)| words.contains(&key.as_str()) || mentions(value, words)),
        _ => false,
    }
}
