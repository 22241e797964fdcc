//! The connector language: what CyberArk's own connectors say is read, rows mean what they should, and
//! nothing that is typed into a file breaks the parsers.

use std::sync::Arc;
use std::time::Duration;

use doorward::connector::{self, Act, Clipboard, Connector, Part, Permissions, Step, Verb};
use doorward::diagnostic::{Diagnostic, Source};
use doorward::locator::By;
use doorward::otp;
use proptest::prelude::*;

#[path = "../fuzz/harness.rs"]
pub(crate) mod harness;

fn load(text: String) -> (Option<Connector>, Vec<Diagnostic>) {
    connector::load(Arc::new(Source { path: "test.yaml".to_owned(), text }))
}

/// A connector with `rows` in its block.
fn with_rows(rows: &str) -> (Option<Connector>, Vec<Diagnostic>) {
    let rows: String = rows.lines().map(|row| format!("  {row}\n")).collect();
    load(format!(
        "ConnectorId: test\nSupportedCapabilities: [LogonAccount, ReconcileAccount]\n\
         TargetSettings: {{ LogonURL: 'https://<address>/' }}\n\
         UserParameters: {{ AWSDuration: {{}} }}\nWebFormFields: |\n{rows}"
    ))
}

/// The one step of `row`; fails with what is wrong with it.
fn step(row: &str) -> Step {
    let (connector, found) = with_rows(row);
    let found: Vec<String> =
        found.iter().filter(|found| found.is_error()).map(|found| found.message.clone()).collect();
    let mut connector = connector.unwrap_or_else(|| panic!("{row}: {}", found.join("; ")));
    assert_eq!(connector.steps.len(), 1, "{row}");
    connector.steps.remove(0)
}

/// `by|locator|what` of an element row.
fn shape(row: &str) -> String {
    let step = step(row);
    let show = |by: By, text: &str, what: String| format!("{}|{text}|{what}", by.word());
    let plain = |parts: &[Part]| {
        parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.clone(),
                Part::Placeholder(placeholder) => {
                    format!("${}.{}$", placeholder.object.word(), placeholder.property)
                }
            })
            .collect::<String>()
    };
    match &step.verb {
        Verb::Act(locator, act) => {
            let what = match act {
                Act::Type(value) => plain(&value.parts),
                Act::Totp(secret, _) => format!("totp {}", plain(&secret.parts)),
                Act::Select(option) => format!("select {}", plain(&option.parts)),
                Act::Button => "button".to_owned(),
                Act::Click => "click".to_owned(),
                Act::ScriptClick => "script-click".to_owned(),
                Act::Check => "check".to_owned(),
                Act::Uncheck => "uncheck".to_owned(),
                Act::Press(key) => format!("press {key}"),
                Act::Frame => "frame".to_owned(),
            };
            show(locator.by, &plain(&locator.text.parts), what)
        }
        Verb::Validation(locator) => {
            show(locator.by, &plain(&locator.text.parts), "validation".to_owned())
        }
        Verb::Failure(locator, cause) => {
            show(locator.by, &plain(&locator.text.parts), format!("failure {cause}"))
        }
        Verb::FrameTop => "frame-top".to_owned(),
        Verb::PressFocused(key) => format!("press {key}"),
        Verb::Wait(time) => format!("wait {}", time.as_millis()),
        Verb::Navigate(url) => format!("navigate {}", plain(&url.parts)),
        Verb::Handover(task) => format!("handover {task}"),
    }
}

/// `row ⇒ shape` lines of a case file; `#` begins a comment.
fn table(text: &str) {
    let mut rows = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("// ")) {
        let (row, expected) = line.split_once('⇒').unwrap_or_else(|| panic!("no ⇒ in {line}"));
        assert_eq!(shape(row.trim()), expected.trim(), "{row}");
        rows += 1;
    }
    assert!(rows > 5);
}

#[test]
fn the_rows_of_cyberark_connectors_mean_what_they_meant() {
    table(include_str!("cases/language/cyberark.txt"));
}

#[test]
fn rows_mean_what_they_should() {
    table(include_str!("cases/language/rows.txt"));
}

/// The text that a span covers.
fn at(source: &Source, span: doorward::diagnostic::Span) -> &str {
    &source.text[span.range()]
}

