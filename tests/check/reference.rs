//! The language reference, `connectors/README.md`.

use doorward::connector::{Capability, Object};
use doorward::connector::{Keyword, OptionName};
use doorward::key::Key;
use doorward::locator::By;

use crate::lab::Lab;

const TEXT: &str = include_str!("../../connectors/README.md");

/// The snippets fenced as `kind`.
fn snippets(kind: &str) -> Vec<&'static str> {
    let fence = format!("```{kind}\n");
    TEXT.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn its_connectors_have_no_problems() {
    let lab = Lab::new();
    assert!(snippets("yaml").len() >= 2);
    for (number, snippet) in snippets("yaml").into_iter().enumerate() {
        let name = format!("snippet-{number}.yaml");
        lab.write(&name, snippet);
        let ended = lab.run(&["check", &name]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{snippet}");
    }
}

#[test]
fn its_rows_have_no_problems() {
    let lab = Lab::new();
    let rows: Vec<&str> = snippets("rows").into_iter().flat_map(str::lines).collect();
    assert!(rows.len() > 20);
    let mut text = "ConnectorId: rows\nSupportedCapabilities: [LogonAccount, ReconcileAccount]\n\
                    TargetSettings: { LogonURL: 'https://a' }\nUserParameters: { Region: { Default: eu } }\n\
                    WebFormFields: |\n"
        .to_owned();
    for row in
        rows.iter().chain(&["x > <reconcileaccount\\password>", "x > <logonaccount\\password>"])
    {
        text.push_str(&format!("  {row}\n"));
    }
    lab.write("rows.yaml", text);
    let ended = lab.run(&["check", "rows.yaml"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let other = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning[") && !line.starts_with("warning[wait-row]"));
    assert_eq!(other.count(), 0, "{}", ended.stderr);
}

/// A word that is only named may not be one: each stands in a row that is checked above.
#[test]
fn each_word_of_a_row_has_an_example() {
    let rows = snippets("rows").concat().to_lowercase();
    let keywords = Keyword::ALL.iter().map(|keyword| format!("({}", keyword.word()));
    let options = OptionName::ALL.iter().map(|option| format!("({}", option.word()));
    let strategies = By::ALL.iter().map(|by| format!("(SearchBy={})", by.word()));
    // The reconcile account is used as the logon account is.
    let objects = Object::ALL.iter().filter(|object| **object != Object::ReconcileAccount);
    let objects = objects.map(|object| match object {
        Object::Target => "<username>".to_owned(),
        object => format!("{}\\", object.word()),
    });
    for word in keywords.chain(options).chain(strategies).chain(objects) {
        assert!(rows.contains(&word.to_lowercase()), "no row shows {word}");
    }
}

/// What stands in the table of settings as `Key: value` is one that is read.
#[test]
fn its_settings_have_no_problems() {
    let lab = Lab::new();
    let table = TEXT.split("## Settings").nth(1).and_then(|rest| rest.split("## ").next()).unwrap();
    let mut seen = 0;
    for example in table.split('`').skip(1).step_by(2).filter(|code| code.contains(": ")) {
        let top = if example.starts_with("UserParameters") { example } else { "" };
        let setting = if top.is_empty() { example } else { "" };
        let url = if setting.starts_with("LogonURL") { "" } else { "LogonURL: https://<address>/" };
        let text = format!(
            "ConnectorId: a\n{top}\nTargetSettings:\n  {url}\n  {setting}\nWebFormFields: |\n  \
             home > (Validation) (SearchBy=id)\n"
        );
        lab.write("a.yaml", text);
        let ended = lab.run(&["check", "a.yaml"]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{example}");
        seen += 1;
    }
    assert!(seen >= 9, "{seen}");
}

/// Its commands do what stands beside them.
#[test]
fn its_commands_end_well() {
    let lab = Lab::new();
    lab.write("connectors/acme-console.yaml", snippets("yaml")[0]);
    lab.write("connector.yaml", snippets("yaml")[1]);
    let mut seen = 0;
    for line in snippets("sh").concat().lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let Some(rest) = line.strip_prefix("doorward ") else { continue };
        let (arguments, input) = match rest.split_once(" < ") {
            Some((arguments, file)) => (arguments, std::fs::read(lab.path().join(file)).unwrap()),
            None => (rest.split(" > ").next().unwrap_or_default(), Vec::new()),
        };
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let ended = lab.run_with_input(&words, &String::from_utf8(input).unwrap());
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{line}");
        seen += 1;
    }
    assert!(seen >= 6, "{seen}");
}

#[test]
fn it_names_every_word_of_the_language() {
    let keywords = Keyword::ALL.iter().map(|keyword| format!("({}", keyword.word()));
    let options = OptionName::ALL.iter().map(|option| format!("({}", option.word()));
    let strategies = By::ALL.iter().map(|by| format!("`{}`", by.word()));
    let objects = Object::ALL.iter().map(|object| format!("`{}`", object.word()));
    let capabilities = Capability::ALL.iter().map(|known| format!("`{}`", known.word()));
    let keys = Key::ALL.iter().map(|key| format!("`{}`", key.name));
    let settings = [
        "ConnectorId",
        "DisplayName",
        "SupportedCapabilities",
        "TargetSettings",
        "UserParameters",
        "WebFormFields",
        "LogonURL",
        "AllowedOrigins",
        "AllowedURLs",
        "AllowInsecure",
        "ActionTimeout",
        "PageLoadTimeout",
        "RunValidations",
        "EnforceCertificateValidation",
        "AllowClipboard",
        "AllowDownloads",
        "AllowPrint",
        "AllowServiceWorkers",
        "AllowUploads",
        "AllowWebRTC",
        "MaxIdleTime",
        "MaxSessionDuration",
        "RequireApprover",
        "RequireWatcher",
        "Default",
    ]
    .map(|key| format!("`{key}`"));
    for word in keywords
        .chain(options)
        .chain(strategies)
        .chain(objects)
        .chain(capabilities)
        .chain(keys)
        .chain(settings)
    {
        assert!(TEXT.contains(&word), "connectors/README.md does not name {word}");
    }
}
