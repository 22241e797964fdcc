//! What a person asks for: the account, the parameters, the reason, how long.

use super::{Desk, ROWS, Site, assert_says, last, plain};
use crate::site::{PASSWORD, USERNAME};

#[test]
fn an_account_that_cannot_be_had_is_named() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    desk.add("web/unlinked", &["--username", "x", "--address", &site.address()], "y");
    let rows = format!("otp > (TOTP) <logonaccount\\password>\n{ROWS}");
    desk.connector("codes", "http://<address>/plain", "", &rows);
    let cases = [
        ("plain", "web/sit", 5, &["web/sit", "`local:web/site`"][..]),
        ("plain", "nowhere/zzz", 5, &["nowhere/zzz"]),
        ("plain", "locl:web/site", 2, &["has no vault `locl`", "did you mean `local`?"]),
        ("plain", "corp:web/site", 2, &["has no vault `corp`", "the vaults are: local"]),
        ("plain", "web//site", 2, &["--account", "web//site"]),
        ("plain", "", 2, &["--account"]),
        ("plain", ":site", 2, &["--account", ":site"]),
        ("codes", "web/unlinked", 5, &["no logon account linked", "row 1", "account link"]),
    ];
    for (connector, account, code, says) in cases {
        let line = [connector, "--account", account, "--headless"];
        let ended = crate::lab::Ended::from(desk.typed(&line).output().unwrap());
        assert_says(&ended, code, says);
        assert!(!ended.stderr.contains("panicked"));
    }
    assert_eq!(site.count("/plain"), 0, "a page was opened");
    desk.assert_clean();
}

#[test]
fn parameters_are_given_defaulted_missing_or_unknown() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.lab.write(
        "connectors/asks.yaml",
        "ConnectorId: asks\nTargetSettings:\n  LogonURL: http://<address>/plain\n\
         UserParameters:\n  Realm: { DisplayName: Which realm, Default: corp }\n  Ticket: {}\n\
         WebFormFields: |\n  username > <param\\realm>/<param\\Ticket>/<user\\name> (SearchBy=id)\n  \
         password > <password> (SearchBy=id)\n  go > (Button) (SearchBy=id)\n  \
         #welcome > (Validation) (SearchBy=css)\n",
    );
    let who = whoami::username().unwrap();
    let typed = [
        (&["--param", "Ticket=4711"][..], format!("corp/4711/{who}")),
        (&["--param", "ticket=a=b <x>", "--param", "Realm={y}"], format!("{{y}}/a=b <x>/{who}")),
        (&["--param", "Ticket="], format!("corp//{who}")),
    ];
    for (given, typed) in typed {
        let ended = desk.says("asks", given);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let form = site.submissions("plain").pop().unwrap();
        assert_eq!(form.value("username"), Some(&*typed));
    }
    let visits = site.count("/plain");
    let wrong = [
        (&[][..], &["missing-parameter", "`Ticket` was not given", "--param Ticket=VALUE"][..]),
        (&["--param", "Tiket=1"], &["has no parameter `Tiket`", "`Realm`, `Ticket`"]),
        (&["--param", "Ticket"], &["NAME=VALUE"]),
        (&["--param", "=1"], &["NAME=VALUE"]),
    ];
    for (given, says) in wrong {
        assert_says(&desk.says("asks", given), 2, says);
    }
    assert_eq!(site.count("/plain"), visits, "a page was opened");
    assert_eq!(last(&desk)["Action"], "ConnectRefused");
}

#[test]
fn an_address_that_leads_elsewhere_is_refused() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    let tricks = ["127.0.0.1/x?", "user@127.0.0.1", "127.0.0.1#", "a b", "127.0.0.1\\x", "%31"];
    for (at, address) in tricks.into_iter().enumerate() {
        let name = format!("web/trick{at}");
        desk.add(&name, &["--username", "x", "--property", "host=x"], "y");
        let edited = desk.lab.run(&["account", "edit", &name, "--address", address]);
        if edited.code != 0 {
            // The vault does not take it at all.
            continue;
        }
        let line = ["plain", "--account", &name, "--headless"];
        let ended = crate::lab::Ended::from(desk.typed(&line).output().unwrap());
        assert_says(&ended, 3, &["error[wrong-address]", "cannot be a host", "plain.yaml:4"]);
    }
    assert!(site.visits().is_empty(), "{:?}", site.visits());
    desk.assert_clean();
}

