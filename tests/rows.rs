//! The language in a browser: every action, option and strategy once, and every character of a password.

use crate::pages::{self, Case, DEFAULT, Refuse, Stick, Way};
use crate::site::{Site, USERNAME};

/// What the one form of `/rows` brought in the field `name`.
fn sent(site: &Site, name: &str) -> Option<String> {
    let forms = site.submissions("rows");
    assert!(forms.len() < 2, "{forms:?}");
    forms.first()?.value(name).map(str::to_owned)
}

/// The events that the page saw, in order; `!` is behind what a script did.
fn happened(site: &Site) -> String {
    sent(site, "happened").unwrap_or_default()
}

fn named(site: &Site) -> bool {
    sent(site, "named").as_deref() == Some(USERNAME)
}

/// Rows between the first and the end of the sign-in.
macro_rules! rows {
    ($($row:literal),* $(,)?) => {
        concat!($($row, "\n",)* "go > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n")
    };
}

const ROWS: Case = Case { page: "rows", ..DEFAULT };

/// What the page's script alone decides.
const SCRIPT: Case = Case { script: true, ..ROWS };

/// How an element is found.
pub(crate) const STRATEGIES: &[Case] = &[
    Case { rows: rows!["field > <username>"], holds: named, ..ROWS },
    Case { rows: rows!["named > <username>"], holds: named, ..SCRIPT },
    Case { rows: rows!["klass > <username>"], holds: named, ..SCRIPT },
    Case { rows: rows!["field > <username> (SearchBy=id)"], holds: named, ..SCRIPT },
    Case { rows: rows!["named > <username> (SearchBy=name)"], holds: named, ..SCRIPT },
    Case { rows: rows!["klass > <username> (SearchBy=class)"], holds: named, ..SCRIPT },
    Case { rows: rows!["form > input.klass > <username> (SearchBy=css)"], holds: named, ..SCRIPT },
    Case {
        rows: rows!["//label[.='Field to fill']/following::input[1] > <username> (SearchBy=xpath)"],
        holds: named,
        ..ROWS
    },
    Case { rows: rows!["field to fill > <username> (SearchBy=label)"], holds: named, ..SCRIPT },
    Case { rows: rows!["Type here > <username> (SearchBy=placeholder)"], holds: named, ..SCRIPT },
    Case {
        rows: rows!["Count > (Click) (SearchBy=text)"],
        holds: |s| happened(s) == "count",
        ..SCRIPT
    },
    Case {
        rows: rows![
            "Another form > (Button) (SearchBy=linktext)",
            "?by-link > (Click) (SearchBy=text)",
            "field > <username>"
        ],
        holds: named,
        ..ROWS
    },
    Case { rows: "go > (Button)\nhttp://*/welcome* > (Validation) (SearchBy=url)\n", ..SCRIPT },
    Case {
        rows: "go > (Button)\nhttps://* > (Validation) (SearchBy=url)\n*/welcome > (Failure=left) (SearchBy=url)\n",
        must: Refuse("left"),
        ..ROWS
    },
    Case {
        rows: rows![".twin > <username> (SearchBy=css) (Nth=2)"],
        holds: |s| {
            sent(s, "twin-1").as_deref() == Some("")
                && sent(s, "twin-2").as_deref() == Some(USERNAME)
        },
        ..ROWS
    },
    Case {
        rows: rows![".twin > <username> (SearchBy=css)"],
        must: Stick("ambiguous-locator"),
        says: &["2 elements match"],
        ..ROWS
    },
    Case {
        rows: rows![".twin > <username> (SearchBy=css) (Nth=3) (Timeout=500ms)"],
        must: Stick("ambiguous-locator"),
        ..SCRIPT
    },
    Case {
        rows: rows!["input:wombat > <username> (SearchBy=css)"],
        must: Stick("invalid-locator"),
        says: &["cannot read this locator"],
        ..ROWS
    },
    Case {
        rows: rows!["//input[<address>] > <username> (SearchBy=xpath)"],
        must: Stick("invalid-locator"),
        says: &["cannot read this locator"],
        ..SCRIPT
    },
];

