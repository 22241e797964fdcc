//! Seeds that people bring, to the command line and to the portal: taken, refused, read, removed.

use super::world::{PASSWORD, World};
use crate::lab::portal::Portal;

/// The seed of the pictures in `cases/qr`.
const PICTURED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// One that is typed.
const TYPED: &str = "NB7WY3DPEBXW64TMMQQHI2DFOJSQ4TUO";
/// One that makes no codes.
const WRONG: &str = "wR0ng-s33d!mArKeD(with)signs&8Q";
/// A recovery code that nobody is shown, and one that is refused.
const SPARE: &str = "sp4re-m4rked-c0de-77Q";
const REFUSED: &str = "r3fused-m4rked-c0de-99";
/// The password of a person at the portal.
const PERSON: &str = "aNn-s.oWn pAss<w0rd>&7xQ2kV9";

#[test]
fn a_seed_that_is_brought_comes_out_nowhere() {
    let mut world = World::new();
    for (name, secret) in [
        ("a pictured seed", PICTURED),
        ("a typed seed", TYPED),
        ("a wrong seed", WRONG),
        ("a recovery code", SPARE),
        ("a refused recovery code", REFUSED),
    ] {
        world.marks.add(name, secret);
    }
    let picture = |name: &str| format!("{}/tests/cases/qr/{name}", env!("CARGO_MANIFEST_DIR"));
    let (good, two, cut, export) = (
        picture("page-light.png"),
        picture("two.png"),
        picture("cut-off.png"),
        picture("export.png"),
    );
    world.desk.add("web/other", &["--username", "x"], PASSWORD);
    let add = ["totp", "add", "web/other", "--yes"];
    let uri = format!("otpauth://totp/Acme:alice?secret={TYPED}&digits=9");
    let recovery = ["totp", "recovery"];
    let cases: Vec<(Vec<&str>, String, i32)> = vec![
        ([&add[..], &["--qr", &two]].concat(), String::new(), 2),
        ([&add[..], &["--qr", &cut]].concat(), String::new(), 2),
        ([&add[..], &["--qr", &export]].concat(), String::new(), 2),
        ([&add[..], &["--qr", "-"]].concat(), uri.clone(), 2),
        ([&add[..], &["--uri-stdin"]].concat(), uri, 2),
        ([&add[..], &["--setup-code-stdin"]].concat(), WRONG.to_owned(), 2),
        ([&add[..], &["--setup-code-stdin"]].concat(), TYPED.to_owned(), 0),
        (vec!["totp", "show", "web/other"], String::new(), 0),
        (vec!["totp", "code", "web/other"], String::new(), 0),
        (vec!["account", "show", "web/other"], String::new(), 0),
        (vec!["account", "show", "totp/web/other"], String::new(), 0),
        (vec!["totp", "remove", "web/other", "--yes"], String::new(), 0),
        (vec!["account", "show", "totp/web/other"], String::new(), 0),
        (vec!["account", "list"], String::new(), 0),
        ([&add[..], &["--qr", &good]].concat(), String::new(), 0),
        (vec!["totp", "restore", "web/other"], String::new(), 5),
        (
            [&recovery[..], &["add", "web/other", "--codes-stdin"]].concat(),
            format!("{REFUSED}\n{REFUSED}"),
            2,
        ),
        ([&recovery[..], &["add", "web/nope", "--codes-stdin"]].concat(), REFUSED.to_owned(), 5),
        (
            [&recovery[..], &["add", "web/other", "--codes-stdin"]].concat(),
            format!("first-one\n{SPARE}"),
            0,
        ),
        ([&recovery[..], &["add", "web/other", "--codes-stdin"]].concat(), REFUSED.to_owned(), 5),
        ([&recovery[..], &["show", "web/other"]].concat(), String::new(), 0),
        ([&recovery[..], &["list", "web/other"]].concat(), String::new(), 0),
        (vec!["account", "show", "totp/web/other"], String::new(), 0),
        (vec!["totp", "import", &export, "--map", "Acme=web/site", "--yes"], String::new(), 5),
    ];
    for (line, input, code) in cases {
        let mut command = world.desk.lab.command(&line);
        command.env("RUST_LOG", "trace").stdin(std::process::Stdio::piped());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{line:?} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(world.leak(&output), None, "{line:?}");
        world.search_files(&line.join(" "));
    }

    let user = ["user", "add", "ann", "--accounts", "*", "--role", "admin", "--password-stdin"];
    let added = world.desk.lab.run_with_input(&user, &format!("{PERSON}\n"));
    assert_eq!(added.code, 0, "{}", added.stderr);
    let portal = Portal::start_with(&world.desk.lab, &[("RUST_LOG", "trace")]);
    let ann = portal.sign_in("ann", PERSON);
    let path = "/api/v1/accounts/web%2Fother/totp";
    let text = |body: &str| {
        let headers = [
            ("origin", portal.url.as_str()),
            ("content-type", "text/plain"),
            ("x-csrf-token", ann.csrf.as_str()),
            ("cookie", ann.cookie.as_str()),
        ];
        portal.ask("POST", &format!("{path}/offers"), &headers, body)
    };
    let mut answers = vec![portal.read(Some(&ann), path), portal.act(&ann, "DELETE", path, "")];
    answers.extend([text(WRONG), text(&format!("otpauth://hotp/x?secret={TYPED}"))]);
    let offered = text(TYPED);
    assert_eq!(offered.status, 201, "{}", offered.body);
    let id = offered.json()["offer"].as_str().unwrap().to_owned();
    answers.push(offered);
    answers.push(portal.read(Some(&ann), &format!("{path}/offers/{id}")));
    answers.push(portal.act(&ann, "POST", path, &format!(r#"{{"offer":"{id}"}}"#)));
    answers.push(portal.act(&ann, "POST", &format!("{path}/code"), "{}"));
    let spares = |codes: &str| portal.act(&ann, "POST", &format!("{path}/recovery"), codes);
    answers.push(spares(&format!(r#"{{"codes":"{REFUSED}"}}"#)));
    answers.push(spares(&format!(r#"{{"codes":"{REFUSED}\n{REFUSED}"}}"#)));
    answers.push(spares(&format!(r#"{{"codes":["{REFUSED}"]}}"#)));
    for page in ["/codes?account=web/other", "/activity", "/accounts"] {
        answers.push(portal.read(Some(&ann), page));
    }
    let served = answers.iter().filter(|answer| answer.status < 300).count();
    assert_eq!(served, 9, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    for answer in answers {
        let found = world.marks.within(format!("{answer:?}").as_bytes());
        assert!(found.is_empty(), "{found:?}: {answer:?}");
    }
    let ended = portal.stop();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(world.marks.within(said.as_bytes()).is_empty(), "{said}");
    world.search_files("the portal");
    let seen = world.end();
    for secret in [PICTURED, TYPED, WRONG, SPARE] {
        assert!(!seen.names(secret), "a process was seen with a seed");
    }
}
