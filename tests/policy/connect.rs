//! `connect`, `try` and `test` with policies: asked before a browser starts, and on record.

use crate::lab::Ended;
use crate::lab::desk::{Desk, ROWS};
use crate::site::Site;

/// A desk whose configuration names the folder `policies`.
fn desk(address: &str, policy: &str) -> Desk {
    let desk = Desk::at(address);
    let text = std::fs::read_to_string(desk.lab.path().join("doorward.yaml")).unwrap();
    desk.lab.write("doorward.yaml", format!("{text}policies: [policies]\n"));
    desk.lab.write("policies/a.cedar", policy);
    desk.connector("plain", &format!("http://{address}/plain"), "", ROWS);
    desk
}

fn last(desk: &Desk) -> serde_json::Value {
    desk.record(&[]).pop().unwrap()
}

#[test]
fn a_refusal_comes_before_the_browser_and_is_on_record() {
    // Nothing answers there, and nothing needs to.
    let desk = desk("127.0.0.1:9", "");
    let who = whoami::username().unwrap();
    let cases = [
        ("", "no access policy permits it", ""),
        (
            "@id(\"open\") permit (principal, action == Action::\"connect\", resource);\n\
             @id(\"shut\") forbid (principal, action, resource in Vault::\"local\");",
            "the access policy `shut` forbids it",
            "shut",
        ),
        (
            "@id(\"why\") permit (principal, action == Action::\"connect\", resource) when { context.reason != \"\" };",
            "the access policies ask for a reason or a ticket",
            "",
        ),
        (
            "@id(\"others\") permit (principal, action == Action::\"connect\", resource) when { context.connector == Connector::\"other\" };",
            "no access policy permits it",
            "",
        ),
    ];
    for (policy, says, ids) in cases {
        desk.lab.write("policies/a.cedar", policy);
        let launched = desk.connect("plain", &[]);
        assert_eq!(
            (launched.code, launched.outcome(), launched.cause()),
            (4, "refused-to-connect", "not-permitted"),
            "{}",
            launched.stderr
        );
        assert!(
            launched.stderr.contains(&format!("{who} may not use local:web/site: {says}")),
            "{}",
            launched.stderr
        );
        assert!(launched.stderr.contains("\nhelp: "), "{}", launched.stderr);
        let row = last(&desk);
        assert_eq!(
            (&row["Action"], &row["Connector"]),
            (&"ConnectRefused".into(), &"plain".into()),
            "{row}"
        );
        assert_eq!(row["Details"]["cause"], "not-permitted");
        assert_eq!(row["Details"]["policies"].as_str().unwrap_or_default(), ids, "{row}");
        assert_eq!(row["SessionId"], launched.object["session"]);
    }
    // A trial and a test with an account are sessions, too.
    for line in [
        &["try", "plain", "--account", "web/site"][..],
        &["test", "plain", "--account", "web/site"],
    ] {
        let ended = desk.lab.run(line);
        assert_eq!(ended.code, 4, "{line:?} {}", ended.stderr);
    }
    desk.lab.write("policies/a.cedar", "permit");
    let ended = desk.says("plain", &[]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("have errors, so nothing new is permitted"), "{}", ended.stderr);
    assert_eq!(last(&desk)["Details"]["cause"], "policies-broken");
    assert_eq!(desk.record(&[]).len(), 7);
    desk.assert_clean();
}

#[test]
fn what_is_permitted_has_its_policies_on_record() {
    let site = Site::start();
    let desk = desk(
        &site.address(),
        "@id(\"reasons\") permit (principal, action == Action::\"connect\", resource in Safe::\"local:web\")\n\
         when { context.reason != \"\" && context.address.isLoopback() };",
    );
    let ended: Ended = desk.says("plain", &["--reason", "to see"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let rows = desk.record(&[]);
    assert_eq!(rows[0]["Action"], "Connect");
    assert_eq!(rows[0]["Details"]["policies"], "reasons", "{rows:#?}");
    desk.assert_clean();
}
