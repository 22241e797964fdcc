//! A sign-in of somebody who has a second factor, and what they can do about it themself.

use std::process::Stdio;

use serde_json::json;

use super::{alter, enrol, half, rewind, second, visitor};
use crate::lab::portal::Portal;
use crate::portal::{PASSWORD, desk};

#[test]
fn a_password_alone_lets_nobody_in() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let [elsewhere, ann] = ["ann"; 2].map(|name| portal.sign_in(name, PASSWORD));
    let (device, codes) = enrol(&desk.lab, &portal, &ann);
    assert_eq!(codes.len(), 10);
    assert_eq!(portal.read(Some(&ann), "/api/v1/me").status, 200);
    assert_eq!(portal.read(Some(&elsewhere), "/api/v1/me").status, 401, "by the password alone");
    // Half of a sign-in opens nothing.
    let first = half(&portal, "ann");
    assert!(first.cookie.starts_with("doorward-half="), "{}", first.cookie);
    assert_eq!(portal.read(Some(&first), "/accounts").status, 303);
    assert_eq!(portal.read(Some(&first), "/api/v1/me").status, 401);
    let renamed = first.cookie.replace("doorward-half=", "doorward=");
    assert_eq!(portal.ask("GET", "/api/v1/me", &[("cookie", &renamed)], "").status, 401);
    assert!(portal.read(Some(&first), "/sign-in/second").body.contains("Is it you, ann?"));
    // Nor does what is wrong, whatever it is; and nobody is told what was.
    let mut pages = Vec::new();
    for wrong in [device.wrong(), codes[0].replace(|c| c != '-', "a"), "x".to_owned()] {
        let answer = second(&portal, &first, &wrong);
        assert_eq!((answer.status, answer.header("set-cookie")), (401, ""), "{wrong}");
        assert!(answer.body.contains("This code is not accepted."), "{}", answer.body);
        pages.push(answer.body);
    }
    assert!(pages.iter().all(|page| *page == pages[0]));
    let typed = device.code(0);
    let answer = second(&portal, &first, &typed);
    let ann = visitor(&portal, &answer);
    assert_eq!(answer.header("location"), "/accounts");
    assert_eq!(portal.read(Some(&ann), "/accounts").status, 200);
    // It was one half, and is over; so is its code.
    assert_eq!(second(&portal, &first, &device.code(1)).header("location"), "/sign-in");
    let again = half(&portal, "ann");
    assert_eq!(second(&portal, &again, &typed).status, 401);
    // A recovery code lets in, once.
    let answer = second(&portal, &again, &codes[3].to_uppercase());
    visitor(&portal, &answer);
    let again = half(&portal, "ann");
    assert_eq!(second(&portal, &again, &codes[3]).status, 401);
    // Without a half there is nothing, and others' pages send nothing.
    for (method, path) in [("GET", "/sign-in/second"), ("POST", "/sign-in/second")] {
        let own = [
            ("origin", portal.url.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let answer = portal.ask(method, path, &own, "code=1");
        assert_eq!(answer.header("location"), "/sign-in", "{method}");
    }
    let foreign = [
        ("origin", "http://evil.example"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("cookie", again.cookie.as_str()),
    ];
    assert_eq!(portal.ask("POST", "/sign-in/second", &foreign, "code=1").status, 403);
    // Who was refused again and again waits, in every half; the right code waits, too. Somebody else does not.
    rewind(&desk.lab);
    assert_eq!(second(&portal, &half(&portal, "ann"), &device.wrong()).status, 401);
    alter(&desk.lab, "portal.db", "UPDATE factor SET refused = 12");
    for typed in [device.wrong(), device.code(0), codes[5].clone()] {
        let answer = second(&portal, &half(&portal, "ann"), &typed);
        assert_eq!(answer.status, 429, "{}", answer.body);
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    portal.sign_in("bob", PASSWORD);
    // Nor does a half hold whose password is another one now.
    let root = portal.sign_in("root", PASSWORD);
    rewind(&desk.lab);
    let old = half(&portal, "ann");
    let same = json!({ "password": PASSWORD }).to_string();
    assert_eq!(portal.act(&root, "PATCH", "/api/v1/users/ann", &same).status, 200);
    assert_eq!(second(&portal, &old, &device.code(0)).header("location"), "/sign-in");
    rewind(&desk.lab);
    let old = half(&portal, "ann");
    let line = ["user", "password", "ann", "--password-stdin"];
    assert_eq!(desk.lab.run_with_input(&line, PASSWORD).code, 0);
    assert_eq!(portal.read(Some(&old), "/sign-in/second").header("location"), "/sign-in");
    assert_eq!(second(&portal, &old, &device.code(0)).header("location"), "/sign-in");
    // Whoever is blocked meanwhile does not come in.
    rewind(&desk.lab);
    let late = half(&portal, "ann");
    alter(&desk.lab, "portal.db", "UPDATE user SET blocked = 1 WHERE name = 'ann'");
    assert_eq!(second(&portal, &late, &device.code(0)).header("location"), "/sign-in");
    // An address that guesses on waits, also where nothing is held against whom it guesses at.
    alter(&desk.lab, "portal.db", "UPDATE user SET blocked = 0");
    let guesses = half(&portal, "ann");
    let wrong = device.wrong();
    let locked = (0..25).any(|_| {
        rewind(&desk.lab);
        second(&portal, &guesses, &wrong).status == 429
    });
    assert!(locked);
    let rows = desk.record(&[]);
    let of = |action: &str| rows.iter().filter(|row| row["Action"] == action).collect::<Vec<_>>();
    let ways: Vec<_> =
        of("SignIn").iter().filter_map(|row| row["Details"]["factor"].as_str()).collect();
    assert_eq!(ways, ["code", "recovery-code"]);
    let causes: Vec<_> = of("SignInFailed")
        .iter()
        .filter(|row| row["Details"]["cause"] == "second-factor")
        .map(|row| row["Details"]["factor"].as_str().unwrap())
        .collect();
    assert_eq!(causes[..5], ["wrong", "wrong", "wrong", "used", "used"], "{causes:?}");
}

#[test]
fn ones_own_second_factor_is_changed_by_a_code_of_it() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let ann = portal.sign_in("ann", PASSWORD);
    let me = |method: &str, path: &str, body: &str| {
        portal.act(&ann, method, &format!("/api/v1/me/{path}"), body)
    };
    let code = |code: &str| json!({ "code": code }).to_string();
    assert_eq!(me("POST", "factor/confirmation", &code("123456")).status, 409);
    assert_eq!(me("DELETE", "factor", &code("123456")).status, 422);
    let (device, codes) = enrol(&desk.lab, &portal, &ann);
    assert_eq!(me("POST", "factor", "").status, 409);
    assert_eq!(me("POST", "factor/confirmation", &code(&device.code(0))).status, 409);
    let state = me("GET", "factor", "").json();
    assert_eq!((&state["enrolled"], &state["recovery_codes"]), (&json!(true), &json!(10)));
    let wrong = code(&device.wrong());
    for (method, path) in
        [("DELETE", "factor"), ("POST", "factor/recovery-codes"), ("DELETE", "passkeys/1")]
    {
        let status = if path == "passkeys/1" { 404 } else { 422 };
        assert_eq!(me(method, path, &wrong).status, status, "{path}");
    }
    // Without a name there is nothing to ask for.
    let unnamed = json!({"name": " ", "code": device.code(0)}).to_string();
    assert_eq!(me("POST", "passkeys", &unnamed).status, 422);
    assert_eq!(me("PUT", "passkeys", r#"{"answer":{}}"#).status, 409);
    let renewed = me("POST", "factor/recovery-codes", &code(&device.code(0)));
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    let first =
        renewed.json()["recovery_codes"].as_str().unwrap().lines().next().unwrap().to_owned();
    assert_eq!(me("DELETE", "factor", &code(&codes[0])).status, 422);
    assert_eq!(desk.lab.run(&["user", "list"]).stdout.matches("(second factor)").count(), 1);
    assert_eq!(me("DELETE", "factor", &code(&first)).status, 204);
    portal.sign_in("ann", PASSWORD);
    assert_eq!(desk.lab.run(&["user", "list"]).stdout.matches("(second factor)").count(), 0);
    let rows = desk.record(&[]);
    let kept = |action: &str| rows.iter().filter(|row| row["Action"] == action).count();
    assert_eq!((kept("FactorAdded"), kept("FactorRemoved"), kept("FactorRefused")), (2, 1, 4));
}

/// Two processes, one code: one of them takes it.
#[test]
fn of_two_processes_one_takes_a_code() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let ann = portal.sign_in("ann", PASSWORD);
    let (device, codes) = enrol(&desk.lab, &portal, &ann);
    for typed in [device.code(0), codes[0].clone()] {
        let start = || {
            let mut command = desk.lab.command(&["totp", "verify", "ANN"]);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let mut children = [start(), start(), start()];
        for child in &mut children {
            use std::io::Write;
            child.stdin.take().unwrap().write_all(format!("{typed}\n").as_bytes()).unwrap();
        }
        let mut ended =
            children.map(|child| crate::lab::Ended::from(child.wait_with_output().unwrap()));
        ended.sort_by_key(|ended| ended.code);
        let codes: Vec<i32> = ended.iter().map(|ended| ended.code).collect();
        assert_eq!(codes, [0, 4, 4], "{ended:?}");
        assert_eq!(ended[0].stdout, "verified\n");
        assert!(
            ended[1].stderr.starts_with("error: this code is not accepted\nhelp: "),
            "{ended:?}"
        );
        rewind(&desk.lab);
    }
    // And what the portal took the command does not take.
    visitor(&portal, &second(&portal, &half(&portal, "ann"), &device.code(0)));
    let again = desk.lab.run_with_input(&["totp", "verify", "ann"], &device.code(0));
    assert_eq!(again.code, 4, "{}", again.stdout);
    for (line, code, says) in [
        (&["totp", "verify", "nobody"][..], 2, "there is no user nobody"),
        (&["totp", "verify", "x", "--application", "nobody"], 2, "there is no user nobody"),
        (&["totp", "verify", "a/b"], 2, "cannot hold"),
        (&["totp", "verify", " x"], 2, "a subject is a name"),
        (&["totp", "verify", "bob"], 4, "this code is not accepted"),
    ] {
        let ended = desk.lab.run_with_input(line, "123456\n");
        assert_eq!(ended.code, code, "{line:?} {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{line:?} {}", ended.stderr);
    }
    let rows = desk.record(&["--action", "FactorRefused"]);
    let causes: Vec<_> = rows.iter().map(|row| row["Details"]["cause"].as_str().unwrap()).collect();
    assert_eq!(causes.iter().filter(|cause| **cause == "used").count(), 5, "{causes:?}");
    assert_eq!(desk.lab.run(&["activity", "verify"]).code, 0);
}