#[test]
fn every_style_of_writing_a_row_keeps_its_place() {
    let head = "ConnectorId: test\nTargetSettings: { LogonURL: 'https://a' }\nWebFormFields:";
    for rows in [
        " |\n  x > (Click)\n  # ä\n\n    it's > <password> (SearchBy=text)\n",
        " |-\n  x > (Click)\n  it's > <password> (SearchBy=text)",
        " |2\n    it's > <password> (SearchBy=text)\n",
        " |+ # rows\n\n\n  it's > <password> (SearchBy=text)\n\n",
        "\n  - it's > <password> (SearchBy=text)\n",
        "\n  - 'it''s > <password> (SearchBy=text)'\n",
        "\n  - \"it's > <password> (SearchBy=text)\"\n",
        "\n  - \"\\u0069\\x74's > <password> (SearchBy=text)\"\n",
        "\n- |\n  it's > <password> (SearchBy=text)\n",
        " it's > <password> (SearchBy=text)\n",
        " &rows |\n  it's > <password> (SearchBy=text)\n",
        " [\"it's > <password> (SearchBy=text)\"]\n",
    ] {
        for text in [format!("{head}{rows}"), format!("{head}{rows}").replace('\n', "\r\n")] {
            let (connector, found) = load(text.clone());
            let found: Vec<String> = found
                .iter()
                .filter(|found| found.is_error())
                .map(|found| found.message.clone())
                .collect();
            let connector = connector.unwrap_or_else(|| panic!("{text}: {}", found.join("; ")));
            let step = connector.steps.last().unwrap();
            let Verb::Act(locator, Act::Type(value)) = &step.verb else { panic!("{text}") };
            let source = &connector.source;
            let row = at(source, step.span);
            assert!(row.ends_with("'s > <password> (SearchBy=text)"), "{row}");
            assert!(at(source, locator.text.span).ends_with('s'), "{text}");
            assert_eq!(at(source, value.span), "<password>", "{text}");
            let Part::Placeholder(placeholder) = &value.parts[0] else { panic!("{text}") };
            assert_eq!(at(source, placeholder.span), "<password>", "{text}");
        }
    }
}

#[test]
fn settings_are_read_and_have_defaults() {
    let (connector, _) = with_rows("x > (Validation)");
    let settings = connector.unwrap().settings;
    let seconds = (settings.action_timeout.as_secs(), settings.page_load_timeout.as_secs());
    assert_eq!(seconds, (10, 30));
    assert!(settings.run_validations && settings.enforce_certificate_validation);
    assert!(!settings.allow_insecure && settings.allowed_origins.is_empty());
    assert_eq!(settings.permissions, Permissions::default());
    assert_eq!(settings.permissions.words(), Vec::<String>::new());

    let (connector, found) = load(
        "ConnectorId: test\nDisplayName: 'Test: one'\nTargetSettings:\n  LogonURL: http://{address}:{port}/login#\n\
         \x20 AllowedOrigins:\n    - https://<address>:8443\n    - https://sso.example\n  AllowedURLs: https://<address>/*\n\
         \x20 AllowInsecure: yes\n  ActionTimeout: 5\n  PageLoadTimeout: 2m\n  RunValidations: No\n\
         \x20 EnforceCertificateValidation: FALSE\n  AllowDownloads: Yes\n  AllowUploads: true\n  AllowPrint: YES\n\
         \x20 AllowServiceWorkers: yes\n  AllowWebRTC: No\n  AllowClipboard: out\n  MaxIdleTime: 15m\n\
         \x20 MaxSessionDuration: 1.5h\n  RequireApprover: Yes\n\
         \x20 RequireWatcher: yes\nWebFormFields: |\n  x > (Validation)\n"
            .to_owned(),
    );
    assert!(found.is_empty(), "{}", found[0].message);
    let connector = connector.unwrap();
    let settings = connector.settings;
    let seconds = (settings.action_timeout.as_secs(), settings.page_load_timeout.as_secs());
    assert_eq!(seconds, (5, 120));
    assert!(!settings.run_validations && !settings.enforce_certificate_validation);
    assert!(settings.allow_insecure);
    assert_eq!((settings.allowed_origins.len(), settings.allowed_urls.len()), (2, 1));
    assert_eq!(settings.logon_url.to_string(), "http://<address>:<port>/login^#");
    let expected = Permissions {
        downloads: true,
        uploads: true,
        print: true,
        service_workers: true,
        webrtc: false,
        clipboard: Clipboard::Out,
        max_idle_time: Some(Duration::from_secs(900)),
        max_session_duration: Some(Duration::from_secs(5400)),
        requires_approver: true,
        requires_watcher: true,
    };
    assert_eq!(settings.permissions, expected);
    let words = "downloads, uploads, print, service workers, clipboard out, with an approver, with a watcher, \
                 15m idle, 90m at most";
    assert_eq!(settings.permissions.words().join(", "), words);
    for (text, clipboard) in [
        ("No", Clipboard::No),
        ("false", Clipboard::No),
        ("In", Clipboard::In),
        ("Yes", Clipboard::Both),
    ] {
        let (connector, _) = load(format!(
            "ConnectorId: test\nTargetSettings:\n  LogonURL: https://a\n  AllowClipboard: {text}\n\
             WebFormFields: |\n  x > (Validation)\n"
        ));
        let read = connector.unwrap().settings.permissions.clipboard;
        assert_eq!(read, clipboard, "{text}");
        assert_eq!(read.is_in(), matches!(text, "In" | "Yes"), "{text}");
        assert_eq!(read.is_out(), text == "Yes", "{text}");
    }
    assert_eq!(connector.display_name, "Test: one");
}

