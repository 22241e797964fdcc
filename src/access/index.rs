//! An index: which policies of a set can have a say in a question, by who, what and on what they are about.

use std::collections::HashMap;

use cedar_policy::{
    ActionConstraint, EntityUid, Policy, PolicySet, PrincipalConstraint, ResourceConstraint,
};

use super::world::Question;

/// A set of policies, and where in it to look. A policy whose scope does not fit has no say and cannot fail, so leaving
/// it out changes no decision.
pub(super) struct Index {
    all: PolicySet,
    scoped: Vec<Scoped>,
    /// The policies about one resource, and what is in it.
    of: HashMap<EntityUid, Vec<usize>>,
    /// The policies about any resource, or all of a type.
    anywhere: Vec<usize>,
}

struct Scoped {
    policy: Policy,
    /// Who it is, or what they are in; `None` for anybody.
    principal: Option<EntityUid>,
    /// `None` for any.
    actions: Option<Vec<EntityUid>>,
}

impl Index {
    pub(super) fn new(all: PolicySet) -> Self {
        let (mut of, mut anywhere): (HashMap<_, Vec<usize>>, _) = (HashMap::new(), Vec::new());
        let mut scoped = Vec::new();
        for policy in all.policies() {
            match policy.resource_constraint() {
                ResourceConstraint::In(uid)
                | ResourceConstraint::Eq(uid)
                | ResourceConstraint::IsIn(_, uid) => of.entry(uid).or_default().push(scoped.len()),
                ResourceConstraint::Any | ResourceConstraint::Is(_) => anywhere.push(scoped.len()),
            }
            scoped.push(Scoped {
                policy: policy.clone(),
                principal: match policy.principal_constraint() {
                    PrincipalConstraint::In(uid)
                    | PrincipalConstraint::Eq(uid)
                    | PrincipalConstraint::IsIn(_, uid) => Some(uid),
                    PrincipalConstraint::Any | PrincipalConstraint::Is(_) => None,
                },
                actions: match policy.action_constraint() {
                    ActionConstraint::In(uids) => Some(uids),
                    ActionConstraint::Eq(uid) => Some(vec![uid]),
                    ActionConstraint::Any => None,
                },
            });
        }
        Self { all, scoped, of, anywhere }
    }

    /// All policies.
    pub(super) fn all(&self) -> &PolicySet {
        &self.all
    }

    /// The policies whose scope can fit `question`.
    pub(super) fn about(&self, question: &Question) -> PolicySet {
        let about = question.resources.iter().filter_map(|uid| self.of.get(uid)).flatten();
        let scoped = about.chain(&self.anywhere).filter_map(|at| self.scoped.get(*at));
        let fits = |scoped: &&Scoped| {
            let principal = &scoped.principal;
            let actions = &scoped.actions;
            principal.as_ref().is_none_or(|uid| question.principals.contains(uid))
                && actions.as_ref().is_none_or(|uids| uids.contains(&question.action))
        };
        let mut found = PolicySet::new();
        for scoped in scoped.filter(fits) {
            // Each id is there once.
            let _ = found.add(scoped.policy.clone());
        }
        found
    }
}
