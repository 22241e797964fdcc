//! `record`: a sign-in by hand becomes a connector that passes `check` and signs in; and nothing that was typed
//! is in it.

use serde_json::{Value, json};

use crate::lab::desk::Desk;
use crate::lab::marks::{Marks, files};
use crate::lab::running::Running;
use crate::lab::screen::{Screen, command, pages};
use crate::lab::{Ended, Lab, wait};
use crate::site::codes::{Codes, Kind};
use crate::site::{PASSWORD, SEED, Site, USERNAME};

/// What a person does on a page.
enum Do {
    /// Clicks into the field, and types.
    Type(&'static str, String),
    /// Clicks.
    Click(&'static str),
    /// Presses Enter where the focus is.
    Enter,
}

/// A sign-in by hand, and the rows that must come of it.
struct Case {
    page: &'static str,
    /// A script expression gives an element by its selector, also inside a frame: `frame selector >>> selector`.
    deeds: Vec<Do>,
    rows: &'static [&'static str],
    /// Whether the connector signs in as it is.
    signs_in: bool,
}

fn cases() -> Vec<Case> {
    let typed = |css| Do::Type(css, PASSWORD.to_owned());
    let name = |css| Do::Type(css, USERNAME.to_owned());
    vec![
        Case {
            page: "plain",
            deeds: vec![name("#username"), typed("#password"), Do::Click("#go")],
            rows: &[
                "username > <username> (SearchBy=id)",
                "password > <password> (SearchBy=id)",
                "go > (Button) (SearchBy=id)",
            ],
            signs_in: true,
        },
        Case {
            page: "plain",
            deeds: vec![name("#username"), typed("#password"), Do::Enter],
            rows: &[
                "username > <username> (SearchBy=id)",
                "password > <password> (SearchBy=id)",
                "go > (Button) (SearchBy=id)",
            ],
            signs_in: true,
        },
        Case {
            page: "generated-ids",
            deeds: vec![
                name("input[type=text]"),
                typed("input[type=password]"),
                Do::Click("button"),
            ],
            rows: &[
                "User name > <username> (SearchBy=label)",
                "input[type=password] > <password> (SearchBy=css)",
                "Sign in > (Button) (SearchBy=text)",
            ],
            signs_in: true,
        },
        Case {
            page: "frame-same",
            deeds: vec![
                name("iframe >>> #username"),
                typed("iframe >>> #password"),
                Do::Click("iframe >>> #go"),
            ],
            rows: &[
                "login-frame > (Frame) (SearchBy=id)",
                "username > <username> (SearchBy=id)",
                "password > <password> (SearchBy=id)",
                "go > (Button) (SearchBy=id)",
            ],
            signs_in: false,
        },
        Case {
            page: "frame-cross",
            deeds: vec![
                name("iframe >>> #username"),
                typed("iframe >>> #password"),
                Do::Click("iframe >>> #go"),
            ],
            rows: &[
                "login-frame > (Frame) (SearchBy=id)",
                "username > <username> (SearchBy=id)",
                "password > <password> (SearchBy=id)",
                "go > (Button) (SearchBy=id)",
            ],
            signs_in: false,
        },
        Case {
            page: "shadow-open",
            deeds: vec![
                name("#outer ::: x-form ::: #username"),
                typed("#outer ::: x-form ::: #password"),
                Do::Click("#outer ::: x-form ::: #go"),
            ],
            rows: &[
                "username > <username> (SearchBy=id)",
                "password > <password> (SearchBy=id)",
                "go > (Button) (SearchBy=id)",
            ],
            signs_in: true,
        },
        Case {
            page: "six-boxes",
            deeds: vec![Do::Type("#box-1", code()), Do::Click("#go")],
            rows: &[
                "box-1 > (TOTP) <logonaccount\\password> (SearchBy=id)",
                "go > (Button) (SearchBy=id)",
            ],
            signs_in: false,
        },
    ]
}

#[test]
fn a_sign_in_by_hand_becomes_a_connector() {
    let Some(screen) = Screen::start() else { return };
    for case in cases() {
        let site = Site::start();
        let desk = Desk::at(&site.address());
        let url = site.url(&format!("/{}", case.page));
        let mut recording =
            self::recording(&desk, &screen, &[&url, "-o", "connectors/recorded.yaml"]);
        recording.until("When you are signed in, press Enter here");
        let there =
            || pages(&desk).iter().any(|page| page["url"].as_str().unwrap().starts_with(&url));
        assert!(wait(there), "{:?}", pages(&desk));
        for deed in &case.deeds {
            deed.carry_out(&desk);
        }
        let form = if case.page.starts_with("frame-") { "framed" } else { case.page };
        site.wait_until("the form", |site| !site.submissions(form).is_empty());
        if case.signs_in {
            let welcome = || {
                pages(&desk).iter().any(|page| page["url"].as_str().unwrap().contains("/welcome"))
            };
            assert!(wait(welcome), "{:?}", pages(&desk));
        }
        recording.enter();
        let ended = recording.end();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let text =
            std::fs::read_to_string(desk.lab.path().join("connectors/recorded.yaml")).unwrap();
        let mut rest = text.as_str();
        for row in case.rows {
            let at = rest
                .find(&format!("  {row}\n"))
                .unwrap_or_else(|| panic!("{}: no `{row}` in\n{text}", case.page));
            rest = &rest[at..];
        }
        // What the forms tell of sealing; a trial finds out the rest.
        let sealing =
            "sealing: the password stands in a form that is sent by POST: it can be sealed";
        assert!(case.page != "plain" || ended.stderr.contains(sealing), "{}", ended.stderr);
        assert!(ended.stderr.contains("sealing: the "), "{}: {}", case.page, ended.stderr);
        let marks = Marks::of(&[("password", PASSWORD)]);
        assert!(marks.within(text.as_bytes()).is_empty(), "{text}");
        assert!(marks.within(ended.stderr.as_bytes()).is_empty(), "{}", ended.stderr);
        assert!(!text.contains(USERNAME) && !ended.stderr.contains(USERNAME), "{text}");
        let checked = desk.lab.run(&["check", "connectors/recorded.yaml"]);
        assert_eq!(checked.code, 0, "{text}\n{}", checked.stderr);
        if case.signs_in {
            assert!(text.contains("(Validation)"), "{text}");
            let launched = desk.connect("recorded", &[]);
            assert_eq!(
                (launched.code, launched.outcome()),
                (0, "signed-in"),
                "{text}\n{}",
                launched.stderr
            );
        }
        desk.assert_clean();
    }
}

/// The demo in two pages: name and password, then a code that is used once.
#[test]
fn a_code_is_recognised() {
    let Some(screen) = Screen::start() else { return };
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let mut recording = self::recording(
        &desk,
        &screen,
        &[&site.url("/login"), "-o", "connectors/recorded.yaml", "--fixture", "fx"],
    );
    recording.until("When you are signed in, press Enter here");
    let at = |path: &str| {
        wait(|| pages(&desk).iter().any(|page| page["url"].as_str().unwrap().ends_with(path)))
    };
    assert!(at("/login"));
    Do::Type("#username", USERNAME.to_owned()).carry_out(&desk);
    Do::Type("#password", PASSWORD.to_owned()).carry_out(&desk);
    // A page may show what is typed into it, as a text, in an attribute and in an address.
    let shows = "const v = document.querySelector('#password').value, a = document.createElement('a'); \
                 a.title = a.textContent = v; a.href = '/' + encodeURIComponent(v); document.body.append(a); 1";
    assert_eq!(evaluate(&desk, shows), 1);
    Do::Click("#sign-in").carry_out(&desk);
    assert!(at("/otp"));
    let code = code();
    Do::Type("[name=otp]", code.clone()).carry_out(&desk);
    Do::Click("#verify").carry_out(&desk);
    assert!(wait(|| site.submissions("otp").len() == 1));
    let inside = "document.querySelector('.avatar-menu') !== null";
    assert!(wait(|| evaluate(&desk, inside) == true), "{code}: {:?}", site.submissions("otp"));
    recording.enter();
    let ended = recording.end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let text = std::fs::read_to_string(desk.lab.path().join("connectors/recorded.yaml")).unwrap();
    for part in [
        "SupportedCapabilities: [LogonAccount]",
        "LogonURL: http://<address>/login",
        " > (TOTP) <logonaccount\\password> (SearchBy=",
        "verify > (Button) (SearchBy=id)",
        "(Validation)",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let marks = Marks::of(&[("password", PASSWORD)]);
    assert!(marks.within(text.as_bytes()).is_empty(), "{text}");
    assert!(marks.within(ended.stderr.as_bytes()).is_empty(), "{}", ended.stderr);
    for value in [USERNAME, code.as_str()] {
        assert!(!text.contains(value) && !ended.stderr.contains(value), "{text}\n{}", ended.stderr);
    }
    // What was saved beside it is enough to test the connector, and holds nothing that was typed.
    assert_eq!(marks.below(&desk.lab.path().join("fx"), &[]), [""; 0]);
    for path in files(&desk.lab.path().join("fx")) {
        let saved = std::fs::read_to_string(&path).unwrap();
        assert!(!saved.contains("battery"), "{}:\n{saved}", path.display());
    }
    let visits = site.visits().len();
    let mut test = desk.lab.command(&["test", "recorded", "--fixture", "fx"]);
    let tested = Ended::from(test.env("TMPDIR", desk.lab.path().join("t")).output().unwrap());
    assert_eq!(tested.code, 0, "{text}\n{}{}", tested.stdout, tested.stderr);
    assert_eq!(site.visits().len(), visits);
    // The site takes a code once; with this row the next one is waited for.
    let refused = "  #error[data-cause=code] > (Failure=wrong code) (SearchBy=css)\n";
    desk.lab.write("connectors/recorded.yaml", format!("{text}{refused}"));
    let launched = desk.connect("recorded", &[]);
    assert_eq!(
        (launched.code, launched.outcome()),
        (0, "signed-in"),
        "{text}\n{}",
        launched.stderr
    );
    desk.assert_clean();
}

/// A window that is closed ends the recording as Enter does; one in which nothing was done makes no connector.
#[test]
fn nothing_that_was_done_is_no_connector() {
    let Some(screen) = Screen::start() else { return };
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let mut recording = self::recording(&desk, &screen, &[&site.url("/plain"), "-o", "none.yaml"]);
    recording.until("When you are signed in, press Enter here");
    assert!(wait(|| pages(&desk)
        .iter()
        .any(|page| page["url"].as_str().unwrap().ends_with("/plain"))));
    for page in pages(&desk) {
        crate::lab::screen::ask(&desk, &format!("/json/close/{}", page["id"].as_str().unwrap()));
    }
    let ended = recording.end();
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("no connector was made"), "{}", ended.stderr);
    assert!(!desk.lab.path().join("none.yaml").exists());
    desk.assert_clean();
}

/// What is done in another window would be missing from the connector without a word.
#[test]
fn a_window_that_opens_is_told() {
    let Some(screen) = Screen::start() else { return };
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let mut recording = recording(&desk, &screen, &[&site.url("/popup"), "-o", "popup.yaml"]);
    recording.until("When you are signed in, press Enter here");
    Do::Click("#open").carry_out(&desk);
    recording.until("has opened a window of its own");
    recording.enter();
    let ended = recording.end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    desk.assert_clean();
}

#[test]
fn what_cannot_be_recorded_is_told() {
    let lab = Lab::new();
    lab.write("doorward.yaml", "browser: { sandbox: false }\n");
    lab.write("there.yaml", "mine");
    let cases: [(&[&str], &str); 9] = [
        (&["record", "ftp://a.example/"], "has to be the https:// or http:// URL"),
        (&["record", "a.example"], "has to be the https:// or http:// URL"),
        (&["record", "https://me:secret@a.example/"], "it holds a user name or password"),
        (&["record", "https://a.example/", "-o", "there.yaml/x.yaml"], "there.yaml is no folder"),
        (&["record", "https://a.example/", "-o", "."], "is there already"),
        (&["record", "https://a.example/", "-o", ".", "--force"], "is a folder"),
        (&["record", "https://a.example/", "--fixture", "there.yaml"], "there.yaml is no folder"),
        (&["record", "https://a.example/", "-o", "there.yaml"], "there.yaml is there already"),
        (&["record", "no url"], "URL"),
    ];
    for (line, says) in cases {
        let ended = lab.run(line);
        assert_eq!(ended.code, 2, "{line:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{line:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
    }
    assert_eq!(std::fs::read_to_string(lab.path().join("there.yaml")).unwrap(), "mine");
}

/// The code of now.
fn code() -> String {
    let seconds = doorward::clock::Clock::System.unix_millis() / 1000;
    let seed = doorward::secret::Secret::new(SEED.to_owned());
    Codes::new(&seed, &Kind::of_period(30)).at(seconds)
}

/// A recording on a screen of its own.
fn recording(desk: &Desk, screen: &Screen, arguments: &[&str]) -> Running {
    let mut command = desk.lab.command(&[&["record"], arguments].concat());
    command.env("TMPDIR", desk.lab.path().join("t")).env("DISPLAY", &screen.name);
    Running::start(command)
}

impl Do {
    fn carry_out(&self, desk: &Desk) {
        match self {
            Self::Type(css, text) => {
                click(desk, css);
                let keys: Vec<(&str, Value)> = text
                    .chars()
                    .flat_map(|c| {
                        let text = c.to_string();
                        [
                            (
                                "Input.dispatchKeyEvent",
                                json!({"type": "keyDown", "key": text, "text": text}),
                            ),
                            ("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": text})),
                        ]
                    })
                    .collect();
                command(desk, &keys);
            }
            Self::Click(css) => click(desk, css),
            Self::Enter => {
                let event = |kind, text| json!({"type": kind, "key": "Enter", "code": "Enter", "text": text, "windowsVirtualKeyCode": 13});
                command(
                    desk,
                    &[
                        ("Input.dispatchKeyEvent", event("keyDown", "\r")),
                        ("Input.dispatchKeyEvent", event("keyUp", "")),
                    ],
                );
            }
        }
    }
}

