//! The portal: a live session, its stream, its answers and its files, and sign-ins that stop.

use serde_json::json;

use super::world::{PASSWORD, PIN, SEED, World};
use crate::lab::desk::ROWS;
use crate::lab::portal::{Answer, Portal, Visitor};
use crate::lab::server::{StandIn, ok};
use crate::lab::viewer::Viewer;
use crate::recording::{locked, plain, record_to};

/// The password of a person at the portal.
const PERSON: &str = "aNn-s.oWn pAss<w0rd>&7xQ2kV9";
/// What they try when they mistake it.
const MISTAKEN: &str = "mIs-tAken:4hJ8zT1=kD5\"rW";

/// The passphrase of an auditor's identity.
const PASSPHRASE: &str = "pH-ra.sE oF aN<aUditor>&3wY8nB5";

const CODE_ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
#error > (Failure=refused) (SearchBy=css)
";

const STUCK_ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
nowhere > (Click) (SearchBy=id)
";

/// Searches bytes that came over the network.
fn search(world: &World, what: &str, bytes: &[u8]) {
    let found = world.marks.within(bytes);
    assert!(found.is_empty(), "{what} shows {found:?}: {}", String::from_utf8_lossy(bytes));
    for code in world.codes() {
        assert!(!crate::lab::marks::holds_code(bytes, &code), "{what} shows a code");
    }
}

fn search_answer(world: &World, what: &str, answer: &Answer) {
    search(world, what, format!("{answer:?}").as_bytes());
    search(world, what, answer.body.as_bytes());
}

/// Runs a session until `stage`, and searches all that its viewer was sent.
fn session(world: &World, portal: &Portal, ann: &Visitor, account: &str, id: &str, stage: &str) {
    let order = json!({"account": account, "connector": id, "reason": "a test"});
    let answer = portal.act(ann, "POST", "/api/v1/sessions", &order.to_string());
    search_answer(world, id, &answer);
    assert_eq!(answer.status, 201, "{id}: {}", answer.body);
    let session = answer.json()["session"].as_str().unwrap().to_owned();
    let mut viewer = Viewer::join(portal, ann, &session).unwrap();
    if stage == "signed-in" {
        viewer.note("live");
        viewer.until("pictures", |viewer| !viewer.updates.is_empty());
        viewer.send(&json!({"type": "reload"}));
        viewer.note("tabs");
        viewer.send(&json!({"type": "end"}));
    }
    let ended = viewer.note("ended");
    assert_eq!(ended["outcome"], stage, "{id}: {ended}");
    viewer.closed();
    for frame in &viewer.frames {
        search(world, id, frame);
    }
    assert!(viewer.frames.len() >= viewer.notes.len() + viewer.updates.len());
    if stage == "signed-in" {
        search(world, "the recording", plain(&world.desk.lab, &session).as_bytes());
        let show = ["recording", "show", &session, "--identity", "auditor.key"];
        let shown = world.desk.lab.run(&show);
        assert_eq!(shown.code, 0, "{}", shown.stderr);
        search(world, "what is shown of the recording", shown.stdout.as_bytes());
        let path = format!("/api/v1/recordings/{session}");
        for asked in ["", "/play?from=0&for=600000", "/moments"] {
            let answer = portal.read(Some(ann), &format!("{path}{asked}"));
            assert_eq!(answer.status, 200, "{asked}: {}", answer.body);
            search(world, "what the portal tells of the recording", &answer.bytes);
        }
        search_answer(world, "verify", &portal.act(ann, "POST", &format!("{path}/verify"), ""));
        search_answer(
            world,
            "the player",
            &portal.read(Some(ann), &format!("/recordings/{session}")),
        );
    }
    for path in [
        format!("/sessions/{session}"),
        format!("/api/v1/sessions/{session}"),
        format!("/activity?session={session}"),
    ] {
        search_answer(world, &path, &portal.read(Some(ann), &path));
    }
    world.search_files(id);
}

