//! Second factors: seeds, codes, recovery codes, and what a sign-in is halfway come out nowhere but where they are shown.

use data_encoding::BASE32_NOPAD;
use serde_json::json;

use crate::factor::{enrol, half, rewind, second, visitor};
use crate::lab::marks::Marks;
use crate::lab::portal::Portal;
use crate::portal::{PASSWORD, desk};

#[test]
fn seeds_and_recovery_codes_are_shown_once_and_kept_nowhere() {
    let desk = desk();
    let portal = Portal::start_with(&desk.lab, &[("RUST_LOG", "trace")]);
    let mut marks = Marks::of(&[("a password", PASSWORD)]);
    let mut keys = Vec::new();
    let ann = portal.sign_in("ann", PASSWORD);
    let (device, codes) = enrol(&desk.lab, &portal, &ann);
    let made = portal.act(&ann, "POST", "/api/v1/tokens", r#"{"name":"app","scopes":["factors"]}"#);
    let bearer = format!("Bearer {}", made.json()["token"].as_str().unwrap());
    let by = |method: &str, path: &str, body: &str| {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        portal.ask(method, &format!("/api/v1/factors{path}"), &headers, body)
    };
    let offered = by("POST", "", r#"{"subject":"PS42"}"#).json();
    let setup = offered["setup_code"].as_str().unwrap().to_owned();
    let theirs = crate::lab::device::Device::of(&setup);
    for key in [device.key(), theirs.key()] {
        let text = BASE32_NOPAD.encode(key);
        marks.add("a seed", &text);
        marks.add("a seed in small letters", &text.to_lowercase());
        keys.push(key.to_vec());
    }
    marks.add("a set-up code", &setup);
    for code in &codes {
        marks.add("a recovery code", code);
        marks.add("a recovery code without dashes", &code.replace('-', ""));
    }
    let search = |what: &str, text: &str| {
        let found = marks.within(text.as_bytes());
        assert!(found.is_empty(), "{what} shows {found:?}: {text}");
    };
    // Every way that they are used, and that they fail.
    let waits = half(&portal, "ann");
    let cookie = waits.cookie.split_once('=').unwrap().1.to_owned();
    for typed in [device.wrong(), codes[0].clone(), codes[0].clone()] {
        let answer = second(&portal, &waits, &typed);
        search("the second half", &format!("{answer:?}"));
    }
    let again = half(&portal, "ann");
    rewind(&desk.lab);
    let ann = visitor(&portal, &second(&portal, &again, &device.code(0)));
    for (method, path, body) in [
        ("POST", "/api/v1/me/factor", json!({})),
        ("DELETE", "/api/v1/me/factor", json!({"code": codes[0]})),
        ("DELETE", "/api/v1/me/factor", json!({"code": [codes[1]]})),
        ("DELETE", "/api/v1/me/factor", json!({"cod": codes[1]})),
        ("POST", "/api/v1/me/factor/confirmation", json!({"code": codes[1]})),
        ("POST", "/api/v1/me/passkeys", json!({"name": "x", "code": codes[0]})),
    ] {
        let answer = portal.act(&ann, method, path, &body.to_string());
        assert!(answer.status >= 400, "{path} {}", answer.body);
        search(path, &answer.body);
    }
    for body in [json!({"code": codes[2]}), json!({"code": theirs.code(0)})] {
        search("verify", &by("POST", "/PS42/verify", &body.to_string()).body);
    }
    for path in
        ["/me", "/second-factor", "/users", "/activity", "/api/v1/me/factor", "/api/v1/activity"]
    {
        search(path, &portal.read(Some(&ann), path).body);
    }
    for (line, input) in [
        (&["totp", "verify", "ann"][..], codes[4].as_str()),
        (&["totp", "verify", "ann"], &codes[4]),
        (&["user", "list"], ""),
    ] {
        let ended = desk.lab.run_with_input(line, &format!("{input}\n"));
        search(&line.join(" "), &(ended.stdout + &ended.stderr));
    }
    let ended = portal.stop();
    assert!(ended.stderr.contains("SIGTERM"), "{}", ended.stderr);
    search("stdout of serve", &ended.stdout);
    search("stderr of serve", &ended.stderr);
    assert!(!ended.stderr.contains(&cookie), "{}", ended.stderr);
    for (what, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        for code in [device.code(0), theirs.code(0)] {
            assert!(!crate::lab::marks::holds_code(text.as_bytes(), &code), "{what} shows a code");
        }
    }
    let leaks = marks.below(desk.lab.path(), &[]);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    // Nor the bytes of a seed themselves, nor what a half is known by.
    for path in crate::lab::marks::files(desk.lab.path()) {
        let bytes = std::fs::read(&path).unwrap_or_default();
        for key in keys.iter().map(Vec::as_slice).chain([cookie.as_bytes()]) {
            assert!(memchr::memmem::find(&bytes, key).is_none(), "{}", path.display());
        }
    }
}