#[test]
fn options_reach_the_step() {
    let step = step(
        "otp > (TOTP) <logonaccount\\password> (digits=8) (Period=60s) (Algorithm=sha-256) (Encoding=Raw) \
         (Timeout=500ms) (Optional) (Nth=3) (SearchBy=Name)",
    );
    assert_eq!(step.options.timeout.unwrap().as_millis(), 500);
    assert!(step.options.optional);
    let Verb::Act(locator, Act::Totp(_, code)) = &step.verb else { panic!("no TOTP") };
    assert_eq!((locator.by, locator.nth), (By::Name, Some(3)));
    let expected = otp::Parameters {
        digits: Some(8),
        period: Some(std::time::Duration::from_secs(60)),
        algorithm: Some(otp::Algorithm::Sha256),
        encoding: Some(otp::Encoding::Raw),
    };
    assert_eq!(*code, expected);
}

/// Pieces that rows are made of, and pieces that break them.
fn rowish() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        " > ",
        ">",
        "<",
        "{",
        "}",
        "(",
        ")",
        "^",
        "#",
        "&",
        "=",
        "\\",
        " ",
        "username",
        "<username>",
        "{Password}",
        "<logonaccount\\password>",
        "<param\\zone>",
        "<usr\\x>",
        "(SearchBy=id)",
        "(Button)",
        "(TOTP)",
        "(Failure=a > b)",
        "(Wait=2s)",
        "(Navigate=https://a)",
        "//a[text()='x']",
        "[href^=x]",
        "ä",
        "\u{a0}",
        "🔑",
        "\u{301}",
        "(Nth=2)",
        "(Foo=1)",
        "'",
        "\"",
        ": ",
        " #",
        "\t",
        "-",
        "^(",
        "^>",
        "<a b>",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

/// What fuzzing has found.
#[test]
fn names_keep_their_meaning_in_lower_case() {
    for text in ["<addİddress>", "{LogonAccount\\İd}", "<İ> <Iİi>"] {
        harness::template(text);
    }
}

proptest! {
    // A failing input is shown and becomes a case of its own; nothing is left behind.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_total(text in rowish()) {
        harness::row(&text);
    }

    #[test]
    fn rows_of_anything_are_total(text in any::<String>()) {
        harness::row(&text);
    }

    #[test]
    fn templates_are_total(text in rowish()) {
        harness::template(&text);
    }

    #[test]
    fn templates_of_anything_are_total(text in any::<String>()) {
        harness::template(&text);
    }

    #[test]
    fn files_are_total(
        row in rowish(),
        style in prop::sample::select(vec![" |\n  ", " >\n  ", "\n  - ", " ", "\n  - '", "\n  - \"", "\n  - |\n    "]),
        end in prop::sample::select(vec!["\n", "", "'\n", "\"\n", "\r\n", "\n  - x > (Click)\n"]),
    ) {
        harness::file(&format!(
            "ConnectorId: a\nTargetSettings: {{ LogonURL: 'https://a' }}\nWebFormFields:{style}{row}{end}"
        ));
    }

    #[test]
    fn locators_are_total(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "a", "//", "/", "..", ".", "[", "]", "(", ")", "@b", "::", ":not(", ":nth-child(2n", "::before", "'", "\"",
            "=", "|", "*", " ", ",", "#1", "#x", "-", "count(", "$v", "<username>", "^[", "^^", "ä", "🔑", "\\", "\\31 ",
            "and", "div", "1.5", "self", "text()", "&", "!", "{", ">", "+", "~", "svg:a", "\u{a0}",
        ]), 0..14),
        by in prop::sample::select(vec!["css", "xpath"]),
    ) {
        harness::file(&format!(
            "ConnectorId: a\nTargetSettings: {{ LogonURL: 'https://a' }}\nWebFormFields: |\n  {} > (Click) (SearchBy={by})\n",
            pieces.concat()
        ));
    }

    #[test]
    fn files_of_anything_are_total(text in any::<String>()) {
        harness::file(&text);
    }
}
