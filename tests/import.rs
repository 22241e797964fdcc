//! `doorward import`: every case under `tests/cases/import/` becomes the connectors and the report that lie beside
//! it. `UPDATE=1 cargo test` rewrites those; review reads them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorward::connector;
use doorward::diagnostic::Source;
use proptest::prelude::*;

use crate::lab::marks::Marks;
use crate::lab::{Ended, Lab};
use crate::language::harness;

/// The folders of cases: system and path.
fn cases() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/import");
    let mut found = Vec::new();
    for system in ["cyberark", "jumpserver", "keeper"] {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(root.join(system))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        assert!(paths.len() > 3, "{system} has no cases");
        found.extend(paths.into_iter().map(|path| (system.to_owned(), path)));
    }
    found
}

/// The source of a case.
fn input(case: &Path) -> PathBuf {
    let found = std::fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path());
    found
        .into_iter()
        .find(|path| path.file_stem().is_some_and(|stem| stem == "input"))
        .unwrap_or_else(|| panic!("{} has no input", case.display()))
}

/// The files of a folder with their texts, in order; none where it is not there.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<(String, String)> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect();
    found.sort();
    found
}

/// What a report is, and the exit code.
fn printed(ended: &Ended) -> String {
    assert_eq!(ended.stdout, "", "connectors go into the folder");
    format!("{}exit {}\n", ended.stderr, ended.code)
}

