//! `test`: a connector on the pages that `try --fixture` has saved: it signs in there without the site, stops at the
//! row that is wrong, and neither pages nor results hold a secret.

use crate::lab::desk::{Desk, ROWS};
use crate::lab::marks::{Marks, files};
use crate::lab::{Ended, Lab};
use crate::site::{PASSWORD, SEED, Site};

/// The demo's two pages and the one behind them.
const DEMO: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
sign-in > (Button) (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=name)
verify > (Button) (SearchBy=id)
.avatar-menu > (Validation) (SearchBy=css)
#error > (Failure=refused) (SearchBy=css)
";

const BOXES: &str = "\
box-1 > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
";

const FRAMED: &str = "\
login-frame > (Frame) (SearchBy=id)
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
go > (Button) (SearchBy=id)
(Frame=top)
#framed-welcome > (Validation) (SearchBy=css)
";

fn runs(desk: &Desk, arguments: &[&str]) -> Ended {
    let mut command = desk.lab.command(arguments);
    command.env("TMPDIR", desk.lab.path().join("t"));
    Ended::from(command.output().unwrap())
}

#[test]
fn saved_pages_are_signed_in_to_without_the_site() {
    let cases: [(&str, &str, &str); 4] = [
        ("login", DEMO, "7"),
        ("plain", ROWS, "5"),
        ("six-boxes", BOXES, "3"),
        ("shadow-open", ROWS, "5"),
    ];
    for (page, rows, until) in cases {
        let site = Site::start();
        let desk = Desk::at(&site.address());
        desk.connector("saved", &format!("http://<address>/{page}"), "", rows);
        let line = ["try", "saved", "--account", "web/site", "--until", until, "--fixture", "fx"];
        let tried = runs(&desk, &line);
        assert_eq!(tried.code, 0, "{page}: {}{}", tried.stdout, tried.stderr);
        let marks = Marks::of(&[("password", PASSWORD), ("seed", SEED)]);
        assert_eq!(marks.below(&desk.lab.path().join("fx"), &[]), [""; 0], "{page}");
        let before = site.visits().len();
        let tested = runs(&desk, &["test", "saved", "--fixture", "fx", "--format", "junit"]);
        assert_eq!(tested.code, 0, "{page}: {}{}", tested.stdout, tested.stderr);
        assert!(
            tested.stdout.contains("failures=\"0\" errors=\"0\" skipped=\"0\""),
            "{}",
            tested.stdout
        );
        assert_eq!(site.visits().len(), before, "{page}: the site was asked");
        desk.assert_clean();
    }
}

#[test]
fn a_form_in_a_frame_is_saved_with_it() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.connector("saved", "http://<address>/frame-same", "", FRAMED);
    let line = ["try", "saved", "--account", "web/site", "--until", "4", "--fixture", "fx"];
    let tried = runs(&desk, &line);
    assert_eq!(tried.code, 0, "{}{}", tried.stdout, tried.stderr);
    let names: Vec<String> = files(&desk.lab.path().join("fx"))
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(names.iter().any(|name| name.contains("frame-1")), "{names:?}");
    let tested = runs(&desk, &["test", "saved", "--fixture", "fx"]);
    // All rows of the form run; what the page would show after it was never saved.
    assert_eq!(tested.code, 1, "{}{}", tested.stdout, tested.stderr);
    assert!(tested.stdout.contains("ok     4  press `go`"), "{}", tested.stdout);
    // The account is made up, and so is its record.
    for word in ["on record", "specimen"] {
        assert!(!tested.stderr.contains(word), "{}", tested.stderr);
    }
    desk.assert_clean();
}

#[test]
fn a_row_that_does_not_fit_the_pages_fails_with_its_place() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.connector("saved", "http://<address>/plain", "", ROWS);
    let line = ["try", "saved", "--account", "web/site", "--until", "5", "--fixture", "fx"];
    assert_eq!(runs(&desk, &line).code, 0);
    let cases = [
        ("username > ", "user > ", "not-found", "row 1 of 5", "skipped=\"4\""),
        ("go > (Button)", "gone > (Button)", "not-found", "row 3 of 5", "skipped=\"2\""),
        ("#welcome", "#nowhere", "unclear", "row 4 of 5", "skipped=\"1\""),
    ];
    for (from, to, code, place, skipped) in cases {
        let rows = ROWS.replace(from, to);
        desk.connector("saved", "http://<address>/plain", "ActionTimeout: 500ms", &rows);
        let tested = runs(
            &desk,
            &["test", "saved", "--fixture", "fx", "--format", "junit", "-o", "out.xml"],
        );
        assert_eq!(tested.code, 1, "{to}: {}", tested.stderr);
        let xml = std::fs::read_to_string(desk.lab.path().join("out.xml")).unwrap();
        for part in [&format!("error[{code}]"), place, skipped, "failures=\"1\""] {
            assert!(xml.contains(part), "{to}: no {part} in {xml}");
        }
    }
    desk.assert_clean();
}

