//! The sign-in on pages as they are, and as they should not be, in real Chromium: a table.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::lab::desk::{Desk, Launched, ROWS};
use crate::site::{PASSWORD, SEED, Site, USERNAME};

/// One page, what the connector says, and what must come of it.
pub(crate) struct Case {
    /// The page; the connector is named after it.
    pub(crate) page: &'static str,
    /// Where the session begins, where that is not the page; `FOREIGN` is the foreign origin.
    pub(crate) path: &'static str,
    /// `TargetSettings` beside `LogonURL` and a short `ActionTimeout`; `FOREIGN` is the foreign origin.
    pub(crate) settings: &'static str,
    /// The rows; empty for the usual ones.
    pub(crate) rows: &'static str,
    /// The password of the account; empty for the usual one.
    pub(crate) password: &'static str,
    /// The seed of the codes; empty for the usual one.
    pub(crate) seed: &'static str,
    /// What must come of it.
    pub(crate) must: Must,
    /// What stderr must say.
    pub(crate) says: &'static [&'static str],
    /// Why it does not hold where there is no side channel; empty where it does.
    pub(crate) side_only: &'static str,
    /// Whether the page's script alone decides it, which is the same file on every way: of the ways to one
    /// kind of browser the first shows it.
    pub(crate) script: bool,
    /// What else must hold of the site.
    pub(crate) holds: fn(&Site) -> bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Must {
    SignIn,
    /// The cause of a `(Failure=cause)`.
    Refuse(&'static str),
    /// The code of the stop.
    Stick(&'static str),
    /// Neither.
    Unclear,
}

pub(crate) use Must::{Refuse, SignIn, Stick, Unclear};

/// The form of `page` arrived once, with exactly what the account holds.
pub(crate) fn exact(site: &Site, page: &str) -> bool {
    let forms = site.submissions(page);
    forms.len() == 1
        && forms[0].value("username") == Some(USERNAME)
        && forms[0].value("password") == Some(PASSWORD)
}

pub(crate) const DEFAULT: Case = Case {
    page: "plain",
    path: "",
    settings: "",
    rows: "",
    password: "",
    seed: "",
    must: SignIn,
    says: &[],
    side_only: "",
    script: false,
    holds: |_| true,
};

pub(crate) const CODE_ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
#error > (Failure=refused) (SearchBy=css)
";

pub(crate) const BOX_ROWS: &str = "\
.box > (TOTP) <logonaccount\\password> (SearchBy=css) (Nth=1)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
#error > (Failure=refused) (SearchBy=css)
";

pub(crate) const IN_FRAME: &str = "\
login-frame > (Frame) (SearchBy=id)
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
go > (Button) (SearchBy=id)
(Frame=top)
#framed-welcome > (Validation) (SearchBy=css)
";

/// A way to a browser: what the configuration and the command line say of it.
pub(crate) struct Way {
    /// The value of `browser:` in the configuration.
    pub(crate) browser: String,
    /// Arguments of `connect`.
    pub(crate) arguments: Vec<String>,
    /// Whether there is a side channel.
    pub(crate) side: bool,
    /// Whether it is the first to its kind of browser, which shows what the page's script does there.
    pub(crate) first: bool,
}

impl Way {
    /// Chromium of this machine, with its side channel.
    pub(crate) fn side() -> Self {
        Self {
            browser: "{ sandbox: false }".into(),
            arguments: Vec::new(),
            side: true,
            first: true,
        }
    }
}

/// Runs the cases that hold on this way, each on a desk of its own.
pub(crate) fn run(cases: &[Case], way: &Way) {
    let mut wrong = Vec::new();
    let holds = |case: &&Case| way.side || case.side_only.is_empty();
    for case in cases.iter().filter(holds).filter(|case| way.first || !case.script) {
        // A site of its own, so that nobody else's forms are in its log.
        let site = Site::start();
        let (desk, launched) = launch(case, way, &site);
        if let Some(problem) = problem(case, &launched, &site) {
            wrong
                .push(format!("/{}: {problem}\n{}{}", case.page, launched.object, launched.stderr));
        }
        desk.assert_clean();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n=====\n"));
}

fn launch(case: &Case, way: &Way, site: &Site) -> (Desk, Launched) {
    let password = if case.password.is_empty() { PASSWORD } else { case.password };
    let seed = if case.seed.is_empty() { SEED } else { case.seed };
    let desk = Desk::through(&way.browser, &site.address(), password, seed);
    let settings = format!("ActionTimeout: 4s\n{}", case.settings);
    let settings = settings.replace("FOREIGN", &site.foreign());
    let rows = if case.rows.is_empty() { ROWS } else { case.rows };
    let path = if case.path.is_empty() { case.page } else { case.path };
    let url = format!("http://<address>/{}", path.replace("FOREIGN", &site.foreign()));
    let rows = rows.replace("FOREIGN", &site.foreign());
    desk.connector(case.page, &url, &settings, &rows);
    let arguments: Vec<&str> = way.arguments.iter().map(String::as_str).collect();
    let launched = desk.connect(case.page, &arguments);
    (desk, launched)
}

fn problem(case: &Case, launched: &Launched, site: &Site) -> Option<String> {
    let (outcome, cause, code) = match case.must {
        SignIn => ("signed-in", "", 0),
        Refuse(cause) => ("refused", cause, 1),
        Stick(code) => ("stuck", code, 1),
        Unclear => ("unclear", "unclear", 1),
    };
    if (launched.outcome(), launched.cause(), launched.code) != (outcome, cause, code) {
        return Some(format!(
            "must be {outcome} {cause} with exit code {code}, was {}",
            launched.code
        ));
    }
    if let Some(missing) = case.says.iter().find(|says| !launched.stderr.contains(**says)) {
        return Some(format!("does not say {missing:?}"));
    }
    for secret in [PASSWORD, SEED, case.password] {
        if !secret.is_empty() && secret != "wrong" && launched.stderr.contains(secret) {
            return Some("shows a secret".into());
        }
    }
    if case.page == "echo" {
        let forms = site.submissions("echo");
        let arrived = forms.first().and_then(|form| form.value("password"));
        if forms.len() != 1 || arrived != Some(case.password) {
            return Some(format!("{:?} arrived as {forms:?}", case.password));
        }
    }
    if !(case.holds)(site) {
        let forms = site.submissions(case.page);
        return Some(format!("the site saw {forms:?}; leaked: {:?}", site.leaked()));
    }
    None
}

pub(crate) const ORDINARY: &[Case] = &[
    Case { holds: |s| exact(s, "plain"), ..DEFAULT },
    Case { page: "late-form", holds: |s| exact(s, "late-form"), ..DEFAULT },
    Case { page: "late-button", holds: |s| exact(s, "late-button"), ..DEFAULT },
    Case { page: "late-script", holds: |s| exact(s, "late-script"), ..DEFAULT },
    Case { page: "controlled", holds: |s| exact(s, "controlled"), ..DEFAULT },
    Case { page: "hydrates", holds: |s| exact(s, "hydrates"), ..DEFAULT },
    Case { page: "drawn-anew", holds: |s| exact(s, "drawn-anew"), ..DEFAULT },
    Case { page: "readonly-until-focus", holds: |s| exact(s, "readonly-until-focus"), ..DEFAULT },
    Case { page: "far-below", holds: |s| exact(s, "far-below"), ..DEFAULT },
    Case { page: "moving-button", holds: |s| exact(s, "moving-button"), ..DEFAULT },
    Case {
        page: "dodging-button",
        holds: |s| exact(s, "dodging-button") && s.submissions("behind").is_empty(),
        ..DEFAULT
    },
    Case {
        page: "dodging-button",
        path: "dodging-button?always",
        must: Stick("not-ready"),
        says: &["something else came under the mouse", "(ScriptClick)"],
        side_only: "Firefox presses before it has drawn what the mouse has moved",
        holds: |s| s.submissions("dodging-button").is_empty() && s.submissions("behind").is_empty(),
        ..DEFAULT
    },
    Case {
        page: "dodging-button",
        path: "dodging-button?always",
        rows: "remember > (Check) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n",
        must: Stick("not-ready"),
        says: &["something else came under the mouse", "(ScriptClick)"],
        side_only: "Firefox presses before it has drawn what the mouse has moved",
        holds: |s| s.submissions("behind").is_empty(),
        ..DEFAULT
    },
    Case { page: "hopping-button", holds: |s| exact(s, "hopping-button"), ..DEFAULT },
    Case { page: "same-url", ..DEFAULT },
    Case { page: "busy-success", ..DEFAULT },
    Case { page: "not-ready", ..DEFAULT },
    Case {
        page: "plain",
        password: "wrong",
        must: Refuse("refused"),
        // The word "Wrong" is taken out of what the page says: the password is spelled so.
        says: &["page says: ", "user name or password", "#error > (Failure=refused)"],
        ..DEFAULT
    },
    Case {
        page: "says-nothing",
        must: Unclear,
        says: &["neither a validation nor a failure showed"],
        ..DEFAULT
    },
    Case {
        page: "shows-password",
        must: Refuse("refused"),
        says: &["page says:"],
        script: true,
        ..DEFAULT
    },
    Case {
        page: "link",
        rows: "Sign in > (Click) (SearchBy=linktext)\nusername > <username> (SearchBy=id)\npassword > <password> (SearchBy=id)\ngo > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n",
        ..DEFAULT
    },
    Case {
        page: "popup",
        rows: "open > (Click) (SearchBy=id)\nusername > <username> (SearchBy=id) (Timeout=2s)\npassword > <password> (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n",
        must: Stick("not-found"),
        says: &["the site has opened a window of its own, and rows act in the first"],
        side_only: "only the side channel tells of windows",
        holds: |s| s.submissions("plain").is_empty(),
        ..DEFAULT
    },
];

#[test]
fn ordinary_pages() {
    run(ORDINARY, &Way::side());
}

pub(crate) const IN_THE_WAY: &[Case] = &[
    Case { page: "overlay-leaves", ..DEFAULT },
    Case {
        page: "overlay-stays",
        must: Stick("not-ready"),
        says: &["covered by"],
        holds: |s| s.submissions("overlay-stays").is_empty(),
        ..DEFAULT
    },
    Case {
        page: "cookie-banner",
        must: Stick("not-ready"),
        says: &["covered by"],
        script: true,
        ..DEFAULT
    },
    Case {
        page: "cookie-banner",
        rows: "accept > (Click) (SearchBy=id) (Optional) (Timeout=2s)\nusername > <username> (SearchBy=id)\npassword > <password> (SearchBy=id)\ngo > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n",
        holds: |s| exact(s, "cookie-banner"),
        ..DEFAULT
    },
    Case { page: "replaced-field", holds: |s| exact(s, "replaced-field"), ..DEFAULT },
    Case { page: "twins-hidden", script: true, holds: |s| exact(s, "twins-hidden"), ..DEFAULT },
    Case {
        page: "twins-visible",
        rows: "username > <username> (SearchBy=id)\npassword > <password> (SearchBy=name)\ngo > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n",
        must: Stick("ambiguous-locator"),
        says: &["2 elements match", "matches:"],
        script: true,
        ..DEFAULT
    },
    Case {
        page: "twins-visible",
        rows: "username > <username> (SearchBy=name) (Nth=1)\npassword > <password> (SearchBy=name) (Nth=1)\ngo > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n",
        script: true,
        ..DEFAULT
    },
    Case { page: "several-submits", ..DEFAULT },
    Case {
        page: "several-submits",
        rows: "username > <username> (SearchBy=id)\npassword > <password> (SearchBy=id)\nbutton > (Button) (SearchBy=css)\n#welcome > (Validation) (SearchBy=css)\n",
        must: Stick("ambiguous-locator"),
        says: &["3 elements match"],
        script: true,
        ..DEFAULT
    },
    Case {
        page: "disabled-field",
        must: Stick("not-ready"),
        says: &["not enabled"],
        script: true,
        ..DEFAULT
    },
    Case {
        page: "wrapper-id",
        must: Stick("not-ready"),
        says: &["takes no text", "the input inside it is"],
        script: true,
        ..DEFAULT
    },
    Case {
        page: "short-field",
        must: Stick("value-cut"),
        says: &["its maxlength is 8"],
        holds: |s| s.submissions("short-field").is_empty(),
        ..DEFAULT
    },
    Case { page: "alert-on-load", holds: |s| exact(s, "alert-on-load"), ..DEFAULT },
    Case { page: "alert-on-submit", ..DEFAULT },
    Case { page: "loading-subresource", ..DEFAULT },
    Case { page: "loading-half", holds: |s| exact(s, "loading-half"), ..DEFAULT },
    Case {
        page: "loading-never",
        settings: "PageLoadTimeout: 2s",
        must: Stick("site-unreachable"),
        says: &["no answer within 2 s"],
        ..DEFAULT
    },
];

#[test]
fn pages_that_are_in_the_way() {
    run(IN_THE_WAY, &Way::side());
}

pub(crate) const FRAMES: &[Case] = &[
    Case { page: "shadow-open", holds: |s| exact(s, "shadow-open"), ..DEFAULT },
    Case { page: "shadow-closed", must: Stick("not-found"), ..DEFAULT },
    Case { page: "frame-same", rows: IN_FRAME, ..DEFAULT },
    Case { page: "frame-same", must: Stick("not-found"), says: &["iframe#login-frame"], ..DEFAULT },
    Case {
        page: "frame-cross",
        rows: IN_FRAME,
        must: Stick("foreign-origin"),
        says: &["nothing was typed", "AllowedOrigins"],
        holds: |s| s.leaked().is_empty(),
        ..DEFAULT
    },
    Case {
        page: "frame-cross",
        settings: "AllowedOrigins: ['http://<address>', 'FOREIGN']",
        rows: IN_FRAME,
        ..DEFAULT
    },
    Case { page: "frame-late", rows: IN_FRAME, ..DEFAULT },
];

#[test]
fn roots_and_frames() {
    run(FRAMES, &Way::side());
}

pub(crate) const AWAY: &[Case] = &[
    Case {
        page: "redirect-on-next",
        rows: "username > <username> (SearchBy=id)\nnext > (Button) (SearchBy=id)\npassword > <password> (SearchBy=id)\ngo > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n",
        must: Stick("foreign-origin"),
        says: &["may not be typed there"],
        holds: |s| s.leaked().is_empty(),
        ..DEFAULT
    },
    Case {
        page: "redirect-by-script",
        must: Stick("foreign-origin"),
        holds: |s| s.leaked().is_empty(),
        ..DEFAULT
    },
    Case {
        page: "focus-navigates",
        must: Stick("foreign-origin"),
        holds: |s| s.leaked().is_empty(),
        ..DEFAULT
    },
    Case {
        page: "focus-moves",
        holds: |s| s.leaked().is_empty() && exact(s, "focus-moves"),
        ..DEFAULT
    },
    Case {
        page: "focus-moves-within",
        side_only: "Element Send Keys takes the focus back",
        must: Stick("strayed-focus"),
        holds: |s| s.submissions("focus-moves-within").is_empty(),
        ..DEFAULT
    },
    Case {
        page: "portal",
        path: "leave?to=FOREIGN/portal",
        must: Stick("foreign-origin"),
        holds: |s| s.leaked().is_empty(),
        ..DEFAULT
    },
    Case {
        page: "portal",
        path: "leave?to=FOREIGN/portal",
        settings: "AllowedOrigins: ['http://<address>', 'FOREIGN']",
        ..DEFAULT
    },
];

#[test]
fn pages_that_lead_away() {
    run(AWAY, &Way::side());
}

pub(crate) const MORE: &[Case] = &[
    Case { page: "otp-same-form", rows: CODE_ROWS, ..DEFAULT },
    Case {
        page: "otp-in-place",
        rows: "username > <username> (SearchBy=id)\npassword > <password> (SearchBy=id)\ngo > (Button) (SearchBy=id)\notp > (TOTP) <logonaccount\\password> (SearchBy=id)\ngo > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n#error > (Failure=refused) (SearchBy=css)\n",
        ..DEFAULT
    },
    Case {
        page: "otp-self-submits",
        rows: "otp > (TOTP) <logonaccount\\password> (SearchBy=id)\ngo > (Button) (SearchBy=id) (Optional)\n#welcome > (Validation) (SearchBy=css)\n#error > (Failure=refused) (SearchBy=css)\n",
        ..DEFAULT
    },
    Case { page: "six-boxes", rows: BOX_ROWS, ..DEFAULT },
    Case { page: "six-boxes-typed", rows: BOX_ROWS, ..DEFAULT },
    Case { page: "six-boxes-plain", rows: BOX_ROWS, ..DEFAULT },
    Case {
        page: "same-submit-id",
        rows: "username > <username> (SearchBy=id)\ngo > (Button) (SearchBy=id)\notp > (TOTP) <logonaccount\\password> (SearchBy=id)\ngo > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n",
        holds: |s| {
            s.submissions("same-submit-id").len() == 1
                && s.submissions("same-submit-id-2").len() == 1
        },
        ..DEFAULT
    },
    Case {
        page: "remember-device",
        rows: "username > <username> (SearchBy=id)\npassword > <password> (SearchBy=id)\nremember > (Uncheck) (SearchBy=id)\ngo > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n",
        holds: |s| {
            s.submissions("remember-device").iter().all(|form| form.value("remember").is_none())
        },
        ..DEFAULT
    },
    Case { page: "forced-change", must: Unclear, ..DEFAULT },
    Case { page: "fails-500", must: Unclear, says: &["HTTP 500"], ..DEFAULT },
    Case { page: "hangs-on-submit", settings: "PageLoadTimeout: 2s", must: Unclear, ..DEFAULT },
    Case { page: "closes-on-submit", must: Unclear, ..DEFAULT },
    Case {
        page: "basic-on-fetch",
        password: "wrong",
        must: Refuse("refused"),
        side_only: "chromedriver does not answer a prompt of the browser's own",
        ..DEFAULT
    },
    Case { page: "basic-on-submit", password: "wrong", must: Unclear, ..DEFAULT },
    Case { page: "basic-only", must: Stick("site-unreachable"), says: &["HTTP Basic"], ..DEFAULT },
];

#[test]
fn pages_that_ask_for_more() {
    run(MORE, &Way::side());
}

/// What is other where there is no side channel.
pub(crate) const PLAIN: &[Case] = &[
    Case { page: "focus-moves-within", holds: |s| exact(s, "focus-moves-within"), ..DEFAULT },
    Case {
        page: "plain",
        password: "pass\u{E000}word",
        must: Stick("untypable-character"),
        says: &["the value holds a character that WebDriver takes for a key"],
        holds: |s| s.submissions("plain").is_empty(),
        ..DEFAULT
    },
];

#[test]
fn a_session_goes_only_where_it_may() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.connector(
        "wanders",
        "http://<address>/wanders",
        "AllowedURLs: ['http://<address>/*']",
        "#welcome > (Validation) (SearchBy=css)\n",
    );
    let line = ["connect", "wanders", "--account", "web/site", "--headless", "--hold", "60s"];
    let mut child = desk
        .lab
        .command(&line)
        .env("TMPDIR", desk.lab.path().join("t"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let told =
        lines.take_while(|line| !line.starts_with("refused by AllowedURLs")).collect::<Vec<_>>();
    let refused = format!("{}/thief", site.foreign());
    assert!(child.try_wait().unwrap().is_none(), "it ended without a refusal: {told:?}");
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(site.count("/thief"), 0, "{refused} was visited");
    desk.assert_clean();
}