/// What a row does.
pub(crate) const ACTIONS: &[Case] = &[
    Case {
        rows: rows!["field > Hello <username>, ^(from <user\\name>^)", "area > <username>"],
        holds: |s| {
            sent(s, "named").is_some_and(|text| text.starts_with("Hello operator, (from "))
                && sent(s, "area").as_deref() == Some(USERNAME)
        },
        ..ROWS
    },
    Case {
        rows: rows![
            "count > (Click)",
            "count > (Button)",
            "covered > (ScriptClick)",
            "count > (ScriptClick)"
        ],
        holds: |s| happened(s) == "count,count,covered!,count!",
        ..ROWS
    },
    Case {
        rows: rows!["covered > (Click) (Timeout=500ms)"],
        must: Stick("not-ready"),
        says: &["covered by"],
        ..SCRIPT
    },
    Case {
        rows: rows!["realm > (Select) Directory"],
        holds: |s| {
            sent(s, "realm").as_deref() == Some("ldap") && happened(s).starts_with("realm ldap")
        },
        ..ROWS
    },
    Case {
        rows: rows!["realm > (Select) ldap"],
        holds: |s| sent(s, "realm").as_deref() == Some("ldap"),
        ..SCRIPT
    },
    Case {
        rows: rows!["realm > (Select) Local users"],
        holds: |s| happened(s).is_empty(),
        ..SCRIPT
    },
    Case {
        rows: rows!["realm > (Select) Nobody"],
        must: Stick("option-not-found"),
        says: &["has no option `Nobody`", "Directory"],
        ..SCRIPT
    },
    Case {
        rows: rows!["realm > (Select) RADIUS"],
        must: Stick("option-not-found"),
        says: &["the option `RADIUS` is disabled"],
        ..ROWS
    },
    Case {
        rows: rows!["realm > (Select) Twice"],
        must: Stick("option-not-found"),
        says: &["2 options are `Twice`"],
        ..SCRIPT
    },
    Case {
        rows: rows!["off > (Check)", "on > (Uncheck)", "drawn > (Check)", "switch > (Check)"],
        holds: |s| {
            happened(s) == "off,on,drawn,switch"
                && sent(s, "off").as_deref() == Some("yes")
                && sent(s, "on").is_none()
                && sent(s, "drawn").as_deref() == Some("yes")
        },
        ..ROWS
    },
    Case {
        rows: rows!["on > (Check)", "off > (Uncheck)", "drawn > (Uncheck)", "switch > (Uncheck)"],
        holds: |s| happened(s).is_empty() && sent(s, "on").as_deref() == Some("yes"),
        ..SCRIPT
    },
    Case {
        rows: rows!["field > (Check) (Timeout=500ms)"],
        must: Stick("not-ready"),
        says: &["no check box"],
        ..SCRIPT
    },
    Case {
        rows: rows![
            "keys > (Press=Enter)",
            "keys > (Press=Tab)",
            "keys > (Press=Escape)",
            "keys > (Press=Space)",
            "keys > (Press=Backspace)",
            "keys > (Press=Delete)",
            "keys > (Press=ArrowUp)",
            "keys > (Press=ArrowDown)",
            "keys > (Press=ArrowLeft)",
            "keys > (Press=ArrowRight)",
            "keys > (Press=Home)",
            "keys > (Press=End)",
            "(Press=PageUp)",
            "(Press=PageDown)",
        ],
        holds: |s| {
            happened(s)
                == "Enter,Tab,Escape, ,Backspace,Delete,ArrowUp,ArrowDown,ArrowLeft,ArrowRight,Home,End,PageUp,PageDown"
        },
        ..ROWS
    },
    Case {
        rows: "field > <username>\n(Press=Enter)\n#welcome > (Validation) (SearchBy=css)\n",
        holds: named,
        ..ROWS
    },
    Case {
        rows: rows![
            "(Navigate=http://<address>/rows?again)",
            "?again > (Click) (SearchBy=text)",
            "(Wait=10ms)",
            "field > <username>"
        ],
        holds: |s| named(s) && s.count("/rows") == 2,
        ..ROWS
    },
    Case {
        rows: rows!["(Navigate=http://<address>/rows#place)", "field > <username>"],
        holds: named,
        ..ROWS
    },
    Case {
        rows: rows!["(Navigate=FOREIGN/rows)", "field > <username>"],
        must: Stick("foreign-origin"),
        says: &["nothing was typed"],
        holds: |s| s.leaked().is_empty(),
        ..ROWS
    },
    Case {
        rows: rows!["(Navigate=http://127.0.0.1:9/x)"],
        must: Stick("site-unreachable"),
        says: &["could not be opened"],
        ..ROWS
    },
    Case {
        rows: rows!["not-there > (Click) (Optional) (Timeout=300ms)", "field > <username>"],
        holds: named,
        ..SCRIPT
    },
    Case {
        // Longer than the timeout of other rows, and shorter than twice as long on a busy machine.
        rows: rows!["not-there > (Click) (Timeout=10s)"],
        must: Stick("not-found"),
        says: &["no element that can be seen matched within 1"],
        ..ROWS
    },
    Case {
        rows: "go > (Button)\n#nowhere > (Validation) (SearchBy=css) (Timeout=8s)\n#welcome > (Failure) (SearchBy=css)\n",
        must: Refuse("refused"),
        ..SCRIPT
    },
    Case {
        page: "frame-nested",
        rows: "iframe > (Frame) (SearchBy=css)\niframe > (Frame) (SearchBy=css)\nusername > <username>\npassword > <password>\ngo > (Button)\n(Frame=top)\niframe > (Frame) (SearchBy=css)\nframed-welcome > (Validation) (Timeout=8s)\n",
        holds: |s| !s.submissions("framed").is_empty(),
        ..DEFAULT
    },
];

