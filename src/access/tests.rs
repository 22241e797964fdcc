use std::net::IpAddr;
use std::sync::Arc;

use cedar_policy::{Entities, Request};

use super::world::{CHECKED, Question};
use super::{Ask, Deed, Person, Refusal, Role, Set, Verdict};
use crate::clock::{Moment, TimeZone};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::name::{AccountRef, ConnectorId, Purpose, UserName, VaultName};

/// What is asked, when nothing else is said: ann, an operator in the group db with the pattern `web/*`, wants
/// `local:web/eu/shop` through `shop`, on a Monday at ten.
struct Asking {
    person: Person,
    account: AccountRef,
    connector: ConnectorId,
    purpose: Purpose,
    at: Moment,
    address: IpAddr,
    default: VaultName,
    other: UserName,
    deed: &'static str,
}

impl Asking {
    /// The usual, with the changes that `words` name: `account=…`, `at=…`, ….
    fn new(words: &str) -> Self {
        let mut asking = Self {
            person: Person {
                name: "ann".parse().unwrap(),
                role: Some(Role::Operator),
                groups: vec!["db".parse().unwrap()],
                accounts: vec!["web/*".parse().unwrap()],
            },
            account: "local:web/eu/shop".parse().unwrap(),
            connector: "shop".parse().unwrap(),
            purpose: Purpose::default(),
            at: moment("2026-03-02T10:00:00Z"),
            address: "192.0.2.7".parse().unwrap(),
            default: "local".parse().unwrap(),
            other: "bob".parse().unwrap(),
            deed: "connect",
        };
        for word in words.split_whitespace() {
            let (name, value) = word.split_once('=').unwrap();
            let text = || Some(value.to_owned()).filter(|value| !value.is_empty());
            match name {
                "name" => asking.person.name = value.parse().unwrap(),
                "role" => asking.person.role = text().map(|role| role.parse().unwrap()),
                "groups" => {
                    let groups = value.split(',').filter(|group| !group.is_empty());
                    asking.person.groups = groups.map(|group| group.parse().unwrap()).collect();
                }
                "patterns" => {
                    asking.person.accounts = value
                        .split(',')
                        .filter(|p| !p.is_empty())
                        .map(|p| p.parse().unwrap())
                        .collect();
                }
                "account" => asking.account = value.parse().unwrap(),
                "connector" => asking.connector = value.parse().unwrap(),
                "reason" => asking.purpose.reason = text(),
                "ticket" => asking.purpose.ticket = text(),
                "at" => asking.at = moment(value),
                "address" => asking.address = value.parse().unwrap(),
                "deed" => {
                    let words = Deed::WORDS;
                    asking.deed = words.into_iter().find(|word| *word == value).unwrap();
                }
                _ => panic!("{word}"),
            }
        }
        asking
    }

    fn ask(&self) -> Ask<'_> {
        let Self { account, connector, purpose, .. } = self;
        let deed = match self.deed {
            "connect" => Deed::Connect { account, connector, purpose },
            "read-code" => Deed::ReadCode { account, purpose },
            "totp-change" => Deed::ChangeSeed { account, purpose },
            "approve" => Deed::Approve { of: &self.other, account },
            "watch-session" => Deed::WatchSession { of: &self.other, account },
            "control-session" => Deed::ControlSession { of: &self.other, account },
            "end-session" => Deed::EndSession { of: &self.other, account },
            "replay" => Deed::Replay { of: &self.other, account },
            "read-activity" => Deed::ReadActivity,
            "manage-policies" => Deed::ManagePolicies,
            "try-connector" => Deed::TryConnector,
            _ => Deed::ManageUsers,
        };
        assert_eq!(deed.word(), self.deed);
        let (at, address, default) = (self.at, self.address, &self.default);
        Ask { person: &self.person, deed, at, address, default }
    }
}