#[test]
fn a_seed_of_any_encoding_is_made_up() {
    let lab = Lab::new();
    lab.write("doorward.yaml", "connectors: [.]\nbrowser: { sandbox: false }\n");
    lab.write("fx/page.html", "<!doctype html><input id=otp><p id=home>Here</p>\n");
    let list = "{\"pages\":[{\"row\":1,\"documents\":[{\"file\":\"page.html\",\"url\":\"https://a.example/\"}]}]}";
    lab.write("fx/fixture.json", list);
    for encoding in ["base32", "hex", "raw"] {
        let text = format!(
            "ConnectorId: a\nSupportedCapabilities: [LogonAccount]\nTargetSettings:\n  LogonURL: https://<address>/\n\
             WebFormFields: |\n  otp > (TOTP) <logonaccount\\password> (Encoding={encoding})\n  \
             home > (Validation) (SearchBy=id)\n"
        );
        lab.write("a.yaml", text);
        let tested = lab.run(&["test", "a", "--fixture", "fx"]);
        assert_eq!(tested.code, 0, "{encoding}: {}{}", tested.stdout, tested.stderr);
    }
}

#[test]
fn a_live_test_account_is_on_record() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.connector("live", "http://<address>/plain", "", ROWS);
    let tested = runs(&desk, &["test", "live", "--account", "web/site"]);
    assert_eq!(tested.code, 0, "{}{}", tested.stdout, tested.stderr);
    let record = desk.record(&["--account", "web/site"]);
    let actions: Vec<&str> = record.iter().map(|row| row["Action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["Connect", "UsePassword", "Disconnect"]);
    assert_eq!(record[0]["Reason"], "doorward test");
    desk.assert_clean();
}

#[test]
fn what_is_no_fixture_is_told() {
    let lab = Lab::new();
    lab.write("doorward.yaml", "connectors: [.]\nbrowser: { sandbox: false }\n");
    lab.write(
        "a.yaml",
        "ConnectorId: a\nTargetSettings:\n  LogonURL: https://<address>/\nWebFormFields: |\n  u > <username>\n  \
         #w > (Validation) (SearchBy=css)\n",
    );
    let page = |url: &str, file: &str| {
        format!(
            "{{\"pages\":[{{\"row\":1,\"documents\":[{{\"file\":\"{file}\",\"url\":\"{url}\"}}]}}]}}"
        )
    };
    let cases = [
        (None, "fixture.json: No such file"),
        (Some("nonsense".to_owned()), "fixture.json: line 1: it is not a list of pages"),
        (Some("{\"pages\":[]}".to_owned()), "it has no pages"),
        (Some("{\"pages\":[{\"row\":1,\"documents\":[]}]}".to_owned()), "a page without documents"),
        (Some(page("https://a.example/", "none.html")), "none.html: No such file"),
        (Some(page("https://a.example/", "../a.yaml")), "is not a file of the folder"),
        (Some(page("file:///etc/passwd", "a.html")), "is no URL of a page"),
    ];
    for (list, says) in cases {
        if let Some(list) = &list {
            lab.write("fx/fixture.json", list);
        }
        let ended = lab.run(&["test", "a", "--fixture", "fx"]);
        assert_eq!(ended.code, 2, "{list:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{list:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("--fixture DIR` saves one"), "{}", ended.stderr);
    }
    let lines: [(&[&str], &str); 4] = [
        (&["test", "a"], "<--fixture <DIR>|--account <REF>>"),
        (&["test", "a", "--fixture", "fx", "--account", "b"], "cannot be used with"),
        (&["test", "a", "--fixture", "fx", "-o", "a.yaml/x"], "a.yaml is no folder"),
        (&["test", "a", "--fixture", "fx", "-o", "fx"], "fx is a folder"),
    ];
    for (line, says) in lines {
        let ended = lab.run(line);
        assert_eq!(ended.code, 2, "{line:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{line:?}: {}", ended.stderr);
    }
}