/// One-time codes, by the parameters that a row can give them.
pub(crate) const CODES: &[Case] = &[
    Case {
        page: "otp-same-form",
        seed: "48656c6c6f21deadbeef",
        rows: "username > <username>\npassword > <password>\notp > (TOTP) <logonaccount\\password> (Encoding=hex) (Digits=6) (Period=30s) (Algorithm=SHA1)\ngo > (Button)\n#welcome > (Validation) (SearchBy=css)\n#error > (Failure=refused) (SearchBy=css)\n",
        ..DEFAULT
    },
    Case {
        rows: rows![
            "field > (TOTP) <logonaccount\\password> (Digits=8) (Period=60s) (Algorithm=SHA512) (Encoding=raw)"
        ],
        holds: |s| {
            sent(s, "named")
                .is_some_and(|code| code.len() == 8 && code.bytes().all(|b| b.is_ascii_digit()))
        },
        ..ROWS
    },
];

const ECHO: Case = Case { page: "echo", ..DEFAULT };

/// The form of `/echo` brings the password of the case, to the byte.
pub(crate) const PASSWORDS: &[Case] = &[
    Case { password: " !\"#$%&'()*+,-./0123456789:;<=>?@", ..ECHO },
    Case { password: "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~", ..ECHO },
    Case { password: "a>b (Button) {password} <password> & \"^\\n\\t' #x", ..ECHO },
    Case { password: "x", ..ECHO },
    Case { password: "Grüße, Ærø, 密码, пароль, 😀🔐, e\u{301}", ..ECHO },
    Case { password: LONG, ..ECHO },
];

/// 512 characters, no two neighbours alike.
const LONG: &str = include_str!("cases/long-password.txt");

#[test]
fn every_strategy() {
    pages::run(STRATEGIES, &Way::side());
}

#[test]
fn every_action() {
    pages::run(ACTIONS, &Way::side());
}

#[test]
fn codes_by_their_parameters() {
    pages::run(CODES, &Way::side());
}

#[test]
fn every_character_of_a_password() {
    pages::run(PASSWORDS, &Way::side());
}