/// A moment, in UTC.
fn moment(text: &str) -> Moment {
    Moment::within(text.parse().unwrap(), &TimeZone::UTC)
}

fn set(text: &str) -> Set {
    let text = text.to_owned();
    let set = Set::read(&[Arc::new(Source { path: "a.cedar".into(), text })], Vec::new());
    let found: Vec<&str> = set.found().iter().map(|found| found.message.as_str()).collect();
    assert!(found.is_empty(), "{found:?}");
    set
}

const PERMIT: &str = r#"@id("p") permit (principal, action == Action::"connect", resource)"#;
const FORBID: &str = r#"@id("f") forbid (principal, action, resource)"#;

/// Policies, what differs from the usual ask, and how it is decided by which.
#[test]
fn policies_decide() {
    use Verdict::{Erred, Forbidden, Permitted, Unpermitted};
    let office = "when { context.weekday < 6 && context.hour >= 8 && context.hour < 18 }";
    let window = r#"when { context.time >= datetime("2026-03-02T10:00:00Z") && context.time < datetime("2026-03-02T11:00:00Z") }"#;
    let near =
        r#"when { context.address.isInRange(ip("192.0.2.0/24")) || context.address.isLoopback() }"#;
    let reason = r#"when { context.reason like "*y?" }"#;
    let ticket = r#"unless { context.ticket == "" }"#;
    let overflow = "when { context.hour * 9223372036854775807 > 1 || true }";
    let by = |text: &str| format!("{PERMIT} {text};");
    let both = |more: &str| format!("{PERMIT}; {FORBID} {more};");
    let scope = |scope: &str| format!("@id(\"p\") permit ({scope});");
    let connect = r#"action == Action::"connect""#;
    let cases: Vec<(String, &str, Verdict, &[&str])> = vec![
        // Default deny, and the simplest.
        (String::new(), "", Unpermitted, &[]),
        (by(""), "", Permitted, &["p"]),
        (both(""), "", Forbidden, &["f"]),
        (format!("{FORBID};"), "", Forbidden, &["f"]),
        (
            format!("{PERMIT}; {}", PERMIT.replace("\"p\"", "\"q\"") + ";"),
            "",
            Permitted,
            &["p", "q"],
        ),
        // By person, group and role.
        (
            scope(&format!(r#"principal == User::"ann", {connect}, resource"#)),
            "",
            Permitted,
            &["p"],
        ),
        (
            scope(&format!(r#"principal == User::"ann", {connect}, resource"#)),
            "name=Ann",
            Unpermitted,
            &[],
        ),
        (
            scope(&format!(r#"principal in Group::"db", {connect}, resource"#)),
            "",
            Permitted,
            &["p"],
        ),
        (
            scope(&format!(r#"principal in Group::"db", {connect}, resource"#)),
            "groups=web,x",
            Unpermitted,
            &[],
        ),
        (
            scope(&format!(r#"principal in Group::"db", {connect}, resource"#)),
            "groups=web,db",
            Permitted,
            &["p"],
        ),
        (
            scope(&format!(r#"principal in Role::"operator", {connect}, resource"#)),
            "",
            Permitted,
            &["p"],
        ),
        (
            scope(&format!(r#"principal in Role::"operator", {connect}, resource"#)),
            "role=",
            Unpermitted,
            &[],
        ),
        (
            scope(&format!(r#"principal in Role::"operator", {connect}, resource"#)),
            "role=auditor",
            Unpermitted,
            &[],
        ),
        // By account, safe and vault.
        (
            scope(&format!(r#"principal, {connect}, resource == Account::"local:web/eu/shop""#)),
            "",
            Permitted,
            &["p"],
        ),
        (
            scope(&format!(r#"principal, {connect}, resource == Account::"local:web/eu/shop""#)),
            "account=web/eu/shop",
            Permitted,
            &["p"],
        ),
        (
            scope(&format!(r#"principal, {connect}, resource in Safe::"local:web/eu""#)),
            "",
            Permitted,
            &["p"],
        ),
        (
            scope(&format!(r#"principal, {connect}, resource in Safe::"local:web""#)),
            "",
            Permitted,
            &["p"],
        ),
        (
            scope(&format!(r#"principal, {connect}, resource in Safe::"local:web/e""#)),
            "",
            Unpermitted,
            &[],
        ),
        (
            scope(&format!(r#"principal, {connect}, resource in Safe::"corp:web""#)),
            "",
            Unpermitted,
            &[],
        ),
        (
            scope(&format!(r#"principal, {connect}, resource in Vault::"local""#)),
            "account=shop",
            Permitted,
            &["p"],
        ),
        (
            scope(&format!(r#"principal, {connect}, resource in Vault::"local""#)),
            "account=corp:shop",
            Unpermitted,
            &[],
        ),
        (
            by(r#"when { resource.path like "web/*/shop" && resource.safe != "" }"#),
            "",
            Permitted,
            &["p"],
        ),
        (by(r#"when { resource.vault == "corp" }"#), "", Unpermitted, &[]),
        (
            by(r#"when { resource.name == "shop" && principal.name == "ann" }"#),
            "",
            Permitted,
            &["p"],
        ),
        // By connector.
        (by(r#"when { context.connector == Connector::"shop" }"#), "", Permitted, &["p"]),
        (
            by(r#"when { context.connector == Connector::"shop" }"#),
            "connector=raw",
            Unpermitted,
            &[],
        ),
        // By time: the hour before the first, the first, the last, the hour after; a Friday and a Saturday.
        (by(office), "at=2026-03-02T07:59:59Z", Unpermitted, &[]),
        (by(office), "at=2026-03-02T08:00:00Z", Permitted, &["p"]),
        (by(office), "at=2026-03-06T17:59:59Z", Permitted, &["p"]),
        (by(office), "at=2026-03-06T18:00:00Z", Unpermitted, &[]),
        (by(office), "at=2026-03-07T10:00:00Z", Unpermitted, &[]),
        (by(window), "at=2026-03-02T09:59:59Z", Unpermitted, &[]),
        (by(window), "at=2026-03-02T10:59:59.999Z", Permitted, &["p"]),
        (by(window), "at=2026-03-02T11:00:00Z", Unpermitted, &[]),
        // By address, IPv4 in its longer spelling too.
        (by(near), "", Permitted, &["p"]),
        (by(near), "address=::ffff:192.0.2.9", Permitted, &["p"]),
        (by(near), "address=192.0.3.7", Unpermitted, &[]),
        (by(near), "address=::1", Permitted, &["p"]),
        // By reason and ticket.
        (by(reason), "reason=why?", Permitted, &["p"]),
        (by(reason), "", Unpermitted, &[]),
        (by(ticket), "ticket=4711", Permitted, &["p"]),
        (by(ticket), "ticket=", Unpermitted, &[]),
        (
            both(r#"when { context has reason && context.reason == "" }"#).replace(
                "principal, action, resource)",
                "principal, action == Action::\"connect\", resource)",
            ),
            "",
            Forbidden,
            &["f"],
        ),
        // The patterns.
        (by("when { context.listed }"), "", Permitted, &["p"]),
        (by("when { context.listed }"), "account=corp:web/shop", Unpermitted, &[]),
        (by("when { context.listed }"), "patterns=", Unpermitted, &[]),
        (by(r#"when { principal.accounts.contains("web/*") }"#), "", Permitted, &["p"]),
        // What fails: a permit permits nothing, a forbid lets nothing through.
        (by(overflow), "", Unpermitted, &[]),
        (
            format!("{}; {}", by(overflow), PERMIT.replace("\"p\"", "\"q\"") + ";")
                .replace(";;", ";"),
            "",
            Permitted,
            &["q"],
        ),
        (both(overflow), "", Erred, &[]),
        (format!("{FORBID} {overflow};"), "", Erred, &[]),
    ];
    for (policies, words, verdict, ids) in cases {
        let asking = Asking::new(words);
        let decision = set(&policies).decide(&asking.ask());
        assert_eq!(
            (decision.verdict, decision.ids().as_slice()),
            (verdict, ids.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice()),
            "{policies} {words}"
        );
        let fails = policies.contains("9223372036854775807");
        assert_eq!(!decision.erred.is_empty(), fails, "{policies} {words}: {:?}", decision.erred);
        let granted = set(&policies).grant(&asking.ask());
        assert_eq!(granted.is_ok(), verdict == Permitted, "{policies} {words}");
        if let Ok(grant) = granted {
            assert_eq!((grant.user(), grant.account()), (&asking.person.name, &asking.account));
            assert_eq!(grant.policies(), decision.ids());
        }
    }
}

#[test]
fn a_role_does_what_is_its_own_and_patterns_decide_where_no_policies_are() {
    let set = Set::built_in();
    assert!(set.found().is_empty() && !set.is_broken() && set.is_empty());
    let cases = [
        ("", "connect"),
        (
            "role=admin",
            "connect read-code totp-change approve watch-session control-session end-session replay read-activity manage-users manage-policies try-connector",
        ),
        ("role=approver", "connect approve"),
        ("role=auditor", "watch-session control-session replay read-activity"),
        ("role=", "connect"),
        ("patterns=", ""),
        (
            "patterns= role=admin",
            "approve watch-session control-session end-session replay read-activity manage-users manage-policies try-connector",
        ),
        ("account=corp:web/shop", ""),
        ("patterns=* account=corp:web/shop", "connect"),
    ];
    for (words, permitted) in cases {
        for deed in Deed::WORDS {
            let expected = permitted.split_whitespace().any(|word| word == deed);
            let asking = Asking::new(&format!("{words} deed={deed}"));
            let decision = set.decide(&asking.ask());
            assert_eq!(decision.is_permitted(), expected, "{words} {deed}");
            assert!(!decision.configured);
        }
    }
    // Nobody approves of what they ask for themself.
    let mut own = Asking::new("role=admin deed=approve");
    own.other = own.person.name.clone();
    assert_eq!(set.decide(&own.ask()).ids(), ["doorward.not-ones-own"]);
    // Who keeps users does not read the codes of every account.
    let elsewhere = Asking::new("role=admin deed=read-code account=corp:web/shop");
    assert_eq!(set.decide(&elsewhere.ask()).verdict, Verdict::Unpermitted);
    // What is done to sessions and to the broker is no way to an account.
    let ways = ["connect", "read-code", "totp-change"];
    for deed in Deed::WORDS {
        let asking = Asking::new(&format!("role=admin deed={deed}"));
        assert_eq!(set.grant(&asking.ask()).is_ok(), ways.contains(&deed), "{deed}");
    }
}

#[test]
fn duties_hold_beside_policies_and_a_forbid_takes_them() {
    let admin = |deed: &str| Asking::new(&format!("role=admin deed={deed}"));
    let own = set(&format!("{PERMIT};"));
    for deed in Deed::WORDS {
        assert!(own.decide(&admin(deed).ask()).is_permitted(), "{deed}");
    }
    let less = set(
        r#"@id("no-users") forbid (principal == User::"ann", action == Action::"manage-users", resource);
           @id("not-bob") forbid (principal, action in [Action::"end-session", Action::"replay"], resource)
           when { resource.user == User::"bob" && resource.account in Safe::"local:web" };"#,
    );
    assert_eq!(less.decide(&admin("manage-users").ask()).ids(), ["no-users"]);
    assert_eq!(less.decide(&admin("end-session").ask()).ids(), ["not-bob"]);
    assert_eq!(less.decide(&admin("replay").ask()).ids(), ["not-bob"]);
    assert!(less.decide(&admin("read-activity").ask()).is_permitted());
    assert_eq!(less.decide(&admin("connect").ask()).verdict, Verdict::Unpermitted);
}

#[test]
fn policies_with_errors_permit_nothing_but_an_end() {
    let text =
        format!("{PERMIT}; @id(\"x\") permit (principal, action, resource) when {{ nonsense }};");
    let source = Arc::new(Source { path: "a.cedar".into(), text });
    let set = Set::read(&[source], Vec::new());
    assert!(set.is_broken() && set.trouble().contains("a.cedar:1:"), "{}", set.trouble());
    for (deed, verdict) in [
        ("connect", Verdict::Broken),
        ("read-code", Verdict::Broken),
        ("totp-change", Verdict::Broken),
        ("approve", Verdict::Broken),
        ("watch-session", Verdict::Broken),
        ("control-session", Verdict::Broken),
        ("replay", Verdict::Broken),
        ("read-activity", Verdict::Broken),
        ("manage-users", Verdict::Broken),
        ("manage-policies", Verdict::Broken),
        ("try-connector", Verdict::Broken),
        ("end-session", Verdict::Permitted),
    ] {
        let asking = Asking::new(&format!("role=admin deed={deed}"));
        assert_eq!(set.decide(&asking.ask()).verdict, verdict, "{deed}");
        assert!(!set.offers(&asking.ask()));
    }
    let asking = Asking::new("deed=end-session");
    assert_eq!(set.decide(&asking.ask()).verdict, Verdict::Unpermitted);
    let refused = set.grant(&Asking::new("").ask()).unwrap_err();
    assert!(refused.to_string().ends_with("have errors, so nothing new is permitted"), "{refused}");
    assert_eq!(refused.on_record()[0].1, "policies-broken");
}

#[test]
fn a_list_takes_reason_and_ticket_for_given_and_nothing_else() {
    let cases = [
        (r#"when { context.reason != "" }"#, "", "", true),
        (r#"when { context.reason != "" } when { context.hour < 9 }"#, "", "", false),
        (r#"when { context["\u{72}eason"] != "" }"#, "", "", true),
        (r#"unless { context.ticket == "" }"#, "", "", true),
        (r#"when { context.ticket like "CHG-*" }"#, "", "ticket=x", true),
        ("", r#"unless { context.ticket like "CHG-*" }"#, "", true),
        ("", r#"when { context.hour > 9 }"#, "", false),
        ("when { context.hour < 9 }", "", "", false),
    ];
    let forbid = FORBID.replace("principal, action,", "principal, action == Action::\"connect\",");
    for (permit, more, words, listed) in cases {
        let forbid = if more.is_empty() { String::new() } else { format!("{forbid} {more};") };
        let set = set(&format!("{PERMIT} {permit}; {forbid}"));
        let asking = Asking::new(words);
        let decision = set.decide(&asking.ask());
        assert!(!decision.is_permitted(), "{permit} {more}");
        assert_eq!(set.offers(&asking.ask()), listed, "{permit} {more}");
        assert_eq!(decision.wants_words, listed, "{permit} {more}");
    }
    assert!(!set(&format!("{PERMIT};")).looks_at_connector());
    let looks = r#"when { context["connect\u{6f}r"] == Connector::"x" }"#;
    assert!(set(&format!("{PERMIT} {looks};")).looks_at_connector());
}

#[test]
fn an_explanation_names_what_came_near() {
    let set = set(&format!(
        "{PERMIT};\n{FORBID}\nwhen {{ principal.name == \"ann\" }};\n\
         @id(\"late\")\npermit (principal in Group::\"db\", action, resource) when {{ principal.name == \"bob\" }};\n\
         @id(\"other\") permit (principal in Group::\"x\", action, resource);\n"
    ));
    let asking = Asking::new("");
    let explained = set.explain(&asking.ask());
    let shown = |cited: &[super::Cited]| cited.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown(&explained.decision.by), ["`f` (a.cedar:2)"]);
    assert_eq!(shown(&explained.overruled), ["`p` (a.cedar:1)"]);
    assert_eq!(shown(&explained.near), ["`late` (a.cedar:5)"]);
}

#[test]
fn what_is_asked_fits_the_schema() {
    for deed in Deed::WORDS {
        for words in ["", "role=", "account=corp:shop", "address=::1"] {
            let asking = Asking::new(&format!("{words} deed={deed}"));
            let question = Question::of(&asking.ask()).unwrap();
            let Question { request, entities, .. } = question;
            let entities = Entities::from_entities(entities, Some(&CHECKED));
            assert!(entities.is_ok(), "{deed} {words}: {:?}", entities.err());
            let part = |part: Option<&cedar_policy::EntityUid>| part.unwrap().clone();
            let (principal, action) = (part(request.principal()), part(request.action()));
            let resource = part(request.resource());
            let context = request.context().unwrap().clone();
            let checked = Request::new(principal, action, resource, context, Some(&CHECKED));
            assert!(checked.is_ok(), "{deed} {words}: {:?}", checked.err());
        }
    }
}

#[test]
fn texts_of_anything_are_read_in_bounded_time() {
    let long = format!("{PERMIT} when {{ true{} }};", " || true".repeat(1800));
    let minus = format!("{PERMIT} when {{ {}1 == 1 }};", "-".repeat(3000));
    let dots = format!("{PERMIT} when {{ context{} == 1 }};", ".reason".repeat(1800));
    let ifs = format!("{PERMIT} when {{ {} true }};", "if true then false else ".repeat(500));
    let many = "permit".repeat(2000);
    for text in [
        "\0",
        "@",
        "@id",
        "@id(\"",
        "permit(principal == ?principal, action, resource);",
        &long,
        &minus,
        &dots,
        &ifs,
        &many,
    ] {
        let source = Arc::new(Source { path: "x".into(), text: text.to_owned() });
        let set = Set::read(&[source], Vec::new());
        let shown: Vec<String> =
            set.found().iter().map(|found| crate::diagnostic::render(found, false)).collect();
        // What is long is read or refused; either way soon, and without an end of the process.
        let refused = set.is_broken() || text.len() > 100;
        assert!(refused, "{text}: {shown:?}");
    }
}

#[test]
fn problems_have_their_place() {
    let one = Arc::new(Source {
        path: "one.cedar".into(),
        text: format!("// ä\n{PERMIT};\npermit (principal, action, resource);\n"),
    });
    let two = Arc::new(Source {
        path: "two.cedar".into(),
        text: format!(
            "{PERMIT};\n@id(\"y\") permit (principal, action, resource) when {{ principal.team == \"eu\" }};\n"
        ),
    });
    let set = Set::read(&[one, two], Vec::new());
    let found: Vec<(Code, &str, (usize, usize))> = set
        .found()
        .iter()
        .filter(|found| found.is_error())
        .map(|found: &Diagnostic| (found.code, found.source.path.as_str(), found.position()))
        .collect();
    assert_eq!(
        found,
        [
            (Code::MissingPolicyId, "one.cedar", (3, 1)),
            (Code::DuplicatePolicyId, "two.cedar", (1, 1)),
            (Code::PolicyMismatch, "two.cedar", (2, 54)),
        ]
    );
}

#[test]
fn a_refusal_without_policies_names_neither() {
    let refused = Set::built_in().grant(&Asking::new("patterns=").ask()).unwrap_err();
    assert!(matches!(refused, Refusal::NotPermitted { .. }));
    assert_eq!(refused.to_string(), "ann may not use local:web/eu/shop");
    assert_eq!(refused.on_record(), [("cause".to_owned(), "not-permitted".to_owned())]);
}
