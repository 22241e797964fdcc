//! What is told of a decision: as `policy explain` prints it and the page Policy shows it.

use std::fmt::Write;

use super::ask::{Ask, Deed};
use super::decision::{Cited, Explained, Verdict};
use super::set::Set;
use crate::clock::Moment;
use crate::name::GroupName;

impl Explained {
    /// Whether it is permitted, by which policies, and what was known of the one who asks; a line each.
    pub fn told(&self, set: &Set, ask: &Ask<'_>) -> String {
        let Self { decision, overruled, near } = self;
        let (name, what) = (&ask.person.name, deed(&ask.deed));
        let mut text = match decision.verdict {
            Verdict::Permitted => format!("permitted: {name} may {what}\n"),
            Verdict::Forbidden => format!("denied: a policy forbids that {name} may {what}\n"),
            Verdict::Unpermitted => format!("denied: no policy permits that {name} may {what}\n"),
            Verdict::Erred => {
                format!(
                    "denied: a policy that might forbid that {name} may {what} cannot be evaluated\n"
                )
            }
            Verdict::Broken => format!("denied: {name} may not {what}: {}\n", set.trouble()),
        };
        let mut line = |what: &str, cited: &Cited, more: &str| {
            let _ = writeln!(text, "  {what:<13} {cited}{more}");
        };
        let verb = if decision.is_permitted() { "permitted by" } else { "forbidden by" };
        for cited in &decision.by {
            line(verb, cited, "");
        }
        for cited in overruled {
            line("permitted by", cited, ", in vain");
        }
        for (cited, why) in &decision.erred {
            line("failed", cited, &format!(": {why}"));
        }
        for cited in near {
            line(
                "near",
                cited,
                ": who, what and which account fit, and its conditions do not hold",
            );
        }
        let _ = writeln!(text, "asked as {}", circumstances(ask));
        if !decision.configured {
            text.push_str("the configuration names no policies, so the patterns of users decide\n");
        } else if decision.wants_words {
            text.push_str("with another reason or ticket it would be permitted\n");
        }
        text
    }
}

/// What is to be done, behind "may".
fn deed(deed: &Deed<'_>) -> String {
    match deed {
        Deed::Connect { account, .. } => format!("open a session with {account}"),
        Deed::ReadCode { account, .. } => format!("read codes of {account}"),
        Deed::ChangeSeed { account, .. } => format!("change the one-time codes of {account}"),
        Deed::Approve { of, account } => format!("approve of a session of {of} with {account}"),
        Deed::WatchSession { of, account } => format!("watch the session of {of} with {account}"),
        Deed::ControlSession { of, account } => {
            format!("take over the session of {of} with {account}")
        }
        Deed::EndSession { of, account } => format!("end the session of {of} with {account}"),
        Deed::Replay { of, account } => {
            format!("watch the recording of a session of {of} with {account}")
        }
        Deed::ReadActivity => "see sessions and activity of others".to_owned(),
        Deed::ManageUsers => "manage users".to_owned(),
        Deed::ManagePolicies => "see and change the access policies".to_owned(),
        Deed::TryConnector => "see and try connectors".to_owned(),
    }
}

/// What was known of the one who asks.
fn circumstances(ask: &Ask<'_>) -> String {
    let person = ask.person;
    let mut text = match person.role {
        Some(role) => role.word().to_owned(),
        None => "no user of the portal, so without a role".to_owned(),
    };
    if !person.groups.is_empty() {
        let groups: Vec<&str> = person.groups.iter().map(GroupName::as_str).collect();
        let _ = write!(text, " in {}", groups.join(", "));
    }
    let Moment { at, hour, weekday } = ask.at;
    let _ = write!(text, "; at {at:.0}, hour {hour}, weekday {weekday}; from {}", ask.address);
    text
}