/// Clicks the middle of an element, once it is there and painted: before that a browser drops what is typed.
/// `frame >>> element` is inside of a frame, `host ::: element` in an open shadow root.
fn click(desk: &Desk, css: &str) {
    let (frame, inner) = css.split_once(" >>> ").map_or((None, css), |(f, i)| (Some(f), i));
    let place = || {
        let at = middle(inner);
        let Some(frame) = frame else { return evaluate(desk, &at) };
        let around = format!(
            "(() => {{ const f = document.querySelector({}); const b = f.getBoundingClientRect(); \
             return {{ x: b.x + f.clientLeft, y: b.y + f.clientTop }}; }})()",
            json!(frame)
        );
        let (around, inside) = (evaluate(desk, &around), evaluate_in_frame(desk, &at));
        match (
            around["x"].as_f64(),
            around["y"].as_f64(),
            inside["x"].as_f64(),
            inside["y"].as_f64(),
        ) {
            (Some(x), Some(y), Some(dx), Some(dy)) => json!({"x": x + dx, "y": y + dy}),
            _ => Value::Null,
        }
    };
    assert!(wait(|| place().is_object()), "no {css}");
    let at = place();
    let event = |kind: &str, buttons: u8| {
        let clicks = u8::from(kind != "mouseMoved");
        let params = json!({"type": kind, "x": at["x"], "y": at["y"], "button": "left", "buttons": buttons, "clickCount": clicks});
        ("Input.dispatchMouseEvent", params)
    };
    command(desk, &[event("mouseMoved", 0), event("mousePressed", 1), event("mouseReleased", 0)]);
}

