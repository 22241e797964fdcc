//! A second factor that is lost: two administrators reset it, or whoever runs doorward.

use super::{enrol, half};
use crate::lab::portal::Portal;
use crate::portal::{PASSWORD, add, desk};

#[test]
fn a_reset_takes_two_administrators_and_is_on_record() {
    let desk = desk();
    add(&desk.lab, &["kim", "--role", "admin"]);
    let portal = Portal::start(&desk.lab);
    let [ann, root, kim] = ["ann", "root", "kim"].map(|name| portal.sign_in(name, PASSWORD));
    let path = "/api/v1/users/ANN/factor-reset";
    assert_eq!(portal.act(&root, "POST", path, "").status, 404);
    enrol(&desk.lab, &portal, &ann);
    let list = portal.read(Some(&root), "/api/v1/users").json();
    let has: Vec<_> =
        list.as_array().unwrap().iter().filter(|user| user["second_factor"] == true).collect();
    assert!(has.len() == 1 && has[0]["name"] == "ann", "{list}");
    for (visitor, method, status) in [
        (&ann, "POST", 403),
        (&root, "PUT", 404),
        (&root, "DELETE", 404),
        (&root, "POST", 202),
        (&kim, "POST", 409),
        (&root, "PUT", 403),
        (&ann, "PUT", 403),
        (&kim, "DELETE", 204),
        (&root, "PUT", 404),
        (&kim, "POST", 202),
        (&root, "PUT", 204),
        (&root, "PUT", 404),
    ] {
        let answer = portal.act(visitor, method, path, "");
        assert_eq!(answer.status, status, "{method} {}", answer.body);
    }
    // All their sign-ins have ended, and the password is enough again.
    assert_eq!(portal.read(Some(&ann), "/api/v1/me").status, 401);
    let ann = portal.sign_in("ann", PASSWORD);
    enrol(&desk.lab, &portal, &ann);
    half(&portal, "ann");
    let ended = desk.lab.run(&["user", "reset-factor", "Ann"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, "ann has no second factor any more\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(portal.read(Some(&ann), "/api/v1/me").status, 401);
    portal.sign_in("ann", PASSWORD);
    let again = desk.lab.run(&["user", "reset-factor", "ann"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("ann has no second factor"), "{}", again.stderr);
    // A key that is none is told, with the way out.
    let key = desk.lab.path().join("state/factor.key");
    let before = std::fs::read(&key).unwrap();
    desk.lab.write("state/factor.key", "no key");
    for line in [&["user", "reset-factor", "ann"][..], &["user", "list"]] {
        let ended = desk.lab.run(line);
        assert_eq!(ended.code, 7, "{}", ended.stderr);
        assert!(ended.stderr.contains("is no key of second factors"), "{}", ended.stderr);
        assert!(ended.stderr.contains("move ") && !ended.stderr.contains("no key\n"));
    }
    std::fs::write(&key, before).unwrap();
    let rows = desk.record(&[]);
    let kept: Vec<_> = rows
        .iter()
        .filter(|row| row["Action"].as_str().unwrap().starts_with("FactorReset"))
        .map(|row| {
            let outcome = row["Outcome"].as_str().unwrap_or_default();
            (row["Action"].as_str().unwrap(), row["User"].as_str().unwrap(), outcome)
        })
        .collect();
    let person = kept.last().unwrap().1;
    assert_eq!(
        kept,
        [
            ("FactorResetAsked", "root", ""),
            ("FactorResetAsked", "kim", "withdrawn"),
            ("FactorResetAsked", "kim", ""),
            ("FactorReset", "root", ""),
            ("FactorReset", person, ""),
        ]
    );
    let second = rows.iter().filter(|row| row["Details"]["cause"] == "second-person").count();
    assert_eq!(second, 1);
}
