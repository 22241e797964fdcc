//! Policies in `serve`: what is listed, what is refused, what is on record, and files that change.

use super::{PASSWORD, add, desk};
use crate::lab::desk::Desk;
use crate::lab::portal::{Portal, Visitor};

const TEAM: &str = "@id(\"team\") permit (principal in Group::\"web\", action == Action::\"connect\", resource in Safe::\"local:web\");\n";

/// The desk of the portal's tests with the policies `text`; ann is in the group web.
fn ruled(text: &str) -> Desk {
    let desk = desk();
    let configuration = std::fs::read_to_string(desk.lab.path().join("doorward.yaml")).unwrap();
    // Nothing is to be started here.
    let configuration =
        configuration.replace("{ sandbox: false }", "{ binary: none, driver: none }");
    desk.lab.write("doorward.yaml", format!("{configuration}policies: [policies]\n"));
    rule(&desk, text);
    assert_eq!(desk.lab.run(&["user", "change", "ann", "--group", "web", "--no-accounts"]).code, 0);
    desk.connector("raw", "http://127.0.0.1:9/raw", "", crate::lab::desk::ROWS);
    desk
}

fn rule(desk: &Desk, text: &str) {
    // At once, as a file is to be exchanged.
    let new = desk.lab.write("policies/.new", text);
    std::fs::rename(new, desk.lab.path().join("policies/a.cedar")).unwrap();
}

/// The accounts that are listed, each with its connectors.
fn listed(portal: &Portal, visitor: &Visitor) -> Vec<String> {
    let found = portal.read(Some(visitor), "/api/v1/accounts").json();
    let accounts = found["accounts"].as_array().unwrap().iter();
    let shown = accounts.map(|account| {
        let connectors = account["connectors"].as_array().unwrap().iter();
        let connectors: Vec<&str> = connectors.map(|one| one["id"].as_str().unwrap()).collect();
        format!("{} {}", account["account"].as_str().unwrap(), connectors.join(" "))
    });
    shown.collect()
}