#[test]
fn the_portal_tells_no_secret() {
    let mut world = World::new();
    world.marks.add("a person's password", PERSON);
    world.marks.add("a mistaken password", MISTAKEN);
    for (id, page, rows) in [
        ("code", "otp-same-form", CODE_ROWS),
        ("shown", "shows-password", ROWS),
        ("everywhere", "says-it-everywhere", ROWS),
        ("stuck", "plain", STUCK_ROWS),
    ] {
        world.desk.connector(id, &format!("http://<address>/{page}"), "ActionTimeout: 3s", rows);
    }
    let add = ["user", "add", "ann", "--accounts", "*", "--role", "admin", "--password-stdin"];
    for (line, input) in [
        (&add[..], format!("{PERSON}\n")),
        // A second of that name.
        (&add[..], format!("{PERSON}\n")),
        (&["user", "list"][..], String::new()),
    ] {
        let ended = world.desk.lab.run_with_input(line, &input);
        search(&world, &line.join(" "), ended.stdout.as_bytes());
        search(&world, &line.join(" "), ended.stderr.as_bytes());
    }
    record_to(&world.desk.lab, "");
    // A second auditor, whose identity is on no disk here.
    let pair = doorward::recording::KeyPair::generate();
    let identity = pair.file("2026-11-22T10:00:00Z").to_string();
    let secret = identity.lines().last().unwrap().strip_prefix("AGE-SECRET-KEY-1").unwrap();
    world.marks.add("an auditor's secret key", secret);
    world.marks.add("the passphrase of an identity", PASSPHRASE);
    let path = world.desk.lab.path().join("doorward.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("recipients: [", &format!("recipients: [{}, ", pair.public()));
    std::fs::write(&path, text).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let collector = vec![("POST /v1/traces", vec![ok(json!({}))])];
    let collector = runtime.block_on(StandIn::start(collector));
    let variables =
        [("RUST_LOG", "trace"), ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address.as_str())];
    let portal = Portal::start_with(&world.desk.lab, &variables);
    let ann = portal.sign_in("ann", PERSON);
    for (name, password) in [("ann", MISTAKEN), ("nobody", MISTAKEN), (MISTAKEN, "x")] {
        let answer = portal.send(None, "/sign-in", &[("name", name), ("password", password)]);
        assert!(answer.status >= 400, "{}", answer.status);
        // A form gives back the name that was typed; the password it never does.
        if name != MISTAKEN {
            search_answer(&world, "a wrong sign-in", &answer);
        }
    }
    for (method, path, body) in [
        ("POST", "/api/v1/users", json!({"name": "ann", "password": PERSON, "accounts": ["*"]})),
        ("POST", "/api/v1/users", json!({"name": "cy", "password": [PERSON]})),
        ("POST", "/api/v1/users", json!({"name": "cy", "pasword": PERSON})),
        ("POST", "/api/v1/sessions", json!({"account": [PASSWORD]})),
        ("POST", "/api/v1/sessions", json!({"account": "local:web/site", "password": SEED})),
    ] {
        let answer = portal.act(&ann, method, path, &body.to_string());
        assert!(answer.status >= 400, "{path}: {}", answer.body);
        search_answer(&world, path, &answer);
    }
    let (_, armoured) = locked(&identity, PASSPHRASE);
    let half = &identity[..identity.len() - 20];
    for body in [
        json!({"identity": half}),
        json!({"identity": [identity]}),
        json!({"identity": armoured, "passphrase": format!("{PASSPHRASE}, or not")}),
        json!({"identity": armoured, "pasphrase": PASSPHRASE}),
        json!({"identity": armoured, "passphrase": PASSPHRASE}),
    ] {
        let path = "/api/v1/me/recording-key";
        search_answer(&world, path, &portal.act(&ann, "PUT", path, &body.to_string()));
        search_answer(&world, path, &portal.read(Some(&ann), path));
    }
    session(&world, &portal, &ann, "local:web/site", "code", "signed-in");
    session(&world, &portal, &ann, "local:web/site", "shown", "refused");
    session(&world, &portal, &ann, "local:web/site", "everywhere", "refused");
    session(&world, &portal, &ann, "local:web/site", "stuck", "stuck");
    // Trials, as far as the pages that repeat what was typed.
    let listed = portal.read(Some(&ann), "/api/v1/connectors").json();
    for (id, outcome) in [("shown", "refused"), ("everywhere", "refused"), ("stuck", "tried")] {
        let mut files = listed.as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap());
        let file = files.find(|file| file.ends_with(&format!("{id}.yaml"))).unwrap();
        let order = json!({"file": file, "account": "local:web/site", "until": "9"});
        let answer = portal.act(&ann, "POST", "/api/v1/connectors/try", &order.to_string());
        search_answer(&world, "a trial", &answer);
        assert_eq!(answer.json()["outcome"], outcome, "{id}: {}", answer.body);
    }
    // A vault that cannot be reached.
    let order = json!({"account": "corp:web/shop", "connector": "stuck", "reason": "a test"});
    let answer = portal.act(&ann, "POST", "/api/v1/sessions", &order.to_string());
    search_answer(&world, "a vault error", &answer);
    for path in [
        "/accounts",
        "/sessions",
        "/activity",
        "/users",
        "/recordings",
        "/connectors",
        "/policy",
        "/me",
        "/api/v1/me",
        "/api/v1/recordings",
        "/api/v1/accounts",
        "/api/v1/sessions",
        "/api/v1/activity",
        "/api/v1/users",
        "/connect?account=local:web/site",
    ] {
        search_answer(&world, path, &portal.read(Some(&ann), path));
    }
    assert!(crate::lab::wait(|| collector.seen().len() == 8), "{}", collector.seen().len());
    for seen in collector.seen() {
        search(&world, "a trace", seen.body.as_bytes());
    }
    let ended = portal.stop();
    assert!(ended.stderr.contains("TRACE") || ended.stderr.contains("DEBUG"), "{}", ended.stderr);
    search(&world, "stdout of serve", ended.stdout.as_bytes());
    search(&world, "stderr of serve", ended.stderr.as_bytes());
    assert!(world.site.submissions("otp-same-form").iter().any(|form| {
        form.value("password") == Some(PASSWORD) && form.value("pin") != Some(PIN)
    }));
    world.desk.assert_clean();
    world.end();
}

#[test]
fn a_password_among_the_arguments_of_user_is_not_repeated() {
    let mut world = World::new();
    world.marks.add("a person's password", PERSON);
    for line in [
        &["user", "add", "bob", "--password", PERSON][..],
        &["user", "add", "bob", PERSON],
        &["user", "add", PERSON, "--accounts", "*", "--password-stdin"],
    ] {
        let ended = world.desk.lab.run_with_input(line, "\n");
        assert_ne!(ended.code, 0);
        search(&world, &line[..2].join(" "), (ended.stdout + &ended.stderr).as_bytes());
    }
    // What a shell was told stands in the arguments of that process; nowhere else.
    world.search_files("the command line");
}