/// The middle of an element in its document.
fn middle(css: &str) -> String {
    let path: Vec<&str> = css.split(" ::: ").collect();
    format!(
        "(() => {{ let e = null, root = document; for (const css of {}) {{ e = root?.querySelector(css); root = e?.shadowRoot; }} \
         if (!e || !performance.getEntriesByType('paint').length) return null; const b = e.getBoundingClientRect(); \
         return {{ x: b.x + b.width / 2, y: b.y + b.height / 2 }}; }})()",
        json!(path)
    )
}

/// In the one frame of the page: through its own process where it has one.
fn evaluate_in_frame(desk: &Desk, expression: &str) -> Value {
    let list: Vec<Value> =
        serde_json::from_str(&crate::lab::screen::ask(desk, "/json/list")).unwrap();
    let asked = json!({"expression": expression, "returnByValue": true});
    match list.iter().find(|target| target["type"] == "iframe") {
        Some(target) => {
            let url = target["webSocketDebuggerUrl"].as_str().unwrap();
            let answers = crate::lab::screen::command_to(url, &[("Runtime.evaluate", asked)]);
            answers
                .first()
                .map(|answer| answer["result"]["result"]["value"].clone())
                .unwrap_or_default()
        }
        None => {
            let inside = expression
                .replace("document;", "document.querySelector('iframe').contentDocument;");
            evaluate(desk, &inside)
        }
    }
}

fn evaluate(desk: &Desk, expression: &str) -> Value {
    let asked = json!({"expression": expression, "returnByValue": true});
    let answers = command(desk, &[("Runtime.evaluate", asked)]);
    answers.first().map(|answer| answer["result"]["result"]["value"].clone()).unwrap_or_default()
}