#[test]
fn the_url_of_an_account_is_where_its_session_begins() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.connector("own", "<url>", "", ROWS);
    let (plain, beneath) = (site.url("/plain"), site.url("/"));
    let cases = [
        ("web/url", &*plain, 0, &["signed in"][..]),
        ("web/plain-http", "http://192.0.2.1/plain", 3, &["insecure-origin", "http://192.0.2.1 "]),
        (
            "web/user",
            "http://user@127.0.0.1/plain",
            3,
            &["wrong-address", "a user name or password"],
        ),
        ("web/file", "file:///etc/passwd", 3, &["wrong-address", "its scheme is `file`"]),
        ("web/host", "127.0.0.1", 3, &["wrong-address", "begin with https://"]),
    ];
    for (name, url, code, says) in cases {
        desk.add(name, &["--username", USERNAME], PASSWORD);
        let edited = desk.lab.run(&["account", "edit", name, "--url", url]);
        if edited.code != 0 {
            // The vault does not take it at all.
            continue;
        }
        let line = ["own", "--account", name, "--headless"];
        let ended = crate::lab::Ended::from(desk.typed(&line).output().unwrap());
        assert_says(&ended, code, says);
    }
    let ended = desk.says("own", &[]);
    assert_says(&ended, 5, &["has no property `url`", "account edit local:web/site --url URL"]);
    assert_eq!(site.count("/plain"), 1);
    // What comes after it is its path, as it is with an address.
    desk.connector("beneath", "<url>plain", "", ROWS);
    assert_eq!(desk.lab.run(&["account", "edit", "web/site", "--url", &beneath]).code, 0);
    assert_eq!(desk.says("beneath", &[]).code, 0);
    desk.assert_clean();
}

#[test]
fn a_reason_is_on_record_and_harmless() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    let reason = "ticket 4711 \u{1b}[31m\u{202e}\ttab \"quoted\" =1+1";
    let ended = desk.says("plain", &["--reason", reason]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let rows = desk.record(&[]);
    assert!(rows.iter().all(|row| row["Reason"] == reason), "{rows:#?}");
    for format in ["text", "json", "csv"] {
        let printed = desk.lab.run(&["activity", "--format", format]).stdout;
        assert!(printed.contains("ticket 4711"), "{printed}");
        assert!(!printed.contains(['\u{1b}', '\u{202e}', '\t']), "{format}: {printed}");
    }
    assert!(!ended.stderr.contains('\u{1b}') && !ended.stdout.contains('\u{1b}'));
}

#[test]
fn a_headless_session_is_held_as_long_as_it_is_told() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    let cases = [
        (&[][..], "the end of a headless session"),
        (&["--hold", "0s"], "--hold is over"),
        (&["--hold", "1s"], "--hold is over"),
    ];
    for (hold, ended_by) in cases {
        let ended = desk.says("plain", hold);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let row = last(&desk);
        assert_eq!(row["Action"], "Disconnect");
        assert_eq!(row["Details"]["ended_by"], ended_by);
        let duration = row["Details"]["duration"].as_str().unwrap();
        let seconds: f64 = duration.strip_suffix('s').unwrap().parse().unwrap();
        assert!(seconds > f64::from(u8::from(hold == ["--hold", "1s"])), "{duration}");
    }
    for garbage in ["", "soon", "-1s", "10", "1 fortnight", "until"] {
        let ended = desk.says("plain", &[&format!("--hold={garbage}")]);
        assert_says(&ended, 2, &["--hold"]);
    }
}
