//! The codes that `policy check` finds.

use super::{Code, Explanation, case};

pub(super) fn explanation(code: Code) -> Explanation {
    match code {
        Code::PolicyMismatch => case(
            "An access policy names something that there is not, or compares what does not compare. It would never do what was meant, so none of the policies hold until it is mended.",
            "`principal.team == \"eu\"`: a `User` has no attribute `team`; groups are asked for by `principal in Group::\"eu\"`.",
            "Compare it with `doorward policy schema`, which prints all that a policy can name.",
        ),
        Code::MissingPolicyId => case(
            "An access policy has no `@id` that the record could have. Each decision is on record with the ids of the policies that decided.",
            "`permit (principal in Group::\"databases\", action, resource);` stands alone.",
            "Write one before it, without blanks and of at most 100 characters: `@id(\"databases\")`.",
        ),
        Code::DuplicatePolicyId => case(
            "Two access policies have the same `@id`. An id names one policy in every record.",
            "A file was copied and its policies changed, but not their ids.",
            "Give one of the two another id. Those that begin with `doorward.` are built in.",
        ),
        Code::DoubtfulPolicy => case(
            "An access policy can never hold, or its text is not what it looks like. It is read all the same.",
            "`action == Action::\"connect\", resource is Session`: sessions are never connected to. Or a name holds letters of two scripts that look alike.",
            "Write what was meant; `doorward policy schema` says which action has which resource.",
        ),
        // Those of other kinds are explained elsewhere.
        _ => case(
            "An access policy is not written as Cedar is. None of the policies hold until it is mended.",
            "`permit (principal, action, resource) when { context.hour > 8 }` without the `;` at its end.",
            "Look at the place that is named, and at the end of the policy before it. https://docs.cedarpolicy.com/policies/syntax-grammar.html has the grammar.",
        ),
    }
}
