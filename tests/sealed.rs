//! Sealed sign-ins: the site gets the secret, exactly; the page never has it; nobody else gets it either.

use std::process::Stdio;

use crate::lab::desk::{Desk, Launched, ROWS};
use crate::lab::proxy::Proxy;
use crate::pages::{
    BOX_ROWS, CODE_ROWS, Case, DEFAULT, IN_FRAME, Refuse, SignIn, Stick, Unclear, Way, exact, run,
};
use crate::site::{PASSWORD, SEED, Site, USERNAME, Visit};

/// Every printable character of ASCII, letters of others, and what lies beyond the first plane.
const PRINTABLE: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_` abcdefghijklmnopqrstuvwxyz{|}~ünïcödé日本🔑&amp;%41]]>";

const SEALED: &str = "Injection: Sealed";

/// Pages as they are, with secrets that stay out of them.
const PAGES: &[Case] = &[
    Case { settings: SEALED, holds: |s| exact(s, "plain"), ..DEFAULT },
    Case { page: "late-form", settings: SEALED, holds: |s| exact(s, "late-form"), ..DEFAULT },
    Case { page: "controlled", settings: SEALED, holds: |s| exact(s, "controlled"), ..DEFAULT },
    Case {
        page: "replaced-field",
        settings: SEALED,
        holds: |s| exact(s, "replaced-field"),
        ..DEFAULT
    },
    Case { page: "hydrates", settings: SEALED, holds: |s| exact(s, "hydrates"), ..DEFAULT },
    Case { page: "shadow-open", settings: SEALED, holds: |s| exact(s, "shadow-open"), ..DEFAULT },
    Case { page: "frame-same", settings: SEALED, rows: IN_FRAME, ..DEFAULT },
    Case {
        page: "frame-cross",
        settings: "Injection: Sealed\nAllowedOrigins: ['http://<address>', 'FOREIGN']",
        rows: IN_FRAME,
        ..DEFAULT
    },
    Case { page: "otp-same-form", settings: SEALED, rows: CODE_ROWS, ..DEFAULT },
    Case { page: "six-boxes", settings: SEALED, rows: BOX_ROWS, ..DEFAULT },
    // A code that was refused is followed by another one, sealed like the first.
    Case {
        page: "code-spa",
        path: "code-spa?period=6&seen=1",
        settings: SEALED,
        rows: "username > <username>\notp > (TOTP) <logonaccount\\password> (SearchBy=id) (Period=6s)\ngo > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n#error > (Failure=wrong code) (SearchBy=css)\n",
        ..DEFAULT
    },
    Case { page: "plain", settings: SEALED, password: "wrong", must: Refuse("refused"), ..DEFAULT },
    Case { page: "says-nothing", settings: SEALED, must: Unclear, ..DEFAULT },
    Case { page: "short-field", settings: SEALED, must: Stick("value-cut"), ..DEFAULT },
    Case {
        page: "reads-back",
        settings: SEALED,
        // What reads the field first gets its one request; the form itself is a second one.
        must: Stick("not-sealable"),
        holds: |s| s.submissions("reads-back").is_empty(),
        ..DEFAULT
    },
    // One row alone.
    Case {
        page: "otp-same-form",
        rows: "username > <username>\npassword > <password> (Sealed)\notp > (TOTP) <logonaccount\\password> (SearchBy=id)\ngo > (Button) (SearchBy=id)\n#welcome > (Validation) (SearchBy=css)\n",
        ..DEFAULT
    },
];

#[test]
fn pages_sign_in_and_never_have_the_secret() {
    run(PAGES, &Way::side());
}

#[test]
fn what_cannot_be_sealed_is_told_before_the_site_counts_it() {
    let told = |way: &'static str, says: &'static [&'static str]| {
        let path = format!("unsealable?as={way}").leak();
        Case {
            page: "unsealable",
            path,
            settings: SEALED,
            must: Stick("not-sealable"),
            says,
            holds: |s| s.count("/carried/unsealable") == 0,
            ..DEFAULT
        }
    };
    let counted = |case: Case| Case { holds: |s| s.count("/carried/unsealable") == 1, ..case };
    let cases = [
        told("base64", &["in the form of base64", "Injection: Typed"]),
        told("sha256", &["in the form of SHA-256", "Injection: Typed"]),
        told("salted", &["something else in `password` than what was typed", "Injection: Typed"]),
        told("gzip", &["in the form of gzip", "Injection: Typed"]),
        told("binary", &["in `application/grpc-web+proto`", "Injection: Typed"]),
        told("url", &["into a URL", "Injection: Typed"]),
        told("header", &["the request header `x-secret`", "SealedHeaders: [x-secret]"]),
        told("places", &["more than once", "Injection: Typed"]),
        counted(told("twice", &["more than once", "Injection: Typed"])),
        told("socket", &["through a WebSocket", "Injection: Typed"]),
        counted(told(
            "silent",
            &["never left the page as it was typed", "refused: refused", "Injection: Typed"],
        )),
        Case {
            page: "get-form",
            settings: SEALED,
            must: Stick("not-sealable"),
            says: &["into a URL", "the request was stopped"],
            holds: |s| s.count("/welcome") == 0,
            ..DEFAULT
        },
    ];
    run(&cases, &Way::side());
    // A page in another writing is refused for what it would write otherwise.
    let site = Site::start();
    for (password, cause) in [("pässword", "not-sealable"), ("password-1", "")] {
        let (desk, ended) = launch(&site, "/latin1", SEALED, password);
        assert_eq!(ended.cause(), cause, "{}", ended.stderr);
        assert_eq!(ended.stderr.contains("windows-1252"), !cause.is_empty(), "{}", ended.stderr);
        desk.assert_clean();
    }
    assert_eq!(site.submissions("carried/latin1").len(), 1);
}

fn launch(site: &Site, path: &str, settings: &str, password: &str) -> (Desk, Launched) {
    let desk = Desk::with(&site.address(), password, SEED);
    let settings = settings.replace("FOREIGN", &site.foreign());
    desk.connector("sealed", &format!("http://<address>{path}"), &settings, ROWS);
    let launched = desk.connect("sealed", &[]);
    (desk, launched)
}

/// What arrived, as a server would read it.
fn arrived(way: &str, visit: &Visit) -> String {
    let body = String::from_utf8_lossy(&visit.body).into_owned();
    let field = |name: &str| visit.fields.value(name).unwrap_or_default().to_owned();
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    let between = |from: &str, to: &str| {
        let rest = body.split_once(from).map_or("", |(_, rest)| rest);
        rest.split_once(to).map_or("", |(value, _)| value).to_owned()
    };
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    match way {
        "form" | "form-script" | "form-frame" | "form-repeated" | "query" | "encoded" => {
            field("password")
        }
        "json-in-form" => text(&json(&field("data"))["password"]),
        "json-in-json" => text(&json(&text(&json(&body)["inner"]))["password"]),
        "json-text" => text(&json(&body)[0]["password"]),
        "multipart" | "data" | "file" => {
            assert!(way != "file" || body.contains("\r\n\r\na\0b\r\n"), "{body}");
            between("name=\"password\"\r\n\r\n", "\r\n--")
        }
        "text-form" => between("password=", "\r\n"),
        "text" => body,
        "xml" => {
            quick_xml::escape::unescape(&between("<password>", "</password>")).unwrap().into_owned()
        }
        "cdata" => between("<![CDATA[", "]]></password>").replace("]]]]><![CDATA[>", "]]>"),
        "header" | "header-repeated" => visit.header("x-password").to_owned(),
        "basic" => {
            let given = visit.header("authorization").strip_prefix("Basic ").unwrap_or_default();
            let given = data_encoding::BASE64.decode(given.as_bytes()).unwrap();
            String::from_utf8(given).unwrap().split_once(':').unwrap().1.to_owned()
        }
        _ => text(&json(&body)["password"]),
    }
}

/// What a page told: each of its characters is followed by a sign, so that nothing takes it for what it is.
fn read(value: &str) -> String {
    value.chars().step_by(2).collect()
}

/// Each way that a page sends what is typed: the server gets every character, and no script of the page any.
#[test]
fn every_way_out_carries_the_secret_and_the_page_sees_none_of_it() {
    const WAYS: [&str; 30] = [
        "form",
        "form-script",
        "form-frame",
        "form-repeated",
        "multipart",
        "text-form",
        "query",
        "encoded",
        "json",
        "json-text",
        "json-in-form",
        "json-in-json",
        "xml",
        "cdata",
        "text",
        "data",
        "file",
        "blob",
        "keepalive",
        "beacon",
        "xhr",
        "header",
        "basic",
        "worker",
        "shared-worker",
        "service-worker",
        "repeated",
        "header-repeated",
        "choices",
        "preflight",
    ];
    let long = "Aé&\"".repeat(128);
    let ascii = "k%1+\"&=\\ Q~";
    let mut wrong = Vec::new();
    for (at, way) in WAYS.into_iter().enumerate() {
        let password = match way {
            "header" | "header-repeated" => ascii,
            _ if at % 2 == 0 => PRINTABLE,
            _ => &long,
        };
        let site = Site::start();
        let settings = "Injection: Sealed\nSealedHeaders: [X-Password, Authorization]\nAllowedOrigins: ['http://<address>', 'FOREIGN']";
        let (desk, ended) = launch(&site, &format!("/sealed?as={way}"), settings, password);
        let path = format!("/carried/{way}");
        let carried: Vec<Visit> = site
            .visits()
            .into_iter()
            .filter(|visit| visit.method == "POST" && visit.path == path)
            .collect();
        let got: Vec<String> = carried.iter().map(|visit| arrived(way, visit)).collect();
        if ended.code != 0 || got != [password] {
            wrong.push(format!("{way}: {} {got:?}\n{}", ended.code, ended.stderr));
        }
        let notes: Vec<_> = site.notes("sealed").into_iter().flat_map(|note| note.0).collect();
        let told = |what: &str| notes.iter().any(|(told, _)| told == what);
        if !(told("input") && told("before")) {
            wrong.push(format!("{way}: the page has told nothing of what it saw"));
        }
        for (what, value) in &notes {
            if read(value).contains(password) {
                wrong.push(format!("{way}: the page has it in {what}"));
            }
        }
        desk.assert_clean();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n=====\n"));
    // That the page sees what it is typed otherwise: the same without a seal.
    let site = Site::start();
    let (_desk, ended) = launch(&site, "/sealed?as=json", "", PRINTABLE);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let notes = site.notes("sealed").into_iter().flat_map(|note| note.0);
    assert!(notes.into_iter().any(|(_, value)| read(&value).contains(PRINTABLE)));
}

/// A page that sends it elsewhere sends nothing, and it is on record, on both accounts where both are used.
#[test]
fn what_would_be_carried_away_stays_and_is_on_record() {
    const WAYS: [&str; 20] = [
        "fetch",
        "xhr",
        "beacon",
        "keepalive",
        "subdomain",
        "image",
        "style",
        "script",
        "prefetch",
        "form",
        "target",
        "location",
        "popup",
        "redirect",
        "redirect-script",
        "redirect-later",
        "data",
        "srcdoc",
        "worker",
        "encoded",
    ];
    let mut wrong = Vec::new();
    for way in WAYS {
        let site = Site::start();
        let (desk, ended) = launch(&site, &format!("/carries-away?by={way}"), SEALED, PASSWORD);
        let elsewhere =
            site.visits().into_iter().filter(|visit| visit.path == "/noted/thief").count();
        let record = desk.record(&[]);
        let told: Vec<_> =
            record.iter().filter(|row| row["Action"] == "ExfiltrationDenied").collect();
        let is_told = told
            .iter()
            .any(|row| row["Account"] == "local:web/site" && row["Details"]["row"] == "2");
        if (ended.outcome(), ended.cause(), ended.code, elsewhere)
            != ("stuck", "secret-diverted", 1, 0)
            || !is_told
            || site.leaked().iter().any(|value| value.contains(PASSWORD))
        {
            wrong.push(format!(
                "{way}: {elsewhere} visits, {told:?}\n{}{}",
                ended.object, ended.stderr
            ));
        }
        desk.assert_clean();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n=====\n"));
}

#[test]
fn a_site_that_asks_by_http_is_answered() {
    const SETTINGS: &str = "BasicAuth: { Username: <username>, Password: <password> }";
    const ROWS: &str = "#welcome > (Validation) (SearchBy=css)\n";
    let case = |path, password, must, says| Case {
        page: "basic-guard",
        path,
        settings: SETTINGS,
        rows: ROWS,
        password,
        must,
        says,
        ..DEFAULT
    };
    let cases = [
        case("basic-guard", "", SignIn, &[]),
        case("digest-guard", "", SignIn, &[]),
        case(
            "basic-guard",
            "wrong",
            Refuse("wrong password"),
            &["refused the name and password of `BasicAuth`", "realm: console"],
        ),
        case(
            "digest-guard",
            "wrong",
            Refuse("wrong password"),
            &["refused the name and password of `BasicAuth`"],
        ),
        case(
            "leave?to=FOREIGN/basic-guard",
            "",
            Stick("foreign-origin"),
            &["asks for a name and password by HTTP", "nothing was sent"],
        ),
        Case {
            settings: "",
            ..case("basic-guard", "", Stick("site-unreachable"), &["BasicAuth: {"])
        },
    ];
    run(&cases, &Way::side());
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.connector("basic", "http://<address>/basic-guard", SETTINGS, ROWS);
    assert_eq!(desk.connect("basic", &[]).code, 0);
    let used: Vec<_> =
        desk.record(&[]).into_iter().filter(|row| row["Action"] == "UsePassword").collect();
    assert_eq!(used.len(), 1, "{used:?}");
    assert_eq!(used[0]["Details"]["injection"], "basic-auth");
    // It was asked once without, and then with the answer.
    let asked = site.visits().into_iter().filter(|visit| visit.path == "/basic-guard");
    let given: Vec<String> = asked.map(|visit| visit.header("authorization").to_owned()).collect();
    assert!(given.len() == 2 && given[0].is_empty() && given[1].starts_with("Basic "), "{given:?}");
}

/// The record says which secrets were sealed.
#[test]
fn the_record_says_what_was_sealed() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let rows = CODE_ROWS.replace("password > <password>", "password > <password> (Sealed=no)");
    desk.connector("otp-same-form", "http://<address>/otp-same-form", SEALED, &rows);
    let ended = desk.connect("otp-same-form", &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let how = |action: &str, account: &str| {
        let record = desk.record(&[]);
        let row = record.iter().find(|row| row["Action"] == action && row["Account"] == account);
        row.map(|row| row["Details"]["injection"].as_str().unwrap_or("typed").to_owned())
    };
    assert_eq!(how("UsePassword", "local:web/site").as_deref(), Some("typed"));
    assert_eq!(how("UseOneTimeCode", "local:web/seed").as_deref(), Some("sealed"));
    assert_eq!(how("UseOneTimeCode", "local:web/site").as_deref(), Some("sealed"));
}

/// The memory of the processes that render pages, while a form is under way: the secret is in none, and what was
/// typed is, so that the search is one that finds.
#[test]
fn no_renderer_has_the_secret_in_its_memory() {
    let found = |settings: &str| {
        let site = Site::start();
        let desk = Desk::at(&site.address());
        let settings = format!("ActionTimeout: 5m\n{settings}");
        desk.connector("hangs", "http://<address>/hangs-on-submit", &settings, ROWS);
        let mut command = desk.command("hangs", &[]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        site.wait_until("the form", |site| !site.submissions("hangs-on-submit").is_empty());
        let sent = site.submissions("hangs-on-submit")[0].value("password").map(str::to_owned);
        assert_eq!(sent.as_deref(), Some(PASSWORD));
        let renderers = crate::lab::memory::renderers_of(desk.lab.path());
        assert!(!renderers.is_empty());
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let texts = [PASSWORD, USERNAME].map(|text| [text.as_bytes().to_vec(), wide(text)]);
        let texts = texts.concat();
        let mut has = [false; 4];
        for renderer in renderers {
            let seen = crate::lab::memory::memory_has(renderer, &texts);
            has.iter_mut().zip(seen).for_each(|(has, seen)| *has |= seen);
        }
        let held = (has[0] || has[1], has[2] || has[3]);
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        child.wait().unwrap();
        desk.assert_clean();
        held
    };
    assert_eq!(found(SEALED), (false, true));
    assert_eq!(found(""), (true, true));
}

/// A trial finds out what can be sealed, and the site sees no attempt.
#[test]
fn a_trial_tells_what_can_be_sealed() {
    const TWO_PAGES: &str = "username > <username>\npassword > <password>\nsign-in > (Button)\n\
                             otp > (TOTP) <logonaccount\\password>\nverify > (Button)\n\
                             .avatar-menu > (Validation) (SearchBy=css)\n";
    let told = |path: &str, rows: &str, account: &[&str]| {
        let site = Site::start();
        let desk = Desk::at(&site.address());
        let url = format!("http://{}{path}", site.address());
        desk.connector("probe", &url, "ActionTimeout: 3s", rows);
        let mut line = vec!["try", "probe", "--sealing"];
        line.extend(account);
        let mut command = desk.lab.command(&line);
        command.env("TMPDIR", desk.lab.path().join("t"));
        let ended = crate::lab::Ended::from(command.output().unwrap());
        desk.assert_clean();
        let posted: Vec<_> =
            site.visits().into_iter().filter(|visit| visit.method != "GET").collect();
        assert!(posted.is_empty(), "{path}: {posted:?}");
        (ended.code, ended.stdout + &ended.stderr)
    };
    let cases: [(&str, &str, i32, &[&str]); 7] = [
        (
            "/plain",
            ROWS,
            0,
            &[
                "row 2 can be sealed: it goes to http://",
                "/submit/plain (form)",
                "add `Injection: Sealed`",
            ],
        ),
        ("/otp-same-form", CODE_ROWS, 0, &["row 2 can be sealed", "row 3 can be sealed"]),
        ("/sealed?as=json", ROWS, 0, &["/carried/json (JSON)"]),
        ("/login", TWO_PAGES, 0, &["row 2 can be sealed", "row 4 not found out: it is on a page"]),
        (
            "/get-form",
            ROWS,
            1,
            &["row 2 cannot be sealed: the page puts the value of this row into a URL"],
        ),
        ("/unsealable?as=sha256", ROWS, 1, &["row 2 cannot be sealed", "in the form of SHA-256"]),
        (
            "/unsealable?as=silent",
            ROWS,
            1,
            &["row 2 cannot be sealed: nothing that was typed left the page"],
        ),
    ];
    for (path, rows, code, says) in cases {
        for account in [&[][..], &["--account", "web/site"]] {
            let (ended, text) = told(path, rows, account);
            assert_eq!(ended, code, "{path}: {text}");
            for words in says {
                assert!(text.contains(words), "{path} does not say {words:?}: {text}");
            }
        }
    }
}

/// A proxy that asks for a name and password is answered like a site, where the connector lets it be.
#[test]
fn a_proxy_that_asks_is_answered() {
    let site = Site::start();
    let proxy = Proxy::start(site.address(), &format!("{USERNAME}:{PASSWORD}"));
    let browser = format!("{{ sandbox: false, proxy: '{}' }}", proxy.origin());
    let settings = "AllowInsecure: Yes\nInjection: Sealed\nBasicAuth: { Username: <username>, Password: <password> }";
    let allowed = format!("AllowedOrigins: ['http://shop.invalid', '{}']", proxy.origin());
    let desk = Desk::through(&browser, &site.address(), PASSWORD, SEED);
    desk.connector("behind", "http://shop.invalid/plain", &format!("{settings}\n{allowed}"), ROWS);
    let ended = desk.connect("behind", &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(exact(&site, "plain"));
    let given = proxy.given();
    // What the browser asks for itself goes through it, too, and shows nothing.
    let shown = |given: &[String]| given.iter().any(|one| one.starts_with("Basic "));
    assert!(given[0].is_empty() && shown(&given), "{given:?}");
    // Elsewhere than in AllowedOrigins it is not.
    let before = given.len();
    desk.connector("behind", "http://shop.invalid/plain", settings, ROWS);
    let ended = desk.connect("behind", &[]);
    assert_eq!(ended.cause(), "foreign-origin", "{}", ended.stderr);
    assert!(!shown(&proxy.given()[before..]));
    desk.assert_clean();
}

/// A browser without a side channel cannot seal, and says so before anything is typed.
#[test]
fn a_browser_that_cannot_seal_is_refused() {
    let site = Site::start();
    let grid = crate::remote::Grid::start("");
    let browser = format!("{{ sandbox: false, webdriver: '{}' }}", grid.url(""));
    let desk = Desk::through(&browser, &site.address(), PASSWORD, SEED);
    desk.connector("plain", "http://<address>/plain", SEALED, ROWS);
    let ended = desk.connect("plain", &[]);
    assert_eq!(ended.code, 6, "{}", ended.stderr);
    assert!(ended.stderr.contains("cannot put secrets into requests"), "{}", ended.stderr);
    assert!(ended.stderr.contains("Injection: Typed"), "{}", ended.stderr);
    assert!(site.submissions("plain").is_empty());
}