#[test]
fn every_case_becomes_its_connectors_and_its_report() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for (system, case) in cases() {
        let lab = Lab::new();
        let input = input(&case);
        let name = input.file_name().unwrap().to_str().unwrap();
        lab.write(name, std::fs::read(&input).unwrap());
        let report = printed(&lab.run(&["import", &system, name, "-o", "out"]));
        let written = texts(&lab.path().join("out"));
        for (name, text) in &written {
            let source = Source { path: name.clone(), text: text.clone() };
            let (connector, found) = connector::load(Arc::new(source));
            let said: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
            assert!(connector.is_some(), "{}: {name}: {}", case.display(), said.join("; "));
        }
        let (folder, beside) = (case.join("out"), case.join("report.txt"));
        if update {
            let _ = std::fs::remove_dir_all(&folder);
            if !written.is_empty() {
                std::fs::create_dir(&folder).unwrap();
            }
            for (name, text) in &written {
                std::fs::write(folder.join(name), text).unwrap();
            }
            std::fs::write(&beside, &report).unwrap();
        } else {
            let expected = std::fs::read_to_string(&beside).unwrap_or_default();
            if report != expected || written != texts(&folder) {
                let written: Vec<String> =
                    written.into_iter().map(|(name, text)| format!("{name}:\n{text}")).collect();
                wrong.push(format!("--- {}\n{report}{}", case.display(), written.join("\n")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE=1 rewrites what lies beside)", wrong.join("\n"));
}

/// A component with these settings and rows; both are put into attributes.
fn component(id: &str, url: &str, rows: &str, more: &str) -> String {
    let escaped = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        text.replace('"', "&quot;").replace('\n', "&#xA;")
    };
    format!(
        "<ConnectionComponent Id=\"{id}\"><TargetSettings>{more}<WebFormSettings LogonURL=\"{}\" \
         WebFormFields=\"{}\"/></TargetSettings></ConnectionComponent>",
        escaped(url),
        escaped(rows)
    )
}

const ROWS: &str = "u>{username}\np>{password}\nhome>(Validation)";

#[test]
fn a_single_connector_goes_to_stdout_and_its_report_to_stderr() {
    let lab = Lab::new();
    lab.write("a.xml", component("shop", "https://{address}/", ROWS, ""));
    let ended = lab.run(&["import", "cyberark", "a.xml"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.starts_with("ConnectorId: shop\n"), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("review: where secrets are typed\n --> a.xml:1:"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.ends_with("shop written, 1 to review\n"), "{}", ended.stderr);
    assert!(!ended.stderr.contains('\u{1b}'), "colour without a terminal");

    lab.write("connectors/shop.yaml", &ended.stdout);
    let checked = lab.run(&["check"]);
    assert_eq!((checked.code, checked.stderr.as_str()), (0, ""));
}

#[test]
fn nothing_is_overwritten_without_force() {
    let lab = Lab::new();
    lab.write("a.xml", component("shop", "https://{address}/", ROWS, ""));
    lab.write("out/shop.yaml", "mine\n");
    lab.write("mine.yml", "mine\n");
    lab.write("no-folder", "mine\n");
    for (target, said) in [
        ("out", "out/shop.yaml is there already"),
        ("mine.yml", "mine.yml is there already"),
        ("no-folder", "no-folder is there and is no folder"),
    ] {
        let ended = lab.run(&["import", "cyberark", "a.xml", "-o", target]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{target}");
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    assert_eq!(texts(&lab.path().join("out")), [("shop.yaml".to_owned(), "mine\n".to_owned())]);

    let ended = lab.run(&["import", "cyberark", "a.xml", "-o", "mine.yml", "--force"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let written = std::fs::read_to_string(lab.path().join("mine.yml")).unwrap();
    assert!(written.starts_with("ConnectorId: shop\n"), "{written}");
    let left = std::fs::read_dir(lab.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with(".doorward-")));
}

#[test]
fn of_several_one_is_picked_or_all_go_into_a_folder() {
    let lab = Lab::new();
    let all: String = ["one", "two", "two", "rdp"]
        .iter()
        .map(|id| match *id {
            "rdp" => "<ConnectionComponent Id='rdp'/>".to_owned(),
            id => component(id, "https://{address}/", ROWS, ""),
        })
        .collect();
    lab.write("all.xml", format!("<All>{all}</All>"));
    for arguments in [
        &["import", "cyberark", "all.xml"][..],
        &["import", "cyberark", "all.xml", "-o", "one.yaml"],
        &["import", "cyberark", "all.xml", "--component", "three"],
    ] {
        let ended = lab.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{}", ended.stderr);
        assert!(ended.stderr.contains("  one\n  two\n  two-2\n"), "{}", ended.stderr);
    }
    let ended = lab.run(&["import", "cyberark", "all.xml", "--component", "two-2"]);
    assert!(ended.stdout.starts_with("ConnectorId: two-2\n"), "{}{}", ended.stdout, ended.stderr);

    let ended = lab.run(&["import", "cyberark", "all.xml", "-o", "new/folder", "--format", "json"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{}", ended.stderr);
    let names: Vec<String> =
        texts(&lab.path().join("new/folder")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["one.yaml", "two-2.yaml", "two.yaml"]);
    let report: serde_json::Value = serde_json::from_str(&ended.stderr).unwrap();
    let second = &report["connectors"][2];
    assert_eq!(second["id"], "two-2");
    assert_eq!(second["path"], Path::new("new/folder").join("two-2.yaml").display().to_string());
    assert_eq!(second["items"][0]["fate"], "changed");
    assert_eq!(second["items"][0]["line"], 1);
}

#[test]
fn what_no_connector_can_be_made_of_is_exit_3_and_writes_nothing() {
    let lab = Lab::new();
    for (system, name, text) in [
        ("cyberark", "a.xml", component("a", "https://{address}/", "no rows here", "")),
        ("cyberark", "b.xml", component("b", "https://{address}/{password}", ROWS, "")),
        ("cyberark", "c.xml", component("c", "ftp://{address}/", ROWS, "")),
        ("cyberark", "d.xml", component("d", "https://{address}/", "", "")),
        ("jumpserver", "e.json", "{\"autofill\": \"no\", \"name\": \"e\"}".to_owned()),
        ("jumpserver", "f.json", "{\"autofill\": \"script\", \"script\": \"words\"}".to_owned()),
        ("jumpserver", "g.json", "[{\"command\": \"dance\"}]".to_owned()),
        ("keeper", "h.yaml", "- page: h.example\n  submit: []\n".to_owned()),
    ] {
        lab.write(name, text);
        for output in [None, Some("out")] {
            let mut arguments = vec!["import", system, name];
            arguments.extend(output.iter().flat_map(|output| ["-o", output]));
            let ended = lab.run(&arguments);
            assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{name}: {}", ended.stderr);
            assert!(
                ended.stderr.contains("error: no connector could be made of "),
                "{}",
                ended.stderr
            );
            assert!(ended.stderr.contains("  = help: "), "{}", ended.stderr);
        }
    }
    assert_eq!(texts(&lab.path().join("out")), []);
}

/// UTF-16 with its byte order mark.
fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn every_encoding_of_windows_is_read() {
    let lab = Lab::new();
    let text = component("Fön", "https://{address}/ü", ROWS, "<!-- ä -->\r\n");
    let text = format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n{text}");
    lab.write("plain.xml", &text);
    let plain = lab.run(&["import", "cyberark", "plain.xml"]);
    assert_eq!(plain.code, 0, "{}", plain.stderr);
    for bytes in [utf16(&text, false), utf16(&text, true), format!("\u{feff}{text}").into_bytes()] {
        lab.write("plain.xml", bytes);
        let other = lab.run(&["import", "cyberark", "plain.xml"]);
        assert_eq!((other.stdout, other.stderr), (plain.stdout.clone(), plain.stderr.clone()));
    }
}

#[test]
fn bad_files_get_one_clear_error() {
    let lab = Lab::new();
    let bomb =
        "<!DOCTYPE r [<!ENTITY a \"xxxxxxxxxx\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]><r>&b;</r>";
    let anchors = (1..30).fold("- &a0 [x, x, x, x, x, x]\n".to_owned(), |text, n| {
        let before = n - 1;
        text + &format!("- &a{n} [*a{before}, *a{before}, *a{before}, *a{before}]\n")
    });
    let xml = component("a", "https://{address}/", ROWS, "");
    let wide = "<R>".to_owned() + &"<ConnectionComponent Id='x'/>".repeat(120_000) + "</R>";
    let script = "[{\"step\": 1, \"command\": \"click\", \"target\": \"id=x\"}]";
    let rules = "- page: a.example\n  username-field: '#u'\n";
    let cases: [(&str, &str, Vec<u8>, &str); 28] = [
        ("cyberark", "empty", Vec::new(), "is empty"),
        ("keeper", "blank", b" \n\n\t".to_vec(), "is empty"),
        ("cyberark", "binary", (0..=255u8).cycle().take(4096).collect(), "is no text"),
        ("jumpserver", "nul", b"[{\"command\"\0: 1}]".to_vec(), "nul:1:12: this is no text"),
        ("cyberark", "zip", b"PK\x03\x04\xff\xff".to_vec(), "ZIP archive: unpack it"),
        ("keeper", "latin1", b"- page: x\n  submit: \xe4\n".to_vec(), "latin1:2:11"),
        ("cyberark", "half-utf16", b"\xff\xfe<\0C".to_vec(), "is no text"),
        ("cyberark", "lone-surrogate", b"\xff\xfe\x00\xd8<\0".to_vec(), "is no text"),
        ("cyberark", "huge", vec![b' '; 10 * 1024 * 1024], "larger than what is imported (4 MiB)"),
        ("keeper", "huge", vec![b'#'; 10 * 1024 * 1024], "larger than what is imported"),
        ("cyberark", "bomb", bomb.as_bytes().to_vec(), "bomb:1:1: the document has a DTD"),
        (
            "cyberark",
            "entity",
            xml.replace("Id=\"a\"", "Id=\"&b;\"").into_bytes(),
            "none of XML's own",
        ),
        ("cyberark", "deep", "<a>".repeat(100_000).into_bytes(), "nested deeper"),
        ("cyberark", "wide", wide.into_bytes(), "more elements"),
        ("cyberark", "cut", xml.as_bytes()[..xml.len() - 9].to_vec(), "XML"),
        ("cyberark", "crossed", b"<a><b></a></b>".to_vec(), "not well-formed"),
        (
            "cyberark",
            "other-xml",
            b"<Policies><Policy/></Policies>".to_vec(),
            "holds no connection component",
        ),
        (
            "cyberark",
            "rdp",
            b"<ConnectionComponent Id='PSM-RDP'/>".to_vec(),
            "it has `PSM-RDP`, and no web",
        ),
        ("cyberark", "script", script.as_bytes().to_vec(), "`doorward import jumpserver FILE`"),
        ("cyberark", "rules", rules.as_bytes().to_vec(), "`doorward import keeper FILE`"),
        ("cyberark", "rows", ROWS.as_bytes().to_vec(), "rows alone"),
        ("jumpserver", "xml", xml.clone().into_bytes(), "`doorward import cyberark FILE`"),
        ("jumpserver", "rules", rules.as_bytes().to_vec(), "`doorward import keeper FILE`"),
        ("keeper", "script", script.as_bytes().to_vec(), "`doorward import jumpserver FILE`"),
        ("keeper", "plugin", b"[Verify]\nu>{username}\n".to_vec(), "CPM plug-in"),
        (
            "keeper",
            "connector",
            include_bytes!("../connectors/demo.yaml").to_vec(),
            "`doorward check FILE`",
        ),
        ("jumpserver", "anchors", anchors.into_bytes(), "than in any source"),
        ("jumpserver", "deep", "[".repeat(100_000).into_bytes(), "nested deeper"),
    ];
    for (system, name, bytes, said) in cases {
        lab.write(name, bytes);
        let ended = lab.run(&["import", system, name]);
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (2, ""),
            "{system} {name}: {}",
            ended.stderr
        );
        assert!(ended.stderr.starts_with("error: "), "{system} {name}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{system} {name}: {}", ended.stderr);
        assert!(ended.stderr.contains("\nhelp: "), "{system} {name}: {}", ended.stderr);
        assert!(ended.stderr.len() < 2_000, "{system} {name} says too much");
    }
    for (arguments, said) in [
        (["import", "cyberark", "missing.xml"], "cannot read missing.xml"),
        (["import", "cyberark", "/dev/null"], "/dev/null is not a file"),
        (["import", "beyondtrust", "empty"], "jumpserver"),
    ] {
        let ended = lab.run(&arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

/// Sources with `MARK` wherever people put a password, a seed or a token.
fn careless() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for row in [
        "password>MARK",
        "loginPwd > MARK (SearchBy=id)",
        "pw>MARK>MARK",
        "otp>MARK",
        "otp>(TOTP=MARK)",
        "otp>(TOTP) MARK (SearchBy=id)",
        "otp>(OneTimeCode=MARK)(SearchBy=id)",
        "token>MARK (SearchBy=css)",
        "x>(Upload=MARK)",
        "x>(Foo) MARK",
        "x>(Button) MARK",
        "x>(Button) (SearchBy=MARK)",
        "x>{username}&MARK&",
        "pw>{password}MARK",
        "MARK",
        "# MARK",
        "#MARK",
        "(MARK)",
        "(Wait=MARK)",
        "(Nothing=MARK)",
        "(Navigate=https://me:MARK@host/)",
        "https://host/?password=MARK > (Redirect)",
        "secret>{ApiKey}",
        "x>{extrapass9\\x} MARK",
        "x>(MARK",
    ] {
        let rows = format!("{row}\n{ROWS}");
        let more = "<ClientSpecific><Parameter Name='ApiKey' Value='MARK'/><Parameter Name='Other' \
                    Value='MARK'/><Parameter Name='ActionTimeout' Value='MARK'/><Parameter \
                    Name='RunValidations' Value='MARK'/></ClientSpecific><!-- MARK --><Extra>MARK</Extra>";
        all.push(("cyberark", component("a", "https://{address}/", &rows, more)));
        // Without the row for the password every text that is typed is suspicious.
        all.push((
            "cyberark",
            component("a", "https://{address}/", &format!("i0118>MARK\n{row}\nx>(Button)"), ""),
        ));
    }
    for url in [
        "https://me:MARK@host/",
        "https://host/?token=MARK",
        "https://host/#access_token=MARK",
        "{password}:MARK",
    ] {
        all.push(("cyberark", component("a", url, ROWS, "")));
    }
    for broken in [
        "<ConnectionComponent Id=MARK>",
        "<C>&MARK;</C>",
        "<C x='&MARK;'/>",
        "MARK",
        "<MARK",
        "<a></MARK>",
    ] {
        all.push(("cyberark", broken.to_owned()));
    }
    for step in [
        r#"{"command": "type", "target": "id=password", "value": "MARK"}"#,
        r#"{"command": "type", "target": "id=i0118", "value": "MARK"}"#,
        r#"{"command": "type", "target": "id=otp", "value": "MARK"}"#,
        r#"{"command": "type", "target": "id=pw", "value": "{SECRET}MARK"}"#,
        r#"{"command": "MARK", "target": "id=x"}"#,
        r#"{"command": "type", "target": "MARK", "value": "{SECRET}"}"#,
        r#"{"command": "code", "target": "id=x", "value": "MARK"}"#,
        r#"{"command": "sleep", "target": "MARK"}"#,
        r#"{"command": "select_frame", "target": "MARK"}"#,
        r#"{"command": "select_frame", "target": "index=MARK"}"#,
        r#"{"command": "open", "target": "https://me:MARK@host/"}"#,
        r#"{"step": "MARK", "command": "click", "target": "id=x", "note": "MARK"}"#,
    ] {
        all.push((
            "jumpserver",
            format!("[{step}, {{\"command\": \"click\", \"target\": \"id=x\"}}]"),
        ));
        all.push((
            "jumpserver",
            format!(
                "{{\"name\": \"a\", \"address\": \"https://u:MARK@a/?token=MARK\", \"secret\": \"MARK\", \"accounts\": \
                 [{{\"secret\": \"MARK\"}}], \"autofill\": \"script\", \"script\": [{step}]}}"
            ),
        ));
    }
    for broken in [
        "{\"autofill\": \"MARK\"}",
        "[\"MARK\"",
        "{MARK: ]",
        "autofill: basic\nMARK",
        "? [MARK]\n: autofill",
    ] {
        all.push(("jumpserver", broken.to_owned()));
    }
    for rest in [
        "otp: 'otpauth://totp/x?secret=MARK'",
        "password: MARK",
        "totp-secret: MARK",
        "totp-digits: MARK",
        "url: 'https://me:MARK@mail.example/?password=MARK'",
        "allowed_url_patterns: 'https://me:MARK@host/*'",
        "custom: [ MARK, { secret: MARK } ]",
    ] {
        all.push((
            "keeper",
            format!("title: a\n{rest}\nautofill_targets:\n  - page: 'https://me:MARK@a.example/?token=MARK'\n    password-field: '#p'\n    submit: '#s'\n"),
        ));
    }
    for broken in ["[MARK", "- page: MARK\n   submit: x: y", "submit: [MARK]"] {
        all.push(("keeper", broken.to_owned()));
    }
    all
}

/// A password that looks like one, and one that looks like a word: neither comes out, in any form.
#[test]
fn no_secret_of_a_source_comes_out() {
    let lab = Lab::new();
    let marks = ["Zq7!vXw2kP9b", "QXJWKZVHQXJWKZVH", "quokkaflimsyjukebox"];
    let searched = Marks::of(&marks.map(|mark| ("the mark", mark)));
    for (number, (system, text)) in careless().into_iter().enumerate() {
        for mark in marks {
            lab.write("source", text.replace("MARK", mark));
            let format = ["text", "json"][number % 2];
            let ended = lab.run(&["import", system, "source", "--format", format]);
            assert_ne!(ended.code, 70, "{system}: {text}: {}", ended.stderr);
            let all = format!("{}{}", ended.stdout, ended.stderr);
            let found = searched.within(all.as_bytes());
            assert!(found.is_empty(), "{system}: {text}\nas {mark}:\n{all}");
        }
    }
}

/// Pieces that sources are made of, and pieces that break them.
fn sourceish() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{username}",
        "{Password}",
        "{logonaccount\\password}",
        "{logonaccount_password}",
        "{Zone}",
        "{x y}",
        "{",
        "}",
        "&MfaCode&",
        "&x&",
        ">",
        " > ",
        "(Button)",
        "(SearchBy=id)",
        "(SearchBy=xpath)",
        "(SearchBy=text)",
        "(SearchBy=",
        "(Validation)",
        "(TOTP)",
        "(Failure=a > b)",
        "(Redirect)",
        "(Navigate=",
        "(Wait=1)",
        "https://a",
        "http://b:1/",
        "^[",
        "^]",
        "^>",
        "^",
        "//a[text()='x']",
        "#",
        "# ",
        "<",
        "(",
        ")",
        "=",
        "\\",
        "\"",
        "'",
        ": ",
        "\n",
        "\t",
        "\r",
        "ä",
        "🔑",
        "\u{2028}",
        "\u{85}",
        "name=",
        "index=-1",
        "password",
        "JBSWY3DPEHPK3PXP",
        "Hunter2!",
        "*",
        "*.example.com/",
        "%",
        ",",
        "x",
        "otp",
        " ",
    ]);
    prop::collection::vec(pieces, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    // A failing input is shown and becomes a case of its own; nothing is left behind.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn components_are_total(rows in prop::collection::vec(sourceish(), 0..4), url in sourceish(), name in sourceish()) {
        let rows = rows.join("\n");
        let name = name.replace(['&', '<', '"'], "_");
        let more = format!("<ClientSpecific><Parameter Name='Zone' Value=\"{name}\"/></ClientSpecific>");
        harness::import(&component(&name, &url, &rows, &more));
    }

    #[test]
    fn steps_are_total(
        command in prop::sample::select(vec!["type", "click", "open", "code", "select_frame", "sleep", "x"]),
        target in sourceish(),
        value in sourceish(),
        name in sourceish(),
    ) {
        let step = serde_json::json!({ "step": name, "command": command, "target": target, "value": value });
        harness::import(&serde_json::json!([step]).to_string());
        let asset = serde_json::json!({
            "name": name, "address": target, "autofill": "basic", "username_selector": value, "script": [step],
        });
        harness::import(&asset.to_string());
    }

    #[test]
    fn rules_are_total(page in sourceish(), field in sourceish(), submit in sourceish()) {
        let rules = serde_json::json!([{
            "page": page, "username-field": field, "totp-code-field": submit, "submit": submit, "cannot-submit": [field],
        }, { "page": submit, "password-field": page }]);
        harness::import(&rules.to_string());
        harness::import(&serde_json::json!({ "title": page, "url": field, "allowed_urls": submit, "rules": rules }).to_string());
    }

    #[test]
    fn sources_of_anything_are_total(text in any::<String>()) {
        harness::import(&text);
        harness::import(&format!("<ConnectionComponent {text}"));
    }
}
