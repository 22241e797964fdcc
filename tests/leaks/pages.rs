//! Pages that repeat what was typed, and rows that stop at every stage.

use super::world::World;
use crate::lab::desk::ROWS;

/// One page, and how it must end.
struct Case {
    page: &'static str,
    rows: &'static str,
    /// `TargetSettings` beside the address and the times.
    settings: &'static str,
    /// The exit code.
    code: i32,
    /// What must be said of it.
    says: &'static str,
}

const DEFAULT: Case = Case { page: "plain", rows: ROWS, settings: "", code: 1, says: "page:" };

const CODE_ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
#error > (Failure=refused) (SearchBy=css)
";

const PIN_ROWS: &str = "\
pin > <pin> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
#error > (Failure=refused) (SearchBy=css)
";

/// Stops after the form was sent, and says all that it sees then.
const STUCK_ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
go > (Button) (SearchBy=id)
#error > (Validation) (SearchBy=css)
(Wait=100ms)
nowhere > (Click) (SearchBy=id)
";

/// Looks for what is there twice, after the password was typed.
const TWICE_ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
input > (Click) (SearchBy=css)
";

fn run(cases: &[Case]) {
    let world = World::new();
    let picture = world.desk.lab.path().join("picture.png");
    for case in cases {
        let Case { page, rows, settings, code, says } = case;
        let rows = rows.replace("FOREIGN", &world.site.foreign());
        let settings = format!("ActionTimeout: 3s\nPageLoadTimeout: 3s\n{settings}");
        let (name, url) = (page.replace(['?', '='], "-"), format!("http://<address>/{page}"));
        world.desk.connector(&name, &url, &settings, &rows);
        for arguments in [&["--screenshot", "picture.png"][..], &["--format", "json"]] {
            let command = world.connect(&name, "web/site", arguments);
            let name = format!("/{page} {arguments:?}");
            let (ended, text) = world.run(&name, command);
            assert_eq!(ended, *code, "{name}: {text}");
            assert!(text.contains(says), "{name} does not say {says:?}: {text}");
            assert!(*code == 0 || !picture.exists(), "{name}: a picture was taken");
            world.search_files(&name);
            let _ = std::fs::remove_file(&picture);
            // Codes are leased, so a second launch would wait for the next one.
            if rows.contains("TOTP") {
                break;
            }
        }
    }
    assert!(world.site.visits().iter().any(|visit| visit.path.starts_with("/submit/")));
    for line in [
        &["activity"][..],
        &["activity", "--format", "json"],
        &["activity", "--format", "csv"],
        &["activity", "verify"],
    ] {
        let mut command = world.desk.lab.command(line);
        command.env("RUST_LOG", "trace");
        let (code, text) = world.run("activity", command);
        assert_eq!(code, 0, "{line:?}: {text}");
        assert!(!text.is_empty());
    }
    world.desk.assert_clean();
    let seen = world.end();
    for program in ["--port=0", "--user-data-dir=", "doorward-watchdog", "RUST_LOG=trace"] {
        assert!(seen.names(program), "no process with {program} was seen");
    }
}

#[test]
fn a_page_repeats_the_password() {
    run(&[
        Case { page: "shows-password", says: "page says:", ..DEFAULT },
        Case { page: "shows-forms", says: "page says:", ..DEFAULT },
        Case { page: "says-it-everywhere", says: "dialog:", ..DEFAULT },
        Case { page: "says-it-everywhere", rows: STUCK_ROWS, says: "title:", ..DEFAULT },
        Case { page: "long-refusal", says: "page says:", ..DEFAULT },
        Case { page: "long-refusal", rows: STUCK_ROWS, says: "has:", ..DEFAULT },
        Case { page: "get-form", code: 0, says: "get-form", ..DEFAULT },
    ]);
}

/// The secret is in the browser's memory and in the request; everything else has a stand-in, or nothing.
#[test]
fn a_page_is_sealed() {
    const SEALED: &str = "Injection: Sealed";
    const AUTH: &str = "BasicAuth: { Username: <username>, Password: <password> }";
    const ANSWER_ROWS: &str = "#welcome > (Validation) (SearchBy=css)\n";
    let sealed = |page, says| Case { page, says, settings: SEALED, ..DEFAULT };
    run(&[
        Case { code: 0, says: "plain", settings: SEALED, ..DEFAULT },
        // What the site was sent it may repeat.
        sealed("shows-password", "page says:"),
        sealed("shows-forms", "page says:"),
        sealed("get-form", "into a URL"),
        sealed("unsealable?as=sha256", "SHA-256"),
        sealed("unsealable?as=silent", "never left"),
        sealed("unsealable?as=socket", "WebSocket"),
        sealed("carries-away?by=redirect", "redirect"),
        sealed("carries-away?by=fetch", "about to send"),
        Case { code: 0, ..sealed("sealed?as=json", "sealed") },
        Case { rows: CODE_ROWS, code: 0, ..sealed("otp-same-form", "otp-same-form") },
        Case {
            page: "basic-guard",
            rows: ANSWER_ROWS,
            settings: AUTH,
            says: "refused the name and password",
            ..DEFAULT
        },
    ]);
}

#[test]
fn a_page_repeats_a_code_and_a_property() {
    run(&[
        Case { page: "shows-code", rows: PIN_ROWS, says: "dialog:", ..DEFAULT },
        Case { page: "otp-same-form", rows: CODE_ROWS, code: 0, says: "signed in", ..DEFAULT },
    ]);
}

#[test]
fn a_row_stops_at_every_stage() {
    run(&[
        Case { code: 0, says: "signed", ..DEFAULT },
        Case { page: "disabled-field", says: "not enabled", ..DEFAULT },
        Case { page: "overlay-stays", says: "covered by", ..DEFAULT },
        Case { page: "short-field", says: "maxlength", ..DEFAULT },
        Case { page: "plain", rows: TWICE_ROWS, says: "elements match", ..DEFAULT },
        Case { page: "shadow-closed", says: "not there", ..DEFAULT },
        Case { page: "redirect-by-script", says: "may not be typed", ..DEFAULT },
        Case { page: "focus-moves-within", says: "moved the focus", ..DEFAULT },
        Case { page: "says-nothing", says: "neither a validation", ..DEFAULT },
        Case { page: "fails-500", says: "HTTP 500", ..DEFAULT },
        Case { page: "hangs-on-submit", says: "neither a validation", ..DEFAULT },
        Case { page: "loading-never", says: "could not be opened", ..DEFAULT },
        Case { page: "basic-only", says: "HTTP Basic", ..DEFAULT },
    ]);
}