fn start(portal: &Portal, visitor: &Visitor, more: &str) -> (u16, String) {
    let body = format!(r#"{{"account":"web/site"{more}}}"#);
    let answer = portal.act(visitor, "POST", "/api/v1/sessions", &body);
    let said = answer.json();
    (
        answer.status,
        format!(
            "{} {}",
            said["detail"].as_str().unwrap_or_default(),
            said["help"].as_str().unwrap_or_default()
        ),
    )
}

#[test]
fn the_policies_say_what_is_listed_and_what_is_opened() {
    let desk = ruled("");
    let portal = Portal::start(&desk.lab);
    let [root, ann, bob] = ["root", "ann", "bob"].map(|name| portal.sign_in(name, PASSWORD));
    let both = "local:web/site raw site";
    // Policies; what ann sees; status and words of a start with and without a reason.
    let cases: [(&str, &[&str], u16, &str, u16); 6] = [
        ("", &[], 403, "no access policy permits it", 403),
        (TEAM, &[both], 201, "", 201),
        (
            "@id(\"why\") permit (principal in Group::\"web\", action == Action::\"connect\", resource) when { context.reason != \"\" };",
            &[both],
            403,
            "ask for a reason or a ticket, or for another one say why",
            201,
        ),
        (
            "@id(\"raw\") permit (principal, action == Action::\"connect\", resource) when { context.connector == Connector::\"raw\" };",
            &["local:web/site raw"],
            201,
            "",
            201,
        ),
        (
            "@id(\"all\") permit (principal, action, resource); @id(\"shut\") forbid (principal, action == Action::\"connect\", resource) when { resource.safe == \"web\" };",
            &[],
            403,
            "the access policy `shut` forbids it",
            403,
        ),
        (
            "@id(\"far\") permit (principal, action == Action::\"connect\", resource) when { context.address.isInRange(ip(\"192.0.2.0/24\")) };",
            &[],
            403,
            "no access policy permits it",
            403,
        ),
    ];
    for (policies, list, without, says, with) in cases {
        rule(&desk, policies);
        assert_eq!(listed(&portal, &ann), list, "{policies}");
        let page = portal.read(Some(&ann), "/connect?account=web/site");
        assert_eq!(page.status, if list.is_empty() { 404 } else { 200 }, "{policies}");
        let (status, said) = start(&portal, &ann, "");
        assert_eq!(status, without, "{policies} {said}");
        assert!(said.contains(says), "{policies} {said}");
        assert_eq!(start(&portal, &ann, r#","reason":"to see""#).0, with, "{policies}");
        for session in portal.read(Some(&ann), "/api/v1/sessions").json().as_array().unwrap() {
            let path = format!("/api/v1/sessions/{}", session["session"].as_str().unwrap());
            assert_eq!(portal.act(&ann, "DELETE", &path, "").status, 204);
        }
    }
    // The patterns of root and the group that bob is not in open nothing.
    rule(&desk, TEAM);
    for visitor in [&root, &bob] {
        assert_eq!(listed(&portal, visitor), [""; 0]);
        assert_eq!(start(&portal, visitor, "").0, 403);
    }
    let page = portal.read(Some(&bob), "/accounts").body;
    assert!(page.contains("no account that the access policies let you use now"), "{page}");
    let rows = desk.record(&[]);
    let refused: Vec<_> = rows
        .iter()
        .filter(|row| {
            row["Action"] == "ConnectRefused" && row["Details"]["cause"] == "not-permitted"
        })
        .collect();
    assert_eq!(refused.len(), 9, "{refused:#?}");
    let by = |id: &str| refused.iter().filter(|row| row["Details"]["policies"] == id).count();
    assert_eq!(by("shut"), 2, "{refused:#?}");
}

#[test]
fn duties_are_given_and_taken_by_policies() {
    let desk = ruled(
        "@id(\"no-users\") forbid (principal, action == Action::\"manage-users\", resource) when { principal.name == \"root\" };\n\
         @id(\"keeper\") permit (principal in Group::\"keepers\", action == Action::\"manage-users\", resource);\n\
         @id(\"reader\") permit (principal == User::\"bob\", action == Action::\"read-activity\", resource);",
    );
    add(&desk.lab, &["kim", "--group", "keepers"]);
    let portal = Portal::start(&desk.lab);
    let [root, bob, kim] = ["root", "bob", "kim"].map(|name| portal.sign_in(name, PASSWORD));
    for (visitor, users, chain) in [(&root, 403, 200), (&bob, 403, 200), (&kim, 200, 403)] {
        assert_eq!(portal.read(Some(visitor), "/users").status, users);
        assert_eq!(portal.read(Some(visitor), "/api/v1/users").status, users);
        assert_eq!(portal.read(Some(visitor), "/api/v1/activity/verdict").status, chain);
        let page = portal.read(Some(visitor), "/me").body;
        assert_eq!(page.contains("href=\"/users\""), users == 200);
    }
    let denied = portal.read(Some(&root), "/api/v1/users").json();
    assert!(denied["detail"].as_str().unwrap().contains("`no-users` forbids it"), "{denied}");
    let rows = desk.record(&[]);
    let ids: Vec<&str> = rows
        .iter()
        .filter(|row| row["Action"] == "Denied" && row["User"] == "root")
        .map(|row| row["Details"]["policies"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["no-users"; 3]);
}

#[test]
fn policies_with_errors_permit_nothing_new_until_they_are_mended() {
    let desk = ruled(TEAM);
    let portal = Portal::start(&desk.lab);
    let [root, ann] = ["root", "ann"].map(|name| portal.sign_in(name, PASSWORD));
    assert_eq!(start(&portal, &ann, "").0, 201);
    for broken in
        ["permit", "@id(\"x\") permit (principal, action, resource) when { principal.x };"]
    {
        rule(&desk, broken);
        let (status, said) = start(&portal, &ann, "");
        assert_eq!(status, 403, "{said}");
        assert!(
            said.contains("the access policies have errors, so nothing new is permitted"),
            "{said}"
        );
        assert_eq!(listed(&portal, &ann), [""; 0]);
        assert!(portal.read(Some(&ann), "/accounts").body.contains("No account can be used now."));
        assert_eq!(portal.read(Some(&root), "/users").status, 403);
        let page = portal.read(Some(&root), "/accounts").body;
        assert!(
            page.contains("Nothing new is permitted.") && page.contains("a.cedar:1:"),
            "{page}"
        );
        assert!(!portal.read(Some(&ann), "/accounts").body.contains("a.cedar"));
        // What goes on can be seen and ended by those whom the program lets.
        let sessions = portal.read(Some(&root), "/api/v1/sessions").json();
        let session = sessions[0]["session"].as_str().unwrap();
        assert_eq!(
            portal.act(&root, "DELETE", &format!("/api/v1/sessions/{session}"), "").status,
            204
        );
    }
    rule(&desk, TEAM);
    assert_eq!(listed(&portal, &ann), ["local:web/site raw site"]);
    assert!(!portal.read(Some(&root), "/accounts").body.contains("Nothing new is permitted."));
    // A file that comes is read, and one that goes holds no more.
    let more = desk.lab.write(
        "policies/deep/b.cedar",
        "@id(\"no\") forbid (principal, action, resource in Vault::\"local\");",
    );
    assert_eq!(listed(&portal, &ann), [""; 0]);
    std::fs::remove_file(more).unwrap();
    assert_eq!(listed(&portal, &ann), ["local:web/site raw site"]);
    std::fs::remove_dir_all(desk.lab.path().join("policies")).unwrap();
    assert_eq!(start(&portal, &ann, "").0, 403);
    let ended = portal.stop();
    assert_eq!(
        ended.stderr.matches("the access policies have errors").count(),
        3,
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("the access policies were read again: 1 hold"),
        "{}",
        ended.stderr
    );
    let rows = desk.record(&[]);
    let broken = rows.iter().filter(|row| row["Details"]["cause"] == "policies-broken").count();
    assert_eq!(broken, 3, "{rows:#?}");
    // Which policies held when: the same ones have the same hash.
    let read: Vec<_> = rows.iter().filter(|row| row["Action"] == "PoliciesRead").collect();
    let outcomes: Vec<_> = read.iter().map(|row| row["Outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["whole", "broken", "broken", "whole", "whole", "whole", "broken"]);
    let hashes: Vec<_> = read.iter().map(|row| &row["Details"]["hash"]).collect();
    assert!(
        hashes[0] == hashes[3] && hashes[3] == hashes[5] && hashes[3] != hashes[4],
        "{hashes:?}"
    );
}
